"""Limits on those who guess: wrong reference codes a minute, and different hash prefixes a day.

Guessing must not pay, and whoever asks for all prefixes copies the list. An actor's name is not proven yet, so both
count for all callers of a worker together as well.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager

from hashsvc.clock import Clock
from hashsvc.errors import HashsvcError, ResourceExhausted

ALL_CALLERS = 4  # times what one caller may
MISSES = frozenset(("UNKNOWN_CODE", "BAD_CODE"))
_MINUTE_S = 60.0
_CALLERS_MIN = 100  # remembered before those whose allowance is whole are forgotten
_DAY_US = 24 * 3_600_000_000


class MissLimit:
    """How many wrong reference codes a worker answers in a minute, by caller and in all.

    At the limit right codes are refused too, before anybody looks: to answer only those would say of every other that
    it is wrong, and limit nothing. The allowance comes back one by one, so reporters who ask again get through even
    while somebody guesses. now_s: a clock that never goes back, in seconds.
    """

    def __init__(self, a_minute: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._wait_s = _MINUTE_S / a_minute  # until one more is allowed
        self._now_s = now_s
        self._lock = threading.Lock()
        self._whole_at: dict[str, float] = {}  # by caller: when all of the allowance is back
        self._all_whole_at = 0.0
        self._forget_at = _CALLERS_MIN

    @contextmanager
    def attempt(self, caller: str) -> Iterator[None]:
        """Look a code up; counts if that ends in an error of MISSES. Raises ResourceExhausted TOO_MANY_MISSES."""
        self._take(caller)
        missed = False
        try:
            yield
        except HashsvcError as error:
            missed = error.reason in MISSES
            raise
        finally:
            if not missed:
                self._give_back(caller)

    def _take(self, caller: str) -> None:
        """Take one of the allowance of a minute, of the caller's and of all."""
        now = self._now_s()
        with self._lock:
            mine = max(now, self._whole_at.get(caller, 0.0)) + self._wait_s
            everybodys = max(now, self._all_whole_at) + self._wait_s / ALL_CALLERS
            over_s = max(mine, everybodys) - now - _MINUTE_S
            if over_s > 1e-6:
                raise ResourceExhausted(
                    "TOO_MANY_MISSES",
                    "too many wrong reference codes were asked for; ask again in a while",
                    retry_after_ms=math.ceil(over_s * 1000),
                )
            self._whole_at[caller], self._all_whole_at = mine, everybodys
            if len(self._whole_at) > self._forget_at:
                self._whole_at = {name: at for name, at in self._whole_at.items() if at > now}
                self._forget_at = max(_CALLERS_MIN, 2 * len(self._whole_at))

    def _give_back(self, caller: str) -> None:
        with self._lock:
            self._whole_at[caller] = self._whole_at.get(caller, 0.0) - self._wait_s
            self._all_whole_at -= self._wait_s / ALL_CALLERS


class PrefixQuota:
    """How many different hash prefixes a worker answers in a day, from midnight UTC. Remembers them: 60 bytes each."""

    def __init__(self, clock: Clock, distinct_max: int) -> None:
        self._clock = clock
        self._distinct_max = distinct_max
        self._lock = threading.Lock()
        self._day = -1
        self._seen: set[bytes] = set()

    def take(self, prefixes: Iterable[bytes]) -> None:
        """Count prefixes; asking for one again is free. Raises ResourceExhausted PREFIX_QUOTA, counting none."""
        day = self._clock.now_us() // _DAY_US
        with self._lock:
            if day != self._day:
                self._day, self._seen = day, set()
            new = set(prefixes) - self._seen
            if len(self._seen) + len(new) > self._distinct_max:
                raise ResourceExhausted(
                    "PREFIX_QUOTA",
                    f"this worker answers {self._distinct_max} different prefixes a day, and these would be more; "
                    "the count begins anew at midnight UTC",
                )
            self._seen |= new
