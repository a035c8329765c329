"""The policy as a change of the log: by as many people as the list demands, replayed, kept and restored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hashsvc.clock import SeededClock
from hashsvc.errors import DamagedData, HashsvcError
from hashsvc.hashlist import ListStore, codec, log, views
from hashsvc.hashlist.audit import check_step
from hashsvc.hashlist.backup import backup, restore
from hashsvc.hashlist.rebuild import rebuild
from hashsvc.hashlist.values import (
    ChangeKind,
    Command,
    ConfirmPolicy,
    Payload,
    Person,
    ProposePolicy,
    Role,
    State,
    Written,
)
from hashsvc.hashlist.verify import verify
from hashsvc.limits import POLICY_BYTES_MAX
from tests.hashlist.policies import apply, confirm, propose

TEXT = 'version = "{}"\n'


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ListStore]:
    with_two = make(tmp_path / "data", 2)
    yield with_two
    with_two.close()


def make(path: Path, people_required: int) -> ListStore:
    clock = SeededClock(5)
    ListStore.create(path, clock=clock, people_required=people_required)
    return ListStore.open(path, clock=clock)


def refusal(store: ListStore, command: Command) -> str:
    """Why a write is refused; it changes nothing."""
    before = head(store)
    (answer,) = store.write([command])
    assert isinstance(answer, HashsvcError), answer
    assert head(store) == before
    return answer.reason


def head(store: ListStore) -> log.Head:
    with store.snapshot() as snapshot:
        return snapshot.head


def in_force(store: ListStore) -> str:
    with store.snapshot() as snapshot:
        found = snapshot.policy_in_force()
    return found.version if found is not None else ""


def kinds(store: ListStore) -> list[int]:
    with store.snapshot() as snapshot:
        return [change.kind for change in snapshot.pages.changes(0, 100, 1 << 20)]


@pytest.mark.parametrize("people_required", [2, 3, 4])
def test_a_policy_is_in_force_once_enough_people_signed_it(tmp_path: Path, people_required: int) -> None:
    """The proposer's signature counts as one; the last that is needed is the change that applies the policy."""
    store = make(tmp_path / "data", people_required)
    signed = propose(store, "3", TEXT.format(3))
    number = signed.proposal_sequence
    for actor in ("bob", "cleo", "dan")[: people_required - 1]:
        assert (in_force(store), head(store).policy) == ("", 0)
        signed = confirm(store, number, actor)
    assert signed.applied_sequence == head(store).policy == head(store).sequence
    assert in_force(store) == "3"
    with store.snapshot() as snapshot:
        assert snapshot.policy_proposed() is None
        assert snapshot.policy_sequence == signed.applied_sequence
        (change,) = snapshot.pages.changes(signed.applied_sequence - 1, 1, 1 << 20)
    assert kinds(store)[1:] == [
        ChangeKind.POLICY_PROPOSED, *[ChangeKind.POLICY_CONFIRMED] * (people_required - 2), ChangeKind.POLICY_APPLIED,
    ]  # fmt: skip
    assert change.policy == signed
    assert (change.state_before, change.state_after) == (State.PROPOSED, State.CONFIRMED)
    assert (
        signed.people
        == ((Role.PROPOSER, "ann"), *((Role.CONFIRMER, who) for who in ("bob", "cleo", "dan")))[:people_required]
    )
    assert verify(store).ok
    store.close()


def test_nobody_signs_twice_or_what_they_proposed(tmp_path: Path) -> None:
    """Neither the proposer nor who has signed counts again, by whatever spelling of the name."""
    store = make(tmp_path / "data", 3)
    number = propose(store, "3", TEXT.format(3)).proposal_sequence
    assert refusal(store, ConfirmPolicy(actor="ANN", request_id="x", number=number)) == "SELF_CONFIRMATION"
    confirm(store, number, "bob")
    assert refusal(store, ConfirmPolicy(actor="Bob", request_id="y", number=number)) == "ALREADY_CONFIRMED_BY_ACTOR"
    assert in_force(store) == ""
    store.close()


def test_a_newer_proposal_replaces_the_one_that_waits(store: ListStore) -> None:
    """Who looked at the older one cannot sign the newer by it, and its signatures are gone with it."""
    first = propose(store, "3", TEXT.format(3)).proposal_sequence
    second = propose(store, "4", TEXT.format(4), "bob").proposal_sequence
    assert refusal(store, ConfirmPolicy(actor="cleo", request_id="x", number=first)) == "POLICY_REPLACED"
    confirm(store, second, "ann")
    assert in_force(store) == "4"
    assert refusal(store, ConfirmPolicy(actor="cleo", request_id="y", number=second)) == "NO_POLICY_PROPOSED"
    assert verify(store).ok


def test_a_version_names_one_policy(store: ListStore) -> None:
    """A version that was ever in force is not given to another text; the same policy may come back."""
    apply(store, "3", TEXT.format(3))
    apply(store, "4", TEXT.format(4))
    again = ProposePolicy(actor="ann", request_id="x", version="3", text=TEXT.format(3) + "# other\n")
    assert refusal(store, again) == "POLICY_VERSION_USED"
    apply(store, "3", TEXT.format(3))
    assert in_force(store) == "3"
    with store.snapshot() as snapshot:
        found = snapshot.policies_since(0)
        assert [None if one is None else one.version for one in found] == ["3", "4", "3", None]
        assert [one and one.version for one in snapshot.policies_since(found[1].last_sequence)] == ["3", "4"]  # type: ignore[union-attr]


def test_a_policy_has_a_size(store: ListStore) -> None:
    """A text of more bytes than a policy may have is refused, and one that just fits is not."""
    too_large = ProposePolicy(actor="ann", request_id="x", version="3", text="é" * (POLICY_BYTES_MAX // 2) + "x")
    assert refusal(store, too_large) == "POLICY_TOO_LARGE"
    fits = ProposePolicy(
        actor="ann", request_id="y", version="é" * 64, text="é" * (POLICY_BYTES_MAX // 2), note="é" * 2_000
    )
    assert isinstance(store.write([fits])[0], Written)


def test_a_repeated_request_is_answered_as_before(store: ListStore) -> None:
    """Sent again under the same id, a proposal or a signature is answered as then and changes nothing."""
    proposal = ProposePolicy(actor="ann", request_id="p", version="3", text=TEXT.format(3))
    (first,) = store.write([proposal])
    assert isinstance(first, Written)
    assert first.policy is not None
    signature = ConfirmPolicy(actor="bob", request_id="c", number=first.policy.proposal_sequence)
    (second,) = store.write([signature])
    before = head(store)
    assert store.write([proposal, signature]) == [first, second]
    assert head(store) == before


def test_old_snapshots_keep_their_policy(store: ListStore) -> None:
    """A snapshot answers by the policy of its own state, whatever came into force since."""
    apply(store, "3", TEXT.format(3))
    with store.snapshot() as old:
        apply(store, "4", TEXT.format(4))
        found = old.policy_in_force()
        assert found is not None
        assert (found.version, found.applied_sequence) == ("3", old.policy_sequence)
    assert in_force(store) == "4"


def test_rebuild_backup_and_restore_keep_the_policy(tmp_path: Path) -> None:
    """What is in force and what waits is the same after a rebuild, and in a list that is restored."""
    path, clock = tmp_path / "data", SeededClock(6)
    store = make(path, 2)
    apply(store, "3", TEXT.format(3))
    waiting = propose(store, "4", TEXT.format(4))
    store.close()
    rebuild(path, clock)
    backup(path, tmp_path / "backup", clock)
    restore(tmp_path / "backup", tmp_path / "restored", clock)
    for one in (path, tmp_path / "restored"):
        store = ListStore.open(one, clock=clock)
        assert in_force(store) == "3"
        with store.snapshot() as snapshot:
            assert snapshot.policy_proposed() == waiting
        assert verify(store).ok
        confirm(store, waiting.proposal_sequence)
        assert in_force(store) == "4"
        assert verify(store).ok
        store.close()


@pytest.mark.parametrize("damage", ["text", "gone", "head"])
def test_verify_finds_a_policy_that_nobody_signed(tmp_path: Path, damage: str) -> None:
    """A stored policy that differs from what the log says, and a head that names another, are found; rebuild mends."""
    store = make(tmp_path / "data", 2)
    apply(store, "3", TEXT.format(3))
    env = store.environment
    with env.write() as txn:
        policy = views.find_policy(env, txn, views.IN_FORCE)
        assert policy is not None
        if damage == "text":
            forged = codec.encode(msgspec.structs.replace(policy, text="may_close = true"))
            txn.put(views.IN_FORCE, forged, db=env.tables["policies"])
        elif damage == "gone":
            txn.delete(views.IN_FORCE, db=env.tables["policies"])
        else:
            log.put_head(env, txn, msgspec.structs.replace(log.head(env, txn), policy=0))
    problems = " ".join(verify(store).problems)
    assert ("policies" in problems) == (damage != "head")
    assert ("names another policy" in problems) == (damage != "text")
    store.close()
    rebuild(store.path, SeededClock(8))
    store = ListStore.open(store.path, clock=SeededClock(9))
    assert verify(store).ok
    assert in_force(store) == "3"
    store.close()


def test_audit_finds_a_policy_that_too_few_signed(store: ListStore) -> None:
    """A change that applies a policy without enough people, or another than was proposed, is no allowed change."""
    apply(store, "3", TEXT.format(3))
    with store.snapshot() as snapshot:
        env, txn = store.environment, snapshot._txn
        raw = {sequence: (record, payload) for sequence, record, payload in log.read_raw(env, txn, 2, 3)}
    header = codec.unpack_header(raw[3][0])
    proposed, applied = (codec.decode_payload(raw[n][1][codec.SALT_BYTES :]).policy for n in (2, 3))  # type: ignore[index]
    assert proposed is not None
    assert applied is not None

    def check(header: codec.Header, after: object) -> None:
        check_step(header, Payload(policy=after), None, lambda number: pytest.fail("no batch"), proposed, None)  # type: ignore[arg-type]

    check(header, applied)
    forged = [
        (header, msgspec.structs.replace(applied, text="x")),
        (header, msgspec.structs.replace(applied, people=(*applied.people, Person(Role.CONFIRMER, b"e" * 16)))),
        (msgspec.structs.replace(header, people_required=3), applied),
        (msgspec.structs.replace(header, actor=proposed.people[0].actor), applied),
        (msgspec.structs.replace(header, kind=int(ChangeKind.POLICY_CONFIRMED)), applied),
        (msgspec.structs.replace(header, kind=int(ChangeKind.POLICY_PROPOSED)), applied),
        (msgspec.structs.replace(header, previous=1), applied),
    ]
    for wrong_header, after in forged:
        with pytest.raises(DamagedData, match="BROKEN_WORKFLOW"):
            check(wrong_header, after)
