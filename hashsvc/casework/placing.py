"""Where an item goes: closed because it is known, joined to an open case, or a case of its own. Every item, one place.

Writes items, reports, what finds them, and the ledger. What the list says of an item is checking.py's.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hashsvc.casework import cases, feedback, leases, priority, regrading, retention, takedown
from hashsvc.casework.checking import Checked, check_one, known_by, likely_of
from hashsvc.casework.open_view import Joins, OpenCode, OpenView, amounts_to, exact_keys
from hashsvc.casework.tables import Tables, item_key, number_key
from hashsvc.casework.values import (
    Case,
    CaseState,
    Event,
    EventKind,
    Item,
    ItemState,
    NewItem,
    Opinion,
    Placed,
    Report,
)
from hashsvc.categories import AGE_BANDS, SEVERITIES
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.matching.policy import Policy
from hashsvc.matching.values import Verdict
from hashsvc.matching.verdict import KNOWN, LIKELY
from hashsvc.signals import BY_NUMBER, Signal


class Placing:
    """Writes items and cases in one transaction. `OpenView.catch_up` must have been called in it."""

    def __init__(self, tables: Tables, view: OpenView, now_us: int, policy: Policy) -> None:
        """policy: of the snapshot of the list that the items are checked on."""
        self._tables = tables
        self._view = view
        self._now_us = now_us
        self.policy = policy
        self._new_codes: dict[int, list[OpenCode]] = tables.new_codes

    def near(self, items: Sequence[Sequence[Signal]]) -> list[Joins]:
        """What each item's perceptual fingerprints meet among the cases that were open before this transaction."""
        return self._view.near(self._tables.txn, items, self.policy)

    # ------------------------------------------------------------ items that come in

    def place(self, report: Report, index: int, new: NewItem, found: Checked, near: Joins) -> Placed:
        """Put one item where it belongs. near: what `near` says of it."""
        item = Item(
            report.number, index, ItemState.OPEN, new.signals, new.content_ref, 0, found.verdict, (), found.met,
            found.sequence, self._now_us,
        )  # fmt: skip
        if found.verdict == KNOWN:
            self._close(item, ItemState.CLOSED_KNOWN, known_by(found.met))
            self._tables.note(Event(self._now_us, EventKind.ITEM_KNOWN, report=report.number))
            return Placed(ItemState.CLOSED_KNOWN, KNOWN, 0, False, found.met)
        case, opened = self._to_case(item, report, near)
        verdict = found.verdict if opened or found.verdict == LIKELY else int(Verdict.PENDING)
        return Placed(ItemState.OPEN, verdict, case, opened, found.met)

    def _to_case(self, item: Item, report: Report, near: Joins) -> tuple[int, bool]:
        """Put an item into the open case that it is the same thing as, or into a new one. Returns (case, opened)."""
        joins = [*self._view.exact(self._tables.txn, exact_keys(item.signals)), *near, *self._near_new(item.signals)]
        # A case that is being decided takes nothing in: what is listed of it must not change any more.
        same = self._first_open({case for case, verdict in joins if verdict == KNOWN})
        others = {case for case, _ in joins}
        if same is not None:
            others.discard(same.number)
            case = replace(
                same,
                report_count=same.report_count + (not self._has_item_of(same, report)),
                item_count=same.item_count + 1,
                self_referral=same.self_referral or report.self_referral,
                age_hint=priority.more_urgent(same.age_hint, report.age_hint, AGE_BANDS),
                severity_hint=priority.more_urgent(same.severity_hint, report.severity_hint, SEVERITIES),
                suggestions=tuple(sorted({*same.suggestions, *others})),
                likely=likely_of(same.likely, item.met),
            )
            self._tables.note(Event(self._now_us, EventKind.ITEM_JOINED, case=case.number, report=report.number))
        else:
            case = Case(
                cases.new_number(self._tables), CaseState.OPEN, (item.report, item.index), self._now_us, 1, 1,
                report.self_referral, report.age_hint, report.severity_hint, suggestions=tuple(sorted(others)),
                likely=likely_of((), item.met),
            )  # fmt: skip
            self._tables.note(Event(self._now_us, EventKind.CASE_OPENED, case=case.number, report=report.number))
        cases.write(self._tables, same, case)
        self._tables.put("case_items", number_key(case.number), item_key(item.report, item.index))
        self._tables.put("items", item_key(item.report, item.index), replace(item, case=case.number))
        for code in self._view.add(self._tables.txn, case.number, item.signals):
            self._new_codes.setdefault(code.type, []).append(code)
        return case.number, same is None

    def _near_new(self, signals: Sequence[Signal]) -> Joins:
        """The same for cases that opened in this very transaction, which the array does not hold yet."""
        found: set[tuple[int, int]] = set()
        for signal in signals:
            new, rule = self._new_codes.get(signal.type), self.policy.rules[signal.type]
            if not new or rule is None:
                continue
            distance_of, value, radius = BY_NUMBER[signal.type].distance, signal.value, rule.show_standard
            for code in new:
                distance = distance_of(value, code.value)
                if distance <= radius:
                    found.add((code.case, amounts_to(rule, distance, signal.quality, code.quality)))
        return [(case, verdict) for case, verdict in found if verdict <= LIKELY and cases.is_open(self._tables, case)]

    def _has_item_of(self, case: Case, report: Report) -> bool:
        """Whether a case holds an item of a report already."""
        first = number_key(report.number)
        with self._tables.txn.cursor(db=self._tables.env.tables["case_items"]) as cursor:
            return bool(cursor.set_range_dup(number_key(case.number), first) and cursor.value()[:8] == first)

    def _first_open(self, numbers: set[int]) -> Case | None:
        """Of some cases the oldest that is open."""
        found = (cases.find(self._tables, number) for number in sorted(numbers))
        return next((case for case in found if case is not None and case.state == CaseState.OPEN), None)

    def _close(self, item: Item, state: int, entries: tuple[bytes, ...]) -> None:
        key = item_key(item.report, item.index)
        closed = replace(item, state=state, entries=entries, closed_us=self._now_us)
        self._tables.put("items", key, closed)
        if state != ItemState.CLOSED_NOT_ILLEGAL:
            takedown.item_closed(self._tables, closed, self._now_us)
        for entry_id in entries:
            self._tables.put("by_entry", entry_id, key)

    # ------------------------------------------------------------ items that close, open again, move on

    def close_item(self, item: Item, state: int, entries: tuple[bytes, ...]) -> None:
        """Close an item that was open; its report closes with its last one."""
        self._close(item, state, entries)
        report = self._tables.report(item.report)
        report = replace(report, open_count=report.open_count - 1)
        if not report.open_count:
            report = replace(report, closed_us=self._now_us)
            self.report_closed(report)
        self._tables.put("reports", number_key(report.number), report)

    def report_closed(self, report: Report) -> None:
        """Note that a report closed: when it is erased and who is told follow from that."""
        retention.report_closed(self._tables, report)
        feedback.report_closed(self._tables, report)
        self._tables.note(Event(self._now_us, EventKind.REPORT_CLOSED, report=report.number))

    def reopen_item(self, item: Item, found: Checked) -> None:
        """Open an item that was closed because of what is not listed any more, in a case that it joins or opens."""
        report = self._reopen_report(item.report)
        takedown.item_reopened(self._tables, item, self._now_us)
        if item.case:
            regrading.item_leaves(self._tables, item, self._now_us)
            self._leave_case(item)
        again = replace(
            item, state=ItemState.OPEN, entries=(), closed_us=0, verdict=found.verdict, met=found.met,
            list_sequence=found.sequence,
        )  # fmt: skip
        (near,) = self.near([item.signals])
        number, _ = self._to_case(again, report, near)
        self._tables.note(Event(self._now_us, EventKind.ITEM_REOPENED, case=number, report=item.report))

    def _leave_case(self, item: Item) -> None:
        """Take an item out of its closed case."""
        self._tables.delete("case_items", number_key(item.case), item_key(item.report, item.index))
        if self._tables.get("case_items", number_key(item.case)) is None:
            retention.case_left(self._tables, item.case, self._now_us)

    def _reopen_report(self, number: int) -> Report:
        """Count one more open item of a report."""
        report = self._tables.report(number)
        if report.closed_us:
            retention.report_reopened(self._tables, report)
            feedback.report_reopened(self._tables, report)
        report = replace(report, open_count=report.open_count + 1, closed_us=0)
        self._tables.put("reports", number_key(report.number), report)
        return report

    def move_on(self, item: Item, found: Checked) -> None:
        """Put an open item whose case ended without it into another one: nobody looked at it."""
        self._leave_case(item)
        (near,) = self.near([item.signals])
        again = replace(item, case=0, verdict=found.verdict, met=found.met, list_sequence=found.sequence)
        number, _ = self._to_case(again, self._tables.report(item.report), near)
        self._tables.note(Event(self._now_us, EventKind.ITEM_MOVED, case=number, report=item.report))

    # ------------------------------------------------------------ whole cases

    def close_case(self, case: Case, state: int) -> Case:
        """End a live case: out of the queue, and nothing joins it any more."""
        if case.lease_actor:
            leases.lapsed(self._tables, case, self._now_us)
        closed = replace(case, state=state, closed_us=self._now_us, lease_actor="", lease_until_us=0)
        cases.write(self._tables, case, closed)
        self._view.remove(self._tables.txn, case.number)
        return closed

    def reopen_case(self, case: Case, opinions: tuple[Opinion, ...], snapshot: Snapshot) -> None:
        """Open a case that was found not illegal, with its opinions and one that differs: a senior decides.

        What the list knows by now stays closed because of that; if it is what people looked at, so does the case, and
        others of its items that are not known move on.
        """
        closed_with_it = ItemState.CLOSED_NOT_ILLEGAL
        items = [item for item in self._tables.items_of(case.number) if item.state == closed_with_it]
        checked = [check_one(snapshot, self.policy, item.signals) for item in items]
        for item, found in zip(items, checked, strict=True):
            if found.verdict == KNOWN:
                self._close(replace(item, met=found.met), ItemState.CLOSED_LISTED, known_by(found.met))
        left = [(item, found) for item, found in zip(items, checked, strict=True) if found.verdict != KNOWN]
        if all((item.report, item.index) != case.first_item for item, _ in left):
            for item, found in left:
                self.reopen_item(item, found)
            return
        for item, found in left:
            self._reopen_report(item.report)
            again = replace(
                item, state=ItemState.OPEN, closed_us=0, verdict=found.verdict, met=found.met,
                list_sequence=found.sequence,
            )  # fmt: skip
            self._tables.put("items", item_key(item.report, item.index), again)
            for code in self._view.add(self._tables.txn, case.number, item.signals):
                self._new_codes.setdefault(code.type, []).append(code)
            self._tables.note(Event(self._now_us, EventKind.ITEM_REOPENED, case=case.number, report=item.report))
            self._tables.note(Event(self._now_us, EventKind.ITEM_JOINED, case=case.number, report=item.report))
        opened = replace(case, state=int(CaseState.OPEN), opinions=opinions, escalated=True, closed_us=0)
        cases.write(self._tables, case, opened)
