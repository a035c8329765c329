"""Search segments and delta within a radius: slices the work, grows the output, sorts what is found.

The arithmetic is in `kernels.py` and `photodna.py`. Here is what makes it complete and polite: every slice is a few
milliseconds at most and `between_slices` is called after it; an output that was too small is enlarged and the slice
done again; a query that the tables cannot answer cheaply is scanned flat; memory is bounded by halving the group of
queries that is worked on.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import DamagedData
from hashsvc.index import kernels, photodna, pigeonhole
from hashsvc.index.jit import readonly
from hashsvc.index.kinds import kind_named
from hashsvc.index.sections import HammingSection, Section, SquaresSection, Way

SHORT_NS = 150_000  # of kernel time, estimated: less is done without giving the GIL away
SLICE_NS = 1_500_000  # of kernel time between two calls of between_slices, estimated
GROUP_QUERIES = 16_384  # queries that go through the tables together
GROUP_HITS = 2_000_000  # beyond, a group of queries is halved: 40 MB of hits at a time
ROOM_AT_FIRST = 16_384  # hits


@dataclass(frozen=True, slots=True, eq=False)
class Hits:
    """What a search found, sorted by (query, distance, ref).

    query: int32 [k], index of the query. ref: uint64 [k], as given with the code. distance: int64 [k], <= radius, in
    bits or as sum of squares. more: bool [q], True where a query had more than nearest_max hits; None without a bound.
    """

    query: NDArray[np.int32]
    ref: NDArray[np.uint64]
    distance: NDArray[np.int64]
    more: NDArray[np.bool_] | None = None

    def __len__(self) -> int:
        return len(self.query)


class HasSection(Protocol):
    """A segment or a delta view, as the search sees it."""

    def section(self, kind: str) -> Section | None:
        """Give the rows of a kind, or None."""


NO_HITS = (
    readonly(np.empty(0, np.int32)),
    readonly(np.empty(0, np.uint64)),
    readonly(np.empty(0, np.int64)),
)
LOW_MASKS = readonly(pigeonhole.low_masks())


class TooManyHits(Exception):
    """A group of queries has more hits than may be held at once; it is halved."""


class Scratch(threading.local):
    """Buffers of one thread, kept from call to call: scratch of the kernels, and output that grows."""

    def __init__(self) -> None:
        self.query: NDArray[np.int32] = np.empty(0, np.int32)
        self.ref: NDArray[np.uint64] = np.empty(0, np.uint64)
        self.distance: NDArray[np.int64] = np.empty(0, np.int64)
        self.stages = np.empty(kernels.SCRATCH_SHAPE, np.uint64)
        self.candidate_counts = np.zeros(64, np.int64)
        self.bounds = np.empty(photodna.ROWS_AT_ONCE, np.int32)
        self.grow(ROOM_AT_FIRST)

    def grow(self, room: int, keep: int = 0) -> None:
        """Make room for so many hits; the first keep stay."""
        query, ref, distance = np.empty(room, np.int32), np.empty(room, np.uint64), np.empty(room, np.int64)
        if keep:
            query[:keep], ref[:keep], distance[:keep] = self.query[:keep], self.ref[:keep], self.distance[:keep]
        self.query, self.ref, self.distance = query, ref, distance


SCRATCH = Scratch()


def search_near(
    segments: Iterable[HasSection],
    delta_view: HasSection | None,
    kind: str,
    queries: NDArray[Any],
    radius: int,
    *,
    nearest_max: int | None = None,
    between_slices: Callable[[], None] | None = None,
) -> Hits:
    """Find every code of a kind within radius (inclusive) of each query, in all segments and the delta view.

    queries: [q, columns], C-order, of the kind's dtype (`codes_from_bytes` makes them). Complete, whatever the codes
    are like. nearest_max: keep at most so many a query, the nearest (ties: the lowest refs), exactly, and say in
    `Hits.more` which queries had more. between_slices: called every millisecond or two of work; what it raises ends
    the search. Raises InvalidArgument on a radius out of range, InvariantError on queries of the wrong shape,
    DamagedData if a table points outside its file. Releases the GIL while it searches,
    unless that is short. Costs, with 1 M PDQ at radius
    31, 14 us a query in bulk and 30 us for a single one.
    """
    known = kind_named(kind)
    known.check_radius(radius)
    known.check_rows(queries, "queries")
    sections = [section for place in segments if (section := place.section(kind)) is not None]
    if delta_view is not None and (section := delta_view.section(kind)) is not None:
        sections.append(section)
    more = None if nearest_max is None else np.zeros(len(queries), np.bool_)
    if not sections or not len(queries):
        return Hits(*NO_HITS, more)
    work = Work(sections, readonly(queries), radius, nearest_max, more, between_slices)
    groups = [(begin, min(len(queries), begin + GROUP_QUERIES)) for begin in range(0, len(queries), GROUP_QUERIES)]
    parts = []
    while groups:
        begin, end = groups.pop(0)
        try:
            parts.append(work.search_group(begin, end))
        except TooManyHits:
            middle = (begin + end) // 2
            groups[:0] = [(begin, middle), (middle, end)]
    if len(parts) == 1:
        return Hits(*parts[0], more)
    query, ref, distance = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return Hits(query, ref, distance, more)


@dataclass(slots=True, eq=False)
class Work:
    """One call of search_near."""

    sections: Sequence[Section]
    queries: NDArray[Any]
    radius: int
    nearest_max: int | None
    more: NDArray[np.bool_] | None
    between_slices: Callable[[], None] | None

    def search_group(self, begin: int, end: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Give the sorted hits of queries begin..end - 1. Raises TooManyHits if they should be fewer queries."""
        count = 0
        for section in self.sections:
            if isinstance(section, SquaresSection):
                count = self.scan_squares(section, begin, end, count)
            else:
                way = section.way(self.radius)
                if way is None:
                    count = self.scan_flat(section, np.arange(begin, end, dtype=np.int32), count, end - begin)
                else:
                    count = self.probe(section, way, begin, end, count)
        return self.finish(begin, end, count)

    def probe(self, section: HammingSection, way: Way, begin: int, end: int, count: int) -> int:
        """Search a section's tables: all queries through the first, then all through the next, in slices."""
        buffers = SCRATCH
        if len(buffers.candidate_counts) < len(self.queries):
            buffers.candidate_counts = np.zeros(len(self.queries), np.int64)
        counts = buffers.candidate_counts
        counts[begin:end] = 0
        tables = len(way.steps)
        before = count
        if (end - begin) * way.query_ns <= SLICE_NS:
            count = self.probe_slice(section, way, begin, end, 0, tables, count, end - begin)
        else:
            portion = max(1, int(SLICE_NS * tables / way.query_ns))
            for table in range(tables):
                for first in range(begin, end, portion):
                    last = min(end, first + portion)
                    count = self.probe_slice(section, way, first, last, table, table + 1, count, end - begin)
                    self.pause()
        if end - begin == 1:
            crowded = [begin] if counts[begin] > section.candidates_max else []
        else:
            crowded = (np.flatnonzero(counts[begin:end] > section.candidates_max) + begin).tolist()
        if crowded:
            which = np.array(crowded, np.int32)
            keep = before + np.flatnonzero(~np.isin(buffers.query[before:count], which))
            count = before + len(keep)
            for column in (buffers.query, buffers.ref, buffers.distance):
                column[before:count] = column[keep]
            count = self.scan_flat(section, which, count, end - begin)
        return count

    def probe_slice(
        self, section: HammingSection, way: Way, begin: int, end: int, first: int, last: int, count: int, group: int
    ) -> int:
        """Probe tables first..last - 1 for queries begin..end - 1; again with more room if the output was too small."""
        buffers = SCRATCH
        counts = buffers.candidate_counts
        saved = counts[begin:end].copy()
        cost_ns = (end - begin) * way.query_ns * (last - first) / len(way.steps)
        probe = kernels.probe_tables_short if cost_ns <= SHORT_NS else kernels.probe_tables
        while True:
            total: int = probe(
                self.queries.reshape(-1), section.kind.columns, begin, end, way.steps, first, last, way.flips,
                way.flip_starts, LOW_MASKS, section.table_words, section.table_ids, section.flat_codes, section.refs,
                self.radius, section.candidates_max, counts, buffers.stages,
                buffers.query, buffers.ref, buffers.distance, count,
            )  # fmt: skip
            if total == kernels.DAMAGED:
                raise DamagedData("SEGMENT_TABLE", f"a table of {section.kind.name} codes points outside its arrays")
            if total <= len(buffers.query):
                return total
            self.make_room(total, count, group)
            counts[begin:end] = saved

    def scan_flat(self, section: HammingSection, which: NDArray[np.int32], count: int, group: int) -> int:
        """Read all of a section's codes for the queries named in which, in slices."""
        rows = max(1024, int(SLICE_NS / pigeonhole.FLAT_NS))
        at_once = max(1, rows // section.count)
        short = min(rows, section.count) * min(at_once, len(which)) * pigeonhole.FLAT_NS <= SHORT_NS
        scan = kernels.scan_flat_short if short else kernels.scan_flat
        for first in range(0, len(which), at_once):
            portion = readonly(which[first : first + at_once])
            for begin in range(0, section.count, rows):
                end = min(section.count, begin + rows)
                while True:
                    buffers = SCRATCH
                    total: int = scan(
                        self.queries.reshape(-1), section.kind.columns, portion, section.flat_codes, section.refs,
                        begin, end, self.radius, buffers.query, buffers.ref, buffers.distance, count,
                    )  # fmt: skip
                    if total <= len(buffers.query):
                        break
                    self.make_room(total, count, group)
                count = total
                self.pause()
        return count

    def scan_squares(self, section: SquaresSection, begin: int, end: int, count: int) -> int:
        """Search a section of the squares metric for queries begin..end - 1, in slices."""
        sums = photodna.block_sums(self.queries)
        rows = max(photodna.ROWS_AT_ONCE, int(SLICE_NS / photodna.ROW_NS))
        at_once = max(1, rows // section.count)
        stride = section.sums.shape[1]
        flat_sums = section.sums.reshape(-1)
        for first in range(begin, end, at_once):
            last = min(end, first + at_once)
            for row in range(0, section.count, rows):
                stop = min(section.count, row + rows)
                while True:
                    buffers = SCRATCH
                    total: int = photodna.scan_squares(
                        self.queries, sums, first, last, section.codes, flat_sums, stride, section.refs, row, stop,
                        self.radius, buffers.bounds, buffers.query, buffers.ref, buffers.distance, count,
                    )  # fmt: skip
                    if total <= len(buffers.query):
                        break
                    self.make_room(total, count, end - begin)
                count = total
                self.pause()
        return count

    def make_room(self, needed: int, keep: int, group: int) -> None:
        """Enlarge the output so that it holds needed hits, of which keep stay; or ask for a smaller group."""
        if group > 1 and needed > GROUP_HITS:
            raise TooManyHits
        SCRATCH.grow(max(needed, 2 * len(SCRATCH.query)), keep)

    def pause(self) -> None:
        """Let the caller look at its deadline, and other threads run."""
        if self.between_slices is not None:
            self.between_slices()

    def finish(self, begin: int, end: int, count: int) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
        """Sort a group's hits, keep the nearest if bounded, and copy them out of the buffers."""
        if not count:
            return NO_HITS
        buffers = SCRATCH
        query, ref, distance = buffers.query[:count], buffers.ref[:count], buffers.distance[:count]
        if self.nearest_max is not None and count > self.nearest_max:
            kept = self.keep_nearest(begin, end, query, ref, distance)
            query, ref, distance = query[kept], ref[kept], distance[kept]
        order = np.lexsort((ref, distance, query)) if len(query) > 1 else np.zeros(len(query), np.intp)
        found = query[order], ref[order], distance[order]
        if count > ROOM_AT_FIRST * 16:
            buffers.grow(ROOM_AT_FIRST)  # a rare flood does not stay in memory
        return found

    def keep_nearest(
        self, begin: int, end: int, query: NDArray[Any], ref: NDArray[Any], distance: NDArray[Any]
    ) -> NDArray[np.intp]:
        """Give the indexes of the nearest_max nearest hits of each query, and mark the queries that had more."""
        assert self.nearest_max is not None
        assert self.more is not None
        totals = np.bincount(query - begin, minlength=end - begin)
        crowded = totals > self.nearest_max
        if not crowded.any():
            return np.arange(len(query))
        self.more[begin:end] = crowded
        kept = [np.flatnonzero(~crowded[query - begin])]
        of_crowded = np.flatnonzero(crowded[query - begin])
        of_crowded = of_crowded[np.argsort(query[of_crowded], kind="stable")]
        at = 0
        for total in totals[crowded]:
            own = of_crowded[at : at + total]
            kept.append(own[nearest(ref[own], distance[own], self.nearest_max)])
            at += total
        return np.concatenate(kept)


def nearest(ref: NDArray[Any], distance: NDArray[Any], keep: int) -> NDArray[np.intp]:
    """Give the indexes of the keep smallest by (distance, ref), in any order, in linear time; keep < len(ref)."""
    if keep == 0:
        return np.empty(0, np.intp)
    furthest = np.partition(distance, keep - 1)[keep - 1]
    closer = np.flatnonzero(distance < furthest)
    ties = np.flatnonzero(distance == furthest)
    wanted = keep - len(closer)
    if wanted < len(ties):
        ties = ties[np.argpartition(ref[ties], wanted - 1)[:wanted]]
    return np.concatenate((closer, ties))
