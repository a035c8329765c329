"""A fresh fake store, and a server over it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.server.fakes import FakeStore, Served, serve


@pytest.fixture
def store() -> FakeStore:
    return FakeStore()


@pytest.fixture
def served(store: FakeStore) -> Iterator[Served]:
    with serve(store) as one:
        yield one
