"""A simulation of a policy says what a service under that policy answers, within what was searched."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace

from hashsvc.casework.checking import check_one
from hashsvc.casework.desks import Casework
from hashsvc.casework.simulation import BlindSpot, Example, Simulation, blind_spots
from hashsvc.casework.tables import Tables, item_key
from hashsvc.casework.values import Item, NewItem, NewReport
from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry, Written
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import US_A_DAY, Policy, load_policy, parse_policy
from hashsvc.matching.verdict import KNOWN, LIKELY, NEW
from hashsvc.signals import MD5, PDQ, PHASH64, SHA256, URL, Signal, UrlFacts
from hashsvc.signals.url_listed import listed_url
from tests.casework.settings import SETTINGS
from tests.casework.submitting import submit
from tests.hashlist.policies import apply
from tests.matching.fakes import flipped

WIDE = """version = "wide"
[md5]
may_close = true
[sha256]
may_close = true
[pdq]
close = 31
show_standard = 45
quality_min = 30
may_close = true
[phash64]
show_standard = 12
may_close = false
[url]
strip_tracking = "on"
loose = true
stale_days = 30
may_close = true
"""
ITEMS = 150
MET_AT_MOST = 7  # with 8 pieces there may have been more


class House(NamedTuple):
    """A list, casework that recorded under one policy, and what a policy would answer today."""

    lists: ListStore
    casework: Casework
    items: list[Item]

    def answers(self, policy: Policy) -> list[int]:
        with self.lists.snapshot() as snapshot:
            return [check_one(snapshot, policy, item.signals).verdict for item in self.items]

    def amounts(self, policy: Policy, example: Example) -> tuple[int, tuple[int, ...]]:
        """What the service makes of the evidence of an example."""
        item = next(one for one in self.items if (one.report, one.index) == (example.report, example.index))
        piece = (example.met.entry_id, example.met.type, example.met.distance)
        with self.lists.snapshot() as snapshot:
            met = check_one(snapshot, policy, item.signals).met
        return next(
            ((one.verdict, one.caps) for one in met if (one.entry_id, one.type, one.distance) == piece), (NEW, ())
        )

    def simulated(self, policy: Policy, since_us: int = 0) -> Simulation:
        return self.casework.oversight.simulate(policy, since_us, 3)


def confirmed(lists: ListStore, n: int, signals: tuple[Signal, ...], state: str) -> None:
    """List signals and bring them to a state."""
    content = Content("org", "", f"c{n}", signals)
    entry_id = lists.entry_id_of(content)
    acts = [("ann", 0), ("bob", ChangeKind.ENTRY_CONFIRMED), ("cleo", ChangeKind.ENTRY_DISPUTED)]
    for actor, action in acts[: {"PROPOSED": 1, "CONFIRMED": 2, "DISPUTED": 3}[state]]:
        command = (
            DecideEntry(actor=actor, request_id=f"{n}-{actor}", action=action, entry_id=entry_id, reason_code="QA")
            if action
            else ProposeEntry(actor=actor, request_id=f"{n}-{actor}", content=content)
        )
        (written,) = lists.write([command])
        assert isinstance(written, Written), written


def some_signals(draw: random.Random, n: int, clock: SeededClock) -> tuple[tuple[Signal, ...], tuple[Signal, ...]]:
    """A listed content's signals, and those of an item that is near to it in one way or another."""
    code, phash = draw.randbytes(32), draw.randbytes(8)
    good, bad = bytes([n % 250 + 1]) * 16, bytes([n % 250 + 1]) * 15 + b"\xff"
    sha, other_sha = draw.randbytes(32), draw.randbytes(32)
    quality = draw.choice((0, 20, 40, 60, 100, 255))
    seen_us = clock.now_us() - draw.choice((1, 10, 40, 100, 400)) * US_A_DAY
    page = listed_url(f"https://site{n}.example/p?id={n}", UrlFacts(seen_live_us=seen_us), "url")
    listed = {
        "pdq": (Signal(PDQ, code, draw.choice((20, 60, 100))),),
        "phash": (Signal(PHASH64, phash),),
        "md5": (Signal(MD5, good), Signal(SHA256, sha)),
        "url": (page, Signal(SHA256, sha)),
    }
    asked = {
        "pdq": (Signal(PDQ, flipped(code, draw.randrange(48)), quality),),
        "phash": (Signal(PHASH64, flipped(phash, draw.randrange(14))),),
        "md5": draw.choice(((Signal(MD5, good),), (Signal(MD5, good), Signal(SHA256, other_sha)), (Signal(MD5, bad),))),
        "url": draw.choice(
            (
                (Signal(URL, f"https://site{n}.example/p?id={n}".encode()),),
                (Signal(URL, f"https://www.site{n}.example/p?id={n}".encode()),),
                (Signal(URL, f"https://site{n}.example/p?id={n}&utm_source=x".encode()),),
                (Signal(URL, f"https://site{n}.example/p?id={n}".encode(), url=UrlFacts(embedded=True)),),
                (Signal(URL, f"https://site{n}.example/p?id={n}".encode()), Signal(SHA256, other_sha)),
            )
        ),
    }
    parts = draw.sample(sorted(listed), draw.choice((1, 1, 2)))
    one = tuple({(s.type, s.value): s for part in parts for s in listed[part]}.values())
    other = tuple({s.type: s for part in parts for s in asked[part]}.values())
    return one, other


@pytest.fixture(scope="module", params=["shipped", "wide"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A list of near and equal things, and reports that were recorded under one of two policies."""
    path, clock, draw = tmp_path_factory.mktemp("simulation"), SeededClock(1), random.Random(7)
    ListStore.create(path / "list", clock=clock)
    lists = ListStore.open(path / "list", clock=clock)
    if request.param == "wide":
        apply(lists, "wide", WIDE)
    casework = Casework(path / "casework", lists, CurrentPolicy(), SETTINGS, clock)
    contents = [some_signals(draw, n, clock) for n in range(ITEMS)]
    for n, (listed, _) in enumerate(contents):
        confirmed(lists, n, listed, draw.choice(("PROPOSED", "CONFIRMED", "CONFIRMED", "CONFIRMED", "DISPUTED")))
    for n, (_, asked) in enumerate(contents):
        items = (NewItem(asked), NewItem(contents[n - 1][1])) if n % 5 == 0 else (NewItem(asked),)
        submit(casework, [NewReport(actor="portal", request_id=f"r{n}", items=items)])
    with casework.ground.env.read() as txn:
        tables = Tables(casework.ground.env, txn)
        keys = [item_key(n + 1, index) for n in range(ITEMS) for index in range(2 if n % 5 == 0 else 1)]
        items_of = [item for item in map(tables.item, keys) if item is not None]
    assert len(items_of) == len(keys)
    assert max(len(item.met) for item in items_of) <= MET_AT_MOST
    yield House(lists, casework, items_of)
    casework.close()
    lists.close()


@st.composite
def policies(draw: st.DrawFn) -> str:
    """Policies that search no farther than the one that comes with hashsvc."""
    show = draw(st.integers(0, 31))
    sections = {
        "md5": f"may_close = {draw(st.sampled_from(('true', 'false')))}",
        "sha256": f"may_close = {draw(st.sampled_from(('true', 'false')))}",
        "pdq": f"show_standard = {show}\nquality_min = {draw(st.integers(0, 100))}\n"
        + (f"may_close = true\nclose = {draw(st.integers(0, show))}" if draw(st.booleans()) else "may_close = false"),
        "phash64": f"may_close = false\nshow_standard = {draw(st.integers(0, 4))}",
        "url": f"may_close = {draw(st.sampled_from(('true', 'true', 'false')))}\n"
        f"stale_days = {draw(st.sampled_from((2, 20, 60, 200, 1000)))}\n"
        f"loose = {draw(st.sampled_from(('true', 'false')))}\n"
        f'strip_tracking = "{draw(st.sampled_from(("on", "loose", "off")))}"',
    }
    chosen = [name for name in sections if draw(st.integers(0, 9))]
    return 'version = "tried"\n' + "".join(f"[{name}]\n{sections[name]}\n" for name in chosen)


@given(text=policies())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_simulation_equals_a_service_under_that_policy(house: House, text: str) -> None:
    """Whatever changes in thresholds, qualities, kinds and URLs, verdicts are those that the service would give."""
    policy = parse_policy(text)
    answers = house.answers(policy)
    found = house.simulated(policy)
    assert found.blind_spots == []
    assert found.counts == Counter(zip([item.verdict for item in house.items], answers, strict=True))
    assert (found.item_count, found.report_count, found.cut, found.undated) == (len(house.items), ITEMS, 0, 0)
    known: dict[int, list[tuple[bool, bool]]] = {}
    for item, after in zip(house.items, answers, strict=True):
        known.setdefault(item.report, []).append((item.verdict == KNOWN, after == KNOWN))
    before_and_after = Counter((all(b for b, _ in one), all(a for _, a in one)) for one in known.values())
    assert found.newly_viewed == before_and_after[True, False]
    assert found.newly_unviewed == before_and_after[False, True]
    by_place = {
        (item.report, item.index): (item.verdict, after) for item, after in zip(house.items, answers, strict=True)
    }
    for example in found.examples:
        assert by_place[example.report, example.index] == (example.before, example.after)
        assert example.before != example.after
        decides = example.met.verdict if example.after > example.before else example.met_after
        assert decides == min(example.before, example.after)
        assert (example.met_after, example.caps_after) == house.amounts(policy, example)


def test_the_policy_in_force_changes_nothing(house: House) -> None:
    """Simulated over what was recorded under it, the policy in force gives every item the verdict that it had."""
    with house.lists.snapshot() as snapshot:
        policy = CurrentPolicy().of(snapshot)
    found = house.simulated(policy)
    assert all(before == after for before, after in found.counts)
    assert len(found.counts) == 4, "the reports are of every verdict"
    assert (found.examples, found.newly_viewed, found.newly_unviewed, found.blind_spots) == ([], 0, 0, [])
    assert set(found.types) == {MD5, SHA256, PDQ, PHASH64, URL} - {SHA256}


def test_a_wider_policy_is_told_where_the_simulation_is_blind(house: House) -> None:
    """What lies beyond what was searched is named by type and distance; what lies within is weighed all the same."""
    with house.lists.snapshot() as snapshot:
        searched = CurrentPolicy().of(snapshot).rules[PDQ]
    assert searched is not None
    text = 'version = "tried"\n[pdq]\nclose = 50\nshow_standard = 60\nmay_close = true\n[sha1]\nmay_close = true\n'
    found = house.simulated(parse_policy(text + "[photodna]\nshow_standard = 9\nmay_close = false\n"))
    photodna = BlindSpot(6, 0, 9)
    assert found.blind_spots == [BlindSpot(PDQ, searched.show_standard + 1, 60), photodna] or found.blind_spots == [
        BlindSpot(2, 0, 0), BlindSpot(PDQ, searched.show_standard + 1, 60), photodna,
    ]  # fmt: skip
    assert found.counts[LIKELY, KNOWN] > 0


def test_forms_of_urls_that_were_not_searched_are_a_blind_spot() -> None:
    """A policy that shows loose URLs, or matches without tracking, where none before did cannot be simulated whole."""
    base = 'version = "{0}"\n[url]\nmay_close = true\n'
    without_loose = parse_policy(base + "loose = false\n")
    without_tracking = parse_policy(base + 'strip_tracking = "off"\n')
    everything = parse_policy(base)
    assert blind_spots(everything, [everything]) == []
    assert blind_spots(everything, [everything, without_loose]) == [BlindSpot(URL, 0, 0)]
    assert blind_spots(everything, [without_tracking]) == [BlindSpot(URL, 0, 0)]
    assert blind_spots(without_loose, [without_tracking]) == [BlindSpot(URL, 0, 0)]
    assert blind_spots(without_loose, [everything]) == blind_spots(without_tracking, [everything]) == []


class TestOneReport:
    """Over a list of one picture and a few reports, each made for what is asked."""

    CODE = bytes(range(1, 33))

    @pytest.fixture
    def clock(self) -> SeededClock:
        return SeededClock(3)

    @pytest.fixture
    def lists(self, tmp_path: Path, clock: SeededClock) -> Iterator[ListStore]:
        ListStore.create(tmp_path / "list", clock=clock)
        lists = ListStore.open(tmp_path / "list", clock=clock)
        confirmed(lists, 1, (Signal(PDQ, self.CODE, 90),), "CONFIRMED")
        yield lists
        lists.close()

    @pytest.fixture
    def casework(self, tmp_path: Path, lists: ListStore, clock: SeededClock) -> Iterator[Casework]:
        casework = Casework(tmp_path / "casework", lists, CurrentPolicy(), SETTINGS, clock)
        yield casework
        casework.close()

    def bring(self, casework: Casework, *distances: int) -> None:
        for distance in distances:
            item = NewItem((Signal(PDQ, flipped(self.CODE, distance), 90),))
            submit(casework, [NewReport(actor="portal", request_id=f"d{distance}", items=(item,))])

    def pdq_policy(self, close: int, show: int, version: str = "tried") -> Policy:
        text = f'version = "{version}"\n[pdq]\nclose = {close}\nshow_standard = {show}\nmay_close = true\n'
        return parse_policy(text)

    def test_reports_before_a_time_are_left_out(self, casework: Casework, clock: SeededClock) -> None:
        """Only what came in from that time on is counted; what was erased of it is told."""
        self.bring(casework, 1, 2)
        since_us = clock.now_us()
        self.bring(casework, 3, 4, 25)
        policy = self.pdq_policy(3, 31)
        found = casework.oversight.simulate(policy, since_us, 3)
        assert (found.report_count, found.erased) == (3, 0)
        assert found.counts == {(KNOWN, KNOWN): 1, (KNOWN, LIKELY): 1, (LIKELY, LIKELY): 1}
        assert casework.oversight.erase(clock.now_us()).reports == 4
        after = casework.oversight.simulate(policy, since_us, 3)
        assert (after.report_count, after.erased) == (1, 2)
        assert casework.oversight.simulate(policy, 0, 3).erased == 4
        nothing = casework.oversight.simulate(policy, clock.now_us(), 3)
        assert (nothing.report_count, nothing.erased, nothing.blind_spots) == (0, 0, [])

    def test_examples_are_the_newest_of_each_kind(self, casework: Casework) -> None:
        """So many of each kind of difference, the newest first, each with the piece that decides it."""
        self.bring(casework, 15, 16, 17, 22, 23)
        found = casework.oversight.simulate(self.pdq_policy(10, 31), 0, 2)
        assert [(one.report, one.met.distance, one.before, one.after) for one in found.examples] == [
            (3, 17, KNOWN, LIKELY), (2, 16, KNOWN, LIKELY),
        ]  # fmt: skip
        found = casework.oversight.simulate(self.pdq_policy(25, 31), 0, 2)
        assert [(one.report, one.met.distance, one.met_after) for one in found.examples] == [
            (5, 23, KNOWN), (4, 22, KNOWN),
        ]  # fmt: skip

    def test_what_was_recorded_under_a_narrower_policy_stays_blind(self, lists: ListStore, casework: Casework) -> None:
        """A policy is blind beyond the narrowest search that any of the reports had, and sees once those are erased."""
        self.bring(casework, 1)
        narrow = 'version = "n"\n[pdq]\nclose = 5\nshow_standard = 10\nmay_close = true\n'
        apply(lists, "n", narrow)
        self.bring(casework, 26)
        apply(lists, "2", SHIPPED_TEXT)
        self.bring(casework, 25)
        found = casework.oversight.simulate(self.pdq_policy(20, 31), 0, 3)
        assert found.blind_spots == [BlindSpot(PDQ, 11, 31)]
        assert found.counts == {(KNOWN, KNOWN): 1, (NEW, NEW): 1, (LIKELY, LIKELY): 1}

    def test_much_evidence_is_told_to_be_cut(self, lists: ListStore, casework: Casework) -> None:
        """An item with as many pieces as are kept is counted: what more it met is not weighed."""
        for n in range(2, 10):
            confirmed(lists, n, (Signal(PDQ, flipped(self.CODE, n, 40), 90),), "CONFIRMED")
        self.bring(casework, 1)
        assert casework.oversight.simulate(load_policy(), 0, 3).cut == 1

    def test_evidence_from_before_urls_were_dated_counts_as_then(
        self, lists: ListStore, casework: Casework, clock: SeededClock
    ) -> None:
        """Where neither how a URL met nor its age was recorded, both count as they did, and that is told."""
        page = listed_url("https://a.example/p", UrlFacts(seen_live_us=clock.now_us() - 100 * US_A_DAY), "url")
        confirmed(lists, 2, (page,), "CONFIRMED")
        submit(
            casework, [NewReport(actor="p", request_id="u", items=(NewItem((Signal(URL, b"https://a.example/p"),)),))]
        )
        longer = parse_policy('version = "tried"\n[url]\nmay_close = true\nstale_days = 365\n')
        assert casework.oversight.simulate(longer, 0, 3).counts == {(LIKELY, KNOWN): 1}
        with casework.ground.env.write() as txn:
            tables = Tables(casework.ground.env, txn)
            item = tables.item(item_key(1, 0))
            assert item is not None
            met = tuple(replace(one, url_how=-1, url_age_us=-1) for one in item.met)
            tables.put("items", item_key(1, 0), replace(item, met=met))
        old = casework.oversight.simulate(longer, 0, 3)
        assert (old.counts, old.undated) == ({(LIKELY, LIKELY): 1}, 1)

    def test_the_reader_can_be_ended(self, casework: Casework) -> None:
        """A caller whose time is over ends the reading."""
        self.bring(casework, 1)

        def over() -> None:
            raise TimeoutError

        with pytest.raises(TimeoutError):
            casework.oversight.simulate(load_policy(), 0, 3, over)


SHIPPED_TEXT = 'version = "2"\n[pdq]\nclose = 20\nshow_standard = 31\nmay_close = true\n'
