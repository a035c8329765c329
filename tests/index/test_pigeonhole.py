"""The arithmetic behind the search: plans cover every bit, budgets cover every radius, masks are complete."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.errors import InvariantError
from hashsvc.index import codes_from_bytes, pigeonhole
from hashsvc.index.kinds import KINDS, code_from_bytes
from tests.index import data


@pytest.mark.parametrize("count", [1, 100, 16_384, 10**5, 10**6, 10**7, 10**8, 2**31 - 1])
@pytest.mark.parametrize("kind", ["pdq", "phash64"])
def test_plans(kind: str, count: int) -> None:
    """A plan cuts all bits, each once, and its budgets suffice for every radius that may be asked."""
    known = KINDS[kind]
    plan = pigeonhole.plan_chunks(count, known.bits, known.build_radius)
    position = 0
    for start, width in plan:
        assert start == position
        assert pigeonhole.WIDTH_MIN <= width <= pigeonhole.WIDTH_MAX
        position += width
    assert position == known.bits
    widths = tuple(width for _, width in plan)
    for radius in range(known.radius_max + 1):
        budgets = pigeonhole.choose_budgets(count, known.bits, widths, radius)
        if budgets is not None:
            assert sum(budget + 1 for budget in budgets) >= radius + 1
            assert all(-1 <= budget <= width for budget, width in zip(budgets, widths, strict=True))


@given(st.lists(st.integers(6, 24), min_size=1, max_size=5), st.integers(0, 12), st.integers(1, 10**8))
def test_budgets_are_the_cheapest(widths: list[int], radius: int, count: int) -> None:
    """No other budgets that suffice cost less than those chosen; without tables only if a flat scan costs less."""
    from itertools import product

    chosen = pigeonhole.choose_budgets(count, 64, tuple(widths), radius)
    best = min(
        (
            sum(pigeonhole.cost_ns(count, width, budget) for width, budget in zip(widths, budgets, strict=True))
            for budgets in product(range(-1, 6), repeat=len(widths))
            if sum(budget + 1 for budget in budgets) >= radius + 1
        ),
        default=float("inf"),
    ) if len(widths) <= 3 else None  # fmt: skip
    flat = pigeonhole.flat_cost_ns(count, 64)
    if chosen is None or best is None:
        return
    own = sum(pigeonhole.cost_ns(count, width, budget) for width, budget in zip(widths, chosen, strict=True))
    assert own <= best * 1.000001
    assert own < flat


@pytest.mark.parametrize(("high_bits", "budget"), [(0, 0), (0, 2), (1, 1), (9, 3), (12, 4)])
def test_flips(high_bits: int, budget: int) -> None:
    """Every way to flip at most so many bits is tried once, grouped by how many are flipped."""
    masks, starts = pigeonhole.word_flips(high_bits, budget)
    for flips in range(budget + 1):
        group = masks[starts[flips] : starts[flips + 1]].tolist()
        expected = {sum(1 << bit for bit in bits) for bits in combinations(range(high_bits), flips)}
        assert set(group) == expected
        assert len(group) == len(expected)


def test_low_masks() -> None:
    """The mask of a 6-bit key and a budget holds exactly the keys within that many flips."""
    masks = pigeonhole.low_masks()
    for budget in range(7):
        for key in range(64):
            expected = sum(1 << other for other in range(64) if (key ^ other).bit_count() <= budget)
            assert int(masks[budget, key]) == expected


@pytest.mark.parametrize("kind", KINDS)
def test_bytes_become_rows(kind: str) -> None:
    """Packed fingerprints become rows without a copy; a length that is no whole number of rows is refused."""
    known = KINDS[kind]
    packed = data.uniform(kind, 5).tobytes()
    rows = codes_from_bytes(kind, packed)
    assert rows.shape == (5, known.columns)
    assert np.shares_memory(rows, np.frombuffer(packed, np.uint8))
    np.testing.assert_array_equal(code_from_bytes(kind, packed[: known.row_bytes]), rows[0])
    with pytest.raises(InvariantError):
        codes_from_bytes(kind, packed[:-1])
    with pytest.raises(InvariantError):
        code_from_bytes(kind, packed)
