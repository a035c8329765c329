"""The bitmap over exact keys never hides a key that is listed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.errors import InvariantError
from hashsvc.index import Delta, exact, key_hashes, maybe_listed, maybe_listed_indexes
from tests.index import data


def digests(count: int, width: int, seed: int) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
    """Digests of some width."""
    return np.frombuffer(np.random.default_rng(seed).bytes(count * width), np.uint8).reshape(count, width)


@pytest.mark.parametrize("count", [0, 1, 1000, 70_000])
def test_no_listed_key_is_missed(count: int) -> None:
    """Every key of the list has its bit; of others, at most one in fifty does."""
    listed, others = (key_hashes(1, digests(count + extra, 16, seed)) for extra, seed in ((0, 1), (20_000, 2)))
    bitmap = exact.build_bitmap(listed)
    assert exact.maybe_contains(bitmap, listed).all()
    assert exact.maybe_contains(bitmap, others).mean() < 0.02


@given(st.lists(st.integers(0, 2**64 - 1), max_size=50), st.integers(6, 20))
def test_any_hashes(values: list[int], log2: int) -> None:
    """Whatever the hashes and the size of the bitmap, no key is missed."""
    hashes = np.array(values, np.uint64)
    assert exact.maybe_contains(exact.build_bitmap(hashes, log2), hashes).all()


def test_types_do_not_mix() -> None:
    """The same digest under another signal type is another key; a wider digest is hashed by its first bytes."""
    digest = digests(500, 32, 3)
    assert not np.intersect1d(key_hashes(1, digest), key_hashes(2, digest)).size
    np.testing.assert_array_equal(key_hashes(1, digest), key_hashes(1, digest[:, :16]))


def test_hashes_are_stored_so_they_do_not_change() -> None:
    """The hash of a key is part of the file format: these values are pinned."""
    pinned = key_hashes(7, np.arange(16, dtype=np.uint8).reshape(1, 16))
    assert int(pinned[0]) == PINNED_HASH


PINNED_HASH = 0x5059C2CE312EF701


def test_segments_and_delta(tmp_path: Path) -> None:
    """A key is found in whichever segment it is, and in the delta from the moment that a view includes it."""
    parts = [digests(300, 20, seed) for seed in range(3)]
    segments = [data.segment_of(tmp_path / str(i), i, key_hashes(2, parts[i])) for i in range(2)]
    delta = Delta()
    delta.append_exact(key_hashes(2, parts[2]), np.arange(100, 400))
    everything = np.concatenate([*parts, digests(1000, 20, 9)])
    indexes = maybe_listed_indexes(segments, delta.view(500), 2, everything)
    assert set(range(900)) <= set(indexes.tolist())
    assert len(indexes) < 960
    assert not maybe_listed([], delta.view(99), key_hashes(2, parts[2])).any()
    assert maybe_listed([], delta.view(199), key_hashes(2, parts[2][:100])).all()


def test_short_digests_are_refused() -> None:
    """A digest of fewer than 16 bytes is no exact key."""
    with pytest.raises(InvariantError):
        key_hashes(1, digests(2, 15, 1))
