"""Holes that a reviewer found, each shut by a test: four eyes by spelling, half-made views, late qualities."""

from pathlib import Path

import pytest

from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, HashsvcError, InvalidArgument, Unavailable
from hashsvc.hashlist import ListStore, log, rebuild
from hashsvc.hashlist.values import (
    AmendEntry,
    ChangeKind,
    Command,
    ConfirmBatch,
    Content,
    CreateBatch,
    DecideEntry,
    ImportEntries,
    ProposeEntry,
    RetractBatch,
    SealBatch,
    State,
    Written,
)
from hashsvc.hashlist.verify import verify
from hashsvc.signals import MD5, PDQ, Signal

MD5_SIGNAL = Signal(MD5, bytes(range(1, 17)))
CODE = bytes(range(7, 39))


@pytest.fixture
def clock() -> SeededClock:
    return SeededClock(3)


@pytest.fixture
def store(tmp_path: Path, clock: SeededClock) -> ListStore:
    return make(tmp_path, clock, 2)


def make(tmp_path: Path, clock: SeededClock, people_required: int) -> ListStore:
    ListStore.create(tmp_path / "data", clock=clock, people_required=people_required)
    return ListStore.open(tmp_path / "data", clock=clock)


class Ids:
    count = 0


def do(store: ListStore, command_type: type[Command], actor: str, **fields: object) -> Written:
    Ids.count += 1
    result = store.write([command_type(actor=actor, request_id=f"r{Ids.count}", **fields)])[0]
    if isinstance(result, HashsvcError):
        raise result
    return result


def batch_of_one(store: ListStore, actor: str) -> bytes:
    made = do(store, CreateBatch, actor, file_digest=bytes(32), source="org")
    assert made.batch is not None
    contents = (Content("", "", "c", (MD5_SIGNAL,)),)
    do(store, ImportEntries, actor, batch_id=made.batch.batch_id, contents=contents)
    return made.batch.batch_id


@pytest.mark.parametrize("other", ["Ann", "ANN"])
def test_two_spellings_of_a_name_are_one_person(store: ListStore, other: str) -> None:
    """Nobody confirms their own proposal by writing their name in another case."""
    made = do(store, ProposeEntry, "ann", content=Content("org", "", "c", (MD5_SIGNAL,)))
    assert made.entry is not None
    with pytest.raises(FailedPrecondition, match="SELF_CONFIRMATION"):
        do(store, DecideEntry, other, action=ChangeKind.ENTRY_CONFIRMED, entry_id=made.entry.entry_id)


@pytest.mark.parametrize("name", ["ann ", " ann", "a nn", "", "änn", "ann\t", "-ann", "a" * 65])
def test_a_name_with_blanks_or_look_alikes_is_refused(store: ListStore, name: str) -> None:
    """A name that could pass for another on a screen is nobody's."""
    with pytest.raises(InvalidArgument, match="ACTOR_REQUIRED"):
        do(store, ProposeEntry, name, content=Content("org", "", "c", (MD5_SIGNAL,)))


def test_settling_a_dispute_confirms_nothing_that_was_never_confirmed(tmp_path: Path, clock: SeededClock) -> None:
    """Where three people are required, a disputed batch settled by one leaves its signals PROPOSED."""
    store = make(tmp_path, clock, 3)
    batch_id = batch_of_one(store, "ann")
    sealed = do(store, SealBatch, "ann", batch_id=batch_id)
    assert sealed.batch is not None
    do(store, RetractBatch, "bob", batch_id=batch_id, reason_code="QA")
    with store.snapshot() as snapshot:
        (entry,), _ = snapshot.pages.entries(0, 10, 0, b"")
    do(store, DecideEntry, "cleo", action=ChangeKind.RETRACTION_CONFIRMED, entry_id=entry.entry_id)
    do(store, ConfirmBatch, "dan", batch_id=batch_id, digest=sealed.batch.digest)
    settled = do(store, DecideEntry, "eve", action=ChangeKind.DISPUTE_RESOLVED, entry_id=entry.entry_id)
    assert settled.entry is not None
    assert settled.entry.state == State.PROPOSED
    assert verify(store).ok


def test_an_open_batch_that_was_disputed_takes_entries_again(store: ListStore) -> None:
    """A batch settled before it was sealed is OPEN, and the rest of its file can come."""
    batch_id = batch_of_one(store, "ann")
    do(store, RetractBatch, "bob", batch_id=batch_id, reason_code="QA")
    do(store, ConfirmBatch, "cleo", batch_id=batch_id, digest=b"")
    more = (Content("", "", "d", (Signal(MD5, bytes(range(2, 18))),)),)
    assert do(store, ImportEntries, "ann", batch_id=batch_id, contents=more).outcomes == bytes((0,))
    assert verify(store).ok


def test_a_quality_that_comes_later_is_a_new_signal(store: ListStore) -> None:
    """A PDQ listed with unknown quality can be listed again with its quality; others must confirm it."""
    made = do(store, ProposeEntry, "ann", content=Content("org", "", "c", (Signal(PDQ, CODE), MD5_SIGNAL)))
    assert made.entry is not None
    better = Signal(PDQ, CODE, 97)
    amended = do(store, AmendEntry, "ann", entry_id=made.entry.entry_id, etag=made.entry.etag, add=(better,))
    assert amended.entry is not None
    assert [(s.signal.quality, s.state) for s in amended.entry.signals] == [(255, 1), (255, 1), (97, 1)]
    again = do(store, AmendEntry, "bob", entry_id=made.entry.entry_id, etag=amended.entry.etag, add=(better,))
    assert again.entry is not None
    assert len(again.entry.signals) == 3


def test_a_list_whose_views_are_half_made_answers_nothing(
    store: ListStore, tmp_path: Path, clock: SeededClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A rebuild that was killed on the way leaves a list that refuses to answer, never one that says NEW."""
    do(store, ProposeEntry, "ann", content=Content("org", "", "c", (MD5_SIGNAL,)))
    store.close()

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(rebuild, "replay", killed)
        with pytest.raises(KeyboardInterrupt):
            rebuild.rebuild(tmp_path / "data", clock)
    store = ListStore.open(tmp_path / "data", clock=clock)
    with pytest.raises(Unavailable, match="LIST_REBUILDING"), store.snapshot():
        pass
    with pytest.raises(Unavailable, match="LIST_REBUILDING"):
        do(store, ProposeEntry, "ann", content=Content("org", "", "d", (MD5_SIGNAL,)))
    assert not verify(store).ok
    store.close()
    rebuild.rebuild(tmp_path / "data", clock)
    store = ListStore.open(tmp_path / "data", clock=clock)
    with store.snapshot() as snapshot:
        assert len(snapshot.lookup(MD5, MD5_SIGNAL.value)) == 1
        assert log.head(store.environment, snapshot._txn).sequence == 2
    assert verify(store).ok
