"""A write transaction under way: what the deciders load from and append to.

Reads see what earlier commands of the same transaction did.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from hashsvc.clock import Clock
from hashsvc.errors import FailedPrecondition, NotFound
from hashsvc.hashlist import codec, log, records, views
from hashsvc.hashlist.codec import ID_BYTES, SALT_BYTES
from hashsvc.hashlist.describe import Describer
from hashsvc.hashlist.people import canonical_actor
from hashsvc.hashlist.records import Draft
from hashsvc.hashlist.rows import RowCollector
from hashsvc.hashlist.values import Batch, ChangeKind, Entry, ListSettings, Position
from hashsvc.hashlist.views import Applier, RequestRow
from hashsvc.limits import REQUEST_ID_KEPT_US
from hashsvc.lmdb_env import Environment, Transaction

__all__ = ["Request", "Work"]


class Request(msgspec.Struct, frozen=True):
    """Who asks, as the record's header will hold it: pseudonym, request key, request digest."""

    actor: bytes
    key: bytes
    digest: bytes


class Work:
    """One write transaction. head moves on as commands append."""

    def __init__(
        self,
        env: Environment,
        txn: Transaction,
        key: bytes,
        list_id: bytes,
        settings: ListSettings,
        clock: Clock,
    ) -> None:
        self.env = env
        self.txn = txn
        self.key = key
        self.list_id = list_id
        self.settings = settings
        self.clock = clock
        self.now_us = clock.now_us()
        self.head = self.first_head = log.head(env, txn)
        self.applier = Applier(env, txn)
        self.rows = RowCollector()
        self.import_count = 0
        self.describe = Describer(env, txn, self.applier.batch)

    @property
    def position(self) -> Position:
        return self.position_at(self.head.sequence)

    def position_at(self, sequence: int) -> Position:
        return Position(self.list_id, self.head.epoch, sequence)

    @property
    def next_sequence(self) -> int:
        return self.head.sequence + 1

    # ------------------------------------------------------------ load

    def request(self, actor: str, request_id: str, data: bytes) -> Request:
        """Keys of a request; keeps the actor's name beside the pseudonym, in a table that can be erased."""
        name = canonical_actor(actor).encode()
        pseudonym = codec.keyed_id(self.key, b"actor", name)
        self.txn.put(pseudonym, name, db=self.env.tables["actors"], overwrite=False)
        request_key = codec.keyed_id(self.key, b"request", name, request_id.encode())
        return Request(pseudonym, request_key, codec.request_digest(self.key, data))

    def done_before(self, request: Request) -> RequestRow | None:
        """The changes that this request made already, None if it is new.

        Raises FailedPrecondition REQUEST_ID_REUSED where the id was used for another request in the last 7 days.
        """
        row = self.applier.request(request.key)
        if row is None or self.now_us - row.time_us > REQUEST_ID_KEPT_US:
            return None
        if row.digest != request.digest:
            raise FailedPrecondition(
                "REQUEST_ID_REUSED",
                "this request_id was used for another request; use a new one for each new request",
                field="request_id",
            )
        return row

    def entry_or_none(self, entry_id: bytes) -> Entry | None:
        number = self.txn.get(entry_id, db=self.env.tables["identities"])
        if number is None:
            return None
        return codec.decode_entry(self.txn.get(number, db=self.env.tables["entries"]))

    def entry(self, entry_id: bytes) -> Entry:
        """Raises NotFound UNKNOWN_ENTRY."""
        found = self.entry_or_none(entry_id)
        if found is None:
            raise NotFound("UNKNOWN_ENTRY", "the list has no entry of this id", field="entry_id")
        return found

    def batch(self, batch_id: bytes) -> Batch:
        """Raises NotFound UNKNOWN_BATCH."""
        number = self.txn.get(views.BATCH_ID_KEY + batch_id, db=self.env.tables["batches"])
        if number is None:
            raise NotFound("UNKNOWN_BATCH", "the list has no batch of this id", field="batch_id")
        return self.applier.batch(codec.unpack_sequence(number))

    def batch_of(self, number: int) -> Batch | None:
        return self.applier.batch(number) if number else None

    def new_id(self) -> bytes:
        return self.clock.random_bytes(ID_BYTES)

    # ------------------------------------------------------------ append

    def append(self, drafts: Sequence[Draft]) -> None:
        """Append decided changes and let the views follow."""
        made = records.make_records(
            drafts,
            sequence=self.head.sequence,
            previous_hash=self.head.hash,
            epoch=self.head.epoch,
            time_us=self.now_us,
            people_required=self.settings.people_required,
            salts=self.clock.random_bytes(SALT_BYTES * len(drafts)),
        )
        head = log.append(self.env, self.txn, self.head, made)
        apply, add_rows = self.applier.apply, self.rows.add
        for draft, record in zip(drafts, made, strict=True):
            header = record.header
            apply(header, draft.payload, record.stored)
            if draft.added and draft.payload.entry is not None:
                add_rows(header.sequence, draft.payload.entry, draft.added)
            if draft.kind == ChangeKind.POLICY_APPLIED:
                head = msgspec.structs.replace(head, policy=header.sequence)
        self.head = head
        self.applier.write_keys()
