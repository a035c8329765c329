"""Where casework could close what nobody saw, lose what somebody must see, or wait for ever."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hashsvc.casework import open_view
from hashsvc.casework.desks import Casework
from hashsvc.casework.values import CaseState, ItemState, Opinion
from hashsvc.clock import SeededClock
from hashsvc.errors import HashsvcError, InvalidArgument, NotFound
from hashsvc.hashlist import ListStore
from hashsvc.matching.current import CurrentPolicy
from hashsvc.signals import PDQ, SHA256, URL, Signal
from tests.casework.settings import SETTINGS
from tests.casework.submitting import submit
from tests.casework.test_deciding import OTHER, SEEN, Killed, report, say
from tests.casework.test_takedown import all_of, list_by_hand, retract
from tests.matching.fakes import flipped

ELSE = Signal(SHA256, bytes(range(3, 35)))
CODE = bytes(range(7, 39))

Open = Callable[..., tuple[ListStore, Casework]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Open]:
    """Opens a new list with its casework, under settings of a test."""
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    with contextlib.ExitStack() as stack:

        def make(**changed: Any) -> tuple[ListStore, Casework]:
            lists = stack.enter_context(contextlib.closing(ListStore.open(tmp_path / "list", clock=clock)))
            casework = Casework(
                tmp_path / "casework", lists, CurrentPolicy(), SETTINGS._replace(**changed), clock
            )  # fmt: skip
            return lists, stack.enter_context(contextlib.closing(casework))

        yield make


def states(casework: Casework, case: int = 1) -> list[tuple[int, ItemState]]:
    return [(item.report, ItemState(item.state)) for item in casework.claims.case(case)[1]]


@pytest.mark.parametrize("shared", [OTHER, Signal(URL, b"https://site.example.com/a")])
@pytest.mark.parametrize("is_illegal", [True, False])
def test_what_a_stronger_digest_tells_apart_is_not_the_same(opened: Open, shared: Signal, is_illegal: bool) -> None:
    """A shared MD5 or URL beside different SHA-256 closes nothing that nobody looked at, and lists nothing of it."""
    _, casework = opened(regrade_share=0.0)
    submit(casework, [report("seen", shared, SEEN), report("other", shared, ELSE), report("same", SEEN)])
    assert say(casework, "ann", is_illegal=is_illegal) == CaseState.OPEN
    say(casework, "bob", is_illegal=is_illegal)
    closed = ItemState.CLOSED_LISTED if is_illegal else ItemState.CLOSED_NOT_ILLEGAL
    assert states(casework) == [(1, closed), (3, closed)]
    url_closes = is_illegal and shared.type == URL  # the URL itself is listed now, and closes what stands there
    if not url_closes:
        assert states(casework, 2) == [(2, ItemState.OPEN)]
    (later,) = submit(casework, [report("later", ELSE)])
    assert later.items[0].state == ItemState.OPEN
    assert casework.oversight.verify() == []


def test_what_was_looked_at_is_listed_before_what_shares_a_digest(opened: Open) -> None:
    """An older report with 64 signals that joins a case does not push those of the seen item off the list."""
    lists, casework = opened()
    many = (Signal(URL, f"https://site{n}.example.com/q".encode()) for n in range(62))
    entry_id = list_by_hand(lists, OTHER)
    submit(casework, [report("old", SEEN, OTHER, *many)])
    submit(casework, [report("new", SEEN, Signal(PDQ, CODE, 90))])
    retract(lists, entry_id)
    assert states(casework) == [(1, ItemState.OPEN), (2, ItemState.OPEN)]
    say(casework, "ann")
    assert say(casework, "bob") == CaseState.LISTED
    (again,) = submit(casework, [report("again", Signal(PDQ, CODE, 90))])
    assert again.items[0].state == ItemState.CLOSED_KNOWN


def test_more_than_an_entry_holds_is_listed_as_far_as_it_goes(opened: Open) -> None:
    """63 long URLs are more than fits into a change; the digests and the first URLs are listed, and the case ends."""
    _, casework = opened()
    urls = (Signal(URL, f"https://site{n}.example.com/{'a' * 560}{n}".encode()) for n in range(63))
    submit(casework, [report("a", SEEN, *urls)])
    say(casework, "ann")
    assert say(casework, "bob") == CaseState.LISTED
    assert submit(casework, [report("b", SEEN)])[0].items[0].state == ItemState.CLOSED_KNOWN


def test_a_case_that_the_list_refuses_is_open_again(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Refused for good, the case waits in the queue without the last opinion; whoever gave it may again."""
    _, casework = opened()
    submit(casework, [report("a", SEEN)])
    say(casework, "ann")
    with monkeypatch.context() as patched:

        def refuses(*args: Any) -> bytes:
            raise InvalidArgument("PAYLOAD_TOO_LARGE", "a test")

        patched.setattr(casework.decisions, "_write_list", refuses)
        with pytest.raises(InvalidArgument):
            say(casework, "bob")
    (case,) = casework.claims.queue(10)
    assert (case.state, [one.actor for one in case.opinions]) == (CaseState.OPEN, ["ann"])
    assert casework.oversight.verify() == []
    assert casework.decisions.finish() == 0
    assert say(casework, "bob") == CaseState.LISTED
    assert casework.oversight.verify() == []


def test_what_the_list_learnt_while_it_refused_closes(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """What another entry made known while a case was being decided closes once the case is open again."""
    lists, casework = opened()
    submit(casework, [report("a", SEEN)])
    say(casework, "ann")

    def refuses(*args: Any) -> bytes:
        list_by_hand(lists, SEEN)
        casework.ground.follow()
        raise InvalidArgument("PAYLOAD_TOO_LARGE", "a test")

    monkeypatch.setattr(casework.decisions, "_write_list", refuses)
    with pytest.raises(InvalidArgument):
        say(casework, "bob")
    assert states(casework) == [(1, ItemState.CLOSED_LISTED)]
    assert casework.claims.case(1)[0].state == CaseState.EMPTY
    assert casework.oversight.verify() == []


def killed_after_listing(casework: Casework, monkeypatch: pytest.MonkeyPatch, *cases: int) -> None:
    """Ann and Bob decide cases; the process dies once the list is written."""
    write = casework.decisions._write_list

    def kills(*args: Any) -> bytes:
        write(*args)
        raise Killed

    for case in cases:
        say(casework, "ann", case=case)
    with monkeypatch.context() as patched:
        patched.setattr(casework.decisions, "_write_list", kills)
        for case in cases:
            with pytest.raises(Killed):
                say(casework, "bob", case=case)


def test_what_was_retracted_before_it_was_followed_is_open(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Listed, killed, retracted, then finished: nothing is closed by the entry that is gone, and somebody looks."""
    lists, casework = opened(regrade_share=1.0)
    submit(casework, [report("a", SEEN)])
    killed_after_listing(casework, monkeypatch, 1)
    with lists.snapshot() as snapshot:
        entry_id = snapshot.pages.entries(0, 10, 0, b"")[0][0].entry_id
    retract(lists, entry_id)
    casework.ground.follow()
    assert casework.decisions.finish() == 1
    assert casework.claims.case(1)[0].state == CaseState.LISTED
    assert states(casework, 2) == [(1, ItemState.OPEN)]
    assert casework.oversight.verify() == []


def test_two_processes_finish_the_same_listings(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever comes second finds the cases ended, and goes on."""
    _, casework = opened()
    submit(casework, [report("a", SEEN), report("b", ELSE)])
    killed_after_listing(casework, monkeypatch, 1, 2)
    listing = casework.decisions._list
    with monkeypatch.context() as patched:

        def overtaken(*args: Any) -> Any:
            patched.setattr(casework.decisions, "_list", listing)
            assert casework.decisions.finish() == 2
            return listing(*args)

        patched.setattr(casework.decisions, "_list", overtaken)
        assert casework.decisions.finish() == 2
    assert [casework.claims.case(number)[0].state for number in (1, 2)] == [CaseState.LISTED] * 2
    assert casework.oversight.verify() == []


def regraded(casework: Casework, *, is_illegal: bool = True) -> None:
    casework.claims.claim_regrade("cleo")
    casework.decisions.assess_regrade(1, Opinion("cleo", 0, is_illegal, (("uk_abc", "A"),)))


def test_a_case_is_graded_again_once(opened: Open) -> None:
    """Once a regrade opened a case, an opinion on it is given as on any other."""
    _, casework = opened(regrade_share=1.0)
    submit(casework, [report("a", SEEN)])
    for actor in ("ann", "bob"):
        say(casework, actor, is_illegal=False)
    regraded(casework)
    casework.claims.claim("sen", 1)
    with pytest.raises(NotFound):
        casework.decisions.assess_regrade(1, Opinion("sen", 0, True, (("uk_abc", "A"),)))
    assert casework.oversight.verify() == []
    assert casework.decisions.assess(1, Opinion("sen", 0, True, (("uk_abc", "A"),))).case.state == CaseState.LISTED


def test_a_regrade_opens_only_what_closed_with_its_case(opened: Open) -> None:
    """What another entry closed stays closed, and its takedown counts it once."""
    lists, casework = opened(regrade_share=1.0)
    url = Signal(URL, b"https://site.example.com/b")
    submit(casework, [report("a", SEEN), report("b", SEEN, OTHER, url)])
    list_by_hand(lists, OTHER)
    for actor in ("ann", "bob"):
        say(casework, actor, is_illegal=False)
    regraded(casework)
    assert states(casework) == [(1, ItemState.OPEN), (2, ItemState.CLOSED_LISTED)]
    assert [one.live_count for one in all_of(casework)] == [1]
    assert casework.oversight.verify() == []


def test_only_those_who_agree_with_the_newest_opinion_decide(opened: Open) -> None:
    """After a regrade an illegal opinion does not close the case as not illegal by the opinions of before."""
    _, casework = opened(regrade_share=1.0)
    submit(casework, [report("a", SEEN)])
    for actor in ("sen", "bob"):
        say(casework, actor, is_illegal=False)
    regraded(casework)
    assert say(casework, "dan") == CaseState.OPEN


def test_without_seniors_those_who_are_enough_decide(opened: Open) -> None:
    """Where no senior is named, a case that two differ about is decided by the next who agrees with one of them."""
    _, casework = opened(seniors=frozenset())
    submit(casework, [report("a", SEEN)])
    said = [say(casework, "ann"), say(casework, "bob", is_illegal=False), say(casework, "cleo")]
    assert said == [CaseState.OPEN, CaseState.OPEN, CaseState.LISTED]


def test_a_copy_joins_what_was_opened_in_the_same_moment(opened: Open) -> None:
    """A report that comes with the retraction that opens another finds it, though the array does not hold it yet."""
    lists, casework = opened()
    entry_id = list_by_hand(lists, Signal(PDQ, CODE, 90))
    submit(casework, [report("a", Signal(PDQ, CODE, 90))])
    retract(lists, entry_id)
    (near,) = submit(casework, [report("b", Signal(PDQ, flipped(CODE, 1), 90))])
    assert (near.items[0].opened, near.items[0].case) == (False, 1)


def test_codes_of_closed_cases_are_dropped_once(opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """The array is made anew when it is mostly of closed cases, and then not again."""
    monkeypatch.setattr(open_view, "REBUILD_DEAD_MIN", 5)
    _, casework = opened(regrade_share=0.0)
    for n in range(12):
        submit(casework, [report(str(n), Signal(PDQ, bytes([n, 255 - n] * 16), 90))])
    for case in range(1, 11):
        for actor in ("ann", "bob"):
            say(casework, actor, is_illegal=False, case=case)
    submit(casework, [report("last", Signal(PDQ, bytes([7, 9] * 16), 90))])
    made = casework.ground.view._delta
    for _ in range(3):
        with pytest.raises(HashsvcError):
            casework.claims.claim("ann", 999)
    assert casework.ground.view._delta is made
    assert casework.ground.view._held() < 9
    assert casework.oversight.verify() == []
