"""A write that crashes at any step of hashlist/writer.py is whole or not there, and the list goes on."""

import os
from pathlib import Path

import pytest

from hashsvc.clock import SeededClock
from hashsvc.errors import ResourceExhausted
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Written
from tests.crash.processes import ended, started
from tests.crash.step_child import BATCH_FILE, COMMIT_FAILED, COMMITTED, STEPS, commands_of, write_and_crash
from tests.hashlist.lists import (
    assert_verifies,
    confirmed_entry,
    create,
    decide,
    done,
    found_state,
    head_of,
    new_list,
    propose,
)

CHANGES = 301  # of the group: one proposal, 300 entries


def crash(path: Path, step: str, how: str) -> int | None:
    """Returns the child's exit code."""
    return ended(started(write_and_crash, path, step, how))


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("how", ["kill", "fail"])
def test_a_write_that_crashes_is_whole_or_nothing(tmp_path: Path, step: str, how: str) -> None:
    """Killed or failed at any step, a write left all of its changes or none; a retry makes them once; writes go on."""
    path = tmp_path / "data"
    store = new_list(path)
    entry_id = confirmed_entry(store, 50)
    batch_id = create(store, "ann", BATCH_FILE)
    before = head_of(store)
    store.close()

    assert crash(path, step, how) == (-9 if how == "kill" else COMMIT_FAILED)

    store = ListStore.open(path, clock=SeededClock(3))
    assert_verifies(store, tmp_path)
    assert head_of(store) == before + (CHANGES if step == COMMITTED else 0)
    assert found_state(store, 50) == ([2], [2])
    assert found_state(store, 1_100) == (([1], [1]) if step == COMMITTED else ([], []))

    first = store.write(commands_of(batch_id))
    again = store.write(commands_of(batch_id))

    assert all(isinstance(one, Written) for one in first)
    assert again == first
    assert head_of(store) == before + CHANGES
    done(store, propose(60))
    done(store, decide(ChangeKind.ENTRY_DISPUTED, entry_id, "cleo"))
    assert head_of(store) == before + CHANGES + 2
    assert found_state(store, 1_100) == ([1], [1])
    assert_verifies(store, tmp_path)
    store.close()


@pytest.mark.parametrize("step", ["before segment", "after segment"])
def test_a_segment_file_that_finds_no_room_is_a_failed_commit(tmp_path: Path, step: str) -> None:
    """A disk that is full when a segment is written ends the writing process as a failed commit does; nothing stays."""
    store = new_list(tmp_path / "data")
    create(store, "ann", BATCH_FILE)
    before = head_of(store)
    store.close()
    assert crash(tmp_path / "data", step, "full") == COMMIT_FAILED
    store = ListStore.open(tmp_path / "data", clock=SeededClock(3))
    assert head_of(store) == before
    assert_verifies(store, tmp_path)
    store.close()


def test_writes_wait_until_the_disk_has_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The probe that leads out of read-only mode is refused on a full disk, though so small a write finds room."""
    store = new_list(tmp_path / "data")
    store.probe_commit()
    full = os.statvfs_result((4096, 4096, 3_000, 100, 100, 0, 0, 0, 0, 255))
    monkeypatch.setattr(os, "statvfs", lambda path: full)
    with pytest.raises(ResourceExhausted, match="DISK_FULL"):
        store.probe_commit()
    store.close()


def test_a_segment_of_a_crashed_write_is_swept(tmp_path: Path) -> None:
    """A segment file that a crashed write left, and no manifest names, is deleted by the keeper after its grace."""
    from hashsvc.hashlist import fold, manifest

    path = tmp_path / "data"
    store = new_list(path)
    create(store, "ann", BATCH_FILE)
    store.close()
    crash(path, "after segment", "kill")
    directory = manifest.segments_dir(path)
    assert len(list(directory.iterdir())) == 1

    clock = SeededClock(3, start_us=4_000_000_000_000_000)
    store = ListStore.open(path, clock=clock)
    store.keeper_tick()

    assert list(directory.iterdir()) == []
    assert fold.sweep(store.environment, directory, clock.now_us()) == 0
    assert_verifies(store, tmp_path)
    store.close()
