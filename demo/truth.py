"""What truly became of each item, and whether it was right: pure, no service. `day.py` reads, this judges.

The demo counts the day on its own, from what it brought and what each case holds at the end, and compares that with
casework's ledger.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set

import msgspec

from hashsvc.client import HotlineFigures, ItemState

KNOWN, JOINED, NEW = "known", "joined", "new"  # how an item was placed on arrival
CLOSED = frozenset((ItemState.CLOSED_KNOWN, ItemState.CLOSED_LISTED, ItemState.CLOSED_NOT_ILLEGAL))


class Fate(msgspec.Struct, frozen=True):
    """What became of one item. report, item: its report's number and its index there. group: what it truly is.

    placed: on arrival, KNOWN, JOINED or NEW. entry_ids: because of which it is closed. with_case: closed by the
    decision of its own case. viewed: somebody looked at it.
    """

    report: int
    item: int
    group: str
    placed: str
    state: ItemState
    entry_ids: tuple[str, ...] = ()
    with_case: bool = False
    viewed: bool = False

    @property
    def is_closed(self) -> bool:
        return self.state in CLOSED


class Counted(msgspec.Struct, frozen=True):
    """The day as the demo counts it; each figure means what casework's of the same name does (docs/api.md)."""

    reports_received: int
    reports_closed: int
    reports_closed_unviewed: int
    items_received: int
    items_known: int
    items_joined: int
    items_new: int
    items_closed_by_listing: int
    items_closed_with_case: int
    items_unviewed: int
    viewings: int
    viewings_avoided: int
    cases_opened: int
    cases_listed: int
    cases_not_illegal: int


class Worked(msgspec.Struct, frozen=True):
    """What people did: viewings, and cases by their end. cases: all that were opened."""

    viewings: int
    cases: int
    listed: int
    not_illegal: int


def wrong_closes(
    fates: Iterable[Fate], groups_of_entry: Mapping[str, Set[str]], illegal: Set[str], not_illegal: Set[str]
) -> list[str]:
    """Say which items are closed and must not be, and why.

    groups_of_entry: of entries that stand on the list, whose signals they hold. illegal: groups that are so.
    not_illegal: groups that people found not illegal.
    """
    return [
        f"item {one.item} of report {one.report} ({one.group}) is closed: {why}"
        for one in fates
        if one.is_closed and (why := _wrong(one, groups_of_entry, illegal, not_illegal))
    ]


def _wrong(one: Fate, groups_of_entry: Mapping[str, Set[str]], illegal: Set[str], not_illegal: Set[str]) -> str:
    if one.state is ItemState.CLOSED_NOT_ILLEGAL:
        if one.group in illegal:
            return "as not illegal, and it is illegal"
        return "" if one.group in not_illegal else "as not illegal, which nobody said of it"
    standing = [groups_of_entry[entry_id] for entry_id in one.entry_ids if entry_id in groups_of_entry]
    if not standing:
        return "by nothing that stands on the list"
    if not any(one.group in groups for groups in standing):
        return "by an entry of another group"
    return "" if one.group in illegal else "by an entry of its group, which is not illegal"


def wrong_entries(groups_of_entry: Mapping[str, Set[str]]) -> list[str]:
    """Say which entries hold signals of more than one thing, or of none that the play knows."""
    return [
        f"entry {entry_id} holds signals of {len(groups)} groups; there must be one"
        for entry_id, groups in groups_of_entry.items()
        if len(groups) != 1
    ]


def reopened_wrongly(before: Sequence[Fate], after: Sequence[Fate], expected: Set[tuple[int, int]]) -> list[str]:
    """Compare what is open after a retraction with what was: exactly the expected items (report, item) must be anew."""
    was_open, is_open = ({(one.report, one.item) for one in fates if not one.is_closed} for fates in (before, after))
    told = [f"item {item} of report {report} is still closed" for report, item in sorted(expected - is_open)]
    told += [f"item {item} of report {report} was reopened" for report, item in sorted(is_open - was_open - expected)]
    return told + [f"item {item} of report {report} was closed" for report, item in sorted(was_open - is_open)]


def count(fates: Sequence[Fate], worked: Worked, people_required: int) -> Counted:
    """Count the day. fates: of all items."""
    reports: dict[int, list[Fate]] = {}
    for one in fates:
        reports.setdefault(one.report, []).append(one)
    closed = [items for items in reports.values() if all(one.is_closed for one in items)]
    unviewed = [one for one in fates if one.is_closed and not one.viewed]
    placed = [one.placed for one in fates]
    return Counted(
        reports_received=len(reports),
        reports_closed=len(closed),
        reports_closed_unviewed=sum(not any(one.viewed for one in items) for items in closed),
        items_received=len(fates),
        items_known=placed.count(KNOWN),
        items_joined=placed.count(JOINED),
        items_new=placed.count(NEW),
        items_closed_by_listing=sum(one.state is ItemState.CLOSED_LISTED and not one.with_case for one in fates),
        items_closed_with_case=sum(one.with_case for one in unviewed),
        items_unviewed=len(unviewed),
        viewings=worked.viewings,
        viewings_avoided=len(unviewed) * people_required,
        cases_opened=worked.cases,
        cases_listed=worked.listed,
        cases_not_illegal=worked.not_illegal,
    )


def differences(counted: Counted, ledger: HotlineFigures) -> list[str]:
    """Say which figures of the ledger are not what the demo counted."""
    return [
        f"the ledger says {name} {theirs}, counted were {ours}"
        for name, ours in msgspec.structs.asdict(counted).items()
        if (theirs := getattr(ledger, name)) != ours
    ]
