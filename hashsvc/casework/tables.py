"""Casework's environment: its tables, and how values get in and out of them. Knows no rule.

Opened through lmdb_env.py, the only code that knows LMDB.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from hashsvc.casework.values import Case, Deciding, Disputing, Event, Item, ItemState, Regrade, Report, Takedown
from hashsvc.errors import DamagedData
from hashsvc.lmdb_env import Environment, Transaction

FORMAT = b"hashsvc-casework 3"
TABLES = (
    "meta", "reports", "report_codes", "items", "cases", "case_items", "case_keys", "open_exact", "codes",
    "queue", "by_entry", "deciding", "events", "leases", "viewings", "closed_at", "empty_cases",
    "contacts", "feedback",
    "takedowns", "takedown_urls", "takedown_queue", "takedown_entries",
    "regrades", "regrade_queue", "disputing",
)  # fmt: skip
MANY_VALUES = frozenset(("case_items", "case_keys", "open_exact", "by_entry", "takedown_entries"))

T = TypeVar("T")

encode = msgspec.msgpack.Encoder().encode
_DECODERS = {
    kind: msgspec.msgpack.Decoder(kind) for kind in (Report, Item, Case, Event, Deciding, Takedown, Regrade, Disputing)
}


def open_environment(path: Path, *, create: bool = False, read_only: bool = False) -> Environment:
    """Open casework's environment. `case_keys` has values of several lengths, so no table is of fixed ones.

    Raises DamagedData WRONG_FORMAT where another version made it.
    """
    if not create:
        _check_format(path)
    return Environment(path, create=create, read_only=read_only, tables=TABLES, many_values=MANY_VALUES, fixed=False)


def _check_format(path: Path) -> None:
    """Look at the format before the tables, which may be others."""
    env = Environment(path, read_only=True, tables=("meta",), many_values=(), fixed=False)
    try:
        with env.read() as txn:
            found = txn.get(b"format", db=env.tables["meta"])
    finally:
        env.close()
    if found is not None and bytes(found) != FORMAT:
        raise DamagedData("WRONG_FORMAT", "this directory holds no casework that this version reads")


def number_key(number: int) -> bytes:
    return number.to_bytes(8, "big")


def item_key(report: int, index: int) -> bytes:
    return report.to_bytes(8, "big") + index.to_bytes(2, "big")


def split_item_key(key: bytes) -> tuple[int, int]:
    return int.from_bytes(key[:8], "big"), int.from_bytes(key[8:], "big")


def split_number_keys(key: bytes) -> tuple[int, int]:
    """Take apart a key of two numbers."""
    return int.from_bytes(key[:8], "big"), int.from_bytes(key[8:], "big")


class Tables:
    """One transaction over casework's tables."""

    def __init__(self, env: Environment, txn: Transaction) -> None:
        self.env = env
        self.txn = txn
        self._tables = env.tables
        self._last_numbers: dict[bytes, int] = {}
        self._last_event: int | None = None
        self.new_codes: dict[int, list[Any]] = {}  # `OpenCode`s that this transaction added, by type
        self.noted: Counter[int] = Counter()

    def put(self, table: str, key: bytes, value: object) -> None:
        data = value if isinstance(value, bytes) else encode(value)
        self.txn.put(key, data, db=self._tables[table])

    def delete(self, table: str, key: bytes, value: bytes = b"") -> None:
        self.txn.delete(key, value, db=self._tables[table])

    def get(self, table: str, key: bytes) -> bytes | None:
        data = self.txn.get(key, db=self._tables[table])
        return None if data is None else bytes(data)

    def read(self, kind: type[T], table: str, key: bytes) -> T | None:
        data = self.txn.get(key, db=self._tables[table])
        return None if data is None else decode(kind, data)

    def values_of(self, table: str, key: bytes) -> list[bytes]:
        """All values of a key."""
        found: list[bytes] = []
        with self.txn.cursor(db=self._tables[table]) as cursor:
            here = cursor.set_key(key)
            while here:
                found.append(bytes(cursor.value()))
                here = cursor.next_dup()
        return found

    def rows_of_many(self, table: str) -> Iterator[tuple[bytes, bytes]]:
        """All (key, value) of a table whose keys have many values."""
        with self.txn.cursor(db=self._tables[table]) as cursor:
            for key, value in cursor.iternext(keys=True, values=True):
                yield bytes(key), bytes(value)

    def rows(self, table: str, start: bytes = b"") -> Iterator[tuple[bytes, bytes]]:
        """All rows from a key on, ascending. The table must not change meanwhile."""
        with self.txn.cursor(db=self._tables[table]) as cursor:
            here = cursor.set_range(start) if start else cursor.first()
            while here:
                yield bytes(cursor.key()), bytes(cursor.value())
                here = cursor.next_nodup() if table in MANY_VALUES else cursor.next()

    def count(self, table: str) -> int:
        return int(self.txn.stat(db=self._tables[table])["entries"])

    def next_number(self, name: bytes) -> int:
        """The next number of a row: reports, cases. One `Tables` a transaction, since it remembers them."""
        last = self._last_numbers.get(name)
        if last is None:
            last = int.from_bytes(self.get("meta", name) or b"", "big")
        number = self._last_numbers[name] = last + 1
        self.put("meta", name, number_key(number))
        return number

    def report(self, number: int) -> Report:
        found = self.read(Report, "reports", number_key(number))
        if found is None:
            raise DamagedData("DAMAGED_CASEWORK", "an item names a report that casework does not hold")
        return found

    def item(self, key: bytes) -> Item | None:
        return self.read(Item, "items", key)

    def items_of(self, case: int) -> list[Item]:
        """The items that a case holds, by report and index."""
        found = (self.item(key) for key in self.values_of("case_items", number_key(case)))
        return [item for item in found if item is not None]

    def open_items_of(self, case: int) -> list[Item]:
        """Those of them that are open."""
        return [item for item in self.items_of(case) if item.state == ItemState.OPEN]

    def last_event(self) -> int:
        """The number of the ledger's last line, 0 where it has none."""
        with self.txn.cursor(db=self._tables["events"]) as cursor:
            return int.from_bytes(cursor.key(), "big") if cursor.last() else 0

    def note(self, event: Event) -> None:
        """Append a line to the ledger, behind the last one: lines are never erased. Its kind is kept for who counts."""
        self.noted[event.kind] += 1
        if self._last_event is None:
            self._last_event = self.last_event()
        self._last_event += 1
        self.put("events", number_key(self._last_event), event)


def decode(kind: type[T], data: bytes) -> T:
    try:
        return _DECODERS[kind].decode(data)  # type: ignore[index,return-value]
    except msgspec.MsgspecError as error:
        raise DamagedData("DAMAGED_VALUE", "a value of casework does not decode") from error
