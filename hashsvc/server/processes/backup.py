"""Backup and restore of a list together with its casework. The list's own part is hashlist/backup.py, which calls back.

Casework is copied before the list, so the list of a backup is never behind what casework has taken in from it. A
restored list begins a new epoch, and casework that meets one looks at everything again (casework/follow.py): what the
list decided between the two copies reaches it then.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from hashsvc.casework import verify
from hashsvc.casework.standing import standing
from hashsvc.casework.tables import Tables, open_environment
from hashsvc.clock import Clock
from hashsvc.errors import DamagedData
from hashsvc.hashlist import ListStore
from hashsvc.hashlist import backup as list_backup
from hashsvc.hashlist.backup import BackedUp, Restored
from hashsvc.hashlist.replay import Progress
from hashsvc.lmdb_env import is_environment
from hashsvc.matching.current import CurrentPolicy

FOLDER = "casework"
COUNTS = "casework.json"  # written after the copy: a backup with it has casework, one without has none


class Casework(msgspec.Struct, frozen=True):
    """What a backup or a restored list has of casework."""

    reports: int
    open_cases: int


def back_up(path: Path, to: Path, clock: Clock, *, with_casework: bool = True) -> tuple[BackedUp, Casework | None]:
    """Copy the list in `path` and its casework, if it has any, to the directory `to`, which must not exist.

    Raises as hashlist/backup.py, and DamagedData WRONG_FORMAT where casework is another version's.
    """
    copied: list[Casework] = []

    def copy_beside(partial: Path) -> None:
        if with_casework and is_environment(path / FOLDER):
            copied.append(_copy(path / FOLDER, partial / FOLDER))
            (partial / COUNTS).write_bytes(msgspec.json.encode(copied[0]))

    backed_up = list_backup.backup(path, to, clock, before=copy_beside)
    return backed_up, copied[0] if copied else None


def restore(
    source: Path, path: Path, clock: Clock, progress: Progress | None = None
) -> tuple[Restored, Casework | None]:
    """Make a list in `path`, which must not exist, from a backup, with its casework if the backup has it.

    Both are verified before this returns, or it raises: as hashlist/backup.py, and DamagedData DAMAGED_BACKUP where
    casework does not verify or is not all there (nothing is left in `path` then).
    """
    copied: list[Casework] = []

    def copy_beside(partial: Path) -> None:
        told = _told(source)
        if told is not None:
            copied.append(_copy(source / FOLDER, partial / FOLDER))
            if copied[0] != told:
                raise DamagedData("DAMAGED_BACKUP", f"the backup's casework has {copied[0]}; {told} was copied to it")
            _verify(partial, clock)

    restored = list_backup.restore(source, path, clock, progress, after=copy_beside)
    return restored, copied[0] if copied else None


def _told(source: Path) -> Casework | None:
    """What a backup says of its casework; None if it has none."""
    if not (source / COUNTS).exists():
        return None
    if not is_environment(source / FOLDER):
        raise DamagedData("DAMAGED_BACKUP", f"the backup has lost its folder {FOLDER}")
    try:
        return msgspec.json.decode((source / COUNTS).read_bytes(), type=Casework)
    except msgspec.MsgspecError as error:
        raise DamagedData("DAMAGED_BACKUP", f"the backup's {COUNTS} cannot be read") from error


def _copy(source: Path, target: Path) -> Casework:
    """Copy casework's environment as LMDB does. Returns what the copy has."""
    target.mkdir()
    env = open_environment(source, read_only=True)
    try:
        env.copy_to(target)
    finally:
        env.close()
    copy = open_environment(target)
    try:
        with copy.read() as txn:
            now = standing(Tables(copy, txn))
    finally:
        copy.close()
    return Casework(now.reports, now.open_cases)


def _verify(path: Path, clock: Clock) -> None:
    """Verify casework by itself: the list's new epoch is yet to be taken in."""
    lists = ListStore.open(path, clock=clock)
    try:
        env = open_environment(path / FOLDER)
        try:
            problems = verify.problems(env, lists, CurrentPolicy())
        finally:
            env.close()
    finally:
        lists.close()
    if problems:
        raise DamagedData("DAMAGED_BACKUP", f"the backup's casework does not verify: {problems[0]}")
