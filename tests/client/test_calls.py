"""Single calls through the client: retries, request ids, actors, errors, pages."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator

import grpc
import pytest

from hashsvc.client import (
    AsyncHashsvcClient,
    Content,
    Details,
    HashsvcClient,
    ImportResult,
    ServerError,
    State,
    batches,
)
from hashsvc.client.call import Call
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, InvalidArgument, ResourceExhausted, Unavailable
from hashsvc.signals import MD5, PDQ, Signal
from tests.client.fake import BATCH_ID, DIGEST, ENTRY_ID, Fake

CONTENT = Content("iwf", (Signal(MD5, b"\x01" * 16), Signal(PDQ, b"\x02" * 32, 90)), details=Details(flags=("grid",)))


def test_unavailable_is_asked_again_with_the_same_request_id(fake: Fake, client: HashsvcClient) -> None:
    """A write whose fate is unknown is sent again as the same write, so that it happens once."""
    fake.failures.extend([grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.UNAVAILABLE])
    client.propose(CONTENT)
    requests = fake.requests("ProposeEntry")
    assert len(requests) == 3
    assert len({request.request_id for request in requests}) == 1
    assert len(requests[0].request_id) == 36


def test_each_write_has_a_request_id_of_its_own(fake: Fake, client: HashsvcClient) -> None:
    """Two writes are two writes, unless the caller names one id for both."""
    for request_id in ("", "", "mine", "mine"):
        client.confirm(ENTRY_ID, request_id=request_id)
    ids = [request.request_id for request in fake.requests("ConfirmEntry")]
    assert len(set(ids)) == 3
    assert ids[2:] == ["mine", "mine"]


@pytest.mark.parametrize(
    "failure",
    [
        grpc.StatusCode.INTERNAL,
        grpc.StatusCode.DEADLINE_EXCEEDED,
        grpc.StatusCode.ABORTED,
        FailedPrecondition("SELF_CONFIRMATION", "the proposer cannot confirm"),
        ResourceExhausted("WRITE_QUEUE_FULL", "full", retry_after_ms=1),
    ],
)
def test_nothing_else_is_asked_again(
    fake: Fake, client: HashsvcClient, failure: FailedPrecondition | grpc.StatusCode
) -> None:
    """Only UNAVAILABLE is retried."""
    fake.failures.append(failure)
    with pytest.raises(ServerError):
        client.confirm(ENTRY_ID)
    assert len(fake.requests("ConfirmEntry")) == 1


def test_retries_end_with_the_deadline(fake: Fake) -> None:
    """A server that stays unavailable is given up within the caller's time."""
    fake.failures.extend([Unavailable("DRAINING", "stopping")] * 100)
    started = time.monotonic()
    with HashsvcClient(fake.address, timeout_s=0.8) as client, pytest.raises(ServerError) as raised:
        client.stats()
    assert time.monotonic() - started < 1.5
    assert (raised.value.code, raised.value.reason) == (grpc.StatusCode.UNAVAILABLE, "DRAINING")
    assert raised.value.answered


def test_a_server_that_is_not_there_is_told_soon(fake: Fake) -> None:
    """With connect_s, a caller need not wait out its deadline to learn that nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    started = time.monotonic()
    with HashsvcClient(address, connect_s=0.3) as client, pytest.raises(ServerError) as raised:
        client.stats()
    assert time.monotonic() - started < 2
    assert not raised.value.answered


def test_errors_name_reason_and_field(fake: Fake, client: HashsvcClient) -> None:
    """An error carries code, reason, field and message apart, and the worker that said so."""
    fake.failures.append(InvalidArgument("BAD_LENGTH", "MD5 takes 16 bytes; this has 3", field="signals[0].value"))
    with pytest.raises(ServerError) as raised:
        client.check([Signal(MD5, b"abc")])
    error = raised.value
    assert (error.code, error.reason, error.field) == (
        grpc.StatusCode.INVALID_ARGUMENT,
        "BAD_LENGTH",
        "signals[0].value",
    )
    assert error.message == "MD5 takes 16 bytes; this has 3"
    assert error.worker == 3
    assert str(error) == "signals[0].value: MD5 takes 16 bytes; this has 3 [BAD_LENGTH]"


def test_every_call_has_a_deadline_and_writes_name_the_actor(fake: Fake, client: HashsvcClient) -> None:
    """Who acts travels in metadata; `acting_as` shares the connections in another name."""
    client.propose(CONTENT)
    client.acting_as("bob").confirm(ENTRY_ID)
    actors = [metadata["hashsvc-actor"] for _, _, metadata in fake.seen]
    assert actors == ["ann", "bob"]


def test_what_is_proposed_arrives_whole(fake: Fake, client: HashsvcClient) -> None:
    """Signals, qualities and details reach the server as given."""
    client.propose(CONTENT, note="seen before")
    (request,) = fake.requests("ProposeEntry")
    md5, pdq = request.content.signals
    assert (md5.type, md5.value, md5.HasField("quality")) == (MD5, b"\x01" * 16, False)
    assert (pdq.type, pdq.quality) == (PDQ, 90)
    assert list(request.content.details.flags) == ["grid"]
    assert (request.content.source, request.note) == ("iwf", "seen before")


def test_entries_come_as_values(fake: Fake, client: HashsvcClient) -> None:
    """An entry read is a plain value with names for its states and people."""
    entry = client.get_entry(ENTRY_ID).entry
    assert (entry.state, entry.signals[0].people[0].role, entry.etag) == ("PROPOSED", "PROPOSER", "e1")
    assert entry.created_us == 1_700_000_000_000_000


def test_pages_are_read_one_after_another(fake: Fake, client: HashsvcClient) -> None:
    """All entries come, a page at a time, each page when it is needed."""
    fake.entry_count = 25
    entries = client.list_entries(state=State.CONFIRMED, page_size=10)
    assert next(entries).content_id == "c0"
    assert len(fake.requests("ListEntries")) == 1
    assert len(list(entries)) == 24
    assert [request.page_token for request in fake.requests("ListEntries")] == ["", "10", "20"]
    assert {request.state for request in fake.requests("ListEntries")} == {2}


def test_all_decisions_reach_their_methods(fake: Fake, client: HashsvcClient) -> None:
    """Each method calls the RPC that it is named for."""
    client.reject(ENTRY_ID, reason_code="r")
    client.amend(ENTRY_ID, "e1", add=CONTENT.signals, remove=[1], details=Details(media_type="image"))
    client.dispute(ENTRY_ID, reason_code="r")
    client.resolve(ENTRY_ID)
    client.retract(ENTRY_ID, reason_code="r", ordinals=[0])
    client.confirm_retraction(ENTRY_ID)
    client.create_batch(b"\x01" * 32, "iwf")
    client.import_entries(BATCH_ID, [CONTENT])
    client.validate_entries([CONTENT], source="iwf")
    sealed = client.seal(BATCH_ID)
    client.confirm_batch(BATCH_ID, sealed.batch.digest)
    client.retract_batch(BATCH_ID, reason_code="r")
    client.get_batch(BATCH_ID)
    assert [batch.batch_id for batch in client.list_batches()] == [BATCH_ID]
    assert [change.kind for change in client.history(ENTRY_ID)] == ["ENTRY_CONFIRMED"]
    assert client.read_changes(7).changes[0].sequence == 8
    assert client.stats().types == {"pdq": 7}
    assert sealed.batch.digest == DIGEST
    assert [name for name, _, _ in fake.seen] == [
        "RejectEntry", "AmendEntry", "DisputeEntry", "ResolveDispute", "RetractEntry", "ConfirmRetraction",
        "CreateBatch", "ImportEntries", "ImportEntries", "SealBatch", "ConfirmBatch", "RetractBatch", "GetBatch",
        "ListBatches", "GetEntryHistory", "ReadChanges", "GetListStats",
    ]  # fmt: skip


def test_settings_are_checked_at_once() -> None:
    """A deadline beyond what servers accept, or a name that cannot travel, is refused before anything is sent."""
    for settings in ({"timeout_s": 31.0}, {"actor": "Zoë"}, {"connections": 0}):
        with pytest.raises(InvalidArgument):
            HashsvcClient("127.0.0.1:1", clock=SeededClock(1), **settings)


def test_an_import_waits_as_the_server_says_and_sends_the_same_again(fake: Fake, client: HashsvcClient) -> None:
    """A batch is begun, filled and sealed through a full write queue and a folding that is behind, each write once."""
    queue_full = ResourceExhausted("WRITE_QUEUE_FULL", "full", retry_after_ms=20)
    behind = ResourceExhausted("FOLDING_BEHIND", "behind", retry_after_ms=100)
    fake.failures.extend([queue_full, None, behind, behind, None, queue_full])
    started = time.monotonic()
    client.create_batch(b"\x01" * 32, "iwf")
    list(client.import_many([CONTENT], batch_id=BATCH_ID))
    client.seal(BATCH_ID)
    assert time.monotonic() - started > 0.24
    for method, count in (("CreateBatch", 2), ("ImportEntries", 3), ("SealBatch", 2)):
        ids = [request.request_id for request in fake.requests(method)]
        assert (len(ids), len(set(ids))) == (count, 1), method
        assert ids[0]


def test_a_call_whose_turn_comes_late_still_has_its_retries(fake: Fake) -> None:
    """A call that failed for a moment is repeated, though those before it waited longer than its deadline."""
    behind = ResourceExhausted("FOLDING_BEHIND", "behind", retry_after_ms=1_000)

    def calls() -> Iterator[Call[ImportResult]]:
        yield batches.import_entries(BATCH_ID, [CONTENT])
        while len(fake.seen) < 1:
            time.sleep(0.001)
        yield batches.import_entries(BATCH_ID, [CONTENT])

    with HashsvcClient(fake.address, "ann", bulk_timeout_s=0.9, clock=SeededClock(1)) as client:
        client.stats()
        fake.seen.clear()
        fake.failures.extend([behind, Unavailable("DRAINING", "stopping")])
        results = list(client.run_many(calls()))
    assert [result.inserted_count for result in results] == [1, 1]
    assert len({request.request_id for request in fake.requests("ImportEntries")}) == 2


def test_both_clients_have_the_same_methods() -> None:
    """What one client can be asked, the other can."""
    names = [{name for name in vars(kind) if not name.startswith("_")} for kind in (HashsvcClient, AsyncHashsvcClient)]
    assert names[0] - names[1] <= {"answered", "failed", "finish", "start", "stub"}
    assert names[1] <= names[0]
    assert HashsvcClient.check.__doc__ == AsyncHashsvcClient.check.__doc__
