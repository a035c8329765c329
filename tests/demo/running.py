"""Runs the demo as `python -m demo` does, in this process."""

from __future__ import annotations

from typing import NamedTuple

from click.testing import CliRunner

from demo.command import demo


class Ran(NamedTuple):
    """What the demo did."""

    exit_code: int
    stderr: str


def run(*arguments: str) -> Ran:
    """Run it. An exception that is no exit passes."""
    result = CliRunner().invoke(demo, list(arguments))
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return Ran(result.exit_code, result.stderr)
