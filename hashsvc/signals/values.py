"""What a signal is, and what there is to know about its type.

Values and the contract of a type only; the types themselves stand in a file each and are gathered in `registry.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

import msgspec
import numpy as np
from numpy.typing import NDArray

UNKNOWN_QUALITY = 255  # as stored and as in the quality column of a bulk check
QUALITY_MIN = 50  # least PDQ quality that an entry may have; the threshold that PDQ's authors name

Rows = NDArray[np.uint8]
Flags = NDArray[np.bool_]


class UrlFacts(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What a URL signal says besides its value.

    scope: Scope, what it stands for. query_exact: its tracking parameters count. seen_live_us: when somebody saw the
    content there, 0: not said. embedded: of something that the checked item contains. Of a listed URL: written, the
    text as it was proposed; canon_version of the rules that made its value; suffix_list, YYYYMMDD, that guarded it.
    """

    scope: int = 1
    query_exact: bool = False
    seen_live_us: int = 0
    embedded: bool = False
    written: str = ""
    canon_version: int = 0
    suffix_list: str = ""


class Signal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One matchable value of one type, parsed and of the right length. quality: 0 to 100 or UNKNOWN_QUALITY.

    Of a URL, value is its text in UTF-8; once guarded for the list (`url_entries.listed_url`), a byte of row kind and
    then the canonical expression. url: for URLs only.
    """

    type: int
    value: bytes
    quality: int = UNKNOWN_QUALITY
    algorithm: str = ""
    url: UrlFacts | None = None


class Guard(Protocol):
    """Say why a value means nothing, or None. quality: 0 to 100 or UNKNOWN_QUALITY; types without one ignore it."""

    def __call__(self, value: bytes, quality: int = UNKNOWN_QUALITY) -> str | None: ...


class RowsGuard(Protocol):
    """The same for many: uint8[n, byte_count], rows contiguous, and uint8[n] or None (all unknown) → bool[n]."""

    def __call__(self, values: Rows, quality: Rows | None = None) -> Flags: ...


class SignalType(msgspec.Struct, frozen=True):
    """One type of signal.

    number: as on the wire (enum SignalType), never reused. name: its one spelling in this project.
    aliases: other people's spellings, as `spelling.plain_name` leaves them. byte_count: of every value; 0: it varies.
    metric: "equal", "hamming" (differing bits), "squared" (sum of squared byte differences), "expression" (URLs).
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

    @property
    def is_url(self) -> bool:
        """Say whether the type is a URL, compared by canonical expressions."""
        return self.metric == "expression"


def words_of(values: Rows) -> NDArray[np.uint32]:
    """View rows uint8[n, width] as little-endian uint32[n, width / 4], without a copy where rows are contiguous."""
    if values.strides[-1] != 1:
        values = np.ascontiguousarray(values)
    return values.view("<u4")


def differing_bits(a: bytes, b: bytes) -> int:
    """Count the bits in which two values of one length differ."""
    return (int.from_bytes(a) ^ int.from_bytes(b)).bit_count()
