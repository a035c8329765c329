"""Files of ours and of others ↔ neutral rows, streaming.

Knows `signals` only and touches no store, so it can be fuzzed alone. A new format is a
new file here and a line in `opening.py`.
"""

from hashsvc.formats.csv_file import COLUMNS, read_csv, write_csv
from hashsvc.formats.items import read_items
from hashsvc.formats.json_lines import read_json_lines, write_json_lines
from hashsvc.formats.opening import FORMATS, open_rows
from hashsvc.formats.rows import Details, Item, Rejected, Row

__all__ = [
    "COLUMNS",
    "FORMATS",
    "Details",
    "Item",
    "Rejected",
    "Row",
    "open_rows",
    "read_csv",
    "read_items",
    "read_json_lines",
    "write_csv",
    "write_json_lines",
]
