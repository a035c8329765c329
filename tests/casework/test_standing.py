"""What is counted of casework: lines of the ledger once they are on disk, and how the queue stands."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from hashsvc.casework.standing import Standing
from hashsvc.casework.values import EventKind
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition
from hashsvc.hashlist import ListStore
from tests.casework.submitting import submit
from tests.casework.test_claiming import list_by_hand
from tests.casework.test_deciding import SEEN, opened, report, say
from tests.casework.test_retention import close, digest


@pytest.fixture
def clock(tmp_path: Path) -> SeededClock:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    return clock


def test_what_is_counted_is_what_the_ledger_has(tmp_path: Path, clock: SeededClock) -> None:
    """Each line once, also of what the list decided meanwhile; nothing of a write that was refused."""
    told: Counter[int] = Counter()

    def take(noted: Mapping[int, int]) -> None:
        told.update(noted)

    with opened(tmp_path, clock, on_noted=take) as (lists, casework):
        submit(casework, [report("a", SEEN), report("b", SEEN), report("c", digest(1))])
        say(casework, "ann")
        with pytest.raises(FailedPrecondition):
            casework.claims.claim("ann", 1)
        say(casework, "bob")
        list_by_hand(lists, digest(1))
        assert casework.ground.follow() == 1
        submit(casework, [report("d", SEEN)])
        casework.oversight.erase(clock.now_us())
        assert told == Counter(event.kind for event in casework.oversight.events(0, 1 << 62))
        assert told[EventKind.ITEM_CLOSED_BY_LISTING] == 1
        assert told[EventKind.REPORT_ERASED] == 4


def test_the_oldest_case_is_found_behind_more_urgent_ones(tmp_path: Path, clock: SeededClock) -> None:
    """Open cases are counted, and the oldest is told wherever it stands in the queue."""
    with opened(tmp_path, clock) as (_, casework):
        assert casework.oversight.standing() == Standing(0, 0, 0)
        for n, urgent in enumerate((False, False, True, True)):
            submit(casework, [replace(report(f"r{n}", digest(n)), self_referral=urgent)])
        by_number = {case.number: case.opened_us for case in casework.claims.queue(10)}
        assert [case.number for case in casework.claims.queue(10)] == [3, 4, 1, 2]
        assert casework.oversight.standing() == Standing(4, by_number[1], 4)
        close(casework, 1, 3)
        assert casework.oversight.standing() == Standing(2, by_number[2], 4)
        close(casework, 2)
        assert casework.oversight.standing() == Standing(1, by_number[4], 4)
        close(casework, 4)
        casework.oversight.erase(clock.now_us())
        assert casework.oversight.standing() == Standing(0, 0, 0)
