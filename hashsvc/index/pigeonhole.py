"""Where to cut codes into chunks, and how many flips to try in each: arithmetic only, no search.

If two codes differ in at most r bits and are cut into chunks with flip budgets t_i such that sum(t_i + 1) >= r + 1,
then in at least one chunk they differ in at most t_i bits: otherwise they would differ in sum(t_i + 1) bits or more
(the general pigeonhole principle of Qin et al., "GPH: Similarity Search in Hamming Space", ICDE 2018). So looking up,
in a table a chunk, every key within t_i flips of the query's finds everything within r. A budget of -1 leaves a chunk
out.

Tables are planned once, when a segment is built (`plan_chunks`); budgets are chosen for each radius that is asked
(`choose_budgets`), and where tables would cost more than reading all codes, there are none (None: scan flat).
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import comb, exp

import numpy as np
from numpy.typing import NDArray

WORD_BITS = 6  # a bitmap is probed by words of 2^6 bits: flips of the key's low 6 bits are one AND with a mask
WIDTH_MIN = WORD_BITS
WIDTH_MAX = 30  # 2^30 bits are a bitmap of 128 MiB
BUDGET_MAX = 6

# Costs in ns, fitted by hand to runs of five plans over 1 M uniform codes, 10,000 queries a call, on one core of an AMD
# EPYC (Zen 3, 32 MiB of L3) that others were using, November 2026: good enough to rank plans, up to three times too low
# as a forecast. FLAT_NS is an estimate for an idle core; 1.3 to 1.8 was measured on the busy one.
# One bitmap word, by how many bytes the bitmap has at most:
PROBE_NS = ((1 << 20, 3.0), (1 << 21, 3.5), (1 << 22, 5.0), (1 << 24, 6.5), (1 << 62, 9.0))
CANDIDATE_NS = 20.0  # rank, entry and code of one candidate, prefetched
LIST_NS = 8.0  # more, if its key has several rows
TABLE_NS = 20.0  # starting on one table, a query
FLAT_NS = 0.75  # one code of a flat scan, of four words


def words_probed(width: int, budget: int) -> int:
    """Count the bitmap words that hold all keys within budget flips of one key: sum of C(width - 6, 0..budget)."""
    return sum(comb(width - WORD_BITS, flips) for flips in range(budget + 1))


def keys_probed(width: int, budget: int) -> int:
    """Count the keys within budget flips of one key: sum of C(width, 0..budget)."""
    return sum(comb(width, flips) for flips in range(budget + 1))


def cost_ns(count: int, width: int, budget: int) -> float:
    """Estimate what one query costs in one table of count uniform codes, ns. A budget of -1 costs nothing."""
    if budget < 0:
        return 0.0
    probe = next(ns for bytes_max, ns in PROBE_NS if (1 << width) // 8 <= bytes_max)
    load = count / 2.0**width
    candidate = CANDIDATE_NS + LIST_NS * (1 - exp(-load))
    return TABLE_NS + words_probed(width, budget) * probe + load * keys_probed(width, budget) * candidate


def flat_cost_ns(count: int, bits: int) -> float:
    """Estimate what one query costs if all count codes are read, ns."""
    return count * FLAT_NS * (1.0 if bits > 64 else 0.6)


@lru_cache(maxsize=64)
def plan_chunks(count: int, bits: int, radius: int) -> tuple[tuple[int, int], ...]:
    """Choose chunks for count codes of bits bits, so that a search within radius is cheapest.

    Returns (first bit, width) of each chunk; together they cover every bit once. Tries all numbers of chunks, all
    widths that differ by one at most, and all pairs of widths for the chunks that get a flip more and those that do
    not. A bitmap has at most 32 bits a code (or 2^16 bits), so that tables do not outgrow what they index. Takes
    milliseconds.
    """
    width_max = min(WIDTH_MAX, bits, max(16, (32 * count).bit_length() - 1))
    best: tuple[float, tuple[int, ...]] = (float("inf"), ())
    for chunks in range(-(-bits // width_max), min(bits // WIDTH_MIN, radius + 1) + 1):
        budget, more = divmod(radius + 1, chunks)  # so many chunks get a flip more
        budgets = [budget] * more + [budget - 1] * (chunks - more)
        even = [bits // chunks + 1] * (bits % chunks) + [bits // chunks] * (chunks - bits % chunks)
        plans = [even, even[::-1]]
        for width in range(WIDTH_MIN, width_max + 1) if more else ():
            rest, others = bits - more * width, chunks - more
            if others * WIDTH_MIN <= rest <= others * width_max:
                plans.append([width] * more + [rest // others + (1 if i < rest % others else 0) for i in range(others)])
        for widths in plans:
            cost = sum(cost_ns(count, width, budget) for width, budget in zip(widths, budgets, strict=True))
            if max(widths) <= width_max and cost < best[0]:
                best = (cost, tuple(widths))
    starts = np.cumsum((0, *best[1]))
    return tuple((int(start), width) for start, width in zip(starts[:-1], best[1], strict=True))


@lru_cache(maxsize=1024)
def choose_budgets(count: int, bits: int, widths: tuple[int, ...], radius: int) -> tuple[int, ...] | None:
    """Choose the flip budgets that find everything within radius at the least cost, or None: a flat scan is cheaper.

    widths: of the chunks there are. Returns a budget for each, -1 to BUDGET_MAX, with sum(budget + 1) >= radius + 1.
    A small knapsack, solved exactly; about a millisecond, then cached.
    """
    needed = radius + 1
    infinity = float("inf")
    cost = [0.0] + [infinity] * needed
    chosen: list[list[int]] = []
    for width in widths:
        options = [(b + 1, cost_ns(count, width, b)) for b in range(-1, min(BUDGET_MAX, width) + 1)]
        following = [infinity] * (needed + 1)
        taken = [0] * (needed + 1)
        for units in range(needed + 1):
            for size, price in options:
                total = cost[max(0, units - size)] + price
                if total < following[units]:
                    following[units], taken[units] = total, size
        cost = following
        chosen.append(taken)
    if cost[needed] >= flat_cost_ns(count, bits):
        return None
    budgets, units = [0] * len(widths), needed
    for i in range(len(widths) - 1, -1, -1):
        budgets[i] = chosen[i][units] - 1
        units = max(0, units - chosen[i][units])
    return tuple(budgets)


@lru_cache(maxsize=64)
def word_flips(high_bits: int, budget: int) -> tuple[NDArray[np.uint32], tuple[int, ...]]:
    """List every way to flip at most budget of high_bits bits.

    Returns (masks, starts): masks with k bits set are masks[starts[k]:starts[k + 1]], neighbours in memory together.
    """
    groups = [
        np.sort(np.array([sum(1 << bit for bit in bits) for bits in combinations(range(high_bits), k)], np.uint32))
        for k in range(budget + 1)
    ]
    starts = np.cumsum([0] + [len(group) for group in groups])
    return np.concatenate(groups), tuple(int(start) for start in starts)


def low_masks() -> NDArray[np.uint64]:
    """Give uint64 [7, 64]: mask [k, key] has the bits of all 6-bit keys within k flips of key."""
    keys = np.arange(64, dtype=np.uint64)
    distance = np.bitwise_count(keys[:, None] ^ keys[None, :])
    masks = [((distance <= k) * (np.uint64(1) << keys)[None, :]).sum(axis=1, dtype=np.uint64) for k in range(7)]
    return np.array(masks, dtype=np.uint64)
