"""Logs: one line a call, and never a fingerprint."""

from __future__ import annotations

import base64
import hashlib
import io
import os
import uuid

import msgspec
import pytest

from hashsvc.clock import SeededClock
from hashsvc.logs import REFUSED, Redactor, capture_stdlib, describe_exception, make_log
from hashsvc.server.wire.call_log import CallLog
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import entry_pb2, entry_service_pb2
from tests.server.fakes import ACTOR, PDQ, SHA256, FakeStore, Served, fails, serve, sha256_signal, signal

CANARIES = [
    spelling
    for value in (
        SHA256,
        PDQ,
        hashlib.md5(b"canary", usedforsecurity=False).digest(),
        b"\x01\x23\x45\x67\x89\xab\xcd\xef",
    )
    for spelling in (
        value.hex(),
        value.hex().upper(),
        base64.b64encode(value).decode(),
        base64.urlsafe_b64encode(value).decode().rstrip("="),
        base64.b32encode(value).decode().rstrip("="),
    )
]


def test_a_call_is_one_line(served: Served) -> None:
    """A check writes one line with method, code, time, counts and the sequence it saw."""
    served.check(sha256_signal())
    with fails():
        served.check()
    first, second = served.log_lines()
    assert list(first)[:3] == ["time", "level", "event"]
    assert {
        key: first[key] for key in ("event", "method", "code", "reason", "item_count", "hit_count", "sequence")
    } == {
        "event": "call answered",
        "method": "CheckService.Check",
        "code": "OK",
        "reason": "",
        "item_count": 1,
        "hit_count": 0,
        "sequence": 7,
    }
    assert (second["code"], second["reason"]) == ("INVALID_ARGUMENT", "EMPTY_ITEM")


def test_no_canary_reaches_the_log(store: FakeStore) -> None:
    """Fingerprints in every field that a caller controls leave no trace in the log or in an error."""
    with serve(store) as served:
        for canary in CANARIES:
            for one in (signal(3, text=canary), signal(2, text=canary)):
                request = check_pb.CheckRequest(signals=[one], caller_reference=canary)
                said = ""
                try:
                    served.call(
                        "CheckService/Check",
                        request,
                        check_pb.CheckResponse,
                        metadata=(("hashsvc-actor", canary[:64]), ("other", canary)),
                    )
                except Exception as error:  # noqa: BLE001  (what it says is what counts)
                    said = str(error)
                assert canary not in said
            proposal = entry_service_pb2.ProposeEntryRequest(
                request_id=canary[:64],
                note=canary,
                content=entry_pb2.EntryContent(source=canary[:64], content_id=canary, signals=[sha256_signal()]),
            )
            served.call("EntryService/ProposeEntry", proposal, entry_service_pb2.ProposeEntryResponse, metadata=ACTOR)
        store.snapshot_raises = ValueError(" ".join(CANARIES))
        with fails() as failure:
            served.check(sha256_signal())
        served.log_lines()
        logged = served.log_stream.getvalue().decode()
        assert "call answered" in logged
        for canary in CANARIES:
            assert canary not in logged
            assert canary not in failure[0].text


@pytest.mark.parametrize("canary", CANARIES)
def test_what_looks_like_a_fingerprint_is_refused_anywhere(canary: str) -> None:
    """Alone, in a sentence, as a key or inside a list: the value is replaced and counted."""
    refused: list[int] = []
    redactor = Redactor(lambda: refused.append(1))
    event = redactor(None, "info", {"a": canary, "b": f"see {canary}, please", "c": [canary], "d": {canary: 1}})
    assert canary not in str(event)
    assert REFUSED in event["a"]
    assert len(refused) == 4 == redactor.refused_count


def test_bytes_are_refused_whatever_they_are() -> None:
    """No bytes in a log line, short ones neither, and objects are named by their type only."""
    event = Redactor()(None, "info", {"a": b"x", "b": memoryview(b"y"), "c": object(), "d": sha256_signal()})
    assert event == {"a": REFUSED, "b": REFUSED, "c": "<object>", "d": "<Signal>"}


def test_ordinary_words_are_left_alone() -> None:
    """Methods, ids with dashes, paths, addresses and sentences are not mistaken for fingerprints."""
    for text in (
        "ImportService.GetBatch",
        "EntryService.ResolveDispute",
        str(uuid.UUID(int=2**127 + 12345)),
        "/var/lib/hashsvc/list",
        "127.0.0.1:50051",
        "the batch takes no more entries; begin another",
        "2026-11-24T10:24:13.595Z",
        "TOO_MANY_BULK_CALLS",
        "numba/np/ufunc/parallel.py",
    ):
        assert Redactor()(None, "info", {"a": text})["a"] == text


def test_an_exception_is_described_without_its_words() -> None:
    """A traceback names files, lines and functions; no message, no source, no locals."""
    try:
        try:
            raise KeyError(SHA256.hex())
        except KeyError as error:
            raise ValueError(SHA256.hex()) from error
    except ValueError as error:
        described = describe_exception(error)
    assert described["error_type"] == "ValueError"
    assert described["cause_type"] == "KeyError"
    assert "test_logs.py" in described["traceback"]
    assert SHA256.hex()[:8] not in str(described)


def test_libraries_warn_without_their_words() -> None:
    """What gRPC and others log arrives with its place, not its text, which may quote a request."""
    import logging

    stream = io.BytesIO()
    root = logging.getLogger()
    before = root.handlers[:], root.level
    try:
        capture_stdlib(make_log(style="json", stream=stream, clock=SeededClock(1)))
        logging.getLogger("grpc._server").error("Exception calling application: %s", SHA256.hex())
    finally:
        root.handlers[:], root.level = before
    line = msgspec.json.decode(stream.getvalue())
    assert (line["event"], line["library"]) == ("library warned", "grpc._server")
    assert SHA256.hex() not in stream.getvalue().decode()


def test_people_get_text_and_pipes_get_json() -> None:
    """The same event reads as text on a terminal and as JSON in a pipe."""
    for style, sign in (("json", b'"event":"segment folded"'), ("text", b"segment folded")):
        stream = io.BytesIO()
        make_log(style=style, stream=stream, clock=SeededClock(1)).info("segment folded", entry_count=3)
        assert sign in stream.getvalue()
        call_stream = io.BytesIO()
        call_log = CallLog(1, style=style, stream=call_stream, clock=SeededClock(1))
        call_log.write("CheckService.Check", "OK", "", 0.3, 1, 0, 5, "anna")
        assert not call_stream.getvalue(), "lines of calls are kept back"
        call_log.drain()
        assert b"CheckService.Check" in call_stream.getvalue()


def test_a_log_that_cannot_be_written_breaks_nothing() -> None:
    """A full disk or a closed pipe loses lines, not calls."""
    read_fd, write_fd = os.pipe()
    os.close(read_fd)
    with os.fdopen(write_fd, "wb", buffering=0) as pipe:
        make_log(style="json", stream=pipe, clock=SeededClock(1)).info("segment folded")
        call_log = CallLog(1, style="json", stream=pipe)
        call_log.write("CheckService.Check", "OK", "", 0.3, 1, 0, 5, "anna")
        call_log.drain()


def test_a_level_silences_what_is_below_it() -> None:
    """At level error neither information nor the lines of calls are written."""
    stream = io.BytesIO()
    log = make_log("error", "json", stream, clock=SeededClock(1))
    log.info("segment folded")
    call_log = CallLog(1, level="error", style="json", stream=stream)
    call_log.write("CheckService.Check", "OK", "", 0.3, 1, 0, 5, "anna")
    call_log.drain()
    assert not stream.getvalue()


@pytest.mark.parametrize(
    "url",
    ["https://www.example.com/a?b", "hxxp://example.com", "h**p://example[.]com/x", "HTTP:\\\\example.com\\x",
     "hxxps[:]//example.com/x", "view-source:https://example.com/"],
)  # fmt: skip
def test_a_url_is_kept_out_of_every_value(url: str) -> None:
    """A URL in any value of a log line is replaced, whatever stands around it; addresses of ours stay."""
    redactor = Redactor()
    event = redactor(None, "info", {"event": "x", "text": f"it said {url} twice", "list": [url], "deep": {"url": url}})
    assert "example" not in msgspec.json.encode(event).decode()
    assert redactor.refused_count >= 3
    assert redactor(None, "info", {"address": "127.0.0.1:50051"}) == {"address": "127.0.0.1:50051"}
