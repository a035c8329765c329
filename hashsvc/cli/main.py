"""`hashsvc`: the root of all commands, and what each exit status means.

A command is one line in COMMANDS and is imported when it is named, so that the others start fast.
"""

from __future__ import annotations

import importlib
import io
import sys
from typing import Any, NamedTuple

import click

from hashsvc.cli.failures import told


class Listed(NamedTuple):
    """A command as help lists it. place: module:name. summary: how its own help begins."""

    place: str
    summary: str


COMMANDS = {
    "init": Listed("hashsvc.cli.local:init", "Make an empty list in DIR, which must not exist or be empty."),
    "serve": Listed(
        "hashsvc.cli.local:serve", "Answer calls about the list in DIR until stopped (SIGTERM or Ctrl-C drains)."
    ),
    "health": Listed(
        "hashsvc.cli.health:health", "Say whether the server serves: as a whole, and each of its services."
    ),
    "check": Listed("hashsvc.cli.check:check", "Tell whether items are on the list."),
    "hash": Listed("hashsvc.cli.pictures:hash_files", "Print PDQ, MD5, SHA-1 and SHA-256 of picture files."),
    "import": Listed("hashsvc.cli.importing:import_file", "Bring a file of entries to the list as one batch."),
    "export": Listed("hashsvc.cli.exporting:export", "Write the list's entries to a file that `hashsvc import` reads."),
    "entry": Listed("hashsvc.cli.entry:entry", "Propose, decide and read single entries."),
    "batch": Listed("hashsvc.cli.batch:batch", "Confirm, retract and read imports, each as one."),
    "stats": Listed(
        "hashsvc.cli.stats:stats", "Show the list's figures: entries, signals by state and type, index, size."
    ),
    "journal": Listed(
        "hashsvc.cli.journal:journal",
        "Keep the journals of matches; what they say of an entry: `hashsvc case affected`.",
    ),
    "report": Listed("hashsvc.cli.report:report", "Bring reports, and ask how far one is."),
    "case": Listed("hashsvc.cli.case:case", "Look at what waits for people, and say what it is."),
    "casework": Listed("hashsvc.cli.casework:casework", "Look after casework's data."),
    "takedown": Listed(
        "hashsvc.cli.takedown:takedown", "Follow what is to be taken down: URLs at which illegal content was reported."
    ),
    "effect": Listed(
        "hashsvc.cli.effect:effect",
        "Say how many reports needed a person and how many did not, and who looked how long.",
    ),
    "policy": Listed("hashsvc.cli.policy:policy", "Read, try and change the policy."),
    "url": Listed("hashsvc.cli.url:url", "Explain how URLs are compared."),
    "category": Listed(
        "hashsvc.cli.category:category", "Show the schemes of categories, and map one to another where that is certain."
    ),
    "verify": Listed("hashsvc.cli.local:verify", "Replay the log and compare every view with it."),
    "rebuild": Listed("hashsvc.cli.local:rebuild", "Make all views anew from the log."),
    "backup": Listed("hashsvc.cli.local:backup", "Copy the list and its casework to a new directory."),
    "restore": Listed(
        "hashsvc.cli.local:restore", "Make a list in a new directory from a backup, verify it, and begin a new epoch."
    ),
}


class Commands(click.Group):
    """Imports a command when it is named and not before, and turns errors into exit statuses in one place."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        listed = COMMANDS.get(cmd_name)
        if listed is None:
            return None
        module, _, name = listed.place.partition(":")
        command = getattr(importlib.import_module(module), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, listed.summary) for name, listed in COMMANDS.items()])

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
