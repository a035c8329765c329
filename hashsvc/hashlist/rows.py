"""From changes to index rows: which codes and exact keys a stretch of the log adds.

Every added signal gives a row (a URL: one for each of its expressions), whatever its state: a state is read from LMDB
when the row is hit.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec
import numpy as np
from numpy.typing import NDArray

from hashsvc.hashlist import codec
from hashsvc.hashlist.codec import SALT_BYTES
from hashsvc.hashlist.refs import ref_of
from hashsvc.hashlist.url_rows import rows_of
from hashsvc.hashlist.values import ChangeKind, Entry
from hashsvc.index import codes_from_bytes, key_hashes
from hashsvc.signals import BY_NUMBER, URL

ADDING_KINDS = frozenset((ChangeKind.ENTRY_PROPOSED, ChangeKind.ENTRY_AMENDED, ChangeKind.ENTRY_IMPORTED))


class IndexRows(msgspec.Struct):
    """Index rows of a stretch of the log.

    near: kind → (codes [n, words], refs uint64[n], sequences int64[n]). exact: (hashes uint64[m], sequences int64[m]).
    """

    near: dict[str, tuple[NDArray[np.generic], NDArray[np.uint64], NDArray[np.int64]]]
    exact: tuple[NDArray[np.uint64], NDArray[np.int64]]

    @property
    def code_count(self) -> int:
        """Perceptual codes."""
        return sum(len(refs) for _, refs, _ in self.near.values())


class RowCollector:
    """Gathers rows change by change; `rows()` packs them into arrays."""

    def __init__(self) -> None:
        self._rows: dict[int, list[tuple[bytes, int, int]]] = {number: [] for number in BY_NUMBER}

    @property
    def count(self) -> int:
        """Rows gathered so far."""
        return sum(map(len, self._rows.values()))

    def extend(self, later: RowCollector) -> None:
        """Take what another collector gathered from later changes."""
        for number, rows in later._rows.items():
            self._rows[number] += rows

    def add(self, sequence: int, entry: Entry, added: int) -> None:
        """Take the signals of `entry` whose bit is set in `added`."""
        rows = self._rows
        for signal in entry.signals:
            if added >> signal.ordinal & 1:
                ref = ref_of(entry.number, signal.ordinal)
                if signal.type != URL:
                    rows[signal.type].append((signal.value, ref, sequence))
                else:
                    rows[URL] += [(digest, ref, sequence) for digest, _ in rows_of(signal).hashes]

    def add_raw(self, changes: Iterable[tuple[int, bytes, bytes | None]]) -> None:
        """Take stored changes as `log.read_raw` yields them."""
        for sequence, record, payload in changes:
            if record[1] in ADDING_KINDS and payload is not None:
                entry = codec.decode_payload(payload[SALT_BYTES:]).entry
                if entry is not None:
                    self.add(sequence, entry, codec.unpack_header(record).added)

    def rows(self) -> IndexRows:
        """Arrays of what was gathered, each in order of sequence."""
        near = {}
        hashes, hash_sequences = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
        for number, kind in BY_NUMBER.items():
            if not self._rows[number]:
                continue
            values, row_refs, row_sequences = zip(*self._rows[number], strict=True)
            packed = b"".join(values)
            sequences = np.array(row_sequences, np.int64)
            if kind.is_digest or kind.is_url:
                digests = np.frombuffer(packed, np.uint8).reshape(len(values), -1)
                hashes.append(key_hashes(number, digests))
                hash_sequences.append(sequences)
            else:
                refs = np.array(row_refs, np.uint64)
                near[kind.name] = (codes_from_bytes(kind.name, packed), refs, sequences)
        all_hashes, all_sequences = np.concatenate(hashes), np.concatenate(hash_sequences)
        order = np.argsort(all_sequences, kind="stable")
        return IndexRows(near, (all_hashes[order], all_sequences[order]))
