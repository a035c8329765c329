"""The tables of a list's environment, and how it is opened."""

from __future__ import annotations

from pathlib import Path

from hashsvc.lmdb_env import Environment

TABLES = (
    "meta", "records", "payloads", "entries", "identities", "exact", "batches", "counts", "requests", "actors",
    "urls", "url_hosts", "seen_live", "policies",
)  # fmt: skip
# Lists made before they were there get them when opened.
LATER_TABLES = frozenset(("urls", "url_hosts", "seen_live", "policies"))
MANY_VALUES = frozenset(("exact", "urls", "url_hosts"))  # a key has many values, all of one length
VIEW_TABLES = (
    "entries", "identities", "exact", "batches", "counts", "requests", "urls", "url_hosts", "seen_live",
    "policies",
)  # fmt: skip


def open_list(path: Path, *, create: bool = False, durable: bool = True, read_only: bool = False) -> Environment:
    """Open the environment of a list. Raises as Environment does."""
    return Environment(
        path,
        create=create,
        durable=durable,
        read_only=read_only,
        tables=TABLES,
        many_values=MANY_VALUES,
        later=LATER_TABLES,
    )
