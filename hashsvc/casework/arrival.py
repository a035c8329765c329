"""The desk where reports come in, each once however often it is sent, and where reporters ask what became of theirs.

A report stands under a keyed hash of its reference code, and the code comes from who sent it under which request id: so
the codes that a request can have say whether it came before. What the codes look like is codes.py's, where an item goes
placing.py's.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from msgspec.structs import replace

from hashsvc.casework import cases, checking, codes, feedback
from hashsvc.casework.checking import Checked, CheckedAll
from hashsvc.casework.gathering import Gathering
from hashsvc.casework.ground import Ground
from hashsvc.casework.open_view import Joins
from hashsvc.casework.placing import Placing
from hashsvc.casework.tables import Tables, encode, item_key, number_key
from hashsvc.casework.values import Event, EventKind, ItemState, NewReport, Placed, Report, ReportState, Submitted
from hashsvc.errors import FailedPrecondition, HashsvcError, NotFound
from hashsvc.hashlist.codec import request_digest
from hashsvc.matching.verdict import KNOWN

ITEMS_TOGETHER = 400  # of calls that share a transaction: a tenth of a second, for which claims wait
CODE_ATTEMPTS = 16
REQUEST_BYTES = 16  # of each of the two digests of a request
LAST_ATTEMPT = b"last_attempt"  # the farthest attempt at a code that any request needed


class Arrived(NamedTuple):
    """A call's reports, checked but not yet written."""

    reports: Sequence[NewReport]
    checked: CheckedAll

    def item_count(self) -> int:
        return len(self.checked.items)


class Arrival:
    """Reports in, and to reporters their state."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._gathering = Gathering(self._take_in, Arrived.item_count, ITEMS_TOGETHER)

    def submit_each(self, reports: Sequence[NewReport]) -> list[Submitted | HashsvcError]:
        """Take in reports: checked STANDARD, what is known closed, the rest joined or opened. One durable transaction.

        A repeated request (actor, request_id) is answered as before. A refused report is answered with its error,
        FailedPrecondition REQUEST_ID_REUSED or NO_FREE_CODE; the others count. Calls of other threads that come
        meanwhile share the transaction, and its failure.
        """
        items = [item for report in reports for item in report.items]
        checked = checking.check_all(self._ground.lists, self._ground.policies, items)
        return self._gathering.ask(Arrived(reports, checked))

    def _take_in(self, calls: Sequence[Arrived]) -> list[list[Submitted | HashsvcError]]:
        """Write the reports of several calls."""
        ground = self._ground
        with ground.writing() as tables:
            now_us = ground.clock.now_us()
            intake = Intake(tables, ground.key, now_us)
            answers = []
            for call in calls:
                checked = checking.check_again(ground.lists, ground.policies, call.checked)
                place = Placing(tables, ground.view, now_us, checked.policy)
                answers.append(intake.take(call.reports, checked.items, place))
            return answers

    def report_state(self, code: str, hold_us: int = 0) -> ReportState:
        """What a reporter is told. Raises NotFound UNKNOWN_CODE, InvalidArgument BAD_CODE.

        hold_us: so long after it came every report is RECEIVED, whatever became of it: what closes at once is known.
        """
        digits = codes.read_code(code)
        with self._ground.reading() as tables:
            row = tables.get("report_codes", codes.hash_of(self._ground.key, digits))
            report = None if row is None else tables.read(Report, "reports", row[:8])
            if report is None:
                raise NotFound("UNKNOWN_CODE", "there is no report of this code, or it was erased", field="code")
            if self._ground.clock.now_us() < report.received_us + hold_us:
                return ReportState.RECEIVED
            if not report.open_count:
                return ReportState.CLOSED
            for index in range(report.item_count):
                item = tables.item(item_key(report.number, index))
                if item is not None and item.state == ItemState.OPEN:
                    case = cases.read(tables, item.case)
                    if case.opinions or case.lease_actor:
                        return ReportState.BEING_ASSESSED
            return ReportState.RECEIVED


class Intake:
    """Writes the reports of one transaction."""

    def __init__(self, tables: Tables, key: bytes, now_us: int) -> None:
        """key: casework's, with which codes and requests are hashed."""
        self._tables = tables
        self._now_us = now_us
        self._codes = RequestCodes(tables, key)

    def take(
        self, reports: Sequence[NewReport], items: Sequence[Checked], place: Placing
    ) -> list[Submitted | HashsvcError]:
        """Take in reports. items: of all of them, as checked by the policy of `place`.

        A refused report is answered with its error.
        """
        near = iter(place.near([one.signals if one.verdict != KNOWN else () for one in items]))
        checked = iter(items)
        answers: list[Submitted | HashsvcError] = []
        for report in reports:
            mine = [(next(checked), next(near)) for _ in report.items]
            try:
                answers.append(self._report(report, mine, place))
            except FailedPrecondition as error:
                answers.append(error)
        return answers

    def _report(self, new: NewReport, checked: Sequence[tuple[Checked, Joins]], place: Placing) -> Submitted:
        tables = self._tables
        code = self._codes.code_of(new)  # may refuse, so before anything is written
        if code.number:
            return self._repeated(new, code)
        number = tables.next_number(b"last_report")
        report = Report(
            number, self._now_us, new.actor, new.kind, new.comment, new.language, new.portal, new.partner_reference,
            code.code_hash, len(new.items), 0, new.self_referral, new.age_hint, new.severity_hint,
        )  # fmt: skip
        tables.note(Event(self._now_us, EventKind.REPORT_RECEIVED, report=number, value=len(new.items)))
        placed = []
        for index, (item, (found, near)) in enumerate(zip(new.items, checked, strict=True)):
            placed.append(place.place(report, index, item, found, near))
        open_count = sum(one.state == ItemState.OPEN for one in placed)
        report = replace(report, open_count=open_count, closed_us=0 if open_count else self._now_us)
        if new.contact:
            feedback.keep_contact(tables, number, new.contact)
        if not open_count:
            place.report_closed(report)
        tables.put("reports", number_key(number), report)
        tables.put("report_codes", report.code_hash, number_key(number) + code.request)
        return Submitted(number, codes.as_written(code.digits), tuple(placed))

    def _repeated(self, new: NewReport, code: RequestCode) -> Submitted:
        """The answer to a request that was taken in before."""
        placed = []
        for index in range(len(new.items)):
            item = self._tables.item(item_key(code.number, index))
            if item is not None:
                placed.append(Placed(item.state, item.verdict, item.case, False, item.met))
        return Submitted(code.number, codes.as_written(code.digits), tuple(placed), repeated=True)


class RequestCode(NamedTuple):
    """The code of a request, and what is stored of the request. number: of the report that it brought before, else 0.

    attempt: at which the code came.
    """

    request: bytes
    digits: str
    code_hash: bytes
    number: int
    attempt: int


class RequestCodes:
    """Finds the codes of requests in one transaction."""

    def __init__(self, tables: Tables, key: bytes) -> None:
        self._tables = tables
        self._key = key
        self._last_attempt = int.from_bytes(tables.get("meta", LAST_ATTEMPT) or b"", "big")

    def code_of(self, new: NewReport) -> RequestCode:
        """The code of the report that this request brought before, or one that is free for it.

        Codes of attempts that no request has ever needed are not looked at. Raises FailedPrecondition
        REQUEST_ID_REUSED, NO_FREE_CODE.
        """
        request = self._request(new)
        free: RequestCode | None = None
        last_attempt = self._last_attempt
        for attempt in range(CODE_ATTEMPTS):
            if free is not None and attempt > last_attempt:
                break
            digits = codes.make_digits(self._key, new.actor, new.request_id, attempt)
            code_hash = codes.hash_of(self._key, digits)
            row = self._tables.get("report_codes", code_hash)
            if row is None:
                free = free or RequestCode(request, digits, code_hash, 0, attempt)
            elif row[8 : 8 + REQUEST_BYTES] == request[:REQUEST_BYTES]:
                if row[8 + REQUEST_BYTES :] == request[REQUEST_BYTES:]:
                    return RequestCode(request, digits, code_hash, int.from_bytes(row[:8], "big"), attempt)
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
