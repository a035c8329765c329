"""Takedowns: which URLs have one, what becomes of it, and what it outlives."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashsvc.casework.desks import Casework
from hashsvc.casework.retention import Erased
from hashsvc.casework.values import CaseState, EventKind, Mark, NewItem, NewReport, Takedown, TakedownState
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, HashsvcError, NotFound
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry, Written
from hashsvc.signals import SHA256, URL, Signal, UrlFacts
from tests.casework.submitting import submit
from tests.casework.test_deciding import SEEN, clock, opened, report, say  # noqa: F401

WAITING, NOTICED, REMOVED, REAPPEARED, WITHDRAWN = TakedownState
OTHER = Signal(SHA256, bytes(range(2, 34)))


def url(text: str = "https://site.example.com/a", **facts: bool) -> Signal:
    return Signal(URL, text.encode(), url=UrlFacts(**facts) if facts else None)  # type: ignore[arg-type]


def list_by_hand(lists: ListStore, *signals: Signal, name: str = "1") -> bytes:
    content = Content("hotline", "hand", name, signals)
    entry_id = lists.entry_id_of(content)
    confirm = DecideEntry(actor="tom", request_id=f"c{name}", action=int(ChangeKind.ENTRY_CONFIRMED), entry_id=entry_id)
    for result in lists.write([ProposeEntry(actor="sue", request_id=f"p{name}", content=content), confirm]):
        assert isinstance(result, Written), result
    return entry_id


def retract(lists: ListStore, entry_id: bytes) -> None:
    for actor, action in (("dan", ChangeKind.RETRACTION_REQUESTED), ("eve", ChangeKind.RETRACTION_CONFIRMED)):
        request_id = f"{actor}-{entry_id.hex()}"
        command = DecideEntry(
            actor=actor, request_id=request_id, action=int(action), entry_id=entry_id, reason_code="QA"
        )
        (result,) = lists.write([command])
        assert isinstance(result, Written), result


def all_of(casework: Casework) -> list[Takedown]:
    """Every takedown, in order of their numbers."""
    found, next_place = casework.outgoing.takedowns(tuple(TakedownState), 0, 1_000)
    assert next_place == 0
    return sorted(found, key=lambda one: one.number)


def one_of(casework: Casework) -> Takedown:
    (takedown,) = all_of(casework)
    return takedown


def mark(casework: Casework, state: TakedownState, recipient: str = "", appearance: int = 0) -> Takedown | HashsvcError:
    (answer,) = casework.outgoing.mark_takedowns("mia", [Mark(1, state, recipient, appearance)])
    return answer


def refusal(answer: Takedown | HashsvcError) -> tuple[type, str]:
    assert isinstance(answer, HashsvcError)
    return type(answer), answer.reason


def test_one_url_has_one_takedown_however_often_it_is_reported(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """Known content reported at one URL in several spellings is one takedown that counts them, with the first text."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        for n, text in enumerate(("https://site.example.com/a", "http://SITE.example.com/a#x", "site.example.com/a")):
            submit(casework, [report(f"r{n}", SEEN, url(text))])
        takedown = one_of(casework)
        assert (takedown.state, takedown.item_count, takedown.url) == (WAITING, 3, "https://site.example.com/a")
        submit(casework, [report("other", SEEN, url("https://site.example.com/b"))])
        assert [one.item_count for one in all_of(casework)] == [3, 1]
        assert casework.oversight.verify() == []


@pytest.mark.parametrize("is_illegal", [True, False])
def test_what_people_find_not_illegal_is_never_taken_down(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
    is_illegal: bool,
) -> None:
    """A URL whose content two people decide about has a takedown if it is illegal, and none while or if it is not."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [report("a", SEEN, url())])
        say(casework, "ann", is_illegal=is_illegal)
        assert all_of(casework) == []
        say(casework, "bob", is_illegal=is_illegal)
        assert [one.state for one in all_of(casework)] == ([WAITING] if is_illegal else [])
        assert casework.oversight.verify() == []


def test_what_a_listing_elsewhere_closes_is_to_be_taken_down(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """An open item that another entry makes known has a takedown from then on."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [report("a", SEEN, url())])
        assert all_of(casework) == []
        list_by_hand(lists, SEEN)
        assert one_of(casework).state == WAITING
        assert casework.oversight.verify() == []


def test_a_url_that_the_content_mentions_is_not_taken_down(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """A known picture with an address written in it says where it was found, not that it is at that address."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url("https://mentioned.example.com/", embedded=True), url())])
        assert one_of(casework).url == "https://site.example.com/a"


def test_a_takedown_is_noticed_and_removed_once(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """The same mark again changes nothing, another recipient adds a notice, and what is gone takes no new notice."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url())])
        for _ in range(2):
            noticed = mark(casework, NOTICED, "host")
            assert isinstance(noticed, Takedown)
            assert (noticed.state, [one.recipient for one in noticed.notices]) == (NOTICED, ["host"])
        second = mark(casework, NOTICED, "partner")
        assert isinstance(second, Takedown)
        assert [(one.actor, one.recipient) for one in second.notices] == [("mia", "host"), ("mia", "partner")]
        removed = mark(casework, REMOVED)
        assert isinstance(removed, Takedown)
        assert (removed.state, removed.removed_by) == (REMOVED, "mia")
        assert mark(casework, REMOVED) == removed
        assert mark(casework, NOTICED, "host") == removed  # a repeat that came late
        assert refusal(mark(casework, NOTICED, "other")) == (FailedPrecondition, "TAKEDOWN_ENDED")
        kinds = [one.kind for one in casework.oversight.events(0, 1 << 62) if one.takedown]
        assert kinds == [
            EventKind.TAKEDOWN_OPENED,
            EventKind.TAKEDOWN_NOTICED,
            EventKind.TAKEDOWN_NOTICED,
            EventKind.TAKEDOWN_REMOVED,
        ]
        hotline = casework.oversight.figures(0, 1 << 62).hotline
        assert (hotline.takedowns_opened, hotline.takedowns_noticed, hotline.takedowns_removed) == (1, 2, 1)
        assert hotline.median_removal_us is not None
        assert casework.oversight.verify() == []


def test_one_refused_mark_stops_no_other(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """Marks are answered one by one, in order."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url())])
        unknown, taken = casework.outgoing.mark_takedowns("mia", [Mark(9, REMOVED), Mark(1, REMOVED)])
        assert refusal(unknown) == (NotFound, "UNKNOWN_TAKEDOWN")
        assert isinstance(taken, Takedown)
        assert taken.state == REMOVED


def test_what_comes_back_is_to_be_noticed_again(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """A report after the removal puts the URL back into the queue; a mark of the time before does not take it out."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url())])
        mark(casework, NOTICED, "host")
        mark(casework, REMOVED)
        assert casework.outgoing.takedowns((), 0, 10) == ([], 0)
        submit(casework, [report("b", SEEN, url())])
        (waiting,), _ = casework.outgoing.takedowns((), 0, 10)
        assert (waiting.state, waiting.appearance, waiting.reappeared_count) == (REAPPEARED, 2, 1)
        assert refusal(mark(casework, REMOVED, appearance=1)) == (FailedPrecondition, "TAKEDOWN_CHANGED")
        again = mark(casework, NOTICED, "host", appearance=2)
        assert isinstance(again, Takedown)
        assert (again.state, len(again.notices)) == (NOTICED, 2)
        assert casework.oversight.figures(0, 1 << 62).hotline.takedowns_reappeared == 1
        assert casework.oversight.verify() == []


def test_what_was_reported_before_the_removal_is_no_reappearance(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """A report that waited while the content was removed says nothing about the time after, whenever it closes."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url()), report("waits", OTHER, url())])
        mark(casework, REMOVED)
        list_by_hand(lists, OTHER, name="2")
        takedown = one_of(casework)
        assert (takedown.state, takedown.item_count, takedown.reappeared_count) == (REMOVED, 2, 0)
        assert casework.oversight.verify() == []


def test_a_retraction_withdraws_a_takedown_and_a_new_listing_brings_it_back(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
) -> None:
    """Once nothing makes the content illegal the URL leaves the queue; found illegal again it waits again."""
    with opened(tmp_path, clock) as (lists, casework):
        entry_id = list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url()), report("b", SEEN, url())])
        mark(casework, NOTICED, "host")
        retract(lists, entry_id)
        assert (one_of(casework).state, one_of(casework).item_count) == (WITHDRAWN, 0)
        assert refusal(mark(casework, REMOVED)) == (FailedPrecondition, "TAKEDOWN_ENDED")
        (case,) = casework.claims.queue(10)
        say(casework, "ann", case=case.number)
        assert say(casework, "bob", case=case.number) == CaseState.LISTED
        takedown = one_of(casework)
        assert (takedown.state, takedown.item_count, takedown.appearance) == (WAITING, 2, 2)
        assert casework.oversight.verify() == []


def test_a_takedown_outlives_its_report_and_still_hears_of_a_retraction(
    tmp_path: Path,
    clock: SeededClock,  # noqa: F811
) -> None:
    """The report erased, the URL still waits; when all that made it known is retracted, it waits no more."""
    with opened(tmp_path, clock) as (lists, casework):
        entries = [list_by_hand(lists, SEEN), list_by_hand(lists, SEEN, OTHER, name="2")]
        submit(casework, [report("a", SEEN, url())])
        erased = casework.oversight.erase(clock.now_us())
        assert (erased.reports, erased.takedowns) == (1, 0)
        assert (one_of(casework).state, one_of(casework).url) == (WAITING, "https://site.example.com/a")
        retract(lists, entries[0])
        assert one_of(casework).state == WAITING
        assert casework.oversight.verify() == []
        retract(lists, entries[1])
        assert one_of(casework).state == WITHDRAWN
        assert casework.oversight.verify() == []
        assert casework.oversight.erase(clock.now_us()).takedowns == 1
        assert all_of(casework) == []
        assert casework.oversight.verify() == []


def test_a_takedown_that_ended_goes_with_the_last_of_its_reports(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """What is removed is kept for its time and as long as a report of it is there, then nothing of it is left."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url())])
        submit(
            casework,
            [
                report("waits", OTHER),
                NewReport(actor="portal", request_id="two", items=(NewItem((SEEN, url())), NewItem((OTHER,)))),
            ],
        )
        mark(casework, REMOVED)
        ended_us = one_of(casework).since_us
        assert casework.oversight.erase(ended_us).takedowns == 0
        assert casework.oversight.erase(clock.now_us()).takedowns == 0  # the second report waits for its other item
        say(casework, "ann", is_illegal=False)
        say(casework, "bob", is_illegal=False)
        assert casework.oversight.erase(ended_us) == Erased()
        erased = casework.oversight.erase(clock.now_us())
        assert (erased.reports, erased.takedowns) == (2, 1)
        assert (all_of(casework), casework.oversight.verify()) == ([], [])
        submit(casework, [report("b", SEEN, url())])
        assert (one_of(casework).state, one_of(casework).number) == (WAITING, 2)


def test_pages_go_on_where_the_page_before_ended(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """The queue is read whole page by page, the longest wait first, WAITING and REAPPEARED together."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        for n in range(5):
            submit(casework, [report(f"r{n}", SEEN, url(f"https://site.example.com/{n}"))])
        casework.outgoing.mark_takedowns("mia", [Mark(2, REMOVED)])
        submit(casework, [report("again", SEEN, url("https://site.example.com/1"))])
        numbers: list[int] = []
        place, turns = 0, 0
        while turns == 0 or place:
            found, place = casework.outgoing.takedowns((), place, 2)
            numbers += [one.number for one in found]
            turns += 1
        assert (numbers, turns) == ([1, 3, 4, 5, 2], 3)


def test_verify_finds_a_takedown_that_counts_wrong(tmp_path: Path, clock: SeededClock) -> None:  # noqa: F811
    """A URL whose takedown is lost, or says other items than there are, is found."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [report("a", SEEN, url())])
        key = one_of(casework).key
        with casework.ground.writing() as tables:
            tables.delete("takedown_urls", key)
        assert casework.oversight.verify() == ["the URLs of takedowns are not those that are found"]
