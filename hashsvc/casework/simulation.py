"""What another policy would have made of the reports that are held, going by the evidence that was recorded of them.

Reads `met` of each item, never a signal, and weighs it again by matching's own rules (`matching/reweighing.py`). Says
besides what the evidence cannot tell. Changes nothing.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Sequence

import msgspec

from hashsvc.casework.checking import MET_MAX
from hashsvc.casework.tables import Tables, decode, item_key, number_key
from hashsvc.casework.values import Event, EventKind, Item, Met, Report
from hashsvc.errors import DamagedData
from hashsvc.hashlist.snapshot import Snapshot
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import Policy, Rule, Tracking
from hashsvc.matching.reweighing import reweigh
from hashsvc.matching.verdict import KNOWN, NEW
from hashsvc.signals import URL

REPORTS_APART = 100  # reports between two calls of `between`

Counts = Counter[tuple[int, int]]  # (verdict before, after) → items


class Example(msgspec.Struct, frozen=True):
    """An item of another verdict, and the piece that decides: of before if the verdict is weaker now, else of now.

    met_after, caps_after: what that piece alone amounts to under the policy that is tried.
    """

    report: int
    index: int
    before: int
    after: int
    met: Met
    met_after: int
    caps_after: tuple[int, ...]


class BlindSpot(msgspec.Struct, frozen=True):
    """Distances, both inclusive, that were not searched for some of the items. first 0: nothing of the type was."""

    type: int
    first: int
    last: int


class Simulation(msgspec.Struct):
    """What a policy would have made of reports. Verdicts are of the list alone, whatever an open case would have had.

    newly_viewed: reports of which all items were KNOWN, and not all would be; newly_unviewed: the other way round.
    cut: items with as much evidence as is kept. undated: with a URL of which it was not recorded how it met.
    """

    counts: Counts = msgspec.field(default_factory=Counter)
    types: dict[int, Counts] = msgspec.field(default_factory=dict)
    report_count: int = 0
    item_count: int = 0
    newly_viewed: int = 0
    newly_unviewed: int = 0
    cut: int = 0
    undated: int = 0
    erased: int = 0
    examples: list[Example] = msgspec.field(default_factory=list)
    blind_spots: list[BlindSpot] = msgspec.field(default_factory=list)


def simulate(
    tables: Tables,
    snapshot: Snapshot,
    policies: CurrentPolicy,
    policy: Policy,
    since_us: int,
    examples_max: int,
    between: Callable[[], None],
) -> Simulation:
    """Weigh the recorded evidence of reports received since a time by a policy. examples_max: of each difference."""
    found = Simulation()
    examples: dict[tuple[int, int], deque[Example]] = {}
    oldest = snapshot.position.sequence
    for count, (_, data) in enumerate(tables.rows("reports")):
        if count % REPORTS_APART == 0:
            between()
        report = decode(Report, data)
        if report.received_us < since_us:
            continue
        found.report_count += 1
        known_before = known_after = True
        for index in range(report.item_count):
            item = tables.item(item_key(report.number, index))
            if item is None:
                raise DamagedData("DAMAGED_CASEWORK", "a report lacks an item")
            after = _weigh(found, examples, examples_max, policy, item)
            oldest = min(oldest, item.list_sequence)
            known_before, known_after = known_before and item.verdict == KNOWN, known_after and after == KNOWN
        found.newly_viewed += known_before and not known_after
        found.newly_unviewed += known_after and not known_before
    received = _last_report(tables) + 1 - _first_report_since(tables, since_us)
    found.erased = max(0, received - found.report_count)
    for _, of_a_kind in sorted(examples.items()):
        found.examples += reversed(of_a_kind)
    if found.item_count:
        found.blind_spots = blind_spots(policy, policies.since(snapshot, oldest))
    return found


def _weigh(
    found: Simulation,
    examples: dict[tuple[int, int], deque[Example]],
    examples_max: int,
    policy: Policy,
    item: Item,
) -> int:
    """Count one item. Returns its verdict under the policy."""
    weighed = [(*reweigh(policy, met), met) for met in item.met]
    after = min((verdict for verdict, _, _ in weighed), default=NEW)
    found.item_count += 1
    found.counts[item.verdict, after] += 1
    found.cut += len(item.met) >= MET_MAX
    found.undated += any(met.type == URL and met.url_how < 0 for met in item.met)
    for number in {met.type for met in item.met}:
        mine = [(verdict, met.verdict) for verdict, _, met in weighed if met.type == number]
        before_and_after = min(before for _, before in mine), min(verdict for verdict, _ in mine)
        found.types.setdefault(number, Counter())[before_and_after] += 1
    if after != item.verdict:
        verdict, caps, met = min(weighed, key=_verdict_before if after > item.verdict else _verdict_after)
        one = Example(item.report, item.index, item.verdict, after, met, verdict, caps)
        examples.setdefault((item.verdict, after), deque(maxlen=examples_max)).append(one)
    return after


_Weighed = tuple[int, tuple[int, ...], Met]  # verdict and caps under the policy that is tried, the piece


def _verdict_before(one: _Weighed) -> int:
    return one[2].verdict


def _verdict_after(one: _Weighed) -> int:
    return one[0]


def blind_spots(policy: Policy, searched: Sequence[Policy | None]) -> list[BlindSpot]:
    """Say what a policy looks at that one of others did not search, by type. None: nobody knows what it searched."""
    spots = []
    for rule in policy.rules:
        if rule is None:
            continue
        reach = min(_reach(rule, None if other is None else other.rules[rule.number]) for other in searched)
        if reach < rule.show_standard:
            spots.append(BlindSpot(rule.number, reach + 1, rule.show_standard))
    return spots


def _reach(rule: Rule, other: Rule | None) -> int:
    """How far another policy searched a type, -1: not at all, or of URLs not all forms that the rule takes."""
    if other is None:
        return -1
    if rule.url is not None and other.url is not None:
        lost_loose = rule.url.loose and not other.url.loose
        lost_stripped = rule.url.tracking != Tracking.OFF and other.url.tracking == Tracking.OFF
        return -1 if lost_loose or lost_stripped else 0
    return other.show_standard


def _first_report_since(tables: Tables, since_us: int) -> int:
    """The number that the first report since a time had, erased or not: by the ledger, which has a line for each."""
    low, high = 1, tables.last_event() + 1
    while low < high:
        middle = (low + high) // 2
        event = tables.read(Event, "events", number_key(middle))
        is_before = event is None or event.time_us < since_us
        low, high = (middle + 1, high) if is_before else (low, middle)
    for _, data in tables.rows("events", number_key(low)):
        event = decode(Event, data)
        if event.kind == EventKind.REPORT_RECEIVED:
            return event.report
    return _last_report(tables) + 1


def _last_report(tables: Tables) -> int:
    return int.from_bytes(tables.get("meta", b"last_report") or b"", "big")
