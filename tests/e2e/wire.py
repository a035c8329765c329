"""Calls at the level of bytes, as a client in another language might make them, and contents for the wire."""

from __future__ import annotations

from typing import Any

import grpc
from google.protobuf.message import Message
from grpc_health.v1 import health_pb2, health_pb2_grpc

from hashsvc.client import Content
from hashsvc.client.errors import ServerError, server_error
from hashsvc.server.wire.methods import routes
from hashsvc.signals import Signal
from tests.hashlist.lists import signals_of

METHODS = {route.method.name: route.path for served in routes().values() for route in served}
ANN = (("hashsvc-actor", "ann"),)


def content(n: int, source: str = "org") -> Content:
    return Content(source, signals_of(n), content_id=f"c{n}")


def far(signal: Signal, bits: int) -> Signal:
    """A PDQ that differs from another one in so many bits."""
    value = bytearray(signal.value)
    for bit in range(bits):
        value[bit % 32] ^= 1 << bit // 32
    return Signal(signal.type, bytes(value), signal.quality)


class Wire:
    """A connection to one worker."""

    def __init__(self, address: str) -> None:
        self.channel = grpc.insecure_channel(address, options=(("grpc.use_local_subchannel_pool", 1),))

    def send(
        self, name: str, request: bytes | Message, *, timeout_s: float | None = 10, metadata: Any = ANN
    ) -> tuple[bytes, ServerError | None]:
        """Make a call. Returns the answer's bytes, or the error."""
        data = request if isinstance(request, bytes) else request.SerializeToString()
        try:
            answer = as_it_is(self.channel, METHODS[name])(data, timeout=timeout_s, metadata=metadata)
        except grpc.RpcError as error:
            failed: Any = error
            return b"", server_error(failed.code(), failed.details() or "", failed.trailing_metadata())
        return answer, None

    def refused(self, name: str, request: bytes | Message, **how: Any) -> tuple[str, str, str]:
        """Make a call that must be refused. Returns code, reason and field."""
        _, error = self.send(name, request, **how)
        assert error is not None, "it was answered"
        return error.code.name, error.reason, error.field

    def health(self, service: str) -> str:
        """What the standard health service says of a service of ours; "" is the whole."""
        stub: Any = health_pb2_grpc.HealthStub(self.channel)
        name = f"hashsvc.v1.{service}" if service else ""
        answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=10)
        return health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)

    def close(self) -> None:
        self.channel.close()


def as_it_is(channel: grpc.Channel, path: str) -> Any:
    """A method that takes bytes and gives bytes."""
    return channel.unary_unary(path)
