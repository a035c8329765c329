import datetime

from google.protobuf import timestamp_pb2 as _timestamp_pb2
from hashsvc.v1 import change_pb2 as _change_pb2
from hashsvc.v1 import check_service_pb2 as _check_service_pb2
from hashsvc.v1 import entry_pb2 as _entry_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from hashsvc.v1 import signal_pb2 as _signal_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class ProposeEntryRequest(_message.Message):
    __slots__ = ("request_id", "content", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    CONTENT_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    content: _entry_pb2.EntryContent
    note: str
    def __init__(self, request_id: _Optional[str] = ..., content: _Optional[_Union[_entry_pb2.EntryContent, _Mapping]] = ..., note: _Optional[str] = ...) -> None: ...

class ProposeEntryResponse(_message.Message):
    __slots__ = ("position", "entry", "url_notices")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    URL_NOTICES_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    url_notices: _containers.RepeatedCompositeFieldContainer[_entry_pb2.UrlNotice]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ..., url_notices: _Optional[_Iterable[_Union[_entry_pb2.UrlNotice, _Mapping]]] = ...) -> None: ...

class ConfirmEntryRequest(_message.Message):
    __slots__ = ("request_id", "entry_id", "ordinals", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ORDINALS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_id: str
    ordinals: _containers.RepeatedScalarFieldContainer[int]
    note: str
    def __init__(self, request_id: _Optional[str] = ..., entry_id: _Optional[str] = ..., ordinals: _Optional[_Iterable[int]] = ..., note: _Optional[str] = ...) -> None: ...

class ConfirmEntryResponse(_message.Message):
    __slots__ = ("position", "entry")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ...) -> None: ...

class RejectEntryRequest(_message.Message):
    __slots__ = ("request_id", "entry_id", "ordinals", "reason_code", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ORDINALS_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_id: str
    ordinals: _containers.RepeatedScalarFieldContainer[int]
    reason_code: str
    note: str
    def __init__(self, request_id: _Optional[str] = ..., entry_id: _Optional[str] = ..., ordinals: _Optional[_Iterable[int]] = ..., reason_code: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class RejectEntryResponse(_message.Message):
    __slots__ = ("position", "entry")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ...) -> None: ...

class AmendEntryRequest(_message.Message):
    __slots__ = ("request_id", "entry_id", "etag", "add_signals", "remove_ordinals", "details", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ETAG_FIELD_NUMBER: _ClassVar[int]
    ADD_SIGNALS_FIELD_NUMBER: _ClassVar[int]
    REMOVE_ORDINALS_FIELD_NUMBER: _ClassVar[int]
    DETAILS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_id: str
    etag: str
    add_signals: _containers.RepeatedCompositeFieldContainer[_signal_pb2.Signal]
    remove_ordinals: _containers.RepeatedScalarFieldContainer[int]
    details: _entry_pb2.EntryDetails
    note: str
    def __init__(self, request_id: _Optional[str] = ..., entry_id: _Optional[str] = ..., etag: _Optional[str] = ..., add_signals: _Optional[_Iterable[_Union[_signal_pb2.Signal, _Mapping]]] = ..., remove_ordinals: _Optional[_Iterable[int]] = ..., details: _Optional[_Union[_entry_pb2.EntryDetails, _Mapping]] = ..., note: _Optional[str] = ...) -> None: ...

class AmendEntryResponse(_message.Message):
    __slots__ = ("position", "entry", "url_notices")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    URL_NOTICES_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    url_notices: _containers.RepeatedCompositeFieldContainer[_entry_pb2.UrlNotice]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ..., url_notices: _Optional[_Iterable[_Union[_entry_pb2.UrlNotice, _Mapping]]] = ...) -> None: ...

class DisputeEntryRequest(_message.Message):
    __slots__ = ("request_id", "entry_id", "ordinals", "reason_code", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ORDINALS_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_id: str
    ordinals: _containers.RepeatedScalarFieldContainer[int]
    reason_code: str
    note: str
    def __init__(self, request_id: _Optional[str] = ..., entry_id: _Optional[str] = ..., ordinals: _Optional[_Iterable[int]] = ..., reason_code: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class DisputeEntryResponse(_message.Message):
    __slots__ = ("position", "entry")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ...) -> None: ...

class ResolveDisputeRequest(_message.Message):
    __slots__ = ("request_id", "entry_id", "ordinals", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ORDINALS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_id: str
    ordinals: _containers.RepeatedScalarFieldContainer[int]
    note: str
    def __init__(self, request_id: _Optional[str] = ..., entry_id: _Optional[str] = ..., ordinals: _Optional[_Iterable[int]] = ..., note: _Optional[str] = ...) -> None: ...

class ResolveDisputeResponse(_message.Message):
    __slots__ = ("position", "entry")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ...) -> None: ...

class RetractEntryRequest(_message.Message):
    __slots__ = ("request_id", "entry_id", "ordinals", "reason_code", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ORDINALS_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_id: str
    ordinals: _containers.RepeatedScalarFieldContainer[int]
    reason_code: str
    note: str
    def __init__(self, request_id: _Optional[str] = ..., entry_id: _Optional[str] = ..., ordinals: _Optional[_Iterable[int]] = ..., reason_code: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class RetractEntryResponse(_message.Message):
    __slots__ = ("position", "entry")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ...) -> None: ...

class ConfirmRetractionRequest(_message.Message):
    __slots__ = ("request_id", "entry_id", "ordinals", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    ORDINALS_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_id: str
    ordinals: _containers.RepeatedScalarFieldContainer[int]
    note: str
    def __init__(self, request_id: _Optional[str] = ..., entry_id: _Optional[str] = ..., ordinals: _Optional[_Iterable[int]] = ..., note: _Optional[str] = ...) -> None: ...

class ConfirmRetractionResponse(_message.Message):
    __slots__ = ("position", "entry")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ...) -> None: ...

class MarkSeenLiveRequest(_message.Message):
    __slots__ = ("request_id", "entry_ids", "urls", "seen_live_time")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRY_IDS_FIELD_NUMBER: _ClassVar[int]
    URLS_FIELD_NUMBER: _ClassVar[int]
    SEEN_LIVE_TIME_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    entry_ids: _containers.RepeatedScalarFieldContainer[str]
    urls: _containers.RepeatedScalarFieldContainer[str]
    seen_live_time: _timestamp_pb2.Timestamp
    def __init__(self, request_id: _Optional[str] = ..., entry_ids: _Optional[_Iterable[str]] = ..., urls: _Optional[_Iterable[str]] = ..., seen_live_time: _Optional[_Union[datetime.datetime, _timestamp_pb2.Timestamp, _Mapping]] = ...) -> None: ...

class MarkSeenLiveResponse(_message.Message):
    __slots__ = ("position", "renewed_count", "unchanged_count", "problems")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    RENEWED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    renewed_count: int
    unchanged_count: int
    problems: _containers.RepeatedCompositeFieldContainer[_check_service_pb2.Problem]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., renewed_count: _Optional[int] = ..., unchanged_count: _Optional[int] = ..., problems: _Optional[_Iterable[_Union[_check_service_pb2.Problem, _Mapping]]] = ...) -> None: ...

class GetEntryRequest(_message.Message):
    __slots__ = ("entry_id", "at_least")
    ENTRY_ID_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    entry_id: str
    at_least: _position_pb2.ListPosition
    def __init__(self, entry_id: _Optional[str] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class GetEntryResponse(_message.Message):
    __slots__ = ("position", "entry", "url_notices")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRY_FIELD_NUMBER: _ClassVar[int]
    URL_NOTICES_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entry: _entry_pb2.Entry
    url_notices: _containers.RepeatedCompositeFieldContainer[_entry_pb2.UrlNotice]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entry: _Optional[_Union[_entry_pb2.Entry, _Mapping]] = ..., url_notices: _Optional[_Iterable[_Union[_entry_pb2.UrlNotice, _Mapping]]] = ...) -> None: ...

class ListEntriesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "state", "batch_id", "at_least")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    STATE_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    state: _entry_pb2.State
    batch_id: str
    at_least: _position_pb2.ListPosition
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., state: _Optional[_Union[_entry_pb2.State, str]] = ..., batch_id: _Optional[str] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class ListEntriesResponse(_message.Message):
    __slots__ = ("position", "entries", "next_page_token")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    entries: _containers.RepeatedCompositeFieldContainer[_entry_pb2.Entry]
    next_page_token: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., entries: _Optional[_Iterable[_Union[_entry_pb2.Entry, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...

class GetEntryHistoryRequest(_message.Message):
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

class GetEntryHistoryResponse(_message.Message):
    __slots__ = ("position", "changes", "next_page_token")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    CHANGES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    changes: _containers.RepeatedCompositeFieldContainer[_change_pb2.Change]
    next_page_token: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., changes: _Optional[_Iterable[_Union[_change_pb2.Change, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
