"""ReportService: reports in, each durably before it is answered; to reporters three plain states and nothing more.

And whom to tell that a report is closed.
"""

from __future__ import annotations

import time

from hashsvc import limits
from hashsvc.casework.values import NewReport, Submitted
from hashsvc.errors import HashsvcError, InvalidArgument
from hashsvc.matching.values import Problem
from hashsvc.metrics import Metrics
from hashsvc.server.translate.common import (
    add_problems,
    make_token,
    page_size_of,
    position_message,
    read_token,
    text_of,
)
from hashsvc.server.translate.report import after_feedback, feedback_message, feedback_token, read_report, receipt_of
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.limits import MissLimit
from hashsvc.server.wire.ports import Store
from hashsvc.server.writing.casework import CaseworkDoor
from hashsvc.v1 import check_service_pb2
from hashsvc.v1 import report_service_pb2 as pb


class ReportServicer:
    """Answers the calls about reports."""

    def __init__(
        self,
        store: Store,
        door: CaseworkDoor,
        misses: MissLimit,
        metrics: Metrics,
        *,
        with_verdicts: bool,
        state_hold_us: int,
    ) -> None:
        """with_verdicts: tell whoever brings a report what the list says of it. state_hold_us: see `report_state`."""
        self._store = store
        self._door = door
        self._misses = misses
        self._metrics = metrics
        self._with_verdicts = with_verdicts
        self._state_hold_us = state_hold_us

    def SubmitReport(self, request: pb.SubmitReportRequest, call: Call) -> pb.SubmitReportResponse:  # noqa: N802
        problems: list[Problem] = []
        try:
            report = read_report(request.report, call.actor, problems)
        except InvalidArgument as error:
            error.field = f"report.{error.field}" if error.field else "report"
            raise
        call.item_count, call.problem_count = len(report.items), len(problems)
        call.check_deadline()
        (submitted,) = self._submit([report])
        if isinstance(submitted, HashsvcError):
            raise submitted
        response = pb.SubmitReportResponse(receipt=receipt_of(submitted, with_verdicts=self._with_verdicts))
        add_problems(response.problems, problems)
        with self._store.snapshot() as snapshot:
            response.position.CopyFrom(position_message(snapshot.position, call))
        return response

    def SubmitReports(self, request: pb.SubmitReportsRequest, call: Call) -> pb.SubmitReportsResponse:  # noqa: N802
        _check_size(request)
        call.item_count = len(request.reports)
        response = pb.SubmitReportsResponse()
        reports: list[NewReport] = []
        places: list[int] = []
        for i, message in enumerate(request.reports):
            result = response.results.add(report=i)
            problems: list[Problem] = []
            try:
                reports.append(read_report(message, call.actor, problems))
                places.append(i)
            except InvalidArgument as error:
                _refuse(result, error)
            add_problems(result.problems, problems)
        call.check_deadline()
        answers = self._submit(reports)
        for i, answer in zip(places, answers, strict=True):
            if isinstance(answer, HashsvcError):
                _refuse(response.results[i], answer)
            else:
                response.results[i].receipt.CopyFrom(receipt_of(answer, with_verdicts=self._with_verdicts))
                response.taken_count += 1
        call.problem_count = sum(one.HasField("refusal") or bool(one.problems) for one in response.results)
        with self._store.snapshot() as snapshot:
            response.position.CopyFrom(position_message(snapshot.position, call))
        return response

    def _submit(self, reports: list[NewReport]) -> list[Submitted | HashsvcError]:
        """Take reports in, and measure how long that took."""
        started = time.perf_counter()
        with self._door.writing() as casework:
            answers = casework.arrival.submit_each(reports)
        self._metrics.observe("casework_batch_seconds", time.perf_counter() - started)
        return answers

    def GetReport(self, request: pb.GetReportRequest, call: Call) -> pb.GetReportResponse:  # noqa: N802
        code = text_of(request.code, limits.REFERENCE_CODE_CHARS_MAX, "code", required=True)
        with self._misses.attempt(call.actor), self._door.reading() as casework:
            state = casework.arrival.report_state(code, self._state_hold_us)
        return pb.GetReportResponse(state=state)  # type: ignore[arg-type]

    def ListFeedback(self, request: pb.ListFeedbackRequest, call: Call) -> pb.ListFeedbackResponse:  # noqa: N802
        limit = page_size_of(request.page_size)
        after = after_feedback(read_token(request.page_token, "feedback"))
        with self._door.reading() as casework:
            found = casework.outgoing.feedback_due(limit, after, self._state_hold_us)
        call.item_count = len(found)
        with self._store.snapshot() as snapshot:
            return pb.ListFeedbackResponse(
                position=position_message(snapshot.position, call),
                feedback=map(feedback_message, found),
                next_page_token=make_token(feedback_token(found[-1]) if len(found) == limit else 0, "feedback"),
            )

    def MarkFeedbackSent(  # noqa: N802
        self, request: pb.MarkFeedbackSentRequest, call: Call
    ) -> pb.MarkFeedbackSentResponse:
        if request.report_number <= 0:
            raise InvalidArgument("REQUIRED", "the number of a report is required, from 1", field="report_number")
        call.check_deadline()
        with self._door.writing() as casework:
            erased = casework.outgoing.feedback_sent(call.actor, request.report_number, self._state_hold_us)
        with self._store.snapshot() as snapshot:
            return pb.MarkFeedbackSentResponse(position=position_message(snapshot.position, call), is_erased=erased)


def _check_size(request: pb.SubmitReportsRequest) -> None:
    """Raises InvalidArgument EMPTY_BATCH, TOO_MANY_ITEMS."""
    count = len(request.reports)
    if not count:
        raise InvalidArgument("EMPTY_BATCH", f"no report; 1 to {limits.REPORTS_MAX} are right", field="reports")
    if count > limits.REPORTS_MAX:
        raise InvalidArgument(
            "TOO_MANY_ITEMS", f"{count} reports; at most {limits.REPORTS_MAX} are allowed", field="reports"
        )
    item_count = sum(len(report.items) for report in request.reports)
    if item_count > limits.REPORTS_ITEMS_MAX:
        raise InvalidArgument(
            "TOO_MANY_ITEMS",
            f"the reports have {item_count} items; at most {limits.REPORTS_ITEMS_MAX} together are allowed",
            field="reports",
        )


def _refuse(result: pb.ReportResult, error: HashsvcError) -> None:
    """Say why a report of many was refused."""
    result.refusal.CopyFrom(check_service_pb2.Problem(field=error.field, reason=error.reason, message=error.message))
