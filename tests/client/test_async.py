"""The asynchronous client answers what the synchronous one does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence

import grpc
import pytest

from hashsvc.client import AsyncHashsvcClient, HashsvcClient, ServerError
from hashsvc.client.values import CheckResult
from hashsvc.errors import InvalidArgument, ResourceExhausted
from hashsvc.signals import MD5, PDQ, Signal
from tests.client.fake import ENTRY_ID, Fake


def items_of(count: int) -> list[tuple[int, Sequence[Signal]]]:
    """Items with one signal, with two, and with none."""
    items: list[tuple[int, Sequence[Signal]]] = []
    for number in range(count):
        md5, pdq = Signal(MD5, number.to_bytes(16)), Signal(PDQ, number.to_bytes(32), 60)
        items.append((number, [md5] if number % 3 else [md5, pdq] if number % 2 else []))
    return items


def test_check_many_equals_the_synchronous_one(fake: Fake, client: HashsvcClient) -> None:
    """Same items, same results, in the same order, from plain and from asynchronous iterators."""
    fake.known = {number.to_bytes(16) for number in range(0, 500, 5)}
    fake.weak = {number.to_bytes(32) for number in range(0, 500, 9)}
    expected = list(client.check_many(items_of(500), items_max=60))

    async def items() -> AsyncIterator[tuple[int, Sequence[Signal]]]:
        for item in items_of(500):
            yield item

    async def run() -> tuple[list[CheckResult[int]], list[CheckResult[int]]]:
        async with AsyncHashsvcClient(fake.address) as other:
            plain = [result async for result in other.check_many(items_of(500), items_max=60)]
            return plain, [result async for result in other.check_many(items(), items_max=60)]

    plain, streamed = asyncio.run(run())
    assert plain == expected
    assert streamed == expected


def test_calls_and_pages_equal_the_synchronous_ones(fake: Fake, client: HashsvcClient) -> None:
    """Single calls and pages give the same values."""
    fake.entry_count = 7

    async def run() -> None:
        async with AsyncHashsvcClient(fake.address, actor="ann") as other:
            assert await other.check([Signal(MD5, b"\x01" * 16)]) == client.check([Signal(MD5, b"\x01" * 16)])
            assert await other.confirm(ENTRY_ID) == client.confirm(ENTRY_ID)
            assert [entry async for entry in other.list_entries(page_size=3)] == list(client.list_entries(page_size=3))
            assert await other.stats() == client.stats()

    asyncio.run(run())


def test_retries_and_errors_equal_the_synchronous_ones(fake: Fake) -> None:
    """UNAVAILABLE is asked again with the same id, back-pressure waited out, the rest raised."""

    async def run() -> None:
        async with AsyncHashsvcClient(fake.address, actor="ann") as other:
            fake.failures.append(grpc.StatusCode.UNAVAILABLE)
            await other.acting_as("bob").confirm(ENTRY_ID)
            fake.failures.append(ResourceExhausted("TOO_MANY_BULK_CALLS", "busy", retry_after_ms=5))
            assert len([result async for result in other.check_many(items_of(9))]) == 9
            fake.failures.append(InvalidArgument("BAD_ID", "not an id", field="entry_id"))
            with pytest.raises(ServerError, match=r"entry_id: not an id \[BAD_ID\]"):
                await other.get_entry("x")

    asyncio.run(run())
    first, second = fake.requests("ConfirmEntry")
    assert first.request_id == second.request_id
    assert {metadata.get("hashsvc-actor") for name, _, metadata in fake.seen if name == "ConfirmEntry"} == {"bob"}
