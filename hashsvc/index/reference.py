"""What the kernels must find, in a few lines of numpy. Slow; for tests and benchmarks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Found = tuple[NDArray[np.int32], NDArray[np.uint64], NDArray[np.int64]]


def distances(kind: str, codes: NDArray[Any], query: NDArray[Any]) -> NDArray[np.int64]:
    """Give the distances of one query [columns] to codes [n, columns]: int64 [n]."""
    if kind == "photodna":
        return np.asarray(((codes.astype(np.int64) - query.astype(np.int64)) ** 2).sum(axis=1))
    return np.asarray(np.bitwise_count(codes ^ query).sum(axis=1, dtype=np.int64))


def search(kind: str, codes: NDArray[Any], refs: NDArray[np.uint64], queries: NDArray[Any], radius: int) -> Found:
    """Give (query, ref, distance) of all within radius, sorted so, as `search_near` does."""
    found: list[tuple[int, int, int]] = []
    for index, query in enumerate(queries):
        row_distances = distances(kind, codes, query)
        within = np.flatnonzero(row_distances <= radius)
        found += [(index, int(row_distances[row]), int(refs[row])) for row in within]
    found.sort()
    return (
        np.array([index for index, _, _ in found], np.int32),
        np.array([ref for _, _, ref in found], np.uint64),
        np.array([distance for _, distance, _ in found], np.int64),
    )


def truncate(found: Found, query_count: int, nearest_max: int) -> tuple[Found, NDArray[np.bool_]]:
    """Keep the nearest_max nearest of each query; returns them and whether a query had more."""
    query, ref, distance = found
    rank = np.arange(len(query)) - np.searchsorted(query, query)
    keep = rank < nearest_max
    more = np.bincount(query, minlength=query_count)[:query_count] > nearest_max
    return (query[keep], ref[keep], distance[keep]), more
