"""Decided cases graded again: which, by whom, what she is shown, and what follows where the grades differ."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hashsvc.casework.desks import Casework
from hashsvc.casework.regrading import is_drawn
from hashsvc.casework.values import CaseState, ItemState, Opinion, Regrade, RegradeOutcome
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, HashsvcError, NotFound, Unavailable
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import State
from hashsvc.matching.current import CurrentPolicy
from hashsvc.signals import URL, Signal
from tests.casework.settings import SETTINGS
from tests.casework.submitting import submit
from tests.casework.test_deciding import OTHER, SEEN, clock, report, say  # noqa: F401
from tests.casework.test_takedown import list_by_hand, retract

WAITING, AGREES, CATEGORY_DIFFERS, LEGALITY_DIFFERS = RegradeOutcome


@contextmanager
def opened(path: Path, clock: SeededClock) -> Iterator[tuple[ListStore, Casework]]:  # noqa: F811
    """A list and its casework, where every decided case is graded again."""
    lists = ListStore.open(path / "list", clock=clock)
    settings = SETTINGS._replace(regrade_share=1.0)
    casework = Casework(path / "casework", lists, CurrentPolicy(), settings, clock)
    try:
        yield lists, casework
    finally:
        casework.close()
        lists.close()


def decided(casework: Casework, *, is_illegal: bool = True) -> None:
    """Case 1, decided by Ann and Bob."""
    submit(casework, [report("a", SEEN, Signal(URL, b"https://site.example.com/a"))])
    for actor in ("ann", "bob"):
        say(casework, actor, is_illegal=is_illegal)


def grade(casework: Casework, *, is_illegal: bool = True, category: str = "A", actor: str = "cleo") -> Regrade:
    casework.claims.claim_regrade(actor)
    return casework.decisions.assess_regrade(
        1, Opinion(actor, 0, is_illegal, (("uk_abc", category),) if is_illegal else ())
    )


def waiting(casework: Casework) -> list[int]:
    return [one.case for one in casework.claims.regrades(WAITING, 0, 10)[0]]


def state_of(lists: ListStore, casework: Casework) -> list[int]:
    with lists.snapshot() as snapshot:
        return [one.state for one in snapshot.entry(casework.claims.case(1)[0].entry_id).signals]


def test_the_share_is_drawn_by_a_key() -> None:
    """Of 10,000 cases some 500 are drawn at 5 %, the same ones by the same key; none at 0, all at 1."""
    drawn = [[case for case in range(10_000) if is_drawn(bytes([key]) * 32, case, 0.05)] for key in (1, 1, 2)]
    assert 400 < len(drawn[0]) < 600
    assert drawn[0] == drawn[1] != drawn[2]
    assert [sum(is_drawn(bytes(32), case, share) for case in range(100)) for share in (0.0, 1.0)] == [0, 100]


@pytest.mark.parametrize("is_illegal", [True, False])
def test_who_grades_again_is_told_nothing_of_what_was_decided(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
    is_illegal: bool,
) -> None:
    """Nobody with an opinion on the case may; who may is shown a case as if it were open and nobody had spoken."""
    with opened(tmp_path, clock) as (_, casework):
        decided(casework, is_illegal=is_illegal)
        for actor, reason in (("ann", "ALREADY_ASSESSED_BY_ACTOR"), ("bob", "ALREADY_ASSESSED_BY_ACTOR")):
            with pytest.raises(NotFound, match="graded again"):
                casework.claims.claim_regrade(actor)
            with pytest.raises(FailedPrecondition) as caught:
                casework.claims.claim_regrade(actor, 1)
            assert caught.value.reason == reason
        case, items = casework.claims.claim_regrade("cleo")
        assert (case.state, case.opinions, case.entry_id, case.closed_us) == (CaseState.OPEN, (), b"", 0)
        assert [(item.state, item.entries, item.met, item.closed_us) for item in items] == [(ItemState.OPEN, (), (), 0)]
        with pytest.raises(FailedPrecondition) as caught:
            casework.claims.claim_regrade("dora", 1)
        assert caught.value.reason == "CASE_CLAIMED"
        for _ in range(2):
            given_back = casework.claims.release("cleo", 1)
            assert (given_back.state, given_back.opinions, given_back.lease_actor) == (CaseState.OPEN, (), "")
        with pytest.raises(FailedPrecondition) as caught:
            casework.decisions.assess_regrade(1, Opinion("cleo", 0, True))
        assert caught.value.reason == "NOT_YOURS"
        assert casework.oversight.verify() == []


def test_a_regrade_is_a_viewing(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """It counts for the analyst who looks, and keeps her from a second case meanwhile."""
    with opened(tmp_path, clock) as (_, casework):
        decided(casework)
        submit(casework, [report("b", OTHER)])
        casework.claims.claim_regrade("cleo")
        with pytest.raises(FailedPrecondition) as caught:
            casework.claims.claim("cleo")
        assert caught.value.reason == "HOLDS_ANOTHER"
        casework.decisions.assess_regrade(1, Opinion("cleo", 0, True))
        cleo = next(one for one in casework.oversight.figures(0, 1 << 62).analysts if one.actor == "cleo")
        assert (cleo.first_viewings, cleo.opinions) == (1, 1)


@pytest.mark.parametrize(("category", "outcome"), [("A", AGREES), ("B", CATEGORY_DIFFERS)])
def test_a_grade_that_agrees_or_names_another_category_is_recorded(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
    category: str,
    outcome: RegradeOutcome,
) -> None:
    """It stands with its opinion and in the figures, the entry stays as it is, and the same again changes nothing."""
    with opened(tmp_path, clock) as (lists, casework):
        decided(casework)
        graded = grade(casework, category=category)
        assert graded.outcome == outcome
        assert casework.decisions.assess_regrade(1, Opinion("cleo", 0, True, (("uk_abc", category),))) == graded
        assert casework.claims.regrades(outcome, 0, 10) == ([graded], 0)
        assert (waiting(casework), set(state_of(lists, casework))) == ([], {State.CONFIRMED})
        hotline = casework.oversight.figures(0, 1 << 62).hotline
        assert (hotline.regrades, hotline.regrades_agreed) == (1, outcome == AGREES)
        assert hotline.regrades_category_differs == (outcome == CATEGORY_DIFFERS)
        assert hotline.regrade_schemes == ((("uk_abc", 1),) if outcome == CATEGORY_DIFFERS else ())
        assert casework.oversight.verify() == []


def test_a_listing_that_who_grades_again_finds_not_illegal_is_disputed(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
) -> None:
    """The entry closes nothing new until somebody else settles it; what it had closed waits for that."""
    with opened(tmp_path, clock) as (lists, casework):
        decided(casework)
        assert grade(casework, is_illegal=False).outcome == LEGALITY_DIFFERS
        assert set(state_of(lists, casework)) == {State.DISPUTED}
        assert casework.claims.case(1)[0].state == CaseState.LISTED
        (late,) = submit(casework, [report("late", SEEN)])
        assert late.items[0].state == ItemState.OPEN
        assert casework.oversight.figures(0, 1 << 62).hotline.regrades_legality_differs == 1
        assert casework.oversight.verify() == []


@pytest.mark.parametrize("step", ["before", "after"])
def test_a_dispute_that_a_crash_interrupted_is_finished_at_start(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    """Killed before or after the list was written, the entry is disputed once; the repeat is answered as before."""
    with opened(tmp_path, clock) as (lists, casework):
        decided(casework)
        write = lists.write

        def refused(commands: list[object]) -> list[HashsvcError]:
            if step == "after":
                write(commands)  # type: ignore[arg-type]
            return [Unavailable("LIST_READ_ONLY", "gone")]

        monkeypatch.setattr(lists, "write", refused)
        with pytest.raises(Unavailable):
            grade(casework, is_illegal=False)
    with opened(tmp_path, clock) as (lists, casework):
        assert casework.decisions.finish() == 1
        assert set(state_of(lists, casework)) == {State.DISPUTED}
        assert casework.decisions.finish() == 0
        assert casework.decisions.assess_regrade(1, Opinion("cleo", 0, False)).outcome == LEGALITY_DIFFERS
        assert casework.oversight.verify() == []


def test_what_was_not_illegal_and_is_found_illegal_opens_again_for_a_senior(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
) -> None:
    """The case is open with all opinions, its report too; two who agree now are not enough without the senior."""
    with opened(tmp_path, clock) as (_, casework):
        decided(casework, is_illegal=False)
        assert grade(casework).outcome == LEGALITY_DIFFERS
        case, items = casework.claims.case(1)
        assert (case.state, case.escalated, [one.actor for one in case.opinions]) == (
            CaseState.OPEN,
            True,
            ["ann", "bob", "cleo"],
        )
        assert [item.state for item in items] == [ItemState.OPEN]
        assert casework.oversight.verify() == []
        (joined,) = submit(casework, [report("twin", SEEN)])
        assert (joined.items[0].case, joined.items[0].opened) == (1, False)
        with pytest.raises(NotFound):
            casework.claims.claim("dora")
        assert casework.claims.claim("sen").number == 1
        assert casework.decisions.assess(1, Opinion("sen", 0, True, (("uk_abc", "A"),))).case.state == CaseState.LISTED
        assert waiting(casework) == []  # once is enough
        assert [one.state for one in casework.outgoing.takedowns((), 0, 10)[0]] == [1]
        assert casework.oversight.verify() == []


def test_what_the_list_knows_by_now_is_not_opened_again(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """A regrade that finds illegal what another entry lists meanwhile closes it because of that entry."""
    with opened(tmp_path, clock) as (lists, casework):
        decided(casework, is_illegal=False)
        list_by_hand(lists, SEEN)
        assert grade(casework).outcome == LEGALITY_DIFFERS
        case, items = casework.claims.case(1)
        assert (case.state, [item.state for item in items]) == (CaseState.NOT_ILLEGAL, [ItemState.CLOSED_LISTED])
        assert casework.oversight.verify() == []


def test_nothing_waits_once_what_was_looked_at_is_gone(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """A retraction that opens the item, or erasing it, ends the regrade, also while somebody holds it."""
    with opened(tmp_path, clock) as (lists, casework):
        decided(casework)
        casework.claims.claim_regrade("cleo")
        retract(lists, casework.claims.case(1)[0].entry_id)
        assert (waiting(casework), casework.oversight.verify()) == ([], [])
        with pytest.raises(NotFound) as caught:
            casework.decisions.assess_regrade(1, Opinion("cleo", 0, True))
        assert caught.value.reason == "UNKNOWN_REGRADE"
        assert casework.claims.claim("cleo").number == 2  # she holds nothing
        casework.claims.release("cleo", 2)
        for actor in ("ann", "bob"):
            say(casework, actor, case=2, is_illegal=False)
        assert waiting(casework) == [2]
        casework.oversight.erase(clock.now_us())
        assert (waiting(casework), casework.claims.regrades(AGREES, 0, 10), casework.oversight.verify()) == (
            [],
            ([], 0),
            [],
        )


def test_giving_back_twice_is_answered_the_same(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """A repeat by who gave the case back changes nothing; after somebody else took it, it is not hers."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN)])
        casework.claims.claim("ann")
        assert casework.claims.release("ann", 1) == casework.claims.release("ann", 1)
        for actor in ("bob", "ann"):
            if actor == "ann":
                casework.claims.claim("bob")
            with pytest.raises(FailedPrecondition) as caught:
                casework.claims.release(actor if actor == "bob" else "ann", 1)
            assert caught.value.reason == "NOT_YOURS"
