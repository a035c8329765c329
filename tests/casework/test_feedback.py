"""Reporters who want to be told: when it is due, what it says, and how soon nothing is left of their contact."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from hashsvc import config
from hashsvc.casework.desks import Casework
from hashsvc.casework.tables import Tables
from hashsvc.casework.values import CaseState, EventKind, Feedback, NewReport
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, DecideEntry
from hashsvc.server.writing.casework import erase_old
from hashsvc.signals import Signal
from tests.casework.settings import MINUTE_US
from tests.casework.submitting import submit
from tests.casework.test_claiming import list_by_hand
from tests.casework.test_deciding import SEEN, opened, report, say
from tests.casework.test_retention import DAY_US, close, digest

CONTACT = "reporter@mail.example"
HOUR_US = 60 * MINUTE_US


@pytest.fixture
def clock(tmp_path: Path) -> SeededClock:
    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    return clock


def with_contact(request_id: str, *signals: Signal, contact: str = CONTACT) -> NewReport:
    return replace(report(request_id, *signals), contact=contact, language="mn", portal="mn-portal")


def held(casework: Casework) -> bytes:
    """All that is stored of casework, end to end."""
    with casework.ground.env.read() as txn:
        tables = Tables(casework.ground.env, txn)
        return b"".join(key + value for table in casework.ground.env.tables for key, value in tables.rows(table))


def test_a_reporter_is_told_when_the_report_closes_and_the_contact_is_gone(tmp_path: Path, clock: SeededClock) -> None:
    """Open, nothing is due; closed, the contact is told with language and portal; marked, nothing of it is stored."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [with_contact("a", SEEN), report("b", digest(1))])
        assert casework.outgoing.feedback_due(10) == []
        with pytest.raises(FailedPrecondition) as refused:
            casework.outgoing.feedback_sent("mailer", 1)
        assert refused.value.reason == "FEEDBACK_NOT_DUE"
        close(casework, 1, 2)
        (due,) = casework.outgoing.feedback_due(10)
        assert due == Feedback(1, due.closed_us, CONTACT, "mn", "mn-portal")
        assert casework.oversight.verify() == []
        assert casework.outgoing.feedback_sent("mailer", 1)
        assert not casework.outgoing.feedback_sent("mailer", 1)
        assert casework.outgoing.feedback_due(10) == []
        assert CONTACT.encode() not in held(casework)
        last = list(casework.oversight.events(0, 1 << 62))[-1]
        assert (last.kind, last.actor, last.report) == (EventKind.FEEDBACK_SENT, "mailer", 1)
        assert casework.oversight.verify() == []


def test_a_contact_is_in_one_place(tmp_path: Path, clock: SeededClock) -> None:
    """Neither case, item, report nor event has it, and a repeat with another one changes nothing."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [with_contact("a", SEEN)])
        (again,) = submit(casework, [with_contact("a", SEEN, contact="other@mail.example")])
        assert again.repeated
        assert held(casework).count(CONTACT.encode()) == 1
        assert CONTACT not in str(
            (casework.claims.case(1), casework.claims.reports([1]), list(casework.oversight.events(0, 1 << 62)))
        )
        assert b"other@mail.example" not in held(casework)


def test_nobody_is_told_before_a_reporter_who_asks_would_be(tmp_path: Path, clock: SeededClock) -> None:
    """What was known closes at once and is due only after the hours for which every report is told as received."""
    with opened(tmp_path, clock) as (lists, casework):
        list_by_hand(lists, SEEN)
        submit(casework, [with_contact("a", SEEN)])
        assert casework.outgoing.feedback_due(10, hold_us=HOUR_US) == []
        with pytest.raises(FailedPrecondition):
            casework.outgoing.feedback_sent("mailer", 1, HOUR_US)
        clock._now_us += HOUR_US
        assert [one.report for one in casework.outgoing.feedback_due(10, hold_us=HOUR_US)] == [1]
        assert casework.outgoing.feedback_sent("mailer", 1, HOUR_US)


def test_a_report_that_is_open_again_is_not_due(tmp_path: Path, clock: SeededClock) -> None:
    """A retraction takes a report out of the queue; when it closes again its reporter is due once more."""
    with opened(tmp_path, clock) as (lists, casework):
        submit(casework, [with_contact("a", SEEN)])
        say(casework, "ann")
        assert say(casework, "bob") == CaseState.LISTED
        assert len(casework.outgoing.feedback_due(10)) == 1
        entry_id = casework.claims.case(1)[0].entry_id
        for actor, action in (("dan", ChangeKind.RETRACTION_REQUESTED), ("eve", ChangeKind.RETRACTION_CONFIRMED)):
            lists.write([DecideEntry(actor=actor, request_id=actor, action=int(action), entry_id=entry_id)])
        assert casework.outgoing.feedback_due(10) == []
        assert casework.oversight.verify() == []
        (waiting,) = casework.claims.queue(1)
        close(casework, waiting.number)
        assert len(casework.outgoing.feedback_due(10)) == 1
        assert casework.oversight.verify() == []


def test_contacts_are_erased_by_age_and_with_their_reports(tmp_path: Path, clock: SeededClock) -> None:
    """Days after closing a contact goes though nobody was told, its report stays; with a report its contact goes."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [with_contact(f"r{n}", digest(n)) for n in range(3)])
        close(casework, 1)
        between_us = clock.now_us()
        close(casework, 2)
        assert casework.oversight.erase(0, contacts_before_us=between_us).contacts == 1
        assert [one.report for one in casework.outgoing.feedback_due(10)] == [2]
        assert [one.number for one in casework.claims.reports([1, 2, 3])] == [1, 2, 3]
        assert casework.oversight.verify() == []
        erased = casework.oversight.erase(clock.now_us())
        assert (erased.reports, erased.contacts) == (2, 0)
        assert held(casework).count(CONTACT.encode()) == 1  # of the report that is open
        assert casework.oversight.verify() == []


def test_contacts_have_days_of_their_own(tmp_path: Path, clock: SeededClock) -> None:
    """What erases by days, the keeper and the command, erases contacts by theirs and reports by theirs, no sooner."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [with_contact("a", SEEN)])
        close(casework, 1)
        clock._now_us += 2 * DAY_US - HOUR_US
        assert erase_old(casework, 3, 2, clock) == (0, 0)
        clock._now_us += HOUR_US
        assert erase_old(casework, 3, 2, clock) == (0, 1)
        assert (casework.outgoing.feedback_due(10), len(casework.claims.reports([1]))) == ([], 1)
        clock._now_us += DAY_US
        assert erase_old(casework, 3, 2, clock) == (1, 0)


def test_feedback_is_read_in_pages(tmp_path: Path, clock: SeededClock) -> None:
    """Each page goes on after the last one, the longest closed first, whatever was marked between."""
    with opened(tmp_path, clock) as (_, casework):
        submit(casework, [with_contact(f"r{n}", digest(n)) for n in range(3)])
        close(casework, 3, 1, 2)
        (first,) = casework.outgoing.feedback_due(1)
        casework.outgoing.feedback_sent("mailer", first.report)
        rest = casework.outgoing.feedback_due(10, (first.closed_us, first.report))
        assert [one.report for one in (first, *rest)] == [3, 1, 2]


def test_contacts_live_until_feedback_is_due() -> None:
    """Settings by which a contact would be erased before anybody may be told are refused."""
    with pytest.raises(InvalidArgument) as refused:
        config.make(data_dir="x", contact_days=1, report_state_hours=24.5)
    assert (refused.value.reason, refused.value.field) == ("BAD_CONFIG", "contact_days")
    assert config.make(data_dir="x", contact_days=1, report_state_hours=24).contact_days == 1
