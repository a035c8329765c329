"""A fake server for each test of the client."""

from collections.abc import Iterator

import pytest

from hashsvc.client import HashsvcClient
from hashsvc.clock import SeededClock
from tests.client.fake import Fake


@pytest.fixture
def fake() -> Iterator[Fake]:
    server = Fake(worker=3)
    yield server
    server.stop()


@pytest.fixture
def client(fake: Fake) -> Iterator[HashsvcClient]:
    with HashsvcClient(fake.address, actor="ann", clock=SeededClock(1)) as made:
        yield made
