"""What happens in the day as the demo sees it: reports brought, some of them twice, and a partner's checks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeAlias

from demo.stream import Arrival
from demo.truth import JOINED, KNOWN, NEW
from hashsvc.cli.failures import Failed
from hashsvc.client import HashsvcClient, ItemState, ReportReceipt, Verdict
from hashsvc.signals import Signal

EVIDENCE_MAX = 20

Place: TypeAlias = tuple[int, int]  # report number, item


class Brought(NamedTuple):
    """An item as it was brought and placed. entry_ids: that made it known on arrival."""

    group: str
    signals: Sequence[Signal]
    placed: str
    entry_ids: tuple[str, ...]


@dataclass
class Diary:
    """All that was brought and checked. ticks: when a report came, by its number. problems: what went wrong, in words.

    checks: by entry, which items of which calls (caller's reference, item) were answered with it.
    """

    items: dict[Place, Brought] = field(default_factory=dict)
    ticks: dict[int, int] = field(default_factory=dict)
    repeats: int = 0
    multi_item_reports: int = 0
    checks: dict[str, set[tuple[str, int]]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    _receipts: dict[str, ReportReceipt] = field(default_factory=dict)  # by request id

    def bring(self, reporter: HashsvcClient, arrivals: Sequence[Arrival]) -> None:
        """Bring reports of one reporter in one call. Raises Failed where one is not taken in whole."""
        for arrival, result in zip(arrivals, reporter.submit_reports([one.report for one in arrivals]), strict=True):
            receipt = result.receipt
            if receipt is None or result.problems or len(receipt.items) != len(arrival.groups):
                raise Failed(f"a report was not taken in whole: {result.refusal or result.problems or 'no verdicts'}")
            self._receipts[arrival.report.request_id] = receipt
            self.ticks[receipt.report_number] = arrival.tick
            self.multi_item_reports += len(arrival.groups) > 1
            for group, brought, item in zip(arrival.groups, arrival.report.items, receipt.items, strict=True):
                is_known = item.state is ItemState.CLOSED_KNOWN
                entry_ids = tuple(dict.fromkeys(one.entry for one in item.evidence if one.verdict is Verdict.KNOWN))
                self.items[receipt.report_number, item.item] = Brought(
                    group,
                    brought.signals,
                    KNOWN if is_known else NEW if item.is_case_opened else JOINED,
                    entry_ids if is_known else (),
                )

    def bring_again(self, reporter: HashsvcClient, arrival: Arrival) -> None:
        """Send a report a second time, as after a lost answer: it must count once."""
        first, second = self._receipts[arrival.report.request_id], reporter.submit_report(arrival.report).receipt
        self.repeats += 1
        same = second is not None and (second.report_number, second.code) == (first.report_number, first.code)
        if second is None or not second.is_repeated or not same:
            self.problems.append(f"report {first.report_number} was taken in twice under one request_id")

    def check(self, platform: HashsvcClient, reference: str, items: Sequence[tuple[str, tuple[Signal, ...]]]) -> None:
        """Check what a partner's platform sees, and note which answers named an entry."""
        results = platform.check_many(items, caller_reference=reference, evidence_max=EVIDENCE_MAX)
        for at, result in enumerate(results):
            for one in result.evidence:
                if one.verdict in (Verdict.KNOWN, Verdict.LIKELY):
                    self.checks.setdefault(one.entry, set()).add((reference, at))
