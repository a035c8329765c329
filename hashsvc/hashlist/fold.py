"""Folding: from delta to segments, from small segments to large ones, so that few are live. Geometric tiers.

A fold never changes what is found, only how fast: the new file is complete before a transaction swaps the manifest,
and old files stay for a while for readers of an older state. `write_tail` runs in a write's own transaction;
`fold_tail`, `fold_segments` and `sweep` are the keeper's. If the keeper is gone, folding stops, checks do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
import numpy as np

from hashsvc.hashlist import log, manifest
from hashsvc.hashlist.log import Head
from hashsvc.hashlist.manifest import SEGMENT_SUFFIX, Manifest, SegmentRow, free_segment_name
from hashsvc.hashlist.rows import IndexRows, RowCollector
from hashsvc.index import NEAR_KINDS, Segment, merge_segments, write_segment
from hashsvc.lmdb_env import Environment, Transaction

RETIRED_KEPT_US = 60 * 1_000_000  # twice the longest deadline: no reader's transaction is older
BUSY_SEGMENTS_MAX = 8  # live segments that are left alone while writes come in
IDLE_RATIO = 16  # when idle, a segment is merged with the newer ones if they are more than a 16th of it


class FoldReport(msgspec.Struct, frozen=True):
    """What one fold did. changes: how many the new segment covers. segments: live ones afterwards."""

    merged: int
    changes: int
    segments: int


def write_tail(
    env: Environment, txn: Transaction, directory: Path, head: Head, first_head: Head, new_rows: RowCollector
) -> Head:
    """Write a segment of everything up to `head` that none covers, and put it into the manifest, inside a write.

    first_head: the head before this write; new_rows: rows of the changes after it. Returns the head to put.
    """
    live = manifest.load(env, txn)
    collector = RowCollector()
    collector.add_raw(log.read_raw(env, txn, live.covered + 1, first_head.sequence))
    collector.extend(new_rows)
    row = _write(directory, live, live.covered + 1, head.sequence, collector.rows())
    _put(env, txn, live, (*live.segments, row), ())
    return msgspec.structs.replace(head, generation=live.generation + 1, delta_codes=0)


def fold_tail(env: Environment, directory: Path, changes_min: int) -> FoldReport | None:
    """Move the delta into a segment if it has at least `changes_min` changes. None if it has fewer."""
    with env.read() as txn:
        head, live = log.head(env, txn), manifest.load(env, txn)
        if head.sequence - live.covered < max(1, changes_min):
            return None
        collector = RowCollector()
        collector.add_raw(log.read_raw(env, txn, live.covered + 1, head.sequence))
    row = _write(directory, live, live.covered + 1, head.sequence, collector.rows())
    with env.write() as txn:
        now, now_live = log.head(env, txn), manifest.load(env, txn)
        if now_live.covered != live.covered:
            return None  # a writer was faster; the file is swept later
        _put(env, txn, now_live, (*now_live.segments, row), ())
        left = now.delta_codes - collector.count
        log.put_head(
            env, txn, msgspec.structs.replace(now, generation=now_live.generation + 1, delta_codes=max(0, left))
        )
    return FoldReport(0, head.sequence - live.covered, len(now_live.segments) + 1)


def choose(weights: Sequence[int], idle: bool) -> int | None:
    """From which segment on all newer ones are merged with it, or None. weights: oldest first.

    When idle, the first that is at most IDLE_RATIO times as heavy as all newer ones; else only past
    BUSY_SEGMENTS_MAX, the first that is no heavier than all newer ones.
    """
    if not idle and len(weights) <= BUSY_SEGMENTS_MAX:
        return None
    ratio = IDLE_RATIO if idle else 1
    newer = sum(weights)
    for i, weight in enumerate(weights[:-1]):
        newer -= weight
        if weight <= ratio * newer:
            return i
    return None if idle or len(weights) < 2 else len(weights) - 2


def fold_segments(env: Environment, directory: Path, now_us: int, idle: bool) -> FoldReport | None:
    """Merge live segments if `choose` says so. Runs without a transaction except to swap. None: nothing to do."""
    with env.read() as txn:
        live = manifest.load(env, txn)
    first = choose([row.last_sequence - row.first_sequence + 1 for row in live.segments], idle)
    if first is None:
        return None
    old = live.segments[first:]
    segments = [Segment.open(directory / row.name, check="all") for row in old]  # damage must not be folded in
    name = free_segment_name(directory, old[0].first_sequence, old[-1].last_sequence, live.generation + 1)
    byte_count = merge_segments(segments, directory / name)
    code_count = sum(row.code_count for row in old)
    merged = SegmentRow(name, old[0].first_sequence, old[-1].last_sequence, byte_count, code_count)
    with env.write() as txn:
        now, now_live = log.head(env, txn), manifest.load(env, txn)
        if now_live.segments[first : first + len(old)] != old:
            return None
        after = (*now_live.segments[:first], merged, *now_live.segments[first + len(old) :])
        _put(env, txn, now_live, after, tuple((row.name, now_us) for row in old))
        log.put_head(env, txn, msgspec.structs.replace(now, generation=now_live.generation + 1))
    return FoldReport(len(old), merged.last_sequence - merged.first_sequence + 1, len(after))


def sweep(env: Environment, directory: Path, now_us: int, grace_us: int = RETIRED_KEPT_US) -> int:
    """Delete retired files past their grace, and files that no manifest names and that are as old. Returns how many."""
    with env.read() as txn:
        live = manifest.load(env, txn)
    due = tuple(entry for entry in live.retired if now_us - entry[1] > grace_us)
    if due:
        with env.write() as txn:
            now_live = manifest.load(env, txn)
            left = tuple(entry for entry in now_live.retired if entry not in due)
            live = msgspec.structs.replace(now_live, retired=left)
            manifest.store(env, txn, live)
    known = {row.name for row in live.segments} | {name for name, _ in live.retired}
    deleted = 0
    for path in directory.iterdir():
        old = now_us - path.stat().st_mtime_ns // 1000 > grace_us
        if path.name not in known and old and SEGMENT_SUFFIX in path.name:
            path.unlink(missing_ok=True)
            deleted += 1
    return deleted


def _write(directory: Path, live: Manifest, first: int, last: int, rows: IndexRows) -> SegmentRow:
    name = free_segment_name(directory, first, last, live.generation + 1)
    near = {kind: (codes, refs) for kind, (codes, refs, _) in rows.near.items() if kind in NEAR_KINDS}
    byte_count = write_segment(
        directory / name, first_sequence=first, last_sequence=last, near=near, exact_hashes=np.sort(rows.exact[0])
    )
    return SegmentRow(name, first, last, byte_count, rows.code_count)


def _put(
    env: Environment,
    txn: Transaction,
    live: Manifest,
    segments: tuple[SegmentRow, ...],
    retired: tuple[tuple[str, int], ...],
) -> None:
    manifest.store(env, txn, Manifest(live.generation + 1, segments, live.retired + retired))
