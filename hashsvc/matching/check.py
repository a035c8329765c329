"""Read me first: what is known about an item, and why. Two doors, `check_item` and `check_columns`, one way through.

    signals ─ weak or not configured? ─→ Problem
        │
        └→ candidates (candidates.py) ─→ read the entry ─→ judge (verdict.py) ─→ the best verdict, the best evidence

Both are handed a snapshot and read everything from it, so that an answer is of one state of the list. Misses, nearly
all of what is asked, cost no Python per item. Called by the server, and by intake with its own snapshot.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvariantError
from hashsvc.hashlist.values import UNKNOWN_QUALITY, Entry, ListedSignal, State
from hashsvc.matching.candidates import Candidate, Run, exact_candidate, in_order, rows_of, turned
from hashsvc.matching.policy import Policy, Rule
from hashsvc.matching.source import ORDINAL_BITS, Bytes, Hits, MatchedSignal, Snapshot
from hashsvc.matching.values import Answer, BatchAnswer, Column, Effort, Evidence, Problem, Verdict
from hashsvc.matching.verdict import AS_GIVEN, KNOWN, LIKELY, NEW, contradicts, judge
from hashsvc.signals import BY_NAME, BY_NUMBER, PHOTODNA, SHA256, Signal

NEAREST_MAX = 64  # hits a query that a bulk search keeps at first; what they leave open is asked again without a bound
SETTLED_READS_MAX = 1_024  # once the verdict is settled, so many listed signals at most are read to fill the evidence
THOROUGH_ITEMS_MAX = 512  # items searched at once at THOROUGH: eight queries each, and room for their hits
CALLS_APART = 256  # items weighed, or listed signals read, between two calls of between_slices

EMPTY = Answer(int(Verdict.NEW), (), False)
UNCHECKED = Answer(int(Verdict.UNCHECKED), (), False)
EMPTY_ITEM_MESSAGE = "the item has no signal; it needs at least one"
NO_DIGESTS: Mapping[int, Sequence[bytes]] = {}


def check_item(
    snapshot: Snapshot,
    signals: Sequence[Signal],
    policy: Policy,
    effort: int,
    evidence_max: int,
    between_slices: Callable[[], None] | None = None,
) -> Answer:
    """Say what is known about one item: several signals of one thing give one verdict, from all their evidence.

    signals: parsed, of the right length. evidence_max: most evidence to list, ≥ 1; the verdict is decided from all.
    A signal that cannot be used is a Problem, and the others are answered; if none can, the verdict is UNCHECKED,
    never NEW. between_slices: called now and then in long work; may raise to end it.
    Costs about 5 µs besides the snapshot's calls where nothing is met.
    """
    rules = policy.rules
    problems: list[Problem] = []
    exact: list[Candidate] = []
    near: dict[int, list[int]] = {}
    used = False
    for index, signal in enumerate(signals):
        rule = rules[signal.type]
        if rule is None:
            problems.append(_not_configured(0, f"signals[{index}]", signal.type))
            continue
        weakness = rule.type.flat(signal.value)
        if weakness is not None:
            problems.append(Problem(0, f"signals[{index}]", "WEAK_FINGERPRINT", weakness))
            continue
        used = True
        if rule.is_digest:
            refs = snapshot.lookup(signal.type, signal.value)
            if refs:
                exact.extend([exact_candidate(rule, index, ref) for ref in refs])
        else:
            near.setdefault(signal.type, []).append(index)
    runs: list[Run] = []
    for number, indexes in near.items():
        rule = rules[number]
        assert rule is not None
        packed = b"".join([signals[index].value for index in indexes])
        values = np.frombuffer(packed, np.uint8).reshape(len(indexes), -1)
        queries, a_value = turned(rule, effort, values)
        hits = snapshot.near(rule.type.name, queries, rule.radius(effort), between_slices=between_slices)
        if len(hits.query):
            for row, start, end in zip(*rows_of(hits), strict=True):
                index = indexes[row // a_value]
                quality = signals[index].quality
                runs.append(_run(rule, index, row % a_value + 1, quality, hits, row, start, end))
    if exact or runs:
        weighing = Weighing(snapshot, policy, effort, evidence_max, between_slices)
        digests = _digests_of(signals) if exact and len(signals) > 1 else NO_DIGESTS
        verdict, evidence, truncated = weighing.weigh(in_order(exact, runs), digests)
        return Answer(verdict, evidence, truncated, tuple(problems))
    if not problems:
        return EMPTY if used else Answer(UNCHECKED.verdict, (), False, (_empty_item(0, "signals"),))
    return Answer(NEW if used else UNCHECKED.verdict, (), False, tuple(problems))


def check_columns(
    snapshot: Snapshot,
    item_count: int,
    columns: Sequence[Column],
    policy: Policy,
    effort: int,
    evidence_max: int,
    between_slices: Callable[[], None] | None = None,
) -> BatchAnswer:
    """Say what is known about many items; each as `check_item` would, save that the bulk shares one search.

    The answer's hits are the items that are not NEW, ascending: also the UNCHECKED ones, so that an item that is not
    among them was checked and is NEW. Problems ascend by item and stand in `problems` only.
    Costs a few µs for an item that is met, and none of its own for one that is not.
    """
    problems: list[Problem] = []
    asked = [_usable(item_count, column, policy, problems) for column in columns]
    unchecked = _unchecked(item_count, columns, asked, problems)

    exact: dict[int, list[Candidate]] = {}
    runs: dict[int, list[Run]] = {}
    for column, rows in zip(columns, asked, strict=True):
        rule = policy.rules[column.type]
        if rule is None or (rows is not None and not len(rows)):
            continue
        values = column.values if rows is None else column.values[rows]
        if rule.is_digest:
            met, refs = snapshot.lookup_many(column.type, values)
            if len(met):
                items = met if rows is None else rows[met]
                for item, ref in zip(items.tolist(), refs, strict=True):
                    exact.setdefault(item, []).append(exact_candidate(rule, 0, ref))
        else:
            nearest_max = max(NEAREST_MAX, evidence_max + 1)
            _search(snapshot, rule, effort, values, rows, column.quality, nearest_max, between_slices, runs)
        if between_slices is not None:
            between_slices()

    hits = [(item, UNCHECKED) for item in unchecked]
    if exact or runs:
        weighing = Weighing(snapshot, policy, effort, evidence_max, between_slices)
        digest_columns = [column for column in columns if BY_NUMBER[column.type].is_digest]
        for count, item in enumerate(sorted(exact.keys() | runs.keys())):
            if between_slices is not None and count % CALLS_APART == CALLS_APART - 1:
                between_slices()
            equal, near = exact.get(item, []), runs.get(item, [])
            digests = _digests_at(item, digest_columns) if equal and len(digest_columns) > 1 else NO_DIGESTS
            verdict, evidence, truncated = weighing.weigh(in_order(equal, near), digests)
            open_runs = [run for run in near if run.more]
            if open_runs:
                if verdict > LIKELY or (verdict == LIKELY and any(run.may_hide_known() for run in open_runs)):
                    near = [_ask_again(snapshot, effort, columns, item, run, between_slices) for run in near]
                    verdict, evidence, truncated = weighing.weigh(in_order(equal, near), digests)
                else:
                    truncated = True
            if verdict != NEW:
                hits.append((item, Answer(verdict, evidence, truncated)))
        hits.sort(key=_item_of)
    return BatchAnswer(hits, problems)


class Weighing:
    """Reads candidates and weighs them; one for a call, so that what its items share is made once."""

    def __init__(
        self,
        snapshot: Snapshot,
        policy: Policy,
        effort: int,
        evidence_max: int,
        between_slices: Callable[[], None] | None,
    ) -> None:
        self._snapshot = snapshot
        self._policy = policy
        self._radii = [0 if rule is None else rule.radius(effort) for rule in policy.rules]
        self._evidence_max = evidence_max
        self._between_slices = between_slices
        self._counts: dict[int, int] = {}

    def weigh(
        self, candidates: Iterable[Candidate], digests: Mapping[int, Sequence[bytes]]
    ) -> tuple[int, tuple[Evidence, ...], bool]:
        """Give (verdict, evidence best first, whether there is more). candidates: best first. digests: the item's.

        The list is read until nothing that is left can better the verdict and there is more evidence than is to be
        listed: what is left then changes nothing but which of the lesser evidence is named.
        """
        signal, rules, radii = self._snapshot.signal, self._policy.rules, self._radii
        evidence_max = self._evidence_max
        best: dict[int, tuple[Candidate, int, tuple[int, ...], MatchedSignal]] = {}
        verdict = NEW
        reads = 0
        truncated = False
        for candidate in candidates:
            cannot_close, distance, _, orientation, _, ref, number, quality = candidate
            if verdict <= (LIKELY if cannot_close else KNOWN):
                # Settled: the rest cannot better it.
                if len(best) > evidence_max:
                    break
                if reads >= SETTLED_READS_MAX:
                    truncated = True
                    break
            reads += 1
            if reads % CALLS_APART == 0 and self._between_slices is not None:
                self._between_slices()
            matched = signal(ref)
            rule = rules[number]
            assert rule is not None
            contradicted = (
                rule.is_digest
                and number != SHA256
                and len(digests) > 1
                and contradicts(matched.entry, rule.type.strength, digests, self._state_of)
            )
            listed_quality = matched.listed.quality
            amount, caps = judge(
                rule, matched.state, distance, radii[number], orientation, quality, listed_quality, contradicted
            )
            if amount == NEW:
                continue
            if amount < verdict:
                verdict = amount
            before = best.get(ref)
            if before is None or (amount, candidate) < (before[1], before[0]):
                best[ref] = (candidate, amount, caps, matched)
        if not best:
            return NEW, (), False
        if len(best) == 1:
            return verdict, (self._evidence(*next(iter(best.values()))),), truncated
        ordered = sorted(best.values(), key=_worth)
        listed = tuple([self._evidence(*one) for one in ordered[:evidence_max]])
        return verdict, listed, truncated or len(best) > evidence_max

    def _evidence(self, candidate: Candidate, verdict: int, caps: tuple[int, ...], matched: MatchedSignal) -> Evidence:
        _, distance, _, orientation, query_index, _, number, query_quality = candidate
        rule = self._policy.rules[number]
        assert rule is not None
        entry, listed_quality = matched.entry, matched.listed.quality
        if rule.is_digest:
            return Evidence(
                entry.entry_id, number, query_index, 0, 0, 0, matched.state, verdict, caps,
                UNKNOWN_QUALITY, UNKNOWN_QUALITY, -1.0, "", entry.last_sequence,
            )  # fmt: skip
        squared = number == PHOTODNA
        count = self._counts.get(number)
        if count is None:
            count = self._counts[number] = self._snapshot.signal_count(number)
        low = query_quality < rule.quality_min or listed_quality < rule.quality_min
        low = low or (rule.type.has_quality and query_quality == listed_quality == UNKNOWN_QUALITY)
        chance, source = self._policy.chance.expected(
            number, distance, count, turned=orientation > AS_GIVEN, low_quality=low
        )
        return Evidence(
            entry.entry_id, number, query_index, 0 if squared else distance, distance if squared else 0, orientation,
            matched.state, verdict, caps, query_quality, listed_quality, chance, source, entry.last_sequence,
        )  # fmt: skip

    def _state_of(self, entry: Entry, listed: ListedSignal) -> int:
        """Give the state of another signal of an entry; where the batch decides, as the snapshot sees it."""
        if listed.state == State.WITH_BATCH:
            return self._snapshot.signal(entry.number << ORDINAL_BITS | listed.ordinal).state
        return listed.state


def _worth(one: tuple[Candidate, int, tuple[int, ...], MatchedSignal]) -> tuple[int, int, int, int, int, int]:
    """Sort evidence: by verdict, then distance, the stronger digest, the least turned, the query, the entry."""
    _, distance, rank, orientation, query_index, ref, _, _ = one[0]
    return one[1], distance, rank, orientation, query_index, ref


def _item_of(hit: tuple[int, Answer]) -> int:
    return hit[0]


# ---------------------------------------------------------------- which signals can be asked


def _usable(item_count: int, column: Column, policy: Policy, problems: list[Problem]) -> NDArray[np.int64] | None:
    """Give the items whose value of this column can be asked, ascending; None: all. Adds a Problem for each other."""
    values, present = column.values, column.present
    if len(values) != item_count or (present is not None and len(present) != item_count):
        raise InvariantError(f"a column has {len(values)} values for {item_count} items; the server checks that first")
    kind = BY_NUMBER[column.type]
    if policy.rules[column.type] is None:
        absent = range(item_count) if present is None else np.flatnonzero(present).tolist()
        problems.extend([_not_configured(item, kind.name, column.type) for item in absent])
        return np.empty(0, np.int64)
    weak = kind.flat_rows(values)
    if present is not None:
        weak = weak & present
    if weak.any():
        problems.extend([_weak(item, kind.name, values[item].tobytes()) for item in np.flatnonzero(weak).tolist()])
        return np.flatnonzero(~weak if present is None else present & ~weak)
    if present is None or present.all():
        return None
    return np.flatnonzero(present)


def _unchecked(
    item_count: int,
    columns: Sequence[Column],
    asked: Sequence[NDArray[np.int64] | None],
    problems: list[Problem],
) -> list[int]:
    """Give the items of which nothing can be asked, ascending. Adds and sorts problems."""
    if any(rows is None for rows in asked):
        unchecked: list[int] = []
    else:
        used = np.zeros(item_count, np.bool_)
        for rows in asked:
            used[rows] = True
        unchecked = np.flatnonzero(~used).tolist()
    if unchecked and not any(column.present is None for column in columns):
        has_any = np.zeros(item_count, np.bool_)
        for column in columns:
            if column.present is not None:
                has_any |= column.present
        problems.extend([_empty_item(item, "") for item in np.flatnonzero(~has_any).tolist()])
    problems.sort(key=lambda problem: problem.item)
    return unchecked


def _not_configured(item: int, field: str, type_number: int) -> Problem:
    message = f"this service's policy has no thresholds for {BY_NUMBER[type_number].title}; it was not searched"
    return Problem(item, field, "SIGNAL_NOT_CONFIGURED", message)


def _weak(item: int, type_name: str, value: bytes) -> Problem:
    return Problem(item, type_name, "WEAK_FINGERPRINT", BY_NAME[type_name].flat(value) or "")


def _empty_item(item: int, field: str) -> Problem:
    return Problem(item, field, "EMPTY_ITEM", EMPTY_ITEM_MESSAGE)


def _digests_of(signals: Sequence[Signal]) -> Mapping[int, Sequence[bytes]]:
    """Gather an item's digests by type, weak ones too: a placeholder that differs still differs."""
    digests: dict[int, list[bytes]] = {}
    for signal in signals:
        if BY_NUMBER[signal.type].is_digest:
            digests.setdefault(signal.type, []).append(signal.value)
    return digests


def _digests_at(item: int, columns: Sequence[Column]) -> Mapping[int, Sequence[bytes]]:
    """The same from the digest columns."""
    return {
        column.type: (column.values[item].tobytes(),)
        for column in columns
        if column.present is None or column.present[item]
    }


# ---------------------------------------------------------------- searching in bulk


def _search(
    snapshot: Snapshot,
    rule: Rule,
    effort: int,
    values: Bytes,
    rows: NDArray[np.int64] | None,
    quality: Bytes | None,
    nearest_max: int,
    between_slices: Callable[[], None] | None,
    runs: dict[int, list[Run]],
) -> None:
    """Search one column and put what each item met into `runs`. rows: the items of the values, None: all."""
    part_max = THOROUGH_ITEMS_MAX if effort == Effort.THOROUGH else max(1, len(values))
    for first in range(0, len(values), part_max):
        queries, a_value = turned(rule, effort, values[first : first + part_max])
        hits = snapshot.near(
            rule.type.name, queries, rule.radius(effort), nearest_max=nearest_max, between_slices=between_slices
        )
        if not len(hits.query):
            continue
        for row, start, end in zip(*rows_of(hits), strict=True):
            position = first + row // a_value
            item = position if rows is None else int(rows[position])
            query_quality = UNKNOWN_QUALITY if quality is None else int(quality[item])
            run = _run(rule, 0, row % a_value + 1, query_quality, hits, row, start, end)
            runs.setdefault(item, []).append(run)


def _ask_again(
    snapshot: Snapshot,
    effort: int,
    columns: Sequence[Column],
    item: int,
    run: Run,
    between_slices: Callable[[], None] | None,
) -> Run:
    """Search one query once more without a bound, if something was cut: the verdict is decided from everything."""
    if not run.more:
        return run
    column = next(column for column in columns if column.type == run.rule.number)
    queries, _ = turned(run.rule, effort, column.values[item : item + 1])
    query = queries[run.orientation - 1 : run.orientation]
    hits = snapshot.near(run.rule.type.name, query, run.rule.radius(effort), between_slices=between_slices)
    return _run(run.rule, 0, run.orientation, run.quality, hits, 0, 0, len(hits.query))


def _run(
    rule: Rule, query_index: int, orientation: int, quality: int, hits: Hits, row: int, start: int, end: int
) -> Run:
    more = hits.more is not None and bool(hits.more[row])
    return Run(rule, query_index, orientation, quality, hits.distance[start:end], hits.ref[start:end], more)
