"""Read me first: what is known about an item, and why. Two doors, `check_item` and `check_columns`, one way through.

    signals ─ weak or not configured? ─→ Problem
        │
        └→ candidates (candidates.py) ─→ read the entry ─→ judge (verdict.py) ─→ the best verdict, the best evidence

Both are handed a snapshot and read everything from it, so that an answer is of one state of the list. Misses, nearly
all of what is asked, cost no Python per item.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from hashsvc.errors import InvalidArgument, InvariantError
from hashsvc.matching.candidates import (
    Candidate,
    Run,
    ask_again,
    exact_candidate,
    in_order,
    search_column,
    search_item,
    url_candidates,
)
from hashsvc.matching.policy import Policy, Rule
from hashsvc.matching.source import Snapshot
from hashsvc.matching.urls import OnUrls, search_urls
from hashsvc.matching.usable import (
    digests_at,
    digests_of,
    empty_item,
    not_configured,
    unchecked_items,
    usable_rows,
    weak,
)
from hashsvc.matching.values import Answer, BatchAnswer, Column, Problem, Verdict
from hashsvc.matching.verdict import LIKELY, NEW
from hashsvc.matching.weighing import Weighing
from hashsvc.signals import BY_NUMBER, URL, Signal
from hashsvc.signals.url_expressions import lookup_keys

NEAREST_MAX = 64  # hits a query that a bulk search keeps at first; what they leave open is asked again without a bound
CALLS_APART = 256  # items weighed between two calls of between_slices

EMPTY = Answer(int(Verdict.NEW), (), False)
UNCHECKED = Answer(int(Verdict.UNCHECKED), (), False)
NOTHING: list[Any] = []
NO_DIGESTS: Mapping[int, Sequence[bytes]] = {}


def check_item(
    snapshot: Snapshot,
    signals: Sequence[Signal],
    policy: Policy,
    effort: int,
    evidence_max: int,
    between_slices: Callable[[], None] | None = None,
    on_urls: OnUrls | None = None,
) -> Answer:
    """Say what is known about one item: several signals of one thing give one verdict, from all their evidence.

    signals: parsed, of the right length. evidence_max: most evidence to list, ≥ 1; the verdict is decided from all.
    A signal that cannot be used is a Problem, and the others are answered; if none can, the verdict is UNCHECKED,
    never NEW. between_slices: called now and then in long work; may raise to end it. on_urls: told the roles (a byte
    each) and hashes (32 bytes each) of every URL's expressions.
    Costs about 5 µs besides the snapshot's calls where nothing is met; a URL some 10 µs.
    """
    rules = policy.rules
    problems: list[Problem] = []
    exact: list[Candidate] = []
    near: dict[int, list[int]] = {}
    used = False
    for index, signal in enumerate(signals):
        rule = rules[signal.type]
        if rule is None:
            problems.append(not_configured(0, f"signals[{index}]", signal.type))
            continue
        if rule.url is not None:
            try:
                keys = lookup_keys(signal.value.decode(), f"signals[{index}]")
            except InvalidArgument as error:
                problems.append(Problem(0, error.field, error.reason, error.message))
                continue
            used = True
            embedded = signal.url is not None and signal.url.embedded
            rows = snapshot.lookup_url(keys.digests)
            if rows:
                exact += url_candidates(rule, index, keys.roles, rows, embedded=embedded)
            if on_urls is not None:
                on_urls(keys.roles, keys.digests)
            continue
        weakness = rule.type.flat(signal.value, signal.quality)
        if weakness is not None:
            problems.append(weak(0, f"signals[{index}]", weakness))
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
        runs += search_item(snapshot, rule, effort, signals, indexes, between_slices)
    if exact or runs:
        weighing = Weighing(snapshot, policy, effort, evidence_max, between_slices)
        digests = digests_of(signals) if exact and len(signals) > 1 else NO_DIGESTS
        verdict, evidence, truncated = weighing.weigh(in_order(exact, runs), digests)
        return Answer(verdict, evidence, truncated, tuple(problems))
    if not problems:
        return EMPTY if used else Answer(UNCHECKED.verdict, (), False, (empty_item(0, "signals"),))
    return Answer(NEW if used else UNCHECKED.verdict, (), False, tuple(problems))


def check_columns(
    snapshot: Snapshot,
    item_count: int,
    columns: Sequence[Column],
    policy: Policy,
    effort: int,
    evidence_max: int,
    between_slices: Callable[[], None] | None = None,
    urls: Sequence[str] = (),
    on_urls: OnUrls | None = None,
) -> BatchAnswer:
    """Say what is known about many items; each as `check_item` would, save that the bulk shares one search.

    The answer's hits are the items that are not NEW, ascending: also the UNCHECKED ones, so that an item that is not
    among them was checked and is NEW. Problems ascend by item and stand in `problems` only. urls: empty, or one an
    item, "" where it has none.
    Costs a few µs for an item that is met, and none of its own for one that is not.
    """
    problems: list[Problem] = []
    asked = [usable_rows(item_count, column, policy, problems) for column in columns]
    exact: dict[int, list[Candidate]] = {}
    if urls:
        if len(urls) != item_count:
            raise InvariantError(f"there are {len(urls)} URLs for {item_count} items; the server checks that first")
        present, with_url = search_urls(snapshot, policy, urls, problems, exact, between_slices, on_urls)
        url_column = Column(URL, np.empty((item_count, 0), np.uint8), present)
        unchecked = unchecked_items(item_count, [*columns, url_column], [*asked, with_url], problems)
    else:
        unchecked = unchecked_items(item_count, columns, asked, problems)

    runs: dict[int, list[Run]] = {}
    for column, rows in zip(columns, asked, strict=True):
        rule = policy.rules[column.type]
        if rule is None or (rows is not None and not len(rows)):
            continue
        if rule.is_digest:
            met, refs = snapshot.lookup_many(column.type, column.values if rows is None else column.values[rows])
            if len(met):
                items = met if rows is None else rows[met]
                for item, ref in zip(items.tolist(), refs, strict=True):
                    exact.setdefault(item, []).append(exact_candidate(rule, 0, ref))
        else:
            nearest_max = max(NEAREST_MAX, evidence_max + 1)
            search_column(snapshot, rule, effort, column, rows, nearest_max, between_slices, runs)
        if between_slices is not None:
            between_slices()

    hits = [(item, UNCHECKED) for item in unchecked]
    if exact or runs:
        weighing = Weighing(snapshot, policy, effort, evidence_max, between_slices)
        digest_columns = [column for column in columns if BY_NUMBER[column.type].is_digest]
        one_digest = 0 if urls else 1  # contradicts nothing by itself, but a URL's content
        for count, item in enumerate(sorted(exact.keys() | runs.keys())):
            if between_slices is not None and count % CALLS_APART == CALLS_APART - 1:
                between_slices()
            equal, near = exact.get(item, NOTHING), runs.get(item, NOTHING)
            if len(equal) == 1 and not near and len(digest_columns) == 1 and not urls:
                one = weighing.weigh_equal(*_rule_and_ref(policy, equal[0]))
                if one is not None:
                    hits.append((item, Answer(one[0], (one[1],), False)))
                continue
            digests = digests_at(item, digest_columns) if equal and len(digest_columns) > one_digest else NO_DIGESTS
            verdict, evidence, truncated = weighing.weigh(in_order(equal, near), digests)
            cut = [run for run in near if run.more]
            if cut and (verdict > LIKELY or (verdict == LIKELY and any(run.may_hide_known() for run in cut))):
                near = [_whole(snapshot, effort, columns, item, run, between_slices) for run in near]
                verdict, evidence, truncated = weighing.weigh(in_order(equal, near), digests)
            elif cut:
                truncated = True
            if verdict != NEW:
                hits.append((item, Answer(verdict, evidence, truncated)))
        hits.sort(key=_item_of)
    return BatchAnswer(hits, problems)


def _rule_and_ref(policy: Policy, candidate: Candidate) -> tuple[Rule, int]:
    rule = policy.rules[candidate[6]]
    assert rule is not None
    return rule, candidate[5]


def _item_of(hit: tuple[int, Answer]) -> int:
    return hit[0]


def _whole(
    snapshot: Snapshot,
    effort: int,
    columns: Sequence[Column],
    item: int,
    run: Run,
    between_slices: Callable[[], None] | None,
) -> Run:
    """Give a run of which nothing is cut: the verdict is decided from everything."""
    if not run.more:
        return run
    column = next(column for column in columns if column.type == run.rule.number)
    return ask_again(snapshot, effort, column.values[item : item + 1], run, between_slices)
