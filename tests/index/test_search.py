"""The search finds what `index/reference.py` finds: exactly that, once, in order, whatever the codes are like."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hashsvc import limits
from hashsvc.errors import DamagedData, InvalidArgument, InvariantError
from hashsvc.index import Delta, Segment, jit, kernels, pigeonhole, reference, search_near, warm
from hashsvc.index import search as search_module
from hashsvc.index.kinds import KINDS
from hashsvc.index.sections import HammingSection
from hashsvc.index.tables import Tables
from tests.index import data

TABLED = limits.SEGMENT_TABLE_CODES_MIN
LISTS = {"uniform": data.uniform, "skewed": data.skewed, "near_twins": data.near_twins}


@pytest.fixture(scope="module")
def segments(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], Segment]:
    """A segment with tables of each kind measured in bits and each sort of list."""
    folder = tmp_path_factory.mktemp("segments")
    return {
        (kind, name): data.segment_of(folder / f"{kind}-{name}", 1, data.NO_KEYS, **{kind: make(kind, TABLED + 77)})
        for kind in ("pdq", "phash64")
        for name, make in LISTS.items()
    }


def expect(segment: Segment, kind: str, queries: NDArray[Any], radius: int) -> reference.Found:
    """What the reference finds in a segment."""
    return reference.search(kind, *segment.near_rows(kind), queries, radius)


def force_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make tables the way to search even where a flat scan would be cheaper, so that they are tested."""
    monkeypatch.setattr("hashsvc.index.pigeonhole.flat_cost_ns", lambda count, bits: float("inf"))
    pigeonhole.choose_budgets.cache_clear()


@pytest.fixture(autouse=True)
def _forget_budgets() -> Any:
    yield
    pigeonhole.choose_budgets.cache_clear()


@pytest.mark.parametrize("kind", ["pdq", "phash64"])
@pytest.mark.parametrize("name", LISTS)
@pytest.mark.parametrize("way", ["cheapest", "tables"])
def test_every_radius(
    segments: dict[tuple[str, str], Segment], kind: str, name: str, way: str, monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:  # fmt: skip
    """At every radius that may be asked, all codes within it are found, whether by tables or by reading all."""
    radii = list(range(KINDS[kind].radius_max + 1))
    segment = segments[kind, name]
    if way == "tables":
        force_tables(monkeypatch)
        radii = radii[::1] if kind == "phash64" else [*range(0, 46, 3), 31, 45]
        segment = Segment.open(segment.path)  # one that has not chosen its ways yet
    codes, refs = segment.near_rows(kind)
    generator = np.random.default_rng(5)
    queries = codes[generator.integers(0, len(codes), 3)].copy()
    for row in queries:
        data.flip(row, generator.choice(KINDS[kind].bits, 5, replace=False))
    distances = [reference.distances(kind, codes, query) for query in queries]
    for radius in radii:
        hits = search_near([segment], None, kind, queries, radius)
        for index, row_distances in enumerate(distances):
            rows = np.flatnonzero(row_distances <= radius)
            rows = rows[np.lexsort((refs[rows], row_distances[rows]))]
            own = hits.query == index
            np.testing.assert_array_equal(hits.ref[own], refs[rows])
            np.testing.assert_array_equal(hits.distance[own], row_distances[rows])
        assert (np.diff(hits.query) >= 0).all()


@pytest.mark.parametrize("radius", [0, 1, 20, 31, 45])
def test_planted_neighbours(tmp_path: Path, radius: int) -> None:
    """A neighbour at distance r is found, one at r + 1 is not, however its differences are spread over the chunks."""
    generator = np.random.default_rng(radius)
    queries = data.uniform("pdq", 60, 6)
    planted = np.concatenate([queries, queries])
    for row in range(len(queries)):
        if row % 3 == 0:  # spread evenly: the worst case for the pigeonhole
            order = np.argsort((np.arange(256) * 37) % 256)
            bits = np.sort(order)[np.linspace(0, 255, radius + 1).astype(int)]
        elif row % 3 == 1:  # all in one corner
            start = int(generator.integers(0, 256 - radius - 1))
            bits = np.arange(start, start + radius + 1)
        else:
            bits = generator.choice(256, radius + 1, replace=False)
        data.flip(planted[row], bits[:radius])
        data.flip(planted[len(queries) + row], bits)
    segment = data.segment_of(tmp_path / "s", pdq=np.concatenate([data.uniform("pdq", TABLED), planted]))
    refs = segment.near_rows("pdq")[1]
    hits = search_near([segment], None, "pdq", queries, radius)
    np.testing.assert_array_equal(hits.query, np.arange(len(queries)))
    np.testing.assert_array_equal(hits.ref, refs[TABLED : TABLED + len(queries)])
    assert (hits.distance == radius).all()


def test_worst_spread_for_the_chunks_there_are(segments: dict[tuple[str, str], Segment], tmp_path: Path) -> None:
    """A code that uses up the flip budget of all chunks but one is found by that one."""
    section = segments["pdq", "uniform"].section("pdq")
    assert isinstance(section, HammingSection)
    way = section.way(31)
    assert way is not None
    query = data.uniform("pdq", 1, 8)
    planted = []
    for keeper in range(len(way.steps)):
        row = query[0].copy()
        for number, step in enumerate(way.steps.tolist()):
            budget = step[kernels.BUDGET] + (0 if number == keeper else 1)
            data.flip(row, range(step[kernels.START], step[kernels.START] + budget))
        planted.append(row)
    codes = np.concatenate([data.uniform("pdq", TABLED + 77 - len(planted)), np.array(planted)])
    segment = data.segment_of(tmp_path / "s", pdq=codes)
    hits = search_near([segment], None, "pdq", query, 31)
    assert len(hits) == len(planted)
    assert (hits.distance == 31).all()


@pytest.mark.parametrize("count", [1, 2, 7, 63, 64, 65, 511, 513])
@pytest.mark.parametrize("kind", KINDS)
def test_odd_counts(tmp_path: Path, kind: str, count: int) -> None:
    """Short lists and odd tails are searched like any other; the last row is found too."""
    codes = data.uniform(kind, count)
    segment = data.segment_of(tmp_path / "s", 1, data.NO_KEYS, **{kind: codes})
    hits = search_near([segment], None, kind, codes, 0)
    data.assert_found(hits, expect(segment, kind, codes, 0))
    assert len(hits) == count


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_to_search(tmp_path: Path, kind: str) -> None:
    """No codes, or no queries, is an empty answer, not an error."""
    queries = data.uniform(kind, 2)
    assert len(search_near([], None, kind, queries, 1)) == 0
    assert len(search_near([], Delta().view(9), kind, queries, 1)) == 0
    segment = data.segment_of(tmp_path / "s", 1, data.NO_KEYS, **{kind: queries})
    assert len(search_near([segment], None, kind, queries[:0], 1)) == 0
    other = "phash64" if kind == "pdq" else "pdq"
    assert len(search_near([segment], None, other, data.uniform(other, 2), 1)) == 0


def test_identical_codes(tmp_path: Path) -> None:
    """A list of one code many times answers with all of them, sorted by ref."""
    segment = data.segment_of(tmp_path / "s", pdq=data.identical("pdq", TABLED + 1))
    refs = np.sort(segment.near_rows("pdq")[1])
    query = data.identical("pdq", 3)
    data.flip(query[1], range(31))
    data.flip(query[2], range(32))
    hits = search_near([segment], None, "pdq", query, 31)
    np.testing.assert_array_equal(hits.ref, np.concatenate([refs, refs]))
    np.testing.assert_array_equal(np.unique(hits.query), [0, 1])
    assert set(hits.distance[hits.query == 1].tolist()) == {31}


def test_more_hits_than_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When hits outgrow the buffers, buffers grow and groups of queries are halved; nothing is cut off."""
    monkeypatch.setattr(search_module, "GROUP_HITS", 40_000)
    search_module.SCRATCH.grow(16)
    segment = data.segment_of(tmp_path / "s", pdq=data.skewed("pdq", TABLED))
    queries = segment.near_rows("pdq")[0][::1500].copy()
    hits = search_near([segment], None, "pdq", queries, 20)
    assert len(hits) > 40_000
    data.assert_found(hits, expect(segment, "pdq", queries, 20))


def test_slices_give_the_same(segments: dict[tuple[str, str], Segment], monkeypatch: pytest.MonkeyPatch) -> None:
    """However finely the work is cut, the answer is the same, and the caller is asked between the pieces."""
    segment = segments["pdq", "skewed"]
    queries = segment.near_rows("pdq")[0][::700].copy()
    whole = search_near([segment], None, "pdq", queries, 31)
    monkeypatch.setattr(search_module, "SLICE_NS", 3_000)
    monkeypatch.setattr(search_module, "GROUP_QUERIES", 7)
    calls = []
    cut = search_near([segment], None, "pdq", queries, 31, between_slices=lambda: calls.append(1))
    data.assert_found(cut, (whole.query, whole.ref, whole.distance))
    assert len(calls) > 100


def test_a_deadline_ends_the_search(segments: dict[tuple[str, str], Segment]) -> None:
    """What `between_slices` raises ends the search at once and is what the caller gets; the next search is whole."""
    segment = segments["pdq", "uniform"]
    queries = np.tile(segment.near_rows("pdq")[0][:100], (20, 1))

    def out_of_time() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        search_near([segment], None, "pdq", queries, 31, between_slices=out_of_time)
    assert len(search_near([segment], None, "pdq", queries, 31)) == 2000


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("nearest_max", [0, 1, 3, 1000])
def test_bounded(tmp_path: Path, kind: str, nearest_max: int) -> None:
    """With a bound, exactly the nearest are kept, ties by ref, and the queries that had more are marked."""
    make = data.uniform if kind == "photodna" else data.near_twins
    segment = data.segment_of(tmp_path / "s", 1, data.NO_KEYS, **{kind: make(kind, 3000)})
    far = data.uniform(kind, 1, 99)
    queries = np.concatenate([segment.near_rows(kind)[0][:5], far])
    radius = 1_400_000 if kind == "photodna" else 4
    hits = search_near([segment], None, kind, queries, radius, nearest_max=nearest_max)
    expected, more = reference.truncate(expect(segment, kind, queries, radius), len(queries), nearest_max)
    data.assert_found(hits, expected)
    assert hits.more is not None
    np.testing.assert_array_equal(hits.more, more)


def test_segments_and_delta_are_one_list(tmp_path: Path) -> None:
    """What is spread over segments and delta is found as if it were in one place, up to the view's sequence."""
    first, second = data.uniform("pdq", TABLED, 11), data.skewed("pdq", 300, 12)
    later = data.near_twins("pdq", 40, 3)
    segments = [data.segment_of(tmp_path / "1", pdq=first), data.segment_of(tmp_path / "2", pdq=second)]
    delta = Delta()
    delta_refs = data.references(40, 10**6)
    delta.append_near("pdq", later, delta_refs, np.arange(100, 140))
    codes = np.concatenate([first, second, later[:15]])
    refs = np.concatenate([segments[0].near_rows("pdq")[1], segments[1].near_rows("pdq")[1], delta_refs[:15]])
    queries = np.concatenate([first[:3], second[:3], later[:30]])
    hits = search_near(segments, delta.view(114), "pdq", queries, 31)
    data.assert_found(hits, reference.search("pdq", codes, refs, queries, 31))


def test_photodna_thresholds(tmp_path: Path) -> None:
    """A PhotoDNA neighbour at exactly the radius is found, one a little further is not."""
    codes = data.uniform("photodna", 5000)
    codes[7] = 100
    query = np.full((1, 144), 100, np.uint8)
    query[0, :50] += 7
    segment = data.segment_of(tmp_path / "s", photodna=codes)
    distance = 50 * 49
    assert search_near([segment], None, "photodna", query, distance).distance.tolist() == [distance]
    assert len(search_near([segment], None, "photodna", query, distance - 1)) == 0
    everything = search_near([segment], None, "photodna", query, KINDS["photodna"].radius_max)
    data.assert_found(everything, expect(segment, "photodna", query, KINDS["photodna"].radius_max))
    assert len(everything) == 5000


@settings(max_examples=40)
@given(st.data())
def test_any_small_list(drawn: st.DataObject) -> None:
    """For any small list, query and radius, tables and flat scan find what the reference finds."""
    kind = drawn.draw(st.sampled_from(["pdq", "phash64"]))
    alphabet = st.sampled_from([0, 1, 255, 2**63, 2**64 - 1]) | st.integers(0, 2**64 - 1)
    columns = KINDS[kind].columns
    rows = drawn.draw(st.lists(st.lists(alphabet, min_size=columns, max_size=columns), min_size=1, max_size=30))
    codes = np.array(rows, np.uint64)
    query = codes[:1].copy()
    data.flip(query[0], drawn.draw(st.sets(st.integers(0, KINDS[kind].bits - 1), max_size=40)))
    radius = drawn.draw(st.integers(0, KINDS[kind].radius_max))
    delta = Delta()
    refs = data.references(len(codes))
    delta.append_near(kind, codes, refs, np.arange(len(codes)))
    hits = search_near([], delta.view(10**6), kind, query, radius)
    data.assert_found(hits, reference.search(kind, codes, refs, query, radius))


def test_threads_share_segments(segments: dict[tuple[str, str], Segment]) -> None:
    """Threads search the same segment at the same time, each with buffers of its own."""
    segment = segments["pdq", "skewed"]
    queries = segment.near_rows("pdq")[0][::2000].copy()
    expected = expect(segment, "pdq", queries, 12)
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for _ in range(10):
                data.assert_found(search_near([segment], None, "pdq", queries, 12), expected)
        except BaseException as error:  # noqa: BLE001 - a thread's failure must reach the test
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def test_bad_arguments(tmp_path: Path) -> None:
    """A radius out of range is the caller's mistake; queries of the wrong shape are ours."""
    queries = data.uniform("pdq", 1)
    for radius in (-1, limits.PDQ_RADIUS_MAX + 1):
        with pytest.raises(InvalidArgument, match="RADIUS_OUT_OF_RANGE"):
            search_near([], None, "pdq", queries, radius)
    for wrong in (queries[0], queries.view(np.uint8), queries[:, :3], np.asfortranarray(np.tile(queries, (2, 1)))):
        with pytest.raises(InvariantError):
            search_near([], None, "pdq", wrong, 1)
    with pytest.raises(InvariantError):
        search_near([], None, "md5", queries, 1)


@pytest.mark.parametrize("column", ["entries", "rank"])
def test_a_table_that_points_nowhere(segments: dict[tuple[str, str], Segment], column: str) -> None:
    """A damaged table raises an error; it neither crashes the process nor answers that nothing is there."""
    section = segments["pdq", "uniform"].section("pdq")
    assert isinstance(section, HammingSection)
    assert section.tables is not None
    ids = section.tables.ids.copy()
    steps = section.tables.steps
    for step in steps:
        start = step[kernels.ENTRIES if column == "entries" else kernels.RANK]
        length = step[kernels.ENTRY_COUNT] if column == "entries" else 1 << (step[kernels.WIDTH] - 6)
        ids[start : start + length] |= np.uint32(0x7FFFFFFF)
    broken = HammingSection(section.kind, section.codes, section.refs, Tables(steps, section.tables.words, ids))

    class Place:
        def section(self, kind: str) -> HammingSection:
            return broken

    with pytest.raises(DamagedData):
        search_near([Place()], None, "pdq", section.codes[:4], 31)


def test_no_call_compiles_after_warm(segments: dict[tuple[str, str], Segment]) -> None:
    """After `warm`, no call compiles anything: mapped, grown and sliced arrays are all of the types it met."""
    warm()
    before = {function.__name__: list(function.signatures) for function in jit.KERNELS}
    delta = Delta()
    for kind in KINDS:
        codes = data.uniform(kind, 400)
        delta.append_near(kind, codes, data.references(400), np.arange(400))
        for queries in (codes, codes[:1], codes[5:9], jit.readonly(codes)):
            search_near([], delta.view(50), kind, queries, 3)
            search_near([segments["pdq", "uniform"], segments["phash64", "skewed"]], delta.view(400), kind, queries, 3)
    assert {function.__name__: list(function.signatures) for function in jit.KERNELS} == before
    assert all(len(signatures) == 1 for signatures in before.values())
