"""A service's casework: opened once a process, erased by age, and the door through which servicers reach it.

DATA/casework is made by the first process that opens it; a lock beside it keeps the others waiting meanwhile.
"""

from __future__ import annotations

import fcntl
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hashsvc.casework.desks import Casework
from hashsvc.casework.exposure import DAY_US
from hashsvc.clock import Clock
from hashsvc.config import Config
from hashsvc.errors import CommitFailed, Unavailable
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.people import canonical_actor
from hashsvc.matching.current import CurrentPolicy
from hashsvc.server.writing.write_queue import read_only_error

HOUR_US = 3_600_000_000
MINUTE_US = 60_000_000
ERASED_AT_ONCE = 2_000  # rows of one transaction: reports, their items, viewings


class CaseworkSettings(msgspec.Struct, frozen=True):
    """What casework is told by the configuration and the list."""

    source: str
    people_required: int
    lease_us: int
    exposure_day_us: int
    exposure_run_us: int
    break_us: int
    seniors: frozenset[str]
    regrade_share: float


def settings_of(config: Config, people_required: int) -> CaseworkSettings:
    """Make casework's settings. people_required: the list's."""
    return CaseworkSettings(
        source=config.casework_source,
        people_required=people_required,
        lease_us=int(config.casework_lease_minutes * MINUTE_US),
        exposure_day_us=int(config.exposure_hours_a_day * HOUR_US),
        exposure_run_us=int(config.exposure_run_minutes * MINUTE_US),
        break_us=int(config.exposure_break_minutes * MINUTE_US),
        seniors=frozenset(canonical_actor(name.strip()) for name in config.seniors.split(",") if name.strip()),
        regrade_share=config.regrade_share,
    )


def open_casework(
    config: Config,
    store: ListStore,
    policies: CurrentPolicy,
    clock: Clock,
    is_read_only: Callable[[], bool] = lambda: False,
    on_noted: Callable[[Mapping[int, int]], None] = lambda noted: None,
) -> Casework:
    """Open a list's casework; the first process makes it. Once a process.

    is_read_only: while it says so, casework does not follow the list, since that writes. on_noted: as `Casework`'s.
    """
    data_dir = Path(config.data_dir)
    with store.snapshot() as snapshot:
        people_required = snapshot.stats().people_required
    settings = settings_of(config, people_required)
    path = data_dir / "casework"
    with _alone(data_dir / "casework.lock"):
        if not path.exists():
            # Made aside and renamed, so that a crash leaves none that is half made.
            new = data_dir / "casework.new"
            shutil.rmtree(new, ignore_errors=True)
            Casework(new, store, policies, settings, clock).close()
            new.rename(path)
        return Casework(path, store, policies, settings, clock, is_read_only, on_noted)


def erase_old(casework: Casework, days: int, contact_days: int, clock: Clock) -> tuple[int, int]:
    """Erase reports and contacts by the days since the reports closed, and viewings that no limit counts.

    Returns how many reports, and how many contacts before their reports. A write each two thousand rows.
    """
    now_us = clock.now_us()
    before_us, contacts_before_us = now_us - days * DAY_US, now_us - contact_days * DAY_US
    reports = contacts = 0
    while (erased := casework.oversight.erase(before_us, ERASED_AT_ONCE, contacts_before_us=contacts_before_us)).total:
        reports, contacts = reports + erased.reports, contacts + erased.contacts
    return reports, contacts


class CaseworkDoor:
    """The servicers' way to casework: no write while the list takes none, and a failed commit ends the process.

    on_commit_failed: as the write queue's.
    """

    def __init__(
        self,
        casework: Casework,
        *,
        is_read_only: Callable[[], bool],
        on_commit_failed: Callable[[CommitFailed], None],
    ) -> None:
        self._casework = casework
        self._is_read_only = is_read_only
        self._on_commit_failed = on_commit_failed
        self._failed = False

    @contextmanager
    def reading(self) -> Iterator[Casework]:
        """Read. Reading follows the list, which may write. Raises Unavailable COMMIT_FAILED."""
        try:
            yield self._casework
        except CommitFailed as error:
            self._failed = True
            self._on_commit_failed(error)
            raise Unavailable("COMMIT_FAILED", "the commit failed and its outcome is unknown; ask again") from error

    @contextmanager
    def writing(self) -> Iterator[Casework]:
        """Write. Raises Unavailable LIST_READ_ONLY, COMMIT_FAILED."""
        if self._failed or self._is_read_only():
            raise read_only_error()
        with self.reading() as casework:
            yield casework


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold a lock file, waiting for who holds it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
