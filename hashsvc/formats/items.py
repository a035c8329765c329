"""Items to be checked, one JSON object a line: what `hashsvc check -` reads.

    {"id": 17, "pdq": "<hex>", "pdq_quality": 97, "sha256": "<hex>"}

Keys are the names of the signal types, in any spelling of the fingerprint that `signals` reads; other keys are
ignored. Every line that is not blank gives one item, so that answers can stand beside questions.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

from hashsvc.errors import InvalidArgument
from hashsvc.formats import json_objects, rows
from hashsvc.formats.lines import read_lines
from hashsvc.formats.rows import Item, Rejected
from hashsvc.signals import SIGNAL_TYPES, Signal, SignalType, is_flat, make_signal, parse_text


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
        yield _item_of(line, found)


def _item_of(line: int, found: dict[str, Any]) -> Item:
    """Build the item of a decoded line."""
    errors: list[InvalidArgument] = []
    signals: list[Signal] = []
    item_id = found.get("id")
    if isinstance(item_id, bool) or not isinstance(item_id, str | int | float | None):
        errors.append(InvalidArgument("BAD_TYPE", "the id is neither a string nor a number", field="id"))
        item_id = None
    for kind in SIGNAL_TYPES:
        if found.get(kind.name) is None:
            continue
        try:
            signals.append(_signal_of(kind, found))
        except InvalidArgument as error:
            errors.append(error)
    if not signals and not any(error.field != "id" for error in errors):
        errors.append(InvalidArgument("EMPTY_ITEM", "the item has no fingerprint"))
    return Item(line, item_id, tuple(signals), tuple(rows.refusals(line, errors, whole=not signals)))


def _signal_of(kind: SignalType, found: dict[str, Any]) -> Signal:
    """Read one signal of an item. Low quality is let through: the service searches it, and it does not close."""
    value = parse_text(kind.number, json_objects.take_text(found, kind.name, kind.name), kind.name)
    key = f"{kind.name}_quality"
    quality = json_objects.take_number(found, key, key) if kind.has_quality else None
    if quality is not None and not 0 <= quality <= 100:
        raise InvalidArgument("BAD_QUALITY", "the quality is not within 0 to 100", field=key)
    if is_flat(kind.number, value):
        raise InvalidArgument("WEAK_FINGERPRINT", kind.flat(value) or "", field=kind.name)
    return make_signal(kind.number, value, quality, "", kind.name)
