"""The delta: what the log holds past the segments, in a worker's memory, append-only.

One thread at a time appends (under a lock of its own); any number read. A reader takes a view up to its own sequence:
fixed arrays and counts. Appending writes past every view's count, or into new, larger arrays; nothing that a view can
see ever changes. The exact keys' bitmap is the exception that does no harm: bits are added to it, never taken away, so
an older view may see a bit too many, which means one question more to LMDB.
"""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvariantError
from hashsvc.index.exact import BITS_LOG2_MIN, bits_log2, build_bitmap, set_bits
from hashsvc.index.jit import readonly
from hashsvc.index.kinds import HAMMING, KINDS, Kind, kind_named
from hashsvc.index.photodna import BLOCKS, block_sums
from hashsvc.index.sections import HammingSection, Section, SquaresSection

ROOM_AT_FIRST = 256


class Column:
    """One array that grows by doubling along its last axis. Readers hold the old array; it is not touched again."""

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.array = np.zeros(shape, dtype)

    def put(self, count: int, values: NDArray[Any]) -> None:
        """Write values behind the first count; only the appender calls this."""
        needed = count + values.shape[-1]
        if needed > self.array.shape[-1]:
            room = max(needed, 2 * self.array.shape[-1])
            larger = np.zeros((*self.array.shape[:-1], room), self.array.dtype)
            larger[..., :count] = self.array[..., :count]
            self.array = larger
        self.array[..., count:needed] = values


class NearRows:
    """The rows of one kind: codes (flat, so that they grow like the rest), refs, sequences, and sums if needed."""

    def __init__(self, kind: Kind) -> None:
        self.kind = kind
        self.count = 0
        self.codes = Column((ROOM_AT_FIRST * kind.columns,), kind.dtype)
        self.refs = Column((ROOM_AT_FIRST,), np.uint64)
        self.sequences = Column((ROOM_AT_FIRST,), np.int64)
        self.sums = Column((BLOCKS, ROOM_AT_FIRST), np.int16) if kind.metric != HAMMING else None

    def append(self, codes: NDArray[Any], refs: NDArray[np.uint64], sequences: NDArray[np.int64]) -> None:
        """Write rows, then count them: a reader that sees the count sees the rows (the GIL orders the two)."""
        self.codes.put(self.count * self.kind.columns, codes.reshape(-1))
        self.refs.put(self.count, refs)
        self.sequences.put(self.count, sequences)
        if self.sums is not None:
            self.sums.put(self.count, block_sums(codes))
        self.count += len(refs)

    def section(self, count: int) -> Section | None:
        """Give the first count rows as something to search."""
        if not count:
            return None
        codes = readonly(self.codes.array)[: count * self.kind.columns].reshape(count, self.kind.columns)
        refs = readonly(self.refs.array)[:count]
        if self.sums is None:
            return HammingSection(self.kind, codes, refs, None)
        return SquaresSection(self.kind, codes, refs, readonly(self.sums.array))


class DeltaView:
    """What a delta holds up to one sequence. Cheap to make, safe to keep, never changes (see `delta.py`).

    sequence: the last one included. exact_count: keys up to it. exact_bitmap: uint64, holds them all, maybe more.
    """

    def __init__(
        self, sequence: int, sections: dict[str, Section], exact_count: int, exact_bitmap: NDArray[np.uint64]
    ) -> None:
        self.sequence = sequence
        self.exact_count = exact_count
        self.exact_bitmap = exact_bitmap
        self._sections = sections

    def section(self, kind: str) -> Section | None:
        """Give what `search_near` searches, or None if there are no rows of the kind."""
        return self._sections.get(kind)

    def near_count(self, kind: str) -> int:
        """Count the rows of a kind."""
        section = self._sections.get(kind)
        return section.count if section else 0


class Delta:
    """An append-only index of the log past some sequence. Starts empty; a new one is made when segments overtake it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._near = {name: NearRows(kind) for name, kind in KINDS.items()}
        self._hashes = Column((ROOM_AT_FIRST,), np.uint64)
        self._hash_sequences = Column((ROOM_AT_FIRST,), np.int64)
        self._hash_count = 0
        self._bitmap = build_bitmap(np.empty(0, np.uint64), BITS_LOG2_MIN + 2)
        self._last_view: tuple[tuple[int, ...], DeltaView] | None = None

    def append_near(
        self, kind: str, codes: NDArray[Any], refs: NDArray[np.uint64], sequences: NDArray[np.int64]
    ) -> None:
        """Add rows of a kind: codes [n, columns], refs uint64 [n], sequences int64 [n], not descending, in log order.

        Raises InvariantError on shapes that do not fit and on sequences below those already there.
        """
        rows = self._near[kind_named(kind).name]
        rows.kind.check_rows(codes, "codes")
        with self._lock:
            check_sequences(rows.sequences.array[: rows.count], sequences, len(codes))
            if len(refs) != len(codes):
                raise InvariantError(f"{len(codes)} codes came with {len(refs)} refs")
            rows.append(codes, np.asarray(refs, np.uint64), np.asarray(sequences, np.int64))

    def append_exact(self, hashes: NDArray[np.uint64], sequences: NDArray[np.int64]) -> None:
        """Add exact keys by their hashes: uint64 [m] from `key_hashes`, sequences as in `append_near`."""
        with self._lock:
            check_sequences(self._hash_sequences.array[: self._hash_count], sequences, len(hashes))
            self._hashes.put(self._hash_count, np.asarray(hashes, np.uint64))
            self._hash_sequences.put(self._hash_count, np.asarray(sequences, np.int64))
            total = self._hash_count + len(hashes)
            if (1 << bits_log2(total)) > 64 * len(self._bitmap):
                self._bitmap = build_bitmap(self._hashes.array[:total], bits_log2(2 * total))
            else:
                set_bits(self._bitmap, readonly(np.asarray(hashes, np.uint64)))
            self._hash_count = total  # last: a view that counts these keys has a bitmap with their bits

    def view(self, up_to_sequence: int) -> DeltaView:
        """Give what is there with sequence <= up_to_sequence. A few us; the same view again while nothing was added."""
        counts = tuple(
            int(np.searchsorted(rows.sequences.array[: rows.count], up_to_sequence, side="right"))
            for rows in self._near.values()
        )
        exact = int(np.searchsorted(self._hash_sequences.array[: self._hash_count], up_to_sequence, side="right"))
        known = self._last_view
        if known is not None and known[0] == (up_to_sequence, exact, *counts):
            return known[1]
        sections = {}
        for (name, rows), count in zip(self._near.items(), counts, strict=True):
            section = rows.section(count)
            if section is not None:
                sections[name] = section
        view = DeltaView(up_to_sequence, sections, exact, readonly(self._bitmap))
        self._last_view = ((up_to_sequence, exact, *counts), view)
        return view


def check_sequences(present: NDArray[np.int64], added: NDArray[np.int64], count: int) -> None:
    """Raise InvariantError unless count sequences are added that continue present in order."""
    if len(added) != count:
        raise InvariantError(f"{count} rows came with {len(added)} sequences")
    if not count:
        return
    if (len(present) and added[0] < present[-1]) or (np.diff(added) < 0).any():
        raise InvariantError("rows must come in the order of the log: a sequence is below the one before")
