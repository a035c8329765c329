"""One thread a worker that writes: requests wait in a bounded queue and are committed in groups.

LMDB lets one process write at a time and its lock cannot time out, so the waiting happens here, where deadlines are
known: a request whose time is over is not begun. Whatever waits when the thread is free is committed together; no
request is held back to wait for others.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Sequence

from hashsvc import limits
from hashsvc.errors import CommitFailed, DeadlineExceeded, HashsvcError, InvariantError, ResourceExhausted, Unavailable
from hashsvc.hashlist.values import Command, ImportEntries, Written
from hashsvc.metrics import Metrics

Write = Callable[[Sequence[Command]], Sequence[Written | HashsvcError]]


class _Waiting:
    """A request in the queue. begun: it may be in the log. Set `answered` last."""

    __slots__ = ("answer", "answered", "begun", "command", "deadline", "entry_count", "given_up")

    def __init__(self, command: Command, deadline: float) -> None:
        self.command = command
        self.deadline = deadline
        self.entry_count = len(command.contents) if isinstance(command, ImportEntries) else 1
        self.answered = threading.Event()
        self.answer: Written | BaseException | None = None
        self.begun = False
        self.given_up = False


class WriteQueue:
    """The way in for all writes of a worker.

    write: the store's. is_read_only: asked before each group. on_commit_failed: called once, from the writer thread,
    after the waiting requests have been answered. An InvariantError is raised to who waits, like any other: what ends
    the process over it stands round the call (`server/wire/calls.py`).
    """

    def __init__(
        self,
        write: Write,
        *,
        waiting_max: int,
        is_read_only: Callable[[], bool],
        on_commit_failed: Callable[[CommitFailed], None],
        metrics: Metrics,
    ) -> None:
        self._write = write
        self._waiting_max = waiting_max
        self._is_read_only = is_read_only
        self._on_commit_failed = on_commit_failed
        self._metrics = metrics
        self._queue: deque[_Waiting] = deque()
        self._changed = threading.Condition()
        self._closed = False
        self._failed = False
        self._thread = threading.Thread(target=self._run, name="writer", daemon=True)
        self._thread.start()

    def submit(self, command: Command, deadline: float) -> Written:
        """Write a command and wait for its commit. deadline: on the monotonic clock.

        Raises what refused it, ResourceExhausted WRITE_QUEUE_FULL, Unavailable LIST_READ_ONLY, COMMIT_FAILED or
        DRAINING, DeadlineExceeded (after which the write may still happen if it had been begun).
        """
        if self._is_read_only():
            raise read_only_error()
        waiting = _Waiting(command, deadline)
        with self._changed:
            if self._failed:
                raise read_only_error()
            if self._closed:
                raise Unavailable("DRAINING", "this worker is stopping; the write was not begun, send it again")
            if len(self._queue) >= self._waiting_max:
                raise ResourceExhausted(
                    "WRITE_QUEUE_FULL", f"{self._waiting_max} writes wait for their commit already; come back later"
                )
            self._queue.append(waiting)
            self._changed.notify()
        if not waiting.answered.wait(max(0.0, deadline - time.monotonic())):
            with self._changed:
                waiting.given_up = not waiting.begun
            if waiting.given_up:
                raise _not_begun()
            raise DeadlineExceeded(
                "DEADLINE_EXCEEDED", "the deadline passed during the commit; send it again with the same request id"
            )
        if isinstance(waiting.answer, Written):
            return waiting.answer
        assert waiting.answer is not None
        raise waiting.answer

    def close(self, timeout_s: float) -> bool:
        """Take no more writes, finish those that wait. Returns whether all are done."""
        with self._changed:
            self._closed = True
            self._changed.notify()
        self._thread.join(timeout_s)
        return not self._thread.is_alive()

    # ------------------------------------------------------------ the writer thread

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._queue and not self._closed:
                    self._changed.wait()
                if not self._queue:
                    return
                group = self._next_group()
            if group and not self._commit(group):
                return

    def _next_group(self) -> list[_Waiting]:
        """Take what waits, up to the limits, leaving out requests that nobody waits for any more. Holds the lock."""
        group: list[_Waiting] = []
        entry_count = 0
        now = time.monotonic()
        while self._queue and len(group) < limits.WRITE_GROUP_MAX:
            waiting = self._queue[0]
            if group and entry_count + waiting.entry_count > limits.WRITE_GROUP_ENTRIES_MAX:
                break
            self._queue.popleft()
            if waiting.given_up or now >= waiting.deadline:
                self._answer(waiting, _not_begun())
                continue
            waiting.begun = True
            entry_count += waiting.entry_count
            group.append(waiting)
        return group

    def _commit(self, group: list[_Waiting]) -> bool:
        """Write a group and answer it. Returns whether the thread goes on."""
        if self._is_read_only():
            for waiting in group:
                self._answer(waiting, read_only_error())
            return True
        started = time.perf_counter()
        try:
            answers = self._write([waiting.command for waiting in group])
        except CommitFailed as error:
            self._give_up(group, error)
            return False
        except ResourceExhausted as error:  # the store is full; nothing was written
            answers = [error] * len(group)
        except InvariantError as error:
            for waiting in group:
                self._answer(waiting, error)
            return True
        except Exception as error:  # noqa: BLE001  (one command's fault must not fail its neighbours)
            if len(group) == 1:
                self._answer(group[0], error)
                return True
            return all(self._commit([waiting]) for waiting in group)
        self._metrics.count("commits")
        self._metrics.observe("commit_seconds", time.perf_counter() - started)
        for waiting, answer in zip(group, answers, strict=True):
            self._answer(waiting, answer)
        return True

    def _answer(self, waiting: _Waiting, answer: Written | BaseException) -> None:
        if isinstance(answer, Written):
            outcome = "written"
        else:
            outcome = "refused" if isinstance(answer, HashsvcError) else "broke"
        self._metrics.count("writes", outcome)
        waiting.answer = answer
        waiting.answered.set()

    def _give_up(self, group: list[_Waiting], error: CommitFailed) -> None:
        """Answer everybody after a failed commit: the group's outcome is unknown, the rest was not begun."""
        with self._changed:
            self._failed = True
            rest = list(self._queue)
            self._queue.clear()
        for waiting in group:
            if not waiting.answered.is_set():
                self._answer(
                    waiting,
                    Unavailable(
                        "COMMIT_FAILED",
                        "the commit failed and its outcome is unknown; send it again with the same request id",
                    ),
                )
        for waiting in rest:
            self._answer(waiting, read_only_error())
        self._on_commit_failed(error)


def read_only_error() -> Unavailable:
    return Unavailable(
        "LIST_READ_ONLY", "a commit failed and the list is being verified; nothing was written. Checks go on"
    )


def _not_begun() -> DeadlineExceeded:
    return DeadlineExceeded("DEADLINE_EXCEEDED", "the deadline passed before the write was begun; nothing was written")
