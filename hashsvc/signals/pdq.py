"""PDQ: 256 bits of a picture, and the codes of its mirrored and turned forms.

A code is the sign, against the median, of 16 × 16 cosine coefficients of the picture. Written down, its first bit is
coefficient (15, 15) and its last (0, 0): row (vertical frequency) times 16 plus column, counted from the end.
Gathered in `registry.py`; the orientations are called by `matching` for THOROUGH checks.

Source: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019, and pdqhash 0.2.8,
which the order of bits was read from and the tests compare with.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hashsvc import limits
from hashsvc.signals.values import QUALITY_MIN, UNKNOWN_QUALITY, Flags, Rows, SignalType, differing_bits

BYTE_COUNT = 32
ORIENTATION_COUNT = 8

# Bounds of `flat`; the measurements stand there.
ONES_CORE_MIN, ONES_CORE_MAX = 64, 192  # of 256 bits; beyond, no quality vouches for a code
ONES_MIN, ONES_FEW, ONES_MAX = 88, 104, 168  # of 256 bits
DIFFERENT_ROWS_FEW, DIFFERENT_ROWS_STRIPES = 10, 4  # of 16
CHANGES_MAX = 60  # of 448 neighbours two apart, along rows and columns; 224 in a random code
FIRST_ROWS_CHANGES_MAX = 8  # of the 48 along the first four rows, within a byte; cheap to test first
BLOCK_ROWS = 16_384  # looked at together, so that what is between stays in the cache: 7 ns a row, a million at once 14
_TWO_COLUMNS_APART = int("3fff" * 16, 16)
_TWO_APART_IN_BYTES = 0x3F3F_3F3F_3F3F_3F3F  # the same whatever the order of bytes
_TWO_ROWS_APART = (1 << 224) - 1

# Coefficient k of PDQ has frequency k + 1, so those of even k are odd functions and change sign under a mirror.
_COLUMNS = np.packbits(np.tile(np.arange(16) % 2 == 1, 16))  # stream order is reversed: 15, 14, … 0
_ROWS = np.packbits(np.repeat(np.arange(16) % 2 == 1, 16))
_BOTH = _COLUMNS ^ _ROWS
_NONE = np.zeros(BYTE_COUNT, np.uint8)
# In the order of enum Orientation: which signs to change, and whether in the transposed code.
_FORMS = (
    (_NONE, False),  # AS_GIVEN
    (_COLUMNS, False),  # MIRRORED: left and right swapped
    (_ROWS, False),  # FLIPPED: top and bottom swapped
    (_COLUMNS, True),  # ROTATED_90, clockwise: flipped, then transposed
    (_BOTH, False),  # ROTATED_180
    (_ROWS, True),  # ROTATED_270, clockwise: mirrored, then transposed
    (_NONE, True),  # TRANSPOSED: on the diagonal from top left
    (_BOTH, True),  # TRANSVERSED: on the other
)
_SIGNS = np.array([signs for signs, _ in _FORMS])
_SIGNS_END_TO_END = _SIGNS.reshape(-1)
_FORM_TRANSPOSED = np.array([transposed for _, transposed in _FORMS])
_TRANSPOSITION = np.arange(256).reshape(16, 16).T.reshape(-1)


def orientations(value: bytes) -> Rows:
    """Derive the codes of a picture's eight forms from its own.

    Returns uint8[8, 32]; row k is the code that the picture would have after Orientation k + 1 was done to it. So if
    row k of a query meets a listed code, the query's picture must be turned by Orientation k + 1 to be the listed one.
    Approximate: the median of the changed coefficients is not quite the old one.
    """
    bits = np.unpackbits(np.frombuffer(value, np.uint8))
    turned = np.packbits(bits[_TRANSPOSITION]).tobytes()
    forms = b"".join((value, value, value, turned, value, turned, turned, turned))
    result: Rows = np.frombuffer(forms, np.uint8) ^ _SIGNS_END_TO_END
    return result.reshape(ORIENTATION_COUNT, BYTE_COUNT)


def orientations_many(values: Rows) -> Rows:
    """Derive the eight forms of many codes: uint8[n, 32] → uint8[n, 8, 32]; each as `orientations` gives it."""
    bits = np.unpackbits(values, axis=1)
    matrices = bits.reshape(-1, 16, 16)
    turned = np.packbits(matrices.transpose(0, 2, 1).reshape(-1, 256), axis=1)
    forms = np.where(_FORM_TRANSPOSED[:, None], turned[:, None, :], values[:, None, :])
    forms ^= _SIGNS
    return forms


def flat(value: bytes, quality: int = UNKNOWN_QUALITY) -> str | None:
    """Say why a code means nothing, or None. quality: 0 to 100 or UNKNOWN_QUALITY.

    The core, whatever the quality: fewer than 64 ones or more than 192. The median makes half of the bits one; of the
    19,587 corpus codes of quality 50 and more (data/README.md) the fewest have 91, of 228 drawn pictures of that
    quality (discs, boxes, stripes and the like in two greys; pdqhash 0.2.8) 66. It refuses 347 of the corpus' 439 codes
    of quality 0: one colour, rounding noise.

    Heuristics, unless the quality is known to be 50 or more, which says better that there is a picture:

    - Far off half (74, 80, … ones) is a picture of one colour; so is somewhat off, with few different rows. Random
      codes are five standard deviations inside the bounds.
    - Signs that hardly change from one coefficient to the next but one: a gradient, or a frame round nothing.
    - First rows like that and hardly any different rows: stripes, or one colour again.

    Together they refuse 96 % of 1,500 pictures of one random colour and size (the core alone 12 %) and 90 % of the
    corpus' codes of quality 0. Were they asked of known good quality too, they would refuse 45 of 19,587, real
    pictures all: that was a missed match each. The price of not asking: a list that states good qualities which it
    did not measure gets its codes of one colour listed, and those meet one another.
    """
    code = int.from_bytes(value)
    ones = code.bit_count()
    if not ONES_CORE_MIN <= ones <= ONES_CORE_MAX:
        return f"the PDQ has {ones} of 256 bits set; a picture's has about half, whatever its quality"
    if QUALITY_MIN <= quality != UNKNOWN_QUALITY:
        return None
    if not ONES_MIN <= ones <= ONES_MAX or (ones < ONES_FEW and _different_rows(value) <= DIFFERENT_ROWS_FEW):
        return _unvouched(f"the PDQ has {ones} of 256 bits set, a picture's about half", quality)
    if ((code ^ code >> 2) >> 192 & _TWO_APART_IN_BYTES).bit_count() > FIRST_ROWS_CHANGES_MAX:
        return None
    if (different_rows := _different_rows(value)) <= DIFFERENT_ROWS_STRIPES:
        return _unvouched(f"the PDQ has {different_rows} different rows of 16, as plain stripes give", quality)
    changes = ((code ^ code >> 2) & _TWO_COLUMNS_APART).bit_count() + (
        (code ^ code >> 32) & _TWO_ROWS_APART
    ).bit_count()
    if changes > CHANGES_MAX:
        return None
    return _unvouched("the bits of the PDQ hardly change, as a plain gradient or a frame round nothing gives", quality)


def _unvouched(what: str, quality: int) -> str:
    """Say what a code looks like and which quality would have vouched for it."""
    found = "unknown" if quality == UNKNOWN_QUALITY else str(quality)
    return f"{what}; its quality is {found}, and {QUALITY_MIN} or more would vouch for it"


def flat_rows(values: Rows, quality: Rows | None = None) -> Flags:
    """Tell for uint8[n, 32] which rows `flat` refuses. quality: uint8[n], or None: all unknown.

    A cheap necessary condition is tested on all rows, the whole one on the one in a hundred that meets it.
    """
    if values.strides[-1] != 1:
        values = np.ascontiguousarray(values)
    result = np.empty(len(values), np.bool_)
    for start in range(0, len(values), BLOCK_ROWS):
        block = slice(start, start + BLOCK_ROWS)
        result[block] = _suspects(values[block])
    suspects = np.flatnonzero(result)
    for start in range(0, len(suspects), BLOCK_ROWS):
        rows = suspects[start : start + BLOCK_ROWS]
        result[rows] = _flat_suspects(values[rows], None if quality is None else quality[rows])
    return result


def _suspects(values: Rows) -> Flags:
    """Tell which rows have few or many ones, or smooth first rows: all flat ones are among them."""
    result: Flags = _ones(values) - np.uint32(ONES_FEW) > ONES_MAX - ONES_FEW
    result |= _smooth(values)
    return result


def _flat_suspects(values: Rows, quality: Rows | None) -> Flags:
    """Tell which of the suspects are flat: by the core all, by the heuristics those for which no quality vouches."""
    ones = _ones(values)
    result: Flags = (ones < ONES_CORE_MIN) | (ones > ONES_CORE_MAX)
    asked = ~result
    if quality is not None:
        asked &= (quality < QUALITY_MIN) | (quality == UNKNOWN_QUALITY)
    rows = np.flatnonzero(asked)
    if len(rows):
        result[rows] = _looks_flat(values[rows], ones[rows], _smooth(values[rows]))
    return result


def _looks_flat(values: Rows, ones: NDArray[np.uint32], smooth: Flags) -> Flags:
    """Ask the heuristics, of suspects only. smooth: as `_smooth` says."""
    result: Flags = (ones < ONES_MIN) | (ones > ONES_MAX)
    rows = np.sort(values.view(np.uint16), axis=1)
    different_rows = 1 + (rows[:, 1:] != rows[:, :-1]).sum(axis=1)
    result |= (ones < ONES_FEW) & (different_rows <= DIFFERENT_ROWS_FEW)
    result |= smooth & (different_rows <= DIFFERENT_ROWS_STRIPES)
    smooth_rows = np.flatnonzero(smooth & ~result)
    matrices = np.unpackbits(values[smooth_rows], axis=1).reshape(-1, 16, 16)
    columns_apart = (matrices[:, :, 2:] ^ matrices[:, :, :-2]).sum(axis=(1, 2))
    rows_apart = (matrices[:, 2:] ^ matrices[:, :-2]).sum(axis=(1, 2))
    result[smooth_rows] = columns_apart + rows_apart <= CHANGES_MAX
    return result


def _ones(values: Rows) -> NDArray[np.uint32]:
    """Count the ones of contiguous rows, modulo 256: a row of 256 ones counts 0, which is as flat."""
    counts = np.bitwise_count(values.view(np.uint64)).view(np.uint32)[:, 0]  # four counts of at most 64, one a byte
    result: NDArray[np.uint32] = (counts * np.uint32(0x0101_0101)) >> np.uint32(24)
    return result


def _smooth(values: Rows) -> Flags:
    """Tell which of contiguous rows hardly change along the first four rows of their matrix."""
    first = values.view(np.uint64)[:, 0]
    changes = np.bitwise_count((first ^ (first >> np.uint64(2))) & np.uint64(_TWO_APART_IN_BYTES))
    result: Flags = changes <= FIRST_ROWS_CHANGES_MAX
    return result


def _different_rows(value: bytes) -> int:
    """Count how many of the 16 rows of the matrix differ from one another."""
    return len({value[start : start + 2] for start in range(0, BYTE_COUNT, 2)})


def examples() -> tuple[bytes, ...]:
    """Give codes of innocuous pictures from the corpus in data/: a wall and two others."""
    texts = (
        "2bb620df28bf93e92a464c96aed5c2cc1a5bb13b313ea1ed39907c12cee44ec4",
        "8656d139f8d9ef2c379610ef0d0306c00371c19af871ff09af9d926c48bea0ef",
    )
    return tuple(bytes.fromhex(text) for text in texts)


PDQ_TYPE = SignalType(
    number=4,
    name="pdq",
    title="PDQ",
    aliases=("pdqhash", "hashpdq", "imagepdq", "pdq256"),
    byte_count=BYTE_COUNT,
    metric="hamming",
    strength=0,
    radius_max=limits.PDQ_RADIUS_MAX,
    has_quality=True,
    flat=flat,
    flat_rows=flat_rows,
    distance=differing_bits,
    examples=examples,
)
