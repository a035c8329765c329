"""What `hashsvc` and `python -m hashsvc.cli` run. Where the command line's own packages are missing it says so."""

from __future__ import annotations

import sys

from hashsvc.cli.extras import MissingExtra, extra_of, require


def main() -> None:
    """Run the command line. Exit statuses: see `hashsvc --help`."""
    try:
        require("cli", wanted=extra_of(sys.argv[1:]))
    except MissingExtra as error:
        sys.exit(f"Error: {error}")
    from hashsvc.cli.main import main as commands

    commands(prog_name="hashsvc")


if __name__ == "__main__":
    main()
