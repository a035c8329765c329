"""What is erased, when, and what it costs: closed reports with all that is theirs, and nothing that is still needed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashsvc.casework.desks import Casework
from hashsvc.casework.tables import Tables
from hashsvc.casework.values import CaseState, EventKind, NewItem, NewReport, Report, ReportState
from hashsvc.clock import SeededClock
from hashsvc.errors import DamagedData, NotFound, ResourceExhausted
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, DecideEntry
from hashsvc.signals import SHA256, Signal
from tests.casework.settings import MINUTE_US
from tests.casework.submitting import submit
from tests.casework.test_deciding import SEEN, opened, report, say

DAY_US = 24 * 60 * MINUTE_US


@pytest.fixture
def clock(tmp_path: Path) -> SeededClock:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    return clock


def digest(n: int) -> Signal:
    return Signal(SHA256, bytes((n + 1,)) * 31 + b"\7")


def close(casework: Casework, *cases: int) -> None:
    """Two people say that cases are not illegal."""
    for case in cases:
        assert say(casework, "ann", is_illegal=False, case=case) == CaseState.OPEN
        assert say(casework, "bob", is_illegal=False, case=case) == CaseState.NOT_ILLEGAL


def count(casework: Casework, table: str) -> int:
    with casework.ground.env.read() as txn:
        return Tables(casework.ground.env, txn).count(table)


def test_erasing_looks_at_nothing_that_it_does_not_erase(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of many reports that wait only the one that closed is read."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report(f"r{n}", digest(n)) for n in range(30)])
        close(casework, 17)
        read: Counter[str] = Counter()
        one, rows = Tables.report, Tables.rows

        def counted_report(tables: Tables, number: int) -> Report:
            read["report"] += 1
            return one(tables, number)

        def counted_rows(tables: Tables, table: str, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
            read[table] += 1
            return rows(tables, table, start)

        monkeypatch.setattr(Tables, "report", counted_report)
        monkeypatch.setattr(Tables, "rows", counted_rows)
        assert casework.oversight.erase(clock.now_us()).reports == 1
        read_of = {"closed_at": 1, "empty_cases": 1, "feedback": 1, "viewings": 5, "takedown_queue": 2}
        assert read == {"report": 1, **read_of}  # viewings of two people; takedowns in two states
        assert casework.oversight.verify() == []


def test_nothing_is_left_of_an_erased_report_but_the_ledger(tmp_path: Path, clock: SeededClock) -> None:
    """Report, items, case, code and request id are gone; what happened and who did it stays."""
    with opened(tmp_path, clock) as (_, casework):
        (submitted,) = submit(casework, [report("a", SEEN)])
        close(casework, 1)
        before = list(casework.oversight.events(0, 1 << 62))
        closed_us = clock.now_us()
        assert casework.oversight.erase(before[-1].time_us).total == 0  # closed at that time, not before it
        assert casework.oversight.erase(closed_us).reports == 1
        for table in ("reports", "items", "cases", "case_items", "report_codes", "closed_at"):
            assert count(casework, table) == 0, table
        with pytest.raises(NotFound):
            casework.arrival.report_state(submitted.code)
        *kept, erased = casework.oversight.events(0, 1 << 62)
        assert (kept, erased.kind, erased.report) == (before, EventKind.REPORT_ERASED, 1)


def test_a_repeat_of_an_erased_request_is_a_new_report(tmp_path: Path, clock: SeededClock) -> None:
    """Once its report is erased a request id is free: the same report comes in anew, with the same code."""
    with opened(tmp_path, clock) as (_, casework):
        (first,) = submit(casework, [report("a", SEEN)])
        close(casework, 1)
        (again,) = submit(casework, [report("a", SEEN)])
        assert (again.number, again.repeated) == (1, True)
        casework.oversight.erase(clock.now_us())
        (anew,) = submit(casework, [report("a", SEEN)])
        assert (anew.number, anew.repeated, anew.code) == (2, False, first.code)
        assert casework.arrival.report_state(anew.code) == ReportState.RECEIVED
        assert casework.oversight.verify() == []


def test_erasing_takes_many_small_transactions(tmp_path: Path, clock: SeededClock) -> None:
    """A transaction erases reports until it has as many rows as it may; the next goes on, the oldest first."""
    with opened(tmp_path, clock) as (_, casework):
        items = tuple(NewItem((digest(n),)) for n in range(3))
        submit(casework, [NewReport(actor="portal", request_id="a", items=items), report("b", digest(3))])
        submit(casework, [report("c", digest(4))])
        close(casework, 5, 4, 3, 2, 1)
        before_us = clock.now_us()
        assert [casework.oversight.erase(before_us, 4).reports for _ in range(3)] == [2, 1, 0]
        assert casework.oversight.verify() == []


def test_a_report_that_is_open_again_is_not_erased(tmp_path: Path, clock: SeededClock) -> None:
    """A retraction takes a report back from erasing, until its time has passed after it closes again. The case that
    nothing is left in goes on its own."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [report("a", SEEN)])
        say(casework, "ann")
        assert say(casework, "bob") == CaseState.LISTED
        entry_id = casework.claims.case(1)[0].entry_id
        for actor, action in (("dan", ChangeKind.RETRACTION_REQUESTED), ("eve", ChangeKind.RETRACTION_CONFIRMED)):
            lists.write([DecideEntry(actor=actor, request_id=actor, action=int(action), entry_id=entry_id)])
        (waiting,) = casework.claims.queue(10)
        assert casework.oversight.verify() == []
        assert (casework.oversight.erase(clock.now_us()).reports, count(casework, "cases")) == (0, 1)
        with pytest.raises(NotFound):
            casework.claims.case(1)
        close(casework, waiting.number)
        assert casework.oversight.erase(clock.now_us()).reports == 1
        assert [one.is_erased for one in casework.oversight.affected(entry_id)[0]] == [True]
        assert casework.oversight.verify() == []


def test_viewings_are_erased_when_no_limit_counts_them(tmp_path: Path, clock: SeededClock) -> None:
    """Those of the last day stay, and so does the day's limit; older ones go, of each person."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        for _ in range(3):
            for actor in ("ann", "bob"):
                casework.claims.claim(actor, 1)
                clock._now_us += MINUTE_US
                casework.claims.release(actor, 1)
        assert casework.oversight.erase(0).viewings == 0
        clock._now_us += DAY_US - MINUTE_US
        casework.claims.claim("ann", 1)
        clock._now_us += 61 * MINUTE_US
        assert casework.oversight.erase(0, 2).viewings == 2
        assert casework.oversight.erase(0).viewings == 4
        assert count(casework, "viewings") == 0
        submit(casework, [report("b", digest(1))])
        with pytest.raises(ResourceExhausted) as refused:
            casework.claims.claim("ann", 2)  # her claim ran out after an hour of viewing
        assert refused.value.reason == "BREAK_DUE"
        assert casework.oversight.erase(0).viewings == 0


@pytest.mark.parametrize("table", ["closed_at", "report_codes", "empty_cases"])
def test_verify_finds_what_would_never_be_erased(tmp_path: Path, clock: SeededClock, table: str) -> None:
    """A closed report that is not found by its time, or a row that belongs to no report, is told."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        close(casework, 1)
        assert casework.oversight.verify() == []
        with casework.ground.env.write() as txn:
            tables = Tables(casework.ground.env, txn)
            if table == "closed_at":
                ((key, _),) = tables.rows(table)
                tables.delete(table, key)
            else:
                tables.put(table, bytes(16), bytes(8))
        (problem,) = casework.oversight.verify()
        assert "or the reverse" in problem


def test_casework_of_another_version_is_refused(tmp_path: Path, clock: SeededClock) -> None:
    """What was made by another version is not opened, let alone changed."""
    with opened(tmp_path, clock) as (_, casework), casework.ground.env.write() as txn:
        Tables(casework.ground.env, txn).put("meta", b"format", b"hashsvc-casework 1")
    with pytest.raises(DamagedData) as refused, opened(tmp_path, clock):
        pass
    assert refused.value.reason == "WRONG_FORMAT"
