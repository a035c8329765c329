"""Health, reflection, draining, and what a server says when it cannot answer."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from hashsvc.errors import DamagedData, InvariantError
from hashsvc.server.wire.methods import SERVICES
from hashsvc.v1 import check_service_pb2 as check_pb
from hashsvc.v1 import entry_service_pb2
from tests.server.fakes import ACTOR, ENTRY_ID, FakeStore, Served, fails, serve, sha256_signal

SERVING = health_pb2.HealthCheckResponse.SERVING
NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


def health(served: Served) -> dict[str, int]:
    """Ask the health of everything, without a deadline."""
    stub: Any = health_pb2_grpc.HealthStub(served.channel)
    names = ["", *(service.descriptor.full_name.removeprefix("hashsvc.v1.") for service in SERVICES.values())]
    return {
        name: stub.Check(health_pb2.HealthCheckRequest(service=f"hashsvc.v1.{name}" if name else "")).status
        for name in names
    }


def test_health_needs_no_deadline_and_knows_every_service(served: Served) -> None:
    """Overall health and each service's are SERVING when the list can be read and the kernels are warm."""
    assert set(health(served).values()) == {SERVING}


def test_nothing_serves_before_the_kernels_are_warm(served: Served) -> None:
    """Cold kernels or an unreadable list make everything NOT_SERVING."""
    served.app.health.update(warm=False)
    assert set(health(served).values()) == {NOT_SERVING}
    served.app.health.update(warm=True, readable=False)
    assert set(health(served).values()) == {NOT_SERVING}


def test_in_read_only_mode_only_writing_services_stop(served: Served) -> None:
    """After a failed commit writes are UNAVAILABLE LIST_READ_ONLY with RetryInfo, and checks go on."""
    served.read_only.set()
    served.app.health.update(read_only=True)
    state = health(served)
    assert {name for name, one in state.items() if one == NOT_SERVING} == {"EntryService", "ImportService"}
    with fails() as failure:
        served.call(
            "EntryService/ConfirmEntry",
            entry_service_pb2.ConfirmEntryRequest(request_id="1", entry_id=ENTRY_ID.hex()),
            entry_service_pb2.ConfirmEntryResponse,
            metadata=ACTOR,
        )
    assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.UNAVAILABLE, "LIST_READ_ONLY")
    assert failure[0].retry_ms > 0
    assert served.check(sha256_signal()).verdict == check_pb.VERDICT_NEW


def test_a_damaged_list_answers_nothing(served: Served) -> None:
    """Once a scrub found damage, every call is DATA_LOSS LIST_DAMAGED: never a NEW from a list that lies."""
    served.app.around.close_with("LIST_DAMAGED")
    with fails() as failure:
        served.check(sha256_signal())
    assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.DATA_LOSS, "LIST_DAMAGED")
    served.app.around.close_with("")
    assert served.check(sha256_signal()).verdict == check_pb.VERDICT_NEW


def test_a_damaged_record_is_data_loss(store: FakeStore) -> None:
    """A check that meets a damaged record says so; it does not answer NEW."""
    store.snapshot_raises = DamagedData("DAMAGED_VIEW", "the index names a signal that its entry does not hold")
    with serve(store) as served:
        with fails() as failure:
            served.check(sha256_signal())
        assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.DATA_LOSS, "DAMAGED_VIEW")
        assert any(line["event"] == "damaged data met" for line in served.log_lines())


def test_a_broken_promise_stops_the_process(store: FakeStore) -> None:
    """An InvariantError is INTERNAL for the caller and fatal for the worker."""
    store.snapshot_raises = InvariantError("x")
    with serve(store) as served:
        with fails() as failure:
            served.check(sha256_signal())
        assert failure[0].code == grpc.StatusCode.INTERNAL
        assert [type(error) for error in served.fatal] == [InvariantError]


def test_reflection_lists_every_service_and_starves_nobody(served: Served) -> None:
    """Reflection names our services; more idle streams than it has threads leave checks alone."""
    stub: Any = reflection_pb2_grpc.ServerReflectionStub(served.channel)
    request = reflection_pb2.ServerReflectionRequest(list_services="")
    [answer] = list(stub.ServerReflectionInfo(iter([request])))
    names = {service.name for service in answer.list_services_response.service}
    assert {service.descriptor.full_name for service in SERVICES.values()} <= names
    assert "grpc.health.v1.Health" in names

    def idle() -> object:
        while True:
            yield served.store.go_on.wait(10) and request

    streams = [stub.ServerReflectionInfo(idle()) for _ in range(20)]
    assert served.check(sha256_signal()).verdict == check_pb.VERDICT_NEW
    for stream in streams:
        stream.cancel()


def test_every_rpc_of_the_protos_is_served(served: Served) -> None:
    """No method of a service is left without an answer."""
    declared = {
        f"/{service.descriptor.full_name}/{method.name}"
        for service in SERVICES.values()
        for method in service.descriptor.methods
    }
    assert set(served.app.paths) == declared


def test_an_unknown_method_is_unimplemented(served: Served) -> None:
    """What is not served is UNIMPLEMENTED, gRPC's own answer."""
    with fails() as failure:
        served.call("CheckService/Guess", b"", check_pb.CheckResponse)
    assert failure[0].code == grpc.StatusCode.UNIMPLEMENTED


def test_draining_finishes_calls_in_flight(store: FakeStore) -> None:
    """A server that stops answers what it has taken, and takes no more."""
    store.slow = True
    with serve(store) as served, ThreadPoolExecutor(1) as callers:
        request = check_pb.BatchCheckRequest(item_count=1, sha256=b"\x17" * 32)
        call = callers.submit(served.call, "CheckService/BatchCheck", request, check_pb.BatchCheckResponse, timeout=10)
        assert store.searching.acquire(timeout=10)
        stopped = served.app.server.stop(10)
        with fails() as failure:
            served.check(sha256_signal(), timeout=2)
        # gRPC cancels a call that arrives in the very instant; docs/api.md says to ask again then, too.
        assert failure[0].code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.CANCELLED)
        store.go_on.set()
        assert call.result(10).item_count == 1
        assert stopped.wait(10)
