"""When to ask again, and when to give up: one decision for both clients, without waiting itself.

UNAVAILABLE is asked again with jittered back-off until the deadline: nothing was done, or the request_id makes it
happen once. Bulk calls that meet RESOURCE_EXHAUSTED with RetryInfo wait as told, with a deadline begun anew, until
their patience ends: that is the server's back-pressure, not a failure. CANCELLED counts as UNAVAILABLE: it is what
gRPC says of calls that reach a worker in the instant in which it begins to stop; a call that we cancel ourselves is
never looked at here. Nothing else is ever asked again.
"""

from __future__ import annotations

import time

import grpc

from hashsvc.client.errors import ServerError
from hashsvc.clock import Clock

FIRST_WAIT_S = 0.05
WAIT_MAX_S = 2.0
_NOBODY_THERE = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)


class Attempts:
    """The attempts of one call. timeout_s: of each deadline. patience_s: for back-pressure in all; 0 for none."""

    def __init__(self, timeout_s: float, patience_s: float, clock: Clock, connect_s: float | None = None) -> None:
        self._clock = clock
        self._timeout_s = timeout_s
        self._patience_s = patience_s
        self._connect_s = timeout_s if connect_s is None else connect_s
        self._failures = 0
        self.begin_anew()

    def begin_anew(self) -> None:
        """Count all times from now: nobody looked at the call before."""
        now = time.monotonic()
        self._give_up_at = now + self._patience_s
        self._deadline = now + self._timeout_s
        self._connect_until = now + self._connect_s

    def remaining_s(self) -> float:
        """The next attempt's deadline, always positive."""
        return max(0.001, self._deadline - time.monotonic())

    def wait_s(self, error: ServerError) -> float:
        """Seconds to wait before the next attempt. Raises the error where there is none."""
        now = time.monotonic()
        if error.code in _NOBODY_THERE:
            wait = max(self._jittered(), error.retry_after_s or 0.0)
            until = self._deadline if error.answered else min(self._deadline, self._connect_until)
            if now + wait < until:
                return wait
        elif error.code is grpc.StatusCode.RESOURCE_EXHAUSTED and error.retry_after_s is not None:
            wait = max(error.retry_after_s, 0.001) * (1 + self._random())  # never before it says, not all at once
            if now + wait < self._give_up_at:
                self._deadline = now + wait + self._timeout_s
                return wait
        raise error

    def _jittered(self) -> float:
        """Full jitter over a window that doubles."""
        window = min(WAIT_MAX_S, FIRST_WAIT_S * 2.0**self._failures)
        self._failures += 1
        return window * (0.1 + 0.9 * self._random())

    def _random(self) -> float:
        """0 to 1, from the clock, so that tests can replay."""
        return int.from_bytes(self._clock.random_bytes(4)) / 2**32
