"""`hashsvc case …`: the queue, claims, opinions, and what closed because of an entry."""

from __future__ import annotations

import click

from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.case_records import affected_record, case_record, case_result_record
from hashsvc.cli.entry import pairs
from hashsvc.cli.output import counted, say, write_record, write_records
from hashsvc.client.case_values import AssessResult, CaseState
from hashsvc.formats import AGE_BANDS
from hashsvc.limits import PAGE_SIZE_MAX

QUEUE_COLUMNS = ("case", "reports", "items", "self_referral", "age_hint", "severity_hint", "opened", "escalated")
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
@click.option("--illegal/--not-illegal", "is_illegal", default=None, help="What you say. Required.")
@click.option(
    "--classification", "classifications", multiple=True, metavar="SCHEME=VALUE", help="For example uk_abc=A."
)
@click.option("--age-band", default="", type=click.Choice(["", *AGE_BANDS]), help="Of the youngest child.")
@click.option("--sex", multiple=True, help="May be repeated.")
@click.option("--flag", "flags", multiple=True, help="For example grid; may be repeated.")
@click.option("--note", default="", help="In words; stays in casework.")
@acts
def assess(
    number: int,
    is_illegal: bool | None,
    classifications: tuple[str, ...],
    age_band: str,
    sex: tuple[str, ...],
    flags: tuple[str, ...],
    note: str,
    caller: Caller,
) -> None:
    """Give an opinion on a case that you hold. The last one that is needed decides it."""
    if is_illegal is None:
        raise click.UsageError("say --illegal or --not-illegal")
    with caller.client() as client:
        result = client.assess_case(
            number,
            is_illegal=is_illegal,
            classifications=pairs(classifications),
            age_band=age_band,
            sex=sex,
            flags=flags,
            note=note,
        )
        closed = {"closed_items": result.closed_item_count, "closed_twins": result.closed_twin_count}
        write_record({**case_record(result.case), **closed})
        say(_told(result))


@case.command(epilog="Example: hashsvc case affected 0123456789abcdef0123456789abcdef")
@click.argument("entry_id", metavar="ENTRY")
@talks
def affected(entry_id: str, caller: Caller) -> None:
    """List the items that closed because of an entry, with those that are open again and those erased since."""
    columns = ("report", "item", "partner_reference", "open", "erased")
    with caller.client() as client:
        write_records(map(affected_record, client.list_affected(entry_id, page_size=PAGE_SIZE_MAX)), columns)


def _told(result: AssessResult) -> str:
    """Say what became of the case."""
    case = result.case
    if case.state is CaseState.OPEN:
        who = "a senior" if case.is_escalated else "somebody else"
        return f"noted; {who} must look at case {case.case} too"
    items = counted(result.closed_item_count, "item", "items")
    twins = counted(result.closed_twin_count, "waiting item", "waiting items")
    return f"{case.state.value}: {items} closed, and {twins} of other cases"
