"""What `python -m demo` runs."""

from demo.command import demo

demo(prog_name="python -m demo")
