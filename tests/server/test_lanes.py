"""Each kind of call has threads of its own: checks never wait behind bulk, pages or writes."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc

from hashsvc import limits
from hashsvc.server.wire.lanes import Lane
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import entry_service_pb2, import_service_pb2
from tests.server.fakes import ACTOR, ENTRY_ID, FakeStore, Served, fails, serve, sha256_signal, wait_until


def bulk(served: Served, timeout: float = 10) -> Any:
    request = check_pb.BatchCheckRequest(item_count=1, sha256=b"\x17" * 32)
    return served.call("CheckService/BatchCheck", request, check_pb.BatchCheckResponse, timeout=timeout)


def test_two_bulk_calls_run_four_wait_the_rest_come_back_later(store: FakeStore) -> None:
    """Past two running and four waiting, a bulk call gets RESOURCE_EXHAUSTED with RetryInfo; checks are answered."""
    store.slow = True
    with serve(store) as served, ThreadPoolExecutor(8) as callers:
        calls = [callers.submit(bulk, served) for _ in range(6)]
        for _ in range(2):
            assert store.searching.acquire(timeout=10)
        wait_until(lambda: served.app.lanes.bulk.call_count == 6)
        with fails() as failure:
            bulk(served)
        assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "TOO_MANY_BULK_CALLS")
        assert failure[0].retry_ms > 0
        assert served.check(sha256_signal()).verdict == check_pb.VERDICT_NEW
        store.go_on.set()
        assert [call.result(10).item_count for call in calls] == [1] * 6
        wait_until(lambda: served.app.lanes.bulk.call_count == 0)
        assert bulk(served).item_count == 1


def test_an_import_takes_no_place_of_bulk_checks(store: FakeStore) -> None:
    """Imports that wait for their commits hold places of their own: a BatchCheck is begun beside them."""
    store.slow = True
    places = limits.IMPORT_RUNNING_MAX + limits.IMPORT_WAITING_MAX
    request = import_service_pb2.ImportEntriesRequest(request_id="1", batch_id=ENTRY_ID.hex())
    request.entries.add(content_id="a").signals.append(sha256_signal())

    def load(served: Served) -> Any:
        response = import_service_pb2.ImportEntriesResponse
        return served.call("ImportService/ImportEntries", request, response, metadata=ACTOR, timeout=10)

    with serve(store) as served, ThreadPoolExecutor(places + 1) as callers:
        calls = [callers.submit(load, served) for _ in range(places)]
        assert store.searching.acquire(timeout=10), "the first one is being written"
        wait_until(lambda: served.app.lanes.imports.call_count == places)
        check = callers.submit(bulk, served)
        assert store.searching.acquire(timeout=10)
        with fails() as failure:
            load(served)
        assert failure[0].reason == "TOO_MANY_BULK_CALLS"
        store.go_on.set()
        assert check.result(10).item_count == 1
        for call in calls:
            call.result(10)


def test_a_bulk_call_that_waited_past_its_deadline_is_not_begun(store: FakeStore) -> None:
    """Waiting counts against the deadline, and what nobody waits for any more is dropped."""
    store.slow = True
    with serve(store, bulk_running_max=1) as served, ThreadPoolExecutor(2) as callers:
        first = callers.submit(bulk, served)
        assert store.searching.acquire(timeout=10)
        with fails() as failure:
            bulk(served, timeout=0.2)
        assert failure[0].code == grpc.StatusCode.DEADLINE_EXCEEDED
        store.go_on.set()
        first.result(10)
        wait_until(lambda: served.app.lanes.bulk.call_count == 0)
        assert not store.searching.acquire(timeout=0.1), "the second search was begun"


def test_a_search_past_its_deadline_fails_whole(store: FakeStore) -> None:
    """A bulk call that runs out of time during the search is DEADLINE_EXCEEDED; nothing partial is given."""
    store.slow = True
    with serve(store) as served, ThreadPoolExecutor(1) as callers:
        call = callers.submit(bulk, served, 0.3)
        assert store.searching.acquire(timeout=10)
        error = call.exception(10)
        assert isinstance(error, grpc.RpcError)
        store.go_on.set()
        wait_until(lambda: any(line.get("reason") == "DEADLINE_EXCEEDED" for line in served.log_lines()))


def test_checks_are_answered_while_every_write_waits(store: FakeStore) -> None:
    """Writes that wait for the lock hold no thread of the checks; past their limit, WRITE_QUEUE_FULL."""
    store.slow = True
    request = entry_service_pb2.ConfirmEntryRequest(request_id="1", entry_id=ENTRY_ID.hex())

    def write(served: Served) -> Any:
        return served.call(
            "EntryService/ConfirmEntry",
            request,
            entry_service_pb2.ConfirmEntryResponse,
            metadata=ACTOR,
            timeout=10,
        )

    with serve(store, write_waiting_max=20) as served, ThreadPoolExecutor(20) as callers:
        calls = [callers.submit(write, served) for _ in range(20)]
        wait_until(lambda: served.app.lanes.write.call_count == 20)
        assert served.check(sha256_signal()).verdict == check_pb.VERDICT_NEW
        with fails() as failure:
            write(served)
        assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.RESOURCE_EXHAUSTED, "WRITE_QUEUE_FULL")
        store.go_on.set()
        for call in calls:
            assert call.result(10).entry.entry_id == ENTRY_ID.hex()
    assert len(store.written) == 20
    assert max(store.groups) > 1, "what waits together is committed together"


def test_threads_of_bulk_stand_behind_those_of_checks() -> None:
    """A bulk thread has a higher nice value than the process, its own and nobody else's."""
    own = os.getpriority(os.PRIO_PROCESS, 0)
    lane = Lane("bulk", 1, 0, nice=5)
    found: list[int] = []
    done = threading.Event()
    call = lane.submit(lambda: found.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
    call.add_done_callback(lambda _: done.set())
    assert done.wait(5)
    assert found == [min(19, own + 5)]
    assert os.getpriority(os.PRIO_PROCESS, 0) == own
    lane.shutdown()


def test_a_lane_tells_the_end_of_each_call_once() -> None:
    """Whenever a callback is added, before the call is done or after, it is called once; one that raises counts too."""

    def broken() -> None:
        raise ValueError("the caller was told")

    lane = Lane("check", 3, None)
    told: list[object] = []
    calls = []
    for number in range(300):
        calls.append(lane.submit(broken if number % 3 == 0 else int))
        calls[-1].add_done_callback(told.append)
    wait_until(lambda: len(told) == 300)
    assert {id(call) for call in told} == {id(call) for call in calls}
    assert lane.call_count == 0
    lane.shutdown()
