"""`hashsvc`: the root of all commands, and what each exit status means.

A command is one line in COMMANDS and is imported when it is named, so that the others start fast.
"""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any

import click

from hashsvc.cli.failures import told

COMMANDS = {
    "init": "hashsvc.cli.local:init",
    "serve": "hashsvc.cli.local:serve",
    "health": "hashsvc.cli.health:health",
    "check": "hashsvc.cli.check:check",
    "hash": "hashsvc.cli.pictures:hash_files",
    "import": "hashsvc.cli.importing:import_file",
    "export": "hashsvc.cli.exporting:export",
    "entry": "hashsvc.cli.entry:entry",
    "batch": "hashsvc.cli.batch:batch",
    "stats": "hashsvc.cli.stats:stats",
    "journal": "hashsvc.cli.journal:journal",
    "report": "hashsvc.cli.report:report",
    "case": "hashsvc.cli.case:case",
    "casework": "hashsvc.cli.casework:casework",
    "takedown": "hashsvc.cli.takedown:takedown",
    "effect": "hashsvc.cli.effect:effect",
    "policy": "hashsvc.cli.policy:policy",
    "url": "hashsvc.cli.url:url",
    "category": "hashsvc.cli.category:category",
    "verify": "hashsvc.cli.local:verify",
    "rebuild": "hashsvc.cli.local:rebuild",
    "backup": "hashsvc.cli.local:backup",
    "restore": "hashsvc.cli.local:restore",
}


class Commands(click.Group):
    """Imports commands late, and turns errors into exit statuses in one place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        place = COMMANDS.get(cmd_name)
        if place is None:
            return None
        module, _, name = place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def invoke(self, ctx: click.Context) -> Any:
        with told():
            return super().invoke(ctx)


@click.group(
    cls=Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="Example: hashsvc init ./list && hashsvc serve --data ./list",
)
@click.version_option(package_name="hashsvc", prog_name="hashsvc")
def main() -> None:
    """Tell whether fingerprints are on a hotline's list, and keep that list.

    Results go to stdout (JSON lines when piped, a table on a terminal), talk to stderr. Exit status: 0 done,
    1 failed, 2 wrong usage, 3 server not reachable.
    """
    for stream in (sys.stdout, sys.stderr):
        if not isinstance(stream, io.TextIOWrapper):
            continue
        if stream.isatty():
            stream.reconfigure(errors="backslashreplace")  # that a terminal knows few characters is no failure
        else:
            stream.reconfigure(encoding="utf-8")  # JSON is, whatever the locale


if __name__ == "__main__":
    main()
