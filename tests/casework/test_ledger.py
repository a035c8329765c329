"""The exposure ledger: its figures are what happened, by whom and on which day, whatever was erased or reopened since.

`World` plays a hotline and writes the events that casework writes; what is expected is counted from what it remembers
of items and viewings, never from the events.
"""

from __future__ import annotations

import csv
import io
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple, cast

from hypothesis import given
from hypothesis import strategies as st

from hashsvc.casework.desks import Casework
from hashsvc.casework.exposure import NO_CATEGORY, NOT_ILLEGAL, AnalystFigures, day_of, severity_label
from hashsvc.casework.ledger import Figures, figures_of
from hashsvc.casework.values import Event, EventKind, NewItem, NewReport, Opinion
from hashsvc.cli.effect import ANALYST_COLUMNS, analyst_rows
from hashsvc.client.case_values import EffectResult
from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.matching.current import CurrentPolicy
from hashsvc.signals import SHA256, Signal
from tests.casework.submitting import submit

MINUTE = 60_000_000
DAY = 24 * 60 * MINUTE
BREAK = 10 * MINUTE
START = 20_000 * DAY  # 2024-10-04
PEOPLE = ("ann", "bob", "cleo")
LABELS = ("uk_abc=A", "uk_abc=C", NOT_ILLEGAL)


def count(events: list[Event], since_us: int = 0, until_us: int = 1 << 62) -> Figures:
    return figures_of(events, break_us=BREAK, people_required=2, since_us=since_us, until_us=until_us)


def rows_of(figures: Figures) -> list[dict[str, Any]]:
    """The welfare officer's rows. The client's figures are named as the ledger's."""
    return list(analyst_rows(cast(EffectResult, figures)))


def only(events: list[Event]) -> AnalystFigures:
    (analyst,) = count(events).analysts
    return analyst


# ---------------------------------------------------------------- a hotline that remembers


@dataclass
class Thing:
    """An item. viewed: somebody took the case that it opened."""

    report: int
    case: int
    arrival: str
    viewed: bool = False
    open: bool = True


@dataclass
class Viewing:
    actor: str
    case: int
    begin: int
    end: int | None = None
    label: str | None = None


@dataclass
class World:
    """Does what casework does, as far as the ledger can tell, with random choices handed in."""

    now: int = START
    events: list[Event] = field(default_factory=list)
    things: list[Thing] = field(default_factory=list)
    received: dict[int, int] = field(default_factory=dict)
    closed: dict[int, tuple[int, bool]] = field(default_factory=dict)  # report: when, without any of its items viewed
    opened: dict[int, int] = field(default_factory=dict)
    opener: dict[int, Thing] = field(default_factory=dict)
    live: list[int] = field(default_factory=list)
    held: dict[int, Viewing] = field(default_factory=dict)
    viewings: list[Viewing] = field(default_factory=list)
    unviewed: list[int] = field(default_factory=list)  # when an item closed that nobody had viewed
    listed: dict[int, int] = field(default_factory=dict)
    reopened: int = 0
    erased: int = 0

    def note(self, kind: EventKind, actor: str = "", case: int = 0, report: int = 0, value: int = 0, label: str = ""):
        self.events.append(Event(self.now, kind, actor, case, report, value, label))

    def submit(self, a: int, b: int) -> None:
        number = len(self.received) + 1
        self.received[number] = self.now
        items = a % 3 + 1
        self.note(EventKind.REPORT_RECEIVED, report=number, value=items)
        for i in range(items):
            if b >> i & 3 == 0:
                self.things.append(Thing(number, 0, "known", open=False))
                self.unviewed.append(self.now)
                self.note(EventKind.ITEM_KNOWN, report=number)
            else:
                thing = Thing(number, 0, "")
                self.things.append(thing)
                thing.arrival = self._to_case(thing, a + b + i)
        self._close_report(number)

    def _to_case(self, thing: Thing, choice: int) -> str:
        if self.live and choice % 3:
            thing.case = self.live[choice % len(self.live)]
            self.note(EventKind.ITEM_JOINED, case=thing.case, report=thing.report)
            return "joined"
        thing.case = len(self.opened) + 1
        self.opened[thing.case] = self.now
        self.opener[thing.case] = thing
        self.live.append(thing.case)
        self.note(EventKind.CASE_OPENED, case=thing.case, report=thing.report)
        return "new"

    def _close_report(self, number: int) -> None:
        mine = [thing for thing in self.things if thing.report == number]
        if not any(thing.open for thing in mine):
            self.closed[number] = (self.now, not any(thing.viewed for thing in mine))
            self.note(EventKind.REPORT_CLOSED, report=number)

    def _close(self, thing: Thing) -> None:
        thing.open = False
        if not thing.viewed:
            self.unviewed.append(self.now)
        self._close_report(thing.report)

    def claim(self, a: int, b: int) -> None:
        if not self.live:
            return
        case, actor = self.live[a % len(self.live)], PEOPLE[b % 3]
        holder = self.held.get(case)
        if holder is not None and b % 2:
            return  # somebody holds it; otherwise that claim has run out
        self.held[case] = Viewing(actor, case, self.now)
        self.viewings.append(self.held[case])
        self.opener[case].viewed = True
        self.note(EventKind.CASE_CLAIMED, actor, case, value=1)

    def end(self, a: int, b: int) -> None:
        if not self.held:
            return
        viewing = self.held.pop(list(self.held)[a % len(self.held)])
        viewing.end = self.now
        value = self.now - viewing.begin
        if b % 4 == 0:
            self.note(EventKind.CASE_RELEASED, viewing.actor, viewing.case, value=value)
            return
        viewing.label = LABELS[b % 3]
        self.note(EventKind.CASE_ASSESSED, viewing.actor, viewing.case, value=value, label=viewing.label)

    def decide(self, a: int, b: int) -> None:
        """List a case that was viewed, or close it as not illegal; some of what only joined it moves on."""
        ready = [case for case in self.live if self.opener[case].viewed and self.opener[case].open]
        if not ready:
            return
        case = ready[a % len(ready)]
        self.live.remove(case)
        self.held.pop(case, None)
        mine = [thing for thing in self.things if thing.case == case and thing.open]
        stay = [thing for i, thing in enumerate(mine) if thing is self.opener[case] or (b >> i) & 1]
        for thing in stay:
            self._close(thing)
        for i, thing in enumerate(mine):
            if thing not in stay:
                self._to_case(thing, b + i)
        if b % 3:
            self.listed[case] = self.now
        self.note(EventKind.CASE_LISTED if b % 3 else EventKind.CASE_NOT_ILLEGAL, case=case, value=len(stay))

    def known_later(self, a: int, b: int) -> None:
        """An item in an open case becomes known by what was listed elsewhere."""
        waiting = [thing for thing in self.things if thing.open and thing.case in self.live]
        if not waiting:
            return
        thing = waiting[a % len(waiting)]
        self._close(thing)
        self.note(EventKind.ITEM_CLOSED_BY_LISTING, case=thing.case, report=thing.report)
        if not any(other.open for other in self.things if other.case == thing.case):
            self.live.remove(thing.case)
            self.held.pop(thing.case, None)

    def reopen(self, a: int, b: int) -> None:
        shut = [thing for thing in self.things if not thing.open]
        if not shut:
            return
        thing = shut[a % len(shut)]
        thing.open = True
        self.closed.pop(thing.report, None)
        self._to_case(thing, b)
        self.reopened += 1
        self.note(EventKind.ITEM_REOPENED, case=thing.case, report=thing.report)

    def erase(self, a: int, b: int) -> None:
        self.erased += 1
        self.note(EventKind.REPORT_ERASED, report=a % (len(self.received) + 1))


class Step(NamedTuple):
    action: str
    a: int
    b: int
    wait: int


ACTIONS = ("submit", "submit", "claim", "claim", "end", "end", "decide", "known_later", "reopen", "erase")
WAITS = (0, 1, MINUTE, BREAK - 1, BREAK, 25 * MINUTE, 9 * 60 * MINUTE, DAY)
STEPS = st.lists(
    st.builds(Step, st.sampled_from(ACTIONS), st.integers(0, 1 << 16), st.integers(0, 1 << 16), st.sampled_from(WAITS)),
    max_size=60,
)


def play(steps: list[Step]) -> World:
    world = World()
    for step in steps:
        world.now += step.wait
        getattr(world, step.action)(step.a, step.b)
    return world


# ---------------------------------------------------------------- the hotline


@given(STEPS)
def test_the_hotlines_figures_are_what_happened(steps: list[Step]) -> None:
    """Reports, items, cases and times are counted as they were, and what nobody viewed is never overstated."""
    world = play(steps)
    found = count(world.events).hotline
    arrivals = Counter(thing.arrival for thing in world.things)
    waits = [when - world.received[number] for number, (when, _) in world.closed.items()]
    listed = [when - world.opened[case] for case, when in world.listed.items()]
    assert (found.items_known, found.items_joined, found.items_new) == (
        arrivals["known"], arrivals["joined"], arrivals["new"],
    )  # fmt: skip
    assert found.items_received == len(world.things)
    assert found.reports_received == len(world.received)
    assert found.reports_closed == len(world.closed)
    assert found.reports_erased == world.erased
    assert found.items_reopened == world.reopened
    assert found.cases_opened == len(world.opened)
    assert found.cases_listed == len(world.listed)
    assert found.viewings == len(world.viewings)
    assert found.median_close_us == (int(median(waits)) if waits else None)
    assert found.median_list_us == (int(median(listed)) if listed else None)
    assert found.viewings_avoided == 2 * found.items_unviewed
    if not world.reopened:  # an item that was viewed, reopened and closed again is another one to the ledger
        viewed_and_open = sum(thing.viewed and thing.open for thing in world.things)
        assert 0 <= len(world.unviewed) - found.items_unviewed <= viewed_and_open
        assert found.reports_closed_unviewed == sum(unviewed for _, unviewed in world.closed.values())


@given(STEPS)
def test_days_add_up(steps: list[Step]) -> None:
    """Each report is in one part of one day, the day it came, and the days' sums are the whole."""
    world = play(steps)
    figures = count(world.events)
    assert {day.day: day.reports_received for day in figures.days if day.reports_received} == Counter(
        day_of(when) for when in world.received.values()
    )
    for day in figures.days:
        assert day.reports_received == day.reports_known + day.reports_joined + day.reports_new
    arrivals = [{thing.arrival for thing in world.things if thing.report == number} for number in world.received]
    assert sum(day.reports_new for day in figures.days) == sum("new" in one for one in arrivals)
    assert sum(day.reports_known for day in figures.days) == sum(one == {"known"} for one in arrivals)
    assert sum(day.items_unviewed for day in figures.days) == figures.hotline.items_unviewed
    assert sum(day.viewings for day in figures.days) == figures.hotline.viewings
    assert [day.day for day in figures.days] == sorted({day.day for day in figures.days})


@given(STEPS, st.integers(0, 60))
def test_two_stretches_are_the_whole(steps: list[Step], place: int) -> None:
    """A time cut in two counts as one: nothing twice, nothing lost, and a later viewing is not a first one again."""
    world = play(steps)
    cut = world.events[place % len(world.events)].time_us if world.events else START
    whole, before, after = count(world.events), count(world.events, until_us=cut), count(world.events, since_us=cut)
    for name in ("reports_received", "items_received", "items_known", "items_joined", "items_new", "items_unviewed"):
        parts = [getattr(one.hotline, name) for one in (before, after)]
        assert sum(parts) == getattr(whole.hotline, name), name
    for name in ("first_viewings", "later_viewings", "looked_us", "opinions"):
        parts = [sum(getattr(analyst, name) for analyst in one.analysts) for one in (before, after)]
        assert sum(parts) == sum(getattr(analyst, name) for analyst in whole.analysts), name


def test_a_case_that_was_viewed_is_not_closed_unviewed() -> None:
    """Three items of one case, viewed once: its listing closes two that nobody viewed. Of an untaken case, all."""
    events = [
        Event(START, EventKind.REPORT_RECEIVED, report=1, value=3),
        Event(START, EventKind.CASE_OPENED, case=1, report=1),
        Event(START, EventKind.ITEM_JOINED, case=1, report=1),
        Event(START, EventKind.ITEM_JOINED, case=1, report=1),
        Event(START, EventKind.REPORT_RECEIVED, report=2, value=1),
        Event(START, EventKind.CASE_OPENED, case=2, report=2),
        Event(START + 1, EventKind.CASE_CLAIMED, "ann", 1, value=1),
        Event(START + 2, EventKind.REPORT_CLOSED, report=1),
        Event(START + 2, EventKind.CASE_LISTED, case=1, value=3),
        Event(START + 2, EventKind.REPORT_CLOSED, report=2),
        Event(START + 2, EventKind.ITEM_CLOSED_BY_LISTING, case=2, report=2),
    ]
    found = count(events).hotline
    assert (found.items_closed_with_case, found.items_closed_by_listing, found.items_unviewed) == (2, 1, 3)
    assert (found.reports_closed, found.reports_closed_unviewed) == (2, 1)
    assert (found.median_close_us, found.median_list_us) == (2, 2)


def test_of_a_viewed_case_one_item_was_viewed_however_they_close() -> None:
    """Items of a viewed case that become known one by one: all but one closed without anyone viewing."""
    events = [
        Event(START, EventKind.CASE_OPENED, case=1, report=1),
        Event(START, EventKind.CASE_CLAIMED, "ann", 1, value=1),
        *(Event(START + n, EventKind.ITEM_CLOSED_BY_LISTING, case=1, report=n) for n in range(1, 4)),
        Event(START + 4, EventKind.CASE_LISTED, case=1, value=2),
    ]
    found = count(events).hotline
    assert (found.items_closed_by_listing, found.items_closed_with_case, found.items_unviewed) == (3, 2, 4)


def test_a_reopened_report_is_not_closed() -> None:
    """A report that a retraction reopened counts as closed no more, until it is closed again, and then from then on."""
    events = [
        Event(START, EventKind.REPORT_RECEIVED, report=1, value=1),
        Event(START, EventKind.ITEM_KNOWN, report=1),
        Event(START, EventKind.REPORT_CLOSED, report=1),
        Event(START + 5, EventKind.CASE_OPENED, case=1, report=1),
        Event(START + 5, EventKind.ITEM_REOPENED, case=1, report=1),
    ]
    found = count(events).hotline
    assert (found.reports_closed, found.median_close_us, found.items_new) == (0, None, 0)
    found = count([*events, Event(START + 9, EventKind.REPORT_CLOSED, report=1)]).hotline
    assert (found.reports_closed, found.median_close_us) == (1, 9)


def test_erasing_changes_no_other_figure() -> None:
    """Reports that were erased stay in every count and median; only the number of erased ones grows."""
    world = play([Step("submit", 2, 3, 0), Step("submit", 0, 0, MINUTE), Step("claim", 0, 0, MINUTE)])
    before = count(world.events)
    erased = [Event(world.now + DAY, EventKind.REPORT_ERASED, report=number) for number in world.received]
    after = count(world.events + erased)
    assert (after.analysts, after.days) == (before.analysts, before.days)
    assert after.hotline.reports_erased == 2
    assert after.hotline.reports_received == before.hotline.reports_received == 2
    assert after.hotline.median_close_us == before.hotline.median_close_us == 0


def test_nothing_happened() -> None:
    """Without events everything is nought, there is no median, no analyst, no day and no row."""
    found = count([])
    assert (found.analysts, found.days) == ((), ())
    hotline = {name: getattr(found.hotline, name) for name in found.hotline.__struct_fields__}
    assert hotline.pop("median_close_us") is None
    assert hotline.pop("median_list_us") is None
    assert hotline.pop("median_removal_us") is None
    assert hotline.pop("regrade_schemes") == ()
    assert set(hotline.values()) == {0}
    assert rows_of(count([])) == []


def test_events_without_their_beginning_claim_too_little() -> None:
    """Where the events begin in the middle, a report's wait is unknown and it is not said to have closed unviewed."""
    found = count([
        Event(START, EventKind.REPORT_CLOSED, report=7),
        Event(START, EventKind.CASE_LISTED, case=9, value=2),
    ]).hotline  # fmt: skip
    assert (found.reports_closed, found.reports_closed_unviewed, found.median_close_us) == (1, 0, None)
    assert (found.cases_listed, found.median_list_us, found.items_unviewed) == (1, None, 1)


# ---------------------------------------------------------------- the analysts


@given(STEPS)
def test_each_analysts_figures_are_what_happened(steps: list[Step]) -> None:
    """Viewings, time, opinions, severity and runs of each person are those of that person, in all and by day."""
    world = play(steps)
    found = {analyst.actor: analyst for analyst in count(world.events).analysts}
    assert found.keys() == {viewing.actor for viewing in world.viewings}
    for actor, analyst in found.items():
        mine = [one for one in world.viewings if one.actor == actor]
        ended = sorted((one for one in mine if one.end is not None), key=lambda one: one.end or 0)
        assert analyst.first_viewings == len({one.case for one in mine})
        assert analyst.first_viewings + analyst.later_viewings == len(mine)
        assert analyst.unended_viewings == len(mine) - len(ended)
        assert analyst.looked_us == sum((one.end or 0) - one.begin for one in ended)
        assert analyst.severity == tuple(sorted(Counter(one.label for one in ended if one.label).items()))
        assert analyst.opinions == sum(one.label is not None for one in ended)
        by_day: Counter[str] = Counter()
        for one in ended:
            by_day[day_of(one.end or 0)] += (one.end or 0) - one.begin
        assert {day.day: day.looked_us for day in analyst.days if day.looked_us} == +by_day
        assert analyst.most_looked_us == max([0, *by_day.values()])
        assert analyst.longest_run_us == longest_run([(one.begin, one.end or 0) for one in ended])


def longest_run(viewings: list[tuple[int, int]]) -> int:
    """Try every stretch of viewings, in the order in which they ended, that has no break inside."""
    best = 0
    for i in range(len(viewings)):
        for j in range(i, len(viewings)):
            stretch = viewings[i : j + 1]
            if all(begin - end < BREAK for (_, end), (begin, _) in pairwise(stretch)):
                best = max(best, sum(end - begin for begin, end in stretch))
    return best


def viewing(begin: int, end: int, case: int = 1, label: str = "uk_abc=A") -> list[Event]:
    return [
        Event(begin, EventKind.CASE_CLAIMED, "ann", case, value=1),
        Event(end, EventKind.CASE_ASSESSED, "ann", case, value=end - begin, label=label),
    ]


def test_a_break_is_one_from_its_length_on() -> None:
    """A pause of just the length is a break and ends the run; one of a microsecond less is none."""
    first = viewing(START, START + 20 * MINUTE, 1)
    pause = START + 20 * MINUTE + BREAK
    broken = only(first + viewing(pause, pause + 30 * MINUTE, 2))
    assert (broken.longest_run_us, broken.days[0].breaks) == (30 * MINUTE, 1)
    going_on = only(first + viewing(pause - 1, pause - 1 + 30 * MINUTE, 2))
    assert (going_on.longest_run_us, going_on.days[0].breaks) == (50 * MINUTE, 0)
    assert broken.looked_us == going_on.looked_us == 50 * MINUTE


def test_days_are_utc_and_a_run_goes_on_over_midnight() -> None:
    """A viewing counts for the UTC day in which it ended, its claim for the one in which it began; a run knows none."""
    midnight = START + DAY
    events = viewing(midnight - 20 * MINUTE, midnight - 1, 1) + viewing(midnight - 1, midnight + MINUTE, 2)
    yesterday, today = only(events).days
    assert (yesterday.day, today.day) == ("2024-10-04", "2024-10-05")
    assert (yesterday.first_viewings, today.first_viewings) == (2, 0)
    assert (yesterday.looked_us, today.looked_us) == (20 * MINUTE - 1, MINUTE + 1)
    assert (yesterday.longest_run_us, today.longest_run_us) == (20 * MINUTE - 1, 21 * MINUTE)
    assert only(events).longest_run_us == 21 * MINUTE


def test_the_night_is_not_a_break_of_a_day() -> None:
    """Breaks are pauses inside a day; the time between two days is none, though it ends the run."""
    found = only(viewing(START, START + 50 * MINUTE) + viewing(START + DAY, START + DAY + MINUTE, 2))
    assert [day.breaks for day in found.days] == [0, 0]
    assert found.longest_run_us == 50 * MINUTE


def test_what_a_day_begins_and_ends_with() -> None:
    """The first microsecond of a UTC day is of that day, the one before it is not, also where a time is chosen."""
    assert [day_of(START - 1), day_of(START), day_of(START + DAY - 1)] == ["2024-10-03", "2024-10-04", "2024-10-04"]
    events = [
        Event(when, EventKind.REPORT_RECEIVED, report=n)
        for n, when in enumerate((START - 1, START, START + DAY - 1, START + DAY))
    ]
    assert count(events, START, START + DAY).hotline.reports_received == 2
    assert [day.reports_received for day in count(events).days] == [1, 2, 1]


def test_a_claim_that_runs_out_is_told_apart() -> None:
    """A viewing whose end nobody noted is counted, its time is not, and the figure says so."""
    events = [Event(START, EventKind.CASE_CLAIMED, "ann", 1, value=1), *viewing(START + DAY, START + DAY + MINUTE)]
    found = only(events)
    assert (found.first_viewings, found.later_viewings, found.unended_viewings) == (1, 1, 1)
    assert [day.unended_viewings for day in found.days] == [1, 0]
    assert found.looked_us == MINUTE


def test_a_first_viewing_is_one_only_once() -> None:
    """Taking a case again, another day or in another stretch of time, is a later viewing of it."""
    events = viewing(START, START + MINUTE) + viewing(START + DAY, START + DAY + MINUTE)
    (later,) = count(events, since_us=START + DAY).analysts
    assert (later.first_viewings, later.later_viewings) == (0, 1)


def test_rows_for_the_welfare_officer() -> None:
    """One row an analyst and day goes through CSV whole, with minutes and the mix in words, and names no case."""
    events = [
        *viewing(START, START + 90_000_000, 1),
        *viewing(START + MINUTE * 2, START + MINUTE * 3, 2, NOT_ILLEGAL),
        *viewing(START + DAY, START + DAY + MINUTE, 3, ""),
    ]
    rows = rows_of(count(events))
    assert rows[0] == {
        "analyst": "ann", "day": "2024-10-04", "first_viewings": 2, "later_viewings": 0, "unended_viewings": 0,
        "minutes": 2.5, "opinions": 2, "severity": "1 × not illegal; 1 × uk_abc=A", "longest_run_minutes": 2.5,
        "breaks": 0,
    }  # fmt: skip
    assert rows[1]["severity"] == f"1 × {NO_CATEGORY}"
    text = io.StringIO()
    writer = csv.DictWriter(text, ANALYST_COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
    read = list(csv.DictReader(io.StringIO(text.getvalue())))
    assert read == [{name: str(value) for name, value in row.items()} for row in rows]
    assert rows_of(count(events, START + DAY)) == rows[1:]


def test_what_is_kept_of_an_opinion() -> None:
    """An opinion leaves its first classification, that it is not illegal, or that it names none."""
    assert severity_label(Opinion("ann", 0, True, (("sap5", "4"), ("uk_abc", "A")))) == "sap5=4"
    assert severity_label(Opinion("ann", 0, False, (("uk_abc", "A"),))) == NOT_ILLEGAL
    assert severity_label(Opinion("ann", 0, True)) == NO_CATEGORY


@dataclass
class Rules:
    source: str = "hotline"
    people_required: int = 2
    lease_us: int = 60 * MINUTE
    exposure_day_us: int = 240 * MINUTE
    exposure_run_us: int = 60 * MINUTE
    break_us: int = BREAK
    seniors: frozenset[str] = frozenset()
    regrade_share: float = 0.0


def test_casework_writes_what_the_ledger_reads(tmp_path: Path) -> None:
    """Of one new report, a twin and a repeat after listing, two viewings and their severity stand in the ledger."""
    clock = SeededClock(6)
    ListStore.create(tmp_path / "list", clock=clock)
    lists = ListStore.open(tmp_path / "list", clock=clock)
    casework = Casework(tmp_path / "casework", lists, CurrentPolicy(), Rules(), clock)
    item = NewItem((Signal(SHA256, bytes(range(32))),))
    submit(casework, [NewReport(actor="portal", request_id=f"r{n}", items=(item,)) for n in range(2)])
    for actor in ("ann", "bob"):
        case = casework.claims.claim(actor)
        casework.decisions.assess(case.number, Opinion(actor, 0, True, (("uk_abc", "B"), ("sap5", "3"))))
    submit(casework, [NewReport(actor="portal", request_id="r2", items=(item,))])
    found = count(list(casework.oversight.events(0, 1 << 62)))
    casework.close()
    lists.close()
    assert [analyst.severity for analyst in found.analysts] == [(("sap5=3", 1),)] * 2
    assert all(analyst.looked_us > 0 for analyst in found.analysts)
    hotline = found.hotline
    assert (hotline.items_new, hotline.items_joined, hotline.items_known) == (1, 1, 1)
    assert (hotline.items_unviewed, hotline.reports_closed, hotline.reports_closed_unviewed) == (2, 3, 2)
    assert hotline.median_list_us is not None
