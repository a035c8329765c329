"""Backups are whole though people go on writing; a restored list is verified, and begins a new epoch."""

import multiprocessing
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashsvc.clock import SeededClock, SystemClock
from hashsvc.errors import AlreadyExists, DamagedData, FailedPrecondition, NotFound
from hashsvc.hashlist import ListStore, backup, manifest
from hashsvc.hashlist.values import ChangeKind, Position
from tests.hashlist.lists import (
    assert_verifies,
    confirmed_batch,
    done,
    everything,
    fill,
    found_state,
    head_of,
    new_list,
    propose,
)

CLOCK = SeededClock(5)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    store = new_list(tmp_path / "data")
    fill(store)
    store.close()
    return tmp_path / "data"


@pytest.fixture
def backed_up(path: Path, tmp_path: Path) -> Path:
    backup.backup(path, tmp_path / "backup", CLOCK)
    return tmp_path / "backup"


def opened(path: Path) -> ListStore:
    return ListStore.open(path, clock=CLOCK)


def test_a_restored_list_answers_as_the_one_that_was_saved(path: Path, backed_up: Path, tmp_path: Path) -> None:
    """Backup and restore give the same entries, batches, histories and searches, one change later."""
    store = opened(path)
    before = everything(store)
    store.close()

    restored = backup.restore(backed_up, tmp_path / "new", CLOCK)

    store = opened(tmp_path / "new")
    after = everything(store)
    assert not restored.rebuilt
    assert restored.report.ok
    assert {key for key in before if before[key] != after[key]} == {"position", "changes"}
    changes = after["changes"]
    assert isinstance(changes, list)
    assert changes[:-1] == before["changes"]
    assert changes[-1].kind == ChangeKind.LIST_RESTORED
    assert_verifies(store)
    done(store, propose(5_000))
    assert_verifies(store)
    store.close()


def test_a_restored_list_refuses_positions_of_its_old_epoch(path: Path, backed_up: Path, tmp_path: Path) -> None:
    """Whoever demands a position from before the restore is told LIST_RESTORED, also for sequences that exist again."""
    store = opened(path)
    with store.snapshot() as snapshot:
        old = snapshot.position
    done(store, propose(5_000))
    store.close()
    restored = backup.restore(backed_up, tmp_path / "new", CLOCK)
    store = opened(tmp_path / "new")
    done(store, propose(6_000))
    done(store, propose(6_001))
    with store.snapshot() as snapshot:
        now = snapshot.position
        assert (now.list_id, now.epoch) == (old.list_id, old.epoch + 1)
        assert now.epoch == restored.epoch
        for sequence in (1, old.sequence, old.sequence + 1):
            with pytest.raises(FailedPrecondition, match="LIST_RESTORED"):
                snapshot.require(Position(old.list_id, old.epoch, sequence))
        snapshot.require(now)
    assert_verifies(store)
    store.close()


def test_a_list_can_be_restored_again_and_again(backed_up: Path, tmp_path: Path) -> None:
    """Each restore of a restored list begins another epoch."""
    source = backed_up
    for epoch in (2, 3, 4):
        restored = backup.restore(source, tmp_path / f"new{epoch}", CLOCK)
        assert restored.epoch == epoch
        source = tmp_path / f"backup{epoch}"
        backup.backup(tmp_path / f"new{epoch}", source, CLOCK)


@pytest.mark.parametrize("damage", ["all gone", "one cut"])
def test_segments_that_a_backup_lost_are_rebuilt(backed_up: Path, tmp_path: Path, damage: str) -> None:
    """Where segments are missing or damaged, a restore makes them anew from the log and says so."""
    files = sorted(manifest.segments_dir(backed_up).iterdir())
    assert files
    if damage == "all gone":
        for file in files:
            file.unlink()
    else:
        files[0].write_bytes(files[0].read_bytes()[:-9])
    restored = backup.restore(backed_up, tmp_path / "new", CLOCK)
    assert restored.rebuilt
    store = opened(tmp_path / "new")
    assert found_state(store, 200) == ([2], [2])
    assert_verifies(store)
    store.close()


def test_a_backup_whose_log_is_damaged_is_not_restored(backed_up: Path, tmp_path: Path) -> None:
    """A backup that does not verify is refused, and nothing is left where the list would be."""
    store = opened(backed_up)
    env = store.environment
    with env.write() as txn:
        txn.delete((5).to_bytes(8, "big"), db=env.tables["records"])
    store.close()
    with pytest.raises(DamagedData, match="DAMAGED_BACKUP"):
        backup.restore(backed_up, tmp_path / "new", CLOCK)
    assert not (tmp_path / "new").exists()


def test_nothing_is_overwritten(path: Path, backed_up: Path, tmp_path: Path) -> None:
    """A backup never overwrites a directory, a restore never a list, and half a backup is none."""
    with pytest.raises(AlreadyExists):
        backup.backup(path, backed_up, CLOCK)
    with pytest.raises(AlreadyExists):
        backup.restore(backed_up, path, CLOCK)
    (backed_up / backup.COMPLETE).unlink()
    with pytest.raises(NotFound, match="NO_BACKUP"):
        backup.restore(backed_up, tmp_path / "new", CLOCK)


def test_a_backup_that_was_interrupted_is_begun_anew(path: Path, tmp_path: Path) -> None:
    """What an interrupted backup left does not stand in the way of the next one."""
    shutil.copytree(path, tmp_path / "backup.partial")
    backup.backup(path, tmp_path / "backup", CLOCK)
    backup.restore(tmp_path / "backup", tmp_path / "new", CLOCK)


# ---------------------------------------------------------------- under load


def make_backups(path: str, directory: str, count: int) -> None:
    """In a process of its own, as the command line does while the service runs."""
    for i in range(count):
        backup.backup(Path(path), Path(directory) / f"backup{i}", SystemClock())


@pytest.fixture
def writing(path: Path) -> Iterator[ListStore]:
    """A list that is written to, and folded, all the time."""
    store = ListStore.open(path, clock=SystemClock())
    stop = threading.Event()

    def write() -> None:
        n = 10_000
        while not stop.is_set():
            done(store, propose(n))
            if n % 40 == 0:
                confirmed_batch(store, range(n * 1_000, n * 1_000 + 300), b"%d" % n)
            if n % 100 == 0:
                store.keeper_tick()
            n += 1

    thread = threading.Thread(target=write)
    thread.start()
    yield store
    stop.set()
    thread.join()
    store.close()


@pytest.mark.slow
def test_backups_made_while_people_write_are_whole(writing: ListStore, path: Path, tmp_path: Path) -> None:
    """Each backup made under load is one state of the list: it verifies, and nothing of it was lost before or after."""
    before = head_of(writing)
    process = multiprocessing.get_context("spawn").Process(target=make_backups, args=(str(path), str(tmp_path), 3))
    process.start()
    process.join(60)
    assert process.exitcode == 0
    after = head_of(writing)
    assert after > before, "people wrote meanwhile"
    last = before
    started = time.monotonic()
    for i in range(3):
        restored = backup.restore(tmp_path / f"backup{i}", tmp_path / f"new{i}", SystemClock())
        assert last <= restored.sequence - 1 <= after
        last = restored.sequence - 1
        assert not restored.rebuilt
    assert time.monotonic() - started < 60
    assert_verifies(writing)
