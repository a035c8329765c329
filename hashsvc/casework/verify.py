"""Verify casework: every item in one place, every count right, nothing open that is known, nothing closed that is not.

Finds, never repairs. A command for operators, and what tests call after every step.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from hashsvc.casework import feedback, priority, regrading, takedown
from hashsvc.casework.cases import LIVE
from hashsvc.casework.checking import check_one
from hashsvc.casework.follow import FOLLOWED
from hashsvc.casework.open_view import exact_keys
from hashsvc.casework.tables import Tables, decode, item_key, number_key, split_item_key, split_number_keys
from hashsvc.casework.values import Case, CaseState, Event, EventKind, Item, ItemState, Report
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.lmdb_env import Environment
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import Policy
from hashsvc.matching.verdict import KNOWN


def problems(env: Environment, lists: ListStore, policies: CurrentPolicy) -> list[str]:
    """Say what is wrong; nothing if all is right. Looks at every item: some 30 µs each."""
    with env.read() as txn, lists.snapshot() as snapshot:
        tables = Tables(env, txn)
        items = {key: decode(Item, data) for key, data in tables.rows("items")}
        cases = {decode(Case, data).number: decode(Case, data) for _, data in tables.rows("cases")}
        reports = {decode(Report, data).number: decode(Report, data) for _, data in tables.rows("reports")}
        return [
            *_items(tables, items, cases),
            *_reports(items, reports),
            *_retention(tables, reports, cases),
            *feedback.problems(tables, reports),
            *_cases(tables, items, cases),
            *_ledger(tables),
            *regrading.problems(tables, items, cases),
            *takedown.problems(tables, items.values(), snapshot if _is_current(tables, snapshot) else None),
            *_list(tables, snapshot, policies.of(snapshot), items, cases),
        ]


def _items(tables: Tables, items: dict[bytes, Item], cases: dict[int, Case]) -> Iterator[str]:
    """Each item is where it says, and nowhere else."""
    places: dict[bytes, list[int]] = {}
    for key, value in tables.rows_of_many("case_items"):
        places.setdefault(value, []).append(int.from_bytes(key, "big"))
    for key, item in items.items():
        name = f"item {item.index} of report {item.report}"
        if item_key(item.report, item.index) != key:
            yield f"{name} stands under another key"
        if places.get(key, []) != ([item.case] if item.case else []):
            yield f"{name} says case {item.case}, cases {places.get(key, [])} hold it"
        if item.state == ItemState.OPEN and (item.case not in cases or cases[item.case].state not in LIVE):
            yield f"{name} is open, its case is not"
        if (item.state == ItemState.OPEN) == bool(item.closed_us):
            yield f"{name} does not know whether it is closed"
    for key in places.keys() - items.keys():
        yield f"cases hold item {split_item_key(key)}, which is not there"


def _reports(items: dict[bytes, Item], reports: dict[int, Report]) -> Iterator[str]:
    for report in reports.values():
        mine = [items.get(item_key(report.number, index)) for index in range(report.item_count)]
        if None in mine:
            yield f"report {report.number} lacks items"
        open_count = sum(item is not None and item.state == ItemState.OPEN for item in mine)
        if open_count != report.open_count or bool(report.closed_us) == bool(open_count):
            yield f"report {report.number} says {report.open_count} open items, {open_count} are"
    if {item.report for item in items.values()} - reports.keys():
        yield "there are items without a report"


def _retention(tables: Tables, reports: dict[int, Report], cases: dict[int, Case]) -> Iterator[str]:
    """What is closed is found when its time is over, and nothing that goes with a report is without one."""
    closings = {split_number_keys(key) for key, _ in tables.rows("closed_at")}
    wanted = {(report.closed_us, report.number) for report in reports.values() if report.closed_us}
    if closings != wanted:
        yield f"reports {sorted(number for _, number in closings ^ wanted)} are closed and not found so, or the reverse"
    numbers = {key: int.from_bytes(value[:8], "big") for key, value in tables.rows("report_codes")}
    if numbers != {report.code_hash: report.number for report in reports.values()}:
        yield "there are reference codes without a report, or the reverse"
    held = {int.from_bytes(key, "big") for key, _ in tables.rows("case_items")}
    left = {split_number_keys(key)[1] for key, _ in tables.rows("empty_cases")}
    if left != cases.keys() - held:
        yield f"cases {sorted(left ^ (cases.keys() - held))} hold nothing and are not found so, or the reverse"


def _cases(tables: Tables, items: dict[bytes, Item], cases: dict[int, Case]) -> Iterator[str]:
    """The queue holds the open cases, and only what is open can be found."""
    queue = {key: priority.case_of(key) for key, _ in tables.rows("queue")}
    wanted = {priority.queue_key(case): case.number for case in cases.values() if case.state in LIVE}
    if queue != wanted:
        yield f"the queue holds cases {sorted(queue.values())}, open are {sorted(wanted.values())}"
    held = {int.from_bytes(key, "big") for key, _ in tables.rows("case_keys")}
    if held - set(wanted.values()):
        yield "a case that is closed can be found"
    exact = {(key, int.from_bytes(value, "big")) for key, value in tables.rows_of_many("open_exact")}
    for item in items.values():
        if item.state == ItemState.OPEN and any((key, item.case) not in exact for key in exact_keys(item.signals)):
            yield f"an item of case {item.case} cannot be found"
    for case in cases.values():
        seen = items.get(item_key(*case.first_item))
        if case.state in LIVE and (seen is None or seen.state != ItemState.OPEN or seen.case != case.number):
            yield f"what people look at in case {case.number} is not open in it"
    for _, data in tables.rows("deciding"):
        if not data:
            yield "a listing under way says nothing"


def _ledger(tables: Tables) -> Iterator[str]:
    """What came in is what became something."""
    counts: Counter[int] = Counter()
    received = 0
    for _, data in tables.rows("events"):
        event = decode(Event, data)
        counts[event.kind] += 1
        received += event.value if event.kind == EventKind.REPORT_RECEIVED else 0
    placed = counts[EventKind.ITEM_KNOWN] + counts[EventKind.ITEM_JOINED] + counts[EventKind.CASE_OPENED]
    if placed != received + counts[EventKind.ITEM_REOPENED] + counts[EventKind.ITEM_MOVED]:
        yield f"the ledger has {received} items received and {placed} placed"


def _list(
    tables: Tables, snapshot: Snapshot, policy: Policy, items: dict[bytes, Item], cases: dict[int, Case]
) -> Iterator[str]:
    """As of the change that casework has followed, nothing open is known and nothing closed has lost its entry."""
    if not _is_current(tables, snapshot):
        return  # the list moved on; the next follow takes it in
    for item in items.values():
        if item.state == ItemState.OPEN:
            known = check_one(snapshot, policy, item.signals).verdict == KNOWN
            if known and cases[item.case].state != CaseState.DECIDING:
                yield f"item {item.index} of report {item.report} is open and known"
        elif item.state in (ItemState.CLOSED_KNOWN, ItemState.CLOSED_LISTED):
            if not item.entries:
                yield f"item {item.index} of report {item.report} is closed because of nothing"
            elif all(snapshot.is_withdrawn(entry_id) for entry_id in item.entries):
                yield f"item {item.index} of report {item.report} is closed because of what was retracted"


def _is_current(tables: Tables, snapshot: Snapshot) -> bool:
    """Say whether casework has followed the list up to a snapshot."""
    here = snapshot.position
    return tables.get("meta", FOLLOWED) == number_key(here.epoch) + number_key(here.sequence)
