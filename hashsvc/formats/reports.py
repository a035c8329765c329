"""Reports to be taken in, one JSON object a line: what `hashsvc report submit -` reads.

    {"request_id": "a-17", "portal": "mn", "items": [{"pdq": "<hex>", "pdq_quality": 97, "content_ref": "v/3"}]}

Keys are those of a report (docs/api.md), each of its items has those of `hashsvc check` but for the id, and
`content_ref`; an item that has several of one type has them in `signals`, an array of objects with `type`, `value` and
`quality`. What cannot be read of an item is told and the item is reported without it, since nothing may be lost; a
line that is wrong otherwise is refused whole, since a report must not be half of what was sent.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import msgspec

from hashsvc.errors import InvalidArgument
from hashsvc.formats import json_objects, rows
from hashsvc.formats.items import item_of
from hashsvc.formats.lines import read_lines
from hashsvc.formats.rows import Rejected
from hashsvc.signals import Signal

TEXTS = (
    "request_id", "type", "comment", "language", "portal", "partner_reference", "age_hint", "severity_hint",
    "contact",
)  # fmt: skip
KEYS = (*TEXTS, "self_referral", "items")


class ReportItem(msgspec.Struct, frozen=True):
    """One thing that is reported. embedded URLs are not told apart: a file's URL is that of the thing."""

    signals: tuple[Signal, ...]
    content_ref: str


class ReportLine(msgspec.Struct, frozen=True):
    """One line. texts: by key, those that are given. problems: the last has `whole` set where the line is no report."""

    line: int
    texts: dict[str, str]
    self_referral: bool
    items: tuple[ReportItem, ...]
    problems: tuple[Rejected, ...] = ()

    @property
    def refused(self) -> bool:
        return bool(self.problems) and self.problems[-1].whole


def read_reports(stream: BinaryIO) -> Iterator[ReportLine]:
    """Read reports, one a line; blank lines are passed over. Raises nothing for what the file holds."""
    for numbered in read_lines(stream):
        if isinstance(numbered, Rejected):
            yield ReportLine(numbered.line, {}, False, (), (numbered,))
            continue
        line, raw = numbered
        if raw.isspace():
            continue
        try:
            yield _report_of(line, json_objects.decode_object(raw))
        except InvalidArgument as error:
            yield ReportLine(line, {}, False, (), tuple(rows.refusals(line, [error], whole=True)))


def _report_of(line: int, found: dict[str, Any]) -> ReportLine:
    unknown = [key for key in found if key not in KEYS]
    if unknown:
        message = f"{len(unknown)} keys are none of a report's; right are {', '.join(KEYS)}"
        raise InvalidArgument("UNKNOWN_FIELD", message)
    texts = {key: text for key in TEXTS if (text := json_objects.take_text(found, key, key))}
    flag = json_objects.take_flag(found, "self_referral", "self_referral")
    items: list[ReportItem] = []
    problems: list[Rejected] = []
    for index, one in enumerate(json_objects.take_array(found, "items", "items")):
        field = f"items[{index}]"
        if not isinstance(one, dict):
            raise InvalidArgument("BAD_TYPE", "right is an object {…}", field=field)
        json_objects.refuse_repeated(one, field)
        content_ref = json_objects.take_text(one, "content_ref", f"{field}.content_ref")
        signals: list[Signal] = []
        for place, part in _parts_of(one, field):
            item = item_of(line, part)
            signals += item.signals
            problems += [
                Rejected(line, f"{place}.{told.field}".rstrip("."), told.reason, told.message, whole=False)
                for told in item.problems
                if told.reason != "EMPTY_ITEM"
            ]
        items.append(ReportItem(tuple(signals), content_ref))
    if not items:
        raise InvalidArgument("REQUIRED", "a report has an item; an empty one {} is enough", field="items")
    return ReportLine(line, texts, bool(flag), tuple(items), tuple(problems))


def _parts_of(item: dict[str, Any], field: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give an item's fingerprints as objects with the keys of `hashsvc check`, each with its place."""
    yield field, {key: value for key, value in item.items() if key not in ("content_ref", "signals")}
    for index, one in enumerate(json_objects.take_array(item, "signals", f"{field}.signals")):
        place = f"{field}.signals[{index}]"
        if not isinstance(one, dict):
            raise InvalidArgument("BAD_TYPE", "right is an object {…}", field=place)
        json_objects.refuse_repeated(one, place)
        if unknown := one.keys() - {"type", "value", "quality"}:
            raise InvalidArgument("UNKNOWN_FIELD", f"{len(unknown)} keys are none of a signal's", field=place)
        name = json_objects.take_text(one, "type", f"{place}.type")
        quality = {} if one.get("quality") is None else {f"{name}_quality": one["quality"]}
        yield place, {name: one.get("value"), **quality}
