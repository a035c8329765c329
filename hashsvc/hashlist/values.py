"""The list's values: what is stored, what a write is asked to do, what it answers.

Frozen structs without behaviour. Stored ones are `array_like`: MessagePack arrays, new fields only at the end, so
that a record written today is read by every later version (docs/data_file.md).
"""

from __future__ import annotations

from enum import IntEnum

import msgspec

from hashsvc.signals import Signal

UNKNOWN_QUALITY = 255


class State(IntEnum):
    """Where a signal stands (same numbers as on the wire). WITH_BATCH is stored only: the batch's state decides."""

    WITH_BATCH = 0
    PROPOSED = 1
    CONFIRMED = 2
    REJECTED = 3
    DISPUTED = 4
    RETRACTED = 5


class BatchState(IntEnum):
    OPEN = 1
    SEALED = 2
    CONFIRMED = 3
    DISPUTED = 4
    RETRACTED = 5


class Role(IntEnum):
    PROPOSER = 1
    CONFIRMER = 2
    DISPUTER = 3
    RETRACTOR = 4
    RETRACTION_CONFIRMER = 5
    RESOLVER = 6
    REJECTER = 7


class ChangeKind(IntEnum):
    LIST_CREATED = 1
    LIST_RESTORED = 2
    ENTRY_PROPOSED = 3
    ENTRY_CONFIRMED = 4
    ENTRY_REJECTED = 5
    ENTRY_AMENDED = 6
    ENTRY_DISPUTED = 7
    DISPUTE_RESOLVED = 8
    RETRACTION_REQUESTED = 9
    RETRACTION_CONFIRMED = 10
    BATCH_CREATED = 11
    ENTRY_IMPORTED = 12
    BATCH_SEALED = 13
    BATCH_CONFIRMED = 14
    BATCH_RETRACTION_REQUESTED = 15
    BATCH_RETRACTION_CONFIRMED = 16
    PAYLOAD_ERASED = 17
    URLS_SEEN_LIVE = 18
    POLICY_PROPOSED = 19
    POLICY_CONFIRMED = 20
    POLICY_APPLIED = 21


# ---------------------------------------------------------------- stored


class Person(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """role: Role. actor: 16-byte pseudonym."""

    role: int
    actor: bytes


class Details(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is known of the content besides its signals. classifications: (scheme, value), sorted by scheme."""

    media_type: str = ""
    classifications: tuple[tuple[str, str], ...] = ()
    youngest_age_band: str = ""
    sex: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class ListedUrl(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """What is stored of a URL besides its value (a byte of row kind, then the expression).

    written: the text as proposed, from which the expression is made anew when the rules change. canon_version: of the
    rules that made the value. suffix_list: YYYYMMDD of the public suffixes that guarded it. seen_live_us: when the
    content was last seen there, as far as was known when it was added; later times stand in URLS_SEEN_LIVE changes.
    """

    written: str
    canon_version: int
    suffix_list: str
    seen_live_us: int


class ListedSignal(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A signal of an entry. state: State, WITH_BATCH where `batch` decides. batch: the batch's number or 0.

    people: in order of their acts; empty while the batch decides. url: for URLs only.
    """

    ordinal: int
    type: int
    value: bytes
    quality: int
    algorithm: str
    state: int
    batch: int = 0
    people: tuple[Person, ...] = ()
    url: ListedUrl | None = None


class Entry(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """An entry as stored. number: its first sequence, its key in every view. entry_id: 16 bytes, for the outside."""

    number: int
    last_sequence: int
    entry_id: bytes
    source: str
    environment: str
    content_id: str
    signals: tuple[ListedSignal, ...]
    details: Details
    created_us: int
    updated_us: int


class Batch(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A batch as stored. number: its first sequence. digest: SHA-256 chain over the commitments of its changes,

    final once sealed. with_batch: signals whose state is still the batch's own.
    """

    number: int
    last_sequence: int
    batch_id: bytes
    state: int
    file_digest: bytes
    source: str
    attested_confirmation_count: int
    inserted_count: int
    amended_count: int
    digest: bytes
    people: tuple[Person, ...]
    with_batch: int = 0
    sealed: bool = False


class ListSettings(msgspec.Struct, frozen=True, array_like=True):
    """people_required: how many must agree in all, proposer included. list_id: so that the chain vouches for it."""

    people_required: int
    list_id: bytes = b""


class SeenLive(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """URLs that were seen live. refs: 8 bytes each, big-endian entry number << 8 | ordinal, ascending, none twice."""

    time_us: int
    refs: bytes


class ListPolicy(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A policy as proposed or in force. number: the sequence of its proposal. text: TOML, read by matching alone.

    before: the last change of the policy that was in force before it, 0 for the one that comes with hashsvc. While it
    is only proposed: that of the one in force when it was proposed.
    """

    number: int
    last_sequence: int
    version: str
    text: str
    people: tuple[Person, ...]
    before: int = 0


class Payload(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """The erasable part of a change: why, and what it made."""

    reason_code: str = ""
    note: str = ""
    entry: Entry | None = None
    batch: Batch | None = None
    settings: ListSettings | None = None
    seen_live: SeenLive | None = None
    policy: ListPolicy | None = None


class Change(msgspec.Struct, frozen=True):
    """A change as read from the log. payload None: erased. record: header and commitment, as stored.

    subject: entry id or batch id, 16 bytes, zero for the list. added, acted: ordinals.
    """

    sequence: int
    time_us: int
    epoch: int
    kind: int
    actor: bytes
    subject: bytes
    batch: int
    previous: int
    state_before: int
    state_after: int
    added: tuple[int, ...]
    acted: tuple[int, ...]
    people_required: int
    payload: Payload | None
    record: bytes


# ---------------------------------------------------------------- asked


class Content(msgspec.Struct, frozen=True, gc=False):
    """What somebody wants listed, already parsed and guarded (hashsvc.signals). source may be empty in an import."""

    source: str
    environment: str
    content_id: str
    signals: tuple[Signal, ...]
    details: Details = Details()


class Command(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """Base of all writes. actor: the person's name. request_id: the caller's, makes a retry safe."""

    actor: str
    request_id: str


class ProposeEntry(Command, frozen=True, kw_only=True):
    content: Content
    note: str = ""


class DecideEntry(Command, frozen=True, kw_only=True):
    """action: one of ENTRY_CONFIRMED, ENTRY_REJECTED, ENTRY_DISPUTED, DISPUTE_RESOLVED, RETRACTION_REQUESTED,

    RETRACTION_CONFIRMED. ordinals: empty = all that the action can apply to.
    """

    action: int
    entry_id: bytes
    ordinals: tuple[int, ...] = ()
    reason_code: str = ""
    note: str = ""


class AmendEntry(Command, frozen=True, kw_only=True):
    """details None: unchanged. etag: as `etag_of(entry)`."""

    entry_id: bytes
    etag: str
    add: tuple[Signal, ...] = ()
    remove: tuple[int, ...] = ()
    details: Details | None = None
    note: str = ""


class MarkSeenLive(Command, frozen=True, kw_only=True):
    """entry_ids: all of whose live URLs are meant. urls: keys of look-ups (1 byte of role, 32 of hash, each), met as

    PAGE or PATH wherever they stand. seen_live_us 0: the time of the write.
    """

    entry_ids: tuple[bytes, ...]
    urls: tuple[bytes, ...]
    seen_live_us: int = 0


class CreateBatch(Command, frozen=True, kw_only=True):
    file_digest: bytes
    source: str
    attested_confirmation_count: int = 0


class ImportEntries(Command, frozen=True, kw_only=True):
    """contents: entries that survived validation; validation problems are the caller's to keep."""

    batch_id: bytes
    contents: tuple[Content, ...]


class SealBatch(Command, frozen=True, kw_only=True):
    batch_id: bytes


class ConfirmBatch(Command, frozen=True, kw_only=True):
    batch_id: bytes
    digest: bytes
    note: str = ""


class RetractBatch(Command, frozen=True, kw_only=True):
    batch_id: bytes
    reason_code: str
    note: str = ""


class ProposePolicy(Command, frozen=True, kw_only=True):
    """version, text: as ListPolicy has them; that the text is a policy is the caller's to see to."""

    version: str
    text: str
    note: str = ""


class ConfirmPolicy(Command, frozen=True, kw_only=True):
    """number: of the proposal that was looked at."""

    number: int
    note: str = ""


# ---------------------------------------------------------------- answered


class Position(msgspec.Struct, frozen=True):
    """list_id: 16 bytes."""

    list_id: bytes
    epoch: int
    sequence: int


class Written(msgspec.Struct, frozen=True):
    """What a write did. sequence: the last change of this request, or the head where nothing changed.

    outcomes (ImportEntries): one byte a content: INSERTED, AMENDED, UNCHANGED or REFUSED, the last with a problem.
    """

    position: Position
    entry: EntryView | None = None
    batch: BatchView | None = None
    policy: PolicyView | None = None
    created: bool = True
    outcomes: bytes = b""
    problems: tuple[tuple[int, str, str], ...] = ()  # (index in contents, reason, message)
    renewed_count: int = 0
    unchanged_count: int = 0


class MatchedSignal(msgspec.Struct, frozen=True, gc=False):
    """A listed signal that was hit. state: effective (State)."""

    entry: Entry
    listed: ListedSignal
    state: int


INSERTED, AMENDED, UNCHANGED, REFUSED = range(4)


class SignalView(msgspec.Struct, frozen=True):
    """A listed signal with its effective state and people by name. batch_id: 16 bytes or b""."""

    ordinal: int
    signal: Signal
    state: int
    people: tuple[tuple[int, str], ...]
    batch_id: bytes


class EntryView(msgspec.Struct, frozen=True):
    """An entry as people see it: effective states, names."""

    entry_id: bytes
    source: str
    environment: str
    content_id: str
    state: int
    signals: tuple[SignalView, ...]
    details: Details
    first_sequence: int
    last_sequence: int
    created_us: int
    updated_us: int
    etag: str


class BatchView(msgspec.Struct, frozen=True):
    """A batch as people see it. digest: b"" until sealed."""

    batch_id: bytes
    state: int
    file_digest: bytes
    source: str
    attested_confirmation_count: int
    inserted_count: int
    amended_count: int
    digest: bytes
    people: tuple[tuple[int, str], ...]
    first_sequence: int
    last_sequence: int


class PolicyView(msgspec.Struct, frozen=True):
    """A policy as people see it. proposal_sequence, applied_sequence: changes; the latter 0 while it is proposed."""

    version: str
    text: str
    people: tuple[tuple[int, str], ...]
    proposal_sequence: int
    applied_sequence: int


class ChangeView(msgspec.Struct, frozen=True):
    """A change as people see it. entry, batch, policy: as they were afterwards, or None."""

    sequence: int
    time_us: int
    kind: int
    actor: str
    entry_id: bytes
    batch_id: bytes
    state_before: int
    state_after: int
    ordinals: tuple[int, ...]
    reason_code: str
    note: str
    entry: EntryView | None
    batch: BatchView | None
    payload_erased: bool
    record: bytes
    seen_live_us: int = 0
    seen_live: tuple[tuple[bytes, int], ...] = ()  # (entry id, ordinal)
    policy: PolicyView | None = None


class SegmentInfo(msgspec.Struct, frozen=True):
    first_sequence: int
    last_sequence: int
    byte_count: int
    code_count: int


class Stats(msgspec.Struct, frozen=True):
    """The list's figures. states: State → signals in it. types: signal type → signals ever listed."""

    position: Position
    entry_count: int
    states: dict[int, int]
    types: dict[int, int]
    segments: tuple[SegmentInfo, ...]
    delta_change_count: int
    store_bytes: int
    people_required: int
