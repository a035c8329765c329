"""The whole service: a supervisor, two workers and a keeper over one list, spoken to over real connections."""

from __future__ import annotations

import os
import resource
import signal
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc

from hashsvc import config
from hashsvc.clock import SystemClock
from hashsvc.errors import FailedPrecondition, InvalidArgument, NotFound
from hashsvc.hashlist import ListStore
from hashsvc.server.processes import supervisor
from hashsvc.server.processes.markers import Damaged, ReadOnly
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import entry_pb2, entry_service_pb2
from tests.hashlist.policies import apply
from tests.server.fakes import fails, sha256_signal, wait_until
from tests.server.processes import Service, call, connect, is_ours, new_list, service

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]


def check(address: str) -> tuple[int, int, int]:
    """Check the one fingerprint of these tests over a new connection. Returns verdict, sequence, worker."""
    channel = connect(address)
    try:
        request = check_pb.CheckRequest(signals=[sha256_signal()])
        answer, worker = call(channel, "CheckService/Check", request, check_pb.CheckResponse)
    finally:
        channel.close()
    return answer.verdict, answer.position.sequence, worker


def propose(address: str, request_id: str = "p") -> Any:
    channel = connect(address)
    try:
        request = entry_service_pb2.ProposeEntryRequest(
            request_id=request_id, content=entry_pb2.EntryContent(source="us", signals=[sha256_signal()])
        )
        return call(channel, "EntryService/ProposeEntry", request, entry_service_pb2.ProposeEntryResponse, "anna")[0]
    finally:
        channel.close()


def health(address: str, name: str = "") -> int:
    channel = connect(address)
    try:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        state: int = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=5).status
    finally:
        channel.close()
    return state


def on_both_workers(address: str) -> dict[int, tuple[int, int]]:
    """Check over new connections until both workers have answered. Returns verdict and sequence by worker."""
    found: dict[int, tuple[int, int]] = {}

    def asked() -> bool:
        verdict, sequence, worker = check(address)
        found[worker] = (verdict, sequence)
        return len(found) == 2

    wait_until(asked)
    return found


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service with two workers that no test stops: a start costs seconds."""
    with service(new_list(tmp_path_factory.mktemp("shared"))) as one:
        one.wait_serving()
        yield one


def test_only_one_supervisor_serves_a_list(shared: Service) -> None:
    """A second supervisor is refused while the first lives."""
    with pytest.raises(FailedPrecondition) as caught:
        supervisor.run(config.make(data_dir=str(shared.data_dir), listen="127.0.0.1:0"))
    assert caught.value.reason == "ALREADY_SERVING"


def test_pinned_workers_have_a_core_each(shared: Service) -> None:
    """Two workers on two cores are bound to one each."""
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one core")
    cores = [os.sched_getaffinity(process_id) for process_id in shared.worker_ids().values()]
    assert all(len(core) == 1 for core in cores)
    assert cores[0] != cores[1]


def test_a_killed_worker_comes_back(shared: Service) -> None:
    """Kill -9 of a worker costs its connections only: it is started again and its port never closes."""
    address = shared.wait_serving().address
    before = shared.worker_ids()
    os.kill(before[0], signal.SIGKILL)
    wait_until(lambda: shared.worker_ids()[0] != before[0], 60)
    assert set(on_both_workers(address)) == {0, 1}
    assert shared.worker_ids()[1] == before[1]


def test_two_workers_serve_one_list(tmp_path: Path) -> None:
    """A write through one worker is seen by the next check in both; one scrape counts both; a stop is clean."""
    with service(new_list(tmp_path), metrics_listen="127.0.0.1:0") as one:
        serving = one.wait_serving()
        assert set(on_both_workers(serving.address)) == {0, 1}
        for name in ("", "hashsvc.v1.CheckService", "hashsvc.v1.EntryService", "hashsvc.v1.ImportService"):
            assert health(serving.address, name) == health_pb2.HealthCheckResponse.SERVING
        written = propose(serving.address)
        assert set(on_both_workers(serving.address).values()) == {(check_pb.VERDICT_PENDING, written.position.sequence)}
        channel = connect(serving.address)
        confirm = entry_service_pb2.ConfirmEntryRequest(request_id="c", entry_id=written.entry.entry_id)
        call(channel, "EntryService/ConfirmEntry", confirm, entry_service_pb2.ConfirmEntryResponse, "ben")
        channel.close()
        assert {verdict for verdict, _ in on_both_workers(serving.address).values()} == {check_pb.VERDICT_KNOWN}
        url = f"http://{serving.metrics_address}/metrics"
        with urllib.request.urlopen(url, timeout=10) as page:
            metrics = page.read().decode()
        assert 'hashsvc_calls_total{code="OK",method="EntryService.ProposeEntry"} 1.0' in metrics
        assert "hashsvc_workers 2.0" in metrics
        assert one.stop() == 0
        assert {line["exit_code"] for line in one.events("process stopped")} == {0}
        assert one.markers.serving() is None


def test_workers_outlive_their_supervisor_until_another_takes_over(tmp_path: Path) -> None:
    """Kill -9 of the supervisor stops folding, not checks; a new supervisor's workers replace the old ones."""
    data_dir = new_list(tmp_path)
    with service(data_dir) as first:
        serving = first.wait_serving()
        old = list(first.worker_ids().values())
        wait_until(lambda: bool(first.events("keeper started")))  # it starts beside the workers, some log earlier
        [keeper] = [line["process_id"] for line in first.events("keeper started")]
        first.process.kill()
        first.process.wait()
        wait_until(lambda: not is_ours(keeper))
        assert check(serving.address)[0] == check_pb.VERDICT_NEW
        with service(data_dir, listen=serving.address) as second:
            again = second.wait_serving()
            assert again.address == serving.address
            wait_until(lambda: not any(is_ours(process_id) for process_id in old), 30)
            assert set(on_both_workers(serving.address)) == {0, 1}


def test_nothing_is_served_without_a_list_or_off_loopback(tmp_path: Path) -> None:
    """Serve never makes a list, and binds no address that the world can reach."""
    with pytest.raises(NotFound) as missing:
        supervisor.run(config.make(data_dir=str(tmp_path), listen="127.0.0.1:0"))
    assert missing.value.reason == "NO_LIST"
    data_dir = new_list(tmp_path)
    with pytest.raises(InvalidArgument) as unsafe:
        supervisor.run(config.make(data_dir=str(data_dir), listen="0.0.0.0:0"))
    assert unsafe.value.reason == "UNSAFE_LISTEN"
    assert not any(tmp_path.glob("**/metrics"))


def test_an_unreadable_policy_ends_serve_instead_of_restarting_for_ever(tmp_path: Path) -> None:
    """What no restart can mend at the first start is told once, with exit code 1."""
    data_dir = new_list(tmp_path)
    store = ListStore.open(data_dir, clock=SystemClock())
    apply(store, "of a later version", "nonsense = 1\n")
    store.close()
    with service(data_dir) as one:
        assert one.process.wait(60) == 1
        assert {line["reason"] for line in one.events("worker could not start")} == {"POLICY_UNREADABLE"}


def test_read_only_mode_is_left_when_the_tail_verifies(tmp_path: Path) -> None:
    """While the marker stands writes are UNAVAILABLE and checks go on; the keeper clears it, and writes go on."""
    data_dir = new_list(tmp_path)
    one_marker = ReadOnly("a test", "nobody", 1)
    with service(data_dir) as one:
        serving = one.wait_serving()
        one.markers.set_read_only(one_marker)
        with fails() as failure:
            propose(serving.address)
        assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.UNAVAILABLE, "LIST_READ_ONLY")
        assert check(serving.address)[0] == check_pb.VERDICT_NEW
        wait_until(lambda: not one.markers.is_read_only(), 30)
        assert propose(serving.address).position.sequence > 1
        wait_until(lambda: bool(one.events("list recovered, writes go on")))


def test_a_failed_commit_stops_writes_until_the_list_is_verified(tmp_path: Path) -> None:
    """A worker whose disk refuses a write says COMMIT_FAILED, ends with 75 and comes back read-only; then all is well.

    The write is then sent again with the same request id, and is there once.
    """
    with service(new_list(tmp_path), workers=1) as one:
        serving = one.wait_serving()
        worker = one.worker_ids()[0]
        resource.prlimit(worker, resource.RLIMIT_FSIZE, (20_000, 20_000))  # LMDB's writes past this fail
        with fails() as failure:
            propose(serving.address)
        assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.UNAVAILABLE, "COMMIT_FAILED")
        assert failure[0].retry_ms > 0
        wait_until(lambda: one.worker_ids()[0] != worker, 60)
        assert any(line["exit_code"] == 75 for line in one.events("process ended"))
        wait_until(lambda: not one.markers.is_read_only(), 60)
        written = propose(serving.address)
        assert propose(serving.address).position.sequence == written.position.sequence
        assert check(serving.address)[0] == check_pb.VERDICT_PENDING
        assert one.stop() == 0


def test_a_list_found_damaged_is_not_answered_from_until_it_verifies(tmp_path: Path) -> None:
    """A marker of damage refuses every call; the keeper verifies at start and clears it where all is well."""
    data_dir = new_list(tmp_path)
    with service(data_dir, workers=1) as one:
        serving = one.wait_serving()
        one.markers.set_damaged(Damaged(1, 1, ["a test"]))
        wait_until(lambda: health(serving.address) == health_pb2.HealthCheckResponse.NOT_SERVING)
        with fails() as failure:
            check(serving.address)
        assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.DATA_LOSS, "LIST_DAMAGED")
        assert one.stop() == 0
    with service(data_dir, workers=1) as again:
        serving = again.wait_serving()
        wait_until(lambda: not again.markers.is_damaged(), 60)
        wait_until(lambda: health(serving.address) == health_pb2.HealthCheckResponse.SERVING)
        assert check(serving.address)[0] == check_pb.VERDICT_NEW
        wait_until(lambda: bool(again.events("list verified")))


def test_a_stop_by_ctrl_c_drains(tmp_path: Path) -> None:
    """SIGINT to the supervisor is as good as SIGTERM."""
    with service(new_list(tmp_path), workers=1) as one:
        one.wait_serving()
        assert one.stop(signal.SIGINT) == 0


def test_more_workers_than_cores_are_not_pinned(tmp_path: Path) -> None:
    """With more workers than cores nobody is bound to a core, and the log says so."""
    count = len(os.sched_getaffinity(0)) + 1
    with service(new_list(tmp_path), workers=count) as one:
        one.wait_serving()
        assert one.events("workers not pinned: more workers than cores")
        for process_id in one.worker_ids().values():
            assert len(os.sched_getaffinity(process_id)) == count - 1
