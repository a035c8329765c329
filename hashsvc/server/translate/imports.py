"""Entries of an import: each validated alone, so that a bad one is told and stops nothing.

Some 3 µs a signal.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hashsvc.errors import InvalidArgument
from hashsvc.hashlist.values import Content
from hashsvc.matching.values import Problem
from hashsvc.server.translate.common import listable_signal_of, problem_of
from hashsvc.server.translate.entry import check_signal_count, content_with
from hashsvc.signals import Signal
from hashsvc.v1 import entry_pb2


class Validated(NamedTuple):
    """What is left to import. places: where each content stood in the request. rejected: refused whole."""

    contents: list[Content]
    places: list[int]
    problems: list[Problem]
    rejected: list[int]


def validate(entries: Sequence[entry_pb2.EntryContent]) -> Validated:
    """Validate entries. A weak or malformed signal is refused alone where the entry has others, else the entry is."""
    contents: list[Content] = []
    places: list[int] = []
    problems: list[Problem] = []
    rejected: list[int] = []
    for i, message in enumerate(entries):
        try:
            contents.append(_content(message, i, problems))
            places.append(i)
        except InvalidArgument as error:
            problems.append(problem_of(error, i))
            rejected.append(i)
    return Validated(contents, places, problems, rejected)


def _content(message: entry_pb2.EntryContent, item: int, problems: list[Problem]) -> Content:
    """Read one entry. Adds a problem for each signal that is left out; raises if none is left."""
    messages = message.signals
    check_signal_count(len(messages), "signals")
    signals: list[Signal] = []
    first_error: InvalidArgument | None = None
    for j, one in enumerate(messages):
        try:
            signal = listable_signal_of(one, f"signals[{j}]")
        except InvalidArgument as error:
            first_error = first_error or error
            problems.append(problem_of(error, item, f"signals[{j}]"))
            continue
        if not any(signal.value == other.value and signal.type == other.type for other in signals):
            signals.append(signal)
    if not signals:
        if first_error is None:
            raise InvalidArgument("EMPTY_ITEM", "there is no signal; 1 to 64 are right", field="signals")
        raise InvalidArgument(first_error.reason, "none of the entry's signals can be listed", field="signals")
    return content_with(message, tuple(signals), "")
