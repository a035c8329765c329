"""The write that says that URLs were seen live: one change for many, which confirms nothing.

It keeps what people confirmed from growing stale, so one person's word is enough.
"""

from __future__ import annotations

from hashsvc.errors import DamagedData, HashsvcError, InvalidArgument
from hashsvc.hashlist import codec, log
from hashsvc.hashlist.decide_entry import stands_of
from hashsvc.hashlist.records import Draft
from hashsvc.hashlist.refs import REF_BYTES, number_of, ordinal_of, pack_ref, ref_of
from hashsvc.hashlist.url_rows import ROW, pack_time, scope_of
from hashsvc.hashlist.values import ChangeKind, MarkSeenLive, Payload, SeenLive, Written
from hashsvc.hashlist.views import RequestRow
from hashsvc.hashlist.work import Request, Work
from hashsvc.hashlist.workflow import LIVE
from hashsvc.limits import SEEN_LIVE_SIGNALS_MAX
from hashsvc.signals import URL
from hashsvc.signals.url_expressions import LOOSE, Scope, met

KEY_BYTES = 33  # a key of a look-up: its role, then the hash
PAGES = (int(Scope.PAGE), int(Scope.PATH))


def mark(work: Work, command: MarkSeenLive, request: Request) -> Written:
    """Move the time of live URLs on. Nothing is appended where as late a time is known of all.

    Raises InvalidArgument IN_THE_FUTURE, TOO_MANY. An entry or URL that is not on the list is a problem, index first
    in entry_ids, then in urls.
    """
    seen_us = command.seen_live_us or work.now_us
    if seen_us > work.now_us:
        raise InvalidArgument("IN_THE_FUTURE", "the time is ahead of this service's clock", field="seen_live_time")
    refs, problems = _refs_of(work, command)
    if len(refs) > SEEN_LIVE_SIGNALS_MAX:
        raise InvalidArgument(
            "TOO_MANY",
            f"these stand for {len(refs)} URLs of the list; at most {SEEN_LIVE_SIGNALS_MAX} go into one change, "
            "ask for fewer at a time",
            field="entry_ids",
        )
    value, table = pack_time(seen_us), work.env.tables["seen_live"]
    older = [ref for ref in sorted(refs) if bytes(work.txn.get(pack_ref(ref), db=table)) < value]
    if older:
        seen = SeenLive(seen_us, b"".join([pack_ref(ref) for ref in older]))
        draft = Draft(
            ChangeKind.URLS_SEEN_LIVE, 0, 0, 0, 0, codec.NO_ID, request.actor, request.key, request.digest, 0, 0,
            Payload(seen_live=seen),
        )  # fmt: skip
        work.append((draft,))
    return Written(
        work.position,
        problems=tuple(problems),
        renewed_count=len(older),
        unchanged_count=len(refs) - len(older),
    )


def answer_again(work: Work, command: MarkSeenLive, row: RequestRow) -> Written:
    """The answer to a request that was done before."""
    change = log.read_change(work.env, work.txn, row.last)
    if change.payload is None or change.payload.seen_live is None:
        raise DamagedData("PAYLOAD_ERASED", "what this request did was erased since")
    refs, problems = _refs_of(work, command)
    renewed = len(change.payload.seen_live.refs) // REF_BYTES
    return Written(
        work.position_at(row.last),
        problems=tuple(problems),
        renewed_count=renewed,
        unchanged_count=max(0, len(refs) - renewed),
    )


def _refs_of(work: Work, command: MarkSeenLive) -> tuple[set[int], list[tuple[int, str, str]]]:
    """Refs of all live URLs that are meant, and what is not on the list."""
    refs: set[int] = set()
    problems: list[tuple[int, str, str]] = []
    for index, entry_id in enumerate(command.entry_ids):
        try:
            found = _of_entry(work, entry_id)
        except HashsvcError as error:
            problems.append((index, error.reason, error.message))
            continue
        if not found:
            problems.append((index, "NO_LIVE_URL", "the entry has no URL that is proposed, confirmed or disputed"))
        refs |= found
    for index, keys in enumerate(command.urls, len(command.entry_ids)):
        found = _of_url(work, keys)
        if not found:
            problems.append((index, "UNKNOWN_URL", "no entry lists this URL as PAGE or PATH"))
        refs |= found
    return refs, problems


def _of_entry(work: Work, entry_id: bytes) -> set[int]:
    entry = work.entry(entry_id)
    stands = stands_of(work, entry)
    return {
        ref_of(entry.number, signal.ordinal)
        for signal in entry.signals
        if signal.type == URL and stands[signal.ordinal].state in LIVE
    }


def _of_url(work: Work, keys: bytes) -> set[int]:
    """Refs of live PAGE and PATH signals that a URL meets strictly."""
    found: set[int] = set()
    with work.txn.cursor(db=work.env.tables["urls"]) as cursor:
        for at in range(0, len(keys), KEY_BYTES):
            here = cursor.set_key(keys[at + 1 : at + KEY_BYTES])
            while here:
                kind, ref = ROW.unpack(cursor.value())
                if 0 <= met(keys[at], kind) < LOOSE and scope_of(kind) in PAGES:
                    found.add(ref)
                here = cursor.next_dup()
    live = set()
    for ref in found:
        entry = codec.decode_entry(work.txn.get(codec.pack_sequence(number_of(ref)), db=work.env.tables["entries"]))
        if stands_of(work, entry)[ordinal_of(ref)].state in LIVE:
            live.add(ref)
    return live
