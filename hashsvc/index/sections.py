"""The rows of one kind in one place (a segment, or the delta), ready to be searched.

A section is what the search sees: it does not know whether its arrays are mapped from a file or grew in memory. For
each radius it works out once how to go about it (`way`), and keeps that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.index import kernels, pigeonhole
from hashsvc.index.jit import readonly
from hashsvc.index.kinds import Kind
from hashsvc.index.tables import Tables


@dataclass(frozen=True, slots=True)
class Way:
    """How to search tables within one radius: the tables used, with budgets, and the flips to try in each.

    steps, flips, flip_starts: as `kernels.probe_tables` takes them. query_ns: what a query is estimated to cost.
    """

    steps: NDArray[np.int64]
    flips: NDArray[np.uint32]
    flip_starts: NDArray[np.int64]
    query_ns: float


class HammingSection:
    """Rows of a kind measured in bits, with or without tables. All arrays are read-only; nothing is copied.

    codes: uint64 [n, columns]; refs: uint64 [n].
    """

    def __init__(self, kind: Kind, codes: NDArray[Any], refs: NDArray[np.uint64], tables: Tables | None) -> None:
        self.kind = kind
        self.count = len(refs)
        self.codes = readonly(codes)
        self.flat_codes = self.codes.reshape(-1)
        self.refs = readonly(refs)
        self.tables = tables
        self.table_words = readonly(tables.words if tables else np.empty(0, np.uint64))
        self.table_ids = readonly(tables.ids if tables else np.empty(0, np.uint32))
        # A query with more candidates than this is scanned flat: a candidate costs about as much as eight codes read
        # in order. So the worst query (a million near-twins) costs at most about two flat scans.
        self.candidates_max = self.count // 8
        self._ways: dict[int, Way | None] = {}

    def way(self, radius: int) -> Way | None:
        """Give the way to search within radius, or None: read all codes. Worked out once a radius."""
        if radius not in self._ways:
            self._ways[radius] = self._find_way(radius)  # two threads may both do it; they come to the same
        return self._ways[radius]

    def _find_way(self, radius: int) -> Way | None:
        if self.tables is None:
            return None
        widths = tuple(int(width) for width in self.tables.steps[:, kernels.WIDTH])
        budgets = pigeonhole.choose_budgets(self.count, self.kind.bits, widths, radius)
        if budgets is None:
            return None
        used = [i for i, budget in enumerate(budgets) if budget >= 0]
        steps = self.tables.steps[used].copy()
        steps[:, kernels.BUDGET] = [budgets[i] for i in used]
        flip_starts = np.zeros((len(used), pigeonhole.BUDGET_MAX + 2), np.int64)
        lists: list[NDArray[np.uint32]] = []
        offset = 0
        for row, i in enumerate(used):
            masks, starts = pigeonhole.word_flips(widths[i] - pigeonhole.WORD_BITS, budgets[i])
            flip_starts[row, : len(starts)] = np.array(starts) + offset
            lists.append(masks)
            offset += len(masks)
        cost = sum(pigeonhole.cost_ns(self.count, widths[i], budgets[i]) for i in used)
        return Way(readonly(steps), readonly(np.concatenate(lists)), readonly(flip_starts), cost)


class SquaresSection:
    """Rows measured by squared byte differences. codes: uint8 [n, 144]; sums: int16 [blocks, n], see `photodna.py`."""

    def __init__(self, kind: Kind, codes: NDArray[Any], refs: NDArray[np.uint64], sums: NDArray[np.int16]) -> None:
        self.kind = kind
        self.count = len(refs)
        self.codes = readonly(codes)
        self.refs = readonly(refs)
        self.sums = sums


Section = HammingSection | SquaresSection
