"""Build the tables of a section: for each chunk, which keys occur and which rows have them.

A table of keys of w bits is four arrays. The first lies in `words` (uint64), the others in `ids` (uint32), all tables
one after another, so that a search passes few arrays:

    bitmap   2^(w - 6)   bit key: the key occurs
    rank     2^(w - 6)   how many keys occur in earlier words of the bitmap
    entries  one a key   ONE_ROW | row if a single row has this key, else where in lists its rows stand
    lists                for each key of several rows: how many, then the rows, ascending

So the entry of a key that occurs is entries[rank[key >> 6] + set bits below it in its word]. Most keys of a table that
suits its size have one row: then a look-up is three reads (bitmap, rank, entry) before the code itself. At 1 M codes
and w = 23 a table takes 6 MB.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.index import kernels
from hashsvc.index.jit import inlined, kernel, readonly
from hashsvc.index.kernels import ONE_ROW, chunk_of

ROWS_MAX = (1 << 31) - 1  # an entry has 31 bits for a row


@dataclass(frozen=True, slots=True)
class Tables:
    """Tables of one section. steps: int64 [tables, STEP_COLUMNS] with offsets into words (uint64) and ids (uint32)."""

    steps: NDArray[np.int64]
    words: NDArray[np.uint64]
    ids: NDArray[np.uint32]


def build_tables(codes: NDArray[np.uint64], chunks: tuple[tuple[int, int], ...]) -> Tables:
    """Build tables over codes uint64 [n, columns], 1 <= n <= ROWS_MAX, for chunks (first bit, width).

    About 20 ms a table and million rows. Takes 16 bytes a row and the largest table beside the result.
    """
    count, columns = codes.shape
    flat = readonly(codes).reshape(-1)
    steps = np.zeros((len(chunks), kernels.STEP_COLUMNS), np.int64)
    words = np.zeros(sum(aligned(1 << (width - 6), 8) for _, width in chunks), np.uint64)
    keys, spare = np.empty(count, np.uint64), np.empty(count, np.uint64)
    counts = np.empty(2048, np.int64)
    parts: list[NDArray[np.uint32]] = []
    words_end = ids_end = 0
    for step, (start, width) in zip(steps, chunks, strict=True):
        bitmap_words = 1 << (width - 6)
        rank, entries = np.empty(bitmap_words, np.uint32), np.empty(count, np.uint32)
        lists = np.empty(count + count // 2 + 1, np.uint32)
        bitmap = words[words_end : words_end + bitmap_words]
        by_key, _ = sort_keys(flat, columns, start, width, keys, spare, counts)
        entry_count, lists_length = fill_table(by_key, bitmap, rank, entries, lists)
        step[kernels.START], step[kernels.WIDTH], step[kernels.BITMAP] = start, width, words_end
        words_end += aligned(bitmap_words, 8)
        for offset, array, length in ((kernels.RANK, rank, bitmap_words), (kernels.ENTRIES, entries, entry_count),
                                      (kernels.LISTS, lists, lists_length)):  # fmt: skip
            step[offset] = ids_end
            part = np.zeros(aligned(length, 16), np.uint32)
            part[:length] = array[:length]
            parts.append(part)
            ids_end += len(part)
        step[kernels.ENTRY_COUNT], step[kernels.LISTS_LENGTH] = entry_count, lists_length
    return Tables(steps, words, np.concatenate(parts))


def aligned(count: int, unit: int) -> int:
    """Round count up to a multiple of unit, so that each array begins on a cache line."""
    return -(-count // unit) * unit


@inlined
def sort_pass(source: Any, target: Any, shift: int, counts: Any) -> None:
    """Sort by 11 bits from shift on, stably, by counting."""
    counts[:] = 0
    for i in range(len(source)):
        counts[np.int64((source[i] >> np.uint64(shift)) & np.uint64(2047))] += 1
    total = 0
    for i in range(len(counts)):
        total, counts[i] = total + counts[i], total
    for i in range(len(source)):
        digit = np.int64((source[i] >> np.uint64(shift)) & np.uint64(2047))
        target[counts[digit]] = source[i]
        counts[digit] += 1


@kernel
def sort_keys(codes: Any, columns: int, start: int, width: int, keys: Any, spare: Any, counts: Any) -> tuple[Any, Any]:
    """Radix sort key << 32 | row of all rows. Returns (sorted, the other) of the two uint64 [n] work arrays."""
    for row in range(len(keys)):
        keys[row] = (chunk_of(codes, row * columns, start, width) << np.uint64(32)) | np.uint64(row)
    source, target = keys, spare
    for shift in range(32, 32 + width, 11):
        sort_pass(source, target, shift, counts)
        source, target = target, source
    return source, target


@kernel
def fill_table(by_key: Any, bitmap: Any, rank: Any, entries: Any, lists: Any) -> tuple[int, int]:
    """Write the four arrays from sorted key << 32 | row; returns how many entries and how long lists became.

    bitmap: uint64, zero at first. entries has room for n, lists for n + n // 2: a list is of two rows or more.
    """
    count = len(by_key)
    entry_count = lists_length = next_word = 0
    at = 0
    while at < count:
        key = np.int64(by_key[at] >> np.uint64(32))
        end = at + 1
        while end < count and np.int64(by_key[end] >> np.uint64(32)) == key:
            end += 1
        word = key >> 6
        bitmap[word] |= np.uint64(1) << np.uint64(key & 63)
        while next_word <= word:
            rank[next_word] = entry_count
            next_word += 1
        if end == at + 1:
            entries[entry_count] = ONE_ROW | np.uint32(by_key[at] & np.uint64(0xFFFFFFFF))
        else:
            entries[entry_count] = lists_length
            lists[lists_length] = end - at
            lists_length += 1
            for i in range(at, end):
                lists[lists_length] = np.uint32(by_key[i] & np.uint64(0xFFFFFFFF))
                lists_length += 1
        entry_count += 1
        at = end
    for word in range(next_word, len(rank)):
        rank[word] = entry_count
    return entry_count, lists_length
