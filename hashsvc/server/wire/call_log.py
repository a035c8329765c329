"""The log line of a call, made in a third of the time that the common log takes, and written with others.

Written by the wrapper around every call (`calls.py`); the worker calls `drain` ten times a second.
"""

from __future__ import annotations

import contextlib
import logging
import sys
import threading
from collections.abc import Callable

import msgspec

from hashsvc.clock import Clock, SystemClock
from hashsvc.logs import Redactor, Stream, TimeText, make_log


class CallLine(msgspec.Struct):
    """The one line of a call, in the order of its keys."""

    time: str
    level: str
    event: str
    worker: int
    method: str
    code: str
    reason: str
    elapsed_ms: float
    item_count: int
    hit_count: int
    sequence: int
    actor: str


class CallLog:
    """Writes the lines of calls: what `Log` would write, in a third of the time, and delayed. Call `drain` often."""

    def __init__(
        self,
        worker: int,
        *,
        level: str = "info",
        style: str = "auto",
        stream: Stream | None = None,
        clock: Clock = SystemClock(),
        on_refusal: Callable[[], None] = lambda: None,
    ) -> None:
        self._worker = worker
        self._lines = Delayed(stream)
        self._silent = getattr(logging, level.upper()) > logging.INFO
        self._time = TimeText(clock)
        self._redactor = Redactor(on_refusal)
        self._encode = msgspec.json.Encoder().encode
        for_people = style == "text" or (style == "auto" and self._lines.isatty())
        self._log = make_log(level, "text", self._lines, clock=clock).bind(worker=worker) if for_people else None
        self.drain = self._lines.drain

    def write(
        self,
        method: str,
        code: str,
        reason: str,
        elapsed_ms: float,
        item_count: int,
        hit_count: int,
        sequence: int,
        actor: str,
    ) -> None:
        """Write a call's line. Only `actor` comes from outside, so only it is looked at."""
        if self._silent:
            return
        actor = self._redactor.text(actor)
        line = CallLine(
            self._time(), "info", "call answered", self._worker, method, code, reason, elapsed_ms, item_count,
            hit_count, sequence, actor,
        )  # fmt: skip
        if self._log is None:
            self._lines.write(self._encode(line) + b"\n")
        else:
            values = msgspec.structs.asdict(line)
            self._log.info(values["event"], **{key: value for key, value in values.items() if key in _CALL_KEYS})


_CALL_KEYS = frozenset(CallLine.__struct_fields__) - {"time", "level", "event", "worker"}


class Delayed:
    """A stream that keeps lines back until `drain` is called, or 64 KiB are there.

    For the lines of calls: each write to a pipe gives the interpreter to another thread, which under load costs more
    than the line itself. What is kept back is lost if the process is killed, so nothing else goes through it.
    """

    def __init__(self, stream: Stream | None = None, bytes_max: int = 64 * 1024) -> None:
        self._stream: Stream = stream if stream is not None else sys.stderr.buffer
        self._bytes_max = bytes_max
        self._lines: list[bytes] = []
        self._byte_count = 0
        self._lock = threading.Lock()

    def write(self, line: bytes) -> int:
        self._lines.append(line)
        self._byte_count += len(line)
        if self._byte_count > self._bytes_max:
            self.drain()
        return len(line)

    def drain(self) -> None:
        """Write what was kept back, with one call."""
        with self._lock:
            lines, self._lines, self._byte_count = self._lines, [], 0
            if lines:
                with contextlib.suppress(OSError, ValueError):  # full disk, closed pipe: calls are answered on
                    self._stream.write(b"".join(lines))
                    self._stream.flush()

    def flush(self) -> None:
        """Do nothing: a line is not worth a system call."""

    def isatty(self) -> bool:
        return self._stream.isatty()
