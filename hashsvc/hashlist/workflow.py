"""Four eyes: what may be done to a signal or a batch, by whom, and what follows. Pure: no store, no clock.

`TRANSITIONS` is the whole table; docs/workflow.md prints it. The rules (docs/design.md, What is on the list): who
proposes does not confirm; safe direction at once, final direction by as many people as the list demands; a dispute is
settled by somebody who had no part in it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec

from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.hashlist.values import Batch, BatchState, ChangeKind, ListedSignal, Person, Role, State

LIVE = (State.PROPOSED, State.CONFIRMED, State.DISPUTED)
BATCH_TO_SIGNAL: dict[int, State] = {
    BatchState.OPEN: State.PROPOSED,
    BatchState.SEALED: State.PROPOSED,
    BatchState.CONFIRMED: State.CONFIRMED,
    BatchState.DISPUTED: State.DISPUTED,
    BatchState.RETRACTED: State.RETRACTED,
}


class Stand(msgspec.Struct, frozen=True):
    """Where a signal stands: its effective state and everybody who had a part."""

    state: int
    people: tuple[Person, ...]


Rule = Callable[[Stand, bytes, int], Stand]


def effective_state(signal: ListedSignal, batch: Batch | None) -> int:
    """The state that counts. batch: the one that brought the signal, None if it came alone.

    A retracted batch retracts all it brought; a disputed one disputes all of it that is confirmed; else the
    signal's own state counts, or the batch's while the signal was never decided alone.
    """
    if batch is None:
        return signal.state
    if batch.state == BatchState.RETRACTED:
        return State.REJECTED if signal.state == State.REJECTED else State.RETRACTED
    own = signal.state or BATCH_TO_SIGNAL[batch.state]
    return State.DISPUTED if batch.state == BatchState.DISPUTED and own == State.CONFIRMED else own


def stand_of(signal: ListedSignal, batch: Batch | None) -> Stand:
    """Where a signal stands: its effective state, and the batch's people while the batch decides."""
    people = batch.people if batch is not None and signal.state == State.WITH_BATCH else signal.people
    return Stand(int(effective_state(signal, batch)), people)


def removal_of(stand: Stand | None) -> int:
    """What removing a signal by amendment means: a PROPOSED one is rejected, of another a retraction is asked for."""
    proposed = stand is not None and stand.state == State.PROPOSED
    return ChangeKind.ENTRY_REJECTED if proposed else ChangeKind.RETRACTION_REQUESTED


def derived_state(states: Iterable[int]) -> int:
    """An entry's state: the first that a signal has of DISPUTED, CONFIRMED, PROPOSED, RETRACTED, REJECTED."""
    found = set(states)
    for state in (State.DISPUTED, State.CONFIRMED, State.PROPOSED, State.RETRACTED, State.REJECTED):
        if state in found:
            return state
    raise AssertionError("an entry has at least one signal")


def distinct(people: Iterable[Person], *roles: int) -> set[bytes]:
    """Actors who had one of these roles (any, if none is named)."""
    return {person.actor for person in people if not roles or person.role in roles}


def open_retraction(people: Sequence[Person]) -> tuple[Person, ...]:
    """People of the retraction that is under way: those since the last dispute was resolved."""
    since = 0
    for i, person in enumerate(people):
        if person.role == Role.RESOLVER:
            since = i + 1
    return tuple(p for p in people[since:] if p.role in (Role.RETRACTOR, Role.RETRACTION_CONFIRMER))


def _confirm(stand: Stand, actor: bytes, required: int) -> Stand:
    if actor in distinct(stand.people, Role.PROPOSER):
        raise FailedPrecondition("SELF_CONFIRMATION", "who proposes does not confirm; somebody else must")
    if actor in distinct(stand.people, Role.CONFIRMER):
        raise FailedPrecondition("ALREADY_CONFIRMED_BY_ACTOR", "this person has confirmed already; somebody else must")
    people = (*stand.people, Person(Role.CONFIRMER, actor))
    enough = 1 + len(distinct(people, Role.CONFIRMER)) >= required
    return Stand(State.CONFIRMED if enough else State.PROPOSED, people)


def _reject(stand: Stand, actor: bytes, required: int) -> Stand:
    return Stand(State.REJECTED, (*stand.people, Person(Role.REJECTER, actor)))


def _dispute(stand: Stand, actor: bytes, required: int) -> Stand:
    return Stand(State.DISPUTED, (*stand.people, Person(Role.DISPUTER, actor)))


def _retract(stand: Stand, actor: bytes, required: int) -> Stand:
    if open_retraction(stand.people):
        raise FailedPrecondition(
            "RETRACTION_UNDER_WAY", "a retraction was asked for already; somebody else confirms it"
        )
    return Stand(State.DISPUTED, (*stand.people, Person(Role.RETRACTOR, actor)))


def _confirm_retraction(stand: Stand, actor: bytes, required: int) -> Stand:
    under_way = open_retraction(stand.people)
    if not under_way:
        raise FailedPrecondition("NO_RETRACTION", "nobody asked for a retraction; ask for one first")
    if actor in distinct(under_way, Role.RETRACTOR):
        raise FailedPrecondition("SELF_CONFIRMATION", "who asks for a retraction does not confirm it")
    if actor in distinct(under_way):
        raise FailedPrecondition("ALREADY_CONFIRMED_BY_ACTOR", "this person has confirmed already; somebody else must")
    people = (*stand.people, Person(Role.RETRACTION_CONFIRMER, actor))
    enough = len(distinct(open_retraction(people))) >= required
    return Stand(State.RETRACTED if enough else State.DISPUTED, people)


def _resolve(stand: Stand, actor: bytes, required: int) -> Stand:
    if actor in distinct(stand.people):
        raise FailedPrecondition(
            "NOT_INDEPENDENT", "this person had a part in the decisions before; somebody else settles the dispute"
        )
    enough = 1 + len(distinct(stand.people, Role.CONFIRMER)) >= required
    return Stand(State.CONFIRMED if enough else State.PROPOSED, (*stand.people, Person(Role.RESOLVER, actor)))


# (state, action) → rule. What is not here is an illegal transition.
TRANSITIONS: dict[tuple[int, int], Rule] = {
    (State.PROPOSED, ChangeKind.ENTRY_CONFIRMED): _confirm,
    (State.PROPOSED, ChangeKind.ENTRY_REJECTED): _reject,
    (State.CONFIRMED, ChangeKind.ENTRY_DISPUTED): _dispute,
    (State.CONFIRMED, ChangeKind.RETRACTION_REQUESTED): _retract,
    (State.DISPUTED, ChangeKind.RETRACTION_REQUESTED): _retract,
    (State.DISPUTED, ChangeKind.RETRACTION_CONFIRMED): _confirm_retraction,
    (State.DISPUTED, ChangeKind.DISPUTE_RESOLVED): _resolve,
}
ACTIONS = tuple(dict.fromkeys(action for _, action in TRANSITIONS))


def decide(
    action: int, actor: bytes, stands: dict[int, Stand], ordinals: Sequence[int], required: int
) -> dict[int, Stand]:
    """Decide an action on an entry. stands: ordinal → stand of every signal. ordinals: which, empty = all that apply.

    Returns the new stand of each signal acted on: all of them change or none. Raises FailedPrecondition (illegal
    transition, self-confirmation, …), InvalidArgument UNKNOWN_ORDINAL.
    """
    for ordinal in ordinals:
        if ordinal not in stands:
            raise InvalidArgument("UNKNOWN_ORDINAL", f"the entry has no signal {ordinal}", field="ordinals")
    chosen = list(dict.fromkeys(ordinals)) or [o for o, s in stands.items() if _applies(action, s)]
    if not chosen:
        for stand in stands.values():
            if (stand.state, action) in TRANSITIONS:
                TRANSITIONS[stand.state, action](stand, actor, required)  # says why it does not apply
        found = ", ".join(sorted({State(s.state).name for s in stands.values()}))
        raise FailedPrecondition(
            "ILLEGAL_TRANSITION",
            f"{_name(action)} needs a signal that is {_needed(action)}; this entry's are {found}",
        )
    decided = {}
    for ordinal in chosen:
        stand = stands[ordinal]
        rule = TRANSITIONS.get((stand.state, action))
        if rule is None:
            raise FailedPrecondition(
                "ILLEGAL_TRANSITION",
                f"{_name(action)} needs a signal that is {_needed(action)}; "
                f"signal {ordinal} is {State(stand.state).name}",
            )
        decided[ordinal] = rule(stand, actor, required)
    return decided


def _applies(action: int, stand: Stand) -> bool:
    """Whether a signal is meant when no ordinals are named."""
    if (stand.state, action) not in TRANSITIONS:
        return False
    if action == ChangeKind.RETRACTION_CONFIRMED:
        return bool(open_retraction(stand.people))
    return action != ChangeKind.RETRACTION_REQUESTED or not open_retraction(stand.people)


def _needed(action: int) -> str:
    return " or ".join(State(state).name for state, known in TRANSITIONS if known == action)


def _name(action: int) -> str:
    return ChangeKind(action).name


def confirm_batch(state: int, people: tuple[Person, ...], actor: bytes, required: int, sealed: bool) -> Stand:
    """Decide a batch's confirmation; of a DISPUTED batch: settle it for the listing. Stand.state: BatchState."""
    if state == BatchState.OPEN:
        raise FailedPrecondition("BATCH_NOT_SEALED", "the batch still takes entries; seal it first")
    if state == BatchState.SEALED:
        if actor in distinct(people, Role.PROPOSER):
            raise FailedPrecondition("SELF_CONFIRMATION", "who imports does not confirm; somebody else must")
        if actor in distinct(people, Role.CONFIRMER):
            raise FailedPrecondition("ALREADY_CONFIRMED_BY_ACTOR", "this person has confirmed already")
        people = (*people, Person(Role.CONFIRMER, actor))
        return Stand(BatchState.CONFIRMED if _batch_confirmed(people, required) else BatchState.SEALED, people)
    if state == BatchState.DISPUTED:
        if actor in distinct(people):
            raise FailedPrecondition("NOT_INDEPENDENT", "this person had a part in the decisions before")
        settled = BatchState.SEALED if sealed else BatchState.OPEN
        settled = BatchState.CONFIRMED if _batch_confirmed(people, required) else settled
        return Stand(settled, (*people, Person(Role.RESOLVER, actor)))
    raise FailedPrecondition("ILLEGAL_TRANSITION", f"a batch that is {BatchState(state).name} cannot be confirmed")


def retract_batch(state: int, people: tuple[Person, ...], actor: bytes, required: int) -> Stand:
    """Decide a batch's retraction: the first person's makes it DISPUTED, enough others' RETRACTED."""
    if state == BatchState.RETRACTED:
        raise FailedPrecondition("ILLEGAL_TRANSITION", "the batch is RETRACTED already")
    under_way = open_retraction(people)
    if not under_way:
        return Stand(BatchState.DISPUTED, (*people, Person(Role.RETRACTOR, actor)))
    if actor in distinct(under_way):
        raise FailedPrecondition("SELF_CONFIRMATION", "who asked for the retraction does not confirm it")
    people = (*people, Person(Role.RETRACTION_CONFIRMER, actor))
    enough = len(distinct(open_retraction(people))) >= required
    return Stand(BatchState.RETRACTED if enough else BatchState.DISPUTED, people)


def confirm_policy(people: tuple[Person, ...], actor: bytes, required: int) -> tuple[tuple[Person, ...], bool]:
    """Decide a person's signature under a proposed policy: (people afterwards, whether it comes into force).

    Raises FailedPrecondition SELF_CONFIRMATION, ALREADY_CONFIRMED_BY_ACTOR.
    """
    if actor in distinct(people, Role.PROPOSER):
        raise FailedPrecondition("SELF_CONFIRMATION", "who proposes a policy does not confirm it; somebody else must")
    if actor in distinct(people):
        raise FailedPrecondition("ALREADY_CONFIRMED_BY_ACTOR", "this person has confirmed already; somebody else must")
    people = (*people, Person(Role.CONFIRMER, actor))
    return people, len(distinct(people)) >= required


def _batch_confirmed(people: tuple[Person, ...], required: int) -> bool:
    return 1 + len(distinct(people, Role.CONFIRMER)) >= required
