"""Writers and a keeper that work on one list until they are killed, and tell what was acknowledged over a pipe.

Command number n of writer w is always the same, so a writer that starts anew says again what it did not see answered.
"""

from __future__ import annotations

import hashlib
import random
import time
from multiprocessing.connection import Connection
from pathlib import Path

from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore, fold, manifest
from hashsvc.hashlist.decide_entry import identity_of
from hashsvc.hashlist.values import ChangeKind, Command, Content, CreateBatch, SealBatch, Written
from tests.hashlist.lists import bring, confirmation, decide, propose, retraction

CYCLE = 14  # commands of one round of a writer's life
CONTENTS = 6  # contents of one round
APART = 10_000_000  # between the contents of two writers
SYNC_AT = frozenset((8, 11, 13))  # places before which the batch must be read from the list


def first_content(writer: int, number: int) -> int:
    return writer * APART + number // CYCLE * CONTENTS


def entry_id_of(store: ListStore, n: int) -> bytes:
    return identity_of(store.key, Content("org", "", f"c{n}", ()))


def command_of(store: ListStore, writer: int, number: int) -> Command:
    """Command `number` of a writer; its request id is made of both."""
    place = number % CYCLE
    n = first_content(writer, number)
    a, b = entry_id_of(store, n), entry_id_of(store, n + 1)
    request_id = f"{writer}-{number}"
    if place == 0:
        return propose(n, "ann", request_id)
    if place == 1:
        return decide(ChangeKind.ENTRY_CONFIRMED, a, "bob", request_id)
    if place == 2:
        return propose(n + 1, "bob", request_id)
    if place == 3:
        return decide(ChangeKind.ENTRY_CONFIRMED, b, "ann", request_id)
    if place == 4:
        return decide(ChangeKind.ENTRY_DISPUTED, b, "cleo", request_id)
    if place == 5:
        return decide(ChangeKind.RETRACTION_REQUESTED, b, "cleo", request_id)
    if place == 6:
        return decide(ChangeKind.RETRACTION_CONFIRMED, b, "dan", request_id)
    file_digest = file_digest_of(writer, number)
    if place == 7:
        return CreateBatch(actor="ann", request_id=request_id, file_digest=file_digest, source="org")
    batch_id = batch_id_of(store, file_digest)
    if place in (8, 9):
        numbers = (n + 2, n + 3) if place == 8 else (n + 4, n + 5)
        return bring(batch_id, numbers, "ann", request_id)
    if place == 10:
        return SealBatch(actor="ann", request_id=request_id, batch_id=batch_id)
    if place == 11:
        return _with_id(confirmation(store, batch_id, "bob"), request_id)
    return _with_id(retraction(batch_id, "cleo" if place == 12 else "dan"), request_id)


def closes(place: int) -> tuple[int, ...]:
    """Contents of the round that are CONFIRMED once the command at this place is acknowledged."""
    return {1: (0,), 3: (1,), 11: (2, 3, 4, 5)}.get(place, ())


def opens(place: int) -> tuple[int, ...]:
    """Contents of the round that may close no more once the command at this place is sent."""
    return {4: (1,), 12: (2, 3, 4, 5)}.get(place, ())


def file_digest_of(writer: int, number: int) -> bytes:
    return hashlib.sha256(b"%d %d" % (writer, number // CYCLE)).digest()


def batch_id_of(store: ListStore, file_digest: bytes) -> bytes:
    """The id that the list gave to the batch of a file."""
    with store.snapshot() as snapshot:
        before = 0
        while True:
            found, before = snapshot.pages.batches(before, 100)
            for batch in found:
                if batch.file_digest == file_digest:
                    return batch.batch_id
            assert before, "the batch is on the list"


def _with_id(command: Command, request_id: str) -> Command:
    import msgspec

    return msgspec.structs.replace(command, request_id=request_id)


def write_until_killed(path: Path, writer: int, number: int, seed: int, told: Connection) -> None:
    """Write in groups of one to five commands. Sends ("sent", number) before and ("done", number, sequence) after."""
    store = ListStore.open(path, clock=SystemClock())
    chosen = random.Random(f"{seed} {writer} {number}")
    while True:
        size = chosen.randint(1, 5)
        group: list[Command] = []
        for at in range(number, number + size):
            if group and at % CYCLE in SYNC_AT:
                break
            told.send(("sent", at, 0))
            group.append(command_of(store, writer, at))
        for result in store.write(group):
            assert isinstance(result, Written), result
            told.send(("done", number, result.position.sequence))
            number += 1


def keep_until_killed(path: Path) -> None:
    """Fold all the time, whatever the size, and sweep with a grace that tests can wait for."""
    clock = SystemClock()
    store = ListStore.open(path, clock=clock)
    env, directory = store.environment, manifest.segments_dir(path)
    while True:
        fold.fold_tail(env, directory, 1)
        fold.fold_segments(env, directory, clock.now_us(), idle=True)
        fold.sweep(env, directory, clock.now_us(), grace_us=2_000_000)
        env.clear_stale_readers()
        time.sleep(0.005)
