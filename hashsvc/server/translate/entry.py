"""Entries, batches and changes between protos and values.

Reading: what a request wants listed, checked field by field. Writing: views as messages.
"""

from __future__ import annotations

from collections.abc import Sequence

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.hashlist.values import BatchView, ChangeView, Content, Details, EntryView, PolicyView
from hashsvc.server.translate.common import listable_signal_of, signal_message, text_of, timestamp
from hashsvc.signals import Signal
from hashsvc.v1 import change_pb2, entry_pb2, policy_pb2, signal_pb2

ORDINAL_MAX = limits.ENTRY_SIGNALS_MAX - 1
_NO_DETAILS = Details()

# ---------------------------------------------------------------- reading


def content_of(message: entry_pb2.EntryContent, field: str) -> Content:
    """Read an entry that somebody proposes: everything in it must be right."""
    signals = listable_signals_of(message.signals, f"{field}.signals")
    if not signals:
        raise InvalidArgument("EMPTY_ITEM", "there is no signal; 1 to 64 are right", field=f"{field}.signals")
    text_of(message.source, limits.SOURCE_CHARS_MAX, f"{field}.source", required=True)
    return content_with(message, signals, f"{field}.")


def content_with(message: entry_pb2.EntryContent, signals: tuple[Signal, ...], prefix: str) -> Content:
    """Read an entry's other fields and join them with its signals. prefix: of the fields' paths, with its dot."""
    return Content(
        text_of(message.source, limits.SOURCE_CHARS_MAX, prefix + "source"),
        text_of(message.environment, limits.SOURCE_CHARS_MAX, prefix + "environment"),
        text_of(message.content_id, limits.CONTENT_ID_CHARS_MAX, prefix + "content_id"),
        signals,
        details_of(message.details, prefix + "details") if message.HasField("details") else _NO_DETAILS,
    )


def listable_signals_of(messages: Sequence[signal_pb2.Signal], field: str) -> tuple[Signal, ...]:
    """Read signals that somebody wants listed; the first that is wrong, weak or there twice raises."""
    check_signal_count(len(messages), field)
    signals: list[Signal] = []
    seen: set[tuple[int, bytes]] = set()
    for i, message in enumerate(messages):
        signal = listable_signal_of(message, f"{field}[{i}]")
        key = (signal.type, signal.value)
        if key in seen:
            raise InvalidArgument("DUPLICATE_SIGNAL", "an equal signal stands before it", field=f"{field}[{i}]")
        seen.add(key)
        signals.append(signal)
    return tuple(signals)


def check_signal_count(count: int, field: str) -> None:
    if count > limits.CHECK_SIGNALS_MAX:
        raise InvalidArgument(
            "TOO_MANY_SIGNALS",
            f"there are {count} signals; at most {limits.CHECK_SIGNALS_MAX} are allowed",
            field=field,
        )


def details_of(message: entry_pb2.EntryDetails, field: str) -> Details:
    """Read an entry's details."""
    return Details(
        text_of(message.media_type, limits.LABEL_CHARS_MAX, f"{field}.media_type"),
        tuple(sorted(classifications_of(message.classifications, f"{field}.classifications"))),
        text_of(message.youngest_age_band, limits.LABEL_CHARS_MAX, f"{field}.youngest_age_band"),
        labels_of(message.sex, f"{field}.sex"),
        labels_of(message.flags, f"{field}.flags"),
    )


def classifications_of(messages: Sequence[entry_pb2.Classification], field: str) -> list[tuple[str, str]]:
    """Read categories, (scheme, value) in their order, one a scheme."""
    if len(messages) > limits.CLASSIFICATIONS_MAX:
        raise InvalidArgument("TOO_MANY", f"at most {limits.CLASSIFICATIONS_MAX} are allowed", field=field)
    found: dict[str, str] = {}
    for i, one in enumerate(messages):
        here = f"{field}[{i}]"
        scheme = text_of(one.scheme, limits.LABEL_CHARS_MAX, f"{here}.scheme", required=True)
        if scheme in found:
            raise InvalidArgument("BAD_VALUE", "the scheme has a value already; one is right", field=f"{here}.scheme")
        found[scheme] = text_of(one.value, limits.LABEL_CHARS_MAX, f"{here}.value", required=True)
    return list(found.items())


def ordinals_of(ordinals: Sequence[int], field: str) -> tuple[int, ...]:
    """Read which signals of an entry are meant; empty: all that the action can apply to."""
    if len(ordinals) > limits.ENTRY_SIGNALS_MAX:
        raise InvalidArgument("TOO_MANY", f"at most {limits.ENTRY_SIGNALS_MAX} are allowed", field=field)
    for i, ordinal in enumerate(ordinals):
        if not 0 <= ordinal <= ORDINAL_MAX:
            raise InvalidArgument("BAD_VALUE", f"it is {ordinal}; 0 to {ORDINAL_MAX} is right", field=f"{field}[{i}]")
    return tuple(sorted(set(ordinals)))


def note_of(note: str) -> str:
    return text_of(note, limits.NOTE_CHARS_MAX, "note")


def reason_code_of(reason_code: str, *, required: bool) -> str:
    return text_of(reason_code, limits.REASON_CODE_CHARS_MAX, "reason_code", required=required)


def labels_of(labels: Sequence[str], field: str) -> tuple[str, ...]:
    """Read labels: at most 32, none of them empty."""
    if len(labels) > limits.FLAGS_MAX:
        raise InvalidArgument("TOO_MANY", f"at most {limits.FLAGS_MAX} are allowed", field=field)
    return tuple(
        text_of(label, limits.LABEL_CHARS_MAX, f"{field}[{i}]", required=True) for i, label in enumerate(labels)
    )


# ---------------------------------------------------------------- writing


def entry_message(view: EntryView) -> entry_pb2.Entry:
    """Write an entry as people see it."""
    message = entry_pb2.Entry(
        entry_id=view.entry_id.hex(),
        source=view.source,
        environment=view.environment,
        content_id=view.content_id,
        state=view.state,  # type: ignore[arg-type]
        first_sequence=view.first_sequence,
        last_sequence=view.last_sequence,
        create_time=timestamp(view.created_us),
        update_time=timestamp(view.updated_us),
        etag=view.etag,
    )
    for signal in view.signals:
        one = message.signals.add(
            ordinal=signal.ordinal,
            signal=signal_message(signal.signal),
            state=signal.state,
            batch_id=signal.batch_id.hex(),
        )
        url = signal.signal.url
        if url is not None:
            one.url.expression = url.written
            one.url.canon_version = url.canon_version
            one.url.suffix_list = url.suffix_list
            one.url.seen_live_time.CopyFrom(timestamp(url.seen_live_us))
        _add_people(one, signal.people)
    if view.details != _NO_DETAILS:
        details = view.details
        message.details.media_type = details.media_type
        message.details.youngest_age_band = details.youngest_age_band
        message.details.sex.extend(details.sex)
        message.details.flags.extend(details.flags)
        for scheme, value in details.classifications:
            message.details.classifications.add(scheme=scheme, value=value)
    return message


def batch_message(view: BatchView) -> entry_pb2.Batch:
    """Write a batch as people see it."""
    message = entry_pb2.Batch(
        batch_id=view.batch_id.hex(),
        state=view.state,  # type: ignore[arg-type]
        file_digest=view.file_digest,
        source=view.source,
        attested_confirmation_count=view.attested_confirmation_count,
        inserted_count=view.inserted_count,
        amended_count=view.amended_count,
        digest=view.digest,
        first_sequence=view.first_sequence,
        last_sequence=view.last_sequence,
    )
    _add_people(message, view.people)
    return message


def change_message(view: ChangeView) -> change_pb2.Change:
    """Write a change as people see it."""
    return change_pb2.Change(
        sequence=view.sequence,
        time=timestamp(view.time_us),
        kind=view.kind,  # type: ignore[arg-type]
        actor=view.actor,
        entry_id=view.entry_id.hex(),
        batch_id=view.batch_id.hex(),
        state_before=view.state_before,  # type: ignore[arg-type]
        state_after=view.state_after,  # type: ignore[arg-type]
        ordinals=view.ordinals,
        reason_code=view.reason_code,
        note=view.note,
        entry=entry_message(view.entry) if view.entry is not None else None,
        batch=batch_message(view.batch) if view.batch is not None else None,
        payload_erased=view.payload_erased,
        record=view.record,
        seen_live=_seen_live_message(view) if view.seen_live else None,
        policy=policy_message(view.policy) if view.policy is not None else None,
    )


def policy_message(view: PolicyView) -> policy_pb2.Policy:
    """Write a policy as people see it."""
    message = policy_pb2.Policy(
        version=view.version,
        text=view.text,
        proposal_sequence=view.proposal_sequence,
        applied_sequence=view.applied_sequence,
    )
    _add_people(message, view.people)
    return message


def _seen_live_message(view: ChangeView) -> change_pb2.SeenLive:
    urls = [change_pb2.SeenUrl(entry_id=entry_id.hex(), ordinal=ordinal) for entry_id, ordinal in view.seen_live]
    return change_pb2.SeenLive(time=timestamp(view.seen_live_us), urls=urls)


def _add_people(
    message: entry_pb2.EntrySignal | entry_pb2.Batch | policy_pb2.Policy, people: tuple[tuple[int, str], ...]
) -> None:
    for role, actor in people:
        message.people.add(role=role, actor=actor)
