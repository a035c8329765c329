"""The log and its views: packs, stores, orders. Knows nothing of verdicts, gRPC or people's screens.

`ListStore` is the way in: `snapshot()` reads, `write()` writes.
"""

from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.hashlist.store import ListStore
from hashsvc.lmdb_env import CommitFailed

__all__ = ["CommitFailed", "ListStore", "Snapshot"]
