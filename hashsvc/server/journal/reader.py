"""Reads match journals: every answer that named an entry, over all workers' files, oldest first, by page.

Files are read as they are, also those that other processes write at the same time. A record that is cut off at a
file's end was never answered and is passed over; damage before the end is reported, and what stands after it in that
file is not read. Costs some 1 µs an answer that is journaled, whatever it names.
"""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import msgspec

from hashsvc.limits import BATCH_CHECK_ITEMS_MAX, JOURNAL_RECORD_BYTES_MAX
from hashsvc.server.journal.writer import (
    DAY_US,
    FILE_HEADER,
    FRAME,
    FRAME_CHECKED,
    FRAME_END,
    Record,
    files_of,
)

CHUNK_BYTES = 4 * 1024 * 1024  # read at once
PAGE_S = 2.0  # after so long a page ends with the day that was read
LOOKS = 3  # at a place that seems damaged: somebody may be writing it
LOOK_PAUSE_S = 0.01

# A match's number, by which pages go on: time, instance, offset in the file, item. So the order is of time, and stays
# what it is when files come and go.
_ITEM_BITS, _OFFSET_BITS, _INSTANCE_BITS = 14, 40, 48
_TIME_SHIFT = _ITEM_BITS + _OFFSET_BITS + _INSTANCE_BITS

_decode = msgspec.msgpack.Decoder(Record).decode


class Match(NamedTuple):
    """An item of an answer that named the entry."""

    number: int
    time_us: int
    actor: str
    caller_reference: str
    item: int
    verdict: int
    epoch: int
    sequence: int


class Found(NamedTuple):
    """A page. next_number: where the next goes on, 0 at the end. damaged: (file's name, offset) of what was met."""

    matches: list[Match]
    next_number: int
    damaged: list[tuple[str, int]]


class _Damaged(Exception):
    """A file is damaged from an offset on."""

    def __init__(self, offset: int) -> None:
        super().__init__(offset)
        self.offset = offset


def find_matches(
    folder: Path, entry_id: bytes, after_number: int, limit: int, check_deadline: Callable[[], None]
) -> Found:
    """Find up to `limit` matches of an entry after a number. check_deadline: called between chunks; may raise.

    Reads the files from the number's day on, a day's files whole, until the page is full. A page ends after PAGE_S
    too, so it may be short or empty and not the last.
    """
    started = time.monotonic()
    first_day = (after_number + 1 >> _TIME_SHIFT) // DAY_US
    files = [one for one in files_of(folder) if one.day >= first_day]
    damaged: list[tuple[str, int]] = []
    page = _Page(entry_id, after_number, limit)
    next_number, read_one = 0, False
    for day, of_day in groupby(files, lambda one: one.day):
        if page.full:
            break
        if read_one and time.monotonic() - started > PAGE_S:
            next_number = (day * DAY_US << _TIME_SHIFT) - 1
            break
        read_one = True
        for one in of_day:
            try:
                _read(one.path, entry_id, partial(page.take, one.instance), check_deadline)
            except FileNotFoundError:
                continue  # erased by age just now
            except (_Damaged, OSError) as error:
                damaged.append((one.path.name, error.offset if isinstance(error, _Damaged) else 0))
    matches, last_number = page.matches()
    return Found(matches, last_number or next_number, damaged)


class _Page:
    """Collects an entry's matches, of all of them only those that a page can hold."""

    def __init__(self, entry_id: bytes, after_number: int, limit: int) -> None:
        self._entry_id = entry_id
        self._after = after_number
        self._limit = limit
        self._found: list[Match] = []

    @property
    def full(self) -> bool:
        return len(self._found) > self._limit

    def take(self, instance: int, offset: int, record: Record) -> None:
        """Take what a record says of the entry. instance, offset: where the record stands."""
        found = self._found
        base = (record.time_us << _INSTANCE_BITS | instance) << _OFFSET_BITS | offset
        for hit in record.hits:
            number = base << _ITEM_BITS | hit.item
            if number > self._after and _names(hit.entry_ids, self._entry_id):
                found.append(
                    Match(
                        number,
                        record.time_us,
                        record.actor,
                        record.caller_reference,
                        hit.item,
                        hit.verdict,
                        record.epoch,
                        record.sequence,
                    )
                )
        if len(found) > 8 * self._limit + BATCH_CHECK_ITEMS_MAX:
            found.sort()
            del found[self._limit + 1 :]

    def matches(self) -> tuple[list[Match], int]:
        """Give the page, and the number of its last match if there are more."""
        page = sorted(self._found)[: self._limit]
        return page, page[-1].number if self.full else 0


def _names(entry_ids: bytes, entry_id: bytes) -> bool:
    """Say whether an id is among ids that stand end to end."""
    at = entry_ids.find(entry_id)
    while at >= 0 and at % 16:
        at = entry_ids.find(entry_id, at + 1)
    return at >= 0


def _read(path: Path, wanted: bytes, take: Callable[[int, Record], None], check_deadline: Callable[[], None]) -> None:
    """Give (offset, record) of each record of a file that holds some bytes. Raises _Damaged, OSError."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        head = os.pread(descriptor, len(FILE_HEADER), 0)
        if head != FILE_HEADER:
            if head.strip(b"\0") and not FILE_HEADER.startswith(head.rstrip(b"\0")):
                raise _Damaged(0)
            return  # killed as it was begun
        offset, looks = len(FILE_HEADER), 0
        while True:
            check_deadline()
            chunk = os.pread(descriptor, CHUNK_BYTES, offset)
            read = _read_chunk(chunk, offset, wanted, take)
            if read:
                offset += read
                looks = 0
            elif _only_zeros_follow(descriptor, chunk, offset):
                return
            elif looks == LOOKS:
                raise _Damaged(offset)
            else:
                looks += 1
                time.sleep(LOOK_PAUSE_S)
    finally:
        os.close(descriptor)


def _read_chunk(chunk: bytes, offset: int, wanted: bytes, take: Callable[[int, Record], None]) -> int:
    """Read the whole records at the beginning of a chunk. Returns how many bytes they are."""
    view = memoryview(chunk)
    at, size = 0, len(chunk)
    unpack, crc32, head_bytes = FRAME.unpack_from, zlib.crc32, FRAME.size
    while at + head_bytes <= size:
        length, crc, check = unpack(chunk, at)
        begin = at + head_bytes
        end = begin + length
        if (
            length > JOURNAL_RECORD_BYTES_MAX
            or end >= size
            or chunk[end] != FRAME_END[0]
            or crc32(view[at : at + FRAME_CHECKED]) != check
            or crc32(view[begin:end]) != crc
        ):
            break
        if chunk.find(wanted, begin, end) >= 0:
            try:
                record = _decode(view[begin:end])
            except msgspec.DecodeError as error:
                raise _Damaged(offset + at) from error
            take(offset + at, record)
        at = end + 1
    return at


def _only_zeros_follow(descriptor: int, chunk: bytes, offset: int) -> bool:
    """Say whether what stands at an offset is the end of the records: nothing, or the last one, torn.

    chunk: the bytes from there, as far as they were read. Torn is what the file ends in, or what nothing but zeros
    follows, that room was kept with.
    """
    begin = FRAME.size
    if len(chunk) > begin:
        length, _, check = FRAME.unpack_from(chunk)
        if zlib.crc32(chunk[:FRAME_CHECKED]) == check:
            begin += min(length, JOURNAL_RECORD_BYTES_MAX) + 1
    rest = chunk[begin:]
    while rest.count(0) == len(rest):
        offset += len(chunk)
        chunk = rest = os.pread(descriptor, CHUNK_BYTES, offset)
        if not chunk:
            return True
    return False


assert BATCH_CHECK_ITEMS_MAX <= 1 << _ITEM_BITS
assert JOURNAL_RECORD_BYTES_MAX + FRAME.size + 1 < CHUNK_BYTES
