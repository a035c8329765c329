"""The only place where a worker's objects are built and joined.

`build` is handed an open store and gives a server that is ready to start; the worker process starts and stops it.
Tests call it with a store of their own; benchmarks use `server_around` with an empty servicer.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection, reflection_pb2_grpc

from hashsvc import limits
from hashsvc.casework.desks import Casework
from hashsvc.categories import load_crosswalk
from hashsvc.clock import Clock
from hashsvc.config import Config
from hashsvc.errors import CommitFailed, InvariantError
from hashsvc.logs import Log
from hashsvc.matching.current import CurrentPolicy
from hashsvc.metrics import Metrics
from hashsvc.server.journal.writer import Journal, folder_of
from hashsvc.server.services.affected import AffectedDesk
from hashsvc.server.services.case import CaseServicer
from hashsvc.server.services.check import CheckServicer, PrivateLookups
from hashsvc.server.services.entry import EntryServicer
from hashsvc.server.services.feed import FeedServicer
from hashsvc.server.services.imports import ImportServicer
from hashsvc.server.services.policy import PolicyServicer
from hashsvc.server.services.report import ReportServicer
from hashsvc.server.services.takedown import TakedownServicer
from hashsvc.server.wire.call_log import CallLog
from hashsvc.server.wire.calls import Around, Behaviour, CallHandler, Lanes
from hashsvc.server.wire.health import Health
from hashsvc.server.wire.lanes import Lane
from hashsvc.server.wire.limits import MissLimit, PrefixQuota
from hashsvc.server.wire.methods import SERVICES, Route, missing, routes
from hashsvc.server.wire.ports import Store
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.server.writing.casework import HOUR_US, CaseworkDoor
from hashsvc.server.writing.write_queue import WriteQueue

PROBE_THREADS = 2  # for reflection, whose streams hold a thread each
RECEIVE_SLACK_BYTES = 64 * 1024  # so that a message a little too large is refused with a reason, not by gRPC


class App(NamedTuple):
    """A worker's objects."""

    server: grpc.Server
    health: Health
    writes: WriteQueue
    journal: Journal
    lanes: Lanes
    around: Around
    paths: list[str]


def build(
    config: Config,
    store: Store,
    policies: CurrentPolicy,
    casework: Casework,
    *,
    worker: int,
    log: Log,
    call_log: CallLog,
    metrics: Metrics,
    clock: Clock,
    recent: RecentUrls,
    is_read_only: Callable[[], bool],
    on_commit_failed: Callable[[CommitFailed], None],
    on_fatal: Callable[[BaseException], None],
) -> App:
    """Build a worker's server around a store and its casework. Ports are the caller's to add, and starting it."""
    writes = WriteQueue(
        store.write,
        waiting_max=config.write_waiting_max,
        is_read_only=is_read_only,
        on_commit_failed=on_commit_failed,
        metrics=metrics,
    )
    journals = folder_of(Path(config.data_dir))
    journal = Journal(journals, worker, clock=clock, log=log, metrics=metrics)
    door = CaseworkDoor(casework, is_read_only=is_read_only, on_commit_failed=on_commit_failed)
    affected = AffectedDesk(store, door, journals, clock=clock, log=log, metrics=metrics)
    servicers: dict[str, object] = {
        "check": CheckServicer(store, policies, metrics, recent, journal, _private_lookups(config, clock)),
        "entry": EntryServicer(store, writes, recent),
        "import": ImportServicer(store, writes, metrics),
        "feed": FeedServicer(store, policies),
        "report": ReportServicer(
            store,
            door,
            MissLimit(config.report_misses_a_minute),
            metrics,
            with_verdicts=config.report_verdicts,
            state_hold_us=int(config.report_state_hours * HOUR_US),
        ),
        "case": CaseServicer(store, door, load_crosswalk(), affected),
        "takedown": TakedownServicer(store, door),
        "policy": PolicyServicer(store, writes, door, policies),
    }
    health = Health({service.descriptor.full_name: service.stops_read_only for service in SERVICES.values()})
    around = Around(worker=worker, log=log, call_log=call_log, metrics=metrics, clock=clock, on_fatal=on_fatal)
    lanes = make_lanes(config)
    handler = CallHandler(_served(servicers), lanes, around)
    server = server_around(config, handler, lanes)
    _add_probes(server, health)
    return App(server, health, writes, journal, lanes, around, handler.paths)


def _served(servicers: Mapping[str, object]) -> list[tuple[Route, Behaviour]]:
    """Join every method with what answers it. Raises InvariantError that names what is missing."""
    routes_of = routes()
    if servicers.keys() != routes_of.keys():
        raise InvariantError(f"services without a servicer or a row: {sorted(servicers.keys() ^ routes_of.keys())}")
    if gaps := [f"{name}.{method}" for name, servicer in servicers.items() for method in missing(name, servicer)]:
        raise InvariantError(f"methods that no servicer answers: {', '.join(gaps)}")
    return [
        (route, getattr(servicers[name], route.method.name)) for name, found in routes_of.items() for route in found
    ]


def _private_lookups(config: Config, clock: Clock) -> PrivateLookups | None:
    if not config.private_lookups:
        return None
    return PrivateLookups(PrefixQuota(clock, config.private_prefixes_max), config.private_cache_seconds)


def make_lanes(config: Config) -> Lanes:
    """Make the threads of a worker."""
    return Lanes(
        check=Lane("check", config.handler_threads, None),
        write=Lane("write", config.write_waiting_max, 0, reason="WRITE_QUEUE_FULL"),
        page=Lane(
            "page",
            config.page_running_max,
            config.page_waiting_max,
            reason="TOO_MANY_PAGE_CALLS",
            nice=config.bulk_nice,
        ),
        bulk=Lane(
            "bulk",
            config.bulk_running_max,
            config.bulk_waiting_max,
            reason="TOO_MANY_BULK_CALLS",
            nice=config.bulk_nice,
        ),
        imports=Lane(
            "import",
            limits.IMPORT_RUNNING_MAX,
            limits.IMPORT_WAITING_MAX,
            reason="TOO_MANY_BULK_CALLS",
            nice=config.bulk_nice,
        ),
    )


def server_around(config: Config, handler: CallHandler, lanes: Lanes) -> grpc.Server:
    """Make the gRPC server for a handler, with the limits that were tried under attack (docs/measured.md 11)."""
    options = (
        ("grpc.so_reuseport", 1),
        ("grpc.max_receive_message_length", limits.BULK_BYTES_MAX + RECEIVE_SLACK_BYTES),
        ("grpc.max_send_message_length", -1),
        ("grpc.max_concurrent_streams", 100),
        ("grpc.max_metadata_size", 8 * 1024),
        ("grpc.server_handshake_timeout_ms", 5_000),
        ("grpc.http2.max_ping_strikes", 2),
        ("grpc.http2.min_ping_interval_without_data_ms", 10_000),
        ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
        ("grpc.max_connection_age_ms", config.connection_age_seconds * 1000),
        ("grpc.max_connection_age_grace_ms", limits.DEADLINE_MS_MAX + 1_000),
    )
    return grpc.server(lanes.check, handlers=[handler], options=options, maximum_concurrent_rpcs=config.calls_max)


def _add_probes(server: grpc.Server, health: Health) -> None:
    """Add health and reflection: no deadline asked, no log line, and no thread of the checks held by a stream."""
    health_pb2_grpc.add_HealthServicer_to_server(health.servicer, server)
    names: Sequence[str] = (
        *(service.descriptor.full_name for service in SERVICES.values()),
        health_pb2.DESCRIPTOR.services_by_name["Health"].full_name,
        reflection.SERVICE_NAME,
    )
    reflection_pb2_grpc.add_ServerReflectionServicer_to_server(_Reflection(names), server)


class _Reflection(reflection.ReflectionServicer):
    """Reflection on threads of its own, so that idle streams starve nobody else."""

    def __init__(self, names: Sequence[str]) -> None:
        super().__init__(names)
        threads = ThreadPoolExecutor(PROBE_THREADS, thread_name_prefix="lane-probe")
        answer = super().ServerReflectionInfo

        def reflect(requests: Any, context: grpc.ServicerContext) -> Any:
            return answer(requests, context)

        reflect.experimental_thread_pool = threads  # type: ignore[attr-defined]
        self.ServerReflectionInfo = reflect  # type: ignore[method-assign,assignment]
