"""Rebuild: make all views and segments anew from the log. For a damaged view; the log itself is never touched.

Works beside a running service, which answers LIST_REBUILDING until it is done.
"""

from __future__ import annotations

import time
from pathlib import Path

import msgspec

from hashsvc.clock import Clock
from hashsvc.errors import DamagedData
from hashsvc.hashlist import fold, log, manifest, views
from hashsvc.hashlist.replay import Progress, replay
from hashsvc.hashlist.rows import RowCollector
from hashsvc.hashlist.store import ListStore
from hashsvc.hashlist.tables import VIEW_TABLES
from hashsvc.hashlist.url_rows import CANON_KEY, CANON_VERSION
from hashsvc.lmdb_env import Environment, Transaction

SEGMENT_CHANGES = 200_000  # changes of one segment before the last fold


class Rebuilt(msgspec.Struct, frozen=True):
    """What rebuild did."""

    changes: int
    segments: int
    elapsed_s: float


def rebuild(path: Path, clock: Clock, progress: Progress | None = None) -> Rebuilt:
    """Empty every view, replay the log into it, and write the segments anew. Raises DamagedData for a damaged log.

    Meanwhile, and after a crash on the way until it is run again, nothing reads or writes the list: it says
    LIST_REBUILDING. Costs about 30 µs a change.
    """
    started = time.monotonic()
    store = ListStore.open(path, clock=clock, for_rebuild=True)
    try:
        env, directory = store.environment, manifest.segments_dir(path)
        directory.mkdir(exist_ok=True)
        with env.write() as txn:
            log.hide_head(env, txn)
            for table in VIEW_TABLES:
                env.drop(txn, table)
            head = log.hidden_head(env, txn)
            generation = _retire_all(env, txn, head, clock)
        with env.read() as reading:
            replay(env, reading, head, env, progress=progress, check=True)
        with env.read() as txn:
            policy = views.find_policy(env, txn, views.IN_FORCE)
        in_force = 0 if policy is None else policy.last_sequence
        head = msgspec.structs.replace(head, generation=generation, delta_codes=0, policy=in_force)
        for last in (*range(SEGMENT_CHANGES, head.sequence, SEGMENT_CHANGES), head.sequence):
            with env.write() as txn:
                upto = msgspec.structs.replace(head, sequence=last)
                written = fold.write_tail(env, txn, directory, upto, upto, RowCollector())
                head = msgspec.structs.replace(head, generation=written.generation)
        with env.write() as txn:
            txn.put(CANON_KEY, b"%d" % CANON_VERSION, db=env.tables["meta"])
            log.show_head(env, txn, head)
        while fold.fold_segments(env, directory, clock.now_us(), idle=True) is not None:
            pass
        with env.read() as txn:
            count = len(manifest.load(env, txn).segments)
        return Rebuilt(head.sequence, count, time.monotonic() - started)
    finally:
        store.close()


def _retire_all(env: Environment, txn: Transaction, head: log.Head, clock: Clock) -> int:
    """Name no segment any more. Returns the manifest's new generation."""
    try:
        old = manifest.load(env, txn)
    except DamagedData:
        old = manifest.Manifest(generation=head.generation)
    retired = tuple((row.name, clock.now_us()) for row in old.segments)
    generation = max(head.generation, old.generation) + 1
    manifest.store(env, txn, manifest.Manifest(generation, (), (*old.retired, *retired)))
    return generation
