"""The service's processes: drain, restart, read-only mode on a full disk, damage that a scrub finds."""

from __future__ import annotations

import hashlib
import os
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import grpc
import pytest

from hashsvc.client import HashsvcClient, ServerError, Verdict, batches, checks, entries
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore, manifest
from hashsvc.hashlist.rebuild import rebuild
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import import_service_pb2 as import_pb
from tests.e2e.disks import small_disk
from tests.e2e.service import Service
from tests.e2e.wire import Wire, content
from tests.hashlist.lists import assert_verifies, confirmed_batch, md5_of, new_list, pdq_of, signals_of

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]

NewService = Callable[..., Service]


def eventually(what: Callable[[], bool], timeout_s: float = 60) -> None:
    until = time.monotonic() + timeout_s
    while not what():
        assert time.monotonic() < until, "it did not come to pass"
        time.sleep(0.1)


def test_a_drain_finishes_what_is_in_flight(new_service: NewService) -> None:
    """On SIGTERM calls in flight are answered, later ones refused as UNAVAILABLE, and every process exits 0."""
    service = new_service()
    pair = service.clients("ann", timeout_s=20)
    batch_id = pair[0].create_batch(bytes(31) + b"\1", "org").batch.batch_id
    pair[0].import_entries(batch_id, [content(i, "") for i in range(1_000)])
    queries = b"".join(pdq_of(i) for i in range(10_000))
    request = check_pb.BatchCheckRequest(item_count=10_000, pdq=queries, effort=2)  # type: ignore[arg-type]
    calls: list[tuple[float, float, ServerError | None]] = []
    begun: list[float] = []

    def ask(wire: Wire) -> None:
        error = None
        while error is None:
            started = time.monotonic()
            begun.append(started)
            _, error = wire.send("BatchCheck", request, timeout_s=25)
            calls.append((started, time.monotonic(), error))

    threads = [threading.Thread(target=ask, args=(Wire(service.address),)) for _ in range(2)]
    for thread in threads:
        thread.start()
    while len(calls) < 2:
        time.sleep(0.01)
    count = len(begun)
    while len(begun) == count:
        time.sleep(0.0005)
    took = min(ended - started for started, ended, _ in calls)
    time.sleep(took / 4)  # however busy the machine is: this one has arrived and is not done

    told = time.monotonic()
    code = service.stop()

    for thread in threads:
        thread.join()
    assert code == 0
    in_flight = [error for started, ended, error in calls if started < told - took / 5 and ended > told]
    assert in_flight
    assert set(in_flight) == {None}
    later = {error.code for _, _, error in calls if error is not None}
    assert later <= {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED}  # the latter in the instant of the signal
    exits = [event["exit_code"] for event in service.events() if event["event"] == "process stopped"]
    assert exits == [0, 0, 0]
    assert service.processes() == {}
    assert service.told() == {}


def test_a_client_never_notices_a_restart_of_the_whole_service(new_service: NewService, tmp_path: Path) -> None:
    """While one service drains and the next one starts on its port, each call of a client is answered, and once."""
    service = new_service()
    errors: list[ServerError] = []
    written: list[int] = []
    stop = threading.Event()

    def work(number: int) -> None:
        n = number * 100_000
        with HashsvcClient(service.address, "ann", timeout_s=25) as client:
            try:
                while not stop.is_set():
                    assert client.check(signals_of(n)).verdict is Verdict.NEW
                    if number >= 2:
                        continue  # most only check, as fast as they can
                    client.propose(content(n))
                    assert client.check(signals_of(n)).verdict is Verdict.PENDING
                    written.append(n)
                    n += 1
            except ServerError as error:
                errors.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for _ in range(3):
        time.sleep(0.5)
        assert service.stop() == 0
        next_one = Service(service.data, tmp_path / "next", listen=service.address)
        service.process = next_one.process
    time.sleep(0.5)
    stop.set()
    for thread in threads:
        thread.join()
    assert errors == []
    with HashsvcClient(service.address) as client:
        assert client.stats().entry_count == len(written) > 20
    assert service.stop() == 0


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that tests hurt one after the other; in the end it must stop cleanly."""
    folder = tmp_path_factory.mktemp("shared")
    ListStore.create(folder / "data", clock=SystemClock())
    service = Service(folder / "data", folder / "log")
    try:
        yield service
        assert service.stop() == 0
    finally:
        service.kill_all()


def test_a_killed_worker_is_restarted_and_answers(shared: Service) -> None:
    """A worker that is killed comes back under its number; meanwhile the other one answers, and nothing is lost."""
    pair = shared.clients("ann")
    entry_id = pair[1].propose(content(1)).entry.entry_id
    before = shared.processes()

    os.kill(before["1"], signal.SIGKILL)

    pair[0].acting_as("bob").confirm(entry_id)
    assert pair[0].check(signals_of(1)).verdict is Verdict.KNOWN
    after = shared.wait_workers(before["1"])
    assert after["0"] == before["0"]
    again = shared.clients("ann")
    result = again[1].check(signals_of(1))
    assert (result.verdict, result.worker) == (Verdict.KNOWN, 1)


def test_the_keeper_is_restarted_and_checks_do_not_need_it(shared: Service) -> None:
    """Without a keeper checks and writes go on; it comes back."""
    keeper = shared.processes()["keeper"]
    os.kill(keeper, signal.SIGKILL)
    with HashsvcClient(shared.address, "ann") as client:
        client.propose(content(2))
        assert client.check(signals_of(2)).verdict is Verdict.PENDING
    eventually(lambda: shared.processes().get("keeper", keeper) != keeper)


def test_a_second_supervisor_of_the_same_list_is_refused(shared: Service, tmp_path: Path) -> None:
    """Two services never serve one list: the second is refused with a reason and the first goes on."""
    with HashsvcClient(shared.address) as client:
        before = client.stats().entry_count
        with pytest.raises(AssertionError, match="ALREADY_SERVING"):
            Service(shared.data, tmp_path / "second")
        assert client.stats().entry_count == before


# ---------------------------------------------------------------- a full disk


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of 12 MB of its own."""
    with small_disk(tmp_path / "disk", "12m") as path:
        yield path


def fill_disk(path: Path, leave_bytes: int) -> Path:
    """Write a file that leaves so many bytes of the disk."""
    ballast = path / "ballast"
    free = os.statvfs(path).f_bavail * os.statvfs(path).f_frsize
    ballast.write_bytes(bytes(max(0, free - leave_bytes)))
    return ballast


@pytest.mark.parametrize("how", ["entries", "imports"])
def test_a_full_disk_makes_the_list_read_only_until_there_is_room(
    new_service: NewService, disk: Path, how: str
) -> None:
    """A commit that fails loses nothing acknowledged; checks go on, writes wait and resume by themselves."""
    data = disk / "data"
    ListStore.create(data, clock=SystemClock())
    service = new_service(data=data)
    # A connection lives as long as its worker, so each question is asked over a new one.
    with HashsvcClient(service.address, "ann") as client:
        client.acting_as("bob").confirm(client.propose(content(1)).entry.entry_id)
    ballast = fill_disk(disk, 48 * 1024)

    acknowledged, refused = write_until_refused(service, how)

    assert refused.code is grpc.StatusCode.UNAVAILABLE
    assert refused.reason in ("COMMIT_FAILED", "LIST_READ_ONLY")
    service.wait_workers()
    with HashsvcClient(service.address, "ann", timeout_s=20) as client:
        assert client.check(signals_of(1)).verdict is Verdict.KNOWN
        for n in acknowledged:
            assert client.check(signals_of(n)).verdict is Verdict.PENDING
    wire = Wire(service.address)
    another = entries.propose(content(9_000), request_id="another").request
    assert wire.refused("ProposeEntry", another) == ("UNAVAILABLE", "LIST_READ_ONLY", "")
    eventually(lambda: wire.health("EntryService") == "NOT_SERVING", 10)
    assert (wire.health("ImportService"), wire.health("CheckService")) == ("NOT_SERVING", "SERVING")

    ballast.unlink()

    eventually(lambda: wire.health("EntryService") == "SERVING", 120)
    wire.close()
    with HashsvcClient(service.address, "ann", timeout_s=20) as client:
        client.propose(content(9_001))
        assert client.check(signals_of(9_001)).verdict is Verdict.PENDING
    assert service.stop() == 0
    store = ListStore.open(data, clock=SystemClock())
    assert_verifies(store)
    store.close()


def write_until_refused(service: Service, how: str) -> tuple[list[int], ServerError]:
    """Write one after the other until one is refused, without retries. Returns what was acknowledged."""
    acknowledged: list[int] = []
    wire = Wire(service.address)
    batch_id = ""
    for n in range(10, 8_000):
        if how == "entries":
            name, request = "ProposeEntry", entries.propose(content(n), request_id=f"{n}").request
            last = n
        elif not batch_id:
            create = batches.create_batch(hashlib.sha256(b"x").digest(), "org", request_id="create").request
            data, error = wire.send("CreateBatch", create, timeout_s=25)
            if error is not None:
                return acknowledged, error
            batch_id = import_pb.CreateBatchResponse.FromString(data).batch.batch_id
            continue
        else:
            contents = [content(n * 1_000 + i, "") for i in range(500)]
            name, request = "ImportEntries", batches.import_entries(batch_id, contents, request_id=f"{n}").request
            last = n * 1_000 + 499
        _, error = wire.send(name, request, timeout_s=25)
        if error is not None:
            wire.close()
            return acknowledged, error
        acknowledged.append(last)
    raise AssertionError("the disk never filled")


# ---------------------------------------------------------------- damage


def listed(path: Path) -> None:
    """A list with a segment of 300 confirmed entries."""
    store = new_list(path)
    confirmed_batch(store, range(300))
    store.close()


def test_a_lost_segment_is_told_and_never_answered_as_new(new_service: NewService, tmp_path: Path) -> None:
    """With a segment file gone, health turns NOT_SERVING and checks are refused: nothing is NEW."""
    listed(tmp_path / "data")
    for path in manifest.segments_dir(tmp_path / "data").iterdir():
        path.unlink()
    service = new_service(data=tmp_path / "data")
    wire = Wire(service.address)
    eventually(lambda: wire.health("") == "NOT_SERVING", 20)
    assert wire.health("CheckService") == "NOT_SERVING"
    told = (
        ("UNAVAILABLE", "SEGMENT_MISSING", ""),
        ("DATA_LOSS", "LIST_DAMAGED", ""),
    )  # by a check; once the keeper saw it
    for signals in (signals_of(7)[2:], signals_of(100_000)[2:]):
        assert wire.refused("Check", checks.check(signals).request) in told
    bulk = check_pb.BatchCheckRequest(item_count=1, md5=md5_of(7))
    assert wire.refused("BatchCheck", bulk) in told
    wire.close()
    service.stop()


def test_damage_that_a_scrub_finds_stops_all_answers_until_a_rebuild(new_service: NewService, tmp_path: Path) -> None:
    """A view that rots silently is found by the scrub; then nothing is answered until it was rebuilt and verified."""
    data = tmp_path / "data"
    listed(data)
    store = ListStore.open(data, clock=SystemClock())
    env = store.environment
    with env.write() as txn:  # the list forgets a digest: LMDB itself is content with that
        txn.delete(b"\1" + md5_of(7), db=env.tables["exact"])
    store.close()
    service = new_service("scrub_interval_hours=0.0005", data=data)
    eventually((data / "damaged.json").exists, 60)
    wire = Wire(service.address)
    eventually(lambda: wire.health("CheckService") == "NOT_SERVING", 20)
    with HashsvcClient(service.address, "ann", timeout_s=20) as client:
        asks = (lambda: client.check(signals_of(7)), client.stats, lambda: client.propose(content(100_000)))
        eventually(lambda: refusal(asks[0]) is not None, 5)  # this worker may look a second later than the other
        assert [refusal(ask) for ask in asks] == [("DATA_LOSS", "LIST_DAMAGED")] * 3
    wire.close()
    assert service.stop() == 0

    rebuild(data, SystemClock())

    service = new_service(data=data)
    eventually(lambda: not (data / "damaged.json").exists(), 60)
    for _ in range(6):  # over new connections, so that both workers are met
        with HashsvcClient(service.address, timeout_s=5) as client:
            eventually(lambda client=client: knows(client, 7), 20)  # type: ignore[misc]
    assert service.stop() == 0


def refusal(ask: Callable[[], object]) -> tuple[str, str] | None:
    """What a call is refused with, if it is."""
    try:
        ask()
    except ServerError as error:
        return error.code.name, error.reason
    return None


def knows(client: HashsvcClient, n: int) -> bool:
    """Whether content n's MD5 is KNOWN; a refusal is no answer, NEW is wrong."""
    try:
        verdict = client.check(signals_of(n)[:1]).verdict
    except ServerError:
        return False
    assert verdict is Verdict.KNOWN
    return True
