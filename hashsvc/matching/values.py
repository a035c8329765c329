"""Matching's values: what a check is asked and what it answers. Frozen structs; numbers are the wire's."""

from __future__ import annotations

from enum import IntEnum

import msgspec
import numpy as np
from numpy.typing import NDArray

from hashsvc.hashlist.values import UNKNOWN_QUALITY


class Effort(IntEnum):
    STANDARD = 1
    THOROUGH = 2


class Verdict(IntEnum):
    UNCHECKED = 0
    KNOWN = 1
    LIKELY = 2
    PENDING = 3
    NEW = 4


class Orientation(IntEnum):
    UNSPECIFIED = 0
    AS_GIVEN = 1
    MIRRORED = 2
    FLIPPED = 3
    ROTATED_90 = 4
    ROTATED_180 = 5
    ROTATED_270 = 6
    TRANSPOSED = 7
    TRANSVERSED = 8


class Cap(IntEnum):
    QUERY_QUALITY = 1
    LISTED_QUALITY = 2
    ORIENTATION = 3
    CONTRADICTING_DIGESTS = 4
    DISPUTED = 5
    TYPE = 6
    LOOSE_URL = 7
    NOT_SEEN_LIVE = 8
    EMBEDDED = 9
    TRACKING = 10
    SHARED_HOST = 11


class UrlForm(IntEnum):
    """How a caller made an expression of its URL."""

    UNSPECIFIED = 0
    AS_WRITTEN = 1
    STRIPPED = 2
    LOOSE = 3


class Evidence(msgspec.Struct, frozen=True, gc=False):
    """One signal of one entry that the item met. signal: its type. query_index: which of the item's signals met it.

    Made with names: what a match has nothing to say of is left out. Qualities: 255 = unknown. chance < 0: not given.
    url_scope: Scope of a listed URL, else 0. url_how: how the URLs met, STRICT, STRIPPED or LOOSE; url_age_us: since
    the listed one had been seen live; both -1 for others.
    """

    entry_id: bytes
    entry_sequence: int
    signal: int
    query_index: int
    state: int
    verdict: int
    caps: tuple[int, ...]
    distance_bits: int = 0
    distance_squared: int = 0
    orientation: int = 0
    query_quality: int = UNKNOWN_QUALITY
    listed_quality: int = UNKNOWN_QUALITY
    chance: float = -1.0
    chance_source: str = ""
    url_scope: int = 0
    url_how: int = -1
    url_age_us: int = -1


class Problem(msgspec.Struct, frozen=True):
    """Something wrong with one signal or item; the rest was answered."""

    item: int
    field: str
    reason: str
    message: str


class Answer(msgspec.Struct, frozen=True):
    """The answer about one item. evidence: best first. truncated: there is more than is listed."""

    verdict: int
    evidence: tuple[Evidence, ...]
    truncated: bool
    problems: tuple[Problem, ...] = ()


class BatchAnswer(msgspec.Struct, frozen=True):
    """The answer about many items. hits: (item, answer), ascending, only items that are not NEW."""

    hits: list[tuple[int, Answer]]
    problems: list[Problem]


class PrefixMatch(msgspec.Struct, frozen=True):
    """A listed hash that begins with a prefix asked for. url_scope, url_form: 0 for digests."""

    hash: bytes
    verdict: int
    url_scope: int
    url_form: int
    entry_id: bytes


class Column(msgspec.Struct, frozen=True):
    """A column of a bulk check: fixed-width values of one type at fixed positions.

    values: uint8[item_count, width], C-order, read-only, zero-copy over the request. present: bool[item_count] or
    None for all. quality: uint8[item_count] or None (PDQ only; 255 = unknown).
    """

    type: int
    values: NDArray[np.uint8]
    present: NDArray[np.bool_] | None = None
    quality: NDArray[np.uint8] | None = None
