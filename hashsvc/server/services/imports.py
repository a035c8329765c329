"""ImportService: batches, and the entries that come in them."""

from __future__ import annotations

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.hashlist.values import (
    AMENDED,
    INSERTED,
    REFUSED,
    UNCHANGED,
    BatchView,
    ConfirmBatch,
    CreateBatch,
    ImportEntries,
    RetractBatch,
    SealBatch,
    Written,
)
from hashsvc.matching.values import Problem
from hashsvc.metrics import Metrics
from hashsvc.server.translate.common import (
    add_problems,
    demanded,
    digest_of,
    fill_page,
    id_of,
    make_token,
    page_size_of,
    position_message,
    read_token,
    request_id_of,
    text_of,
)
from hashsvc.server.translate.entry import batch_message, note_of, reason_code_of
from hashsvc.server.translate.imports import Validated, validate
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Store
from hashsvc.server.writing.write_queue import WriteQueue
from hashsvc.v1 import import_service_pb2 as pb

ATTESTED_MAX = 1_000  # confirmations that a source may claim; more is a mistake


class ImportServicer:
    """Answers the calls about batches."""

    def __init__(self, store: Store, writes: WriteQueue, metrics: Metrics) -> None:
        self._store = store
        self._writes = writes
        self._metrics = metrics

    # ------------------------------------------------------------ writes

    def CreateBatch(self, request: pb.CreateBatchRequest, call: Call) -> pb.CreateBatchResponse:  # noqa: N802
        attested = request.attested_confirmation_count
        if not 0 <= attested <= ATTESTED_MAX:
            raise InvalidArgument(
                "BAD_VALUE", f"it is {attested}; 0 to {ATTESTED_MAX} is right", field="attested_confirmation_count"
            )
        command = CreateBatch(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            file_digest=digest_of(request.file_digest, "file_digest"),
            source=text_of(request.source, limits.SOURCE_CHARS_MAX, "source", required=True),
            attested_confirmation_count=attested,
        )
        written = self._writes.submit(command, call.deadline)
        return pb.CreateBatchResponse(
            position=position_message(written.position, call),
            batch=batch_message(_batch_of(written)),
            created=written.created,
        )

    def ImportEntries(self, request: pb.ImportEntriesRequest, call: Call) -> pb.ImportEntriesResponse:  # noqa: N802
        call.item_count = len(request.entries)
        if not request.entries:
            raise InvalidArgument("EMPTY_BATCH", "there are no entries; 1 to 2,000 are right", field="entries")
        if len(request.entries) > limits.IMPORT_ENTRIES_MAX:
            raise InvalidArgument(
                "TOO_MANY_ITEMS",
                f"there are {len(request.entries)} entries; at most {limits.IMPORT_ENTRIES_MAX} are allowed",
                field="entries",
            )
        if request.validate_only:
            return self._tried(request, call)
        request_id = request_id_of(request.request_id)
        batch_id = id_of(request.batch_id, "batch_id")
        validated = validate(request.entries)
        call.check_deadline()
        command = ImportEntries(
            actor=call.actor, request_id=request_id, batch_id=batch_id, contents=tuple(validated.contents)
        )
        return self._imported(self._writes.submit(command, call.deadline), validated, call)

    def SealBatch(self, request: pb.SealBatchRequest, call: Call) -> pb.SealBatchResponse:  # noqa: N802
        command = SealBatch(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            batch_id=id_of(request.batch_id, "batch_id"),
        )
        written = self._writes.submit(command, call.deadline)
        return pb.SealBatchResponse(
            position=position_message(written.position, call), batch=batch_message(_batch_of(written))
        )

    def ConfirmBatch(self, request: pb.ConfirmBatchRequest, call: Call) -> pb.ConfirmBatchResponse:  # noqa: N802
        command = ConfirmBatch(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            batch_id=id_of(request.batch_id, "batch_id"),
            digest=digest_of(request.digest, "digest"),
            note=note_of(request.note),
        )
        written = self._writes.submit(command, call.deadline)
        return pb.ConfirmBatchResponse(
            position=position_message(written.position, call), batch=batch_message(_batch_of(written))
        )

    def RetractBatch(self, request: pb.RetractBatchRequest, call: Call) -> pb.RetractBatchResponse:  # noqa: N802
        command = RetractBatch(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            batch_id=id_of(request.batch_id, "batch_id"),
            reason_code=reason_code_of(request.reason_code, required=True),
            note=note_of(request.note),
        )
        written = self._writes.submit(command, call.deadline)
        return pb.RetractBatchResponse(
            position=position_message(written.position, call), batch=batch_message(_batch_of(written))
        )

    def _tried(self, request: pb.ImportEntriesRequest, call: Call) -> pb.ImportEntriesResponse:
        """Say what an import would do: read only, so no actor, no request id and no place in the write queue."""
        source = text_of(request.source, limits.SOURCE_CHARS_MAX, "source")
        if request.batch_id:
            batch_id = id_of(request.batch_id, "batch_id")
            with self._store.snapshot() as snapshot:
                source = snapshot.batch(batch_id).source
        validated = validate(request.entries)
        call.check_deadline()
        return self._imported(self._store.try_import(source, validated.contents), validated, call)

    def _imported(self, written: Written, validated: Validated, call: Call) -> pb.ImportEntriesResponse:
        """Join what the list made of the valid entries with what validation refused, by place in the request."""
        outcomes, places = written.outcomes, validated.places
        problems = [*validated.problems]
        problems += [Problem(places[i], "", reason, message) for i, reason, message in written.problems]
        rejected = validated.rejected + [places[i] for i, outcome in enumerate(outcomes) if outcome == REFUSED]
        response = pb.ImportEntriesResponse(
            position=position_message(written.position, call),
            inserted_count=outcomes.count(INSERTED),
            amended_count=outcomes.count(AMENDED),
            unchanged_count=outcomes.count(UNCHANGED),
            rejected_count=len(rejected),
            rejected=sorted(rejected),
        )
        add_problems(response.problems, sorted(problems, key=lambda problem: problem.item))
        call.hit_count = response.inserted_count + response.amended_count
        call.problem_count = len(problems)
        self._metrics.count("items", call.method, amount=call.item_count)
        if problems:
            self._metrics.count("problems", call.method, amount=len(problems))
        return response

    # ------------------------------------------------------------ reads

    def GetBatch(self, request: pb.GetBatchRequest, call: Call) -> pb.GetBatchResponse:  # noqa: N802
        batch_id = id_of(request.batch_id, "batch_id")
        at_least = demanded(request.at_least)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            view = snapshot.batch(batch_id)
            position = snapshot.position
        return pb.GetBatchResponse(position=position_message(position, call), batch=batch_message(view))

    def ListBatches(self, request: pb.ListBatchesRequest, call: Call) -> pb.ListBatchesResponse:  # noqa: N802
        limit = page_size_of(request.page_size)
        at_least = demanded(request.at_least)
        before_number = read_token(request.page_token, "batches")
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            views, next_number = snapshot.pages.batches(before_number, limit)
            position = snapshot.position
        response = pb.ListBatchesResponse(position=position_message(position, call))
        next_number = fill_page(response.batches, views, batch_message, _number_of_batch, next_number)
        response.next_page_token = make_token(next_number, "batches")
        call.item_count = len(response.batches)
        return response


def _batch_of(written: Written) -> BatchView:
    assert written.batch is not None, "a write to a batch answers with it"
    return written.batch


def _number_of_batch(view: BatchView) -> int:
    return view.first_sequence
