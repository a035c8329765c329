"""Records of a CSV file by column name, whatever the file holds.

Quoting as in RFC 4180, by the standard library's csv module: a quoted cell may hold separators and line ends. What
the columns mean is the caller's (`csv_file.py`).
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from operator import itemgetter
from typing import BinaryIO, NamedTuple

from hashsvc.formats.lines import LINE_BYTES_MAX, read_lines
from hashsvc.formats.rows import Rejected

HEADER_LINE = 1
RECORD_LINES_MAX = 100  # a quote that nobody closes is noticed after so many lines
_SEPARATORS = ",;\t"


class Record(NamedTuple):
    """One record. line: from 1, where it begins. cells: stripped, in the caller's order of columns, "" if missing."""

    line: int
    cells: tuple[str, ...]


class _RecordTooLong(Exception):
    """A record goes on for too many lines or bytes."""


class _Lines:
    """Feeds the csv module line by line and remembers the lines of the record at hand, so that they can be put back."""

    def __init__(self, stream: BinaryIO) -> None:
        self._source = read_lines(stream)
        self._again: deque[tuple[int, str]] = deque()
        self.record: list[tuple[int, str]] = []
        self.refused: list[Rejected] = []
        self._byte_count = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        number, text = self._again.popleft() if self._again else self._read()
        self._byte_count += len(text)
        self.record.append((number, text))
        if len(self.record) > RECORD_LINES_MAX or self._byte_count > LINE_BYTES_MAX:
            raise _RecordTooLong
        return text

    def begin(self) -> None:
        """Forget the record at hand."""
        self.record.clear()
        self._byte_count = 0

    def take_refused(self) -> list[Rejected]:
        """Give, once, the lines that could not be read at all."""
        refused, self.refused = self.refused, []
        return refused

    def put_back(self) -> None:
        """Put back all lines of the record but its first."""
        self._again.extendleft(reversed(self.record[1:]))

    def _read(self) -> tuple[int, str]:
        """Read on; bytes that are not UTF-8 become half characters, which the record is then refused for."""
        for numbered in self._source:
            if isinstance(numbered, Rejected):
                self.refused.append(numbered)
                continue
            return numbered[0], numbered[1].decode("utf-8", "surrogateescape")
        raise StopIteration


def read_records(stream: BinaryIO, required: tuple[str, ...], known: tuple[str, ...]) -> Iterator[Record | Rejected]:
    """Read the records under a header. Raises nothing for what the file holds.

    required, known: names of columns; every record has the cells of the known ones in that order. The header's names
    are taken without case; required ones must be there and known ones not twice, else the whole file is refused:
    BAD_HEADER. Records are refused alone: BAD_CSV, BAD_UTF8, BAD_CHARACTER (NUL), UNCLOSED_QUOTE.
    """
    lines = _Lines(stream)
    separator, names = _read_header(lines)
    problem = _header_problem(names, required, known)
    yield from lines.take_refused()
    if problem is not None:
        yield problem
        return
    in_order = itemgetter(*(names.index(name) if name in names else len(names) for name in known))
    reader = csv.reader(lines, delimiter=separator, strict=True)
    while True:
        lines.begin()
        try:
            cells = next(reader, None)
            problem = None if cells is None else _cells_problem(lines.record[0][0], cells, len(names))
        except (_RecordTooLong, csv.Error) as error:
            cells, problem = [], _unclosed(lines) if isinstance(error, _RecordTooLong) else _malformed(lines)
            reader = csv.reader(lines, delimiter=separator, strict=True)
        if lines.refused:
            yield from lines.take_refused()
        if cells is None:
            return
        if problem is not None:
            yield problem
        elif any(cells):  # else a blank line
            stripped = [cell.strip() for cell in cells]
            stripped += [""] * (len(names) + 1 - len(stripped))
            yield Record(lines.record[0][0], in_order(stripped))


def _read_header(lines: _Lines) -> tuple[str, list[str]]:
    """Read the separator and the columns' names; none where there is no header."""
    lines.begin()
    text = next(lines, "")
    separator = max(_SEPARATORS, key=text.count)
    try:
        cells = next(csv.reader([text], delimiter=separator), [])
    except csv.Error:
        cells = []
    return separator, [cell.strip().lower() for cell in cells]


def _header_problem(names: list[str], required: tuple[str, ...], known: tuple[str, ...]) -> Rejected | None:
    missing = [name for name in required if name not in names]
    if missing:
        message = f"the first line is no header with {' and '.join(required)}; missing: {', '.join(missing)}"
        return Rejected(HEADER_LINE, "", "BAD_HEADER", message)
    twice = [name for name in known if names.count(name) > 1]
    if twice:
        return Rejected(HEADER_LINE, twice[0], "BAD_HEADER", f"columns that stand twice: {', '.join(twice)}")
    return None


def _cells_problem(line: int, cells: list[str], column_count: int) -> Rejected | None:
    if len(cells) > column_count:
        return Rejected(line, "", "BAD_CSV", f"{len(cells)} cells under {column_count} columns")
    together = "".join(cells)
    if together.isprintable():  # nearly always
        return None
    if any("\udc80" <= character <= "\udcff" for character in together):
        return Rejected(line, "", "BAD_UTF8", "the row is not UTF-8")
    if "\0" in together:
        return Rejected(line, "", "BAD_CHARACTER", "the row holds a NUL byte")
    return None


def _unclosed(lines: _Lines) -> Rejected:
    """Refuse the first line of a record that does not end, and read on at the line after it."""
    lines.put_back()
    message = f"a quoted cell begins that is not closed within {RECORD_LINES_MAX} lines or {LINE_BYTES_MAX} bytes"
    return Rejected(lines.record[0][0], "", "UNCLOSED_QUOTE", message)


def _malformed(lines: _Lines) -> Rejected:
    """Refuse the first line of a record that is not CSV, and read on at the line after it."""
    lines.put_back()
    message = "the row is not CSV: text after a closing quote, a line end inside a row, or a quote that is not closed"
    return Rejected(lines.record[0][0], "", "BAD_CSV", message)
