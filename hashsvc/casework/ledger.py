"""The exposure ledger: what casework's events amount to, for the hotline and for each analyst. Pure.

Hand over all events, oldest first, from the beginning: a time is chosen by `since_us` and `until_us`, and what came
before it is still needed to tell a first viewing, or how long a report waited. Erased reports leave their events, so no
figure changes when they go. Days are UTC.

Viewings avoided are the hotline's alone. An item that nobody viewed was never anybody's: to share it out among the
analysts would invent a figure for each of them, and make the one who sees most look the most spared.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from hashsvc.casework.effect import DayFigures, Effect, HotlineFigures
from hashsvc.casework.exposure import AnalystFigures, Exposure
from hashsvc.casework.values import Event

FOREVER_US = 1 << 62


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
