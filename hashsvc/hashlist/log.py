"""The log: append, read, head. The truth; everything else is a view of it.

The interface is `append(expected_sequence, drafts)`, `read(from, limit)`, `head()`, so that another engine can stand
behind it later. A record names the hash of the one before.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence

import msgspec

from hashsvc.errors import DamagedData, InvariantError, Unavailable
from hashsvc.hashlist import codec
from hashsvc.hashlist.records import Record
from hashsvc.hashlist.values import Change, ListPolicy
from hashsvc.lmdb_env import Environment, Transaction

REBUILDING = b"head_rebuilding"  # where the head stands while the views are half made
_HEAD = struct.Struct(">QQ32sQQ")
_HEAD_WITH_POLICY = struct.Struct(">QQ32sQQQ")


class Head(msgspec.Struct, frozen=True):
    """The end of the log and of the index's coverage, read in one get at the start of every snapshot.

    generation: of the manifest. delta_codes: perceptual codes that no segment covers. policy: the change by which
    the policy in force came into force, 0 for the one that comes with hashsvc.
    """

    epoch: int
    sequence: int
    hash: bytes
    generation: int
    delta_codes: int
    policy: int = 0


def head(env: Environment, txn: Transaction) -> Head:
    """Read the head. Raises Unavailable LIST_REBUILDING while the views are made anew, DamagedData if malformed."""
    data = txn.get(b"head", db=env.tables["meta"])
    if data is None and txn.get(REBUILDING, db=env.tables["meta"]) is not None:
        raise Unavailable(
            "LIST_REBUILDING", "the views are being rebuilt; if that was interrupted, run `hashsvc rebuild` again"
        )
    return _unpacked(data)


def hide_head(env: Environment, txn: Transaction) -> None:
    """Put the head aside, so that nothing reads or writes the list until `show_head`. Keeps one that is aside."""
    data = txn.get(b"head", db=env.tables["meta"])
    if data is not None:
        txn.put(REBUILDING, data, db=env.tables["meta"])
        txn.delete(b"head", db=env.tables["meta"])


def hidden_head(env: Environment, txn: Transaction) -> Head:
    """Read the head that was put aside. Raises DamagedData where it is missing or malformed."""
    return _unpacked(txn.get(REBUILDING, db=env.tables["meta"]))


def show_head(env: Environment, txn: Transaction, value: Head) -> None:
    """Let the list be read again, from this head."""
    put_head(env, txn, value)
    txn.delete(REBUILDING, db=env.tables["meta"])


def put_head(env: Environment, txn: Transaction, value: Head) -> None:
    fields = (value.epoch, value.sequence, value.hash, value.generation, value.delta_codes)
    # Without a policy of its own a list's head is as it was before lists had any: older versions read it.
    data = _HEAD_WITH_POLICY.pack(*fields, value.policy) if value.policy else _HEAD.pack(*fields)
    txn.put(b"head", data, db=env.tables["meta"])


def _unpacked(data: bytes | None) -> Head:
    if data is not None and len(data) == _HEAD.size:
        return Head(*_HEAD.unpack(data))
    if data is not None and len(data) == _HEAD_WITH_POLICY.size:
        return Head(*_HEAD_WITH_POLICY.unpack(data))
    raise DamagedData("DAMAGED_HEAD", "the list's head is missing or malformed")


def append(env: Environment, txn: Transaction, at: Head, records: Sequence[Record]) -> Head:
    """Append records that were made to follow `at`, inside a write transaction; the caller puts the new head.

    Returns it. Raises InvariantError when the log has moved past `at` (the expected sequence).
    """
    table, payloads, put = env.tables["records"], env.tables["payloads"], txn.put
    for record in records:
        key = codec.pack_sequence(record.header.sequence)
        if not put(key, record.stored, db=table, append=True, overwrite=False):
            raise InvariantError(f"the log already holds change {record.header.sequence}")
        put(key, record.payload, db=payloads, append=True)
    if not records:
        return at
    last = records[-1]
    return msgspec.structs.replace(at, sequence=last.header.sequence, hash=codec.leaf_hash(last.stored))


def read_raw(env: Environment, txn: Transaction, first: int, last: int) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield (sequence, record, salt ‖ payload or None), first and last inclusive. Raises DamagedData on a gap."""
    payloads = env.tables["payloads"]
    sequence = first
    if first > last:
        return
    with txn.cursor(db=env.tables["records"]) as cursor:
        if not cursor.set_key(codec.pack_sequence(first)):
            raise DamagedData("DAMAGED_LOG", f"change {first} is missing from the log")
        for key, record in cursor.iternext(keys=True, values=True):
            if codec.unpack_sequence(key) != sequence:
                raise DamagedData("DAMAGED_LOG", f"change {sequence} is missing from the log")
            yield sequence, record, txn.get(key, db=payloads)
            sequence += 1
            if sequence > last:
                return
    raise DamagedData("DAMAGED_LOG", f"change {sequence} is missing from the log")


def read_change(env: Environment, txn: Transaction, sequence: int) -> Change:
    """One change. Raises DamagedData where it is missing."""
    for _, record, payload in read_raw(env, txn, sequence, sequence):
        return codec.change_from(record, payload)
    raise DamagedData("DAMAGED_LOG", f"change {sequence} is missing from the log")


def read_changes(env: Environment, txn: Transaction, first: int, last: int) -> Iterator[Change]:
    """Changes, first and last inclusive. Raises DamagedData where one is missing."""
    return (codec.change_from(record, payload) for _, record, payload in read_raw(env, txn, first, last))


def policy_of(env: Environment, txn: Transaction, sequence: int) -> ListPolicy | None:
    """The policy that a change brought into force; None for 0. Raises DamagedData where it brought none."""
    if not sequence:
        return None
    payload = read_change(env, txn, sequence).payload
    if payload is None or payload.policy is None:
        raise DamagedData("DAMAGED_LOG", f"change {sequence} does not hold the policy that it brought into force")
    return payload.policy


def policies_since(env: Environment, txn: Transaction, in_force: int, sequence: int) -> list[ListPolicy | None]:
    """The policies in force at some time from a sequence on, newest first. in_force: as the head names it."""
    found: list[ListPolicy | None] = []
    policy = policy_of(env, txn, in_force)
    while policy is not None:
        found.append(policy)
        if policy.last_sequence <= sequence:
            return found
        policy = policy_of(env, txn, policy.before)
    return [*found, None]
