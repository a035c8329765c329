"""`hashsvc health`: whether a server serves, for people, scripts and service managers."""

from __future__ import annotations

import time

import click

from hashsvc.cli.calling import Caller, talks
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import write_records
from hashsvc.client.errors import ServerError
from hashsvc.client.health import OVERALL, SERVING, ask_health

POLL_S = 0.1  # between two questions while waiting


@click.command(epilog="Example: hashsvc health --wait 30 && hashsvc check - < items.jsonl")
@click.option(
    "--wait",
    "wait_s",
    type=click.FloatRange(0, 3600),
    default=0.0,
    show_default=True,
    metavar="SECONDS",
    help="Ask again for so long, until it serves.",
)
@talks
def health(wait_s: float, caller: Caller) -> None:
    """Say whether the server serves: as a whole, and each of its services.

    Asks the worker that answers first. Exit status: 0 checks are answered, 1 they are not, 3 nobody is there. While
    writes wait after a failed commit, checks go on: EntryService and ImportService alone are NOT_SERVING then.
    """
    states = _states(caller, time.monotonic() + wait_s)
    write_records(
        [{"service": name or "overall", "state": state} for name, state in states.items()], ("service", "state")
    )
    if states[OVERALL] != SERVING:
        raise Failed("the server answers, and says that it cannot answer checks; its log says why")


def _states(caller: Caller, until: float) -> dict[str, str]:
    """Ask until the server serves or the time, on the monotonic clock, is over; then what it said last."""
    while True:
        try:
            states = ask_health(caller.server, caller.timeout_s)
        except ServerError:
            if time.monotonic() >= until:
                raise
        else:
            if states[OVERALL] == SERVING or time.monotonic() >= until:
                return states
        time.sleep(POLL_S)
