"""64-bit perceptual hashes: DCT pHash, dHash and their like.

Makers differ in algorithm and bit order, so a signal carries its algorithm. By chance alone such codes meet often
(docs/measured.md 15), hence they never close a report. Gathered in `registry.py`.
"""

from __future__ import annotations

import numpy as np

from hashsvc import limits
from hashsvc.signals.values import UNKNOWN_QUALITY, Flags, Rows, SignalType, differing_bits

_ALL_ONE = np.uint64(0xFFFF_FFFF_FFFF_FFFF)


def flat(value: bytes, quality: int = UNKNOWN_QUALITY) -> str | None:
    """Say why a code means nothing: all bits equal is what a picture of one colour gives."""
    if value in (bytes(8), b"\xff" * 8):
        return "the pHash has all bits equal, as that of a picture of one colour"
    return None


def flat_rows(values: Rows, quality: Rows | None = None) -> Flags:
    """Tell for uint8[n, 8] which rows `flat` refuses."""
    if values.strides[-1] != 1:
        values = np.ascontiguousarray(values)
    codes = values.view(np.uint64)[:, 0]
    result: Flags = (codes == np.uint64(0)) | (codes == _ALL_ONE)
    return result


def examples() -> tuple[bytes, ...]:
    """Give codes of innocuous pictures, made up: no two near one another."""
    return tuple(bytes.fromhex(text) for text in ("c3a5965a3c69d21e", "8f0e1c78e1c3871c", "5ab42d96d24b69a5"))


PHASH64_TYPE = SignalType(
    number=5,
    name="phash64",
    title="64-bit pHash",
    aliases=("phash", "dctphash", "imagephash"),
    byte_count=8,
    metric="hamming",
    strength=0,
    radius_max=limits.PHASH64_RADIUS_MAX,
    has_quality=False,
    flat=flat,
    flat_rows=flat_rows,
    distance=differing_bits,
    examples=examples,
)
