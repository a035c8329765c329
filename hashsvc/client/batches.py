"""Calls about batches: create, import, seal, confirm, retract, read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from hashsvc.client.call import Call, Paged, wire_position
from hashsvc.client.entries import wire_content
from hashsvc.client.reading import answer, page
from hashsvc.client.values import Batch, BatchResult, ContentLike, ImportResult, Page, Position
from hashsvc.limits import BULK_BYTES_MAX, IMPORT_ENTRIES_MAX, PAGE_SIZE_DEFAULT
from hashsvc.v1 import entry_pb2
from hashsvc.v1 import import_service_pb2 as pb

_ENTRY_FRAME_BYTES = 8  # tag and length of an entry within the call
_IMPORT_BYTES_MAX = BULK_BYTES_MAX - 1024  # room for the fields that are not entries

_SERVICE = "/hashsvc.v1.ImportService/"


def create_batch(
    file_digest: bytes, source: str, *, attested_confirmation_count: int = 0, request_id: str = ""
) -> Call[BatchResult]:
    """Begin a batch, or get the one of the same file (SHA-256, 32 bytes) and source: `created` says which.

    Waits when the server says so, as all calls of an import do.
    """
    request = pb.CreateBatchRequest(
        request_id=request_id,
        file_digest=file_digest,
        source=source,
        attested_confirmation_count=attested_confirmation_count,
    )

    return Call(
        f"{_SERVICE}CreateBatch", request, pb.CreateBatchResponse, answer(BatchResult), is_write=True, is_bulk=True
    )


def import_entries(batch_id: str, contents: Sequence[ContentLike], *, request_id: str = "") -> Call[ImportResult]:
    """Bring 1 to 2,000 entries, durably. Bad ones are told and stop nothing. Waits when the server says so."""
    request = pb.ImportEntriesRequest(
        request_id=request_id, batch_id=batch_id, entries=[wire_content(content) for content in contents]
    )
    return _import_call(request, is_write=True)


def validate_entries(contents: Sequence[ContentLike], *, source: str = "", batch_id: str = "") -> Call[ImportResult]:
    """Count what an import of 1 to 2,000 entries would do; writes nothing. source: the default of the entries."""
    request = pb.ImportEntriesRequest(
        batch_id=batch_id,
        entries=[wire_content(content) for content in contents],
        validate_only=True,
        source=source,
    )
    return _import_call(request, is_write=False)


def import_calls(
    contents: Iterable[ContentLike], *, batch_id: str = "", source: str = "", validate_only: bool = False
) -> Iterator[Call[ImportResult]]:
    """Cut any number of entries into calls by number and by bytes, reading as calls are asked for."""
    entries: list[entry_pb2.EntryContent] = []
    byte_count = 0
    for content in contents:
        entry = wire_content(content)
        entry_bytes = entry.ByteSize() + _ENTRY_FRAME_BYTES
        if entries and (len(entries) == IMPORT_ENTRIES_MAX or byte_count + entry_bytes > _IMPORT_BYTES_MAX):
            yield _import_of(entries, batch_id, source, validate_only)
            entries, byte_count = [], 0
        entries.append(entry)
        byte_count += entry_bytes
    if entries:
        yield _import_of(entries, batch_id, source, validate_only)


def seal(batch_id: str, *, request_id: str = "") -> Call[BatchResult]:
    """End a batch and give it its digest. Waits when the server says so."""
    request = pb.SealBatchRequest(request_id=request_id, batch_id=batch_id)
    return Call(f"{_SERVICE}SealBatch", request, pb.SealBatchResponse, answer(BatchResult), is_write=True, is_bulk=True)


def confirm_batch(batch_id: str, digest: bytes, *, note: str = "", request_id: str = "") -> Call[BatchResult]:
    """Agree to a batch by its digest. Somebody who brought none of it."""
    request = pb.ConfirmBatchRequest(request_id=request_id, batch_id=batch_id, digest=digest, note=note)
    return Call(f"{_SERVICE}ConfirmBatch", request, pb.ConfirmBatchResponse, answer(BatchResult), is_write=True)


def retract_batch(batch_id: str, *, reason_code: str, note: str = "", request_id: str = "") -> Call[BatchResult]:
    """Ask for a batch's retraction (it closes nothing from then on); by a second person: retract it."""
    request = pb.RetractBatchRequest(request_id=request_id, batch_id=batch_id, reason_code=reason_code, note=note)
    return Call(f"{_SERVICE}RetractBatch", request, pb.RetractBatchResponse, answer(BatchResult), is_write=True)


def get_batch(batch_id: str, *, at_least: Position | None = None) -> Call[BatchResult]:
    """Read a batch."""
    request = pb.GetBatchRequest(batch_id=batch_id, at_least=wire_position(at_least))
    return Call(f"{_SERVICE}GetBatch", request, pb.GetBatchResponse, answer(BatchResult))


def list_batches(*, page_size: int = PAGE_SIZE_DEFAULT, at_least: Position | None = None) -> Paged[Batch]:
    """Read all batches, newest first, page by page."""

    def paged(page_token: str) -> Call[Page[Batch]]:
        request = pb.ListBatchesRequest(page_size=page_size, page_token=page_token, at_least=wire_position(at_least))
        return Call(f"{_SERVICE}ListBatches", request, pb.ListBatchesResponse, page(Batch, "batches"))

    return paged


def _import_of(
    entries: list[entry_pb2.EntryContent], batch_id: str, source: str, validate_only: bool
) -> Call[ImportResult]:
    request = pb.ImportEntriesRequest(batch_id=batch_id, entries=entries, validate_only=validate_only, source=source)
    return _import_call(request, is_write=not validate_only)


def _import_call(request: pb.ImportEntriesRequest, *, is_write: bool) -> Call[ImportResult]:
    read = answer(ImportResult, entry_count=len(request.entries))
    return Call(f"{_SERVICE}ImportEntries", request, pb.ImportEntriesResponse, read, is_write=is_write, is_bulk=True)
