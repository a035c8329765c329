"""What a reader of files gives: rows, refusals and items, and the checks that all formats share.

Neutral values, whatever the file looked like.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from hashsvc import limits
from hashsvc.categories import AGE_BANDS
from hashsvc.errors import InvalidArgument
from hashsvc.signals import UNKNOWN_QUALITY, Signal, UrlFacts, parse_text, type_named, weakness
from hashsvc.signals.url_expressions import Scope
from hashsvc.signals.url_listed import listed_url

SIGNALS_MAX = limits.CHECK_SIGNALS_MAX  # of one entry in one file, as in EntryContent
SCHEME_BASELINE = "interpol_baseline"
REPEATED = "the same fingerprint stands twice in one entry"
SCOPES = tuple(scope.name.lower() for scope in Scope)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_TIME_US_MAX = (datetime(9999, 12, 31, 23, 59, 59, 999_999, UTC) - _EPOCH) // _MICROSECOND

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")


class Details(msgspec.Struct, frozen=True, array_like=True):
    """What is known of the content besides its signals. classifications: (scheme, value), sorted by scheme."""

    media_type: str = ""
    classifications: tuple[tuple[str, str], ...] = ()
    youngest_age_band: str = ""
    sex: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True):
    """One entry of a file, with at least one good signal. line: from 1, where it begins.

    source, environment, content_id: "" where the file does not say. No two signals are equal. withdrawn: the source
    took the entry back. source_time_us: when the source last changed it, µs since 1970; 0: not said. An import takes
    heed of neither of these two.
    """

    line: int
    source: str
    environment: str
    content_id: str
    signals: tuple[Signal, ...]
    details: Details = Details()
    withdrawn: bool = False
    source_time_us: int = 0


class Rejected(msgspec.Struct, frozen=True):
    """A line, or one signal of a line, that cannot be used. message: for people, never the value.

    whole: the line gives no Row. Each line that gives none has exactly one such refusal, its last.
    """

    line: int
    field: str
    reason: str
    message: str
    whole: bool = True


class Item(msgspec.Struct, frozen=True):
    """One item to be checked. id: as the file gives it, a string or a number, or None. problems: what is wrong."""

    line: int
    id: str | int | float | None
    signals: tuple[Signal, ...]
    problems: tuple[Rejected, ...] = ()


def read_signal(type_name: str, text: str, quality: int | None, algorithm: str, url: UrlFacts | None = None) -> Signal:
    """Build a signal that may stand on the list from how a file spells it. url: what the file says of a URL besides.

    Raises InvalidArgument with field type, value, quality or algorithm: UNKNOWN_TYPE, BAD_LENGTH, BAD_ALPHABET,
    BAD_QUALITY, TOO_LONG, BAD_CHARACTER, WEAK_FINGERPRINT; of a URL, with field value or query_exact, the codes of
    docs/urls.md.
    """
    kind = type_named(type_name, "type")
    value = parse_text(kind.number, text, "value")
    if kind.is_url:
        facts = url if url is not None else UrlFacts()
        try:
            listed_url(text, facts, "value")  # the server guards it again; a file's reader is told at once
        except InvalidArgument as error:
            error.field = error.field.removeprefix("value.")  # query_exact stands beside the value
            raise
        return Signal(kind.number, value, url=facts)
    if algorithm:
        check_text(algorithm, limits.LABEL_CHARS_MAX, "algorithm")
    if quality is not None and not 0 <= quality <= 100:
        raise InvalidArgument("BAD_QUALITY", "the quality is not within 0 to 100", field="quality")
    known = UNKNOWN_QUALITY if quality is None or not kind.has_quality else quality
    why = weakness(kind.number, value, known)
    if why is not None:
        raise InvalidArgument("WEAK_FINGERPRINT", why, field="value")
    return Signal(kind.number, value, known, algorithm)


def url_facts(scope: str, query_exact: bool, seen_live: str, scope_field: str = "scope") -> UrlFacts:
    """Read what a file says of a URL. scope "": page. seen_live: a time with its zone, or "".

    Raises InvalidArgument with field scope_field or seen_live: BAD_SCOPE, BAD_TIME.
    """
    name = scope.lower() or SCOPES[0]
    if name not in SCOPES:
        raise InvalidArgument("BAD_SCOPE", f"is none of {', '.join(SCOPES)}", field=scope_field)
    return UrlFacts(SCOPES.index(name) + 1, query_exact, read_time(seen_live, "seen_live"))


def read_time(text: str, field: str) -> int:
    """Read a time such as 2026-11-24T09:30:00Z in microseconds since 1970; 0 for "". Raises BAD_TIME."""
    if not text:
        return 0
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        time = None
    time_us = -1 if time is None or time.tzinfo is None else (time - _EPOCH) // _MICROSECOND
    if not 0 <= time_us <= _TIME_US_MAX:
        raise InvalidArgument("BAD_TIME", "is no time with a zone such as 2026-11-24T09:30:00Z", field=field)
    return time_us


def print_time(time_us: int) -> str:
    """Write a time as `read_time` reads it; "" for 0."""
    if not time_us:
        return ""
    return (_EPOCH + time_us * _MICROSECOND).isoformat().replace("+00:00", "Z")


def check_text(text: str, chars_max: int, field: str) -> str:
    """Give back text that is short enough and has no control characters. Raises TOO_LONG, BAD_CHARACTER."""
    if len(text) <= chars_max and text.isprintable():  # nearly always
        return text
    if len(text) > chars_max:
        raise InvalidArgument("TOO_LONG", f"{len(text)} characters; at most {chars_max}", field=field)
    if _CONTROL.search(text):
        raise InvalidArgument("BAD_CHARACTER", "holds a control character or half of a character", field=field)
    return text


def check_labels(labels: Iterable[str], count_max: int, field: str) -> tuple[str, ...]:
    """Check a set of labels such as flags. Raises TOO_MANY, EMPTY, TOO_LONG, BAD_CHARACTER."""
    checked = tuple(labels)
    if len(checked) > count_max:
        raise InvalidArgument("TOO_MANY", f"{len(checked)} values; at most {count_max}", field=field)
    for position, label in enumerate(checked):
        check_label(label, f"{field}[{position}]")
    return checked


def check_label(label: str, field: str) -> str:
    """Check a label that must not be empty."""
    if not label:
        raise InvalidArgument("EMPTY", "is empty; right is 1 to 64 characters", field=field)
    return check_text(label, limits.LABEL_CHARS_MAX, field)


def check_age_band(band: str, field: str) -> str:
    """Check an age band. Raises BAD_AGE_BAND."""
    if band and band not in AGE_BANDS:
        raise InvalidArgument("BAD_AGE_BAND", f"is none of {', '.join(AGE_BANDS)}", field=field)
    return band


def check_classifications(pairs: Iterable[tuple[str, str]], field: str) -> tuple[tuple[str, str], ...]:
    """Check and sort classifications. Raises TOO_MANY, DUPLICATE_SCHEME and what `check_label` does."""
    checked = tuple(pairs)
    if len(checked) > limits.CLASSIFICATIONS_MAX:
        raise InvalidArgument("TOO_MANY", f"{len(checked)}; at most {limits.CLASSIFICATIONS_MAX}", field=field)
    for position, (scheme, value) in enumerate(checked):
        check_label(scheme, f"{field}[{position}].scheme")
        check_label(value, f"{field}[{position}].value")
    if len({scheme for scheme, _ in checked}) < len(checked):
        raise InvalidArgument("DUPLICATE_SCHEME", "a scheme has two values; right is one", field=field)
    return tuple(sorted(checked))


def repeated(signals: Sequence[Signal]) -> list[int]:
    """Find the positions of signals that equal an earlier one in type and value."""
    if len({signal.value for signal in signals}) == len(signals):  # nearly always
        return []
    seen: set[tuple[object, ...]] = set()
    positions = []
    for position, signal in enumerate(signals):
        url = signal.url
        key = (signal.type, signal.value) if url is None else (signal.value, url.scope, url.query_exact)
        if key in seen:
            positions.append(position)
        seen.add(key)
    return positions


def refusals(line: int, errors: list[InvalidArgument], whole: bool) -> list[Rejected]:
    """Turn the errors of one line into refusals; whole: the last one refuses the line."""
    last = len(errors) - 1
    return [
        Rejected(line, error.field, error.reason, error.message, whole and position == last)
        for position, error in enumerate(errors)
    ]
