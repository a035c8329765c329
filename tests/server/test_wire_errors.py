"""Bad input gets the right code, reason and field; never INTERNAL, and never its own value back."""

from __future__ import annotations

from typing import Any

import grpc
import pytest

from hashsvc import limits
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import entry_pb2, entry_service_pb2, import_service_pb2
from tests.server.fakes import (
    ACTOR,
    ENTRY_ID,
    PDQ,
    SHA256,
    FakeStore,
    Served,
    entry_view,
    fails,
    serve,
    sha256_signal,
    signal,
)

INVALID = grpc.StatusCode.INVALID_ARGUMENT


def test_an_answer_names_the_worker_and_the_state_of_the_list(served: Served) -> None:
    """A check answers NEW with position, policy and, in trailing metadata, the worker's number."""
    request = check_pb.CheckRequest(signals=[sha256_signal()]).SerializeToString()
    method: Any = served.channel.unary_unary("/hashsvc.v1.CheckService/Check")
    data, call = method.with_call(request, timeout=5)
    answer = check_pb.CheckResponse.FromString(data)
    assert answer.verdict == check_pb.VERDICT_NEW
    assert answer.position.sequence == 7
    assert answer.policy_version
    assert dict(call.trailing_metadata()) == {"hashsvc-worker": "3"}


@pytest.mark.parametrize(
    ("one", "reason", "field"),
    [
        (signal(3, value=SHA256[:31]), "BAD_LENGTH", "signals[0].value"),
        (signal(4, value=PDQ + b"x"), "BAD_LENGTH", "signals[0].value"),
        (signal(3, text=SHA256.hex()[:-1]), "BAD_LENGTH", "signals[0].text"),
        (signal(3, text="g" + SHA256.hex()[1:]), "BAD_ALPHABET", "signals[0].text"),
        (signal(3, text="a" * 321), "TOO_LONG", "signals[0].text"),
        (signal(99, value=SHA256), "UNKNOWN_TYPE", "signals[0].type"),
        (signal(0, value=SHA256), "UNKNOWN_TYPE", "signals[0].type"),
        (signal(3), "REQUIRED", "signals[0].value"),
        (signal(4, value=PDQ, quality=101), "BAD_QUALITY", "signals[0].quality"),
        (signal(4, value=PDQ, quality=255), "BAD_QUALITY", "signals[0].quality"),
        (signal(4, value=bytes(32)), "WEAK_FINGERPRINT", "signals[0]"),
    ],
)
def test_an_unusable_signal_is_refused_with_its_field(served: Served, one: Any, reason: str, field: str) -> None:
    """A check whose only signal cannot be used fails with that signal's reason and place."""
    with fails() as failure:
        served.check(one)
    assert (failure[0].code, failure[0].reason, failure[0].field) == (INVALID, reason, field)
    assert failure[0].domain == "hashsvc"
    assert failure[0].info_reason == reason
    assert failure[0].metadata["hashsvc-worker"] == "3"
    assert SHA256.hex()[:16] not in failure[0].text


def test_good_signals_are_answered_beside_a_bad_one(served: Served) -> None:
    """One malformed signal of three is a problem with its place; the others are checked."""
    answer = served.check(signal(3, value=b"short"), sha256_signal(), signal(4, value=bytes(32)))
    assert answer.verdict == check_pb.VERDICT_NEW
    assert [(one.field, one.reason) for one in answer.problems] == [
        ("signals[0].value", "BAD_LENGTH"),
        ("signals[2]", "WEAK_FINGERPRINT"),
    ]


def test_no_signal_and_too_many_are_refused(served: Served) -> None:
    """A check has 1 to 64 signals."""
    with fails() as none:
        served.check()
    with fails() as many:
        served.check(*[sha256_signal()] * 65)
    assert (none[0].code, none[0].reason, none[0].field) == (INVALID, "EMPTY_ITEM", "signals")
    assert (many[0].code, many[0].reason) == (INVALID, "TOO_MANY_SIGNALS")


@pytest.mark.parametrize(
    ("columns", "reason", "field", "says"),
    [
        ({"item_count": 0, "md5": b"x" * 16}, "EMPTY_BATCH", "item_count", ""),
        ({"item_count": -1}, "EMPTY_BATCH", "item_count", ""),
        ({"item_count": 3}, "EMPTY_BATCH", "item_count", "no column"),
        ({"item_count": 10_001, "md5": b"x" * 16}, "TOO_MANY_ITEMS", "item_count", "10000"),
        ({"item_count": 2, "md5": b"x" * 31}, "BAD_LENGTH", "md5", "32 bytes"),
        ({"item_count": 2, "sha1": b"x" * 20}, "UNEQUAL_COLUMNS", "sha1", "40 bytes"),
        ({"item_count": 2, "pdq": b"x" * 96}, "UNEQUAL_COLUMNS", "pdq", "64 bytes"),
        ({"item_count": 9, "md5": b"x" * 144, "md5_present": b"\xff"}, "UNEQUAL_COLUMNS", "md5_present", "2 bytes"),
        ({"item_count": 1, "md5": b"x" * 16, "sha1_present": b"\x01"}, "UNEQUAL_COLUMNS", "sha1_present", "sha1"),
        ({"item_count": 2, "pdq": PDQ * 2, "pdq_quality": b"\x50"}, "UNEQUAL_COLUMNS", "pdq_quality", "2 bytes"),
        ({"item_count": 1, "md5": b"y" * 16, "pdq_quality": b"\x50"}, "UNEQUAL_COLUMNS", "pdq_quality", "pdq"),
        ({"item_count": 1, "md5": b"y" * 16, "effort": 7}, "BAD_VALUE", "effort", ""),
        ({"item_count": 1, "md5": b"y" * 16, "evidence_max": 101}, "BAD_VALUE", "evidence_max", ""),
        ({"item_count": 1, "md5": b"y" * 16, "caller_reference": "r" * 129}, "TOO_LONG", "caller_reference", ""),
        ({"item_count": 1, "md5": b"y" * 16, "at_least": {"list_id": "AB"}}, "BAD_ID", "at_least.list_id", ""),
        ({"item_count": 1, "md5": b"y" * 16, "at_least": {"epoch": -1}}, "BAD_VALUE", "at_least.epoch", ""),
    ],
)
def test_wrong_columns_are_refused_with_the_bytes_that_would_be_right(
    served: Served, columns: dict[str, Any], reason: str, field: str, says: str
) -> None:
    """A bulk check whose columns do not fit fails whole, naming the column and its right length."""
    with fails() as failure:
        served.batch(**columns)
    assert (failure[0].code, failure[0].reason, failure[0].field) == (INVALID, reason, field)
    assert says in failure[0].text


def test_a_bad_item_is_told_and_the_others_are_answered(served: Served) -> None:
    """In bulk a quality that is none and a flat picture are problems of their items, told once, in order."""
    answer = served.batch(item_count=3, pdq=PDQ + bytes(32) + PDQ, pdq_quality=bytes((101, 90, 255)))
    assert answer.item_count == 3
    assert [(one.item, one.field, one.reason) for one in answer.problems] == [
        (0, "pdq_quality", "BAD_QUALITY"),
        (1, "pdq", "WEAK_FINGERPRINT"),
    ]
    assert [(hit.item, hit.verdict) for hit in answer.hits] == [(0, 0), (1, 0)]


def test_garbage_is_malformed_not_internal(served: Served) -> None:
    """Bytes that are no message are INVALID_ARGUMENT, on every method."""
    for path in served.app.paths:
        method: Any = served.channel.unary_unary(path)
        with fails() as failure:
            method(b"\xff\xff\xff\x01", timeout=5, metadata=ACTOR)
        assert (failure[0].code, failure[0].reason) == (INVALID, "MALFORMED_REQUEST"), path


def test_a_deadline_is_required_and_bounded(served: Served) -> None:
    """A call without a deadline, or with one past 30 s, is refused; 30 s itself is not."""
    with fails() as none:
        served.check(sha256_signal(), timeout=None)
    with fails() as long:
        served.check(sha256_signal(), timeout=40)
    assert (none[0].code, none[0].reason) == (INVALID, "DEADLINE_REQUIRED")
    assert (long[0].code, long[0].reason) == (INVALID, "DEADLINE_TOO_LONG")
    served.check(sha256_signal(), timeout=30)


def test_a_write_names_its_actor(served: Served) -> None:
    """Every write without a usable actor is refused and changes nothing."""
    request = entry_service_pb2.ConfirmEntryRequest(request_id="1", entry_id=ENTRY_ID.hex())
    for metadata in ((), (("hashsvc-actor", ""),), (("hashsvc-actor", "x" * 65),)):
        with fails() as failure:
            served.call("EntryService/ConfirmEntry", request, entry_service_pb2.ConfirmEntryResponse, metadata=metadata)
        assert (failure[0].code, failure[0].reason) == (INVALID, "ACTOR_REQUIRED")
        assert failure[0].field == "hashsvc-actor"
    assert not served.store.written


def test_an_oversize_message_is_refused_with_a_reason(served: Served) -> None:
    """Past 64 KiB a unary call is refused, past 4 MiB a bulk call, both by us or by gRPC, none as INTERNAL."""
    small = check_pb.CheckRequest(caller_reference="r" * limits.UNARY_BYTES_MAX)
    with fails() as unary:
        served.call("CheckService/Check", small, check_pb.CheckResponse)
    assert (unary[0].code, unary[0].reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "MESSAGE_TOO_LARGE")
    for extra, reason in ((0, "MESSAGE_TOO_LARGE"), (1024 * 1024, "")):
        with fails() as bulk:
            served.batch(item_count=1, md5=b"x" * (limits.BULK_BYTES_MAX + extra))
        assert (bulk[0].code, bulk[0].reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, reason)


@pytest.mark.parametrize(
    ("change", "reason", "field"),
    [
        ({"request_id": ""}, "REQUIRED", "request_id"),
        ({"request_id": "x" * 65}, "TOO_LONG", "request_id"),
        ({"request_id": "ü"}, "BAD_CHARACTERS", "request_id"),
        ({"content": entry_pb2.EntryContent(source="us")}, "EMPTY_ITEM", "content.signals"),
        ({"content": entry_pb2.EntryContent(signals=[sha256_signal()])}, "REQUIRED", "content.source"),
        (
            {"content": entry_pb2.EntryContent(source="us", signals=[sha256_signal(), sha256_signal()])},
            "DUPLICATE_SIGNAL",
            "content.signals[1]",
        ),
        (
            {"content": entry_pb2.EntryContent(source="us", signals=[signal(4, value=PDQ, quality=49)])},
            "WEAK_FINGERPRINT",
            "content.signals[0]",
        ),
        ({"note": "n" * 2001}, "TOO_LONG", "note"),
        ({"note": "bell\a"}, "BAD_CHARACTERS", "note"),
    ],
)
def test_a_wrong_proposal_names_its_field(served: Served, change: dict[str, Any], reason: str, field: str) -> None:
    """A proposal is refused for the first thing wrong in it, and nothing is written."""
    good = {"request_id": "1", "content": entry_pb2.EntryContent(source="us", signals=[sha256_signal()])}
    request = entry_service_pb2.ProposeEntryRequest(**{**good, **change})
    with fails() as failure:
        served.call("EntryService/ProposeEntry", request, entry_service_pb2.ProposeEntryResponse, metadata=ACTOR)
    assert (failure[0].code, failure[0].reason, failure[0].field) == (INVALID, reason, field)
    assert not served.store.written


def test_an_import_tells_bad_entries_and_writes_the_others(served: Served) -> None:
    """A weak signal goes alone where others remain, else the entry does; good entries are written."""
    weak = signal(4, value=bytes(32))
    request = import_service_pb2.ImportEntriesRequest(
        request_id="1",
        batch_id=ENTRY_ID.hex(),
        entries=[
            entry_pb2.EntryContent(content_id="a", signals=[sha256_signal(), weak]),
            entry_pb2.EntryContent(content_id="b", signals=[weak]),
            entry_pb2.EntryContent(content_id="c" * 257, signals=[sha256_signal()]),
            entry_pb2.EntryContent(content_id="d", signals=[sha256_signal()]),
        ],
    )
    answer = served.call(
        "ImportService/ImportEntries", request, import_service_pb2.ImportEntriesResponse, metadata=ACTOR
    )
    assert (answer.inserted_count, answer.rejected_count, list(answer.rejected)) == (2, 2, [1, 2])
    assert [(one.item, one.field, one.reason) for one in answer.problems] == [
        (0, "signals[1]", "WEAK_FINGERPRINT"),
        (1, "signals[0]", "WEAK_FINGERPRINT"),
        (1, "signals", "WEAK_FINGERPRINT"),
        (2, "content_id", "TOO_LONG"),
    ]
    [command] = served.store.written
    assert [len(content.signals) for content in command.contents] == [1, 1]  # type: ignore[attr-defined]


def test_a_dry_import_needs_no_actor_and_writes_nothing(served: Served) -> None:
    """validate_only counts what would happen."""
    request = import_service_pb2.ImportEntriesRequest(
        validate_only=True, entries=[entry_pb2.EntryContent(signals=[sha256_signal()])]
    )
    answer = served.call("ImportService/ImportEntries", request, import_service_pb2.ImportEntriesResponse)
    assert answer.inserted_count == 1
    assert not served.store.written


def test_pages_go_on_where_the_last_ended_and_refuse_foreign_tokens(served: Served) -> None:
    """Pages cover all rows once; a token of another list, or a made-up one, is refused."""
    served.store.entries = [entry_view(number) for number in range(1, 8)]
    seen: list[int] = []
    request = entry_service_pb2.ListEntriesRequest(page_size=3)
    while True:
        page = served.call("EntryService/ListEntries", request, entry_service_pb2.ListEntriesResponse)
        seen += [entry.first_sequence for entry in page.entries]
        if not page.next_page_token:
            break
        request.page_token = page.next_page_token
    assert seen == [1, 2, 3, 4, 5, 6, 7]
    request.state = entry_pb2.STATE_CONFIRMED
    for token in (request.page_token, "3-00000000", "x", "-", "9" * 70):
        request.page_token = token
        with fails() as failure:
            served.call("EntryService/ListEntries", request, entry_service_pb2.ListEntriesResponse)
        assert (failure[0].reason, failure[0].field) == ("BAD_PAGE_TOKEN", "page_token")


def test_a_page_ends_before_it_is_too_large_for_grpc(served: Served) -> None:
    """A page of large entries holds fewer than asked, under 4 MiB, and the next goes on after it."""
    served.store.entries = [entry_view(number, signal_count=120) for number in range(1, 1001)]
    request = entry_service_pb2.ListEntriesRequest(page_size=1000)
    page = served.call("EntryService/ListEntries", request, entry_service_pb2.ListEntriesResponse)
    assert 0 < len(page.entries) < 1000
    assert page.ByteSize() < 4 * 1024 * 1024
    request.page_token = page.next_page_token
    following = served.call("EntryService/ListEntries", request, entry_service_pb2.ListEntriesResponse)
    assert following.entries[0].first_sequence == page.entries[-1].first_sequence + 1


def test_an_unknown_entry_is_not_found(served: Served) -> None:
    """What does not exist is NOT_FOUND, an id that is none is INVALID_ARGUMENT."""
    for text, code, reason in (
        ("00" * 16, grpc.StatusCode.NOT_FOUND, "UNKNOWN_ENTRY"),
        ("", INVALID, "REQUIRED"),
        (ENTRY_ID.hex().upper(), INVALID, "BAD_ID"),
    ):
        with fails() as failure:
            served.call(
                "EntryService/GetEntry",
                entry_service_pb2.GetEntryRequest(entry_id=text),
                entry_service_pb2.GetEntryResponse,
            )
        assert (failure[0].code, failure[0].reason, failure[0].field) == (code, reason, "entry_id")


def test_an_unexpected_error_gives_an_incident_and_no_detail(store: FakeStore) -> None:
    """What nobody foresaw is INTERNAL with an id that the log explains, without the error's own words."""
    store.snapshot_raises = RuntimeError(f"broke on {SHA256.hex()}")
    with serve(store) as served, fails() as failure:
        served.check(sha256_signal())
    assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.INTERNAL, "INTERNAL")
    [line] = [line for line in served.log_lines() if line["event"] == "call broke"]
    assert line["incident"] in failure[0].text
    assert line["error_type"] == "RuntimeError"
    assert SHA256.hex() not in served.log_stream.getvalue().decode()
    assert SHA256.hex() not in failure[0].text
