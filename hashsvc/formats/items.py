"""Items to be checked, one JSON object a line: what `hashsvc check -` reads.

    {"id": 17, "pdq": "<hex>", "pdq_quality": 97, "sha256": "<hex>", "url": "http://…"}

Keys are `id`, the names of the signal types as other people spell them too ("SHA-256", "photo_dna"), and
`pdq_quality`; values are in any spelling of the fingerprint that `signals` reads; `url` is one, or an array of those
that lead to one thing, such as a chain of redirects. Another key is told and the rest is
used, since whoever misspells one would take an item for checked that was not. Every line that is not blank gives one
item, so that answers can stand beside questions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, BinaryIO

from hashsvc.errors import InvalidArgument
from hashsvc.formats import json_objects, rows
from hashsvc.formats.lines import read_lines
from hashsvc.formats.rows import Item, Rejected
from hashsvc.signals import BY_NAME, SIGNAL_TYPES, URL, Signal, SignalType, make_signal, parse_text, type_named
from hashsvc.signals.registry import url_bytes
from hashsvc.signals.spelling import plain_name

UNKNOWN_TOLD_MAX = 8  # unknown keys of one item that are named
_KEY_CHARS_MAX = 64  # of a key that is named
_NAME = re.compile(r"(?![0-9a-fA-F]{16,}$)[\w \-]*")  # no fingerprint, nor a URL
_QUALITY = "_quality"
_KEYS = ("id", *BY_NAME, *(f"{kind.name}{_QUALITY}" for kind in SIGNAL_TYPES if kind.has_quality))
_KEY_SET = frozenset(_KEYS)


def read_items(stream: BinaryIO) -> Iterator[Item]:
    """Read items, one a line; blank lines are passed over. Raises nothing for what the file holds.

    An item without signals says why in its problems, the last of which has `whole` set.
    """
    for numbered in read_lines(stream):
        if isinstance(numbered, Rejected):
            yield Item(numbered.line, None, (), (numbered,))
            continue
        line, raw = numbered
        if raw.isspace():
            continue
        try:
            found = json_objects.decode_object(raw)
        except InvalidArgument as error:
            yield Item(line, None, (), tuple(rows.refusals(line, [error], whole=True)))
            continue
        yield item_of(line, found)


def item_of(line: int, found: dict[str, Any]) -> Item:
    """Build the item of a decoded line, or of an object within one."""
    signals: list[Signal] = []
    found, errors = _spelt_our_way(found)
    item_id = found.get("id")
    if isinstance(item_id, bool) or not isinstance(item_id, str | int | float | None):
        errors.append(InvalidArgument("BAD_TYPE", "the id is neither a string nor a number", field="id"))
        item_id = None
    for kind in SIGNAL_TYPES:
        if found.get(kind.name) is None:
            continue
        try:
            signals += _urls_of(found["url"], errors) if kind.is_url else [_signal_of(kind, found)]
        except InvalidArgument as error:
            errors.append(error)
    if not signals and all(error.field == "id" or error.reason == "UNKNOWN_FIELD" for error in errors):
        errors.append(InvalidArgument("EMPTY_ITEM", "the item has no fingerprint"))
    return Item(line, item_id, tuple(signals), tuple(rows.refusals(line, errors, whole=not signals)))


def _spelt_our_way(found: dict[str, Any]) -> tuple[dict[str, Any], list[InvalidArgument]]:
    """Give the item by our keys, and what is wrong with its own. A fingerprint in two spellings of its key is left
    out: which of the two is meant, nobody can tell."""
    if found.keys() <= _KEY_SET:  # nearly always
        return found, []
    ours: dict[str, Any] = {}
    unknown: list[str] = []
    twice: dict[str, None] = {}
    for key, value in found.items():
        name = _our_key(key)
        if name is None:
            unknown.append(key)
        elif value is not None:
            if name in ours:
                twice[name] = None
            ours[name] = value
    for name in twice:
        del ours[name]
    errors = [
        InvalidArgument("DUPLICATE_KEY", "stands twice in the item, in two spellings of its key", field=name)
        for name in twice
    ]
    return ours, errors + _unknown_fields(unknown)


def _our_key(key: str) -> str | None:
    """Find which of our keys is meant, None if none is."""
    if key in _KEY_SET:
        return key
    plain = plain_name(key)
    bare = plain.removesuffix("quality")
    try:
        kind = type_named(bare, "")
    except InvalidArgument:
        return None
    if bare == plain:
        return kind.name
    return f"{kind.name}{_QUALITY}" if kind.has_quality else None


def _unknown_fields(keys: list[str]) -> list[InvalidArgument]:
    """Tell of keys that are none of ours; never their values, nor a key that may be a fingerprint or URL itself."""
    message = f"is no field of an item; right are {', '.join(_KEYS)}"
    errors = []
    for key in keys[:UNKNOWN_TOLD_MAX]:
        told = len(key) <= _KEY_CHARS_MAX and _NAME.fullmatch(key)
        field = key if told else f"a key of {len(key)} characters"
        errors.append(InvalidArgument("UNKNOWN_FIELD", message, field=field))
    if len(keys) > UNKNOWN_TOLD_MAX:
        more = f"{len(keys) - UNKNOWN_TOLD_MAX} more fields are none of an item's"
        errors.append(InvalidArgument("UNKNOWN_FIELD", more))
    return errors


def _urls_of(value: Any, errors: list[InvalidArgument]) -> list[Signal]:
    """Read the URLs of an item; adds an error for each that is no text. The check tells of one that is no URL."""
    if not isinstance(value, list):
        return [_url_of(value, "url")]
    if len(value) > rows.SIGNALS_MAX:
        raise InvalidArgument("TOO_MANY", f"{len(value)} URLs; at most {rows.SIGNALS_MAX}", field="url")
    signals = []
    for position, text in enumerate(value):
        try:
            signals.append(_url_of(text, f"url[{position}]"))
        except InvalidArgument as error:
            errors.append(error)
    return signals


def _url_of(text: Any, field: str) -> Signal:
    if not isinstance(text, str):
        raise InvalidArgument("BAD_TYPE", "right is a URL as a string, or an array of them", field=field)
    if not text:
        raise InvalidArgument("EMPTY", "there is no URL", field=field)
    return Signal(URL, url_bytes(text, field))


def _signal_of(kind: SignalType, found: dict[str, Any]) -> Signal:
    """Read one signal of an item. Low quality is let through: the service searches it, and it does not close."""
    value = parse_text(kind.number, json_objects.take_text(found, kind.name, kind.name), kind.name)
    key = f"{kind.name}_quality"
    quality = json_objects.take_number(found, key, key) if kind.has_quality else None
    if quality is not None and not 0 <= quality <= 100:
        raise InvalidArgument("BAD_QUALITY", "the quality is not within 0 to 100", field=key)
    signal = make_signal(kind.number, value, quality, "", kind.name)
    flat = kind.flat(signal.value, signal.quality)
    if flat:
        raise InvalidArgument("WEAK_FINGERPRINT", flat, field=kind.name)
    return signal
