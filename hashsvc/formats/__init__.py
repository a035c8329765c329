"""Files of ours and of others ↔ neutral rows, streaming.

Knows `signals` and `categories`, and of what knows nothing `limits`, `errors` and `files`. It touches no store, so it
can be fuzzed alone. A new format is a new file here and a line in `registry.py`: import, export, their options and the
tests of all formats go by that. What the files look like: docs/files.md.
"""

from hashsvc.formats.base import Format
from hashsvc.formats.items import read_items
from hashsvc.formats.opening import open_rows
from hashsvc.formats.registry import BY_NAME, FORMATS
from hashsvc.formats.rows import Details, Item, Rejected, Row

__all__ = ["BY_NAME", "FORMATS", "Details", "Format", "Item", "Rejected", "Row", "open_rows", "read_items"]
