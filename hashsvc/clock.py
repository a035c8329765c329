"""Time, ids and randomness: the only door to all three, so that tests can replay a run.

Objects that need one of these are handed a `Clock`; nobody calls `time.time()` or `os.urandom()` elsewhere.
"""

from __future__ import annotations

import os
import time
import uuid
from typing import Protocol


class Clock(Protocol):
    """A source of time, ids and random bytes."""

    def now_us(self) -> int:
        """Microseconds since 1970-01-01 UTC. May jump; order comes from sequences, never from time."""

    def random_bytes(self, byte_count: int) -> bytes:
        """Unpredictable bytes, fit for salts and keys."""

    def new_request_id(self) -> str:
        """A fresh request id, 36 characters."""


class SystemClock:
    """The machine's clock and the kernel's randomness."""

    def now_us(self) -> int:
        return time.time_ns() // 1000

    def random_bytes(self, byte_count: int) -> bytes:
        return os.urandom(byte_count)

    def new_request_id(self) -> str:
        return str(uuid.uuid4())


class SeededClock:
    """A clock for tests: starts at a fixed time, moves 1 ms a reading, and draws from a seed."""

    def __init__(self, seed: int, start_us: int = 1_700_000_000_000_000) -> None:
        from random import Random  # which a program that is no test need not load

        self.seed = seed
        self._random = Random(seed)
        self._now_us = start_us

    def now_us(self) -> int:
        self._now_us += 1000
        return self._now_us

    def random_bytes(self, byte_count: int) -> bytes:
        return self._random.randbytes(byte_count)

    def new_request_id(self) -> str:
        return str(uuid.UUID(bytes=self.random_bytes(16), version=4))
