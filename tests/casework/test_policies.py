"""Casework under a policy that changes: what is known now closes, and what was closed stays closed."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import given, settings

from hashsvc.casework.desks import Casework
from hashsvc.casework.tables import Tables, item_key
from hashsvc.casework.values import Item, ItemState, NewItem, NewReport
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry, Written
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import parse_policy
from hashsvc.matching.verdict import KNOWN, LIKELY
from hashsvc.signals import PDQ, PHOTODNA, Signal
from tests.casework.settings import SETTINGS
from tests.casework.submitting import submit
from tests.hashlist.policies import apply, propose
from tests.matching.fakes import flipped

CODE = bytes(range(1, 33))
OTHER = flipped(CODE, 60)


def pdq(distance: int, code: bytes = CODE, start: int = 0) -> tuple[Signal, ...]:
    return (Signal(PDQ, flipped(code, distance, start), 90),)


def text_of(version: str, close: int, show: int = 31, more: str = "") -> str:
    return f'version = "{version}"\n[pdq]\nclose = {close}\nshow_standard = {show}\nmay_close = true\n{more}'


class House:
    """A list and the casework of one process."""

    def __init__(self, path: Path, clock: SeededClock) -> None:
        self.lists = ListStore.open(path / "list", clock=clock)
        self.casework = Casework(path / "casework", self.lists, CurrentPolicy(), SETTINGS, clock)

    def bring(self, request_id: str, *signals: Signal) -> int:
        """Bring a report of one item. Returns its number."""
        report = NewReport(actor="portal", request_id=request_id, items=(NewItem(signals),))
        return submit(self.casework, [report])[0].number

    def item(self, report: int) -> Item:
        self.casework.ground.follow()
        with self.casework.ground.env.read() as txn:
            found = Tables(self.casework.ground.env, txn).item(item_key(report, 0))
        assert found is not None
        return found

    def listed(self, name: str, *signals: Signal) -> bytes:
        """Have two people list signals. Returns the entry's id."""
        content = Content("org", "", name, signals)
        entry_id = self.lists.entry_id_of(content)
        self.write(ProposeEntry(actor="ann", request_id=f"{name}-p", content=content))
        self.decide(ChangeKind.ENTRY_CONFIRMED, entry_id, "bob")
        return entry_id

    def retract(self, entry_id: bytes) -> None:
        self.decide(ChangeKind.RETRACTION_REQUESTED, entry_id, "cleo")
        self.decide(ChangeKind.RETRACTION_CONFIRMED, entry_id, "dan")

    def decide(self, action: ChangeKind, entry_id: bytes, actor: str) -> None:
        request_id = f"{entry_id.hex()}-{action}"
        self.write(
            DecideEntry(actor=actor, request_id=request_id, action=int(action), entry_id=entry_id, reason_code="QA")
        )

    def write(self, command: ProposeEntry | DecideEntry) -> None:
        (written,) = self.lists.write([command])
        assert isinstance(written, Written), written

    def close(self) -> None:
        self.casework.close()
        self.lists.close()


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    house = House(tmp_path, clock)
    yield house
    assert house.casework.oversight.verify() == []
    house.close()


def test_a_wider_policy_closes_what_waits(house: House) -> None:
    """Once it is in force, an open item that is known by it closes, because of the entry; a proposal closes nothing."""
    entry_id = house.listed("a", *pdq(0))
    near, far = house.bring("near", *pdq(25)), house.bring("far", *pdq(30, start=3))
    propose(house.lists, "wide", text_of("wide", 28))
    assert house.item(near).state == ItemState.OPEN
    apply(house.lists, "wide", text_of("wide", 28))
    item = house.item(near)
    assert (item.state, item.entries) == (ItemState.CLOSED_LISTED, (entry_id,))
    assert house.item(far).state == ItemState.OPEN
    assert [one.report for one in house.casework.oversight.affected(entry_id)[0]] == [near]


def test_a_narrower_policy_opens_nothing(house: House) -> None:
    """What was closed was right by the policy of then; what comes in now is placed by the one in force."""
    house.listed("a", *pdq(0))
    before = house.bring("before", *pdq(15))
    apply(house.lists, "narrow", text_of("narrow", 10))
    after = house.bring("after", *pdq(15))
    assert (house.item(before).state, house.item(after).state) == (ItemState.CLOSED_KNOWN, ItemState.OPEN)


def test_a_retraction_opens_what_only_that_entry_had_closed(house: House) -> None:
    """Under a narrower policy an item stays closed while another entry that had closed it stands, and opens with it."""
    first, second = house.listed("a", *pdq(0)), house.listed("b", *pdq(4))
    both = house.bring("both", *pdq(15))
    assert set(house.item(both).entries) == {first, second}
    alone = house.bring("alone", *pdq(19, start=60))
    assert house.item(alone).entries == (first,)
    apply(house.lists, "narrow", text_of("narrow", 5))
    house.retract(first)
    assert house.item(alone).state == ItemState.OPEN
    item = house.item(both)
    assert (item.state, item.entries) == (ItemState.CLOSED_KNOWN, (second,))
    house.decide(ChangeKind.ENTRY_DISPUTED, second, "eve")
    house.retract(second)
    assert house.item(both).state == ItemState.OPEN


def test_what_a_policy_in_between_closed_stays_closed(house: House) -> None:
    """Closed under a wide policy, an item stays so under the next while an entry stands that had closed it."""

    apply(house.lists, "narrow", text_of("narrow", 5))
    first, second = house.listed("a", *pdq(0)), house.listed("b", *pdq(4))
    waiting = house.bring("waiting", *pdq(15))
    apply(house.lists, "wide", text_of("wide", 20))
    assert house.item(waiting).state == ItemState.CLOSED_LISTED
    apply(house.lists, "narrow again", text_of("narrow again", 5))
    house.retract(second)
    assert house.item(waiting).entries == (first,)
    house.retract(first)
    assert house.item(waiting).state == ItemState.OPEN


def test_open_cases_are_joined_by_the_policy_in_force(house: House) -> None:
    """What would close with an entry joins a case, by the thresholds of now, also of types not searched until now."""
    first = house.bring("first", *pdq(0, OTHER))
    apart = house.bring("apart", *pdq(25, OTHER))
    assert house.item(first).case != house.item(apart).case
    photo = Signal(PHOTODNA, bytes(range(144)))
    pictured = house.bring("pictured", photo)
    section = "[photodna]\nclose = 50\nshow_standard = 500\nmay_close = true\n"
    apply(house.lists, "wide", text_of("wide", 28, more=section))
    joined = house.bring("joined", *pdq(27, OTHER, 3))
    assert house.item(joined).case == house.item(first).case
    assert house.item(house.bring("pictured too", photo)).case == house.item(pictured).case


def test_all_processes_answer_by_the_list(house: House, tmp_path: Path) -> None:
    """A process that was open before a policy came into force places by it, as one that opens after."""
    house.listed("a", *pdq(0))
    apply(house.lists, "narrow", text_of("narrow", 10))
    assert house.item(house.bring("x", *pdq(15))).state == ItemState.OPEN
    house.close()
    again = House(tmp_path, SeededClock(2))
    assert again.item(again.bring("y", *pdq(15))).state == ItemState.OPEN
    assert again.item(again.bring("z", *pdq(9))).state == ItemState.CLOSED_KNOWN
    house.lists, house.casework = again.lists, again.casework


def test_a_policy_that_cannot_be_read_stops_casework(house: House) -> None:
    """Under a policy of another version of hashsvc nothing is placed, rather than by another policy than the list's."""
    house.listed("a", *pdq(0))
    apply(house.lists, "later", 'version = "later"\n[videohash]\nclose = 1\n')
    with pytest.raises(FailedPrecondition, match="videohash") as refused:
        house.bring("x", *pdq(0))
    assert refused.value.reason == "POLICY_UNREADABLE"
    apply(house.lists, "mended", text_of("mended", 20))
    assert house.item(house.bring("x", *pdq(0))).state == ItemState.CLOSED_KNOWN


STEPS = st.one_of(
    st.tuples(st.just("bring"), st.integers(0, 32)),
    st.tuples(st.just("list"), st.integers(0, 12)),
    st.tuples(st.just("retract"), st.integers(0, 3)),
    st.tuples(st.just("policy"), st.sampled_from((0, 5, 12, 20, 31))),
)


@given(steps=st.lists(STEPS, min_size=4, max_size=14))
@settings(max_examples=40, deadline=None)
def test_whatever_policies_come_casework_is_right(steps: list[tuple[str, int]]) -> None:
    """Reports, listings, retractions and policies in any order: casework verifies, and no policy opens an item."""
    with tempfile.TemporaryDirectory() as directory:
        clock = SeededClock(1)
        ListStore.create(Path(directory) / "list", clock=clock)
        house = House(Path(directory), clock)
        reports: list[int] = []
        entries: list[bytes] = []
        for n, (what, value) in enumerate(steps):
            closed = {one for one in reports if house.item(one).state != ItemState.OPEN}
            if what == "bring":
                reports.append(house.bring(f"r{n}", *pdq(value)))
            elif what == "list":
                entries.append(house.listed(f"c{n}", *pdq(value, start=40)))
            elif what == "retract" and value < len(entries):
                house.retract(entries.pop(value))
            elif what == "policy":
                apply(house.lists, f"p{n}", text_of(f"p{n}", value))
                assert closed <= {one for one in reports if house.item(one).state != ItemState.OPEN}
            assert house.casework.oversight.verify() == []
        house.close()


def test_what_a_listing_closed_is_recorded_as_known(house: House) -> None:
    """A simulation counts an item that closed while it waited by what closed it, not by what it met when it came."""
    report = house.bring("r", *pdq(12))
    entry_id = house.listed("c", *pdq(0))
    item = house.item(report)
    assert (item.state, item.verdict, [one.entry_id for one in item.met]) == (
        ItemState.CLOSED_LISTED, KNOWN, [entry_id],
    )  # fmt: skip
    assert house.casework.oversight.simulate(parse_policy(text_of("narrow", 11)), 0, 3).counts == {(KNOWN, LIKELY): 1}
    assert house.casework.oversight.verify() == []
