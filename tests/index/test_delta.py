"""The delta: views see a sequence and never change; appending and reading go on at the same time."""

from __future__ import annotations

import threading

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.errors import InvariantError
from hashsvc.index import Delta, maybe_listed, reference, search_near
from hashsvc.index.kinds import KINDS
from tests.index import data


@pytest.mark.parametrize("kind", KINDS)
def test_views_by_sequence(kind: str) -> None:
    """A view up to a sequence sees exactly the rows up to it, also after the delta has grown a hundredfold."""
    delta = Delta()
    codes, refs = data.uniform(kind, 1000), data.references(1000)
    sequences = np.repeat(np.arange(500), 2)
    delta.append_near(kind, codes[:9], refs[:9], sequences[:9])
    early = delta.view(3)
    assert early.near_count(kind) == 8
    delta.append_near(kind, codes[9:], refs[9:], sequences[9:])
    for view, count in ((early, 8), (delta.view(-1), 0), (delta.view(250), 502), (delta.view(9999), 1000)):
        assert view.near_count(kind) == count
        hits = search_near([], view, kind, codes, 0)
        data.assert_found(hits, reference.search(kind, codes[:count], refs[:count], codes, 0))


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 40)), max_size=20))
def test_any_appends(steps: list[tuple[int, int]]) -> None:
    """However rows arrive, views count the rows up to their sequence, of each kind by itself."""
    delta, sequence, present = Delta(), 0, []
    for step, count in steps:
        sequence += step
        codes = data.uniform("phash64", count, sequence)
        delta.append_near("phash64", codes, np.arange(count, dtype=np.uint64), np.full(count, sequence))
        delta.append_exact(codes[:, 0], np.full(count, sequence))
        present += [sequence] * count
    for up_to in range(-1, sequence + 2):
        view = delta.view(up_to)
        assert view.near_count("phash64") == view.exact_count == sum(own <= up_to for own in present)
        assert view.near_count("pdq") == 0


def test_the_same_view_again() -> None:
    """Asking twice while nothing was added gives the same view: an idle delta costs a check nothing."""
    delta = Delta()
    delta.append_near("pdq", data.uniform("pdq", 5), data.references(5), np.arange(5))
    assert delta.view(3) is delta.view(3)
    assert delta.view(4) is not delta.view(3)


def test_the_log_has_an_order() -> None:
    """Rows below the last sequence are refused, and so are rows without their refs or sequences."""
    delta = Delta()
    codes = data.uniform("pdq", 2)
    delta.append_near("pdq", codes, data.references(2), np.array([5, 6]))
    for refs, sequences in (
        (data.references(2), np.array([4, 7])),
        (data.references(2), np.array([8, 7])),
        (data.references(1), np.array([8, 9])),
        (data.references(2), np.array([8])),
    ):
        with pytest.raises(InvariantError):
            delta.append_near("pdq", codes, refs, sequences)
    assert delta.view(100).near_count("pdq") == 2


def test_keys_survive_growth() -> None:
    """The bitmap of the delta grows with its keys and never forgets one."""
    delta = Delta()
    hashes = np.random.default_rng(1).integers(0, 2**63, 60_000).astype(np.uint64) * np.uint64(2)
    for begin in range(0, len(hashes), 999):
        part = hashes[begin : begin + 999]
        delta.append_exact(part, np.full(len(part), begin))
        assert maybe_listed([], delta.view(begin), hashes[: begin + len(part)]).all()
    others = np.random.default_rng(2).integers(0, 2**63, 10_000).astype(np.uint64) * np.uint64(2)
    assert maybe_listed([], delta.view(10**9), others).mean() < 0.03


def test_readers_beside_the_appender() -> None:
    """While rows are appended, readers see every row up to their sequence, whole."""
    codes, refs = data.uniform("pdq", 4000), data.references(4000)
    delta = Delta()
    done = threading.Event()
    failures: list[str] = []

    def read() -> None:
        while not done.is_set():
            view = delta.view(10**9)
            count, keys = view.near_count("pdq"), view.exact_count
            if not maybe_listed([], view, refs[:keys]).all():
                failures.append("a key is missing")
            if count:
                hits = search_near([], view, "pdq", codes[count - 1 : count], 0)
                if hits.ref.tolist() != [int(refs[count - 1])]:
                    failures.append(f"row {count - 1} is missing")

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for begin in range(0, 4000, 10):
        end = begin + 10
        delta.append_near("pdq", codes[begin:end], refs[begin:end], np.arange(begin, end))
        delta.append_exact(refs[begin:end], np.arange(begin, end))
    done.set()
    for reader in readers:
        reader.join()
    assert not failures
