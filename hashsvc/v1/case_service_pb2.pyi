import datetime

from google.protobuf import duration_pb2 as _duration_pb2
from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hashsvc.v1 import check_service_pb2 as _check_service_pb2
from hashsvc.v1 import entry_pb2 as _entry_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from hashsvc.v1 import report_service_pb2 as _report_service_pb2
from hashsvc.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CaseState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CASE_STATE_UNSPECIFIED: _ClassVar[CaseState]
    CASE_STATE_OPEN: _ClassVar[CaseState]
    CASE_STATE_DECIDING: _ClassVar[CaseState]
    CASE_STATE_LISTED: _ClassVar[CaseState]
    CASE_STATE_NOT_ILLEGAL: _ClassVar[CaseState]
    CASE_STATE_EMPTY: _ClassVar[CaseState]

class RegradeOutcome(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    REGRADE_OUTCOME_UNSPECIFIED: _ClassVar[RegradeOutcome]
    REGRADE_OUTCOME_WAITING: _ClassVar[RegradeOutcome]
    REGRADE_OUTCOME_AGREES: _ClassVar[RegradeOutcome]
    REGRADE_OUTCOME_CATEGORY_DIFFERS: _ClassVar[RegradeOutcome]
    REGRADE_OUTCOME_LEGALITY_DIFFERS: _ClassVar[RegradeOutcome]
CASE_STATE_UNSPECIFIED: CaseState
CASE_STATE_OPEN: CaseState
CASE_STATE_DECIDING: CaseState
CASE_STATE_LISTED: CaseState
CASE_STATE_NOT_ILLEGAL: CaseState
CASE_STATE_EMPTY: CaseState
REGRADE_OUTCOME_UNSPECIFIED: RegradeOutcome
REGRADE_OUTCOME_WAITING: RegradeOutcome
REGRADE_OUTCOME_AGREES: RegradeOutcome
REGRADE_OUTCOME_CATEGORY_DIFFERS: RegradeOutcome
REGRADE_OUTCOME_LEGALITY_DIFFERS: RegradeOutcome

class Opinion(_message.Message):
    __slots__ = ("actor", "time", "is_illegal", "classifications", "age_band", "sex", "flags", "note", "is_senior")
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    IS_ILLEGAL_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    AGE_BAND_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    IS_SENIOR_FIELD_NUMBER: _ClassVar[int]
    actor: str
    time: _timestamp_pb2.Timestamp
    is_illegal: bool
    classifications: _containers.RepeatedCompositeFieldContainer[_entry_pb2.Classification]
    age_band: str
    sex: _containers.RepeatedScalarFieldContainer[str]
    flags: _containers.RepeatedScalarFieldContainer[str]
    note: str
    is_senior: bool
    def __init__(self, actor: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., is_illegal: _Optional[bool] = ..., classifications: _Optional[_Iterable[_Union[_entry_pb2.Classification, _Mapping]]] = ..., age_band: _Optional[str] = ..., sex: _Optional[_Iterable[str]] = ..., flags: _Optional[_Iterable[str]] = ..., note: _Optional[str] = ..., is_senior: _Optional[bool] = ...) -> None: ...

class CaseItem(_message.Message):
    __slots__ = ("report_number", "item", "state", "signals", "content_ref", "verdict", "evidence", "entry_ids", "receive_time", "close_time")
    REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    CONTENT_REF_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    ENTRY_IDS_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    report_number: int
    item: int
    state: _report_service_pb2.ItemState
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    content_ref: str
    verdict: _check_service_pb2.Verdict
    evidence: _containers.RepeatedCompositeFieldContainer[_check_service_pb2.Evidence]
    entry_ids: _containers.RepeatedScalarFieldContainer[str]
    receive_time: _timestamp_pb2.Timestamp
    close_time: _timestamp_pb2.Timestamp
    def __init__(self, report_number: _Optional[int] = ..., item: _Optional[int] = ..., state: _Optional[_Union[_report_service_pb2.ItemState, str]] = ..., signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ..., content_ref: _Optional[str] = ..., verdict: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., evidence: _Optional[_Iterable[_Union[_check_service_pb2.Evidence, _Mapping]]] = ..., entry_ids: _Optional[_Iterable[str]] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., close_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class CaseReport(_message.Message):
    __slots__ = ("report_number", "actor", "receive_time", "type", "comment", "language", "portal", "partner_reference", "is_self_referral", "age_hint", "severity_hint", "item_count")
    REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    RECEIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    TYPE_FIELD_NUMBER: _ClassVar[int]
    COMMENT_FIELD_NUMBER: _ClassVar[int]
    LANGUAGE_FIELD_NUMBER: _ClassVar[int]
    PORTAL_FIELD_NUMBER: _ClassVar[int]
    PARTNER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    IS_SELF_REFERRAL_FIELD_NUMBER: _ClassVar[int]
    AGE_HINT_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_HINT_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    report_number: int
    actor: str
    receive_time: _timestamp_pb2.Timestamp
    type: str
    comment: str
    language: str
    portal: str
    partner_reference: str
    is_self_referral: bool
    age_hint: str
    severity_hint: str
    item_count: int
    def __init__(self, report_number: _Optional[int] = ..., actor: _Optional[str] = ..., receive_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., type: _Optional[str] = ..., comment: _Optional[str] = ..., language: _Optional[str] = ..., portal: _Optional[str] = ..., partner_reference: _Optional[str] = ..., is_self_referral: _Optional[bool] = ..., age_hint: _Optional[str] = ..., severity_hint: _Optional[str] = ..., item_count: _Optional[int] = ...) -> None: ...

class Case(_message.Message):
    __slots__ = ("case", "state", "open_time", "close_time", "report_count", "item_count", "is_self_referral", "age_hint", "severity_hint", "opinions", "is_escalated", "lease_actor", "lease_end_time", "suggested_cases", "likely_entry_ids", "entry_id", "first_report_number", "first_item")
    CASE_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    CLOSE_TIME_FIELD_NUMBER: _ClassVar[int]
    REPORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    IS_SELF_REFERRAL_FIELD_NUMBER: _ClassVar[int]
    AGE_HINT_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_HINT_FIELD_NUMBER: _ClassVar[int]
    OPINIONS_FIELD_NUMBER: _ClassVar[int]
    IS_ESCALATED_FIELD_NUMBER: _ClassVar[int]
    LEASE_ACTOR_FIELD_NUMBER: _ClassVar[int]
    LEASE_END_TIME_FIELD_NUMBER: _ClassVar[int]
    SUGGESTED_CASES_FIELD_NUMBER: _ClassVar[int]
    LIKELY_ENTRY_IDS_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    FIRST_REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    FIRST_ITEM_FIELD_NUMBER: _ClassVar[int]
    case: int
    state: CaseState
    open_time: _timestamp_pb2.Timestamp
    close_time: _timestamp_pb2.Timestamp
    report_count: int
    item_count: int
    is_self_referral: bool
    age_hint: str
    severity_hint: str
    opinions: _containers.RepeatedCompositeFieldContainer[Opinion]
    is_escalated: bool
    lease_actor: str
    lease_end_time: _timestamp_pb2.Timestamp
    suggested_cases: _containers.RepeatedScalarFieldContainer[int]
    likely_entry_ids: _containers.RepeatedScalarFieldContainer[str]
    entry_id: str
    first_report_number: int
    first_item: int
    def __init__(self, case: _Optional[int] = ..., state: _Optional[_Union[CaseState, str]] = ..., open_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., close_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., report_count: _Optional[int] = ..., item_count: _Optional[int] = ..., is_self_referral: _Optional[bool] = ..., age_hint: _Optional[str] = ..., severity_hint: _Optional[str] = ..., opinions: _Optional[_Iterable[_Union[Opinion, _Mapping]]] = ..., is_escalated: _Optional[bool] = ..., lease_actor: _Optional[str] = ..., lease_end_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., suggested_cases: _Optional[_Iterable[int]] = ..., likely_entry_ids: _Optional[_Iterable[str]] = ..., entry_id: _Optional[str] = ..., first_report_number: _Optional[int] = ..., first_item: _Optional[int] = ...) -> None: ...

class ListQueueRequest(_message.Message):
    __slots__ = ("page_size",)
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    def __init__(self, page_size: _Optional[int] = ...) -> None: ...

class ListQueueResponse(_message.Message):
    __slots__ = ("position", "cases")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CASES_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    cases: _containers.RepeatedCompositeFieldContainer[Case]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., cases: _Optional[_Iterable[_Union[Case, _Mapping]]] = ...) -> None: ...

class GetCaseRequest(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: int
    def __init__(self, case: _Optional[int] = ...) -> None: ...

class GetCaseResponse(_message.Message):
    __slots__ = ("position", "case", "items", "is_truncated", "reports")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    IS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    case: Case
    items: _containers.RepeatedCompositeFieldContainer[CaseItem]
    is_truncated: bool
    reports: _containers.RepeatedCompositeFieldContainer[CaseReport]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., case: _Optional[_Union[Case, _Mapping]] = ..., items: _Optional[_Iterable[_Union[CaseItem, _Mapping]]] = ..., is_truncated: _Optional[bool] = ..., reports: _Optional[_Iterable[_Union[CaseReport, _Mapping]]] = ...) -> None: ...

class ClaimCaseRequest(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: int
    def __init__(self, case: _Optional[int] = ...) -> None: ...

class ClaimCaseResponse(_message.Message):
    __slots__ = ("position", "case", "items", "is_truncated", "reports")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    IS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    case: Case
    items: _containers.RepeatedCompositeFieldContainer[CaseItem]
    is_truncated: bool
    reports: _containers.RepeatedCompositeFieldContainer[CaseReport]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., case: _Optional[_Union[Case, _Mapping]] = ..., items: _Optional[_Iterable[_Union[CaseItem, _Mapping]]] = ..., is_truncated: _Optional[bool] = ..., reports: _Optional[_Iterable[_Union[CaseReport, _Mapping]]] = ...) -> None: ...

class ReleaseCaseRequest(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: int
    def __init__(self, case: _Optional[int] = ...) -> None: ...

class ReleaseCaseResponse(_message.Message):
    __slots__ = ("position", "case")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    case: Case
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., case: _Optional[_Union[Case, _Mapping]] = ...) -> None: ...

class AssessCaseRequest(_message.Message):
    __slots__ = ("case", "is_illegal", "classifications", "age_band", "sex", "flags", "note")
    CASE_FIELD_NUMBER: _ClassVar[int]
    IS_ILLEGAL_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    AGE_BAND_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    case: int
    is_illegal: bool
    classifications: _containers.RepeatedCompositeFieldContainer[_entry_pb2.Classification]
    age_band: str
    sex: _containers.RepeatedScalarFieldContainer[str]
    flags: _containers.RepeatedScalarFieldContainer[str]
    note: str
    def __init__(self, case: _Optional[int] = ..., is_illegal: _Optional[bool] = ..., classifications: _Optional[_Iterable[_Union[_entry_pb2.Classification, _Mapping]]] = ..., age_band: _Optional[str] = ..., sex: _Optional[_Iterable[str]] = ..., flags: _Optional[_Iterable[str]] = ..., note: _Optional[str] = ...) -> None: ...

class AssessCaseResponse(_message.Message):
    __slots__ = ("position", "case", "closed_item_count", "closed_twin_count")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    CLOSED_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    CLOSED_TWIN_COUNT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    case: Case
    closed_item_count: int
    closed_twin_count: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., case: _Optional[_Union[Case, _Mapping]] = ..., closed_item_count: _Optional[int] = ..., closed_twin_count: _Optional[int] = ...) -> None: ...

class ListAffectedRequest(_message.Message):
    __slots__ = ("entry_id", "page_size", "page_token", "at_least")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    entry_id: str
    page_size: int
    page_token: str
    at_least: _position_pb2.ListPosition
    def __init__(self, entry_id: _Optional[str] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class AffectedItem(_message.Message):
    __slots__ = ("report_number", "item", "partner_reference", "is_open", "is_erased")
    REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    PARTNER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    IS_OPEN_FIELD_NUMBER: _ClassVar[int]
    IS_ERASED_FIELD_NUMBER: _ClassVar[int]
    report_number: int
    item: int
    partner_reference: str
    is_open: bool
    is_erased: bool
    def __init__(self, report_number: _Optional[int] = ..., item: _Optional[int] = ..., partner_reference: _Optional[str] = ..., is_open: _Optional[bool] = ..., is_erased: _Optional[bool] = ...) -> None: ...

class AffectedCheck(_message.Message):
    __slots__ = ("time", "actor", "caller_reference", "item", "verdict", "sequence", "epoch")
    TIME_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    CALLER_REFERENCE_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    VERDICT_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    EPOCH_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    actor: str
    caller_reference: str
    item: int
    verdict: _check_service_pb2.Verdict
    sequence: int
    epoch: int
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., actor: _Optional[str] = ..., caller_reference: _Optional[str] = ..., item: _Optional[int] = ..., verdict: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., sequence: _Optional[int] = ..., epoch: _Optional[int] = ...) -> None: ...

class ListAffectedResponse(_message.Message):
    __slots__ = ("position", "items", "next_page_token", "checks", "may_grow", "checks_complete_time", "damaged_file_count")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    CHECKS_FIELD_NUMBER: _ClassVar[int]
    MAY_GROW_FIELD_NUMBER: _ClassVar[int]
    CHECKS_COMPLETE_TIME_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    items: _containers.RepeatedCompositeFieldContainer[AffectedItem]
    next_page_token: str
    checks: _containers.RepeatedCompositeFieldContainer[AffectedCheck]
    may_grow: bool
    checks_complete_time: _timestamp_pb2.Timestamp
    damaged_file_count: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., items: _Optional[_Iterable[_Union[AffectedItem, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., checks: _Optional[_Iterable[_Union[AffectedCheck, _Mapping]]] = ..., may_grow: _Optional[bool] = ..., checks_complete_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., damaged_file_count: _Optional[int] = ...) -> None: ...

class Regrade(_message.Message):
    __slots__ = ("case", "outcome", "draw_time", "opinion")
    CASE_FIELD_NUMBER: _ClassVar[int]
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    DRAW_TIME_FIELD_NUMBER: _ClassVar[int]
    OPINION_FIELD_NUMBER: _ClassVar[int]
    case: int
    outcome: RegradeOutcome
    draw_time: _timestamp_pb2.Timestamp
    opinion: Opinion
    def __init__(self, case: _Optional[int] = ..., outcome: _Optional[_Union[RegradeOutcome, str]] = ..., draw_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., opinion: _Optional[_Union[Opinion, _Mapping]] = ...) -> None: ...

class ListRegradesRequest(_message.Message):
    __slots__ = ("outcome", "page_size", "page_token")
    OUTCOME_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    outcome: RegradeOutcome
    page_size: int
    page_token: str
    def __init__(self, outcome: _Optional[_Union[RegradeOutcome, str]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListRegradesResponse(_message.Message):
    __slots__ = ("position", "regrades", "next_page_token")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REGRADES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    regrades: _containers.RepeatedCompositeFieldContainer[Regrade]
    next_page_token: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., regrades: _Optional[_Iterable[_Union[Regrade, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class ClaimRegradeRequest(_message.Message):
    __slots__ = ("case",)
    CASE_FIELD_NUMBER: _ClassVar[int]
    case: int
    def __init__(self, case: _Optional[int] = ...) -> None: ...

class ClaimRegradeResponse(_message.Message):
    __slots__ = ("position", "case", "items", "is_truncated", "reports")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CASE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_FIELD_NUMBER: _ClassVar[int]
    IS_TRUNCATED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    case: Case
    items: _containers.RepeatedCompositeFieldContainer[CaseItem]
    is_truncated: bool
    reports: _containers.RepeatedCompositeFieldContainer[CaseReport]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., case: _Optional[_Union[Case, _Mapping]] = ..., items: _Optional[_Iterable[_Union[CaseItem, _Mapping]]] = ..., is_truncated: _Optional[bool] = ..., reports: _Optional[_Iterable[_Union[CaseReport, _Mapping]]] = ...) -> None: ...

class AssessRegradeRequest(_message.Message):
    __slots__ = ("case", "is_illegal", "classifications", "age_band", "sex", "flags", "note")
    CASE_FIELD_NUMBER: _ClassVar[int]
    IS_ILLEGAL_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    AGE_BAND_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    case: int
    is_illegal: bool
    classifications: _containers.RepeatedCompositeFieldContainer[_entry_pb2.Classification]
    age_band: str
    sex: _containers.RepeatedScalarFieldContainer[str]
    flags: _containers.RepeatedScalarFieldContainer[str]
    note: str
    def __init__(self, case: _Optional[int] = ..., is_illegal: _Optional[bool] = ..., classifications: _Optional[_Iterable[_Union[_entry_pb2.Classification, _Mapping]]] = ..., age_band: _Optional[str] = ..., sex: _Optional[_Iterable[str]] = ..., flags: _Optional[_Iterable[str]] = ..., note: _Optional[str] = ...) -> None: ...

class AssessRegradeResponse(_message.Message):
    __slots__ = ("position", "regrade")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    REGRADE_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    regrade: Regrade
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., regrade: _Optional[_Union[Regrade, _Mapping]] = ...) -> None: ...

class GetEffectRequest(_message.Message):
    __slots__ = ("since_time", "until_time")
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    UNTIL_TIME_FIELD_NUMBER: _ClassVar[int]
    since_time: _timestamp_pb2.Timestamp
    until_time: _timestamp_pb2.Timestamp
    def __init__(self, since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., until_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class HotlineFigures(_message.Message):
    __slots__ = ("reports_received", "reports_closed", "reports_closed_unviewed", "reports_erased", "items_received", "items_known", "items_joined", "items_new", "items_closed_by_listing", "items_closed_with_case", "items_unviewed", "items_reopened", "viewings", "viewings_avoided", "cases_opened", "cases_listed", "cases_not_illegal", "median_close", "median_list", "takedowns_opened", "takedowns_noticed", "takedowns_removed", "takedowns_reappeared", "takedowns_withdrawn", "median_removal", "regrades", "regrades_agreed", "regrades_category_differs", "regrades_legality_differs", "regrade_schemes")
    REPORTS_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_CLOSED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_CLOSED_UNVIEWED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_ERASED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    ITEMS_JOINED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_NEW_FIELD_NUMBER: _ClassVar[int]
    ITEMS_CLOSED_BY_LISTING_FIELD_NUMBER: _ClassVar[int]
    ITEMS_CLOSED_WITH_CASE_FIELD_NUMBER: _ClassVar[int]
    ITEMS_UNVIEWED_FIELD_NUMBER: _ClassVar[int]
    ITEMS_REOPENED_FIELD_NUMBER: _ClassVar[int]
    VIEWINGS_FIELD_NUMBER: _ClassVar[int]
    VIEWINGS_AVOIDED_FIELD_NUMBER: _ClassVar[int]
    CASES_OPENED_FIELD_NUMBER: _ClassVar[int]
    CASES_LISTED_FIELD_NUMBER: _ClassVar[int]
    CASES_NOT_ILLEGAL_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_CLOSE_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_LIST_FIELD_NUMBER: _ClassVar[int]
    TAKEDOWNS_OPENED_FIELD_NUMBER: _ClassVar[int]
    TAKEDOWNS_NOTICED_FIELD_NUMBER: _ClassVar[int]
    TAKEDOWNS_REMOVED_FIELD_NUMBER: _ClassVar[int]
    TAKEDOWNS_REAPPEARED_FIELD_NUMBER: _ClassVar[int]
    TAKEDOWNS_WITHDRAWN_FIELD_NUMBER: _ClassVar[int]
    MEDIAN_REMOVAL_FIELD_NUMBER: _ClassVar[int]
    REGRADES_FIELD_NUMBER: _ClassVar[int]
    REGRADES_AGREED_FIELD_NUMBER: _ClassVar[int]
    REGRADES_CATEGORY_DIFFERS_FIELD_NUMBER: _ClassVar[int]
    REGRADES_LEGALITY_DIFFERS_FIELD_NUMBER: _ClassVar[int]
    REGRADE_SCHEMES_FIELD_NUMBER: _ClassVar[int]
    reports_received: int
    reports_closed: int
    reports_closed_unviewed: int
    reports_erased: int
    items_received: int
    items_known: int
    items_joined: int
    items_new: int
    items_closed_by_listing: int
    items_closed_with_case: int
    items_unviewed: int
    items_reopened: int
    viewings: int
    viewings_avoided: int
    cases_opened: int
    cases_listed: int
    cases_not_illegal: int
    median_close: _duration_pb2.Duration
    median_list: _duration_pb2.Duration
    takedowns_opened: int
    takedowns_noticed: int
    takedowns_removed: int
    takedowns_reappeared: int
    takedowns_withdrawn: int
    median_removal: _duration_pb2.Duration
    regrades: int
    regrades_agreed: int
    regrades_category_differs: int
    regrades_legality_differs: int
    regrade_schemes: _containers.RepeatedCompositeFieldContainer[SeverityCount]
    def __init__(self, reports_received: _Optional[int] = ..., reports_closed: _Optional[int] = ..., reports_closed_unviewed: _Optional[int] = ..., reports_erased: _Optional[int] = ..., items_received: _Optional[int] = ..., items_known: _Optional[int] = ..., items_joined: _Optional[int] = ..., items_new: _Optional[int] = ..., items_closed_by_listing: _Optional[int] = ..., items_closed_with_case: _Optional[int] = ..., items_unviewed: _Optional[int] = ..., items_reopened: _Optional[int] = ..., viewings: _Optional[int] = ..., viewings_avoided: _Optional[int] = ..., cases_opened: _Optional[int] = ..., cases_listed: _Optional[int] = ..., cases_not_illegal: _Optional[int] = ..., median_close: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., median_list: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., takedowns_opened: _Optional[int] = ..., takedowns_noticed: _Optional[int] = ..., takedowns_removed: _Optional[int] = ..., takedowns_reappeared: _Optional[int] = ..., takedowns_withdrawn: _Optional[int] = ..., median_removal: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., regrades: _Optional[int] = ..., regrades_agreed: _Optional[int] = ..., regrades_category_differs: _Optional[int] = ..., regrades_legality_differs: _Optional[int] = ..., regrade_schemes: _Optional[_Iterable[_Union[SeverityCount, _Mapping]]] = ...) -> None: ...

class SeverityCount(_message.Message):
    __slots__ = ("label", "count")
    LABEL_FIELD_NUMBER: _ClassVar[int]
    COUNT_FIELD_NUMBER: _ClassVar[int]
    label: str
    count: int
    def __init__(self, label: _Optional[str] = ..., count: _Optional[int] = ...) -> None: ...

class AnalystDay(_message.Message):
    __slots__ = ("day", "first_viewings", "later_viewings", "unended_viewings", "looked", "opinions", "severity", "longest_run", "breaks")
    DAY_FIELD_NUMBER: _ClassVar[int]
    FIRST_VIEWINGS_FIELD_NUMBER: _ClassVar[int]
    LATER_VIEWINGS_FIELD_NUMBER: _ClassVar[int]
    UNENDED_VIEWINGS_FIELD_NUMBER: _ClassVar[int]
    LOOKED_FIELD_NUMBER: _ClassVar[int]
    OPINIONS_FIELD_NUMBER: _ClassVar[int]
    SEVERITY_FIELD_NUMBER: _ClassVar[int]
    LONGEST_RUN_FIELD_NUMBER: _ClassVar[int]
    BREAKS_FIELD_NUMBER: _ClassVar[int]
    day: str
    first_viewings: int
    later_viewings: int
    unended_viewings: int
    looked: _duration_pb2.Duration
    opinions: int
    severity: _containers.RepeatedCompositeFieldContainer[SeverityCount]
    longest_run: _duration_pb2.Duration
    breaks: int
    def __init__(self, day: _Optional[str] = ..., first_viewings: _Optional[int] = ..., later_viewings: _Optional[int] = ..., unended_viewings: _Optional[int] = ..., looked: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., opinions: _Optional[int] = ..., severity: _Optional[_Iterable[_Union[SeverityCount, _Mapping]]] = ..., longest_run: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ..., breaks: _Optional[int] = ...) -> None: ...

class AnalystFigures(_message.Message):
    __slots__ = ("actor", "days", "most_looked")
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    DAYS_FIELD_NUMBER: _ClassVar[int]
    MOST_LOOKED_FIELD_NUMBER: _ClassVar[int]
    actor: str
    days: _containers.RepeatedCompositeFieldContainer[AnalystDay]
    most_looked: _duration_pb2.Duration
    def __init__(self, actor: _Optional[str] = ..., days: _Optional[_Iterable[_Union[AnalystDay, _Mapping]]] = ..., most_looked: _Optional[_Union[datetime.timedelta, _duration_pb2.Duration, _Mapping]] = ...) -> None: ...

class DayFigures(_message.Message):
    __slots__ = ("day", "reports_received", "reports_known", "reports_joined", "reports_new", "items_unviewed", "viewings")
    DAY_FIELD_NUMBER: _ClassVar[int]
    REPORTS_RECEIVED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_KNOWN_FIELD_NUMBER: _ClassVar[int]
    REPORTS_JOINED_FIELD_NUMBER: _ClassVar[int]
    REPORTS_NEW_FIELD_NUMBER: _ClassVar[int]
    ITEMS_UNVIEWED_FIELD_NUMBER: _ClassVar[int]
    VIEWINGS_FIELD_NUMBER: _ClassVar[int]
    day: str
    reports_received: int
    reports_known: int
    reports_joined: int
    reports_new: int
    items_unviewed: int
    viewings: int
    def __init__(self, day: _Optional[str] = ..., reports_received: _Optional[int] = ..., reports_known: _Optional[int] = ..., reports_joined: _Optional[int] = ..., reports_new: _Optional[int] = ..., items_unviewed: _Optional[int] = ..., viewings: _Optional[int] = ...) -> None: ...

class GetEffectResponse(_message.Message):
    __slots__ = ("position", "hotline", "analysts", "days")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    HOTLINE_FIELD_NUMBER: _ClassVar[int]
    ANALYSTS_FIELD_NUMBER: _ClassVar[int]
    DAYS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    hotline: HotlineFigures
    analysts: _containers.RepeatedCompositeFieldContainer[AnalystFigures]
    days: _containers.RepeatedCompositeFieldContainer[DayFigures]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., hotline: _Optional[_Union[HotlineFigures, _Mapping]] = ..., analysts: _Optional[_Iterable[_Union[AnalystFigures, _Mapping]]] = ..., days: _Optional[_Iterable[_Union[DayFigures, _Mapping]]] = ...) -> None: ...
