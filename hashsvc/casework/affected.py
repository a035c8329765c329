"""Which items closed because of an entry: those open again and those erased since included. Reads only.

The table `by_entry` names every item that an entry ever closed; of one that was erased the row is the stub that stays.
"""

from __future__ import annotations

from hashsvc.casework.tables import Tables, number_key, split_item_key
from hashsvc.casework.values import Affected, ItemState, Report

NUMBER_BYTES = 10  # report and index, as an item's key has them
NUMBER_MAX = (1 << 8 * NUMBER_BYTES) - 1


def find_affected(tables: Tables, entry_id: bytes, after_number: int, limit: int) -> tuple[list[Affected], int]:
    """Find up to `limit` items of an entry after a number, by report and index, and the number to go on after; 0: end.

    after_number: 0 or one that was returned, below NUMBER_MAX. limit: 1 or more.

    A number is an item's key, so what closes between two pages moves no other. Some 20 µs an item.
    """
    keys: list[bytes] = []
    with tables.txn.cursor(db=tables.env.tables["by_entry"]) as cursor:
        start = (after_number + 1).to_bytes(NUMBER_BYTES, "big")
        here = cursor.set_range_dup(entry_id, start)
        while here and len(keys) <= limit:
            keys.append(bytes(cursor.value()))
            here = cursor.next_dup()
    next_number = int.from_bytes(keys[limit - 1], "big") if len(keys) > limit else 0
    return [_affected(tables, key) for key in keys[:limit]], next_number


def _affected(tables: Tables, key: bytes) -> Affected:
    number, index = split_item_key(key)
    report = tables.read(Report, "reports", number_key(number))
    item = tables.item(key)
    return Affected(
        number,
        index,
        report.partner_reference if report is not None else "",
        item is not None and item.state == ItemState.OPEN,
        item is None,
    )
