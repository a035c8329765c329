"""A retried write happens once: the same request id gives the same answer for seven days, and no other request."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from hashsvc.clock import SeededClock
from hashsvc.errors import AlreadyExists, FailedPrecondition, HashsvcError
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.rebuild import rebuild
from hashsvc.hashlist.values import (
    AmendEntry,
    ChangeKind,
    Command,
    Content,
    CreateBatch,
    ImportEntries,
    SealBatch,
    Written,
)
from hashsvc.limits import REQUEST_ID_KEPT_US
from tests.hashlist.lists import (
    assert_verifies,
    bring,
    confirmation,
    content,
    create,
    decide,
    done,
    entry_of,
    head_of,
    propose,
    retraction,
    seen_live,
    signals_of,
)
from tests.hashlist.urls import written_of

DAY_US = 24 * 3600 * 1_000_000


class Clock(SeededClock):
    """A clock that can be put forward."""

    def __init__(self) -> None:
        super().__init__(1)
        self.later_us = 0

    def now_us(self) -> int:
        return super().now_us() + self.later_us


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def store(tmp_path: Path, clock: Clock) -> Iterator[ListStore]:
    ListStore.create(tmp_path / "data", clock=clock)
    store = ListStore.open(tmp_path / "data", clock=clock)
    yield store
    store.close()


def every_kind(store: ListStore) -> list[Command]:
    """One command of each kind, all done once."""
    first = propose(1)
    entry_id = entry_of(store, first)
    confirm = decide(ChangeKind.ENTRY_CONFIRMED, entry_id, "bob")
    confirmed = done(store, confirm).entry
    assert confirmed is not None
    amend = AmendEntry(
        actor="ann", request_id="amend", entry_id=entry_id, etag=confirmed.etag, add=signals_of(2)[:1], note="more"
    )
    done(store, amend)
    commands: list[Command] = [first, confirm, amend]
    for action, actor in (
        (ChangeKind.ENTRY_DISPUTED, "cleo"),
        (ChangeKind.DISPUTE_RESOLVED, "dan"),
        (ChangeKind.RETRACTION_REQUESTED, "cleo"),
        (ChangeKind.RETRACTION_CONFIRMED, "dan"),
    ):
        commands.append(decide(action, entry_id, actor))
        done(store, commands[-1])
    rejected = entry_of(store, propose(3))
    commands += [propose(3), decide(ChangeKind.ENTRY_REJECTED, rejected, "bob")]
    done(store, commands[-1])
    begin = CreateBatch(actor="ann", request_id="create", file_digest=bytes(32), source="org")
    batch = done(store, begin).batch
    assert batch is not None
    commands += [begin, bring(batch.batch_id, range(10, 15)), bring(batch.batch_id, range(12, 18))]
    commands.append(SealBatch(actor="ann", request_id="seal", batch_id=batch.batch_id))
    for command in commands[-3:]:
        done(store, command)
    commands.append(confirmation(store, batch.batch_id, "bob"))
    done(store, commands[-1])
    for actor in ("cleo", "dan"):
        commands.append(retraction(batch.batch_id, actor))
        done(store, commands[-1])
    commands += [propose(5), seen_live([rejected], [written_of(5)[0]])]
    for command in commands[-2:]:
        done(store, command)
    return commands


def plain(written: Written | HashsvcError) -> Written:
    assert isinstance(written, Written), written
    return written


def test_a_repeated_request_changes_nothing_and_answers_the_same(store: ListStore) -> None:
    """A request of any kind, sent again later, gives the answer that it gave when sent again at once."""
    commands = every_kind(store)
    before = head_of(store)
    first = [plain(store.write([command])[0]) for command in commands]
    again = [plain(one) for one in store.write(commands)]
    assert again == first
    assert head_of(store) == before
    assert len({written.position.sequence for written in first}) == len(commands)
    assert_verifies(store)


def test_a_repeat_in_the_same_group_happens_once(store: ListStore) -> None:
    """Two equal requests that are committed together make one change and get one answer."""
    first, second = store.write([propose(1), propose(1)])
    assert plain(first) == plain(second)
    assert head_of(store) == 2


def test_the_answer_is_that_of_the_time_of_the_request(store: ListStore) -> None:
    """A repeated proposal is answered with the entry as it was then, whatever became of it."""
    proposed = done(store, propose(1))
    assert proposed.entry is not None
    done(store, decide(ChangeKind.ENTRY_CONFIRMED, proposed.entry.entry_id, "bob"))
    assert done(store, propose(1)) == proposed


@pytest.mark.parametrize("place", range(18))
def test_a_request_id_is_not_used_for_another_request(store: ListStore, place: int) -> None:
    """The same id with another request is refused as REQUEST_ID_REUSED, for every kind of request."""
    command = every_kind(store)[place]
    other = msgspec.structs.replace(propose(99), actor=command.actor, request_id=command.request_id)
    before = head_of(store)
    (refused,) = store.write([other])
    assert isinstance(refused, FailedPrecondition)
    assert (refused.reason, refused.field) == ("REQUEST_ID_REUSED", "request_id")
    assert head_of(store) == before


def test_a_changed_note_is_another_request(store: ListStore) -> None:
    """Every field of a request counts: with another note the id is reused."""
    done(store, propose(1))
    (refused,) = store.write([msgspec.structs.replace(propose(1), note="other")])
    assert isinstance(refused, FailedPrecondition)
    assert refused.reason == "REQUEST_ID_REUSED"


def test_request_ids_are_a_persons_own(store: ListStore) -> None:
    """Two people may use the same id for different requests."""
    done(store, propose(1, "ann", "same"))
    done(store, propose(2, "bob", "same"))
    assert head_of(store) == 3


def test_a_refused_request_may_be_sent_again(store: ListStore) -> None:
    """A refusal is not remembered: the same id may succeed once the list allows it."""
    entry_id = entry_of(store, propose(1))
    dispute = decide(ChangeKind.ENTRY_DISPUTED, entry_id, "cleo")
    (refused,) = store.write([dispute])
    assert isinstance(refused, FailedPrecondition)
    done(store, decide(ChangeKind.ENTRY_CONFIRMED, entry_id, "bob"))
    done(store, dispute)


@pytest.mark.parametrize("days", [1, 6, 8])
def test_a_request_id_is_kept_for_seven_days(store: ListStore, clock: Clock, days: int) -> None:
    """Up to seven days a repeat is answered as before; later the request counts as new."""
    first = done(store, propose(1))
    clock.later_us = days * DAY_US
    (again,) = store.write([propose(1)])
    if days < 7:
        assert again == first
    else:
        assert isinstance(again, AlreadyExists)
    assert head_of(store) == 2


def test_the_keeper_forgets_old_request_ids_and_the_list_still_verifies(
    store: ListStore, clock: Clock, tmp_path: Path
) -> None:
    """Old ids are purged after their time, younger ones kept, and neither purge nor rebuild looks like damage."""
    done(store, propose(1))
    clock.later_us = 8 * DAY_US
    assert_verifies(store)
    store.keeper_tick()
    assert store.keeper_tick().purged_requests == 2  # the list's first change has a row of its own
    assert_verifies(store)
    done(store, propose(2))
    store.keeper_tick()
    assert store.keeper_tick().purged_requests == 0
    assert done(store, propose(2)).position.sequence == 3
    assert_verifies(store)
    assert REQUEST_ID_KEPT_US == 7 * DAY_US


def test_a_rebuild_recovers_request_ids(store: ListStore, tmp_path: Path, clock: Clock) -> None:
    """Request ids stand in the log: after a rebuild repeats are still answered as before."""
    commands = every_kind(store)
    first = store.write(commands)
    before = head_of(store)
    store.close()
    rebuild(tmp_path / "data", clock)
    again_store = ListStore.open(tmp_path / "data", clock=clock)
    assert again_store.write(commands) == first
    assert head_of(again_store) == before
    again_store.close()


# ---------------------------------------------------------------- imports


def imported(store: ListStore, *contents: Content) -> tuple[Written, Written]:
    """Import contents, and the same again. Returns both answers."""
    batch_id = create(store, "ann", bytes(31) + b"\1")
    command = ImportEntries(actor="ann", request_id="import", batch_id=batch_id, contents=contents)
    return done(store, command), done(store, command)


def part(n: int, *ordinals: int) -> Content:
    """Content n with some of its signals only."""
    return Content("", "", f"c{n}", tuple(signals_of(n)[i] for i in ordinals))


def test_a_repeated_import_tells_the_same_of_each_entry(store: ListStore) -> None:
    """What was inserted, amended, unchanged or refused is told again in the same way."""
    done(store, propose(1))
    rejected = entry_of(store, propose(2))
    done(store, decide(ChangeKind.ENTRY_REJECTED, rejected, "bob"))
    more = Content("", "", "c1", (*signals_of(1), signals_of(9)[0]))
    nameless = Content("", "", "", (signals_of(8)[2],))
    first, again = imported(store, content(5, ""), more, content(2, ""), nameless, content(1, ""), content(6, ""))
    assert first.outcomes == bytes((0, 1, 3, 3, 2, 0))
    assert again == first


def test_a_repeated_import_of_an_entry_that_comes_twice_tells_the_same(store: ListStore) -> None:
    """Where one entry comes several times in a call, each is told again as it was the first time."""
    first, again = imported(store, part(1, 0), part(2, 0), part(1, 0), part(1, 1), part(2, 0, 2), part(1, 0))
    assert first.outcomes == bytes((0, 0, 2, 1, 1, 2))
    assert again == first


def test_an_import_that_changes_nothing_answers_the_same(store: ListStore) -> None:
    """An import of what is there already makes no change, however often it is sent."""
    batch_id = create(store, "ann", bytes(31) + b"\1")
    done(store, bring(batch_id, [1, 2]))
    before = head_of(store)
    command = ImportEntries(
        actor="ann", request_id="second", batch_id=batch_id, contents=(content(1, ""), content(2, ""))
    )
    first, again = done(store, command), done(store, command)
    assert first.outcomes == bytes((2, 2))
    assert again == first
    assert head_of(store) == before
