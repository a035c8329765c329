"""README's tour: run docs/tour.sh for real, on a terminal, and write what it prints between README's two marks.

`python -m tools.tour --check` writes nothing and exits 1 where README shows something else. What differs from run to
run (ids, times, elapsed seconds) is written as one value each; a port that is free takes the place of the one in the
text. Takes some ten seconds.
"""

from __future__ import annotations

import argparse
import os
import pty
import re
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from tools.generate_docs import differences
from tools.generate_protos import ROOT

SCRIPT, README = ROOT / "docs" / "tour.sh", ROOT / "README.md"
BEGIN, END = "<!-- tour: written by `python -m tools.tour` from docs/tour.sh -->\n", "<!-- end of the tour -->\n"
PORT = "50051"
COLUMNS = 120
LIMIT_S = 240  # on a busy machine whose kernels are not compiled yet
_MARK = "\x1e"

# What no two runs share, and what stands for it. The order matters: an id is no number.
_VARYING = (
    (re.compile(r"preparing the search kernels [^\n]*\n?"), ""),  # only where they are not made yet
    (re.compile(r"\x1b\[[0-9;?]*(?![AK])[A-Za-z]|\r"), ""),  # colours; what moves and erases is looked at next
    (re.compile(r"[^\n]*(?:\n\x1b\[1A)?\x1b\[2K"), ""),  # a bar that was drawn anew or taken away
    (re.compile(r"(?m)^(list +)[0-9a-f]{32}"), r"\g<1>d7faf5cc44d9d31c429157215000f7c3"),
    (re.compile(r"(?<![0-9a-f])(?!d7faf5cc44d9d31c)[0-9a-f]{32}(?![0-9a-f])"), "216a27a9d5b299180763b300ac750ca3"),
    (re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"), "2026-11-24T11:14:50.491Z"),
    (re.compile(r"(?m)^(kernels +)\S+(?:\n +\S+)*"), r"\g<1>.venv/…/hashsvc/index/__pycache__"),
    (re.compile(r"(?m)^(elapsed_s +)[0-9.]+"), r"\g<1>0.003"),
)


class Section(NamedTuple):
    """A part of the tour: what is said before it, and its commands, each with all of its lines."""

    title: str
    commands: list[str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 if README shows another output")
    check = parser.parse_args().check
    present = README.read_text(encoding="utf-8")
    fresh = with_tour(present, tour())
    if check and fresh != present:
        print(f"README's tour is stale: run `python -m tools.tour`\n{differences(present, fresh)}", file=sys.stderr)
        return 1
    README.write_text(fresh, encoding="utf-8")
    return 0


def with_tour(readme: str, text: str) -> str:
    """The README with another tour between its marks."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md must have the line {BEGIN!r} and later the line {END!r}")
    return f"{before}{BEGIN}\n{text}\n{END}{after}"


def tour() -> str:
    """Run the tour in an empty directory and give its Markdown."""
    sections = list(read(SCRIPT.read_text(encoding="utf-8")))
    with tempfile.TemporaryDirectory() as folder:
        told = iter(run([command for section in sections for command in section.commands], Path(folder)))
    parts = []
    for title, commands in sections:
        lines = []
        for command in commands:
            python = re.fullmatch(r"python - <<'END'\n(.*)\nEND", command, re.DOTALL)
            if python:
                parts.append(f"{title}\n\n```python\n{python[1]}\n```")
                title = "prints"
            else:
                lines.append(f"$ {command}")
            lines.append(shortened(next(told)))
        kind = "text" if title == "prints" else "console"
        parts.append(f"{title}\n\n```{kind}\n" + "\n".join(line for line in lines if line) + "\n```")
    return "\n\n".join(parts) + "\n"


def read(script: str) -> Iterator[Section]:
    """Take a script apart: `## title`, then commands; one goes on after a backslash, or to a here-document's end."""
    for block in script.split("\n## ")[1:]:
        title, _, rest = block.partition("\n")
        commands: list[str] = []
        open_until = ""
        for line in rest.strip().splitlines():
            if open_until or (commands and commands[-1].endswith("\\")):
                commands[-1] += f"\n{line}"
            else:
                commands.append(line)
            if open_until:
                open_until = "" if line == open_until else open_until
            elif found := re.search(r"<<'(\w+)'$", line):
                open_until = found[1]
        yield Section(title, commands)


def run(commands: list[str], folder: Path) -> list[str]:
    """Run commands in one shell on a terminal. Returns what each printed, made alike from run to run."""
    port = _free_port()
    script = folder / "script"
    script.write_text("".join(f"{command}\nprintf '{_MARK}'\n" for command in commands).replace(PORT, port))
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "HASHSVC_SERVER": f"127.0.0.1:{port}",
        "COLUMNS": str(COLUMNS),
        "TERM": "xterm",
        "NO_COLOR": "1",
    }
    ours, theirs = pty.openpty()
    command = ["timeout", str(LIMIT_S), "bash", "--noprofile", "--norc", str(script)]  # ends the service too
    process = subprocess.Popen(
        command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    printed = b"".join(_until_closed(ours))
    os.close(ours)
    process.wait()
    told = printed.decode().replace(port, PORT).split(_MARK)[:-1]
    if len(told) != len(commands):
        raise RuntimeError(f"the tour ended at its command {len(told) + 1}: {commands[len(told)]}\n{printed.decode()}")
    return [alike(one) for one in told]


def alike(text: str) -> str:
    """Put one value for whatever differs from run to run, and cut blanks at the ends of lines."""
    for pattern, other in _VARYING:
        text = pattern.sub(other, text)
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


def shortened(text: str) -> str:
    """Of an entry that is shown whole its id, its state and what is said after it; anything else as it is."""
    return re.sub(r"(?s)\A(entry +.*?\nstate .*?\n).*?\nsequence +\d+", r"\1...", text)


def _until_closed(terminal: int) -> Iterator[bytes]:
    while True:
        try:
            chunk = os.read(terminal, 65536)
        except OSError:  # EIO: nobody has the other end any more
            return
        if not chunk:
            return
        yield chunk


def _free_port() -> str:
    """A port that nobody listens at now, with as many digits as the tour's, so that tables keep their width."""
    while True:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            number: int = probe.getsockname()[1]
        if len(str(number)) == len(PORT):
            return str(number)


if __name__ == "__main__":
    sys.exit(main())
