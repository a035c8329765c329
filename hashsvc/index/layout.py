"""The bytes of a segment file: header, directory, arrays, checksums. Packs and parses; maps and searches nothing.

    0       header, HEADER_BYTES long, ends in its own CRC-32:
            magic, version, first and last sequence (inclusive), file length, array count, block count,
            CRC-32 of the checksums; then one directory entry an array
    4096    the arrays, each on a multiple of 64, in the order of the directory, zeros between
    ...     checksums: CRC-32 (uint32) of each MiB of what lies between header and checksums, to the end of the file

All numbers are little-endian. So every byte of the file is under a checksum: the header's under its own, the checksums'
under one in the header, the rest under the checksums. CRC-32 (zlib's) finds every error of up to 32 bits in a row.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import DamagedData, InvariantError

MAGIC = b"HSVCSEG\n"
VERSION = 1
HEADER_BYTES = 4096
BLOCK_BYTES = 1024 * 1024
ALIGNMENT = 64  # a cache line: a code of 32 bytes never straddles two

EXACT = 100  # section number of the exact keys; near kinds have theirs in kinds.py

# What an array is to its section; numbers are never reused.
CODES, REFS, STEPS, TABLE_WORDS, TABLE_IDS, SUMS, HASHES, BITMAP = range(1, 9)

DTYPES: dict[int, np.dtype[Any]] = {
    1: np.dtype("u1"),
    2: np.dtype("<u4"),
    3: np.dtype("<u8"),
    4: np.dtype("<i8"),
    5: np.dtype("<i2"),
}
DTYPE_NUMBERS = {dtype: number for number, dtype in DTYPES.items()}

FIXED = struct.Struct("<8sIIQQQIIII")
ENTRY = struct.Struct("<HHHHQQQQ")
ARRAYS_MAX = (HEADER_BYTES - FIXED.size - 4) // ENTRY.size


@dataclass(frozen=True, slots=True)
class ArrayPlace:
    """Where one array lies: section and role numbers, dtype, shape (one or two lengths), offset and length in bytes."""

    section: int
    role: int
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    offset: int
    byte_count: int


@dataclass(frozen=True, slots=True)
class Header:
    """All that a header says. checksums_offset follows from the arrays; the checksums end the file."""

    first_sequence: int
    last_sequence: int
    file_bytes: int
    checksums_crc: int
    places: tuple[ArrayPlace, ...]

    @property
    def checksums_offset(self) -> int:
        """Byte where arrays end and checksums begin."""
        return aligned(self.places[-1].offset + self.places[-1].byte_count) if self.places else HEADER_BYTES

    @property
    def block_count(self) -> int:
        """Blocks of BLOCK_BYTES, the last one shorter, between header and checksums."""
        return -(-(self.checksums_offset - HEADER_BYTES) // BLOCK_BYTES)


def aligned(offset: int) -> int:
    """Round up to the next multiple of ALIGNMENT."""
    return -(-offset // ALIGNMENT) * ALIGNMENT


def place_arrays(arrays: list[tuple[int, int, NDArray[Any]]]) -> tuple[ArrayPlace, ...]:
    """Give each (section, role, array) its place, in the order given."""
    places, offset = [], HEADER_BYTES
    for section, role, array in arrays:
        places.append(ArrayPlace(section, role, array.dtype, array.shape, offset, array.nbytes))
        offset = aligned(offset + array.nbytes)
    if len(places) > ARRAYS_MAX:
        raise InvariantError(
            f"a segment of {len(places)} arrays was to be written; the header has room for {ARRAYS_MAX}"
        )
    return tuple(places)


def pack_header(header: Header) -> bytes:
    """Give the HEADER_BYTES of a header."""
    packed = bytearray(HEADER_BYTES)
    FIXED.pack_into(
        packed, 0, MAGIC, VERSION, HEADER_BYTES, header.first_sequence, header.last_sequence, header.file_bytes,
        len(header.places), BLOCK_BYTES, header.block_count, header.checksums_crc,
    )  # fmt: skip
    for index, place in enumerate(header.places):
        lengths = (*place.shape, 0)[:2]
        ENTRY.pack_into(
            packed, FIXED.size + index * ENTRY.size, place.section, place.role, DTYPE_NUMBERS[place.dtype],
            len(place.shape), *lengths, place.offset, place.byte_count,
        )  # fmt: skip
    struct.pack_into("<I", packed, HEADER_BYTES - 4, zlib.crc32(packed[:-4]))
    return bytes(packed)


def parse_header(packed: bytes, file_bytes: int, name: str) -> Header:
    """Read a header and check everything that can be checked without the arrays.

    packed: the first HEADER_BYTES of a file (fewer if it is shorter); file_bytes: how long the file is; name: for
    messages. Raises DamagedData on a wrong magic, version, checksum or length, and unless the arrays lie one after
    another and the checksums end the file.
    """

    def damaged(reason: str, found: str) -> DamagedData:
        return DamagedData(reason, f"segment {name} cannot be used: {found}")

    if packed[: len(MAGIC)] != MAGIC:
        raise damaged("SEGMENT_MAGIC", "it does not begin with the magic of a segment file")
    if len(packed) < HEADER_BYTES:
        raise damaged("SEGMENT_LENGTH", f"it has {file_bytes} bytes, the header alone has {HEADER_BYTES}")
    if zlib.crc32(packed[: HEADER_BYTES - 4]) != struct.unpack_from("<I", packed, HEADER_BYTES - 4)[0]:
        raise damaged("SEGMENT_HEADER_CHECKSUM", "the header's checksum is wrong")
    (_, version, header_bytes, first, last, length, array_count, block_bytes, block_count, crc) = FIXED.unpack_from(
        packed
    )
    if version != VERSION or header_bytes != HEADER_BYTES or block_bytes != BLOCK_BYTES:
        raise damaged("SEGMENT_VERSION", f"its format is version {version}, this program reads {VERSION}")
    if length != file_bytes:
        raise damaged("SEGMENT_LENGTH", f"it has {file_bytes} bytes, its header says {length}")
    if array_count > ARRAYS_MAX or first > last:
        raise damaged("SEGMENT_DIRECTORY", f"it claims {array_count} arrays and sequences {first} to {last}")
    places = tuple(parse_entry(packed, FIXED.size + i * ENTRY.size, damaged) for i in range(array_count))
    offset = HEADER_BYTES
    for place in places:
        if place.offset != offset:
            raise damaged("SEGMENT_DIRECTORY", f"an array begins at byte {place.offset}, it must begin at {offset}")
        offset = aligned(offset + place.byte_count)
    header = Header(first, last, length, crc, places)
    if header.block_count != block_count or header.checksums_offset + 4 * block_count != file_bytes:
        raise damaged("SEGMENT_LENGTH", f"{block_count} checksums after byte {offset} do not end a file of {length}")
    return header


def parse_entry(packed: bytes, at: int, damaged: Any) -> ArrayPlace:
    """Read one directory entry; raises what damaged makes if dtype, shape and length do not agree."""
    section, role, dtype_number, dimensions, rows, columns, offset, byte_count = ENTRY.unpack_from(packed, at)
    if dtype_number not in DTYPES or dimensions not in (1, 2):
        raise damaged("SEGMENT_DIRECTORY", f"an array has dtype number {dtype_number} and {dimensions} dimensions")
    dtype: np.dtype[Any] = DTYPES[dtype_number]
    shape = (rows, columns)[:dimensions]
    if rows * (columns if dimensions == 2 else 1) * dtype.itemsize != byte_count:
        raise damaged("SEGMENT_DIRECTORY", f"an array of {shape} {dtype} is said to have {byte_count} bytes")
    return ArrayPlace(section, role, dtype, shape, offset, byte_count)
