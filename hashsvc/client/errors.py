"""`ServerError`: the one error that calls raise, read from a failed RPC's status, details and trailing metadata."""

from __future__ import annotations

from collections.abc import Iterable

import grpc
import msgspec

from hashsvc.errors import HashsvcError

REASON_METADATA = "hashsvc-reason"
WORKER_METADATA = "hashsvc-worker"
_DETAILS_METADATA = "grpc-status-details-bin"

Metadata = Iterable[tuple[str, str | bytes]]


class ServerError(HashsvcError):
    """The server refused a call, or could not be reached.

    code: the gRPC status. reason: UPPER_SNAKE, or the code's name where the server gave none. answered: True if a
    hashsvc server said so, False if the call never got an answer (nobody there, out of time). retry_after_s: when the
    server says to come back, or None.
    """

    def __init__(
        self,
        code: grpc.StatusCode,
        reason: str,
        message: str,
        *,
        field: str = "",
        answered: bool = False,
        retry_after_s: float | None = None,
        worker: int | None = None,
    ) -> None:
        super().__init__(reason, message, field=field)
        self.code = code
        self.answered = answered
        self.retry_after_s = retry_after_s
        self.worker = worker


def server_error(code: grpc.StatusCode, message: str, metadata: Metadata | None) -> ServerError:
    """Read a failed call. The reason comes from `hashsvc-reason`, else from ErrorInfo, else it is the code's name."""
    reason, details = "", _Details()
    for key, value in metadata or ():
        if key == REASON_METADATA:
            reason = _text(value)
        elif key == _DETAILS_METADATA and isinstance(value, bytes):
            details = _details(value)
    reason = reason or details.reason
    return ServerError(
        code,
        reason or code.name,
        details.message or message.removesuffix(f" [{reason}]") or "no message",
        field=details.field,
        answered=bool(reason),
        retry_after_s=details.retry_after_s,
        worker=worker_number(metadata),
    )


def worker_number(metadata: Metadata | None) -> int | None:
    """The number of the worker that answered, or None."""
    for key, value in metadata or ():
        if key == WORKER_METADATA:
            text = _text(value)
            return int(text) if text.isdecimal() else None
    return None


class _Details(msgspec.Struct):
    """What the rich status adds. message: without the field and the reason that the status text repeats."""

    reason: str = ""
    field: str = ""
    message: str = ""
    retry_after_s: float | None = None


def _details(packed: bytes) -> _Details:
    """Read a google.rpc.Status; where it is malformed, the plain status still stands."""
    from google.protobuf.message import DecodeError
    from google.rpc import error_details_pb2, status_pb2  # 2 ms, which a program without failures need not pay

    found = _Details()
    try:
        status = status_pb2.Status.FromString(packed)
    except DecodeError:
        return found
    info, retry, bad = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo(), error_details_pb2.BadRequest()
    for detail in status.details:
        if detail.Unpack(info):
            found.reason = info.reason
        elif detail.Unpack(retry):
            found.retry_after_s = retry.retry_delay.seconds + retry.retry_delay.nanos / 1e9
        elif detail.Unpack(bad) and bad.field_violations:
            found.field = bad.field_violations[0].field
            found.message = bad.field_violations[0].description
    return found


def _text(value: str | bytes) -> str:
    return value.decode("ascii", "replace") if isinstance(value, bytes) else value
