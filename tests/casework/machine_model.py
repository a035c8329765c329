"""What casework must be after what was done to it, worked out again from the test's own record and from two readings.

Knows the rules, not the product's code for them: distances are counted here, people are those whom the test let speak,
the ledger's figures are counted from what changed between two readings of the tables.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from hashsvc.casework.desks import Casework
from hashsvc.casework.tables import Tables, decode
from hashsvc.casework.values import Case, CaseState, EventKind, Item, ItemState, Report
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import State
from hashsvc.signals import PDQ, Signal

CLOSED = (ItemState.CLOSED_KNOWN, ItemState.CLOSED_LISTED)
Key = tuple[int, int]


@dataclass
class Listed:
    """An entry as the test made it. confirmers, retractors: whose words count for its state, by signal."""

    states: dict[int, int]
    confirmers: set[str]
    retractors: dict[int, set[str]] = field(default_factory=dict)
    people: set[str] = field(default_factory=set)


@dataclass
class Reading:
    """Casework's tables at one time."""

    items: dict[Key, Item] = field(default_factory=dict)
    cases: dict[int, Case] = field(default_factory=dict)
    reports: dict[int, Report] = field(default_factory=dict)


def read(casework: Casework) -> Reading:
    with casework.ground.env.read() as txn:
        tables = Tables(casework.ground.env, txn)
        items = [decode(Item, data) for _, data in tables.rows("items")]
        cases = [decode(Case, data) for _, data in tables.rows("cases")]
        reports = [decode(Report, data) for _, data in tables.rows("reports")]
    return Reading(
        {(one.report, one.index): one for one in items},
        {one.number: one for one in cases},
        {one.number: one for one in reports},
    )


class Model:
    """The test's own record, and counts of what changed."""

    def __init__(self, close: int, people_required: int) -> None:
        self.close = close
        self.people_required = people_required
        self.entries: dict[bytes, Listed] = {}
        self.said: dict[int, list[tuple[str, bool, str]]] = {}  # by case: who, illegal, category
        self.sent: dict[int, int] = {}  # items by report
        self.viewings = self.opinions = 0
        self.counts: Counter[str] = Counter()
        self.before = Reading()

    def take(self, now: Reading) -> None:
        """Count what changed since the last reading."""
        before, counts = self.before, self.counts
        for key, item in now.items.items():
            was = before.items.get(key)
            if was is None:
                closed, case = item.state != ItemState.OPEN, now.cases.get(item.case)
                first = case is not None and case.first_item == key
                counts["known" if closed else "new" if first else "joined"] += 1
            elif was.state == ItemState.OPEN:
                counts["listed items"] += item.state == ItemState.CLOSED_LISTED
                counts["not illegal items"] += item.state == ItemState.CLOSED_NOT_ILLEGAL
            else:
                counts["reopened"] += item.state == ItemState.OPEN
        counts["reports"] += len(now.reports.keys() - before.reports.keys())
        counts["erased"] += len(before.reports.keys() - now.reports.keys())
        for number, case in now.cases.items():
            old = before.cases.get(number)
            counts["cases"] += old is None
            if old is None or old.state != case.state:
                counts["listed"] += case.state == CaseState.LISTED
                counts["not illegal"] += case.state == CaseState.NOT_ILLEGAL
        self.before = now

    # ------------------------------------------------------------ what must hold

    def check_people(self, lists: ListStore) -> None:
        """Nothing is CONFIRMED or RETRACTED but by as many people as are demanded, and the list says the same."""
        with lists.snapshot() as snapshot:
            on_list = {view.entry_id: view for view in snapshot.pages.entries(0, 1_000, 0, b"")[0]}
        assert on_list.keys() == self.entries.keys()
        for entry_id, view in on_list.items():
            mine = self.entries[entry_id]
            assert {one.ordinal: one.state for one in view.signals} == mine.states
            for one in view.signals:
                if one.state in (State.CONFIRMED, State.DISPUTED):
                    assert len(mine.confirmers) >= self.people_required
                    assert mine.confirmers <= {actor for _, actor in one.people}
                if one.state == State.RETRACTED:
                    assert len(mine.retractors[one.ordinal]) >= self.people_required

    def check_places(self) -> None:
        """Every report that is not erased has all its items, each in one place."""
        now = self.before
        assert Counter(report for report, _ in now.items) == {n: self.sent[n] for n in now.reports}
        for report in now.reports.values():
            open_count = sum(now.items[report.number, i].state == ItemState.OPEN for i in range(report.item_count))
            assert report.open_count == open_count
        for item in now.items.values():
            if item.state == ItemState.OPEN:
                assert now.cases[item.case].state == CaseState.OPEN

    def check_twins(self, lists: ListStore) -> None:
        """Nothing that equals or is near what is confirmed is open; what is closed so has something that stands."""
        confirmed: list[Signal] = []
        standing: list[Signal] = []
        with lists.snapshot() as snapshot:
            for entry_id, mine in self.entries.items():
                for one in snapshot.entry(entry_id).signals:
                    if mine.states[one.ordinal] == State.CONFIRMED:
                        confirmed.append(one.signal)
                    if mine.states[one.ordinal] in (State.CONFIRMED, State.DISPUTED):
                        standing.append(one.signal)
        for key, item in self.before.items.items():
            if item.state == ItemState.OPEN:
                assert not self._closes(item, confirmed), f"{key} is open, and what is listed closes it"
            elif item.state in CLOSED:
                assert self._closes(item, standing), f"{key} is closed, and nothing that stands closes it"

    def _closes(self, item: Item, listed: list[Signal]) -> bool:
        return any(self._same(mine, one) for mine in item.signals for one in listed)

    def _same(self, one: Signal, other: Signal) -> bool:
        if one.type != other.type:
            return False
        if one.type != PDQ:
            return one.value == other.value
        distance = (int.from_bytes(one.value, "big") ^ int.from_bytes(other.value, "big")).bit_count()
        return distance <= self.close

    def check_ledger(self, casework: Casework) -> None:
        """Each figure is what was counted here."""
        told = casework.oversight.figures(0, 1 << 62)
        counts, now, hotline = self.counts, self.before, told.hotline
        assert {
            "reports": hotline.reports_received,
            "items": hotline.items_received,
            "known": hotline.items_known,
            "joined": hotline.items_joined,
            "new": hotline.items_new,
            "reopened": hotline.items_reopened,
            "erased": hotline.reports_erased,
            "viewings": hotline.viewings,
            "cases": hotline.cases_opened,
            "listed": hotline.cases_listed,
            "not illegal": hotline.cases_not_illegal,
            "closed": hotline.reports_closed,
            "opinions": sum(one.opinions for one in told.analysts),
        } == {
            "reports": len(self.sent),
            "items": sum(self.sent.values()),
            "known": counts["known"],
            "joined": counts["joined"],
            "new": counts["new"],
            "reopened": counts["reopened"],
            "erased": counts["erased"],
            "viewings": self.viewings,
            "cases": counts["cases"],
            "listed": counts["listed"],
            "not illegal": counts["not illegal"],
            "closed": counts["erased"] + sum(not one.open_count for one in now.reports.values()),
            "opinions": self.opinions,
        }
        closed: Counter[int] = Counter()
        for event in casework.oversight.events(0, 1 << 62):
            closed[event.kind] += event.value
        assert closed[EventKind.CASE_NOT_ILLEGAL] == counts["not illegal items"]
        assert hotline.items_closed_by_listing + closed[EventKind.CASE_LISTED] == counts["listed items"]
