"""The table of RPCs: complete, true to the protos, and what the service goes by."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import grpc
import msgspec
import pytest
from google.protobuf.message_factory import GetMessageClass

from hashsvc import config
from hashsvc.clock import SystemClock
from hashsvc.errors import InvariantError
from hashsvc.hashlist import ListStore
from hashsvc.matching.policy import shipped_text
from hashsvc.server import app
from hashsvc.server.processes.process import EXIT_CANNOT_SERVE, Start
from hashsvc.server.wire import methods
from hashsvc.server.wire.calls import Lanes
from hashsvc.server.wire.methods import METHODS, READS, SERVICES, UNARY, WRITES, Method, Route, routes
from hashsvc.v1 import entry_pb2
from tests.server.fakes import ACTOR, ENTRY_ID, Served, fails, sha256_signal

ROUTES = [route for served in routes().values() for route in served]
NAMES = [f"{route.method.service}.{route.method.name}" for route in ROUTES]

# A worker of a build in which somebody forgot the row of the last method.
FORGETFUL = (
    "import hashsvc.server.app as app, hashsvc.server.wire.methods as methods;"
    "from hashsvc.server.processes.worker import main;"
    "app.routes = lambda: methods.routes(methods=methods.METHODS[:-1]);"
    "main()"
)


def ask(served: Served, route: Route, request: Any, **how: Any) -> Any:
    answer = GetMessageClass(route.descriptor.output_type)
    return served.call(route.path.removeprefix("/hashsvc.v1."), request, answer, **how)


def empty(route: Route) -> Any:
    """A request that says nothing, but of one thing where it may hold many."""
    request: Any = GetMessageClass(route.descriptor.input_type)()
    for path in route.method.needs:
        inner, _, rest = path.partition(".")
        field = route.descriptor.input_type.fields_by_name[inner]
        if rest and field.is_repeated:
            getattr(request, inner).add()
        elif rest:
            getattr(request, inner).SetInParent()
    return request


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        (METHODS[1:], "CheckService.Check has no row"),
        ((*METHODS, Method("check", "Guess", "check", UNARY, READS)), "the row check.Guess is of no method"),
        ((*METHODS, Method("guess", "Check", "check", UNARY, READS)), "the row guess.Check is of no method"),
        ((*METHODS, METHODS[0]._replace(lane="bulk")), "check.Check has two rows"),
        ((METHODS[0]._replace(writes=WRITES, needs=("etag",)), *METHODS[1:]), "needs etag, which its request lacks"),
        (
            (METHODS[0]._replace(dry_run="validate_only"), *METHODS[1:]),
            "has no field validate_only that is a bool",
        ),
        ((METHODS[0]._replace(lane="chek"), *METHODS[1:]), "check.Check is in the lane chek, which there is not"),  # type: ignore[arg-type]
        ((METHODS[0]._replace(lane="write"), *METHODS[1:]), "check.Check reads in the lane write"),
        ((METHODS[0]._replace(writes=WRITES), *METHODS[1:]), "check.Check writes in the lane check"),
        ((METHODS[0]._replace(bytes_max=0), *METHODS[1:]), "check.Check takes 0 bytes"),
    ],
)
def test_a_gap_between_rows_and_protos_is_named(rows: tuple[Method, ...], told: str) -> None:
    """A method without a row, a row without a method, two rows and a need that cannot be met are each refused."""
    with pytest.raises(InvariantError) as caught:
        routes(methods=rows)
    assert told in str(caught.value)


@pytest.mark.parametrize("name", ["entry.ProposeEntry", "entry.AmendEntry", "report.SubmitReports"])
def test_a_forgotten_need_is_named(name: str) -> None:
    """A request with a request id or an etag, also one step down, is of a method whose row says so."""
    rows = tuple(row._replace(needs=()) if f"{row.service}.{row.name}" == name else row for row in METHODS)
    with pytest.raises(InvariantError) as caught:
        routes(methods=rows)
    assert f"{name} has a field request_id and no need of it" in str(caught.value)


def test_a_method_that_nobody_answers_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """A servicer without a method of its service, and a service without a servicer, do not start."""
    whole = {name: _Answers(name) for name in SERVICES}
    assert len(app._served(whole)) == len(METHODS)
    with pytest.raises(InvariantError, match=r"without a servicer or a row: \['feed'\]"):
        app._served({name: one for name, one in whole.items() if name != "feed"})
    with pytest.raises(InvariantError, match=r"no servicer answers: feed\.ReadChanges$"):
        app._served({**whole, "feed": _Answers("feed", but="ReadChanges")})


class _Answers:
    """A servicer with every method of a service, but one."""

    def __init__(self, service: str, but: str = "") -> None:
        for row in METHODS:
            if row.service == service and row.name != but:
                setattr(self, row.name, lambda request, call: None)


def test_a_worker_with_a_gap_refuses_to_start(tmp_path: Path) -> None:
    """The process says which method has no row and ends, before it listens."""
    ListStore.create(tmp_path / "list", clock=SystemClock())
    start = Start(config.make(data_dir=str(tmp_path / "list"), log_style="json"), "one", 1, 0, "127.0.0.1:0")
    ended = subprocess.run(
        [sys.executable, "-c", FORGETFUL, msgspec.json.encode(start).decode()],
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert ended.returncode == EXIT_CANNOT_SERVE
    told = [msgspec.json.decode(line) for line in ended.stderr.splitlines()]
    assert [line["event"] for line in told] == ["worker could not start", "process stopped"]
    assert "PolicyService.ConfirmPolicy has no row" in told[0]["text"]


@pytest.mark.parametrize("route", [route for route in ROUTES if route.method.writes], ids=lambda one: one.method.name)
def test_every_write_names_who_acts(served: Served, route: Route) -> None:
    """A call of a method whose row says that it writes is refused without an actor, and nothing is written."""
    with fails() as failure:
        ask(served, route, empty(route))
    assert (failure[0].code, failure[0].reason) == (grpc.StatusCode.INVALID_ARGUMENT, "ACTOR_REQUIRED")
    assert served.store.written == []


@pytest.mark.parametrize("route", [one for one in ROUTES if not one.method.writes], ids=lambda one: one.method.name)
def test_no_read_asks_who_acts(served: Served, route: Route) -> None:
    """A call of a method whose row says that it reads may be anonymous."""
    try:
        ask(served, route, empty(route))
    except grpc.RpcError as error:
        call: Any = error
        assert dict(call.trailing_metadata()).get("hashsvc-reason") != "ACTOR_REQUIRED"


@pytest.mark.parametrize(
    ("name", "need"), [(row.name, need) for row in METHODS for need in row.needs], ids=lambda one: one
)
def test_what_a_row_needs_is_asked_for(served: Served, name: str, need: str) -> None:
    """A request that has all but what its row needs is refused with REQUIRED, which names the field."""
    [route] = [route for route in ROUTES if route.method.name == name]
    if name == "SubmitReports":  # of many, the one that lacks it is refused, and the others are answered
        refusal = ask(served, route, filled(route, but=need), metadata=ACTOR).results[0].refusal
        assert (refusal.reason, refusal.field) == ("REQUIRED", need.rpartition(".")[2])
        return
    with fails() as failure:
        ask(served, route, filled(route, but=need), metadata=ACTOR)
    assert (failure[0].reason, failure[0].field) == ("REQUIRED", need)
    assert served.store.written == []


def filled(route: Route, but: str) -> Any:
    """A request with some value in every field that a method asks for, but one."""
    request = empty(route)
    entry = entry_pb2.EntryContent(source="us", signals=[sha256_signal()])
    values: dict[str, Any] = {
        "request_id": "1", "etag": "x", "entry_id": ENTRY_ID.hex(), "batch_id": ENTRY_ID.hex(), "reason_code": "x",
        "content": entry, "text": shipped_text(), "sequence": 1, "digest": bytes(32),
        "file_digest": bytes(32), "source": "us",
    }  # fmt: skip
    for one in (request, *(getattr(request, name, None) for name in ("report",))):
        for name, value in values.items():
            if one is not None and name in one.DESCRIPTOR.fields_by_name and name != but.rpartition(".")[2]:
                one.MergeFrom(type(one)(**{name: value}))
    if route.method.name == "MarkSeenLive":
        request.entry_ids.append(ENTRY_ID.hex())
    if route.method.name == "ImportEntries":
        request.entries.append(entry)
    for report in {"SubmitReport": lambda: [request.report], "SubmitReports": lambda: request.reports}.get(
        route.method.name, list
    )():
        report.items.add(signals=[sha256_signal()])
    return request


@pytest.mark.parametrize("route", ROUTES, ids=NAMES)
def test_a_request_may_be_as_large_as_its_row_says(served: Served, route: Route) -> None:
    """One byte more than the row's largest request is MESSAGE_TOO_LARGE; as many as that are read."""
    bytes_max = route.method.bytes_max
    for size, refused in ((bytes_max, False), (bytes_max + 1, True)):
        with fails() as failure:
            ask(served, route, b"\xff" * size, metadata=ACTOR)
        assert (failure[0].reason == "MESSAGE_TOO_LARGE") is refused


def test_every_lane_of_a_row_is_there() -> None:
    """A row's lane is one that a worker makes."""
    assert {row.lane for row in METHODS} == set(Lanes._fields)


def test_a_service_is_listed_once() -> None:
    """Every service of the protos that hashsvc has is in the table, each under one name."""
    names = [service.descriptor.name for service in SERVICES.values()]
    protos = Path(methods.__file__).parents[3] / "protos" / "hashsvc" / "v1"
    declared = [
        line.split()[1] for proto in protos.glob("*.proto") for line in proto.read_text("utf-8").splitlines()
        if line.startswith("service ")
    ]  # fmt: skip
    assert sorted(names) == sorted(declared)
