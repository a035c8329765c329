"""All formats of files of entries, a line each. The first is what is written unless another is asked for."""

from __future__ import annotations

from hashsvc.formats.base import Format
from hashsvc.formats.csv_file import CSV
from hashsvc.formats.json_lines import JSON_LINES

FORMATS: tuple[Format, ...] = (
    JSON_LINES,
    CSV,  # the last one: it looks like anything
)
BY_NAME = {one.name: one for one in FORMATS}
