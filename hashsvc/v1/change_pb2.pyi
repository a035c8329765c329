import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hashsvc.v1 import entry_pb2 as _entry_pb2
from hashsvc.v1 import policy_pb2 as _policy_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ChangeKind(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    CHANGE_KIND_UNSPECIFIED: _ClassVar[ChangeKind]
    CHANGE_KIND_LIST_CREATED: _ClassVar[ChangeKind]
    CHANGE_KIND_LIST_RESTORED: _ClassVar[ChangeKind]
    CHANGE_KIND_ENTRY_PROPOSED: _ClassVar[ChangeKind]
    CHANGE_KIND_ENTRY_CONFIRMED: _ClassVar[ChangeKind]
    CHANGE_KIND_ENTRY_REJECTED: _ClassVar[ChangeKind]
    CHANGE_KIND_ENTRY_AMENDED: _ClassVar[ChangeKind]
    CHANGE_KIND_ENTRY_DISPUTED: _ClassVar[ChangeKind]
    CHANGE_KIND_DISPUTE_RESOLVED: _ClassVar[ChangeKind]
    CHANGE_KIND_RETRACTION_REQUESTED: _ClassVar[ChangeKind]
    CHANGE_KIND_RETRACTION_CONFIRMED: _ClassVar[ChangeKind]
    CHANGE_KIND_BATCH_CREATED: _ClassVar[ChangeKind]
    CHANGE_KIND_ENTRY_IMPORTED: _ClassVar[ChangeKind]
    CHANGE_KIND_BATCH_SEALED: _ClassVar[ChangeKind]
    CHANGE_KIND_BATCH_CONFIRMED: _ClassVar[ChangeKind]
    CHANGE_KIND_BATCH_RETRACTION_REQUESTED: _ClassVar[ChangeKind]
    CHANGE_KIND_BATCH_RETRACTION_CONFIRMED: _ClassVar[ChangeKind]
    CHANGE_KIND_PAYLOAD_ERASED: _ClassVar[ChangeKind]
    CHANGE_KIND_URLS_SEEN_LIVE: _ClassVar[ChangeKind]
    CHANGE_KIND_POLICY_PROPOSED: _ClassVar[ChangeKind]
    CHANGE_KIND_POLICY_CONFIRMED: _ClassVar[ChangeKind]
    CHANGE_KIND_POLICY_APPLIED: _ClassVar[ChangeKind]
CHANGE_KIND_UNSPECIFIED: ChangeKind
CHANGE_KIND_LIST_CREATED: ChangeKind
CHANGE_KIND_LIST_RESTORED: ChangeKind
CHANGE_KIND_ENTRY_PROPOSED: ChangeKind
CHANGE_KIND_ENTRY_CONFIRMED: ChangeKind
CHANGE_KIND_ENTRY_REJECTED: ChangeKind
CHANGE_KIND_ENTRY_AMENDED: ChangeKind
CHANGE_KIND_ENTRY_DISPUTED: ChangeKind
CHANGE_KIND_DISPUTE_RESOLVED: ChangeKind
CHANGE_KIND_RETRACTION_REQUESTED: ChangeKind
CHANGE_KIND_RETRACTION_CONFIRMED: ChangeKind
CHANGE_KIND_BATCH_CREATED: ChangeKind
CHANGE_KIND_ENTRY_IMPORTED: ChangeKind
CHANGE_KIND_BATCH_SEALED: ChangeKind
CHANGE_KIND_BATCH_CONFIRMED: ChangeKind
CHANGE_KIND_BATCH_RETRACTION_REQUESTED: ChangeKind
CHANGE_KIND_BATCH_RETRACTION_CONFIRMED: ChangeKind
CHANGE_KIND_PAYLOAD_ERASED: ChangeKind
CHANGE_KIND_URLS_SEEN_LIVE: ChangeKind
CHANGE_KIND_POLICY_PROPOSED: ChangeKind
CHANGE_KIND_POLICY_CONFIRMED: ChangeKind
CHANGE_KIND_POLICY_APPLIED: ChangeKind

class SeenLive(_message.Message):
    __slots__ = ("time", "urls")
    TIME_FIELD_NUMBER: _ClassVar[int]
    URLS_FIELD_NUMBER: _ClassVar[int]
    time: _timestamp_pb2.Timestamp
    urls: _containers.RepeatedCompositeFieldContainer[SeenUrl]
    def __init__(self, time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., urls: _Optional[_Iterable[_Union[SeenUrl, _Mapping]]] = ...) -> None: ...

class SeenUrl(_message.Message):
    __slots__ = ("entry_id", "ordinal")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    entry_id: str
    ordinal: int
    def __init__(self, entry_id: _Optional[str] = ..., ordinal: _Optional[int] = ...) -> None: ...

class Change(_message.Message):
    __slots__ = ("sequence", "time", "kind", "actor", "entry_id", "batch_id", "state_before", "state_after", "ordinals", "reason_code", "note", "entry", "batch", "payload_erased", "record", "seen_live", "policy")
    SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    KIND_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_BEFORE_FIELD_NUMBER: _ClassVar[int]
    STATE_AFTER_FIELD_NUMBER: _ClassVar[int]
    ORDINALS_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    PAYLOAD_ERASED_FIELD_NUMBER: _ClassVar[int]
    RECORD_FIELD_NUMBER: _ClassVar[int]
    SEEN_LIVE_FIELD_NUMBER: _ClassVar[int]
    POLICY_FIELD_NUMBER: _ClassVar[int]
    sequence: int
    time: _timestamp_pb2.Timestamp
    kind: ChangeKind
    actor: str
    entry_id: str
    batch_id: str
    state_before: _entry_pb2.State
    state_after: _entry_pb2.State
    ordinals: _containers.RepeatedScalarFieldContainer[int]
    reason_code: str
    note: str
    entry: _entry_pb2.Entry
    batch: _entry_pb2.Batch
    payload_erased: bool
    record: bytes
    seen_live: SeenLive
    policy: _policy_pb2.Policy
    def __init__(self, sequence: _Optional[int] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., kind: _Optional[_Union[ChangeKind, str]] = ..., actor: _Optional[str] = ..., entry_id: _Optional[str] = ..., batch_id: _Optional[str] = ..., state_before: _Optional[_Union[_entry_pb2.State, str]] = ..., state_after: _Optional[_Union[_entry_pb2.State, str]] = ..., ordinals: _Optional[_Iterable[int]] = ..., reason_code: _Optional[str] = ..., note: _Optional[str] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ..., batch: _Optional[_Union[_entry_pb2.Batch, _Mapping]] = ..., payload_erased: _Optional[bool] = ..., record: _Optional[bytes] = ..., seen_live: _Optional[_Union[SeenLive, _Mapping]] = ..., policy: _Optional[_Union[_policy_pb2.Policy, _Mapping]] = ...) -> None: ...
