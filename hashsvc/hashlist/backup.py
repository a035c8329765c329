"""Backup and restore. A backup is a consistent copy of one state, made while the service goes on.

The environment is copied by LMDB itself (`env.copy`), never by reading its files (docs/measured.md 5); segments are
immutable and are copied with their checksums checked. A restored list is verified before it can serve and begins a
new epoch, so that sequences seen before the restore are not mistaken for new ones.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Callable
from pathlib import Path

import msgspec

from hashsvc.clock import Clock
from hashsvc.errors import AlreadyExists, DamagedData, NotFound
from hashsvc.hashlist import log, manifest
from hashsvc.hashlist.rebuild import rebuild
from hashsvc.hashlist.replay import Progress
from hashsvc.hashlist.store import ListStore, append_list_change
from hashsvc.hashlist.tables import open_list
from hashsvc.hashlist.url_rows import CANON_VERSION, rules_of
from hashsvc.hashlist.values import ChangeKind
from hashsvc.hashlist.verify import Report, verify
from hashsvc.index import Segment

COMPLETE = "BACKUP_COMPLETE"  # written last: a backup without it is not one

Beside = Callable[[Path], None]


class BackedUp(msgspec.Struct, frozen=True):
    """What a backup holds."""

    sequence: int
    segments: int
    elapsed_s: float


class Restored(msgspec.Struct, frozen=True):
    """What a restore made: the new epoch and the verification it passed.

    rebuilt: segments were missing or damaged, or URLs keyed by other rules.
    """

    epoch: int
    sequence: int
    rebuilt: bool
    report: Report


def backup(path: Path, to: Path, clock: Clock, *, before: Beside = lambda partial: None) -> BackedUp:
    """Copy the list in `path` to the directory `to`, which must not exist. The service may be running.

    before: puts what else belongs to the backup into its directory, before the list is copied.
    """
    started = time.monotonic()
    if to.exists():
        raise AlreadyExists("NOT_EMPTY", "the backup's directory exists; name a new one")
    partial = to.with_name(to.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "list").mkdir(parents=True)
    manifest.segments_dir(partial).mkdir()
    before(partial)
    # By whatever rules its URLs are keyed: it is copied.
    store = ListStore.open(path, clock=clock, for_rebuild=True, read_only=True)
    try:
        store.environment.copy_to(partial / "list")
    finally:
        store.close()
    # What the copy's own manifest names is what it needs; files that are retired meanwhile stay for a grace.
    env = open_list(partial / "list")
    try:
        with env.read() as txn:
            head, live = log.head(env, txn), manifest.load(env, txn)
    finally:
        env.close()
    for row in live.segments:
        _copy_segment(manifest.segments_dir(path) / row.name, manifest.segments_dir(partial) / row.name)
    (partial / COMPLETE).write_text(f"sequence {head.sequence}\n")
    os.rename(partial, to)
    return BackedUp(head.sequence, len(live.segments), time.monotonic() - started)


def restore(
    source: Path,
    path: Path,
    clock: Clock,
    progress: Progress | None = None,
    *,
    after: Beside = lambda partial: None,
) -> Restored:
    """Make a list in `path`, which must not exist, from a backup. Verified before this returns, or it raises.

    Segments that are missing or damaged are rebuilt from the log, and so is everything where URLs were keyed by other
    rules than this version's. after: puts what else belongs beside the list into its directory, once that is verified.
    Raises NotFound NO_BACKUP, AlreadyExists, DamagedData where the backup does not verify (nothing is left in `path`
    then), and what `after` raises.
    """
    if not (source / COMPLETE).exists():
        raise NotFound("NO_BACKUP", "this directory holds no complete backup")
    if path.exists() and any(path.iterdir()):
        raise AlreadyExists("NOT_EMPTY", "the directory is not empty; a restore never overwrites a list")
    partial = path.with_name(path.name + ".partial")
    shutil.rmtree(partial, ignore_errors=True)
    (partial / "list").mkdir(parents=True)
    manifest.segments_dir(partial).mkdir()
    backup_env = open_list(source / "list", read_only=True)
    try:
        backup_env.copy_to(partial / "list")
        with backup_env.read() as txn:
            live, rules = manifest.load(backup_env, txn), rules_of(backup_env, txn)
    finally:
        backup_env.close()
    rebuilt = not _copy_segments(source, partial, live) or rules != CANON_VERSION
    if rebuilt:
        rebuild(partial, clock, progress)
    report, epoch, sequence = _verify_and_begin(partial, clock, progress)
    after(partial)
    if path.exists():
        path.rmdir()
    os.rename(partial, path)
    return Restored(epoch, sequence, rebuilt, report)


def _verify_and_begin(path: Path, clock: Clock, progress: Progress | None) -> tuple[Report, int, int]:
    store = ListStore.open(path, clock=clock)
    try:
        report = verify(store, progress)
        if not report.ok:
            raise DamagedData("DAMAGED_BACKUP", f"the backup does not verify: {report.problems[0]}")
        env = store.environment
        with store.snapshot() as snapshot:
            settings = snapshot.describe.settings()
        with env.write() as txn:
            head = log.head(env, txn)
            begun = msgspec.structs.replace(head, epoch=head.epoch + 1)
            append_list_change(env, txn, begun, ChangeKind.LIST_RESTORED, settings, clock)
        return report, begun.epoch, head.sequence + 1
    finally:
        store.close()


def _copy_segments(source: Path, target: Path, live: manifest.Manifest) -> bool:
    """Copy the live segments. False where one is missing or damaged."""
    try:
        for row in live.segments:
            _copy_segment(manifest.segments_dir(source) / row.name, manifest.segments_dir(target) / row.name)
    except (FileNotFoundError, DamagedData):
        return False
    return True


def _copy_segment(source: Path, target: Path) -> None:
    shutil.copyfile(source, target)
    Segment.open(target).check_blocks()
