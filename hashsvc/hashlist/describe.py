"""From stored values to what people see: effective states, names for pseudonyms, ids for numbers.

Changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable

from hashsvc.errors import DamagedData
from hashsvc.hashlist import codec, log
from hashsvc.hashlist.refs import REF, number_of, ordinal_of, pack_ref, ref_of
from hashsvc.hashlist.url_rows import facts_of, unpack_time
from hashsvc.hashlist.values import (
    Batch,
    BatchView,
    Change,
    ChangeKind,
    ChangeView,
    Entry,
    EntryView,
    ListedSignal,
    ListPolicy,
    ListSettings,
    Person,
    PolicyView,
    SignalView,
)
from hashsvc.hashlist.workflow import derived_state, stand_of
from hashsvc.lmdb_env import Environment, Transaction
from hashsvc.signals import Signal


def etag_of(entry: Entry) -> str:
    """What `AmendEntry` must send back: changes whenever the entry does."""
    return str(entry.last_sequence)


class Describer:
    """Describes stored values in one transaction."""

    def __init__(self, env: Environment, txn: Transaction, batch_by_number: Callable[[int], Batch]) -> None:
        self._env = env
        self._txn = txn
        self._batch_by_number = batch_by_number
        self._names: dict[bytes, str] = {}
        self._batch_pasts: dict[int, list[Batch]] = {}

    def name(self, actor: bytes) -> str:
        """The actor's name, or the pseudonym in hex where the name is not kept; "" for the list itself."""
        if actor == codec.NO_ID:
            return ""
        found = self._names.get(actor)
        if found is None:
            data = self._txn.get(actor, db=self._env.tables["actors"])
            found = self._names[actor] = actor.hex() if data is None else bytes(data).decode()
        return found

    def people(self, people: tuple[Person, ...]) -> tuple[tuple[int, str], ...]:
        return tuple((person.role, self.name(person.actor)) for person in people)

    def entry(self, entry: Entry, at_sequence: int | None = None) -> EntryView:
        """Describe an entry with its batches as they are now, or as they were at a sequence."""
        signals = []
        for listed in entry.signals:
            batch = self._batch_at(listed.batch, at_sequence) if listed.batch else None
            stand = stand_of(listed, batch)
            signals.append(
                SignalView(
                    ordinal=listed.ordinal,
                    signal=self._signal(entry, listed),
                    state=stand.state,
                    people=self.people(stand.people),
                    batch_id=batch.batch_id if batch is not None else b"",
                )
            )
        return EntryView(
            entry_id=entry.entry_id,
            source=entry.source,
            environment=entry.environment,
            content_id=entry.content_id,
            state=int(derived_state(s.state for s in signals)),
            signals=tuple(signals),
            details=entry.details,
            first_sequence=entry.number,
            last_sequence=entry.last_sequence,
            created_us=entry.created_us,
            updated_us=entry.updated_us,
            etag=etag_of(entry),
        )

    def _signal(self, entry: Entry, listed: ListedSignal) -> Signal:
        """A listed signal as people see it; of a URL also when it was last seen live, as far as is known today."""
        if listed.url is None:
            return Signal(listed.type, listed.value, listed.quality, listed.algorithm)
        seen = self._txn.get(pack_ref(ref_of(entry.number, listed.ordinal)), db=self._env.tables["seen_live"])
        return facts_of(listed, unpack_time(seen) if seen is not None else listed.url.seen_live_us)

    def batch(self, batch: Batch) -> BatchView:
        return BatchView(
            batch_id=batch.batch_id,
            state=batch.state,
            file_digest=batch.file_digest,
            source=batch.source,
            attested_confirmation_count=batch.attested_confirmation_count,
            inserted_count=batch.inserted_count,
            amended_count=batch.amended_count,
            digest=batch.digest if batch.sealed else b"",
            people=self.people(batch.people),
            first_sequence=batch.number,
            last_sequence=batch.last_sequence,
        )

    def policy(self, policy: ListPolicy, *, is_applied: bool) -> PolicyView:
        return PolicyView(
            version=policy.version,
            text=policy.text,
            people=self.people(policy.people),
            proposal_sequence=policy.number,
            applied_sequence=policy.last_sequence if is_applied else 0,
        )

    def change(self, change: Change) -> ChangeView:
        payload = change.payload
        entry = payload.entry if payload is not None else None
        batch = payload.batch if payload is not None else None
        policy = payload.policy if payload is not None else None
        of_batch = change.kind in (
            ChangeKind.BATCH_CREATED,
            ChangeKind.BATCH_SEALED,
            ChangeKind.BATCH_CONFIRMED,
            ChangeKind.BATCH_RETRACTION_REQUESTED,
            ChangeKind.BATCH_RETRACTION_CONFIRMED,
        )
        of_list = change.subject == codec.NO_ID
        seen_live_us, seen_live = self._seen_live(change)
        batch_id = b""
        if change.batch:
            batch_id = self._batch_by_number(change.batch).batch_id
        return ChangeView(
            sequence=change.sequence,
            time_us=change.time_us,
            kind=change.kind,
            actor=self.name(change.actor),
            entry_id=b"" if of_batch or of_list else change.subject,
            batch_id=batch_id,
            state_before=change.state_before,
            state_after=change.state_after,
            ordinals=tuple(sorted({*change.added, *change.acted})),
            reason_code=payload.reason_code if payload is not None else "",
            note=payload.note if payload is not None else "",
            entry=None if entry is None else self.entry(entry, change.sequence),
            batch=None if batch is None else self.batch(batch),
            payload_erased=payload is None,
            record=change.record,
            seen_live_us=seen_live_us,
            seen_live=seen_live,
            policy=(
                None if policy is None else self.policy(policy, is_applied=change.kind == ChangeKind.POLICY_APPLIED)
            ),
        )

    def _seen_live(self, change: Change) -> tuple[int, tuple[tuple[bytes, int], ...]]:
        """The time, and (entry id, ordinal) of each URL, of a change that says they were seen live."""
        seen = change.payload.seen_live if change.payload is not None else None
        if seen is None:
            return 0, ()
        found = []
        for (ref,) in REF.iter_unpack(seen.refs):
            data = self._txn.get(codec.pack_sequence(number_of(ref)), db=self._env.tables["entries"])
            if data is None:
                raise DamagedData("DAMAGED_VIEW", "a change names an entry that the list does not hold")
            found.append((codec.decode_entry(data).entry_id, ordinal_of(ref)))
        return seen.time_us, tuple(found)

    def _batch_at(self, number: int, sequence: int | None) -> Batch:
        """A batch as it is now, or as its last own change up to a sequence left it."""
        if sequence is None:
            return self._batch_by_number(number)
        past = self._batch_pasts.get(number)
        if past is None:
            past = self._batch_pasts[number] = self._past_of(self._batch_by_number(number))
        return next((batch for batch in past if batch.last_sequence <= sequence), past[-1])

    def _past_of(self, batch: Batch) -> list[Batch]:
        """A batch after each of its own changes, newest first."""
        past = []
        sequence = batch.last_sequence
        while sequence:
            change = log.read_change(self._env, self._txn, sequence)
            if change.payload is not None and change.payload.batch is not None:
                past.append(change.payload.batch)
            sequence = change.previous
        return past or [batch]

    def settings(self) -> ListSettings:
        """The list's settings, from its first change."""
        payload = log.read_change(self._env, self._txn, 1).payload
        if payload is None or payload.settings is None:
            raise DamagedData("DAMAGED_LOG", "the first change does not hold the list's settings")
        return payload.settings
