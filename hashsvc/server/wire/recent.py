"""About how many URLs checked in the last day lie below a host, a domain or a path: in memory, over all workers.

The supervisor makes a file that exists in memory only and hands it to every worker, which maps it: one count-min
sketch an hour. What is counted are keyed hashes; no URL can be read from it, and nothing is ever written to a disk.
Workers add without locks, so a few counts are lost where two add at once: the figure says "about". Made by
`server/app.py` (worker) and by the supervisor.
"""

from __future__ import annotations

import math
import mmap
import os
from typing import NamedTuple

import numpy as np

from hashsvc.clock import Clock
from hashsvc.index.sketch import ERROR_SHARE, ROWS, WIDTH, add_keys, estimate_key
from hashsvc.server.wire.memory import make_memory
from hashsvc.signals.url_expressions import Role, Scope

HOURS = 24
SLOTS = HOURS + 1  # the hour under way and the 24 before it
_HOUR_US = 3_600_000_000
_HEAD_BYTES = 4096  # secret, then hour and total of each slot
_SLOT_BYTES = ROWS * WIDTH * 4
MEMORY_BYTES = _HEAD_BYTES + SLOTS * _SLOT_BYTES  # 39 MB, of which what is never touched takes no memory
_ROLE_OF = {int(Scope.PREFIX): Role.PREFIX, int(Scope.HOST): Role.HOST, int(Scope.DOMAIN): Role.DOMAIN}
_WANTED = np.uint8(Role.PREFIX | Role.HOST | Role.DOMAIN)


class Recent(NamedTuple):
    """checks: about how many, seldom too low. error: by how much it is too high at most, with a chance of 95 %."""

    checks: int
    error: int


class RecentUrls:
    """Counts the expressions of URLs that are checked."""

    def __init__(self, clock: Clock, descriptor: int = -1) -> None:
        """descriptor: from `make_memory`, -1: a memory of this process's own. Is closed here."""
        if descriptor < 0:
            descriptor = make_memory(clock)
        os.ftruncate(descriptor, MEMORY_BYTES)  # by each worker, and the first one's counts
        memory = mmap.mmap(descriptor, MEMORY_BYTES)
        os.close(descriptor)
        self._clock = clock
        head = np.frombuffer(memory, np.uint64, _HEAD_BYTES // 8)
        self._secret = head[0]
        self._hours = head[1 : 1 + SLOTS]
        self._totals = head[1 + SLOTS : 1 + 2 * SLOTS]
        self._slots = np.frombuffer(memory, np.uint32, offset=_HEAD_BYTES).reshape(SLOTS, ROWS, WIDTH)

    def add(self, roles: bytes | memoryview, digests: bytes | memoryview) -> None:
        """Count URLs' expressions: a byte of role and 32 of hash each. About 3 µs, and 20 ns an expression."""
        slot = self._slot()
        keys = np.frombuffer(digests, np.uint8).reshape(-1, 32)
        added = add_keys(self._slots[slot], self._secret, keys, np.frombuffer(roles, np.uint8), _WANTED)
        self._totals[slot] += np.uint64(added)

    def below(self, scope: int, digest: bytes) -> Recent:
        """Estimate the checks of the last day below a PREFIX, HOST or DOMAIN. digest: of its expression."""
        bit = int(_ROLE_OF[scope]).bit_length() - 1
        key = np.frombuffer(digest, np.uint8).reshape(1, 32)
        hour = self._clock.now_us() // _HOUR_US
        count = total = 0
        for slot in range(SLOTS):
            if 0 <= hour - int(self._hours[slot]) <= HOURS:
                count += int(estimate_key(self._slots[slot], self._secret, key, bit))
                total += int(self._totals[slot])
        return Recent(count, math.ceil(total * ERROR_SHARE))

    def _slot(self) -> int:
        """The slot of this hour, emptied if it still holds another's."""
        hour = self._clock.now_us() // _HOUR_US
        slot = hour % SLOTS
        if self._hours[slot] != hour:
            self._slots[slot] = 0
            self._totals[slot] = 0
            self._hours[slot] = hour
        return slot
