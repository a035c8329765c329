"""THOROUGH checks: latency of one caller, and where the time goes.

    python -m benchmarks thorough [--small] [--json]

One connection, one call at a time, one PDQ and one MD5 that are not listed: eight orientations within radius 45. The
parts are medians of the same items in this process, asked in turns with the worker: transaction (open the snapshot,
bring the delta up to date), near (the search), rest (weighing, look-up of the digest), protobuf (parse, translate,
serialise); grpc is what is left of the p50 over loopback: gRPC, threads, log line, metrics. Also STANDARD, to compare.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import lists, messages, serving
from benchmarks.lists import Spec
from benchmarks.report import Row, percentiles_ms, row, say
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.index import warm
from hashsvc.matching.check import check_item
from hashsvc.matching.policy import Policy, load_policy
from hashsvc.matching.values import Effort
from hashsvc.server.translate.check import read_check, write_check
from hashsvc.v1 import check_service_pb2 as pb

BENCHMARK = "thorough"
BLOCK = 50  # items over loopback, then the same here, and so on


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
            figures = measure(data, requests, effort)
            say(f"thorough: {effort.name} at {count:,}: p50 {figures['p50_ms']:.3f} ms, p99 {figures['p99_ms']:.3f} ms")
            yield row(
                BENCHMARK, effort.name, options.seed, entries=count, codes=options.codes, calls=calls, **figures
            )  # fmt: skip


def measure(data: Path, requests: list[bytes], effort: Effort) -> dict[str, float]:
    """Ask one after another over one connection and, in turns of BLOCK, the same items in this process."""
    core, load_core = serving.cores()
    policy = load_policy()
    seconds: list[float] = []
    parts: dict[str, list[float]] = {"transaction": [], "near": [], "rest": [], "protobuf": []}
    warm()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving.worker_alone(data, core))
        store = stack.enter_context(contextlib.closing(ListStore.open(data, clock=SystemClock())))
        stack.enter_context(serving.on_core(load_core))
        channel = stack.enter_context(contextlib.closing(serving.connect(server.address)))
        method = serving.raw(channel, serving.CHECK)
        for request in requests[: len(requests) // 5]:
            method(request, timeout=10)
        for first in range(0, len(requests), BLOCK):
            block = requests[first : first + BLOCK]
            for request in block:
                begin = time.perf_counter()
                method(request, timeout=10)
                seconds.append(time.perf_counter() - begin)
            with serving.on_core(core):
                for request in block:
                    in_parts(store, policy, request, effort, parts)
    figures = percentiles_ms(seconds)
    medians = {f"{name}_ms": float(np.median(values)) * 1e3 for name, values in parts.items()}
    return figures | medians | {"grpc_ms": figures["p50_ms"] - sum(medians.values())}


def in_parts(
    store: ListStore, policy: Policy, request: bytes, effort: Effort, parts: dict[str, list[float]]
) -> None:  # fmt: skip
    """Do one check here and note the seconds of its parts."""
    begin = time.perf_counter()
    asked = read_check(pb.CheckRequest.FromString(request))
    read_at = time.perf_counter()
    with store.snapshot() as snapshot:
        _ = snapshot.index
        opened_at = time.perf_counter()
        timed = _TimedSearch(snapshot)
        answer = check_item(timed, asked.signals, policy, int(effort), asked.evidence_max)  # type: ignore[arg-type]
        answered_at = time.perf_counter()
    write_at = time.perf_counter()
    response = pb.CheckResponse(policy_version=policy.version)
    write_check(answer, (), response)
    response.SerializeToString()
    parts["protobuf"].append(read_at - begin + time.perf_counter() - write_at)
    parts["transaction"].append(opened_at - read_at)
    parts["near"].append(timed.near_s)
    parts["rest"].append(answered_at - opened_at - timed.near_s)


class _TimedSearch:
    """A snapshot that notes how long its near searches took."""

    def __init__(self, snapshot: Any) -> None:
        self._snapshot = snapshot
        self.near_s = 0.0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._snapshot, name)

    def near(self, *arguments: Any, **options: Any) -> Any:
        begin = time.perf_counter()
        hits = self._snapshot.near(*arguments, **options)
        self.near_s += time.perf_counter() - begin
        return hits
