import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hashsvc.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class State(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    STATE_UNSPECIFIED: _ClassVar[State]
    STATE_PROPOSED: _ClassVar[State]
    STATE_CONFIRMED: _ClassVar[State]
    STATE_REJECTED: _ClassVar[State]
    STATE_DISPUTED: _ClassVar[State]
    STATE_RETRACTED: _ClassVar[State]

class Role(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    ROLE_UNSPECIFIED: _ClassVar[Role]
    ROLE_PROPOSER: _ClassVar[Role]
    ROLE_CONFIRMER: _ClassVar[Role]
    ROLE_DISPUTER: _ClassVar[Role]
    ROLE_RETRACTOR: _ClassVar[Role]
    ROLE_RETRACTION_CONFIRMER: _ClassVar[Role]
    ROLE_RESOLVER: _ClassVar[Role]
    ROLE_REJECTER: _ClassVar[Role]

class BatchState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    BATCH_STATE_UNSPECIFIED: _ClassVar[BatchState]
    BATCH_STATE_OPEN: _ClassVar[BatchState]
    BATCH_STATE_SEALED: _ClassVar[BatchState]
    BATCH_STATE_CONFIRMED: _ClassVar[BatchState]
    BATCH_STATE_DISPUTED: _ClassVar[BatchState]
    BATCH_STATE_RETRACTED: _ClassVar[BatchState]
STATE_UNSPECIFIED: State
STATE_PROPOSED: State
STATE_CONFIRMED: State
STATE_REJECTED: State
STATE_DISPUTED: State
STATE_RETRACTED: State
ROLE_UNSPECIFIED: Role
ROLE_PROPOSER: Role
ROLE_CONFIRMER: Role
ROLE_DISPUTER: Role
ROLE_RETRACTOR: Role
ROLE_RETRACTION_CONFIRMER: Role
ROLE_RESOLVER: Role
ROLE_REJECTER: Role
BATCH_STATE_UNSPECIFIED: BatchState
BATCH_STATE_OPEN: BatchState
BATCH_STATE_SEALED: BatchState
BATCH_STATE_CONFIRMED: BatchState
BATCH_STATE_DISPUTED: BatchState
BATCH_STATE_RETRACTED: BatchState

class Person(_message.Message):
    __slots__ = ("role", "actor")
    ROLE_FIELD_NUMBER: _ClassVar[int]
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    role: Role
    actor: str
    def __init__(self, role: _Optional[_Union[Role, str]] = ..., actor: _Optional[str] = ...) -> None: ...

class Classification(_message.Message):
    __slots__ = ("scheme", "value")
    SCHEME_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    scheme: str
    value: str
    def __init__(self, scheme: _Optional[str] = ..., value: _Optional[str] = ...) -> None: ...

class EntryDetails(_message.Message):
    __slots__ = ("media_type", "classifications", "youngest_age_band", "sex", "flags")
    MEDIA_TYPE_FIELD_NUMBER: _ClassVar[int]
    CLASSIFICATIONS_FIELD_NUMBER: _ClassVar[int]
    YOUNGEST_AGE_BAND_FIELD_NUMBER: _ClassVar[int]
    SEX_FIELD_NUMBER: _ClassVar[int]
    FLAGS_FIELD_NUMBER: _ClassVar[int]
    media_type: str
    classifications: _containers.RepeatedCompositeFieldContainer[Classification]
    youngest_age_band: str
    sex: _containers.RepeatedScalarFieldContainer[str]
    flags: _containers.RepeatedScalarFieldContainer[str]
    def __init__(self, media_type: _Optional[str] = ..., classifications: _Optional[_Iterable[_Union[Classification, _Mapping]]] = ..., youngest_age_band: _Optional[str] = ..., sex: _Optional[_Iterable[str]] = ..., flags: _Optional[_Iterable[str]] = ...) -> None: ...

class EntryContent(_message.Message):
    __slots__ = ("source", "environment", "content_id", "signals", "details")
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    source: str
    environment: str
    content_id: str
    signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    details: EntryDetails
    def __init__(self, source: _Optional[str] = ..., environment: _Optional[str] = ..., content_id: _Optional[str] = ..., signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ..., details: _Optional[_Union[EntryDetails, _Mapping]] = ...) -> None: ...

class ListedUrl(_message.Message):
    __slots__ = ("expression", "canon_version", "suffix_list", "seen_live_time")
    EXPRESSION_FIELD_NUMBER: _ClassVar[int]
    CANON_VERSION_FIELD_NUMBER: _ClassVar[int]
    SUFFIX_LIST_FIELD_NUMBER: _ClassVar[int]
    SEEN_LIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    expression: str
    canon_version: int
    suffix_list: str
    seen_live_time: _timestamp_pb2.Timestamp
    def __init__(self, expression: _Optional[str] = ..., canon_version: _Optional[int] = ..., suffix_list: _Optional[str] = ..., seen_live_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class UrlNotice(_message.Message):
    __slots__ = ("ordinal", "scope", "warnings", "covered_entry_count", "covered_more", "recent_check_count", "recent_check_error")
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    WARNINGS_FIELD_NUMBER: _ClassVar[int]
    COVERED_ENTRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    COVERED_MORE_FIELD_NUMBER: _ClassVar[int]
    RECENT_CHECK_COUNT_FIELD_NUMBER: _ClassVar[int]
    RECENT_CHECK_ERROR_FIELD_NUMBER: _ClassVar[int]
    ordinal: int
    scope: _signal_pb2.UrlScope
    warnings: _containers.RepeatedScalarFieldContainer[str]
    covered_entry_count: int
    covered_more: bool
    recent_check_count: int
    recent_check_error: int
    def __init__(self, ordinal: _Optional[int] = ..., scope: _Optional[_Union[_signal_pb2.UrlScope, str]] = ..., warnings: _Optional[_Iterable[str]] = ..., covered_entry_count: _Optional[int] = ..., covered_more: _Optional[bool] = ..., recent_check_count: _Optional[int] = ..., recent_check_error: _Optional[int] = ...) -> None: ...

class EntrySignal(_message.Message):
    __slots__ = ("ordinal", "signal", "state", "people", "batch_id", "url")
    ORDINAL_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    ordinal: int
    signal: _signal_pb2.Signal
    state: State
    people: _containers.RepeatedCompositeFieldContainer[Person]
    batch_id: str
    url: ListedUrl
    def __init__(self, ordinal: _Optional[int] = ..., signal: _Optional[_Union[_signal_pb2.Signal, _Mapping]] = ..., state: _Optional[_Union[State, str]] = ..., people: _Optional[_Iterable[_Union[Person, _Mapping]]] = ..., batch_id: _Optional[str] = ..., url: _Optional[_Union[ListedUrl, _Mapping]] = ...) -> None: ...

class Entry(_message.Message):
    __slots__ = ("entry_id", "source", "environment", "content_id", "state", "signals", "details", "first_sequence", "last_sequence", "create_time", "update_time", "etag")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ENVIRONMENT_FIELD_NUMBER: _ClassVar[int]
    CONTENT_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    SIGNALS_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    CREATE_TIME_FIELD_NUMBER: _ClassVar[int]
    UPDATE_TIME_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    entry_id: str
    source: str
    environment: str
    content_id: str
    state: State
    signals: _containers.RepeatedCompositeFieldContainer[EntrySignal]
    details: EntryDetails
    first_sequence: int
    last_sequence: int
    create_time: _timestamp_pb2.Timestamp
    update_time: _timestamp_pb2.Timestamp
    etag: str
    def __init__(self, entry_id: _Optional[str] = ..., source: _Optional[str] = ..., environment: _Optional[str] = ..., content_id: _Optional[str] = ..., state: _Optional[_Union[State, str]] = ..., signals: _Optional[_Iterable[_Union[EntrySignal, _Mapping]]] = ..., details: _Optional[_Union[EntryDetails, _Mapping]] = ..., first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ..., create_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., update_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., etag: _Optional[str] = ...) -> None: ...

class Batch(_message.Message):
    __slots__ = ("batch_id", "state", "file_digest", "source", "attested_confirmation_count", "inserted_count", "amended_count", "digest", "people", "first_sequence", "last_sequence")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    FILE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ATTESTED_CONFIRMATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    INSERTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    AMENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    state: BatchState
    file_digest: bytes
    source: str
    attested_confirmation_count: int
    inserted_count: int
    amended_count: int
    digest: bytes
    people: _containers.RepeatedCompositeFieldContainer[Person]
    first_sequence: int
    last_sequence: int
    def __init__(self, batch_id: _Optional[str] = ..., state: _Optional[_Union[BatchState, str]] = ..., file_digest: _Optional[bytes] = ..., source: _Optional[str] = ..., attested_confirmation_count: _Optional[int] = ..., inserted_count: _Optional[int] = ..., amended_count: _Optional[int] = ..., digest: _Optional[bytes] = ..., people: _Optional[_Iterable[_Union[Person, _Mapping]]] = ..., first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ...) -> None: ...
