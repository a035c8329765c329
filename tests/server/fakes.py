"""A server over a fake store, spoken to over a real socket."""

from __future__ import annotations

import io
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any, cast

import grpc
import msgspec
import numpy as np
import pytest
from google.rpc import error_details_pb2, status_pb2

from hashsvc import config
from hashsvc.casework.desks import Casework
from hashsvc.casework.ledger import Figures, figures_of
from hashsvc.casework.values import (
    Affected,
    Case,
    CaseState,
    Decided,
    Feedback,
    Item,
    ItemState,
    Mark,
    Met,
    NewReport,
    Opinion,
    Placed,
    Regrade,
    Report,
    ReportState,
    Submitted,
    Takedown,
)
from hashsvc.clock import SeededClock
from hashsvc.errors import HashsvcError, NotFound
from hashsvc.hashlist.values import (
    INSERTED,
    BatchView,
    Command,
    Details,
    EntryView,
    ImportEntries,
    PolicyView,
    Position,
    SignalView,
    Stats,
    Written,
)
from hashsvc.logs import make_log
from hashsvc.matching.current import CurrentPolicy
from hashsvc.metrics import Metrics
from hashsvc.server import app
from hashsvc.server.wire.call_log import CallLog
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.signals import Signal
from hashsvc.v1 import check_service_pb2, signal_pb2

ACTOR = (("hashsvc-actor", "anna"),)
LIST_ID = bytes(range(16))
ENTRY_ID = bytes(range(16, 32))
# Values that must never be seen again outside an answer: the canaries.
SHA256 = bytes(range(7, 39))
PDQ = bytes((i * 37 + 11) % 256 for i in range(32))

MET = Met(ENTRY_ID, 3, 0, 0, 2, 1, (), 255, 255)
TAKEDOWN = Takedown(1, bytes(32), "https://site.example.com/a", 1, 1, 1, 1, 1, 1, 1)
CASE = Case(1, CaseState.OPEN, (1, 0), 1, 1, 1, False, "", "")


def entry_view(number: int = 1, signal_count: int = 1) -> EntryView:
    signals = tuple(SignalView(i, Signal(3, SHA256), 1, ((1, "anna"),), b"") for i in range(signal_count))
    return EntryView(ENTRY_ID, "us", "", f"id-{number}", 1, signals, Details(), number, number, 1, 1, "etag")


def batch_view() -> BatchView:
    return BatchView(ENTRY_ID, 1, SHA256, "us", 0, 0, 0, b"", ((1, "anna"),), 1, 1)


@dataclass
class FakeStore:
    """A list of nothing that takes every write. pause: held while a search or a write runs."""

    sequence: int = 7
    entries: list[EntryView] = field(default_factory=lambda: [entry_view()])
    written: list[Command] = field(default_factory=list)
    groups: list[int] = field(default_factory=list)
    raises: BaseException | None = None
    snapshot_raises: BaseException | None = None
    searching: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    go_on: threading.Event = field(default_factory=threading.Event)
    slow: bool = False
    closed: bool = False

    @contextmanager
    def snapshot(self) -> Iterator[FakeSnapshot]:
        if self.snapshot_raises is not None:
            raise self.snapshot_raises
        yield FakeSnapshot(self)

    def write(self, commands: Sequence[Command]) -> list[Written | HashsvcError]:
        if self.slow:
            self.searching.release()
            self.go_on.wait(10)
        if self.raises is not None:
            raise self.raises
        self.groups.append(len(commands))
        self.written.extend(commands)
        return [self._written(command) for command in commands]

    def _written(self, command: Command) -> Written:
        outcomes = bytes([INSERTED] * len(command.contents)) if isinstance(command, ImportEntries) else b""
        policy = PolicyView("3", 'version = "3"', (), 7, 0)
        return Written(Position(LIST_ID, 1, self.sequence), entry_view(), batch_view(), policy, outcomes=outcomes)

    def try_import(self, source: str, contents: Sequence[Any]) -> Written:
        return Written(Position(LIST_ID, 1, self.sequence), outcomes=bytes([INSERTED] * len(contents)))

    def tick(self) -> None: ...

    def close(self) -> None:
        self.closed = True


class FakeSnapshot:
    """One state of a FakeStore."""

    def __init__(self, store: FakeStore) -> None:
        self._store = store
        self.position = Position(LIST_ID, 1, store.sequence)

    def require(self, demanded: Position | None) -> None: ...

    @property
    def pages(self) -> FakeSnapshot:
        return self

    policy_sequence = 0

    def policy_in_force(self) -> PolicyView | None:
        return None

    def policy_proposed(self) -> PolicyView | None:
        return None

    def lookup(self, type_number: int, value: bytes) -> list[int]:
        return []

    def lookup_many(self, type_number: int, values: Any) -> tuple[Any, list[int]]:
        self._wait()
        return np.empty(0, np.int64), []

    def lookup_url(self, digests: bytes) -> list[tuple[int, int, int]]:
        return []

    def lookup_urls(self, digests: bytes | memoryview) -> list[tuple[int, int, int]]:
        self._wait()
        return []

    def hashes_from(self, type_number: int, prefix: bytes) -> Iterator[tuple[bytes, int, int]]:
        return iter(())

    def covered(self, scope: int, expression: str, but_number: int) -> tuple[int, bool]:
        return 0, False

    def near(self, kind: str, queries: Any, radius: int, *, nearest_max: Any = None, between_slices: Any = None) -> Any:
        self._wait()
        if between_slices is not None:
            between_slices()
        nothing = np.empty(0, np.int64)
        return SimpleNamespace(query=nothing, ref=nothing, distance=nothing, more=None)

    def signal_count(self, type_number: int) -> int:
        return 0

    def entry(self, entry_id: bytes) -> EntryView:
        if entry_id != ENTRY_ID:
            raise NotFound("UNKNOWN_ENTRY", "the list has no entry of this id", field="entry_id")
        return self._store.entries[0]

    def entries(self, after_number: int, limit: int, state: int, batch_id: bytes) -> tuple[list[EntryView], int]:
        rest = [view for view in self._store.entries if view.first_sequence > after_number]
        page = rest[:limit]
        return page, page[-1].first_sequence if len(rest) > limit else 0

    def batch(self, batch_id: bytes) -> BatchView:
        return batch_view()

    def stats(self) -> Stats:
        return Stats(self.position, 1, {1: 1}, {3: 1}, (), 0, 4096, 2)

    def _wait(self) -> None:
        if self._store.slow:
            self._store.searching.release()
            self._store.go_on.wait(10)


@dataclass
class FakeCasework:
    """Casework of one open case and one report that takes every write; all its desks in one. raises: instead."""

    written: list[object] = field(default_factory=list)
    state: ReportState = ReportState.RECEIVED
    raises: BaseException | None = None
    closed: list[Affected] = field(default_factory=list)  # because of any entry

    def __post_init__(self) -> None:
        self.arrival = self.claims = self.decisions = self.outgoing = self.oversight = self

    def submit_each(self, reports: Sequence[NewReport]) -> list[Submitted | HashsvcError]:
        self._write(*reports)
        placed = Placed(int(ItemState.CLOSED_KNOWN), 1, 0, False, (MET,))
        return [Submitted(n + 1, "0000-0000-0000", (placed,) * len(one.items)) for n, one in enumerate(reports)]

    def report_state(self, code: str, hold_us: int = 0) -> ReportState:
        self._look()
        return self.state

    def feedback_due(self, limit: int, after: tuple[int, int] = (0, 0), hold_us: int = 0) -> list[Feedback]:
        self._look()
        due = [Feedback(number, 1 << 51, f"{number}@reporter.example", "mn", "mn") for number in (1, 2, 3)]
        return [one for one in due if (one.closed_us, one.report) > after][:limit]

    def feedback_sent(self, actor: str, report: int, hold_us: int = 0) -> bool:
        self._write((actor, report, hold_us))
        return True

    def queue(self, limit: int) -> list[Case]:
        self._look()
        return [CASE]

    def case(self, number: int) -> tuple[Case, list[Item]]:
        self._look()
        return CASE, [Item(1, 0, ItemState.OPEN, (Signal(3, SHA256),), "ref", 1, 4, (), (MET,), 7, 1)]

    def reports(self, numbers: Sequence[int]) -> list[Report]:
        return [Report(1, 1, "anna", "", "words", "", "", "", b"", 1, 1)]

    def claim(self, actor: str, number: int = 0) -> Case:
        self._write(actor)
        return CASE

    def release(self, actor: str, number: int) -> Case:
        self._write(actor)
        return CASE

    def assess(self, number: int, opinion: Opinion) -> Decided:
        self._write(opinion)
        return Decided(CASE, 1, 2)

    def figures(self, since_us: int, until_us: int, between: Callable[[], None] = lambda: None) -> Figures:
        self._look()
        return figures_of((), break_us=1, people_required=2)

    def affected(self, entry_id: bytes, after_number: int = 0, limit: int = 1_000) -> tuple[list[Affected], int]:
        self._look()
        found = [one for one in self.closed if one.report > after_number >> 16]
        return found[:limit], found[limit - 1].report << 16 if len(found) > limit else 0

    def regrades(self, outcome: int, after: int, limit: int) -> tuple[list[Regrade], int]:
        self._look()
        return [Regrade(1, 3, 1)], 0

    def claim_regrade(self, actor: str, number: int = 0) -> tuple[Case, list[Item]]:
        self._write(actor)
        return CASE, []

    def assess_regrade(self, number: int, opinion: Opinion) -> Regrade:
        self._write(opinion)
        return Regrade(1, 3, 1, 2, opinion)

    def takedowns(self, states: Sequence[int], after: int, limit: int) -> tuple[list[Takedown], int]:
        self._look()
        return [TAKEDOWN], 0

    def mark_takedowns(self, actor: str, marks: Sequence[Mark]) -> list[Takedown | HashsvcError]:
        self._write(*marks)
        return [msgspec.structs.replace(TAKEDOWN, state=one.state) for one in marks]

    def _look(self) -> None:
        if self.raises is not None:
            raise self.raises

    def _write(self, *what: object) -> None:
        self._look()
        self.written.extend(what)


@dataclass
class Served:
    """A server that runs, and what it says."""

    store: FakeStore
    app: app.App
    channel: grpc.Channel
    address: str
    log_stream: io.BytesIO
    call_log: CallLog
    metrics: Metrics
    read_only: threading.Event
    fatal: list[BaseException]

    def call(self, path: str, request: Any, answer: Any, **how: Any) -> Any:
        """Call a method by its short path, with a deadline unless told otherwise."""
        how.setdefault("timeout", 5)
        data = request if isinstance(request, bytes) else request.SerializeToString()
        method: Any = self.channel.unary_unary(f"/hashsvc.v1.{path}", response_deserializer=answer.FromString)
        return method(data, **how)

    def check(self, *signals: signal_pb2.Signal, **how: Any) -> Any:
        request = check_service_pb2.CheckRequest(signals=signals)
        return self.call("CheckService/Check", request, check_service_pb2.CheckResponse, **how)

    def batch(self, **columns: Any) -> Any:
        request = check_service_pb2.BatchCheckRequest(**columns)
        return self.call("CheckService/BatchCheck", request, check_service_pb2.BatchCheckResponse)

    def log_lines(self) -> list[dict[str, Any]]:
        self.call_log.drain()
        return [msgspec.json.decode(line) for line in self.log_stream.getvalue().splitlines()]


class Failure:
    """A failed call, taken apart."""

    def __init__(self, error: grpc.RpcError) -> None:
        call: Any = error
        self.code = call.code()
        self.text = call.details()
        self.metadata = dict(call.trailing_metadata())
        self.reason = self.metadata.get("hashsvc-reason", "")
        self.field = ""
        self.retry_ms = 0
        self.domain = ""
        rich = status_pb2.Status.FromString(self.metadata.get("grpc-status-details-bin", b""))
        for detail in rich.details:
            info, bad, retry = (
                error_details_pb2.ErrorInfo(),
                error_details_pb2.BadRequest(),
                error_details_pb2.RetryInfo(),
            )
            if detail.Unpack(info):
                self.domain, self.info_reason = info.domain, info.reason
            elif detail.Unpack(bad):
                self.field = bad.field_violations[0].field
            elif detail.Unpack(retry):
                self.retry_ms = retry.retry_delay.ToMilliseconds()


@contextmanager
def fails() -> Iterator[list[Failure]]:
    """Expect a call to fail; the list then holds how."""
    failure: list[Failure] = []
    with pytest.raises(grpc.RpcError) as caught:
        yield failure
    failure.append(Failure(caught.value))


@contextmanager
def serve(store: FakeStore, casework: FakeCasework | None = None, **settings: Any) -> Iterator[Served]:
    """Serve a store, and casework of nothing, on a free port."""
    stream = io.BytesIO()
    metrics, read_only = Metrics(), threading.Event()
    fatal: list[BaseException] = []
    clock = SeededClock(1)
    call_log = CallLog(0, style="json", stream=stream, clock=clock)
    built = app.build(
        config.make(data_dir="nowhere", **settings),
        store,
        CurrentPolicy(),
        cast("Casework", casework if casework is not None else FakeCasework()),
        worker=3,
        log=make_log(style="json", stream=stream, clock=clock),
        call_log=call_log,
        metrics=metrics,
        clock=clock,
        recent=RecentUrls(clock),
        is_read_only=read_only.is_set,
        on_commit_failed=fatal.append,
        on_fatal=fatal.append,
    )
    port = built.server.add_insecure_port("127.0.0.1:0")
    built.server.start()
    built.health.update(readable=True, warm=True)
    address = f"127.0.0.1:{port}"
    channel = grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])
    try:
        yield Served(store, built, channel, address, stream, call_log, metrics, read_only, fatal)
    finally:
        store.go_on.set()
        channel.close()
        built.server.stop(0).wait()
        built.writes.close(5)


def wait_until(condition: Any, timeout_s: float = 10.0) -> None:
    """Wait until a condition holds."""
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.01)


def signal(type_number: int, **values: Any) -> signal_pb2.Signal:
    """Make a signal of any type number, also one that there is not."""
    made: Any = signal_pb2.Signal
    one: signal_pb2.Signal = made(type=type_number, **values)
    return one


def sha256_signal(value: bytes = SHA256) -> signal_pb2.Signal:
    return signal(3, value=value)
