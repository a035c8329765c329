"""Opens a file of entries and tells its format."""

from __future__ import annotations

import gzip
import io
from collections.abc import Iterator
from pathlib import Path
from typing import cast

from hashsvc.formats.lines import BOM, DAMAGE, refusal_of
from hashsvc.formats.registry import BY_NAME, FORMATS
from hashsvc.formats.rows import Rejected, Row

_GZIP = b"\x1f\x8b"
_BEGINNING_BYTES = 16  # that a format is told by


def open_rows(path: Path | str, format_name: str = "") -> Iterator[Row | Rejected]:
    """Read the entries of a file in one of the formats, plain or gzip.

    format_name: of one of FORMATS, "" to find out. Gzip is known by its first bytes; the format by the file's name,
    else by how it begins. The file is closed when the rows are exhausted or the
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
    """Choose the reader as asked, else by the file's name without .gz, else by how the file begins."""
    try:
        start = stream.peek(_BEGINNING_BYTES)[:_BEGINNING_BYTES].removeprefix(BOM).lstrip()
    except DAMAGE as error:  # asked again, gzip would say that the file is empty
        return iter([refusal_of(error, line=1)])
    if format_name:
        return BY_NAME[format_name].read(stream)
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    named = (one for one in FORMATS if suffix in one.suffixes)
    found = next(named, None) or next(one for one in FORMATS if one.looks_like(start))
    return found.read(stream)
