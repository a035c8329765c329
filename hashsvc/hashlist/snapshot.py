"""A snapshot: one LMDB read transaction and everything that is read in it, so that an answer sees one state.

Searching (lookup, near, signal) is for matching; entries, histories, batches, changes and figures are for the
server. The index proposes, LMDB disposes: what a search finds is a candidate whose state is read here, in the same
transaction. Opened by ListStore.snapshot; not shared between threads; lives for milliseconds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from hashsvc.clock import Clock
from hashsvc.errors import DamagedData, FailedPrecondition, NotFound, OutOfRange
from hashsvc.hashlist import codec, log, manifest, views
from hashsvc.hashlist.codec import pack_sequence
from hashsvc.hashlist.describe import Describer
from hashsvc.hashlist.index_state import IndexState, IndexView
from hashsvc.hashlist.pages import Pages
from hashsvc.hashlist.refs import number_of, ordinal_of, pack_ref, ref_of, unpack_ref
from hashsvc.hashlist.url_rows import HOST_KEY_BYTES_MAX, ROW, covered_by, unpack_time
from hashsvc.hashlist.values import (
    Batch,
    BatchView,
    Entry,
    EntryView,
    ListedSignal,
    ListPolicy,
    MatchedSignal,
    PolicyView,
    Position,
    SegmentInfo,
    State,
    Stats,
)
from hashsvc.hashlist.workflow import LIVE, effective_state
from hashsvc.index import Hits, codes_from_bytes, key_hashes, maybe_listed, search_near
from hashsvc.limits import COVERED_SCAN_MAX
from hashsvc.lmdb_env import Environment, Transaction
from hashsvc.signals import URL


class Snapshot:
    """One state of the list."""

    def __init__(self, env: Environment, txn: Transaction, index: IndexState, list_id: bytes, clock: Clock) -> None:
        self._env = env
        self._txn = txn
        self._index_state = index
        self._clock = clock
        self.head = log.head(env, txn)
        self.position = Position(list_id, self.head.epoch, self.head.sequence)
        self._entries: dict[int, Entry] = {}
        self._batches: dict[int, Batch] = {}
        self._matched: dict[int, MatchedSignal] = {}
        self._effective: dict[int, int] = {}
        self._view: IndexView | None = None
        self._counts: dict[bytes, int] | None = None
        self._now_us: int | None = None

    def require(self, demanded: Position | None) -> None:
        """Refuse unless this snapshot is of the demanded list and epoch and has seen the demanded sequence.

        Empty or zero fields demand nothing. Raises FailedPrecondition OTHER_LIST, LIST_RESTORED; OutOfRange.
        """
        if demanded is None:
            return
        here = self.position
        if demanded.list_id and demanded.list_id != here.list_id:
            raise FailedPrecondition("OTHER_LIST", "this server holds another list", field="at_least.list_id")
        if demanded.epoch and demanded.epoch != here.epoch:
            raise FailedPrecondition(
                "LIST_RESTORED",
                f"the list is in epoch {here.epoch}, {demanded.epoch} was demanded: it was restored in between, "
                "forget its old sequences",
                field="at_least.epoch",
            )
        if demanded.sequence > here.sequence:
            raise OutOfRange(
                "FUTURE_SEQUENCE",
                f"the log ends at {here.sequence}, {demanded.sequence} was demanded",
                field="at_least.sequence",
            )

    # ------------------------------------------------------------ searching

    @property
    def index(self) -> IndexView:
        """What this snapshot searches: segments and the delta up to its sequence."""
        if self._view is None:
            self._view = self._index_state.at(self._txn, self.head)
        return self._view

    def lookup(self, type_number: int, value: bytes) -> list[int]:
        """Refs of all listed signals of a digest type that equal `value`. About 1.5 µs."""
        refs: list[int] = []
        with self._txn.cursor(db=self._env.tables["exact"]) as cursor:
            if cursor.set_key(codec.exact_key(type_number, value)):
                refs.append(int.from_bytes(cursor.value(), "big"))
                while cursor.next_dup():
                    refs.append(int.from_bytes(cursor.value(), "big"))
        return refs

    def lookup_many(self, type_number: int, values: NDArray[np.uint8]) -> tuple[NDArray[np.int64], list[int]]:
        """Look up many digests of one type. values: uint8[n, width], C-order.

        Returns (rows int64[k] ascending, refs, k of them): a row occurs once for each listed signal that equals it.
        The bitmap answers most misses in tens of ns; LMDB is asked for what survives.
        """
        view = self.index
        maybe = np.flatnonzero(maybe_listed(view.segments, view.delta, key_hashes(type_number, values)))
        rows: list[int] = []
        refs: list[int] = []
        if len(maybe):
            width = values.shape[1]
            packed = values[maybe].tobytes()
            prefix = bytes((type_number,))
            with self._txn.cursor(db=self._env.tables["exact"]) as cursor:
                set_key, value, next_dup = cursor.set_key, cursor.value, cursor.next_dup
                for i, row in enumerate(maybe.tolist()):
                    if set_key(prefix + packed[i * width : (i + 1) * width]):
                        rows.append(row)
                        refs.append(int.from_bytes(value(), "big"))
                        while next_dup():
                            rows.append(row)
                            refs.append(int.from_bytes(value(), "big"))
        return np.array(rows, np.int64), refs

    def lookup_url(self, digests: bytes) -> list[tuple[int, int, int]]:
        """Look up the expressions of one URL. digests: 32 bytes each. About 1 µs an expression.

        Returns (expression, row kind, ref) of all rows, in order of the expressions.
        """
        self._index_state.check_rules(self._txn, self.head)
        found: list[tuple[int, int, int]] = []
        with self._txn.cursor(db=self._env.tables["urls"]) as cursor:
            set_key, value, next_dup = cursor.set_key, cursor.value, cursor.next_dup
            for at in range(0, len(digests), 32):
                if set_key(digests[at : at + 32]):
                    found.append((at >> 5, *ROW.unpack(value())))
                    while next_dup():
                        found.append((at >> 5, *ROW.unpack(value())))
        return found

    def lookup_urls(self, digests: bytes | memoryview) -> list[tuple[int, int, int]]:
        """The same for the expressions of many URLs end to end: the bitmap answers most misses in tens of ns."""
        self._index_state.check_rules(self._txn, self.head)
        view = self.index
        values = np.frombuffer(digests, np.uint8).reshape(-1, 32)
        maybe = np.flatnonzero(maybe_listed(view.segments, view.delta, key_hashes(URL, values)))
        if not len(maybe):
            return []
        rows = maybe.tolist()
        found = self.lookup_url(values[maybe].tobytes())
        return [(rows[index], kind, ref) for index, kind, ref in found]

    def hashes_from(self, type_number: int, prefix: bytes) -> Iterator[tuple[bytes, int, int]]:
        """Yield listed hashes that begin with a prefix: (hash, row kind or 0, ref), ascending.

        type_number: URL, whose hashes are of expressions, or a digest's. About 2 µs, and 1 µs a row.
        """
        is_url = type_number == URL
        if is_url:
            self._index_state.check_rules(self._txn, self.head)
        start = prefix if is_url else codec.exact_key(type_number, prefix)
        skip = len(start) - len(prefix)
        with self._txn.cursor(db=self._env.tables["urls" if is_url else "exact"]) as cursor:
            here = cursor.set_range(start)
            while here:
                key = bytes(cursor.key())
                if not key.startswith(start):
                    return
                kind, ref = ROW.unpack(cursor.value()) if is_url else (0, codec.unpack_sequence(cursor.value()))
                yield key[skip:], kind, ref
                here = cursor.next()

    def seen_live_us(self, ref: int) -> int:
        """When the content of a listed URL was last seen there."""
        seen = self._txn.get(pack_ref(ref), db=self._env.tables["seen_live"])
        if seen is None:
            raise DamagedData("DAMAGED_VIEW", "the list does not say when a URL was seen")
        return unpack_time(seen)

    @property
    def now_us(self) -> int:
        """The clock's time when it is first asked for, for what ages: one for all that is read in this snapshot."""
        if self._now_us is None:
            self._now_us = self._clock.now_us()
        return self._now_us

    def covered(self, scope: int, expression: str, but_number: int) -> tuple[int, bool]:
        """Count the live entries, but one, with a URL below a PREFIX, HOST or DOMAIN; and whether there are more.

        Looks at COVERED_SCAN_MAX URLs at most, some 5 µs each.
        """
        entries: set[int] = set()
        scanned = 0
        with self._txn.cursor(db=self._env.tables["url_hosts"]) as cursor:
            for start in covered_by(scope, expression):
                here = cursor.set_range(start)
                while here and bytes(cursor.key()).startswith(start):
                    if scanned == COVERED_SCAN_MAX:
                        return len(entries), True
                    scanned += 1
                    ref = unpack_ref(cursor.value())
                    if number_of(ref) != but_number and self._lies_below(ref, start, expression):
                        entries.add(number_of(ref))
                    here = cursor.next()
        return len(entries), False

    def _lies_below(self, ref: int, start: bytes, expression: str) -> bool:
        matched = self.signal(ref)
        whole = len(start) < HOST_KEY_BYTES_MAX or matched.listed.value[1:].decode().startswith(expression)
        return whole and matched.state in LIVE

    def near(
        self,
        kind: str,
        queries: NDArray[np.uint8],
        radius: int,
        *,
        nearest_max: int | None = None,
        between_slices: Callable[[], None] | None = None,
    ) -> Hits:
        """Find listed fingerprints of a perceptual type within a radius of each query: all of them, always.

        queries: uint8[q, width]. radius: bits (photodna: sum of squares), inclusive. See index.search_near.
        """
        view = self.index
        codes = codes_from_bytes(kind, queries.tobytes())
        return search_near(
            view.segments, view.delta, kind, codes, radius, nearest_max=nearest_max, between_slices=between_slices
        )

    def signal(self, ref: int) -> MatchedSignal:
        """What a ref stands for, in this state of the list. Kept for the snapshot's life.

        Raises DamagedData where the index names a signal that the list does not hold.
        """
        found = self._matched.get(ref)
        if found is None:
            entry = self._entries.get(number_of(ref))
            if entry is None:
                entry = self.entry_by_number(number_of(ref))
            ordinal = ordinal_of(ref)
            signals = entry.signals
            if ordinal >= len(signals) or signals[ordinal].ordinal != ordinal:
                raise DamagedData("DAMAGED_VIEW", "the index names a signal that its entry does not hold")
            listed = signals[ordinal]
            state = listed.state
            if listed.batch:
                key = listed.batch << 3 | state
                state = self._effective.get(key) or self._effective_state(key, listed)
            found = self._matched[ref] = MatchedSignal(entry, listed, state)
        return found

    def _effective_state(self, key: int, listed: ListedSignal) -> int:
        """The state of all signals of a batch with the same state of their own; kept for the snapshot's life."""
        state = int(effective_state(listed, self.batch_by_number(listed.batch)))
        self._effective[key] = state
        return state

    def signal_count(self, type_number: int) -> int:
        """Signals of a type ever listed."""
        if self._counts is None:
            self._counts = views.read_counts(self._env, self._txn)
        return self._counts.get(b"t%d" % type_number, 0)

    # ------------------------------------------------------------ policies

    @property
    def policy_sequence(self) -> int:
        """The change that brought the policy into force; 0: the one that comes with hashsvc. Costs nothing."""
        return self.head.policy

    def policies_since(self, sequence: int) -> list[ListPolicy | None]:
        """The policies in force at some time from a sequence on, newest first. None: the one that comes with hashsvc.

        Reads a change for each.
        """
        return log.policies_since(self._env, self._txn, self.head.policy, sequence)

    def policy_in_force(self) -> PolicyView | None:
        """The policy in force as people see it; None: the one that comes with hashsvc."""
        found = views.find_policy(self._env, self._txn, views.IN_FORCE)
        return None if found is None else self.describe.policy(found, is_applied=True)

    def policy_proposed(self) -> PolicyView | None:
        """The policy that waits for people, or None."""
        found = views.find_policy(self._env, self._txn, views.PROPOSED)
        return None if found is None else self.describe.policy(found, is_applied=False)

    # ------------------------------------------------------------ stored values

    def entry_by_number(self, number: int) -> Entry:
        entry = self._entries.get(number)
        if entry is None:
            data = self._txn.get(pack_sequence(number), db=self._env.tables["entries"])
            if data is None:
                raise DamagedData("DAMAGED_VIEW", "the index names an entry that the list does not hold")
            entry = self._entries[number] = codec.decode_entry(data)
        return entry

    def batch_by_number(self, number: int) -> Batch:
        batch = self._batches.get(number)
        if batch is None:
            data = self._txn.get(views.BATCH_KEY + pack_sequence(number), db=self._env.tables["batches"])
            if data is None:
                raise DamagedData("DAMAGED_VIEW", "an entry names a batch that the list does not hold")
            batch = self._batches[number] = codec.decode_batch(data)
        return batch

    def stored_entry(self, entry_id: bytes) -> Entry:
        """An entry by its outside id. Raises NotFound UNKNOWN_ENTRY."""
        number = self._txn.get(entry_id, db=self._env.tables["identities"])
        if number is None:
            raise NotFound("UNKNOWN_ENTRY", "the list has no entry of this id", field="entry_id")
        return self.entry_by_number(codec.unpack_sequence(number))

    def stored_batch(self, batch_id: bytes) -> Batch:
        """A batch by its outside id. Raises NotFound UNKNOWN_BATCH."""
        number = self._txn.get(views.BATCH_ID_KEY + batch_id, db=self._env.tables["batches"])
        if number is None:
            raise NotFound("UNKNOWN_BATCH", "the list has no batch of this id", field="batch_id")
        return self.batch_by_number(codec.unpack_sequence(number))

    # ------------------------------------------------------------ for people

    @property
    def pages(self) -> Pages:
        """What people read by pages."""
        return Pages(self._env, self._txn, self)

    @property
    def describe(self) -> Describer:
        return Describer(self._env, self._txn, self.batch_by_number)

    def entry(self, entry_id: bytes) -> EntryView:
        """An entry as people see it. Raises NotFound UNKNOWN_ENTRY."""
        return self.describe.entry(self.stored_entry(entry_id))

    def batch(self, batch_id: bytes) -> BatchView:
        """A batch as people see it. Raises NotFound UNKNOWN_BATCH."""
        return self.describe.batch(self.stored_batch(batch_id))

    def decided_since(self, sequence: int, limit: int) -> list[tuple[int, Entry | None]] | None:
        """What was changed after a sequence: (ChangeKind, the entry as it was then or None). None: more than `limit`.

        For followers of the log (casework).
        """
        if self.head.sequence - sequence > limit:
            return None
        changes = log.read_changes(self._env, self._txn, sequence + 1, self.head.sequence)
        return [(change.kind, change.payload.entry if change.payload is not None else None) for change in changes]

    def is_withdrawn(self, entry_id: bytes) -> bool:
        """Say whether an entry closes nothing any more for good: retracted, rejected, or not there."""
        return not any(state in LIVE for state in self._states_of(entry_id))

    def is_partly_withdrawn(self, entry_id: bytes) -> bool:
        """Say whether any signal of an entry closes nothing any more for good, or the entry is not there."""
        states = self._states_of(entry_id)
        return not states or any(state not in LIVE for state in states)

    def _states_of(self, entry_id: bytes) -> list[int]:
        """The effective state of each signal of an entry; none where it is not there."""
        number = self._txn.get(entry_id, db=self._env.tables["identities"])
        if number is None:
            return []
        entry = self.entry_by_number(codec.unpack_sequence(number))
        return [self.signal(ref_of(entry.number, listed.ordinal)).state for listed in entry.signals]

    def stats(self) -> Stats:
        """The list's figures, from counters: microseconds whatever the size."""
        counts = views.read_counts(self._env, self._txn)
        states: Counter[int] = Counter()
        for name, count in counts.items():
            if name[:1] in (b"s", b"b"):
                states[int(name[1:])] += count
        live = manifest.load(self._env, self._txn)
        return Stats(
            position=self.position,
            entry_count=counts.get(b"entries", 0),
            states={state: count for state, count in sorted(states.items()) if count and state != State.WITH_BATCH},
            types={int(name[1:]): n for name, n in sorted(counts.items()) if name[:1] == b"t"},
            segments=tuple(
                SegmentInfo(r.first_sequence, r.last_sequence, r.byte_count, r.code_count) for r in live.segments
            ),
            delta_change_count=self.head.sequence - live.covered,
            store_bytes=self._env.used_bytes(),
            people_required=self.describe.settings().people_required,
        )
