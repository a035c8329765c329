"""Rows to BatchCheck's columns and its answer back to rows; pure, shared by both clients.

An item is one thing with any number of signals. A column holds one value an item, so an item with two signals of one
type takes two rows and its result is put together again. Calls are split by items and by bytes, and by how long
earlier ones took: a thorough check of a long list must fit its deadline.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from typing import Generic, TypeVar

import msgspec
import numpy as np

from hashsvc.client.call import Call, wire_position
from hashsvc.client.checks import BATCH_CHECK
from hashsvc.client.reading import numbered, read, reader
from hashsvc.client.values import CheckResult, Effort, Evidence, Position, Problem, Verdict
from hashsvc.limits import BATCH_CHECK_ITEMS_MAX, BULK_BYTES_MAX, CHECK_SIGNALS_MAX, URL_BYTES_MAX
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, URL, Signal
from hashsvc.v1 import check_service_pb2 as pb

T = TypeVar("T")

_FIXED_BYTES = 1024  # room for the fields that are not columns
_WIDTHS = {
    number: kind.byte_count
    for number, kind in BY_NUMBER.items()
    if kind.name in pb.BatchCheckRequest.DESCRIPTOR.fields_by_name and not kind.is_url
}
_URL_OVERHEAD = 4  # bytes of a URL in a message besides its text
_VERDICTS = numbered(Verdict, pb.Verdict.DESCRIPTOR)
_EFFORTS = {effort: pb.Effort.Value(f"EFFORT_{effort.name}") for effort in Effort}
_STRENGTH = {verdict: rank for rank, verdict in enumerate(Verdict)}
_FIRST_ITEMS = {Effort.STANDARD: BATCH_CHECK_ITEMS_MAX, Effort.THOROUGH: 200}  # thorough: milliseconds an item
_SLOW_S = 4.0  # a call that took longer makes the next ones smaller
_QUICK_S = 1.0  # and one that took less, larger again


class ColumnBuilder(Generic[T]):
    """Gathers items and gives a call whenever one is full.

    items_max, bytes_max: of one call. The rest as in BatchCheckRequest; evidence_max 0: the server's default (1).
    """

    def __init__(
        self,
        *,
        effort: Effort = Effort.STANDARD,
        caller_reference: str = "",
        evidence_max: int = 0,
        at_least: Position | None = None,
        items_max: int = BATCH_CHECK_ITEMS_MAX,
        bytes_max: int = BULK_BYTES_MAX,
    ) -> None:
        self._effort = effort
        self._caller_reference = caller_reference
        self._evidence_max = evidence_max
        self._at_least = at_least
        self._items_max = items_max
        self._items_now = min(items_max, _FIRST_ITEMS[effort])
        self._bytes_max = bytes_max - _FIXED_BYTES
        self._rows = _Rows[T]()

    def calls(self, items: Iterable[tuple[T, Sequence[Signal]]]) -> Iterator[Call[list[CheckResult[T]]]]:
        """Turn items into calls, one at a time, as they are asked for."""
        for item_id, signals in items:
            call = self.add(item_id, signals)
            if call is not None:
                yield call
        call = self.finish()
        if call is not None:
            yield call

    def add(self, item_id: T, signals: Sequence[Signal]) -> Call[list[CheckResult[T]]] | None:
        """Take an item. Returns a call of those before it where it would not fit with them."""
        call = None
        row_count, byte_count = self._rows.size_with(signals)
        if self._rows.ids and (row_count > self._items_now or byte_count > self._bytes_max):
            call = self.finish()
        self._rows.add(item_id, signals)
        return call

    def finish(self) -> Call[list[CheckResult[T]]] | None:
        """Give a call of what is left, or None."""
        if not self._rows.ids:
            return None
        rows, self._rows = self._rows, _Rows[T]()
        request = rows.request()
        request.effort = _EFFORTS[self._effort]  # type: ignore[assignment]  # an enum on the wire takes any int
        request.caller_reference = self._caller_reference
        request.evidence_max = self._evidence_max
        at_least = wire_position(self._at_least)
        if at_least is not None:
            request.at_least.CopyFrom(at_least)
        started = time.monotonic()

        def read(answer: pb.BatchCheckResponse, worker: int | None) -> list[CheckResult[T]]:
            self._pace(time.monotonic() - started)
            return rows.results(answer, worker)

        return Call(BATCH_CHECK, request, pb.BatchCheckResponse, read, is_bulk=True)

    def _pace(self, elapsed_s: float) -> None:
        """Choose the size of the next calls by how long one took, waiting its turn included."""
        if elapsed_s > _SLOW_S:
            self._items_now = max(1, self._items_now // 2)
        elif elapsed_s < _QUICK_S:
            self._items_now = min(self._items_max, self._items_now * 2)


class _Column(msgspec.Struct):
    """Values of one type. Rows without one are filled in only when a later row has one, or at the end."""

    filler: bytes
    values: list[bytes] = msgspec.field(default_factory=list)
    present: bytearray = msgspec.field(default_factory=bytearray)
    quality: bytearray = msgspec.field(default_factory=bytearray)

    def put(self, row: int, value: bytes, quality: int) -> None:
        self.fill(row)
        self.values.append(value)
        self.present.append(1)
        self.quality.append(quality)

    def fill(self, row_count: int) -> None:
        missing = row_count - len(self.values)
        if missing:
            self.values.extend([self.filler] * missing)
            self.present.extend(bytes(missing))
            self.quality.extend(bytes([UNKNOWN_QUALITY]) * missing)


class _Rows(Generic[T]):
    """The items of one call. ends: one past the last row of each item. problems: found here, by item."""

    def __init__(self) -> None:
        self.ids: list[T] = []
        self.ends: list[int] = []
        self.row_count = 0
        self.problems: dict[int, list[Problem]] = {}
        self._columns: dict[int, _Column] = {}
        self._row_bytes = 0
        self._url_bytes = 0

    def size_with(self, signals: Sequence[Signal]) -> tuple[int, int]:
        """Rows and at most bytes that there would be with one more item."""
        row_bytes, column_count = self._row_bytes, len(self._columns)
        types = [signal.type for signal in signals]
        url_bytes = self._url_bytes + sum(_url_bytes(signal.value) for signal in signals if signal.type == URL)
        for number in types:
            if number not in self._columns and number in _WIDTHS:
                row_bytes += _WIDTHS[number] + 1
                column_count += 1
        rows = 1 if len(types) < 2 else max(1, *(types.count(number) for number in types))
        row_count = self.row_count + rows
        if url_bytes:
            url_bytes += row_count * _URL_OVERHEAD
        return row_count, row_count * row_bytes + column_count * (row_count // 8 + 1 + 16) + url_bytes

    def add(self, item_id: T, signals: Sequence[Signal]) -> None:
        item = len(self.ids)
        first = self.row_count
        if len(signals) > CHECK_SIGNALS_MAX:
            message = f"an item has {len(signals)} signals; at most {CHECK_SIGNALS_MAX} are right"
            self.problems[item] = [Problem("signals", "TOO_MANY_SIGNALS", message, item)]
            signals = ()
        row_count = 1
        used: dict[int, int] = {}
        for index, signal in enumerate(signals):
            number = signal.type
            if number == URL:
                misfit = _url_misfit(item, index, signal)
                if misfit is not None:
                    self.problems.setdefault(item, []).append(misfit)
                    continue
                column = self._columns.setdefault(URL, _Column(b""))
                self._url_bytes += _url_bytes(signal.value)
            elif len(signal.value) != _WIDTHS.get(number):
                self.problems.setdefault(item, []).append(_misfit(item, index, signal))
                continue
            elif number in self._columns:
                column = self._columns[number]
            else:
                column = self._columns[number] = _Column(bytes(_WIDTHS[number]))
                self._row_bytes += _WIDTHS[number] + 1
            earlier = used.get(number, 0)
            used[number] = earlier + 1
            row_count = max(row_count, earlier + 1)
            column.put(first + earlier, signal.value, signal.quality)
        self.ids.append(item_id)
        self.row_count += row_count
        self.ends.append(self.row_count)

    def request(self) -> pb.BatchCheckRequest:
        request = pb.BatchCheckRequest(item_count=self.row_count)
        for number, column in self._columns.items():
            column.fill(self.row_count)
            kind = BY_NUMBER[number]
            if kind.is_url:
                request.url.extend([value.decode() for value in column.values])
                continue
            setattr(request, kind.name, b"".join(column.values))
            if not all(column.present):
                bits = np.packbits(np.frombuffer(column.present, np.uint8), bitorder="little")
                setattr(request, f"{kind.name}_present", bits.tobytes())
            if kind.has_quality and column.quality.count(UNKNOWN_QUALITY) != self.row_count:
                setattr(request, f"{kind.name}_quality", bytes(column.quality))
        return request

    def results(self, answer: pb.BatchCheckResponse, worker: int | None) -> list[CheckResult[T]]:
        """Give one result an item, in order. What the answer does not name is NEW."""
        position = read(Position, answer.position)
        problem_of = reader(Problem, pb.Problem)
        policy_version = answer.policy_version
        hits = {hit.item: hit for hit in answer.hits}
        problems: dict[int, list[pb.Problem]] = {}
        for problem in answer.problems:
            problems.setdefault(problem.item, []).append(problem)
        results = []
        start = 0
        for item, (item_id, end) in enumerate(zip(self.ids, self.ends, strict=True)):
            rows, start = range(start, end), end
            found = [problem_of(problem) for row in rows for problem in problems.get(row, ())]
            own = self.problems.get(item, [])
            if own:
                found = own + [problem for problem in found if problem.reason != "EMPTY_ITEM"]
            met = [hits[row] for row in rows if row in hits]
            checked = bool(met) or self._was_checked(rows, problems, own)
            verdict, evidence = _weigh(met) if checked else (None, ())
            truncated = any(hit.evidence_truncated for hit in met)
            results.append(
                CheckResult(item_id, verdict, evidence, truncated, tuple(found), position, policy_version, worker)
            )
        return results

    def _was_checked(self, rows: range, problems: dict[int, list[pb.Problem]], own: list[Problem]) -> bool:
        """Say whether any signal of an item without hits could be used: only then it is NEW."""
        if not own and not any(row in problems for row in rows):
            return True
        for row in rows:
            present = sum(column.present[row] for column in self._columns.values())
            fields = {problem.field for problem in problems.get(row, ())}
            if "" in fields:
                continue  # the whole row
            if present > len(fields):
                return True
        return False


def _weigh(hits: list[pb.BatchHit]) -> tuple[Verdict | None, tuple[Evidence, ...]]:
    """One item's verdict, the strongest of its rows, and all its evidence, best first."""
    if not hits:
        return Verdict.NEW, ()
    verdicts = [_VERDICTS.get(hit.verdict) for hit in hits]
    evidence_of = reader(Evidence, pb.Evidence)
    evidence = [evidence_of(one) for hit in hits for one in hit.evidence]
    if len(hits) > 1:
        evidence.sort(key=lambda one: (_rank(one.verdict), one.distance_bits))
    return min(verdicts, key=_rank), tuple(evidence)


def _rank(verdict: Verdict | None) -> int:
    return len(_STRENGTH) if verdict is None else _STRENGTH[verdict]


def _url_bytes(value: bytes) -> int:
    """How long a URL is on the wire."""
    return len(value)


def _url_misfit(item: int, index: int, signal: Signal) -> Problem | None:
    """Tell of a URL for which the column has no place: "" means none there, and one too long could fill a call."""
    place = f"signals[{index}]"
    try:
        signal.value.decode()
    except UnicodeDecodeError:
        return Problem(place, "BAD_UTF8", "the URL is not UTF-8; percent-encode what is not", item)
    if signal.url is not None and signal.url.embedded:
        message = "a bulk check has no place for the URL of something that the item contains; check the item alone"
        return Problem(place, "EMBEDDED_URL", message, item)
    if not signal.value:
        return Problem(place, "EMPTY", "there is no URL", item)
    if len(signal.value) > URL_BYTES_MAX:
        message = f"a URL takes at most {URL_BYTES_MAX} bytes; this has {len(signal.value)}"
        return Problem(place, "TOO_LONG", message, item)
    return None


def _misfit(item: int, index: int, signal: Signal) -> Problem:
    """Tell of a signal that no column can hold."""
    place = f"signals[{index}]"
    width = _WIDTHS.get(signal.type)
    if width is None:
        return Problem(place, "UNKNOWN_TYPE", f"type {signal.type} is none that a bulk check knows", item)
    return Problem(place, "BAD_LENGTH", f"a value has {len(signal.value)} bytes; {width} are right", item)
