"""Between deciding and listing: a kill, a refusal, what comes in meanwhile, and in whose names it is listed."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hashsvc.casework.desks import Casework
from hashsvc.casework.values import CaseState, ItemState, NewItem, NewReport, Opinion, ReportState
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, HashsvcError, ResourceExhausted
from hashsvc.hashlist import ListStore
from hashsvc.matching.current import CurrentPolicy
from hashsvc.signals import MD5, SHA256, Signal
from tests.casework.settings import SETTINGS
from tests.casework.submitting import submit

SEEN = Signal(SHA256, bytes(range(1, 33)))
OTHER = Signal(MD5, bytes(range(1, 17)))


class Killed(BaseException):
    """The process is gone."""


@contextmanager
def opened(path: Path, clock: SeededClock, **how: Any) -> Iterator[tuple[ListStore, Casework]]:
    """Open a list and its casework, as a process does at its start."""
    lists = ListStore.open(path / "list", clock=clock)
    casework = Casework(path / "casework", lists, CurrentPolicy(), SETTINGS, clock, **how)
    try:
        yield lists, casework
    finally:
        casework.close()
        lists.close()


@pytest.fixture
def clock(tmp_path: Path) -> SeededClock:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    return clock


def report(request_id: str, *signals: Signal) -> NewReport:
    return NewReport(actor="portal", request_id=request_id, items=(NewItem(signals),))


def say(casework: Casework, actor: str, *, is_illegal: bool = True, case: int = 1) -> CaseState:
    casework.claims.claim(actor, case)
    return CaseState(casework.decisions.assess(case, Opinion(actor, 0, is_illegal, (("uk_abc", "A"),))).case.state)


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_kill_between_deciding_and_listing_is_finished_at_start(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Killed before or after the list was written, the case is listed once and its report closed at the next start."""
    with opened(tmp_path, clock) as (lists, casework):
        (submitted,) = submit(casework, [report("a", SEEN)])
        say(casework, "ann")
        write = casework.decisions._write_list

        def killed(*args: Any) -> bytes:
            if step == "after":
                write(*args)
            raise Killed

        monkeypatch.setattr(casework.decisions, "_write_list", killed)
        casework.claims.claim("bob", 1)
        with pytest.raises(Killed):
            casework.decisions.assess(1, Opinion("bob", 0, True, (("uk_abc", "A"),)))
    with opened(tmp_path, clock) as (lists, casework):
        assert casework.claims.case(1)[0].state == CaseState.DECIDING
        assert casework.decisions.finish() == 1
        case, items = casework.claims.case(1)
        assert (case.state, [item.state for item in items]) == (CaseState.LISTED, [ItemState.CLOSED_LISTED])
        assert casework.arrival.report_state(submitted.code) == ReportState.CLOSED
        with lists.snapshot() as snapshot:
            assert len(snapshot.pages.entries(0, 10, 0, b"")[0]) == 1
        assert casework.decisions.finish() == 0
        assert casework.oversight.verify() == []


def test_what_comes_while_a_case_is_decided_does_not_change_what_is_listed(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A report that equals a case under decision makes a case of its own, and closes when the listing is finished."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        say(casework, "ann")
        write = casework.decisions._write_list

        def killed(*args: Any) -> bytes:
            write(*args)
            raise Killed

        monkeypatch.setattr(casework.decisions, "_write_list", killed)
        casework.claims.claim("bob", 1)
        with pytest.raises(Killed):
            casework.decisions.assess(1, Opinion("bob", 0, True, (("uk_abc", "A"),)))
    with opened(tmp_path, clock, is_read_only=lambda: True) as (lists, casework):
        # Not followed yet: as a worker that checked before the list was written, and wrote after it.
        monkeypatch.setattr(casework.ground.follower, "follow", lambda tables: 0)
        with lists.snapshot():
            monkeypatch.setattr("hashsvc.casework.checking.check_again", lambda lists, policy, before: _unknown(before))
            (late,) = submit(casework, [report("b", SEEN, OTHER)])
    assert late.items[0].case == 2
    monkeypatch.undo()
    with opened(tmp_path, clock) as (lists, casework):
        assert casework.decisions.finish() == 1
        assert casework.arrival.report_state(late.code) == ReportState.CLOSED
        entry_id = casework.claims.case(1)[0].entry_id
        with lists.snapshot() as snapshot:
            assert [one.signal for one in snapshot.entry(entry_id).signals] == [SEEN]
        assert casework.oversight.verify() == []


def test_a_listing_that_the_list_refuses_is_told_and_tried_again(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk at the last opinion stops no start: the case waits, and is listed once there is room."""
    full = ResourceExhausted("DISK_FULL", "no room")

    def refuse(*args: Any) -> bytes:
        raise full

    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        say(casework, "ann")
        with monkeypatch.context() as patch:
            patch.setattr(casework.decisions, "_write_list", refuse)
            casework.claims.claim("bob", 1)
            with pytest.raises(ResourceExhausted):
                casework.decisions.assess(1, Opinion("bob", 0, True, (("uk_abc", "A"),)))
            told: list[tuple[int, HashsvcError]] = []
            assert casework.decisions.finish(lambda number, error: told.append((number, error))) == 0
            assert told == [(1, full)]
        assert casework.decisions.finish() == 1
        assert casework.claims.case(1)[0].state == CaseState.LISTED


def test_more_may_agree_than_the_list_takes(tmp_path: Path, clock: SeededClock) -> None:
    """Where a senior was waited for, three agree and two of them sign, the senior among them."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [report("a", SEEN)])
        states = [say(casework, "ann"), say(casework, "bob", is_illegal=False), say(casework, "cleo")]
        assert states == [CaseState.OPEN] * 3
        assert say(casework, "sen") == CaseState.LISTED
        with lists.snapshot() as snapshot:
            (signal,) = snapshot.entry(casework.claims.case(1)[0].entry_id).signals
        assert {actor for _, actor in signal.people} == {"ann", "sen"}


def test_twins_are_told_whichever_process_closed_them(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer counts what the listing closed, also where another process followed first, and again on a repeat."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN), report("b", OTHER), report("c", SEEN, OTHER)])
        write = casework.decisions._write_list

        def followed(*args: Any) -> bytes:
            entry_id = write(*args)
            casework.ground.follow()
            return entry_id

        monkeypatch.setattr(casework.decisions, "_write_list", followed)
        say(casework, "ann")
        casework.claims.claim("bob", 1)
        opinion = Opinion("bob", 0, True, (("uk_abc", "A"),))
        told = [casework.decisions.assess(1, opinion) for _ in range(2)]
        assert [(one.closed_items, one.closed_twins) for one in told] == [(2, 1)] * 2
        assert casework.oversight.verify() == []


def test_what_only_somebody_said_who_was_overruled_is_not_listed(tmp_path: Path, clock: SeededClock) -> None:
    """The categories of an entry are those of the people who agree; another person's stay in casework."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [report("a", SEEN)])
        say(casework, "ann")
        casework.claims.claim("bob", 1)
        casework.decisions.assess(1, Opinion("bob", 0, True, (("ours", "1"), ("uk_abc", "C")), flags=("grid",)))
        assert say(casework, "sen") == CaseState.LISTED
        with lists.snapshot() as snapshot:
            details = snapshot.entry(casework.claims.case(1)[0].entry_id).details
        assert (details.classifications, details.flags) == ((("uk_abc", "A"),), ())


def test_a_refused_report_of_many_stops_no_other(tmp_path: Path, clock: SeededClock) -> None:
    """A request_id that is used again is answered with its error; the reports beside it are taken in."""
    with opened(tmp_path, clock) as (_, casework):
        first, reused, last = casework.arrival.submit_each([report("a", SEEN), report("a", OTHER), report("c", OTHER)])
        assert isinstance(reused, FailedPrecondition)
        assert reused.reason == "REQUEST_ID_REUSED"
        assert not isinstance(first, HashsvcError)
        assert not isinstance(last, HashsvcError)
        assert [casework.arrival.report_state(one.code) for one in (first, last)] == [ReportState.RECEIVED] * 2
        assert casework.oversight.verify() == []


def test_a_report_is_told_as_received_for_a_while_whatever_became_of_it(tmp_path: Path, clock: SeededClock) -> None:
    """Within the time that is held back a closed report and a new one are told the same; after it, as they are."""
    hold_us = 3_600_000_000
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        say(casework, "ann")
        say(casework, "bob")
        known, new = submit(casework, [report("b", SEEN), report("c", OTHER)])
        assert known.items[0].state == ItemState.CLOSED_KNOWN
        assert {casework.arrival.report_state(one.code, hold_us) for one in (known, new)} == {ReportState.RECEIVED}
        clock._now_us += hold_us
        assert casework.arrival.report_state(known.code, hold_us) == ReportState.CLOSED
        assert casework.arrival.report_state(new.code, hold_us) == ReportState.RECEIVED


@pytest.mark.parametrize(("limit", "reason"), [("exposure_day_us", "EXPOSURE_LIMIT"), ("exposure_run_us", "BREAK_DUE")])
def test_who_has_seen_enough_is_refused(tmp_path: Path, clock: SeededClock, limit: str, reason: str) -> None:
    """Past the day's limit, or a run without a break, a claim is refused; the next day, or after a break, it is not."""
    changes: dict[str, Any] = {limit: 1_000_000, "break_us": 60_000_000}
    settings = SETTINGS._replace(**changes)
    lists = ListStore.open(tmp_path / "list", clock=clock)
    casework = Casework(tmp_path / "casework", lists, CurrentPolicy(), settings, clock)
    submit(casework, [report("a", SEEN)])
    casework.claims.claim("ann", 1)
    clock._now_us += 2_000_000
    casework.claims.release("ann", 1)
    with pytest.raises(ResourceExhausted) as refused:
        casework.claims.claim("ann", 1)
    assert refused.value.reason == reason
    assert casework.claims.claim("bob").number == 1
    casework.claims.release("bob", 1)
    clock._now_us += 24 * 3_600_000_000 if reason == "EXPOSURE_LIMIT" else 60_000_000
    assert casework.claims.claim("ann").number == 1
    casework.close()
    lists.close()


def _unknown(before: Any) -> Any:
    return before._replace(items=[one._replace(verdict=4, met=()) for one in before.items])
