from hashsvc.v1 import entry_pb2 as _entry_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class Policy(_message.Message):
    __slots__ = ("version", "text", "people", "proposal_sequence", "applied_sequence")
    VERSION_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    PEOPLE_FIELD_NUMBER: _ClassVar[int]
    PROPOSAL_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    APPLIED_SEQUENCE_FIELD_NUMBER: _ClassVar[int]
    version: str
    text: str
    people: _containers.RepeatedCompositeFieldContainer[_entry_pb2.Person]
    proposal_sequence: int
    applied_sequence: int
    def __init__(self, version: _Optional[str] = ..., text: _Optional[str] = ..., people: _Optional[_Iterable[_Union[_entry_pb2.Person, _Mapping]]] = ..., proposal_sequence: _Optional[int] = ..., applied_sequence: _Optional[int] = ...) -> None: ...
