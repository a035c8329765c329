"""The LMDB environment: the only module that opens one, and the only one that names its options.

Every option is passed explicitly and checked at start: the promises of the log rest on LMDB's default durability
(docs/measured.md 1). Nothing else may open, copy or hash the files in the environment's directory: a plain open and
close of lock.mdb in a serving process drops its locks (docs/measured.md 5).
"""

from __future__ import annotations

import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import lmdb

from hashsvc.errors import (
    CommitFailed,
    DamagedData,
    FailedPrecondition,
    HashsvcError,
    NotFound,
    ResourceExhausted,
    Unavailable,
)
from hashsvc.files import why_not_writable
from hashsvc.limits import MAP_BYTES_DEFAULT, READERS_MAX

ENGINE_VERSION = (0, 9, 36)  # the wheel carries 1.0.2 too, with another file format (docs/measured.md 6)

FREE_BYTES_LOW = 1 << 20  # with less, a write that failed most likely failed for want of room

Transaction = Any  # lmdb.Transaction has no type stubs
Table = Any

# What LMDB raises where a page is not what its tree says; it has no checksums, so most damage it does not notice.
_DAMAGE = (
    lmdb.BadTxnError, lmdb.CorruptedError, lmdb.InvalidError, lmdb.PageNotFoundError, lmdb.PanicError,
    lmdb.VersionMismatchError,
)  # fmt: skip


def is_environment(path: Path) -> bool:
    """Say whether there is an environment in a directory."""
    return (path / "data.mdb").exists()


class Environment:
    """An open LMDB environment with its tables as attributes of `tables`. One a process and directory."""

    def __init__(
        self,
        path: Path,
        *,
        create: bool = False,
        durable: bool = True,
        read_only: bool = False,
        tables: Sequence[str],
        many_values: Collection[str] = (),
        later: Collection[str] = (),
        fixed: bool = True,
    ) -> None:
        """Open the environment in `path`. durable False: for throw-away copies only (verify), never for a list.

        read_only: works where nothing can be written, too, and `write` refuses.
        many_values: tables in which a key has several values; fixed: all of one length. later: tables
        that are made where an environment has none yet.
        """
        self._fixed = fixed
        self._later = later
        if lmdb.version() != ENGINE_VERSION:
            raise DamagedData("WRONG_ENGINE", f"LMDB engine {lmdb.version()} is loaded, {ENGINE_VERSION} is needed")
        if not create and not is_environment(path):
            raise NotFound("NO_LIST", "there is no list here; `hashsvc init DIR` makes one")
        if create:
            path.mkdir(parents=True, exist_ok=False)
        self.path = path
        self.durable = durable
        try:
            self.lmdb = lmdb.open(
                str(path),
                map_size=MAP_BYTES_DEFAULT,
                subdir=True,
                readonly=read_only,
                metasync=durable,
                sync=durable,
                map_async=False,
                mode=0o600,
                create=create,
                readahead=True,
                writemap=False,
                meminit=True,
                max_readers=READERS_MAX,
                max_dbs=len(tables),
                max_spare_txns=64,
                lock=True,
                lib_version=0,
            )
        except _DAMAGE as error:
            raise _damaged_store(error) from error
        except lmdb.Error as error:
            raise _not_opened(path, error) from error
        self.read_only = read_only
        flags = self.lmdb.flags()
        if durable and not read_only and not (flags["sync"] and flags["metasync"] and not flags["writemap"]):
            raise DamagedData("UNSAFE_FLAGS", "the environment is not opened with LMDB's default durability")
        self.tables: dict[str, Table] = {}
        try:
            for name in tables:
                self.tables[name] = self._table(name, create, name in many_values)
        except (lmdb.NotFoundError, lmdb.IncompatibleError, *_DAMAGE) as error:
            self.lmdb.close()
            raise _damaged_store(error) from error
        except lmdb.Error as error:
            self.lmdb.close()
            raise _not_written(path, error) from error

    def _table(self, name: str, create: bool, many: bool) -> Table:
        try:
            return self.lmdb.open_db(name.encode(), create=create, dupsort=many, dupfixed=many and self._fixed)
        except lmdb.NotFoundError:
            if name not in self._later or self.read_only:
                raise
            return self.lmdb.open_db(name.encode(), create=True, dupsort=many, dupfixed=many and self._fixed)

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """Open a read transaction: one state of the list. Keep it to milliseconds. Raises DamagedData."""
        try:
            with self.lmdb.begin(write=False) as txn:
                yield txn
        except _DAMAGE as error:
            raise _damaged_store(error) from error

    @contextmanager
    def write(self) -> Iterator[Transaction]:
        """Open the write transaction; commits with fsync at the end, or does nothing at all if the body raises.

        Waits for other writers without limit (LMDB's lock cannot time out). Raises ResourceExhausted LIST_FULL
        (nothing written), CommitFailed (outcome unknown), FailedPrecondition OPENED_READ_ONLY.
        """
        if self.read_only:
            raise FailedPrecondition("OPENED_READ_ONLY", "the store was opened for reading only")
        try:
            txn = self.lmdb.begin(write=True)
        except lmdb.Error as error:
            raise CommitFailed(f"a write could not begin: {type(error).__name__}") from error
        try:
            yield txn
        except lmdb.MapFullError as error:
            txn.abort()
            raise _list_full() from error
        except (lmdb.Error, OSError) as error:  # OSError: of a segment file, most often a full disk
            txn.abort()
            raise CommitFailed(f"a write failed: {type(error).__name__}") from error
        except BaseException:
            txn.abort()
            raise
        try:
            txn.commit()
        except lmdb.MapFullError as error:
            raise _list_full() from error
        except lmdb.Error as error:
            raise CommitFailed(f"a commit failed: {type(error).__name__}") from error

    def clear_stale_readers(self) -> int:
        """Free the slots of readers that died. Returns how many. Call each minute (docs/measured.md 7)."""
        return int(self.lmdb.reader_check())

    def used_bytes(self) -> int:
        """Bytes of the file that hold pages in use."""
        info = self.lmdb.info()
        return int((info["last_pgno"] + 1) * self.lmdb.stat()["psize"])

    def copy_to(self, path: Path) -> None:
        """Write a consistent copy of one state to an existing empty directory, compacted, without stopping anyone."""
        try:
            self.lmdb.copy(str(path), compact=True)
        except _DAMAGE as error:
            raise _damaged_store(error) from error
        except lmdb.Error as error:
            raise _not_written(path, error) from error

    def drop(self, txn: Transaction, table: str) -> None:
        """Empty a table inside a write transaction."""
        txn.drop(self.tables[table], delete=False)

    def close(self) -> None:
        self.lmdb.close()


def _damaged_store(error: lmdb.Error) -> DamagedData:
    return DamagedData("DAMAGED_STORE", f"the list's store is damaged: LMDB says {type(error).__name__}")


def _not_opened(path: Path, error: lmdb.Error) -> HashsvcError:
    """Find out why the files cannot be opened. Looks at names and owners alone."""
    return why_not_writable(path, *path.glob("*.mdb")) or _not_written(path, error)


def _not_written(path: Path, error: lmdb.Error) -> HashsvcError:
    """Say that a file cannot be written, most often for want of room."""
    free = shutil.disk_usage(path).free
    if free < FREE_BYTES_LOW:
        return ResourceExhausted("DISK_FULL", f"the disk of {path} has {free} bytes free; make room")
    return Unavailable("STORE_NOT_WRITTEN", f"files in {path} cannot be written: LMDB says {type(error).__name__}")


def _list_full() -> ResourceExhausted:
    return ResourceExhausted("LIST_FULL", f"the list's store is full at {MAP_BYTES_DEFAULT} bytes; nothing was written")
