"""Imports: entries a second into a running service, each acknowledged call durable.

    python -m benchmarks import [--small] [--json]

A file of JSON lines, each entry with an MD5, a SHA-256 and a PDQ, goes the way that `hashsvc import --apply` sends
it: read, checked, sent 2,000 a call, 4 calls in flight, into a list that starts empty; and 100,000 more into a list
that has 5 M. The service (supervisor, keeper and one worker) is on one core, the client on the other. steps:
entries/s of each 100,000. server_cpu_us: of the worker, an entry.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import lists, serving
from benchmarks.lists import CHUNK, SOURCE, Spec
from benchmarks.report import Row, row, say
from hashsvc.client import HashsvcClient
from hashsvc.formats import Rejected, open_rows
from hashsvc.formats import Row as FileRow

BENCHMARK = "import"
STEP = 100_000


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument("--entries", type=int, default=1_000_000, help="into an empty list (default %(default)s)")
    parser.add_argument("--at", type=int, default=5_000_000, help="size of the other list (default %(default)s)")
    parser.add_argument("--more", type=int, default=100_000, help="entries into that one (default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    entries, at, more = options.entries, options.at, options.more
    if options.small:
        entries, at, more = lists.SMALL, lists.SMALL, lists.SMALL
    for subject, before, count in (("into an empty list", 0, entries), ("into a list", at, more)):
        if count:
            yield measure(options, subject, before, count)


def measure(options: argparse.Namespace, subject: str, before: int, count: int) -> Row:
    """Import count entries into a list of before."""
    core, load_core = serving.cores()
    spec = Spec(before, seed=options.seed)
    first = -(-before // CHUNK) * CHUNK
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hashsvc-import-")))
        data = stack.enter_context(lists.copied(Path(options.lists), spec))
        path = write_file(folder / "entries.jsonl", spec, first, count)
        server = stack.enter_context(serving.service(data, 1, [core]))
        stack.enter_context(serving.on_core(load_core))
        client = stack.enter_context(HashsvcClient(server.address, "ann", connections=2))
        batch = client.create_batch(hashlib.sha256(path.read_bytes()).digest(), SOURCE).batch
        server_before, client_before = server.cpu_s(), time.process_time()
        started = time.perf_counter()
        times = follow(client, path, batch.batch_id)
        elapsed = time.perf_counter() - started
        server_us = (server.cpu_s() - server_before) / count * 1e6
        client_us = (time.process_time() - client_before) / count * 1e6
        assert client.stats().entry_count == before + count
    steps = [round(STEP / (after - begin)) for begin, after in itertools.pairwise(times)]
    say(f"import: {subject}: {count / elapsed:,.0f} entries/s")
    return row(
        BENCHMARK, subject, options.seed, entries_before=before, entries=count, entries_s=count / elapsed,
        server_cpu_us=server_us, client_cpu_us=client_us, steps=" ".join(map(str, steps)),
    )  # fmt: skip


def follow(client: HashsvcClient, path: Path, batch_id: str) -> list[float]:
    """Import a file; returns the time at the start and at each STEP."""
    times, done = [time.perf_counter()], 0
    for result in client.import_many(_good(open_rows(path)), batch_id=batch_id):
        assert result.inserted_count == result.entry_count, result.problems[:1]
        done += result.entry_count
        if done // STEP > (done - result.entry_count) // STEP:
            times.append(time.perf_counter())
    return times


def _good(rows: Iterator[Any]) -> Iterator[FileRow]:
    for one in rows:
        assert not isinstance(one, Rejected), one
        yield one


def write_file(path: Path, spec: Spec, first: int, count: int) -> Path:
    """Write entries as JSON lines, as `hashsvc export` does."""
    encode = msgspec.json.Encoder().encode
    with path.open("wb") as file:
        for start in range(first, first + count, CHUNK):
            drawn = lists.rows(spec, start // CHUNK)
            for i in range(min(CHUNK, first + count - start)):
                prints = [("md5", drawn.md5, None), ("sha256", drawn.sha256, None), ("pdq", drawn.pdq, lists.QUALITY)]
                fingerprints = [
                    {"type": name, "value": values[i].tobytes().hex()} | ({"quality": quality} if quality else {})
                    for name, values, quality in prints
                ]
                file.write(encode({"fingerprints": fingerprints}) + b"\n")
    return path
