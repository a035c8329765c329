"""What a case is when somebody takes it: searched longer, and still about the thing that others spoke of."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from msgspec.structs import replace

from hashsvc.casework.values import CaseState, ItemState
from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry
from hashsvc.signals import PDQ, Signal
from tests.casework.submitting import submit
from tests.casework.test_deciding import SEEN, opened, report, say
from tests.matching.fakes import flipped

PICTURE = np.random.default_rng(5).bytes(32)


def pdq(bits: int) -> Signal:
    """The picture, edited so much."""
    return Signal(PDQ, flipped(PICTURE, bits), 90)


@pytest.fixture
def clock(tmp_path: Path) -> SeededClock:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    return clock


def list_by_hand(lists: ListStore, *signals: Signal) -> bytes:
    """Two people propose and confirm an entry."""
    content = Content("hotline", "hand", "1", signals)
    entry_id = lists.entry_id_of(content)
    confirm = DecideEntry(actor="tom", request_id="2", action=int(ChangeKind.ENTRY_CONFIRMED), entry_id=entry_id)
    lists.write([ProposeEntry(actor="sue", request_id="1", content=content), confirm])
    return entry_id


def test_what_only_the_longer_search_finds_stands_there_before_somebody_looks(
    tmp_path: Path, clock: SeededClock
) -> None:
    """A copy that was edited much waits as NEW; who claims it sees which entry it is likely to be."""
    with opened(tmp_path, clock) as (lists, casework):
        entry_id = list_by_hand(lists, pdq(0))
        submit(casework, [report("a", pdq(40))])
        (waiting,) = casework.claims.queue(1)
        assert (waiting.likely, waiting.thorough) == ((), False)
        claimed = casework.claims.claim("ann")
        assert (claimed.likely, claimed.thorough) == ((entry_id,), True)
        assert casework.claims.case(1)[0] == claimed
        assert casework.oversight.verify() == []


def test_an_opinion_never_passes_to_what_it_was_not_about(tmp_path: Path, clock: SeededClock) -> None:
    """When another entry closes what people looked at, what only resembles it waits anew, with no opinion of it."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [report("a", SEEN, pdq(0)), report("b", pdq(16))])
        assert casework.claims.case(1)[0].item_count == 2
        assert say(casework, "ann") == CaseState.OPEN
        list_by_hand(lists, SEEN)
        case, items = casework.claims.case(1)
        assert (case.state, [item.state for item in items]) == (CaseState.EMPTY, [ItemState.CLOSED_LISTED])
        (waiting,) = casework.claims.queue(10)
        assert (waiting.number, waiting.first_item, waiting.opinions) == (2, (2, 0), ())
        assert say(casework, "ann", case=2) == CaseState.OPEN
        assert casework.oversight.verify() == []


def test_what_resembles_still_waits_when_it_is_closed_first(tmp_path: Path, clock: SeededClock) -> None:
    """When an entry closes only what had joined a case, the case goes on with the opinions it has."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [report("a", pdq(0)), report("b", SEEN, pdq(16))])
        say(casework, "ann")
        list_by_hand(lists, SEEN)
        case, items = casework.claims.case(1)
        assert (case.state, len(case.opinions)) == (CaseState.OPEN, 1)
        assert [item.state for item in items] == [ItemState.OPEN, ItemState.CLOSED_LISTED]
        assert say(casework, "bob") == CaseState.LISTED
        assert casework.oversight.verify() == []


def test_whoever_holds_a_case_is_given_it_again(tmp_path: Path, clock: SeededClock) -> None:
    """After a lost answer the same claim tells which case it was, though another is more urgent now; it counts once."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        held = casework.claims.claim("ann")
        submit(casework, [replace(report("b", pdq(0)), self_referral=True)])
        assert casework.claims.claim("ann").number == held.number
        assert casework.claims.claim("bob").number != held.number
        assert casework.oversight.figures(0, 1 << 62).hotline.viewings == 2


def test_once_a_senior_has_spoken_the_next_in_the_queue_is_for_whoever_may_agree(
    tmp_path: Path, clock: SeededClock
) -> None:
    """A case that a junior and the only senior differ about is given to others from the queue, and decided with her."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN), report("b", pdq(0))])
        say(casework, "ann", is_illegal=False)
        say(casework, "bob", case=2)
        say(casework, "cleo", is_illegal=False, case=2)
        say(casework, "sen")
        assert casework.claims.case(1)[0].escalated
        assert casework.claims.claim("dora").number == 1  # and case 2 waits for the senior
        assert say(casework, "dora") == CaseState.LISTED
        assert casework.claims.claim("sen").number == 2
        assert casework.oversight.verify() == []


def test_what_another_entry_closed_does_not_stay_closed_by_its_case(tmp_path: Path, clock: SeededClock) -> None:
    """An item that another entry closed opens with that entry's retraction, though its case was listed meanwhile."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [report("a", pdq(0)), report("b", pdq(12)), report("c", pdq(30))])
        assert casework.claims.case(1)[0].item_count == 3
        entry_id = list_by_hand(lists, pdq(48))
        assert [item.entries for item in casework.claims.case(1)[1]] == [(), (), (entry_id,)]
        say(casework, "ann")
        assert say(casework, "bob") == CaseState.LISTED
        retraction = [
            DecideEntry(actor="tom", request_id="3", action=int(ChangeKind.RETRACTION_REQUESTED), entry_id=entry_id,
                        reason_code="appeal"),
            DecideEntry(actor="sue", request_id="4", action=int(ChangeKind.RETRACTION_CONFIRMED), entry_id=entry_id),
        ]  # fmt: skip
        lists.write(retraction)
        assert [(case.number, case.first_item) for case in casework.claims.queue(10)] == [(2, (3, 0))]
        assert [item.state for item in casework.claims.case(1)[1]] == [ItemState.CLOSED_LISTED] * 2
        assert casework.oversight.verify() == []
