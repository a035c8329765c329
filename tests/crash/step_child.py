"""Write once to a list and crash at one step: killed, or failed by engine or disk. Runs in a child process.

The product has no hooks for this: its functions and LMDB's transaction are replaced here, in this process.
"""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import lmdb

from hashsvc.clock import SystemClock
from hashsvc.errors import CommitFailed
from hashsvc.hashlist import ListStore, decide_batch, fold, log
from hashsvc.hashlist.values import Command
from tests.hashlist.lists import bring, propose

# In the order in which a write comes to them. Those from COMMITTED on leave the whole write, the others nothing.
STEPS = (
    "before begin", "after begin", "after decision", "before append", "after append", "before segment",
    "after segment", "before manifest", "after manifest", "before head", "after head", "before commit",
    "after commit",
)  # fmt: skip
COMMITTED = "after commit"
COMMIT_FAILED, NOT_REACHED, SWALLOWED = 10, 11, 12  # exit codes
BATCH_FILE = bytes(31) + b"\1"


def commands_of(batch_id: bytes) -> list[Command]:
    """One group: a lone entry, and an import that is large enough for a segment of its own."""
    return [propose(1, "ann", "crashed proposal"), bring(batch_id, range(1_000, 1_300), "ann", "crashed import")]


class Crash:
    """Crashes when its step is reached, the first time only."""

    def __init__(self, step: str, how: str) -> None:
        self.step = step
        self.how = how
        self.armed = True

    def at(self, step: str) -> None:
        if step == self.step and self.armed:
            self.armed = False
            if self.how == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            raise OSError(errno.ENOSPC, "full") if self.how == "full" else lmdb.DiskError("the disk failed")

    def around(self, module: Any, name: str, label: str) -> None:
        """Replace a function by one that may crash before and after it."""
        original: Callable[..., Any] = getattr(module, name)

        def wrapped(*args: Any, **kwargs: Any) -> Any:
            self.at(f"before {label}")
            result = original(*args, **kwargs)
            self.at(f"after {label}")
            return result

        setattr(module, name, wrapped)


class Engine:
    """LMDB's environment with a write transaction that may crash."""

    def __init__(self, inner: Any, crash: Crash) -> None:
        self._inner = inner
        self._crash = crash

    def begin(self, write: bool = False) -> Any:
        if not write:
            return self._inner.begin(write=False)
        self._crash.at("before begin")
        return Transaction(self._inner.begin(write=True), self._crash)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Transaction:
    """LMDB's write transaction, that may crash."""

    def __init__(self, inner: Any, crash: Crash) -> None:
        self._inner = inner
        self._crash = crash

    def commit(self) -> None:
        self._crash.at("before commit")
        self._inner.commit()
        self._crash.at("after commit")

    def get(self, *args: Any, **kwargs: Any) -> Any:
        self._crash.at("after begin")
        return self._inner.get(*args, **kwargs)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def write_and_crash(path: Path, step: str, how: str) -> None:
    """Write the group; ends with an exit code of what came of it, unless killed."""
    store = ListStore.open(path, clock=SystemClock())
    with store.snapshot() as snapshot:
        (batch,), _ = snapshot.pages.batches(0, 2)
    crash = Crash(step, how)
    environment: Any = store.environment
    environment.lmdb = Engine(environment.lmdb, crash)
    crash.around(decide_batch, "_import_one", "decision")
    crash.around(log, "append", "append")
    crash.around(fold, "write_segment", "segment")
    crash.around(fold, "_put", "manifest")
    crash.around(log, "put_head", "head")
    try:
        store.write(commands_of(batch.batch_id))
    except CommitFailed:
        os._exit(COMMIT_FAILED)
    os._exit(NOT_REACHED if crash.armed else SWALLOWED)
