"""Writers and a keeper are killed at random instants, again and again: what was acknowledged is there, once."""

from __future__ import annotations

import os
import random
import time
from multiprocessing import Pipe
from multiprocessing.connection import Connection, wait
from pathlib import Path

import pytest

from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore, codec, log
from hashsvc.hashlist.values import Written
from hashsvc.hashlist.verify import verify
from tests.crash.processes import ended, started
from tests.crash.writer_child import (
    CYCLE,
    closes,
    command_of,
    first_content,
    keep_until_killed,
    opens,
    write_until_killed,
)
from tests.hashlist.lists import found_state

KILLS = int(os.environ.get("HASHSVC_KILLS", "200"))
SEED = int(os.environ.get("HASHSVC_SEED", "0")) or time.time_ns() % 1_000_000
REPLAY = f"replay: HASHSVC_SEED={SEED} HASHSVC_KILLS={KILLS} python -m pytest {Path(__file__).name}"
WRITERS = 2
LIFE_S = (0.01, 0.15)  # between two kills
VERIFIED_EVERY = 50


class Writer:
    """One writer's processes, one after the other, and what they told."""

    def __init__(self, path: Path, number: int) -> None:
        self.path = path
        self.number = number
        self.answered: list[int] = []  # by command: the sequence of its answer
        self.sent = -1
        self.lives = 0
        self.start()

    def start(self) -> None:
        self.receiver, sender = Pipe(duplex=False)
        self.lives += 1
        seed = SEED + self.lives
        self.process = started(write_until_killed, self.path, self.number, len(self.answered), seed, sender)
        sender.close()

    def read(self) -> None:
        """Take in all that was told so far."""
        while self.receiver.poll():
            try:
                self.take(self.receiver.recv())
            except (EOFError, OSError):
                return

    def take(self, told: tuple[str, int, int]) -> None:
        what, command, sequence = told
        if what == "sent":
            self.sent = max(self.sent, command)
        else:
            assert command == len(self.answered), "answers come in order"
            self.answered.append(sequence)

    def kill(self) -> None:
        self.process.kill()
        assert ended(self.process) == -9, "a writer must not end by itself"
        self.read()

    def closing(self) -> list[int]:
        """Contents that must close: confirmed and acknowledged, and nothing sent that could change it."""
        found = []
        for command in range(max(0, len(self.answered) - 5 * CYCLE), len(self.answered)):
            n = first_content(self.number, command)
            round_start = command - command % CYCLE
            sent = range(round_start, min(self.sent + 1, round_start + CYCLE))
            opened = {n + i for at in sent for i in opens(at % CYCLE)}
            found += [n + i for i in closes(command % CYCLE) if n + i not in opened]
        return found


def check_closing(store: ListStore, writers: list[Writer]) -> int:
    """What is confirmed and acknowledged is never answered as NEW. Returns how many were looked at."""
    looked = 0
    for writer in writers:
        closing = writer.closing()
        for n in closing[-8:]:
            states = found_state(store, n)
            writer.read()
            if n in writer.closing():  # nobody asked for its dispute meanwhile
                assert states == ([2], [2]), f"content {n}: {states}; {REPLAY}"
                looked += 1
    return looked


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_200_kills_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Every acknowledged change is in the log once, whoever is killed when; a confirmed entry is never NEW."""
    print(REPLAY)  # noqa: T201
    chosen = random.Random(SEED)
    path = tmp_path / "data"
    ListStore.create(path, clock=SystemClock())
    store = ListStore.open(path, clock=SystemClock())
    writers = [Writer(path, number) for number in range(WRITERS)]
    keeper = started(keep_until_killed, path)
    kills = looked = 0
    while kills < KILLS:
        wait_and_read(writers, chosen.uniform(*LIFE_S))
        victims: list[Writer] = chosen.choice(([writers[0]], [writers[1]], writers, []))
        for writer in victims:
            writer.process.kill()  # both at one instant, before anybody is waited for
        if chosen.random() < 0.2 or not victims:
            keeper.kill()
            assert ended(keeper) == -9, "the keeper must not end by itself"
            keeper = started(keep_until_killed, path)
            kills += 1
        for writer in victims:
            writer.kill()
            kills += 1
        looked += check_closing(store, writers)
        for writer in victims:
            writer.start()
        if kills % VERIFIED_EVERY < len(victims):
            report = verify(store, scratch=tmp_path)
            assert report.ok, (report.problems, REPLAY)
    for writer in writers:
        writer.kill()
    keeper.kill()
    keeper.join()
    looked += check_closing(store, writers)
    store.environment.clear_stale_readers()

    assert looked > KILLS, "confirmed entries were looked at all the time"
    assert verify(store, scratch=tmp_path).ok, REPLAY
    counts = changes_by_request(store)
    assert max(counts.values()) <= 2, "an import of two entries makes two changes, everything else one"
    head_before = sum(counts.values()) + 1
    for writer in writers:
        for command, sequence in enumerate(writer.answered):
            asked = command_of(store, writer.number, command)
            key = codec.keyed_id(store.key, b"request", asked.actor.encode(), asked.request_id.encode())
            assert counts[key] == (2 if command % CYCLE in (8, 9) else 1), REPLAY
            if command % 7 == 0 or command > len(writer.answered) - 40:
                (again,) = store.write([asked])
                assert isinstance(again, Written), (again, REPLAY)
                assert again.position.sequence == sequence, REPLAY
    with store.snapshot() as snapshot:
        assert snapshot.position.sequence == head_before, "a retry adds nothing"
    answered = sum(len(writer.answered) for writer in writers)
    print(f"{kills} kills, {answered} answered, {head_before} changes, {looked} looks")  # noqa: T201
    store.close()


def wait_and_read(writers: list[Writer], seconds: float) -> None:
    """Read what writers tell until the time is over."""
    until = time.monotonic() + seconds
    while (left := until - time.monotonic()) > 0:
        pipes: list[Connection] = [writer.receiver for writer in writers]
        ready = wait(pipes, left)
        for writer in writers:
            if writer.receiver in ready:
                writer.read()
        time.sleep(0.002)


def changes_by_request(store: ListStore) -> dict[bytes, int]:
    """How many changes of the log each request made."""
    counts: dict[bytes, int] = {}
    with store.snapshot() as snapshot, store.environment.read() as txn:
        for _, record, _ in log.read_raw(store.environment, txn, 2, snapshot.position.sequence):
            key = codec.unpack_header(record).request_key
            counts[key] = counts.get(key, 0) + 1
    return counts
