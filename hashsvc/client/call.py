"""A call as a value: what to ask, whom, and how to read the answer. Both clients run the same calls.

`checks`, `entries`, `batches` and `feed` make calls; `sync` and `aio` run them. Nothing here waits or connects.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Generic, Protocol, TypeVar

import msgspec
from google.protobuf.message import Message

from hashsvc.client.values import Page, Position
from hashsvc.clock import Clock
from hashsvc.v1 import position_pb2

T = TypeVar("T")
Answer = TypeVar("Answer", bound=Message)


class Call(msgspec.Struct, Generic[T], frozen=True):
    """One RPC to make.

    method: full path. answer_type: the answer's message class. read: (answer, worker's number) → value.
    is_write: carries a request_id and an actor. is_bulk: waits when the server says that too many run.
    """

    method: str
    request: Any  # a message; its fields are set by the module that made the call
    answer_type: type[Message]
    read: Callable[[Any, int | None], T]
    is_write: bool = False
    is_bulk: bool = False


class Paged(Protocol[T]):
    """Makes the call for the page that a token names; "" is the first."""

    def __call__(self, page_token: str) -> Call[Page[T]]: ...


def with_request_id(call: Call[T], clock: Clock) -> Call[T]:
    """Give a write its request_id, once: every attempt sends the same, so that it happens once."""
    if call.is_write:
        for named in _named(call.request):
            if not named.request_id:
                named.request_id = clock.new_request_id()
    return call


def _named(request: Any) -> Iterable[Any]:
    """What of a request bears request_ids: each of its reports, or itself."""
    fields = request.DESCRIPTOR.fields_by_name
    if "request_id" in fields:
        return (request,)
    return request.reports if "reports" in fields else (request.report,)


def wire_position(at_least: Position | None) -> position_pb2.ListPosition | None:
    """What a request demands, or None for nothing."""
    if at_least is None:
        return None
    return position_pb2.ListPosition(list_id=at_least.list_id, epoch=at_least.epoch, sequence=at_least.sequence)
