"""The manifest: which segment files are live and which part of the log they cover. Kept in LMDB, read in a snapshot.

A segment covers a range of the log; ranges follow one another without gaps from change 1 up to `covered`. What the
log holds past that is the delta.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path

import msgspec

from hashsvc.errors import DamagedData
from hashsvc.lmdb_env import Environment, Transaction

SEGMENT_SUFFIX = ".segment"


class SegmentRow(msgspec.Struct, frozen=True, array_like=True):
    """A live segment: its file's name, the changes it covers (both inclusive), its size and its perceptual codes."""

    name: str
    first_sequence: int
    last_sequence: int
    byte_count: int
    code_count: int


class Manifest(msgspec.Struct, frozen=True, array_like=True):
    """generation: counts swaps. retired: (file name, when in µs) of files that wait to be deleted."""

    generation: int = 0
    segments: tuple[SegmentRow, ...] = ()
    retired: tuple[tuple[str, int], ...] = ()

    @property
    def covered(self) -> int:
        """The last change that a segment covers, 0 if none."""
        return self.segments[-1].last_sequence if self.segments else 0


_decoder = msgspec.msgpack.Decoder(Manifest)


def load(env: Environment, txn: Transaction) -> Manifest:
    """Read the manifest. Raises DamagedData where it is missing, malformed or has gaps."""
    data = txn.get(b"manifest", db=env.tables["meta"])
    if data is None:
        raise DamagedData("DAMAGED_MANIFEST", "the list's manifest is missing")
    try:
        manifest = _decoder.decode(data)
    except msgspec.MsgspecError as error:
        raise DamagedData("DAMAGED_MANIFEST", "the list's manifest does not decode") from error
    expected = 1
    for row in manifest.segments:
        if row.first_sequence != expected or row.last_sequence < row.first_sequence:
            raise DamagedData("DAMAGED_MANIFEST", f"no segment begins at change {expected}")
        expected = row.last_sequence + 1
    return manifest


def store(env: Environment, txn: Transaction, manifest: Manifest) -> None:
    txn.put(b"manifest", msgspec.msgpack.encode(manifest), db=env.tables["meta"])


def free_segment_name(directory: Path, first: int, last: int, generation: int) -> str:
    """A name that no file has. generation: the one that is to publish it.

    A write or a fold that was killed before its commit leaves a file; whoever then covers the same changes for the
    same generation takes the next name, and the file is swept.
    """
    for attempt in count():
        name = f"{first:016d}-{last:016d}-{generation:08d}{f'-{attempt}' if attempt else ''}{SEGMENT_SUFFIX}"
        if not (directory / name).exists():
            return name
    raise AssertionError("count has no end")


def segments_dir(list_path: Path) -> Path:
    return list_path / "segments"
