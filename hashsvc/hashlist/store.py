"""A list on disk: create, open, snapshot, write. The one object that server and cli are handed.

Layout of a list's directory: `list/` (the LMDB environment, opened by hashsvc/lmdb_env.py alone), `segments/`
(index files). What the server keeps there besides (markers, locks, metrics) is its own.
"""

from __future__ import annotations

import os
import shutil
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from hashsvc.clock import Clock
from hashsvc.errors import (
    AlreadyExists,
    DamagedData,
    HashsvcError,
    InvalidArgument,
    ResourceExhausted,
)
from hashsvc.files import sync_folder
from hashsvc.hashlist import codec, decide_batch, decide_entry, fold, log, manifest, records, views
from hashsvc.hashlist.codec import ID_BYTES, NO_ID, SALT_BYTES
from hashsvc.hashlist.describe import Describer
from hashsvc.hashlist.index_state import IndexState
from hashsvc.hashlist.log import Head
from hashsvc.hashlist.records import Draft
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.hashlist.tables import open_list
from hashsvc.hashlist.url_rows import CANON_KEY, CANON_VERSION, check_rules
from hashsvc.hashlist.values import ChangeKind, Command, Content, ListSettings, Payload, Written
from hashsvc.hashlist.work import Work
from hashsvc.hashlist.writer import Writer
from hashsvc.index import Segment
from hashsvc.limits import DISK_FREE_BYTES_MIN, PEOPLE_REQUIRED_MAX, PEOPLE_REQUIRED_MIN, REQUEST_ID_KEPT_US
from hashsvc.lmdb_env import Environment

FORMAT = b"hashsvc-list 1"
KEY_BYTES = 32
IDLE_FOLD_CHANGES_MIN = 1_024  # fewer stay in the delta for good: searching them costs next to nothing


class Kept(msgspec.Struct, frozen=True):
    """What one turn of the keeper did; zero or None where there was nothing to do."""

    folded: fold.FoldReport | None
    deleted_files: int
    purged_requests: int
    stale_readers: int


class ListStore:
    """A list that is open in this process. Thread-safe; its writers wait for one another."""

    def __init__(self, path: Path, env: Environment, clock: Clock, *, for_rebuild: bool = False) -> None:
        self.path = path
        self._env = env
        self._clock = clock
        try:
            with env.read() as txn:
                meta = env.tables["meta"]
                if txn.get(b"format", db=meta) != FORMAT:
                    raise DamagedData(
                        "WRONG_FORMAT", "this directory holds no list of a format that this version reads"
                    )
                self.list_id: bytes = txn.get(b"list_id", db=meta)
                self._key: bytes = txn.get(b"key", db=meta)
                if not for_rebuild:
                    check_rules(env, txn)
            if not for_rebuild and not env.read_only:
                views.count_batches(env)
        except HashsvcError:
            env.close()
            raise
        self._index = IndexState(env, manifest.segments_dir(path))
        self._writer = Writer(env, manifest.segments_dir(path), self._key, self.list_id, clock)
        self._writing = threading.Lock()
        self._last_sequence = -1
        self._purge_from = b""

    # ------------------------------------------------------------ life

    @staticmethod
    def create(path: Path, *, clock: Clock, people_required: int = PEOPLE_REQUIRED_MIN) -> None:
        """Make an empty list in `path`, which must not exist or be empty. Raises AlreadyExists, InvalidArgument."""
        if not PEOPLE_REQUIRED_MIN <= people_required <= PEOPLE_REQUIRED_MAX:
            raise InvalidArgument(
                "BAD_PEOPLE_REQUIRED",
                f"{people_required} people were asked for, {PEOPLE_REQUIRED_MIN} to {PEOPLE_REQUIRED_MAX} are possible",
                field="people_required",
            )
        if path.exists() and any(path.iterdir()):
            raise AlreadyExists("NOT_EMPTY", "the directory is not empty; a list is never made by accident")
        was_there = path.exists()
        path.mkdir(parents=True, exist_ok=True)
        try:
            _make_list(path, clock, people_required)
        except BaseException:
            for part in path.iterdir():  # nothing half made stays, so that the same can be tried again
                shutil.rmtree(part)
            if not was_there:
                path.rmdir()
            raise

    @staticmethod
    def open(path: Path, *, clock: Clock, for_rebuild: bool = False, read_only: bool = False) -> ListStore:
        """Open the list in `path`. Raises NotFound NO_LIST, DamagedData, FailedPrecondition URL_KEYS_OUTDATED,

        OTHER_OWNER, READ_ONLY_FILE_SYSTEM. for_rebuild: also where its URLs are keyed by other rules than this
        version's. read_only: also where nothing can be written, and writing to it is refused.
        """
        env = open_list(path / "list", read_only=read_only)
        return ListStore(path, env, clock, for_rebuild=for_rebuild)

    def close(self) -> None:
        self._env.close()

    # ------------------------------------------------------------ read and write

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        """Open a snapshot: everything read in it is of one state. Raises DamagedData, Unavailable."""
        with self._env.read() as txn:
            yield Snapshot(self._env, txn, self._index, self.list_id, self._clock)

    def write(self, commands: Sequence[Command]) -> list[Written | HashsvcError]:
        """Do commands in one durable transaction. See Writer.write."""
        with self._writing:
            return self._writer.write(commands)

    def try_import(self, source: str, contents: Sequence[Content]) -> Written:
        """What importing these would do, without doing it: outcomes and problems as ImportEntries gives them."""
        with self._env.read() as txn:
            settings = Describer(self._env, txn, views.Applier(self._env, txn).batch).settings()
            work = Work(self._env, txn, self._key, self.list_id, settings, self._clock)
            outcomes, problems = decide_batch.try_import(work, source, tuple(contents))
            return Written(work.position, outcomes=outcomes, problems=problems)

    def entry_id_of(self, content: Content) -> bytes:
        """The id that an entry of this content has. Raises InvalidArgument NO_IDENTITY."""
        return decide_entry.identity_of(self._key, content)

    def tick(self) -> None:
        """Bring the delta up to date when nobody asks, so that the next check need not."""
        with self.snapshot() as snapshot:
            _ = snapshot.index

    # ------------------------------------------------------------ the keeper's

    def keeper_tick(self) -> Kept:
        """One turn of folding and cleaning. Call it each second, in one process only.

        Idle means: no change since the last turn.
        """
        directory, now_us = manifest.segments_dir(self.path), self._clock.now_us()
        with self._env.read() as txn:
            sequence = log.head(self._env, txn).sequence
        idle = sequence == self._last_sequence
        self._last_sequence = sequence
        folded = fold.fold_tail(self._env, directory, IDLE_FOLD_CHANGES_MIN) if idle else None
        folded = fold.fold_segments(self._env, directory, now_us, idle) or folded
        return Kept(
            folded=folded,
            deleted_files=fold.sweep(self._env, directory, now_us),
            purged_requests=self._purge_requests(now_us) if idle else 0,
            stale_readers=self._env.clear_stale_readers(),
        )

    def _purge_requests(self, now_us: int, scan_max: int = 50_000) -> int:
        """Forget request ids past their time, a stretch of the table a turn."""
        with self._env.read() as txn:
            expired, self._purge_from = views.expired_requests(
                self._env, txn, now_us - REQUEST_ID_KEPT_US, self._purge_from, scan_max
            )
        if expired:
            with self._env.write() as txn:
                for key in expired:
                    txn.delete(key, db=self._env.tables["requests"])
        return len(expired)

    # ------------------------------------------------------------ leaving read-only mode

    def verify_tail(self, count: int = 10_000) -> None:
        """Check chain and commitments of the last `count` changes. Raises DamagedData."""
        with self._env.read() as txn:
            check_tail(self._env, txn, count)

    def check_files(self) -> None:
        """Check every checksum of every live segment, and the log's tail. About 1 s a GB. Raises DamagedData."""
        with self._env.read() as txn:
            check_tail(self._env, txn, 10_000)
            for row in manifest.load(self._env, txn).segments:
                try:
                    Segment.open(manifest.segments_dir(self.path) / row.name, check="all")
                except FileNotFoundError as error:
                    raise DamagedData("DAMAGED_SEGMENT", f"segment {row.name} is not there") from error

    def probe_commit(self) -> None:
        """Write and commit something that is nobody's. Raises CommitFailed, ResourceExhausted.

        A full disk is refused by its free space: so small a write often finds room in pages that are free already.
        """
        disk = os.statvfs(self.path)
        if disk.f_bavail * disk.f_frsize < DISK_FREE_BYTES_MIN:
            raise ResourceExhausted(
                "DISK_FULL", f"the list's disk has less than {DISK_FREE_BYTES_MIN} bytes free; make room"
            )
        with self._env.write() as txn:
            txn.put(b"probe", self._clock.now_us().to_bytes(8, "big"), db=self._env.tables["meta"])

    def now_us(self) -> int:
        """The clock's time, for verify: what may have been purged by now."""
        return self._clock.now_us()

    @property
    def key(self) -> bytes:
        """The list's key, for verify: ids and pseudonyms come from it."""
        return self._key

    @property
    def environment(self) -> Environment:
        """For verify, rebuild and backup."""
        return self._env


def _make_list(path: Path, clock: Clock, people_required: int) -> None:
    """Make what an empty list consists of."""
    manifest.segments_dir(path).mkdir()
    env = open_list(path / "list", create=True)
    try:
        with env.write() as txn:
            meta = env.tables["meta"]
            txn.put(b"format", FORMAT, db=meta)
            txn.put(CANON_KEY, b"%d" % CANON_VERSION, db=meta)
            list_id = clock.random_bytes(ID_BYTES)
            txn.put(b"list_id", list_id, db=meta)
            txn.put(b"key", clock.random_bytes(KEY_BYTES), db=meta)
            manifest.store(env, txn, manifest.Manifest())
            empty = Head(epoch=1, sequence=0, hash=codec.FIRST_PREVIOUS_HASH, generation=0, delta_codes=0)
            append_list_change(env, txn, empty, ChangeKind.LIST_CREATED, ListSettings(people_required, list_id), clock)
    finally:
        env.close()
    sync_folder(path)


def append_list_change(
    env: Environment, txn: object, head: Head, kind: int, settings: ListSettings, clock: Clock
) -> None:
    """Append a change of the list itself (created, restored) and put the head, inside a write transaction."""
    draft = Draft(kind, 0, 0, 0, 0, NO_ID, NO_ID, NO_ID, bytes(32), 0, 0, Payload(settings=settings))
    made = records.make_records(
        (draft,), sequence=head.sequence, previous_hash=head.hash, epoch=head.epoch, time_us=clock.now_us(),
        people_required=settings.people_required, salts=clock.random_bytes(SALT_BYTES),
    )  # fmt: skip
    head = log.append(env, txn, head, made)
    applier = views.Applier(env, txn)
    for record in made:
        applier.apply(record.header, draft.payload, record.stored)
    applier.flush()
    log.put_head(env, txn, head)


def check_tail(env: Environment, txn: object, count: int) -> None:
    """Check the links and commitments of the last `count` changes up to the head. Raises DamagedData."""
    head = log.head(env, txn)
    first = max(1, head.sequence - count + 1)
    previous = codec.FIRST_PREVIOUS_HASH
    if first > 1:
        for _, record, _ in log.read_raw(env, txn, first - 1, first - 1):
            previous = codec.leaf_hash(record)
    for sequence, record, payload in log.read_raw(env, txn, first, head.sequence):
        records.check_link(record, payload, sequence, previous)
        previous = codec.leaf_hash(record)
    if previous != head.hash:
        raise DamagedData("DAMAGED_HEAD", "the head does not name the last change")
