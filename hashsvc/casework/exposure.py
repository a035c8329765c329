"""What each analyst was exposed to, by day, from casework's events: viewings, time, opinions, runs and breaks. Pure.

Days are UTC. The hotline's side is effect.py, both together ledger.py. The limits themselves are leases.py's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import TypeAlias

import msgspec

from hashsvc.casework.values import Event, EventKind, Opinion

DAY_US = 24 * 3_600_000_000
NOT_ILLEGAL = "not illegal"
NO_CATEGORY = "no category"  # illegal, and the opinion names no scheme; or noted before events had a label

_FIRST_DAY = date(1970, 1, 1).toordinal()

Mix: TypeAlias = tuple[tuple[str, int], ...]  # (label, count), sorted by label


class AnalystDay(msgspec.Struct, frozen=True, kw_only=True):
    """A day of one analyst. first_viewings: of a case this person had not taken before; later_viewings: the others.

    unended_viewings: of those, with no end noted: still under way, or the claim ran out; their time is not counted.
    looked_us: of viewings that ended on that day, whole, as the daily limit counts it.
    longest_run_us: the most viewing that was reached on that day without a break in it. breaks: taken between viewings.
    """

    day: str
    first_viewings: int
    later_viewings: int
    unended_viewings: int
    looked_us: int
    opinions: int
    severity: Mix
    longest_run_us: int
    breaks: int


class AnalystFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One analyst over the whole time, and by day. most_looked_us: on the day with the most."""

    actor: str
    first_viewings: int
    later_viewings: int
    unended_viewings: int
    looked_us: int
    most_looked_us: int
    opinions: int
    severity: Mix
    longest_run_us: int
    days: tuple[AnalystDay, ...]


def severity_label(opinion: Opinion) -> str:
    """What the ledger keeps of an opinion: its first classification as "scheme=value", or that it is not illegal."""
    if not opinion.is_illegal:
        return NOT_ILLEGAL
    return next((f"{scheme}={value}" for scheme, value in opinion.classifications), NO_CATEGORY)


def day_of(time_us: int) -> str:
    """The UTC day of a time: 2026-03-01."""
    return date.fromordinal(_FIRST_DAY + time_us // DAY_US).isoformat()


@dataclass(slots=True)
class _Day:
    first: int = 0
    later: int = 0
    unended: int = 0
    looked_us: int = 0
    opinions: int = 0
    severity: Counter[str] = field(default_factory=Counter)
    longest_run_us: int = 0
    breaks: int = 0


@dataclass(slots=True)
class _Run:
    """Viewing without a break, up to when the last one ended."""

    end_us: int
    looked_us: int


class Exposure:
    """Takes events and counts for each analyst and day."""

    def __init__(self, break_us: int) -> None:
        self._break_us = break_us
        self._days: dict[tuple[str, int], _Day] = {}  # actor, days since 1970
        self._taken: set[tuple[str, int]] = set()
        self._under_way: dict[tuple[str, int], _Day] = {}  # (actor, case): the day that counts the viewing
        self._runs: dict[str, _Run] = {}

    def take(self, event: Event, within: bool) -> None:
        """Take one event. within: it counts; otherwise it is only remembered."""
        key = (event.actor, event.case)
        if event.kind == EventKind.CASE_CLAIMED:
            day = self._day_of(event, within)
            if key in self._under_way:
                self._under_way[key].unended += 1
            self._under_way[key] = day
            day.first += key not in self._taken
            day.later += key in self._taken
            self._taken.add(key)
        elif event.kind in (EventKind.CASE_ASSESSED, EventKind.CASE_RELEASED):
            day = self._day_of(event, within)
            self._under_way.pop(key, None)
            self._look(event, day)
            if event.kind == EventKind.CASE_ASSESSED:
                day.opinions += 1
                day.severity[event.label or NO_CATEGORY] += 1

    def _day_of(self, event: Event, within: bool) -> _Day:
        """The day that an event counts for; one that is thrown away where it does not."""
        return self._days.setdefault((event.actor, event.time_us // DAY_US), _Day()) if within else _Day()

    def _look(self, event: Event, day: _Day) -> None:
        """A viewing ended. Runs go on over midnight; the gap is counted as the limit on runs counts it."""
        day.looked_us += event.value
        run = self._runs.setdefault(event.actor, _Run(event.time_us - event.value, 0))
        if event.time_us - event.value - run.end_us >= self._break_us:
            day.breaks += run.end_us // DAY_US == (event.time_us - event.value) // DAY_US
            run.looked_us = 0
        run.looked_us += event.value
        run.end_us = max(run.end_us, event.time_us)
        day.longest_run_us = max(day.longest_run_us, run.looked_us)

    def figures(self) -> tuple[AnalystFigures, ...]:
        unended = Counter(id(day) for day in self._under_way.values())
        days: dict[str, list[AnalystDay]] = {}
        for (actor, number), day in sorted(self._days.items(), key=lambda item: item[0]):
            days.setdefault(actor, []).append(
                AnalystDay(
                    day=day_of(number * DAY_US),
                    first_viewings=day.first,
                    later_viewings=day.later,
                    unended_viewings=day.unended + unended[id(day)],
                    looked_us=day.looked_us,
                    opinions=day.opinions,
                    severity=_mix(day.severity),
                    longest_run_us=day.longest_run_us,
                    breaks=day.breaks,
                )
            )
        return tuple(_analyst(actor, mine) for actor, mine in days.items())


def _analyst(actor: str, days: Sequence[AnalystDay]) -> AnalystFigures:
    severity: Counter[str] = Counter()
    for day in days:
        severity.update(dict(day.severity))
    return AnalystFigures(
        actor=actor,
        first_viewings=sum(day.first_viewings for day in days),
        later_viewings=sum(day.later_viewings for day in days),
        unended_viewings=sum(day.unended_viewings for day in days),
        looked_us=sum(day.looked_us for day in days),
        most_looked_us=max(day.looked_us for day in days),
        opinions=sum(day.opinions for day in days),
        severity=_mix(severity),
        longest_run_us=max(day.longest_run_us for day in days),
        days=tuple(days),
    )


def _mix(counter: Counter[str]) -> Mix:
    return tuple(sorted(counter.items()))
