"""`hashsvc export`: the list's entries as a file that `hashsvc import` reads, streamed page by page."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

import click
from msgspec.structs import replace

from hashsvc.cli.calling import Caller, talks
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import counted, progress, say
from hashsvc.client import Entry, EntrySignal, State
from hashsvc.formats import BY_NAME, FORMATS, Details, Row
from hashsvc.limits import PAGE_SIZE_MAX
from hashsvc.signals import Signal

_LIVE = frozenset((State.PROPOSED, State.CONFIRMED, State.DISPUTED))
_STATES = ("proposed", "confirmed", "disputed", "rejected", "retracted")


@click.command(epilog="Example: hashsvc export --state confirmed --format csv -o confirmed.csv")
@click.option(
    "--state",
    type=click.Choice([*_STATES, "live"], case_sensitive=False),
    default="confirmed",
    show_default=True,
    help="Entries in this state, with those of their signals that are in it; live: all that are proposed, confirmed "
    "or disputed.",
)
@click.option(
    "--format",
    "format_name",
    type=click.Choice(list(BY_NAME)),
    default=FORMATS[0].name,
    show_default=True,
    help="Of the file.",
)
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), help="The file. Default: stdout.")
@talks
def export(state: str, format_name: str, output: Path | None, caller: Caller) -> None:
    """Write the list's entries to a file that `hashsvc import` reads.

    An entry's state is derived from those of its signals, and one that is disputed makes it DISPUTED: with one doubted
    and four confirmed signals it is not in the file of `--state confirmed`, and of `--state disputed` the file has the
    one. `--state live` has all five.

    Not in the file: history, who confirmed, notes, batches, policy, and casework. To keep those: `hashsvc backup`.
    """
    form = BY_NAME[format_name]
    wanted = None if state == "live" else State(state.upper())
    count = 0
    with _opened(output) as stream, caller.client() as client, progress("exporting", None, "entries") as show:

        def rows() -> Iterator[Row]:
            nonlocal count
            for entry in client.list_entries(state=wanted, page_size=PAGE_SIZE_MAX):
                row = _row(entry, _LIVE if wanted is None else {wanted}, count + 1, joined=form.joins_rows)
                if row is not None:
                    count += 1
                    yield row
                    show(count)

        for text in form.write(rows()):
            stream.write(text)
    say(f"{counted(count, 'entry', 'entries')} written")


def _row(entry: Entry, states: Iterable[State], line: int, *, joined: bool) -> Row | None:
    """What the file says of an entry; None where no signal of it is wanted.

    joined: the format joins the rows of an entry by content id, so one of several rows without gets its entry id.
    """
    signals = tuple(_signal(one) for one in entry.signals if one.state in states)
    if not signals:
        return None
    details = Details(
        entry.details.media_type,
        entry.details.classifications,
        entry.details.youngest_age_band,
        entry.details.sex,
        entry.details.flags,
    )
    joined = joined and max(len(signals), len(details.classifications)) > 1
    content_id = entry.content_id or (entry.entry_id if joined else "")
    return Row(line, entry.source, entry.environment, content_id, signals, details)


def _signal(one: EntrySignal) -> Signal:
    """A signal as a file holds it; of a URL also when it was last seen live."""
    if one.url is None or one.signal.url is None:
        return one.signal
    return replace(one.signal, url=replace(one.signal.url, seen_live_us=one.url.seen_live_us))


@contextmanager
def _opened(output: Path | None) -> Iterator[TextIO]:
    """The file, complete or not there: it gets its name when all is written."""
    if output is None:
        yield sys.stdout
        return
    partial = output.with_name(output.name + ".partial")
    try:
        stream = partial.open("w", encoding="utf-8", newline="")
    except OSError as error:
        raise Failed(f"{output} cannot be written: {error.strerror}") from error
    try:
        with stream:
            yield stream
        partial.replace(output)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise
