"""A write on one worker is seen by the very next check on the other: alternations, stale answers, latency.

    python -m benchmarks visible [--small] [--json]

The service runs two workers. Each entry is proposed, confirmed, then disputed and resolved, or its retraction asked for
and agreed to; after each of these writes, acknowledged by one worker, a check on the other must give the verdict that
follows from it. The workers change roles each time, and checks ask by PDQ (8 bits away) and by MD5 in turns. stale: how
many answers were of before the write; it must be 0.
"""

from __future__ import annotations

import argparse
import contextlib
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from benchmarks import codes, lists, serving
from benchmarks.lists import Spec
from benchmarks.report import Row, percentiles_ms, row, say
from hashsvc.client import Content, HashsvcClient, Verdict
from hashsvc.signals import MD5, PDQ, Signal

BENCHMARK = "visible"
NEAR_BITS = 8

Write = Callable[[HashsvcClient, str], object]

# What is done to an entry after it was proposed, and the verdict from then on.
STEPS: tuple[tuple[tuple[str, Write, Verdict], ...], ...] = (
    (
        ("bea", lambda client, entry: client.confirm(entry), Verdict.KNOWN),
        ("bea", lambda client, entry: client.retract(entry, reason_code="wrong"), Verdict.LIKELY),
        ("cyd", lambda client, entry: client.confirm_retraction(entry), Verdict.NEW),
    ),
    (
        ("bea", lambda client, entry: client.confirm(entry), Verdict.KNOWN),
        ("cyd", lambda client, entry: client.dispute(entry, reason_code="doubt"), Verdict.LIKELY),
        ("dee", lambda client, entry: client.resolve(entry), Verdict.KNOWN),
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument("--entries", type=int, default=100_000, help="on the list before (default %(default)s)")
    parser.add_argument("--alternations", type=int, default=10_000, help="(default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    spec = Spec(lists.SMALL if options.small else options.entries, seed=options.seed)
    alternations = 500 if options.small else options.alternations
    with contextlib.ExitStack() as stack:
        data = stack.enter_context(lists.copied(Path(options.lists), spec))
        server = stack.enter_context(serving.service(data, 2, sorted(set(serving.cores()))))
        clients = [stack.enter_context(client_of(server.address, number)) for number in (0, 1)]
        stale, wrong_worker, write_s, check_s = alternate(clients, alternations, options.seed)
    say(f"visible: {alternations:,} alternations, {stale} stale")
    yield row(
        BENCHMARK, "two workers", options.seed, entries=spec.count, alternations=alternations, stale=stale,
        answers_of_another_worker=wrong_worker,
        **{f"write_{name}": value for name, value in percentiles_ms(write_s).items()},
        **{f"check_{name}": value for name, value in percentiles_ms(check_s).items()},
    )  # fmt: skip


def client_of(address: str, number: int) -> HashsvcClient:
    """Connect until the connection is with that worker."""
    for _ in range(200):
        client = HashsvcClient(address)
        if client.stats().worker == number:
            return client
        client.close()
    raise RuntimeError(f"200 connections and none was with worker {number}")


def alternate(clients: list[HashsvcClient], count: int, seed: int) -> tuple[int, int, list[float], list[float]]:
    """Write here, check there. Returns (stale answers, answers of a worker not meant, seconds of writes, of checks)."""
    rng = lists.draw(seed, 3)
    stale = wrong_worker = done = 0
    write_s: list[float] = []
    check_s: list[float] = []

    def one(write: Callable[[HashsvcClient], object], actor: str, expected: Verdict, signals: list[Signal]) -> object:
        nonlocal stale, wrong_worker, done
        writer, checker = clients[done % 2], clients[1 - done % 2]
        begin = time.perf_counter()
        answer = write(writer.acting_as(actor))
        middle = time.perf_counter()
        result = checker.check(signals)
        check_s.append(time.perf_counter() - middle)
        write_s.append(middle - begin)
        stale += result.verdict != expected
        wrong_worker += result.worker != 1 - done % 2
        done += 1
        return answer

    while done < count:
        pdq, md5 = codes.uniform(rng, 1, 32), rng.bytes(16)
        near = codes.near(rng, pdq, NEAR_BITS)[0].tobytes()
        content = Content("benchmark", (Signal(PDQ, pdq.tobytes(), 100), Signal(MD5, md5)))
        asked = [Signal(PDQ, near, 100)] if done // 8 % 2 else [Signal(MD5, md5)]
        answer = one(lambda client, it=content: client.propose(it), "ann", Verdict.PENDING, asked)  # type: ignore[misc]
        entry_id = answer.entry.entry_id  # type: ignore[attr-defined]
        for actor, write, expected in STEPS[done // 4 % 2]:
            if done < count:
                one(lambda client, do=write: do(client, entry_id), actor, expected, asked)  # type: ignore[misc]  # noqa: B023
    return stale, wrong_worker, write_s, check_s
