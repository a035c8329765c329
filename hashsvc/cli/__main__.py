"""What `hashsvc` and `python -m hashsvc.cli` run."""

from hashsvc.cli.main import main

if __name__ == "__main__":
    main(prog_name="hashsvc")
