"""Bulk checks through the client: order, splitting, bounds, problems."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence

import pytest

from hashsvc.client import HashsvcClient, Verdict
from hashsvc.client.columns import ColumnBuilder
from hashsvc.errors import ResourceExhausted
from hashsvc.limits import BULK_BYTES_MAX
from hashsvc.signals import BY_NAME, MD5, PDQ, PHOTODNA, SHA256, Signal
from tests.client.fake import Fake

Items = list[tuple[int, Sequence[Signal]]]


def md5_of(number: int) -> Signal:
    return Signal(MD5, number.to_bytes(16))


def test_results_come_in_the_order_of_the_items(fake: Fake, client: HashsvcClient) -> None:
    """However many calls it takes, the n-th result is about the n-th item, and carries the caller's id."""
    fake.known = {md5_of(number).value for number in range(0, 2500, 7)}
    items: Items = [(number, [md5_of(number)]) for number in range(2500)]
    results = list(client.check_many(items, items_max=100))
    assert [result.id for result in results] == list(range(2500))
    for result in results:
        assert result.verdict is (Verdict.KNOWN if result.id % 7 == 0 else Verdict.NEW)
    assert {result.worker for result in results} == {3}
    assert results[0].position.sequence == 41


def test_calls_are_split_by_items(fake: Fake, client: HashsvcClient) -> None:
    """A call never brings more than 10,000 items."""
    items: Items = [(number, [md5_of(number)]) for number in range(20_001)]
    assert sum(1 for _ in client.check_many(items)) == 20_001
    assert sorted(request.item_count for request in fake.requests("BatchCheck")) == [1, 10_000, 10_000]


def test_calls_are_split_by_bytes(fake: Fake, client: HashsvcClient) -> None:
    """A call never has more bytes than allowed, however wide its items are."""
    signals = [Signal(kind.number, kind.examples()[0]) for kind in BY_NAME.values()]
    items: Items = [(number, signals) for number in range(1000)]
    results = list(client.check_many(items, bytes_max=20_000))
    assert len(results) == 1000
    sizes = [request.ByteSize() for request in fake.requests("BatchCheck")]
    assert max(sizes) <= 20_000
    assert sum(sizes) / len(sizes) > 15_000, "calls are full"


def test_the_widest_full_call_fits_the_limit() -> None:
    """10,000 items with every type of signal stay within 4 MiB a call."""
    builder = ColumnBuilder[int]()
    signals = [Signal(kind.number, kind.examples()[0], 77) for kind in BY_NAME.values()]
    calls = list(builder.calls((number, signals) for number in range(10_000)))
    assert all(call.request.ByteSize() <= BULK_BYTES_MAX for call in calls)


def test_input_is_read_only_as_far_as_calls_are_under_way(fake: Fake, client: HashsvcClient) -> None:
    """Memory is bounded whatever the input's size: items are read when there is room for them."""
    read = 0

    def endless() -> Iterator[tuple[int, Sequence[Signal]]]:
        nonlocal read
        while True:
            read += 1
            yield read, [md5_of(read)]

    results = client.check_many(endless(), items_max=10, in_flight=3)
    for _ in range(100):
        next(results)
        assert read <= 100 + 10 * 4 + 1
    results.close()  # type: ignore[attr-defined]


def test_a_few_calls_are_in_flight(fake: Fake, client: HashsvcClient) -> None:
    """Calls overlap, never more than asked for."""
    fake.gate = threading.Event()
    threading.Timer(0.3, fake.gate.set).start()
    items: Items = [(number, [md5_of(number)]) for number in range(100)]
    assert len(list(client.check_many(items, items_max=10, in_flight=3))) == 100
    assert fake.running_max == 3


def test_problems_are_passed_through(fake: Fake, client: HashsvcClient) -> None:
    """An item that cannot be checked has no verdict and its problems; the others are answered."""
    weak, good = Signal(PDQ, bytes(32)), md5_of(1)
    fake.weak, fake.known = {weak.value}, {good.value}
    items: Items = [(0, [weak]), (1, [good]), (2, []), (3, [weak, md5_of(9)]), (4, [weak, good]), (5, [md5_of(8)])]
    results = list(client.check_many(items))
    assert [result.verdict for result in results] == [None, "KNOWN", None, "NEW", "KNOWN", "NEW"]
    reasons = [[problem.reason for problem in result.problems] for result in results]
    assert reasons == [["WEAK_FINGERPRINT"], [], ["EMPTY_ITEM"], ["WEAK_FINGERPRINT"], ["WEAK_FINGERPRINT"], []]


def test_a_signal_of_the_wrong_length_does_not_shift_its_neighbours(fake: Fake, client: HashsvcClient) -> None:
    """A malformed value is told and left out; values around it stay where they belong."""
    fake.known = {md5_of(2).value}
    items: Items = [(0, [Signal(MD5, b"short")]), (1, [Signal(99, b"x")]), (2, [md5_of(2)]), (3, [md5_of(3)])]
    results = list(client.check_many(items))
    assert [result.verdict for result in results] == [None, None, "KNOWN", "NEW"]
    assert [problem.reason for result in results for problem in result.problems] == ["BAD_LENGTH", "UNKNOWN_TYPE"]
    assert not any("EMPTY" in problem.reason for result in results for problem in result.problems)


def test_items_may_have_several_signals_of_one_type(fake: Fake, client: HashsvcClient) -> None:
    """An item with three PDQs gets one result, decided from all of them."""
    pdqs = [Signal(PDQ, bytes([number]) * 32, 90) for number in range(1, 8)]
    fake.known = {pdqs[2].value}
    items: Items = [(0, [md5_of(5), *pdqs[:3]]), (1, pdqs[3:5]), (2, [md5_of(6)])]
    for items_max in (2, 100):
        results = list(client.check_many(items, items_max=items_max))
        assert [(result.id, result.verdict) for result in results] == [(0, "KNOWN"), (1, "NEW"), (2, "NEW")]
        assert results[0].evidence[0].signal == "pdq"


def test_columns_carry_what_items_have(fake: Fake, client: HashsvcClient) -> None:
    """Absent types are no column, partly present ones have a bitmap, unknown quality is 255."""
    items: Items = [(0, [Signal(PDQ, b"\x01" * 32, 80)]), (1, [Signal(PDQ, b"\x02" * 32)]), (2, [md5_of(2)])]
    list(client.check_many(items, evidence_max=5, caller_reference="case 7"))
    (request,) = fake.requests("BatchCheck")
    assert request.pdq == b"\x01" * 32 + b"\x02" * 32 + bytes(32)
    assert request.pdq_present == b"\x03"
    assert request.pdq_quality == bytes([80, 255, 255])
    assert request.md5_present == b"\x04"
    assert not request.sha256
    assert not request.photodna_present
    assert (request.evidence_max, request.caller_reference) == (5, "case 7")


def test_all_present_needs_no_bitmap(fake: Fake, client: HashsvcClient) -> None:
    """Where every item has a value, no bitmap is sent."""
    list(client.check_many([(0, [Signal(SHA256, b"\x01" * 32), Signal(PHOTODNA, b"\x01" * 144)])]))
    (request,) = fake.requests("BatchCheck")
    assert (request.sha256_present, request.photodna_present, request.pdq_quality) == (b"", b"", b"")


def test_back_pressure_is_waited_out(fake: Fake, client: HashsvcClient) -> None:
    """When a worker says that too many bulk calls run and when to come back, the check goes on then."""
    busy = ResourceExhausted("TOO_MANY_BULK_CALLS", "busy", retry_after_ms=5)
    fake.failures.extend([busy] * 6)
    items: Items = [(number, [md5_of(number)]) for number in range(50)]
    results = list(client.check_many(items, items_max=10))
    assert [result.id for result in results] == list(range(50))


def test_evidence_is_told_in_full(fake: Fake, client: HashsvcClient) -> None:
    """Evidence says which entry, signal, distance, orientation, state, caps, qualities and chance."""
    fake.known = {md5_of(1).value}
    (result,) = client.check_many([("x", [md5_of(1)])])
    (evidence,) = result.evidence
    assert (evidence.entry, evidence.signal, evidence.distance_bits) == ("0e" * 16, "md5", 18)
    assert (evidence.orientation, evidence.state, evidence.verdict) == ("mirrored", "CONFIRMED", "KNOWN")
    assert (evidence.caps, evidence.query_quality, evidence.listed_quality) == (("ORIENTATION",), 97, None)
    assert evidence.chance is not None
    assert evidence.chance.expected_count == pytest.approx(1e-9)
