"""`hashsvc health`: what a server says of itself, and the exit status that a script goes by."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc
import pytest
from grpc_health.v1 import health_pb2_grpc

from hashsvc.client.health import SERVICES
from hashsvc.server.wire.health import Health
from hashsvc.server.wire.methods import SERVICES as SERVED
from tests.cli.conftest import Run
from tests.cli.real import serving

NOWHERE = "127.0.0.1:1"


@pytest.fixture
def health() -> Iterator[tuple[Health, str]]:
    """A server that answers nothing but health, NOT_SERVING at first; and its address."""
    told = Health({one.descriptor.full_name: one.stops_read_only for one in SERVED.values()})
    server = grpc.server(futures.ThreadPoolExecutor(2))
    health_pb2_grpc.add_HealthServicer_to_server(told.servicer, server)
    address = f"127.0.0.1:{server.add_insecure_port('127.0.0.1:0')}"
    server.start()
    yield told, address
    server.stop(None).wait()


def states(lines: list[dict[str, Any]]) -> dict[str, str]:
    return {line["service"]: line["state"] for line in lines}


def test_every_service_that_is_served_is_asked() -> None:
    """The client asks for exactly the services that a worker serves."""
    assert set(SERVICES) == {one.descriptor.full_name for one in SERVED.values()}


def test_a_service_that_serves_says_so(run: Run, tmp_path: Path) -> None:
    """Of a service that answers checks every line is SERVING, and the status is 0."""
    with serving(tmp_path / "list") as address:
        ran = run("health", server=address)
    assert (ran.exit_code, set(states(ran.lines).values())) == (0, {"SERVING"})
    assert set(states(ran.lines)) == {"overall", *SERVICES}


def test_one_that_cannot_answer_checks_is_a_failure(run: Run, health: tuple[Health, str]) -> None:
    """A server that is there and answers no checks: status 1, and its states are told all the same."""
    ran = run("health", server=health[1])
    assert (ran.exit_code, set(states(ran.lines).values())) == (1, {"NOT_SERVING"})
    assert "cannot answer checks" in ran.stderr


def test_read_only_mode_is_no_failure_of_checks(run: Run, health: tuple[Health, str]) -> None:
    """While writes wait the status is 0, and the services that write are named."""
    health[0].update(readable=True, warm=True, read_only=True)
    ran = run("health", server=health[1])
    assert ran.exit_code == 0
    stopped = {name for name, state in states(ran.lines).items() if state == "NOT_SERVING"}
    assert stopped == {one.descriptor.full_name for one in SERVED.values() if one.stops_read_only}


def test_nobody_there_is_status_3(run: Run) -> None:
    """Where nobody listens the status is 3, at once, and after --wait as well."""
    for wait in ((), ("--wait", "0.3")):
        ran = run("health", *wait, server=NOWHERE)
        assert (ran.exit_code, ran.stdout) == (3, "")
        assert "cannot be reached" in ran.stderr


def test_wait_ends_when_the_server_serves(run: Run, health: tuple[Health, str]) -> None:
    """--wait asks again until checks are answered."""
    later = threading.Timer(0.5, lambda: health[0].update(readable=True, warm=True))
    later.start()
    ran = run("health", "--wait", "30", server=health[1])
    later.join()
    assert (ran.exit_code, states(ran.lines)["overall"]) == (0, "SERVING")
