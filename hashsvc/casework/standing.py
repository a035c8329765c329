"""How casework stands, for whoever watches it: numbers only, from counts of tables and a few reads."""

from __future__ import annotations

import msgspec

from hashsvc.casework import cases
from hashsvc.casework.tables import Tables


class Standing(msgspec.Struct, frozen=True):
    """open_cases: those being listed included. oldest_us: when the oldest of them opened; 0: there is none.

    reports: kept, open or closed.
    """

    open_cases: int
    oldest_us: int
    reports: int


def standing(tables: Tables) -> Standing:
    """Count. One read for each different urgency in the queue."""
    return Standing(cases.live_count(tables), cases.oldest_live_us(tables), tables.count("reports"))
