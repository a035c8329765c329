"""Where an item goes: closed because it is known, joined to an open case, or a case of its own. Every item, one place.

Writes items, reports, what finds them, and the ledger. What the list says of an item is checking.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from hashsvc.casework import cases, codes, feedback, leases, priority, regrading, retention, takedown
from hashsvc.casework.checking import Checked, CheckedAll, check_one, known_by, likely_of
from hashsvc.casework.open_view import Joins, OpenCode, OpenView, amounts_to, exact_keys
from hashsvc.casework.tables import Tables, encode, item_key, number_key
from hashsvc.casework.values import (
    Case,
    CaseState,
    Event,
    EventKind,
    Item,
    ItemState,
    NewItem,
    NewReport,
    Opinion,
    Placed,
    Report,
    Submitted,
)
from hashsvc.categories import AGE_BANDS, SEVERITIES
from hashsvc.errors import FailedPrecondition, HashsvcError
from hashsvc.hashlist.codec import request_digest
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.matching.policy import Policy
from hashsvc.matching.values import Verdict
from hashsvc.matching.verdict import KNOWN, LIKELY
from hashsvc.signals import BY_NUMBER, Signal

CODE_ATTEMPTS = 16
REQUEST_BYTES = 16  # of each of the two digests of a request
LAST_ATTEMPT = b"last_attempt"  # the farthest attempt at a code that any request needed


class Claim(NamedTuple):
    """A code for a request. number: of the report that it brought before, else 0. attempt: at which the code came."""

    digits: str
    code_hash: bytes
    number: int
    attempt: int


class Placing:
    """Writes items and cases in one transaction. `OpenView.catch_up` must have been called in it."""

    def __init__(self, tables: Tables, view: OpenView, now_us: int, key: bytes, policy: Policy) -> None:
        """policy: of the snapshot of the list that the items are checked on."""
        self._tables = tables
        self._view = view
        self._now_us = now_us
        self._key = key
        self.policy = policy
        self._new_codes: dict[int, list[OpenCode]] = tables.new_codes
        self._last_attempt = int.from_bytes(tables.get("meta", LAST_ATTEMPT) or b"", "big")

    # ------------------------------------------------------------ reports

    def reports(self, reports: Sequence[NewReport], checked: CheckedAll) -> list[Submitted | HashsvcError]:
        """Take in reports, each with its stretch of the checked items, by the policy that they were checked by.

        A refused one is answered with its error.
        """
        self.policy = checked.policy
        unknown = [one.signals if one.verdict != KNOWN else () for one in checked.items]
        near = iter(self._view.near(self._tables.txn, unknown, self.policy))
        results = iter(checked.items)
        answers: list[Submitted | HashsvcError] = []
        for report in reports:
            mine = [(next(results), next(near)) for _ in report.items]
            try:
                answers.append(self._report(report, mine))
            except FailedPrecondition as error:
                answers.append(error)
        return answers

    def _report(self, new: NewReport, checked: Sequence[tuple[Checked, Joins]]) -> Submitted:
        tables = self._tables
        request = self._request(new)
        claim = self._code(request, new)  # may refuse, so before anything is written
        if claim.number:
            return self._repeated(new, claim)
        number = tables.next_number(b"last_report")
        report = Report(
            number, self._now_us, new.actor, new.kind, new.comment, new.language, new.portal, new.partner_reference,
            claim.code_hash, len(new.items), 0, new.self_referral, new.age_hint, new.severity_hint,
        )  # fmt: skip
        tables.note(Event(self._now_us, EventKind.REPORT_RECEIVED, report=number, value=len(new.items)))
        placed = []
        for index, (item, (found, near)) in enumerate(zip(new.items, checked, strict=True)):
            placed.append(self._place(report, index, item, found, near))
        open_count = sum(one.state == ItemState.OPEN for one in placed)
        report = replace(report, open_count=open_count, closed_us=0 if open_count else self._now_us)
        if new.contact:
            feedback.keep_contact(tables, number, new.contact)
        if not open_count:
            self._note_closed(report)
        tables.put("reports", number_key(number), report)
        tables.put("report_codes", report.code_hash, number_key(number) + request)
        return Submitted(number, codes.as_written(claim.digits), tuple(placed))

    def _repeated(self, new: NewReport, claim: Claim) -> Submitted:
        """The answer to a request that was taken in before."""
        placed = []
        for index in range(len(new.items)):
            item = self._tables.item(item_key(claim.number, index))
            if item is not None:
                placed.append(Placed(item.state, item.verdict, item.case, False, item.met))
        return Submitted(claim.number, codes.as_written(claim.digits), tuple(placed), repeated=True)

    def _code(self, request: bytes, new: NewReport) -> Claim:
        """The code of the report that this request brought before, or one that is free for it.

        A report stands under its code, so the codes that a request can have tell whether it came before; those of
        attempts that no request has ever needed are not looked at. Raises FailedPrecondition REQUEST_ID_REUSED,
        NO_FREE_CODE.
        """
        free: Claim | None = None
        last_attempt = self._last_attempt
        for attempt in range(CODE_ATTEMPTS):
            if free is not None and attempt > last_attempt:
                break
            digits = codes.make_digits(self._key, new.actor, new.request_id, attempt)
            code_hash = codes.hash_of(self._key, digits)
            row = self._tables.get("report_codes", code_hash)
            if row is None:
                free = free or Claim(digits, code_hash, 0, attempt)
            elif row[8 : 8 + REQUEST_BYTES] == request[:REQUEST_BYTES]:
                if row[8 + REQUEST_BYTES :] == request[REQUEST_BYTES:]:
                    return Claim(digits, code_hash, int.from_bytes(row[:8], "big"), attempt)
                raise FailedPrecondition(
                    "REQUEST_ID_REUSED", "this request_id was used for another report; use a new one",
                    field="request_id",
                )  # fmt: skip
        if free is None:
            raise FailedPrecondition(
                "NO_FREE_CODE", "no reference code is free for this request; use another request_id"
            )
        if free.attempt > last_attempt:
            self._tables.put("meta", LAST_ATTEMPT, number_key(free.attempt))
            self._last_attempt = free.attempt
        return free

    def _request(self, new: NewReport) -> bytes:
        """What is stored of a request: a keyed digest of who sent it under which id, and one of all but the contact.

        Of a contact that was erased not even a digest may stay.
        """
        if new.contact:
            new = replace(new, contact="")
        who = request_digest(self._key, f"{new.actor}\0{new.request_id}".encode())
        return who[:REQUEST_BYTES] + request_digest(self._key, encode(new))[:REQUEST_BYTES]

    # ------------------------------------------------------------ items

    def _place(self, report: Report, index: int, new: NewItem, found: Checked, near: Joins) -> Placed:
        """Put one item where it belongs."""
        item = Item(
            report.number, index, ItemState.OPEN, new.signals, new.content_ref, 0, found.verdict, (), found.met,
            found.sequence, self._now_us,
        )  # fmt: skip
        if found.verdict == KNOWN:
            self._close(item, ItemState.CLOSED_KNOWN, known_by(found.met))
            self._tables.note(Event(self._now_us, EventKind.ITEM_KNOWN, report=report.number))
            return Placed(ItemState.CLOSED_KNOWN, KNOWN, 0, False, found.met)
        case, opened = self.to_case(item, report, near)
        verdict = found.verdict if opened or found.verdict == LIKELY else int(Verdict.PENDING)
        return Placed(ItemState.OPEN, verdict, case, opened, found.met)

    def to_case(self, item: Item, report: Report, near: Joins) -> tuple[int, bool]:
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

    def close_item(self, item: Item, state: int, entries: tuple[bytes, ...]) -> None:
        """Close an item that was open; its report closes with its last one."""
        self._close(item, state, entries)
        report = self._tables.report(item.report)
        report = replace(report, open_count=report.open_count - 1)
        if not report.open_count:
            report = replace(report, closed_us=self._now_us)
            self._note_closed(report)
        self._tables.put("reports", number_key(report.number), report)

    def _note_closed(self, report: Report) -> None:
        retention.report_closed(self._tables, report)
        feedback.report_closed(self._tables, report)
        self._tables.note(Event(self._now_us, EventKind.REPORT_CLOSED, report=report.number))

    def reopen_item(self, item: Item, found: Checked, near: Joins) -> int:
        """Open an item that was closed because of what is not listed any more. Returns its case."""
        report = self._reopen_report(item.report)
        takedown.item_reopened(self._tables, item, self._now_us)
        if item.case:
            regrading.item_leaves(self._tables, item, self._now_us)
            self._leave_case(item)
        again = replace(
            item, state=ItemState.OPEN, entries=(), closed_us=0, verdict=found.verdict, met=found.met,
            list_sequence=found.sequence,
        )  # fmt: skip
        number, _ = self.to_case(again, report, near)
        self._tables.note(Event(self._now_us, EventKind.ITEM_REOPENED, case=number, report=item.report))
        return number

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

    def reopen_case(self, case: Case, opinions: tuple[Opinion, ...], snapshot: Snapshot) -> Case:
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
                (near,) = self._view.near(self._tables.txn, [item.signals], self.policy)
                self.reopen_item(item, found, near)
            return case
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
        return opened

    def move_on(self, item: Item, found: Checked) -> None:
        """Put an open item whose case ended without it into another one: nobody looked at it."""
        self._leave_case(item)
        (near,) = self._view.near(self._tables.txn, [item.signals], self.policy)
        again = replace(item, case=0, verdict=found.verdict, met=found.met, list_sequence=found.sequence)
        number, _ = self.to_case(again, self._tables.report(item.report), near)
        self._tables.note(Event(self._now_us, EventKind.ITEM_MOVED, case=number, report=item.report))

    def close_case(self, case: Case, state: int) -> Case:
        """End a live case: out of the queue, and nothing joins it any more."""
        if case.lease_actor:
            leases.lapsed(self._tables, case, self._now_us)
        closed = replace(case, state=state, closed_us=self._now_us, lease_actor="", lease_until_us=0)
        cases.write(self._tables, case, closed)
        self._view.remove(self._tables.txn, case.number)
        return closed
