"""Latency of a check while a partner sends full batches without pause.

    python -m benchmarks load [--small] [--json]

The service runs two workers, one a core. The partner, a process of its own, keeps 4 calls of 10,000 PDQ in flight on
one connection to worker 0. Beside it a second process asks STANDARD checks of one PDQ and one MD5, one after another
on one connection: to worker 0 (same worker), to worker 1 (other worker), and to worker 0 before the partner comes
(alone). Both clients are on worker 1's core: what they take, they take from the other worker. Which worker a
connection met is told by trailing metadata.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import json
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import batch, lists, messages, serving
from benchmarks.lists import Spec
from benchmarks.report import Row, percentiles_ms, row, say
from benchmarks.serving import Server
from hashsvc.matching.values import Effort

BENCHMARK = "load"
BULK_WORKER = 0
SETTLE_S = 1.0


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument("--entries", type=int, default=1_000_000, help="on the list (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=10.0, help="of one measurement (default %(default)s)")
    parser.add_argument("--repeats", type=int, default=3, help="turns (default %(default)s)")
    parser.add_argument("--codes", choices=("uniform", "photos"), default="uniform", help="(default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    spec = Spec(lists.SMALL if options.small else options.entries, options.codes, options.seed)
    seconds, repeats = (2.0, 1) if options.small else (options.seconds, options.repeats)
    data = lists.prepared(Path(options.lists), spec)
    core, load_core = serving.cores()
    found: dict[str, list[float]] = {"alone": [], "same worker": [], "other worker": []}
    bulk_rates: dict[str, list[float]] = {name: [] for name in found}
    with serving.service(data, 2, sorted({core, load_core})) as server:
        for _ in range(repeats):
            for name, latencies in found.items():
                number = 1 if name == "other worker" else BULK_WORKER
                with contextlib.nullcontext() if name == "alone" else _partner(server, spec, options.seed) as partner:
                    latencies += _ask(server, spec, number, seconds, options.seed)
                if partner is not None:
                    bulk_rates[name].append(partner.items_s)
    for name, latencies in found.items():
        rates = bulk_rates[name]
        figures = percentiles_ms(latencies)
        say(f"load: {name}: p50 {figures['p50_ms']:.2f} ms, p99 {figures['p99_ms']:.2f} ms")
        bulk = {"bulk_items_s": sum(rates) / len(rates)} if rates else {}
        yield row(
            BENCHMARK, name, options.seed, entries=spec.count, codes=spec.codes, calls=len(latencies), **figures, **bulk
        )


class _Partner:
    """The process that sends batches; items_s is known when it has ended."""

    def __init__(self, running: subprocess.Popen[bytes]) -> None:
        self.running = running
        self.items_s = 0.0


@contextlib.contextmanager
def _partner(server: Server, spec: Spec, seed: int) -> Iterator[_Partner]:
    arguments = ["-m", "benchmarks.load", "bulk", server.address, str(spec.count), spec.codes, str(seed)]
    running = serving.start_on([serving.cores()[1]], arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    partner = _Partner(running)
    assert running.stdout is not None
    try:
        assert running.stdout.readline() == b"begun\n"
        time.sleep(SETTLE_S)
        yield partner
        told, _ = running.communicate(timeout=30)  # its input ends: so does it
        partner.items_s = json.loads(told)
    finally:
        running.kill()
        running.wait()


def _ask(server: Server, spec: Spec, number: int, seconds: float, seed: int) -> list[float]:
    """Ask checks one after another in a process of its own. Returns the seconds of each."""
    arguments = ["-m", "benchmarks.load", "ask", server.address, str(spec.count), spec.codes, str(seed)]
    arguments += [str(number), str(seconds)]
    running = serving.start_on([serving.cores()[1]], arguments, stdout=subprocess.PIPE)
    told, _ = running.communicate()
    if running.returncode:
        raise RuntimeError("the process that asks failed")
    latencies: list[float] = json.loads(told)
    return latencies


# ---------------------------------------------------------------- the processes


def main() -> None:
    """Be one of the clients: python -m benchmarks.load bulk|ask ADDRESS COUNT CODES SEED [WORKER SECONDS]."""
    kind, address, count, codes, seed = sys.argv[1:6]
    spec = Spec(int(count), codes, int(seed))
    if kind == "bulk":
        _be_bulk(address, spec)
    else:
        _be_asker(address, spec, int(sys.argv[6]), float(sys.argv[7]))


def _be_bulk(address: str, spec: Spec) -> None:
    """Send batches until the input ends."""
    import threading

    requests = [request for request, _ in messages.batches(spec, "pdq", 40, batch.ITEMS, 0.0, spec.seed)]
    ended = threading.Event()
    threading.Thread(target=lambda: (sys.stdin.read(), ended.set()), daemon=True).start()
    with contextlib.closing(serving.connect_to_worker(address, BULK_WORKER)) as channel:
        method, sending = serving.raw(channel, serving.BATCH_CHECK), itertools.cycle(requests)
        print("begun", flush=True)
        items = elapsed = 0.0
        while not ended.is_set():
            more, took = batch.send(method, sending, 0.5)
            items, elapsed = items + more, elapsed + took
    print(json.dumps(items / elapsed))


def _be_asker(address: str, spec: Spec, number: int, seconds: float) -> None:
    requests = itertools.cycle(messages.checks(spec, 2_000, int(Effort.STANDARD), spec.seed))
    latencies = []
    with contextlib.closing(serving.connect_to_worker(address, number)) as channel:
        method = serving.raw(channel, serving.CHECK)
        for request in itertools.islice(requests, 50):
            method(request, timeout=10)
        stop_at = time.perf_counter() + seconds
        while (begin := time.perf_counter()) < stop_at:
            method(next(requests), timeout=10)
            latencies.append(time.perf_counter() - begin)
    print(json.dumps(latencies))


if __name__ == "__main__":
    main()
