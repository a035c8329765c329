"""The real service under kill -9: clients write through both workers all the time, and lose and double nothing."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import pytest

from hashsvc.client import Content, HashsvcClient, ServerError, Verdict
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.verify import verify
from tests.crash.test_kill_loop import changes_by_request
from tests.e2e.service import Service
from tests.hashlist.lists import signals_of

KILLS = int(os.environ.get("HASHSVC_SERVE_KILLS", "30"))
SEED = int(os.environ.get("HASHSVC_SEED", "0")) or time.time_ns() % 1_000_000
REPLAY = f"replay: HASHSVC_SEED={SEED} HASHSVC_SERVE_KILLS={KILLS} python -m pytest {Path(__file__).name}"
WRITERS = 3
ROUNDS_OF_A_SUPERVISOR = 2  # then its back-off between restarts would take longer than a new supervisor


@dataclass
class Acknowledged:
    """A write that was answered. again: asks the same again over a client and gives the sequence."""

    again: Callable[[HashsvcClient], int]
    sequence: int
    changes: int = 1


@dataclass
class Writer:
    """A client that writes the lives of entries and batches, each request until it is answered."""

    address: str
    number: int
    stop: threading.Event
    acknowledged: list[Acknowledged] = field(default_factory=list)
    closing: dict[int, None] = field(default_factory=dict)  # contents that must close, in order
    workers: set[int | None] = field(default_factory=set)
    error: BaseException | None = None

    def run(self) -> None:
        try:
            self.client = HashsvcClient(self.address, "ann", timeout_s=20)
            n = self.number * 1_000_000
            while not self.stop.is_set():
                self.life_of_an_entry(n)
                self.life_of_a_batch(n + 1)
                n += 4
        except BaseException as error:  # noqa: BLE001  (told by the test's thread)
            self.error = error

    def write(self, actor: str, ask: Callable[[HashsvcClient, str], Any], changes: int = 1) -> Any:
        """Ask until answered, under one request id."""
        request_id = f"{self.number}-{len(self.acknowledged)}"
        while True:
            try:
                result = ask(self.client.acting_as(actor), request_id)
            except ServerError as error:
                if error.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                    continue
                raise
            self.workers.add(result.worker)
            sequence = result.position.sequence
            self.acknowledged.append(
                Acknowledged(lambda c: ask(c.acting_as(actor), request_id).position.sequence, sequence, changes)
            )
            return result

    def life_of_an_entry(self, n: int) -> None:
        entry_id = self.write("ann", lambda c, r: c.propose(content(n, "org"), request_id=r)).entry.entry_id
        self.write("bob", lambda c, r: c.confirm(entry_id, request_id=r))
        self.closing[n] = None
        if n // 4 % 3 == 0:
            del self.closing[n]
            self.write("cleo", lambda c, r: c.retract(entry_id, reason_code="QA", request_id=r))
            self.write("dan", lambda c, r: c.confirm_retraction(entry_id, request_id=r))

    def life_of_a_batch(self, n: int) -> None:
        digest = hashlib.sha256(b"%d" % n).digest()
        batch_id = self.write("ann", lambda c, r: c.create_batch(digest, "org", request_id=r)).batch.batch_id
        contents = [content(n + i) for i in range(3)]
        self.write("ann", lambda c, r: c.import_entries(batch_id, contents, request_id=r), changes=3)
        sealed = self.write("ann", lambda c, r: c.seal(batch_id, request_id=r)).batch
        self.write("bob", lambda c, r: c.confirm_batch(batch_id, sealed.digest, request_id=r))
        for i in range(3):
            self.closing[n + i] = None


def content(n: int, source: str = "") -> Content:
    return Content(source, signals_of(n), content_id=f"c{n}")


def check_until(stop: threading.Event, address: str, writers: list[Writer], told: list[Any]) -> None:
    """Check what must close, over and over, each time by another connection. Tells wrong verdicts, and the count."""
    chosen = random.Random(SEED)
    count = 0
    while not stop.is_set():
        with HashsvcClient(address, timeout_s=20) as client:
            for _ in range(20):
                writer = chosen.choice(writers)
                closing = list(writer.closing)
                if not closing or stop.is_set():
                    time.sleep(0.01)
                    continue
                n = chosen.choice(closing[-20:])
                try:
                    verdict = client.check(signals_of(n)).verdict
                except ServerError as error:
                    if error.code in (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED):
                        continue
                    raise
                count += 1
                if verdict is not Verdict.KNOWN and n in writer.closing:
                    told.append((n, verdict))
    told.append(count)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_kills_of_the_real_service_lose_nothing_and_double_nothing(tmp_path: Path) -> None:
    """Workers, keeper and supervisor are killed while clients write: every answer holds, a retry changes nothing."""
    print(REPLAY)  # noqa: T201
    chosen = random.Random(SEED)
    data = tmp_path / "data"
    ListStore.create(data, clock=SystemClock())
    listen = f"127.0.0.1:{free_port()}"
    service = Service(data, tmp_path / "log", "drain_seconds=2", listen=listen)
    stop = threading.Event()
    writers = [Writer(service.address, number, stop) for number in range(WRITERS)]
    wrong: list[Any] = []
    threads = [threading.Thread(target=writer.run, daemon=True) for writer in writers]
    threads.append(threading.Thread(target=check_until, args=(stop, listen, writers, wrong), daemon=True))
    for thread in threads:
        thread.start()
    kills = rounds = 0
    try:
        while kills < KILLS:
            workers = service.wait_workers()
            time.sleep(chosen.uniform(0.05, 0.4))
            rounds += 1
            if rounds % (ROUNDS_OF_A_SUPERVISOR + 1) == 0:
                kills += len(service.processes()) + 1
                if chosen.random() < 0.5:
                    service.kill_all()
                else:  # the supervisor alone: workers go on until the next one takes over
                    service.process.send_signal(signal.SIGKILL)
                    service.process.wait()
                    kills -= len(workers)
                service = Service(data, tmp_path / "log", "drain_seconds=2", listen=listen)
                continue
            everybody = ["0", "1", "keeper"]
            victims = chosen.choice((["0"], ["1"], ["0", "1"], everybody, everybody, everybody))
            processes = service.processes()
            for name in victims:
                if name in processes:
                    os.kill(processes[name], signal.SIGKILL)
                    kills += 1
            service.wait_workers(*[processes[name] for name in victims if name != "keeper"])
        stop.set()
        for thread in threads:
            thread.join(60)
        assert [writer.error for writer in writers] == [None] * WRITERS, REPLAY
        count = wrong.pop()
        assert wrong == [], f"a confirmed entry did not close; {REPLAY}"
        assert count > 100
        assert set().union(*(writer.workers for writer in writers)) == {0, 1}, "both workers wrote"
        with HashsvcClient(listen, "ann", timeout_s=20) as client:
            head = client.stats().position.sequence
            written = [one for writer in writers for one in writer.acknowledged]
            for one in written:
                assert one.again(client) == one.sequence, REPLAY
            assert client.stats().position.sequence == head, "a retry adds nothing"
        assert service.stop() == 0
    finally:
        stop.set()
        service.kill_all()
    store = ListStore.open(data, clock=SystemClock())
    try:
        assert head == 1 + sum(one.changes for one in written), f"each request's changes stand once; {REPLAY}"
        assert set(changes_by_request(store).values()) == {1, 3}
        report = verify(store, scratch=tmp_path)
        assert report.ok, (report.problems, REPLAY)
    finally:
        store.close()
    print(f"{kills} kills, {len(written)} answered, {count} checks")  # noqa: T201


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
