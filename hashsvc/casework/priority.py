"""Which case comes first: self-referrals, then the youngest, the gravest, the most reported, the oldest."""

from __future__ import annotations

import struct
from collections.abc import Sequence

from hashsvc.casework.values import Case
from hashsvc.categories import AGE_BANDS, SEVERITIES

REPORTS_MAX = 999  # counted no further
_KEY = struct.Struct(">IQQ")
_WORST = 0xFFFF_FFFF


def score(case: Case) -> int:
    """How urgent a case is; more is more urgent."""
    age = len(AGE_BANDS) - AGE_BANDS.index(case.age_hint) if case.age_hint in AGE_BANDS else 0
    severity = len(SEVERITIES) - SEVERITIES.index(case.severity_hint) if case.severity_hint in SEVERITIES else 0
    reports = min(case.report_count, REPORTS_MAX)
    return case.self_referral * 1_000_000 + age * 100_000 + severity * 10_000 + reports


def more_urgent(one: str, other: str, order: Sequence[str]) -> str:
    """Of two hints the one that comes first in the order; an unknown one only where there is no other."""
    known = [hint for hint in (one, other) if hint in order]
    return min(known, key=order.index) if known else one or other


def queue_key(case: Case) -> bytes:
    """The key under which a case stands in the queue: the most urgent first, then the oldest."""
    return _KEY.pack(_WORST - score(case), case.opened_us, case.number)


def opened_us_of(key: bytes) -> int:
    """When the case that a queue key is of opened."""
    return int(_KEY.unpack(key)[1])


def after_urgency(key: bytes) -> bytes | None:
    """Where in the queue those begin that are less urgent than a key's case; None: none can be."""
    place = int(_KEY.unpack(key)[0])
    return _KEY.pack(place + 1, 0, 0) if place < _WORST else None


def case_of(key: bytes) -> int:
    """The number of the case that a queue key is of."""
    return int(_KEY.unpack(key)[2])
