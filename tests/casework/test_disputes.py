"""What a dispute does to reports, and what it does not: nothing closes by it, and nothing that had closed is opened."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashsvc.casework import follow
from hashsvc.casework.values import ItemState
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, HashsvcError
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, DecideEntry, Written
from hashsvc.matching.values import Verdict
from tests.casework.submitting import submit
from tests.casework.test_claiming import list_by_hand, pdq
from tests.casework.test_deciding import OTHER, SEEN, opened, report

FIRST, SECOND = 0, 1  # ordinals of an entry's signals


@pytest.fixture
def clock(tmp_path: Path) -> SeededClock:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    return clock


def decide(lists: ListStore, action: ChangeKind, entry_id: bytes, actor: str, *ordinals: int) -> Written | HashsvcError:
    """Decide some of an entry's signals, with a reason."""
    request_id = f"{action.name}-{actor}-{ordinals}"
    command = DecideEntry(
        actor=actor, request_id=request_id, action=int(action), entry_id=entry_id, ordinals=ordinals,
        reason_code="appeal-7",
    )  # fmt: skip
    (result,) = lists.write([command])
    return result


def test_a_dispute_stops_closing_and_opens_nothing(tmp_path: Path, clock: SeededClock) -> None:
    """What closed before stays closed; what comes is LIKELY and a person looks, until somebody independent settles."""
    with opened(tmp_path, clock) as (lists, casework):
        entry_id = list_by_hand(lists, SEEN, OTHER)
        submit(casework, [report("before", SEEN)])
        assert isinstance(decide(lists, ChangeKind.ENTRY_DISPUTED, entry_id, "cleo", FIRST), Written)

        (disputed,) = submit(casework, [report("meanwhile", SEEN)])[0].items
        assert (disputed.state, disputed.verdict, disputed.opened) == (ItemState.OPEN, Verdict.LIKELY, True)
        (waiting,) = casework.claims.queue(10)
        assert (waiting.number, waiting.likely) == (disputed.case, (entry_id,))
        (other,) = submit(casework, [report("undisputed", OTHER)])[0].items
        assert other.state == ItemState.CLOSED_KNOWN  # a dispute is of one fingerprint
        assert [one.is_open for one in casework.oversight.affected(entry_id)[0]] == [False, False]

        for actor in ("sue", "tom", "cleo"):  # proposed, confirmed, disputed
            refused = decide(lists, ChangeKind.DISPUTE_RESOLVED, entry_id, actor)
            assert isinstance(refused, FailedPrecondition)
            assert refused.reason == "NOT_INDEPENDENT"
        assert len(casework.claims.queue(10)) == 1
        assert isinstance(decide(lists, ChangeKind.DISPUTE_RESOLVED, entry_id, "dora"), Written)
        assert casework.claims.queue(10) == []  # known again, so nobody needs to look
        assert casework.oversight.verify() == []
        with lists.snapshot() as snapshot:
            history, _ = snapshot.pages.history(entry_id, 0, 10)
        assert [(one.actor, one.ordinals, one.reason_code) for one in history[:2]] == [
            ("dora", (FIRST,), "appeal-7"), ("cleo", (FIRST,), "appeal-7"),
        ]  # fmt: skip


@pytest.mark.parametrize("changes_max", [0, follow.CHANGES_MAX])
def test_the_retraction_of_one_fingerprint_opens_what_it_closed(
    tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch, changes_max: int
) -> None:
    """Also where the entry stands by another one, and where more changed at once than are looked at one by one."""
    monkeypatch.setattr(follow, "CHANGES_MAX", changes_max)
    with opened(tmp_path, clock) as (lists, casework):
        entry_id = list_by_hand(lists, SEEN, pdq(0))
        submit(casework, [report("one", SEEN), report("both", SEEN, pdq(1))])
        for action, actor in ((ChangeKind.RETRACTION_REQUESTED, "cleo"), (ChangeKind.RETRACTION_CONFIRMED, "dora")):
            assert isinstance(decide(lists, action, entry_id, actor, FIRST), Written)
        assert [one.is_open for one in casework.oversight.affected(entry_id)[0]] == [True, False]
        assert casework.oversight.verify() == []
