"""How hashsvc logs: one JSON object a line when piped, people's text on a terminal, and never a fingerprint or a URL.

Set up once by the process that logs (`server/app.py`, supervisor, keeper) and handed down; nothing here is global.
An event is a constant in the past tense, its data stands in keys. A call costs one line, some 6 µs.
"""

from __future__ import annotations

import contextlib
import logging
import re
import sys
import threading
import time
import traceback
from collections.abc import Callable, MutableMapping
from pathlib import Path
from typing import Any, Protocol

import msgspec
import structlog
from structlog.typing import FilteringBoundLogger

from hashsvc.clock import Clock, SystemClock

Log = FilteringBoundLogger
EventDict = MutableMapping[str, Any]


class Stream(Protocol):
    """Where lines go."""

    def write(self, line: bytes, /) -> int: ...

    def flush(self) -> None: ...

    def isatty(self) -> bool: ...


REFUSED = "[refused: looks like a fingerprint]"
REFUSED_URL = "[refused: looks like a URL]"
CLEAN_STRINGS_MAX = 1_024  # strings remembered as clean, so that constants are looked at once

_URL = re.compile(r"[A-Za-z*]{2,16}(?::|\[:\])(?://|\\\\)\S*")
# Hex of 8 bytes (pHash) and more.
_HEX = re.compile(r"[0-9A-Fa-f]{16,}")
_RUN = re.compile(r"[A-Za-z0-9+/_-]{11,}={0,6}")
_BYTE_COUNTS = (8, 16, 20, 32, 144)
_BASE64_LENGTHS = frozenset((byte_count * 8 + 5) // 6 for byte_count in _BYTE_COUNTS)
_BASE32_LENGTHS = frozenset((byte_count * 8 + 4) // 5 for byte_count in _BYTE_COUNTS)


def make_log(
    level: str = "info",
    style: str = "auto",
    stream: Stream | None = None,
    *,
    clock: Clock = SystemClock(),
    on_refusal: Callable[[], None] = lambda: None,
) -> Log:
    """Make a log that writes to `stream` (default: standard error).

    on_refusal: called for each value that was replaced because it looks like a fingerprint.
    """
    target: Stream = stream if stream is not None else sys.stderr.buffer
    for_people = style == "text" or (style == "auto" and target.isatty())
    render = _people_renderer() if for_people else _render_json
    logger = structlog.wrap_logger(
        _Lines(target),
        processors=[_Begin(clock), Redactor(on_refusal), render],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        cache_logger_on_first_use=True,
    )
    log: Log = logger.bind()
    return log


class Redactor:
    """Replaces what looks like a fingerprint or a URL in any value, and counts how often.

    Bytes always; a scheme with two slashes and what follows; text that holds 16 or more hex characters in a row, or a
    run of base64 or base32 of the length that a fingerprint has. A stricter rule than needed: an entry's id is refused
    too, and is no loss.
    """

    def __init__(self, on_refusal: Callable[[], None] = lambda: None) -> None:
        self.refused_count = 0
        self._on_refusal = on_refusal
        self._clean: set[str] = set()

    def __call__(self, logger: object, name: str, event: EventDict) -> EventDict:
        clean = self._clean
        for key, value in event.items():
            if value.__class__ is str:
                if value not in clean:
                    event[key] = self.text(value)
            elif value.__class__ is not int and value.__class__ is not float:
                event[key] = self._other(value)
        return event

    def text(self, value: str) -> str:
        """Give a text back without what looks like a fingerprint."""
        if len(value) < 11 or value in self._clean:
            return value
        found = _URL.sub(self._replace_url, value) if "//" in value or "\\\\" in value else value
        found = _HEX.sub(self._replace, found)
        found = _RUN.sub(self._replace_run, found)
        if found is value or found == value:
            if len(value) <= 64 and len(self._clean) < CLEAN_STRINGS_MAX:
                self._clean.add(value)
            return value
        return found

    def _other(self, value: Any) -> Any:
        if value is None or isinstance(value, bool | int | float):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, bytes | bytearray | memoryview):
            return self._replace(None)
        if isinstance(value, dict):
            return {self.text(str(key)): self._other(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [self._other(inner) for inner in value]
        return self.text(str(value)) if isinstance(value, Path) else f"<{type(value).__name__}>"

    def _replace(self, match: re.Match[str] | None) -> str:
        self.refused_count += 1
        self._on_refusal()
        return REFUSED

    def _replace_url(self, match: re.Match[str]) -> str:
        self._replace(match)
        return REFUSED_URL

    def _replace_run(self, match: re.Match[str]) -> str:
        run = match.group()
        bare = run.rstrip("=")
        is_base64 = len(bare) in _BASE64_LENGTHS and (
            (bare != bare.lower() and bare != bare.upper() and (len(bare) > 11 or not bare.isalpha())) or bare != run
        )
        is_base32 = len(bare) in _BASE32_LENGTHS and bare == bare.upper() and bare.isalnum()
        return self._replace(match) if is_base64 or is_base32 else run


def describe_exception(error: BaseException) -> dict[str, str]:
    """Describe an exception for a log line without any value: its type and where it was raised, innermost last.

    Messages, source lines and local variables are left out: any of them may quote a request.
    """
    frames = traceback.extract_tb(error.__traceback__)
    where = [f"{Path(frame.filename).name}:{frame.lineno} in {frame.name}" for frame in frames]
    cause = error.__cause__ or error.__context__
    described = {"error_type": type(error).__name__, "traceback": " > ".join(where)}
    if cause is not None:
        described["cause_type"] = type(cause).__name__
    return described


def capture_stdlib(log: Log, level: int = logging.WARNING) -> None:
    """Send what libraries log through the standard `logging` to `log`: logger name and place, not the text.

    The text is left out because gRPC quotes exceptions in it.
    """
    root = logging.getLogger()
    root.handlers[:] = [_ToLog(log)]
    root.setLevel(level)


class _ToLog(logging.Handler):
    def __init__(self, log: Log) -> None:
        super().__init__()
        self._log = log

    def emit(self, record: logging.LogRecord) -> None:
        error = record.exc_info[1] if record.exc_info else None
        self._log.warning(
            "library warned",
            library=record.name,
            place=f"{record.filename}:{record.lineno}",
            **(describe_exception(error) if error is not None else {}),
        )


class _Lines:
    """Writes whole lines, one write a line, from any thread.

    A line that cannot be written (full disk, closed pipe) is lost: the service answers on without its log.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._lock = threading.Lock()

    def msg(self, line: bytes) -> None:
        with self._lock, contextlib.suppress(OSError, ValueError):
            self._stream.write(line)
            self._stream.flush()

    log = debug = info = warning = warn = error = critical = exception = msg


_MILLISECONDS = tuple(f".{ms:03d}Z" for ms in range(1000))


class TimeText:
    """Gives the time in UTC to the millisecond; the text of a second is made once."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._second = (-1, "")

    def __call__(self) -> str:
        now_s, rest_us = divmod(self._clock.now_us(), 1_000_000)
        second, text = self._second
        if second != now_s:
            text = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now_s))
            self._second = (now_s, text)
        return text + _MILLISECONDS[rest_us // 1000]


class _Begin:
    """Puts time, level and event first."""

    def __init__(self, clock: Clock) -> None:
        self._time = TimeText(clock)

    def __call__(self, logger: object, name: str, event: EventDict) -> EventDict:
        return {"time": self._time(), "level": name, "event": event.pop("event"), **event}


_encoder = msgspec.json.Encoder()


def _render_json(logger: object, name: str, event: EventDict) -> bytes:
    return _encoder.encode(event) + b"\n"


def _people_renderer() -> Callable[[object, str, EventDict], bytes]:
    console = structlog.dev.ConsoleRenderer(timestamp_key="time")

    def render(logger: Any, name: str, event: EventDict) -> bytes:
        return (console(logger, name, event) + "\n").encode()

    return render
