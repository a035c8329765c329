"""URLs: microseconds from text to hashed expressions, and URLs a second of one worker through BatchCheck.

    python -m benchmarks url [--small] [--json]

Canonicalising: hashsvc's way (strict and loose form, every expression hashed) in bulk, as BatchCheck does it
(`keys_of_many`, 10,000 URLs a call), one at a time, as Check does it (`lookup_keys`), and its obvious twin; and what
peers do instead: HMA's `url_md5` (lower-case the whole address, MD5), `urllib.parse` with one SHA-256, ada_url's
own normalisation with one SHA-256. The peers make one key and cannot tell a site from a page; pairs_right says of how
many pairs of the vectors each tells rightly whether they are the same page. Each URL is another one, hosts as varied as
the subject says. us_a_url is over the wall clock, cpu_us_a_url over the process's CPU time, which neighbours lengthen
less. Serving: a list of URL entries, 10,000 URLs a call, 4 calls in flight, 2 % of them listed, the worker
on a core of its own.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import itertools
import json
import operator
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import ada_url

from benchmarks import batch, lists, serving
from benchmarks.report import ROOT, Row, row, say, spread
from benchmarks.url_sample import sample
from hashsvc.clock import SystemClock
from hashsvc.errors import InvalidArgument
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ConfirmBatch, Content, CreateBatch, ImportEntries, SealBatch
from hashsvc.limits import IMPORT_ENTRIES_MAX
from hashsvc.matching.url_keys import keys_of_many
from hashsvc.signals import Signal, UrlFacts
from hashsvc.signals.url_expressions import LookupKeys, lookup_keys, lookup_keys_slow
from hashsvc.signals.url_listed import listed_url
from hashsvc.v1 import check_service_pb2 as pb

BENCHMARK = "url"
HIT_SHARE = 0.02
BATCH_EVIDENCE = 1
BULK, ALONE, SLOW = "hashsvc, bulk", "hashsvc, one at a time", "hashsvc, slow twin"

Way = Callable[[str], object]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument("--urls", type=int, default=50_000, help="in the sample (default %(default)s)")
    parser.add_argument("--entries", type=int, default=100_000, help="URL entries of the list (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=5.0, help="of one measurement over the network")
    parser.add_argument("--repeats", type=int, default=5)


def run(options: argparse.Namespace) -> Iterator[Row]:
    """Measure both."""
    if options.small:
        options.urls, options.entries, options.seconds, options.repeats = 3_000, 2_000, 1.0, 2
    for subject, urls in (
        ("hosts repeat", sample(options.urls, options.seed)),
        ("every host another", sample(options.urls, options.seed, distinct_hosts=True)),
    ):
        yield from canonicalising(subject, urls, options)
    yield through_a_worker(options)


# ---------------------------------------------------------------- text to keys


def canonicalising(subject: str, urls: Sequence[str], options: argparse.Namespace) -> Iterator[Row]:
    """Time each way over the same URLs, in turns."""
    times: dict[str, list[float]] = {name: [] for name in WAYS}
    cpu_times: dict[str, list[float]] = {name: [] for name in WAYS}
    half = len(urls) // 2
    for _ in range(options.repeats):
        for name, way in WAYS.items():
            count = half if name != SLOW else min(half, 5_000)
            _over(way, urls[:500])
            started, cpu_started = time.perf_counter(), time.process_time()
            _over(way, urls[half : half + count])
            times[name].append((time.perf_counter() - started) / count * 1e6)
            cpu_times[name].append((time.process_time() - cpu_started) / count * 1e6)
    differ = _differ(urls)
    fastest = min(times[BULK])
    for name, measured in times.items():
        say(f"url: {subject}, {name}: {min(measured):.2f} µs, {min(cpu_times[name]):.2f} µs of CPU")
        extra = {"differs_from_slow_twin": differ[name]} if name in differ else {}
        yield row(
            BENCHMARK, f"canonicalise, {subject}, {name}", options.seed, urls=half, us_a_url=spread(measured),
            cpu_us_a_url=spread(cpu_times[name]), ratio_to_bulk=min(measured) / fastest,
            pairs_right=_pairs_right(WAYS[name]), **extra,
        )  # fmt: skip


def _differ(urls: Sequence[str]) -> dict[str, int]:
    """Count the URLs for which bulk, and one at a time, do not find what the slow twin finds."""
    slow = [_outcome(lookup_keys_slow, url) for url in urls]
    one_by_one = [_outcome(lookup_keys, url) for url in urls]
    bulk: list[object] = [None] * len(urls)
    for start in range(0, len(urls), batch.ITEMS):
        keys = keys_of_many(urls[start : start + batch.ITEMS])
        for item, error in keys.problems:
            bulk[start + item] = error.reason
        for place, item in enumerate(keys.items.tolist()):
            own = slice(*keys.starts[place : place + 2].tolist())
            bulk[start + item] = LookupKeys(keys.roles[own].tobytes(), keys.digests[own].tobytes())
    return {name: sum(map(operator.ne, found, slow)) for name, found in ((BULK, bulk), (ALONE, one_by_one))}


def _over(way: Way, urls: Sequence[str]) -> None:
    if way is _bulk:
        for start in range(0, len(urls), batch.ITEMS):
            keys_of_many(urls[start : start + batch.ITEMS])
        return
    for url in urls:
        try:  # noqa: SIM105  (contextlib.suppress costs as much as a way)
            way(url)
        except (InvalidArgument, ValueError):
            pass


def _outcome(way: Way, url: str) -> object:
    try:
        return way(url)
    except InvalidArgument as error:
        return error.reason


def _bulk(url: str) -> object:
    """One URL by the way of bulk, for its key only."""
    keys = keys_of_many([url])
    for _, error in keys.problems:
        raise error
    return keys.roles.tobytes(), keys.digests.tobytes()


def _hma(url: str) -> bytes:
    return hashlib.md5(url.lower().encode(), usedforsecurity=False).digest()


def _urllib(url: str) -> bytes:
    parts = urlsplit(url)
    rest = ("", parts.netloc.lower(), parts.path or "/", parts.query, "")
    return hashlib.sha256(urlunsplit(rest).encode("utf-8", "replace")).digest()


def _ada(url: str) -> bytes:
    return hashlib.sha256(ada_url.normalize_url(url).encode()).digest()


WAYS: dict[str, Way] = {
    BULK: _bulk,
    ALONE: lookup_keys,
    SLOW: lookup_keys_slow,
    "HMA url_md5": _hma,
    "urllib, one SHA-256": _urllib,
    "ada_url, one SHA-256": _ada,
}


def _pairs_right(way: Way) -> str:
    """Of the vectors' pairs that are the same page or another one: of how many does the first key tell so."""
    groups = json.loads((ROOT / "data" / "url_vectors.json").read_text())["groups"]
    pairs = [pair for pair in groups["pairs"] if pair["relation"] in ("same", "different")]
    right = sum((_key(way, pair["a"]) == _key(way, pair["b"])) == (pair["relation"] == "same") for pair in pairs)
    return f"{right} of {len(pairs)}"


def _key(way: Way, url: str) -> object:
    """The key by which a way takes two URLs for one: of ours, the page without tracking."""
    try:
        found: Any = way(url)
    except (InvalidArgument, ValueError):
        return url
    if isinstance(found, bytes):
        return found
    roles, digests = found
    at = next((i for i, role in enumerate(roles) if role & 2), 0)  # stripped, else as written
    return digests[at * 32 : at * 32 + 32]


# ---------------------------------------------------------------- through a worker


def through_a_worker(options: argparse.Namespace) -> Row:
    """URLs a second of one worker, with so many URL entries listed."""
    listed, data = _prepared(Path(options.lists), options.entries, options.seed)
    made = list(_requests(listed, 20, options.seed))
    core, load_core = serving.cores()
    with contextlib.ExitStack() as stack:
        server = stack.enter_context(serving.service(data, 1, [core]))
        stack.enter_context(serving.on_core(load_core))
        channel = stack.enter_context(contextlib.closing(serving.connect(server.address)))
        method = serving.raw(channel, serving.BATCH_CHECK)
        found = expected = 0
        for request, hits in made[:5]:
            answer = pb.BatchCheckResponse.FromString(method(request, timeout=batch.TIMEOUT_S))
            known = {hit.item for hit in answer.hits if hit.verdict == pb.VERDICT_KNOWN}
            found += len(known & hits)
            expected += len(hits)
        requests = itertools.cycle([request for request, _ in made])
        batch.send(method, requests, options.seconds / 2)
        rates, cpu_rates = [], []
        for _ in range(options.repeats):
            cpu_before = server.cpu_s()
            items, elapsed = batch.send(method, requests, options.seconds)
            rates.append(items / elapsed)
            cpu_rates.append(items / (server.cpu_s() - cpu_before))
    say(f"url: BatchCheck {max(rates):,.0f} URLs/s")
    return row(
        BENCHMARK, "BatchCheck, one worker", options.seed, entries=options.entries, items_a_call=batch.ITEMS,
        urls_s=spread(rates), urls_cpu_s=spread(cpu_rates), hits_found=found, hits_right=found == expected,
    )  # fmt: skip


def _requests(listed: Sequence[str], count: int, seed: int) -> Iterator[tuple[bytes, set[int]]]:
    """Make calls, and which of their items are listed."""
    step = int(1 / HIT_SHARE)
    for number in range(count):
        urls = sample(batch.ITEMS, seed * 1_000 + number + 1)
        hits = set(range(0, batch.ITEMS, step))
        for i in hits:
            urls[i] = listed[(number * batch.ITEMS + i) * 7919 % len(listed)]
        request = pb.BatchCheckRequest(item_count=len(urls), url=urls, evidence_max=BATCH_EVIDENCE)
        yield request.SerializeToString(), hits


def _prepared(directory: Path, count: int, seed: int) -> tuple[list[str], Path]:
    """Give the URLs of a list and its directory, made if it is not there."""
    listed: dict[bytes, tuple[str, Signal]] = {}
    for url in itertools.chain.from_iterable(sample(10_000, -seed - 1 - i) for i in itertools.count()):
        with contextlib.suppress(InvalidArgument):
            signal = listed_url(url, UrlFacts(), "url")
            listed.setdefault(signal.value, (url, signal))
        if len(listed) == count:
            break
    path = directory / f"urls-{count}-{seed}-{lists.FORMAT}"
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        ListStore.create(path, clock=SystemClock())
        store = ListStore.open(path, clock=SystemClock())
        made = lists.written(
            store, CreateBatch(actor="ann", request_id="c", file_digest=bytes(32), source=lists.SOURCE)
        ).batch
        assert made is not None
        contents = [Content("", "", "", (signal,)) for _, signal in listed.values()]
        for at in range(0, len(contents), IMPORT_ENTRIES_MAX):
            part = tuple(contents[at : at + IMPORT_ENTRIES_MAX])
            lists.written(store, ImportEntries(actor="ann", request_id=f"i{at}", batch_id=made.batch_id, contents=part))
            store.keeper_tick()
        sealed = lists.written(store, SealBatch(actor="ann", request_id="s", batch_id=made.batch_id)).batch
        assert sealed is not None
        lists.written(store, ConfirmBatch(actor="bea", request_id="b", batch_id=made.batch_id, digest=sealed.digest))
        while store.keeper_tick().folded is not None:
            pass
        store.close()
    return [url for url, _ in listed.values()], path
