"""The synchronous client: runs calls over its connections, with deadlines, retries and a few in flight.

Safe to use from many threads. What each method asks stands in `checks`, `entries`, `batches` and `feed`.
"""

from __future__ import annotations

import copy
import itertools
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from types import TracebackType
from typing import Any, Generic, Self, TypeVar

import grpc

from hashsvc.client import batches
from hashsvc.client.call import Call, Paged, with_request_id
from hashsvc.client.columns import ColumnBuilder
from hashsvc.client.errors import ServerError, server_error, worker_number
from hashsvc.client.methods import Methods
from hashsvc.client.retry import Attempts
from hashsvc.client.settings import CHANNEL_OPTIONS, Settings
from hashsvc.client.values import CheckResult, ContentLike, Effort, ImportResult, Position
from hashsvc.limits import BATCH_CHECK_ITEMS_MAX, BULK_BYTES_MAX
from hashsvc.signals import Signal

T = TypeVar("T")

IN_FLIGHT_DEFAULT = 4  # two that a worker runs at once, two that wait (limits.BULK_RUNNING_MAX)


class HashsvcClient(Methods):
    """A client of one hashsvc server. Settings: see `Settings`. Raises ServerError where the server refuses."""

    def __init__(self, address: str, actor: str | None = None, timeout_s: float = 10.0, **settings: Any) -> None:
        self._settings = Settings(address, actor, timeout_s, **settings)
        self._channels = [self._connect() for _ in range(self._settings.connections)]
        self._stubs: dict[tuple[int, str], grpc.UnaryUnaryMultiCallable[Any, Any]] = {}
        self._turn = itertools.count()
        self._answered = False

    def check_many(
        self,
        items: Iterable[tuple[T, Sequence[Signal]]],
        *,
        effort: Effort = Effort.STANDARD,
        caller_reference: str = "",
        evidence_max: int = 0,
        at_least: Position | None = None,
        in_flight: int = IN_FLIGHT_DEFAULT,
        items_max: int = BATCH_CHECK_ITEMS_MAX,
        bytes_max: int = BULK_BYTES_MAX,
    ) -> Iterator[CheckResult[T]]:
        """Check any number of (id, signals); results come in the same order, ids as given.

        Reads `items` as it goes and holds at most `in_flight` calls of items_max items, whatever the input's size.
        An item that could not be checked has verdict None and its problems; the others are answered. Waits when the
        server is busy with bulk calls. evidence_max 0: the server's default (1 an item).
        """
        builder = ColumnBuilder[T](
            effort=effort,
            caller_reference=caller_reference,
            evidence_max=evidence_max,
            at_least=at_least,
            items_max=items_max,
            bytes_max=bytes_max,
        )
        for results in self.run_many(builder.calls(items), in_flight=in_flight):
            yield from results

    def import_many(
        self,
        contents: Iterable[ContentLike],
        *,
        batch_id: str = "",
        source: str = "",
        validate_only: bool = False,
        in_flight: int = IN_FLIGHT_DEFAULT,
    ) -> Iterator[ImportResult]:
        """Bring any number of entries to a batch, or only count; results come a call each, in order.

        Reads `contents` as it goes and waits when the server is busy. source: the default for validate_only without
        a batch.
        """
        calls = batches.import_calls(contents, batch_id=batch_id, source=source, validate_only=validate_only)
        return self.run_many(calls, in_flight=in_flight)

    def run_many(self, calls: Iterable[Call[T]], *, in_flight: int = IN_FLIGHT_DEFAULT) -> Iterator[T]:
        """Run calls, a few at once; answers come in order. The first that fails for good ends it all."""
        running: deque[_Running[T]] = deque()
        try:
            for call in calls:
                running.append(_Running(self, call))
                if len(running) >= in_flight:
                    yield running.popleft().result()
            while running:
                yield running.popleft().result()
        finally:
            for left in running:
                left.cancel()

    def run(self, call: Call[T]) -> T:
        """Run one call to its end."""
        with_request_id(call, self._settings.clock)
        attempts = self._settings.attempts(is_bulk=call.is_bulk, answered=self._answered)
        return self.finish(call, attempts)

    def run_pages(self, paged: Paged[T]) -> Iterator[T]:
        """Read all pages, each when it is needed."""
        page_token = ""
        while True:
            page = self.run(paged(page_token))
            yield from page.items
            page_token = page.next_page_token
            if not page_token:
                return

    def finish(self, call: Call[T], attempts: Attempts) -> T:
        """Attempt a call until it is answered, refused or out of time."""
        while True:
            try:
                answer, rpc = self.stub(call).with_call(
                    call.request, timeout=attempts.remaining_s(), metadata=self._settings.metadata()
                )
            except grpc.RpcError as error:
                time.sleep(attempts.wait_s(self.failed(error)))
                continue
            return self.answered(call, answer, rpc)

    def acting_as(self, actor: str) -> HashsvcClient:
        """The same connections, in another person's name."""
        other = copy.copy(self)
        other._settings = self._settings.acting_as(actor)
        return other

    def close(self) -> None:
        """Close the connections, those of `acting_as` included."""
        for channel in self._channels:
            channel.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # ------------------------------------------------------------ for `_Running`

    def stub(self, call: Call[Any]) -> grpc.UnaryUnaryMultiCallable[Any, Any]:
        """The way to a method over the next connection."""
        turn = next(self._turn) % len(self._channels) if call.is_bulk else 0
        stub = self._stubs.get((turn, call.method))
        if stub is None:
            stub = self._stubs[turn, call.method] = self._channels[turn].unary_unary(
                call.method,
                request_serializer=type(call.request).SerializeToString,
                response_deserializer=call.answer_type.FromString,
            )
        return stub

    def start(self, call: Call[Any]) -> tuple[Any, Attempts]:
        """Send a call without waiting. Returns its future and its attempts."""
        with_request_id(call, self._settings.clock)
        attempts = self._settings.attempts(is_bulk=call.is_bulk, answered=self._answered)
        future = self.stub(call).future(
            call.request, timeout=attempts.remaining_s(), metadata=self._settings.metadata()
        )
        return future, attempts

    def answered(self, call: Call[T], answer: Any, rpc: Any) -> T:
        """Read an answer."""
        self._answered = True
        return call.read(answer, worker_number(rpc.trailing_metadata()))

    def failed(self, error: Any) -> ServerError:
        """Read a failure."""
        failure = server_error(error.code(), error.details() or "", error.trailing_metadata())
        self._answered = self._answered or failure.answered
        return failure

    def _connect(self) -> grpc.Channel:
        settings = self._settings
        if settings.credentials is None:
            return grpc.insecure_channel(settings.address, options=CHANNEL_OPTIONS)
        return grpc.secure_channel(settings.address, settings.credentials, options=CHANNEL_OPTIONS)


class _Running(Generic[T]):
    """One call under way; a failed first attempt is repeated when its turn to be read comes."""

    def __init__(self, client: HashsvcClient, call: Call[T]) -> None:
        self._client = client
        self._call = call
        self._future, self._attempts = client.start(call)

    def result(self) -> T:
        try:
            answer = self._future.result()
        except grpc.RpcError as error:
            self._attempts.begin_anew()  # the calls before this one may have waited past its deadline
            time.sleep(self._attempts.wait_s(self._client.failed(error)))
            return self._client.finish(self._call, self._attempts)
        return self._client.answered(self._call, answer, self._future)

    def cancel(self) -> None:
        self._future.cancel()
