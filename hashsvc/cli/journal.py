"""`hashsvc journal …`: who was told of a match with an entry, and erasing what is too old."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from hashsvc.cli.calling import Caller, talks
from hashsvc.cli.main import Failed
from hashsvc.cli.output import write_record, write_records
from hashsvc.cli.records import match_record
from hashsvc.client import HashsvcClient
from hashsvc.clock import SystemClock
from hashsvc.errors import NotFound
from hashsvc.limits import JOURNAL_DAYS_MAX, JOURNAL_DAYS_MIN, PAGE_SIZE_MAX


@click.group(epilog="Example: hashsvc journal matches 0123456789abcdef0123456789abcdef")
def journal() -> None:
    """Tell a retraction to those who acted on the entry."""


@journal.command(
    epilog="Example: hashsvc journal matches 0123456789abcdef0123456789abcdef | jq -r .reference | sort -u"
)
@click.argument("entry_id", metavar="ENTRY")
@talks
def matches(entry_id: str, caller: Caller) -> None:
    """List the answers that named an entry in evidence for KNOWN or LIKELY, oldest first.

    Of what the service still keeps (its setting journal_days). After a retraction list again when 30 s are over: a
    check that began before it may be answered until then.
    """
    damaged = _Damage()
    with caller.client() as client:
        write_records(
            _all_matches(client, entry_id, damaged), ("time", "actor", "reference", "item", "verdict", "sequence")
        )
    if damaged.met:
        raise Failed("journals are damaged, so matches may be missing; the service's log names the files")


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
def erase(data: Path, days: int) -> None:
    """Delete the journals that are older, whole days at a time. The service may be running."""
    from hashsvc.server.journal import erase_old, folder_of

    if not (data / "list").is_dir():
        raise NotFound("NO_LIST", "there is no list in this directory", field="data")
    deleted = erase_old(folder_of(data), days, SystemClock())
    write_record({"data": str(data), "kept_days": days, "deleted_files": deleted})


class _Damage:
    met = False


def _all_matches(client: HashsvcClient, entry_id: str, damage: _Damage) -> Iterator[dict[str, Any]]:
    """Read all pages, and note whether one met damage."""
    page_token = ""
    while True:
        page = client.list_matches(entry_id, page_size=PAGE_SIZE_MAX, page_token=page_token)
        damage.met = damage.met or page.damaged_file_count > 0
        yield from map(match_record, page.matches)
        page_token = page.next_page_token
        if not page_token:
            return
