"""`hashsvc url explain`: what a URL becomes, step by step, and what it is looked for under. Asks no server."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from hashsvc.cli.failures import Failed
from hashsvc.cli.output import on_terminal, say
from hashsvc.errors import InvalidArgument

if TYPE_CHECKING:
    from hashsvc.signals.url_parts import Url
    from hashsvc.signals.url_slow import Step

SCOPES = ("page", "path", "prefix", "host", "domain")


@click.group(epilog="Example: hashsvc url explain https://www.example.com/a")
def url() -> None:
    """Explain how URLs are compared."""


@url.command(
    epilog="Example: hashsvc url explain 'hxxps://www.Example[.]com/a?utm_source=x' --as page",
)
@click.argument("urls", nargs=-1, metavar="[URL...]")
@click.option(
    "--json-lines",
    "file",
    type=click.Path(allow_dash=True, exists=True, dir_okay=False),
    metavar="FILE",
    help="Read URLs from FILE (or -), a JSON string a line; write a JSON object for each.",
)
@click.option(
    "--as",
    "scope",
    type=click.Choice(SCOPES, case_sensitive=False),
    help="Say also whether the URL could be listed like that, and what should be known before.",
)
def explain(urls: tuple[str, ...], file: str | None, scope: str | None) -> None:
    """Show what a URL becomes and why.

    Each step that changed something; the strict key (equal ones are the same page) and the loose key (equal ones are
    probably the same page); and the expressions that a check looks for, with their SHA-256. `--as` asks whether the
    URL could stand on the list; an entry is never cleaned up, a URL to check is.

    With --json-lines, each line of FILE gets one with input, strict, loose, host, refused, flags and probes. A URL that
    is refused has its reason in `refused` and null in the others; that is no failure. A line that is no JSON string is
    told on stderr, and the exit status is 1 at the end.
    """
    if (file is None) == (not urls):
        raise click.UsageError("name URLs, or with --json-lines a FILE of them (or -)")
    if file is None:
        for number, text in enumerate(urls):
            if number and on_terminal():
                click.echo()
            _explain(text, scope)
        return
    if scope is not None:
        raise click.UsageError("--as does not go with --json-lines")
    with click.open_file(file, "rb") as stream:
        _explain_lines(stream)


def _explain_lines(lines: Iterable[bytes]) -> None:
    """Answer each line with one; tell those that are none."""
    failed = 0
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            text = json.loads(line)
        except (ValueError, RecursionError):
            text = None
        if isinstance(text, str):
            _write(_record(text))
        else:
            failed += 1
            say(f"line {number}: not a JSON string")
    if failed:
        raise Failed(f"{failed} {'line was' if failed == 1 else 'lines were'} not a JSON string")


def _record(text: str) -> dict[str, Any]:
    """Make the object of one URL."""
    from hashsvc.signals.url import canonicalise
    from hashsvc.signals.url_loose import loose_of

    try:
        found = canonicalise(text)
    except InvalidArgument as error:
        nothing = dict.fromkeys(("strict", "loose", "host"))
        return {"input": text, **nothing, "refused": error.reason, "flags": None, "probes": None}
    return {
        "input": text,
        "strict": found.strict,
        "loose": loose_of(found),
        "host": found.host,
        "refused": None,
        "flags": list(found.flags),
        "probes": list(_probes(found)),
    }


def _probes(found: Url) -> Iterator[dict[str, str]]:
    from hashsvc.signals.url_expressions import expression_hash, probes

    for scope, expression in probes(found):
        yield {"kind": scope.name, "expression": expression, "sha256": expression_hash(expression).hex()}


def _entry(text: str, scope: str) -> dict[str, Any]:
    """Say whether a URL could be listed for a scope."""
    from hashsvc.signals.url_entries import WARNING_TEXTS, check_entry, warnings_of
    from hashsvc.signals.url_expressions import Scope, entry_expression

    kind = Scope[scope.upper()]
    try:
        found = check_entry(text, kind)
    except InvalidArgument as error:
        return {"scope": kind.name, "refused": error.reason, "message": error.message}
    return {
        "scope": kind.name,
        "refused": None,
        "expression": entry_expression(kind, found),
        "warnings": {code: WARNING_TEXTS[code] for code in warnings_of(found, kind)},
    }


def _write(record: dict[str, Any]) -> None:
    """Write a JSON line. The URL comes back as it was given, even halves of characters that UTF-8 does not have."""
    line = json.dumps(record, ensure_ascii=False, separators=(",", ":"))
    if any("\ud800" <= character <= "\udfff" for character in line):
        line = json.dumps(record, separators=(",", ":"))
    sys.stdout.write(line + "\n")


def _explain(text: str, scope: str | None) -> None:
    """Show one URL: a JSON line, or on a terminal what a person reads."""
    from hashsvc.signals.url_slow import canonicalise_slow

    steps: list[Step] = []
    message = None
    try:
        canonicalise_slow(text, steps=steps)
    except InvalidArgument as error:
        message = error.message
    record = _record(text)
    entry = None if scope is None else _entry(text, scope)
    if on_terminal():
        _show(record, steps, message, entry)
        return
    record["steps"] = [step._asdict() for step in steps if step.before != step.after]
    if message is not None:
        record["message"] = message
    if entry is not None:
        record["entry"] = entry
    _write(record)


def _show(record: dict[str, Any], steps: list[Step], message: str | None, entry: dict[str, Any] | None) -> None:
    """Show one URL to a person."""
    from hashsvc.signals.url_parts import FLAGS

    table = Table(show_header=False, box=None, pad_edge=False)
    table.add_column(style="dim", no_wrap=True)
    table.add_column(overflow="fold")
    table.add_row("given", _shown(record["input"]))
    for step in steps:
        if step.before != step.after:
            table.add_row(step.name, f"{_shown(step.before)} [dim]→[/] {_shown(step.after)}")
    if record["refused"] is not None:
        table.add_row("refused", f"[bold red]{record['refused']}[/] {escape(message or '')}")
    else:
        table.add_row("strict", f"[bold]{_shown(record['strict'])}[/]")
        table.add_row("loose", _shown(record["loose"]))
        for flag in record["flags"]:
            table.add_row(flag, escape(FLAGS[flag]))
        for probe in record["probes"]:
            table.add_row(probe["kind"], f"{_shown(probe['expression'])} [dim]{probe['sha256']}[/]")
    if entry is not None and entry["refused"] is not None:
        table.add_row(f"as {entry['scope']}", f"[bold red]{entry['refused']}[/] {escape(entry['message'])}")
    elif entry is not None:
        table.add_row(f"as {entry['scope']}", f"[green]can be listed[/] as {_shown(entry['expression'])}")
        for code, said in entry["warnings"].items():
            table.add_row(code, f"[yellow]{escape(said)}[/]")
    Console().print(table)


def _shown(text: str) -> str:
    """Write a text so that it shows and does nothing else: no control characters, no markup."""
    whole = "".join(
        character if character.isprintable() else character.encode("unicode_escape").decode() for character in text
    )
    return escape(whole) if whole else "[dim]nothing[/]"
