"""A backup takes casework along, never ahead of its list; restored, both go on together."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from hashsvc import config
from hashsvc.casework.desks import Casework
from hashsvc.casework.tables import Tables, open_environment
from hashsvc.casework.values import CaseState, Opinion, ReportState
from hashsvc.clock import SeededClock
from hashsvc.errors import DamagedData
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, DecideEntry
from hashsvc.matching.current import CurrentPolicy
from hashsvc.server.processes import backup
from hashsvc.server.writing.casework import open_casework
from tests.casework.submitting import submit
from tests.casework.test_claiming import list_by_hand
from tests.casework.test_deciding import OTHER, SEEN, Killed, report, say
from tests.casework.test_retention import digest


@pytest.fixture
def clock(tmp_path: Path) -> SeededClock:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "data", clock=clock)
    return clock


@contextmanager
def opened(data: Path, clock: SeededClock) -> Iterator[tuple[ListStore, Casework]]:
    """A list and its casework, as a process of the service has them after its start."""
    lists = ListStore.open(data, clock=clock)
    casework = open_casework(config.make(data_dir=str(data)), lists, CurrentPolicy(), clock)
    try:
        casework.decisions.finish()
        yield lists, casework
    finally:
        casework.close()
        lists.close()


def back_up_elsewhere(data: Path, to: Path) -> dict[str, Any]:
    """Back up in a process of its own, as an operator does while the service runs. Returns what it printed."""
    command = [sys.executable, "-m", "hashsvc.cli", "backup", "--data", str(data), "--to", str(to)]
    printed: dict[str, Any] = json.loads(subprocess.run(command, check=True, capture_output=True).stdout)
    return printed


def retract(lists: ListStore, entry_id: bytes) -> None:
    for actor, action in (("dan", ChangeKind.RETRACTION_REQUESTED), ("eve", ChangeKind.RETRACTION_CONFIRMED)):
        lists.write([DecideEntry(actor=actor, request_id=actor, action=int(action), entry_id=entry_id)])


def test_casework_goes_on_after_a_restore(tmp_path: Path, clock: SeededClock) -> None:
    """Codes and opinions are as they were; an item that waits closes when it is listed, a retraction opens what closed.

    What happened after the backup is not there. The service goes on meanwhile."""
    with opened(tmp_path / "data", clock) as (_, casework):
        codes = [one.code for one in submit(casework, [report("a", SEEN), report("b", OTHER)])]
        say(casework, "ann")
        assert say(casework, "bob") == CaseState.LISTED
        say(casework, "ann", case=2)
        told = back_up_elsewhere(tmp_path / "data", tmp_path / "backup")
        assert told["casework"] == {"reports": 2, "open_cases": 1}
        submit(casework, [report("c", digest(3))])
        assert casework.oversight.verify() == []
    restored, copied = backup.restore(tmp_path / "backup", tmp_path / "new", clock)
    assert (copied, restored.sequence) == (backup.Casework(reports=2, open_cases=1), told["sequence"] + 1)
    with opened(tmp_path / "new", clock) as (lists, casework):
        assert casework.oversight.verify() == []
        assert [casework.arrival.report_state(code) for code in codes] == [
            ReportState.CLOSED,
            ReportState.BEING_ASSESSED,
        ]
        assert [one.actor for one in casework.claims.case(2)[0].opinions] == ["ann"]
        assert casework.claims.reports([3]) == []
        list_by_hand(lists, OTHER)
        assert casework.arrival.report_state(codes[1]) == ReportState.CLOSED
        retract(lists, casework.claims.case(1)[0].entry_id)
        assert casework.arrival.report_state(codes[0]) == ReportState.RECEIVED
        assert casework.oversight.verify() == []


def test_what_the_list_decides_between_the_copies_reaches_casework(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Listed or retracted after casework was copied and before the list was: the restored casework takes it in."""
    with opened(tmp_path / "data", clock) as (lists, casework):
        entry_id = list_by_hand(lists, OTHER)
        submit(casework, [report("a", SEEN), report("b", OTHER)])
    copy = backup._copy

    def copy_and_go_on(*how: Any) -> backup.Casework:
        copied = copy(*how)
        with opened(tmp_path / "data", clock) as (lists, casework):
            say(casework, "ann")
            assert say(casework, "bob") == CaseState.LISTED
            retract(lists, entry_id)
        return copied

    monkeypatch.setattr(backup, "_copy", copy_and_go_on)
    backup.back_up(tmp_path / "data", tmp_path / "backup", clock)
    monkeypatch.undo()
    backup.restore(tmp_path / "backup", tmp_path / "new", clock)
    with opened(tmp_path / "new", clock) as (_, casework):
        assert casework.oversight.verify() == []
        assert (casework.claims.case(1)[0].state, casework.claims.case(1)[0].opinions) == (CaseState.EMPTY, ())
        assert [(case.number, case.first_item) for case in casework.claims.queue(10)] == [(2, (2, 0))]


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_listing_under_way_is_finished_after_a_restore(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Copied between deciding and listing, or between listing and closing, the case is listed once."""
    with opened(tmp_path / "data", clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        say(casework, "ann")
        write = casework.decisions._write_list

        def killed(*how: Any) -> bytes:
            if step == "after":
                write(*how)
            raise Killed

        monkeypatch.setattr(casework.decisions, "_write_list", killed)
        casework.claims.claim("bob", 1)
        with pytest.raises(Killed):
            casework.decisions.assess(1, Opinion("bob", 0, True, (("uk_abc", "A"),)))
    backup.back_up(tmp_path / "data", tmp_path / "backup", clock)
    backup.restore(tmp_path / "backup", tmp_path / "new", clock)
    with opened(tmp_path / "new", clock) as (lists, casework):
        assert casework.claims.case(1)[0].state == CaseState.LISTED
        with lists.snapshot() as snapshot:
            assert snapshot.stats().entry_count == 1
        assert casework.oversight.verify() == []


def test_casework_can_be_left_out(tmp_path: Path, clock: SeededClock) -> None:
    """A backup for others holds the list alone, and so does one of a list that never had casework."""
    assert backup.back_up(tmp_path / "data", tmp_path / "none", clock)[1] is None
    with opened(tmp_path / "data", clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
    assert backup.back_up(tmp_path / "data", tmp_path / "left-out", clock, with_casework=False)[1] is None
    for name in ("none", "left-out"):
        assert sorted(one.name for one in (tmp_path / name).iterdir()) == ["BACKUP_COMPLETE", "list", "segments"]
        assert backup.restore(tmp_path / name, tmp_path / f"new-{name}", clock)[1] is None
        with opened(tmp_path / f"new-{name}", clock) as (_, casework):
            assert casework.claims.reports([1]) == []


@pytest.mark.parametrize("damage", ["gone", "other", "unreadable", "wrong"])
def test_a_backup_whose_casework_is_damaged_is_not_restored(tmp_path: Path, clock: SeededClock, damage: str) -> None:
    """Lost, another one, without its counts, or wrong in itself: it is refused and nothing is left."""
    with opened(tmp_path / "data", clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
    backup.back_up(tmp_path / "data", tmp_path / "backup", clock)
    with opened(tmp_path / "data", clock) as (_, casework):
        submit(casework, [report("b", OTHER)])
    backup.back_up(tmp_path / "data", tmp_path / "later", clock)
    folder = tmp_path / "backup" / "casework"
    if damage in ("gone", "other"):
        shutil.rmtree(folder)
        if damage == "other":
            shutil.copytree(tmp_path / "later" / "casework", folder)
    elif damage == "unreadable":
        (tmp_path / "backup" / "casework.json").write_bytes(b"{")
    else:
        env = open_environment(folder)
        with env.write() as txn:
            tables = Tables(env, txn)
            ((key, _),) = tables.rows("report_codes")
            tables.delete("report_codes", key)
        env.close()
    with pytest.raises(DamagedData) as refused:
        backup.restore(tmp_path / "backup", tmp_path / "new", clock)
    assert refused.value.reason == "DAMAGED_BACKUP"
    assert not (tmp_path / "new").exists()
