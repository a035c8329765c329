"""Calls about reports and cases: bring, claim, assess, read. Actors and request_ids are added when a call is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hashsvc.client import parse
from hashsvc.client.call import Call, Paged, wire_position
from hashsvc.client.case_values import (
    AffectedCheck,
    AffectedItem,
    AffectedResult,
    AssessResult,
    Case,
    CaseItem,
    CaseReport,
    CaseResult,
    CasesResult,
    CaseState,
    Feedback,
    ItemResult,
    ItemState,
    NewReport,
    Opinion,
    Regrade,
    RegradeOutcome,
    RegradeResult,
    ReportReceipt,
    ReportResult,
    ReportState,
)
from hashsvc.client.entries import wire_signal
from hashsvc.client.values import Page, Position
from hashsvc.limits import BULK_BYTES_MAX, PAGE_SIZE_DEFAULT, REPORTS_ITEMS_MAX, REPORTS_MAX
from hashsvc.v1 import case_service_pb2 as pb
from hashsvc.v1 import entry_pb2
from hashsvc.v1 import report_service_pb2 as reports_pb

_REPORTS = "/hashsvc.v1.ReportService/"
_CASES = "/hashsvc.v1.CaseService/"
_FRAME_BYTES = 5  # tag and length of a report within the call
_REQUEST_ID_BYTES = 64  # room for one that is made when the call is run

_REPORT_STATES = parse.by_number(dict(reports_pb.ReportState.items()), ReportState, "REPORT_STATE_")
_ITEM_STATES = parse.by_number(dict(reports_pb.ItemState.items()), ItemState, "ITEM_STATE_")
_REGRADE_OUTCOMES = parse.by_number(dict(pb.RegradeOutcome.items()), RegradeOutcome, "REGRADE_OUTCOME_")
_CASE_STATES = parse.by_number(dict(pb.CaseState.items()), CaseState, "CASE_STATE_")

# ---------------------------------------------------------------- reports


def submit_report(report: NewReport) -> Call[ReportResult]:
    """Bring one report, at most 64 KiB. Its receipt has the code for the reporter."""
    request = reports_pb.SubmitReportRequest(report=_wire_report(report))

    def read(answer: reports_pb.SubmitReportResponse, worker: int | None) -> ReportResult:
        return ReportResult(
            request.report.request_id,
            _receipt(answer.receipt),
            None,
            parse.problems(answer.problems),
            parse.position(answer.position),
            worker,
        )

    return Call(f"{_REPORTS}SubmitReport", request, reports_pb.SubmitReportResponse, read, is_write=True)


def submit_reports(reports: Sequence[NewReport]) -> Call[tuple[ReportResult, ...]]:
    """Bring up to 100 reports of 2,000 items in all, in one transaction. One that is refused stops no other."""
    return _submit([_wire_report(report) for report in reports])


def submit_calls(reports: Iterable[NewReport]) -> Iterator[Call[tuple[ReportResult, ...]]]:
    """Cut any number of reports into calls, for `run_many`."""
    part: list[reports_pb.Report] = []
    item_count = byte_count = 0
    for report in reports:
        wire = _wire_report(report)
        items, size = len(wire.items), wire.ByteSize() + _FRAME_BYTES + _REQUEST_ID_BYTES
        full = len(part) >= REPORTS_MAX or item_count + items > REPORTS_ITEMS_MAX or byte_count + size > BULK_BYTES_MAX
        if part and full:
            yield _submit(part)
            part, item_count, byte_count = [], 0, 0
        part.append(wire)
        item_count, byte_count = item_count + items, byte_count + size
    if part:
        yield _submit(part)


def report_state(code: str) -> Call[ReportState]:
    """Ask how far a report is, by the code that its receipt has."""
    request = reports_pb.GetReportRequest(code=code)

    def read(answer: reports_pb.GetReportResponse, worker: int | None) -> ReportState:
        return _REPORT_STATES.get(answer.state, ReportState.UNSPECIFIED)

    return Call(f"{_REPORTS}GetReport", request, reports_pb.GetReportResponse, read)


def list_feedback(*, page_size: int = PAGE_SIZE_DEFAULT) -> Paged[Feedback]:
    """Read whom to tell that a report is closed, longest closed first."""

    def read(answer: reports_pb.ListFeedbackResponse, worker: int | None) -> Page[Feedback]:
        found = tuple(Feedback(one.report_number, one.contact, one.language, one.portal) for one in answer.feedback)
        return Page(found, answer.next_page_token, parse.position(answer.position), worker)

    def page(page_token: str) -> Call[Page[Feedback]]:
        request = reports_pb.ListFeedbackRequest(page_size=page_size, page_token=page_token)
        return Call(f"{_REPORTS}ListFeedback", request, reports_pb.ListFeedbackResponse, read)

    return page


def mark_feedback_sent(report_number: int) -> Call[bool]:
    """Say that a reporter was told: the contact is erased. Returns whether there was one."""
    request = reports_pb.MarkFeedbackSentRequest(report_number=report_number)

    def read(answer: reports_pb.MarkFeedbackSentResponse, worker: int | None) -> bool:
        return answer.is_erased

    return Call(f"{_REPORTS}MarkFeedbackSent", request, reports_pb.MarkFeedbackSentResponse, read)


# ---------------------------------------------------------------- cases


def case_queue(*, page_size: int = PAGE_SIZE_DEFAULT) -> Call[CasesResult]:
    """Read the head of the queue: open cases that nobody holds, the most urgent first."""

    def read(answer: pb.ListQueueResponse, worker: int | None) -> CasesResult:
        return CasesResult(tuple(map(_case, answer.cases)), parse.position(answer.position), worker)

    return Call(f"{_CASES}ListQueue", pb.ListQueueRequest(page_size=page_size), pb.ListQueueResponse, read)


def get_case(case: int) -> Call[CaseResult]:
    """Read a case with its items."""
    return Call(f"{_CASES}GetCase", pb.GetCaseRequest(case=case), pb.GetCaseResponse, _case_result)


def claim_case(case: int = 0) -> Call[CaseResult]:
    """Take a case to look at for a time; 0: the first of the queue that one can help with."""
    return Call(f"{_CASES}ClaimCase", pb.ClaimCaseRequest(case=case), pb.ClaimCaseResponse, _case_result)


def release_case(case: int) -> Call[CaseResult]:
    """Give a case back without an opinion."""

    def read(answer: pb.ReleaseCaseResponse, worker: int | None) -> CaseResult:
        return CaseResult(_case(answer.case), (), (), False, parse.position(answer.position), worker)

    return Call(f"{_CASES}ReleaseCase", pb.ReleaseCaseRequest(case=case), pb.ReleaseCaseResponse, read)


def assess_case(
    case: int,
    *,
    is_illegal: bool,
    classifications: Sequence[tuple[str, str]] = (),
    age_band: str = "",
    sex: Sequence[str] = (),
    flags: Sequence[str] = (),
    note: str = "",
) -> Call[AssessResult]:
    """Give an opinion on a case that one holds. The last one that is needed decides it."""
    request = pb.AssessCaseRequest(
        case=case,
        is_illegal=is_illegal,
        classifications=[entry_pb2.Classification(scheme=scheme, value=value) for scheme, value in classifications],
        age_band=age_band,
        sex=sex,
        flags=flags,
        note=note,
    )

    def read(answer: pb.AssessCaseResponse, worker: int | None) -> AssessResult:
        return AssessResult(
            _case(answer.case),
            answer.closed_item_count,
            answer.closed_twin_count,
            parse.position(answer.position),
            worker,
        )

    return Call(f"{_CASES}AssessCase", request, pb.AssessCaseResponse, read)


def list_regrades(
    outcome: RegradeOutcome = RegradeOutcome.WAITING, *, page_size: int = PAGE_SIZE_DEFAULT
) -> Paged[Regrade]:
    """Read the decided cases that are graded again, those that wait or those of an outcome, page by page, by case."""

    def read(answer: pb.ListRegradesResponse, worker: int | None) -> Page[Regrade]:
        regrades = tuple(map(_regrade, answer.regrades))
        return Page(regrades, answer.next_page_token, parse.position(answer.position), worker)

    def page(page_token: str) -> Call[Page[Regrade]]:
        request = pb.ListRegradesRequest(
            outcome=f"REGRADE_OUTCOME_{outcome.value}",
            page_size=page_size,
            page_token=page_token,
        )
        return Call(f"{_CASES}ListRegrades", request, pb.ListRegradesResponse, read)

    return page


def claim_regrade(case: int = 0) -> Call[CaseResult]:
    """Take a decided case to grade it again, blind; 0: the first that waits and of which one gave no opinion."""
    request = pb.ClaimRegradeRequest(case=case)
    return Call(f"{_CASES}ClaimRegrade", request, pb.ClaimRegradeResponse, _case_result)


def assess_regrade(
    case: int,
    *,
    is_illegal: bool,
    classifications: Sequence[tuple[str, str]] = (),
    age_band: str = "",
    sex: Sequence[str] = (),
    flags: Sequence[str] = (),
    note: str = "",
) -> Call[RegradeResult]:
    """Grade a decided case again that one holds. Where legality differs a listing is disputed, or the case opens."""
    request = pb.AssessRegradeRequest(
        case=case,
        is_illegal=is_illegal,
        classifications=[entry_pb2.Classification(scheme=scheme, value=value) for scheme, value in classifications],
        age_band=age_band,
        sex=sex,
        flags=flags,
        note=note,
    )

    def read(answer: pb.AssessRegradeResponse, worker: int | None) -> RegradeResult:
        return RegradeResult(_regrade(answer.regrade), parse.position(answer.position), worker)

    return Call(f"{_CASES}AssessRegrade", request, pb.AssessRegradeResponse, read)


def list_affected(
    entry_id: str, *, page_size: int = PAGE_SIZE_DEFAULT, page_token: str = "", at_least: Position | None = None
) -> Call[AffectedResult]:
    """Read a page of what an entry did: items that closed because of it, then checks that were answered with it.

    Not all pages in one go, because each says whether the listing is complete. A page may be empty and not the last.
    """
    request = pb.ListAffectedRequest(
        entry_id=entry_id, page_size=page_size, page_token=page_token, at_least=wire_position(at_least)
    )

    def read(answer: pb.ListAffectedResponse, worker: int | None) -> AffectedResult:
        return AffectedResult(
            tuple(
                AffectedItem(one.report_number, one.item, one.partner_reference, one.is_open, one.is_erased)
                for one in answer.items
            ),
            tuple(
                AffectedCheck(
                    time_us=parse.microseconds(one.time),
                    actor=one.actor,
                    caller_reference=one.caller_reference,
                    item=one.item,
                    verdict=parse.verdict(one.verdict),
                    sequence=one.sequence,
                    epoch=one.epoch,
                )
                for one in answer.checks
            ),
            answer.next_page_token,
            answer.may_grow,
            parse.microseconds(answer.checks_complete_time),
            answer.damaged_file_count,
            parse.position(answer.position),
            worker,
        )

    return Call(f"{_CASES}ListAffected", request, pb.ListAffectedResponse, read)


# ---------------------------------------------------------------- to the wire and back


def _submit(reports: Sequence[reports_pb.Report]) -> Call[tuple[ReportResult, ...]]:
    request = reports_pb.SubmitReportsRequest(reports=reports)

    def read(answer: reports_pb.SubmitReportsResponse, worker: int | None) -> tuple[ReportResult, ...]:
        position = parse.position(answer.position)
        return tuple(
            ReportResult(
                request.reports[one.report].request_id,
                _receipt(one.receipt) if one.HasField("receipt") else None,
                parse.problems([one.refusal])[0] if one.HasField("refusal") else None,
                parse.problems(one.problems),
                position,
                worker,
            )
            for one in answer.results
        )

    return Call(
        f"{_REPORTS}SubmitReports", request, reports_pb.SubmitReportsResponse, read, is_write=True, is_bulk=True
    )


def _wire_report(report: NewReport) -> reports_pb.Report:
    return reports_pb.Report(
        request_id=report.request_id,
        items=[
            reports_pb.ReportItem(signals=map(wire_signal, item.signals), content_ref=item.content_ref)
            for item in report.items
        ],
        type=report.type,
        comment=report.comment,
        language=report.language,
        portal=report.portal,
        partner_reference=report.partner_reference,
        self_referral=report.self_referral,
        age_hint=report.age_hint,
        severity_hint=report.severity_hint,
        contact=report.contact,
    )


def _receipt(wire: reports_pb.ReportReceipt) -> ReportReceipt:
    items = tuple(
        ItemResult(
            one.item,
            parse.verdict(one.verdict),
            _item_state(one.state),
            one.case,
            one.is_case_opened,
            tuple(map(parse.evidence, one.evidence)),
        )
        for one in wire.items
    )
    return ReportReceipt(wire.report_number, wire.code, wire.is_repeated, items)


def _regrade(wire: pb.Regrade) -> Regrade:
    return Regrade(
        wire.case,
        _REGRADE_OUTCOMES.get(wire.outcome, RegradeOutcome.UNSPECIFIED),
        parse.microseconds(wire.draw_time),
        _opinion(wire.opinion) if wire.HasField("opinion") else None,
    )


def _case_result(
    answer: pb.GetCaseResponse | pb.ClaimCaseResponse | pb.ClaimRegradeResponse, worker: int | None
) -> CaseResult:
    items = tuple(map(_case_item, answer.items))
    return CaseResult(
        _case(answer.case),
        items,
        tuple(map(_case_report, answer.reports)),
        answer.is_truncated,
        parse.position(answer.position),
        worker,
    )


def _case(wire: pb.Case) -> Case:
    return Case(
        case=wire.case,
        state=_CASE_STATES.get(wire.state, CaseState.UNSPECIFIED),
        opened_us=parse.microseconds(wire.open_time),
        closed_us=parse.microseconds(wire.close_time),
        report_count=wire.report_count,
        item_count=wire.item_count,
        is_self_referral=wire.is_self_referral,
        age_hint=wire.age_hint,
        severity_hint=wire.severity_hint,
        opinions=tuple(map(_opinion, wire.opinions)),
        is_escalated=wire.is_escalated,
        lease_actor=wire.lease_actor,
        lease_end_us=parse.microseconds(wire.lease_end_time),
        suggested_cases=tuple(wire.suggested_cases),
        likely_entry_ids=tuple(wire.likely_entry_ids),
        entry_id=wire.entry_id,
        first_item=(wire.first_report_number, wire.first_item),
    )


def _case_item(wire: pb.CaseItem) -> CaseItem:
    return CaseItem(
        report_number=wire.report_number,
        item=wire.item,
        state=_item_state(wire.state),
        signals=tuple(map(parse.signal, wire.signals)),
        content_ref=wire.content_ref,
        verdict=parse.verdict(wire.verdict),
        evidence=tuple(map(parse.evidence, wire.evidence)),
        entry_ids=tuple(wire.entry_ids),
        received_us=parse.microseconds(wire.receive_time),
        closed_us=parse.microseconds(wire.close_time),
    )


def _case_report(wire: pb.CaseReport) -> CaseReport:
    return CaseReport(
        report_number=wire.report_number,
        actor=wire.actor,
        received_us=parse.microseconds(wire.receive_time),
        type=wire.type,
        comment=wire.comment,
        language=wire.language,
        portal=wire.portal,
        partner_reference=wire.partner_reference,
        is_self_referral=wire.is_self_referral,
        age_hint=wire.age_hint,
        severity_hint=wire.severity_hint,
        item_count=wire.item_count,
    )


def _opinion(wire: pb.Opinion) -> Opinion:
    return Opinion(
        actor=wire.actor,
        time_us=parse.microseconds(wire.time),
        is_illegal=wire.is_illegal,
        classifications=tuple((one.scheme, one.value) for one in wire.classifications),
        age_band=wire.age_band,
        sex=tuple(wire.sex),
        flags=tuple(wire.flags),
        note=wire.note,
        is_senior=wire.is_senior,
    )


def _item_state(number: int) -> ItemState:
    return _ITEM_STATES.get(number, ItemState.UNSPECIFIED)
