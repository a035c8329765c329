"""The LMDB views and how they follow the log: `Applier.apply(header, payload)`, then `flush()`.

The same code runs in a write's own transaction, in `rebuild` and in `verify`, so a view is by construction what a
replay of the log makes. Counters, batches and request ids change with nearly every record: they are gathered
in memory and written once by `flush`.
"""

from __future__ import annotations

import hashlib
import struct
from collections import Counter, defaultdict

import msgspec

from hashsvc.errors import InvariantError
from hashsvc.hashlist import codec
from hashsvc.hashlist.codec import Header
from hashsvc.hashlist.refs import REF_BYTES, pack_ref, ref_of
from hashsvc.hashlist.url_rows import ROW, host_key, pack_time, rows_of
from hashsvc.hashlist.values import (
    Batch,
    ChangeKind,
    Entry,
    ListedSignal,
    ListPolicy,
    Payload,
    Person,
    Role,
    SeenLive,
    State,
)
from hashsvc.hashlist.workflow import BATCH_TO_SIGNAL
from hashsvc.lmdb_env import Environment, Transaction
from hashsvc.signals import BY_NUMBER, URL

_REQUEST = struct.Struct(">32sqQQ")
_COUNT = struct.Struct(">q")
BATCH_KEY, BATCH_ID_KEY, BATCH_FILE_KEY = b"n", b"i", b"f"
IN_FORCE, PROPOSED = b"f", b"p"
_TYPE_KEYS = {number: codec.exact_key(number, b"") for number in BY_NUMBER}
_TYPE_COUNTS = {number: b"t%d" % number for number in BY_NUMBER}
_STATE_COUNTS = {int(state): b"s%d" % state for state in State}
_BATCH_COUNTS = {int(state): b"b%d" % state for state in State}
DIGEST_TYPES = frozenset(number for number, kind in BY_NUMBER.items() if kind.is_digest)


class RequestRow(msgspec.Struct):
    """What a request id stands for: its digest, when, and the changes it made, both inclusive."""

    digest: bytes
    time_us: int
    first: int
    last: int


class _Tally:
    """What imports of one transaction add to their batch: gathered, since every imported entry changes it."""

    def __init__(self, digest: bytes) -> None:
        self._digest = digest
        self._inserted = self._amended = self._with_batch = 0
        self._actors: dict[bytes, None] = {}

    def add(self, actor: bytes, is_new: bool, with_batch: int, record: bytes) -> None:
        """Count one imported entry; the batch's digest runs over its records."""
        if is_new:
            self._inserted += 1
        else:
            self._amended += 1
        self._with_batch += with_batch
        self._actors[actor] = None
        self._digest = hashlib.sha256(self._digest + record).digest()

    def onto(self, batch: Batch) -> Batch:
        """The batch with all that was counted."""
        new = (Person(Role.PROPOSER, actor) for actor in self._actors)
        return msgspec.structs.replace(
            batch,
            inserted_count=batch.inserted_count + self._inserted,
            amended_count=batch.amended_count + self._amended,
            digest=self._digest,
            people=(*batch.people, *(person for person in new if person not in batch.people)),
            with_batch=batch.with_batch + self._with_batch,
        )


class Applier:
    """Applies changes to the LMDB views inside one write transaction."""

    def __init__(self, env: Environment, txn: Transaction) -> None:
        self._env = env
        self._txn = txn
        self._entries = env.tables["entries"]
        self._identities = env.tables["identities"]
        self._exact = env.tables["exact"]
        self._identity_rows: list[tuple[bytes, bytes]] = []
        self._exact_rows: list[tuple[bytes, bytes]] = []
        self._url_rows: list[tuple[bytes, bytes]] = []
        self._host_rows: list[tuple[bytes, bytes]] = []
        self._seen_rows: list[tuple[bytes, bytes]] = []
        self._batches: dict[int, Batch] = {}
        self._tallies: dict[int, _Tally] = {}
        self._counts: defaultdict[bytes, int] = defaultdict(int)
        self._requests: dict[bytes, RequestRow] = {}

    def apply(self, header: Header, payload: Payload | None, record: bytes) -> None:
        """Apply one change. payload None: erased, the change only counts for its request id."""
        self._note_request(header)
        if payload is None:
            return
        if payload.entry is not None:
            self._apply_entry(header, payload.entry, record)
        elif payload.batch is not None:
            self._apply_batch(header, payload.batch)
        elif payload.seen_live is not None:
            self._apply_seen_live(payload.seen_live)
        elif payload.policy is not None:
            self._apply_policy(header, payload.policy)

    def write_keys(self) -> None:
        """Write gathered keys, in their order: neighbours share pages. Before any look-up."""
        tables = self._env.tables
        for rows, table in (
            (self._identity_rows, self._identities),
            (self._exact_rows, self._exact),
            (self._url_rows, tables["urls"]),
            (self._host_rows, tables["url_hosts"]),
            (self._seen_rows, tables["seen_live"]),
        ):
            if rows:
                rows.sort()
                with self._txn.cursor(db=table) as cursor:
                    cursor.putmulti(rows)
                rows.clear()

    def flush(self) -> None:
        """Write what was gathered. Must be called before the transaction commits."""
        self.write_keys()
        tables, put = self._env.tables, self._txn.put
        for number in list(self._tallies):
            self.batch(number)
        for number, batch in self._batches.items():
            key = BATCH_KEY + codec.pack_sequence(number)
            before = self._txn.get(key, db=tables["batches"])
            if before is not None:
                self._count_batch(codec.decode_batch(before), -1)
            self._count_batch(batch, 1)
            put(key, codec.encode(batch), db=tables["batches"])
        self._batches.clear()
        for name, difference in self._counts.items():
            found = self._txn.get(name, db=tables["counts"])
            total = difference + (_COUNT.unpack(found)[0] if found else 0)
            if total:
                put(name, _COUNT.pack(total), db=tables["counts"])
            elif found:
                self._txn.delete(name, db=tables["counts"])
        self._counts.clear()
        for key, row in self._requests.items():
            put(key, _REQUEST.pack(row.digest, row.time_us, row.first, row.last), db=tables["requests"])
        self._requests.clear()

    # ------------------------------------------------------------ entries

    def _apply_entry(self, header: Header, entry: Entry, record: bytes) -> None:
        put = self._txn.put
        key = codec.pack_sequence(entry.number)
        is_new = header.previous == 0
        if is_new:
            self._identity_rows.append((entry.entry_id, key))
            self._counts[b"entries"] += 1
        else:
            self._discount(key, entry)
        put(key, codec.encode(entry), db=self._entries, append=is_new)
        added, counts = header.added, self._counts
        with_batch = 0
        for signal in entry.signals:
            if added >> signal.ordinal & 1:
                counts[_TYPE_COUNTS[signal.type]] += 1
                if signal.type in DIGEST_TYPES:
                    ref = pack_ref(ref_of(entry.number, signal.ordinal))
                    self._exact_rows.append((_TYPE_KEYS[signal.type] + signal.value, ref))
                elif signal.type == URL:
                    self._add_url(ref_of(entry.number, signal.ordinal), signal)
                if signal.state == State.WITH_BATCH:
                    with_batch += 1
            if signal.state != State.WITH_BATCH:
                counts[_STATE_COUNTS[signal.state]] += 1
        if header.kind == ChangeKind.ENTRY_IMPORTED:
            tally = self._tallies.get(header.batch)
            if tally is None:
                tally = self._tallies[header.batch] = _Tally(self.batch(header.batch).digest)
            tally.add(header.actor, is_new, with_batch, record)

    def _discount(self, key: bytes, after: Entry) -> None:
        """Take what the entry counted for before out of the counters, and signals that left their batch's state."""
        data = self._txn.get(key, db=self._env.tables["entries"])
        if data is None:
            raise InvariantError("a change follows on an entry that the view does not hold")
        now = {signal.ordinal: signal.state for signal in after.signals}
        for signal in codec.decode_entry(data).signals:
            if signal.state != State.WITH_BATCH:
                self._counts[_STATE_COUNTS[signal.state]] -= 1
            elif now[signal.ordinal] != State.WITH_BATCH:
                batch = self.batch(signal.batch)
                self._batches[batch.number] = msgspec.structs.replace(batch, with_batch=batch.with_batch - 1)

    # ------------------------------------------------------------ URLs

    def _add_url(self, ref: int, signal: ListedSignal) -> None:
        """Gather the rows of a URL that is new to the list."""
        rows = rows_of(signal)
        self._url_rows += [(digest, ROW.pack(kind, ref)) for digest, kind in rows.hashes]
        self._host_rows.append((host_key(rows.expression), pack_ref(ref)))
        assert signal.url is not None
        self._seen_rows.append((pack_ref(ref), pack_time(signal.url.seen_live_us)))

    def _apply_seen_live(self, seen: SeenLive) -> None:
        """Move the time of URLs on; never back."""
        self.write_keys()
        table, value = self._env.tables["seen_live"], pack_time(seen.time_us)
        for at in range(0, len(seen.refs), REF_BYTES):
            ref = seen.refs[at : at + REF_BYTES]
            known = self._txn.get(ref, db=table)
            if known is None:
                raise InvariantError("a change says that a URL was seen live which the view does not hold")
            if bytes(known) < value:
                self._txn.put(ref, value, db=table)

    # ------------------------------------------------------------ batches

    def batch(self, number: int) -> Batch:
        """A batch as of the changes applied so far. Raises InvariantError where there is none."""
        found = self._batches.get(number)
        if found is None:
            data = self._txn.get(BATCH_KEY + codec.pack_sequence(number), db=self._env.tables["batches"])
            if data is None:
                raise InvariantError(f"batch {number} is not in the view")
            found = self._batches[number] = codec.decode_batch(data)
        if number in self._tallies:
            found = self._batches[number] = self._tallies.pop(number).onto(found)
        return found

    def _apply_batch(self, header: Header, batch: Batch) -> None:
        if header.kind == ChangeKind.BATCH_CREATED:
            tables, key = self._env.tables, codec.pack_sequence(batch.number)
            self._txn.put(BATCH_ID_KEY + batch.batch_id, key, db=tables["batches"])
            self._txn.put(batch_file_key(batch.source, batch.file_digest), key, db=tables["batches"])
        self._batches[batch.number] = batch

    def _count_batch(self, batch: Batch, sign: int) -> None:
        """Count the signals that stand with a batch, or take them out of the counters."""
        self._counts[_BATCH_COUNTS[BATCH_TO_SIGNAL[batch.state]]] += sign * batch.with_batch

    # ------------------------------------------------------------ policies

    def _apply_policy(self, header: Header, policy: ListPolicy) -> None:
        """Keep what is proposed, or what is in force from this change on; a newer proposal replaces an older one."""
        table, data = self._env.tables["policies"], codec.encode(policy)
        if header.kind == ChangeKind.POLICY_APPLIED:
            self._txn.put(IN_FORCE, data, db=table)
            self._txn.delete(PROPOSED, db=table)
        else:
            self._txn.put(PROPOSED, data, db=table)

    # ------------------------------------------------------------ request ids

    def request(self, request_key: bytes) -> RequestRow | None:
        """What a request id stands for as of the changes applied so far."""
        row = self._requests.get(request_key)
        return row if row is not None else find_request(self._env, self._txn, request_key)

    def _note_request(self, header: Header) -> None:
        row = self._requests.get(header.request_key)
        if row is None:
            row = find_request(self._env, self._txn, header.request_key)
        if row is None or row.digest != header.request_digest or row.last != header.sequence - 1:
            row = RequestRow(header.request_digest, header.time_us, header.sequence, header.sequence)
        else:
            row.time_us, row.last = header.time_us, header.sequence
        self._requests[header.request_key] = row


def batch_file_key(source: str, file_digest: bytes) -> bytes:
    return BATCH_FILE_KEY + file_digest + source.encode()


def find_request(env: Environment, txn: Transaction, request_key: bytes) -> RequestRow | None:
    data = txn.get(request_key, db=env.tables["requests"])
    return None if data is None else RequestRow(*_REQUEST.unpack(data))


def find_policy(env: Environment, txn: Transaction, key: bytes) -> ListPolicy | None:
    """The policy that is IN_FORCE or PROPOSED; None: the one that comes with hashsvc, or nothing."""
    data = txn.get(key, db=env.tables["policies"])
    return None if data is None else codec.decode_policy(data)


def read_counts(env: Environment, txn: Transaction) -> dict[bytes, int]:
    """All counters by name: `entries`, `t<type>`, `s<state>` of signals decided alone, `b<state>` of a batch's."""
    with txn.cursor(db=env.tables["counts"]) as cursor:
        return {bytes(name): _COUNT.unpack(value)[0] for name, value in cursor}


def count_batches(env: Environment) -> None:
    """Count the signals that stand with a batch, of a list that an older version made without such counters.

    Reads the counters alone where they are there, else every batch.
    """
    with env.read() as txn:
        if any(name[:1] == b"b" for name in read_counts(env, txn)) or not _with_batch(env, txn):
            return
    with env.write() as txn:
        if not any(name[:1] == b"b" for name in read_counts(env, txn)):
            for state, count in _with_batch(env, txn).items():
                txn.put(_BATCH_COUNTS[state], _COUNT.pack(count), db=env.tables["counts"])


def _with_batch(env: Environment, txn: Transaction) -> Counter[int]:
    """Signals that stand with a batch, by their state."""
    found: Counter[int] = Counter()
    with txn.cursor(db=env.tables["batches"]) as cursor:
        here = cursor.set_range(BATCH_KEY)
        while here and bytes(cursor.key())[:1] == BATCH_KEY:
            batch = codec.decode_batch(cursor.value())
            if batch.with_batch:
                found[int(BATCH_TO_SIGNAL[batch.state])] += batch.with_batch
            here = cursor.next()
    return found


def expired_requests(
    env: Environment, txn: Transaction, before_us: int, start: bytes, scan_max: int
) -> tuple[list[bytes], bytes]:
    """Keys of request ids used before a time, among `scan_max` from `start` on; and where to go on (b"" at the end)."""
    expired: list[bytes] = []
    with txn.cursor(db=env.tables["requests"]) as cursor:
        here = cursor.set_range(start) if start else cursor.first()
        for _ in range(scan_max):
            if not here:
                return expired, b""
            if RequestRow(*_REQUEST.unpack(cursor.value())).time_us < before_us:
                expired.append(bytes(cursor.key()))
            here = cursor.next()
        return expired, bytes(cursor.key()) if here else b""


def request_time_us(value: bytes) -> int:
    """When a stored request id was used."""
    return int(_REQUEST.unpack(value)[1])
