"""PhotoDNA: 144 bytes, nearness is the sum of squared byte differences.

The algorithm is licensed and no part of this project; only values that others made are handled. Its thresholds are
not public. Gathered in `registry.py`.
"""

from __future__ import annotations

import numpy as np

from hashsvc.signals.values import UNKNOWN_QUALITY, Flags, Rows, SignalType, words_of

BYTE_COUNT = 144
_ONES = np.uint32(0x0101_0101)


def flat(value: bytes, quality: int = UNKNOWN_QUALITY) -> str | None:
    """Say why a value means nothing: all bytes equal is what a picture of one colour gives."""
    if value == value[:1] * BYTE_COUNT:
        return "the PhotoDNA has all bytes equal, as that of a picture of one colour"
    return None


def flat_rows(values: Rows, quality: Rows | None = None) -> Flags:
    """Tell for uint8[n, 144] which rows `flat` refuses."""
    suspects: Flags = words_of(values)[:, 0] == values[:, 143] * _ONES
    if suspects.any():
        rows = values[suspects]
        suspects[suspects] = (rows == rows[:, :1]).all(axis=1)
    return suspects


def squared_difference(a: bytes, b: bytes) -> int:
    """Sum the squared differences of the bytes of two values."""
    return sum((x - y) ** 2 for x, y in zip(a, b, strict=True))


def examples() -> tuple[bytes, ...]:
    """Give made-up values of the right length; no picture stands behind them."""
    return tuple(bytes((position * step + step) % 256 for position in range(BYTE_COUNT)) for step in (37, 91, 151))


PHOTODNA_TYPE = SignalType(
    number=6,
    name="photodna",
    title="PhotoDNA",
    aliases=("pdna", "photodnahash", "hashphotodna", "hashpdna"),
    byte_count=BYTE_COUNT,
    metric="squared",
    strength=0,
    radius_max=None,
    has_quality=False,
    flat=flat,
    flat_rows=flat_rows,
    distance=squared_difference,
    examples=examples,
)
