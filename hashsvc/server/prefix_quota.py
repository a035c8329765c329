"""How many different hash prefixes a worker answers in a day: whoever asks for all of them copies the list.

One count for all callers, since an actor's name is not proven yet; each worker has its own, from midnight UTC.
Called by `check_servicer.py`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable

from hashsvc.clock import Clock
from hashsvc.errors import ResourceExhausted

_DAY_US = 24 * 3_600_000_000


class PrefixQuota:
    """Remembers the prefixes of today: 60 bytes each."""

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
