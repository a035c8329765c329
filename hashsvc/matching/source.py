"""What matching needs of the list: a snapshot that looks up, searches and reads. `hashlist.snapshot` offers it.

Protocols only, so that the verdict can be tested over a list of ten lines.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from hashsvc.hashlist.values import Entry, ListedSignal, Position

Bytes = NDArray[np.uint8]
Numbers = NDArray[np.integer]


class Hits(Protocol):
    """What a near search found, ascending by (query, distance, ref). more[q]: nearer hits only, there are others.

    query: int[k] row of the queries. ref: uint64[k]. distance: int[k]. more: bool[q], or None where nothing was cut.
    """

    @property
    def query(self) -> Numbers: ...
    @property
    def ref(self) -> Numbers: ...
    @property
    def distance(self) -> Numbers: ...
    @property
    def more(self) -> NDArray[np.bool_] | None: ...


class MatchedSignal(Protocol):
    """A listed signal with its entry and its state as this snapshot sees it (the batch's where the batch decides)."""

    @property
    def entry(self) -> Entry: ...
    @property
    def listed(self) -> ListedSignal: ...
    @property
    def state(self) -> int: ...


class Snapshot(Protocol):
    """The list as of one sequence. Every answer of one check is drawn from one of these."""

    @property
    def position(self) -> Position: ...

    def lookup(self, type_number: int, value: bytes) -> list[int]:
        """Give the refs of all listed signals that are equal, ascending."""
        ...

    def lookup_many(self, type_number: int, values: Bytes) -> tuple[NDArray[np.int64], list[int]]:
        """Give (rows, refs) of all that are equal; values: uint8[n, width]; rows ascending, repeated as needed."""
        ...

    def lookup_url(self, digests: bytes) -> list[tuple[int, int, int]]:
        """Give (expression, row kind, ref) of all rows under a URL's expression hashes, 32 bytes each."""
        ...

    def lookup_urls(self, digests: bytes | memoryview) -> list[tuple[int, int, int]]:
        """The same for many URLs' expressions end to end."""
        ...

    def hashes_from(self, type_number: int, prefix: bytes) -> Iterator[tuple[bytes, int, int]]:
        """Give (hash, row kind or 0, ref) of listed hashes that begin with a prefix, ascending."""
        ...

    def seen_live_us(self, ref: int) -> int:
        """Tell when the content of a listed URL was last seen there."""
        ...

    @property
    def now_us(self) -> int:
        """The time, for what ages."""
        ...

    def near(
        self,
        kind: str,
        queries: Bytes,
        radius: int,
        *,
        nearest_max: int | None = None,
        between_slices: Callable[[], None] | None = None,
    ) -> Hits:
        """Give all within a radius, inclusive; queries: uint8[q, width]. nearest_max: keep so many a query."""
        ...

    def signal(self, ref: int) -> MatchedSignal:
        """Read the signal that a ref names."""
        ...

    def signal_count(self, type_number: int) -> int:
        """Count the signals of a type that can be met, for the chance of a match."""
        ...
