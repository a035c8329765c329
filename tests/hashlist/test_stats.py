"""The list's figures come from counters that follow the log, and say what counting everything would."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Stats
from tests.hashlist.lists import (
    assert_verifies,
    bring,
    confirmed_batch,
    create,
    decide,
    done,
    entry_of,
    fill,
    new_list,
    propose,
    retraction,
)


def stats_of(store: ListStore) -> Stats:
    with store.snapshot() as snapshot:
        return snapshot.stats()


def counted(store: ListStore) -> dict[int, int]:
    """Signals by state, counted one by one."""
    with store.snapshot() as snapshot:
        entries, more = snapshot.pages.entries(0, 5_000, 0, b"")
    assert not more
    return dict(sorted(Counter(signal.state for entry in entries for signal in entry.signals).items()))


def test_figures_are_those_of_counting_everything(tmp_path: Path) -> None:
    """The counters give each state's signals. (One that was decided alone counts by its own state, also in a batch.)"""
    store = new_list(tmp_path / "list")
    assert stats_of(store).states == {}
    fill(store)
    assert stats_of(store).states == counted(store)
    waiting = create(store, "ann", bytes(32))
    done(store, bring(waiting, range(800, 810)))
    assert stats_of(store).states == counted(store)
    first = confirmed_batch(store, range(820, 830), b"third")
    for actor in ("cleo", "dan"):
        done(store, retraction(first, actor))
        assert stats_of(store).states == counted(store)
    alone = entry_of(store, propose(900))
    done(store, decide(ChangeKind.ENTRY_REJECTED, alone, "bob"))
    with store.snapshot() as snapshot:
        entries, _ = snapshot.pages.entries(0, 5_000, 0, b"")
        inside = next(entry.entry_id for entry in entries if entry.content_id == "c100")
    done(store, decide(ChangeKind.ENTRY_DISPUTED, inside, "cleo"))
    assert stats_of(store).states == counted(store)
    assert_verifies(store)


def test_figures_read_no_batch(tmp_path: Path) -> None:
    """The figures cost the same however many batches there were: batches are not read."""
    store = new_list(tmp_path / "list")
    fill(store)
    with store.snapshot() as snapshot:
        tables = store.environment.tables
        batches = tables.pop("batches")
        try:
            states = snapshot.stats().states
        finally:
            tables["batches"] = batches
    assert states == counted(store)


def test_a_list_without_counters_of_batches_gets_them(tmp_path: Path) -> None:
    """A list that was made before batches were counted says the same figures once it is opened, and verifies."""
    store = new_list(tmp_path / "list")
    fill(store)
    wanted = stats_of(store).states
    with store.environment.write() as txn:
        table = store.environment.tables["counts"]
        for state in range(6):
            txn.delete(b"b%d" % state, db=table)
    assert stats_of(store).states != wanted
    store.close()
    store = ListStore.open(tmp_path / "list", clock=SeededClock(2))
    assert stats_of(store).states == wanted
    assert_verifies(store)
    store.close()
