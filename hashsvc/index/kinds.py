"""The kinds of near signals that the index knows, and how their bytes become rows of an array.

A kind is geometry only: how wide a row is, how distance is measured, how far a search may reach. What a distance means
is policy and lives in `matching`. A new kind with one of the two metrics is one line in `KINDS`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc import limits
from hashsvc.errors import InvalidArgument, InvariantError

HAMMING = "hamming"  # number of differing bits
SQUARES = "squares"  # sum of squared byte differences


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of near signal.

    name: as in limits and requests. number: as stored in segment files, never reused. metric: HAMMING or SQUARES.
    columns, dtype: shape and type of a row. radius_max: inclusive; in bits, or the sum of squares. build_radius: the
    radius that tables are planned for (every other radius is answered too, at another cost).
    """

    name: str
    number: int
    metric: str
    columns: int
    dtype: type[np.generic]
    radius_max: int
    build_radius: int

    @property
    def row_bytes(self) -> int:
        """Bytes of one row."""
        return self.columns * np.dtype(self.dtype).itemsize

    @property
    def bits(self) -> int:
        """Bits of one row."""
        return self.row_bytes * 8

    def check_rows(self, rows: NDArray[Any], what: str) -> None:
        """Raise InvariantError unless rows is a C-ordered [n, columns] array of the kind's dtype."""
        right = rows.ndim == 2 and rows.shape[1] == self.columns and rows.dtype == self.dtype
        if not (right and rows.flags.c_contiguous):
            raise InvariantError(
                f"{what} of kind {self.name} are {rows.dtype}{list(rows.shape)}; "
                f"they must be C-ordered {np.dtype(self.dtype).name}[n, {self.columns}]"
            )

    def check_radius(self, radius: int) -> None:
        """Raise InvalidArgument unless 0 <= radius <= radius_max."""
        if not 0 <= radius <= self.radius_max:
            raise InvalidArgument(
                "RADIUS_OUT_OF_RANGE",
                f"a search of kind {self.name} was asked for radius {radius}; it must be 0 to {self.radius_max}",
                field="radius",
            )


KINDS = {
    kind.name: kind
    for kind in (
        # 31 bits: the radius of the STANDARD effort (docs/design.md, Verdicts)
        Kind("pdq", 1, HAMMING, 4, np.uint64, limits.PDQ_RADIUS_MAX, 31),
        # 8 bits: between what is shown (4) and the most that may be asked (12)
        Kind("phash64", 2, HAMMING, 1, np.uint64, limits.PHASH64_RADIUS_MAX, 8),
        # the largest possible sum of squares; PhotoDNA's thresholds are not public, so no smaller bound is known
        Kind("photodna", 3, SQUARES, 144, np.uint8, 144 * 255 * 255, 0),
    )
}
NEAR_KINDS = tuple(KINDS)


def kind_named(name: str) -> Kind:
    """Give the kind of a name, or raise InvariantError."""
    if name not in KINDS:
        raise InvariantError(f"no near kind is called {name!r}; there are {', '.join(KINDS)}")
    return KINDS[name]


def codes_from_bytes(kind: str, packed: bytes | bytearray | memoryview) -> NDArray[Any]:
    """View fingerprints packed end to end as rows; nothing is copied.

    packed: n times the kind's width (pdq 32, phash64 8, photodna 144 bytes). Returns a read-only [n, columns] array
    that lives on packed's memory. Words are little-endian; a distance does not depend on their order, only on every
    row being packed alike. Raises InvariantError if packed is not a whole number of rows.
    """
    known = kind_named(kind)
    if len(packed) % known.row_bytes:
        raise InvariantError(f"{len(packed)} bytes are no whole number of {kind} rows of {known.row_bytes} bytes")
    rows = np.frombuffer(packed, dtype=np.dtype(known.dtype).newbyteorder("<"))
    rows.flags.writeable = False
    return rows.reshape(-1, known.columns)


def code_from_bytes(kind: str, fingerprint: bytes) -> NDArray[Any]:
    """View one fingerprint as a row [columns], as `codes_from_bytes` does. Raises InvariantError on a wrong length."""
    rows = codes_from_bytes(kind, fingerprint)
    if len(rows) != 1:
        raise InvariantError(f"{len(fingerprint)} bytes are not one {kind} fingerprint")
    row: NDArray[Any] = rows[0]
    return row
