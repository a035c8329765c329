"""How casework stands, for whoever watches it: numbers only, from counts of tables and a few reads."""

from __future__ import annotations

import msgspec

from hashsvc.casework import priority
from hashsvc.casework.tables import Tables


class Standing(msgspec.Struct, frozen=True):
    """open_cases: those being listed included. oldest_us: when the oldest of them opened; 0: there is none.

    reports: kept, open or closed.
    """

    open_cases: int
    oldest_us: int
    reports: int


def standing(tables: Tables) -> Standing:
    """Count. One read for each different urgency in the queue: of cases that are as urgent the oldest stands first."""
    oldest: list[int] = []
    start: bytes | None = b""
    while start is not None:
        first = next(tables.rows("queue", start), None)
        if first is None:
            break
        oldest.append(priority.opened_us_of(first[0]))
        start = priority.after_urgency(first[0])
    return Standing(tables.count("queue"), min(oldest, default=0), tables.count("reports"))
