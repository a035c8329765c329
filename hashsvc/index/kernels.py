"""The Hamming search loops: probe the tables of a section, or read all of its codes.

Plain functions over flat, contiguous arrays. `search.py` calls them, slice by slice; `reference.py` says in ten lines
of numpy what they must find. Layout of the tables: `tables.py`. All raise nothing and release the GIL.

Both report a code exactly once a query, in any order. When the output is full they go on counting without writing, so
the caller sees how much room is needed and asks again: nothing is ever cut off.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.index.jit import inlined, kernel, popcount, prefetch, short

Words = NDArray[np.uint64]
Array = NDArray[Any]

# Columns of a steps array (int64): where a table lies (see `tables.py`), and what is tried in it.
START, WIDTH, BITMAP, RANK, ENTRIES, ENTRY_COUNT, LISTS, LISTS_LENGTH, BUDGET, STEP_COLUMNS = range(10)

ONE_ROW = np.uint32(1 << 31)  # an entry with this bit is the only row of its key; without, where its list begins

HITS_MAX = 512  # bitmap words with a hit that wait together, so that their prefetches overlap
FLIPS_AT_ONCE = 512  # between checks that there is room
ROWS_MAX = 512  # entries and rows that wait together
SCRATCH_SHAPE = (5, HITS_MAX + FLIPS_AT_ONCE)
VALUE = np.uint32((1 << 31) - 1)  # the rest of an entry
LOW_HALF = np.uint64(0xFFFFFFFF)  # scratch words are query << 32 | something

EARLY_RADIUS_MAX = 48

DAMAGED = -1  # returned instead of a count: a table points outside its arrays


@inlined
def chunk_of(codes: Words, at: int, start: int, width: int) -> Any:
    """Cut bits start..start + width - 1 out of the code whose words begin at codes[at]; width < 64."""
    word = at + (start >> 6)
    shift = np.uint64(start & 63)
    value = codes[word] >> shift
    if (start & 63) + width > 64:
        value |= codes[word + 1] << (np.uint64(64) - shift)
    return value & ((np.uint64(1) << np.uint64(width)) - np.uint64(1))


@inlined
def distance_of(queries: Words, at: int, codes: Words, row_at: int, words: int) -> int:
    """Count the bits in which a query and a code differ; their words begin at queries[at] and codes[row_at].

    Unsigned indexes: numba guards signed ones against counting from the end, which costs a third of the time. The
    loops write out codes of four words themselves: with a branch on their number in here, a distance took 14 ns, so 2.
    """
    left, right = np.uint64(at), np.uint64(row_at)
    bits = np.uint64(0)
    for word in range(np.uint64(0), np.uint64(words)):
        bits += popcount(queries[left + word] ^ codes[right + word])
    return np.int64(bits)  # type: ignore[return-value]


@inlined
def found_before(queries: Words, at: int, codes: Words, row: int, words: int, steps: Array, step: int) -> bool:
    """Tell whether an earlier table has reported this code: then this one must not."""
    for earlier in range(step):
        start, width = steps[earlier, START], steps[earlier, WIDTH]
        differing = chunk_of(queries, at, start, width) ^ chunk_of(codes, row * words, start, width)
        if np.int64(popcount(differing)) <= steps[earlier, BUDGET]:
            return True
    return False


@inlined
def verify_rows(
    queries: Words, words: int, step: int, steps: Array, codes: Words, refs: Words, radius: int,
    rows: Array, row_count: int, out_query: Array, out_ref: Array, out_distance: Array, count: int,
) -> int:  # fmt: skip
    """Compare the candidates (query << 32 | row), whose codes are prefetched; report those within the radius."""
    for candidate in rows[:row_count]:
        query = candidate >> np.uint64(32)
        row = candidate & LOW_HALF
        if words == 4:
            at, base = query << np.uint64(2), row << np.uint64(2)
            bits = popcount(queries[at] ^ codes[base])
            bits += popcount(queries[at | np.uint64(1)] ^ codes[base | np.uint64(1)])
            bits += popcount(queries[at | np.uint64(2)] ^ codes[base | np.uint64(2)])
            bits += popcount(queries[at | np.uint64(3)] ^ codes[base | np.uint64(3)])
            distance = np.int64(bits)
        else:
            distance = distance_of(queries, np.int64(query) * words, codes, np.int64(row) * words, words)
        if distance <= radius and not found_before(
            queries, np.int64(query) * words, codes, np.int64(row), words, steps, step
        ):
            if count < len(out_query):
                out_query[count] = query
                out_ref[count] = refs[row]
                out_distance[count] = distance
            count += 1
    return count


@inlined
def gather_rows(
    queries: Words, words: int, step: int, steps: Array, table_ids: Array, codes: Words, refs: Words, radius: int,
    candidates_max: int, candidate_counts: Array, scratch: Array, waiting_count: int,
    out_query: Array, out_ref: Array, out_distance: Array, count: int,
) -> int:  # fmt: skip
    """Turn waiting entries (scratch[2], prefetched) into rows (scratch[4]), by way of lists (scratch[3])."""
    entries = table_ids[steps[step, ENTRIES] : steps[step, ENTRIES] + steps[step, ENTRY_COUNT]]
    lists = table_ids[steps[step, LISTS] : steps[step, LISTS] + steps[step, LISTS_LENGTH]]
    lists_length = len(lists)
    total = len(refs)
    waiting, listed, rows = scratch[2], scratch[3], scratch[4]
    row_count = list_count = np.uint64(0)
    for packed in waiting[:waiting_count]:
        entry = entries[packed & LOW_HALF]
        value = entry & VALUE
        following = (packed & ~LOW_HALF) | np.uint64(value)
        if entry & ONE_ROW:
            if value >= total:
                return DAMAGED
            prefetch(codes, np.int64(value) * words)
            rows[row_count] = following
            row_count += np.uint64(1)
        else:
            if value >= lists_length:
                return DAMAGED
            prefetch(lists, np.int64(value))
            listed[list_count] = following
            list_count += np.uint64(1)
    for packed in listed[: np.int64(list_count)]:
        owner = packed & ~LOW_HALF
        query = owner >> np.uint64(32)
        begin = packed & LOW_HALF
        length = np.int64(lists[begin])
        if length > lists_length - np.int64(begin) - 1:
            return DAMAGED
        candidate_counts[query] += length
        if candidate_counts[query] > candidates_max:
            continue  # this query is cheaper by a flat scan: the caller sees it by its count
        first = np.int64(begin) + 1
        for row in lists[first : first + length]:
            if row >= total:
                return DAMAGED
            if row_count >= np.uint64(ROWS_MAX):
                count = verify_rows(
                    queries, words, step, steps, codes, refs, radius, rows, np.int64(row_count),
                    out_query, out_ref, out_distance, count,
                )  # fmt: skip
                row_count = np.uint64(0)
            prefetch(codes, np.int64(row) * words)
            rows[row_count] = owner | np.uint64(row)
            row_count += np.uint64(1)
    return verify_rows(
        queries, words, step, steps, codes, refs, radius, rows, np.int64(row_count),
        out_query, out_ref, out_distance, count,
    )  # fmt: skip


@inlined
def drain_hits(
    queries: Words, words: int, step: int, steps: Array, table_words: Words, table_ids: Array, codes: Words,
    refs: Words, radius: int, candidates_max: int, candidate_counts: Array, scratch: Array, hits: int,
    out_query: Array, out_ref: Array, out_distance: Array, count: int,
) -> int:  # fmt: skip
    """Turn bitmap hits (scratch[0]: query << 32 | word, scratch[1]: bits) into entries (scratch[2]), and on."""
    bitmap_words = 1 << (steps[step, WIDTH] - 6)
    bitmap = table_words[steps[step, BITMAP] : steps[step, BITMAP] + bitmap_words]
    rank = table_ids[steps[step, RANK] : steps[step, RANK] + bitmap_words]
    entries = table_ids[steps[step, ENTRIES] : steps[step, ENTRIES] + steps[step, ENTRY_COUNT]]
    entry_count = np.uint64(steps[step, ENTRY_COUNT])
    owners, masked, waiting = scratch[0], scratch[1], scratch[2]
    for packed in owners[:hits]:
        prefetch(rank, np.int64(packed & LOW_HALF))
    waiting_count = np.uint64(0)
    for i in range(np.uint64(0), np.uint64(hits)):
        word = owners[i] & LOW_HALF
        owner = owners[i] & ~LOW_HALF
        bits = masked[i]
        present = bitmap[word]
        before = np.uint64(rank[word])
        candidate_counts[owner >> np.uint64(32)] += 1
        while bits:
            below = (bits & (~bits + np.uint64(1))) - np.uint64(1)
            bits &= bits - np.uint64(1)
            at = before + popcount(present & below)
            if at >= entry_count:
                return DAMAGED
            prefetch(entries, np.int64(at))
            waiting[waiting_count] = owner | at
            waiting_count += np.uint64(1)
            if waiting_count == np.uint64(ROWS_MAX):
                count = gather_rows(
                    queries, words, step, steps, table_ids, codes, refs, radius, candidates_max, candidate_counts,
                    scratch, ROWS_MAX, out_query, out_ref, out_distance, count,
                )  # fmt: skip
                if count < 0:
                    return DAMAGED
                waiting_count = np.uint64(0)
    return gather_rows(
        queries, words, step, steps, table_ids, codes, refs, radius, candidates_max, candidate_counts,
        scratch, np.int64(waiting_count), out_query, out_ref, out_distance, count,
    )  # fmt: skip


@kernel
def probe_tables(
    queries: Words, words: int, begin: int, end: int, steps: Array, first_step: int, last_step: int, flips: Array,
    flip_starts: Array, low_masks: Words, table_words: Words, table_ids: Array, codes: Words, refs: Words, radius: int,
    candidates_max: int, candidate_counts: Array, scratch: Array,
    out_query: Array, out_ref: Array, out_distance: Array, count: int,
) -> int:  # fmt: skip
    """Find the codes within a radius of queries begin..end - 1 in tables first_step..last_step - 1, table by table.

    queries: uint64 [q * words], as are codes; refs: uint64 [n]. steps: int64 [tables, STEP_COLUMNS], budgets >= 0;
    flips: uint32, and flip_starts: int64 [tables, budget + 2], what to XOR to the upper bits of a key; low_masks:
    `pigeonhole.low_masks`. candidate_counts: int64 [q], zero before the first table; a query whose count ends above
    candidates_max is NOT answered, whatever was written of it, and must be scanned flat. Writes from index count on
    and returns the count afterwards, which may be past the end of the output (then call again with more room and the
    candidate_counts of before), or DAMAGED. A code is reported by the first table that holds it within its budget, so
    once, whatever order and portions the tables are called in.
    """
    owners, masked = scratch[0], scratch[1]
    for step in range(first_step, last_step):
        start, width, budget = steps[step, START], steps[step, WIDTH], steps[step, BUDGET]
        bitmap = table_words[steps[step, BITMAP] : steps[step, BITMAP] + (1 << (width - 6))]
        hits = np.uint64(0)
        for query in range(begin, end):
            if candidate_counts[query] > candidates_max:
                continue
            key = np.uint64(chunk_of(queries, query * words, start, width))
            high = key >> np.uint64(6)
            low = key & np.uint64(63)
            owner = np.uint64(query) << np.uint64(32)
            for flipped in range(budget + 1):
                mask = low_masks[min(budget - flipped, 6), low]
                at, stop = flip_starts[step, flipped], flip_starts[step, flipped + 1]
                while at < stop:
                    portion = flips[at : min(stop, at + FLIPS_AT_ONCE)]
                    for i in range(len(portion)):
                        word = high ^ np.uint64(portion[i])
                        found = bitmap[word] & mask
                        owners[hits] = owner | word
                        masked[hits] = found
                        hits += np.uint64(found != np.uint64(0))  # no branch: the next write overwrites a miss
                    at += len(portion)
                    if hits >= np.uint64(HITS_MAX):
                        count = drain_hits(
                            queries, words, step, steps, table_words, table_ids, codes, refs, radius, candidates_max,
                            candidate_counts, scratch, np.int64(hits), out_query, out_ref, out_distance, count,
                        )  # fmt: skip
                        if count < 0:
                            return DAMAGED
                        hits = np.uint64(0)
        count = drain_hits(
            queries, words, step, steps, table_words, table_ids, codes, refs, radius, candidates_max,
            candidate_counts, scratch, np.int64(hits), out_query, out_ref, out_distance, count,
        )  # fmt: skip
        if count < 0:
            return DAMAGED
    return count


@short
def probe_tables_short(*args: Any) -> int:
    """Do as `probe_tables`, keeping the GIL."""
    return probe_tables(*args)


@kernel
def scan_flat(
    queries: Words, words: int, which: Array, codes: Words, refs: Words, begin: int, end: int, radius: int,
    out_query: Array, out_ref: Array, out_distance: Array, count: int,
) -> int:  # fmt: skip
    """Find the codes within a radius among rows begin..end - 1 by reading them all, for the queries named in which.

    which: int32 [k] indexes into queries. Otherwise as `probe_tables`. About 0.7 ns a row and query of four words.
    """
    # Half of the bits of unlike codes differ by 64, give or take 6: below that, one look rules nearly all of them out;
    # near it, the branch would be taken at random.
    early = radius <= EARLY_RADIUS_MAX
    for block in range(begin, end, 512):  # 16 KiB of codes stay in L1 while the queries go by
        stop = min(end, block + 512)
        for query in which:
            at = np.int64(query) * words
            if words == 4:
                first, second, third, fourth = queries[at], queries[at + 1], queries[at + 2], queries[at + 3]
                for row in range(np.uint64(block), np.uint64(stop)):
                    base = row << np.uint64(2)
                    bits = popcount(first ^ codes[base]) + popcount(second ^ codes[base | np.uint64(1)])
                    if early and np.int64(bits) > radius:
                        continue
                    bits += popcount(third ^ codes[base | np.uint64(2)])
                    bits += popcount(fourth ^ codes[base | np.uint64(3)])
                    if np.int64(bits) <= radius:
                        if count < len(out_query):
                            out_query[count] = query
                            out_ref[count] = refs[row]
                            out_distance[count] = np.int64(bits)
                        count += 1
            else:
                for row in range(block, stop):
                    distance = distance_of(queries, at, codes, row * words, words)
                    if distance <= radius:
                        if count < len(out_query):
                            out_query[count] = query
                            out_ref[count] = refs[row]
                            out_distance[count] = distance
                        count += 1
    return count


@short
def scan_flat_short(*args: Any) -> int:
    """Do as `scan_flat`, keeping the GIL."""
    return scan_flat(*args)
