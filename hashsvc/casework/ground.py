"""The ground that casework's desks stand on: its store, the list beside it, the clock, and how one reads and writes.

Private to the hotline and erasable; an environment of its own beside the list's, never touched by `rebuild`. A write is
one LMDB transaction, or nothing. Reading and writing follow the list first, so no desk works on what the list has long
decided. What is done on the ground is the desks'.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Protocol

from hashsvc.casework import leases
from hashsvc.casework.follow import Follower
from hashsvc.casework.open_view import OpenView
from hashsvc.casework.placing import Placing
from hashsvc.casework.tables import FORMAT, Tables, open_environment
from hashsvc.clock import Clock
from hashsvc.errors import DamagedData
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.lmdb_env import is_environment
from hashsvc.matching.current import CurrentPolicy

KEY_BYTES = 32


class Settings(leases.Limits, Protocol):
    """What an operator sets about casework."""

    @property
    def source(self) -> str: ...
    @property
    def people_required(self) -> int: ...
    @property
    def seniors(self) -> frozenset[str]: ...
    @property
    def regrade_share(self) -> float: ...


class Ground:
    """One hotline's casework as a process has it open. Thread-safe: one thread writes, LMDB orders processes.

    key: made with the store; codes and requests are hashed with it, and regrades drawn.
    """

    def __init__(
        self,
        path: Path,
        lists: ListStore,
        policies: CurrentPolicy,
        settings: Settings,
        clock: Clock,
        is_read_only: Callable[[], bool] = lambda: False,
        on_noted: Callable[[Mapping[int, int]], None] = lambda noted: None,
    ) -> None:
        """Open the casework in `path`, made if it is not there. is_read_only: nothing follows the list then.

        on_noted: told after each commit how many lines of each kind the ledger got.
        """
        if path.exists() and not is_environment(path):
            raise DamagedData(
                "DAMAGED_CASEWORK",
                f"{path} is there and has lost its store: bring it back from a backup, or move the folder away to "
                "begin with no reports",
            )
        self.env = open_environment(path, create=not path.exists())
        self.lists = lists
        self.policies = policies
        self.settings = settings
        self.clock = clock
        self.view = OpenView(self.env)
        self.follower = Follower(lists, policies, self.view, clock)
        self._is_read_only = is_read_only
        self._on_noted = on_noted
        self._lock = threading.Lock()
        with self.env.write() as txn:
            tables = Tables(self.env, txn)
            if tables.get("meta", b"format") is None:
                tables.put("meta", b"format", FORMAT)
                tables.put("meta", b"key", clock.random_bytes(KEY_BYTES))
            self.key = tables.get("meta", b"key") or b""

    def close(self) -> None:
        self.env.close()

    @contextmanager
    def reading(self) -> Iterator[Tables]:
        """Read casework as of what the list has decided by now."""
        self.follow()
        with self.reading_as_written() as tables:
            yield tables

    @contextmanager
    def reading_as_written(self) -> Iterator[Tables]:
        """Read casework as it was last written, also while nothing may follow the list."""
        with self.env.read() as txn:
            yield Tables(self.env, txn)

    @contextmanager
    def writing(self) -> Iterator[Tables]:
        """Write casework, after it has followed the list, in the same transaction."""
        with self._transaction() as tables:
            self.follower.follow(tables)
            yield tables

    def follow(self) -> int:
        """Take in what the list decided since: close open items that are known now, reopen those that are not.

        Returns how many items closed. Cheap where nothing changed.
        """
        if self._is_read_only() or self.follower.is_current(self.env):
            return 0
        with self._transaction() as tables:
            return self.follower.follow(tables)

    def placing(self, tables: Tables, snapshot: Snapshot, now_us: int) -> Placing:
        """What places items by the policy of a snapshot, inside `writing`."""
        return Placing(tables, self.view, now_us, self.policies.of(snapshot))

    @contextmanager
    def _transaction(self) -> Iterator[Tables]:
        """Write casework, with the view of open cases up to date."""
        with self._lock:
            with self.env.write() as txn:
                tables = Tables(self.env, txn)
                self.view.catch_up(txn)
                yield tables
            self._on_noted(tables.noted)
