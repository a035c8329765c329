"""What a signal is, and what there is to know about its type.

Values and the contract of a type only; the types themselves stand in a file each and are gathered in `registry.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

UNKNOWN_QUALITY = 255  # as stored and as in the quality column of a bulk check
QUALITY_MIN = 50  # least PDQ quality that an entry may have; the threshold that PDQ's authors name

Rows = NDArray[np.uint8]
Flags = NDArray[np.bool_]


class Signal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One matchable value of one type, parsed and of the right length. quality: 0 to 100 or UNKNOWN_QUALITY."""

    type: int
    value: bytes
    quality: int = UNKNOWN_QUALITY
    algorithm: str = ""


class Guard(Protocol):
    """Say why a value means nothing, or None. quality: 0 to 100 or UNKNOWN_QUALITY; types without one ignore it."""

    def __call__(self, value: bytes, quality: int = UNKNOWN_QUALITY) -> str | None: ...


class RowsGuard(Protocol):
    """The same for many: uint8[n, byte_count], rows contiguous, and uint8[n] or None (all unknown) → bool[n]."""

    def __call__(self, values: Rows, quality: Rows | None = None) -> Flags: ...


@dataclass(frozen=True, slots=True)
class SignalType:
    """One type of signal.

    number: as on the wire (enum SignalType), never reused. name: its one spelling in this project.
    aliases: other people's spellings, as `spelling.plain_name` leaves them. byte_count: length of every value.
    metric: "equal", "hamming" (differing bits) or "squared" (sum of squared byte differences).
    strength: for identity, the strongest digest that an entry has names it; 0: cannot name an entry.
    radius_max: the widest search, inclusive, in the metric's unit; None: bounded by policy only.

    flat: the message why a value is neither listed nor searched, or None. flat_rows: the same for many. distance:
    between two values, slow and obvious, for tests and for the evidence of one match. examples: innocuous values for
    tests and docs.
    """

    number: int
    name: str
    title: str
    aliases: tuple[str, ...]
    byte_count: int
    metric: str
    strength: int
    radius_max: int | None
    has_quality: bool
    flat: Guard
    flat_rows: RowsGuard
    distance: Callable[[bytes, bytes], int]
    examples: Callable[[], tuple[bytes, ...]]

    @property
    def is_digest(self) -> bool:
        """Say whether the type is a cryptographic digest, equal only for equal bytes."""
        return self.metric == "equal"


def words_of(values: Rows) -> NDArray[np.uint32]:
    """View rows uint8[n, width] as little-endian uint32[n, width / 4], without a copy where rows are contiguous."""
    if values.strides[-1] != 1:
        values = np.ascontiguousarray(values)
    return values.view("<u4")


def differing_bits(a: bytes, b: bytes) -> int:
    """Count the bits in which two values of one length differ."""
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()
