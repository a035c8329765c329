import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hashsvc.v1 import check_service_pb2 as _check_service_pb2
from hashsvc.v1 import policy_pb2 as _policy_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from hashsvc.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class GetPolicyRequest(_message.Message):
    __slots__ = ("at_least",)
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    at_least: _position_pb2.ListPosition
    def __init__(self, at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class GetPolicyResponse(_message.Message):
    __slots__ = ("position", "in_force", "proposed", "people_required")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    IN_FORCE_FIELD_NUMBER: _ClassVar[int]
    PROPOSED_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    in_force: _policy_pb2.Policy
    proposed: _policy_pb2.Policy
    people_required: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., in_force: _Optional[_Union[_policy_pb2.Policy, _Mapping]] = ..., proposed: _Optional[_Union[_policy_pb2.Policy, _Mapping]] = ..., people_required: _Optional[int] = ...) -> None: ...

class SimulatePolicyRequest(_message.Message):
    __slots__ = ("text", "since_time", "examples_max")
    TEXT_FIELD_NUMBER: _ClassVar[int]
    SINCE_TIME_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_MAX_FIELD_NUMBER: _ClassVar[int]
    text: str
    since_time: _timestamp_pb2.Timestamp
    examples_max: int
    def __init__(self, text: _Optional[str] = ..., since_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., examples_max: _Optional[int] = ...) -> None: ...

class VerdictCount(_message.Message):
    __slots__ = ("before", "after", "item_count")
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    before: _check_service_pb2.Verdict
    after: _check_service_pb2.Verdict
    item_count: int
    def __init__(self, before: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., after: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., item_count: _Optional[int] = ...) -> None: ...

class TypeVerdicts(_message.Message):
    __slots__ = ("type", "counts")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    type: _signal_pb2.SignalType
    counts: _containers.RepeatedCompositeFieldContainer[VerdictCount]
    def __init__(self, type: _Optional[_Union[_signal_pb2.SignalType, str]] = ..., counts: _Optional[_Iterable[_Union[VerdictCount, _Mapping]]] = ...) -> None: ...

class PolicyExample(_message.Message):
    __slots__ = ("report_number", "item", "before", "after", "evidence", "evidence_after", "caps_after")
    REPORT_NUMBER_FIELD_NUMBER: _ClassVar[int]
    ITEM_FIELD_NUMBER: _ClassVar[int]
    BEFORE_FIELD_NUMBER: _ClassVar[int]
    AFTER_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_FIELD_NUMBER: _ClassVar[int]
    EVIDENCE_AFTER_FIELD_NUMBER: _ClassVar[int]
    CAPS_AFTER_FIELD_NUMBER: _ClassVar[int]
    report_number: int
    item: int
    before: _check_service_pb2.Verdict
    after: _check_service_pb2.Verdict
    evidence: _check_service_pb2.Evidence
    evidence_after: _check_service_pb2.Verdict
    caps_after: _containers.RepeatedScalarFieldContainer[_check_service_pb2.Cap]
    def __init__(self, report_number: _Optional[int] = ..., item: _Optional[int] = ..., before: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., after: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., evidence: _Optional[_Union[_check_service_pb2.Evidence, _Mapping]] = ..., evidence_after: _Optional[_Union[_check_service_pb2.Verdict, str]] = ..., caps_after: _Optional[_Iterable[_Union[_check_service_pb2.Cap, str]]] = ...) -> None: ...

class PolicyBlindSpot(_message.Message):
    __slots__ = ("type", "from_distance", "to_distance")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    FROM_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    TO_DISTANCE_FIELD_NUMBER: _ClassVar[int]
    type: _signal_pb2.SignalType
    from_distance: int
    to_distance: int
    def __init__(self, type: _Optional[_Union[_signal_pb2.SignalType, str]] = ..., from_distance: _Optional[int] = ..., to_distance: _Optional[int] = ...) -> None: ...

class SimulatePolicyResponse(_message.Message):
    __slots__ = ("position", "version_before", "version_after", "report_count", "item_count", "counts", "types", "newly_viewed_report_count", "newly_unviewed_report_count", "examples", "blind_spots", "cut_item_count", "undated_item_count", "erased_report_count")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    VERSION_BEFORE_FIELD_NUMBER: _ClassVar[int]
    VERSION_AFTER_FIELD_NUMBER: _ClassVar[int]
    REPORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    COUNTS_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    NEWLY_VIEWED_REPORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    NEWLY_UNVIEWED_REPORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    EXAMPLES_FIELD_NUMBER: _ClassVar[int]
    BLIND_SPOTS_FIELD_NUMBER: _ClassVar[int]
    CUT_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNDATED_ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    ERASED_REPORT_COUNT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    version_before: str
    version_after: str
    report_count: int
    item_count: int
    counts: _containers.RepeatedCompositeFieldContainer[VerdictCount]
    types: _containers.RepeatedCompositeFieldContainer[TypeVerdicts]
    newly_viewed_report_count: int
    newly_unviewed_report_count: int
    examples: _containers.RepeatedCompositeFieldContainer[PolicyExample]
    blind_spots: _containers.RepeatedCompositeFieldContainer[PolicyBlindSpot]
    cut_item_count: int
    undated_item_count: int
    erased_report_count: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., version_before: _Optional[str] = ..., version_after: _Optional[str] = ..., report_count: _Optional[int] = ..., item_count: _Optional[int] = ..., counts: _Optional[_Iterable[_Union[VerdictCount, _Mapping]]] = ..., types: _Optional[_Iterable[_Union[TypeVerdicts, _Mapping]]] = ..., newly_viewed_report_count: _Optional[int] = ..., newly_unviewed_report_count: _Optional[int] = ..., examples: _Optional[_Iterable[_Union[PolicyExample, _Mapping]]] = ..., blind_spots: _Optional[_Iterable[_Union[PolicyBlindSpot, _Mapping]]] = ..., cut_item_count: _Optional[int] = ..., undated_item_count: _Optional[int] = ..., erased_report_count: _Optional[int] = ...) -> None: ...

class ProposePolicyRequest(_message.Message):
    __slots__ = ("request_id", "text", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    text: str
    note: str
    def __init__(self, request_id: _Optional[str] = ..., text: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class ProposePolicyResponse(_message.Message):
    __slots__ = ("position", "policy")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    policy: _policy_pb2.Policy
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., policy: _Optional[_Union[_policy_pb2.Policy, _Mapping]] = ...) -> None: ...

class ConfirmPolicyRequest(_message.Message):
    __slots__ = ("request_id", "sequence", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    sequence: int
    note: str
    def __init__(self, request_id: _Optional[str] = ..., sequence: _Optional[int] = ..., note: _Optional[str] = ...) -> None: ...

class ConfirmPolicyResponse(_message.Message):
    __slots__ = ("position", "policy")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    policy: _policy_pb2.Policy
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., policy: _Optional[_Union[_policy_pb2.Policy, _Mapping]] = ...) -> None: ...
