"""`hashsvc check --private`: answers from look-ups that send only the first bytes of hashes.

The same answers but for what only the service sees, as digests that contradict each other.

What that hides and what not: docs/urls.md.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click
from msgspec.structs import replace

from hashsvc.cli.calling import Caller
from hashsvc.cli.output import VERDICT_STYLES, counted, on_terminal, say, write_line
from hashsvc.client import PrivateChecker, PrivateResult
from hashsvc.signals import BY_NUMBER, Signal

_PLACE = re.compile(r"signals\[(\d+)\]")


def check_privately(file: str | None, item_id: str, signals: list[Signal], caller: Caller) -> None:
    """Check a file's items, or the one that options name."""
    with caller.client() as client:
        checker = PrivateChecker(client)
        if file is None:
            _write(checker.check_many([(item_id, signals)]))
            return
        with click.open_file(file, "rb") as stream:
            count, unchecked = _write(checker.check_many(_items(stream)))
    say(f"{counted(count, 'item', 'items')}, {unchecked:,} of them not checked")


def _items(stream: Any) -> Iterator[tuple[Any, Sequence[Signal]]]:
    from hashsvc.formats import read_items

    for item in read_items(stream):
        yield item, item.signals


def _write(results: Iterator[PrivateResult[Any]]) -> tuple[int, int]:
    """Write answers as they come. Returns how many, and how many of them tell of an item that was not checked."""
    from rich.console import Console

    console = Console() if on_terminal() else None
    count = unchecked = 0
    for result in results:
        count += 1
        unchecked += result.verdict is None
        record = _record(result)
        if console is None:
            write_line(record)
            continue
        verdict = record["verdict"] or "NOT CHECKED"
        console.print(f"[{VERDICT_STYLES.get(verdict, 'bold magenta')}]{verdict:<8}[/] ", end="")
        console.out(f"line {record['line']}" if "line" in record else str(record["id"]), highlight=False)
        for match in record["matches"]:
            console.out(f"         entry {match['entry']}  {match['signal']} {match['url_scope']}", highlight=False)
        for problem in record["problems"]:
            console.out(f"         {problem['field']}: {problem['message']}", highlight=False)
    sys.stdout.flush()
    return count, unchecked


def _record(result: PrivateResult[Any]) -> dict[str, Any]:
    """One answer. Of an item that a file brought: its id or its line, and what was wrong in the file, by its keys."""
    item, wrong = result.id, list(result.problems)
    item_id: Any = item
    line: dict[str, Any] = {}
    if not isinstance(item, str):
        item_id = item.id
        line = {"line": item.line} if item_id is None else {}
        wrong = [replace(one, field=_key_of(one.field, item.signals)) for one in wrong]
        if item.problems:
            wrong = [*item.problems, *(one for one in wrong if one.reason != "EMPTY_ITEM")]
    return {
        "id": item_id,
        "verdict": None if result.verdict is None else result.verdict.value,
        "matches": [
            {"entry": one.entry, "signal": one.signal, "verdict": one.verdict.value, "url_scope": one.url_scope.value}
            for one in result.matches
        ],
        "problems": [{"field": one.field, "reason": one.reason, "message": one.message} for one in wrong],
        **line,
    }


def _key_of(field: str, signals: Sequence[Signal]) -> str:
    """Name a signal as the file does: by its type."""
    return _PLACE.sub(lambda found: BY_NUMBER[signals[int(found[1])].type].name, field)
