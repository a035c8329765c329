"""Settings of casework for tests."""

from __future__ import annotations

from typing import NamedTuple

MINUTE_US = 60_000_000


class CaseworkSettings(NamedTuple):
    """As an operator would set it, with one senior."""

    source: str = "hotline"
    people_required: int = 2
    lease_us: int = 60 * MINUTE_US
    exposure_day_us: int = 4 * 60 * MINUTE_US
    exposure_run_us: int = 60 * MINUTE_US
    break_us: int = 10 * MINUTE_US
    seniors: frozenset[str] = frozenset({"sen"})
    regrade_share: float = 0.0


SETTINGS = CaseworkSettings()
