"""Records: from decided changes to what the log stores, and whether a stored one follows the one before. Pure."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hashsvc.errors import DamagedData
from hashsvc.hashlist import codec
from hashsvc.hashlist.codec import SALT_BYTES, Header
from hashsvc.hashlist.values import Payload


class Draft(msgspec.Struct, frozen=True, gc=False):
    """A change that was decided and not yet appended. Its payload already names the sequence that it will get."""

    kind: int
    state_before: int
    state_after: int
    batch: int
    previous: int
    subject: bytes
    actor: bytes
    request_key: bytes
    request_digest: bytes
    added: int
    acted: int
    payload: Payload


class Record(msgspec.Struct, frozen=True, gc=False):
    """A record as the log stores it. stored: header and commitment. payload: salt and payload."""

    header: Header
    stored: bytes
    payload: bytes


def make_records(
    drafts: Sequence[Draft],
    *,
    sequence: int,
    previous_hash: bytes,
    epoch: int,
    time_us: int,
    people_required: int,
    salts: bytes,
) -> list[Record]:
    """Make the records that follow a change. sequence, previous_hash: of that change. salts: 32 random bytes each."""
    made = []
    for i, draft in enumerate(drafts):
        sequence += 1
        salt = salts[i * SALT_BYTES : (i + 1) * SALT_BYTES]
        payload = codec.encode(draft.payload)
        header = Header(
            draft.kind, draft.state_before, draft.state_after, people_required, sequence, time_us, epoch,
            draft.batch, draft.previous, draft.subject, draft.actor, draft.request_key, draft.request_digest,
            draft.added, draft.acted, previous_hash,
        )  # fmt: skip
        stored = codec.pack_header(header) + codec.commitment(salt, payload)
        made.append(Record(header, stored, salt + payload))
        previous_hash = codec.leaf_hash(stored)
    return made


def check_link(record: bytes, payload: bytes | None, sequence: int, previous_hash: bytes) -> Header:
    """Check one record against its place: sequence, link to the one before, commitment of its payload.

    Returns the header. Raises DamagedData. A missing payload is the caller's to judge.
    """
    header = codec.unpack_header(record)
    if header.sequence != sequence:
        raise DamagedData("DAMAGED_LOG", f"the record of change {sequence} says {header.sequence}")
    if header.previous_hash != previous_hash:
        raise DamagedData("DAMAGED_LOG", f"change {sequence} does not follow the one before: the chain is broken")
    if payload is not None:
        if codec.commitment(payload[:SALT_BYTES], payload[SALT_BYTES:]) != record[codec.HEADER_BYTES :]:
            raise DamagedData("DAMAGED_LOG", f"the payload of change {sequence} does not match its commitment")
    return header
