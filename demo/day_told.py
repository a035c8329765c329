"""What the day came to, as a table for people."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.table import Table

from demo.day import Day
from demo.reading import BEFORE, LATER, PERSON, TODAY, WAITING
from hashsvc.cli.output import counted, say

PROBLEMS_SHOWN_MAX = 10
TABLE_COLUMNS = 110


def tell(day: Day) -> None:
    """Print the day's figures, the retraction, and what is wrong if anything is."""
    table = Table("the day", "", "", box=None, pad_edge=False, header_style="dim")
    table.columns[1].justify = "right"
    for name, figure, meaning in rows(day):
        table.add_row(name, f"{figure:,}", meaning, style="" if name.startswith(" ") else "bold")
    console = Console()
    console.width = max(console.width, TABLE_COLUMNS)
    console.print(table)
    took = day.retraction
    say(
        f"two people take back {counted(took.entries, 'entry', 'entries')} of a picture that all were wrong about: "
        f"{counted(took.items, 'item', 'items')} of {counted(took.reports, 'report', 'reports')} open again; "
        f"{counted(took.affected, 'item', 'items')} and {counted(took.partner_checks, 'check', 'checks')} of a "
        "partner's platform listed as affected"
    )
    for problem in (*day.wrong_closes, *day.problems)[:PROBLEMS_SHOWN_MAX]:
        say(f"WRONG: {problem}")
    if not day.wrong_closes:
        say("no wrong one closed")
    if not day.problems:
        say("after the retraction just those were open again; the ledger's figures are those that the demo counted")


def rows(day: Day) -> Iterator[tuple[str, int, str]]:
    """Give what is told: name, figure, what it means."""
    figures, reports = day.counted, day.reports
    yield (
        "reports came in",
        figures.reports_received,
        f"besides {day.repeats} sent again under the same id, counted once",
    )
    yield "needed no person", figures.reports_received - day.needed_a_person, ""
    yield "  closed on arrival", reports[BEFORE], "by what was listed in the morning"
    yield "  closed on arrival", reports[TODAY], "by what was listed on this very day"
    yield "  closed later", reports[LATER], "joined what waited, and nobody looked at them"
    yield "needed a person", day.needed_a_person, ""
    yield "  looked at", reports[PERSON], ""
    yield "  still waiting", reports[WAITING], ""
    yield "items", figures.items_received, f"of pages and pictures; {day.multi_item_reports} reports had several"
    yield "  known on arrival", figures.items_known, ""
    yield "  joined an open case", figures.items_joined, ""
    yield "  opened a case", figures.items_new, ""
    yield "  closed with their case", figures.items_closed_with_case, "twins of what was looked at"
    yield "  closed by a listing", figures.items_closed_by_listing, "twins that waited in other cases"
    yield "viewings", figures.viewings, f"by analysts; {day.disagreements} cases went to a senior"
    yield "viewings avoided", figures.viewings_avoided, "at least: two people for each item that nobody saw"
    yield "cases listed", figures.cases_listed, ""
    yield "cases not illegal", figures.cases_not_illegal, ""
    yield "closed wrongly", len(day.wrong_closes), "of a picture that is not listed, or by an entry of another"
