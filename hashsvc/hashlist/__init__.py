"""The log and its views: packs, stores, orders. Knows nothing of verdicts, gRPC or people's screens.

`ListStore` is the way in: `snapshot()` reads, `write()` writes.
"""

from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.hashlist.store import ListStore

__all__ = ["ListStore", "Snapshot"]
