"""Segment files: what goes in comes out, damage is noticed, merging loses nothing."""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from hashsvc import limits
from hashsvc.errors import DamagedData, InvariantError
from hashsvc.index import Segment, key_hashes, layout, maybe_listed, merge_segments, search_near, write_segment
from hashsvc.index.kinds import KINDS
from tests.index import data

TABLED = limits.SEGMENT_TABLE_CODES_MIN


@pytest.fixture
def segment(tmp_path: Path) -> Segment:
    """A segment with everything in it: tables, all kinds, exact keys."""
    return data.segment_of(
        tmp_path / "all", 5, key_hashes(1, data.uniform("pdq", 500).view(np.uint8)),
        pdq=data.uniform("pdq", TABLED), phash64=data.uniform("phash64", 30), photodna=data.uniform("photodna", 40),
    )  # fmt: skip


def sorted_rows(codes: NDArray[Any], refs: NDArray[np.uint64]) -> list[tuple[int, bytes]]:
    """Rows in an order that does not depend on the file's."""
    return sorted((int(ref), code.tobytes()) for code, ref in zip(codes, refs, strict=True))


def test_what_goes_in_comes_out(tmp_path: Path) -> None:
    """A segment gives back rows, references, keys and sequences as they were written."""
    near = {kind: (data.uniform(kind, 100), data.references(100)) for kind in KINDS}
    keys = key_hashes(3, data.uniform("pdq", 50).view(np.uint8))
    length = write_segment(tmp_path / "s", first_sequence=7, last_sequence=9, near=near, exact_hashes=keys)
    segment = Segment.open(tmp_path / "s", check="all")
    assert (segment.first_sequence, segment.last_sequence) == (7, 9)
    assert segment.byte_count == length == (tmp_path / "s").stat().st_size
    for kind, rows in near.items():
        assert segment.near_count(kind) == 100
        assert sorted_rows(*segment.near_rows(kind)) == sorted_rows(*rows)
    np.testing.assert_array_equal(segment.exact_hashes, np.unique(keys))


def test_an_empty_segment(tmp_path: Path) -> None:
    """A part of the log without fingerprints makes a segment too: it says that there is nothing."""
    write_segment(tmp_path / "s", first_sequence=1, last_sequence=4, near={}, exact_hashes=data.NO_KEYS)
    segment = Segment.open(tmp_path / "s", check="all")
    assert segment.near_count("pdq") == 0
    assert segment.near_rows("photodna")[0].shape == (0, 144)
    assert len(segment.exact_hashes) == 0
    assert not maybe_listed([segment], None, np.arange(5, dtype=np.uint64)).any()


def test_arrays_lie_on_cache_lines(segment: Segment) -> None:
    """Every array begins on a multiple of 64 bytes, so that no code straddles two cache lines."""
    for place in segment._header.places:
        assert place.offset % 64 == 0


def test_arrays_cannot_be_written(segment: Segment) -> None:
    """What a segment hands out is read-only."""
    codes, refs = segment.near_rows("pdq")
    for array in (codes, refs, segment.exact_hashes):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_a_name_is_used_once(tmp_path: Path) -> None:
    """A published segment is never written over, and nothing temporary stays behind."""
    data.segment_of(tmp_path / "s", pdq=data.uniform("pdq", 3))
    before = (tmp_path / "s").read_bytes()
    with pytest.raises(InvariantError, match="exists already"):
        data.segment_of(tmp_path / "s", pdq=data.uniform("pdq", 4))
    assert (tmp_path / "s").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["s"]


def test_a_failed_write_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If writing fails there is no file, neither under the name nor beside it."""

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        data.segment_of(tmp_path / "s", pdq=data.uniform("pdq", 3))
    assert list(tmp_path.iterdir()) == []


def test_every_byte_is_under_a_checksum(tmp_path: Path) -> None:
    """Whichever byte is flipped, opening or checking says that the file is damaged."""
    path = tmp_path / "s"
    segment = data.segment_of(path, 1, np.arange(9, dtype=np.uint64), pdq=data.uniform("pdq", 20),
                              photodna=data.uniform("photodna", 3))  # fmt: skip
    segment.close()
    intact = path.read_bytes()
    generator = np.random.default_rng(1)
    offsets = {*range(0, 700, 3), *range(4090, 4300), *range(len(intact) - 80, len(intact))}
    offsets |= set(generator.integers(0, len(intact), 300).tolist())
    for offset in sorted(offsets):
        changed = bytearray(intact)
        changed[offset] ^= 1 << int(generator.integers(0, 8))
        path.write_bytes(changed)
        with pytest.raises(DamagedData):
            Segment.open(path, check="all")
    path.write_bytes(intact)
    Segment.open(path, check="all")


def test_check_blocks_names_the_block(segment: Segment) -> None:
    """The scrub says which block is wrong, in a file that opened without complaint."""
    content = bytearray(segment.path.read_bytes())
    content[layout.HEADER_BYTES + layout.BLOCK_BYTES + 5] ^= 16
    segment.path.write_bytes(content)
    damaged = Segment.open(segment.path)
    with pytest.raises(DamagedData, match="block 1"):
        damaged.check_blocks()


@pytest.mark.parametrize("length", [0, 7, 100, 4095, 4096, -1, -64])
def test_truncated_files(segment: Segment, length: int) -> None:
    """A file that lost its end is refused."""
    content = segment.path.read_bytes()
    segment.path.write_bytes(content[:length])
    with pytest.raises(DamagedData):
        Segment.open(segment.path)


def test_trailing_bytes(segment: Segment) -> None:
    """A file with a byte too many is refused."""
    segment.path.write_bytes(segment.path.read_bytes() + b"\0")
    with pytest.raises(DamagedData, match="SEGMENT_LENGTH"):
        Segment.open(segment.path)


def test_another_version(segment: Segment) -> None:
    """A file of a later format is refused by name, not misread."""
    content = bytearray(segment.path.read_bytes())
    content[8:12] = (2).to_bytes(4, "little")
    content[4092:4096] = zlib.crc32(bytes(content[:4092])).to_bytes(4, "little")
    segment.path.write_bytes(content)
    with pytest.raises(DamagedData, match="version 2"):
        Segment.open(segment.path)


def test_errors_show_no_fingerprint(segment: Segment) -> None:
    """What an error says about a damaged file holds no content of it."""
    content = bytearray(segment.path.read_bytes())
    content[5000] ^= 1
    segment.path.write_bytes(content)
    with pytest.raises(DamagedData) as caught:
        Segment.open(segment.path, check="all")
    assert bytes(content[4992:5024]).hex()[:16] not in str(caught.value)


def test_merge_equals_build_of_the_union(tmp_path: Path) -> None:
    """Merging segments gives, byte for byte, the segment that all their rows together would have made."""
    parts = [{kind: data.uniform(kind, count, seed) for kind in KINDS} for count, seed in ((TABLED - 9, 1), (40, 2))]
    keys = [key_hashes(1, data.uniform("pdq", 70, seed).view(np.uint8)) for seed in (3, 4)]
    segments = [
        data.segment_of(tmp_path / f"part{i}", i, keys[i], **part) for i, part in enumerate(parts)
    ]  # fmt: skip
    merge_segments(segments, tmp_path / "merged")
    near = {
        kind: tuple(
            np.concatenate(columns) for columns in zip(*(part.near_rows(kind) for part in segments), strict=True)
        )
        for kind in KINDS
    }
    write_segment(tmp_path / "union", first_sequence=0, last_sequence=1, near=near,  # type: ignore[arg-type]
                  exact_hashes=np.concatenate(keys))  # fmt: skip
    assert (tmp_path / "merged").read_bytes() == (tmp_path / "union").read_bytes()


def test_merge_drops_what_it_is_told(tmp_path: Path) -> None:
    """References that are dropped are found no more; the others are, and every exact key still has its bit."""
    keys = key_hashes(1, data.uniform("pdq", 70).view(np.uint8))
    segment = data.segment_of(tmp_path / "s", 1, keys, pdq=data.uniform("pdq", 50))
    codes, refs = segment.near_rows("pdq")
    merge_segments([segment], tmp_path / "m", drop=lambda refs: refs % 512 == 1)
    merged = Segment.open(tmp_path / "m", check="all")
    hits = search_near([merged], None, "pdq", codes.copy(), 0)
    np.testing.assert_array_equal(np.sort(hits.ref), np.sort(refs[refs % 512 != 1]))
    assert maybe_listed([merged], None, keys).all()


def test_closing_leaves_searches_alone(segment: Segment) -> None:
    """Arrays that a search still holds stay readable after the segment was closed and its file removed."""
    codes, _ = segment.near_rows("pdq")
    total = int(codes.sum())
    segment.close()
    segment.path.unlink()
    assert int(codes.sum()) == total


def test_a_million_codes_fit_the_promise() -> None:
    """The plan for a million PDQ codes keeps codes, references and tables below 160 MB (counted, not built)."""
    from hashsvc.index.pigeonhole import plan_chunks

    count = 1_000_000
    total = count * 40
    for _, width in plan_chunks(count, 256, 31):
        load = count / 2**width
        keys = 2**width * (1 - np.exp(-load))
        singles = 2**width * load * np.exp(-load)
        total += (1 << width) // 8 + (1 << width) // 16 + 4 * (keys + (keys - singles) + (count - singles))
    assert total < 160_000_000
