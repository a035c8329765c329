"""Lines of a file of bytes, each with its number and none longer than 64 KiB, whatever the file holds."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import BinaryIO

from hashsvc.formats.rows import Rejected

LINE_BYTES_MAX = 64 * 1024
DAMAGE = (EOFError, zlib.error, OSError)  # what reading a compressed file can raise
BOM = b"\xef\xbb\xbf"


def read_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes] | Rejected]:
    """Give (number from 1, line with its end) for each line; a Rejected LINE_TOO_LONG in place of a longer one.

    A byte order mark at the beginning is left out. A damaged or truncated compressed file ends in a Rejected
    FILE_DAMAGED: what came before it is good, what comes after is lost, so nobody should take the file for complete.
    Keeps one line in memory.
    """
    number = 0
    try:
        while raw := stream.readline(LINE_BYTES_MAX + 1):
            number += 1
            if len(raw) > LINE_BYTES_MAX:
                _skip_rest(stream, raw)
                yield Rejected(
                    number,
                    "",
                    "LINE_TOO_LONG",
                    f"the line is longer than {LINE_BYTES_MAX} bytes, the most there may be",
                )
                continue
            yield number, raw.removeprefix(BOM) if number == 1 else raw
    except DAMAGE as error:
        yield refusal_of(error, number + 1)


def refusal_of(error: Exception, line: int) -> Rejected:
    """Say that a compressed file is damaged. An error of the disk is not the file's: it is raised again."""
    if isinstance(error, OSError) and error.errno is not None:
        raise error
    return Rejected(line, "", "FILE_DAMAGED", "the compressed file is damaged or cut short; the rest is lost")


def _skip_rest(stream: BinaryIO, raw: bytes) -> None:
    while raw and not raw.endswith(b"\n"):
        raw = stream.readline(LINE_BYTES_MAX)
