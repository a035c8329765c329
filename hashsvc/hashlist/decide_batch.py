"""Writes about a batch: create, import entries, seal, confirm, retract.

An import only adds: signals and details. It never removes a signal and never brings back one that was rejected or
retracted here; that takes a person's proposal.
"""

from __future__ import annotations

import msgspec

from hashsvc.errors import DamagedData, FailedPrecondition, HashsvcError
from hashsvc.hashlist import codec, log, workflow
from hashsvc.hashlist.decide_entry import grown, identity_of, is_listed, stands_of, state_of
from hashsvc.hashlist.records import Draft
from hashsvc.hashlist.values import (
    AMENDED,
    INSERTED,
    REFUSED,
    UNCHANGED,
    Batch,
    BatchState,
    Change,
    ChangeKind,
    ConfirmBatch,
    Content,
    CreateBatch,
    Details,
    Entry,
    ImportEntries,
    Payload,
    Person,
    RetractBatch,
    Role,
    SealBatch,
    State,
    Written,
)
from hashsvc.hashlist.views import RequestRow, batch_file_key
from hashsvc.hashlist.work import Request, Work
from hashsvc.hashlist.workflow import BATCH_TO_SIGNAL, LIVE, Stand

_WITH_BATCH = Stand(State.WITH_BATCH, ())
_NO_DETAILS = Details()


def create(work: Work, command: CreateBatch, request: Request) -> Written:
    """Begin a batch, or return the one of the same file and source."""
    number = work.txn.get(batch_file_key(command.source, command.file_digest), db=work.env.tables["batches"])
    if number is not None:
        batch = work.applier.batch(codec.unpack_sequence(number))
        return Written(work.position, batch=work.describe.batch(batch), created=False)
    sequence = work.next_sequence
    batch = Batch(
        sequence, sequence, work.new_id(), BatchState.OPEN, command.file_digest, command.source,
        command.attested_confirmation_count, 0, 0, bytes(32), (Person(Role.PROPOSER, request.actor),),
    )  # fmt: skip
    return _append(work, request, ChangeKind.BATCH_CREATED, None, batch)


def import_entries(work: Work, command: ImportEntries, request: Request) -> Written:
    """Bring entries into an open batch. Each content is inserted, amended, unchanged or refused with its problem.

    Raises FailedPrecondition BATCH_SEALED where the batch takes no more.
    """
    batch = work.batch(command.batch_id)
    if batch.state != BatchState.OPEN:
        raise FailedPrecondition("BATCH_SEALED", "the batch takes no more entries; begin another", field="batch_id")
    outcomes = bytearray()
    problems: list[tuple[int, str, str]] = []
    drafts: list[Draft] = []
    drafted: set[bytes] = set()
    for i, content in enumerate(command.contents):
        try:
            content = _with_source(content, batch.source)
            entry_id = identity_of(work.key, content)
            if entry_id in drafted:  # twice in one call: the second must see the first
                work.append(drafts)
                drafts, drafted = [], set()
            draft = _import_one(work, work.next_sequence + len(drafts), entry_id, content, batch, request)
            if draft is None:
                outcomes.append(UNCHANGED)
                continue
            drafts.append(draft)
            drafted.add(entry_id)
            outcomes.append(AMENDED if draft.previous else INSERTED)
        except HashsvcError as error:
            outcomes.append(REFUSED)
            problems.append((i, error.reason, error.message))
    work.append(drafts)
    work.import_count += len(command.contents)
    return Written(work.position, outcomes=bytes(outcomes), problems=tuple(problems))


def try_import(
    work: Work, source: str, contents: tuple[Content, ...]
) -> tuple[bytes, tuple[tuple[int, str, str], ...]]:
    """What `import_entries` would do, without doing it. work: over a read transaction."""
    outcomes = bytearray()
    problems = []
    seen: set[bytes] = set()
    for i, content in enumerate(contents):
        try:
            content = _with_source(content, source)
            entry_id = identity_of(work.key, content)
            before = work.entry_or_none(entry_id)
            if before is None:
                codec.encode(Payload(entry=grown(work, work.next_sequence, None, entry_id, content, _WITH_BATCH, 0)))
                outcomes.append(UNCHANGED if entry_id in seen else INSERTED)
            else:
                outcomes.append(
                    UNCHANGED if _amended(work, work.next_sequence, before, content, 0) is None else AMENDED
                )
            seen.add(entry_id)
        except HashsvcError as error:
            outcomes.append(REFUSED)
            problems.append((i, error.reason, error.message))
    return bytes(outcomes), tuple(problems)


def seal(work: Work, command: SealBatch, request: Request) -> Written:
    """End a batch; its digest is final from here on."""
    before = work.batch(command.batch_id)
    if before.state != BatchState.OPEN:
        raise FailedPrecondition(
            "BATCH_SEALED",
            f"the batch is {BatchState(before.state).name}, only an OPEN one is sealed",
            field="batch_id",
        )
    if not before.inserted_count + before.amended_count:
        raise FailedPrecondition("BATCH_EMPTY", "the batch has brought nothing; there is nothing to confirm")
    batch = msgspec.structs.replace(before, state=BatchState.SEALED, sealed=True, last_sequence=work.next_sequence)
    return _append(work, request, ChangeKind.BATCH_SEALED, before, batch)


def confirm(work: Work, command: ConfirmBatch, request: Request) -> Written:
    """Agree to a batch by its digest; of a disputed one: settle it in favour of the listing."""
    before = work.batch(command.batch_id)
    if before.sealed and command.digest != before.digest:
        raise FailedPrecondition(
            "DIGEST_MISMATCH", "the batch has another digest: it is not the one that was looked at", field="digest"
        )
    required = work.settings.people_required
    stand = workflow.confirm_batch(before.state, before.people, request.actor, required, before.sealed)
    return _decided(work, request, ChangeKind.BATCH_CONFIRMED, before, stand, command.note, "")


def retract(work: Work, command: RetractBatch, request: Request) -> Written:
    """Ask for a batch's retraction, or agree to it."""
    before = work.batch(command.batch_id)
    stand = workflow.retract_batch(before.state, before.people, request.actor, work.settings.people_required)
    agreed = any(p.role == Role.RETRACTION_CONFIRMER for p in stand.people[len(before.people) :])
    kind = ChangeKind.BATCH_RETRACTION_CONFIRMED if agreed else ChangeKind.BATCH_RETRACTION_REQUESTED
    return _decided(work, request, kind, before, stand, command.note, command.reason_code)


def answer_again(work: Work, command: object, row: RequestRow) -> Written:
    """The answer to a request that was done before: the batch as its change left it, or the import's outcomes."""
    if isinstance(command, ImportEntries):
        return _import_again(work, command, row)
    change = log.read_change(work.env, work.txn, row.last)
    if change.payload is None or change.payload.batch is None:
        raise DamagedData("PAYLOAD_ERASED", "what this request did was erased since")
    return Written(work.position_at(row.last), batch=work.describe.batch(change.payload.batch))


# ---------------------------------------------------------------- helpers


def _with_source(content: Content, source: str) -> Content:
    return content if content.source else msgspec.structs.replace(content, source=source)


def _import_one(
    work: Work, sequence: int, entry_id: bytes, content: Content, batch: Batch, request: Request
) -> Draft | None:
    """The change that brings one content, None if it brings nothing."""
    before = work.entry_or_none(entry_id)
    if before is None:
        entry = grown(work, sequence, None, entry_id, content, _WITH_BATCH, batch.number)
        if any(signal.url is not None for signal in content.signals):
            codec.encode(Payload(entry=entry))  # only URLs can make it too large: refused alone, as in `_amended`
        had, previous, state_before, state_after = 0, 0, 0, int(State.PROPOSED)
    else:
        amended = _amended(work, sequence, before, content, batch.number)
        if amended is None:
            return None
        entry, had, previous = amended, len(before.signals), before.last_sequence
        state_before, state_after = state_of(work, before), state_of(work, entry)
    added = (1 << len(entry.signals)) - (1 << had)
    return Draft(
        ChangeKind.ENTRY_IMPORTED, state_before, state_after, batch.number, previous, entry_id, request.actor,
        request.key, request.digest, added, 0, Payload("", "", entry),
    )  # fmt: skip


def _amended(work: Work, sequence: int, before: Entry, content: Content, batch: int) -> Entry | None:
    """The entry with what the content adds, or None where it adds nothing.

    Raises FailedPrecondition SIGNAL_NOT_LIVE where all that it would add was rejected or retracted here.
    """
    stands = stands_of(work, before)
    live = [s for s in before.signals if stands[s.ordinal].state in LIVE]
    dead = {(s.type, s.value) for s in before.signals} - {(s.type, s.value) for s in live}
    fresh = tuple(s for s in content.signals if (s.type, s.value) not in dead and not is_listed(s, live))
    details = before.details if content.details == _NO_DETAILS else content.details
    if not fresh and details == before.details:
        if any((s.type, s.value) in dead for s in content.signals):
            raise FailedPrecondition(
                "SIGNAL_NOT_LIVE",
                f"entry {before.entry_id.hex()} holds this and it was rejected or retracted here; "
                "an import does not bring it back, propose it by hand",
            )
        return None
    adding = msgspec.structs.replace(content, signals=fresh, details=details)
    entry = grown(work, sequence, before, before.entry_id, adding, _WITH_BATCH, batch)
    codec.encode(Payload(entry=entry))  # too large is refused here, before other entries of the call are appended
    return entry


def _import_again(work: Work, command: ImportEntries, row: RequestRow) -> Written:
    """The outcomes of an import that was done before, from the changes that it made.

    An entry may come several times in a call. What changed nothing then is told as it would be now: unchanged, or
    refused.
    """
    made: dict[bytes, list[Change]] = {}
    for _, record, payload in log.read_raw(work.env, work.txn, row.first, row.last):
        change = codec.change_from(record, payload)
        made.setdefault(change.subject, []).append(change)
    batch = work.batch(command.batch_id)
    outcomes = bytearray()
    problems = []
    for i, content in enumerate(command.contents):
        try:
            content = _with_source(content, batch.source)
            entry_id = identity_of(work.key, content)
            changes = made.get(entry_id)
            if changes and _made(content, changes[0]):
                outcomes.append(AMENDED if changes.pop(0).previous else INSERTED)
                continue
            before = work.entry_or_none(entry_id)
            if before is not None:
                _amended(work, work.next_sequence, before, content, batch.number)
            outcomes.append(UNCHANGED)
        except HashsvcError as error:
            outcomes.append(REFUSED)
            problems.append((i, error.reason, error.message))
    return Written(work.position_at(row.last), outcomes=bytes(outcomes), problems=tuple(problems))


def _made(content: Content, change: Change) -> bool:
    """Whether a content made a change, the next one of its entry: it holds what the change added, if that is kept."""
    if change.payload is None or change.payload.entry is None:
        return True
    entry = change.payload.entry
    if not change.added:
        return content.details == entry.details
    brought = {(signal.type, signal.value) for signal in content.signals}
    return all((entry.signals[i].type, entry.signals[i].value) in brought for i in change.added)


def _decided(
    work: Work, request: Request, kind: int, before: Batch, stand: Stand, note: str, reason_code: str
) -> Written:
    batch = msgspec.structs.replace(
        before, state=int(stand.state), people=stand.people, last_sequence=work.next_sequence
    )
    return _append(work, request, kind, before, batch, note, reason_code)


def _append(
    work: Work,
    request: Request,
    kind: int,
    before: Batch | None,
    batch: Batch,
    note: str = "",
    reason_code: str = "",
) -> Written:
    draft = Draft(
        kind=kind,
        state_before=int(BATCH_TO_SIGNAL[before.state]) if before is not None else 0,
        state_after=int(BATCH_TO_SIGNAL[batch.state]),
        batch=batch.number,
        previous=before.last_sequence if before is not None else 0,
        subject=batch.batch_id,
        actor=request.actor,
        request_key=request.key,
        request_digest=request.digest,
        added=0,
        acted=0,
        payload=Payload(reason_code, note, batch=batch),
    )
    work.append((draft,))
    return Written(work.position, batch=work.describe.batch(batch))
