"""What a call must bring before its servicer sees it: a deadline, a size, an actor, a message that parses."""

from __future__ import annotations

import time

import grpc
from google.protobuf.descriptor import MethodDescriptor

from hashsvc import limits
from hashsvc.errors import DamagedData, DeadlineExceeded, InvalidArgument, ResourceExhausted
from hashsvc.hashlist.people import canonical_actor

ACTOR_KEY = "hashsvc-actor"
DEADLINE_SLACK_S = 1.0  # gRPC rounds a deadline up on its way: 30 s arrives as 30.1, 300 as 301 (measured, 1.85.1)
NO_DEADLINE_S = 1e9  # without a deadline gRPC says 9.2e18 s


def deadline_of(context: grpc.ServicerContext) -> float:
    """Find the call's deadline on the monotonic clock, or raise what is wrong with it."""
    left_s: float | None = context.time_remaining()
    if left_s is None or left_s > NO_DEADLINE_S:
        raise InvalidArgument(
            "DEADLINE_REQUIRED", f"the call has no deadline; set one of at most {limits.DEADLINE_MS_MAX} ms"
        )
    if left_s > limits.DEADLINE_MS_MAX / 1000 + DEADLINE_SLACK_S:
        raise InvalidArgument(
            "DEADLINE_TOO_LONG",
            f"the deadline is {left_s:.0f} s away; at most {limits.DEADLINE_MS_MAX} ms are allowed",
        )
    if left_s <= 0:
        raise too_late()
    return time.monotonic() + left_s


def actor_of(context: grpc.ServicerContext) -> str:
    """Find the acting person in the metadata, in the one spelling; "" if there is none, or several."""
    named = [value for key, value in context.invocation_metadata() if key == ACTOR_KEY]
    if len(named) != 1 or not isinstance(named[0], str):
        return ""
    try:
        return canonical_actor(named[0])
    except InvalidArgument:
        return ""


def closed(reason: str) -> DamagedData:
    return DamagedData(
        reason, "a scrub found the list damaged; nothing is answered from it until it was rebuilt and verified"
    )


def too_late() -> DeadlineExceeded:
    return DeadlineExceeded(
        "DEADLINE_EXCEEDED",
        "the deadline passed before the answer was ready; nothing was begun or the work was dropped",
    )


def too_large(byte_count: int, bytes_max: int) -> ResourceExhausted:
    return ResourceExhausted(
        "MESSAGE_TOO_LARGE", f"the message has {byte_count} bytes; this method takes at most {bytes_max}"
    )


def malformed(method: MethodDescriptor) -> InvalidArgument:
    return InvalidArgument("MALFORMED_REQUEST", f"the bytes received are not a {method.input_type.full_name}")


def no_actor() -> InvalidArgument:
    return InvalidArgument(
        "ACTOR_REQUIRED",
        f"a write names who acts once in metadata {ACTOR_KEY}: 1 to {limits.ACTOR_CHARS_MAX} letters (ASCII), digits "
        "and . _ @ + -, beginning with a letter or digit; upper and lower case are the same person",
        field=ACTOR_KEY,
    )
