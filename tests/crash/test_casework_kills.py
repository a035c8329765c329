"""Casework of the real service under kill -9: whoever dies when, no report is lost, and nothing is decided twice."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import grpc
import numpy as np
import pytest

from hashsvc.casework import cases
from hashsvc.casework.desks import Casework
from hashsvc.casework.tables import Tables, decode
from hashsvc.casework.values import CaseState, EventKind, Item, ItemState
from hashsvc.client import HashsvcClient, NewItem, NewReport, ServerError
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import State
from hashsvc.hashlist.verify import verify
from hashsvc.matching.current import CurrentPolicy
from hashsvc.signals import PDQ, SHA256, Signal
from tests.casework.settings import SETTINGS
from tests.crash.test_serve_kills import free_port
from tests.e2e.service import Service
from tests.matching.fakes import flipped

ROUNDS = int(os.environ.get("HASHSVC_CASEWORK_ROUNDS", "6"))
SEED = int(os.environ.get("HASHSVC_SEED", "0")) or time.time_ns() % 1_000_000
REPLAY = f"replay: HASHSVC_SEED={SEED} HASHSVC_CASEWORK_ROUNDS={ROUNDS} python -m pytest {Path(__file__).name}"
ROUNDS_OF_A_SUPERVISOR = 2  # then its back-off between restarts would take longer than a new supervisor
CONTENTS = 30
COPIES = 6  # edited copies of a content: all within a distance at which one closes with another
SETTINGS_OF_SERVICE = ("drain_seconds=2", "report_verdicts=true", "report_state_hours=0")
LOST = (grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.DEADLINE_EXCEEDED)

T = TypeVar("T")


def is_illegal(n: int) -> bool:
    """What everybody says of a content."""
    return n % 5 != 0


def item_of(n: int, copy: int) -> NewItem:
    """A copy of a content: another digest, and a picture 2 bits farther each; copy 0 and 1 have the same digest."""
    digest = np.random.default_rng([n, max(1, copy)]).bytes(32)
    picture = flipped(np.random.default_rng(n).bytes(32), 2 * copy)
    return NewItem([Signal(SHA256, digest), Signal(PDQ, picture, 90)], str(n))


class Person:
    """Somebody who asks until answered. What was acknowledged stands in the attributes of those who make it."""

    def __init__(self, house: House, name: str) -> None:
        self.house = house
        self.name = name
        self.chosen = random.Random(f"{SEED} {name}")
        self.error: BaseException | None = None
        self.repeats = 0
        self.thread = threading.Thread(target=self._run, daemon=True)

    def _run(self) -> None:
        try:
            with HashsvcClient(self.house.address, self.name, timeout_s=5) as self.client:
                while not self.house.stop.is_set():
                    self.turn()
        except BaseException as error:  # noqa: BLE001  (told by the test's thread)
            self.error = error

    def turn(self) -> None:
        raise NotImplementedError

    def ask(self, what: Callable[[], T]) -> T:
        while True:
            try:
                return what()
            except ServerError as error:
                if error.code not in LOST:
                    raise
                self.repeats += 1
                time.sleep(0.01)


class Reporter(Person):
    """Brings reports of one to three copies."""

    def __init__(self, house: House, name: str) -> None:
        super().__init__(house, name)
        self.reports: list[tuple[NewReport, str, int]] = []  # with code and number

    def turn(self) -> None:
        copies = [
            (self.chosen.randrange(CONTENTS), self.chosen.randrange(COPIES)) for _ in range(self.chosen.randint(1, 3))
        ]
        report = NewReport(items=[item_of(*one) for one in copies], request_id=f"{self.name}-{len(self.reports)}")
        receipt = self.ask(lambda: self.client.submit_report(report)).receipt
        assert receipt is not None
        self.reports.append((report, receipt.code, receipt.report_number))
        time.sleep(0.03)


class Analyst(Person):
    """Takes what comes first and says what everybody says of it."""

    def __init__(self, house: House, name: str) -> None:
        super().__init__(house, name)
        self.opinions: list[int] = []  # by case
        self.viewings = 0

    def turn(self) -> None:
        try:
            claimed = self.ask(self.client.claim_case)
        except ServerError as error:
            if error.reason != "QUEUE_EMPTY":
                raise
            time.sleep(0.02)
            return
        self.viewings += 1
        number = claimed.case.case
        seen = next(one for one in claimed.items if (one.report_number, one.item) == claimed.case.first_item)
        illegal = is_illegal(int(seen.content_ref))
        self.house.assessing.set()
        try:
            result = self.ask(
                lambda: self.client.assess_case(
                    number, is_illegal=illegal, classifications=[("uk_abc", "A")] if illegal else ()
                )
            )
        except ServerError as error:
            if error.reason not in ("CASE_CLOSED", "NOT_YOURS"):
                raise
            return  # another entry closed it meanwhile
        self.opinions.append(number)
        if result.case.entry_id:
            self.house.listed.append((result.case.entry_id, int(seen.content_ref)))


class Doubter(Person):
    """Disputes what was listed and has it resolved, or has it retracted."""

    def __init__(self, house: House, name: str) -> None:
        super().__init__(house, name)
        self.done = 0
        self.retracted: list[str] = []

    def turn(self) -> None:
        if self.done >= len(self.house.listed):
            time.sleep(0.02)
            return
        entry_id, _ = self.house.listed[self.done]
        self.done += 1
        first, second = (self.client.acting_as(name) for name in ("dan", "eve"))
        request_id = f"doubt-{self.done}"
        if self.chosen.random() < 0.5:
            self.ask(lambda: first.dispute(entry_id, reason_code="appeal", request_id=request_id))
            self.ask(lambda: second.resolve(entry_id, request_id=f"{request_id}-b"))
        else:
            self.ask(lambda: first.retract(entry_id, reason_code="QA", request_id=request_id))
            self.ask(lambda: second.confirm_retraction(entry_id, request_id=f"{request_id}-b"))
            self.retracted.append(entry_id)


class House:
    """The service, what its people share, and who kills it."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.data = directory / "data"
        ListStore.create(self.data, clock=SystemClock())
        self.address = f"127.0.0.1:{free_port()}"
        self.stop = threading.Event()
        self.assessing = threading.Event()
        self.listed: list[tuple[str, int]] = []  # acknowledged: entry and content
        self.start()

    def start(self) -> None:
        self.service = Service(self.data, self.directory / "log", *SETTINGS_OF_SERVICE, listen=self.address)

    def kill_some(self, chosen: random.Random, last: bool) -> int:
        """Kill workers at once, often just after an opinion was sent; `last`: all processes. Returns how many."""
        workers = self.service.wait_workers()
        time.sleep(chosen.uniform(0.5, 2))
        if chosen.random() < 0.7:
            self.assessing.clear()
            self.assessing.wait(2)
            time.sleep(chosen.uniform(0, 0.02))
        if last:
            count = len(self.service.processes()) + 1
            self.service.kill_all()
            self.start()
            return count
        victims = [workers[name] for name in chosen.choice((["0"], ["1"], ["0", "1"]))]
        for pid in victims:
            os.kill(pid, signal.SIGKILL)
        self.service.wait_workers(*victims)
        return len(victims)


@pytest.mark.slow
@pytest.mark.timeout(400)
def test_kills_lose_no_report_and_decide_nothing_twice(tmp_path: Path) -> None:
    """Each report is in one place under its code, each decision on the list once, what is listed closes its twins."""
    print(REPLAY)  # noqa: T201
    chosen = random.Random(SEED)
    house = House(tmp_path)
    reporters = [Reporter(house, name) for name in ("portal", "partner")]
    analysts = [Analyst(house, name) for name in ("ann", "bob", "cleo")]
    doubter = Doubter(house, "dan")
    people: list[Person] = [*reporters, *analysts, doubter]
    for one in people:
        one.thread.start()
    kills = 0
    try:
        for number in range(ROUNDS):
            kills += house.kill_some(chosen, number % (ROUNDS_OF_A_SUPERVISOR + 1) == ROUNDS_OF_A_SUPERVISOR)
        house.stop.set()
        for one in people:
            one.thread.join(60)
        assert [one.error for one in people] == [None] * len(people), REPLAY
        house.service.kill_all()
        house.start()  # which finishes what was left
        with HashsvcClient(house.address, "portal", timeout_s=20) as client:
            for reporter in reporters:
                for report, code, report_number in reporter.reports:
                    receipt = client.acting_as(reporter.name).submit_report(report).receipt
                    assert receipt is not None
                    told = (receipt.is_repeated, receipt.code, receipt.report_number)
                    assert told == (True, code, report_number), REPLAY
                    assert client.report_state(code), REPLAY
            assert client.stats().entry_count == client.get_effect().hotline.cases_listed > 5, REPLAY
        assert house.service.stop() == 0
    finally:
        house.stop.set()
        house.service.kill_all()
    check_what_is_left(tmp_path, house, reporters, analysts, doubter)
    print(  # noqa: T201
        f"{kills} kills, {sum(len(one.reports) for one in reporters)} reports, {len(house.listed)} listed, "
        f"{len(doubter.retracted)} retracted, {sum(one.repeats for one in people)} asked again"
    )


def check_what_is_left(
    tmp_path: Path, house: House, reporters: list[Reporter], analysts: list[Analyst], doubter: Doubter
) -> None:
    """Compare list and casework, as they lie on the disk, with what was acknowledged."""
    lists = ListStore.open(house.data, clock=SystemClock())
    casework = Casework(house.data / "casework", lists, CurrentPolicy(), SETTINGS, SystemClock())
    try:
        assert casework.oversight.verify() == [], REPLAY
        report = verify(lists, scratch=tmp_path)
        assert report.ok, (report.problems, REPLAY)
        events = list(casework.oversight.events(0, 1 << 62))
        kinds = Counter(event.kind for event in events)
        with casework.ground.env.read() as txn:
            tables = Tables(casework.ground.env, txn)
            items = [decode(Item, data) for _, data in tables.rows("items")]
            looked_at = {number: cases.read(tables, number) for number in {item.case for item in items} - {0}}
            assert tables.count("deciding") == 0, REPLAY

        acknowledged = [one for reporter in reporters for one in reporter.reports]
        assert {item.report for item in items} == {number for _, _, number in acknowledged}, REPLAY
        assert kinds[EventKind.REPORT_RECEIVED] == len(acknowledged), REPLAY
        assert Counter(item.report for item in items) == Counter(
            {number: len(report.items) for report, _, number in acknowledged}
        ), REPLAY

        said = Counter(event.case for event in events if event.kind == EventKind.CASE_ASSESSED)
        assert said == Counter(number for one in analysts for number in one.opinions), REPLAY
        viewings = sum(one.viewings for one in analysts)
        assert viewings <= kinds[EventKind.CASE_CLAIMED] <= viewings + sum(one.repeats for one in analysts), REPLAY

        entries = Counter(event.case for event in events if event.kind == EventKind.CASE_LISTED)
        assert set(entries.values()) == {1}, f"a case is listed once; {REPLAY}"
        with lists.snapshot() as snapshot:
            on_list, _ = snapshot.pages.entries(0, 1_000, 0, b"")
        assert len(on_list) == len(entries), REPLAY
        for entry in on_list:
            confirmed = entry.state == State.CONFIRMED
            assert confirmed == (entry.entry_id.hex() not in doubter.retracted), REPLAY
            assert all(len({actor for _, actor in one.people}) >= 2 for one in entry.signals), REPLAY
        assert {entry_id for entry_id, _ in house.listed} <= {entry.entry_id.hex() for entry in on_list}, REPLAY

        # An entry's content is that of the item people looked at, which may have moved on to another case since.
        seen = {(item.report, item.index): int(item.content_ref) for item in items}
        by_content_id = {entry.content_id: entry for entry in on_list}
        live = {
            seen[case.first_item]
            for case in looked_at.values()
            if case.state == CaseState.LISTED
            and by_content_id[f"case-{case.number}-{case.opened_us}"].state == State.CONFIRMED
        } | {n for entry_id, n in house.listed if entry_id not in doubter.retracted}
        assert live, REPLAY
        for item in items:
            n = int(item.content_ref)
            if not is_illegal(n):
                assert item.state in (ItemState.OPEN, ItemState.CLOSED_NOT_ILLEGAL), REPLAY
            else:
                closed = item.state in (ItemState.CLOSED_KNOWN, ItemState.CLOSED_LISTED)
                assert closed == (n in live), f"content {n}, report {item.report}: {item.state}; {REPLAY}"
    finally:
        casework.close()
        lists.close()
