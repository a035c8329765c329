"""Verify a list: replay the log, compare every view and every segment with it. Finds, never repairs.

LMDB has no page checksums and noticed 3 % of the bit flips that mattered (docs/measured.md 3); chain plus comparison
is the only detector of bit rot. A CLI command, the keeper's scrub, and what tests call after every step.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec
import numpy as np

from hashsvc.errors import CommitFailed, DamagedData, HashsvcError, ResourceExhausted, Unavailable
from hashsvc.hashlist import codec, log, manifest, views
from hashsvc.hashlist.manifest import Manifest, SegmentRow
from hashsvc.hashlist.replay import Progress, replay
from hashsvc.hashlist.rows import IndexRows, RowCollector
from hashsvc.hashlist.store import ListStore
from hashsvc.hashlist.tables import VIEW_TABLES, open_list
from hashsvc.index import NEAR_KINDS, Segment, maybe_listed
from hashsvc.limits import REQUEST_ID_KEPT_US
from hashsvc.lmdb_env import Environment, Transaction

PROBLEMS_MAX = 20  # listed; more are only counted
CLOCK_SLACK_US = 24 * 3600 * 1_000_000  # a purge by a clock that was so much ahead is no damage
ROWS_CHUNK = 50_000  # changes gathered at a time when a segment is compared


class CouldNotVerify(Unavailable):
    """There was no room to replay the log: nothing is known of the list."""


class Report(msgspec.Struct):
    """What verify found. ok: nothing wrong. changes: how many were replayed. problem_count may exceed the listed."""

    ok: bool
    changes: int
    segments: int
    problems: list[str]
    problem_count: int
    elapsed_s: float


def verify(store: ListStore, progress: Progress | None = None, *, scratch: Path | None = None) -> Report:
    """Verify everything that the list's directory holds, on one snapshot. progress(done, total) in changes.

    scratch: a directory for the throw-away copy of the views, default the system's. Costs about 25 µs a change;
    beside it the service goes on. Never raises for what it finds; raises CouldNotVerify where it could not look.
    """
    started = time.monotonic()
    problems: list[str] = []
    changes = segments = 0
    try:
        with store.environment.read() as txn:
            head, live = log.head(store.environment, txn), manifest.load(store.environment, txn)
            changes, segments = head.sequence, len(live.segments)
            problems.extend(_problems(store, txn, head, live, progress, scratch))
    except CouldNotVerify:
        raise
    except PermissionError as error:
        raise CouldNotVerify("COULD_NOT_VERIFY", f"{error.filename} may not be read by this user") from error
    except HashsvcError as error:
        problems.append(str(error))
    except Exception as error:  # noqa: BLE001  (a damaged page can make any reader fail in any way)
        problems.append(f"the list could not be read whole: {type(error).__name__}")
    elapsed = time.monotonic() - started
    return Report(not problems, changes, segments, problems[:PROBLEMS_MAX], len(problems), elapsed)


def _problems(
    store: ListStore, txn: Transaction, head: log.Head, live: Manifest, progress: Progress | None, scratch: Path | None
) -> Iterator[str]:
    """Yield what is wrong; raise where nothing more can be said."""
    env = store.environment
    segments: list[Segment] = []
    for row in live.segments:
        yield from _open_segment(manifest.segments_dir(store.path), row, segments)
    with _scratch(scratch) as target:
        replay(env, txn, head, target, progress=progress, check=True)
        with target.read() as made:
            for table in VIEW_TABLES:
                if table != "requests":
                    yield from _compare(env, txn, target, made, table)
            yield from _compare_requests(env, txn, target, made, store.now_us())
    yield from _check_identity(store, txn)
    policy = views.find_policy(env, txn, views.IN_FORCE)
    if head.policy != (0 if policy is None else policy.last_sequence):
        yield "the head names another policy than the one that is in force"
    if head.generation != live.generation:
        yield f"the head names manifest {head.generation}, {live.generation} is stored"
    for segment in segments:
        yield from _check_segment(env, txn, segment)


@contextmanager
def _scratch(folder: Path | None) -> Iterator[Environment]:
    """Make the throw-away environment that views are replayed into. Raises CouldNotVerify where it has no room."""
    try:
        with tempfile.TemporaryDirectory(prefix="hashsvc-verify-", dir=folder) as directory:
            target = open_list(Path(directory) / "views", create=True, durable=False)
            try:
                yield target
            finally:
                target.close()
    except (CommitFailed, OSError, ResourceExhausted, Unavailable) as error:
        place = folder or os.environ.get("TMPDIR") or "the system's folder for temporary files"
        raise CouldNotVerify(
            "COULD_NOT_VERIFY",
            f"the views are replayed into a copy in {place}, and that could not be written; it takes about as much "
            "room as the list's store: make room, or name another folder in TMPDIR",
        ) from error


def _check_identity(store: ListStore, txn: Transaction) -> Iterator[str]:
    """Check what stands beside log and views: the list's id against its first change, names against the key."""
    payload = log.read_change(store.environment, txn, 1).payload
    list_id = txn.get(b"list_id", db=store.environment.tables["meta"])
    if payload is not None and payload.settings is not None and payload.settings.list_id not in (b"", list_id):
        yield "the list's id is not the one that its first change names"
    key = txn.get(b"key", db=store.environment.tables["meta"])
    wrong = 0
    with txn.cursor(db=store.environment.tables["actors"]) as cursor:
        for pseudonym, name in cursor:
            wrong += codec.keyed_id(key, b"actor", name) != pseudonym
    if wrong:
        yield f"{wrong} names of people, or the list's key, differ from what their pseudonyms were made of"


def _compare(env: Environment, txn: Transaction, target: Environment, made: Transaction, table: str) -> list[str]:
    """Compare a stored view with the replayed one, key by key, value by value."""
    with txn.cursor(db=env.tables[table]) as stored, made.cursor(db=target.tables[table]) as expected:
        wrong = 0
        stored_rows, expected_rows = iter(stored), iter(expected)
        while True:
            have, want = next(stored_rows, None), next(expected_rows, None)
            if have is None and want is None:
                break
            if have != want:
                wrong += 1
                if have is None or want is None or have[0] != want[0]:
                    return [f"view {table}: keys differ from what the log says"]
    return [f"view {table}: {wrong} values differ from what the log says"] if wrong else []


def _compare_requests(
    env: Environment, txn: Transaction, target: Environment, made: Transaction, now_us: int
) -> list[str]:
    """Request ids may be purged after their time; every younger one must be there, and none that the log never saw."""
    wrong = 0
    with made.cursor(db=target.tables["requests"]) as cursor:
        expected = {bytes(key): bytes(value) for key, value in cursor}
    found = 0
    with txn.cursor(db=env.tables["requests"]) as cursor:
        for key, value in cursor:
            found += 1
            wrong += expected.get(bytes(key)) != bytes(value)
    if found != len(expected):
        for key, value in expected.items():
            if views.request_time_us(value) > now_us - REQUEST_ID_KEPT_US + CLOCK_SLACK_US:
                wrong += txn.get(key, db=env.tables["requests"]) is None
    return [f"view requests: {wrong} values differ from what the log says"] if wrong else []


def _open_segment(directory: Path, row: SegmentRow, segments: list[Segment]) -> Iterator[str]:
    """Open a live segment and put it to the others. All at once: a fold meanwhile may delete files, and a mapped one

    stays. What the manifest says of it is compared with its header.
    """
    try:
        segment = Segment.open(directory / row.name)
    except FileNotFoundError:
        yield f"segment {row.name}: the file is missing"
        return
    except DamagedData as error:
        yield f"segment {row.name}: {error.message}"
        return
    code_count = sum(segment.near_count(kind) for kind in NEAR_KINDS)
    told = (segment.first_sequence, segment.last_sequence, segment.byte_count, code_count)
    if told != (row.first_sequence, row.last_sequence, row.byte_count, row.code_count):
        yield f"segment {row.name}: the manifest says other changes, bytes or codes than the file"
    segments.append(segment)


def _check_segment(env: Environment, txn: Transaction, segment: Segment) -> Iterator[str]:
    """Check a segment's checksums, and that it holds just the rows of the changes that it covers."""
    name = segment.path.name
    try:
        segment.check_blocks()
    except DamagedData as error:
        yield f"segment {name}: {error.message}"
        return
    parts = list(_rows_in_chunks(env, txn, segment.first_sequence, segment.last_sequence))
    for kind in NEAR_KINDS:
        codes, refs = segment.near_rows(kind)
        found = [part.near[kind] for part in parts if kind in part.near]
        want_refs = np.concatenate([r for _, r, _ in found]) if found else np.empty(0, np.uint64)
        if len(refs) != len(want_refs):
            yield f"segment {name}: {len(refs)} {kind} codes, the log has {len(want_refs)}"
            continue
        if not found:
            continue
        have, want = np.argsort(refs, kind="stable"), np.argsort(want_refs, kind="stable")
        want_codes = np.concatenate([c for c, _, _ in found])
        if not (np.array_equal(refs[have], want_refs[want]) and np.array_equal(codes[have], want_codes[want])):
            yield f"segment {name}: its {kind} codes differ from what the log says"
    hashes = np.unique(np.concatenate([part.exact[0] for part in parts])) if parts else np.empty(0, np.uint64)
    if not np.array_equal(segment.exact_hashes, hashes):
        yield f"segment {name}: its exact keys differ from what the log says"
    elif len(hashes) and not maybe_listed((segment,), None, hashes).all():
        yield f"segment {name}: an exact key has no bit in its bitmap"


def _rows_in_chunks(env: Environment, txn: Transaction, first: int, last: int) -> Iterator[IndexRows]:
    for start in range(first, last + 1, ROWS_CHUNK):
        collector = RowCollector()
        collector.add_raw(log.read_raw(env, txn, start, min(last, start + ROWS_CHUNK - 1)))
        yield collector.rows()
