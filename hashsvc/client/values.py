"""What the client answers: small frozen structs and enums that are plain strings, fit for JSON.

No behaviour and no protos; `reading.py` makes them, by what is declared here. Enum members are their own spelling on
the wire without the prefix (`Verdict.KNOWN == "KNOWN"`), orientations in lower case. UNSPECIFIED stands for a value
newer than this client.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated, Generic, Protocol, TypeVar

import msgspec

from hashsvc.client.declared import From
from hashsvc.signals import Signal

T = TypeVar("T")


class Effort(StrEnum):
    """How wide a check searches."""

    STANDARD = "STANDARD"
    THOROUGH = "THOROUGH"


class Verdict(StrEnum):
    """What is known about an item, strongest first."""

    KNOWN = "KNOWN"
    LIKELY = "LIKELY"
    PENDING = "PENDING"
    NEW = "NEW"


class Orientation(StrEnum):
    """How a picture must be turned so that it meets the listed one. UNSPECIFIED: not a picture."""

    UNSPECIFIED = "unspecified"
    AS_GIVEN = "as_given"
    MIRRORED = "mirrored"
    FLIPPED = "flipped"
    ROTATED_90 = "rotated_90"
    ROTATED_180 = "rotated_180"
    ROTATED_270 = "rotated_270"
    TRANSPOSED = "transposed"
    TRANSVERSED = "transversed"


class Cap(StrEnum):
    """Why a match that is near enough still does not close."""

    UNSPECIFIED = "UNSPECIFIED"
    QUERY_QUALITY = "QUERY_QUALITY"
    LISTED_QUALITY = "LISTED_QUALITY"
    ORIENTATION = "ORIENTATION"
    CONTRADICTING_DIGESTS = "CONTRADICTING_DIGESTS"
    DISPUTED = "DISPUTED"
    TYPE = "TYPE"
    LOOSE_URL = "LOOSE_URL"
    NOT_SEEN_LIVE = "NOT_SEEN_LIVE"
    EMBEDDED = "EMBEDDED"
    TRACKING = "TRACKING"
    SHARED_HOST = "SHARED_HOST"


class UrlScope(StrEnum):
    """What of a site a listed URL stands for, narrowest first. UNSPECIFIED: not a URL."""

    UNSPECIFIED = "UNSPECIFIED"
    PAGE = "PAGE"
    PATH = "PATH"
    PREFIX = "PREFIX"
    HOST = "HOST"
    DOMAIN = "DOMAIN"


class State(StrEnum):
    """Where a signal, and derived from its signals an entry, stands."""

    UNSPECIFIED = "UNSPECIFIED"
    PROPOSED = "PROPOSED"
    CONFIRMED = "CONFIRMED"
    REJECTED = "REJECTED"
    DISPUTED = "DISPUTED"
    RETRACTED = "RETRACTED"


class BatchState(StrEnum):
    """Where a batch stands."""

    UNSPECIFIED = "UNSPECIFIED"
    OPEN = "OPEN"
    SEALED = "SEALED"
    CONFIRMED = "CONFIRMED"
    DISPUTED = "DISPUTED"
    RETRACTED = "RETRACTED"


class Position(msgspec.Struct, frozen=True):
    """Which list, and which state of it an answer saw."""

    list_id: str
    epoch: int
    sequence: int


# ---------------------------------------------------------------- checks


class Chance(msgspec.Struct, frozen=True):
    """How many listed signals an unrelated query would meet at this distance or nearer, on average; an upper bound."""

    expected_count: float
    source: str


class Evidence(msgspec.Struct, frozen=True):
    """Why a verdict was given: one signal of one entry that the item met. Qualities None: unknown."""

    entry: Annotated[str, From("entry_id")]
    signal: str
    distance_bits: int
    distance_squared: int
    orientation: Orientation
    state: State
    verdict: Verdict | None
    caps: tuple[Cap, ...]
    query_quality: int | None
    listed_quality: int | None
    chance: Chance | None
    entry_sequence: int
    query_index: int = 0
    url_scope: UrlScope = UrlScope.UNSPECIFIED


class Problem(msgspec.Struct, frozen=True):
    """Something wrong with one signal or item; the rest was answered. item: its index in the request."""

    field: str
    reason: str
    message: str
    item: int = 0


class CheckResult(msgspec.Struct, Generic[T], frozen=True):
    """The answer about one item. verdict None: it could not be checked, see `problems`.

    id: the caller's own, as given. evidence: best first; truncated: there is more than is listed. position: the state
    of the list that was seen. worker: number of the worker that answered, None if it did not say.
    """

    id: T
    verdict: Verdict | None
    evidence: tuple[Evidence, ...]
    truncated: Annotated[bool, From("evidence_truncated")]
    problems: tuple[Problem, ...]
    position: Position
    policy_version: str
    worker: int | None


# ---------------------------------------------------------------- entries


class Person(msgspec.Struct, frozen=True):
    """One person's part in a decision. role: PROPOSER, CONFIRMER, … as on the wire."""

    role: str
    actor: str


class Details(msgspec.Struct, frozen=True):
    """What is known of the content besides its signals. classifications: (scheme, value)."""

    media_type: str = ""
    classifications: tuple[tuple[str, str], ...] = ()
    youngest_age_band: str = ""
    sex: tuple[str, ...] = ()
    flags: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True):
    """What is proposed or imported. source "" in an import: the batch's. content_id "": from the digests."""

    source: str
    signals: tuple[Signal, ...]
    environment: str = ""
    content_id: str = ""
    details: Details = Details()


class DetailsLike(Protocol):
    """Anything shaped like `Details`, such as the rows that `hashsvc.formats` reads."""

    @property
    def media_type(self) -> str: ...
    @property
    def classifications(self) -> Sequence[tuple[str, str]]: ...
    @property
    def youngest_age_band(self) -> str: ...
    @property
    def sex(self) -> Sequence[str]: ...
    @property
    def flags(self) -> Sequence[str]: ...


class ContentLike(Protocol):
    """Anything shaped like `Content`."""

    @property
    def source(self) -> str: ...
    @property
    def environment(self) -> str: ...
    @property
    def content_id(self) -> str: ...
    @property
    def signals(self) -> Sequence[Signal]: ...
    @property
    def details(self) -> DetailsLike: ...


class ListedUrl(msgspec.Struct, frozen=True):
    """A URL as it is listed. expression: what look-ups are compared with. suffix_list: YYYYMMDD."""

    expression: str
    canon_version: int
    suffix_list: str
    seen_live_us: Annotated[int, From("seen_live_time")]


class UrlNotice(msgspec.Struct, frozen=True):
    """What to know before a URL is confirmed. covered, recent: of a PREFIX, HOST or DOMAIN, else 0.

    covered_entry_count: other live entries below it; covered_more: counting ended early. recent_check_count: about how
    many checks of the last day, too high by recent_check_error at most, most likely.
    """

    ordinal: int
    scope: UrlScope
    warnings: tuple[str, ...]
    covered_entry_count: int
    covered_more: bool
    recent_check_count: int
    recent_check_error: int


class EntrySignal(msgspec.Struct, frozen=True):
    """A signal on the list, where it stands and who decided. batch_id "": came without a batch. url: of URLs only."""

    ordinal: int
    signal: Signal
    state: State
    people: tuple[Person, ...]
    batch_id: str
    url: ListedUrl | None = None


class Entry(msgspec.Struct, frozen=True):
    """One piece of content from one source, with all the signals it ever had. etag: for `amend`."""

    entry_id: str
    source: str
    environment: str
    content_id: str
    state: State
    signals: tuple[EntrySignal, ...]
    details: Details
    first_sequence: int
    last_sequence: int
    created_us: Annotated[int, From("create_time")]
    updated_us: Annotated[int, From("update_time")]
    etag: str


class EntryResult(msgspec.Struct, frozen=True):
    """An entry as it is after a write, or as it was read."""

    entry: Entry
    position: Position
    worker: int | None
    url_notices: tuple[UrlNotice, ...] = ()


class SeenLiveResult(msgspec.Struct, frozen=True):
    """What became of `mark_seen_live`. problems: field `entry_ids` or `urls`, item the index in it."""

    renewed_count: int
    unchanged_count: int
    problems: tuple[Problem, ...]
    position: Position
    worker: int | None


# ---------------------------------------------------------------- batches


class Batch(msgspec.Struct, frozen=True):
    """Entries that came in one file. digest: b"" until sealed; confirmers name it."""

    batch_id: str
    state: BatchState
    file_digest: bytes
    source: str
    attested_confirmation_count: int
    inserted_count: int
    amended_count: int
    digest: bytes
    people: tuple[Person, ...]
    first_sequence: int
    last_sequence: int


class BatchResult(msgspec.Struct, frozen=True):
    """A batch as it is after a write, or as it was read. created: False if it was there before `create_batch`."""

    batch: Batch
    position: Position
    worker: int | None
    created: bool = True


class ImportResult(msgspec.Struct, frozen=True):
    """What became of up to 2,000 entries. problems: `item` is the index in the call. rejected: refused whole.

    entry_count: as many as the call brought.
    """

    entry_count: int
    inserted_count: int
    amended_count: int
    unchanged_count: int
    rejected_count: int
    problems: tuple[Problem, ...]
    rejected: tuple[int, ...]
    position: Position
    worker: int | None


class PrivateMatch(msgspec.Struct, frozen=True):
    """A listed signal that was met by a look-up by prefix. query_index: of the signal in its item."""

    entry: str
    signal: str
    verdict: Verdict
    url_scope: UrlScope
    query_index: int


class PrivateResult(msgspec.Struct, Generic[T], frozen=True):
    """What look-ups by prefix say of one item. verdict: KNOWN, LIKELY or NEW; None: nothing could be looked up."""

    id: T
    verdict: Verdict | None
    matches: tuple[PrivateMatch, ...]
    problems: tuple[Problem, ...]


# ---------------------------------------------------------------- log and figures


class Policy(msgspec.Struct, frozen=True):
    """A policy. proposal_sequence: 0 for the one that comes with hashsvc. applied_sequence: 0 while it is proposed."""

    version: str
    text: str
    people: tuple[Person, ...]
    proposal_sequence: int
    applied_sequence: int


class Change(msgspec.Struct, frozen=True):
    """One step in the life of the list. kind: ENTRY_PROPOSED, … as on the wire. record: as stored, for the chain."""

    sequence: int
    time_us: Annotated[int, From("time")]
    kind: str
    actor: str
    entry_id: str
    batch_id: str
    state_before: State
    state_after: State
    ordinals: tuple[int, ...]
    reason_code: str
    note: str
    entry: Entry | None
    batch: Batch | None
    payload_erased: bool
    record: bytes
    seen_live_us: Annotated[int, From("seen_live.time")] = 0
    seen_live: Annotated[tuple[tuple[str, int], ...], From("seen_live.urls")] = ()  # (entry id, ordinal)
    policy: Policy | None = None


class ChangesResult(msgspec.Struct, frozen=True):
    """A page of the log, in order without gaps. end: it reached the head."""

    changes: tuple[Change, ...]
    end: bool
    position: Position
    worker: int | None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """A page of something. next_page_token "": the last one."""

    items: tuple[T, ...]
    next_page_token: str
    position: Position
    worker: int | None


class Segment(msgspec.Struct, frozen=True):
    """One file of the search index."""

    first_sequence: int
    last_sequence: int
    byte_count: int
    code_count: int


class Stats(msgspec.Struct, frozen=True):
    """The list's figures. states: signals by state. types: signals ever listed by type's name."""

    entry_count: int
    states: dict[str, int]
    types: dict[str, int]
    segments: tuple[Segment, ...]
    delta_change_count: int
    store_bytes: int
    people_required: int
    policy_version: str
    position: Position
    worker: int | None
