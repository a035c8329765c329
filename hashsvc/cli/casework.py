"""`hashsvc casework …`: commands on casework's own directory. No server in between; it may be running."""

from __future__ import annotations

from pathlib import Path

import click

from hashsvc.cli.extras import needs
from hashsvc.cli.output import write_record
from hashsvc.clock import SystemClock
from hashsvc.limits import RETENTION_DAYS_MAX

CONTACT_DAYS = 30  # the setting's default


@click.group(epilog="Example: hashsvc casework erase --data ./list --days 30")
def casework() -> None:
    """Look after casework's data."""


@casework.command(epilog="Example: hashsvc casework erase --data ./list --days 30")
@click.option(
    "--data",
    type=click.Path(path_type=Path, file_okay=False),
    required=True,
    metavar="DIR",
    help="The list's directory.",
)
@click.option(
    "--days",
    type=click.IntRange(0, RETENTION_DAYS_MAX),
    required=True,
    metavar="N",
    help="Days to keep a report after it closed.",
)
@click.option(
    "--contact-days",
    type=click.IntRange(1, RETENTION_DAYS_MAX),
    default=CONTACT_DAYS,
    show_default=True,
    metavar="N",
    help="Days to keep a reporter's contact after the report closed.",
)
@needs("server")
def erase(data: Path, days: int, contact_days: int) -> None:
    """Erase reports that closed longer ago, with their items and cases, and takedowns that ended longer ago.

    Contacts of reporters go after their own time, and with the reports at the latest. The service does so by itself,
    each hour (its settings retention_days and contact_days), and may be running. The list and its proofs are
    unaffected; of an item that closed because of an entry it stays known that there was one.
    """
    from hashsvc import config
    from hashsvc.hashlist import ListStore
    from hashsvc.matching.current import CurrentPolicy
    from hashsvc.server.writing.casework import erase_old, open_casework

    clock = SystemClock()
    settings = config.make(data_dir=str(data), retention_days=days)
    store = ListStore.open(data, clock=clock)
    try:
        opened = open_casework(settings, store, CurrentPolicy(), clock)
        try:
            reports, contacts = erase_old(opened, days, contact_days, clock)
        finally:
            opened.close()
    finally:
        store.close()
    write_record({"data": str(data), "kept_days": days, "erased_reports": reports, "erased_contacts": contacts})
