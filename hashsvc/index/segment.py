"""A segment: one immutable file of fingerprints, mapped read-only and searched where it lies.

Files are written by `build.py`; their bytes are in `layout.py`. Nothing here changes a file, and a file is never
changed after it was published, so any number of workers and threads may share it. Whoever opens a segment decides how
much to trust the disk: `check="header"` is quick (the header, the checksums' own checksum, the bounds of all arrays),
`check="all"` reads every byte, as does `check_blocks()`, which the scrub calls.
"""

from __future__ import annotations

import mmap
import os
import zlib
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import DamagedData
from hashsvc.index import kernels, layout
from hashsvc.index.jit import readonly
from hashsvc.index.kinds import HAMMING, KINDS, Kind, kind_named
from hashsvc.index.photodna import BLOCKS
from hashsvc.index.sections import HammingSection, Section, SquaresSection
from hashsvc.index.tables import Tables

Arrays = dict[tuple[int, int], NDArray[Any]]


class Segment:
    """One open segment file. Its arrays live as long as anything refers to them, `close` or not.

    path, byte_count; first_sequence, last_sequence: the part of the log it covers, inclusive.
    exact_hashes: uint64 [m], ascending. exact_bitmap: uint64 [2^(k - 6)], or None without exact keys.
    """

    def __init__(self, path: Path, mapped: mmap.mmap, header: layout.Header) -> None:
        self.path = path
        self.byte_count = header.file_bytes
        self.first_sequence = header.first_sequence
        self.last_sequence = header.last_sequence
        self._mapped: mmap.mmap | None = mapped
        self._header = header
        arrays = map_arrays(mapped, header)
        self._sections: dict[str, Section] = {}
        for kind in KINDS.values():
            section = make_section(kind, arrays, path.name)
            if section is not None:
                self._sections[kind.name] = section
        self.exact_hashes: NDArray[np.uint64] = arrays.get((layout.EXACT, layout.HASHES), np.empty(0, np.uint64))
        self.exact_bitmap: NDArray[np.uint64] | None = arrays.get((layout.EXACT, layout.BITMAP))
        if self.exact_bitmap is not None and len(self.exact_bitmap).bit_count() != 1:
            raise damaged(path.name, "its bitmap's length is no power of two")

    @classmethod
    def open(cls, path: str | os.PathLike[str], check: Literal["header", "all"] = "header") -> Segment:
        """Map a segment file. Milliseconds with check="header"; about 1 GB/s with check="all".

        Raises DamagedData if the file is not exactly what was written, as far as checked; FileNotFoundError as is.
        """
        path = Path(path)
        with path.open("rb") as file:
            length = os.fstat(file.fileno()).st_size
            header = layout.parse_header(file.read(layout.HEADER_BYTES), length, path.name)
            mapped = mmap.mmap(file.fileno(), length, access=mmap.ACCESS_READ)
        if zlib.crc32(memoryview(mapped)[header.checksums_offset :]) != header.checksums_crc:
            raise damaged(path.name, "the checksum of its checksums is wrong", "SEGMENT_CHECKSUM")
        segment = cls(path, mapped, header)
        if check == "all":
            segment.check_blocks()
        return segment

    def check_blocks(self) -> None:
        """Read the whole file and compare every checksum. Raises DamagedData that names the first wrong block."""
        data = memoryview(self._map())
        offset = self._header.checksums_offset
        stored = np.frombuffer(data[offset:], "<u4")
        for block, expected in enumerate(stored):
            begin = layout.HEADER_BYTES + block * layout.BLOCK_BYTES
            if zlib.crc32(data[begin : min(offset, begin + layout.BLOCK_BYTES)]) != expected:
                raise damaged(self.path.name, f"the checksum of block {block} (from byte {begin}) is wrong",
                              "SEGMENT_CHECKSUM")  # fmt: skip
        header = layout.parse_header(bytes(data[: layout.HEADER_BYTES]), len(data), self.path.name)
        if zlib.crc32(data[offset:]) != header.checksums_crc:
            raise damaged(self.path.name, "the checksum of its checksums is wrong", "SEGMENT_CHECKSUM")

    def near_count(self, kind: str) -> int:
        """Count the rows of a kind."""
        section = self.section(kind)
        return section.count if section else 0

    def near_rows(self, kind: str) -> tuple[NDArray[Any], NDArray[np.uint64]]:
        """Give all rows of a kind, as (codes [n, columns], refs uint64 [n]), read-only and mapped, in any order."""
        section = self.section(kind)
        if section is None:
            known = kind_named(kind)
            return np.empty((0, known.columns), known.dtype), np.empty(0, np.uint64)
        return section.codes, section.refs

    def section(self, kind: str) -> Section | None:
        """Give what `search_near` searches, or None if there are no rows of the kind."""
        return self._sections.get(kind)

    def close(self) -> None:
        """Let go of the file. Searches that still run keep their arrays; the memory goes with the last of them."""
        self._sections = {}
        self.exact_hashes, self.exact_bitmap = np.empty(0, np.uint64), None
        self._mapped = None

    def _map(self) -> mmap.mmap:
        if self._mapped is None:
            raise ValueError(f"segment {self.path.name} is closed")
        return self._mapped


def damaged(name: str, found: str, reason: str = "SEGMENT_DIRECTORY") -> DamagedData:
    """Make the error for a segment file that must not be used."""
    return DamagedData(reason, f"segment {name} cannot be used: {found}")


def map_arrays(mapped: mmap.mmap, header: layout.Header) -> Arrays:
    """View every array of the directory in the mapping; plain read-only ndarrays (np.memmap is slow to slice)."""
    arrays: Arrays = {}
    for place in header.places:
        count = place.byte_count // place.dtype.itemsize
        array = np.frombuffer(mapped, place.dtype, count, place.offset).reshape(place.shape)
        arrays[place.section, place.role] = readonly(array)
    return arrays


def make_section(kind: Kind, arrays: Arrays, name: str) -> Section | None:
    """Put a kind's arrays together, or None without rows. Raises DamagedData unless they fit one another."""
    codes = arrays.get((kind.number, layout.CODES))
    refs = arrays.get((kind.number, layout.REFS))
    if codes is None or refs is None or len(refs) == 0:
        return None
    if codes.shape != (len(refs), kind.columns) or codes.dtype != kind.dtype or refs.dtype != np.uint64:
        raise damaged(name, f"its {kind.name} codes are {codes.dtype}{list(codes.shape)} for {len(refs)} refs")
    if kind.metric == HAMMING:
        return HammingSection(kind, codes, refs, make_tables(kind, len(refs), arrays, name))
    sums = arrays.get((kind.number, layout.SUMS))
    if sums is None or sums.shape != (BLOCKS, len(refs)) or sums.dtype != np.int16:
        raise damaged(name, f"its {kind.name} block sums are missing or of the wrong shape")
    return SquaresSection(kind, codes, refs, sums)


def make_tables(kind: Kind, count: int, arrays: Arrays, name: str) -> Tables | None:
    """Put a kind's tables together, or None without. Raises DamagedData unless every table lies within the arrays."""
    steps = arrays.get((kind.number, layout.STEPS))
    if steps is None:
        return None
    words = arrays.get((kind.number, layout.TABLE_WORDS), np.empty(0, np.uint64))
    ids = arrays.get((kind.number, layout.TABLE_IDS), np.empty(0, np.uint32))
    if steps.ndim != 2 or steps.shape[1] != kernels.STEP_COLUMNS or steps.dtype != np.int64:
        raise damaged(name, f"the steps of its {kind.name} tables have the shape {list(steps.shape)}")
    next_bit = 0
    for step in steps.tolist():
        width, bitmap = step[kernels.WIDTH], step[kernels.BITMAP]
        fits = (
            step[kernels.START] == next_bit
            and 6 <= width <= min(32, kind.bits - next_bit)
            and min(step) >= 0
            and bitmap + (1 << (width - 6)) <= len(words)
            and step[kernels.RANK] + (1 << (width - 6)) <= len(ids)
            and step[kernels.ENTRIES] + step[kernels.ENTRY_COUNT] <= len(ids)
            and step[kernels.LISTS] + step[kernels.LISTS_LENGTH] <= len(ids)
            and step[kernels.ENTRY_COUNT] <= count
        )
        if not fits:
            raise damaged(name, f"a table of its {kind.name} codes does not lie within its arrays")
        next_bit += width
    if next_bit != kind.bits:
        raise damaged(name, f"the tables of its {kind.name} codes cover {next_bit} of {kind.bits} bits")
    return Tables(steps, words, ids)
