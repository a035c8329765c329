"""Check beside an empty handler: what a check costs besides what gRPC, the wrapper, metrics and the log line cost.

    python -m benchmarks unary [--small] [--json]

Two workers on one core, one with checks and one with an empty handler in their place; the load is on the other core
and goes to one and the other in turns. A check is STANDARD, one PDQ and one MD5 that are not listed. The load is h2load
(nghttp2-client) where it is installed: 16 connections, one call in flight on each, 4 different items at a time. It
cannot vary its items, so the processor's caches know them better than in life; therefore the second pair of rows, by
threads of grpcio in a process of its own that send 2,000 different items: their server CPU a call is fair, their calls
a second are the client's limit. ratio: to the empty handler, from calls_s with h2load and from cpu_us otherwise.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np

from benchmarks import lists, messages, serving
from benchmarks.lists import Spec
from benchmarks.report import Row, row, say, spread
from benchmarks.serving import Server
from hashsvc.matching.values import Effort
from hashsvc.v1 import check_service_pb2 as pb

BENCHMARK = "unary"
CONNECTIONS = 16
H2LOADS = 4  # processes, each with an item of its own and CONNECTIONS // H2LOADS connections
ITEMS = 2_000
SUBJECTS = ("empty handler", "check")

Load = Callable[[Server, Path, float], int]  # requests a file; returns how many calls were answered


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument("--entries", type=int, default=1_000_000, help="on the list (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=3.0, help="of one measurement (default %(default)s)")
    parser.add_argument("--repeats", type=int, default=5, help="turns (default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    spec = Spec(lists.SMALL if options.small else options.entries, seed=options.seed)
    seconds, repeats = (1.0, 2) if options.small else (options.seconds, options.repeats)
    data = lists.prepared(Path(options.lists), spec)
    requests = messages.checks(spec, ITEMS, int(Effort.STANDARD), options.seed)
    core, load_core = serving.cores()
    loads: dict[str, Load] = {"grpcio, varied items": _grpcio}
    if shutil.which("h2load"):
        loads = {"h2load": _h2load, **loads}
    else:
        say("unary: h2load is not installed (Debian: nghttp2-client): calls_s are the client's limit")
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hashsvc-unary-")))
        for number, request in enumerate(requests):
            folder.joinpath(f"{number}").write_bytes(frame(request))
        servers = {
            name: stack.enter_context(serving.worker_alone(data, core, empty=name == SUBJECTS[0])) for name in SUBJECTS
        }
        stack.enter_context(serving.on_core(load_core))
        check_answers(servers["check"], requests[:20])
        for load_name, load in loads.items():
            yield from measure(options, spec, servers, load_name, load, folder, seconds, repeats)


def measure(
    options: argparse.Namespace, spec: Spec, servers: dict[str, Server], load_name: str, load: Load, folder: Path,
    seconds: float, repeats: int,
) -> Iterator[Row]:  # fmt: skip
    """Load all servers in turns, and compare."""
    rates: dict[str, list[float]] = {name: [] for name in servers}
    cpu_us: dict[str, list[float]] = {name: [] for name in servers}
    for server in servers.values():
        load(server, folder, min(1.0, seconds))
    for _ in range(repeats):
        for name, server in servers.items():
            cpu_before, started = server.cpu_s(), time.perf_counter()
            calls = load(server, folder, seconds)
            elapsed = seconds if load is _h2load else time.perf_counter() - started
            rates[name].append(calls / elapsed)
            cpu_us[name].append((server.cpu_s() - cpu_before) / calls * 1e6)
    for name in servers:
        ratio = {
            "calls_s_ratio": float(np.median(rates[name]) / np.median(rates[SUBJECTS[0]])),
            "cpu_ratio": float(np.median(cpu_us[SUBJECTS[0]]) / np.median(cpu_us[name])),
        }
        say(f"unary: {name}, {load_name}: {np.median(rates[name]):,.0f} calls/s, {np.median(cpu_us[name]):.0f} µs CPU")
        yield row(
            BENCHMARK, name, options.seed, entries=spec.count, load=load_name, connections=CONNECTIONS,
            calls_s=spread(rates[name]), cpu_us=spread(cpu_us[name]), **ratio,
        )  # fmt: skip


def check_answers(server: Server, requests: Sequence[bytes]) -> None:
    """Make sure that what is timed is an answer."""
    with contextlib.closing(serving.connect(server.address)) as channel:
        for request in requests:
            answer = pb.CheckResponse.FromString(serving.raw(channel, serving.CHECK)(request, timeout=10))
            assert answer.verdict == pb.VERDICT_NEW, answer
            assert not answer.problems


def frame(request: bytes) -> bytes:
    """Make a gRPC message of HTTP/2: not compressed, length, bytes."""
    return b"\0" + len(request).to_bytes(4, "big") + request


def _h2load(server: Server, folder: Path, seconds: float) -> int:
    """Run H2LOADS h2loads at once."""
    running = []
    for number in range(H2LOADS):
        arguments = [
            "h2load",
            "-t1",
            f"-c{CONNECTIONS // H2LOADS}",
            "-m1",
            f"-D{seconds:g}",
            "-d",
            str(folder / f"{number}"),
        ]
        for header in ("content-type: application/grpc", "te: trailers", "grpc-timeout: 5S"):
            arguments += ["-H", header]
        arguments.append(f"http://{server.address}{serving.CHECK}")
        running.append(subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True))
    calls = 0
    for one in running:
        told, _ = one.communicate()
        found = re.search(r"(\d+) succeeded, (\d+) failed", told)
        if one.returncode or found is None or int(found.group(2)):
            raise RuntimeError(f"h2load failed: {told}")
        calls += int(found.group(1))
    return calls


def _grpcio(server: Server, folder: Path, seconds: float) -> int:
    """Run threads of grpcio in a process of its own, on the cores that this process is on."""
    arguments = ["-m", "benchmarks.unary", server.address, str(folder), str(seconds)]
    done = subprocess.run([sys.executable, *arguments], capture_output=True, check=True)
    return int(json.loads(done.stdout))


def main() -> None:
    """Be the process of grpcio's threads: python -m benchmarks.unary ADDRESS FOLDER SECONDS."""
    address, folder, seconds = sys.argv[1], Path(sys.argv[2]), float(sys.argv[3])
    requests = [path.read_bytes()[5:] for path in folder.iterdir()]
    counts = [0] * CONNECTIONS
    stop_at = time.monotonic() + seconds

    def call(number: int) -> None:
        with contextlib.closing(serving.connect(address)) as channel:
            method, at = serving.raw(channel, serving.CHECK), number * len(requests) // CONNECTIONS
            while time.monotonic() < stop_at:
                method(requests[at % len(requests)], timeout=5)
                at += 1
                counts[number] += 1

    threads = [threading.Thread(target=call, args=(number,)) for number in range(CONNECTIONS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(sum(counts))


if __name__ == "__main__":
    main()
