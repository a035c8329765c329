from hashsvc.v1 import check_service_pb2 as _check_service_pb2
from hashsvc.v1 import entry_pb2 as _entry_pb2
from hashsvc.v1 import position_pb2 as _position_pb2
from google.protobuf.internal import containers as _containers
from google.protobuf import descriptor as _descriptor
from google.protobuf import message as _message
from collections.abc import Iterable as _Iterable, Mapping as _Mapping
from typing import ClassVar as _ClassVar, Optional as _Optional, Union as _Union

DESCRIPTOR: _descriptor.FileDescriptor

class CreateBatchRequest(_message.Message):
    __slots__ = ("request_id", "file_digest", "source", "attested_confirmation_count")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    FILE_DIGEST_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    ATTESTED_CONFIRMATION_COUNT_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    file_digest: bytes
    source: str
    attested_confirmation_count: int
    def __init__(self, request_id: _Optional[str] = ..., file_digest: _Optional[bytes] = ..., source: _Optional[str] = ..., attested_confirmation_count: _Optional[int] = ...) -> None: ...

class CreateBatchResponse(_message.Message):
    __slots__ = ("position", "batch", "created")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    CREATED_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    batch: _entry_pb2.Batch
    created: bool
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., batch: _Optional[_Union[_entry_pb2.Batch, _Mapping]] = ..., created: _Optional[bool] = ...) -> None: ...

class ImportEntriesRequest(_message.Message):
    __slots__ = ("request_id", "batch_id", "entries", "validate_only", "source")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    ENTRIES_FIELD_NUMBER: _ClassVar[int]
    VALIDATE_ONLY_FIELD_NUMBER: _ClassVar[int]
    SOURCE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    batch_id: str
    entries: _containers.RepeatedCompositeFieldContainer[_entry_pb2.EntryContent]
    validate_only: bool
    source: str
    def __init__(self, request_id: _Optional[str] = ..., batch_id: _Optional[str] = ..., entries: _Optional[_Iterable[_Union[_entry_pb2.EntryContent, _Mapping]]] = ..., validate_only: _Optional[bool] = ..., source: _Optional[str] = ...) -> None: ...

class ImportEntriesResponse(_message.Message):
    __slots__ = ("position", "inserted_count", "amended_count", "unchanged_count", "rejected_count", "problems", "rejected")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    INSERTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    AMENDED_COUNT_FIELD_NUMBER: _ClassVar[int]
    UNCHANGED_COUNT_FIELD_NUMBER: _ClassVar[int]
    REJECTED_COUNT_FIELD_NUMBER: _ClassVar[int]
    PROBLEMS_FIELD_NUMBER: _ClassVar[int]
    REJECTED_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    inserted_count: int
    amended_count: int
    unchanged_count: int
    rejected_count: int
    problems: _containers.RepeatedCompositeFieldContainer[_check_service_pb2.Problem]
    rejected: _containers.RepeatedScalarFieldContainer[int]
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., inserted_count: _Optional[int] = ..., amended_count: _Optional[int] = ..., unchanged_count: _Optional[int] = ..., rejected_count: _Optional[int] = ..., problems: _Optional[_Iterable[_Union[_check_service_pb2.Problem, _Mapping]]] = ..., rejected: _Optional[_Iterable[int]] = ...) -> None: ...

class SealBatchRequest(_message.Message):
    __slots__ = ("request_id", "batch_id")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    batch_id: str
    def __init__(self, request_id: _Optional[str] = ..., batch_id: _Optional[str] = ...) -> None: ...

class SealBatchResponse(_message.Message):
    __slots__ = ("position", "batch")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    batch: _entry_pb2.Batch
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., batch: _Optional[_Union[_entry_pb2.Batch, _Mapping]] = ...) -> None: ...

class ConfirmBatchRequest(_message.Message):
    __slots__ = ("request_id", "batch_id", "digest", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    DIGEST_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    batch_id: str
    digest: bytes
    note: str
    def __init__(self, request_id: _Optional[str] = ..., batch_id: _Optional[str] = ..., digest: _Optional[bytes] = ..., note: _Optional[str] = ...) -> None: ...

class ConfirmBatchResponse(_message.Message):
    __slots__ = ("position", "batch")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    batch: _entry_pb2.Batch
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., batch: _Optional[_Union[_entry_pb2.Batch, _Mapping]] = ...) -> None: ...

class RetractBatchRequest(_message.Message):
    __slots__ = ("request_id", "batch_id", "reason_code", "note")
    REQUEST_ID_FIELD_NUMBER: _ClassVar[int]
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    REASON_CODE_FIELD_NUMBER: _ClassVar[int]
    NOTE_FIELD_NUMBER: _ClassVar[int]
    request_id: str
    batch_id: str
    reason_code: str
    note: str
    def __init__(self, request_id: _Optional[str] = ..., batch_id: _Optional[str] = ..., reason_code: _Optional[str] = ..., note: _Optional[str] = ...) -> None: ...

class RetractBatchResponse(_message.Message):
    __slots__ = ("position", "batch")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    batch: _entry_pb2.Batch
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., batch: _Optional[_Union[_entry_pb2.Batch, _Mapping]] = ...) -> None: ...

class GetBatchRequest(_message.Message):
    __slots__ = ("batch_id", "at_least")
    BATCH_ID_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    batch_id: str
    at_least: _position_pb2.ListPosition
    def __init__(self, batch_id: _Optional[str] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class GetBatchResponse(_message.Message):
    __slots__ = ("position", "batch")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BATCH_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    batch: _entry_pb2.Batch
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., batch: _Optional[_Union[_entry_pb2.Batch, _Mapping]] = ...) -> None: ...

class ListBatchesRequest(_message.Message):
    __slots__ = ("page_size", "page_token", "at_least")
    PAGE_SIZE_FIELD_NUMBER: _ClassVar[int]
    PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    AT_LEAST_FIELD_NUMBER: _ClassVar[int]
    page_size: int
    page_token: str
    at_least: _position_pb2.ListPosition
    def __init__(self, page_size: _Optional[int] = ..., page_token: _Optional[str] = ..., at_least: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ...) -> None: ...

class ListBatchesResponse(_message.Message):
    __slots__ = ("position", "batches", "next_page_token")
    POSITION_FIELD_NUMBER: _ClassVar[int]
    BATCHES_FIELD_NUMBER: _ClassVar[int]
    NEXT_PAGE_TOKEN_FIELD_NUMBER: _ClassVar[int]
    position: _position_pb2.ListPosition
    batches: _containers.RepeatedCompositeFieldContainer[_entry_pb2.Batch]
    next_page_token: str
    def __init__(self, position: _Optional[_Union[_position_pb2.ListPosition, _Mapping]] = ..., batches: _Optional[_Iterable[_Union[_entry_pb2.Batch, _Mapping]]] = ..., next_page_token: _Optional[str] = ...) -> None: ...
