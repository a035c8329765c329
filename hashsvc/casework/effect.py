"""What casework spared the hotline and what it cost, from its events: received, known, joined, viewed, listed. Pure.

What each analyst saw is exposure.py's; both together are ledger.py, which calls this. Days are UTC.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

import msgspec

from hashsvc.casework.exposure import DAY_US, day_of
from hashsvc.casework.values import Event, EventKind, RegradeOutcome


class HotlineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What came in, what became of it, and what nobody had to look at. Medians: None where there is nothing.

    items_known, items_joined, items_new: as they were placed on arrival, together items_received.
    items_closed_by_listing: known later. items_closed_with_case: with a case, by what was viewed in their stead.
    items_unviewed: items_known and those two, less what somebody had viewed. One that is reopened later stays counted.
    viewings_avoided: at least, items_unviewed by as many people as a decision takes.
    reports_closed: that are so at the end of the time. reports_closed_unviewed: of those, no item of which was viewed.
    cases_opened: by new items, and by those that were reopened or moved on.
    median_close_us: report received to closed. median_list_us: case opened to listed.
    takedowns_noticed: notices. median_removal_us: takedown into the outgoing queue to removed.
    regrades: cases graded again. regrade_schemes: (scheme, in how many of those the category differed), by scheme.
    """

    reports_received: int
    reports_closed: int
    reports_closed_unviewed: int
    reports_erased: int
    items_received: int
    items_known: int
    items_joined: int
    items_new: int
    items_closed_by_listing: int
    items_closed_with_case: int
    items_unviewed: int
    items_reopened: int
    viewings: int
    viewings_avoided: int
    cases_opened: int
    cases_listed: int
    cases_not_illegal: int
    median_close_us: int | None
    median_list_us: int | None
    takedowns_opened: int
    takedowns_noticed: int
    takedowns_removed: int
    takedowns_reappeared: int
    takedowns_withdrawn: int
    median_removal_us: int | None
    regrades: int
    regrades_agreed: int
    regrades_category_differs: int
    regrades_legality_differs: int
    regrade_schemes: tuple[tuple[str, int], ...]


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the hotline. day: 2026-03-01. Of the reports received: closed at once, joined whole, or with new items.

    items_unviewed: closed on that day, whenever they came.
    """

    day: str
    reports_received: int
    reports_known: int
    reports_joined: int
    reports_new: int
    items_unviewed: int
    viewings: int


@dataclass(slots=True)
class _Report:
    """A report so far. to_place: items whose place is not noted yet. within: it was received in the time asked for."""

    received_us: int
    to_place: int
    within: bool
    joined: bool = False
    opened: bool = False
    cases: list[int] = field(default_factory=list)


@dataclass(slots=True)
class _Closed:
    """How a report was closed last. waited_us: None where its beginning is not among the events."""

    within: bool
    unviewed: bool
    waited_us: int | None


class Effect:
    """Takes events and counts for the hotline."""

    def __init__(self) -> None:
        self._counts: Counter[int] = Counter()
        self._placed: Counter[int] = Counter()  # on arrival, by kind of event
        self._items_received = self._by_listing = self._with_case = 0
        self._reports: dict[int, _Report] = {}
        self._closed: dict[int, _Closed] = {}
        self._opened_us: dict[int, int] = {}
        self._viewed: set[int] = set()  # cases that somebody took
        self._spent: set[int] = set()  # of those, the ones whose viewed item has been counted as closed
        self._listed_after_us: list[int] = []
        self._removed_after_us: list[int] = []
        self._regrades: Counter[int] = Counter()  # by outcome
        self._regrade_schemes: Counter[str] = Counter()
        self._unviewed_by_day: Counter[int] = Counter()  # by days since 1970
        self._viewings_by_day: Counter[int] = Counter()

    def take(self, event: Event, within: bool) -> None:
        """Take one event. within: it counts; otherwise it is only remembered."""
        self._counts[event.kind] += within
        match event.kind:
            case EventKind.REPORT_RECEIVED:
                self._reports[event.report] = _Report(event.time_us, event.value, within)
                self._items_received += event.value * within
            case EventKind.ITEM_KNOWN | EventKind.ITEM_JOINED | EventKind.CASE_OPENED:
                self._place(event, within)
            case EventKind.CASE_CLAIMED:
                self._viewed.add(event.case)
                self._count_day(self._viewings_by_day, event, 1, within)
            case EventKind.ITEM_CLOSED_BY_LISTING:
                self._by_listing += self._unviewed_of(event, 1, within)
            case EventKind.CASE_LISTED | EventKind.CASE_NOT_ILLEGAL:
                self._viewed.add(event.case)  # decided, so somebody did, though the claim be older than the events
                self._with_case += self._unviewed_of(event, event.value, within)
                if within and event.kind == EventKind.CASE_LISTED and event.case in self._opened_us:
                    self._listed_after_us.append(max(0, event.time_us - self._opened_us[event.case]))
            case EventKind.REPORT_CLOSED:
                self._close(event, within)
            case EventKind.TAKEDOWN_REMOVED if within:
                self._removed_after_us.append(event.value)
            case EventKind.CASE_REGRADED if within:
                self._regrades[event.value] += 1
                self._regrade_schemes.update(scheme for scheme in event.label.split(",") if scheme)
            case EventKind.ITEM_REOPENED:
                self._closed.pop(event.report, None)

    def _place(self, event: Event, within: bool) -> None:
        """An item found its place: on arrival, or again, when it was reopened or moved on."""
        report = self._reports.get(event.report)
        if event.kind == EventKind.ITEM_KNOWN:
            self._count_day(self._unviewed_by_day, event, 1, within)
        if event.kind == EventKind.CASE_OPENED:
            self._opened_us[event.case] = event.time_us
            if report is not None:
                report.cases.append(event.case)  # what is looked at there is this report's item
        if report is None or not report.to_place:
            return
        report.to_place -= 1
        report.joined |= event.kind == EventKind.ITEM_JOINED
        report.opened |= event.kind == EventKind.CASE_OPENED
        self._placed[event.kind] += within

    def _unviewed_of(self, event: Event, closed: int, within: bool) -> int:
        """How many of so many items of a case closed without being viewed: of one that was taken, all but one."""
        viewed = closed > 0 and event.case in self._viewed and event.case not in self._spent
        if viewed:
            self._spent.add(event.case)
        unviewed = closed - viewed if within else 0
        self._count_day(self._unviewed_by_day, event, unviewed, within)
        return unviewed

    def _close(self, event: Event, within: bool) -> None:
        report = self._reports.get(event.report)
        if report is None:
            self._closed[event.report] = _Closed(within, False, None)
            return
        unviewed = self._viewed.isdisjoint(report.cases)
        self._closed[event.report] = _Closed(within, unviewed, max(0, event.time_us - report.received_us))

    def _count_day(self, counter: Counter[int], event: Event, count: int, within: bool) -> None:
        if within and count:
            counter[event.time_us // DAY_US] += count

    def figures(self, people_required: int) -> HotlineFigures:
        counts = self._counts
        closed = [one for one in self._closed.values() if one.within]
        unviewed = counts[EventKind.ITEM_KNOWN] + self._by_listing + self._with_case
        return HotlineFigures(
            reports_received=counts[EventKind.REPORT_RECEIVED],
            reports_closed=len(closed),
            reports_closed_unviewed=sum(one.unviewed for one in closed),
            reports_erased=counts[EventKind.REPORT_ERASED],
            items_received=self._items_received,
            items_known=self._placed[EventKind.ITEM_KNOWN],
            items_joined=self._placed[EventKind.ITEM_JOINED],
            items_new=self._placed[EventKind.CASE_OPENED],
            items_closed_by_listing=counts[EventKind.ITEM_CLOSED_BY_LISTING],
            items_closed_with_case=self._with_case,
            items_unviewed=unviewed,
            items_reopened=counts[EventKind.ITEM_REOPENED],
            viewings=counts[EventKind.CASE_CLAIMED],
            viewings_avoided=unviewed * people_required,
            cases_opened=counts[EventKind.CASE_OPENED],
            cases_listed=counts[EventKind.CASE_LISTED],
            cases_not_illegal=counts[EventKind.CASE_NOT_ILLEGAL],
            median_close_us=_median([one.waited_us for one in closed if one.waited_us is not None]),
            median_list_us=_median(self._listed_after_us),
            takedowns_opened=counts[EventKind.TAKEDOWN_OPENED],
            takedowns_noticed=counts[EventKind.TAKEDOWN_NOTICED],
            takedowns_removed=counts[EventKind.TAKEDOWN_REMOVED],
            takedowns_reappeared=counts[EventKind.TAKEDOWN_REAPPEARED],
            takedowns_withdrawn=counts[EventKind.TAKEDOWN_WITHDRAWN],
            median_removal_us=_median(self._removed_after_us),
            regrades=self._regrades.total(),
            regrades_agreed=self._regrades[RegradeOutcome.AGREES],
            regrades_category_differs=self._regrades[RegradeOutcome.CATEGORY_DIFFERS],
            regrades_legality_differs=self._regrades[RegradeOutcome.LEGALITY_DIFFERS],
            regrade_schemes=tuple(sorted(self._regrade_schemes.items())),
        )

    def days(self) -> tuple[DayFigures, ...]:
        new, joined, known = Counter[int](), Counter[int](), Counter[int]()
        for report in self._reports.values():
            if report.within:
                place = new if report.opened else joined if report.joined else known
                place[report.received_us // DAY_US] += 1
        days = new.keys() | joined.keys() | known.keys() | self._unviewed_by_day.keys() | self._viewings_by_day.keys()
        return tuple(
            DayFigures(
                day=day_of(day * DAY_US),
                reports_received=new[day] + joined[day] + known[day],
                reports_known=known[day],
                reports_joined=joined[day],
                reports_new=new[day],
                items_unviewed=self._unviewed_by_day[day],
                viewings=self._viewings_by_day[day],
            )
            for day in sorted(days)
        )


def _median(values: Sequence[int]) -> int | None:
    return int(median(values)) if values else None
