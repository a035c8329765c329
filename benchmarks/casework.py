"""Casework: reports a second triaged durably, and how long a confirmation takes to close a case's waiting twins.

    python -m benchmarks casework [--small] [--json]

On the library, with no service in between: `Casework` on disk beside a copy of a prepared list, opened as a worker
opens it, each call a durable transaction. One thread; a report has one item, which carries a SHA-256 and a PDQ.

triage: 100 reports a call (the most that SubmitReports takes) into so many open cases. 40 % known: half are a listed
entry's digest and PDQ, half its PDQ with another digest. 20 % join an open case: half by digest and PDQ, half by a PDQ
8 bits away. 40 % new. outcomes_right: each item became what it was drawn as, and joined the very case.

triage over gRPC: the same mix through SubmitReports of a service with one worker, bound to one core, with a few calls
in flight from a client on the other core that sends bytes made before. reports_cpu_s: over the worker's own CPU time.

confirm and close: from the last confirming `assess` until it returns. All that waited in the case is closed then, half
by digest, half by PDQ. told_right: so many it says, and so many are. problems: what `verify` finds in the end.

The figures with cpu are over the process's CPU time, which neighbours lengthen less.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np

from benchmarks import codes, lists, serving
from benchmarks.codes import Bytes
from benchmarks.lists import CHUNK, QUALITY, Spec
from benchmarks.report import Row, row, say, spread
from hashsvc.casework.desks import Casework
from hashsvc.casework.values import CaseState, ItemState, NewItem, NewReport, Opinion, Submitted
from hashsvc.clock import SystemClock
from hashsvc.config import Config
from hashsvc.errors import HashsvcError
from hashsvc.hashlist import ListStore
from hashsvc.limits import REPORTS_MAX
from hashsvc.matching.current import CurrentPolicy
from hashsvc.server.writing.casework import open_casework
from hashsvc.signals import PDQ, SHA256, Signal
from hashsvc.v1 import report_service_pb2 as report_pb

BENCHMARK = "casework"
SUBJECT = "library, no service in between"
SERVED = "service, one worker"
SUBMIT = "/hashsvc.v1.ReportService/SubmitReports"
IN_FLIGHT = 3
TIMEOUT_S = 20
WHO = (("hashsvc-actor", "intake"),)
KNOWN, JOINED, NEW = "known", "joined", "new"
# Of ten reports, in this order: how the mix is made.
MIX = (KNOWN, NEW, KNOWN, JOINED, NEW, KNOWN, NEW, KNOWN, JOINED, NEW)
BITS_AWAY = 8
T = TypeVar("T")

CLASSIFICATIONS = (("uk_abc", "A"),)
# What is drawn for what: numbers for lists.draw.
FIRST_CASES, TRIAGE, CASES_TO_CLOSE, TRIAGE_SERVED = 801, 802, 803, 804


class Waiting(NamedTuple):
    """Open cases that can be met: their numbers, and what their first items carry (uint8[n, 32] each)."""

    numbers: list[int]
    sha256: Bytes
    pdq: Bytes


class Drawn(NamedTuple):
    """A report and what must become of it. case: that it joins, else 0."""

    report: NewReport
    outcome: str
    case: int


def add_arguments(parser: argparse.ArgumentParser) -> None:
    serving.add_arguments(parser)
    parser.add_argument("--entries", type=int, default=1_000_000, help="of the list (default %(default)s)")
    parser.add_argument("--open", type=int, default=100_000, help="cases open before (default %(default)s)")
    parser.add_argument("--reports", type=int, default=10_000, help="of one measurement (default %(default)s)")
    parser.add_argument("--repeats", type=int, default=5)
    parser.add_argument("--twins", type=int, default=1_000, help="that wait in a case (default %(default)s)")
    parser.add_argument("--closings", type=int, default=5, help="cases that are confirmed (default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    """Measure both on one list."""
    if options.small:
        options.entries, options.open, options.reports, options.repeats = 2_000, 500, 500, 2
        options.twins, options.closings = 200, 2
    with lists.copied(Path(options.lists), Spec(options.entries, seed=options.seed)) as data:
        os.sync()  # else the first commits wait for the copy to reach the disk
        clock = SystemClock()
        with (
            contextlib.closing(ListStore.open(data, clock=clock)) as store,
            contextlib.closing(open_casework(Config(data_dir=str(data)), store, CurrentPolicy(), clock)) as casework,
        ):
            waiting = opened(casework, options.open, options.seed)
            yield triage(casework, waiting, options)
            yield confirm_and_close(casework, options)
        yield triage_served(data, waiting, options)


# ---------------------------------------------------------------- triage


def triage(casework: Casework, waiting: Waiting, options: argparse.Namespace) -> Row:
    """Submit the mix, a few times, and compare what became of it."""
    rng = lists.draw(options.seed, TRIAGE)
    rates, cpu_rates, right = [], [], True
    outcomes: Counter[str] = Counter()
    for turn in range(options.repeats):
        drawn = mixed(waiting, options, rng, turn)
        calls = [[one.report for one in part] for part in _parts(drawn)]
        started, cpu_started = time.perf_counter(), time.process_time()
        answers = [answer for call in calls for answer in submit(casework, call)]
        elapsed, cpu = time.perf_counter() - started, time.process_time() - cpu_started
        rates.append(len(drawn) / elapsed)
        cpu_rates.append(len(drawn) / cpu)
        became = [outcome_of(answer) for answer in answers]
        outcomes.update(outcome for outcome, _ in became)
        right &= became == [(one.outcome, one.case) for one in drawn]
    say(f"casework: triage: {max(rates):,.0f} reports/s, {max(cpu_rates):,.0f} by CPU time")
    return row(
        BENCHMARK, f"triage, {SUBJECT}", options.seed, entries=options.entries, open_cases=options.open,
        reports_a_call=REPORTS_MAX, reports_s=spread(rates), reports_cpu_s=spread(cpu_rates),
        known=outcomes[KNOWN], joined=outcomes[JOINED], new=outcomes[NEW], outcomes_right=right,
    )  # fmt: skip


def triage_served(data: Path, waiting: Waiting, options: argparse.Namespace) -> Row:
    """As `triage`, through a service of one worker: a few calls of 100 reports in flight, from another process."""
    rng = lists.draw(options.seed, TRIAGE_SERVED)
    rates, cpu_rates, right = [], [], True
    core, load_core = serving.cores()
    with (
        serving.service(data, 1, [core], report_verdicts="true") as server,
        serving.on_core(load_core),
        contextlib.closing(serving.connect(server.address)) as channel,
    ):
        method = serving.raw(channel, SUBMIT)
        for turn in range(options.repeats):
            drawn = mixed(waiting, options, rng, 1_000 + turn)
            requests = [request_of([one.report for one in part]) for part in _parts(drawn)]
            started, cpu_started = time.perf_counter(), server.cpu_s()
            with ThreadPoolExecutor(IN_FLIGHT) as callers:
                sent = list(callers.map(lambda one: method(one, timeout=TIMEOUT_S, metadata=WHO), requests))
            elapsed, cpu = time.perf_counter() - started, server.cpu_s() - cpu_started
            rates.append(len(drawn) / elapsed)
            cpu_rates.append(len(drawn) / cpu)
            answers = [report_pb.SubmitReportsResponse.FromString(one) for one in sent]
            items = [result.receipt.items[0] for answer in answers for result in answer.results]
            right &= [_served_outcome(item) for item in items] == [(one.outcome, one.case) for one in drawn]
    say(f"casework: triage over gRPC: {max(rates):,.0f} reports/s, {max(cpu_rates):,.0f} by CPU time")
    return row(
        BENCHMARK, f"triage, {SERVED}", options.seed, entries=options.entries, open_cases=options.open,
        reports_a_call=REPORTS_MAX, calls_in_flight=IN_FLIGHT, reports_s=spread(rates), reports_cpu_s=spread(cpu_rates),
        outcomes_right=right,
    )  # fmt: skip


def request_of(reports: Sequence[NewReport]) -> bytes:
    """Write the request that brings these reports."""
    request = report_pb.SubmitReportsRequest()
    for report in reports:
        message = request.reports.add(request_id=report.request_id)
        for item in report.items:
            added = message.items.add(content_ref=item.content_ref)
            for one in item.signals:
                added.signals.add(type=one.type, value=one.value, quality=one.quality)
    return request.SerializeToString()


def _served_outcome(item: report_pb.ItemResult) -> tuple[str, int]:
    if item.state == report_pb.ITEM_STATE_CLOSED_KNOWN:
        return KNOWN, 0
    return (NEW, 0) if item.is_case_opened else (JOINED, item.case)


def mixed(waiting: Waiting, options: argparse.Namespace, rng: np.random.Generator, turn: int) -> list[Drawn]:
    """Draw reports: known, joining and new ones, in the order of MIX."""
    count = options.reports
    sha256, pdq = codes.uniform(rng, count, 32).copy(), codes.uniform(rng, count, 32).copy()
    outcomes = [MIX[i % len(MIX)] for i in range(count)]
    known = [i for i, outcome in enumerate(outcomes) if outcome == KNOWN]
    listed_sha256, listed_pdq = _listed(options, rng, len(known))
    pdq[known] = listed_pdq
    sha256[known[::2]] = listed_sha256[::2]
    joining = [i for i, outcome in enumerate(outcomes) if outcome == JOINED]
    met = rng.choice(len(waiting.numbers), len(joining), replace=len(joining) > len(waiting.numbers))
    pdq[joining] = waiting.pdq[met]
    sha256[joining[::2]] = waiting.sha256[met[::2]]
    pdq[joining[1::2]] = codes.near(rng, pdq[joining[1::2]], BITS_AWAY)
    cases = dict(zip(joining, (waiting.numbers[one] for one in met.tolist()), strict=True))
    reports = _reports(f"t{turn}", sha256, pdq)
    return [Drawn(report, outcomes[i], cases.get(i, 0)) for i, report in enumerate(reports)]


def outcome_of(answer: Submitted) -> tuple[str, int]:
    """Say what became of a report's item, and which case it joined."""
    (placed,) = answer.items
    if placed.state == ItemState.CLOSED_KNOWN:
        return KNOWN, 0
    return (NEW, 0) if placed.opened else (JOINED, placed.case)


def opened(casework: Casework, count: int, seed: int) -> Waiting:
    """Open so many cases, each of an item that nothing else is like."""
    rng = lists.draw(seed, FIRST_CASES)
    sha256, pdq = codes.uniform(rng, count, 32), codes.uniform(rng, count, 32)
    started = time.perf_counter()
    numbers: list[int] = []
    for part in _parts(_reports("open", sha256, pdq)):
        for answer in submit(casework, part):
            assert answer.items[0].opened
            numbers.append(answer.items[0].case)
    elapsed = time.perf_counter() - started
    say(f"casework: {count:,} cases opened, {count / elapsed:,.0f} a second")
    return Waiting(numbers, sha256, pdq)


def _listed(options: argparse.Namespace, rng: np.random.Generator, count: int) -> tuple[Bytes, Bytes]:
    """Draw SHA-256 and PDQ of so many entries of the list, again: from a few of its chunks."""
    chunks = rng.integers(0, -(-options.entries // CHUNK), 8).tolist()
    found = [lists.rows(Spec(options.entries, seed=options.seed), chunk) for chunk in chunks]
    part = min(CHUNK, options.entries)
    which, at = rng.integers(0, len(found), count).tolist(), rng.integers(0, part, count).tolist()
    sha256 = np.array([found[one].sha256[i] for one, i in zip(which, at, strict=True)])
    return sha256, np.array([found[one].pdq[i] for one, i in zip(which, at, strict=True)])


# ---------------------------------------------------------------- confirm and close


def confirm_and_close(casework: Casework, options: argparse.Namespace) -> Row:
    """Confirm a few cases in which as many twins wait, and look whether all are closed."""
    rng = lists.draw(options.seed, CASES_TO_CLOSE)
    times_ms, cpu_ms, told_right, all_closed = [], [], True, True
    for turn in range(options.closings):
        number = with_twins(casework, options.twins, rng, turn)
        casework.claims.claim("ann", number)
        casework.decisions.assess(number, Opinion("ann", 0, True, CLASSIFICATIONS))
        casework.claims.claim("bea", number)
        started, cpu_started = time.perf_counter(), time.process_time()
        decided = casework.decisions.assess(number, Opinion("bea", 0, True, CLASSIFICATIONS))
        times_ms.append((time.perf_counter() - started) * 1e3)
        cpu_ms.append((time.process_time() - cpu_started) * 1e3)
        case, items = casework.claims.case(number)
        closed = sum(item.state == ItemState.CLOSED_LISTED for item in items)
        all_closed &= case.state == CaseState.LISTED and closed == len(items) == options.twins + 1
        told_right &= decided.closed_items + decided.closed_twins == options.twins + 1
    say(f"casework: confirm and close: {min(times_ms):.1f} ms, {min(cpu_ms):.1f} ms of CPU")
    return row(
        BENCHMARK, f"confirm and close, {SUBJECT}", options.seed, entries=options.entries, open_cases=options.open,
        twins=options.twins, close_ms=spread(times_ms), close_cpu_ms=spread(cpu_ms), all_closed=all_closed,
        told_right=told_right, problems=len(casework.oversight.verify()),
    )  # fmt: skip


def with_twins(casework: Casework, twins: int, rng: np.random.Generator, turn: int) -> int:
    """Open a case and let twins join it: half have its digest, half a PDQ near its own. Returns its number."""
    sha256, pdq = codes.uniform(rng, twins + 1, 32).copy(), codes.uniform(rng, twins + 1, 32).copy()
    pdq[1:] = codes.near(rng, np.repeat(pdq[:1], twins, axis=0), BITS_AWAY)
    sha256[1::2] = sha256[0]
    numbers = {
        answer.items[0].case
        for part in _parts(_reports(f"c{turn}", sha256, pdq))
        for answer in submit(casework, part)
    }  # fmt: skip
    (number,) = numbers
    return number


# ---------------------------------------------------------------- reports


def _reports(name: str, sha256: Bytes, pdq: Bytes) -> list[NewReport]:
    """Make reports of an item each, as an analyst's system would bring them."""
    return [
        NewReport(
            actor="intake",
            request_id=f"{name}-{i}",
            items=(
                NewItem(
                    (Signal(SHA256, sha256[i].tobytes()), Signal(PDQ, pdq[i].tobytes(), QUALITY)), f"ref-{name}-{i}"
                ),
            ),
        )
        for i in range(len(sha256))
    ]


def submit(casework: Casework, reports: Sequence[NewReport]) -> list[Submitted]:
    """Bring reports in one call; none is refused."""
    answers = []
    for answer in casework.arrival.submit_each(reports):
        if isinstance(answer, HashsvcError):
            raise answer
        answers.append(answer)
    return answers


def _parts(everything: Sequence[T]) -> Iterator[Sequence[T]]:
    """Cut into calls."""
    for start in range(0, len(everything), REPORTS_MAX):
        yield everything[start : start + REPORTS_MAX]
