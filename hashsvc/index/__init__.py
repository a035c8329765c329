"""The index: which codes are within a radius of a query, and which exact keys may be listed.

The lowest floor: arrays and files in, references and distances out. It knows no entries, no LMDB, no policy. Read
`search.py` first, then `pigeonhole.py` (why it is exact), `tables.py` and `kernels.py` (why it is fast), `layout.py`,
`segment.py` and `build.py` (the files), `delta.py` (what no file holds yet), `frozen.py` (tables without a file),
`exact.py` (digests and URLs).

    segment = Segment.open(path)
    hits = search_near([segment], delta.view(sequence), "pdq", codes_from_bytes("pdq", packed), 31)
"""

from hashsvc.index.build import merge_segments, write_segment
from hashsvc.index.delta import Delta, DeltaView
from hashsvc.index.exact import key_hashes, maybe_listed, maybe_listed_indexes
from hashsvc.index.frozen import Frozen
from hashsvc.index.kernel_cache import kept as kernels_kept
from hashsvc.index.kinds import NEAR_KINDS, code_from_bytes, codes_from_bytes
from hashsvc.index.search import Hits, search_near
from hashsvc.index.segment import Segment
from hashsvc.index.warm import warm

__all__ = [
    "NEAR_KINDS", "Delta", "DeltaView", "Frozen", "Hits", "Segment", "code_from_bytes", "codes_from_bytes",
    "kernels_kept", "key_hashes", "maybe_listed", "maybe_listed_indexes", "merge_segments",
    "search_near", "warm", "write_segment",
]  # fmt: skip
