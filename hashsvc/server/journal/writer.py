"""Match journals: what checks were answered with a hit, so that a retraction can be told to who acted on it.

A file a worker and day, `DIR/journals/YYYYMMDD-WORKER-INSTANCE.journal`, written before the answer is given, never by
two processes, erased whole by age. No signal, no URL, no distance. Made by `server/app.py`; `server/services/check.py`
appends, the worker's housekeeping syncs, the keeper erases; `reader.py` reads. The bytes: docs/data_file.md, Journals.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import struct
import threading
import time
import zlib
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import msgspec

from hashsvc.clock import Clock
from hashsvc.errors import Unavailable
from hashsvc.files import sync_folder
from hashsvc.hashlist.values import Position
from hashsvc.limits import JOURNAL_RECORD_BYTES_MAX
from hashsvc.logs import Log, describe_exception
from hashsvc.matching.values import Answer
from hashsvc.metrics import Metrics

FILE_HEADER = b"hashsvc-journal 1\n"
FRAME = struct.Struct(">III")  # length of the record, its CRC-32, CRC-32 of these first 8 bytes
FRAME_CHECKED = 8
FRAME_END = b"\xa5"  # not zero, so that where the records end can be told from the room that is kept after them
ROOM_BYTES = 256 * 1024  # kept after the last record: some 4,000 checks with a hit are answered on a full disk
DAY_US = 24 * 3600 * 1_000_000
COMPLAIN_S = 60.0  # between two log lines about the same trouble

_NAME = re.compile(r"(\d{8})-\d+-([0-9a-f]{12})\.journal")
_EPOCH_DAY = datetime(1970, 1, 1, tzinfo=UTC)


class Hit(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One item that met something. entry_ids: 16 bytes each, those of the answer's evidence that has the verdict."""

    item: int
    verdict: int
    entry_ids: bytes


class Record(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One answer with hits. Fields are only ever added at the end, with a default."""

    time_us: int
    actor: str
    caller_reference: str
    epoch: int
    sequence: int
    hits: list[Hit]


class JournalFile(NamedTuple):
    """A file by its name. day: since 1970. instance: 48 random bits, new with each file."""

    path: Path
    day: int
    instance: int


class Journal:
    """Writes one worker's journal. Appending costs some 5 µs a call, and 0.2 µs a hit of a bulk."""

    def __init__(self, folder: Path, worker: int, *, clock: Clock, log: Log, metrics: Metrics) -> None:
        self._folder = folder
        self._worker = worker
        self._clock = clock
        self._log = log
        self._metrics = metrics
        self._encode = msgspec.msgpack.Encoder().encode
        self._lock = threading.Lock()  # held for one write, never for a sync
        self._path = folder
        self._fd = -1
        self._day = -1
        self._end = 0  # of the last record
        self._room_end = 0
        self._dirty = False
        self._old: list[int] = []  # files left, to be synced and closed
        self._folder_changed = False
        self._appended = 0
        self._complained_at: dict[str, float] = {}

    def start(self) -> None:
        """Begin a file before the first hit comes, so that it has room when the disk is full by then."""
        try:
            _give_back_room(self._folder)
            with self._lock:
                self._open(self._clock.now_us() // DAY_US)
        except OSError as error:  # appending tries again, and refuses the call where it fails too
            self._failed("open", error)

    def append(self, actor: str, caller_reference: str, position: Position, hits: list[Hit]) -> None:
        """Journal an answer's hits; when this returns, the kernel has them. From any thread.

        Raises Unavailable JOURNAL_FAILED: then nothing may be answered, since it could not be told back.
        """
        time_us = self._clock.now_us()
        framed = frame(self._encode(Record(time_us, actor, caller_reference, position.epoch, position.sequence, hits)))
        try:
            with self._lock:
                self._write(time_us // DAY_US, framed)
        except OSError as error:
            self._failed("write", error)
            raise Unavailable(
                "JOURNAL_FAILED", "there are matches, and they could not be journaled; ask again later"
            ) from error

    def sync(self) -> None:
        """Make what was appended durable, and begin a new file on a new day. Every second, from one thread."""
        day = self._clock.now_us() // DAY_US
        with self._lock:
            if self._fd >= 0 and day != self._day:
                try:
                    self._open(day)
                except OSError as error:
                    self._failed("open", error)
            elif self._fd >= 0 and self._room_end - self._end < ROOM_BYTES // 2:
                self._keep_room()
            old, self._old = self._old, []
            current, self._dirty = (self._fd if self._dirty else -1), False
            folder_changed, self._folder_changed = self._folder_changed, False
            appended, self._appended = self._appended, 0
        if appended:
            self._metrics.count("journaled_answers", amount=appended)
        for descriptor in old:
            try:
                os.fdatasync(descriptor)
            except OSError as error:
                self._failed("sync", error)
            os.close(descriptor)
        try:
            if current >= 0:
                os.fdatasync(current)
            if folder_changed:
                sync_folder(self._folder)
                sync_folder(self._folder.parent)
        except OSError as error:
            # What a failed sync has lost is not known, and the next one would not say so again: go on in another file.
            self._failed("sync", error)
            with self._lock:
                self._leave()

    def close(self) -> None:
        """Sync and close. Whoever still appends begins another file."""
        with self._lock:
            self._leave()
        self.sync()

    # ------------------------------------------------------------ with the lock held

    def _write(self, day: int, framed: bytes) -> None:
        """Write a frame after the last one, whole or not at all."""
        if day != self._day or self._fd < 0:
            self._open(day)
        end = self._end + len(framed)
        if end > self._room_end:
            self._keep_room(len(framed))
        try:
            if os.pwrite(self._fd, framed, self._end) != len(framed):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            self._take_back()
            raise
        self._end = end
        self._dirty = True
        self._appended += 1

    def _take_back(self) -> None:
        """Take away what a failed write has left, or go on in another file: a reader stops at a broken record."""
        try:
            os.ftruncate(self._fd, self._end)
        except OSError:
            self._leave()
        else:
            self._room_end = self._end
            self._keep_room()  # for smaller ones

    def _open(self, day: int) -> None:
        """Begin a file, and leave the one before."""
        self._leave()
        self._folder.mkdir(mode=0o700, exist_ok=True)
        path = self._folder / f"{day_text(day)}-{self._worker}-{self._clock.random_bytes(6).hex()}.journal"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)  # says that this process lives (_give_back_room)
            if os.pwrite(descriptor, FILE_HEADER, 0) != len(FILE_HEADER):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError:
            path.unlink(missing_ok=True)
            os.close(descriptor)
            raise
        self._path, self._fd, self._day = path, descriptor, day
        self._end = self._room_end = len(FILE_HEADER)
        self._folder_changed = True
        self._keep_room()

    def _keep_room(self, byte_count: int = 0) -> None:
        """Take room on the disk for what comes, if there is any; without it writing goes on as far as it goes."""
        room_end = self._end + byte_count + ROOM_BYTES
        with suppress(OSError):
            os.posix_fallocate(self._fd, self._room_end, room_end - self._room_end)
            self._room_end = room_end

    def _leave(self) -> None:
        """End the file: give its room back, drop it if it holds nothing; `sync` closes it."""
        if self._fd < 0:
            return
        with suppress(OSError):
            os.ftruncate(self._fd, self._end)
            if self._end == len(FILE_HEADER):
                self._path.unlink(missing_ok=True)
        self._old.append(self._fd)
        self._fd = -1

    def _failed(self, what: str, error: OSError) -> None:
        """Count a failure, and say so now and then in the log. what: open, write or sync."""
        self._metrics.count("journal_failures", what)
        now = time.monotonic()
        if now - self._complained_at.get(what, -COMPLAIN_S) >= COMPLAIN_S:
            self._complained_at[what] = now
            cause = errno.errorcode.get(error.errno or 0, "")
            self._log.error("journal failed", step=what, cause=cause, **describe_exception(error))


def hit_of(item: int, answer: Answer, listed_max: int) -> Hit:
    """Make the hit of an item. listed_max: as much of the evidence does the caller's answer list.

    An entry that is not listed is not named here either: while all those that are listed stand, so does the verdict.
    """
    verdict, evidence = answer.verdict, answer.evidence
    if len(evidence) == 1 or listed_max == 1:
        return Hit(item, verdict, evidence[0].entry_id)
    return Hit(
        item,
        verdict,
        b"".join(dict.fromkeys(one.entry_id for one in evidence[:listed_max] if one.verdict == verdict)),
    )


def frame(record: bytes) -> bytes:
    """Put a record's bytes into their frame."""
    assert len(record) <= JOURNAL_RECORD_BYTES_MAX, "an answer lists at most BATCH_EVIDENCE_MAX entries"
    head = struct.pack(">II", len(record), zlib.crc32(record))
    return b"".join((head, zlib.crc32(head).to_bytes(4, "big"), record, FRAME_END))


def folder_of(data_dir: Path) -> Path:
    """Say where a list's journals stand."""
    return data_dir / "journals"


def files_of(folder: Path) -> list[JournalFile]:
    """List the journals, oldest day first. What else stands there is passed over."""
    found = []
    try:
        names = os.listdir(folder)
    except FileNotFoundError:
        return []
    for name in names:
        match = _NAME.fullmatch(name)
        if match is None:
            continue
        with suppress(ValueError):
            day = (datetime.strptime(match[1], "%Y%m%d").replace(tzinfo=UTC) - _EPOCH_DAY).days
            found.append(JournalFile(folder / name, day, int(match[2], 16)))
    return sorted(found, key=lambda one: (one.day, one.instance))


def erase_old(folder: Path, days: int, clock: Clock) -> int:
    """Delete the journals of days that ended more than so many days ago. Returns how many files.

    A file is deleted whole. Never today's, nor with days ≥ 1 yesterday's, so the service may be running.
    """
    today = clock.now_us() // DAY_US
    old = [one for one in files_of(folder) if today - one.day > days]
    for one in old:
        one.path.unlink(missing_ok=True)
    if old:
        sync_folder(folder)
    return len(old)


def day_text(day: int) -> str:
    """Write a day as YYYYMMDD. day: since 1970."""
    return f"{_EPOCH_DAY + timedelta(days=day):%Y%m%d}"


def _give_back_room(folder: Path) -> None:
    """Give back the room that killed processes kept after their last record: on a full disk it is what is needed."""
    for one in files_of(folder):
        try:
            descriptor = os.open(one.path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            size = os.fstat(descriptor).st_size
            if not size or os.pread(descriptor, 1, size - 1) != b"\0":
                continue  # it was left in order
            start = max(0, size - ROOM_BYTES - 2 * JOURNAL_RECORD_BYTES_MAX)
            end = start + len(os.pread(descriptor, size - start, start).rstrip(b"\0"))
            if start < end < size:
                os.ftruncate(descriptor, end)
        except BlockingIOError:
            continue  # its process lives
        finally:
            os.close(descriptor)
