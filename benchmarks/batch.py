"""BatchCheck over loopback: items a second of one worker.

    python -m benchmarks batch [--small] [--json]

Subjects: PDQ against 1 M listed, uniform and as skewed as photographs are; digests against 5 M listed, 2 % of them
hits; each also while another client imports. 10,000 items a call, 4 calls in flight from a client that sends bytes it
made before, on the other core. items_s is over the wall clock, items_cpu_s over the worker's own CPU time (its
figure if the core were its alone). hits_right: the answers' hits are those that were put in.
"""

from __future__ import annotations

import argparse
import contextlib
import itertools
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import grpc

from benchmarks import lists, messages, serving
from benchmarks.lists import Spec
from benchmarks.report import Row, row, say, spread
from benchmarks.serving import Server
from hashsvc.client import HashsvcClient
from hashsvc.v1 import check_service_pb2 as pb

BENCHMARK = "batch"
ITEMS = 10_000  # a call
IN_FLIGHT = 4
TIMEOUT_S = 20
REFUSED_WAIT_S = 0.05


class Case(NamedTuple):
    """What is sent to which list."""

    subject: str
    spec: Spec
    kind: str
    hit_share: float
    message_count: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument("--seconds", type=float, default=5.0, help="of one measurement")
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--pdq-entries", type=int, default=1_000_000)
    parser.add_argument("--digest-entries", type=int, default=5_000_000)
    parser.add_argument("--only", default="", help="subjects whose name begins so")


def run(options: argparse.Namespace) -> Iterator[Row]:
    pdq_count, digest_count = options.pdq_entries, options.digest_entries
    seconds, repeats = options.seconds, options.repeats
    if options.small:
        pdq_count = digest_count = lists.SMALL
        seconds, repeats = min(1.0, seconds), 2
    uniform, photos = Spec(pdq_count, "uniform"), Spec(pdq_count, "photos")
    cases = [
        Case("pdq uniform", uniform, "pdq", 0.0, 60),
        Case("pdq uniform, 2 % hits", uniform, "pdq", 0.02, 60),
        Case("pdq like photographs", photos, "pdq", 0.0, 60),
        Case("digests, 2 % hits", Spec(digest_count), "md5", 0.02, 60 if options.small else 200),
        Case("digests, no hits", Spec(digest_count), "md5", 0.0, 60 if options.small else 200),
    ]
    importing = [case for case in cases if case.subject in ("pdq uniform", "digests, 2 % hits")]
    for case in cases:
        if case.subject.startswith(options.only):
            yield measure(case, options, seconds, repeats, during_import=False)
    for case in importing:
        if case.subject.startswith(options.only):
            yield measure(case, options, seconds, repeats, during_import=True)


def measure(case: Case, options: argparse.Namespace, seconds: float, repeats: int, *, during_import: bool) -> Row:
    """Measure one subject, a few times."""
    made = list(messages.batches(case.spec, case.kind, case.message_count, ITEMS, case.hit_share, options.seed))
    requests = [request for request, _ in made]
    core, load_core = serving.cores()
    directory = Path(options.lists)
    with contextlib.ExitStack() as stack:
        if during_import:
            data = stack.enter_context(lists.copied(directory, case.spec))
        else:
            data = lists.prepared(directory, case.spec)
        server = stack.enter_context(serving.service(data, 1, [core]))
        stack.enter_context(serving.on_core(load_core))
        channel = stack.enter_context(contextlib.closing(serving.connect(server.address)))
        method = serving.raw(channel, serving.BATCH_CHECK)
        found, expected = check_hits(method, made)
        importer = stack.enter_context(_import(server, options, case)) if during_import else None
        send(method, itertools.cycle(requests), seconds / 2)
        rates, cpu_rates = [], []
        for _ in range(repeats):
            cpu_before, imported_before = server.cpu_s(), _imported(importer)
            items, elapsed = send(method, itertools.cycle(requests), seconds)
            rates.append(items / elapsed)
            cpu_rates.append(items / (server.cpu_s() - cpu_before))
        extra = {"import_entries_s": (_imported(importer) - imported_before) / elapsed} if importer else {}
    subject = case.subject + (", during an import" if during_import else "")
    say(f"batch: {subject}: {max(rates):,.0f} items/s")
    return row(
        BENCHMARK, subject, options.seed, entries=case.spec.count, items_a_call=ITEMS, items_s=spread(rates),
        items_cpu_s=spread(cpu_rates), hits_found=found, hits_right=found == expected, **extra,
    )  # fmt: skip


def check_hits(method: Any, made: list[tuple[bytes, int]]) -> tuple[int, int]:
    """Send a few batches once and count: hits found, hits that there are."""
    found = expected = 0
    for request, hit_count in made[:5]:
        answer = pb.BatchCheckResponse.FromString(method(request, timeout=TIMEOUT_S))
        assert answer.item_count == ITEMS
        assert not answer.problems
        found += len(answer.hits)
        expected += hit_count
    return found, expected


def send(method: Any, requests: Iterator[bytes], seconds: float) -> tuple[int, float]:
    """Keep IN_FLIGHT calls under way for a while. Returns items answered and the time it took.

    A call that is refused because too many run already is sent again a moment later, as our client would.
    """
    running: deque[Any] = deque()
    started = time.perf_counter()
    items = 0
    while running or time.perf_counter() - started < seconds:
        while len(running) < IN_FLIGHT and time.perf_counter() - started < seconds:
            running.append(method.future(next(requests), timeout=TIMEOUT_S))
        if not running:
            break
        try:
            running.popleft().result()
        except grpc.RpcError as error:
            if error.code() is not grpc.StatusCode.RESOURCE_EXHAUSTED:
                raise
            time.sleep(REFUSED_WAIT_S)
            continue
        items += ITEMS
    return items, time.perf_counter() - started


# ---------------------------------------------------------------- the import beside


class _Importer:
    """A process that imports without end, and how many entries the list has got from it."""

    def __init__(self, server: Server) -> None:
        self._client = HashsvcClient(server.address)

    def count(self) -> int:
        return self._client.stats().entry_count

    def close(self) -> None:
        self._client.close()


@contextlib.contextmanager
def _import(server: Server, options: argparse.Namespace, case: Case) -> Iterator[_Importer]:
    _, load_core = serving.cores()
    first = -(-case.spec.count // lists.CHUNK) * lists.CHUNK
    running = serving.start_on(
        [load_core], ["-m", "benchmarks.batch", server.address, case.spec.codes, str(case.spec.seed), str(first)]
    )
    importer = _Importer(server)
    try:
        before = importer.count()
        while importer.count() == before:  # until it is under way
            if running.poll() is not None:
                raise RuntimeError("the process that imports ended")
            time.sleep(0.1)
        yield importer
    finally:
        importer.close()
        running.kill()
        running.wait()


def _imported(importer: _Importer | None) -> int:
    return importer.count() if importer else 0


def main() -> None:
    """Be the process that imports: python -m benchmarks.batch ADDRESS CODES SEED FIRST."""
    address, kind, seed, first = sys.argv[1:]
    spec = Spec(int(first), kind, int(seed))
    with HashsvcClient(address, "ann") as client:
        batch = client.create_batch(bytes(32), lists.SOURCE).batch
        for _ in client.import_many(lists.contents(spec, int(first), 10_000_000), batch_id=batch.batch_id):
            pass


if __name__ == "__main__":
    main()
