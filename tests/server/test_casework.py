"""Reports and cases over the wire, around casework of nothing: who is refused when, and what is never told."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from hashsvc import config, limits
from hashsvc.casework.values import NewReport, Opinion, ReportState
from hashsvc.errors import CommitFailed, InvalidArgument
from hashsvc.server.writing.casework import MINUTE_US, settings_of
from hashsvc.v1 import case_service_pb2 as cases
from hashsvc.v1 import report_service_pb2 as reports
from hashsvc.v1 import takedown_service_pb2 as takedowns
from tests.server.fakes import ACTOR, ENTRY_ID, FakeCasework, FakeStore, fails, serve, sha256_signal

WRITES: list[tuple[str, Any, Any]] = [
    (
        "ReportService/SubmitReport",
        reports.SubmitReportRequest(report=reports.Report(request_id="r", items=[reports.ReportItem()])),
        reports.SubmitReportResponse,
    ),
    (
        "ReportService/SubmitReports",
        reports.SubmitReportsRequest(reports=[reports.Report(request_id="r", items=[reports.ReportItem()])]),
        reports.SubmitReportsResponse,
    ),
    (
        "ReportService/MarkFeedbackSent",
        reports.MarkFeedbackSentRequest(report_number=1),
        reports.MarkFeedbackSentResponse,
    ),
    ("CaseService/ClaimCase", cases.ClaimCaseRequest(), cases.ClaimCaseResponse),
    ("CaseService/ReleaseCase", cases.ReleaseCaseRequest(case=1), cases.ReleaseCaseResponse),
    ("CaseService/AssessCase", cases.AssessCaseRequest(case=1, is_illegal=False), cases.AssessCaseResponse),
    ("CaseService/ClaimRegrade", cases.ClaimRegradeRequest(), cases.ClaimRegradeResponse),
    ("CaseService/AssessRegrade", cases.AssessRegradeRequest(case=1, is_illegal=True), cases.AssessRegradeResponse),
    (
        "TakedownService/MarkTakedowns",
        takedowns.MarkTakedownsRequest(marks=[takedowns.TakedownMark(takedown=1, state=3)]),  # type: ignore[arg-type]
        takedowns.MarkTakedownsResponse,
    ),
]
READS: list[tuple[str, Any, Any]] = [
    ("ReportService/GetReport", reports.GetReportRequest(code="0"), reports.GetReportResponse),
    ("ReportService/ListFeedback", reports.ListFeedbackRequest(), reports.ListFeedbackResponse),
    ("CaseService/ListQueue", cases.ListQueueRequest(), cases.ListQueueResponse),
    ("CaseService/GetCase", cases.GetCaseRequest(case=1), cases.GetCaseResponse),
    ("CaseService/ListAffected", cases.ListAffectedRequest(entry_id=ENTRY_ID.hex()), cases.ListAffectedResponse),
    ("CaseService/GetEffect", cases.GetEffectRequest(), cases.GetEffectResponse),
    ("CaseService/ListRegrades", cases.ListRegradesRequest(), cases.ListRegradesResponse),
    ("TakedownService/ListTakedowns", takedowns.ListTakedownsRequest(), takedowns.ListTakedownsResponse),
]


def submit(served: Any, **fields: Any) -> reports.SubmitReportResponse:
    fields.setdefault("items", [reports.ReportItem(signals=[sha256_signal()])])
    request = reports.SubmitReportRequest(report=reports.Report(request_id="r", **fields))
    answer: reports.SubmitReportResponse = served.call(
        "ReportService/SubmitReport", request, reports.SubmitReportResponse, metadata=ACTOR
    )
    return answer


@pytest.mark.parametrize(("path", "request_", "answer"), WRITES)
def test_no_casework_is_written_while_the_list_is_read_only(path: str, request_: Any, answer: Any) -> None:
    """After a failed commit casework waits too: it would run ahead of a list that cannot follow."""
    casework = FakeCasework()
    with serve(FakeStore(), casework) as served:
        served.call(path, request_, answer, metadata=ACTOR)
        written = len(casework.written)
        served.read_only.set()
        with fails() as failure:
            served.call(path, request_, answer, metadata=ACTOR)
        assert failure[0].reason == "LIST_READ_ONLY"
        assert len(casework.written) == written >= 1


@pytest.mark.parametrize(("path", "request_", "answer"), WRITES)
def test_writes_name_who_acts(path: str, request_: Any, answer: Any) -> None:
    """Also those that have no request_id of their own."""
    with serve(FakeStore()) as served, fails() as failure:
        served.call(path, request_, answer)
    assert failure[0].reason == "ACTOR_REQUIRED"


@pytest.mark.parametrize(("path", "request_", "answer"), [*WRITES, *READS])
def test_a_failed_commit_of_casework_ends_the_worker(path: str, request_: Any, answer: Any) -> None:
    """A commit whose outcome is unknown stops the process, as the list's does; reads follow the list, so they may."""
    with serve(FakeStore(), FakeCasework(raises=CommitFailed("x"))) as served:
        with fails() as failure:
            served.call(path, request_, answer, metadata=ACTOR)
        assert failure[0].reason == "COMMIT_FAILED"
        assert [type(error) for error in served.fatal] == [CommitFailed]
        with fails() as failure:
            submit(served)
        assert failure[0].reason == "LIST_READ_ONLY"


def test_verdicts_are_told_to_trusted_callers_only() -> None:
    """Unless the operator says so, whoever brings a report learns nothing of what the list says of it."""
    with serve(FakeStore()) as served:
        told = submit(served)
        assert (told.receipt.code, told.receipt.report_number) == ("0000-0000-0000", 1)
        assert len(told.receipt.items) == 0
    with serve(FakeStore(), report_verdicts=True) as served:
        (item,) = submit(served).receipt.items
        assert item.evidence[0].entry_id == ENTRY_ID.hex()


@pytest.mark.parametrize("state", list(ReportState))
def test_a_reporter_is_told_a_state_and_nothing_else(state: ReportState) -> None:
    """The answer has one field, the same for every reporter."""
    with serve(FakeStore(), FakeCasework(state=state)) as served:
        answer = served.call(*READS[0])
    assert [(field.name, value) for field, value in answer.ListFields()] == [("state", int(state))]


def test_a_comment_is_kept_in_any_script() -> None:
    """Separators and joiners that scripts need stay, line ends too; control characters go."""
    casework = FakeCasework()
    comment = "сайн\u202fбайна\u180e уу\nқазақша \U0001f469\u200d\U0001f4bb"
    with serve(FakeStore(), casework) as served:
        submit(served, comment=f"\x00{comment}\x1b[2J\x85")
        (report,) = casework.written
        assert isinstance(report, NewReport)
        assert report.comment == f"{comment}[2J"
        with fails() as failure:
            submit(served, comment="x" * (limits.COMMENT_CHARS_MAX + 1))
    assert (failure[0].reason, failure[0].field) == ("TOO_LONG", "report.comment")


@pytest.mark.parametrize(
    ("fields", "reason", "field"),
    [
        ({"items": []}, "REQUIRED", "report.items"),
        ({"items": [reports.ReportItem()] * 1_001}, "TOO_MANY_ITEMS", "report.items"),
        ({"items": [reports.ReportItem(content_ref="x" * 257)]}, "TOO_LONG", "report.items[0].content_ref"),
        (
            {"items": [reports.ReportItem(), reports.ReportItem(signals=[sha256_signal()] * 65)]},
            "TOO_MANY_SIGNALS",
            "report.items[1].signals",
        ),
        ({"contact": "x" * 257}, "TOO_LONG", "report.contact"),
        ({"contact": "a@b.example\nBcc: c@d.example"}, "BAD_CHARACTERS", "report.contact"),
        ({"age_hint": "18"}, "BAD_VALUE", "report.age_hint"),
        ({"severity_hint": "D"}, "BAD_VALUE", "report.severity_hint"),
        ({"partner_reference": "x" * 129}, "TOO_LONG", "report.partner_reference"),
    ],
)
def test_a_report_is_refused_where_it_is_wrong(fields: dict[str, Any], reason: str, field: str) -> None:
    """The field is named, and nothing of the report is taken in."""
    casework = FakeCasework()
    with serve(FakeStore(), casework) as served, fails() as failure:
        submit(served, **fields)
    assert (failure[0].reason, failure[0].field) == (reason, field)
    assert casework.written == []


def test_feedback_is_read_in_pages_and_marked_by_who_sent_it() -> None:
    """A page goes on after the last reporter that was read; who marks one is known, and no number is none."""
    casework = FakeCasework()
    path, _, answer = READS[1]
    with serve(FakeStore(), casework, report_state_hours=2) as served:
        first = served.call(path, reports.ListFeedbackRequest(page_size=2), answer)
        assert [(one.report_number, one.contact) for one in first.feedback] == [
            (1, "1@reporter.example"), (2, "2@reporter.example"),
        ]  # fmt: skip
        rest = served.call(path, reports.ListFeedbackRequest(page_size=2, page_token=first.next_page_token), answer)
        assert ([one.report_number for one in rest.feedback], rest.next_page_token) == ([3], "")
        path, request, answer = WRITES[2]
        assert served.call(path, request, answer, metadata=ACTOR).is_erased
        assert casework.written == [("anna", 1, 2 * 3_600_000_000)]
        with fails() as failure:
            served.call(path, reports.MarkFeedbackSentRequest(), answer, metadata=ACTOR)
        assert (failure[0].reason, failure[0].field) == ("REQUIRED", "report_number")


def test_a_call_brings_a_hundred_reports_at_most() -> None:
    """More reports, or more items than one transaction should hold, are refused whole."""
    one = reports.Report(request_id="r", items=[reports.ReportItem()])
    large = reports.Report(request_id="r", items=[reports.ReportItem()] * 1_000)
    path, _, answer = WRITES[1]
    with serve(FakeStore()) as served:
        for many, reason in (([], "EMPTY_BATCH"), ([one] * 101, "TOO_MANY_ITEMS"), ([large] * 3, "TOO_MANY_ITEMS")):
            with fails() as failure:
                served.call(path, reports.SubmitReportsRequest(reports=many), answer, metadata=ACTOR)
            assert (failure[0].reason, failure[0].field) == (reason, "reports")
        assert served.call(path, reports.SubmitReportsRequest(reports=[one] * 100), answer, metadata=ACTOR)


def test_an_opinion_names_its_person_and_no_scheme_twice() -> None:
    """The actor of the call is who says it; two categories of one scheme are refused."""
    casework = FakeCasework()
    path, answer = "CaseService/AssessCase", cases.AssessCaseResponse
    ours = {"scheme": "ours", "value": "7"}
    with serve(FakeStore(), casework) as served:
        request = cases.AssessCaseRequest(case=1, is_illegal=True, classifications=[ours], sex=["f"])
        served.call(path, request, answer, metadata=ACTOR)
        assert casework.written == [Opinion("anna", 0, True, (("ours", "7"),), "", ("f",))]
        request.classifications.add(scheme="ours", value="8")
        with fails() as failure:
            served.call(path, request, answer, metadata=ACTOR)
    assert (failure[0].reason, failure[0].field) == ("BAD_VALUE", "classifications[1].scheme")


def test_settings_of_people_are_read_in_the_one_spelling() -> None:
    """Seniors are people as the list knows them: Sen and sen are one. Limits are told in hours and minutes."""
    settings = settings_of(config.make(data_dir="x", seniors=" Sen, BOSS@x ", exposure_hours_a_day=1.5), 3)
    assert settings.seniors == {"sen", "boss@x"}
    assert (settings.exposure_day_us, settings.people_required) == (90 * MINUTE_US, 3)
    assert settings_of(config.make(data_dir="x"), 2).seniors == frozenset()
    for wrong in ("a,,b", "a b", "-a", ","):
        with pytest.raises(InvalidArgument) as error:
            config.make(data_dir="x", seniors=wrong)
        assert error.value.field == "seniors"


@pytest.mark.parametrize(
    ("wrong", "field", "reason"),
    [
        ({"takedown": 0}, "takedown", "REQUIRED"),
        ({"state": 0}, "state", "BAD_VALUE"),
        ({"state": 1}, "state", "BAD_VALUE"),
        ({"recipient": ""}, "recipient", "REQUIRED"),
        ({"recipient": "x" * (limits.RECIPIENT_CHARS_MAX + 1)}, "recipient", "TOO_LONG"),
        ({"state": 3}, "recipient", "BAD_VALUE"),
        ({"appearance": -1}, "appearance", "BAD_VALUE"),
    ],
)
def test_a_wrong_mark_is_refused_by_its_field_and_stops_no_other(
    wrong: dict[str, Any], field: str, reason: str
) -> None:
    """Of two marks the wrong one is told with its field and reason, and the other one counts."""
    right: dict[str, Any] = {"takedown": 1, "state": 2, "recipient": "host"}
    marks = [takedowns.TakedownMark(**{**right, **wrong}), takedowns.TakedownMark(**right)]
    with serve(FakeStore()) as served:
        request = takedowns.MarkTakedownsRequest(marks=marks)
        answer = served.call("TakedownService/MarkTakedowns", request, takedowns.MarkTakedownsResponse, metadata=ACTOR)
    refused, taken = answer.results
    assert (refused.refusal.field, refused.refusal.reason, refused.state) == (field, reason, 0)
    assert (taken.HasField("refusal"), taken.state, answer.taken_count) == (False, 2, 1)


@pytest.mark.parametrize(
    ("path", "request_", "answer", "field", "reason"),
    [
        (
            "ListTakedowns",
            takedowns.ListTakedownsRequest(states=[9]),  # type: ignore[list-item]
            takedowns.ListTakedownsResponse,
            "states[0]",
            "BAD_VALUE",
        ),
        (
            "ListTakedowns",
            takedowns.ListTakedownsRequest(page_token="1-00000000"),
            takedowns.ListTakedownsResponse,
            "page_token",
            "BAD_PAGE_TOKEN",
        ),
        ("MarkTakedowns", takedowns.MarkTakedownsRequest(), takedowns.MarkTakedownsResponse, "marks", "EMPTY_BATCH"),
        (
            "MarkTakedowns",
            takedowns.MarkTakedownsRequest(marks=[takedowns.TakedownMark()] * (limits.TAKEDOWN_MARKS_MAX + 1)),
            takedowns.MarkTakedownsResponse,
            "marks",
            "TOO_MANY_ITEMS",
        ),
    ],
)
def test_wrong_calls_about_takedowns_are_refused_by_their_field(
    path: str, request_: Any, answer: Any, field: str, reason: str
) -> None:
    """What is wrong with the whole call is INVALID_ARGUMENT with the field."""
    with serve(FakeStore()) as served, fails() as failure:
        served.call(f"TakedownService/{path}", request_, answer, metadata=ACTOR)
    assert (failure[0].code, failure[0].field, failure[0].reason) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        field,
        reason,
    )
