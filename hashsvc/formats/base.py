"""What a format of files of entries is. The formats stand in a file each and are gathered in `registry.py`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import BinaryIO

import msgspec

from hashsvc.formats.rows import Rejected, Row


class Format(msgspec.Struct, frozen=True):
    """One format.

    name: as --format and callers spell it. suffixes: of files' names, lower case, with the dot, without .gz.
    looks_like: whether a file may be of it, by up to 16 bytes of its beginning without byte order mark and blanks; of
    several the first in the registry is taken. read: entries, streaming; raises nothing for what the file holds.
    write: entries to text, in pieces; reading them back gives the same rows, save for what the module of the format
    says. joins_rows: an entry may take several rows, which its content_id joins, so it must have one.
    """

    name: str
    suffixes: tuple[str, ...]
    looks_like: Callable[[bytes], bool]
    read: Callable[[BinaryIO], Iterator[Row | Rejected]]
    write: Callable[[Iterable[Row]], Iterator[str]]
    joins_rows: bool = False
