"""Requests to send, serialised before the clock starts: checks and batches of entries that are listed or are not."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from benchmarks import codes, lists
from benchmarks.codes import Bytes
from benchmarks.lists import CHUNK, Spec
from hashsvc.signals import MD5, PDQ
from hashsvc.v1 import check_service_pb2 as pb

NEAR_BITS = 8  # how far a copy is from the picture that is listed
QUALITY = 100
POOL, POOL_CHUNKS = 8_192, 64  # listed values that hits are taken from


def batches(spec: Spec, kind: str, count: int, items: int, hit_share: float, seed: int) -> Iterator[tuple[bytes, int]]:
    """Make BatchCheck requests of one column and say how many of their items are on the list.

    kind: pdq (a hit is NEAR_BITS from a listed code) or md5 (equal). No two items are the same, so that the
    processor's caches know a query no better than in life.
    """
    rng = lists.draw(seed, 1)
    hit_count = round(items * hit_share)
    pool = listed(rng, spec, kind, POOL) if hit_count else None
    for _ in range(count):
        values = misses(rng, spec, kind, items)
        if pool is not None:
            places = rng.choice(items, hit_count, replace=False)
            values[places] = pool[rng.choice(len(pool), hit_count, replace=False)]
        request = pb.BatchCheckRequest(item_count=items)
        setattr(request, kind, values.tobytes())
        if kind == "pdq":
            request.pdq_quality = bytes([QUALITY]) * items
        yield request.SerializeToString(), hit_count


def checks(spec: Spec, count: int, effort: int, seed: int) -> list[bytes]:
    """Make Check requests of one PDQ and one MD5, none of them listed."""
    rng = lists.draw(seed, 2)
    made = []
    for md5, pdq in zip(misses(rng, spec, "md5", count), misses(rng, spec, "pdq", count), strict=True):
        request = pb.CheckRequest(effort=effort)  # type: ignore[arg-type]
        request.signals.add(type=PDQ, value=pdq.tobytes(), quality=QUALITY)  # type: ignore[arg-type]
        request.signals.add(type=MD5, value=md5.tobytes())  # type: ignore[arg-type]
        made.append(request.SerializeToString())
    return made


def misses(rng: np.random.Generator, spec: Spec, kind: str, count: int) -> Bytes:
    """Draw values as the list's are drawn, but not the list's."""
    if kind == "pdq":
        drawn = codes.photo_like(rng, count) if spec.codes == "photos" else codes.uniform(rng, count, 32)
    else:
        drawn = codes.uniform(rng, count, 16)
    return drawn.copy()


def listed(rng: np.random.Generator, spec: Spec, kind: str, count: int) -> Bytes:
    """Draw values of the list, from all over it; PDQ codes with NEAR_BITS bits flipped."""
    chunk_count = max(1, spec.count // CHUNK)
    chunks = rng.choice(chunk_count, min(chunk_count, POOL_CHUNKS), replace=False)
    a_chunk = -(-count // len(chunks))
    parts = []
    for chunk in chunks:
        values = getattr(lists.rows(spec, int(chunk)), kind)[: min(CHUNK, spec.count)]
        parts.append(values[rng.choice(len(values), a_chunk, replace=a_chunk > len(values))])
    chosen = rng.permutation(np.concatenate(parts))[:count]
    return codes.near(rng, chosen, NEAR_BITS) if kind == "pdq" else chosen
