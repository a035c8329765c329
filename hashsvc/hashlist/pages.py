"""What people read of a list by pages: entries, batches, an entry's history, changes. Each page says where to go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hashsvc.hashlist import codec, log, views
from hashsvc.hashlist.codec import pack_sequence
from hashsvc.hashlist.values import BatchView, Change, ChangeView, EntryView
from hashsvc.lmdb_env import Environment, Transaction

if TYPE_CHECKING:
    from hashsvc.hashlist.snapshot import Snapshot

LIST_SCAN_MAX = 5_000  # entries looked at for one filtered page


class Pages:
    """Pages of one snapshot."""

    def __init__(self, env: Environment, txn: Transaction, snapshot: Snapshot) -> None:
        self._env = env
        self._txn = txn
        self._snapshot = snapshot

    def entries(self, after_number: int, limit: int, state: int, batch_id: bytes) -> tuple[list[EntryView], int]:
        """Up to `limit` entries made after `after_number`, in order; those of a state (0: any), of a batch (b"": any).

        Returns them and where to go on, 0 at the end. Looks at LIST_SCAN_MAX entries at most.
        """
        describe = self._snapshot.describe
        batch_number = self._snapshot.stored_batch(batch_id).number if batch_id else 0
        found: list[EntryView] = []
        number = after_number
        with self._txn.cursor(db=self._env.tables["entries"]) as cursor:
            here = cursor.set_range(pack_sequence(after_number + 1))
            scanned = 0
            while here:
                if scanned == LIST_SCAN_MAX or len(found) == limit:
                    return found, number
                entry = codec.decode_entry(cursor.value())
                number = entry.number
                scanned += 1
                if not batch_number or any(s.batch == batch_number for s in entry.signals):
                    view = describe.entry(entry)
                    if state in (0, view.state):
                        found.append(view)
                here = cursor.next()
        return found, 0

    def batches(self, before_number: int, limit: int) -> tuple[list[BatchView], int]:
        """Up to `limit` batches made before `before_number` (0: the newest), newest first; and where to go on, or 0."""
        describe = self._snapshot.describe
        found: list[BatchView] = []
        with self._txn.cursor(db=self._env.tables["batches"]) as cursor:
            end = views.BATCH_KEY + pack_sequence(before_number or 2**63)
            here = cursor.prev() if cursor.set_range(end) else cursor.last()
            while here and bytes(cursor.key())[:1] == views.BATCH_KEY:
                if len(found) == limit:
                    return found, found[-1].first_sequence
                found.append(describe.batch(codec.decode_batch(cursor.value())))
                here = cursor.prev()
        return found, 0

    def history(self, entry_id: bytes, before_sequence: int, limit: int) -> tuple[list[ChangeView], int]:
        """Up to `limit` changes of an entry and of the batches that brought its signals, newest first.

        before_sequence 0: from the newest. Returns them and where to go on, 0 at the end. Walks the links that each
        record holds to the one before of the same subject.
        """
        entry = self._snapshot.stored_entry(entry_id)
        ends = [entry.last_sequence]
        ends += [self._snapshot.batch_by_number(n).last_sequence for n in {s.batch for s in entry.signals if s.batch}]
        describe = self._snapshot.describe
        found: list[ChangeView] = []
        heads = {end: self._change(end) for end in ends}
        while heads:
            sequence = max(heads)
            change = heads.pop(sequence)
            if not before_sequence or sequence < before_sequence:
                if len(found) == limit:
                    return found, found[-1].sequence
                found.append(describe.change(change))
            if change.previous:
                heads[change.previous] = self._change(change.previous)
        return found, 0

    def changes(self, after_sequence: int, limit: int, byte_limit: int) -> list[ChangeView]:
        """Up to `limit` changes after a sequence, in order; about `byte_limit` bytes of them at most."""
        last = min(self._snapshot.head.sequence, after_sequence + limit)
        describe = self._snapshot.describe
        found: list[ChangeView] = []
        byte_count = 0
        for _, record, payload in log.read_raw(self._env, self._txn, after_sequence + 1, last):
            found.append(describe.change(codec.change_from(record, payload)))
            byte_count += len(record) + 2 * len(payload or b"")
            if byte_count >= byte_limit:
                break
        return found

    def _change(self, sequence: int) -> Change:
        return log.read_change(self._env, self._txn, sequence)
