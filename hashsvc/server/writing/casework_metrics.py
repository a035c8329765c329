"""What of casework is counted: from the lines of its ledger, once they are on disk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from hashsvc.casework.standing import Standing
from hashsvc.casework.values import EventKind
from hashsvc.metrics import Metrics

_COUNTED: dict[int, tuple[str, ...]] = {  # name and labels
    EventKind.REPORT_RECEIVED: ("casework_reports",),
    EventKind.ITEM_KNOWN: ("casework_items", "known"),
    EventKind.ITEM_JOINED: ("casework_items", "joined"),
    EventKind.CASE_OPENED: ("casework_items", "opened"),
    EventKind.CASE_CLAIMED: ("casework_claims",),
    EventKind.CASE_ASSESSED: ("casework_opinions",),
    EventKind.CASE_LISTED: ("casework_decisions", "listed"),
    EventKind.CASE_NOT_ILLEGAL: ("casework_decisions", "not_illegal"),
    EventKind.ITEM_CLOSED_BY_LISTING: ("casework_twins_closed",),
    EventKind.ITEM_REOPENED: ("casework_items_reopened",),
    EventKind.REPORT_ERASED: ("casework_reports_erased",),
    EventKind.FEEDBACK_SENT: ("casework_feedback_sent",),
}


def counter(metrics: Metrics) -> Callable[[Mapping[int, int]], None]:
    """Make what casework calls with the events of a transaction, by kind."""

    def count(noted: Mapping[int, int]) -> None:
        for kind, amount in noted.items():
            if kind in _COUNTED:
                metrics.count(*_COUNTED[kind], amount=amount)

    return count


def show(metrics: Metrics, standing: Standing) -> None:
    """Set the gauges. By one process only, the keeper."""
    metrics.set("casework_open_cases", standing.open_cases)
    metrics.set("casework_oldest_time", standing.oldest_us / 1_000_000)
    metrics.set("casework_kept_reports", standing.reports)
