"""Lists of codes for the index's tests: uniform, skewed, crowded; with neighbours planted at known distances."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.index import Hits, Segment, reference, write_segment
from hashsvc.index.kinds import KINDS

NO_KEYS = np.empty(0, np.uint64)


def uniform(kind: str, count: int, seed: int = 1) -> NDArray[Any]:
    """Codes whose bits are fair coins."""
    known = KINDS[kind]
    packed = np.random.default_rng(seed).bytes(count * known.row_bytes)
    return np.frombuffer(packed, known.dtype).reshape(count, known.columns).copy()


def skewed(kind: str, count: int, seed: int = 2) -> NDArray[Any]:
    """Codes that differ in few bits: 32 of them are drawn, the others agree with a handful of prototypes."""
    generator = np.random.default_rng(seed)
    prototypes = uniform(kind, 5, seed)
    codes = prototypes[np.minimum(generator.geometric(0.5, count) - 1, 4)]
    flat = codes.view(np.uint8)
    for byte in generator.choice(flat.shape[1], 4, replace=False):
        flat[:, byte] = generator.integers(0, 256, count)
    return np.ascontiguousarray(codes)


def near_twins(kind: str, count: int, seed: int = 3) -> NDArray[Any]:
    """Codes that are one code with two bits flipped at random."""
    generator = np.random.default_rng(seed)
    codes = np.repeat(uniform(kind, 1, seed), count, axis=0)
    for row, bits in enumerate(generator.integers(0, KINDS[kind].bits, (count, 2))):
        flip(codes[row], bits)
    return codes


def identical(kind: str, count: int) -> NDArray[Any]:
    """One code, many times."""
    return np.repeat(uniform(kind, 1, 4), count, axis=0)


def flip(row: NDArray[Any], bits: Any) -> None:
    """Flip bits of a row of words, in place."""
    for bit in bits:
        row[bit >> 6] ^= np.uint64(1) << np.uint64(bit & 63)


def references(count: int, first: int = 1) -> NDArray[np.uint64]:
    """Refs as the caller makes them: entry number << 8 | ordinal, not in the order of the rows."""
    numbers = np.random.default_rng(count).permutation(count).astype(np.uint64) + np.uint64(first)
    return (numbers << np.uint64(8)) | np.uint64(1)


def segment_of(path: Path, sequence: int = 1, keys: NDArray[np.uint64] = NO_KEYS, **near: Any) -> Segment:
    """Write and open a segment of some kinds' codes, each with `references`."""
    rows = {kind: (codes, references(len(codes))) for kind, codes in near.items()}
    write_segment(path, first_sequence=sequence, last_sequence=sequence, near=rows, exact_hashes=keys)
    return Segment.open(path)


def assert_found(hits: Hits, expected: reference.Found) -> None:
    """Compare hits with what the reference found: the same, in the same order."""
    np.testing.assert_array_equal(hits.query, expected[0])
    np.testing.assert_array_equal(hits.ref, expected[1])
    np.testing.assert_array_equal(hits.distance, expected[2])
