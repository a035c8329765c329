"""`hashsvc check`: one item by options, or any number of them as JSON lines; one answer an item, in the same order."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from typing import Any

import click
import msgspec
from click.core import ParameterSource
from rich.console import Console

from hashsvc.cli.calling import Caller, talks
from hashsvc.cli.checking_privately import check_privately
from hashsvc.cli.output import VERDICT_STYLES, counted, on_terminal, say, write_line
from hashsvc.cli.signal_options import embedded, names_signals
from hashsvc.client import Effort, Evidence, Problem, Verdict
from hashsvc.client.values import CheckResult
from hashsvc.limits import EVIDENCE_DEFAULT, EVIDENCE_MAX
from hashsvc.signals import Signal

CONNECTIONS = 4  # so that a stream of items most likely meets every worker


class CheckLine(msgspec.Struct, frozen=True):
    """One line of the answer. verdict None: could not be checked, see problems. line: in place of an id, if none."""

    id: Any
    verdict: Verdict | None
    evidence: Sequence[Evidence]
    evidence_truncated: bool
    problems: Sequence[dict[str, Any]]
    sequence: int
    epoch: int
    policy_version: str
    worker: int | None
    line: int | msgspec.UnsetType = msgspec.UNSET


@click.command(
    epilog="Example: hashsvc hash *.jpg | hashsvc check - --effort thorough",
)
@click.argument(
    "file", required=False, type=click.Path(allow_dash=True, exists=True, dir_okay=False), metavar="[FILE | -]"
)
@click.option(
    "--effort",
    type=click.Choice([effort.value.lower() for effort in Effort], case_sensitive=False),
    default="standard",
    show_default=True,
    help="thorough: all eight orientations of a picture, wider; milliseconds an item.",
)
@click.option(
    "--evidence",
    "evidence_max",
    type=click.IntRange(1, EVIDENCE_MAX),
    default=EVIDENCE_DEFAULT,
    show_default=True,
    metavar="N",
    help="Most evidence to list an item; the verdict is decided from all.",
)
@click.option("--id", "item_id", default="", help="Id of the one item that options name.")
@click.option(
    "--reference",
    default="",
    help="Your own reference, by which you are told if a KNOWN or LIKELY answer is taken back.",
)
@click.option(
    "--embedded-url",
    "embedded_urls",
    multiple=True,
    metavar="URL",
    help="URL of something that the item contains: is shown if it is known, and never closes the item.",
)
@click.option(
    "--private",
    is_flag=True,
    help="Send only the first 4 bytes of hashes, among decoys; URLs and digests only, KNOWN, LIKELY or NEW.",
)
@names_signals
@talks
def check(
    file: str | None,
    effort: str,
    evidence_max: int,
    item_id: str,
    reference: str,
    embedded_urls: tuple[str, ...],
    private: bool,
    signals: list[Signal],
    caller: Caller,
) -> None:
    """Tell whether items are on the list.

    FILE holds JSON lines, an item each: {"id": "a", "pdq": "…", "pdq_quality": 97, "md5": "…"}, with any of md5, sha1,
    sha256, pdq, phash64, photodna and url (one, or an array of those that lead to the item), also spelt as other people
    do (SHA-256, photo_dna, phash), in hex, base64 or base32; `-` reads stdin. Without FILE the options name one item.

    Each item gets one line, in the same order, whatever the number; blank lines are passed over. An item that could
    not be checked has the verdict null and says why in its problems; one without an id, or a line that could not be
    read, has its line's number. That is no failure: the exit status is 0 when every item has its line, and stderr
    says at the end how many were not checked. A key that is none of an item's is a problem of it, UNKNOWN_FIELD; the
    rest is checked.
    """
    signals = [*signals, *embedded(embedded_urls)]
    if (file is None) == (not signals):
        raise click.UsageError("name a FILE of items (or -), or the signals of one item: --pdq, --md5, --url, …")
    if private:
        _refuse_with_private({"effort": "--effort", "evidence_max": "--evidence", "reference": "--reference"})
        check_privately(file, item_id, signals, caller)
        return
    wanted = Effort(effort.upper())
    if file is None:
        with caller.client() as client:
            result = client.check(
                signals, effort=wanted, item_id=item_id, caller_reference=reference, evidence_max=evidence_max
            )
        _write([_line(result.id, result)])
        return
    with click.open_file(file, "rb") as stream, caller.client(connections=CONNECTIONS) as client:
        results = client.check_many(
            _items(stream), effort=wanted, caller_reference=reference, evidence_max=evidence_max
        )
        count, unchecked = _write(_line(result.id.id, result, result.id) for result in results)
        say(f"{counted(count, 'item', 'items')}, {unchecked:,} of them not checked")


def _refuse_with_private(options: dict[str, str]) -> None:
    """Refuse options that a look-up by prefix cannot heed; passed over in silence, they would seem heeded."""
    context = click.get_current_context()
    for name, option in options.items():
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE:
            raise click.UsageError(f"--private goes without {option}: a look-up by prefix has no such thing")


def _items(stream: Any) -> Iterator[tuple[Any, Sequence[Signal]]]:
    """Read items; each is its own id, so that what was wrong in the file is at hand with the answer."""
    from hashsvc.formats import read_items

    for item in read_items(stream):
        yield item, item.signals


def _line(item_id: Any, result: CheckResult[Any], item: Any = None) -> CheckLine:
    """One answer. item: as it was read; one of which nothing could be read says why, and not that it is empty."""
    found: Sequence[Any] = result.problems
    if item is not None and item.problems:
        found = [*item.problems, *(problem for problem in found if problem.reason != "EMPTY_ITEM")]
    return CheckLine(
        item_id,
        result.verdict,
        result.evidence,
        result.truncated,
        [_problem(problem) for problem in found],
        result.position.sequence,
        result.position.epoch,
        result.policy_version,
        result.worker,
        item.line if item is not None and item_id is None else msgspec.UNSET,
    )


def _problem(problem: Problem) -> dict[str, str]:
    return {"field": problem.field, "reason": problem.reason, "message": problem.message}


def _write(lines: Iterator[CheckLine] | list[CheckLine]) -> tuple[int, int]:
    """Write answers as they come. Returns how many, and how many of them tell of an item that was not checked."""
    count = unchecked = 0
    console = Console() if on_terminal() else None
    for line in lines:
        count += 1
        unchecked += line.verdict is None
        if console is None:
            write_line(line)
        else:
            _show(console, line)
    sys.stdout.flush()
    return count, unchecked


def _show(console: Console, line: CheckLine) -> None:
    """One item for a person: the verdict, then each piece of evidence and each problem on a line below."""
    verdict = line.verdict.value if line.verdict is not None else "NOT CHECKED"
    style = VERDICT_STYLES.get(verdict, "bold magenta")
    console.print(f"[{style}]{verdict:<8}[/] ", end="")
    console.out(str(line.id) if line.line is msgspec.UNSET else f"line {line.line}", highlight=False)
    for one in line.evidence:
        facts = [one.signal, one.url_scope.value if one.signal == "url" else f"{one.distance_bits} bits"]
        if one.orientation.value not in ("unspecified", "as_given"):
            facts.append(one.orientation.value)
        facts += [one.state.value, *(f"capped: {cap.value}" for cap in one.caps)]
        if one.chance is not None:
            facts.append(f"by chance {one.chance.expected_count:.1e}")
        console.out(f"         entry {one.entry}  {', '.join(facts)}", highlight=False)
    for problem in line.problems:
        console.out(f"         {problem['field']}: {problem['message']}", highlight=False)
