"""PDQ codes within a radius: hashsvc's tables, FAISS' two exact binary indexes, and a numpy scan. One thread each.

Two lists are made: uniform codes, and codes as skewed as those of photographs (how: `benchmarks.codes.photo_like`).
Every query is a code of the list with 0, 1, … radius bits flipped, the distances in turn, so recall is over equally
many neighbours at every distance: whether the code that it was made from is among what is found. FAISS is asked by
`range_search`, whose radius is exclusive, so for radius + 1. IndexBinaryMultiHash has 16 tables of 16 bits and tries
one flip, which is exact up to 31 bits only. Subjects are timed in turns; us_per_query is the median of the rounds, in
processor time (`benchmarks.timing`). Slow subjects are asked fewer queries: "queries" says how many.
"""

from __future__ import annotations

import argparse
import ctypes
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import psutil
from numpy.typing import NDArray

from benchmarks import codes as draw
from benchmarks.report import machine, say
from benchmarks.timing import in_turns, per_query_us
from hashsvc.index import Segment, reference, search_near, warm, write_segment

Found = tuple[NDArray[Any], NDArray[Any]]  # index of the query, number of the code
SLOW_QUERIES = {"faiss_flat": 320, "faiss_multihash": 320, "numpy_flat": 32}
SKEWS = ("uniform", "photograph")


class Subject(NamedTuple):
    """Something that searches. find: uint8 [q, 32] to pairs; what it cost to make, and how large it is."""

    find: Callable[[NDArray[np.uint8]], Found]
    build_s: float
    index_bytes: int
    extra: dict[str, Any]


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of `python -m benchmarks near`."""
    parser.add_argument("--codes", type=int, default=1_000_000, help="on the list (default %(default)s)")
    parser.add_argument("--queries", type=int, default=10_000, help="in all (default %(default)s)")
    parser.add_argument("--batch", type=int, nargs="+", default=[10_000, 1], help="queries a call (default 10000 1)")
    parser.add_argument("--radius", type=int, default=31, help="inclusive, in bits (default %(default)s)")
    parser.add_argument("--skew", choices=SKEWS, nargs="+", default=list(SKEWS), help="of the codes (default both)")
    parser.add_argument("--rounds", type=int, default=5, help="measurements a subject (default %(default)s)")
    parser.add_argument("--subjects", nargs="+", default=["hashsvc", *SLOW_QUERIES], help="(default all)")


def run(args: argparse.Namespace) -> Iterator[dict[str, Any]]:
    """Yield a row for each list, batch and subject."""
    warm()
    for skew in args.skew:
        rng = np.random.default_rng(args.seed)
        say(f"near: {args.codes:,} {skew} codes")
        listed = draw_codes(rng, args.codes, skew)
        queries, sources = plant(rng, listed, args.queries, args.radius)
        with tempfile.TemporaryDirectory(prefix="hashsvc-near-") as folder:
            subjects = {name: MAKERS[name](listed, args.radius, Path(folder)) for name in args.subjects}
            for batch in args.batch:
                yield from measure(args, skew, batch, subjects, queries, sources)


def measure(
    args: argparse.Namespace, skew: str, batch: int, subjects: dict[str, Subject],
    queries: NDArray[np.uint8], sources: NDArray[np.int64],
) -> Iterator[dict[str, Any]]:  # fmt: skip
    """Time all subjects in turns with batch queries a call; yield their rows."""
    asked = {name: min(len(queries), SLOW_QUERIES.get(name, max(2_000, batch))) for name in subjects}
    found: dict[str, list[Found]] = {}

    def calls(name: str) -> Callable[[], None]:
        def call() -> None:
            starts = range(0, asked[name], batch)
            found[name] = [subjects[name].find(queries[at : min(at + batch, asked[name])]) for at in starts]

        return call

    seconds = in_turns({name: calls(name) for name in subjects}, args.rounds)
    times = {name: per_query_us(seconds[name], asked[name]) for name in subjects}
    peers = [times[name]["us_per_query"] for name in times if name.startswith("faiss")]
    for name, subject in subjects.items():
        median = times[name]["us_per_query"]
        row = {
            "benchmark": "near", "subject": name, "codes": args.codes, "queries": asked[name],
            "batch": min(batch, asked[name]), "us_per_query": median,
            "recall": recall(found[name], batch, sources[: asked[name]]),
            "index_bytes": subject.index_bytes, "build_s": round(subject.build_s, 3),
            "distribution": skew, "radius_bits": args.radius, **times[name],
        }  # fmt: skip
        if peers and not name.startswith("faiss"):
            row["ratio_to_fastest_faiss"] = round(min(peers) / median, 3)
        yield row | subject.extra | {"seed": args.seed, "machine": machine()}


def recall(found: list[Found], batch: int, sources: NDArray[np.int64]) -> float:
    """Give the share of queries whose own code is among what was found for them."""
    pairs = [(query + number * batch, code) for number, (query, code) in enumerate(found)]
    query, code = (np.concatenate(columns) for columns in zip(*pairs, strict=True))
    own = query[code == sources[query]]
    return len(np.unique(own)) / len(sources)


def draw_codes(rng: np.random.Generator, count: int, skew: str) -> NDArray[np.uint8]:
    """Draw uint8 [count, 32], in pieces, since drawing takes more memory than the codes."""
    listed = np.empty((count, draw.PDQ_BYTES), np.uint8)
    for at in range(0, count, 100_000):
        rows = min(100_000, count - at)
        piece = draw.uniform(rng, rows, draw.PDQ_BYTES) if skew == "uniform" else draw.photo_like(rng, rows)
        listed[at : at + rows] = piece
    return listed


def plant(
    rng: np.random.Generator, listed: NDArray[np.uint8], count: int, radius: int
) -> tuple[NDArray[np.uint8], NDArray[np.int64]]:
    """Draw queries uint8 [count, 32] and the codes they are near to: int64 [count].

    Query i is at distance i modulo (radius + 1).
    """
    sources = rng.integers(0, len(listed), count)
    queries = np.empty((count, draw.PDQ_BYTES), np.uint8)
    for distance in range(radius + 1):
        own = slice(distance, None, radius + 1)
        queries[own] = draw.near(rng, listed[sources[own]], distance)
    return queries, sources


def make_hashsvc(listed: NDArray[np.uint8], radius: int, folder: Path) -> Subject:
    """Write a segment, open it as a worker does, and search it as a worker does."""
    path = folder / "segment"
    near = {"pdq": (listed.view(np.uint64), np.arange(len(listed), dtype=np.uint64))}
    begin = time.perf_counter()
    size = write_segment(path, first_sequence=1, last_sequence=1, near=near, exact_hashes=np.empty(0, np.uint64))
    build_s = time.perf_counter() - begin
    opens = []
    for _ in range(5):
        begin = time.perf_counter()
        segment = Segment.open(path)
        opens.append(time.perf_counter() - begin)

    def find(queries: NDArray[np.uint8]) -> Found:
        hits = search_near([segment], None, "pdq", queries.view(np.uint64), radius)
        return hits.query, hits.ref

    return Subject(find, build_s, size, {"open_ms": round(float(np.median(opens)) * 1e3, 3)})


def make_faiss(which: str, listed: NDArray[np.uint8], radius: int) -> Subject:
    """Fill one of FAISS' binary indexes; the size of the hashed one is what the process grew by."""
    import faiss

    faiss.omp_set_num_threads(1)
    ctypes.CDLL(None).malloc_trim(0)  # what was freed before must not hide what is taken now
    before = psutil.Process().memory_info().rss
    begin = time.perf_counter()
    if which == "flat":
        index = faiss.IndexBinaryFlat(256)
    else:
        index = faiss.IndexBinaryMultiHash(256, 16, 16)
        index.nflip = 1
    index.add(listed)
    build_s = time.perf_counter() - begin
    size = listed.nbytes if which == "flat" else psutil.Process().memory_info().rss - before

    def find(queries: NDArray[np.uint8]) -> Found:
        limits, _, ids = index.range_search(queries, radius + 1)
        return np.repeat(np.arange(len(queries)), np.diff(limits.astype(np.int64))), ids

    return Subject(find, build_s, size, {"faiss": faiss.__version__})


def make_numpy(listed: NDArray[np.uint8], radius: int, _: Path) -> Subject:
    """Read all codes for each query, with numpy: what the kernels are tested against."""
    words, refs = listed.view(np.uint64), np.arange(len(listed), dtype=np.uint64)

    def find(queries: NDArray[np.uint8]) -> Found:
        query, ref, _ = reference.search("pdq", words, refs, queries.view(np.uint64), radius)
        return query, ref

    return Subject(find, 0.0, listed.nbytes, {})


MAKERS: dict[str, Callable[[NDArray[np.uint8], int, Path], Subject]] = {
    "hashsvc": make_hashsvc,
    "faiss_flat": lambda listed, radius, _: make_faiss("flat", listed, radius),
    "faiss_multihash": lambda listed, radius, _: make_faiss("multihash", listed, radius),
    "numpy_flat": make_numpy,
}
