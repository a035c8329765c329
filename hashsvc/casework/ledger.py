"""The exposure ledger: what casework's events amount to, for the hotline and for each analyst. Pure.

Hand over all events, oldest first, from the beginning: a time is chosen by `since_us` and `until_us`, and what came
before it is still needed to tell a first viewing, or how long a report waited. Erased reports leave their events, so no
figure changes when they go. Days are UTC. Called by the server and by what exports for the welfare officer.

Viewings avoided are the hotline's alone. An item that nobody viewed was never anybody's: to share it out among the
analysts would invent a figure for each of them, and make the one who sees most look the most spared.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hashsvc.casework.effect import DayFigures, Effect, HotlineFigures
from hashsvc.casework.exposure import AnalystDay, AnalystFigures, Exposure
from hashsvc.casework.values import Event

MINUTE_US = 60_000_000
FOREVER_US = 1 << 62
WELFARE_COLUMNS = (
    "analyst", "day", "first_viewings", "later_viewings", "unended_viewings", "minutes", "opinions", "severity",
    "longest_run_minutes", "breaks",
)  # fmt: skip


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All of it. analysts: by name. days: those on which something happened, in order."""

    hotline: HotlineFigures
    analysts: tuple[AnalystFigures, ...]
    days: tuple[DayFigures, ...]


def figures_of(
    events: Iterable[Event], *, break_us: int, people_required: int, since_us: int = 0, until_us: int = FOREVER_US
) -> Figures:
    """Count what happened from since_us, inclusive, to until_us, exclusive.

    break_us: so long without viewing is a break. people_required: how many people a decision takes. Some 4 µs an event.
    """
    effect, exposure = Effect(), Exposure(break_us)
    for event in events:
        if event.time_us < until_us:
            effect.take(event, event.time_us >= since_us)
            exposure.take(event, event.time_us >= since_us)
    return Figures(hotline=effect.figures(people_required), analysts=exposure.figures(), days=effect.days())


def welfare_rows(
    events: Iterable[Event], *, break_us: int, since_us: int = 0, until_us: int = FOREVER_US
) -> list[dict[str, str | int | float]]:
    """One row an analyst and day, by WELFARE_COLUMNS, for a CSV file: no case, no report, nothing of what was seen."""
    exposure = Exposure(break_us)
    for event in events:
        if event.time_us < until_us:
            exposure.take(event, event.time_us >= since_us)
    return [_welfare_row(analyst.actor, day) for analyst in exposure.figures() for day in analyst.days]


def _welfare_row(actor: str, day: AnalystDay) -> dict[str, str | int | float]:
    values = (
        actor, day.day, day.first_viewings, day.later_viewings, day.unended_viewings, _minutes(day.looked_us),
        day.opinions, "; ".join(f"{count} × {label}" for label, count in day.severity), _minutes(day.longest_run_us),
        day.breaks,
    )  # fmt: skip
    return dict(zip(WELFARE_COLUMNS, values, strict=True))


def _minutes(time_us: int) -> float:
    return round(time_us / MINUTE_US, 1)
