"""A small hashsvc server over real sockets: knows a few items, keeps what it was asked, fails as it is told."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable
from concurrent import futures
from typing import Any

import grpc
import numpy as np

from hashsvc.errors import HashsvcError
from hashsvc.limits import PREFIXES_MAX
from hashsvc.server.wire.status import status_of
from hashsvc.signals import BY_NAME, BY_NUMBER
from hashsvc.v1 import (
    check_service_pb2,
    check_service_pb2_grpc,
    entry_pb2,
    entry_service_pb2,
    entry_service_pb2_grpc,
    feed_service_pb2,
    feed_service_pb2_grpc,
    import_service_pb2,
    import_service_pb2_grpc,
    position_pb2,
    signal_pb2,
)

POSITION = position_pb2.ListPosition(list_id="ab" * 16, epoch=1, sequence=41)
ENTRY_ID = "0e" * 16
BATCH_ID = "ba" * 16
DIGEST = b"\xdd" * 32


class Fake:
    """What the fake knows and saw.

    known: values that are KNOWN, URLs as their text. weak: values that are told as weak. listed: what CheckPrefixes
    finds, by type of signal. cache_seconds: how long it lets answers be kept. notices: told of entries. url: a URL
    that entries have besides their MD5. failures: raised by the next calls, in order; an error, a bare gRPC code (an
    answer from no hashsvc), or None for a call that succeeds. seen: (method, request, metadata).
    """

    def __init__(self, worker: int = 0) -> None:
        self.worker = worker
        self.known: set[bytes] = set()
        self.weak: set[bytes] = set()
        self.listed: dict[int, list[check_service_pb2.PrefixMatch]] = {}
        self.cache_seconds = 60
        self.notices: list[entry_pb2.UrlNotice] = []
        self.url: entry_pb2.EntrySignal | None = None
        self.failures: deque[HashsvcError | grpc.StatusCode | None] = deque()
        self.seen: list[tuple[str, Any, dict[str, str]]] = []
        self.batch_state = entry_pb2.BATCH_STATE_OPEN
        self.batch_created = True
        self.entry_state = entry_pb2.STATE_PROPOSED
        self.entry_count = 0
        self.gate: threading.Event | None = None
        self.running = 0
        self.running_max = 0
        self._lock = threading.Lock()
        self._server = grpc.server(futures.ThreadPoolExecutor(16))
        check_service_pb2_grpc.add_CheckServiceServicer_to_server(_Checks(self), self._server)
        entry_service_pb2_grpc.add_EntryServiceServicer_to_server(_Entries(self), self._server)
        import_service_pb2_grpc.add_ImportServiceServicer_to_server(_Imports(self), self._server)
        feed_service_pb2_grpc.add_FeedServiceServicer_to_server(_Feed(self), self._server)
        self.address = f"127.0.0.1:{self._server.add_insecure_port('127.0.0.1:0')}"
        self._server.start()

    def stop(self) -> None:
        self._server.stop(None).wait()

    def requests(self, method: str) -> list[Any]:
        return [request for name, request, _ in self.seen if name == method]

    def answer(self, method: str, request: Any, context: grpc.ServicerContext, make: Callable[[], Any]) -> Any:
        metadata = {key: str(value) for key, value in context.invocation_metadata()}
        trailing: tuple[tuple[str, str | bytes], ...] = (("hashsvc-worker", str(self.worker)),)
        with self._lock:
            self.seen.append((method, request, metadata))
            failure = self.failures.popleft() if self.failures else None
            self.running += 1
            self.running_max = max(self.running, self.running_max)
        try:
            if isinstance(failure, HashsvcError):
                status = status_of(failure)
                context.set_trailing_metadata(trailing + status.metadata)
                context.abort(status.code, status.text)
            elif failure is not None:
                context.abort(failure, "not by hashsvc")
            if self.gate is not None:
                self.gate.wait(10)
            context.set_trailing_metadata(trailing)
            return make()
        finally:
            with self._lock:
                self.running -= 1


class _Checks(check_service_pb2_grpc.CheckServiceServicer):
    def __init__(self, fake: Fake) -> None:
        self.fake = fake

    def Check(self, request: Any, context: Any) -> Any:
        return self.fake.answer("Check", request, context, lambda: self._check(request))

    def _check(self, request: Any) -> Any:
        response = check_service_pb2.CheckResponse(position=POSITION, policy_version="p1")
        response.verdict = check_service_pb2.VERDICT_NEW
        for index, signal in enumerate(request.signals):
            if signal.value in self.fake.weak:
                response.problems.append(_weak(0, f"signals[{index}]"))
            if signal.value in self.fake.known:
                response.verdict = check_service_pb2.VERDICT_KNOWN
                response.evidence.append(_evidence(signal.type, index))
        return response

    def BatchCheck(self, request: Any, context: Any) -> Any:
        return self.fake.answer("BatchCheck", request, context, lambda: self._batch_check(request))

    def _batch_check(self, request: Any) -> Any:
        count = request.item_count
        response = check_service_pb2.BatchCheckResponse(position=POSITION, policy_version="p1", item_count=count)
        some = np.zeros(count, bool)
        for name, kind in BY_NAME.items():
            column = getattr(request, name)
            if not column:
                continue
            if kind.is_url:
                assert len(column) == count
                values = [text.encode() for text in column]
                present = np.array([text != "" for text in column])
            else:
                assert len(column) == count * kind.byte_count
                values = [column[at : at + kind.byte_count] for at in range(0, len(column), kind.byte_count)]
                present = np.ones(count, bool)
            bitmap = getattr(request, f"{name}_present", b"")
            if bitmap:
                present = np.unpackbits(np.frombuffer(bitmap, np.uint8), count=count, bitorder="little").astype(bool)
            some |= present
            for item in np.flatnonzero(present).tolist():
                value = values[item]
                if value in self.fake.weak:
                    response.problems.append(_weak(item, name))
                if value in self.fake.known:
                    hit = response.hits.add(item=item, verdict=check_service_pb2.VERDICT_KNOWN)
                    hit.evidence.append(_evidence(kind.number, 0))
        for item in np.flatnonzero(~some).tolist():
            response.problems.append(check_service_pb2.Problem(item=item, reason="EMPTY_ITEM", message="no signal"))
        return response

    def CheckPrefixes(self, request: Any, context: Any) -> Any:
        return self.fake.answer("CheckPrefixes", request, context, lambda: self._check_prefixes(request))

    def _check_prefixes(self, request: Any) -> Any:
        assert len(request.prefixes) % 4 == 0
        prefixes = prefixes_of(request)
        assert 1 <= len(prefixes) <= PREFIXES_MAX
        found = [one for one in self.fake.listed.get(request.type, []) if one.hash[:4] in prefixes]
        return check_service_pb2.CheckPrefixesResponse(
            position=POSITION, matches=found, cache_seconds=self.fake.cache_seconds, policy_version="p1"
        )


class _Entries(entry_service_pb2_grpc.EntryServiceServicer):
    def __init__(self, fake: Fake) -> None:
        self.fake = fake

    def __getattribute__(self, name: str) -> Any:
        answers = {
            "ProposeEntry": entry_service_pb2.ProposeEntryResponse,
            "ConfirmEntry": entry_service_pb2.ConfirmEntryResponse,
            "RejectEntry": entry_service_pb2.RejectEntryResponse,
            "AmendEntry": entry_service_pb2.AmendEntryResponse,
            "DisputeEntry": entry_service_pb2.DisputeEntryResponse,
            "ResolveDispute": entry_service_pb2.ResolveDisputeResponse,
            "RetractEntry": entry_service_pb2.RetractEntryResponse,
            "ConfirmRetraction": entry_service_pb2.ConfirmRetractionResponse,
            "GetEntry": entry_service_pb2.GetEntryResponse,
        }
        if name not in answers:
            return object.__getattribute__(self, name)
        fake: Fake = object.__getattribute__(self, "fake")

        def make() -> Any:
            answer = answers[name](position=POSITION, entry=entry_of(fake))
            if hasattr(answer, "url_notices"):
                answer.url_notices.extend(fake.notices)
            return answer

        def method(request: Any, context: Any) -> Any:
            return fake.answer(name, request, context, make)

        return method

    def MarkSeenLive(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            response = entry_service_pb2.MarkSeenLiveResponse(position=POSITION)
            for field, texts in (("entry_ids", request.entry_ids), ("urls", request.urls)):
                unknown = [item for item, text in enumerate(texts) if "unknown" in text]
                for item in unknown:
                    response.problems.add(item=item, field=field, reason="UNKNOWN", message="not on the list")
                response.renewed_count += len(texts) - len(unknown)
            return response

        return self.fake.answer("MarkSeenLive", request, context, make)

    def ListEntries(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            start = int(request.page_token or 0)
            end = min(start + request.page_size, self.fake.entry_count)
            entries = [entry_of(self.fake, number) for number in range(start, end)]
            token = str(end) if end < self.fake.entry_count else ""
            return entry_service_pb2.ListEntriesResponse(position=POSITION, entries=entries, next_page_token=token)

        return self.fake.answer("ListEntries", request, context, make)

    def GetEntryHistory(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            response = entry_service_pb2.GetEntryHistoryResponse(position=POSITION)
            response.changes.add(sequence=9, kind=4, actor="bob", entry_id=ENTRY_ID, state_before=1, state_after=2)
            return response

        return self.fake.answer("GetEntryHistory", request, context, make)


class _Imports(import_service_pb2_grpc.ImportServiceServicer):
    def __init__(self, fake: Fake) -> None:
        self.fake = fake

    def CreateBatch(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            batch = batch_of(self.fake)
            return import_service_pb2.CreateBatchResponse(
                position=POSITION, batch=batch, created=self.fake.batch_created
            )

        return self.fake.answer("CreateBatch", request, context, make)

    def ImportEntries(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            response = import_service_pb2.ImportEntriesResponse(position=POSITION)
            for item, content in enumerate(request.entries):
                weak = [signal.value in self.fake.weak for signal in content.signals]
                response.problems.extend(_weak(item, f"signals[{place}]") for place, one in enumerate(weak) if one)
                if all(weak):
                    response.rejected.append(item)
            response.rejected_count = len(response.rejected)
            response.inserted_count = len(request.entries) - response.rejected_count
            return response

        return self.fake.answer("ImportEntries", request, context, make)

    def SealBatch(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            self.fake.batch_state = entry_pb2.BATCH_STATE_SEALED
            return import_service_pb2.SealBatchResponse(position=POSITION, batch=batch_of(self.fake))

        return self.fake.answer("SealBatch", request, context, make)

    def ConfirmBatch(self, request: Any, context: Any) -> Any:
        return self._decide("ConfirmBatch", request, context, entry_pb2.BATCH_STATE_CONFIRMED)

    def RetractBatch(self, request: Any, context: Any) -> Any:
        return self._decide("RetractBatch", request, context, entry_pb2.BATCH_STATE_DISPUTED)

    def GetBatch(self, request: Any, context: Any) -> Any:
        return self._decide("GetBatch", request, context, self.fake.batch_state)

    def _decide(self, method: str, request: Any, context: Any, state: Any) -> Any:
        def make() -> Any:
            self.fake.batch_state = state
            answer = getattr(import_service_pb2, f"{method}Response")
            return answer(position=POSITION, batch=batch_of(self.fake))

        return self.fake.answer(method, request, context, make)

    def ListBatches(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            return import_service_pb2.ListBatchesResponse(position=POSITION, batches=[batch_of(self.fake)])

        return self.fake.answer("ListBatches", request, context, make)


class _Feed(feed_service_pb2_grpc.FeedServiceServicer):
    def __init__(self, fake: Fake) -> None:
        self.fake = fake

    def ReadChanges(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            response = feed_service_pb2.ReadChangesResponse(position=POSITION, end=True)
            response.changes.add(sequence=request.after_sequence + 1, kind=3, entry=entry_of(self.fake))
            return response

        return self.fake.answer("ReadChanges", request, context, make)

    def GetListStats(self, request: Any, context: Any) -> Any:
        def make() -> Any:
            response = feed_service_pb2.GetListStatsResponse(position=POSITION, entry_count=3, people_required=2)
            response.states.add(state=entry_pb2.STATE_CONFIRMED, signal_count=5)
            response.types.add(type=4, signal_count=7)
            return response

        return self.fake.answer("GetListStats", request, context, make)


def entry_of(fake: Fake, number: int = 0) -> entry_pb2.Entry:
    entry = entry_pb2.Entry(
        entry_id=ENTRY_ID, source="iwf", content_id=f"c{number}", state=fake.entry_state, etag="e1", first_sequence=4
    )
    entry.create_time.FromMicroseconds(1_700_000_000_000_000 + number)
    listed = entry.signals.add(ordinal=0, state=fake.entry_state)
    listed.signal.type = BY_NAME["md5"].number  # type: ignore[assignment]
    listed.signal.value = number.to_bytes(16)
    listed.people.add(role=entry_pb2.ROLE_PROPOSER, actor="ann")
    if fake.url is not None:
        entry.signals.add(state=fake.entry_state).MergeFrom(fake.url)
    return entry


def prefixes_of(request: Any) -> list[bytes]:
    """The prefixes that a CheckPrefixesRequest asks for, in its order."""
    return [request.prefixes[at : at + 4] for at in range(0, len(request.prefixes), 4)]


def batch_of(fake: Fake) -> entry_pb2.Batch:
    sealed = fake.batch_state != entry_pb2.BATCH_STATE_OPEN
    return entry_pb2.Batch(
        batch_id=BATCH_ID, state=fake.batch_state, source="iwf", digest=DIGEST if sealed else b"", inserted_count=3
    )


def _weak(item: int, field: str) -> check_service_pb2.Problem:
    return check_service_pb2.Problem(item=item, field=field, reason="WEAK_FINGERPRINT", message="too weak")


def _evidence(kind: int, index: int) -> check_service_pb2.Evidence:
    evidence = check_service_pb2.Evidence(
        entry_id=ENTRY_ID,
        query_index=index,
        distance_bits=18,
        orientation=check_service_pb2.ORIENTATION_MIRRORED,
        state=entry_pb2.STATE_CONFIRMED,
        verdict=check_service_pb2.VERDICT_KNOWN,
        caps=[check_service_pb2.CAP_ORIENTATION],
        query_quality=97,
        chance=check_service_pb2.Chance(expected_count=1e-9, source="uniform"),
        entry_sequence=7,
    )
    evidence.signal = kind  # type: ignore[assignment]
    if BY_NUMBER[kind].is_url:
        evidence.url_scope = signal_pb2.URL_SCOPE_PAGE
    return evidence
