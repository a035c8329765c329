"""The evening: two people take back what everybody was wrong about; all that it had closed must be open again.

Edits of a picture that are too far apart are listed as entries of their own, so there may be several to take back.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence, Set

import msgspec

from demo.diary import Diary
from demo.people import FIRST, SECOND
from demo.reading import by_report, read_fates
from demo.truth import Fate, reopened_wrongly
from hashsvc.client import AffectedResult, HashsvcClient


class Retraction(msgspec.Struct, frozen=True):
    """What it did. entries: taken back. items: that had closed because of them, and are open again. reports: of those.

    affected, partner_checks: as ListAffected tells, items of reports and items of checks.
    """

    entries: int
    items: int
    reports: int
    affected: int
    partner_checks: int


def retract(
    keepers: HashsvcClient, analysts: HashsvcClient, entry_ids: Set[str], group: str, fates: Sequence[Fate],
    diary: Diary, claimed: Set[int],
) -> tuple[Retraction, list[Fate], list[str]]:  # fmt: skip
    """Take back all entries of a group, and read at the other worker what that did.

    fates: before. Returns what it did, all fates anew, and what is wrong.
    """
    for entry_id in sorted(entry_ids):
        keepers.acting_as(FIRST).retract(entry_id, reason_code="appeal")
        keepers.acting_as(SECOND).confirm_retraction(entry_id)
    expected = {(one.report, one.item) for one in fates if one.group == group and one.is_closed}
    after, _ = read_fates(analysts, diary, claimed)
    problems = reopened_wrongly(fates, after, expected)

    pages = [page for entry_id in entry_ids for page in _affected(analysts, entry_id)]
    affected = {(one.report_number, one.item): one.is_open for page in pages for one in page.items}
    if affected != dict.fromkeys(expected, True):
        problems.append(
            f"{len(affected)} items are told as affected, {sum(affected.values())} of them as open again; all "
            f"{len(expected)} that had closed must be both"
        )
    checks = {(one.caller_reference, one.item) for page in pages for one in page.checks}
    named = {check for entry_id in entry_ids for check in diary.checks.get(entry_id, ())}
    if checks != named:
        problems.append(f"{len(checks)} checks of partners are told; {len(named)} were answered with the entries")
    problems += _ledger(analysts, after, len(expected))
    reports = len({report for report, _ in expected})
    return Retraction(len(entry_ids), len(expected), reports, len(affected), len(checks)), after, problems


def _affected(client: HashsvcClient, entry_id: str) -> Iterator[AffectedResult]:
    """All pages of what an entry did."""
    page_token = ""
    while True:
        page = client.list_affected(entry_id, page_token=page_token)
        yield page
        page_token = page.next_page_token
        if not page_token:
            return


def _ledger(client: HashsvcClient, fates: Sequence[Fate], reopened: int) -> list[str]:
    """Compare what a retraction changes in the ledger."""
    closed = sum(all(one.is_closed for one in items) for items in by_report(fates).values())
    ledger = client.get_effect().hotline
    figures = (("items_reopened", ledger.items_reopened, reopened), ("reports_closed", ledger.reports_closed, closed))
    return [
        f"after the retraction the ledger says {name} {theirs}, counted were {ours}"
        for name, theirs, ours in figures
        if theirs != ours
    ]
