from hashsvc.v1 import change_pb2 as _change_pb2
from hashsvc.v1 import entry_pb2 as _entry_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from hashsvc.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ReadChangesRequest(_message.Message):
    __slots__ = ("after_sequence", "page_size", "at_least")
    AFTER_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    after_sequence: int
    page_size: int
    at_least: _position_pb2.ListPosition
    def __init__(self, after_sequence: _Optional[int] = ..., page_size: _Optional[int] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class ReadChangesResponse(_message.Message):
    __slots__ = ("position", "changes", "end")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    END_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    changes: _containers.RepeatedCompositeFieldContainer[_change_pb2.Change]
    end: bool
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., changes: _Optional[_Iterable[_Union[_change_pb2.Change, _Mapping]]] = ..., end: _Optional[bool] = ...) -> None: ...

class GetListStatsRequest(_message.Message):
    __slots__ = ("at_least",)
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    at_least: _position_pb2.ListPosition
    def __init__(self, at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class StateCount(_message.Message):
    __slots__ = ("state", "signal_count")
    STATE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    state: _entry_pb2.State
    signal_count: int
    def __init__(self, state: _Optional[_Union[_entry_pb2.State, str]] = ..., signal_count: _Optional[int] = ...) -> None: ...

class TypeCount(_message.Message):
    __slots__ = ("type", "signal_count")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    SIGNAL_COUNT_FIELD_NUMBER: _ClassVar[int]
    type: _signal_pb2.SignalType
    signal_count: int
    def __init__(self, type: _Optional[_Union[_signal_pb2.SignalType, str]] = ..., signal_count: _Optional[int] = ...) -> None: ...

class SegmentStats(_message.Message):
    __slots__ = ("first_sequence", "last_sequence", "byte_count", "code_count")
    FIRST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    LAST_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    BYTE_COUNT_FIELD_NUMBER: _ClassVar[int]
    CODE_COUNT_FIELD_NUMBER: _ClassVar[int]
    first_sequence: int
    last_sequence: int
    byte_count: int
    code_count: int
    def __init__(self, first_sequence: _Optional[int] = ..., last_sequence: _Optional[int] = ..., byte_count: _Optional[int] = ..., code_count: _Optional[int] = ...) -> None: ...

class GetListStatsResponse(_message.Message):
    __slots__ = ("position", "states", "types", "segments", "delta_change_count", "store_bytes", "people_required", "policy_version", "entry_count")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    STATES_FIELD_NUMBER: _ClassVar[int]
    TYPES_FIELD_NUMBER: _ClassVar[int]
    SEGMENTS_FIELD_NUMBER: _ClassVar[int]
    DELTA_CHANGE_COUNT_FIELD_NUMBER: _ClassVar[int]
    STORE_BYTES_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_REQUIRED_FIELD_NUMBER: _ClassVar[int]
    POLICY_VERSION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_COUNT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    states: _containers.RepeatedCompositeFieldContainer[StateCount]
    types: _containers.RepeatedCompositeFieldContainer[TypeCount]
    segments: _containers.RepeatedCompositeFieldContainer[SegmentStats]
    delta_change_count: int
    store_bytes: int
    people_required: int
    policy_version: str
    entry_count: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., states: _Optional[_Iterable[_Union[StateCount, _Mapping]]] = ..., types: _Optional[_Iterable[_Union[TypeCount, _Mapping]]] = ..., segments: _Optional[_Iterable[_Union[SegmentStats, _Mapping]]] = ..., delta_change_count: _Optional[int] = ..., store_bytes: _Optional[int] = ..., people_required: _Optional[int] = ..., policy_version: _Optional[str] = ..., entry_count: _Optional[int] = ...) -> None: ...
