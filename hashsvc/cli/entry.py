"""`hashsvc entry …`: propose, decide and read single entries. Who proposes does not confirm."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeVar

import click

from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.output import counted, on_terminal, say, write_record, write_records
from hashsvc.cli.records import change_record, entry_record, notices_record, written_record
from hashsvc.cli.signal_options import names_signals, says_url_scope
from hashsvc.client import Content, Details, EntryResult, State, UrlNotice
from hashsvc.errors import InvalidArgument
from hashsvc.formats.rows import read_time
from hashsvc.limits import BULK_BYTES_MAX, SEEN_LIVE_MAX
from hashsvc.signals import Signal
from hashsvc.signals.registry import url_bytes

Function = TypeVar("Function", bound=Callable[..., Any])

REASON_DEFAULT = "unspecified"
_SEEN_LIVE_BYTES_MAX = BULK_BYTES_MAX - 1024  # room for the other fields
_TEXT_FRAME_BYTES = 8  # tag and length of a text within the call


def _option(*names: str, **settings: Any) -> Callable[[Function], Function]:
    """As click.option, typed to keep the function."""
    return click.option(*names, **settings)


_ordinals = _option("--signal", "ordinals", multiple=True, type=int, metavar="N", help="Only this signal, by ordinal.")
_note = _option("--note", default="", help="Why, in words.")
_reason = _option(
    "--reason", "reason_code", default=REASON_DEFAULT, show_default=True, metavar="CODE", help="Why, as a code."
)
_request_id = _option("--request-id", default="", help="Makes a repeat safe; by default a new one.")
_entry_id = click.argument("entry_id", metavar="ENTRY")


def _decides(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command what every decision about an entry names, as the client's methods call it."""
    return _entry_id(_ordinals(_note(_request_id(acts(function)))))


def _decides_with_reason(function: Callable[..., None]) -> Callable[..., None]:
    """The same with a reason, for decisions against an entry."""
    return _entry_id(_ordinals(_reason(_note(_request_id(acts(function))))))


@click.group(epilog="Example: hashsvc entry show 0123456789abcdef0123456789abcdef")
def entry() -> None:
    """Propose, decide and read single entries."""


@entry.command(epilog="Example: hashsvc entry propose --source iwf --content-id 17 --picture seen.jpg --actor ann")
@_option("--source", required=True, help="The organisation that says so.")
@_option("--environment", default="", help="Which of its lists.")
@_option("--content-id", default="", help="Its own id of the content. Default: derived from the digests.")
@_option("--media-type", default="", help="For example image or video.")
@_option("--classification", "classifications", multiple=True, metavar="SCHEME=VALUE", help="For example uk_abc=A.")
@_option("--age-band", default="", help="Of the youngest child: 0-2, 3-6, 7-10, 11-13, 14-15 or 16-17.")
@_option("--sex", multiple=True, help="May be repeated.")
@_option("--flag", "flags", multiple=True, help="For example grid; may be repeated.")
@_option("--id-only", is_flag=True, help="Write the entry's id alone: for ENTRY=$(hashsvc entry propose …).")
@_note
@_request_id
@names_signals
@says_url_scope
@acts
def propose(
    signals: list[Signal],
    source: str,
    environment: str,
    content_id: str,
    media_type: str,
    classifications: tuple[str, ...],
    age_band: str,
    sex: tuple[str, ...],
    flags: tuple[str, ...],
    id_only: bool,
    note: str,
    request_id: str,
    caller: Caller,
) -> None:
    """Propose an entry. It closes nothing until others confirm it."""
    if not signals:
        raise click.UsageError("name at least one signal: --pdq, --md5, --url, --picture, …")
    details = Details(media_type, pairs(classifications), age_band, sex, flags)
    with caller.client() as client:
        content = Content(source, tuple(signals), environment, content_id, details)
        result = client.propose(content, note=note, request_id=request_id)
    if id_only:
        click.echo(result.entry.entry_id)
        _say_notices(result.url_notices)
        _say_what_is_due(result)
    else:
        _tell(result)


@entry.command(epilog="Example: hashsvc entry confirm 0123456789abcdef0123456789abcdef --actor bob")
@_decides
def confirm(caller: Caller, **decision: Any) -> None:
    """Agree to proposed signals. Somebody other than their proposer."""
    with caller.client() as client:
        _tell(client.confirm(**decision))


@entry.command(epilog="Example: hashsvc entry reject 0123456789abcdef0123456789abcdef --reason not_illegal --actor bob")
@_decides_with_reason
def reject(caller: Caller, **decision: Any) -> None:
    """Refuse proposed signals."""
    with caller.client() as client:
        _tell(client.reject(**decision))


@entry.command(epilog="Example: hashsvc entry amend 0123456789abcdef0123456789abcdef --picture other.jpg --actor ann")
@_entry_id
@_option("--remove", multiple=True, type=int, metavar="N", help="Ask for the removal of this signal, by ordinal.")
@_option("--etag", default=None, help="The entry's etag as you last read it. Default: as it is now.")
@_note
@_request_id
@names_signals
@says_url_scope
@acts
def amend(
    entry_id: str,
    signals: list[Signal],
    remove: tuple[int, ...],
    etag: str | None,
    note: str,
    request_id: str,
    caller: Caller,
) -> None:
    """Add signals, which others then confirm, or ask for the removal of some."""
    if not signals and not remove:
        raise click.UsageError("name signals to add, or --remove N")
    with caller.client() as client:
        known = etag if etag is not None else client.get_entry(entry_id).entry.etag
        _tell(client.amend(entry_id, known, add=signals, remove=remove, note=note, request_id=request_id))


@entry.command(epilog="Example: hashsvc entry dispute 0123456789abcdef0123456789abcdef --reason appeal --actor bob")
@_decides_with_reason
def dispute(caller: Caller, **decision: Any) -> None:
    """Doubt confirmed signals: nothing closes on them from the next check on."""
    with caller.client() as client:
        _tell(client.dispute(**decision))


@entry.command(epilog="Example: hashsvc entry resolve 0123456789abcdef0123456789abcdef --actor cleo")
@_decides
def resolve(caller: Caller, **decision: Any) -> None:
    """Return disputed signals to CONFIRMED. Somebody who had no part in the decisions before."""
    with caller.client() as client:
        _tell(client.resolve(**decision))


@entry.command(epilog="Example: hashsvc entry retract 0123456789abcdef0123456789abcdef --reason appeal --actor ann")
@_decides_with_reason
def retract(caller: Caller, **decision: Any) -> None:
    """Ask for a retraction: the entry closes nothing from the next check on.

    It is RETRACTED when somebody else agrees: `hashsvc entry confirm-retraction`.
    """
    with caller.client() as client:
        _tell(client.retract(**decision))
        say(
            "closes nothing from now on; another person completes the retraction with "
            f"`hashsvc entry confirm-retraction {decision['entry_id']} --actor NAME`"
        )


@entry.command(
    "confirm-retraction",
    epilog="Example: hashsvc entry confirm-retraction 0123456789abcdef0123456789abcdef --actor bob",
)
@_decides
def confirm_retraction(caller: Caller, **decision: Any) -> None:
    """Agree to a retraction that somebody else asked for."""
    with caller.client() as client:
        _tell(client.confirm_retraction(**decision))


@entry.command("seen-live", epilog="Example: hashsvc entry seen-live --urls-file live.txt --actor ann")
@click.argument("entry_ids", metavar="[ENTRY]...", nargs=-1)
@_option("--url", "urls", multiple=True, metavar="URL", help="Wherever it is listed as page or path; may be repeated.")
@_option("--urls-file", type=click.File("r", encoding="utf-8"), metavar="FILE", help="URLs, one a line; - reads stdin.")
@_option("--at", "seen_at", default="", metavar="TIME", help="When, for example 2026-11-24T09:30:00Z. Default: now.")
@_request_id
@acts
def seen_live(
    entry_ids: tuple[str, ...],
    urls: tuple[str, ...],
    urls_file: Any,
    seen_at: str,
    request_id: str,
    caller: Caller,
) -> None:
    """Say that listed URLs were seen live, so that they go on closing reports.

    All URLs of the entries that are named, and URLs by their text. Up to 5,000 of each go into one change of the list;
    more are sent as several. It confirms nothing.

    Entries and URLs that the list does not hold are told on stderr, by their place, from 0, among those named; the
    others are renewed. The URLs of a file come after those of --url; its blank lines count for nothing.
    """
    try:
        named = [*(url_bytes(text, "--url").decode() for text in urls), *_lines(urls_file)]
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from error
    if not entry_ids and not named:
        raise click.UsageError("name entries, --url or --urls-file")
    calls = list(_seen_calls(entry_ids, named))
    if len(calls) > 1 and request_id:
        raise click.UsageError("a --request-id is of one call, and this takes several")
    try:
        seen_us = read_time(seen_at, "--at")
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from error
    renewed = unchanged = sequence = 0
    with caller.client() as client:
        for ids, some in calls:
            result = client.mark_seen_live(entry_ids[ids], named[some], seen_live_us=seen_us, request_id=request_id)
            renewed, unchanged = renewed + result.renewed_count, unchanged + result.unchanged_count
            sequence = result.position.sequence
            for problem in result.problems:
                at = ids.start if problem.field == "entry_ids" else some.start
                say(f"{problem.field}[{at + problem.item}]: {problem.message}")
    write_record({"renewed": renewed, "unchanged": unchanged, "sequence": sequence})


def _lines(file: Any) -> Iterator[str]:
    """Read the lines of a file that are not blank."""
    try:
        yield from (line.strip() for line in file or () if line.strip())
    except UnicodeDecodeError as error:
        raise click.UsageError("--urls-file is not UTF-8") from error


def _seen_calls(entry_ids: Sequence[str], urls: Sequence[str]) -> Iterator[tuple[slice, slice]]:
    """Cut entries and URLs into calls, by number and by bytes."""
    first_id = first_url = 0
    while first_id < len(entry_ids) or first_url < len(urls):
        ids = slice(first_id, min(first_id + SEEN_LIVE_MAX, len(entry_ids)))
        room = _SEEN_LIVE_BYTES_MAX - sum(len(one) + _TEXT_FRAME_BYTES for one in entry_ids[ids])
        end = first_url
        while end < len(urls) and end - first_url < SEEN_LIVE_MAX:
            room -= len(urls[end].encode()) + _TEXT_FRAME_BYTES
            if room < 0 and end > first_url:
                break
            end += 1
        yield ids, slice(first_url, end)
        first_id, first_url = ids.stop, end


@entry.command(epilog="Example: hashsvc entry show 0123456789abcdef0123456789abcdef")
@_entry_id
@talks
def show(entry_id: str, caller: Caller) -> None:
    """Show an entry: its signals, their states, and who decided."""
    with caller.client() as client:
        result = client.get_entry(entry_id)
        _write(entry_record(result.entry), result.url_notices)


@entry.command(epilog="Example: hashsvc entry history 0123456789abcdef0123456789abcdef")
@_entry_id
@talks
def history(entry_id: str, caller: Caller) -> None:
    """Show all changes of an entry, its batch's included, newest first."""
    columns = ["sequence", "time", "kind", "actor", "state_after", "reason", "note"]
    with caller.client() as client:
        write_records((change_record(change) for change in client.history(entry_id)), columns)


def _tell(result: EntryResult) -> None:
    """Write what became of an entry, and say what it still needs."""
    _write(written_record(result), result.url_notices)
    _say_what_is_due(result)


def _say_what_is_due(result: EntryResult) -> None:
    if any(one.state is State.PROPOSED for one in result.entry.signals):
        say(f"signals are PROPOSED: others confirm with `hashsvc entry confirm {result.entry.entry_id} --actor NAME`")


def _write(record: dict[str, Any], notices: tuple[UrlNotice, ...]) -> None:
    """Write an entry, and what somebody should know before confirming its URLs: for a program too where one reads."""
    write_record(record if on_terminal() else {**record, **notices_record(notices)})
    _say_notices(notices)


def _say_notices(notices: tuple[UrlNotice, ...]) -> None:
    from hashsvc.signals.url_entries import WARNING_TEXTS

    for one in notices:
        for code in one.warnings:
            say(f"signal {one.ordinal}: {WARNING_TEXTS.get(code, code)}")
        if one.scope.value in ("PREFIX", "HOST", "DOMAIN"):
            say(f"signal {one.ordinal}: this {one.scope.value} covers {_covered(one)} and {_recent(one)}")


def _covered(notice: UrlNotice) -> str:
    """Say how many entries lie below a wide URL, for example "12 or more other entries"."""
    count = notice.covered_entry_count
    if notice.covered_more:
        return f"{count:,} or more other entries"
    return counted(count, "other entry", "other entries") if count else "no other entry"


def _recent(notice: UrlNotice) -> str:
    """Say how many checks of late lie below it, for example "about 40 checks of the last day"."""
    count, error = notice.recent_check_count, notice.recent_check_error
    if count == 0:
        return "no check of the last day"
    checks = counted(count, "check", "checks")
    return f"about {checks} of the last day (too high by {error:,} at most)" if error else f"{checks} of the last day"


def pairs(classifications: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Read --classification options: (scheme, value)."""
    found = []
    for text in classifications:
        scheme, equals, value = text.partition("=")
        if not (scheme and equals and value):
            raise click.UsageError("--classification is SCHEME=VALUE, for example uk_abc=A")
        found.append((scheme, value))
    return tuple(found)
