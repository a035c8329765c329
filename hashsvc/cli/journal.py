"""`hashsvc journal …`: erasing journals of matches that are too old; `hashsvc case affected` reads them."""

from __future__ import annotations

from pathlib import Path

import click

from hashsvc.cli.extras import needs
from hashsvc.cli.output import write_record
from hashsvc.clock import SystemClock
from hashsvc.errors import NotFound
from hashsvc.limits import JOURNAL_DAYS_MAX, JOURNAL_DAYS_MIN


@click.group(epilog="Example: hashsvc journal erase --data ./list --days 30")
def journal() -> None:
    """Keep the journals of matches; what they say of an entry: `hashsvc case affected`."""


@journal.command(epilog="Example: hashsvc journal erase --data ./list --days 30")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="The list's directory.",
)
@click.option(
    "--days",
    type=click.IntRange(JOURNAL_DAYS_MIN, JOURNAL_DAYS_MAX),
    required=True,
    metavar="N",
    help="Days to keep besides today.",
)
@needs("server")
def erase(data: Path, days: int) -> None:
    """Delete the journals that are older, whole days at a time. The service may be running."""
    from hashsvc.server.journal.writer import erase_old, folder_of

    if not (data / "list").is_dir():
        raise NotFound("NO_LIST", "there is no list in this directory", field="data")
    deleted = erase_old(folder_of(data), days, SystemClock())
    write_record({"data": str(data), "kept_days": days, "deleted_files": deleted})
