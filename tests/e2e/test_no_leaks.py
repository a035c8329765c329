"""No fingerprint or URL leaves by the back door: canaries through every call and error path are in no log or metric."""

from __future__ import annotations

import base64
import urllib.request
from collections.abc import Callable
from pathlib import Path

import grpc
import pytest
from google.protobuf.message_factory import GetMessageClass

from hashsvc.client import Content, HashsvcClient, NewItem, NewReport, ServerError
from hashsvc.server.wire.methods import SERVICES
from hashsvc.signals import MD5, PDQ, PHASH64, SHA1, SHA256, URL, Signal, UrlFacts
from tests.e2e.service import Service
from tests.e2e.wire import METHODS, Wire, content
from tests.hashlist.lists import signals_of

HOST = "www.canary-host.example.com"
URL_CANARY = HOST.encode()

pytestmark = [pytest.mark.slow, pytest.mark.timeout(120)]


def spellings(value: bytes) -> list[bytes]:
    """A value raw, in hex, base64, base32 and as Python would print it."""
    return [
        value,
        value.hex().encode(),
        value.hex().upper().encode(),
        base64.b64encode(value).rstrip(b"="),
        base64.urlsafe_b64encode(value).rstrip(b"="),
        base64.b32encode(value).rstrip(b"="),
        repr(value)[2:-1].encode(),
    ]


def found_in(text: bytes, values: list[bytes]) -> list[bytes]:
    return [spelling for value in values for spelling in spellings(value) if spelling in text]


def test_the_search_for_canaries_finds_them() -> None:
    """Each spelling of a canary would be found: the test below can fail."""
    value = signals_of(1)[0].value
    for spelling in spellings(value):
        assert found_in(b"..." + spelling + b"...", [value])


def test_no_fingerprint_reaches_logs_metrics_or_errors(new_service: Callable[..., Service], tmp_path: Path) -> None:
    """Every call, good and bad, at level debug: no fingerprint in the log, the metrics or an error's text."""
    service = new_service()
    canaries = [signal.value for n in range(50) for signal in signals_of(n)]
    canaries += [b"canary-of-8by", b"canary-in-a-text-field-of-40-characters."]
    canaries += [URL_CANARY, URL_CANARY.replace(b".", b"[.]"), b"canary-path", b"canary-contact"]
    told: list[str] = []

    def attempt(act: Callable[[], object]) -> None:
        try:
            act()
        except ServerError as error:
            told.append(str(error))
        except grpc.RpcError as error:
            told.append(f"{error}")

    with HashsvcClient(service.address, "ann", timeout_s=5) as client:
        bob = client.acting_as("bob")
        made = client.propose(content(0)).entry
        attempt(lambda: client.propose(content(0)))
        attempt(lambda: client.confirm(made.entry_id))
        attempt(lambda: bob.confirm(made.entry_id))
        attempt(lambda: bob.amend(made.entry_id, "0", add=signals_of(1)))
        batch = client.create_batch(signals_of(2)[1].value, "org").batch
        attempt(lambda: client.import_entries(batch.batch_id, [content(n, "") for n in range(3, 40)]))
        attempt(lambda: client.seal(batch.batch_id))
        attempt(lambda: client.import_entries(batch.batch_id, [content(41)]))
        attempt(lambda: bob.confirm_batch(batch.batch_id, signals_of(42)[1].value))
        for n in range(43, 50):
            attempt(lambda n=n: client.check(signals_of(n)))  # type: ignore[misc]
            attempt(lambda n=n: list(client.check_many([(0, signals_of(n))])))  # type: ignore[misc]
            for kind in (MD5, SHA1, SHA256, PDQ, PHASH64, 99):
                attempt(lambda n=n, kind=kind: client.check([Signal(kind, signals_of(n)[1].value)]))  # type: ignore[misc]
        for text in (
            f"https://{HOST}/canary-path",
            f"hxxps://{HOST.replace('.', '[.]')}/canary-path?q=canary-path",
            f"https://{HOST}:99999/canary-path",
            f"ftp://{HOST}/canary-path",
            f"https://{HOST}/{'a' * 9_000}",
            f"{HOST} canary-path",
            "https://10.0.0.1/canary-path",
            "https://wikipedia.org/canary-path",
        ):
            for scope in range(1, 8):
                signal = Signal(URL, text.encode(), url=UrlFacts(scope))
                attempt(lambda signal=signal: client.check([signal]))  # type: ignore[misc]
                attempt(lambda signal=signal: list(client.check_many([(0, [signal])])))  # type: ignore[misc]
                attempt(lambda signal=signal: client.propose(Content("org", (signal,))))  # type: ignore[misc]
                attempt(lambda text=text: client.mark_seen_live(urls=[text]))  # type: ignore[misc]
        for contact in ("canary-contact@mail.example", "canary-contact\n", "canary-contact" * 100):
            report = NewReport(items=[NewItem(signals_of(0))], contact=contact)
            attempt(lambda report=report: client.submit_report(report))  # type: ignore[misc]
        attempt(lambda: list(client.list_feedback()))
        attempt(lambda: client.mark_feedback_sent(1))
        attempt(lambda: client.get_entry(HOST))
        attempt(lambda: client.check(signals_of(0), caller_reference=f"https://{HOST}/canary-path"))
        attempt(lambda: client.acting_as(f"https://{HOST}/canary-path").dispute(made.entry_id, reason_code="x"))
        attempt(lambda: client.get_entry(signals_of(0)[0].value.hex()))
        attempt(lambda: client.get_entry(signals_of(0)[1].value.hex()))
        attempt(lambda: client.check(signals_of(0), caller_reference=signals_of(0)[1].value.hex()))
        attempt(lambda: client.dispute(made.entry_id, reason_code=signals_of(0)[1].value.hex()))
        attempt(lambda: client.acting_as(signals_of(0)[0].value.hex()).dispute(made.entry_id, reason_code="x"))
    wire = Wire(service.address)
    kinds = {method.name: method.input_type for one in SERVICES.values() for method in one.descriptor.methods}
    for name, asked in kinds.items():
        for n in range(6):
            garbage = b"".join(signal.value for signal in signals_of(n)) * (1 + 2_000 * (n == 5))
            attempt(lambda name=name, garbage=garbage: raise_error(wire.send(name, garbage)[1]))  # type: ignore[misc]
        request = GetMessageClass(asked)()
        for field in asked.fields:  # every text and bytes field holds a canary
            if field.is_repeated or field.type not in (field.TYPE_STRING, field.TYPE_BYTES):
                continue
            value = signals_of(0)[1].value
            setattr(request, field.name, value if field.type == field.TYPE_BYTES else value.hex())
        attempt(lambda name=name, request=request: raise_error(wire.send(name, request)[1]))  # type: ignore[misc]
        metadata = (("hashsvc-actor", signals_of(0)[0].value.hex()), ("other", signals_of(0)[2].value.hex()))
        attempt(
            lambda name=name, request=request, metadata=metadata: raise_error(  # type: ignore[misc]
                wire.send(name, request, metadata=metadata)[1]
            )
        )
    wire.channel.close()
    assert set(kinds) == set(METHODS)
    with urllib.request.urlopen(f"http://{service.metrics_address}/metrics", timeout=10) as answer:
        metrics = answer.read()
    assert service.stop() == 0

    assert len(told) > 50
    assert found_in("\n".join(told).encode(), canaries) == []
    assert found_in(metrics, canaries) == []
    log = service.log_path.read_bytes()
    assert log.count(b"call answered") > 100
    assert found_in(log, canaries) == []


def raise_error(error: ServerError | None) -> None:
    if error is not None:
        raise error
