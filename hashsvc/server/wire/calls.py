"""What happens around every call: one wrapper for parse, deadline, actor, log line, metrics, errors.

Handlers are made from the rows of `methods.py`. Requests are parsed here, from bytes, so that garbage is
INVALID_ARGUMENT and not gRPC's INTERNAL. Servicers are plain: `method(request, call) -> response`; they see a `Call`,
never gRPC. Made by `server/app.py`; benchmarks build the same around an empty servicer.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple, TypeAlias

import grpc
from google.protobuf.message import DecodeError
from google.protobuf.message_factory import GetMessageClass

from hashsvc.clock import Clock
from hashsvc.errors import (
    DamagedData,
    HashsvcError,
    InvariantError,
)
from hashsvc.logs import Log, describe_exception
from hashsvc.metrics import Metrics
from hashsvc.server.wire.admission import (
    actor_of,
    closed,
    deadline_of,
    malformed,
    no_actor,
    too_large,
    too_late,
)
from hashsvc.server.wire.call_log import CallLog
from hashsvc.server.wire.lanes import Lane
from hashsvc.server.wire.methods import Route
from hashsvc.server.wire.status import INTERNAL, Status, internal_status, status_of

WORKER_KEY = "hashsvc-worker"

Behaviour = Callable[[Any, "Call"], Any]
Handler: TypeAlias = "grpc.RpcMethodHandler[bytes, bytes]"


class Call:
    """One call as a servicer sees it, and what it tells for the log line.

    deadline: on the monotonic clock. actor: the acting person's name, "" where a read gave none.
    """

    __slots__ = ("actor", "deadline", "hit_count", "item_count", "method", "problem_count", "sequence")

    def __init__(self, method: str, deadline: float, actor: str = "") -> None:
        self.method = method
        self.deadline = deadline
        self.actor = actor
        self.item_count = 0
        self.hit_count = 0
        self.problem_count = 0
        self.sequence = 0

    def check_deadline(self) -> None:
        """Raise DeadlineExceeded if the caller's time is over: nobody waits for the answer."""
        if time.monotonic() >= self.deadline:
            raise too_late()


class Lanes(NamedTuple):
    """The lanes of a worker. check: also reads of one entry, and refusals. bulk: BatchCheck, CheckPrefixes.

    imports: ImportEntries and what is like it, which waits for commits: in the lane of bulk checks it would take all
    the places.
    """

    check: Lane
    write: Lane
    page: Lane
    bulk: Lane
    imports: Lane

    def wait_idle(self, deadline: float) -> bool:
        """Wait until no call runs, at most to a time on the monotonic clock. Returns whether all are done."""
        while any(lane.call_count for lane in self):
            if time.monotonic() >= deadline:
                return False
            time.sleep(0.01)
        return True


class Around:
    """What the wrapper needs besides the method: where to tell and whom to call when something breaks.

    call_log: for the one line a call.
    on_fatal: called with an InvariantError; the process must stop serving.
    """

    def __init__(
        self,
        *,
        worker: int,
        log: Log,
        call_log: CallLog,
        metrics: Metrics,
        clock: Clock,
        on_fatal: Callable[[BaseException], None],
    ) -> None:
        self.worker = worker
        self.log = log
        self.call_log = call_log
        self.metrics = metrics
        self.clock = clock
        self.on_fatal = on_fatal
        self.metadata = ((WORKER_KEY, str(worker)),)
        self.closed = ""

    def close_with(self, reason: str) -> None:
        """Refuse every call from now on; "" answers them again. reason: LIST_DAMAGED."""
        self.closed = reason

    def status_of_unexpected(self, error: BaseException, method: str) -> Status:
        """Log an error that nobody foresaw, without any value, and make the answer that names the incident."""
        incident = self.clock.random_bytes(4).hex()
        self.metrics.count("incidents")
        self.log.error("call broke", method=method, incident=incident, **describe_exception(error))
        if isinstance(error, InvariantError):
            self.on_fatal(error)
        return internal_status(incident)

    def answered(self, call: Call, code: str, reason: str, started: float) -> None:
        """Write the call's one log line and count it."""
        seconds = time.perf_counter() - started
        self.call_log.write(
            call.method,
            code,
            reason,
            int(seconds * 1e6) / 1000,
            call.item_count,
            call.hit_count,
            call.sequence,
            call.actor,
        )
        self.metrics.call_answered(call.method, code, seconds)


class CallHandler(grpc.GenericRpcHandler):
    """Gives gRPC the handler of a method, or that of a refusal where its lane is full."""

    def __init__(self, served: Sequence[tuple[Route, Behaviour]], lanes: Lanes, around: Around) -> None:
        """served: each method that is answered, with what answers."""
        self._routes: dict[str, tuple[Lane, Handler, Handler]] = {}
        for route, behaviour in served:
            lane: Lane = getattr(lanes, route.method.lane)
            self._routes[route.path] = (
                lane,
                _handler(_wrap(route, behaviour, around), lane),
                _handler(_refuse(route, lane, around), lanes.check),
            )

    @property
    def paths(self) -> list[str]:
        """Full names of the methods that are served."""
        return list(self._routes)

    def service(self, handler_call_details: grpc.HandlerCallDetails) -> Handler | None:
        route = self._routes.get(handler_call_details.method)
        if route is None:
            return None
        lane, handler, refusal = route
        return refusal if lane.full else handler


def _handler(behaviour: Callable[[bytes, grpc.ServicerContext], bytes], lane: Lane) -> Handler:
    """Make gRPC's handler, bytes in and bytes out. The attribute's name is grpcio's own (grpc/_server.py)."""
    behaviour.experimental_thread_pool = lane  # type: ignore[attr-defined]
    return grpc.unary_unary_rpc_method_handler(behaviour)


def _wrap(route: Route, behaviour: Behaviour, around: Around) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    """Make the function that gRPC calls for a method."""
    name = _short_name(route)
    parse = GetMessageClass(route.descriptor.input_type).FromString
    bytes_max, writes, dry_run = route.method.bytes_max, route.method.writes, route.method.dry_run
    metadata = around.metadata

    def answer(request_bytes: bytes, context: grpc.ServicerContext) -> bytes:
        started = time.perf_counter()
        call = Call(name, 0.0)
        try:
            if around.closed:
                raise closed(around.closed)
            call.deadline = deadline_of(context)
            call.actor = actor_of(context)
            if len(request_bytes) > bytes_max:
                raise too_large(len(request_bytes), bytes_max)
            try:
                request = parse(request_bytes)
            except DecodeError as error:
                raise malformed(route.descriptor) from error
            if writes and not call.actor and not (dry_run and getattr(request, dry_run)):
                raise no_actor()
            response: bytes = behaviour(request, call).SerializeToString()
        except HashsvcError as error:
            status, reason = status_of(error), error.reason
            around.metrics.count("refusals", name, reason)
            if isinstance(error, DamagedData):
                around.metrics.count("damage")
                around.log.error("damaged data met", method=name, reason=reason, text=error.message)
        except Exception as error:  # noqa: BLE001  (nothing may reach gRPC, which would quote it to the caller)
            status, reason = around.status_of_unexpected(error, name), INTERNAL
        else:
            around.answered(call, "OK", "", started)
            context.set_trailing_metadata(metadata)
            return response
        around.answered(call, status.code.name, reason, started)
        context.set_trailing_metadata(metadata + status.metadata)
        context.abort(status.code, status.text)
        raise AssertionError("abort returned")

    return answer


def _refuse(route: Route, lane: Lane, around: Around) -> Callable[[bytes, grpc.ServicerContext], bytes]:
    """Make the function that refuses a call of a method whose lane is full."""
    name = _short_name(route)

    def refuse(request_bytes: bytes, context: grpc.ServicerContext) -> bytes:
        started = time.perf_counter()
        error = lane.refusal()
        status = status_of(error)
        around.metrics.count("refusals", name, error.reason)
        around.answered(Call(name, 0.0), status.code.name, error.reason, started)
        context.set_trailing_metadata(around.metadata + status.metadata)
        context.abort(status.code, status.text)
        raise AssertionError("abort returned")

    return refuse


def _short_name(route: Route) -> str:
    """Name a method in logs and metrics, with a dot: CheckService.Check."""
    return f"{route.descriptor.containing_service.name}.{route.method.name}"
