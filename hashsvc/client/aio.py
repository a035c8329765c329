"""The asynchronous client: the same calls as `sync`, on asyncio.

For programs that wait on many things. A plain iterator of items is read on the event loop; give an asynchronous one
where reading takes long.
"""

from __future__ import annotations

import asyncio
import copy
import itertools
from collections import deque
from collections.abc import AsyncIterable, AsyncIterator, Iterable, Sequence
from types import TracebackType
from typing import Any, Self, TypeVar

import grpc
import grpc.aio

from hashsvc.client import batches
from hashsvc.client.call import Call, Paged, with_request_id
from hashsvc.client.columns import ColumnBuilder
from hashsvc.client.errors import server_error, worker_number
from hashsvc.client.methods import Methods
from hashsvc.client.settings import CHANNEL_OPTIONS, Settings
from hashsvc.client.sync import IN_FLIGHT_DEFAULT
from hashsvc.client.values import CheckResult, ContentLike, Effort, ImportResult, Position
from hashsvc.limits import BATCH_CHECK_ITEMS_MAX, BULK_BYTES_MAX
from hashsvc.signals import Signal

T = TypeVar("T")

Items = Iterable[tuple[T, Sequence[Signal]]] | AsyncIterable[tuple[T, Sequence[Signal]]]


class AsyncHashsvcClient(Methods):
    """A client of one hashsvc server, for asyncio. Make it on the loop that uses it. Settings: see `Settings`."""

    def __init__(self, address: str, actor: str | None = None, timeout_s: float = 10.0, **settings: Any) -> None:
        self._settings = Settings(address, actor, timeout_s, **settings)
        self._channels = [self._connect() for _ in range(self._settings.connections)]
        self._turn = itertools.count()
        self._answered = False

    async def check_many(
        self,
        items: Items[T],
        *,
        effort: Effort = Effort.STANDARD,
        caller_reference: str = "",
        evidence_max: int = 0,
        at_least: Position | None = None,
        in_flight: int = IN_FLIGHT_DEFAULT,
        items_max: int = BATCH_CHECK_ITEMS_MAX,
        bytes_max: int = BULK_BYTES_MAX,
    ) -> AsyncIterator[CheckResult[T]]:
        """Check any number of (id, signals); as `HashsvcClient.check_many`."""
        builder = ColumnBuilder[T](
            effort=effort,
            caller_reference=caller_reference,
            evidence_max=evidence_max,
            at_least=at_least,
            items_max=items_max,
            bytes_max=bytes_max,
        )
        async for results in self.run_many(_calls(builder, items), in_flight=in_flight):
            for result in results:
                yield result

    def import_many(
        self,
        contents: Iterable[ContentLike],
        *,
        batch_id: str = "",
        source: str = "",
        validate_only: bool = False,
        in_flight: int = IN_FLIGHT_DEFAULT,
    ) -> AsyncIterator[ImportResult]:
        """Bring any number of entries to a batch; as `HashsvcClient.import_many`."""
        calls = batches.import_calls(contents, batch_id=batch_id, source=source, validate_only=validate_only)
        return self.run_many(calls, in_flight=in_flight)

    async def run_many(
        self, calls: Iterable[Call[T]] | AsyncIterable[Call[T]], *, in_flight: int = IN_FLIGHT_DEFAULT
    ) -> AsyncIterator[T]:
        """Run calls, a few at once; answers come in order. The first that fails for good ends it all."""
        running: deque[asyncio.Task[T]] = deque()
        try:
            async for call in _each(calls):
                running.append(asyncio.create_task(self.run(call)))
                if len(running) >= in_flight:
                    yield await running.popleft()
            while running:
                yield await running.popleft()
        finally:
            for left in running:
                left.cancel()

    async def run(self, call: Call[T]) -> T:
        """Attempt one call until it is answered, refused or out of time."""
        with_request_id(call, self._settings.clock)
        attempts = self._settings.attempts(is_bulk=call.is_bulk, answered=self._answered)
        while True:
            rpc = self._stub(call)(call.request, timeout=attempts.remaining_s(), metadata=self._settings.metadata())
            try:
                answer = await rpc
            except grpc.aio.AioRpcError as error:
                failure = server_error(error.code(), error.details() or "", _pairs(error.trailing_metadata()))
                self._answered = self._answered or failure.answered
                await asyncio.sleep(attempts.wait_s(failure))
                continue
            self._answered = True
            return call.read(answer, worker_number(_pairs(await rpc.trailing_metadata())))

    async def run_pages(self, paged: Paged[T]) -> AsyncIterator[T]:
        """Read all pages, each when it is needed."""
        page_token = ""
        while True:
            page = await self.run(paged(page_token))
            for item in page.items:
                yield item
            page_token = page.next_page_token
            if not page_token:
                return

    def acting_as(self, actor: str) -> AsyncHashsvcClient:
        """The same connections, in another person's name."""
        other = copy.copy(self)
        other._settings = self._settings.acting_as(actor)
        return other

    async def close(self) -> None:
        """Close the connections, those of `acting_as` included."""
        for channel in self._channels:
            await channel.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def _stub(self, call: Call[Any]) -> Any:
        """The way to a method over the next connection."""
        turn = next(self._turn) % len(self._channels) if call.is_bulk else 0
        return self._channels[turn].unary_unary(
            call.method,
            request_serializer=type(call.request).SerializeToString,
            response_deserializer=call.answer_type.FromString,
        )

    def _connect(self) -> grpc.aio.Channel:
        settings = self._settings
        if settings.credentials is None:
            return grpc.aio.insecure_channel(settings.address, options=CHANNEL_OPTIONS)
        return grpc.aio.secure_channel(settings.address, settings.credentials, options=CHANNEL_OPTIONS)


async def _calls(builder: ColumnBuilder[T], items: Items[T]) -> AsyncIterator[Call[list[CheckResult[T]]]]:
    async for item_id, signals in _each(items):
        call = builder.add(item_id, signals)
        if call is not None:
            yield call
    call = builder.finish()
    if call is not None:
        yield call


async def _each(source: Iterable[T] | AsyncIterable[T]) -> AsyncIterator[T]:
    """Read either kind of iterable."""
    if isinstance(source, AsyncIterable):
        async for one in source:
            yield one
    else:
        for one in source:
            yield one


def _pairs(metadata: Any) -> list[tuple[str, str | bytes]]:
    return [] if metadata is None else list(metadata)
