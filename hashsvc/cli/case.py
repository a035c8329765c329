"""`hashsvc case …`: the queue, claims, opinions, and what an entry did."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import click

from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.case_records import affected_check_record, affected_item_record, case_record, case_result_record
from hashsvc.cli.failures import Failed
from hashsvc.cli.opinion_options import says
from hashsvc.cli.output import counted, say, write_record, write_records
from hashsvc.cli.records import time_text
from hashsvc.cli.regrade import regrade
from hashsvc.client import HashsvcClient
from hashsvc.client.case_values import AffectedResult, AssessResult, CaseState
from hashsvc.limits import PAGE_SIZE_MAX

QUEUE_COLUMNS = ("case", "reports", "items", "self_referral", "age_hint", "severity_hint", "opened", "escalated")
AFFECTED_COLUMNS = ("kind", "report", "item", "reference", "open", "erased", "time", "actor", "verdict", "sequence")
_number = click.argument("number", metavar="CASE", type=click.IntRange(min=1))


@click.group(epilog="Example: hashsvc case claim --actor ann")
def case() -> None:
    """Look at what waits for people, and say what it is. Two people at least decide."""


@case.command(epilog="Example: hashsvc case queue --limit 20")
@click.option(
    "--limit",
    type=click.IntRange(1, PAGE_SIZE_MAX),
    default=50,
    show_default=True,
    metavar="N",
    help="Most cases to list.",
)
@talks
def queue(limit: int, caller: Caller) -> None:
    """List open cases that nobody holds, the most urgent first."""
    with caller.client() as client:
        write_records(map(case_record, client.case_queue(page_size=limit).cases), QUEUE_COLUMNS)


@case.command(epilog="Example: hashsvc case show 17")
@_number
@talks
def show(number: int, caller: Caller) -> None:
    """Show a case: its items, what they met on the list, and what people said."""
    with caller.client() as client:
        write_record(case_result_record(client.get_case(number)))


@case.command(epilog="Example: hashsvc case claim --actor ann")
@click.argument("number", metavar="[CASE]", type=click.IntRange(min=1), required=False)
@acts
def claim(number: int | None, caller: Caller) -> None:
    """Take a case to look at, by default the first of the queue that you can help with.

    It is yours for a time (the service's setting casework_lease_minutes). Past the day's limit, or without the break
    that is due, the claim is refused.
    """
    with caller.client() as client:
        result = client.claim_case(number or 0)
        write_record(case_result_record(result))
        say(f"yours; say what it is with `hashsvc case assess {result.case.case} --illegal|--not-illegal`")


@case.command(epilog="Example: hashsvc case release 17 --actor ann")
@_number
@acts
def release(number: int, caller: Caller) -> None:
    """Give a case back without an opinion."""
    with caller.client() as client:
        write_record(case_record(client.release_case(number).case))


@case.command(epilog="Example: hashsvc case assess 17 --illegal --classification uk_abc=A --actor ann")
@_number
@says
@acts
def assess(number: int, opinion: dict[str, Any], caller: Caller) -> None:
    """Give an opinion on a case that you hold. The last one that is needed decides it."""
    with caller.client() as client:
        result = client.assess_case(number, **opinion)
        closed = {"closed_items": result.closed_item_count, "closed_twins": result.closed_twin_count}
        write_record({**case_record(result.case), **closed})
        say(_told(result))


case.add_command(regrade)


@case.command(epilog="Example: hashsvc case affected 0123456789abcdef0123456789abcdef | jq -r .reference | sort -u")
@click.argument("entry_id", metavar="ENTRY")
@talks
def affected(entry_id: str, caller: Caller) -> None:
    """List what an entry did, for those who must be told that it was retracted.

    First the items of reports that closed because of it, with those that are open again and those erased since. Then
    the checks that were answered KNOWN or LIKELY because of it, of what the service still keeps (its setting
    journal_days). They are complete 30 s after the retraction: a check that began before it may be answered until then.
    """
    listing = _Listing(entry_id)
    with caller.client() as client:
        write_records(listing.records(client), AFFECTED_COLUMNS)
    say(listing.told())
    if listing.damaged:
        raise Failed("journals are damaged, so checks may be missing; the service's log names the files")


class _Listing:
    """All pages of what an entry did, and what they say of themselves."""

    def __init__(self, entry_id: str) -> None:
        self._entry_id = entry_id
        self._first: AffectedResult | None = None
        self._items = self._checks = 0
        self.damaged = False

    def records(self, client: HashsvcClient) -> Iterator[dict[str, Any]]:
        page_token = ""
        while True:
            page = client.list_affected(self._entry_id, page_size=PAGE_SIZE_MAX, page_token=page_token)
            self._first = self._first or page
            self.damaged = self.damaged or page.damaged_file_count > 0
            self._items += len(page.items)
            self._checks += len(page.checks)
            yield from map(affected_item_record, page.items)
            yield from map(affected_check_record, page.checks)
            page_token = page.next_page_token
            if not page_token:
                return

    def told(self) -> str:
        """Say how much it was, and whether that is all."""
        assert self._first is not None
        found = f"{counted(self._items, 'item', 'items')} of reports, {counted(self._checks, 'check', 'checks')}"
        if not self._first.may_grow:
            return found
        if not self._first.checks_complete_us:
            return f"{found}; the entry stands, so more may come"
        return f"{found}; more checks may come until {time_text(self._first.checks_complete_us)}, list again then"


def _told(result: AssessResult) -> str:
    """Say what became of the case."""
    case = result.case
    if case.state is CaseState.OPEN:
        who = "a senior" if case.is_escalated else "somebody else"
        return f"noted; {who} must look at case {case.case} too"
    items = counted(result.closed_item_count, "item", "items")
    twins = counted(result.closed_twin_count, "waiting item", "waiting items")
    return f"{case.state.value}: {items} closed, and {twins} of other cases"
