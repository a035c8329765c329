"""Reads back what became of the day: each item's place from all cases, what each entry is of, how each report ended."""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

from demo.diary import Diary, Place
from demo.stream import Truth
from demo.truth import CLOSED, KNOWN, Fate
from hashsvc.cli.failures import Failed
from hashsvc.client import CaseResult, CaseState, HashsvcClient, ItemState, ServerError, State
from hashsvc.limits import PAGE_SIZE_MAX

# What a report came to.
BEFORE = "known"  # closed on arrival, by what was listed in the morning
TODAY = "listed_today"  # closed on arrival, by something that was listed on this day
LATER = "closed_later"  # joined what waited, and closed with it unseen
PERSON = "viewed"  # somebody looked at something of it
WAITING = "open"  # somebody will have to
ENDS = (BEFORE, TODAY, LATER, PERSON, WAITING)


def groups_of_entries(client: HashsvcClient, truth: Truth) -> dict[str, frozenset[str]]:
    """What each entry that stands on the list truly is of, by its signals."""
    return {
        entry.entry_id: truth.groups_of(one.signal for one in entry.signals)
        for entry in client.list_entries(page_size=PAGE_SIZE_MAX)
        if entry.state is State.CONFIRMED
    }


def read_fates(client: HashsvcClient, diary: Diary, claimed: Set[int]) -> tuple[list[Fate], int]:
    """Read from all cases where each item is, and count the cases. Raises Failed where one is in two places or none.

    claimed: cases that somebody looked at.
    """
    found: dict[Place, Fate] = {}
    cases = 0
    for result in _cases(client):
        cases += 1
        if result.truncated:
            raise Failed(f"case {result.case.case} has more items than are shown at once")
        ended = result.case.state in (CaseState.LISTED, CaseState.NOT_ILLEGAL)
        for one in result.items:
            place = (one.report_number, one.item)
            if place in found:
                raise Failed(f"item {one.item} of report {one.report_number} is in two cases")
            by_case = one.state is ItemState.CLOSED_NOT_ILLEGAL or result.case.entry_id in one.entry_ids
            found[place] = Fate(
                *place,
                diary.items[place].group,
                diary.items[place].placed,
                one.state,
                one.entry_ids,
                with_case=ended and one.state in CLOSED and by_case,
                viewed=place == result.case.first_item and result.case.case in claimed,
            )
    for place, item in diary.items.items():
        if place not in found:
            if item.placed != KNOWN:
                raise Failed(f"item {place[1]} of report {place[0]} was not known, and is in no case")
            found[place] = Fate(*place, item.group, KNOWN, ItemState.CLOSED_KNOWN, item.entry_ids)
    return [found[place] for place in sorted(found)], cases


def _cases(client: HashsvcClient) -> Iterator[CaseResult]:
    """All cases there ever were; they are numbered from 1."""
    number = 1
    while True:
        try:
            yield client.get_case(number)
        except ServerError as error:
            if error.reason == "UNKNOWN_CASE":
                return
            raise
        number += 1


def by_report(fates: Sequence[Fate]) -> dict[int, list[Fate]]:
    """Put items together again."""
    found: dict[int, list[Fate]] = {}
    for one in fates:
        found.setdefault(one.report, []).append(one)
    return found


def end_of(items: Sequence[Fate], listed_before: Set[str]) -> str:
    """What a report came to, one of ENDS. listed_before: entries of the morning."""
    if any(one.viewed for one in items):
        return PERSON
    if not all(one.is_closed for one in items):
        return WAITING
    if any(one.placed != KNOWN for one in items):
        return LATER
    return BEFORE if all(listed_before & set(one.entry_ids) for one in items) else TODAY
