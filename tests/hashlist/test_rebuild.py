"""Any view can be thrown away: verify finds it, rebuild makes it anew, and every answer is as before."""

import shutil
from pathlib import Path

import pytest

from hashsvc.clock import SeededClock
from hashsvc.errors import DamagedData
from hashsvc.hashlist import ListStore, manifest
from hashsvc.hashlist.rebuild import rebuild
from hashsvc.hashlist.tables import VIEW_TABLES
from hashsvc.hashlist.values import Content, ProposeEntry
from hashsvc.hashlist.verify import verify
from tests.hashlist import policies
from tests.hashlist.lists import assert_verifies, content, done, everything, fill, new_list, signals_of


@pytest.fixture(scope="module")
def full(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """A list with something of everything, closed, and all that it answers."""
    path = tmp_path_factory.mktemp("full") / "data"
    store = new_list(path)
    fill(store)
    policies.apply(store, "3", 'version = "3"')
    policies.propose(store, "4", 'version = "4"')
    assert_verifies(store)
    answers = everything(store)
    store.close()
    return path, answers


@pytest.fixture
def copy(full: tuple[Path, dict[str, object]], tmp_path: Path) -> Path:
    return Path(shutil.copytree(full[0], tmp_path / "data"))


def opened(path: Path) -> ListStore:
    return ListStore.open(path, clock=SeededClock(2))


def assert_found_and_repaired(path: Path, expected: dict[str, object]) -> None:
    store = opened(path)
    assert not verify(store).ok
    store.close()
    progress: list[tuple[int, int]] = []

    rebuilt = rebuild(path, SeededClock(3), lambda done, total: progress.append((done, total)))

    assert progress[-1] == (rebuilt.changes, rebuilt.changes)
    store = opened(path)
    assert_verifies(store)
    assert everything(store) == expected
    done(store, ProposeEntry(actor="ann", request_id="after", content=content(5_000)))
    assert_verifies(store)
    store.close()


@pytest.mark.parametrize("damage", ["dropped", "garbled", "one row less", "one row more"])
@pytest.mark.parametrize("table", VIEW_TABLES)
def test_a_lost_view_is_found_and_rebuilt(
    copy: Path, full: tuple[Path, dict[str, object]], table: str, damage: str
) -> None:
    """A view that was dropped, garbled, or lost or gained a row is found; a rebuild gives byte-equal answers."""
    store = opened(copy)
    env = store.environment
    with env.write() as txn:
        with txn.cursor(db=env.tables[table]) as cursor:
            rows = [(bytes(key), bytes(value)) for key, value in cursor]
        key, value = rows[len(rows) // 2]
        if damage == "dropped":
            env.drop(txn, table)
        elif damage == "garbled":
            for some_key, some_value in rows:
                txn.delete(some_key, some_value, db=env.tables[table])
                txn.put(some_key, bytes(some_value[::-1]), db=env.tables[table])
        elif damage == "one row less":
            txn.delete(key, value, db=env.tables[table])
        else:
            txn.put(key[:-1] + bytes((key[-1] ^ 1,)), value, db=env.tables[table], overwrite=False)
            txn.put(b"\xff" * len(key), value, db=env.tables[table])
    store.close()
    assert_found_and_repaired(copy, full[1])


def test_lost_segments_and_manifest_are_rebuilt(copy: Path, full: tuple[Path, dict[str, object]]) -> None:
    """Without any segment file and without the manifest, everything is made anew from the log."""
    for path in manifest.segments_dir(copy).iterdir():
        path.unlink()
    store = opened(copy)
    with store.environment.write() as txn:
        txn.delete(b"manifest", db=store.environment.tables["meta"])
    store.close()
    assert_found_and_repaired(copy, full[1])


def test_a_rebuild_that_was_killed_is_run_again(copy: Path, full: tuple[Path, dict[str, object]]) -> None:
    """A rebuild that ends half-way leaves a list that verify refuses and a second rebuild repairs."""

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild(copy, SeededClock(3), stop)
    store = opened(copy)
    with store.environment.write() as txn:
        store.environment.drop(txn, "exact")
    store.close()
    assert_found_and_repaired(copy, full[1])


def test_a_damaged_log_is_not_rebuilt_from(copy: Path) -> None:
    """The log is the truth: where it is damaged, a rebuild refuses and names the change."""
    store = opened(copy)
    env = store.environment
    with env.write() as txn:
        record = bytearray(txn.get((5).to_bytes(8, "big"), db=env.tables["records"]))
        record[30] ^= 1
        txn.put((5).to_bytes(8, "big"), bytes(record), db=env.tables["records"])
    store.close()
    with pytest.raises(DamagedData, match="change 6"):
        rebuild(copy, SeededClock(3))


def test_two_entries_of_one_file_verify(tmp_path: Path) -> None:
    """Two sources that list the same file have equal digests and codes in one segment, which is no damage."""
    from hashsvc.hashlist import fold

    store = new_list(tmp_path / "data")
    for source in ("one", "two"):
        command = ProposeEntry(actor="ann", request_id=source, content=Content(source, "", "c", signals_of(1)))
        done(store, command)
    fold.fold_tail(store.environment, manifest.segments_dir(store.path), 1)
    assert_verifies(store)
    store.close()
