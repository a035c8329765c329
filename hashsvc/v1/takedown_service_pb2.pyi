import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hashsvc.v1 import check_service_pb2 as _check_service_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class TakedownState(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    TAKEDOWN_STATE_UNSPECIFIED: _ClassVar[TakedownState]
    TAKEDOWN_STATE_WAITING: _ClassVar[TakedownState]
    TAKEDOWN_STATE_NOTICED: _ClassVar[TakedownState]
    TAKEDOWN_STATE_REMOVED: _ClassVar[TakedownState]
    TAKEDOWN_STATE_REAPPEARED: _ClassVar[TakedownState]
    TAKEDOWN_STATE_WITHDRAWN: _ClassVar[TakedownState]
TAKEDOWN_STATE_UNSPECIFIED: TakedownState
TAKEDOWN_STATE_WAITING: TakedownState
TAKEDOWN_STATE_NOTICED: TakedownState
TAKEDOWN_STATE_REMOVED: TakedownState
TAKEDOWN_STATE_REAPPEARED: TakedownState
TAKEDOWN_STATE_WITHDRAWN: TakedownState

class TakedownNotice(_message.Message):
    __slots__ = ("actor", "time", "recipient")
    ACTOR_FIELD_NUMBER: _ClassVar[int]
    TIME_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    actor: str
    time: _timestamp_pb2.Timestamp
    recipient: str
    def __init__(self, actor: _Optional[str] = ..., time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., recipient: _Optional[str] = ...) -> None: ...

class Takedown(_message.Message):
    __slots__ = ("takedown", "url", "state", "state_time", "open_time", "wait_time", "report_time", "item_count", "appearance", "reappeared_count", "notices", "remove_time", "remove_actor")
    TAKEDOWN_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    STATE_TIME_FIELD_NUMBER: _ClassVar[int]
    OPEN_TIME_FIELD_NUMBER: _ClassVar[int]
    WAIT_TIME_FIELD_NUMBER: _ClassVar[int]
    REPORT_TIME_FIELD_NUMBER: _ClassVar[int]
    ITEM_COUNT_FIELD_NUMBER: _ClassVar[int]
    APPEARANCE_FIELD_NUMBER: _ClassVar[int]
    REAPPEARED_COUNT_FIELD_NUMBER: _ClassVar[int]
    NOTICES_FIELD_NUMBER: _ClassVar[int]
    REMOVE_TIME_FIELD_NUMBER: _ClassVar[int]
    REMOVE_ACTOR_FIELD_NUMBER: _ClassVar[int]
    takedown: int
    url: str
    state: TakedownState
    state_time: _timestamp_pb2.Timestamp
    open_time: _timestamp_pb2.Timestamp
    wait_time: _timestamp_pb2.Timestamp
    report_time: _timestamp_pb2.Timestamp
    item_count: int
    appearance: int
    reappeared_count: int
    notices: _containers.RepeatedCompositeFieldContainer[TakedownNotice]
    remove_time: _timestamp_pb2.Timestamp
    remove_actor: str
    def __init__(self, takedown: _Optional[int] = ..., url: _Optional[str] = ..., state: _Optional[_Union[TakedownState, str]] = ..., state_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., open_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., wait_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., report_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., item_count: _Optional[int] = ..., appearance: _Optional[int] = ..., reappeared_count: _Optional[int] = ..., notices: _Optional[_Iterable[_Union[TakedownNotice, _Mapping]]] = ..., remove_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., remove_actor: _Optional[str] = ...) -> None: ...

class ListTakedownsRequest(_message.Message):
    __slots__ = ("states", "page_size", "page_token")
    STATES_FIELD_NUMBER: _ClassVar[int]
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    states: _containers.RepeatedScalarFieldContainer[TakedownState]
    page_size: int
    page_token: str
    def __init__(self, states: _Optional[_Iterable[_Union[TakedownState, str]]] = ..., page_size: _Optional[int] = ..., page_token: _Optional[str] = ...) -> None: ...

class ListTakedownsResponse(_message.Message):
    __slots__ = ("position", "takedowns", "next_page_token")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    TAKEDOWNS_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    takedowns: _containers.RepeatedCompositeFieldContainer[Takedown]
    next_page_token: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., takedowns: _Optional[_Iterable[_Union[Takedown, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class TakedownMark(_message.Message):
    __slots__ = ("takedown", "state", "recipient", "appearance")
    TAKEDOWN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    RECIPIENT_FIELD_NUMBER: _ClassVar[int]
    APPEARANCE_FIELD_NUMBER: _ClassVar[int]
    takedown: int
    state: TakedownState
    recipient: str
    appearance: int
    def __init__(self, takedown: _Optional[int] = ..., state: _Optional[_Union[TakedownState, str]] = ..., recipient: _Optional[str] = ..., appearance: _Optional[int] = ...) -> None: ...

class MarkTakedownsRequest(_message.Message):
    __slots__ = ("marks",)
    MARKS_FIELD_NUMBER: _ClassVar[int]
    marks: _containers.RepeatedCompositeFieldContainer[TakedownMark]
    def __init__(self, marks: _Optional[_Iterable[_Union[TakedownMark, _Mapping]]] = ...) -> None: ...

class TakedownResult(_message.Message):
    __slots__ = ("mark", "state", "refusal")
    MARK_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    REFUSAL_FIELD_NUMBER: _ClassVar[int]
    mark: int
    state: TakedownState
    refusal: _check_service_pb2.Problem
    def __init__(self, mark: _Optional[int] = ..., state: _Optional[_Union[TakedownState, str]] = ..., refusal: _Optional[_Union[_check_service_pb2.Problem, _Mapping]] = ...) -> None: ...

class MarkTakedownsResponse(_message.Message):
    __slots__ = ("position", "results", "taken_count")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RESULTS_FIELD_NUMBER: _ClassVar[int]
    TAKEN_COUNT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    results: _containers.RepeatedCompositeFieldContainer[TakedownResult]
    taken_count: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., results: _Optional[_Iterable[_Union[TakedownResult, _Mapping]]] = ..., taken_count: _Optional[int] = ...) -> None: ...
