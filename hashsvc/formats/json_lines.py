"""Our own JSON lines: one entry a line.

    {"content_id": "a-17", "fingerprints": [{"type": "pdq", "value": "<hex>", "quality": 97}],
     "classifications": [{"scheme": "uk_abc", "value": "A"}], "source": "IWF"}

Optional: content_id (string or whole number), source (string, or {"organisation", "environment"}), environment,
media_type, youngest_age_band, sex and flags (arrays), and "algorithm" of a fingerprint. One of type "url" may have a
"scope" (page, path, prefix, host, domain), "query_exact" and "seen_live" (a time). Other keys are ignored; a type
of fingerprint that is unknown is not: it is refused, and the rest of the line is used. A detail that is wrong refuses
the line, since a list must not hold half of what its source said.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any, BinaryIO

import msgspec

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.formats import json_objects, rows
from hashsvc.formats.base import Format
from hashsvc.formats.lines import read_lines
from hashsvc.formats.rows import Details, Rejected, Row
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, Signal, UrlFacts, print_value


class _Fingerprint(msgspec.Struct, gc=False):
    type: str
    value: str
    quality: int | None = None
    algorithm: str | None = None
    scope: str | None = None
    query_exact: bool | None = None
    seen_live: str | None = None


class _Classification(msgspec.Struct, gc=False):
    scheme: str
    value: str


class _Source(msgspec.Struct, gc=False):
    organisation: str | None = None
    environment: str | None = None


class _Line(msgspec.Struct):
    fingerprints: list[_Fingerprint]
    content_id: str | int | None = None
    source: str | _Source | None = None
    environment: str | None = None
    media_type: str | None = None
    classifications: list[_Classification] | None = None
    youngest_age_band: str | None = None
    sex: list[str] | None = None
    flags: list[str] | None = None


_DECODER = msgspec.json.Decoder(_Line)
_OPTIONAL = tuple((key, b'"%s"' % key.encode()) for key in _Fingerprint.__struct_fields__[2:])
_ONCE_A_LINE = tuple(b'"%s"' % key.encode() for key in (*_Line.__struct_fields__, "organisation"))


def read_json_lines(stream: BinaryIO) -> Iterator[Row | Rejected]:
    """Read entries, one a line; blank lines are passed over. Raises nothing for what the file holds.

    Costs some 10 µs for an entry of three fingerprints; a line with anything unusual in it, some 50 µs.
    """
    for numbered in read_lines(stream):
        if isinstance(numbered, Rejected):
            yield numbered
            continue
        line, raw = numbered
        if raw.isspace():
            continue
        yield from _read_entry(line, raw)


def _read_entry(line: int, raw: bytes) -> Sequence[Row | Rejected]:
    """Read one line: the usual way, and if that does not do, the careful way."""
    errors: list[InvalidArgument] = []
    try:
        try:
            entry = _DECODER.decode(raw)
            positions: Sequence[int] = range(len(entry.fingerprints))
            if _may_repeat_keys(raw, entry):
                entry, positions, errors = _decode_carefully(raw)
        except (ValueError, RecursionError):  # msgspec's errors are ValueErrors
            entry, positions, errors = _decode_carefully(raw)
        return _row_of(line, entry, positions, errors)
    except InvalidArgument as error:
        return rows.refusals(line, [error], whole=True)


def _may_repeat_keys(raw: bytes, entry: _Line) -> bool:
    """Say whether a key could stand twice in an object that is read; may say so in error, never miss one.

    Every key has a colon. As many colons as keys that were read: no key twice. More: extra keys, nulls, colons in
    text; then every key is counted as it is spelt, for one spelt with an escape has a backslash.
    """
    return raw.count(b":") != _key_count(entry) and _keys_stand_twice(raw, entry)


def _key_count(entry: _Line) -> int:
    """Count the keys that a line must have had at least."""
    count = 1 + 2 * len(entry.fingerprints)
    for fingerprint in entry.fingerprints:
        count += (fingerprint.quality is not None) + (fingerprint.algorithm is not None)
        count += (fingerprint.scope is not None) + (fingerprint.query_exact is not None)
        count += fingerprint.seen_live is not None
    if entry.classifications is not None:
        count += 1 + 2 * len(entry.classifications)
    count += (entry.content_id is not None) + (entry.source is not None) + (entry.environment is not None)
    count += (entry.media_type is not None) + (entry.youngest_age_band is not None)
    return count + (entry.sex is not None) + (entry.flags is not None)


def _keys_stand_twice(raw: bytes, entry: _Line) -> bool:
    """Count every key as it is spelt."""
    count = raw.count
    fingerprints = len(entry.fingerprints)
    classifications = len(entry.classifications or ())
    return (
        b"\\" in raw
        or count(b'"type"') != fingerprints
        or count(b'"value"') != fingerprints + classifications
        or count(b'"scheme"') != classifications
        or any(count(key) > _said(entry.fingerprints, name) for name, key in _OPTIONAL if key in raw)
        or any(count(key) > 1 for key in _ONCE_A_LINE)
    )


def _said(fingerprints: list[_Fingerprint], name: str) -> int:
    """Count the fingerprints that say something of a name."""
    return sum(getattr(one, name) is not None for one in fingerprints)


def _row_of(
    line: int, entry: _Line, positions: Sequence[int], errors: list[InvalidArgument]
) -> Sequence[Row | Rejected]:
    """Build the row of a decoded line. positions: where in the line its fingerprints stand. errors: found so far."""
    count = len(entry.fingerprints) + len(errors)
    if count > rows.SIGNALS_MAX:
        raise InvalidArgument("TOO_MANY", f"{count} fingerprints; at most {rows.SIGNALS_MAX}", field="fingerprints")
    source, environment, content_id = _identity(entry)
    details = _details(entry)
    signals, more_errors = _signals_of(entry.fingerprints, positions)
    errors += more_errors
    if not signals:
        none = InvalidArgument("NO_FINGERPRINT", "the entry has no fingerprint", field="fingerprints")
        return rows.refusals(line, errors or [none], whole=True)
    row = Row(line, source, environment, content_id, signals, details)
    return (*rows.refusals(line, errors, whole=False), row) if errors else (row,)


def _signals_of(
    fingerprints: list[_Fingerprint], positions: Sequence[int]
) -> tuple[tuple[Signal, ...], list[InvalidArgument]]:
    """Read the signals of a line, and the errors of those that cannot be used."""
    good: list[Signal] = []
    good_positions: list[int] = []
    errors: list[InvalidArgument] = []
    for position, found in zip(positions, fingerprints, strict=True):
        try:
            good.append(
                rows.read_signal(found.type, found.value, found.quality, found.algorithm or "", _url_facts(found))
            )
            good_positions.append(position)
        except InvalidArgument as error:
            error.field = f"fingerprints[{position}].{error.field}"
            errors.append(error)
    for index in reversed(rows.repeated(good)):
        field = f"fingerprints[{good_positions[index]}]"
        errors.append(InvalidArgument("DUPLICATE_SIGNAL", rows.REPEATED, field=field))
        del good[index]
    return tuple(good), errors


def _url_facts(found: _Fingerprint) -> UrlFacts | None:
    if found.scope is None and found.query_exact is None and found.seen_live is None:
        return None
    return rows.url_facts(found.scope or "", bool(found.query_exact), found.seen_live or "")


def _identity(entry: _Line) -> tuple[str, str, str]:
    """Read source, environment and content id."""
    source, environment = entry.source or "", entry.environment or ""
    if isinstance(source, _Source):
        if environment and source.environment and source.environment != environment:
            raise InvalidArgument("CONFLICTING_VALUES", "differs from source.environment", field="environment")
        environment = source.environment or environment
        source = source.organisation or ""
    content_id = "" if entry.content_id is None else str(entry.content_id)
    return (
        rows.check_text(source, limits.SOURCE_CHARS_MAX, "source"),
        rows.check_text(environment, limits.SOURCE_CHARS_MAX, "environment"),
        rows.check_text(content_id, limits.CONTENT_ID_CHARS_MAX, "content_id"),
    )


def _details(entry: _Line) -> Details:
    """Read what else is said."""
    return _checked_details(
        entry.media_type or "",
        tuple([(found.scheme, found.value) for found in entry.classifications]) if entry.classifications else (),
        entry.youngest_age_band or "",
        tuple(entry.sex) if entry.sex else (),
        tuple(entry.flags) if entry.flags else (),
    )


@lru_cache(maxsize=4096)  # millions of lines say the same few things
def _checked_details(
    media_type: str,
    classifications: tuple[tuple[str, str], ...],
    age_band: str,
    sex: tuple[str, ...],
    flags: tuple[str, ...],
) -> Details:
    return Details(
        rows.check_text(media_type, limits.LABEL_CHARS_MAX, "media_type"),
        rows.check_classifications(classifications, "classifications"),
        rows.check_age_band(age_band, "youngest_age_band"),
        rows.check_labels(sex, limits.FLAGS_MAX, "sex"),
        rows.check_labels(flags, limits.FLAGS_MAX, "flags"),
    )


# ---------------------------------------------------------------- the careful way


def _decode_carefully(raw: bytes) -> tuple[_Line, list[int], list[InvalidArgument]]:
    """Decode with a precise reason for everything that is wrong.

    Returns the line, the positions of the fingerprints that have the right shape, and the errors of the others.
    """
    found = json_objects.decode_object(raw)
    if found.get("fingerprints") is None:
        raise InvalidArgument("NO_FINGERPRINT", "the entry has no fingerprint", field="fingerprints")
    fingerprints, positions, errors = [], [], []
    for position, each in enumerate(json_objects.take_array(found, "fingerprints", "fingerprints")):
        try:
            fingerprints.append(_take_fingerprint(each, f"fingerprints[{position}]"))
            positions.append(position)
        except InvalidArgument as error:
            errors.append(error)
    line = _Line(
        fingerprints=fingerprints,
        content_id=_take_content_id(found),
        source=_take_source(found),
        classifications=[
            _take_classification(each, f"classifications[{position}]")
            for position, each in enumerate(json_objects.take_array(found, "classifications", "classifications"))
        ],
        sex=_take_strings(found, "sex"),
        flags=_take_strings(found, "flags"),
        **{key: json_objects.take_text(found, key, key) for key in ("environment", "media_type", "youngest_age_band")},
    )
    return line, positions, errors


def _take_fingerprint(value: Any, field: str) -> _Fingerprint:
    found = json_objects.as_object(value, field)
    for key in ("type", "value"):
        if found.get(key) is None:
            raise InvalidArgument("MISSING", "is missing", field=f"{field}.{key}")
    return _Fingerprint(
        json_objects.take_text(found, "type", f"{field}.type"),
        json_objects.take_text(found, "value", f"{field}.value"),
        json_objects.take_number(found, "quality", f"{field}.quality"),
        json_objects.take_text(found, "algorithm", f"{field}.algorithm"),
        json_objects.take_text(found, "scope", f"{field}.scope") or None,
        json_objects.take_flag(found, "query_exact", f"{field}.query_exact"),
        json_objects.take_text(found, "seen_live", f"{field}.seen_live") or None,
    )


def _take_content_id(found: dict[str, Any]) -> str | int | None:
    value = found.get("content_id")
    if value is None or isinstance(value, str) or type(value) is int:
        return value
    raise InvalidArgument("BAD_TYPE", "right is a string or a whole number", field="content_id")


def _take_source(found: dict[str, Any]) -> str | _Source:
    value = found.get("source")
    if not isinstance(value, dict):
        return json_objects.take_text(found, "source", "source")
    json_objects.refuse_repeated(value, "source")
    return _Source(
        json_objects.take_text(value, "organisation", "source.organisation"),
        json_objects.take_text(value, "environment", "source.environment"),
    )


def _take_classification(value: Any, field: str) -> _Classification:
    found = json_objects.as_object(value, field)
    return _Classification(
        json_objects.take_text(found, "scheme", f"{field}.scheme"),
        json_objects.take_text(found, "value", f"{field}.value"),
    )


def _take_strings(found: dict[str, Any], key: str) -> list[str]:
    values = json_objects.take_array(found, key, key)
    for position, value in enumerate(values):
        if not isinstance(value, str):
            raise InvalidArgument("BAD_TYPE", "right is a string", field=f"{key}[{position}]")
    return values


# ---------------------------------------------------------------- writing


def write_json_lines(entries: Iterable[Row]) -> Iterator[str]:
    """Write entries, one line each with its end.

    Reading them back gives the same rows, save for line numbers and the source's time, for which there is no key.
    """
    for row in entries:
        yield msgspec.json.encode(_object_of(row)).decode() + "\n"


def _object_of(row: Row) -> dict[str, Any]:
    """Give the object of a row; what the row does not say is left out."""
    details = row.details
    found: dict[str, Any] = {
        "content_id": row.content_id,
        "fingerprints": [_fingerprint_object(signal) for signal in row.signals],
        "classifications": [{"scheme": scheme, "value": value} for scheme, value in details.classifications],
        "source": row.source,
        "environment": row.environment,
        "media_type": details.media_type,
        "youngest_age_band": details.youngest_age_band,
        "sex": details.sex,
        "flags": details.flags,
    }
    return {key: value for key, value in found.items() if value}


def _fingerprint_object(signal: Signal) -> dict[str, Any]:
    found: dict[str, Any] = {"type": BY_NUMBER[signal.type].name, "value": print_value(signal.type, signal.value)}
    if signal.quality != UNKNOWN_QUALITY:
        found["quality"] = signal.quality
    if signal.algorithm:
        found["algorithm"] = signal.algorithm
    if signal.url is not None:
        found["scope"] = rows.SCOPES[signal.url.scope - 1]
        if signal.url.query_exact:
            found["query_exact"] = True
        if signal.url.seen_live_us:
            found["seen_live"] = rows.print_time(signal.url.seen_live_us)
    return found


JSON_LINES = Format(
    name="jsonl",
    suffixes=(".jsonl", ".ndjson", ".json"),
    looks_like=lambda start: start.startswith((b"{", b"[")),
    read=read_json_lines,
    write=write_json_lines,
)
