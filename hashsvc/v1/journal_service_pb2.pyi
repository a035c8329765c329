import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hashsvc.v1 import check_service_pb2 as _check_service_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ListMatchesRequest(_message.Message):
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

class Match(_message.Message):
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

class ListMatchesResponse(_message.Message):
    __slots__ = ("position", "matches", "next_page_token", "damaged_file_count")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    MATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    DAMAGED_FILE_COUNT_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    matches: _containers.RepeatedCompositeFieldContainer[Match]
    next_page_token: str
    damaged_file_count: int
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., matches: _Optional[_Iterable[_Union[Match, _Mapping]]] = ..., next_page_token: _Optional[str] = ..., damaged_file_count: _Optional[int] = ...) -> None: ...
