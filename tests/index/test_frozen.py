"""Rows frozen in memory: found as in a segment, with tables and without."""

from __future__ import annotations

import numpy as np
import pytest

from hashsvc import limits
from hashsvc.index import Delta, Frozen, reference, search_near
from hashsvc.index.kinds import KINDS
from tests.index import data


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("count", [1, 500, limits.SEGMENT_TABLE_CODES_MIN])
def test_what_is_frozen_is_found_as_by_reading_all(kind: str, count: int) -> None:
    """Each query finds in frozen rows and a delta beside them what comparing with every row finds."""
    codes, refs = data.uniform(kind, count + 20), data.references(count + 20)
    queries = codes[:: max(1, count // 30)].copy()
    queries.view(np.uint8)[:, 0] ^= 5
    radius = {"pdq": 31, "phash64": 8, "photodna": 25}[kind]
    frozen, delta = Frozen({kind: (codes[:count], refs[:count])}), Delta()
    delta.append_near(kind, codes[count:], refs[count:], np.ones(20, np.int64))
    hits = search_near((frozen,), delta.view(1), kind, queries, radius)
    assert len(hits) >= len(queries)
    data.assert_found(hits, reference.search(kind, codes, refs, queries, radius))
    assert frozen.near_count() == count


def test_nothing_frozen_finds_nothing() -> None:
    """Without rows there is no section to search."""
    frozen = Frozen({"pdq": (data.uniform("pdq", 0), data.references(0))})
    assert frozen.section("pdq") is None
    assert not len(search_near((frozen, Frozen({})), None, "pdq", data.uniform("pdq", 3), 31))
