"""What the list says of items: of many at once before they are placed, or of one that is looked at again.

`check_all` asks before the write, `check_again` inside it, and only if the list changed since. Reads the list, never
casework. Where an item goes by what was found is placing.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from hashsvc.casework.values import Met, NewItem
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.matching.check import check_columns, check_item
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import Policy
from hashsvc.matching.values import Answer, Column, Effort, Verdict
from hashsvc.matching.verdict import KNOWN, LIKELY
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, URL, Signal

MET_MAX = 8  # evidence kept of an item, best first
NOTHING_MET = Answer(int(Verdict.NEW), (), False)


class Checked(NamedTuple):
    """What the list said of an item, and at which change of it."""

    signals: tuple[Signal, ...]
    verdict: int
    met: tuple[Met, ...]
    sequence: int


class CheckedAll(NamedTuple):
    """Items as checked on one state of the list, by its policy."""

    epoch: int
    sequence: int
    items: list[Checked]
    policy: Policy


def check_all(lists: ListStore, policies: CurrentPolicy, items: Sequence[NewItem]) -> CheckedAll:
    """Check items STANDARD, all on one snapshot of the list."""
    with lists.snapshot() as snapshot:
        policy = policies.of(snapshot)
        checked = check_many(snapshot, policy, [item.signals for item in items])
        return CheckedAll(snapshot.position.epoch, snapshot.position.sequence, checked, policy)


def check_again(lists: ListStore, policies: CurrentPolicy, before: CheckedAll) -> CheckedAll:
    """Check items again if the list changed since; they are as they were if it did not."""
    with lists.snapshot() as snapshot:
        position = snapshot.position
        if (position.epoch, position.sequence) == (before.epoch, before.sequence):
            return before
        policy = policies.of(snapshot)
        checked = check_many(snapshot, policy, [one.signals for one in before.items])
        return CheckedAll(position.epoch, position.sequence, checked, policy)


def check_many(snapshot: Snapshot, policy: Policy, items: Sequence[tuple[Signal, ...]]) -> list[Checked]:
    """Check items as `check_one` does, with one search for nearly all of them."""
    sequence = snapshot.position.sequence
    checked = []
    for signals, answer in zip(items, _in_bulk(snapshot, policy, items, MET_MAX), strict=True):
        if answer is None or answer.truncated:  # of more evidence than is kept, bulk may choose other than the best
            checked.append(check_one(snapshot, policy, signals))
        else:
            checked.append(Checked(signals, answer.verdict or int(Verdict.NEW), met_of(answer), sequence))
    return checked


def are_known(snapshot: Snapshot, policy: Policy, items: Sequence[tuple[Signal, ...]]) -> list[bool]:
    """Say of each item whether `check_one` finds it known, with one search for nearly all of them."""
    return [
        (check_one(snapshot, policy, signals) if answer is None else answer).verdict == KNOWN
        for signals, answer in zip(items, _in_bulk(snapshot, policy, items, 1), strict=True)
    ]


def _in_bulk(
    snapshot: Snapshot, policy: Policy, items: Sequence[tuple[Signal, ...]], evidence_max: int
) -> list[Answer | None]:
    """What a bulk check says of items; None of those that do not fit into columns."""
    plain = [i for i, signals in enumerate(items) if _is_plain(signals)]
    columns = _columns([items[i] for i in plain])
    answers: list[Answer | None] = [None] * len(items)
    for i in plain:
        answers[i] = NOTHING_MET
    for at, answer in check_columns(snapshot, len(plain), columns, policy, int(Effort.STANDARD), evidence_max).hits:
        answers[plain[at]] = answer
    return answers


def _is_plain(signals: tuple[Signal, ...]) -> bool:
    """Whether an item fits into columns: signals of one length each, none of a type twice."""
    types = {signal.type for signal in signals}
    return bool(signals) and len(types) == len(signals) and URL not in types


def _columns(items: Sequence[tuple[Signal, ...]]) -> list[Column]:
    """Lay out the signals of items as columns, one a type."""
    by_type: dict[int, list[tuple[int, Signal]]] = {}
    for item, signals in enumerate(items):
        for signal in signals:
            by_type.setdefault(signal.type, []).append((item, signal))
    columns = []
    for number, found in sorted(by_type.items()):
        rows = np.array([item for item, _ in found])
        values = np.zeros((len(items), BY_NUMBER[number].byte_count), np.uint8)
        values[rows] = np.frombuffer(b"".join(signal.value for _, signal in found), np.uint8).reshape(len(rows), -1)
        present = np.zeros(len(items), np.bool_)
        present[rows] = True
        quality = np.full(len(items), UNKNOWN_QUALITY, np.uint8)
        quality[rows] = [signal.quality for _, signal in found]
        columns.append(Column(number, values, present, quality))
    return columns


def check_one(
    snapshot: Snapshot, policy: Policy, signals: tuple[Signal, ...], effort: Effort = Effort.STANDARD
) -> Checked:
    """Check one item. An item of which nothing can be checked is NEW to casework: a person looks at it."""
    if not signals:
        return Checked(signals, int(Verdict.NEW), (), snapshot.position.sequence)
    answer = check_item(snapshot, signals, policy, int(effort), MET_MAX)
    return Checked(signals, answer.verdict or int(Verdict.NEW), met_of(answer), snapshot.position.sequence)


def met_of(answer: Answer) -> tuple[Met, ...]:
    return tuple(
        Met(
            one.entry_id, one.signal, one.distance_squared or one.distance_bits, one.orientation, one.state,
            one.verdict, one.caps, one.query_quality, one.listed_quality, one.url_scope, one.url_how, one.url_age_us,
        )
        for one in answer.evidence
    )  # fmt: skip


def known_by(met: Sequence[Met]) -> tuple[bytes, ...]:
    """The entries that make an item known."""
    return tuple(dict.fromkeys(one.entry_id for one in met if one.verdict == KNOWN))


def likely_of(before: tuple[bytes, ...], met: Sequence[Met]) -> tuple[bytes, ...]:
    """The entries that an item is likely to be, after those that are known of already."""
    return tuple(dict.fromkeys((*before, *(one.entry_id for one in met if one.verdict == LIKELY))))
