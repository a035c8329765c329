"""Four eyes, checked after the fact: does a stored change follow from the state before it by the workflow's rules?

Pure. `verify` runs it over the whole log, so that an entry that became CONFIRMED by any other way than enough
people's decisions is found. Raises DamagedData, never repairs.
"""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from hashsvc.errors import DamagedData, HashsvcError
from hashsvc.hashlist import codec, workflow
from hashsvc.hashlist.codec import Header
from hashsvc.hashlist.values import Batch, BatchState, ChangeKind, Entry, ListPolicy, Payload, Person, Role, State
from hashsvc.hashlist.workflow import Stand


def check_step(
    header: Header,
    payload: Payload,
    before: Entry | None,
    batch_of: Callable[[int], Batch],
    proposed: ListPolicy | None = None,
    in_force: ListPolicy | None = None,
) -> None:
    """Check one change. before: the entry as the change before left it. batch_of: batches as they were just before.

    proposed, in_force: policies as they were just before, for changes of a policy.
    """
    try:
        if payload.entry is not None:
            _check_entry(header, payload.entry, before, batch_of)
        elif payload.batch is not None:
            _check_batch(header, payload.batch, batch_of)
        elif payload.seen_live is not None and (
            header.kind != ChangeKind.URLS_SEEN_LIVE or payload.seen_live.time_us > header.time_us
        ):
            raise _wrong(header, "it says that URLs were seen live, of another kind or in its own future")
        elif payload.policy is not None:
            _check_policy(header, payload.policy, proposed, in_force)
    except HashsvcError as error:
        if isinstance(error, DamagedData):
            raise
        raise _wrong(header, f"it was not allowed: {error.reason}") from error


def _check_entry(header: Header, after: Entry, before: Entry | None, batch_of: Callable[[int], Batch]) -> None:
    had = before.signals if before is not None else ()
    if (header.previous == 0) != (before is None) or (before is not None and header.previous != before.last_sequence):
        raise _wrong(header, "it does not follow the entry's last change")
    if after.entry_id != header.subject or after.last_sequence != header.sequence:
        raise _wrong(header, "its payload tells of another entry or sequence")
    decided = _decided(header, before, batch_of)
    for i, signal in enumerate(after.signals):
        if signal.ordinal != i:
            raise _wrong(header, "its signals are not numbered in order")
        if i >= len(had):
            if not header.added >> i & 1:
                raise _wrong(header, f"it adds signal {i} without saying so")
            _check_added(header, signal.state, signal.people, signal.batch)
        else:
            stand = decided.get(i, Stand(had[i].state, had[i].people))
            same = (signal.type, signal.value, signal.batch, signal.url) == (
                had[i].type, had[i].value, had[i].batch, had[i].url,
            )  # fmt: skip
            if not same or (signal.state, signal.people) != (int(stand.state), stand.people):
                raise _wrong(header, f"signal {i} is not as the workflow would leave it")
    if len(after.signals) < len(had):
        raise _wrong(header, "signals are gone")


def _decided(header: Header, before: Entry | None, batch_of: Callable[[int], Batch]) -> dict[int, Stand]:
    """New stands of the signals that the change acted on, by the workflow."""
    acted = codec.ordinals_of(header.acted)
    if not acted or before is None:
        return {}
    stands = {s.ordinal: workflow.stand_of(s, batch_of(s.batch) if s.batch else None) for s in before.signals}
    if header.kind in workflow.ACTIONS:
        return workflow.decide(header.kind, header.actor, stands, acted, header.people_required)
    if header.kind != ChangeKind.ENTRY_AMENDED:
        raise _wrong(header, "it acts on signals and its kind does not")
    decided: dict[int, Stand] = {}
    for ordinal in acted:
        decided |= workflow.decide(
            workflow.removal_of(stands[ordinal]), header.actor, stands, (ordinal,), header.people_required
        )
    return decided


def _check_added(header: Header, state: int, people: tuple[Person, ...], batch: int) -> None:
    if header.kind == ChangeKind.ENTRY_IMPORTED:
        allowed = state == State.WITH_BATCH and batch == header.batch and not people
    else:
        allowed = state == State.PROPOSED and people == (Person(Role.PROPOSER, header.actor),) and not batch
    if not allowed:
        raise _wrong(header, "an added signal does not begin as proposed")


def _check_batch(header: Header, after: Batch, batch_of: Callable[[int], Batch]) -> None:
    if header.kind == ChangeKind.BATCH_CREATED:
        if after.state != BatchState.OPEN or after.people != (Person(Role.PROPOSER, header.actor),):
            raise _wrong(header, "a batch does not begin open")
        return
    before = batch_of(after.number)
    required = header.people_required
    if header.kind == ChangeKind.BATCH_SEALED:
        if before.state != BatchState.OPEN:
            raise _wrong(header, "a batch that was not open was sealed")
        stand = Stand(BatchState.SEALED, before.people)
    elif header.kind == ChangeKind.BATCH_CONFIRMED:
        stand = workflow.confirm_batch(before.state, before.people, header.actor, required, before.sealed)
    else:
        stand = workflow.retract_batch(before.state, before.people, header.actor, required)
    sealed = before.sealed or header.kind == ChangeKind.BATCH_SEALED
    if (after.state, after.people, after.sealed) != (int(stand.state), stand.people, sealed):
        raise _wrong(header, "the batch is not as the workflow would leave it")
    if (after.digest, after.inserted_count, after.amended_count) != (
        before.digest,
        before.inserted_count,
        before.amended_count,
    ):
        raise _wrong(header, "the batch's digest or counts are not those of what it brought")


def _check_policy(header: Header, after: ListPolicy, proposed: ListPolicy | None, in_force: ListPolicy | None) -> None:
    if after.last_sequence != header.sequence:
        raise _wrong(header, "its payload tells of another sequence")
    if header.kind == ChangeKind.POLICY_PROPOSED:
        before = 0 if in_force is None else in_force.last_sequence
        if (after.number, after.people, after.before) != (
            header.sequence, (Person(Role.PROPOSER, header.actor),), before,
        ):  # fmt: skip
            raise _wrong(header, "a policy does not begin as proposed")
        return
    if proposed is None or header.previous != proposed.last_sequence:
        raise _wrong(header, "it does not follow the proposal's last change")
    people, is_applied = workflow.confirm_policy(proposed.people, header.actor, header.people_required)
    kind = ChangeKind.POLICY_APPLIED if is_applied else ChangeKind.POLICY_CONFIRMED
    signed = msgspec.structs.replace(proposed, last_sequence=header.sequence, people=people)
    if header.kind != kind or after != signed:
        raise _wrong(header, "the policy is not as the workflow would leave it")


def _wrong(header: Header, what: str) -> DamagedData:
    return DamagedData("BROKEN_WORKFLOW", f"change {header.sequence} ({ChangeKind(header.kind).name}): {what}")
