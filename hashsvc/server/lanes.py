"""Lanes: which threads run a call, how many at once, how many may wait, and what the rest is told.

Checks must not wait behind anything else, so each kind of call has threads of its own. A lane counts the calls that
it holds; `calls.py` asks whether it is full before a call is given to it, on gRPC's one polling thread, and answers
the call in the checks' lane if so. A call that waited past its deadline is not begun.

Bulk calls and pages run on threads with a higher nice value: the kernel then lets a check that has become runnable
go first, also where all of them share one core.
"""

from __future__ import annotations

import functools
import os
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
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
        super().__init__(running_max, thread_name_prefix=f"lane-{name}", initializer=functools.partial(_be_nice, nice))
        self.name = name
        self.calls_max = running_max + waiting_max if waiting_max is not None else None
        self.call_count = 0
        self._running_max = running_max
        self._reason = reason
        self._lock = threading.Lock()

    @property
    def full(self) -> bool:
        return self.calls_max is not None and self.call_count >= self.calls_max

    def refusal(self) -> ResourceExhausted:
        return ResourceExhausted(
            self._reason,
            f"this worker has {self._running_max} calls of this kind running and all places to wait are taken; "
            "come back later, or open another connection to reach another worker",
        )

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Run a call; gRPC calls this for each one. Counts it until it is done."""
        with self._lock:
            self.call_count += 1
        try:
            future = super().submit(fn, *args, **kwargs)
        except BaseException:
            self._done(None)
            raise
        future.add_done_callback(self._done)
        return future

    def _done(self, future: Future[Any] | None) -> None:
        with self._lock:
            self.call_count -= 1


def _be_nice(nice: int) -> None:
    """Put this thread behind the others of the machine."""
    if not nice:
        return
    thread_id = threading.get_native_id()
    current = os.getpriority(os.PRIO_PROCESS, thread_id)
    os.setpriority(os.PRIO_PROCESS, thread_id, min(19, current + nice))
