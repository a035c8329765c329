"""THOROUGH checks: latency of one caller, and where the time goes.

    python -m benchmarks thorough [--small] [--json]

One connection, one call at a time, one PDQ and one MD5 that are not listed: eight orientations within radius 45. The
parts are medians of the same items in this process: transaction (open the snapshot, bring the delta up to date), near
(the search), rest (weighing, look-up of the digest), protobuf (parse, translate, serialise); grpc is what is left of
the p50 over loopback. Also STANDARD, to compare.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np

from benchmarks import lists, messages, serving
from benchmarks.lists import Spec
from benchmarks.report import Row, percentiles_ms, row, say
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.index import warm
from hashsvc.matching.check import check_item
from hashsvc.matching.policy import load_policy
from hashsvc.matching.values import Effort
from hashsvc.server.translate_check import read_check, write_check
from hashsvc.signals import PDQ, orientations_many
from hashsvc.v1 import check_service_pb2 as pb

BENCHMARK = "thorough"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument(
        "--entries", type=int, nargs="+", default=[1_000_000, 5_000_000], help="on the list (default %(default)s)"
    )
    parser.add_argument("--calls", type=int, default=1_000, help="a measurement (default %(default)s)")
    parser.add_argument("--codes", choices=("uniform", "photos"), default="uniform", help="(default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    calls = 100 if options.small else options.calls
    for count in [lists.SMALL] if options.small else options.entries:
        spec = Spec(count, options.codes, options.seed)
        data = lists.prepared(Path(options.lists), spec)
        for effort in (Effort.STANDARD, Effort.THOROUGH):
            requests = messages.checks(spec, calls, int(effort), options.seed)
            figures = latency(data, requests)
            parts = breakdown(data, requests, effort)
            figures |= parts | {"grpc_ms": figures["p50_ms"] - sum(parts.values())}
            say(f"thorough: {effort.name} at {count:,}: p50 {figures['p50_ms']:.3f} ms, p99 {figures['p99_ms']:.3f} ms")
            yield row(
                BENCHMARK, effort.name, options.seed, entries=count, codes=options.codes, calls=calls, **figures
            )  # fmt: skip


def latency(data: Path, requests: list[bytes]) -> dict[str, float]:
    """Ask one after another over one connection."""
    core, load_core = serving.cores()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving.worker_alone(data, core))
        stack.enter_context(serving.on_core(load_core))
        channel = stack.enter_context(contextlib.closing(serving.connect(server.address)))
        method = serving.raw(channel, serving.CHECK)
        for request in requests[: len(requests) // 5]:
            method(request, timeout=10)
        seconds = []
        for request in requests:
            begin = time.perf_counter()
            method(request, timeout=10)
            seconds.append(time.perf_counter() - begin)
    return percentiles_ms(seconds)


def breakdown(data: Path, requests: list[bytes], effort: Effort) -> dict[str, float]:
    """Do the same items here and time the parts, in ms."""
    core, _ = serving.cores()
    store, policy = ListStore.open(data, clock=SystemClock()), load_policy()
    rule = policy.rules[PDQ]
    assert rule is not None
    radius = rule.radius(int(effort))
    transaction, near, whole, protobuf = [], [], [], []
    warm()
    with serving.on_core(core):
        for data_bytes in requests:
            begin = time.perf_counter()
            asked = read_check(pb.CheckRequest.FromString(data_bytes))
            read_s = time.perf_counter() - begin
            transaction.append(_timed(lambda: _open(store)))
            with store.snapshot() as snapshot:
                value = np.frombuffer(asked.signals[0].value, np.uint8).reshape(1, 32)
                queries = orientations_many(value).reshape(-1, 32) if effort is Effort.THOROUGH else value
                near.append(_timed(lambda: snapshot.near("pdq", queries, radius)))  # noqa: B023
            with store.snapshot() as snapshot:
                _ = snapshot.index
                begin = time.perf_counter()
                answer = check_item(snapshot, asked.signals, policy, int(effort), asked.evidence_max)
                whole.append(time.perf_counter() - begin)
            begin = time.perf_counter()
            response = pb.CheckResponse(policy_version=policy.version)
            write_check(answer, (), response)
            response.SerializeToString()
            protobuf.append(read_s + time.perf_counter() - begin)
    store.close()
    near_ms, whole_ms = float(np.median(near)) * 1e3, float(np.median(whole)) * 1e3
    return {
        "transaction_ms": float(np.median(transaction)) * 1e3,
        "near_ms": near_ms,
        "rest_ms": max(0.0, whole_ms - near_ms),
        "protobuf_ms": float(np.median(protobuf)) * 1e3,
    }


def _open(store: ListStore) -> None:
    with store.snapshot() as snapshot:
        _ = snapshot.index


def _timed(call: Callable[[], object]) -> float:
    begin = time.perf_counter()
    call()
    return time.perf_counter() - begin
