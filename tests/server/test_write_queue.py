"""Writes are committed in groups, in time or not at all, and never after a failed commit."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from hashsvc.errors import (
    CommitFailed,
    DeadlineExceeded,
    FailedPrecondition,
    HashsvcError,
    InvariantError,
    ResourceExhausted,
    Unavailable,
)
from hashsvc.hashlist.values import Command, Content, ImportEntries, Position, SealBatch, Written
from hashsvc.metrics import Metrics
from hashsvc.server.writing.write_queue import WriteQueue

WRITTEN = Written(Position(bytes(16), 1, 1))


class Desk:
    """A write function that waits until let go, and notes what it was given."""

    def __init__(self) -> None:
        self.groups: list[list[str]] = []
        self.begun = threading.Semaphore(0)
        self.go_on = threading.Event()
        self.read_only = threading.Event()
        self.failed: list[CommitFailed] = []
        self.answer: Any = lambda command: WRITTEN
        self.queue = WriteQueue(
            self.write,
            waiting_max=8,
            is_read_only=self.read_only.is_set,
            on_commit_failed=self.failed.append,
            metrics=Metrics(),
        )

    def write(self, commands: Sequence[Command]) -> list[Written | HashsvcError]:
        self.groups.append([command.request_id for command in commands])
        self.begun.release()
        assert self.go_on.wait(10)
        return [self.answer(command) for command in commands]

    def submit(self, name: str, timeout_s: float = 10.0) -> Written:
        command = SealBatch(actor="anna", request_id=name, batch_id=bytes(16))
        return self.queue.submit(command, time.monotonic() + timeout_s)


@pytest.fixture
def desk() -> Any:
    made = Desk()
    yield made
    made.go_on.set()
    made.queue.close(5)


def waiting(desk: Desk, count: int) -> None:
    deadline = time.monotonic() + 5
    while len(desk.queue._queue) < count:
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_what_waits_is_committed_together(desk: Desk) -> None:
    """Requests that arrive during a commit share the next one, in order."""
    with ThreadPoolExecutor(6) as callers:
        calls = [callers.submit(desk.submit, "0")]
        assert desk.begun.acquire(timeout=5)
        for i in range(1, 5):
            calls.append(callers.submit(desk.submit, str(i)))
            waiting(desk, i)
        desk.go_on.set()
        assert all(call.result(5) is WRITTEN for call in calls)
    assert desk.groups == [["0"], ["1", "2", "3", "4"]]


def test_an_expired_request_is_not_begun(desk: Desk) -> None:
    """A request whose deadline passes in the queue is DEADLINE_EXCEEDED and is never written."""
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(desk.submit, "first")
        assert desk.begun.acquire(timeout=5)
        with pytest.raises(DeadlineExceeded, match="nothing was written"):
            desk.submit("late", 0.05)
        desk.go_on.set()
        first.result(5)
    assert desk.submit("next") is WRITTEN
    assert [name for group in desk.groups for name in group] == ["first", "next"]


def test_a_full_queue_refuses(desk: Desk) -> None:
    """Past its bound the queue says WRITE_QUEUE_FULL at once."""
    with ThreadPoolExecutor(10) as callers:
        calls = [callers.submit(desk.submit, "0")]
        assert desk.begun.acquire(timeout=5)
        calls += [callers.submit(desk.submit, str(i)) for i in range(8)]
        waiting(desk, 8)
        with pytest.raises(ResourceExhausted) as caught:
            desk.submit("one too many")
        assert caught.value.reason == "WRITE_QUEUE_FULL"
        desk.go_on.set()
        assert all(call.result(5) is WRITTEN for call in calls)


def test_a_refused_command_does_not_touch_its_neighbours(desk: Desk) -> None:
    """Each request of a group gets its own answer."""
    refusal = FailedPrecondition("SELF_CONFIRMATION", "no")
    desk.answer = lambda command: refusal if command.request_id == "bad" else WRITTEN
    desk.go_on.set()
    assert desk.submit("good") is WRITTEN
    with pytest.raises(FailedPrecondition):
        desk.submit("bad")


def test_a_broken_command_does_not_fail_its_neighbours(desk: Desk) -> None:
    """If a group breaks on one command, the others are written alone and only that one breaks."""

    def answer(command: Command) -> Written:
        if command.request_id == "bad":
            raise ZeroDivisionError
        return WRITTEN

    desk.answer = answer
    with ThreadPoolExecutor(4) as callers:
        first = callers.submit(desk.submit, "first")
        assert desk.begun.acquire(timeout=5)
        good, bad = callers.submit(desk.submit, "good"), callers.submit(desk.submit, "bad")
        waiting(desk, 2)
        desk.go_on.set()
        assert first.result(5) is WRITTEN
        assert good.result(5) is WRITTEN
        with pytest.raises(ZeroDivisionError):
            bad.result(5)


def test_after_a_failed_commit_nobody_is_told_yes(desk: Desk) -> None:
    """The group's outcome is unknown (COMMIT_FAILED), those behind it were not begun, and no more is taken."""

    def fail(command: Command) -> Written:
        raise CommitFailed("fsync")

    desk.answer = fail
    with ThreadPoolExecutor(3) as callers:
        first = callers.submit(desk.submit, "first")
        assert desk.begun.acquire(timeout=5)
        second = callers.submit(desk.submit, "second")
        waiting(desk, 1)
        desk.go_on.set()
        for call, reason in ((first, "COMMIT_FAILED"), (second, "LIST_READ_ONLY")):
            error = call.exception(5)
            assert isinstance(error, Unavailable)
            assert error.reason == reason
    assert len(desk.failed) == 1
    with pytest.raises(Unavailable) as caught:
        desk.submit("third")
    assert caught.value.reason == "LIST_READ_ONLY"
    assert desk.groups == [["first"]]


def test_read_only_mode_refuses_before_and_in_the_queue(desk: Desk) -> None:
    """A marker set while requests wait stops them before the next commit."""
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(desk.submit, "first")
        assert desk.begun.acquire(timeout=5)
        second = callers.submit(desk.submit, "second")
        waiting(desk, 1)
        desk.read_only.set()
        desk.go_on.set()
        assert first.result(5) is WRITTEN
        error = second.exception(5)
        assert isinstance(error, Unavailable)
        assert error.reason == "LIST_READ_ONLY"
    with pytest.raises(Unavailable):
        desk.submit("third")
    desk.read_only.clear()
    assert desk.submit("fourth") is WRITTEN


def test_a_full_store_refuses_the_group_and_goes_on(desk: Desk) -> None:
    """LIST_FULL writes nothing, tells everybody in the group, and is not fatal."""
    full = ResourceExhausted("LIST_FULL", "full")

    def raise_full(command: Command) -> Written:
        raise full

    desk.answer = raise_full
    desk.go_on.set()
    with pytest.raises(ResourceExhausted):
        desk.submit("first")
    desk.answer = lambda command: WRITTEN
    assert desk.submit("second") is WRITTEN
    assert not desk.failed


def test_a_broken_promise_reaches_the_caller_as_such(desk: Desk) -> None:
    """An InvariantError is not swallowed: the wrapper around the call stops the process on it."""

    def broken(command: Command) -> Written:
        raise InvariantError("x")

    desk.answer = broken
    desk.go_on.set()
    with pytest.raises(InvariantError):
        desk.submit("first")


def test_large_imports_are_not_committed_together(desk: Desk) -> None:
    """A group holds 8,000 entries at most, so that nobody waits for ever behind imports."""
    content = Content("us", "", "x", ())

    def submit(name: str) -> Written:
        command = ImportEntries(actor="anna", request_id=name, batch_id=bytes(16), contents=(content,) * 2000)
        return desk.queue.submit(command, time.monotonic() + 10)

    with ThreadPoolExecutor(6) as callers:
        calls = [callers.submit(desk.submit, "first")]
        assert desk.begun.acquire(timeout=5)
        for i in range(5):
            calls.append(callers.submit(submit, str(i)))
            waiting(desk, i + 1)
        desk.go_on.set()
        for call in calls:
            call.result(5)
    assert desk.groups == [["first"], ["0", "1", "2", "3"], ["4"]]


def test_closing_finishes_what_waits(desk: Desk) -> None:
    """A worker that drains commits the writes it has taken, and takes no more."""
    with ThreadPoolExecutor(2) as callers:
        first = callers.submit(desk.submit, "first")
        assert desk.begun.acquire(timeout=5)
        second = callers.submit(desk.submit, "second")
        waiting(desk, 1)
        closing = threading.Thread(target=desk.queue.close, args=(5,))
        closing.start()
        desk.go_on.set()
        closing.join(5)
        assert first.result(5) is WRITTEN
        assert second.result(5) is WRITTEN
    with pytest.raises(Unavailable) as caught:
        desk.submit("third")
    assert caught.value.reason == "DRAINING"
