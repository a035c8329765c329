"""Match journals: what was answered is found again by entry, whatever happens to processes, disks and files."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple, cast

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st
from prometheus_client import generate_latest

from hashsvc.casework.desks import Casework
from hashsvc.casework.values import Affected
from hashsvc.cli.main import main
from hashsvc.clock import SeededClock
from hashsvc.errors import DeadlineExceeded, InvalidArgument, NotFound, Unavailable
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Position
from hashsvc.limits import JOURNAL_RECORD_BYTES_MAX
from hashsvc.logs import make_log
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.values import Answer, Evidence, Verdict
from hashsvc.metrics import Metrics
from hashsvc.server.journal.reader import Match, find_matches
from hashsvc.server.journal.writer import (
    DAY_US,
    FILE_HEADER,
    ROOM_BYTES,
    Hit,
    Journal,
    day_text,
    erase_old,
    files_of,
    folder_of,
    hit_of,
)
from hashsvc.server.services.affected import LATE_US, AffectedDesk
from hashsvc.server.services.check import CheckServicer
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.server.writing.casework import CaseworkDoor
from hashsvc.v1 import case_service_pb2 as pb
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import signal_pb2
from tests.hashlist.lists import confirmed_entry, decide, done, entry_of, md5_of, new_list, pdq_of, propose, signals_of
from tests.hashlist.urls import url_of
from tests.server.fakes import FakeCasework

NOW_US = 1_790_000_000_000_000
KNOWN, LIKELY, PENDING = int(Verdict.KNOWN), int(Verdict.LIKELY), int(Verdict.PENDING)
POSITION = Position(bytes(16), 2, 41)
A, B, C = bytes([1] * 16), bytes([2] * 16), bytes(range(16))


class Clock(SeededClock):
    """A clock that a test moves on."""

    def __init__(self) -> None:
        super().__init__(1)
        self.at_us = NOW_US

    def now_us(self) -> int:
        return self.at_us


class Lines:
    """Log lines as they were written."""

    def __init__(self) -> None:
        self.text = b""

    def write(self, line: bytes) -> int:
        self.text += line
        return len(line)

    def flush(self) -> None: ...

    def isatty(self) -> bool:
        return False


class House(NamedTuple):
    """Journals of two workers in one folder, and what they say."""

    folder: Path
    clock: Clock
    lines: Lines
    metrics: Metrics
    workers: list[Journal]

    def worker(self, number: int) -> Journal:
        log = make_log(style="json", stream=self.lines, clock=self.clock)
        return Journal(self.folder, number, clock=self.clock, log=log, metrics=self.metrics)

    def append(self, *hits: Hit, reference: str = "r", actor: str = "ann", worker: int = 0) -> None:
        self.clock.at_us += 1_000
        self.workers[worker].append(actor, reference, POSITION, list(hits))

    def found(self, entry_id: bytes, limit: int = 1_000) -> list[Match]:
        return all_matches(self.folder, entry_id, limit)

    def references(self, entry_id: bytes) -> list[str]:
        return [one.caller_reference for one in self.found(entry_id)]

    def damaged(self) -> list[str]:
        return [name for name, _ in find_matches(self.folder, A, 0, 1_000, never).damaged]


def never() -> None: ...


def make_house(folder: Path) -> House:
    house = House(folder, Clock(), Lines(), Metrics(), [])
    house.workers.extend(house.worker(number) for number in range(2))
    return house


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = make_house(tmp_path / "journals")
    yield one
    for worker in one.workers:
        worker.close()


def all_matches(folder: Path, entry_id: bytes, limit: int = 1_000) -> list[Match]:
    """Read page after page; none may be damaged."""
    matches: list[Match] = []
    after = 0
    while True:
        page = find_matches(folder, entry_id, after, limit, never)
        assert page.damaged == []
        assert len(page.matches) <= limit
        matches += page.matches
        after = page.next_number
        if not after:
            return matches


def only_file(house: House) -> Path:
    [one] = files_of(house.folder)
    return one.path


def evidence(entry_id: bytes, verdict: int) -> Evidence:
    return Evidence(entry_id=entry_id, entry_sequence=7, signal=3, query_index=0, state=2, verdict=verdict, caps=())


# ---------------------------------------------------------------- what is kept


def test_a_match_says_who_when_what_and_nothing_else(house: House) -> None:
    """Time, actor, reference, item, verdict, epoch and sequence come back as they were told."""
    house.append(Hit(3, KNOWN, A), Hit(9, LIKELY, B + A), actor="", reference="case 7 ✓")
    one, two = house.found(A)
    assert one[1:] == (NOW_US + 1_000, "", "case 7 ✓", 3, KNOWN, 2, 41)
    assert two[1:] == (NOW_US + 1_000, "", "case 7 ✓", 9, LIKELY, 2, 41)
    assert [match.item for match in house.found(B)] == [9]
    assert house.found(C) == []


def test_a_hit_names_each_entry_of_its_verdict_that_the_answer_lists_once() -> None:
    """Lesser evidence does not make an entry one that the verdict hangs on; nor does what is not listed."""
    found = (evidence(A, KNOWN), evidence(B, KNOWN), evidence(A, KNOWN), evidence(C, LIKELY))
    answer = Answer(KNOWN, found, False)
    assert hit_of(5, answer, 100) == Hit(5, KNOWN, A + B)
    assert hit_of(5, answer, 1) == Hit(5, KNOWN, A)
    assert hit_of(5, Answer(LIKELY, found[3:], True), 100) == Hit(5, LIKELY, C)


def test_an_id_across_two_others_is_not_found(house: House) -> None:
    """Bytes that look like the entry's id, but lie across two ids, are no match."""
    across = A[8:] + B[:8]
    house.append(Hit(0, KNOWN, A + B))
    house.append(Hit(1, KNOWN, A + B + across))
    assert [match.item for match in house.found(across)] == [1]


def test_files_are_for_their_owner_only(house: House) -> None:
    """The folder has mode 0700, a file 0600."""
    house.append(Hit(0, KNOWN, A))
    assert stat.S_IMODE(house.folder.stat().st_mode) == 0o700
    assert stat.S_IMODE(only_file(house).stat().st_mode) == 0o600


# ---------------------------------------------------------------- everything is found

calls = st.lists(
    st.tuples(
        st.integers(0, 1),  # worker
        st.sampled_from([0, 1, 1_000, DAY_US // 3, DAY_US, -DAY_US]),  # the clock moves on, or is set back
        st.lists(st.lists(st.sampled_from([A, B, C]), min_size=1, max_size=3, unique=True), min_size=1, max_size=4),
        st.sampled_from(["", "sync", "restart", "kill"]),
    ),
    max_size=25,
)


@settings(max_examples=60, deadline=None)
@given(calls, st.integers(1, 6))
def test_everything_answered_is_found_again_by_entry(
    tmp_path_factory: pytest.TempPathFactory, asked: list[Any], limit: int
) -> None:
    """Over two workers, days, restarts and kills: each match once, oldest first, whatever the page's size."""
    house = make_house(tmp_path_factory.mktemp("journals") / "journals")
    told: list[tuple[int, str, int, bytes]] = []
    for number, (worker, step_us, items, then) in enumerate(asked):
        house.clock.at_us += step_us
        hits = [Hit(item, KNOWN, b"".join(ids)) for item, ids in enumerate(items)]
        house.workers[worker].append("ann", f"r{number}", POSITION, hits)
        told += [(house.clock.at_us, f"r{number}", item, one) for item, ids in enumerate(items) for one in ids]
        if then == "sync":
            house.workers[worker].sync()
        elif then == "restart":
            house.workers[worker].close()
        elif then == "kill":
            house.workers[worker] = house.worker(worker)
            house.workers[worker].start()
    for entry_id in (A, B, C):
        found = [(one.time_us, one.caller_reference, one.item) for one in house.found(entry_id, limit)]
        assert sorted(found) == sorted((time, name, item) for time, name, item, one in told if one == entry_id)
        assert [time for time, _, _ in found] == sorted(time for time, _, _ in found)
    for worker in house.workers:
        worker.close()


def test_pages_go_on_where_files_come_and_go(house: House) -> None:
    """Between two pages a file is erased and others are written: nothing of the rest is told twice or left out."""
    for _ in range(3):
        house.append(Hit(0, KNOWN, A), Hit(1, KNOWN, A), reference="first day")
    house.clock.at_us += DAY_US
    house.append(*(Hit(i, KNOWN, A) for i in range(7)), reference="second day")
    page = find_matches(house.folder, A, 0, 8, never)
    files_of(house.folder)[0].path.unlink()
    house.append(Hit(0, KNOWN, A), reference="other worker", worker=1)
    rest = find_matches(house.folder, A, page.next_number, 100, never)
    assert [one.item for one in (*page.matches, *rest.matches)] == [0, 1, 0, 1, 0, 1, *range(7), 0]
    assert rest.next_number == 0


def test_a_page_ends_with_a_day_when_it_takes_long(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading years of journals takes several pages, some empty, and loses nothing."""
    monkeypatch.setattr("hashsvc.server.journal.reader.PAGE_S", -1.0)
    for _ in range(4):
        house.clock.at_us += DAY_US
        house.append(Hit(0, KNOWN, B))
    house.append(Hit(0, KNOWN, A))
    first = find_matches(house.folder, A, 0, 10, never)
    assert (first.matches, bool(first.next_number)) == ([], True)
    assert len(house.found(A)) == 1
    assert len(house.found(B)) == 4


def test_reading_heeds_the_deadline(house: House) -> None:
    """A caller who has gone is not read for."""

    def over() -> None:
        raise DeadlineExceeded("DEADLINE_EXCEEDED", "too late")

    house.append(Hit(0, KNOWN, A))
    with pytest.raises(DeadlineExceeded):
        find_matches(house.folder, A, 0, 10, over)


def test_what_is_being_written_is_read(house: House) -> None:
    """While two threads append, a reader finds all that was answered before it began, and never damage."""
    answered = [0]
    stop = threading.Event()
    ids = house.clock.random_bytes(16 * 500)

    def write() -> None:
        while not stop.is_set():
            house.workers[0].append("ann", "r", POSITION, [Hit(0, KNOWN, A), Hit(1, KNOWN, ids)])
            answered[0] += 1

    thread = threading.Thread(target=write)
    thread.start()
    try:
        while answered[0] < 2_000:
            before = answered[0]
            assert len(house.found(A, 100_000)) >= before
    finally:
        stop.set()
        thread.join()
    assert len(house.found(A, 100_000)) == answered[0]


# ---------------------------------------------------------------- torn and damaged


def three_records(house: House) -> tuple[Path, list[int]]:
    """Write three records and close. Returns the file, and where each record begins and the last ends."""
    places = [len(FILE_HEADER)]
    for number in range(3):
        house.append(Hit(0, KNOWN, A), reference=f"r{number}")
        places.append(house.workers[0]._end)
    house.workers[0].close()
    path = only_file(house)
    assert path.stat().st_size == places[-1]
    return path, places


@pytest.mark.parametrize("room", [0, 100, ROOM_BYTES])
def test_a_torn_tail_ends_a_file_quietly(house: House, room: int) -> None:
    """Wherever a last record is cut off, the ones before it are read and nothing is reported."""
    path, places = three_records(house)
    whole = path.read_bytes()
    for cut in range(places[2], places[3]):
        path.write_bytes(whole[:cut] + bytes(room))
        assert house.references(A) == ["r0", "r1"]
    for cut in range(len(FILE_HEADER)):
        path.write_bytes(whole[:cut] + bytes(room))
        assert house.references(A) == []


def test_a_last_record_of_which_a_part_was_lost_is_torn(house: House) -> None:
    """A block in the middle of the last record never reached the disk: that record goes, quietly."""
    path, places = three_records(house)
    whole = path.read_bytes()
    lost = whole[: places[2] + 20] + bytes(10) + whole[places[2] + 30 :]
    path.write_bytes(lost + bytes(ROOM_BYTES))
    assert house.references(A) == ["r0", "r1"]


def test_damage_in_the_middle_is_reported_and_the_rest_of_the_file_not_read(house: House) -> None:
    """Any byte of the second of three records flipped: the first is read, the file named; other files are whole."""
    path, places = three_records(house)
    house.append(Hit(0, KNOWN, A), reference="other", worker=1)
    whole = path.read_bytes()
    for at in range(places[1], places[2]):
        path.write_bytes(whole[:at] + bytes([whole[at] ^ 0x40]) + whole[at + 1 :])
        page = find_matches(house.folder, A, 0, 100, never)
        assert [one.caller_reference for one in page.matches] == ["r0", "other"]
        assert page.damaged == [(path.name, places[1])]
    path.write_bytes(b"x" + whole[1:])
    assert house.damaged() == [path.name]
    path.write_bytes(whole)
    assert house.references(A) == ["r0", "r1", "r2", "other"]


def test_a_killed_workers_room_is_given_back_at_the_next_start(house: House) -> None:
    """The room that a dead process kept is freed, its records stay, and a living one's file is left alone."""
    house.append(Hit(0, KNOWN, A + bytes(16)), reference="dead")
    house.append(Hit(0, KNOWN, A), reference="lives", worker=1)
    sizes = {one.path: one.path.stat().st_size for one in files_of(house.folder)}
    assert all(size > ROOM_BYTES for size in sizes.values())
    dead, lives = house.workers[0]._path, house.workers[1]._path
    os.close(house.workers[0]._fd)  # as the kernel does when a process ends
    house.workers[0]._fd = -1
    house.worker(0).start()
    assert dead.stat().st_size < 200
    assert lives.stat().st_size == sizes[lives]
    assert house.references(A) == ["dead", "lives"]
    assert house.references(bytes(16)) == ["dead"]


# ---------------------------------------------------------------- days


def test_each_day_has_a_file(house: House) -> None:
    """A record stands in the file of its day, and one that got none is not kept."""
    house.workers[0].start()
    house.append(Hit(0, KNOWN, A), reference="one")
    house.clock.at_us += DAY_US
    house.append(Hit(0, KNOWN, A), reference="two")
    house.clock.at_us += DAY_US
    house.workers[0].sync()
    house.clock.at_us += DAY_US
    house.workers[0].sync()
    house.append(Hit(0, KNOWN, A), reference="three")
    today = NOW_US // DAY_US
    assert [one.day - today for one in files_of(house.folder)] == [0, 1, 3]
    assert house.references(A) == ["one", "two", "three"]
    assert [one.path.name[:8] for one in files_of(house.folder)] == [day_text(today + n) for n in (0, 1, 3)]


def test_journals_are_erased_by_age(house: House) -> None:
    """Files older than so many days go whole, the rest and what is no journal stay."""
    for _ in range(5):
        house.append(Hit(0, KNOWN, A))
        house.clock.at_us += DAY_US
    house.append(Hit(0, KNOWN, A))
    (house.folder / "20200101-0-notes.txt").write_text("x")
    assert erase_old(house.folder, 5, house.clock) == 0
    assert erase_old(house.folder, 2, house.clock) == 3
    assert len(house.found(A)) == 3
    assert (house.folder / "20200101-0-notes.txt").exists()
    assert erase_old(house.folder.parent / "nowhere", 1, house.clock) == 0


def test_the_command_erases_by_age(tmp_path: Path) -> None:
    """`hashsvc journal erase` deletes old files of a list, says how many, and refuses what is no list."""
    data = tmp_path / "data"
    new_list(data).close()
    house = make_house(folder_of(data))
    house.append(Hit(0, KNOWN, A))  # in 2026
    house.clock.at_us = 1_600_000_000_000_000
    house.append(Hit(0, KNOWN, A))  # in 2020
    house.workers[0].close()
    ran = CliRunner().invoke(main, ["journal", "erase", "--data", str(data), "--days", "3650"])
    assert (ran.exit_code, '"deleted_files":0' in ran.stdout) == (0, True)
    ran = CliRunner().invoke(main, ["journal", "erase", "--data", str(data), "--days", "300"])
    assert (ran.exit_code, '"deleted_files":1' in ran.stdout) == (0, True)
    assert len(files_of(house.folder)) == 1
    refused = CliRunner().invoke(main, ["journal", "erase", "--data", str(tmp_path), "--days", "300"])
    assert (refused.exit_code, "NO_LIST" in refused.stderr) == (1, True)


# ---------------------------------------------------------------- a disk that fails


class Disk:
    """Stands in for os.pwrite and more: fails as it is told."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.leaves: int | None = None  # bytes that are written before it is full; None: it works
        self._pwrite = os.pwrite
        monkeypatch.setattr(os, "pwrite", self.pwrite)
        monkeypatch.setattr(os, "posix_fallocate", self.allocate)

    def pwrite(self, descriptor: int, data: bytes, offset: int) -> int:
        if self.leaves == 0:
            raise OSError(errno.ENOSPC, "full")
        return self._pwrite(descriptor, data[: self.leaves], offset)

    def allocate(self, descriptor: int, offset: int, length: int) -> None:
        raise OSError(errno.ENOSPC, "full")


@pytest.mark.parametrize("leaves", [0, 1, 11, 12, 30])
def test_on_a_full_disk_a_hit_is_refused_and_leaves_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch, leaves: int
) -> None:
    """A record that is not written whole is JOURNAL_FAILED, counted and logged once; what is before and after stays."""
    disk = Disk(monkeypatch)
    house.append(Hit(0, KNOWN, A), reference="before")
    disk.leaves = leaves
    for _ in range(3):
        with pytest.raises(Unavailable) as caught:
            house.append(Hit(0, KNOWN, A), reference="canary-reference")
        assert caught.value.reason == "JOURNAL_FAILED"
        assert "canary" not in str(caught.value)
    disk.leaves = None
    house.append(Hit(0, KNOWN, A), reference="after")
    assert house.references(A) == ["before", "after"]
    assert len(files_of(house.folder)) == 1
    assert 'hashsvc_journal_failures_total{step="write"} 3.0' in generate_latest(house.metrics.registry).decode()
    assert house.lines.text.count(b"journal failed") == 1
    assert b"ENOSPC" in house.lines.text
    assert b"canary" not in house.lines.text


def test_a_record_that_cannot_be_taken_back_ends_its_file(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where half a record stays behind, writing goes on in another file, and all that was answered is found."""
    disk = Disk(monkeypatch)
    house.append(Hit(0, KNOWN, A), reference="before")

    def no(descriptor: int, length: int) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        patch.setattr(os, "ftruncate", no)
        disk.leaves = 20
        with pytest.raises(Unavailable):
            house.append(Hit(0, KNOWN, A), reference="half")
        disk.leaves = None
        house.append(Hit(0, KNOWN, A), reference="after")
    assert len(files_of(house.folder)) == 2
    assert house.references(A) == ["before", "after"]


def test_room_is_kept_for_a_disk_that_fills(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file takes its room at the start and more as it is used, so that hits are journaled when there is none left."""
    house.workers[0].start()
    path = only_file(house)
    assert path.stat().st_blocks * 512 >= ROOM_BYTES
    house.append(Hit(0, KNOWN, bytes(ROOM_BYTES // 2 + 1_000)))
    house.workers[0].sync()
    assert path.stat().st_size - house.workers[0]._end == ROOM_BYTES
    Disk(monkeypatch)
    house.append(Hit(0, KNOWN, bytes(ROOM_BYTES // 2)))
    assert house.damaged() == []


def test_a_sync_that_fails_is_told_and_another_file_begun(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a failed sync lost is not known: it is counted and logged, and the next hit begins a file."""
    house.append(Hit(0, KNOWN, A), reference="before")

    def no(descriptor: int) -> None:
        raise OSError(errno.EIO, "broken")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fdatasync", no)
        house.workers[0].sync()
    house.workers[0].sync()
    house.append(Hit(0, KNOWN, A), reference="after")
    assert len(files_of(house.folder)) == 2
    assert house.references(A) == ["before", "after"]
    assert 'hashsvc_journal_failures_total{step="sync"} 1.0' in generate_latest(house.metrics.registry).decode()


def test_a_folder_that_cannot_be_made_stops_no_start(tmp_path: Path) -> None:
    """A worker whose journal cannot be begun starts all the same, and refuses hits."""
    house = make_house(tmp_path / "nowhere" / "journals")
    house.workers[0].start()
    with pytest.raises(Unavailable):
        house.append(Hit(0, KNOWN, A))
    house.workers[0].close()
    assert b"journal failed" in house.lines.text


# ---------------------------------------------------------------- checks over a real list


class Desk(NamedTuple):
    """Servicers over a real list: content 1 is confirmed, content 2 proposed; the rest is unknown."""

    store: ListStore
    house: House
    checks: CheckServicer
    affected: AffectedDesk
    casework: FakeCasework
    known: bytes
    pending: bytes

    def check(self, n: int, reference: str = "r", actor: str = "partner") -> check_pb.CheckResponse:
        signals = [signal_pb2.Signal(type=one.type, value=one.value, quality=90) for one in signals_of(n)]  # type: ignore[arg-type]
        request = check_pb.CheckRequest(signals=signals, caller_reference=reference)
        return self.checks.Check(request, call("Check", actor))

    def batch(self, numbers: list[int], **columns: Any) -> check_pb.BatchCheckResponse:
        request = check_pb.BatchCheckRequest(
            item_count=len(numbers), md5=b"".join(map(md5_of, numbers)), caller_reference="bulk", **columns
        )
        return self.checks.BatchCheck(request, call("BatchCheck", "partner"))

    def listed(self, entry_id: bytes, **how: Any) -> pb.ListAffectedResponse:
        return self.affected.page(pb.ListAffectedRequest(entry_id=entry_id.hex(), **how), call("ListAffected", ""))


def call(method: str, actor: str) -> Call:
    return Call(method, 1e18, actor)


def never_fails(error: BaseException) -> None:
    raise error


@pytest.fixture
def desk(tmp_path: Path, house: House) -> Iterator[Desk]:
    store = new_list(tmp_path / "data")
    known, pending = confirmed_entry(store, 1), entry_of(store, propose(2))
    checks = CheckServicer(store, CurrentPolicy(), house.metrics, RecentUrls(house.clock), house.workers[0], None)
    log = make_log(style="json", stream=house.lines, clock=house.clock)
    casework = FakeCasework()
    door = CaseworkDoor(cast("Casework", casework), is_read_only=lambda: False, on_commit_failed=never_fails)
    affected = AffectedDesk(store, door, house.folder, clock=house.clock, log=log, metrics=house.metrics)
    yield Desk(store, house, checks, affected, casework, known, pending)
    store.close()


def test_known_and_likely_answers_are_journaled_and_no_others(desk: Desk) -> None:
    """KNOWN and LIKELY are listed with their sequence; PENDING and NEW leave nothing behind."""
    assert desk.check(1, "one").verdict == KNOWN
    assert desk.check(2, "two").verdict == PENDING
    assert desk.check(3, "three").verdict == check_pb.VERDICT_NEW
    done(desk.store, decide(ChangeKind.ENTRY_DISPUTED, desk.known, "cleo"))
    answer = desk.check(1, "four", actor="")
    assert answer.verdict == LIKELY
    listed = desk.listed(desk.known)
    assert [(one.caller_reference, one.verdict, one.actor) for one in listed.checks] == [
        ("one", KNOWN, "partner"),
        ("four", LIKELY, ""),
    ]
    assert listed.checks[1].sequence == answer.position.sequence
    assert listed.checks[1].epoch == answer.position.epoch
    assert list(desk.listed(desk.pending).checks) == []


def test_a_bulk_is_journaled_item_by_item(desk: Desk) -> None:
    """Each item of a bulk that met the entry is listed with its index, in order; one record holds them all."""
    desk.batch([5, 1, 2, 1, 6, 1])
    listed = desk.listed(desk.known)
    assert [(one.item, one.caller_reference, one.verdict) for one in listed.checks] == [
        (item, "bulk", KNOWN) for item in (1, 3, 5)
    ]
    desk.batch([2, 5, 6])
    assert len(desk.listed(desk.known).checks) == 3
    assert [one.day for one in files_of(desk.house.folder)] == [NOW_US // DAY_US]


def test_a_journal_holds_no_signal(desk: Desk) -> None:
    """Neither a fingerprint nor a URL of what was checked stands in the file."""
    url = url_of(1)
    urls = [signal_pb2.Signal(type=url.type, text="https://canary.example.com/x")]  # type: ignore[arg-type]
    digests = [signal_pb2.Signal(type=one.type, value=one.value) for one in signals_of(1)]  # type: ignore[arg-type]
    answer = desk.checks.Check(check_pb.CheckRequest(signals=[*digests, *urls]), call("Check", "partner"))
    assert answer.verdict in (KNOWN, LIKELY)
    written = only_file(desk.house).read_bytes()
    assert desk.known in written
    assert not [one for one in (md5_of(1), signals_of(1)[1].value, pdq_of(1), b"canary") if one in written]


def test_a_hit_that_cannot_be_journaled_is_not_answered(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a full disk KNOWN is refused, alone and in bulk, and NEW and PENDING are answered."""
    disk = Disk(monkeypatch)
    disk.leaves = 0
    refused: list[Callable[[], object]] = [lambda: desk.check(1), lambda: desk.batch([5, 1, 5])]
    for ask in refused:
        with pytest.raises(Unavailable) as caught:
            ask()
        assert caught.value.reason == "JOURNAL_FAILED"
    assert desk.check(2).verdict == PENDING
    assert desk.check(3).verdict == check_pb.VERDICT_NEW
    assert len(desk.batch([5, 2, 5]).hits) == 1


def test_matches_are_listed_by_page(desk: Desk) -> None:
    """Pages hold what was asked, go on by token, and a token is good for its entry only."""
    for number in range(5):
        desk.house.clock.at_us += 1
        desk.check(1, f"r{number}")
    found, token = [], ""
    while True:
        page = desk.listed(desk.known, page_size=2, page_token=token)
        found.append([one.caller_reference for one in page.checks])
        assert len(page.next_page_token) <= 64
        token = page.next_page_token
        if not token:
            break
        with pytest.raises(InvalidArgument, match="BAD_PAGE_TOKEN"):
            desk.listed(desk.pending, page_token=token)
    assert found == [["r0", "r1"], ["r2", "r3"], ["r4"]]
    with pytest.raises(InvalidArgument, match="BAD_PAGE_SIZE"):
        desk.listed(desk.known, page_size=1_001)


@pytest.mark.parametrize("page_size", [1, 2, 3, 4, 5, 6, 7])
def test_items_come_before_checks_and_none_is_lost_between_pages(desk: Desk, page_size: int) -> None:
    """Whatever the size of a page, each item and each check is listed once, all items before the first check."""
    desk.casework.closed += [Affected(n, 0, f"p{n}", is_open=False, is_erased=False) for n in (3, 4, 9)]
    for number in range(3):
        desk.house.clock.at_us += 1
        desk.check(1, f"r{number}")
    told, token = [], ""
    while True:
        page = desk.listed(desk.known, page_size=page_size, page_token=token)
        assert len(page.items) + len(page.checks) <= page_size
        told += [one.partner_reference for one in page.items] + [one.caller_reference for one in page.checks]
        token = page.next_page_token
        if not token:
            break
    assert told == ["p3", "p4", "p9", "r0", "r1", "r2"]


def test_a_listing_says_whether_it_is_complete(desk: Desk) -> None:
    """It may grow while the entry stands, and for 30 s after its retraction; then it is said to be complete."""

    def told() -> tuple[bool, int]:
        page = desk.listed(desk.known)
        return page.may_grow, page.checks_complete_time.ToMicroseconds()

    assert told() == (True, 0)
    done(desk.store, decide(ChangeKind.RETRACTION_REQUESTED, desk.known, "cleo"))
    assert told() == (True, 0)
    done(desk.store, decide(ChangeKind.RETRACTION_CONFIRMED, desk.known, "dan"))
    with desk.store.snapshot() as snapshot:
        (change,), _ = snapshot.pages.history(desk.known, 0, 1)
    complete_us = change.time_us + LATE_US
    desk.house.clock.at_us = complete_us - 1
    assert told() == (True, complete_us)
    desk.house.clock.at_us = complete_us
    assert told() == (False, complete_us)


def test_an_entry_that_nobody_knows_is_not_found(desk: Desk) -> None:
    """A mistyped id is NOT_FOUND; one that only a journal knows, as after a restore, is listed."""
    with pytest.raises(NotFound, match="UNKNOWN_ENTRY"):
        desk.listed(B)
    with pytest.raises(InvalidArgument, match="BAD_ID"):
        desk.affected.page(pb.ListAffectedRequest(entry_id="xyz"), call("ListAffected", ""))
    desk.house.append(Hit(0, KNOWN, B), worker=1)
    assert len(desk.listed(B).checks) == 1


def test_damage_is_told_in_the_answer_the_log_and_the_metrics(desk: Desk) -> None:
    """A damaged file is counted in every answer, and named in the log once, as it is called."""
    for number in range(3):
        desk.check(1, f"canary-{number}")
    path = only_file(desk.house)
    content = bytearray(path.read_bytes())
    content[len(FILE_HEADER) + 20] ^= 1
    path.write_bytes(content)
    for _ in range(2):
        answer = desk.listed(desk.known)
        assert (answer.damaged_file_count, len(answer.checks)) == (1, 0)
        assert desk.listed(B).damaged_file_count == 1
    assert desk.house.lines.text.count(b"journal found damaged") == 1
    assert path.name.encode() in desk.house.lines.text
    assert b"canary" not in desk.house.lines.text
    assert "hashsvc_damage_total 4.0" in generate_latest(desk.house.metrics.registry).decode()


def test_what_was_journaled_is_counted(desk: Desk) -> None:
    """The metric counts answers with hits, at each sync."""
    desk.check(1)
    desk.check(3)
    desk.batch([1, 1, 1])
    desk.house.workers[0].sync()
    assert "hashsvc_journaled_answers_total 2.0" in generate_latest(desk.house.metrics.registry).decode()


def test_the_largest_answer_fits_a_record() -> None:
    """10,000 items with all the evidence that an answer lists are less than a record may be."""
    assert JOURNAL_RECORD_BYTES_MAX > 32_000 * 16 + 10_000 * 12 + 4 * (128 + 64) + 64
