"""What a process holds of the index: open segments and the delta, brought up to any snapshot that asks.

A snapshot names a generation of the manifest and a sequence. `IndexState.at` gives the segments of that generation
and a view of the delta up to that sequence, reading what is missing from the log in the snapshot's own transaction:
a check that starts after a write committed sees that write. Shared by the threads of a process; nothing that a
reader holds is mutated.
"""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec

from hashsvc.errors import DamagedData, Unavailable
from hashsvc.hashlist import log, manifest
from hashsvc.hashlist.log import Head
from hashsvc.hashlist.rows import RowCollector
from hashsvc.hashlist.url_rows import check_rules
from hashsvc.index import Delta, DeltaView, Segment
from hashsvc.lmdb_env import Environment, Transaction

GENERATIONS_KEPT = 3  # threads whose transaction is a little older find theirs


class IndexView(msgspec.Struct, frozen=True):
    """What one snapshot searches."""

    segments: tuple[Segment, ...]
    delta: DeltaView


class _Generation:
    """Segments of one manifest and the delta past them. sequence: what the delta holds up to."""

    def __init__(self, segments: tuple[Segment, ...], covered: int) -> None:
        self.segments = segments
        self.delta = Delta()
        self.sequence = covered
        self.view: tuple[int, IndexView] = (covered, IndexView(segments, self.delta.view(covered)))


class IndexState:
    """Open segments and deltas of a process, by generation of the manifest."""

    def __init__(self, env: Environment, directory: Path) -> None:
        self._env = env
        self._directory = directory
        self._lock = threading.Lock()
        self._generations: dict[int, _Generation] = {}
        self._open: dict[str, Segment] = {}
        self._rules_of = -1

    def at(self, txn: Transaction, head: Head) -> IndexView:
        """The view for a snapshot. Costs under 1 µs when nothing changed, else the reading of what did.

        Raises Unavailable SEGMENT_MISSING, DamagedData for a damaged segment or log.
        """
        generation = self._generations.get(head.generation)
        if generation is not None:
            sequence, view = generation.view
            if sequence == head.sequence:
                return view
        with self._lock:
            generation = self._generations.get(head.generation) or self._open_generation(txn, head.generation)
            if generation.sequence < head.sequence:
                self._catch_up(txn, generation, head.sequence)
            view = IndexView(generation.segments, generation.delta.view(head.sequence))
            if head.sequence >= generation.view[0]:
                generation.view = (head.sequence, view)
            return view

    def check_rules(self, txn: Transaction, head: Head) -> None:
        """Refuse look-ups of URLs where a rebuild by another version keyed them by other rules meanwhile.

        Every rebuild makes a new generation, so the rules are read once for each. Raises FailedPrecondition
        URL_KEYS_OUTDATED.
        """
        if head.generation != self._rules_of:
            check_rules(self._env, txn)
            self._rules_of = head.generation

    def _open_generation(self, txn: Transaction, number: int) -> _Generation:
        rows = manifest.load(self._env, txn)
        if rows.generation != number:
            raise DamagedData("DAMAGED_MANIFEST", f"the head names manifest {number}, {rows.generation} is stored")
        segments = tuple(self._segment(row) for row in rows.segments)
        generation = _Generation(segments, rows.covered)
        self._generations[number] = generation
        for old in sorted(self._generations)[:-GENERATIONS_KEPT]:
            del self._generations[old]
        live = {segment.path.name for g in self._generations.values() for segment in g.segments}
        self._open = {name: segment for name, segment in self._open.items() if name in live}
        return generation

    def _segment(self, row: manifest.SegmentRow) -> Segment:
        segment = self._open.get(row.name)
        if segment is None:
            try:
                segment = Segment.open(self._directory / row.name)
            except FileNotFoundError as error:
                raise Unavailable("SEGMENT_MISSING", f"segment {row.name} is not there") from error
            if (segment.first_sequence, segment.last_sequence) != (row.first_sequence, row.last_sequence):
                raise DamagedData("DAMAGED_SEGMENT", f"segment {row.name} covers other changes than the manifest says")
            self._open[row.name] = segment
        return segment

    def _catch_up(self, txn: Transaction, generation: _Generation, sequence: int) -> None:
        collector = RowCollector()
        collector.add_raw(log.read_raw(self._env, txn, generation.sequence + 1, sequence))
        rows = collector.rows()
        for kind, (codes, refs, sequences) in rows.near.items():
            generation.delta.append_near(kind, codes, refs, sequences)
        if len(rows.exact[0]):
            generation.delta.append_exact(*rows.exact)
        generation.sequence = sequence
