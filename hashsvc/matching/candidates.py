"""From signals to candidates: what the list holds that is equal or near, not yet read, in the order of its worth.

Which signals can be asked at all is decided by `check.py` for one item and by `usable.py` for columns, what a candidate
amounts to by `verdict.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from heapq import merge
from itertools import chain
from typing import Any, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hashsvc.hashlist.values import UNKNOWN_QUALITY
from hashsvc.matching.policy import Rule, Tracking
from hashsvc.matching.source import Bytes, Hits, Snapshot
from hashsvc.matching.values import Column, Effort, Orientation
from hashsvc.matching.verdict import AS_GIVEN, is_blocked
from hashsvc.signals import PDQ, URL, Signal, orientations_many
from hashsvc.signals.url_expressions import LOOSE, STRIPPED, met

ORIENTATION_COUNT = len(Orientation) - 1

# (cannot close, distance, rank of the type, orientation, query index, ref, type, query quality): sorts by worth, since
# what can still close comes first, then the nearest, the stronger digest, the least turned. A plain tuple: a named
# one costs three times as much to make, and a bulk check makes one for every hit. Of a URL, rank tells how narrow the
# listed one is, the orientation's place holds how the two met, the quality's 0 where it is embedded.
Candidate: TypeAlias = tuple[bool, int, int, int, int, int, int, int]

URL_RANK = 64  # after every fingerprint
EMBEDDED = 0
SCOPES = (0, 1, 2, 3, 4, 5, 1, 1, 1, 2)  # by row kind (signals/url_expressions.py)

BLOCK = 256  # hits of a run turned into Python numbers at a time: a million near-twins are not all read
THOROUGH_ITEMS_MAX = 512  # items searched at once at THOROUGH: eight queries each, and room for their hits
HITS_AS_LISTS_MAX = 65_536  # so many hits of a search are turned into Python numbers at once, which is faster
SORTED_MAX = 1_024  # up to so many candidates are sorted at once, which is faster than merging


class Run(NamedTuple):
    """What one query row met, nearest first. more: others, no nearer, were cut."""

    rule: Rule
    query_index: int
    orientation: int
    quality: int
    distances: list[int] | NDArray[Any]
    refs: list[int] | NDArray[Any]
    more: bool

    def candidates(self) -> Iterator[Candidate]:
        """Give the candidates in their order, so lazily that what is not asked for costs nothing."""
        rule, query_index, orientation, quality, distances, refs, _ = self
        close = -1 if is_blocked(rule, orientation, quality) else rule.close
        rank, number = rule.rank, rule.number
        for start in range(0, len(distances), BLOCK):
            near, met = distances[start : start + BLOCK], refs[start : start + BLOCK]
            near = near if isinstance(near, list) else near.tolist()
            met = met if isinstance(met, list) else met.tolist()
            for distance, ref in zip(near, met, strict=True):
                yield distance > close, distance, rank, orientation, query_index, ref, number, quality

    def may_hide_known(self) -> bool:
        """Say whether what was cut, no nearer than the farthest here, may close."""
        return not is_blocked(self.rule, self.orientation, self.quality) and int(self.distances[-1]) <= self.rule.close


def exact_candidate(rule: Rule, query_index: int, ref: int) -> Candidate:
    """Make the candidate of an equal digest."""
    return not rule.may_close, 0, rule.rank, AS_GIVEN, query_index, ref, rule.number, 255


def url_candidates(
    rule: Rule, query_index: int, roles: bytes, rows: Iterable[tuple[int, int, int]], *, embedded: bool = False
) -> list[Candidate]:
    """Make the candidates of a URL's rows: (expression, row kind, ref), roles: one byte an expression.

    Narrowest first: by scope, then in the order of the expressions, loose ones last.
    """
    url = rule.url
    assert url is not None
    found: list[Candidate] = []
    for expression, kind, ref in rows:
        how = met(roles[expression], kind)
        if how < 0:
            continue
        cannot_close = (
            embedded or how == LOOSE or not rule.may_close or (how == STRIPPED and url.tracking != Tracking.ON)
        )
        rank = URL_RANK + (how == LOOSE) * 1024 + SCOPES[kind] * 64 + expression
        found.append((cannot_close, 0, rank, how, query_index, ref, URL, EMBEDDED if embedded else UNKNOWN_QUALITY))
    return found


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


# ---------------------------------------------------------------- searching


def search_item(
    snapshot: Snapshot,
    rule: Rule,
    effort: int,
    signals: Sequence[Signal],
    indexes: list[int],
    between_slices: Callable[[], None] | None,
) -> list[Run]:
    """Search those signals of one item that are of the rule's type, at once. indexes: which they are."""
    packed = b"".join([signals[index].value for index in indexes])
    queries, a_value = _turned(rule, effort, np.frombuffer(packed, np.uint8).reshape(len(indexes), -1))
    hits = snapshot.near(rule.type.name, queries, rule.radius(effort), between_slices=between_slices)
    if not len(hits.distance):
        return []
    if len(queries) == 1:  # nearly always: no need to look which query met what
        return [Run(rule, indexes[0], AS_GIVEN, signals[indexes[0]].quality, hits.distance, hits.ref, False)]
    runs = []
    for row, start, end in _rows_met(hits):
        index = indexes[row // a_value]
        orientation, quality = row % a_value + 1, signals[index].quality
        runs.append(Run(rule, index, orientation, quality, hits.distance[start:end], hits.ref[start:end], False))
    return runs


def search_column(
    snapshot: Snapshot,
    rule: Rule,
    effort: int,
    column: Column,
    rows: NDArray[np.int64] | None,
    nearest_max: int,
    between_slices: Callable[[], None] | None,
    runs: dict[int, list[Run]],
) -> None:
    """Search a column and add what each item met to `runs`. rows: the items to ask for, None: all."""
    values = column.values if rows is None else column.values[rows]
    quality = column.quality
    part_max = THOROUGH_ITEMS_MAX if effort == Effort.THOROUGH else max(1, len(values))
    for first in range(0, len(values), part_max):
        queries, a_value = _turned(rule, effort, values[first : first + part_max])
        hits = snapshot.near(
            rule.type.name, queries, rule.radius(effort), nearest_max=nearest_max, between_slices=between_slices
        )
        if not len(hits.distance):
            continue
        few = len(hits.distance) <= HITS_AS_LISTS_MAX
        distances, refs = (hits.distance.tolist(), hits.ref.tolist()) if few else (hits.distance, hits.ref)
        for row, start, end in _rows_met(hits):
            position = first + row // a_value
            item = position if rows is None else int(rows[position])
            query_quality = UNKNOWN_QUALITY if quality is None else int(quality[item])
            more = hits.more is not None and bool(hits.more[row])
            run = Run(rule, 0, row % a_value + 1, query_quality, distances[start:end], refs[start:end], more)
            runs.setdefault(item, []).append(run)


def ask_again(
    snapshot: Snapshot,
    effort: int,
    values: Bytes,
    run: Run,
    between_slices: Callable[[], None] | None,
) -> Run:
    """Search the query of a run once more, without a bound. values: uint8[1, width], the item's value."""
    queries, _ = _turned(run.rule, effort, values)
    query = queries[run.orientation - 1 : run.orientation]
    hits = snapshot.near(run.rule.type.name, query, run.rule.radius(effort), between_slices=between_slices)
    return run._replace(distances=hits.distance, refs=hits.ref, more=False)


def _turned(rule: Rule, effort: int, values: Bytes) -> tuple[Bytes, int]:
    """Give (queries, queries a value): the values as they are or, for PDQ at THOROUGH, in all eight orientations.

    values: uint8[n, width]. Row r of the queries is value r // k in Orientation r % k + 1.
    """
    if effort == Effort.THOROUGH and rule.number == PDQ:
        return orientations_many(values).reshape(-1, values.shape[1]), ORIENTATION_COUNT
    return values, 1


def _rows_met(hits: Hits) -> Iterable[tuple[int, int, int]]:
    """Give (query row, start, end of what it met) for each that met something, ascending."""
    query = hits.query
    starts = np.flatnonzero(query[1:] != query[:-1]) + 1
    ends = starts.tolist()
    ends.append(len(query))
    return zip([int(query[0]), *query[starts].tolist()], [0, *ends[:-1]], ends, strict=True)
