"""Processes that are made to be killed: forked from one that has everything imported, so that each starts in 20 ms.

What is forked has no list open; each child opens its own (a forked LMDB environment is forbidden).
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.context import ForkServerContext, ForkServerProcess
from typing import Any

PRELOADED = ["tests.crash.step_child", "tests.crash.writer_child"]


def started(target: Callable[..., None], *args: Any) -> ForkServerProcess:
    """Start a child that runs target(*args). target: a function of a module in PRELOADED."""
    context: ForkServerContext = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)
    process = context.Process(target=target, args=args, daemon=True)
    process.start()
    return process


def ended(process: ForkServerProcess, timeout_s: float = 60) -> int | None:
    """Wait for a child's end. Returns its exit code, negative for a signal, None if it goes on."""
    process.join(timeout_s)
    return process.exitcode
