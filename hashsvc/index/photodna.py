"""Exact search by the sum of squared byte differences (PhotoDNA), by lower bounds.

A code's 144 bytes are cut into 16 blocks of 9. If two codes' blocks have sums that differ by s_b, then by
Cauchy-Schwarz their distance is at least sum(s_b^2) / 9. So 16 sums of int16, stored column by column, rule most codes
out, eight rows an instruction; only for the others are the bytes read, and no further than the radius allows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.index.jit import inlined, kernel

CODE_BYTES = 144
BLOCKS = 16
BLOCK_LENGTH = CODE_BYTES // BLOCKS
ROWS_AT_ONCE = 1024  # 32 KiB of sums
ROW_NS = 3.0  # one row and query, on one core of an AMD EPYC (Zen 3), November 2026


def block_sums(codes: NDArray[np.uint8]) -> NDArray[np.int16]:
    """Give the sums of the blocks: int16 [BLOCKS, n] of uint8 [n, 144]. A sum is at most 9 * 255."""
    sums = np.empty((BLOCKS, len(codes)), np.int16)
    for block in range(BLOCKS):
        sums[block] = codes[:, block * BLOCK_LENGTH : (block + 1) * BLOCK_LENGTH].sum(axis=1, dtype=np.int16)
    return sums


@inlined
def squares_within(left: Any, right: Any, radius: int) -> int:
    """Sum squared differences of two rows of 144 bytes; stops early at some sum above the radius."""
    total = np.int64(0)
    for part in range(0, CODE_BYTES, 48):
        partial = np.int32(0)
        for i in range(part, part + 48):
            difference = np.int32(left[i]) - np.int32(right[i])
            partial += difference * difference
        total += partial
        if total > radius:
            break
    return total  # type: ignore[return-value]


@kernel
def scan_squares(
    queries: Any, query_sums: Any, first_query: int, last_query: int, codes: Any, sums: Any, sums_from: int, refs: Any,
    begin: int, end: int, radius: int, bounds: Any, out_query: Any, out_ref: Any, out_distance: Any, count: int,
) -> int:  # fmt: skip
    """Find the codes within a radius of queries first_query..last_query - 1 among rows begin..end - 1.

    queries: uint8 [q, 144]; query_sums: int16 [BLOCKS, q]; codes: uint8 [n, 144]; sums: int16 [BLOCKS * stride] flat,
    sums_from its stride; refs: uint64 [n]; bounds: int32 [ROWS_AT_ONCE], scratch. Writes from index count on and
    returns the count afterwards, which may be past the end of the output: then call again with more room. About 3 ns
    a row and query.
    """
    limit = np.int32(radius * BLOCK_LENGTH)
    for block_begin in range(begin, end, ROWS_AT_ONCE):
        block_end = min(end, block_begin + ROWS_AT_ONCE)
        length = block_end - block_begin
        for query in range(first_query, last_query):
            for block in range(BLOCKS):
                wanted = np.int32(query_sums[block, query])
                at = block * sums_from + block_begin
                column = sums[at : at + length]
                if block == 0:
                    for i in range(length):
                        bounds[i] = (np.int32(column[i]) - wanted) * (np.int32(column[i]) - wanted)
                else:
                    for i in range(length):
                        bounds[i] += (np.int32(column[i]) - wanted) * (np.int32(column[i]) - wanted)
            for i in range(length):
                if bounds[i] <= limit:
                    row = block_begin + i
                    distance = squares_within(queries[query], codes[row], radius)
                    if distance <= radius:
                        if count < len(out_query):
                            out_query[count] = query
                            out_ref[count] = refs[row]
                            out_distance[count] = distance
                        count += 1
    return count
