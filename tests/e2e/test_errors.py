"""Bad input gets a precise error, code, reason and field, and in bulk the good items are still answered."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Iterator

import grpc
import pytest

from hashsvc.client import HashsvcClient, Position, ServerError, Verdict
from hashsvc.client.retry import Attempts
from hashsvc.clock import SeededClock
from hashsvc.signals import MD5, PDQ, SHA256, Signal
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import entry_pb2, position_pb2, signal_pb2
from hashsvc.v1 import entry_service_pb2 as entry_service_pb
from hashsvc.v1 import feed_service_pb2 as feed_pb
from hashsvc.v1 import import_service_pb2 as import_pb
from tests.e2e.service import Service
from tests.e2e.wire import METHODS, Wire, as_it_is, content
from tests.hashlist.lists import md5_of, pdq_of, signals_of

NO_ENTRY = "0" * 32


@pytest.fixture(scope="module")
def wire(service: Service) -> Iterator[Wire]:
    wire = Wire(service.address)
    yield wire
    wire.close()


def one(type_number: int, value: bytes = b"", text: str = "") -> check_pb.CheckRequest:
    signal = signal_pb2.Signal(text=text) if text else signal_pb2.Signal(value=value)
    signal.type = type_number  # type: ignore[assignment]
    return check_pb.CheckRequest(signals=[signal])


def proposal(*signals: Signal, source: str = "org", request_id: str = "r") -> entry_service_pb.ProposeEntryRequest:
    wire_signals = []
    for signal in signals:
        made = signal_pb2.Signal(value=signal.value)
        made.type = signal.type  # type: ignore[assignment]
        if signal.quality != 255:
            made.quality = signal.quality
        wire_signals.append(made)
    return entry_service_pb.ProposeEntryRequest(
        request_id=request_id, content=entry_pb2.EntryContent(source=source, signals=wire_signals)
    )


def demanding(**position: object) -> check_pb.CheckRequest:
    request = one(MD5, md5_of(1))
    request.at_least.CopyFrom(position_pb2.ListPosition(**position))  # type: ignore[arg-type]
    return request


CHECKS = {
    "wrong length": (one(MD5, bytes(15)), "BAD_LENGTH", "signals[0].value"),
    "wrong length of text": (one(MD5, text="ab"), "BAD_LENGTH", "signals[0].text"),
    "wrong alphabet": (one(MD5, text="g" * 32), "BAD_ALPHABET", "signals[0].text"),
    "no signal": (check_pb.CheckRequest(), "EMPTY_ITEM", "signals"),
    "no value": (check_pb.CheckRequest(signals=[signal_pb2.Signal(type=1)]), "REQUIRED", "signals[0].value"),  # type: ignore[arg-type]
    "unknown type": (one(77, bytes(16)), "UNKNOWN_TYPE", "signals[0].type"),
    "no type": (one(0, bytes(16)), "UNKNOWN_TYPE", "signals[0].type"),
    "flat picture": (one(PDQ, bytes(32)), "WEAK_FINGERPRINT", "signals[0]"),
    "empty file": (one(SHA256, hashlib.sha256(b"").digest()), "WEAK_FINGERPRINT", "signals[0]"),
    "too many signals": (
        check_pb.CheckRequest(signals=[signal_pb2.Signal(value=md5_of(i)) for i in range(65)]),
        "TOO_MANY_SIGNALS",
        "signals",
    ),
    "negative sequence": (demanding(sequence=-1), "BAD_VALUE", "at_least.sequence"),
    "bad list id": (demanding(list_id="xyz"), "BAD_ID", "at_least.list_id"),
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_bad_check_is_refused_by_field(wire: Wire, name: str) -> None:
    """A check of which nothing can be used is INVALID_ARGUMENT and names the field."""
    request, reason, field = CHECKS[name]
    assert wire.refused("Check", request) == ("INVALID_ARGUMENT", reason, field)


COLUMNS = {
    "unequal columns": (
        check_pb.BatchCheckRequest(item_count=3, md5=bytes(48), sha256=bytes(64)),
        "UNEQUAL_COLUMNS",
        "sha256",
    ),
    "broken column": (check_pb.BatchCheckRequest(item_count=3, pdq=bytes(95)), "BAD_LENGTH", "pdq"),
    "short bitmap": (
        check_pb.BatchCheckRequest(item_count=9, md5=bytes(144), md5_present=b"\1"),
        "UNEQUAL_COLUMNS",
        "md5_present",
    ),
    "short qualities": (
        check_pb.BatchCheckRequest(item_count=2, pdq=bytes(64), pdq_quality=b"\1"),
        "UNEQUAL_COLUMNS",
        "pdq_quality",
    ),
    "empty batch": (check_pb.BatchCheckRequest(), "EMPTY_BATCH", "item_count"),
    "no column": (check_pb.BatchCheckRequest(item_count=3), "EMPTY_BATCH", "item_count"),
    "too many items": (
        check_pb.BatchCheckRequest(item_count=10_001, md5=bytes(16 * 10_001)),
        "TOO_MANY_ITEMS",
        "item_count",
    ),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_bad_batch_check_is_refused_by_column(wire: Wire, name: str) -> None:
    """A batch whose columns do not fit is INVALID_ARGUMENT and names the column."""
    request, reason, field = COLUMNS[name]
    assert wire.refused("BatchCheck", request) == ("INVALID_ARGUMENT", reason, field)


@pytest.mark.parametrize(("name", "byte_count"), [("Check", 64 * 1024 + 1), ("BatchCheck", 4 * 1024 * 1024 + 1)])
def test_too_large_a_message_is_refused(wire: Wire, name: str, byte_count: int) -> None:
    """A message past its method's limit is RESOURCE_EXHAUSTED with a reason, whatever is in it."""
    assert wire.refused(name, bytes(byte_count)) == ("RESOURCE_EXHAUSTED", "MESSAGE_TOO_LARGE", "")


@pytest.mark.parametrize("name", sorted(METHODS))
def test_garbage_is_the_senders_fault(wire: Wire, name: str) -> None:
    """Random bytes as the request of any method are refused as the sender's fault, never INTERNAL."""
    chosen = random.Random(name)
    good = one(MD5, md5_of(1)).SerializeToString()
    codes = set()
    for i in range(40):
        data = bytearray(chosen.randbytes(chosen.randint(1, 60)))
        if i % 2:
            data[: len(good)] = good  # begins like a request
        _, error = wire.send(name, bytes(data))
        codes.add(error.code.name if error is not None else "OK")
        assert error is None or error.reason not in ("", "INTERNAL"), error
    assert codes <= {"OK", "INVALID_ARGUMENT", "NOT_FOUND", "OUT_OF_RANGE", "FAILED_PRECONDITION"}
    assert wire.refused(name, b"\x0a\xff") == ("INVALID_ARGUMENT", "MALFORMED_REQUEST", "")


def test_a_deadline_is_required_and_bounded(wire: Wire) -> None:
    """A call without a deadline, or with one beyond 30 s, is refused."""
    request = one(MD5, md5_of(1))
    assert wire.refused("Check", request, timeout_s=None) == ("INVALID_ARGUMENT", "DEADLINE_REQUIRED", "")
    assert wire.refused("Check", request, timeout_s=60) == ("INVALID_ARGUMENT", "DEADLINE_TOO_LONG", "")


@pytest.mark.parametrize("metadata", [None, (("hashsvc-actor", ""),), (("hashsvc-actor", "a" * 65),)])
def test_a_write_names_who_acts(wire: Wire, metadata: object) -> None:
    """A write without a usable actor is refused; a check needs none."""
    request = proposal(*signals_of(1))
    assert wire.refused("ProposeEntry", request, metadata=metadata) == (
        "INVALID_ARGUMENT",
        "ACTOR_REQUIRED",
        "hashsvc-actor",
    )
    _, error = wire.send("Check", one(MD5, md5_of(1)), metadata=None)
    assert error is None


PROPOSALS = {
    "weak": (proposal(Signal(PDQ, pdq_of(5), 30), signals_of(5)[0]), "WEAK_FINGERPRINT", "content.signals[0]"),
    "flat": (proposal(signals_of(5)[0], Signal(PDQ, bytes(32), 90)), "WEAK_FINGERPRINT", "content.signals[1]"),
    "bad quality": (proposal(Signal(PDQ, pdq_of(5), 101)), "BAD_QUALITY", "content.signals[0].quality"),
    "twice": (proposal(*signals_of(5), signals_of(5)[0]), "DUPLICATE_SIGNAL", "content.signals[3]"),
    "no source": (proposal(*signals_of(5), source=""), "REQUIRED", "content.source"),
    "no identity": (proposal(signals_of(5)[2]), "NO_IDENTITY", "content_id"),
    "no request id": (proposal(*signals_of(5), request_id=""), "REQUIRED", "request_id"),
    "no signals": (proposal(), "EMPTY_ITEM", "content.signals"),
}


@pytest.mark.parametrize("name", PROPOSALS)
def test_a_bad_proposal_is_refused_by_field(wire: Wire, name: str) -> None:
    """What must not stand on the list is refused on the way in, by the field that is wrong."""
    request, reason, field = PROPOSALS[name]
    assert wire.refused("ProposeEntry", request) == ("INVALID_ARGUMENT", reason, field)


def refusal(error: ServerError) -> tuple[str, str, str]:
    return error.code.name, error.reason, error.field


def test_what_is_not_there_is_not_found(wire: Wire, clients: list[HashsvcClient]) -> None:
    """An unknown entry or batch is NOT_FOUND in every method that names one; a malformed id is INVALID_ARGUMENT."""
    by_entry = {
        "GetEntry": entry_service_pb.GetEntryRequest,
        "GetEntryHistory": entry_service_pb.GetEntryHistoryRequest,
    }
    for name, kind in by_entry.items():
        assert wire.refused(name, kind(entry_id=NO_ENTRY)) == ("NOT_FOUND", "UNKNOWN_ENTRY", "entry_id")
        assert wire.refused(name, kind(entry_id="XY")) == ("INVALID_ARGUMENT", "BAD_ID", "entry_id")
    client = clients[0]
    for act in (
        lambda: client.confirm(NO_ENTRY),
        lambda: client.reject(NO_ENTRY),
        lambda: client.dispute(NO_ENTRY, reason_code="x"),
        lambda: client.resolve(NO_ENTRY),
        lambda: client.retract(NO_ENTRY, reason_code="x"),
        lambda: client.confirm_retraction(NO_ENTRY),
        lambda: client.amend(NO_ENTRY, "1", add=signals_of(1)),
    ):
        with pytest.raises(ServerError) as entry_refused:
            act()
        assert refusal(entry_refused.value) == ("NOT_FOUND", "UNKNOWN_ENTRY", "entry_id")
    for act_on_batch in (
        lambda: client.get_batch(NO_ENTRY),
        lambda: client.seal(NO_ENTRY),
        lambda: client.import_entries(NO_ENTRY, [content(1)]),
        lambda: client.confirm_batch(NO_ENTRY, bytes(32)),
        lambda: client.retract_batch(NO_ENTRY, reason_code="x"),
    ):
        with pytest.raises(ServerError) as batch_refused:
            act_on_batch()
        assert batch_refused.value.code is grpc.StatusCode.NOT_FOUND
        assert batch_refused.value.reason == "UNKNOWN_BATCH"


def test_illegal_steps_are_failed_preconditions(clients: list[HashsvcClient], n: int) -> None:
    """Self-confirmation, illegal transitions, stale etags, reused request ids: FAILED_PRECONDITION with the reason."""
    ann, bob = clients[0], clients[1].acting_as("bob")
    proposed = ann.propose(content(n), request_id=f"{n}").entry
    entry_id = proposed.entry_id
    disputed = ann.propose(content(n + 2)).entry.entry_id
    steps: dict[str, Callable[[], object]] = {
        "SELF_CONFIRMATION": lambda: ann.confirm(entry_id),
        "ILLEGAL_TRANSITION": lambda: bob.dispute(entry_id, reason_code="x"),
        "ETAG_MISMATCH": lambda: bob.amend(entry_id, "1", add=signals_of(n + 1)),
        "REQUEST_ID_REUSED": lambda: ann.propose(content(n + 1), request_id=f"{n}"),
        "NO_RETRACTION": lambda: bob.confirm_retraction(disputed),
        "NOT_INDEPENDENT": lambda: bob.resolve(disputed),
        "OTHER_LIST": lambda: ann.check(signals_of(n), at_least=Position("f" * 32, 0, 0)),
        "LIST_RESTORED": lambda: ann.check(signals_of(n), at_least=Position("", 7, 1)),
    }
    bob.confirm(disputed)
    clients[0].acting_as("cleo").dispute(disputed, reason_code="x")
    for reason, step in steps.items():
        with pytest.raises(ServerError) as refused:
            step()
        assert (refused.value.code, refused.value.reason) == (grpc.StatusCode.FAILED_PRECONDITION, reason)
    with pytest.raises(ServerError) as exists:
        ann.propose(content(n))
    assert refusal(exists.value) == ("ALREADY_EXISTS", "ENTRY_EXISTS", "content")


def test_a_future_sequence_is_out_of_range(wire: Wire, clients: list[HashsvcClient]) -> None:
    """A sequence past the head is OUT_OF_RANGE in every read that can demand one, and in the feed."""
    future = clients[0].stats().position.sequence + 1_000_000
    request = demanding(sequence=future)
    assert wire.refused("Check", request) == ("OUT_OF_RANGE", "FUTURE_SEQUENCE", "at_least.sequence")
    batch = check_pb.BatchCheckRequest(item_count=1, md5=md5_of(1), at_least=request.at_least)
    assert wire.refused("BatchCheck", batch) == ("OUT_OF_RANGE", "FUTURE_SEQUENCE", "at_least.sequence")
    changes = feed_pb.ReadChangesRequest(after_sequence=future)
    assert wire.refused("ReadChanges", changes) == ("OUT_OF_RANGE", "FUTURE_SEQUENCE", "after_sequence")


def test_an_unsealed_batch_is_not_confirmed_and_a_sealed_one_takes_no_more(
    clients: list[HashsvcClient], n: int
) -> None:
    """A batch is confirmed only once it is sealed, and takes entries only before."""
    batch_id = clients[0].create_batch(hashlib.sha256(b"%d" % n).digest(), "org").batch.batch_id
    clients[0].import_entries(batch_id, [content(n, "")])
    with pytest.raises(ServerError) as unsealed:
        clients[1].acting_as("bob").confirm_batch(batch_id, bytes(32))
    assert (unsealed.value.code.name, unsealed.value.reason) == ("FAILED_PRECONDITION", "BATCH_NOT_SEALED")
    clients[1].seal(batch_id)
    with pytest.raises(ServerError) as sealed:
        clients[0].import_entries(batch_id, [content(n + 1, "")])
    assert refusal(sealed.value) == ("FAILED_PRECONDITION", "BATCH_SEALED", "batch_id")


def test_the_good_signals_of_an_item_are_answered(clients: list[HashsvcClient], n: int) -> None:
    """A check with bad signals beside good ones is answered from the good ones, and each bad one is named."""
    clients[0].acting_as("bob").confirm(clients[0].propose(content(n)).entry.entry_id)
    bad = [Signal(PDQ, bytes(32)), Signal(MD5, bytes(5)), Signal(99, b"x")]
    result = clients[1].check([*bad, signals_of(n)[0]])
    assert result.verdict is Verdict.KNOWN
    assert [one.query_index for one in result.evidence] == [3]
    assert [(problem.field, problem.reason) for problem in result.problems] == [
        ("signals[0]", "WEAK_FINGERPRINT"),
        ("signals[1].value", "BAD_LENGTH"),
        ("signals[2].type", "UNKNOWN_TYPE"),
    ]


def test_the_good_items_of_a_batch_are_answered(clients: list[HashsvcClient], n: int) -> None:
    """In a bulk check each bad item is told by its index, and the good ones keep their verdicts."""
    clients[0].acting_as("bob").confirm(clients[0].propose(content(n)).entry.entry_id)
    items = [
        ("flat", [Signal(PDQ, bytes(32))]),
        ("known", [signals_of(n)[0]]),
        ("empty", []),
        ("new", [signals_of(n + 1)[0]]),
    ]
    results = {result.id: result for result in clients[1].check_many(items)}
    assert {key: result.verdict for key, result in results.items()} == {
        "flat": None,
        "known": Verdict.KNOWN,
        "empty": None,
        "new": Verdict.NEW,
    }
    assert [p.reason for p in results["flat"].problems] == ["WEAK_FINGERPRINT"]
    assert [p.reason for p in results["empty"].problems] == ["EMPTY_ITEM"]


def test_the_good_entries_of_an_import_are_taken(wire: Wire, clients: list[HashsvcClient], n: int) -> None:
    """An import tells each bad entry and signal by index, and takes the rest."""
    batch_id = clients[0].create_batch(hashlib.sha256(b"%d" % n).digest(), "org").batch.batch_id
    request = import_pb.ImportEntriesRequest(request_id=f"{n}", batch_id=batch_id)
    for i, signals in enumerate(
        (
            signals_of(n),
            (signals_of(n + 1)[0], Signal(PDQ, bytes(32), 90)),
            (Signal(PDQ, bytes(32), 90),),
            (signals_of(n + 2)[2],),
            (),
        )
    ):
        request.entries.add(signals=proposal(*signals).content.signals, content_id=f"c{n + i}" if i != 3 else "")
    data, error = wire.send("ImportEntries", request)
    assert error is None
    answer = import_pb.ImportEntriesResponse.FromString(data)
    assert (answer.inserted_count, answer.rejected_count, list(answer.rejected)) == (2, 3, [2, 3, 4])
    assert [(p.item, p.field, p.reason) for p in answer.problems] == [
        (1, "signals[1]", "WEAK_FINGERPRINT"),
        (2, "signals[0]", "WEAK_FINGERPRINT"),
        (2, "signals", "WEAK_FINGERPRINT"),
        (3, "", "NO_IDENTITY"),
        (4, "signals", "EMPTY_ITEM"),
    ]
    assert clients[1].check(signals_of(n)).verdict is Verdict.PENDING
    empty = import_pb.ImportEntriesRequest(request_id="r", batch_id=batch_id)
    assert wire.refused("ImportEntries", empty) == ("INVALID_ARGUMENT", "EMPTY_BATCH", "entries")
    for _ in range(2_001):
        empty.entries.add()
    assert wire.refused("ImportEntries", empty) == ("INVALID_ARGUMENT", "TOO_MANY_ITEMS", "entries")


@pytest.mark.parametrize("code", [grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED])
def test_a_call_that_was_cut_off_is_asked_again(code: grpc.StatusCode) -> None:
    """What gRPC says of calls to a worker that is gone, or just stopping, is asked again, until the deadline."""
    cut = ServerError(code, code.name, "no message")
    assert 0 < Attempts(10, 0, SeededClock(1)).wait_s(cut) < 1
    with pytest.raises(ServerError):
        Attempts(0.001, 0, SeededClock(1)).wait_s(cut)


def test_an_unknown_method_is_unimplemented(service: Service) -> None:
    """A method that does not exist is gRPC's UNIMPLEMENTED."""
    with grpc.insecure_channel(service.address) as channel, pytest.raises(grpc.RpcError) as refused:
        as_it_is(channel, "/hashsvc.v1.CheckService/Nothing")(b"", timeout=5)
    assert refused.value.code() is grpc.StatusCode.UNIMPLEMENTED
