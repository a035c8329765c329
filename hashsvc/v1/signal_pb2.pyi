from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class SignalType(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    SIGNAL_TYPE_UNSPECIFIED: _ClassVar[SignalType]
    SIGNAL_TYPE_MD5: _ClassVar[SignalType]
    SIGNAL_TYPE_SHA1: _ClassVar[SignalType]
    SIGNAL_TYPE_SHA256: _ClassVar[SignalType]
    SIGNAL_TYPE_PDQ: _ClassVar[SignalType]
    SIGNAL_TYPE_PHASH64: _ClassVar[SignalType]
    SIGNAL_TYPE_PHOTODNA: _ClassVar[SignalType]
SIGNAL_TYPE_UNSPECIFIED: SignalType
SIGNAL_TYPE_MD5: SignalType
SIGNAL_TYPE_SHA1: SignalType
SIGNAL_TYPE_SHA256: SignalType
SIGNAL_TYPE_PDQ: SignalType
SIGNAL_TYPE_PHASH64: SignalType
SIGNAL_TYPE_PHOTODNA: SignalType

class Signal(_message.Message):
    __slots__ = ("type", "value", "text", "quality", "algorithm")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    type: SignalType
    value: bytes
    text: str
    quality: int
    algorithm: str
    def __init__(self, type: _Optional[_Union[SignalType, str]] = ..., value: _Optional[bytes] = ..., text: _Optional[str] = ..., quality: _Optional[int] = ..., algorithm: _Optional[str] = ...) -> None: ...
