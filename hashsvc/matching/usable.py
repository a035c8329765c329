"""Which signals can be asked at all, and the Problem that is said of each that cannot.

An item of which nothing can be asked is UNCHECKED, never NEW.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvariantError
from hashsvc.matching.policy import Policy
from hashsvc.matching.values import Column, Problem
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, Signal

EMPTY_ITEM_MESSAGE = "the item has no signal; it needs at least one"


def usable_rows(item_count: int, column: Column, policy: Policy, problems: list[Problem]) -> NDArray[np.int64] | None:
    """Give the items whose value of this column can be asked, ascending; None: all. Adds a Problem for each other."""
    values, present = column.values, column.present
    if len(values) != item_count or (present is not None and len(present) != item_count):
        raise InvariantError(f"a column has {len(values)} values for {item_count} items; the server checks that first")
    kind = BY_NUMBER[column.type]
    if policy.rules[column.type] is None:
        absent = range(item_count) if present is None else np.flatnonzero(present).tolist()
        problems.extend([not_configured(item, kind.name, column.type) for item in absent])
        return np.empty(0, np.int64)
    flat = kind.flat_rows(values, column.quality)
    if present is not None:
        flat = flat & present
    if flat.any():
        for item in np.flatnonzero(flat).tolist():
            quality = UNKNOWN_QUALITY if column.quality is None else int(column.quality[item])
            problems.append(weak(item, kind.name, kind.flat(values[item].tobytes(), quality)))
        return np.flatnonzero(~flat if present is None else present & ~flat)
    if present is None or present.all():
        return None
    return np.flatnonzero(present)


def unchecked_items(
    item_count: int,
    columns: Sequence[Column],
    asked: Sequence[NDArray[np.int64] | None],
    problems: list[Problem],
) -> list[int]:
    """Give the items of which nothing can be asked, ascending. Adds and sorts problems."""
    if any(rows is None for rows in asked):
        unchecked: list[int] = []
    else:
        used = np.zeros(item_count, np.bool_)
        for rows in asked:
            used[rows] = True
        unchecked = np.flatnonzero(~used).tolist()
    if unchecked and not any(column.present is None for column in columns):
        has_any = np.zeros(item_count, np.bool_)
        for column in columns:
            if column.present is not None:
                has_any |= column.present
        problems.extend([empty_item(item, "") for item in np.flatnonzero(~has_any).tolist()])
    problems.sort(key=lambda problem: problem.item)
    return unchecked


def not_configured(item: int, field: str, type_number: int) -> Problem:
    message = f"this service's policy has no thresholds for {BY_NUMBER[type_number].title}; it was not searched"
    return Problem(item, field, "SIGNAL_NOT_CONFIGURED", message)


def weak(item: int, field: str, why: str | None) -> Problem:
    return Problem(item, field, "WEAK_FINGERPRINT", why or "the fingerprint means nothing")


def empty_item(item: int, field: str) -> Problem:
    return Problem(item, field, "EMPTY_ITEM", EMPTY_ITEM_MESSAGE)


def digests_of(signals: Sequence[Signal]) -> Mapping[int, Sequence[bytes]]:
    """Gather an item's digests by type, weak ones too: a placeholder that differs still differs."""
    digests: dict[int, list[bytes]] = {}
    for signal in signals:
        if BY_NUMBER[signal.type].is_digest:
            digests.setdefault(signal.type, []).append(signal.value)
    return digests


def digests_at(item: int, columns: Sequence[Column]) -> Mapping[int, Sequence[bytes]]:
    """The same from the digest columns."""
    return {
        column.type: (column.values[item].tobytes(),)
        for column in columns
        if column.present is None or column.present[item]
    }
