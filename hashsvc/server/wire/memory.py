"""Memory that the workers of a service share, without a file and without the supervisor knowing what it is for.

A module of its own, so that the supervisor loads neither numpy nor the compiler for it.
"""

from __future__ import annotations

import os

from hashsvc.clock import Clock

SECRET_BYTES = 8


def make_memory(clock: Clock) -> int:
    """Make memory that begins with a secret; whoever maps it first gives it its size.

    Returns its file descriptor, inheritable only where it is passed on.
    """
    descriptor = os.memfd_create("hashsvc-recent", os.MFD_CLOEXEC)
    os.pwrite(descriptor, clock.random_bytes(SECRET_BYTES), 0)
    return descriptor
