from hashsvc.v1 import check_service_pb2 as _check_service_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from hashsvc.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReportState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REPORT_STATE_UNSPECIFIED: _ClassVar[ReportState]
    REPORT_STATE_RECEIVED: _ClassVar[ReportState]
    REPORT_STATE_BEING_ASSESSED: _ClassVar[ReportState]
    REPORT_STATE_CLOSED: _ClassVar[ReportState]

class ItemState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ITEM_STATE_UNSPECIFIED: _ClassVar[ItemState]
    ITEM_STATE_OPEN: _ClassVar[ItemState]
    ITEM_STATE_CLOSED_KNOWN: _ClassVar[ItemState]
    ITEM_STATE_CLOSED_LISTED: _ClassVar[ItemState]
    ITEM_STATE_CLOSED_NOT_ILLEGAL: _ClassVar[ItemState]
REPORT_STATE_UNSPECIFIED: ReportState
REPORT_STATE_RECEIVED: ReportState
REPORT_STATE_BEING_ASSESSED: ReportState
REPORT_STATE_CLOSED: ReportState
ITEM_STATE_UNSPECIFIED: ItemState
ITEM_STATE_OPEN: ItemState
ITEM_STATE_CLOSED_KNOWN: ItemState
ITEM_STATE_CLOSED_LISTED: ItemState
ITEM_STATE_CLOSED_NOT_ILLEGAL: ItemState

class ReportItem(_message.Message):
    __slots__ = ("signals", "content_ref")
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_REF_FIELD_NUMBER: _ClassVar[int]
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    content_ref: str
    def __init__(self, signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ..., content_ref: _Optional[str] = ...) -> None: ...

class Report(_message.Message):
    __slots__ = ("request_id", "items", "type", "comment", "language", "portal", "partner_reference", "self_referral", "age_hint", "severity_hint", "contact")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PORTAL_FIELD_NUMBER: _ClassVar[int]
    PARTNER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    SELF_REFERRAL_FIELD_NUMBER: _ClassVar[int]
    AGE_HINT_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_HINT_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    items: _containers.RepeatedCompositeFieldContainer[ReportItem]
    type: str
    comment: str
    language: str
    portal: str
    partner_reference: str
    self_referral: bool
    age_hint: str
    severity_hint: str
    contact: str
    def __init__(self, request_id: _Optional[str] = ..., items: _Optional[_Iterable[_Union[ReportItem, _Mapping]]] = ..., type: _Optional[str] = ..., comment: _Optional[str] = ..., language: _Optional[str] = ..., portal: _Optional[str] = ..., partner_reference: _Optional[str] = ..., self_referral: _Optional[bool] = ..., age_hint: _Optional[str] = ..., severity_hint: _Optional[str] = ..., contact: _Optional[str] = ...) -> None: ...

class SubmitReportRequest(_message.Message):
    __slots__ = ("report",)
    REPORT_FIELD_NUMBER: _ClassVar[int]
    report: Report
    def __init__(self, report: _Optional[_Union[Report, _Mapping]] = ...) -> None: ...

class ItemResult(_message.Message):
    __slots__ = ("item", "verdict", "state", "case", "is_case_opened", "evidence")
    ITEM_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    IS_CASE_OPENED_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    item: int
    verdict: _check_service_pb2.Verdict
    state: ItemState
    case: int
    is_case_opened: bool
    evidence: _containers.RepeatedCompositeFieldContainer[_check_service_pb2.Evidence]
    def __init__(self, item: _Optional[int] = ..., verdict: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., state: _Optional[_Union[ItemState, str]] = ..., case: _Optional[int] = ..., is_case_opened: _Optional[bool] = ..., evidence: _Optional[_Iterable[_Union[_check_service_pb2.Evidence, _Mapping]]] = ...) -> None: ...

class ReportReceipt(_message.Message):
    __slots__ = ("report_number", "code", "is_repeated", "items")
    REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CODE_FIELD_NUMBER: _ClassVar[int]
    IS_REPEATED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    report_number: int
    code: str
    is_repeated: bool
    items: _containers.RepeatedCompositeFieldContainer[ItemResult]
    def __init__(self, report_number: _Optional[int] = ..., code: _Optional[str] = ..., is_repeated: _Optional[bool] = ..., items: _Optional[_Iterable[_Union[ItemResult, _Mapping]]] = ...) -> None: ...

class SubmitReportResponse(_message.Message):
    __slots__ = ("position", "receipt", "problems")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    receipt: ReportReceipt
    problems: _containers.RepeatedCompositeFieldContainer[_check_service_pb2.Problem]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., receipt: _Optional[_Union[ReportReceipt, _Mapping]] = ..., problems: _Optional[_Iterable[_Union[_check_service_pb2.Problem, _Mapping]]] = ...) -> None: ...

class SubmitReportsRequest(_message.Message):
    __slots__ = ("reports",)
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    reports: _containers.RepeatedCompositeFieldContainer[Report]
    def __init__(self, reports: _Optional[_Iterable[_Union[Report, _Mapping]]] = ...) -> None: ...

class ReportResult(_message.Message):
    __slots__ = ("report", "receipt", "refusal", "problems")
    REPORT_FIELD_NUMBER: _ClassVar[int]
    RECEIPT_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    report: int
    receipt: ReportReceipt
    refusal: _check_service_pb2.Problem
    problems: _containers.RepeatedCompositeFieldContainer[_check_service_pb2.Problem]
    def __init__(self, report: _Optional[int] = ..., receipt: _Optional[_Union[ReportReceipt, _Mapping]] = ..., refusal: _Optional[_Union[_check_service_pb2.Problem, _Mapping]] = ..., problems: _Optional[_Iterable[_Union[_check_service_pb2.Problem, _Mapping]]] = ...) -> None: ...

class SubmitReportsResponse(_message.Message):
    __slots__ = ("position", "results", "taken_count")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    TAKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    results: _containers.RepeatedCompositeFieldContainer[ReportResult]
    taken_count: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., results: _Optional[_Iterable[_Union[ReportResult, _Mapping]]] = ..., taken_count: _Optional[int] = ...) -> None: ...

class GetReportRequest(_message.Message):
    __slots__ = ("code",)
    CODE_FIELD_NUMBER: _ClassVar[int]
    code: str
    def __init__(self, code: _Optional[str] = ...) -> None: ...

class GetReportResponse(_message.Message):
    __slots__ = ("state",)
    STATE_FIELD_NUMBER: _ClassVar[int]
    state: ReportState
    def __init__(self, state: _Optional[_Union[ReportState, str]] = ...) -> None: ...

class ListFeedbackRequest(_message.Message):
    __slots__ = ("page_size", "page_token")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class Feedback(_message.Message):
    __slots__ = ("report_number", "contact", "language", "portal")
    REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    CONTACT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PORTAL_FIELD_NUMBER: _ClassVar[int]
    report_number: int
    contact: str
    language: str
    portal: str
    def __init__(self, report_number: _Optional[int] = ..., contact: _Optional[str] = ..., language: _Optional[str] = ..., portal: _Optional[str] = ...) -> None: ...

class ListFeedbackResponse(_message.Message):
    __slots__ = ("position", "feedback", "next_page_token")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    FEEDBACK_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    feedback: _containers.RepeatedCompositeFieldContainer[Feedback]
    next_page_token: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., feedback: _Optional[_Iterable[_Union[Feedback, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class MarkFeedbackSentRequest(_message.Message):
    __slots__ = ("report_number",)
    REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    report_number: int
    def __init__(self, report_number: _Optional[int] = ...) -> None: ...

class MarkFeedbackSentResponse(_message.Message):
    __slots__ = ("position", "is_erased")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    IS_ERASED_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    is_erased: bool
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., is_erased: _Optional[bool] = ...) -> None: ...
