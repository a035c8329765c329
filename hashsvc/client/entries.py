"""Calls about entries: propose, decide, amend, read. Actors and request_ids are added when a call is run."""

from __future__ import annotations

from collections.abc import Sequence

from hashsvc.client.call import Call, Paged, wire_position
from hashsvc.client.reading import answer, page
from hashsvc.client.values import (
    Change,
    ContentLike,
    DetailsLike,
    Entry,
    EntryResult,
    Page,
    Position,
    SeenLiveResult,
    State,
)
from hashsvc.limits import PAGE_SIZE_DEFAULT
from hashsvc.signals import UNKNOWN_QUALITY, Signal
from hashsvc.v1 import entry_pb2, signal_pb2
from hashsvc.v1 import entry_service_pb2 as pb

_SERVICE = "/hashsvc.v1.EntryService/"


def propose(content: ContentLike, *, note: str = "", request_id: str = "") -> Call[EntryResult]:
    """Propose an entry. Its signals close nothing until others confirm them."""
    request = pb.ProposeEntryRequest(request_id=request_id, content=wire_content(content), note=note)
    return Call(f"{_SERVICE}ProposeEntry", request, pb.ProposeEntryResponse, answer(EntryResult), is_write=True)


def confirm(entry_id: str, *, ordinals: Sequence[int] = (), note: str = "", request_id: str = "") -> Call[EntryResult]:
    """Agree to proposed signals, by default all of them. Somebody other than their proposer."""
    request = pb.ConfirmEntryRequest(request_id=request_id, entry_id=entry_id, ordinals=ordinals, note=note)
    return Call(f"{_SERVICE}ConfirmEntry", request, pb.ConfirmEntryResponse, answer(EntryResult), is_write=True)


def reject(
    entry_id: str, *, ordinals: Sequence[int] = (), reason_code: str = "", note: str = "", request_id: str = ""
) -> Call[EntryResult]:
    """Refuse proposed signals, by default all of them."""
    request = pb.RejectEntryRequest(
        request_id=request_id, entry_id=entry_id, ordinals=ordinals, reason_code=reason_code, note=note
    )
    return Call(f"{_SERVICE}RejectEntry", request, pb.RejectEntryResponse, answer(EntryResult), is_write=True)


def amend(
    entry_id: str,
    etag: str,
    *,
    add: Sequence[Signal] = (),
    remove: Sequence[int] = (),
    details: DetailsLike | None = None,
    note: str = "",
    request_id: str = "",
) -> Call[EntryResult]:
    """Add signals (proposed), ask for the removal of signals by ordinal, replace details. etag: as last read."""
    request = pb.AmendEntryRequest(
        request_id=request_id,
        entry_id=entry_id,
        etag=etag,
        add_signals=[wire_signal(signal) for signal in add],
        remove_ordinals=remove,
        details=None if details is None else _wire_details(details),
        note=note,
    )
    return Call(f"{_SERVICE}AmendEntry", request, pb.AmendEntryResponse, answer(EntryResult), is_write=True)


def dispute(
    entry_id: str, *, reason_code: str, ordinals: Sequence[int] = (), note: str = "", request_id: str = ""
) -> Call[EntryResult]:
    """Doubt confirmed signals: nothing closes on them from the next check on."""
    request = pb.DisputeEntryRequest(
        request_id=request_id, entry_id=entry_id, ordinals=ordinals, reason_code=reason_code, note=note
    )
    return Call(f"{_SERVICE}DisputeEntry", request, pb.DisputeEntryResponse, answer(EntryResult), is_write=True)


def resolve(entry_id: str, *, ordinals: Sequence[int] = (), note: str = "", request_id: str = "") -> Call[EntryResult]:
    """Return disputed signals to CONFIRMED. Somebody who had no part in the decisions before."""
    request = pb.ResolveDisputeRequest(request_id=request_id, entry_id=entry_id, ordinals=ordinals, note=note)
    return Call(f"{_SERVICE}ResolveDispute", request, pb.ResolveDisputeResponse, answer(EntryResult), is_write=True)


def retract(
    entry_id: str, *, reason_code: str, ordinals: Sequence[int] = (), note: str = "", request_id: str = ""
) -> Call[EntryResult]:
    """Ask for a retraction: DISPUTED at once, RETRACTED when somebody else confirms."""
    request = pb.RetractEntryRequest(
        request_id=request_id, entry_id=entry_id, ordinals=ordinals, reason_code=reason_code, note=note
    )
    return Call(f"{_SERVICE}RetractEntry", request, pb.RetractEntryResponse, answer(EntryResult), is_write=True)


def confirm_retraction(
    entry_id: str, *, ordinals: Sequence[int] = (), note: str = "", request_id: str = ""
) -> Call[EntryResult]:
    """Agree to a retraction. Somebody other than who asked for it."""
    request = pb.ConfirmRetractionRequest(request_id=request_id, entry_id=entry_id, ordinals=ordinals, note=note)
    return Call(
        f"{_SERVICE}ConfirmRetraction", request, pb.ConfirmRetractionResponse, answer(EntryResult), is_write=True
    )


def get_entry(entry_id: str, *, at_least: Position | None = None) -> Call[EntryResult]:
    """Read one entry."""
    request = pb.GetEntryRequest(entry_id=entry_id, at_least=wire_position(at_least))
    return Call(f"{_SERVICE}GetEntry", request, pb.GetEntryResponse, answer(EntryResult))


def list_entries(
    *,
    state: State | None = None,
    batch_id: str = "",
    page_size: int = PAGE_SIZE_DEFAULT,
    at_least: Position | None = None,
) -> Paged[Entry]:
    """Read all entries in order of their making, page by page, of one state or batch if asked."""

    def paged(page_token: str) -> Call[Page[Entry]]:
        request = pb.ListEntriesRequest(
            page_size=page_size,
            page_token=page_token,
            state=None if state is None else f"STATE_{state.name}",
            batch_id=batch_id,
            at_least=wire_position(at_least),
        )
        return Call(f"{_SERVICE}ListEntries", request, pb.ListEntriesResponse, page(Entry, "entries"))

    return paged


def history(entry_id: str, *, page_size: int = PAGE_SIZE_DEFAULT, at_least: Position | None = None) -> Paged[Change]:
    """Read all changes of one entry, its batch's included, newest first, page by page."""

    def paged(page_token: str) -> Call[Page[Change]]:
        request = pb.GetEntryHistoryRequest(
            entry_id=entry_id, page_size=page_size, page_token=page_token, at_least=wire_position(at_least)
        )
        return Call(f"{_SERVICE}GetEntryHistory", request, pb.GetEntryHistoryResponse, page(Change, "changes"))

    return paged


def wire_content(content: ContentLike) -> entry_pb2.EntryContent:
    """What is proposed or imported, on the wire. Built field by field: an import makes thousands a second."""
    wire = entry_pb2.EntryContent(source=content.source, environment=content.environment, content_id=content.content_id)
    add = wire.signals.add
    for signal in content.signals:
        if signal.url is not None:
            add().CopyFrom(wire_signal(signal))
            continue
        one = add(type=signal.type, value=signal.value)
        if signal.quality != UNKNOWN_QUALITY:
            one.quality = signal.quality
        if signal.algorithm:
            one.algorithm = signal.algorithm
    details = content.details
    if details.media_type or details.classifications or details.youngest_age_band or details.sex or details.flags:
        wire.details.CopyFrom(_wire_details(details))
    return wire


def wire_signal(signal: Signal) -> signal_pb2.Signal:
    url = signal.url
    if url is not None:
        one = signal_pb2.Signal(value=signal.value)
        one.type = signal.type  # type: ignore[assignment]
        one.url.scope = url.scope  # type: ignore[assignment]
        one.url.query_exact, one.url.embedded = url.query_exact, url.embedded
        if url.seen_live_us:
            one.url.seen_live_time.FromMicroseconds(url.seen_live_us)
        return one
    wire = signal_pb2.Signal(value=signal.value, algorithm=signal.algorithm)
    wire.type = signal.type  # type: ignore[assignment]  # an enum on the wire takes any int
    if signal.quality != UNKNOWN_QUALITY:
        wire.quality = signal.quality
    return wire


def _wire_details(details: DetailsLike) -> entry_pb2.EntryDetails:
    classifications = [
        entry_pb2.Classification(scheme=scheme, value=value) for scheme, value in details.classifications
    ]
    return entry_pb2.EntryDetails(
        media_type=details.media_type,
        classifications=classifications,
        youngest_age_band=details.youngest_age_band,
        sex=details.sex,
        flags=details.flags,
    )


def mark_seen_live(
    entry_ids: Sequence[str] = (), urls: Sequence[str] = (), *, seen_live_us: int = 0, request_id: str = ""
) -> Call[SeenLiveResult]:
    """Say that URLs were seen live: all of some entries, or these wherever they are listed as PAGE or PATH.

    At most 5,000 of each. seen_live_us 0: now. Keeps confirmed URLs from growing stale; confirms nothing.
    """
    request = pb.MarkSeenLiveRequest(request_id=request_id, entry_ids=entry_ids, urls=urls)
    if seen_live_us:
        request.seen_live_time.FromMicroseconds(seen_live_us)

    read = answer(SeenLiveResult)
    return Call(f"{_SERVICE}MarkSeenLive", request, pb.MarkSeenLiveResponse, read, is_write=True, is_bulk=True)
