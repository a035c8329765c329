"""`hashsvc case regrade …`: a random share of the decided cases is graded again, blind, by somebody else."""

from __future__ import annotations

from typing import Any

import click

from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.case_records import case_result_record, opinion_record
from hashsvc.cli.opinion_options import says
from hashsvc.cli.output import say, write_record, write_records
from hashsvc.cli.records import time_text
from hashsvc.client.case_values import Regrade, RegradeOutcome
from hashsvc.limits import PAGE_SIZE_MAX

COLUMNS = ("case", "outcome", "drawn", "opinion")
OUTCOMES = [one.value for one in RegradeOutcome if one is not RegradeOutcome.UNSPECIFIED]
_TOLD = {
    RegradeOutcome.AGREES: "agrees with what was decided",
    RegradeOutcome.CATEGORY_DIFFERS: "another category than was decided; noted",
    RegradeOutcome.LEGALITY_DIFFERS: "differs in legality: the entry is disputed, or the case is open again",
}


@click.group(epilog="Example: hashsvc case regrade claim --actor ann")
def regrade() -> None:
    """Grade decided cases again, without seeing what was decided. Which ones is drawn at random."""


@regrade.command("list", epilog="Example: hashsvc case regrade list --outcome LEGALITY_DIFFERS")
@click.option(
    "--outcome",
    default=RegradeOutcome.WAITING.value,
    show_default=True,
    type=click.Choice(OUTCOMES, case_sensitive=False),
    help="Those that wait, or that were graded so.",
)
@talks
def list_(outcome: str, caller: Caller) -> None:
    """List the cases that wait to be graded again, or those that were, by case."""
    with caller.client() as client:
        found = client.list_regrades(RegradeOutcome(outcome.upper()), page_size=PAGE_SIZE_MAX)
        write_records(map(_record, found), COLUMNS)


@regrade.command(epilog="Example: hashsvc case regrade claim --actor ann")
@click.argument("number", metavar="[CASE]", type=click.IntRange(min=1), required=False)
@acts
def claim(number: int | None, caller: Caller) -> None:
    """Take a decided case to look at, by default the first on which you gave no opinion. It counts as a viewing.

    Give it back with `hashsvc case release`.
    """
    with caller.client() as client:
        result = client.claim_regrade(number or 0)
        write_record(case_result_record(result))
        say(f"yours; say what it is with `hashsvc case regrade assess {result.case.case} --illegal|--not-illegal`")


@regrade.command(epilog="Example: hashsvc case regrade assess 17 --illegal --classification uk_abc=A --actor ann")
@click.argument("number", metavar="CASE", type=click.IntRange(min=1))
@says
@acts
def assess(number: int, opinion: dict[str, Any], caller: Caller) -> None:
    """Grade a decided case again that you hold.

    Where legality differs, a listed case's entry is disputed in your name until somebody else settles it, and a case
    that was not illegal opens again for a senior.
    """
    with caller.client() as client:
        graded = client.assess_regrade(number, **opinion).regrade
        write_record(_record(graded))
        say(_TOLD.get(graded.outcome, graded.outcome.value))


def _record(one: Regrade) -> dict[str, Any]:
    return {
        "case": one.case,
        "outcome": one.outcome.value,
        "drawn": time_text(one.drawn_us),
        "opinion": None if one.opinion is None else opinion_record(one.opinion),
    }
