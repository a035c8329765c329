"""Calls about reports and cases: bring, claim, assess, read. Actors and request_ids are added when a call is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from hashsvc.client.call import Call, Paged, wire_position
from hashsvc.client.case_values import (
    AffectedResult,
    AssessResult,
    CaseResult,
    CasesResult,
    Feedback,
    NewReport,
    Regrade,
    RegradeOutcome,
    RegradeResult,
    ReportResult,
    ReportState,
)
from hashsvc.client.entries import wire_signal
from hashsvc.client.reading import answer, numbered, page, read
from hashsvc.client.values import Page, Position
from hashsvc.limits import BULK_BYTES_MAX, PAGE_SIZE_DEFAULT, REPORTS_ITEMS_MAX, REPORTS_MAX
from hashsvc.v1 import case_service_pb2 as pb
from hashsvc.v1 import entry_pb2
from hashsvc.v1 import report_service_pb2 as reports_pb

_REPORTS = "/hashsvc.v1.ReportService/"
_CASES = "/hashsvc.v1.CaseService/"
_FRAME_BYTES = 5  # tag and length of a report within the call
_REQUEST_ID_BYTES = 64  # room for one that is made when the call is run
_REPORT_STATES = numbered(ReportState, reports_pb.ReportState.DESCRIPTOR)


# ---------------------------------------------------------------- reports


def submit_report(report: NewReport) -> Call[ReportResult]:
    """Bring one report, at most 64 KiB. Its receipt has the code for the reporter."""
    request = reports_pb.SubmitReportRequest(report=_wire_report(report))

    def result(wire: reports_pb.SubmitReportResponse, worker: int | None) -> ReportResult:
        return read(ReportResult, wire, request_id=request.report.request_id, refusal=None, worker=worker)

    return Call(f"{_REPORTS}SubmitReport", request, reports_pb.SubmitReportResponse, result, is_write=True)


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

    def state(wire: reports_pb.GetReportResponse, worker: int | None) -> ReportState:
        return _REPORT_STATES.get(wire.state, ReportState.UNSPECIFIED)

    return Call(f"{_REPORTS}GetReport", request, reports_pb.GetReportResponse, state)


def list_feedback(*, page_size: int = PAGE_SIZE_DEFAULT) -> Paged[Feedback]:
    """Read whom to tell that a report is closed, longest closed first."""

    def paged(page_token: str) -> Call[Page[Feedback]]:
        request = reports_pb.ListFeedbackRequest(page_size=page_size, page_token=page_token)
        return Call(f"{_REPORTS}ListFeedback", request, reports_pb.ListFeedbackResponse, page(Feedback, "feedback"))

    return paged


def mark_feedback_sent(report_number: int) -> Call[bool]:
    """Say that a reporter was told: the contact is erased. Returns whether there was one."""
    request = reports_pb.MarkFeedbackSentRequest(report_number=report_number)

    def is_erased(wire: reports_pb.MarkFeedbackSentResponse, worker: int | None) -> bool:
        return wire.is_erased

    return Call(f"{_REPORTS}MarkFeedbackSent", request, reports_pb.MarkFeedbackSentResponse, is_erased)


# ---------------------------------------------------------------- cases


def case_queue(*, page_size: int = PAGE_SIZE_DEFAULT) -> Call[CasesResult]:
    """Read the head of the queue: open cases that nobody holds, the most urgent first."""
    request = pb.ListQueueRequest(page_size=page_size)
    return Call(f"{_CASES}ListQueue", request, pb.ListQueueResponse, answer(CasesResult))


def get_case(case: int) -> Call[CaseResult]:
    """Read a case with its items."""
    return Call(f"{_CASES}GetCase", pb.GetCaseRequest(case=case), pb.GetCaseResponse, answer(CaseResult))


def claim_case(case: int = 0) -> Call[CaseResult]:
    """Take a case to look at for a time; 0: the first of the queue that one can help with."""
    return Call(f"{_CASES}ClaimCase", pb.ClaimCaseRequest(case=case), pb.ClaimCaseResponse, answer(CaseResult))


def release_case(case: int) -> Call[CaseResult]:
    """Give a case back without an opinion."""
    request = pb.ReleaseCaseRequest(case=case)
    read_case = answer(CaseResult, items=(), reports=(), truncated=False)
    return Call(f"{_CASES}ReleaseCase", request, pb.ReleaseCaseResponse, read_case)


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
    request = pb.AssessCaseRequest(case=case, **_opinion(is_illegal, classifications, age_band, sex, flags, note))
    return Call(f"{_CASES}AssessCase", request, pb.AssessCaseResponse, answer(AssessResult))


def list_regrades(
    outcome: RegradeOutcome = RegradeOutcome.WAITING, *, page_size: int = PAGE_SIZE_DEFAULT
) -> Paged[Regrade]:
    """Read the decided cases that are graded again, those that wait or those of an outcome, page by page, by case."""

    def paged(page_token: str) -> Call[Page[Regrade]]:
        request = pb.ListRegradesRequest(
            outcome=f"REGRADE_OUTCOME_{outcome.value}",
            page_size=page_size,
            page_token=page_token,
        )
        return Call(f"{_CASES}ListRegrades", request, pb.ListRegradesResponse, page(Regrade, "regrades"))

    return paged


def claim_regrade(case: int = 0) -> Call[CaseResult]:
    """Take a decided case to grade it again, blind; 0: the first that waits and of which one gave no opinion."""
    request = pb.ClaimRegradeRequest(case=case)
    return Call(f"{_CASES}ClaimRegrade", request, pb.ClaimRegradeResponse, answer(CaseResult))


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
    request = pb.AssessRegradeRequest(case=case, **_opinion(is_illegal, classifications, age_band, sex, flags, note))
    return Call(f"{_CASES}AssessRegrade", request, pb.AssessRegradeResponse, answer(RegradeResult))


def list_affected(
    entry_id: str, *, page_size: int = PAGE_SIZE_DEFAULT, page_token: str = "", at_least: Position | None = None
) -> Call[AffectedResult]:
    """Read a page of what an entry did: items that closed because of it, then checks that were answered with it.

    Not all pages in one go, because each says whether the listing is complete. A page may be empty and not the last.
    """
    request = pb.ListAffectedRequest(
        entry_id=entry_id, page_size=page_size, page_token=page_token, at_least=wire_position(at_least)
    )
    return Call(f"{_CASES}ListAffected", request, pb.ListAffectedResponse, answer(AffectedResult))


# ---------------------------------------------------------------- to the wire


def _submit(reports: Sequence[reports_pb.Report]) -> Call[tuple[ReportResult, ...]]:
    request = reports_pb.SubmitReportsRequest(reports=reports)

    def results(wire: reports_pb.SubmitReportsResponse, worker: int | None) -> tuple[ReportResult, ...]:
        position = read(Position, wire.position)
        return tuple(
            read(
                ReportResult,
                one,
                request_id=request.reports[one.report].request_id,
                position=position,
                worker=worker,
            )
            for one in wire.results
        )

    return Call(
        f"{_REPORTS}SubmitReports", request, reports_pb.SubmitReportsResponse, results, is_write=True, is_bulk=True
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


def _opinion(
    is_illegal: bool,
    classifications: Sequence[tuple[str, str]],
    age_band: str,
    sex: Sequence[str],
    flags: Sequence[str],
    note: str,
) -> dict[str, Any]:
    """What one says of a case, whether for the first time or again."""
    return {
        "is_illegal": is_illegal,
        "classifications": [entry_pb2.Classification(scheme=scheme, value=value) for scheme, value in classifications],
        "age_band": age_band,
        "sex": sex,
        "flags": flags,
        "note": note,
    }
