"""What the client asks and answers about reports and cases: small frozen structs and enums that are plain strings.

As in `values`: no behaviour, no protos. Times are in µs since 1970; 0: not yet.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import msgspec

from hashsvc.client.declared import From
from hashsvc.client.values import Evidence, Position, Problem, Verdict
from hashsvc.signals import Signal


class ReportState(StrEnum):
    """How far a report is, as its reporter is told."""

    UNSPECIFIED = "UNSPECIFIED"
    RECEIVED = "RECEIVED"
    BEING_ASSESSED = "BEING_ASSESSED"
    CLOSED = "CLOSED"


class ItemState(StrEnum):
    """Where an item of a report is."""

    UNSPECIFIED = "UNSPECIFIED"
    OPEN = "OPEN"
    CLOSED_KNOWN = "CLOSED_KNOWN"
    CLOSED_LISTED = "CLOSED_LISTED"
    CLOSED_NOT_ILLEGAL = "CLOSED_NOT_ILLEGAL"


class CaseState(StrEnum):
    """Where a case is."""

    UNSPECIFIED = "UNSPECIFIED"
    OPEN = "OPEN"
    DECIDING = "DECIDING"
    LISTED = "LISTED"
    NOT_ILLEGAL = "NOT_ILLEGAL"
    EMPTY = "EMPTY"


class RegradeOutcome(StrEnum):
    """How a case was graded again."""

    UNSPECIFIED = "UNSPECIFIED"
    WAITING = "WAITING"
    AGREES = "AGREES"
    CATEGORY_DIFFERS = "CATEGORY_DIFFERS"
    LEGALITY_DIFFERS = "LEGALITY_DIFFERS"


# ---------------------------------------------------------------- reports


class NewItem(msgspec.Struct, frozen=True):
    """One thing that is reported: all its signals, none if nothing is known of it but where it can be seen."""

    signals: Sequence[Signal] = ()
    content_ref: str = ""


class NewReport(msgspec.Struct, frozen=True, kw_only=True):
    """A report to bring. request_id "": a new one, so that a repeat by hand brings it a second time."""

    items: Sequence[NewItem]
    request_id: str = ""
    type: str = ""
    comment: str = ""
    language: str = ""
    portal: str = ""
    partner_reference: str = ""
    self_referral: bool = False
    age_hint: str = ""
    severity_hint: str = ""
    contact: str = ""


class Feedback(msgspec.Struct, frozen=True):
    """A reporter who is to be told that the report is closed, and no more."""

    report_number: int
    contact: str
    language: str
    portal: str


class ItemResult(msgspec.Struct, frozen=True):
    """What became of an item at once. case 0: it never needed one."""

    item: int
    verdict: Verdict | None
    state: ItemState
    case: int
    is_case_opened: bool
    evidence: tuple[Evidence, ...]


class ReportReceipt(msgspec.Struct, frozen=True):
    """A report that is in. code: for the reporter. items: empty unless the service tells verdicts."""

    report_number: int
    code: str
    is_repeated: bool
    items: tuple[ItemResult, ...]


class ReportResult(msgspec.Struct, frozen=True):
    """One report's answer. receipt None: it was refused, and `refusal` says why. problems: signals left out."""

    request_id: str
    receipt: ReportReceipt | None
    refusal: Problem | None
    problems: tuple[Problem, ...]
    position: Position
    worker: int | None


# ---------------------------------------------------------------- cases


class Opinion(msgspec.Struct, frozen=True):
    """What one person said of a case. classifications: (scheme, value)."""

    actor: str
    time_us: Annotated[int, From("time")]
    is_illegal: bool
    classifications: tuple[tuple[str, str], ...]
    age_band: str
    sex: tuple[str, ...]
    flags: tuple[str, ...]
    note: str
    is_senior: bool


class CaseItem(msgspec.Struct, frozen=True):
    """One item of a case."""

    report_number: int
    item: int
    state: ItemState
    signals: tuple[Signal, ...]
    content_ref: str
    verdict: Verdict | None
    evidence: tuple[Evidence, ...]
    entry_ids: tuple[str, ...]
    received_us: Annotated[int, From("receive_time")]
    closed_us: Annotated[int, From("close_time")]


class CaseReport(msgspec.Struct, frozen=True):
    """What came with a report that a case holds an item of."""

    report_number: int
    actor: str
    received_us: Annotated[int, From("receive_time")]
    type: str
    comment: str
    language: str
    portal: str
    partner_reference: str
    is_self_referral: bool
    age_hint: str
    severity_hint: str
    item_count: int


class Case(msgspec.Struct, frozen=True):
    """One thing that is to be assessed, and every report of it. first_item: report and index of what is looked at."""

    case: int
    state: CaseState
    opened_us: Annotated[int, From("open_time")]
    closed_us: Annotated[int, From("close_time")]
    report_count: int
    item_count: int
    is_self_referral: bool
    age_hint: str
    severity_hint: str
    opinions: tuple[Opinion, ...]
    is_escalated: bool
    lease_actor: str
    lease_end_us: Annotated[int, From("lease_end_time")]
    suggested_cases: tuple[int, ...]
    likely_entry_ids: tuple[str, ...]
    entry_id: str
    first_item: Annotated[tuple[int, int], From("first_report_number", "first_item")]


class CaseResult(msgspec.Struct, frozen=True):
    """A case, with its items and their reports where they were asked for. truncated: there are more than these."""

    case: Case
    items: tuple[CaseItem, ...]
    reports: tuple[CaseReport, ...]
    truncated: Annotated[bool, From("is_truncated")]
    position: Position
    worker: int | None


class CasesResult(msgspec.Struct, frozen=True):
    """The head of the queue."""

    cases: tuple[Case, ...]
    position: Position
    worker: int | None


class Regrade(msgspec.Struct, frozen=True):
    """A decided case that is graded again. opinion: what was said then; None while it waits."""

    case: int
    outcome: RegradeOutcome
    drawn_us: Annotated[int, From("draw_time")]
    opinion: Opinion | None


class RegradeResult(msgspec.Struct, frozen=True):
    """How a case was graded again."""

    regrade: Regrade
    position: Position
    worker: int | None


class AssessResult(msgspec.Struct, frozen=True):
    """What became of a case after an opinion. closed_twin_count: items of other cases that nobody needs to look at."""

    case: Case
    closed_item_count: int
    closed_twin_count: int
    position: Position
    worker: int | None


class AffectedItem(msgspec.Struct, frozen=True):
    """An item that closed because of an entry. is_open: it is again. is_erased: only that there was one is known."""

    report_number: int
    item: int
    partner_reference: str
    is_open: bool
    is_erased: bool


class AffectedCheck(msgspec.Struct, frozen=True):
    """An item of a check that was answered with an entry in its evidence. actor, caller_reference "": not named."""

    time_us: Annotated[int, From("time")]
    actor: str
    caller_reference: str
    item: int
    verdict: Verdict | None
    sequence: int
    epoch: int


class AffectedResult(msgspec.Struct, frozen=True):
    """A page of what an entry did: all items come before the first check. next_page_token "": the last one.

    may_grow: more checks might still come when it was read; if the first page says no, the listing is complete.
    checks_complete_us: from when on no more come; 0 while the entry stands. damaged_file_count > 0: some are missing.
    """

    items: tuple[AffectedItem, ...]
    checks: tuple[AffectedCheck, ...]
    next_page_token: str
    may_grow: bool
    checks_complete_us: Annotated[int, From("checks_complete_time")]
    damaged_file_count: int
    position: Position
    worker: int | None


# ---------------------------------------------------------------- figures


class HotlineFigures(msgspec.Struct, frozen=True, kw_only=True):
    """What came in, what became of it, and what nobody had to look at; docs/api.md says what each figure counts."""

    reports_received: int
    reports_closed: int
    reports_closed_unviewed: int
    reports_erased: int
    items_received: int
    items_known: int
    items_joined: int
    items_new: int
    items_closed_by_listing: int
    items_closed_with_case: int
    items_unviewed: int
    items_reopened: int
    viewings: int
    viewings_avoided: int
    cases_opened: int
    cases_listed: int
    cases_not_illegal: int
    median_close_us: Annotated[int | None, From("median_close")]
    median_list_us: Annotated[int | None, From("median_list")]
    takedowns_opened: int
    takedowns_noticed: int
    takedowns_removed: int
    takedowns_reappeared: int
    takedowns_withdrawn: int
    median_removal_us: Annotated[int | None, From("median_removal")]
    regrades: int
    regrades_agreed: int
    regrades_category_differs: int
    regrades_legality_differs: int
    regrade_schemes: tuple[tuple[str, int], ...]


class AnalystDay(msgspec.Struct, frozen=True, kw_only=True):
    """One day of one analyst. severity: (label, count)."""

    day: str
    first_viewings: int
    later_viewings: int
    unended_viewings: int
    looked_us: Annotated[int, From("looked")]
    opinions: int
    severity: tuple[tuple[str, int], ...]
    longest_run_us: Annotated[int, From("longest_run")]
    breaks: int


class AnalystFigures(msgspec.Struct, frozen=True, kw_only=True):
    """One analyst over the whole time."""

    actor: str
    most_looked_us: Annotated[int, From("most_looked")]
    days: tuple[AnalystDay, ...]


class DayFigures(msgspec.Struct, frozen=True, kw_only=True):
    """A day of the hotline."""

    day: str
    reports_received: int
    reports_known: int
    reports_joined: int
    reports_new: int
    items_unviewed: int
    viewings: int


class EffectResult(msgspec.Struct, frozen=True):
    """The figures of a time."""

    hotline: HotlineFigures
    analysts: tuple[AnalystFigures, ...]
    days: tuple[DayFigures, ...]
    position: Position
    worker: int | None
