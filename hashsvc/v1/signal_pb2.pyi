import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from google.protobuf.internal import enum_type_wrapper as _enum_type_wrapper
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Mapping as _Mapping
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
    SIGNAL_TYPE_URL: _ClassVar[SignalType]

class UrlScope(int, metaclass=_enum_type_wrapper.EnumTypeWrapper):
    __slots__ = ()
    URL_SCOPE_UNSPECIFIED: _ClassVar[UrlScope]
    URL_SCOPE_PAGE: _ClassVar[UrlScope]
    URL_SCOPE_PATH: _ClassVar[UrlScope]
    URL_SCOPE_PREFIX: _ClassVar[UrlScope]
    URL_SCOPE_HOST: _ClassVar[UrlScope]
    URL_SCOPE_DOMAIN: _ClassVar[UrlScope]
SIGNAL_TYPE_UNSPECIFIED: SignalType
SIGNAL_TYPE_MD5: SignalType
SIGNAL_TYPE_SHA1: SignalType
SIGNAL_TYPE_SHA256: SignalType
SIGNAL_TYPE_PDQ: SignalType
SIGNAL_TYPE_PHASH64: SignalType
SIGNAL_TYPE_PHOTODNA: SignalType
SIGNAL_TYPE_URL: SignalType
URL_SCOPE_UNSPECIFIED: UrlScope
URL_SCOPE_PAGE: UrlScope
URL_SCOPE_PATH: UrlScope
URL_SCOPE_PREFIX: UrlScope
URL_SCOPE_HOST: UrlScope
URL_SCOPE_DOMAIN: UrlScope

class UrlOptions(_message.Message):
    __slots__ = ("scope", "query_exact", "seen_live_time", "embedded")
    SCOPE_FIELD_NUMBER: _ClassVar[int]
    QUERY_EXACT_FIELD_NUMBER: _ClassVar[int]
    SEEN_LIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    EMBEDDED_FIELD_NUMBER: _ClassVar[int]
    scope: UrlScope
    query_exact: bool
    seen_live_time: _timestamp_pb2.Timestamp
    embedded: bool
    def __init__(self, scope: _Optional[_Union[UrlScope, str]] = ..., query_exact: _Optional[bool] = ..., seen_live_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ..., embedded: _Optional[bool] = ...) -> None: ...

class Signal(_message.Message):
    __slots__ = ("type", "value", "text", "quality", "algorithm", "url")
    TYPE_FIELD_NUMBER: _ClassVar[int]
    VALUE_FIELD_NUMBER: _ClassVar[int]
    TEXT_FIELD_NUMBER: _ClassVar[int]
    QUALITY_FIELD_NUMBER: _ClassVar[int]
    ALGORITHM_FIELD_NUMBER: _ClassVar[int]
    URL_FIELD_NUMBER: _ClassVar[int]
    type: SignalType
    value: bytes
    text: str
    quality: int
    algorithm: str
    url: UrlOptions
    def __init__(self, type: _Optional[_Union[SignalType, str]] = ..., value: _Optional[bytes] = ..., text: _Optional[str] = ..., quality: _Optional[int] = ..., algorithm: _Optional[str] = ..., url: _Optional[_Union[UrlOptions, _Mapping]] = ...) -> None: ...
