"""The log and its views: packs, stores, orders. Knows nothing of verdicts, gRPC or people's screens.

`ListStore` is the way in: `snapshot()` reads, `write()` writes. Called by matching (through Snapshot), server, cli.
"""

from hashsvc.hashlist.env import CommitFailed
from hashsvc.hashlist.snapshot import MatchedSignal, Snapshot
from hashsvc.hashlist.store import ListStore

__all__ = ["CommitFailed", "ListStore", "MatchedSignal", "Snapshot"]
