"""One real service with two workers for all tests of this folder, and clients that speak to a worker each."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hashsvc.client import HashsvcClient
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from tests.e2e.service import Service

Clients = list[HashsvcClient]


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service on a list of its own; it must end cleanly, and must not have met anything unexpected."""
    directory = tmp_path_factory.mktemp("service")
    ListStore.create(directory / "data", clock=SystemClock())
    service = Service(directory / "data", directory / "log")
    try:
        yield service
        assert service.stop() == 0
        assert [event for event in service.events() if event["event"] in ("call broke", "promise broken")] == []
    finally:
        service.kill_all()


@pytest.fixture(scope="session")
def clients(service: Service) -> Iterator[Clients]:
    """Ann's clients of worker 0 and of worker 1."""
    pair = service.clients("ann")
    yield pair
    for client in pair:
        client.close()


_NUMBERS = itertools.count(1_000, 1_000)


@pytest.fixture
def n() -> int:
    """A number whose thousand contents no other test uses."""
    return next(_NUMBERS)


@pytest.fixture
def new_service(tmp_path: Path) -> Iterator[Callable[..., Service]]:
    """Start services of one's own, on a new list each unless one is named."""
    started: list[Service] = []

    def start(*settings: str, data: Path | None = None) -> Service:
        if data is None:
            data = tmp_path / f"data{len(started)}"
            ListStore.create(data, clock=SystemClock())
        started.append(Service(data, tmp_path / f"log{len(started)}", *settings))
        return started[-1]

    yield start
    for service in started:
        service.kill_all()
