"""A list of ten lines: entries in a dict, searched by comparing everything. What matching is tested over."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.hashlist.values import Details, Entry, ListedSignal, Position, State
from hashsvc.matching.policy import Policy, load_policy, parse_policy
from hashsvc.signals import BY_NAME, UNKNOWN_QUALITY

POSITION = Position(b"L" * 16, 1, 7)

PHOTODNA_SECTION = "\n[photodna]\nclose = 50\nshow_standard = 500\nmay_close = true\n"


@dataclass(frozen=True)
class Hits:
    query: NDArray[Any]
    ref: NDArray[Any]
    distance: NDArray[Any]
    more: NDArray[np.bool_] | None = None


@dataclass(frozen=True)
class Matched:
    entry: Entry
    listed: ListedSignal
    state: int


@dataclass
class FakeSnapshot:
    """entries: by number. batches: state of the signals that a batch decides, by batch number."""

    entries: dict[int, Entry] = field(default_factory=dict)
    batches: dict[int, int] = field(default_factory=dict)
    position: Position = POSITION
    reads: int = 0
    near_calls: list[tuple[str, int, int | None]] = field(default_factory=list)

    def add(self, *signals: tuple[str, bytes, int] | tuple[str, bytes, int, int], batch: int = 0) -> int:
        """List an entry of (type, value, state[, quality]) and give its number."""
        number = len(self.entries) + 1
        listed = tuple(
            ListedSignal(
                ordinal, BY_NAME[one[0]].number, one[1], one[3] if len(one) > 3 else UNKNOWN_QUALITY, "", one[2], batch
            )
            for ordinal, one in enumerate(signals)
        )
        self.entries[number] = Entry(
            number, number + 100, number.to_bytes(16, "big"), "org", "test", f"c{number}", listed, Details(), 0, 0
        )
        return number

    def _all(self, type_number: int) -> list[tuple[int, bytes]]:
        return [
            (number << 8 | listed.ordinal, listed.value)
            for number, entry in self.entries.items()
            for listed in entry.signals
            if listed.type == type_number
        ]

    def lookup(self, type_number: int, value: bytes) -> list[int]:
        return [ref for ref, listed in self._all(type_number) if listed == value]

    def lookup_many(self, type_number: int, values: NDArray[np.uint8]) -> tuple[NDArray[np.int64], list[int]]:
        pairs = [(row, ref) for row in range(len(values)) for ref in self.lookup(type_number, values[row].tobytes())]
        return np.array([row for row, _ in pairs], np.int64), [ref for _, ref in pairs]

    def near(
        self,
        kind: str,
        queries: NDArray[np.uint8],
        radius: int,
        *,
        nearest_max: int | None = None,
        between_slices: Callable[[], None] | None = None,
    ) -> Hits:
        self.near_calls.append((kind, len(queries), nearest_max))
        known = BY_NAME[kind]
        found, more = [], []
        for row, query in enumerate(queries):
            value = query.tobytes()
            met = sorted((known.distance(value, listed), ref) for ref, listed in self._all(known.number))
            met = [one for one in met if one[0] <= radius]
            more.append(nearest_max is not None and len(met) > nearest_max)
            found += [(row, ref, distance) for distance, ref in met[:nearest_max]]
        query, ref, distance = np.array(found, np.int64).reshape(-1, 3).T
        return Hits(query.astype(np.int32), ref.astype(np.uint64), distance, np.array(more) if nearest_max else None)

    def signal(self, ref: int) -> Matched:
        self.reads += 1
        entry = self.entries[ref >> 8]
        listed = entry.signals[ref & 0xFF]
        state = self.batches[listed.batch] if listed.state == State.WITH_BATCH else listed.state
        return Matched(entry, listed, state)

    def signal_count(self, type_number: int) -> int:
        return len(self._all(type_number))


def shipped_policy() -> Policy:
    return load_policy()


def full_policy() -> Policy:
    """The shipped policy with made-up thresholds for PhotoDNA."""
    from hashsvc.matching import policy

    return parse_policy(policy._shipped("policy.toml") + PHOTODNA_SECTION, policy._shipped("chance.json"))


def flipped(value: bytes, bits: int, start: int = 0) -> bytes:
    """Give a value that differs in `bits` bits, spread from bit `start`."""
    array = np.unpackbits(np.frombuffer(value, np.uint8))
    array[(start + np.arange(bits) * 7) % len(array)] ^= 1
    return np.packbits(array).tobytes()
