"""Casework's values: reports, their items, cases, opinions, and what is asked and answered. Frozen, no behaviour.

Stored ones are MessagePack arrays, new fields only at the end (docs/data_file.md). Private to the hotline: none of it
ever reaches the list, a partner or a follower.
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from hashsvc.signals import Signal


class ItemState(IntEnum):
    """Where an item is: in exactly one place. OPEN: in a case."""

    OPEN = 1
    CLOSED_KNOWN = 2
    CLOSED_LISTED = 3
    CLOSED_NOT_ILLEGAL = 4


class CaseState(IntEnum):
    """OPEN: waits for people. DECIDING: the last opinion is in, the list is being written. The rest is the end."""

    OPEN = 1
    DECIDING = 2
    LISTED = 3
    NOT_ILLEGAL = 4
    EMPTY = 5  # all its items became known by another entry


class TakedownState(IntEnum):
    """WAITING and REAPPEARED: a notice is to be sent. WITHDRAWN: what made it illegal was retracted."""

    WAITING = 1
    NOTICED = 2
    REMOVED = 3
    REAPPEARED = 4  # reported again after it was removed
    WITHDRAWN = 5


class RegradeOutcome(IntEnum):
    """How a case was graded again. CATEGORY_DIFFERS: illegal both times, in another category of some scheme."""

    WAITING = 1
    AGREES = 2
    CATEGORY_DIFFERS = 3
    LEGALITY_DIFFERS = 4


class ReportState(IntEnum):
    """What a reporter is told, and never more: whether it was known would tell an offender what is listed."""

    RECEIVED = 1
    BEING_ASSESSED = 2
    CLOSED = 3


# ---------------------------------------------------------------- stored


class Met(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What an item met on the list, without any signal: enough to ask what another policy would have said.

    Numbers as in matching.values.Evidence. verdict: what this alone amounted to, by the policy in force at the item's
    list_sequence.
    """

    entry_id: bytes
    type: int
    distance: int
    orientation: int
    state: int
    verdict: int
    caps: tuple[int, ...]
    query_quality: int
    listed_quality: int
    url_scope: int = 0
    url_how: int = -1
    url_age_us: int = -1


class Item(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One thing of a report. case: its number while OPEN and after; 0 where it never needed one.

    entries: because of which it is closed. met: at its last check, up to list_sequence. content_ref: opaque.
    """

    report: int
    index: int
    state: int
    signals: tuple[Signal, ...]
    content_ref: str
    case: int
    verdict: int
    entries: tuple[bytes, ...]
    met: tuple[Met, ...]
    list_sequence: int
    received_us: int
    closed_us: int = 0


class Report(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A report as received. actor: who brought it. code_hash: keyed hash of its reference code."""

    number: int
    received_us: int
    actor: str
    kind: str
    comment: str
    language: str
    portal: str
    partner_reference: str
    code_hash: bytes
    item_count: int
    open_count: int
    self_referral: bool = False
    age_hint: str = ""
    severity_hint: str = ""
    closed_us: int = 0


class Opinion(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What one person said of a case. classifications: (scheme, value), sorted by scheme."""

    actor: str
    time_us: int
    is_illegal: bool
    classifications: tuple[tuple[str, str], ...] = ()
    age_band: str = ""
    sex: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()
    note: str = ""
    is_senior: bool = False


class Case(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What waits for an analyst: one thing and every report of it. first_item: (report, index), what is looked at.

    suggestions: other open cases that may be the same thing. likely: entries that its items are near to.
    released_by: who gave it back, until somebody takes it again. A decided case is held by who grades it again.
    """

    number: int
    state: int
    first_item: tuple[int, int]
    opened_us: int
    report_count: int
    item_count: int
    self_referral: bool
    age_hint: str
    severity_hint: str
    opinions: tuple[Opinion, ...] = ()
    escalated: bool = False
    lease_actor: str = ""
    lease_until_us: int = 0
    suggestions: tuple[int, ...] = ()
    likely: tuple[bytes, ...] = ()
    thorough: bool = False
    entry_id: bytes = b""
    closed_us: int = 0
    released_by: str = ""


class EventKind(IntEnum):
    REPORT_RECEIVED = 1
    ITEM_KNOWN = 2
    ITEM_JOINED = 3
    CASE_OPENED = 4
    CASE_CLAIMED = 5
    CASE_RELEASED = 6
    CASE_ASSESSED = 7
    CASE_LISTED = 8
    CASE_NOT_ILLEGAL = 9
    ITEM_CLOSED_BY_LISTING = 10
    ITEM_REOPENED = 11
    REPORT_ERASED = 12
    REPORT_CLOSED = 13
    ITEM_MOVED = 14
    FEEDBACK_SENT = 15
    TAKEDOWN_OPENED = 16
    TAKEDOWN_NOTICED = 17
    TAKEDOWN_REMOVED = 18
    TAKEDOWN_REAPPEARED = 19
    TAKEDOWN_WITHDRAWN = 20
    TAKEDOWN_RETURNED = 21  # what had been retracted is illegal again
    REGRADE_DRAWN = 22
    CASE_REGRADED = 23  # value: RegradeOutcome; label: the schemes whose categories differ, with commas between


class Event(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """One line of the ledger: who did what when. No signal, no text. value: a count or µs, by kind. label: severity."""

    time_us: int
    kind: int
    actor: str = ""
    case: int = 0
    report: int = 0
    value: int = 0
    label: str = ""
    takedown: int = 0


class Deciding(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A listing under way: the request ids that the list is written with, so that it happens once."""

    case: int
    request_id: str
    people: tuple[str, ...]


class Regrade(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A decided case that is graded again. was: CaseState, LISTED or NOT_ILLEGAL. opinion: the blind one, if given."""

    case: int
    was: int
    drawn_us: int
    outcome: int = RegradeOutcome.WAITING
    opinion: Opinion | None = None


class Disputing(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A dispute under way after a regrade: the request id that it is written with, so that it happens once."""

    case: int
    request_id: str
    actor: str
    entry_id: bytes


class Notice(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A notice that was sent: by whom, when, and to which host or partner hotline."""

    actor: str
    time_us: int
    recipient: str


class Takedown(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A URL at which illegal content was reported. key: hash of its strict expression. url: as first reported.

    since_us: when it came into its state. waiting_us: when it last came into the queue, the appearance-th time, from 1.
    reported_us: when the newest of its reports came. item_count: items found illegal there; live_count: of those, the
    ones not erased. entries: those that made the erased ones known. notices: the newest, oldest first. removed_us: when
    it was last gone, 0: never.
    """

    number: int
    key: bytes
    url: str
    state: int
    since_us: int
    waiting_us: int
    opened_us: int
    reported_us: int
    item_count: int
    live_count: int
    entries: tuple[bytes, ...] = ()
    notices: tuple[Notice, ...] = ()
    removed_us: int = 0
    removed_by: str = ""
    appearance: int = 1
    reappeared_count: int = 0


# ---------------------------------------------------------------- asked and answered


class Mark(msgspec.Struct, frozen=True, gc=False):
    """What somebody did about a takedown. state: NOTICED or REMOVED. recipient: of a notice.

    appearance: of the takedown when it was looked at; 0: whichever it is at.
    """

    takedown: int
    state: int
    recipient: str = ""
    appearance: int = 0


class NewItem(msgspec.Struct, frozen=True, gc=False):
    """One thing that is reported. signals: parsed, usable or not."""

    signals: tuple[Signal, ...]
    content_ref: str = ""


class NewReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report to take in. request_id: the caller's, makes a repeat safe.

    contact: of a reporter who wants to be told, or "".
    """

    actor: str
    request_id: str
    items: tuple[NewItem, ...]
    kind: str = ""
    comment: str = ""
    language: str = ""
    portal: str = ""
    partner_reference: str = ""
    self_referral: bool = False
    age_hint: str = ""
    severity_hint: str = ""
    contact: str = ""


class Placed(msgspec.Struct, frozen=True):
    """What became of an item at once. verdict: matching.values.Verdict; PENDING where it joined an open case.

    case: its number or 0. opened: it made the case.
    """

    state: int
    verdict: int
    case: int
    opened: bool
    met: tuple[Met, ...]


class Submitted(msgspec.Struct, frozen=True):
    """A report that was taken in. code: for the reporter. repeated: it had been taken in before."""

    number: int
    code: str
    items: tuple[Placed, ...]
    repeated: bool = False


class Feedback(msgspec.Struct, frozen=True):
    """A reporter who is to be told that the report is closed. language, portal: as the report has them."""

    report: int
    closed_us: int
    contact: str
    language: str
    portal: str


class Decided(msgspec.Struct, frozen=True):
    """What became of a case after an opinion. closed_items: its own; closed_twins: of other cases."""

    case: Case
    closed_items: int = 0
    closed_twins: int = 0


class Affected(msgspec.Struct, frozen=True):
    """A report that closed because of an entry. is_erased: only that there was one is known. is_open: it is again."""

    report: int
    index: int
    partner_reference: str
    is_open: bool
    is_erased: bool
