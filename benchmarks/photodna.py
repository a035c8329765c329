"""PhotoDNA codes within a radius: hashsvc's block sums beside a numpy scan. One thread.

No real PhotoDNA codes may be had, so these are made up: 144 bytes, each the smaller of two fair bytes (small values are
commoner, as with gradients), times a brightness of 0.5 to 1 of the whole code. Real codes will be more alike, so expect
bounds to rule out fewer. Every query is a code of the list with noise, scaled so that the distances fill 0 to the
radius evenly; recall is over all of them. The thresholds are not public; the default radius is a difference of 8 a
byte.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.report import machine, say
from benchmarks.timing import in_turns, per_query_us
from hashsvc.index import Segment, search_near, warm, write_segment

NUMPY_QUERIES = 3
WIDTH = 144


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m benchmarks photodna`."""
    parser.add_argument("--codes", type=int, default=1_000_000, help="on the list (default %(default)s)")
    parser.add_argument("--queries", type=int, default=1_000, help="in all (default %(default)s)")
    parser.add_argument("--batch", type=int, nargs="+", default=[1_000, 1], help="queries a call (default 1000 1)")
    parser.add_argument(
        "--radius", type=int, default=WIDTH * 8**2, help="inclusive, sum of squares (default %(default)s)"
    )
    parser.add_argument("--rounds", type=int, default=3, help="measurements a subject (default %(default)s)")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row for each batch and subject."""
    warm()
    rng = np.random.default_rng(args.seed)
    say(f"photodna: {args.codes:,} codes")
    listed = draw_codes(rng, args.codes)
    queries, sources = plant(rng, listed, args.queries, args.radius)
    with tempfile.TemporaryDirectory(prefix="hashsvc-photodna-") as folder:
        path = Path(folder) / "segment"
        near = {"photodna": (listed, np.arange(len(listed), dtype=np.uint64))}
        begin = time.perf_counter()
        size = write_segment(path, first_sequence=1, last_sequence=1, near=near, exact_hashes=np.empty(0, np.uint64))
        build_s = time.perf_counter() - begin
        segment = Segment.open(path)

        def hashsvc(asked: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
            hits = search_near([segment], None, "photodna", asked, args.radius)
            return hits.query, hits.ref

        def numpy_flat(asked: NDArray[np.uint8]) -> tuple[NDArray[Any], NDArray[Any]]:
            rows = [np.flatnonzero(squares(listed, query) <= args.radius) for query in asked]
            return np.repeat(np.arange(len(asked)), [len(row) for row in rows]), np.concatenate(rows)

        finders = {"hashsvc": hashsvc, "numpy_flat": numpy_flat}
        for batch in args.batch:
            asked = {"hashsvc": len(queries) if batch > 1 else min(50, len(queries)), "numpy_flat": NUMPY_QUERIES}
            found: dict[str, int] = {}

            def calls(name: str, batch: int = batch, found: dict[str, int] = found,
                      asked: dict[str, int] = asked) -> Callable[[], None]:  # fmt: skip
                def call() -> None:
                    found[name] = 0
                    for at in range(0, asked[name], batch):
                        end = min(at + batch, asked[name])
                        query, ref = finders[name](queries[at:end])
                        found[name] += len(np.unique(query[ref == sources[at:end][query]]))

                return call

            seconds = in_turns({name: calls(name) for name in finders}, args.rounds)
            times = {name: per_query_us(seconds[name], asked[name]) for name in finders}
            for name in finders:
                median = times[name]["us_per_query"]
                yield {
                    "benchmark": "photodna", "subject": name, "codes": args.codes, "queries": asked[name],
                    "batch": min(batch, asked[name]), "us_per_query": median,
                    "recall": found[name] / asked[name], "index_bytes": size if name == "hashsvc" else listed.nbytes,
                    "build_s": round(build_s, 3) if name == "hashsvc" else 0.0,
                    "radius_squares": args.radius, **times[name],
                    "ratio_to_numpy": round(times["numpy_flat"]["us_per_query"] / median, 3),
                    "seed": args.seed, "machine": machine(),
                }  # fmt: skip


def squares(listed: NDArray[np.uint8], query: NDArray[np.uint8]) -> NDArray[np.int64]:
    """Sum squared differences of one query to all codes: int64 [n]; in pieces that fit the cache, the kindest way."""
    totals = np.empty(len(listed), np.int64)
    wanted = query.astype(np.int32)
    for at in range(0, len(listed), 4096):
        difference = listed[at : at + 4096].astype(np.int32) - wanted
        totals[at : at + 4096] = np.einsum("ij,ij->i", difference, difference)
    return totals


def draw_codes(rng: np.random.Generator, count: int) -> NDArray[np.uint8]:
    """Draw made-up codes, uint8 [count, 144] (how: the module's docstring)."""
    listed = np.empty((count, WIDTH), np.uint8)
    for at in range(0, count, 50_000):
        rows = min(50_000, count - at)
        pairs = rng.integers(0, 256, (2, rows, WIDTH), dtype=np.uint8)
        listed[at : at + rows] = np.minimum(*pairs) * rng.uniform(0.5, 1, (rows, 1)).astype(np.float32)
    return listed


def plant(
    rng: np.random.Generator, listed: NDArray[np.uint8], count: int, radius: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw queries uint8 [count, 144] near codes of the list, and which: int64 [count]."""
    sources = rng.integers(0, len(listed), count)
    noise = rng.standard_normal((count, WIDTH))
    lengths = np.sqrt(rng.uniform(0, 0.97 * radius, count))  # 3 % are left for rounding to bytes
    noise *= (lengths / np.linalg.norm(noise, axis=1))[:, None]
    own = listed[sources].astype(np.int64)
    queries = np.clip(np.trunc(noise).astype(np.int64) + own, 0, 255).astype(np.uint8)
    return queries, sources
