"""Lanes: which threads run a call, how many at once, how many may wait, and what the rest is told.

Checks must not wait behind anything else, so each kind of call has threads of its own. A lane counts the calls that
it holds; `calls.py` asks whether it is full before a call is given to it, on gRPC's one polling thread, and answers
the call in the checks' lane if so. A call that waited past its deadline is not begun.

Bulk calls and pages run on threads with a higher nice value: the kernel then lets a check that has become runnable
go first, also where all of them share one core.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from queue import SimpleQueue
from typing import Any

from hashsvc.errors import ResourceExhausted


class Lane(ThreadPoolExecutor):
    """Threads for one kind of call. full: the next call must be refused with `refusal()`."""

    def __init__(
        self,
        name: str,
        running_max: int,
        waiting_max: int | None,
        *,
        reason: str = "TOO_MANY_CALLS",
        nice: int = 0,
    ) -> None:
        """waiting_max None: as many as the server takes. nice: above the process's own value; Linux, by thread."""
        super().__init__(running_max)  # gRPC demands an executor; its own threads are never started
        self.name = name
        self.calls_max = running_max + waiting_max if waiting_max is not None else None
        self.call_count = 0
        self._running_max = running_max
        self._reason = reason
        self._nice = nice
        self._lock = threading.Lock()
        self._calls: SimpleQueue[_Running | None] = SimpleQueue()
        self._own: list[threading.Thread] = []

    @property
    def full(self) -> bool:
        return self.calls_max is not None and self.call_count >= self.calls_max

    def refusal(self) -> ResourceExhausted:
        return ResourceExhausted(
            self._reason,
            f"this worker has {self._running_max} calls of this kind running and all places to wait are taken; "
            "come back later, or open another connection to reach another worker",
        )

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> _Running:  # type: ignore[override]
        """Run a call; gRPC calls this for each one. Counts it until it is done.

        Instead of the executor's: no Future with its lock and condition, 10 to 20 µs a call.
        """
        call = _Running(fn, args, kwargs)
        with self._lock:
            self.call_count += 1
            more = self.call_count > len(self._own) and len(self._own) < self._running_max
            if more:
                self._own.append(threading.Thread(target=self._work, name=f"lane-{self.name}", daemon=True))
                self._own[-1].start()
        self._calls.put(call)
        return call

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Let the threads end when they are done with what waits."""
        for _ in self._own:
            self._calls.put(None)
        if wait:
            for thread in self._own:
                thread.join()

    def _work(self) -> None:
        _be_nice(self._nice)
        take = self._calls.get
        while (call := take()) is not None:
            with suppress(Exception):  # gRPC answers and logs what its function raises; a thread outlives its calls
                call.fn(*call.args, **call.kwargs)
            with self._lock:
                self.call_count -= 1
            call.finish()
            del call  # hold no request while waiting for the next


class _Running:
    """A call in a lane, as gRPC sees it: it only ever adds a callback."""

    __slots__ = ("args", "callbacks", "done", "fn", "kwargs")

    def __init__(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]) -> None:
        self.fn = fn
        self.args = args
        self.kwargs = kwargs
        self.callbacks: list[Callable[[Any], None]] = []
        self.done = False

    def add_done_callback(self, callback: Callable[[Any], None]) -> None:
        self.callbacks.append(callback)
        if self.done:
            self._tell()

    def finish(self) -> None:
        self.done = True
        self._tell()

    def _tell(self) -> None:
        """Call each callback once, whichever of the two threads comes first: taking one off the list is atomic."""
        while self.callbacks:
            try:
                callback = self.callbacks.pop()
            except IndexError:
                return
            callback(self)


def _be_nice(nice: int) -> None:
    """Put this thread behind the others of the machine."""
    if not nice:
        return
    thread_id = threading.get_native_id()
    current = os.getpriority(os.PRIO_PROCESS, thread_id)
    os.setpriority(os.PRIO_PROCESS, thread_id, min(19, current + nice))
