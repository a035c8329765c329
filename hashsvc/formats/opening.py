"""Opens a file of entries and tells its format. Called by `cli` for imports and dry runs."""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from hashsvc.formats.csv_file import read_csv
from hashsvc.formats.json_lines import read_json_lines
from hashsvc.formats.lines import BOM
from hashsvc.formats.rows import Rejected, Row

_GZIP = b"\x1f\x8b"
_JSON_SUFFIXES = frozenset((".jsonl", ".ndjson", ".json"))
_CSV_SUFFIXES = frozenset((".csv", ".tsv"))


def open_rows(path: Path | str) -> Iterator[Row | Rejected]:
    """Read the entries of a file: JSON lines or CSV, plain or gzip.

    Gzip is known by its first bytes; the format by the file's name, else by the first byte, `{` for JSON lines. The
    file is closed when the rows are exhausted or the iterator is closed. Raises OSError where it cannot be opened or
    read, nothing for what it holds.
    """
    path = Path(path)
    with path.open("rb") as raw:
        if not raw.peek(2).startswith(_GZIP):
            yield from _read(raw, path)
            return
        with gzip.open(raw) as unpacked:
            yield from _read(cast(io.BufferedReader, unpacked), path)


def _read(stream: io.BufferedReader, path: Path) -> Iterator[Row | Rejected]:
    """Choose the reader by the file's name without .gz, else by its first byte."""
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix in _CSV_SUFFIXES:
        return read_csv(stream)
    if suffix in _JSON_SUFFIXES or _looks_like_json(stream):
        return read_json_lines(stream)
    return read_csv(stream)


def _looks_like_json(stream: io.BufferedReader) -> bool:
    """Say whether the first byte is that of a JSON value, or cannot be had: then reading will say why."""
    try:
        start = stream.peek(16)
    except (OSError, EOFError, zlib.error):
        return True
    return start.removeprefix(BOM).lstrip()[:1] in (b"{", b"[")
