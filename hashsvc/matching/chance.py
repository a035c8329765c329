"""How likely a match is by chance: listed signals that an unrelated query would meet, on average.

The PDQ curves are measured (`benchmarks/pdq_thresholds.py` writes `data/chance.json` and says how); those of the
64-bit pHash are arithmetic. Digests and PhotoDNA have none. Called once for each piece of evidence that is listed.
"""

from __future__ import annotations

from math import comb
from typing import Any

import msgspec

from hashsvc.errors import InvariantError
from hashsvc.signals import PDQ, PHASH64

NOT_GIVEN = (-1.0, "")
PHASH64_SOURCE = "arithmetic: 64 independent even bits; codes of real pictures meet more often"

PHASH64_SHARE = tuple(sum(comb(64, bits) for bits in range(distance + 1)) / 2.0**64 for distance in range(65))


class Curve(msgspec.Struct, frozen=True):
    """share[d]: upper bound of the share of listed signals within d of an unrelated query. source: for people."""

    share: tuple[float, ...]
    source: str


class Chance(msgspec.Struct, frozen=True):
    """The PDQ curves: as given; in the best of eight orientations; where a quality is below the policy's least."""

    as_given: Curve
    turned: Curve
    low_quality: Curve

    @classmethod
    def parse(cls, text: str) -> Chance:
        """Read the table that comes with hashsvc; a damaged one is a damaged installation (InvariantError)."""
        try:
            raw: dict[str, Any] = msgspec.json.decode(text)
            curves = msgspec.convert({name: raw["pdq"][name] for name in cls.__struct_fields__}, cls)
        except (msgspec.MsgspecError, KeyError, TypeError) as error:
            raise InvariantError(f"the chance table that comes with hashsvc cannot be read: {error}") from error
        for curve in (curves.as_given, curves.turned, curves.low_quality):
            if not curve.share or list(curve.share) != sorted(curve.share) or not 0 <= curve.share[-1] <= 1:
                raise InvariantError("a curve of the chance table that comes with hashsvc does not rise from 0 to 1")
        return curves

    def expected(
        self, type_number: int, distance: int, listed_count: int, *, turned: bool, low_quality: bool
    ) -> tuple[float, str]:
        """Give (expected count, source) for a match at a distance, or NOT_GIVEN. listed_count: of that type."""
        if type_number == PDQ:
            curve = self.low_quality if low_quality else self.turned if turned else self.as_given
            share = curve.share[distance] if distance < len(curve.share) else 1.0
            return share * listed_count, curve.source
        if type_number == PHASH64:
            return PHASH64_SHARE[distance] * listed_count, PHASH64_SOURCE
        return NOT_GIVEN
