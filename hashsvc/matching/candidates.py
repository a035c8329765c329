"""From signals to candidates: what the list holds that is equal or near, not yet read, in the order of its worth.

Which signals can be asked at all is decided by `check.py`, what a candidate amounts to by `verdict.py`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hashsvc.matching.policy import Rule
from hashsvc.matching.source import Bytes, Hits
from hashsvc.matching.values import Effort, Orientation
from hashsvc.matching.verdict import AS_GIVEN, is_blocked
from hashsvc.signals import PDQ, orientations_many

ORIENTATION_COUNT = len(Orientation) - 1

# (cannot close, distance, rank of the type, orientation, query index, ref, type, query quality): sorts by worth, since
# what can still close comes first, then the nearest, the stronger digest, the least turned. A plain tuple: a named
# one costs three times as much to make, and a bulk check makes one for every hit.
Candidate: TypeAlias = tuple[bool, int, int, int, int, int, int, int]

BLOCK = 256  # hits of a run turned into Python numbers at a time: a million near-twins are not all read
SORTED_MAX = 1_024  # up to so many candidates are sorted at once, which is faster than merging


class Run(NamedTuple):
    """What one query row met, nearest first. more: others, no nearer, were cut."""

    rule: Rule
    query_index: int
    orientation: int
    quality: int
    distances: NDArray[Any]
    refs: NDArray[Any]
    more: bool

    def candidates(self) -> Iterator[Candidate]:
        """Give the candidates in their order, so lazily that what is not asked for costs nothing."""
        rule, query_index, orientation, quality, distances, refs, _ = self
        close = -1 if is_blocked(rule, orientation, quality) else rule.close
        rank, number = rule.rank, rule.number
        for start in range(0, len(distances), BLOCK):
            end = start + BLOCK
            for distance, ref in zip(distances[start:end].tolist(), refs[start:end].tolist(), strict=True):
                yield distance > close, distance, rank, orientation, query_index, ref, number, quality

    def may_hide_known(self) -> bool:
        """Say whether what was cut, no nearer than the farthest here, may close."""
        return not is_blocked(self.rule, self.orientation, self.quality) and int(self.distances[-1]) <= self.rule.close


def exact_candidate(rule: Rule, query_index: int, ref: int) -> Candidate:
    """Make the candidate of an equal digest."""
    return not rule.may_close, 0, rule.rank, AS_GIVEN, query_index, ref, rule.number, 255


def in_order(exact: list[Candidate], runs: list[Run]) -> Iterable[Candidate]:
    """Give all candidates of an item, best first. Cheap for few, lazy for many."""
    if not runs:
        exact.sort()
        return exact
    if not exact and len(runs) == 1:
        return runs[0].candidates()
    if len(exact) + sum(len(run.distances) for run in runs) <= SORTED_MAX:
        return sorted(chain(exact, *(run.candidates() for run in runs)))
    exact.sort()
    return merge(exact, *(run.candidates() for run in runs))


def turned(rule: Rule, effort: int, values: Bytes) -> tuple[Bytes, int]:
    """Give (queries, queries a value): the values as they are or, for PDQ at THOROUGH, in all eight orientations.

    values: uint8[n, width]. Row r of the queries is value r // k in Orientation r % k + 1.
    """
    if effort == Effort.THOROUGH and rule.number == PDQ:
        return orientations_many(values).reshape(-1, values.shape[1]), ORIENTATION_COUNT
    return values, 1


def rows_of(hits: Hits) -> tuple[list[int], list[int], list[int]]:
    """Give (query rows that met something, start, end of what each met), ascending."""
    query = hits.query
    starts = np.flatnonzero(query[1:] != query[:-1]) + 1
    ends = starts.tolist()
    ends.append(len(query))
    return [int(query[0]), *query[starts].tolist()], [0, *ends[:-1]], ends
