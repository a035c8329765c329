"""Write segment files: from rows, or by merging segments.

A file appears complete or not at all. Needs no LMDB: a segment holds its rows and its exact keys' hashes themselves, so
merging is concatenating, dropping what is not wanted, and building tables and bitmap anew.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from hashsvc import limits
from hashsvc.errors import InvariantError
from hashsvc.files import sync_folder
from hashsvc.index import layout
from hashsvc.index.exact import build_bitmap
from hashsvc.index.kinds import HAMMING, KINDS, Kind, kind_named
from hashsvc.index.photodna import block_sums
from hashsvc.index.pigeonhole import plan_chunks
from hashsvc.index.segment import Segment
from hashsvc.index.tables import ROWS_MAX, build_tables

Rows = tuple[NDArray[Any], NDArray[np.uint64]]
Placed = list[tuple[int, int, NDArray[Any]]]


def write_segment(
    path: str | os.PathLike[str],
    *,
    first_sequence: int,
    last_sequence: int,
    near: Mapping[str, Rows],
    exact_hashes: NDArray[np.uint64],
) -> int:
    """Write a segment and publish it under its name; returns its length in bytes.

    first_sequence, last_sequence: the part of the log it covers, inclusive. near: by kind, codes [n, columns] and refs
    uint64 [n], in any order. exact_hashes: uint64 [m] from `key_hashes`, in any order, duplicates allowed. Kinds with
    at least limits.SEGMENT_TABLE_CODES_MIN rows get tables. When it returns, file and name are on the disk (fsync of
    both); if it fails or is killed, there is no file of that name. Raises InvariantError if there is one already, or
    if arrays do not fit one another. About 0.5 s at 1 M PDQ.
    """
    path = Path(path)
    if not 0 <= first_sequence <= last_sequence:
        raise InvariantError(f"a segment was to cover sequences {first_sequence} to {last_sequence}")
    if path.exists():
        raise InvariantError(f"segment {path.name} exists already; a published segment is never changed")
    arrays: Placed = []
    for name in sorted(near, key=lambda name: kind_named(name).number):
        arrays += near_arrays(kind_named(name), *near[name])
    if len(exact_hashes):
        hashes = np.unique(np.asarray(exact_hashes, np.uint64))
        arrays.append((layout.EXACT, layout.HASHES, hashes))
        arrays.append((layout.EXACT, layout.BITMAP, build_bitmap(hashes)))
    return publish(path, first_sequence, last_sequence, arrays)


def merge_segments(
    segments: Sequence[Segment],
    path: str | os.PathLike[str],
    *,
    drop: Callable[[NDArray[np.uint64]], NDArray[np.bool_]] | None = None,
) -> int:
    """Write one segment that holds what segments hold together; returns its length in bytes.

    drop: is given refs uint64 [n] and says True for rows to leave out (bool [n]); exact keys are all kept, since a bit
    too many does no harm. Covers from the lowest to the highest sequence. Takes the rows, and their tables, in memory.
    Raises as `write_segment`, and InvariantError without segments.
    """
    if not segments:
        raise InvariantError("no segments were given to merge")
    near: dict[str, Rows] = {}
    for name in KINDS:
        rows = [kept_rows(segment, name, drop) for segment in segments if segment.near_count(name)]
        if rows:
            near[name] = (np.concatenate([codes for codes, _ in rows]), np.concatenate([refs for _, refs in rows]))
    return write_segment(
        path,
        first_sequence=min(segment.first_sequence for segment in segments),
        last_sequence=max(segment.last_sequence for segment in segments),
        near=near,
        exact_hashes=np.concatenate([segment.exact_hashes for segment in segments]),
    )


def kept_rows(segment: Segment, kind: str, drop: Callable[[NDArray[np.uint64]], NDArray[np.bool_]] | None) -> Rows:
    """Give a segment's rows of a kind without those that drop names."""
    codes, refs = segment.near_rows(kind)
    if drop is None:
        return codes, refs
    keep = ~np.asarray(drop(refs), np.bool_)
    return codes[keep], refs[keep]


def near_arrays(kind: Kind, codes: NDArray[Any], refs: NDArray[np.uint64]) -> Placed:
    """Give all arrays of a kind's section; none without rows."""
    codes = np.ascontiguousarray(codes)
    kind.check_rows(codes, "codes")
    if refs.shape != (len(codes),) or refs.dtype != np.uint64:
        raise InvariantError(f"{len(codes)} {kind.name} codes came with refs {refs.dtype}{list(refs.shape)}")
    if len(codes) > ROWS_MAX:
        raise InvariantError(f"{len(codes)} {kind.name} codes were to go into one segment; the most is {ROWS_MAX}")
    if not len(codes):
        return []
    arrays: Placed = [(kind.number, layout.CODES, codes), (kind.number, layout.REFS, np.ascontiguousarray(refs))]
    if kind.metric != HAMMING:
        arrays.append((kind.number, layout.SUMS, block_sums(codes)))
    elif len(codes) >= limits.SEGMENT_TABLE_CODES_MIN:
        tables = build_tables(codes, plan_chunks(len(codes), kind.bits, kind.build_radius))
        arrays.append((kind.number, layout.STEPS, tables.steps))
        arrays.append((kind.number, layout.TABLE_WORDS, tables.words))
        arrays.append((kind.number, layout.TABLE_IDS, tables.ids))
    return arrays


def publish(path: Path, first_sequence: int, last_sequence: int, arrays: Placed) -> int:
    """Write header, arrays and checksums under a temporary name, sync, rename, sync the folder."""
    places = layout.place_arrays(arrays)
    draft = layout.Header(first_sequence, last_sequence, 0, 0, places)
    file_bytes = draft.checksums_offset + 4 * draft.block_count
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(bytes(layout.HEADER_BYTES))
            checksums = write_arrays(file, arrays, places, draft.checksums_offset)
            file.write(checksums)
            header = layout.Header(first_sequence, last_sequence, file_bytes, zlib.crc32(checksums), places)
            file.seek(0)
            file.write(layout.pack_header(header))
            file.flush()
            os.fsync(file.fileno())  # if we crash before, there is a temporary file at most
        os.rename(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_folder(path.parent)  # if we crash before, the name may be missing, never half there
    return file_bytes


def write_arrays(file: BinaryIO, arrays: Placed, places: tuple[layout.ArrayPlace, ...], end: int) -> bytes:
    """Write the arrays at their places, zeros between, up to byte end; returns the packed checksums of the blocks."""
    checksums: list[int] = []
    position, checksum = layout.HEADER_BYTES, 0

    def write(data: memoryview) -> None:
        nonlocal position, checksum
        while len(data):
            room = layout.BLOCK_BYTES - (position - layout.HEADER_BYTES) % layout.BLOCK_BYTES
            part, data = data[:room], data[room:]
            file.write(part)
            checksum = zlib.crc32(part, checksum)
            position += len(part)
            if len(part) == room:
                checksums.append(checksum)
                checksum = 0

    for (_, _, array), place in zip(arrays, places, strict=True):
        write(memoryview(bytes(place.offset - position)))
        write(memoryview(np.ascontiguousarray(array).reshape(-1).view(np.uint8)))  # type: ignore[arg-type]
    write(memoryview(bytes(end - position)))
    if (position - layout.HEADER_BYTES) % layout.BLOCK_BYTES:
        checksums.append(checksum)
    return np.array(checksums, "<u4").tobytes()
