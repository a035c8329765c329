"""How results and talk leave the command line: JSON lines when piped, tables on a terminal; talk on stderr."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import click
import msgspec
from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

_ENCODER = msgspec.json.Encoder(enc_hook=str)

_NOTHING: tuple[Any, ...] = (None, "", [], {}, ())  # not worth a person's line
_ID_COLUMNS = ("batch", "entry", "id")  # whole, so that they can be copied

VERDICT_STYLES = {"KNOWN": "bold red", "LIKELY": "yellow", "PENDING": "cyan", "NEW": "green"}
STATE_STYLES = {"CONFIRMED": "green", "PROPOSED": "cyan", "DISPUTED": "yellow", "RETRACTED": "dim", "REJECTED": "dim"}


def on_terminal() -> bool:
    """Say whether a person reads stdout."""
    return sys.stdout.isatty()


def say(text: str) -> None:
    """Talk to the person, on stderr."""
    click.echo(text, err=True)


def counted(count: int, one: str, many: str) -> str:
    """Write a number with its noun: "1 entry", "1,200 entries"."""
    return f"{count:,} {one if count == 1 else many}"


def write_line(record: Any) -> None:
    """Write one JSON line."""
    sys.stdout.write(_ENCODER.encode(record).decode() + "\n")


def write_record(record: dict[str, Any]) -> None:
    """Write one result: a JSON line, or on a terminal a table of names and values."""
    if not on_terminal():
        write_line(record)
        return
    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    for name, value in record.items():
        if value in _NOTHING or not _cell(value):
            continue
        if isinstance(value, list):
            for index, part in enumerate(value):
                table.add_row(name if index == 0 else "", _cell(part))
        else:
            table.add_row(name, _cell(value))
    Console().print(table)


def write_records(records: Iterable[dict[str, Any]], columns: Sequence[str]) -> None:
    """Write results as they come: JSON lines with all they hold, or on a terminal a table of some columns."""
    if not on_terminal():
        for record in records:
            write_line(record)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in columns:
        table.add_column(column, overflow="fold", min_width=32 if column in _ID_COLUMNS else None)
    for record in records:
        table.add_row(*(_cell(record.get(column)) for column in columns))
    Console().print(table)


def _cell(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, dict) and value.keys() == {"role", "actor"}:
        return f"{_cell(value['actor'])} {value['role']}"
    if isinstance(value, dict):
        return "  ".join(f"[dim]{name}[/] {_cell(part)}" for name, part in value.items() if part not in _NOTHING)
    if isinstance(value, list | tuple):
        return ", ".join(_cell(part) for part in value)
    text = str(value)
    style = VERDICT_STYLES.get(text) or STATE_STYLES.get(text)
    return f"[{style}]{text}[/]" if style else text.replace("[", "\\[")


@contextmanager
def progress(title: str, total: int | None, unit: str) -> Iterator[Callable[[int], None]]:
    """Show a bar on stderr if a person sees it. Yields a function that takes how much is done so far."""
    if not sys.stderr.isatty():
        yield lambda done: None
        return
    columns: list[ProgressColumn] = [SpinnerColumn(), TextColumn("{task.description}"), BarColumn()]
    columns += [TextColumn("{task.completed:,.0f} " + unit), TimeElapsedColumn()]
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=total)
        yield lambda done: bar.update(task, completed=done)
