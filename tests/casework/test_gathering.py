"""What several threads ask for at once is done together: each gets its own answer, and a failure is everybody's."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hashsvc.casework.desks import Casework
from hashsvc.casework.gathering import Gathering
from hashsvc.casework.values import EventKind, NewItem, NewReport, Submitted
from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.matching.current import CurrentPolicy
from hashsvc.signals import PDQ, SHA256, Signal
from tests.casework.settings import SETTINGS
from tests.casework.submitting import submit
from tests.matching.fakes import flipped
from tests.server.fakes import wait_until

CALLS = 120


class Slow:
    """Doubles numbers, a few at a time; fails where 13 is among them."""

    def __init__(self) -> None:
        self.gone: list[list[int]] = []

    def __call__(self, numbers: Sequence[int]) -> list[int]:
        self.gone.append(list(numbers))
        time.sleep(0.005)
        if 13 in numbers:
            raise ValueError("13")
        return [2 * number for number in numbers]


def test_each_gets_its_own_answer_and_none_goes_twice() -> None:
    """No go is over the size, and what came is what was done."""
    slow = Slow()
    gathering = Gathering(slow, lambda number: 1, 7)
    numbers = [number for number in range(100) if number != 13]
    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(gathering.ask, numbers)) == [2 * number for number in numbers]
    assert sorted(number for go in slow.gone for number in go) == numbers
    assert max(map(len, slow.gone)) <= 7


def test_all_that_waits_goes_together_once_its_turn_comes() -> None:
    """Calls that came while one went are done in one go, in the order in which they came, up to the size."""
    gone: list[list[int]] = []
    first_goes = threading.Event()

    def do(numbers: Sequence[int]) -> Sequence[int]:
        gone.append(list(numbers))
        assert first_goes.wait(30)
        return numbers

    gathering = Gathering(do, lambda number: 1, 5)
    with ThreadPoolExecutor(9) as threads:
        calls = []
        for number in range(9):
            calls.append(threads.submit(gathering.ask, number))
            wait_until(lambda number=number: len(gathering._waiting) == number and bool(gone))
        first_goes.set()
        assert [call.result() for call in calls] == list(range(9))
    assert gone == [[0], [1, 2, 3, 4, 5], [6, 7, 8]]


def test_a_failure_is_of_those_that_went_together_and_ends_with_them() -> None:
    """Whoever shared the failed go is told so; the next call is answered."""
    slow = Slow()
    gathering = Gathering(slow, lambda number: 1, 4)
    told: dict[int, object] = {}

    def ask(number: int) -> None:
        try:
            told[number] = gathering.ask(number)
        except ValueError as error:
            told[number] = error

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(ask, range(40)))
    (failed,) = [go for go in slow.gone if 13 in go]
    assert {number for number, one in told.items() if isinstance(one, ValueError)} == set(failed)
    assert gathering.ask(5) == 10


def test_what_is_too_large_goes_alone() -> None:
    """A call larger than what may go together is done all the same."""
    slow = Slow()
    assert Gathering(slow, lambda number: number, 4).ask(50) == 100


def test_reports_of_many_callers_share_commits_and_find_one_another(tmp_path: Path) -> None:
    """Single reports that come at once need fewer commits than there are; those of one picture share a case."""
    clock, commits = SeededClock(1), []
    ListStore.create(tmp_path / "list", clock=clock)
    lists = ListStore.open(tmp_path / "list", clock=clock)

    def noted(lines: Mapping[int, int]) -> None:
        if lines.get(EventKind.REPORT_RECEIVED):
            commits.append(lines[EventKind.REPORT_RECEIVED])

    casework = Casework(tmp_path / "casework", lists, CurrentPolicy(), SETTINGS, clock, on_noted=noted)
    pictures = [bytes([n, 255 - n] * 16) for n in range(1, 6)]
    start = threading.Barrier(8)

    def bring(caller: int) -> list[tuple[int, Submitted]]:
        start.wait()
        found = []
        for n in range(caller, CALLS, 8):
            code = flipped(pictures[n % 5], n // 5 % 7, n)
            item = NewItem((Signal(PDQ, code, 90), Signal(SHA256, bytes([n]) * 31 + b"x")))
            found += [(n, one) for one in submit(casework, [NewReport(actor="p", request_id=str(n), items=(item,))])]
        return found

    with ThreadPoolExecutor(8) as threads:
        answers = dict(pair for found in threads.map(bring, range(8)) for pair in found)
    assert sum(commits) == CALLS
    assert len(commits) < CALLS
    assert len({one.number for one in answers.values()}) == len({one.code for one in answers.values()}) == CALLS
    cases = {n % 5: {one.items[0].case for m, one in answers.items() if m % 5 == n % 5} for n in range(5)}
    assert [len(found) for found in cases.values()] == [1] * 5
    assert len(set.union(*cases.values())) == 5
    assert casework.oversight.verify() == []
    casework.close()
    lists.close()


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError])
def test_the_end_of_a_thread_is_no_silence_for_others(error: type[BaseException]) -> None:
    """Whatever ends the go, each caller hears of it."""

    def ends(numbers: Sequence[int]) -> list[int]:
        raise error

    with pytest.raises(error):
        Gathering(ends, lambda number: 1, 4).ask(1)
