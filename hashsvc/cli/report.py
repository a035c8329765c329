"""`hashsvc report …`: bring reports, and ask by a code how far one is."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import click

from hashsvc.categories import AGE_BANDS, SEVERITIES
from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.case_records import feedback_record, problem_record, report_record
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import counted, say, write_record, write_records
from hashsvc.cli.signal_options import names_signals
from hashsvc.client.case_values import NewItem, NewReport
from hashsvc.client.casework import submit_calls
from hashsvc.limits import PAGE_SIZE_MAX
from hashsvc.signals import Signal

if TYPE_CHECKING:
    from hashsvc.client import HashsvcClient
    from hashsvc.formats.reports import ReportLine

FEEDBACK_COLUMNS = ("report", "contact", "language", "portal")
COLUMNS = ("request_id", "code", "report", "repeated", "refusal", "problems")


@click.group(epilog="Example: hashsvc report submit --url https://site.example/page --actor intake")
def report() -> None:
    """Bring reports, and ask how far one is."""


@report.command(epilog="Example: hashsvc report submit reports.jsonl --actor intake")
@click.argument(
    "file", required=False, type=click.Path(allow_dash=True, exists=True, dir_okay=False), metavar="[FILE | -]"
)
@names_signals
@click.option("--content-ref", default="", help="What your own viewer finds the thing by.")
@click.option("--type", default="", help="What kind of report it is, in your own words.")
@click.option("--comment", default="", help="What the reporter wrote.")
@click.option("--language", default="", help="Of the comment, for example mn.")
@click.option("--portal", default="", help="Where it came in.")
@click.option("--partner-reference", default="", help="The partner's own name of the report.")
@click.option("--self-referral", is_flag=True, help="A child reports pictures of itself: comes before all others.")
@click.option("--age-hint", default="", type=click.Choice(["", *AGE_BANDS]), help="Of the youngest child, as guessed.")
@click.option("--severity-hint", default="", type=click.Choice(["", *SEVERITIES]), help="How grave, by uk_abc.")
@click.option("--contact", default="", help="Of a reporter who wants to be told that it is closed.")
@click.option("--request-id", default="", help="Makes a repeat safe; by default a new one.")
@acts
def submit(
    file: str | None,
    signals: list[Signal],
    content_ref: str,
    request_id: str,
    self_referral: bool,
    caller: Caller,
    **texts: str,
) -> None:
    """Bring reports; each gets a reference code for its reporter.

    FILE holds JSON lines, a report each: {"request_id": "a-17", "portal": "mn", "items": [{"pdq": "…",
    "pdq_quality": 97, "content_ref": "v/3"}]}. Items have the keys of `hashsvc check` and content_ref; reports have
    type, comment, language, portal, partner_reference, self_referral, age_hint,
    severity_hint and contact. `-` reads stdin.
    Without FILE the options are one report of one thing.

    Up to 100 reports go into one transaction. Each gets one line, in order, with its code, or with why it was refused;
    the others are taken in all the same, and the exit status is 1. A signal that cannot be read is told, and its item
    is reported without it. The same file brought again changes nothing where its reports have request_ids.
    """
    named = bool(signals or content_ref or request_id or self_referral or any(texts.values()))
    if (file is None) == (not named):
        raise click.UsageError("name a FILE of reports (or -), or one thing: --url, --pdq, --content-ref, …")
    with caller.client() as client:
        if file is None:
            item = NewItem(tuple(signals), content_ref)
            one = NewReport(items=(item,), request_id=request_id, self_referral=self_referral, **texts)
            write_record(report_record(client.submit_report(one)))
            return
        with click.open_file(file, "rb") as stream:
            counts = _Counts()
            write_records(_submitted(client, stream, counts), COLUMNS)
    say(f"{counted(counts.taken, 'report', 'reports')} taken in, {counts.refused:,} refused")
    if counts.refused:
        raise Failed("reports were refused; their lines say why")


@report.command(epilog="Example: hashsvc report state 4821-7305-9162")
@click.argument("code", metavar="CODE")
@talks
def state(code: str, caller: Caller) -> None:
    """Ask how far a report is: RECEIVED, BEING_ASSESSED or CLOSED, and never more."""
    with caller.client() as client:
        write_record({"code": code, "state": client.report_state(code).value})


@report.group(epilog="Example: hashsvc report feedback list")
def feedback() -> None:
    """Tell reporters who left a contact that their report is closed."""


@feedback.command("list", epilog="Example: hashsvc report feedback list > to_tell.jsonl")
@talks
def list_due(caller: Caller) -> None:
    """List whom to tell, longest closed first.

    That the report is closed is all that they may be told. A report that opened again is not here.
    """
    with caller.client() as client:
        write_records(map(feedback_record, client.list_feedback(page_size=PAGE_SIZE_MAX)), FEEDBACK_COLUMNS)


@feedback.command(epilog="Example: hashsvc report feedback sent 17 18 --actor mailer")
@click.argument("numbers", nargs=-1, required=True, type=click.IntRange(1), metavar="REPORT…")
@acts
def sent(numbers: tuple[int, ...], caller: Caller) -> None:
    """Say that reporters were told, or cannot be reached: their contacts are erased at once.

    erased is false where there was no contact any more.
    """
    with caller.client() as client:
        records = ({"report": number, "erased": client.mark_feedback_sent(number)} for number in numbers)
        write_records(records, ("report", "erased"))


class _Counts:
    taken = 0
    refused = 0


def _submitted(client: HashsvcClient, stream: Any, counts: _Counts) -> Iterator[dict[str, Any]]:
    """Bring the reports of a file; one record a line, in order."""
    from hashsvc.formats.reports import read_reports

    waiting: deque[ReportLine] = deque()

    def reports() -> Iterator[NewReport]:
        for line in read_reports(stream):
            waiting.append(line)
            if not line.refused:
                yield _report_of(line)

    for results in client.run_many(submit_calls(reports())):
        for result in results:
            yield from _refused_before(waiting, counts)
            line = waiting.popleft()
            counts.taken += result.receipt is not None
            counts.refused += result.receipt is None
            record = report_record(result, line.line)
            record["problems"] = [*_problems_of(line), *record["problems"]]
            yield record
    yield from _refused_before(waiting, counts)


def _refused_before(waiting: deque[ReportLine], counts: _Counts) -> Iterator[dict[str, Any]]:
    """Give the records of lines that were no reports, up to the next that is one."""
    while waiting and waiting[0].refused:
        line = waiting.popleft()
        counts.refused += 1
        *problems, refusal = _problems_of(line)
        yield {"line": line.line, "request_id": None, "code": None, "refusal": refusal, "problems": problems}


def _problems_of(line: ReportLine) -> list[dict[str, str]]:
    return [problem_record(one.field, one.reason, one.message) for one in line.problems]


def _report_of(line: ReportLine) -> NewReport:
    items = tuple(NewItem(one.signals, one.content_ref) for one in line.items)
    return NewReport(items=items, self_referral=line.self_referral, **line.texts)
