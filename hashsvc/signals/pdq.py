"""PDQ: 256 bits of a picture, and the codes of its mirrored and turned forms.

A code is the sign, against the median, of 16 × 16 cosine coefficients of the picture. Written down, its first bit is
coefficient (15, 15) and its last (0, 0): row (vertical frequency) times 16 plus column, counted from the end.
Gathered in `registry.py`; the orientations are called by `matching` for THOROUGH checks.

Source: Facebook, "The TMK+PDQF Video-Hashing Algorithm and the PDQ Image-Hashing Algorithm", 2019, sections 3 to 5,
and pdqhash 0.2.8, which the tests compare with.
"""

from __future__ import annotations

import numpy as np

from hashsvc import limits
from hashsvc.signals.values import Flags, Rows, SignalType, differing_bits

BYTE_COUNT = 32
ORIENTATION_COUNT = 8

# Coefficient k of PDQ has frequency k + 1, so those of even k are odd functions and change sign under a mirror.
_COLUMNS = np.packbits(np.tile(np.arange(16) % 2 == 1, 16))  # stream order is reversed: 15, 14, … 0
_ROWS = np.packbits(np.repeat(np.arange(16) % 2 == 1, 16))
_BOTH = _COLUMNS ^ _ROWS
_NONE = np.zeros(BYTE_COUNT, np.uint8)
# The order of enum Orientation, from AS_GIVEN. The first four are signs changed in the code itself …
_FORMS = (
    (_NONE, False),  # AS_GIVEN
    (_COLUMNS, False),  # MIRRORED: left and right swapped
    (_ROWS, False),  # FLIPPED: top and bottom swapped
    (_COLUMNS, True),  # ROTATED_90 clockwise: flipped, then transposed
    (_BOTH, False),  # ROTATED_180
    (_ROWS, True),  # ROTATED_270 clockwise: mirrored, then transposed
    (_NONE, True),  # TRANSPOSED
    (_BOTH, True),  # TRANSVERSED
)
_SIGNS = np.array([signs for signs, _ in _FORMS])
_SIGNS_FLAT = _SIGNS.reshape(-1)
_TRANSPOSED = np.array([transposed for _, transposed in _FORMS])
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
    result: Rows = np.frombuffer(forms, np.uint8) ^ _SIGNS_FLAT
    return result.reshape(ORIENTATION_COUNT, BYTE_COUNT)


def orientations_many(values: Rows) -> Rows:
    """Derive the eight forms of many codes: uint8[n, 32] → uint8[n, 8, 32]; each as `orientations` gives it."""
    bits = np.unpackbits(values, axis=1)
    turned = np.packbits(bits[:, _TRANSPOSITION], axis=1)
    forms = np.where(_TRANSPOSED[:, None], turned[:, None, :], values[:, None, :])
    forms ^= _SIGNS
    return forms


def flat(value: bytes) -> str | None:
    """Say why a code means nothing whatever its quality."""
    ones = int.from_bytes(value).bit_count()
    if not 96 <= ones <= 160:
        return "the PDQ is that of a flat picture (one colour or nearly)"
    return None


def flat_rows(values: Rows) -> Flags:
    """Tell for uint8[n, 32] which rows `flat` refuses."""
    ones = np.bitwise_count(values).sum(axis=1, dtype=np.uint16)
    result: Flags = (ones < 96) | (ones > 160)
    return result


def examples() -> tuple[bytes, ...]:
    """Give codes of innocuous pictures from the corpus (a wall, …)."""
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
