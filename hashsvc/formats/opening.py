"""Opens a file of entries and tells its format."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from hashsvc.formats.csv_file import read_csv
from hashsvc.formats.json_lines import read_json_lines
from hashsvc.formats.lines import BOM, DAMAGE, refusal_of
from hashsvc.formats.rows import Rejected, Row

_GZIP = b"\x1f\x8b"
_JSON_SUFFIXES = frozenset((".jsonl", ".ndjson", ".json"))
_CSV_SUFFIXES = frozenset((".csv", ".tsv"))
_READERS = {"jsonl": read_json_lines, "csv": read_csv}
FORMATS = tuple(_READERS)


def open_rows(path: Path | str, format_name: str = "") -> Iterator[Row | Rejected]:
    """Read the entries of a file: JSON lines or CSV, plain or gzip.

    format_name: one of FORMATS, "" to find out. Gzip is known by its first bytes; the format by the file's name, else
    by the first byte that is not blank, `{` for JSON lines. The file is closed when the rows are exhausted or the
    iterator is closed. Raises OSError where it cannot be opened or read, nothing for what it holds.
    """
    path = Path(path)
    with path.open("rb") as raw:
        if not raw.peek(2).startswith(_GZIP):
            yield from _read(raw, path, format_name)
            return
        with gzip.open(raw) as unpacked:
            yield from _read(cast(io.BufferedReader, unpacked), path, format_name)


def _read(stream: io.BufferedReader, path: Path, format_name: str) -> Iterator[Row | Rejected]:
    """Choose the reader as asked, else by the file's name without .gz, else by its first byte."""
    try:
        start = stream.peek(16).removeprefix(BOM).lstrip()[:1]
    except DAMAGE as error:  # asked again, gzip would say that the file is empty
        return iter([refusal_of(error, line=1)])
    if format_name:
        return _READERS[format_name](stream)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    looks_like_json = suffix not in _CSV_SUFFIXES and start in (b"{", b"[")
    return read_json_lines(stream) if suffix in _JSON_SUFFIXES or looks_like_json else read_csv(stream)
