"""The bitmap over exact keys (digests and URL expressions): nearly every look-up misses, and this says so in ns.

An exact key is a signal's type number with a digest of 16 bytes or more; its hash mixes the first 8 bytes with the
type. A bit that is not set proves that the key is not listed; a set bit proves nothing, and the caller asks LMDB.
Bitmap bit = upper bits of the hash, so a bitmap of 2^k bits needs the hash and k only.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvariantError
from hashsvc.index.jit import kernel, readonly

if TYPE_CHECKING:
    from hashsvc.index.delta import DeltaView
    from hashsvc.index.segment import Segment

BITS_PER_KEY = 64  # at least, so that 1.6 % of misses at most go on to LMDB
BITS_LOG2_MIN, BITS_LOG2_MAX = 16, 32
DIGEST_BYTES_MIN = 16
MULTIPLIER = np.uint64(0x9E3779B97F4A7C15)  # 2^64 / golden ratio, odd (Knuth, TAOCP 3, section 6.4)


def type_constant(type_number: int) -> np.uint64:
    """Spread a signal type's number over 64 bits (the finaliser of splitmix64)."""
    mask = (1 << 64) - 1
    value = (type_number * 0x9E3779B97F4A7C15 + 0x9E3779B97F4A7C15) & mask
    value = ((value ^ (value >> 30)) * 0xBF58476D1CE4E5B9) & mask
    value = ((value ^ (value >> 27)) * 0x94D049BB133111EB) & mask
    return np.uint64(value ^ (value >> 31))


def key_hashes(type_number: int, digests: NDArray[np.uint8]) -> NDArray[np.uint64]:
    """Hash exact keys of one signal type. digests: uint8 [n, width], width >= 16. Returns uint64 [n]; ~1 ns each."""
    if digests.ndim != 2 or digests.dtype != np.uint8 or digests.shape[1] < DIGEST_BYTES_MIN:
        raise InvariantError(f"digests are {digests.dtype}{list(digests.shape)}; they must be uint8[n, 16 or more]")
    hashes = np.empty(len(digests), np.uint64)
    hash_digests(readonly(digests), type_constant(type_number), hashes)
    return hashes


@kernel
def hash_digests(digests: Any, constant: Any, hashes: Any) -> None:
    """Write (first 8 bytes, little-endian, xor constant) * MULTIPLIER of each row, the halves folded in between."""
    for i in range(len(digests)):
        value = np.uint64(0)
        for byte in range(8):
            value |= np.uint64(digests[i, byte]) << np.uint64(8 * byte)
        value = (value ^ constant) * MULTIPLIER
        hashes[i] = (value ^ (value >> np.uint64(32))) * MULTIPLIER


def bits_log2(count: int) -> int:
    """Choose the size of a bitmap for count keys: at least 64 bits a key, within 2^16 to 2^32 bits."""
    return min(BITS_LOG2_MAX, max(BITS_LOG2_MIN, (max(1, count) * BITS_PER_KEY - 1).bit_length()))


def build_bitmap(hashes: NDArray[np.uint64], log2: int | None = None) -> NDArray[np.uint64]:
    """Make the bitmap of uint64 [m] hashes: uint64 [2^(k - 6)], k = log2 or chosen by `bits_log2`."""
    bitmap = np.zeros(1 << ((bits_log2(len(hashes)) if log2 is None else log2) - 6), np.uint64)
    if len(hashes):  # the first kernel of a process costs 0.3 s of loading; who only opens a list needs none
        set_bits(bitmap, readonly(hashes))
    return bitmap


@kernel
def set_bits(bitmap: Any, hashes: Any) -> None:
    """Set the bit of each hash; the bitmap's length is a power of two. Bits are added only."""
    log2 = 6
    while (1 << (log2 - 6)) < len(bitmap):
        log2 += 1
    shift = np.uint64(64 - log2)
    for i in range(len(hashes)):
        bit = hashes[i] >> shift
        bitmap[bit >> np.uint64(6)] |= np.uint64(1) << (bit & np.uint64(63))


@kernel
def test_bits(bitmap: Any, hashes: Any, listed: Any) -> None:
    """Set listed[i] (bool) where the bit of hash i is set; others stay as they are.

    Look-ups do not depend on one another and there is no branch, so the processor overlaps their cache misses.
    """
    log2 = 6
    while (1 << (log2 - 6)) < len(bitmap):
        log2 += 1
    shift = np.uint64(64 - log2)
    for i in range(len(hashes)):
        bit = hashes[i] >> shift
        found = (bitmap[bit >> np.uint64(6)] >> (bit & np.uint64(63))) & np.uint64(1)
        listed[i] |= found != np.uint64(0)


def maybe_contains(bitmap: NDArray[np.uint64], hashes: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Tell which hashes may be in a bitmap: bool [n]; False is certain, True is not."""
    listed = np.zeros(len(hashes), np.bool_)
    test_bits(readonly(bitmap), readonly(hashes), listed)
    return listed


def maybe_listed(
    segments: Sequence[Segment], delta_view: DeltaView | None, hashes: NDArray[np.uint64]
) -> NDArray[np.bool_]:
    """Tell which keys may be listed in any segment or in the delta: bool [n].

    hashes: uint64 [n] from `key_hashes`. False is certain: no key of the segments, and none of the delta up to the
    view's sequence, has that hash. True means: ask LMDB. About 20 ns a key and segment once lists exceed the caches.
    """
    listed = np.zeros(len(hashes), np.bool_)
    fixed = readonly(hashes)
    for segment in segments:
        if segment.exact_bitmap is not None:
            test_bits(segment.exact_bitmap, fixed, listed)
    if delta_view is not None and delta_view.exact_count:
        test_bits(delta_view.exact_bitmap, fixed, listed)
    return listed


def maybe_listed_indexes(
    segments: Sequence[Segment], delta_view: DeltaView | None, type_number: int, digests: NDArray[np.uint8]
) -> NDArray[np.int64]:
    """Give the indexes, ascending, of the digests that may be listed. digests: uint8 [n, width] as on the wire."""
    return np.flatnonzero(maybe_listed(segments, delta_view, key_hashes(type_number, digests)))
