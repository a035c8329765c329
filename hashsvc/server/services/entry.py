"""EntryService: each write is one command to the write queue, each read one snapshot."""

from __future__ import annotations

from typing import Any, TypeVar

from google.protobuf.message import Message

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.hashlist.values import (
    AmendEntry,
    ChangeKind,
    Command,
    DecideEntry,
    EntryView,
    MarkSeenLive,
    ProposeEntry,
    State,
)
from hashsvc.server.services.url_notices import notices_of
from hashsvc.server.translate.common import (
    add_problems,
    choice_of,
    demanded,
    fill_page,
    id_of,
    make_token,
    microseconds_of,
    page_size_of,
    position_message,
    read_token,
    request_id_of,
    text_of,
)
from hashsvc.server.translate.entry import (
    change_message,
    content_of,
    details_of,
    entry_message,
    listable_signals_of,
    note_of,
    ordinals_of,
    reason_code_of,
)
from hashsvc.server.translate.seen import read_seen_live
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Store
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.server.writing.write_queue import WriteQueue
from hashsvc.v1 import entry_service_pb2 as pb

Response = TypeVar("Response", bound=Message)


class EntryServicer:
    """Answers the calls about single entries."""

    def __init__(self, store: Store, writes: WriteQueue, recent: RecentUrls) -> None:
        self._store = store
        self._writes = writes
        self._recent = recent

    # ------------------------------------------------------------ writes

    def ProposeEntry(self, request: pb.ProposeEntryRequest, call: Call) -> pb.ProposeEntryResponse:  # noqa: N802
        command = ProposeEntry(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            content=content_of(request.content, "content"),
            note=note_of(request.note),
        )
        return self._written(command, call, pb.ProposeEntryResponse())

    def ConfirmEntry(self, request: pb.ConfirmEntryRequest, call: Call) -> pb.ConfirmEntryResponse:  # noqa: N802
        return self._decided(ChangeKind.ENTRY_CONFIRMED, request, call, pb.ConfirmEntryResponse())

    def RejectEntry(self, request: pb.RejectEntryRequest, call: Call) -> pb.RejectEntryResponse:  # noqa: N802
        reason_code = reason_code_of(request.reason_code, required=False)
        return self._decided(ChangeKind.ENTRY_REJECTED, request, call, pb.RejectEntryResponse(), reason_code)

    def DisputeEntry(self, request: pb.DisputeEntryRequest, call: Call) -> pb.DisputeEntryResponse:  # noqa: N802
        reason_code = reason_code_of(request.reason_code, required=True)
        return self._decided(ChangeKind.ENTRY_DISPUTED, request, call, pb.DisputeEntryResponse(), reason_code)

    def ResolveDispute(self, request: pb.ResolveDisputeRequest, call: Call) -> pb.ResolveDisputeResponse:  # noqa: N802
        return self._decided(ChangeKind.DISPUTE_RESOLVED, request, call, pb.ResolveDisputeResponse())

    def RetractEntry(self, request: pb.RetractEntryRequest, call: Call) -> pb.RetractEntryResponse:  # noqa: N802
        reason_code = reason_code_of(request.reason_code, required=True)
        return self._decided(ChangeKind.RETRACTION_REQUESTED, request, call, pb.RetractEntryResponse(), reason_code)

    def ConfirmRetraction(  # noqa: N802
        self, request: pb.ConfirmRetractionRequest, call: Call
    ) -> pb.ConfirmRetractionResponse:
        return self._decided(ChangeKind.RETRACTION_CONFIRMED, request, call, pb.ConfirmRetractionResponse())

    def AmendEntry(self, request: pb.AmendEntryRequest, call: Call) -> pb.AmendEntryResponse:  # noqa: N802
        command = AmendEntry(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            entry_id=id_of(request.entry_id, "entry_id"),
            etag=text_of(request.etag, limits.LABEL_CHARS_MAX, "etag", required=True),
            add=listable_signals_of(request.add_signals, "add_signals"),
            remove=ordinals_of(request.remove_ordinals, "remove_ordinals"),
            details=details_of(request.details, "details") if request.HasField("details") else None,
            note=note_of(request.note),
        )
        if not command.add and not command.remove and command.details is None:
            raise InvalidArgument("REQUIRED", "an amendment adds, removes or replaces something", field="add_signals")
        return self._written(command, call, pb.AmendEntryResponse())

    def _decided(
        self, action: ChangeKind, request: Any, call: Call, response: Response, reason_code: str = ""
    ) -> Response:
        """Write one decision about an entry's signals."""
        command = DecideEntry(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            action=int(action),
            entry_id=id_of(request.entry_id, "entry_id"),
            ordinals=ordinals_of(request.ordinals, "ordinals"),
            reason_code=reason_code,
            note=note_of(request.note),
        )
        return self._written(command, call, response)

    def _written(self, command: Command, call: Call, response: Response) -> Response:
        """Write a command and fill in position and entry; where the answer has room, notices of its URLs."""
        call.item_count = 1
        written = self._writes.submit(command, call.deadline)
        filled: Any = response  # each write's answer has the same two fields
        filled.position.CopyFrom(position_message(written.position, call))
        if written.entry is not None:
            filled.entry.CopyFrom(entry_message(written.entry))
            if isinstance(response, pb.ProposeEntryResponse | pb.AmendEntryResponse):
                response.url_notices.extend(notices_of(self._store, self._recent, written.entry, call))
        return response

    def MarkSeenLive(self, request: pb.MarkSeenLiveRequest, call: Call) -> pb.MarkSeenLiveResponse:  # noqa: N802
        asked = read_seen_live(request)
        call.item_count = len(request.entry_ids) + len(request.urls)
        command = MarkSeenLive(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            entry_ids=asked.entry_ids,
            urls=asked.urls,
            seen_live_us=microseconds_of(request.seen_live_time, "seen_live_time"),
        )
        written = self._writes.submit(command, call.deadline)
        response = pb.MarkSeenLiveResponse(
            position=position_message(written.position, call),
            renewed_count=written.renewed_count,
            unchanged_count=written.unchanged_count,
        )
        problems = [*asked.problems, *(asked.problem_at(index, *rest) for index, *rest in written.problems)]
        add_problems(response.problems, problems)
        call.problem_count = len(response.problems)
        return response

    # ------------------------------------------------------------ reads

    def GetEntry(self, request: pb.GetEntryRequest, call: Call) -> pb.GetEntryResponse:  # noqa: N802
        entry_id = id_of(request.entry_id, "entry_id")
        at_least = demanded(request.at_least)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            view = snapshot.entry(entry_id)
            position = snapshot.position
        return pb.GetEntryResponse(
            position=position_message(position, call),
            entry=entry_message(view),
            url_notices=notices_of(self._store, self._recent, view, call),
        )

    def ListEntries(self, request: pb.ListEntriesRequest, call: Call) -> pb.ListEntriesResponse:  # noqa: N802
        limit = page_size_of(request.page_size)
        state = choice_of(request.state, int(max(State)), "state")
        batch_id = id_of(request.batch_id, "batch_id") if request.batch_id else b""
        at_least = demanded(request.at_least)
        scope = f"entries/{state}/{request.batch_id}"
        after_number = read_token(request.page_token, scope)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            views, next_number = snapshot.pages.entries(after_number, limit, state, batch_id)
            position = snapshot.position
        response = pb.ListEntriesResponse(position=position_message(position, call))
        next_number = fill_page(response.entries, views, entry_message, _number_of_entry, next_number)
        response.next_page_token = make_token(next_number, scope)
        call.item_count = len(response.entries)
        return response

    def GetEntryHistory(self, request: pb.GetEntryHistoryRequest, call: Call) -> pb.GetEntryHistoryResponse:  # noqa: N802
        entry_id = id_of(request.entry_id, "entry_id")
        limit = page_size_of(request.page_size)
        at_least = demanded(request.at_least)
        scope = f"history/{request.entry_id}"
        before_sequence = read_token(request.page_token, scope)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            views, next_sequence = snapshot.pages.history(entry_id, before_sequence, limit)
            position = snapshot.position
        response = pb.GetEntryHistoryResponse(position=position_message(position, call))
        next_sequence = fill_page(response.changes, views, change_message, lambda view: view.sequence, next_sequence)
        response.next_page_token = make_token(next_sequence, scope)
        call.item_count = len(response.changes)
        return response


def _number_of_entry(view: EntryView) -> int:
    """An entry's number, by which pages go on: its first sequence."""
    return view.first_sequence
