"""Stored bytes: record headers, commitments, payloads, view values and keys. docs/data_file.md says it in words.

A record is header ‖ commitment. The header holds no signal and no text, so that an inspector can check the whole
history, four eyes included, without being shown one; the payload can be erased and the chain still holds.
Nothing here touches a table.
"""

from __future__ import annotations

import hashlib
import hmac
import struct
from typing import TypeVar

import msgspec

from hashsvc.errors import DamagedData, InvalidArgument
from hashsvc.hashlist.values import Batch, Change, Entry, ListPolicy, Payload
from hashsvc.limits import PAYLOAD_BYTES_MAX

HEADER_VERSION = 1
# version, kind, state before, state after, people required, 3 reserved; sequence, time, epoch, batch, previous;
# subject, actor, request key; request digest; added mask, acted mask; hash of the record before.
_HEADER = struct.Struct(">BBBBB3xQqQQQ16s16s16s32s16s16s32s")
HEADER_BYTES = _HEADER.size
COMMITMENT_BYTES = 32
RECORD_BYTES = HEADER_BYTES + COMMITMENT_BYTES
SALT_BYTES = 32
ID_BYTES = 16
NO_ID = bytes(ID_BYTES)
FIRST_PREVIOUS_HASH = bytes(32)
_SEQUENCE = struct.Struct(">Q")
_LENGTH = struct.Struct(">I")

assert HEADER_BYTES == 192


class Header(msgspec.Struct, frozen=True, gc=False):
    """A record's header. Ids 16 bytes, digests 32. added, acted: bit i stands for the signal of ordinal i.

    previous: the last change of the same subject before this one, or 0. batch: the number of the batch that this
    change belongs to, or 0.
    """

    kind: int
    state_before: int
    state_after: int
    people_required: int
    sequence: int
    time_us: int
    epoch: int
    batch: int
    previous: int
    subject: bytes
    actor: bytes
    request_key: bytes
    request_digest: bytes
    added: int
    acted: int
    previous_hash: bytes


def pack_header(h: Header) -> bytes:
    """Header → 192 bytes."""
    return _HEADER.pack(
        HEADER_VERSION, h.kind, h.state_before, h.state_after, h.people_required,
        h.sequence, h.time_us, h.epoch, h.batch, h.previous,
        h.subject, h.actor, h.request_key, h.request_digest,
        h.added.to_bytes(16, "big"), h.acted.to_bytes(16, "big"), h.previous_hash,
    )  # fmt: skip


def unpack_header(record: bytes) -> Header:
    """First 192 bytes of a record → header. Raises DamagedData where length, version or reserved bytes are wrong."""
    if len(record) != RECORD_BYTES:
        raise DamagedData("DAMAGED_RECORD", f"a record has {len(record)} bytes, {RECORD_BYTES} expected")
    version, kind, before, after, required, sequence, time_us, epoch, batch, previous, subject, actor, key, digest, \
        added, acted, previous_hash = _HEADER.unpack_from(record)  # fmt: skip
    if version != HEADER_VERSION or record[5:8] != b"\0\0\0":
        raise DamagedData("DAMAGED_RECORD", f"a record's header has version {version}, {HEADER_VERSION} expected")
    return Header(
        kind, before, after, required, sequence, time_us, epoch, batch, previous, subject, actor, key, digest,
        int.from_bytes(added, "big"), int.from_bytes(acted, "big"), previous_hash,
    )  # fmt: skip


def leaf_hash(record: bytes) -> bytes:
    """The record's Merkle leaf (RFC 9162, 2.1.1), which the next record names as `previous_hash`."""
    return hashlib.sha256(b"\0" + record).digest()


def commitment(salt: bytes, payload: bytes) -> bytes:
    """HMAC-SHA-256(salt, payload as stored): binds the payload, tells nothing about it once the salt is erased."""
    return hmac.digest(salt, payload, "sha256")


def ordinals_of(mask: int) -> tuple[int, ...]:
    """Bits of a mask, ascending."""
    found = []
    while mask:
        low = mask & -mask
        found.append(low.bit_length() - 1)
        mask ^= low
    return tuple(found)


def mask_of(ordinals: tuple[int, ...] | list[int]) -> int:
    mask = 0
    for ordinal in ordinals:
        mask |= 1 << ordinal
    return mask


# ---------------------------------------------------------------- payloads and view values

_encoder = msgspec.msgpack.Encoder()
_payload_decoder = msgspec.msgpack.Decoder(Payload)
_entry_decoder = msgspec.msgpack.Decoder(Entry)
_batch_decoder = msgspec.msgpack.Decoder(Batch)
_policy_decoder = msgspec.msgpack.Decoder(ListPolicy)
_T = TypeVar("_T")


def encode(value: Entry | Batch | ListPolicy | Payload) -> bytes:
    """Value → MessagePack. Same value, same bytes. Raises InvalidArgument PAYLOAD_TOO_LARGE."""
    data = _encoder.encode(value)
    if len(data) > PAYLOAD_BYTES_MAX:
        raise InvalidArgument(
            "PAYLOAD_TOO_LARGE", f"the change would store {len(data)} bytes; {PAYLOAD_BYTES_MAX} are allowed"
        )
    return data


def decode_payload(data: bytes) -> Payload:
    return _decode(_payload_decoder, data, "payload")


def decode_entry(data: bytes) -> Entry:
    try:
        return _entry_decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise DamagedData("DAMAGED_VALUE", "a stored entry does not decode") from error


def decode_batch(data: bytes) -> Batch:
    return _decode(_batch_decoder, data, "batch")


def decode_policy(data: bytes) -> ListPolicy:
    return _decode(_policy_decoder, data, "policy")


def _decode(decoder: msgspec.msgpack.Decoder[_T], data: bytes, what: str) -> _T:
    try:
        return decoder.decode(data)  # refuses trailing bytes itself
    except msgspec.MsgspecError as error:
        raise DamagedData("DAMAGED_VALUE", f"a stored {what} does not decode") from error


def change_from(record: bytes, payload: bytes | None) -> Change:
    """Stored record and payload (None: erased) → change. Raises DamagedData."""
    h = unpack_header(record)
    return Change(
        sequence=h.sequence,
        time_us=h.time_us,
        epoch=h.epoch,
        kind=h.kind,
        actor=h.actor,
        subject=h.subject,
        batch=h.batch,
        previous=h.previous,
        state_before=h.state_before,
        state_after=h.state_after,
        added=ordinals_of(h.added),
        acted=ordinals_of(h.acted),
        people_required=h.people_required,
        payload=None if payload is None else decode_payload(payload[SALT_BYTES:]),
        record=record,
    )


# ---------------------------------------------------------------- keys

pack_sequence = _SEQUENCE.pack


def unpack_sequence(key: bytes) -> int:
    return int.from_bytes(key, "big")


def exact_key(type_number: int, value: bytes) -> bytes:
    """Key of the `exact` view: one byte of type, then the digest."""
    return bytes((type_number,)) + value


def keyed_id(key: bytes, label: bytes, *parts: bytes) -> bytes:
    """A 16-byte id that tells nothing without the list's key: keyed BLAKE2b (RFC 7693) over length-prefixed parts."""
    data = b"".join([_LENGTH.pack(len(part)) + part for part in parts])
    return hashlib.blake2b(data, key=key, digest_size=ID_BYTES, person=label).digest()


def request_digest(key: bytes, data: bytes) -> bytes:
    """A 32-byte digest of a request that tells nothing without the list's key."""
    return hashlib.blake2b(data, key=key, digest_size=32, person=b"request").digest()
