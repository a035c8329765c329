"""Casework follows the list's log: what is listed closes open items, what is retracted opens closed ones again.

A dispute does neither: nothing new closes by what is disputed, and what had closed waits for how it is settled.
A new policy closes open items that are known by it, and opens none: what closed was right by the policy of then.

Casework remembers up to which change of the list it has looked. Items that came in later were checked on a later state
themselves, in a transaction of casework, so none slips between.
"""

from __future__ import annotations

from typing import TypeAlias

from msgspec.structs import replace

from hashsvc.casework import cases, takedown
from hashsvc.casework.checking import check_one, known_by
from hashsvc.casework.open_view import OpenView, exact_keys
from hashsvc.casework.placing import Placing
from hashsvc.casework.tables import Tables, item_key
from hashsvc.casework.values import Case, CaseState, Event, EventKind, Item, ItemState
from hashsvc.clock import Clock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.hashlist.values import ChangeKind, Entry
from hashsvc.lmdb_env import Environment
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.verdict import KNOWN
from hashsvc.signals import URL, Signal
from hashsvc.signals.url_expressions import RowKind, expression_hash

Changes: TypeAlias = list[tuple[int, Entry | None]]  # kind; the entry, None for a batch's

FOLLOWED = b"followed"  # epoch and sequence of the list, 8 bytes each
# Kinds of changes after which more may be known, and after which less may be.
_MORE = frozenset((
    ChangeKind.ENTRY_CONFIRMED, ChangeKind.DISPUTE_RESOLVED, ChangeKind.BATCH_CONFIRMED, ChangeKind.URLS_SEEN_LIVE,
    ChangeKind.ENTRY_AMENDED,
))  # fmt: skip
_LESS = frozenset((ChangeKind.RETRACTION_CONFIRMED, ChangeKind.BATCH_RETRACTION_CONFIRMED))
CHANGES_MAX = 256  # more changes than that, and every open item is looked at instead of those that they touch


class Follower:
    """Takes in what the list decided. One a process, used inside casework's transactions."""

    def __init__(self, lists: ListStore, policies: CurrentPolicy, view: OpenView, clock: Clock) -> None:
        self._lists = lists
        self._policies = policies
        self._view = view
        self._clock = clock

    def is_current(self, env: Environment) -> bool:
        """Say whether there is nothing to take in."""
        with self._lists.snapshot() as snapshot, env.read() as txn:
            here = snapshot.position
            return Tables(env, txn).get("meta", FOLLOWED) == _pack(here.epoch, here.sequence)

    def follow(self, tables: Tables) -> int:
        """Take in the list's changes. Returns how many open items closed."""
        with self._lists.snapshot() as snapshot:
            here = snapshot.position
            followed = tables.get("meta", FOLLOWED)
            if followed == _pack(here.epoch, here.sequence):
                return 0
            place = Placing(tables, self._view, self._clock.now_us(), self._policies.of(snapshot))
            closed = self._take_in(tables, snapshot, place, followed)
            tables.put("meta", FOLLOWED, _pack(here.epoch, here.sequence))
        return closed

    def look_at(self, tables: Tables, case: Case) -> None:
        """Look at a case's open items again, which `follow` passed by while the case was DECIDING."""
        with self._lists.snapshot() as snapshot:
            place = Placing(tables, self._view, self._clock.now_us(), self._policies.of(snapshot))
            open_items = tables.open_items_of(case.number)
            closed = [item for item in open_items if self._look_at_open(tables, snapshot, place, item)]
            if closed:
                self._end_unseen(tables, snapshot, place, cases.read(tables, case.number))

    def _take_in(self, tables: Tables, snapshot: Snapshot, place: Placing, followed: bytes | None) -> int:
        epoch, sequence = (0, 0) if followed is None else (_number(followed[:8]), _number(followed[8:]))
        restored = epoch != snapshot.position.epoch
        changes = None if restored else snapshot.decided_since(sequence, CHANGES_MAX)
        withdrawn = self._withdrawn(tables, snapshot, changes, restored)
        for item in self._closed_items(tables, withdrawn):
            self._look_at_closed(tables, snapshot, place, item)
        takedown.entries_withdrawn(tables, snapshot, withdrawn, self._clock.now_us())
        open_items = self._open_items(tables, place, changes)
        closed = [item for item in open_items if self._look_at_open(tables, snapshot, place, item)]
        for number in sorted({item.case for item in closed}):
            self._end_unseen(tables, snapshot, place, cases.read(tables, number))
        return len(closed)

    def _open_items(self, tables: Tables, place: Placing, changes: Changes | None) -> list[Item]:
        """Open items that may be known by now. changes None: too many to say, so all; and all for another policy."""
        if changes is not None and any(kind == ChangeKind.POLICY_APPLIED for kind, _ in changes):
            changes = None
        found: set[int] = set()
        for kind, entry in changes or ():
            if kind not in _MORE:
                continue
            keys, signals = (None, []) if entry is None else _keys_of(entry)
            if keys is None:  # a batch, or what covers more than a page
                changes = None
                break
            found.update(case for case, _ in self._view.exact(tables.txn, keys))
            found.update(case for case, _ in self._view.near(tables.txn, [signals], place.policy)[0])
        if changes is None:
            found = cases.live_numbers(tables)
        return [item for number in sorted(found) for item in tables.open_items_of(number)]

    def _withdrawn(self, tables: Tables, snapshot: Snapshot, changes: Changes | None, restored: bool) -> set[bytes]:
        """Entries because of which something closed, and which may close it no more."""
        withdrawn: set[bytes] = set()
        look_at_all = changes is None
        for kind, entry in changes or ():
            if kind in _LESS and entry is None:
                look_at_all = True
            elif kind in _LESS and entry is not None:
                withdrawn.add(entry.entry_id)
        if look_at_all:
            entries = {entry_id for entry_id, _ in tables.rows("by_entry")}
            withdrawn |= entries if restored else {one for one in entries if snapshot.is_partly_withdrawn(one)}
        return withdrawn

    def _closed_items(self, tables: Tables, withdrawn: set[bytes]) -> list[Item]:
        """Items that are closed because of such entries."""
        keys = {key for entry_id in withdrawn for key in tables.values_of("by_entry", entry_id)}
        items = (tables.item(key) for key in sorted(keys))
        closed = (ItemState.CLOSED_KNOWN, ItemState.CLOSED_LISTED)
        return [item for item in items if item is not None and item.state in closed]

    def _look_at_open(self, tables: Tables, snapshot: Snapshot, place: Placing, item: Item) -> bool:
        """Close an open item that is known by now. Returns whether."""
        case = cases.read(tables, item.case)
        if case.state == CaseState.DECIDING:
            return False  # its own listing closes it
        found = check_one(snapshot, place.policy, item.signals)
        if found.verdict != KNOWN:
            return False
        now_known = replace(item, verdict=found.verdict, met=found.met, list_sequence=found.sequence)
        place.close_item(now_known, ItemState.CLOSED_LISTED, known_by(found.met))
        now_us = self._clock.now_us()
        tables.note(Event(now_us, EventKind.ITEM_CLOSED_BY_LISTING, case=item.case, report=item.report))
        return True

    def _end_unseen(self, tables: Tables, snapshot: Snapshot, place: Placing, case: Case) -> None:
        """End a case of which the item that people look at has closed. The others move on: no opinion was of them."""
        left = tables.open_items_of(case.number)
        if any((item.report, item.index) == case.first_item for item in left):
            return
        place.close_case(case, CaseState.EMPTY)
        for item in left:
            place.move_on(item, check_one(snapshot, place.policy, item.signals))

    def _look_at_closed(self, tables: Tables, snapshot: Snapshot, place: Placing, item: Item) -> None:
        """Reopen a closed item that nothing on the list makes known any more.

        Of what closed it, whatever still would by the policy of then keeps it closed.
        """
        found = check_one(snapshot, place.policy, item.signals)
        if found.verdict == KNOWN:
            entries = known_by(found.met)
            key = item_key(item.report, item.index)
            tables.put("items", key, replace(item, entries=entries, met=found.met, list_sequence=found.sequence))
            for entry_id in entries:
                tables.put("by_entry", entry_id, key)
            return
        if item.state == ItemState.CLOSED_LISTED and item.case and self._still_listed(tables, snapshot, item):
            return
        others = self._closed_then(snapshot, item)
        if others:
            tables.put("items", item_key(item.report, item.index), replace(item, entries=others))
            return
        place.reopen_item(item, found)

    def _closed_then(self, snapshot: Snapshot, item: Item) -> tuple[bytes, ...]:
        """Of the entries that closed an item, those that still would by a policy of before, since its last check."""
        if snapshot.policy_sequence <= item.list_sequence:
            return ()
        for then in self._policies.since(snapshot, item.list_sequence)[1:]:
            if then is not None:
                known = known_by(check_one(snapshot, then, item.signals).met)
                still = tuple(entry_id for entry_id in known if entry_id in item.entries)
                if still:
                    return still
        return ()

    def _still_listed(self, tables: Tables, snapshot: Snapshot, item: Item) -> bool:
        """An item that was closed with its case stays so while the case's own entry stands.

        One that another entry had closed before does not: nobody looked at it, and the case's entry may not be near it.
        """
        case = cases.find(tables, item.case)
        return case is not None and case.entry_id in item.entries and not snapshot.is_withdrawn(case.entry_id)


def _keys_of(entry: Entry) -> tuple[list[bytes] | None, list[Signal]]:
    """What open items must have to be known by an entry: keys of digests and pages, fingerprints. None: anything."""
    keys: list[bytes] = []
    signals: list[Signal] = []
    for listed in entry.signals:
        if listed.type == URL:
            if listed.value[0] != RowKind.PAGE:
                return None, []
            keys.append(bytes((URL,)) + expression_hash(listed.value[1:].decode()))
        else:
            signals.append(Signal(listed.type, listed.value, listed.quality))
    return keys + exact_keys(signals), signals


def _pack(epoch: int, sequence: int) -> bytes:
    return epoch.to_bytes(8, "big") + sequence.to_bytes(8, "big")


def _number(data: bytes) -> int:
    return int.from_bytes(data, "big")
