"""The errors that hashsvc raises, each with a machine-readable reason.

Everything a caller did wrong is a `HashsvcError` subclass with a `reason` in UPPER_SNAKE; a broken promise of
ours is an `InvariantError`. How a reason becomes a gRPC status stands in `server/wire/status.py` and nowhere else.
A message says what was attempted, what was found and what would be right; never a fingerprint, never a URL.
"""

from __future__ import annotations


class HashsvcError(Exception):
    """Base of all errors that callers can meet.

    reason: UPPER_SNAKE, stable, what programs switch on. field: dotted path in the request, or "".
    item: index of the item in a bulk request, or None.
    """

    def __init__(self, reason: str, message: str, *, field: str = "", item: int | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message
        self.field = field
        self.item = item

    def __str__(self) -> str:
        where = f"{self.field}: " if self.field else ""
        where = f"item {self.item}: {where}" if self.item is not None else where
        return f"{where}{self.message} [{self.reason}]"


class InvalidArgument(HashsvcError):
    """The request is wrong whatever the state of the list; sending it again is no use."""


class WeakFingerprint(InvalidArgument):
    """The fingerprint is well formed but too weak to mean anything (flat picture, empty file, low quality)."""


class FailedPrecondition(HashsvcError):
    """The request is well formed but the list's state does not allow it (illegal transition, self-confirmation)."""


class NotFound(HashsvcError):
    """What the request names does not exist."""


class AlreadyExists(HashsvcError):
    """What the request would create is there already."""


class OutOfRange(HashsvcError):
    """The request names a sequence past the head of the log."""


class Unavailable(HashsvcError):
    """Cannot be answered now, may be later: starting, draining, read-only."""


class ResourceExhausted(HashsvcError):
    """A limit was reached: too many bulk calls at once, a full list.

    retry_after_ms: when to come back, or None when waiting does not help.
    """

    def __init__(self, reason: str, message: str, *, field: str = "", retry_after_ms: int | None = None) -> None:
        super().__init__(reason, message, field=field)
        self.retry_after_ms = retry_after_ms


class DeadlineExceeded(HashsvcError):
    """The caller's time ran out before the answer was ready; nothing partial is given."""


class DamagedData(HashsvcError):
    """A stored file or record fails its checksum or bounds: the service must say so and refuse, never answer NEW."""


class InvariantError(AssertionError):
    """A promise of our own code is broken. The process stops serving."""


class CommitFailed(Exception):
    """A commit failed for another reason than a full map: its outcome is unknown, the process must stop writing.

    No HashsvcError: nobody may take it for a refusal, which changed nothing.
    """
