"""A list of ten lines: entries in a dict, searched by comparing everything. What matching is tested over."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hashsvc.files import read_shipped
from hashsvc.hashlist.values import Details, Entry, ListedSignal, ListedUrl, Position, State
from hashsvc.matching.policy import US_A_DAY, Policy, load_policy, parse_policy
from hashsvc.signals import BY_NAME, UNKNOWN_QUALITY, URL
from tests.hashlist.urls import expression_of, hashes_of

POSITION = Position(b"L" * 16, 1, 7)

NOW_US = 1_700_000_000_000_000

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


def url_value(kind: int, text: str) -> bytes:
    """The value of a listed URL, guarded by nobody."""
    return bytes((kind,)) + expression_of(kind, text).encode()


@dataclass
class FakeSnapshot:
    """entries: by number. batches: state of the signals that a batch decides, by batch number.

    seen_us: when listed URLs were seen live, by ref, where it is not as when they were listed.
    """

    entries: dict[int, Entry] = field(default_factory=dict)
    batches: dict[int, int] = field(default_factory=dict)
    position: Position = POSITION
    reads: int = 0
    near_calls: list[tuple[str, int, int | None]] = field(default_factory=list)
    now_us: int = NOW_US
    seen_us: dict[int, int] = field(default_factory=dict)

    def add_url(self, text: str, kind: int, state: int, *others: tuple, days: float = 0, batch: int = 0) -> int:
        """List an entry of a URL of a row kind 1 to 6, seen live so many days ago, and of other signals."""
        number = self.add(*others, ("url", url_value(kind, text), state), batch=batch)
        entry = self.entries[number]
        url = ListedUrl(text, 1, "20261023", NOW_US - round(days * US_A_DAY))
        last = msgspec.structs.replace(entry.signals[-1], url=url)
        self.entries[number] = msgspec.structs.replace(entry, signals=(*entry.signals[:-1], last))
        return number

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

    def url_rows(self) -> list[tuple[bytes, int, int]]:
        """All rows of all listed URLs: (hash, row kind, ref), ascending."""
        return sorted(
            (digest, kind, number << 8 | listed.ordinal)
            for number, entry in self.entries.items()
            for listed in entry.signals
            if listed.url is not None
            for digest, kind in hashes_of(listed.value[0], listed.url.written)
        )

    def lookup_url(self, digests: bytes) -> list[tuple[int, int, int]]:
        rows = self.url_rows()
        keys = [digests[at : at + 32] for at in range(0, len(digests), 32)]
        return [(at, kind, ref) for at, key in enumerate(keys) for digest, kind, ref in rows if digest == key]

    def lookup_urls(self, digests: bytes | memoryview) -> list[tuple[int, int, int]]:
        return self.lookup_url(bytes(digests))

    def hashes_from(self, type_number: int, prefix: bytes) -> Iterator[tuple[bytes, int, int]]:
        rows = self.url_rows() if type_number == URL else sorted((v, 0, ref) for ref, v in self._all(type_number))
        return iter([row for row in rows if row[0].startswith(prefix)])

    def seen_live_us(self, ref: int) -> int:
        url = self.entries[ref >> 8].signals[ref & 0xFF].url
        assert url is not None
        return self.seen_us.get(ref, url.seen_live_us)

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

    return parse_policy(read_shipped("policy.toml") + PHOTODNA_SECTION, read_shipped("chance.json"))


def flipped(value: bytes, bits: int, start: int = 0) -> bytes:
    """Give a value that differs in `bits` bits, spread from bit `start`."""
    array = np.unpackbits(np.frombuffer(value, np.uint8))
    array[(start + np.arange(bits) * 7) % len(array)] ^= 1
    return np.packbits(array).tobytes()
