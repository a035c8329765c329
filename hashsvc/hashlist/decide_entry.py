"""Writes about one entry: propose, decide (confirm, reject, dispute, resolve, retract), amend.

Each loads, asks workflow.py (pure), appends one change, and answers with the entry as it then is.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hashsvc.errors import AlreadyExists, DamagedData, FailedPrecondition, HashsvcError, InvalidArgument
from hashsvc.hashlist import codec, log, workflow
from hashsvc.hashlist.describe import etag_of
from hashsvc.hashlist.records import Draft
from hashsvc.hashlist.values import (
    UNKNOWN_QUALITY,
    AmendEntry,
    ChangeKind,
    Content,
    DecideEntry,
    Entry,
    ListedSignal,
    ListedUrl,
    Payload,
    Person,
    ProposeEntry,
    Role,
    State,
    Written,
)
from hashsvc.hashlist.views import RequestRow
from hashsvc.hashlist.work import Request, Work
from hashsvc.hashlist.workflow import LIVE, Stand
from hashsvc.limits import ENTRY_SIGNALS_MAX
from hashsvc.signals import SIGNAL_TYPES, Signal, UrlFacts

# From which signal an entry's identity comes: the strongest digest, else a URL with its scope.
_IDENTITY_TYPES = sorted((t for t in SIGNAL_TYPES if t.is_digest or t.is_url), key=lambda t: -t.strength)


def propose(work: Work, command: ProposeEntry, request: Request) -> Written:
    """Propose an entry, or new signals for one whose signals are all dead. Raises AlreadyExists ENTRY_EXISTS."""
    content = command.content
    if not content.source:
        raise InvalidArgument("SOURCE_REQUIRED", "name the source organisation", field="content.source")
    entry_id = identity_of(work.key, content)
    before = work.entry_or_none(entry_id)
    if before is not None and any(s.state in LIVE for s in stands_of(work, before).values()):
        raise AlreadyExists(
            "ENTRY_EXISTS", f"entry {entry_id.hex()} of this identity is on the list; amend it instead", field="content"
        )
    entry = grown(
        work,
        work.next_sequence,
        before,
        entry_id,
        content,
        Stand(State.PROPOSED, (Person(Role.PROPOSER, request.actor),)),
        0,
    )
    return _append(work, request, ChangeKind.ENTRY_PROPOSED, before, entry, note=command.note)


def decide(work: Work, command: DecideEntry, request: Request) -> Written:
    """Apply a person's decision to signals of an entry. Raises FailedPrecondition with the workflow's reason."""
    before = work.entry(command.entry_id)
    stands = stands_of(work, before)
    decided = workflow.decide(command.action, request.actor, stands, command.ordinals, work.settings.people_required)
    _refuse_disputed_batches(work, command.action, before, decided)
    entry = with_stands(work, before, decided)
    return _append(
        work, request, command.action, before, entry, note=command.note, reason_code=command.reason_code,
        acted=codec.mask_of(tuple(decided)),
    )  # fmt: skip


def amend(work: Work, command: AmendEntry, request: Request) -> Written:
    """Add signals, ask for the removal of others, replace details: one change, or none where nothing would change."""
    before = work.entry(command.entry_id)
    if command.etag != etag_of(before):
        raise FailedPrecondition(
            "ETAG_MISMATCH", "the entry has changed since it was read; read it again", field="etag"
        )
    stands = stands_of(work, before)
    removed = _removals(work, command, request, stands)
    entry = with_stands(work, before, removed)
    live = [s for s in before.signals if stands[s.ordinal].state in LIVE]
    fresh = tuple(signal for signal in command.add if not is_listed(signal, live))
    content = Content("", "", "", fresh, command.details or before.details)
    added = Stand(State.PROPOSED, (Person(Role.PROPOSER, request.actor),))
    entry = grown(work, work.next_sequence, entry, before.entry_id, content, added, 0)
    if not removed and len(entry.signals) == len(before.signals) and entry.details == before.details:
        return Written(work.position, entry=work.describe.entry(before))
    return _append(
        work, request, ChangeKind.ENTRY_AMENDED, before, entry, note=command.note, acted=codec.mask_of(tuple(removed))
    )


def answer_again(work: Work, row: RequestRow) -> Written:
    """The answer to a request that was done before: the entry as its change left it."""
    change = log.read_change(work.env, work.txn, row.last)
    if change.payload is None or change.payload.entry is None:
        raise DamagedData("PAYLOAD_ERASED", "what this request did was erased since")
    return Written(work.position_at(row.last), entry=work.describe.entry(change.payload.entry, row.last))


# ---------------------------------------------------------------- shared with imports


def identity_of(key: bytes, content: Content) -> bytes:
    """Make an entry's outside id, 16 bytes, from its source, its environment and what names it.

    That is the content id; where there is none, a value of the strongest type that it has in _IDENTITY_TYPES, the
    least where it has several. Raises InvalidArgument NO_IDENTITY where it has none of these.
    """
    source, environment = content.source.encode(), content.environment.encode()
    if content.content_id:
        return codec.keyed_id(key, b"entry", source, environment, b"c", content.content_id.encode())
    for kind in _IDENTITY_TYPES:
        values = sorted(s.value for s in content.signals if s.type == kind.number)
        if values:
            return codec.keyed_id(key, b"entry", source, environment, kind.name.encode(), values[0])
    raise InvalidArgument(
        "NO_IDENTITY",
        "an entry needs a content_id, or a SHA-256, SHA-1, MD5 or URL from which its identity can come",
        field="content_id",
    )


def stands_of(work: Work, entry: Entry) -> dict[int, Stand]:
    """Where each signal of an entry stands, by ordinal."""
    return {s.ordinal: workflow.stand_of(s, work.batch_of(s.batch)) for s in entry.signals}


def with_stands(work: Work, entry: Entry, decided: dict[int, Stand]) -> Entry:
    """The entry with new stands for some signals, as of the next change."""
    signals = tuple(
        msgspec.structs.replace(s, state=int(decided[s.ordinal].state), people=decided[s.ordinal].people)
        if s.ordinal in decided
        else s
        for s in entry.signals
    )
    return msgspec.structs.replace(entry, signals=signals, last_sequence=work.next_sequence, updated_us=work.now_us)


def is_listed(signal: Signal, live: Sequence[ListedSignal]) -> bool:
    """Say whether a signal adds nothing to the live ones: the value is there, and its quality no less known.

    The value with a known quality, where it was unknown so far, is a signal of its own: it can close what the other
    cannot, so others must confirm it.
    """
    return any(
        s.value == signal.value
        and s.type == signal.type
        and (s.quality != UNKNOWN_QUALITY or signal.quality == UNKNOWN_QUALITY)
        for s in live
    )


def grown(
    work: Work,
    sequence: int,
    before: Entry | None,
    entry_id: bytes,
    content: Content,
    stand: Stand,
    batch: int,
) -> Entry:
    """The entry with the content's signals added in a stand, as of the change `sequence`; equal ones once.

    Raises InvalidArgument TOO_MANY_SIGNALS where the entry's ordinals are used up.
    """
    listed = before.signals if before is not None else ()
    fresh = content.signals
    if len({(s.type, s.value) for s in fresh}) < len(fresh):
        fresh = tuple({(s.type, s.value): s for s in reversed(fresh)}.values())[::-1]
    state, people, now_us = int(stand.state), stand.people, work.now_us
    added = [
        ListedSignal(
            ordinal,
            s.type,
            s.value,
            s.quality,
            s.algorithm,
            state,
            batch,
            people,
            None if s.url is None else _listed_url(s.url, now_us),
        )
        for ordinal, s in enumerate(fresh, len(listed))
    ]
    ordinal = len(listed) + len(added)
    if ordinal > ENTRY_SIGNALS_MAX:
        raise InvalidArgument(
            "TOO_MANY_SIGNALS", f"an entry can have {ENTRY_SIGNALS_MAX} signals over its life, this would be {ordinal}"
        )
    if before is None:
        return Entry(
            sequence, sequence, entry_id, content.source, content.environment, content.content_id,
            tuple(added), content.details, work.now_us, work.now_us,
        )  # fmt: skip
    return msgspec.structs.replace(
        before,
        signals=(*listed, *added),
        details=content.details,
        last_sequence=sequence,
        updated_us=work.now_us,
    )


def _listed_url(url: UrlFacts, now_us: int) -> ListedUrl:
    """What is stored of a URL besides its value; not said when it was seen: now, by whoever brings it."""
    if url.seen_live_us > now_us:
        raise InvalidArgument("IN_THE_FUTURE", "a URL was seen live at a time ahead of this service's clock")
    return ListedUrl(url.written, url.canon_version, url.suffix_list, url.seen_live_us or now_us)


def _removals(work: Work, command: AmendEntry, request: Request, stands: dict[int, Stand]) -> dict[int, Stand]:
    """Removing a PROPOSED signal rejects it; removing another one asks for its retraction."""
    removed: dict[int, Stand] = {}
    for ordinal in dict.fromkeys(command.remove):
        action = workflow.removal_of(stands.get(ordinal))
        try:
            removed |= workflow.decide(action, request.actor, stands, (ordinal,), work.settings.people_required)
        except HashsvcError as error:
            error.field = "remove_ordinals"
            raise
    return removed


def _refuse_disputed_batches(work: Work, action: int, entry: Entry, decided: dict[int, Stand]) -> None:
    """A signal that its batch disputes is not settled alone: the batch must be."""
    if action != ChangeKind.DISPUTE_RESOLVED:
        return
    for signal in entry.signals:
        batch = work.batch_of(signal.batch)
        if signal.ordinal in decided and batch is not None and batch.state == State.DISPUTED:
            raise FailedPrecondition(
                "BATCH_DISPUTED", f"batch {batch.batch_id.hex()} is disputed as a whole; settle it with ConfirmBatch"
            )


def state_of(work: Work, entry: Entry | None) -> int:
    """Derived state for a record's header; 0 for an entry that was not there."""
    if entry is None:
        return 0
    return int(workflow.derived_state(s.state for s in stands_of(work, entry).values()))


def _append(
    work: Work,
    request: Request,
    kind: int,
    before: Entry | None,
    entry: Entry,
    *,
    note: str,
    reason_code: str = "",
    acted: int = 0,
) -> Written:
    had = len(before.signals) if before is not None else 0
    draft = Draft(
        kind=kind,
        state_before=state_of(work, before),
        state_after=state_of(work, entry),
        batch=0,
        previous=before.last_sequence if before is not None else 0,
        subject=entry.entry_id,
        actor=request.actor,
        request_key=request.key,
        request_digest=request.digest,
        added=codec.mask_of(tuple(range(had, len(entry.signals)))),
        acted=acted,
        payload=Payload(reason_code, note, entry=entry),
    )
    work.append([draft])
    return Written(work.position, entry=work.describe.entry(entry))
