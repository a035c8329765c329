"""Answers to values: protos in, `values` out. Pure; a number that this client does not know becomes UNSPECIFIED."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from google.protobuf.timestamp_pb2 import Timestamp

from hashsvc.client import values
from hashsvc.client.values import BatchState, Cap, Effort, Orientation, State, UrlScope, Verdict
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, URL, Signal, UrlFacts
from hashsvc.v1 import change_pb2, check_service_pb2, entry_pb2, policy_pb2, position_pb2, signal_pb2

Name = TypeVar("Name", bound=StrEnum)


def by_number(numbers: dict[str, int], names: type[Name], prefix: str) -> dict[int, Name]:
    """Wire numbers to our names; those that we have no name for are left out."""
    spellings = {name.name: name for name in names}
    known = ((number, name.removeprefix(prefix)) for name, number in numbers.items())
    return {number: spellings[name] for number, name in known if name in spellings}


_VERDICTS = by_number(dict(check_service_pb2.Verdict.items()), Verdict, "VERDICT_")
_ORIENTATIONS = by_number(dict(check_service_pb2.Orientation.items()), Orientation, "ORIENTATION_")
_URL_SCOPES = by_number(dict(signal_pb2.UrlScope.items()), UrlScope, "URL_SCOPE_")
_CAPS = by_number(dict(check_service_pb2.Cap.items()), Cap, "CAP_")
_STATES = by_number(dict(entry_pb2.State.items()), State, "STATE_")
_BATCH_STATES = by_number(dict(entry_pb2.BatchState.items()), BatchState, "BATCH_STATE_")
_ROLES = {number: name.removeprefix("ROLE_") for name, number in entry_pb2.Role.items()}
_KINDS = {number: name.removeprefix("CHANGE_KIND_") for name, number in change_pb2.ChangeKind.items()}

EFFORT_NUMBERS = {
    Effort.STANDARD: check_service_pb2.EFFORT_STANDARD,
    Effort.THOROUGH: check_service_pb2.EFFORT_THOROUGH,
}


def type_name(number: int) -> str:
    """The one spelling of a type of signal, or its number where this client is older than the server."""
    known = BY_NUMBER.get(number)
    return known.name if known is not None else f"type_{number}"


def position(wire: position_pb2.ListPosition) -> values.Position:
    return values.Position(wire.list_id, wire.epoch, wire.sequence)


def verdict(number: int) -> Verdict | None:
    return _VERDICTS.get(number)


def evidence(wire: check_service_pb2.Evidence) -> values.Evidence:
    chance = None
    if wire.HasField("chance"):
        chance = values.Chance(wire.chance.expected_count, wire.chance.source)
    return values.Evidence(
        entry=wire.entry_id,
        signal=type_name(wire.signal),
        distance_bits=wire.distance_bits,
        distance_squared=wire.distance_squared,
        orientation=_ORIENTATIONS.get(wire.orientation, Orientation.UNSPECIFIED),
        state=_STATES.get(wire.state, State.UNSPECIFIED),
        verdict=_VERDICTS.get(wire.verdict),
        caps=caps(wire.caps),
        query_quality=wire.query_quality if wire.HasField("query_quality") else None,
        listed_quality=wire.listed_quality if wire.HasField("listed_quality") else None,
        chance=chance,
        entry_sequence=wire.entry_sequence,
        query_index=wire.query_index,
        url_scope=url_scope(wire.url_scope),
    )


def caps(wire: Iterable[int]) -> tuple[Cap, ...]:
    return tuple(_CAPS.get(cap, Cap.UNSPECIFIED) for cap in wire)


def url_scope(number: int) -> UrlScope:
    return _URL_SCOPES.get(number, UrlScope.UNSPECIFIED)


def problems(wire: Iterable[check_service_pb2.Problem]) -> tuple[values.Problem, ...]:
    return tuple(values.Problem(one.field, one.reason, one.message, one.item) for one in wire)


def signal(wire: signal_pb2.Signal) -> Signal:
    if wire.type == URL:
        return Signal(
            URL, wire.text.encode(), url=UrlFacts(wire.url.scope, wire.url.query_exact, embedded=wire.url.embedded)
        )
    quality = wire.quality if wire.HasField("quality") else UNKNOWN_QUALITY
    return Signal(wire.type, wire.value, quality, wire.algorithm)


def entry(wire: entry_pb2.Entry) -> values.Entry:
    return values.Entry(
        entry_id=wire.entry_id,
        source=wire.source,
        environment=wire.environment,
        content_id=wire.content_id,
        state=state(wire.state),
        signals=tuple(_entry_signal(one) for one in wire.signals),
        details=details(wire.details),
        first_sequence=wire.first_sequence,
        last_sequence=wire.last_sequence,
        created_us=microseconds(wire.create_time),
        updated_us=microseconds(wire.update_time),
        etag=wire.etag,
    )


def details(wire: entry_pb2.EntryDetails) -> values.Details:
    return values.Details(
        media_type=wire.media_type,
        classifications=tuple((one.scheme, one.value) for one in wire.classifications),
        youngest_age_band=wire.youngest_age_band,
        sex=tuple(wire.sex),
        flags=tuple(wire.flags),
    )


def batch(wire: entry_pb2.Batch) -> values.Batch:
    return values.Batch(
        batch_id=wire.batch_id,
        state=_BATCH_STATES.get(wire.state, BatchState.UNSPECIFIED),
        file_digest=wire.file_digest,
        source=wire.source,
        attested_confirmation_count=wire.attested_confirmation_count,
        inserted_count=wire.inserted_count,
        amended_count=wire.amended_count,
        digest=wire.digest,
        people=people(wire.people),
        first_sequence=wire.first_sequence,
        last_sequence=wire.last_sequence,
    )


def change(wire: change_pb2.Change) -> values.Change:
    return values.Change(
        sequence=wire.sequence,
        time_us=microseconds(wire.time),
        kind=_KINDS.get(wire.kind, "UNSPECIFIED"),
        actor=wire.actor,
        entry_id=wire.entry_id,
        batch_id=wire.batch_id,
        state_before=state(wire.state_before),
        state_after=state(wire.state_after),
        ordinals=tuple(wire.ordinals),
        reason_code=wire.reason_code,
        note=wire.note,
        entry=entry(wire.entry) if wire.HasField("entry") else None,
        batch=batch(wire.batch) if wire.HasField("batch") else None,
        payload_erased=wire.payload_erased,
        record=wire.record,
        seen_live_us=microseconds(wire.seen_live.time),
        seen_live=tuple((one.entry_id, one.ordinal) for one in wire.seen_live.urls),
        policy=policy(wire.policy) if wire.HasField("policy") else None,
    )


def policy(wire: policy_pb2.Policy) -> values.Policy:
    return values.Policy(
        version=wire.version,
        text=wire.text,
        people=people(wire.people),
        proposal_sequence=wire.proposal_sequence,
        applied_sequence=wire.applied_sequence,
    )


def state(number: int) -> State:
    return _STATES.get(number, State.UNSPECIFIED)


def people(wire: Iterable[entry_pb2.Person]) -> tuple[values.Person, ...]:
    return tuple(values.Person(_ROLES.get(one.role, "UNSPECIFIED"), one.actor) for one in wire)


def _entry_signal(wire: entry_pb2.EntrySignal) -> values.EntrySignal:
    found = signal(wire.signal)
    url = None
    if wire.HasField("url"):
        url = values.ListedUrl(
            wire.url.expression, wire.url.canon_version, wire.url.suffix_list, microseconds(wire.url.seen_live_time)
        )
    return values.EntrySignal(wire.ordinal, found, state(wire.state), people(wire.people), wire.batch_id, url)


def url_notices(wire: Iterable[entry_pb2.UrlNotice]) -> tuple[values.UrlNotice, ...]:
    return tuple(
        values.UrlNotice(
            one.ordinal,
            url_scope(one.scope),
            tuple(one.warnings),
            one.covered_entry_count,
            one.covered_more,
            one.recent_check_count,
            one.recent_check_error,
        )
        for one in wire
    )


def microseconds(wire: Timestamp) -> int:
    return wire.seconds * 1_000_000 + wire.nanos // 1000
