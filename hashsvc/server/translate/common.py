"""What all translations between protos and values share: ids, texts, positions, pages, signals.

Wrong input raises InvalidArgument with the field's path in the request. What belongs to one kind of request stands
in `check.py`, `entry.py` and `imports.py`.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from hashsvc import limits
from hashsvc.errors import InvalidArgument, WeakFingerprint
from hashsvc.hashlist.values import Position
from hashsvc.matching.values import Problem
from hashsvc.server.wire.calls import Call
from hashsvc.signals import UNKNOWN_QUALITY, URL, Signal, UrlFacts, make_signal, parse_text, weakness
from hashsvc.signals.url_expressions import Scope
from hashsvc.signals.url_listed import listed_url
from hashsvc.v1 import position_pb2, signal_pb2

PAGE_BYTES_MAX = 3 * 1024 * 1024  # an answer ends earlier, so that it fits gRPC's default limit of 4 MiB

TIME_SECONDS_MAX = 253_402_300_799  # the end of 9999, the last that a Timestamp holds

_ID = re.compile(r"[0-9a-f]{32}")

Part = TypeVar("Part")


def id_of(text: str, field: str) -> bytes:
    """Read a required id: 32 lower-case hex characters. Raises InvalidArgument REQUIRED, BAD_ID."""
    if not text:
        raise InvalidArgument("REQUIRED", "an id is required", field=field)
    if not _ID.fullmatch(text):
        raise InvalidArgument(
            "BAD_ID", f"an id is 32 lower-case hex characters; this has {len(text)} characters", field=field
        )
    return bytes.fromhex(text)


def check_length(text: str, chars_max: int, field: str) -> None:
    """Refuse a text of more characters than its field allows. Raises InvalidArgument TOO_LONG."""
    if len(text) > chars_max:
        raise InvalidArgument(
            "TOO_LONG", f"at most {chars_max} characters are allowed; there are {len(text)}", field=field
        )


def text_of(text: str, chars_max: int, field: str, *, required: bool = False) -> str:
    """Check a text: at most chars_max characters, none of them a control character but newline and tab."""
    if not text:
        if required:
            raise InvalidArgument("REQUIRED", f"a text of 1 to {chars_max} characters is required", field=field)
        return text
    check_length(text, chars_max, field)
    if not text.isprintable() and not text.replace("\n", "").replace("\t", "").replace("\r", "").isprintable():
        raise InvalidArgument("BAD_CHARACTERS", "there are characters that cannot be printed", field=field)
    return text


def request_id_of(text: str) -> str:
    """Check a request id: 1 to 64 printable ASCII characters."""
    text_of(text, limits.REQUEST_ID_CHARS_MAX, "request_id", required=True)
    if not text.isascii() or not text.isprintable():
        raise InvalidArgument("BAD_CHARACTERS", "a request id is printable ASCII; a UUID is right", field="request_id")
    return text


def digest_of(value: bytes, field: str) -> bytes:
    """Check a SHA-256 that a request names."""
    if not value:
        raise InvalidArgument("REQUIRED", "a SHA-256 digest of 32 bytes is required", field=field)
    if len(value) != 32:
        raise InvalidArgument("BAD_LENGTH", f"a SHA-256 digest is 32 bytes; this has {len(value)}", field=field)
    return value


def choice_of(number: int, most: int, field: str) -> int:
    """Check the number of an enum, 0 to most."""
    if not 0 <= number <= most:
        raise InvalidArgument("BAD_VALUE", f"there is no choice {number}; the numbers are 0 to {most}", field=field)
    return number


def demanded(position: position_pb2.ListPosition) -> Position | None:
    """Read `at_least`; None where it demands nothing."""
    list_id, epoch, sequence = position.list_id, position.epoch, position.sequence
    if not (list_id or epoch or sequence):
        return None
    for name, number in (("epoch", epoch), ("sequence", sequence)):
        if number < 0:
            raise InvalidArgument("BAD_VALUE", f"it is {number}; it counts from 1", field=f"at_least.{name}")
    return Position(id_of(list_id, "at_least.list_id") if list_id else b"", epoch, sequence)


def position_message(position: Position, call: Call) -> position_pb2.ListPosition:
    """Write the position that an answer saw, and note its sequence for the log line."""
    call.sequence = position.sequence
    return position_pb2.ListPosition(list_id=position.list_id.hex(), epoch=position.epoch, sequence=position.sequence)


def timestamp(time_us: int) -> Timestamp:
    return Timestamp(seconds=time_us // 1_000_000, nanos=time_us % 1_000_000 * 1000)


def microseconds_of(time: Timestamp, field: str) -> int:
    """Read a time; 0 where none is given. Raises BAD_TIME for one before 1970 or after 9999."""
    if not 0 <= time.seconds <= TIME_SECONDS_MAX or not 0 <= time.nanos < 1_000_000_000:
        raise InvalidArgument("BAD_TIME", "the time is not within the years 1970 to 9999", field=field)
    return time.seconds * 1_000_000 + time.nanos // 1000


# ---------------------------------------------------------------- pages


def page_size_of(page_size: int) -> int:
    """Check a page size; 0 means the default."""
    if page_size == 0:
        return limits.PAGE_SIZE_DEFAULT
    if not 1 <= page_size <= limits.PAGE_SIZE_MAX:
        raise InvalidArgument(
            "BAD_PAGE_SIZE", f"a page has 1 to {limits.PAGE_SIZE_MAX} rows; {page_size} was asked", field="page_size"
        )
    return page_size


def read_token(token: str, scope: str) -> int:
    """Read where a page goes on; 0 at the first. scope: what the list is of, so that a token of another is refused."""
    if not token:
        return 0
    number, _, _check = token.partition("-")
    if (
        len(token) <= limits.PAGE_TOKEN_CHARS_MAX
        and number.isdecimal()
        and number.isascii()
        and token == make_token(int(number), scope)
    ):
        return int(number)
    raise InvalidArgument(
        "BAD_PAGE_TOKEN",
        "the token is not from the page before of this very list; begin without one",
        field="page_token",
    )


def make_token(number: int, scope: str) -> str:
    """Make the token for the next page; "" where there is none."""
    return f"{number}-{zlib.crc32(f'{scope}/{number}'.encode()):08x}" if number else ""


def fill_page(
    target: Any, views: Sequence[Part], write: Callable[[Part], Any], number_of: Callable[[Part], int], next_number: int
) -> int:
    """Append views to a repeated field until PAGE_BYTES_MAX, one at least. Returns where the next page goes on."""
    byte_count = 0
    for i, view in enumerate(views):
        message = write(view)
        byte_count += message.ByteSize()
        if i and byte_count > PAGE_BYTES_MAX:
            return number_of(views[i - 1])
        target.append(message)
    return next_number


# ---------------------------------------------------------------- signals


def signal_of(message: signal_pb2.Signal, field: str) -> Signal:
    """Read one signal, from bytes or text. Raises InvalidArgument: UNKNOWN_TYPE, BAD_LENGTH, BAD_ALPHABET, ..."""
    form = message.WhichOneof("form")
    if form == "value":
        value = message.value
    elif form == "text":
        text = message.text
        if len(text) > limits.FINGERPRINT_CHARS_MAX and message.type != URL:
            raise InvalidArgument(
                "TOO_LONG", f"at most {limits.FINGERPRINT_CHARS_MAX} characters are allowed", field=f"{field}.text"
            )
        value = parse_text(message.type, text, f"{field}.text")
    else:
        raise InvalidArgument("REQUIRED", "a signal has a value or a text", field=f"{field}.value")
    if message.type == URL:
        return make_signal(URL, value, None, "", field, _url_facts(message, field))
    quality = message.quality if message.HasField("quality") else None
    if quality == UNKNOWN_QUALITY:
        raise InvalidArgument(
            "BAD_QUALITY", "a quality is 0 to 100; leave it out where unknown", field=f"{field}.quality"
        )
    return make_signal(message.type, value, quality, message.algorithm, field)


def listable_signal_of(message: signal_pb2.Signal, field: str) -> Signal:
    """Read one signal that somebody wants listed: one too weak to mean anything, or too wide, is refused."""
    signal = signal_of(message, field)
    if signal.url is not None:
        return listed_url(signal.value.decode(), signal.url, field)
    message_text = weakness(signal.type, signal.value, signal.quality)
    if message_text is not None:
        raise WeakFingerprint("WEAK_FINGERPRINT", message_text, field=field)
    return signal


def _url_facts(message: signal_pb2.Signal, field: str) -> UrlFacts:
    """Read what a URL says besides its text."""
    options = message.url
    scope = choice_of(options.scope, int(max(Scope)), f"{field}.url.scope") or int(Scope.PAGE)
    seen_us = microseconds_of(options.seen_live_time, f"{field}.url.seen_live_time")
    return UrlFacts(scope, options.query_exact, seen_us, options.embedded)


def signal_message(signal: Signal) -> signal_pb2.Signal:
    if signal.url is not None:
        one = signal_pb2.Signal(type=URL, text=signal.value.decode())  # type: ignore[arg-type]
        one.url.scope = signal.url.scope  # type: ignore[assignment]
        one.url.query_exact = signal.url.query_exact
        return one
    message = signal_pb2.Signal(type=signal.type, value=signal.value, algorithm=signal.algorithm)  # type: ignore[arg-type]
    if signal.quality != UNKNOWN_QUALITY:
        message.quality = signal.quality
    return message


def problem_of(error: InvalidArgument, item: int, field: str = "") -> Problem:
    return Problem(item, error.field or field, error.reason, error.message)


def add_problems(target: Any, problems: Iterable[Problem]) -> None:
    """Append problems to a repeated field of them."""
    for problem in problems:
        target.add(item=problem.item, field=problem.field, reason=problem.reason, message=problem.message)


assert limits.PAGE_TOKEN_CHARS_MAX >= 20 + 1 + 8
