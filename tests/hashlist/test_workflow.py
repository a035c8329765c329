"""Four eyes: the whole transition table, and that nothing is CONFIRMED or RETRACTED on one person's word."""

import random
from pathlib import Path

import pytest

from hashsvc.errors import FailedPrecondition, HashsvcError, InvalidArgument
from hashsvc.hashlist import workflow
from hashsvc.hashlist.values import (
    Batch,
    BatchState,
    ChangeKind,
    ListedSignal,
    Person,
    ProposeEntry,
    Role,
    SealBatch,
    State,
)
from hashsvc.hashlist.workflow import Stand
from tests.hashlist.lists import (
    bring,
    confirmation,
    content,
    create,
    decide,
    done,
    entry_of,
    found_state,
    new_list,
    propose,
    retraction,
)

ANN, BOB, CLEO, DAN, EVE = (name.encode() * 4 for name in ("ann-", "bob-", "cleo", "dan-", "eve-"))
PROPOSED_BY_ANN = (Person(Role.PROPOSER, ANN),)
CONFIRMED_BY_BOB = (*PROPOSED_BY_ANN, Person(Role.CONFIRMER, BOB))
ASKED_BY_CLEO = (*CONFIRMED_BY_BOB, Person(Role.RETRACTOR, CLEO))
CONFIRM, REJECT, DISPUTE, RESOLVE, RETRACT, AGREE = (
    ChangeKind.ENTRY_CONFIRMED,
    ChangeKind.ENTRY_REJECTED,
    ChangeKind.ENTRY_DISPUTED,
    ChangeKind.DISPUTE_RESOLVED,
    ChangeKind.RETRACTION_REQUESTED,
    ChangeKind.RETRACTION_CONFIRMED,
)
ACTIONS = (CONFIRM, REJECT, DISPUTE, RESOLVE, RETRACT, AGREE)

# state, people before, action, actor → state afterwards, or the reason of the refusal; for 2 and for 3 people.
TABLE = [
    (State.PROPOSED, PROPOSED_BY_ANN, CONFIRM, BOB, State.CONFIRMED, State.PROPOSED),
    (State.PROPOSED, PROPOSED_BY_ANN, CONFIRM, ANN, "SELF_CONFIRMATION", "SELF_CONFIRMATION"),
    (State.PROPOSED, CONFIRMED_BY_BOB, CONFIRM, BOB, "ALREADY_CONFIRMED_BY_ACTOR", "ALREADY_CONFIRMED_BY_ACTOR"),
    (State.PROPOSED, CONFIRMED_BY_BOB, CONFIRM, CLEO, State.CONFIRMED, State.CONFIRMED),
    (State.PROPOSED, PROPOSED_BY_ANN, REJECT, ANN, State.REJECTED, State.REJECTED),
    (State.PROPOSED, PROPOSED_BY_ANN, REJECT, BOB, State.REJECTED, State.REJECTED),
    (State.PROPOSED, PROPOSED_BY_ANN, DISPUTE, BOB, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.PROPOSED, PROPOSED_BY_ANN, RETRACT, BOB, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.PROPOSED, PROPOSED_BY_ANN, AGREE, BOB, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.PROPOSED, PROPOSED_BY_ANN, RESOLVE, BOB, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.CONFIRMED, CONFIRMED_BY_BOB, DISPUTE, ANN, State.DISPUTED, State.DISPUTED),
    (State.CONFIRMED, CONFIRMED_BY_BOB, DISPUTE, EVE, State.DISPUTED, State.DISPUTED),
    (State.CONFIRMED, CONFIRMED_BY_BOB, RETRACT, ANN, State.DISPUTED, State.DISPUTED),
    (State.CONFIRMED, CONFIRMED_BY_BOB, CONFIRM, CLEO, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.CONFIRMED, CONFIRMED_BY_BOB, REJECT, CLEO, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.CONFIRMED, CONFIRMED_BY_BOB, RESOLVE, CLEO, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.CONFIRMED, CONFIRMED_BY_BOB, AGREE, CLEO, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.DISPUTED, ASKED_BY_CLEO, AGREE, DAN, State.RETRACTED, State.DISPUTED),
    (State.DISPUTED, ASKED_BY_CLEO, AGREE, ANN, State.RETRACTED, State.DISPUTED),
    (State.DISPUTED, ASKED_BY_CLEO, AGREE, CLEO, "SELF_CONFIRMATION", "SELF_CONFIRMATION"),
    (State.DISPUTED, (*ASKED_BY_CLEO, Person(Role.RETRACTION_CONFIRMER, DAN)), AGREE, DAN,
     "ALREADY_CONFIRMED_BY_ACTOR", "ALREADY_CONFIRMED_BY_ACTOR"),
    (State.DISPUTED, (*ASKED_BY_CLEO, Person(Role.RETRACTION_CONFIRMER, DAN)), AGREE, EVE,
     State.RETRACTED, State.RETRACTED),
    (State.DISPUTED, ASKED_BY_CLEO, RETRACT, DAN, "RETRACTION_UNDER_WAY", "RETRACTION_UNDER_WAY"),
    (State.DISPUTED, ASKED_BY_CLEO, RESOLVE, DAN, State.CONFIRMED, State.PROPOSED),
    (State.DISPUTED, ASKED_BY_CLEO, RESOLVE, ANN, "NOT_INDEPENDENT", "NOT_INDEPENDENT"),
    (State.DISPUTED, ASKED_BY_CLEO, RESOLVE, BOB, "NOT_INDEPENDENT", "NOT_INDEPENDENT"),
    (State.DISPUTED, ASKED_BY_CLEO, RESOLVE, CLEO, "NOT_INDEPENDENT", "NOT_INDEPENDENT"),
    (State.DISPUTED, (*CONFIRMED_BY_BOB, Person(Role.DISPUTER, CLEO)), RETRACT, CLEO, State.DISPUTED, State.DISPUTED),
    (State.DISPUTED, (*CONFIRMED_BY_BOB, Person(Role.DISPUTER, CLEO)), AGREE, DAN, "NO_RETRACTION", "NO_RETRACTION"),
    (State.DISPUTED, (*ASKED_BY_CLEO, Person(Role.RESOLVER, DAN), Person(Role.DISPUTER, EVE)), AGREE, EVE,
     "NO_RETRACTION", "NO_RETRACTION"),
    (State.DISPUTED, ASKED_BY_CLEO, CONFIRM, DAN, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.DISPUTED, ASKED_BY_CLEO, REJECT, DAN, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    (State.DISPUTED, ASKED_BY_CLEO, DISPUTE, DAN, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION"),
    *[
        (state, CONFIRMED_BY_BOB, action, EVE, "ILLEGAL_TRANSITION", "ILLEGAL_TRANSITION")
        for state in (State.REJECTED, State.RETRACTED)
        for action in ACTIONS
    ],
]  # fmt: skip


@pytest.mark.parametrize("required", [2, 3])
@pytest.mark.parametrize("row", TABLE, ids=lambda row: f"{row[0].name}-{row[2].name}-{row[3][:3].decode()}")
def test_the_transition_table(row: tuple, required: int) -> None:
    """Each state, action and actor gives just the state or the refusal that the table says."""
    state, people, action, actor, *outcomes = row
    outcome = outcomes[required - 2]
    stands = {0: Stand(state, people)}
    if isinstance(outcome, str):
        with pytest.raises(FailedPrecondition) as refused:
            workflow.decide(action, actor, stands, (0,), required)
        assert refused.value.reason == outcome
    else:
        decided = workflow.decide(action, actor, stands, (0,), required)
        assert decided[0].state == outcome
        assert decided[0].people[:-1] == people
        assert decided[0].people[-1].actor == actor


def test_the_table_above_is_whole() -> None:
    """Every pair of state and action stands in the table, and the product allows no other than it shows allowed."""
    states = (State.PROPOSED, State.CONFIRMED, State.DISPUTED, State.REJECTED, State.RETRACTED)
    assert {(row[0], row[2]) for row in TABLE} == {(state, action) for state in states for action in ACTIONS}
    allowed = {(row[0], row[2]) for row in TABLE if not isinstance(row[4], str)}
    assert allowed == set(workflow.TRANSITIONS)


def test_an_action_on_several_signals_does_all_or_none() -> None:
    """Where one of the named signals does not allow an action, none is changed."""
    stands = {0: Stand(State.PROPOSED, PROPOSED_BY_ANN), 1: Stand(State.CONFIRMED, CONFIRMED_BY_BOB)}
    assert set(workflow.decide(CONFIRM, CLEO, stands, (), 2)) == {0}
    with pytest.raises(FailedPrecondition, match="ILLEGAL_TRANSITION"):
        workflow.decide(CONFIRM, CLEO, stands, (0, 1), 2)
    with pytest.raises(InvalidArgument, match="UNKNOWN_ORDINAL"):
        workflow.decide(CONFIRM, CLEO, stands, (7,), 2)


BATCH_EFFECTS = [
    # own state, batch's state → effective
    (State.WITH_BATCH, BatchState.OPEN, State.PROPOSED),
    (State.WITH_BATCH, BatchState.SEALED, State.PROPOSED),
    (State.WITH_BATCH, BatchState.CONFIRMED, State.CONFIRMED),
    (State.WITH_BATCH, BatchState.DISPUTED, State.DISPUTED),
    (State.WITH_BATCH, BatchState.RETRACTED, State.RETRACTED),
    (State.PROPOSED, BatchState.CONFIRMED, State.PROPOSED),
    (State.PROPOSED, BatchState.DISPUTED, State.PROPOSED),
    (State.CONFIRMED, BatchState.OPEN, State.CONFIRMED),
    (State.CONFIRMED, BatchState.DISPUTED, State.DISPUTED),
    (State.CONFIRMED, BatchState.RETRACTED, State.RETRACTED),
    (State.DISPUTED, BatchState.CONFIRMED, State.DISPUTED),
    (State.REJECTED, BatchState.CONFIRMED, State.REJECTED),
    (State.REJECTED, BatchState.RETRACTED, State.REJECTED),
    (State.RETRACTED, BatchState.CONFIRMED, State.RETRACTED),
]


@pytest.mark.parametrize(("own", "batch_state", "effective"), BATCH_EFFECTS)
def test_what_a_batch_makes_of_its_signals(own: int, batch_state: int, effective: int) -> None:
    """A batch decides for signals that nobody decided alone; retracting it retracts all it brought."""
    batch = Batch(1, 1, bytes(16), batch_state, bytes(32), "org", 0, 1, 0, bytes(32), ())
    assert workflow.effective_state(ListedSignal(0, 1, bytes(16), 255, "", own, 1), batch) == effective


def words(people: tuple[Person, ...], *roles: int) -> set[bytes]:
    return {person.actor for person in people if person.role in roles}


@pytest.mark.parametrize("required", [2, 3, 8])
def test_nothing_is_final_on_one_persons_word(required: int) -> None:
    """In 10,000 random lives no signal becomes CONFIRMED or RETRACTED without as many people as the list demands."""
    chosen = random.Random(required)
    everybody = [bytes((i,)) * 16 for i in range(required + 2)]
    reached: dict[int, int] = {State.CONFIRMED: 0, State.RETRACTED: 0}
    for _ in range(10_000):
        proposer = chosen.choice(everybody)
        stand = Stand(State.PROPOSED, (Person(Role.PROPOSER, proposer),))
        for _ in range(chosen.randint(1, 8 * required)):
            fit = [action for state, action in workflow.TRANSITIONS if state == stand.state and action != REJECT]
            action = chosen.choice(ACTIONS if chosen.random() < 0.2 or not fit else fit)
            actor, before = chosen.choice(everybody), stand
            try:
                stand = workflow.decide(action, actor, {0: stand}, (0,), required)[0]
            except HashsvcError:
                continue
            if stand.state == State.CONFIRMED:
                agreed = words(stand.people, Role.PROPOSER, Role.CONFIRMER)
                assert len(agreed) >= required
                assert proposer not in words(stand.people, Role.CONFIRMER)
                if action == RESOLVE:
                    assert actor not in {person.actor for person in before.people}
            if stand.state == State.RETRACTED:
                under_way = workflow.open_retraction(stand.people)
                assert len({person.actor for person in under_way}) >= required
            if stand.state != before.state and stand.state in reached:
                reached[stand.state] += 1
    assert min(reached.values()) > 100, "the lives must come that far"


@pytest.mark.parametrize("required", [2, 3])
def test_no_batch_is_final_on_one_persons_word(required: int) -> None:
    """In 10,000 random lives no batch becomes CONFIRMED or RETRACTED without as many people as the list demands."""
    chosen = random.Random(required)
    everybody = [bytes((i,)) * 16 for i in range(5)]
    reached = set()
    for _ in range(10_000):
        importers = set(chosen.sample(everybody, chosen.randint(1, 2)))
        people = tuple(Person(Role.PROPOSER, actor) for actor in importers)
        stand = Stand(BatchState.SEALED, people)
        for _ in range(chosen.randint(1, 8)):
            actor = chosen.choice(everybody)
            rule = chosen.choice((workflow.confirm_batch, workflow.retract_batch))
            try:
                if rule is workflow.confirm_batch:
                    stand = workflow.confirm_batch(stand.state, stand.people, actor, required, True)
                else:
                    stand = workflow.retract_batch(stand.state, stand.people, actor, required)
            except HashsvcError:
                continue
            reached.add(stand.state)
            if stand.state == BatchState.CONFIRMED:
                confirmers = words(stand.people, Role.CONFIRMER)
                assert len(confirmers) + 1 >= required
                assert not confirmers & importers
            if stand.state == BatchState.RETRACTED:
                assert len({p.actor for p in workflow.open_retraction(stand.people)}) >= required
    assert reached >= {BatchState.CONFIRMED, BatchState.DISPUTED, BatchState.RETRACTED}


def test_a_list_of_three_takes_three(tmp_path: Path) -> None:
    """On a list that demands three, two people's word confirms and retracts nothing, by no path."""
    store = new_list(tmp_path / "data", people_required=3)
    entry_id = entry_of(store, propose(1))
    done(store, decide(CONFIRM, entry_id, "bob"))
    assert found_state(store, 1) == ([State.PROPOSED], [State.PROPOSED])
    done(store, decide(CONFIRM, entry_id, "cleo"))
    assert found_state(store, 1) == ([State.CONFIRMED], [State.CONFIRMED])
    done(store, decide(RETRACT, entry_id, "ann"))
    done(store, decide(AGREE, entry_id, "bob"))
    assert found_state(store, 1) == ([State.DISPUTED], [State.DISPUTED])
    done(store, decide(AGREE, entry_id, "cleo"))
    assert found_state(store, 1) == ([State.RETRACTED], [State.RETRACTED])

    batch_id = create(store, "ann", bytes(31) + b"\1")
    done(store, bring(batch_id, [10, 11]))
    done(store, SealBatch(actor="ann", request_id="seal", batch_id=batch_id))
    done(store, confirmation(store, batch_id, "bob"))
    assert found_state(store, 10)[0] == [State.PROPOSED]
    done(store, confirmation(store, batch_id, "cleo"))
    assert found_state(store, 10)[0] == [State.CONFIRMED]
    done(store, retraction(batch_id, "ann"))
    done(store, retraction(batch_id, "bob"))
    assert found_state(store, 10)[0] == [State.DISPUTED]
    done(store, retraction(batch_id, "cleo"))
    assert found_state(store, 10)[0] == [State.RETRACTED]
    store.close()


def test_who_brought_part_of_a_batch_does_not_confirm_it(tmp_path: Path) -> None:
    """Everybody who imported into a batch has had a part: none of them confirms it, nor a signal of it alone."""
    store = new_list(tmp_path / "data")
    batch_id = create(store, "ann", bytes(31) + b"\1")
    done(store, bring(batch_id, [1], "ann"))
    done(store, bring(batch_id, [2], "bob"))
    done(store, SealBatch(actor="cleo", request_id="seal", batch_id=batch_id))
    with store.snapshot() as snapshot:
        (first, _), _ = snapshot.pages.entries(0, 2, 0, b"")
    for importer in ("ann", "bob"):
        with pytest.raises(FailedPrecondition, match="SELF_CONFIRMATION"):
            done(store, confirmation(store, batch_id, importer))
        with pytest.raises(FailedPrecondition, match="SELF_CONFIRMATION"):
            done(store, decide(CONFIRM, first.entry_id, importer))
    done(store, confirmation(store, batch_id, "cleo"))
    assert found_state(store, 1)[0] == [State.CONFIRMED]
    store.close()


def test_an_import_does_not_bring_back_what_was_retracted(tmp_path: Path) -> None:
    """What people have retracted or rejected stays so when a file brings it again."""
    store = new_list(tmp_path / "data")
    entry_id = entry_of(store, ProposeEntry(actor="ann", request_id="p", content=content(1)))
    done(store, decide(REJECT, entry_id, "bob"))
    batch_id = create(store, "cleo", bytes(31) + b"\1")
    written = done(store, bring(batch_id, [1], "cleo"))
    assert written.outcomes == b"\3"
    assert [problem[1] for problem in written.problems] == ["SIGNAL_NOT_LIVE"]
    assert found_state(store, 1)[0] == [State.REJECTED]
    store.close()
