"""Entries, batches and changes as records for JSON and tables; one spelling for all commands."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import msgspec

from hashsvc.client.reading import url_scope
from hashsvc.client.values import (
    Batch,
    Change,
    Details,
    Entry,
    EntryResult,
    EntrySignal,
    Person,
    UrlNotice,
)
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, print_value


def entry_record(entry: Entry) -> dict[str, Any]:
    """An entry with its signals and who decided."""
    return {
        "entry": entry.entry_id,
        "state": entry.state.value,
        "source": entry.source,
        "environment": entry.environment,
        "content_id": entry.content_id,
        "signals": [
            {
                "ordinal": one.ordinal,
                "type": BY_NUMBER[one.signal.type].name,
                "value": print_value(one.signal.type, one.signal.value),
                "quality": None if one.signal.quality == UNKNOWN_QUALITY else one.signal.quality,
                **_url(one),
                "state": one.state.value,
                "people": _people(one.people),
                "batch": one.batch_id or None,
            }
            for one in entry.signals
        ],
        "details": _details(entry.details),
        "created": time_text(entry.created_us),
        "updated": time_text(entry.updated_us),
        "first_sequence": entry.first_sequence,
        "last_sequence": entry.last_sequence,
        "etag": entry.etag,
    }


def _url(signal: EntrySignal) -> dict[str, Any]:
    """What there is to say of a URL besides; nothing for other signals."""
    url, facts = signal.url, signal.signal.url
    if url is None or facts is None:
        return {}
    return {
        "scope": url_scope(facts.scope).value.lower(),
        "query_exact": facts.query_exact or None,
        "expression": url.expression,
        "seen_live": time_text(url.seen_live_us),
        "canon_version": url.canon_version,
        "suffix_list": url.suffix_list,
    }


def notices_record(notices: tuple[UrlNotice, ...]) -> dict[str, Any]:
    """What to know before URLs are confirmed; nothing where there is nothing."""
    return {"url_notices": [msgspec.to_builtins(one) for one in notices]} if notices else {}


def written_record(result: EntryResult) -> dict[str, Any]:
    """An entry as a write left it, with the sequence of the list that has the write in it."""
    return {**entry_record(result.entry), "sequence": result.position.sequence}


def batch_record(batch: Batch, sequence: int | None = None) -> dict[str, Any]:
    """A batch and its people."""
    record = {
        "batch": batch.batch_id,
        "state": batch.state.value,
        "source": batch.source,
        "inserted": batch.inserted_count,
        "amended": batch.amended_count,
        "attested": batch.attested_confirmation_count,
        "digest": batch.digest.hex() or None,
        "file_digest": batch.file_digest.hex(),
        "people": _people(batch.people),
        "first_sequence": batch.first_sequence,
        "last_sequence": batch.last_sequence,
    }
    return record if sequence is None else {**record, "sequence": sequence}


def change_record(change: Change) -> dict[str, Any]:
    """A change without the entry as it was afterwards."""
    return {
        "sequence": change.sequence,
        "time": time_text(change.time_us),
        "kind": change.kind,
        "actor": change.actor,
        "entry": change.entry_id or None,
        "batch": change.batch_id or None,
        "state_before": change.state_before.value,
        "state_after": change.state_after.value,
        "ordinals": list(change.ordinals),
        "reason": change.reason_code,
        "note": change.note,
        "payload_erased": change.payload_erased,
        "seen_live": len(change.seen_live) or None,
    }


def _details(details: Details) -> dict[str, Any]:
    """Details as they are spelt in a file of entries."""
    record: dict[str, Any] = msgspec.to_builtins(details)
    record["classifications"] = [{"scheme": scheme, "value": value} for scheme, value in details.classifications]
    return record


def _people(people: tuple[Person, ...]) -> list[dict[str, str]]:
    return [{"role": one.role, "actor": one.actor} for one in people]


def time_text(microseconds: int) -> str:
    """A time as people and programs read it: 2026-11-24T09:30:00.000Z."""
    return datetime.fromtimestamp(microseconds / 1e6, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
