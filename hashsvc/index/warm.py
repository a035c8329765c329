"""Compile or load every kernel before the first call that matters.

Compiling takes tens of seconds the first time on a machine; loading from the cache about a second. It is done by using
the index as everybody does, on a small list in a temporary folder, so that the kernels meet exactly the types that they
will meet later: mapped, read-only arrays for what is stored, writable ones for scratch.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np

from hashsvc import limits
from hashsvc.index.build import write_segment
from hashsvc.index.delta import Delta
from hashsvc.index.exact import key_hashes, maybe_listed
from hashsvc.index.expressions import expressions
from hashsvc.index.kernel_cache import note_made
from hashsvc.index.kinds import KINDS
from hashsvc.index.search import search_near
from hashsvc.index.segment import Segment
from hashsvc.index.sketch import ROWS, WIDTH, add_keys, estimate_key


def warm() -> None:
    """Make sure that no later call compiles. Takes about a second once the cache is filled; may be called again."""
    count = limits.SEGMENT_TABLE_CODES_MIN
    mixed = np.arange(count * 4, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
    sequences, refs = np.ones(2, np.int64), np.arange(2, dtype=np.uint64)
    hashes = key_hashes(1, mixed[:4].view(np.uint8).reshape(2, 16))
    delta = Delta()
    delta.append_exact(hashes, sequences)
    near = {}
    for kind in KINDS.values():
        rows = count if kind.name == "pdq" else 2
        codes = np.ascontiguousarray(mixed.view(kind.dtype)[: rows * kind.columns].reshape(rows, kind.columns))
        near[kind.name] = (codes, np.arange(rows, dtype=np.uint64))
        delta.append_near(kind.name, codes[:2], refs, sequences)
    with tempfile.TemporaryDirectory(prefix="hashsvc-warm-") as folder:
        path = Path(folder) / "segment"
        write_segment(path, first_sequence=0, last_sequence=1, near=near, exact_hashes=hashes)
        segment = Segment.open(path)
        for kind in KINDS.values():
            search_near([segment], delta.view(1), kind.name, near[kind.name][0][:2], 1)
        maybe_listed([segment], delta.view(1), hashes)
        digests, counters = np.frombuffer(bytes(32), np.uint8).reshape(1, 32), np.zeros((ROWS, WIDTH), np.uint32)
        add_keys(counters, hashes[0], digests, np.frombuffer(b"\1", np.uint8), np.uint8(1))
        estimate_key(counters, hashes[0], digests, 0)
        expressions(["example.com/"], b"\x01")
        segment.close()
    note_made()
