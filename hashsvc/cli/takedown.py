"""`hashsvc takedown …`: what is to be taken down, and what was done about it. For people and for what sends notices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, BinaryIO

import click
import msgspec

from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.case_records import problem_record
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import counted, say, write_records
from hashsvc.cli.records import time_text
from hashsvc.client.takedown_values import Takedown, TakedownMark, TakedownResult, TakedownState
from hashsvc.client.takedowns import mark_calls
from hashsvc.limits import PAGE_SIZE_MAX

LIST_COLUMNS = ("takedown", "state", "since", "items", "noticed", "url")
MARK_COLUMNS = ("takedown", "state", "refusal")
STATES = [one.value for one in TakedownState if one is not TakedownState.UNSPECIFIED]


class _Line(msgspec.Struct):
    """A line as `takedown list` writes it; what else stands there is passed over."""

    takedown: int
    appearance: int = 0
    to: str | None = None


_DECODER = msgspec.json.Decoder(_Line)


@click.group(epilog="Example: hashsvc takedown list")
def takedown() -> None:
    """Follow what is to be taken down: URLs at which illegal content was reported. Nothing is sent from here."""


@takedown.command("list", epilog="Example: hashsvc takedown list --state NOTICED")
@click.option(
    "--state",
    "states",
    multiple=True,
    type=click.Choice(STATES, case_sensitive=False),
    help="May be repeated. Default: WAITING and REAPPEARED, which is the outgoing queue.",
)
@click.option("--limit", type=click.IntRange(min=1), default=None, metavar="N", help="Most to list. Default: all.")
@talks
def list_(states: tuple[str, ...], limit: int | None, caller: Caller) -> None:
    """List takedowns, those first that are longest in their state."""
    page_size = min(limit or PAGE_SIZE_MAX, PAGE_SIZE_MAX)
    with caller.client() as client:
        found = client.list_takedowns([TakedownState(one.upper()) for one in states], page_size=page_size)
        write_records(map(_record, islice(found, limit)), LIST_COLUMNS)


def _names_takedowns(function: Any) -> Any:
    """Give a command the takedowns that it is about: by number, or as lines of a file."""
    with_file = click.option(
        "--file",
        "stream",
        type=click.File("rb"),
        metavar="FILE",
        help="Lines as `takedown list` writes them: takedown, appearance. - is stdin.",
    )(function)
    return click.argument("numbers", metavar="[TAKEDOWN]...", nargs=-1, type=click.IntRange(min=1))(with_file)


@takedown.command(epilog="Example: hashsvc takedown noticed 17 --to abuse@host.example --actor mailer")
@_names_takedowns
@click.option("--to", default="", metavar="RECIPIENT", help="Host or partner hotline. A line's own `to` comes first.")
@acts
def noticed(numbers: tuple[int, ...], stream: BinaryIO | None, to: str, caller: Caller) -> None:
    """Say that notices were sent. The same again changes nothing; another recipient adds a notice.

    A line that names an appearance is refused if the takedown came into the queue anew since it was listed.
    """
    lines = _lines(numbers, stream)
    _mark(caller, (TakedownMark(one.takedown, TakedownState.NOTICED, one.to or to, one.appearance) for one in lines))


@takedown.command(epilog="Example: hashsvc takedown removed 17 --actor ann")
@_names_takedowns
@acts
def removed(numbers: tuple[int, ...], stream: BinaryIO | None, caller: Caller) -> None:
    """Say that the content is gone. A later report of the same URL brings the takedown back into the queue."""
    lines = _lines(numbers, stream)
    _mark(caller, (TakedownMark(one.takedown, TakedownState.REMOVED, "", one.appearance) for one in lines))


def _lines(numbers: tuple[int, ...], stream: BinaryIO | None) -> Iterator[_Line]:
    if bool(numbers) == (stream is not None):
        raise click.UsageError("name takedowns by number, or a --file of them")
    return map(_Line, numbers) if stream is None else _read(stream)


def _read(stream: BinaryIO) -> Iterator[_Line]:
    for number, line in enumerate(stream, 1):
        if line.isspace():
            continue
        try:
            yield _DECODER.decode(line)
        except msgspec.MsgspecError as error:
            raise Failed(f"line {number} is no takedown: {error}; the lines before it were taken in") from error


def _mark(caller: Caller, marks: Iterable[TakedownMark]) -> None:
    refused = taken = 0

    def records() -> Iterator[dict[str, Any]]:
        nonlocal refused, taken
        with caller.client() as client:
            for results in client.run_many(mark_calls(marks), in_flight=1):
                for result in results:
                    refused += result.refusal is not None
                    taken += result.refusal is None
                    yield _result_record(result)

    write_records(records(), MARK_COLUMNS)
    say(f"{counted(taken, 'takedown', 'takedowns')} marked, {refused:,} refused")
    if refused:
        raise Failed("marks were refused; their lines say why")


def _record(one: Takedown) -> dict[str, Any]:
    return {
        "takedown": one.takedown,
        "url": one.url,
        "state": one.state.value,
        "since": time_text(one.since_us),
        "appearance": one.appearance,
        "waiting_since": time_text(one.waiting_us),
        "opened": time_text(one.opened_us),
        "reported": time_text(one.reported_us),
        "items": one.item_count,
        "reappeared": one.reappeared_count,
        "noticed": [{"to": n.recipient, "time": time_text(n.time_us), "actor": n.actor} for n in one.notices],
        "removed": time_text(one.removed_us) if one.removed_us else None,
        "removed_by": one.removed_by or None,
    }


def _result_record(result: TakedownResult) -> dict[str, Any]:
    refusal = result.refusal
    return {
        "takedown": result.takedown,
        "state": None if result.state is None else result.state.value,
        "refusal": None if refusal is None else problem_record(refusal.field, refusal.reason, refusal.message),
    }
