"""What one worker has written, the other one answers from: nothing is ever stale."""

import hashlib
import threading
import urllib.request
from collections.abc import Callable

import pytest

from hashsvc.client import HashsvcClient, ServerError, Verdict
from hashsvc.signals import MD5, PDQ, PHASH64, SHA1, SHA256, Signal
from tests.e2e.service import Service
from tests.e2e.wire import content, far
from tests.hashlist.lists import signals_of

ALTERNATIONS = 100  # of three writes each


def test_a_write_in_one_worker_is_seen_by_the_next_check_in_the_other(clients: list[HashsvcClient], n: int) -> None:
    """300 writes in turn by both workers, each checked at once in the other one: none is stale."""
    seen = set()
    for i in range(ALTERNATIONS):
        here, there = clients[i % 2], clients[1 - i % 2]
        signals = signals_of(n + i)
        entry_id = here.propose(content(n + i)).entry.entry_id
        first = there.check(signals)
        here.acting_as("bob").confirm(entry_id)
        second = there.check([signals[i % 3]])
        here.acting_as("cleo").retract(entry_id, reason_code="QA")
        third = there.check([signals[2]])
        seen.add((first.worker, second.worker, third.worker))
        assert (first.verdict, second.verdict, third.verdict) == (Verdict.PENDING, Verdict.KNOWN, Verdict.LIKELY)
    assert seen == {(0, 0, 0), (1, 1, 1)}


def test_a_position_that_a_write_gave_can_be_demanded_in_the_other_worker(clients: list[HashsvcClient], n: int) -> None:
    """The position of a write's answer is met by every worker at once."""
    for i in range(20):
        written = clients[i % 2].propose(content(n + i))
        checked = clients[1 - i % 2].check(signals_of(n + i), at_least=written.position)
        assert checked.position.sequence >= written.position.sequence


def test_a_check_during_an_import_sees_each_call_whole(clients: list[HashsvcClient], n: int) -> None:
    """While entries are imported, checks go on in both workers, and see a call's entries all or none."""
    batch_id = clients[0].create_batch(hashlib.sha256(b"%d" % n).digest(), "org").batch.batch_id
    calls = [[content(n + 100 * call + i, "") for i in range(100)] for call in range(8)]
    items = [[(i, signals_of(n + 100 * call + i)) for i in (0, 50, 99)] for call in range(8)]
    torn: list[object] = []
    checks = [0, 0]
    stop = threading.Event()

    def check(worker: int) -> None:
        while not stop.is_set():
            for call in items:
                verdicts = {result.verdict for result in clients[worker].check_many(call)}
                checks[worker] += 1
                if len(verdicts) != 1 or not verdicts <= {Verdict.NEW, Verdict.PENDING}:
                    torn.append(verdicts)

    threads = [threading.Thread(target=check, args=(worker,)) for worker in (0, 1)]
    for thread in threads:
        thread.start()
    for contents in calls:
        assert clients[0].import_entries(batch_id, contents).inserted_count == 100
    stop.set()
    for thread in threads:
        thread.join()
    assert torn == []
    assert min(checks) > 0
    assert clients[1].check(signals_of(n + 799)).verdict is Verdict.PENDING


@pytest.mark.slow
def test_a_batch_check_answers_each_of_10000_items_as_a_check_of_it_alone(clients: list[HashsvcClient], n: int) -> None:
    """Listed, near, weak, empty, unknown, of all types: the bulk and the single check agree on every item."""
    for i in range(10):
        entry_id = clients[0].propose(content(n + i)).entry.entry_id
        if i % 3:
            clients[0].acting_as("bob").confirm(entry_id)
        if i % 3 == 2:
            clients[0].acting_as("cleo").dispute(entry_id, reason_code="QA")
    items = [(i, mixed_item(n, i)) for i in range(10_000)]
    bulk = list(clients[0].check_many(items))
    assert [result.id for result in bulk] == list(range(10_000))
    verdicts: dict[object, int] = {}
    for (i, signals), result in zip(items, bulk, strict=True):
        verdicts[result.verdict] = verdicts.get(result.verdict, 0) + 1
        assert alone(clients[1], signals) == (
            result.verdict,
            {problem.reason for problem in result.problems},
            result.evidence[0].entry if result.evidence else "",
        ), f"item {i}"
    assert min(verdicts[v] for v in (Verdict.KNOWN, Verdict.LIKELY, Verdict.PENDING, Verdict.NEW, None)) > 100


def mixed_item(n: int, i: int) -> list[Signal]:
    """Item i: of ten kinds in turn, about ten listed entries."""
    md5, sha256, pdq = signals_of(n + i // 10 % 10)
    unknown = signals_of(n + 1_000_000 + i)
    return [
        [md5],
        [sha256, pdq],
        [far(pdq, 12)],
        [far(pdq, 28), unknown[0]],
        [Signal(pdq.type, pdq.value, 20)],
        [Signal(PDQ, bytes(32))],
        [],
        [Signal(PHASH64, unknown[0].value[:8])],
        [md5, unknown[1]],
        [unknown[2], Signal(SHA1, hashlib.sha1(b"%d" % i, usedforsecurity=False).digest())],
    ][i % 10]


def alone(client: HashsvcClient, signals: list[Signal]) -> tuple[object, set[str], str]:
    try:
        result = client.check(signals)
    except ServerError as error:
        return None, {error.reason}, ""
    first = result.evidence[0].entry if result.evidence else ""
    return result.verdict, {problem.reason for problem in result.problems}, first


def test_one_scrape_tells_of_both_workers(service: Service, clients: list[HashsvcClient], n: int) -> None:
    """The metrics of both workers stand in one scrape: a check in each adds two to the count."""

    def checks() -> float:
        with urllib.request.urlopen(f"http://{service.metrics_address}/metrics", timeout=10) as answer:
            text = answer.read().decode()
        lines = [line for line in text.splitlines() if not line.startswith("#")]
        assert "hashsvc_workers 2.0" in lines
        assert "hashsvc_ready 2.0" in lines
        count = 'hashsvc_calls_total{code="OK",method="CheckService.Check"} '
        return next((float(line.removeprefix(count)) for line in lines if line.startswith(count)), 0.0)

    before = checks()
    for client in clients:
        client.check(signals_of(n))
    assert checks() == before + 2


def test_unknown_items_are_new_in_both_workers(clients: list[HashsvcClient], n: int) -> None:
    """What nobody listed is NEW, without evidence."""
    ask: Callable[[HashsvcClient], object] = lambda client: client.check(signals_of(n + 999)).verdict  # noqa: E731
    assert [ask(client) for client in clients] == [Verdict.NEW, Verdict.NEW]
    assert {MD5, SHA256, PDQ} == {signal.type for signal in signals_of(n)}
