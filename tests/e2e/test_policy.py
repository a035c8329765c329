"""The policy of a real service with two workers: proposed, signed, in force everywhere at once, and after a kill."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hashsvc.client import HashsvcClient, NewItem, NewReport, ServerError, Verdict
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.signals import PDQ, Signal
from tests.e2e.service import Service
from tests.e2e.wire import content
from tests.hashlist.lists import signals_of
from tests.hashlist.policies import apply
from tests.matching.fakes import flipped

WAIT_S = 30.0


def policy(version: str, close: int, show: int = 31) -> str:
    return (
        f'version = "{version}"\n[pdq]\nclose = {close}\nshow_standard = {show}\nmay_close = true\n'
        "[sha256]\nmay_close = true\n[md5]\nmay_close = true\n[sha1]\nmay_close = true\n"
    )


def near(n: int, distance: int) -> Signal:
    """A picture so far from content n's."""
    pdq = next(signal for signal in signals_of(n) if signal.type == PDQ)
    return Signal(PDQ, flipped(pdq.value, distance), 90)


@pytest.fixture
def own(new_service: Callable[..., Service]) -> Iterator[tuple[Service, list[HashsvcClient]]]:
    """A service of one's own, since its policy changes, and Ann's clients of both workers."""
    service = new_service("report_verdicts=true")
    clients = service.clients("ann")
    yield service, clients
    for client in clients:
        client.close()


def listed(clients: list[HashsvcClient], n: int) -> None:
    entry_id = clients[0].propose(content(n)).entry.entry_id
    clients[0].acting_as("bob").confirm(entry_id)


def test_a_policy_counts_from_the_next_check_on_in_the_other_worker(
    own: tuple[Service, list[HashsvcClient]], n: int
) -> None:
    """Proposed and signed through one worker, the very next check of the other answers by it, and after kill -9 too."""
    service, (here, there) = own
    listed([here, there], n)
    query = [near(n, 15)]
    for close in (10, 18, 12, 31):
        version = f"of {close}"
        before = there.check(query)
        proposed = here.propose_policy(policy(version, close)).policy
        assert there.check(query).policy_version == before.policy_version, "a proposal counts for nothing"
        signed = here.acting_as("bob").confirm_policy(proposed.proposal_sequence)
        assert signed.policy.applied_sequence == signed.position.sequence
        after = there.check(query)
        assert (after.worker, after.policy_version) == (1, version)
        assert after.verdict is (Verdict.KNOWN if close >= 15 else Verdict.LIKELY)
        (bulk,) = there.check_many([("x", query)])
        assert bulk.verdict is after.verdict
        assert there.stats().policy_version == version
    kinds = [change.kind for change in there.read_changes(3).changes]
    assert kinds == ["POLICY_PROPOSED", "POLICY_APPLIED"] * 4
    changes = there.read_changes(3).changes
    assert [change.policy.version for change in changes[1::2] if change.policy] == ["of 10", "of 18", "of 12", "of 31"]
    ids = service.processes()
    assert {"0", "1"} <= ids.keys()
    service.kill_all()
    again = Service(service.data, service.log_path.with_suffix(".again"))
    try:
        clients = again.clients("ann")
        for client in clients:
            assert (client.check(query).policy_version, client.check(query).verdict) == ("of 31", Verdict.KNOWN)
            assert client.get_policy().in_force.people[0].actor == "ann"
            client.close()
        assert again.stop() == 0
    finally:
        again.kill_all()


def test_reports_follow_the_policy_and_a_simulation_tells_before(
    own: tuple[Service, list[HashsvcClient]], n: int
) -> None:
    """What a simulation says would close, closes once the policy is in force; what it cannot tell it says."""
    _, (here, there) = own
    listed([here, there], n)
    reports = [NewReport(items=[NewItem((near(n, distance),))]) for distance in (15, 25, 29)]
    receipts = [one.receipt for one in here.submit_reports(reports)]
    assert [one.items[0].verdict for one in receipts if one] == [Verdict.KNOWN, Verdict.LIKELY, Verdict.LIKELY]
    wide = policy("wide", 27, 40)
    found = there.simulate_policy(wide)
    assert {(one.before, one.after): one.item_count for one in found.counts} == {
        (Verdict.KNOWN, Verdict.KNOWN): 1, (Verdict.LIKELY, Verdict.KNOWN): 1, (Verdict.LIKELY, Verdict.LIKELY): 1,
    }  # fmt: skip
    assert (found.newly_unviewed_report_count, found.newly_viewed_report_count) == (1, 0)
    assert [(one.signal, one.from_distance, one.to_distance) for one in found.blind_spots] == [("pdq", 32, 40)]
    (example,) = found.examples
    assert (example.evidence.distance_bits, example.after, example.evidence_after) == (25, "KNOWN", "KNOWN")
    assert (found.version_after, found.report_count) == ("wide", 3)
    assert [case.item_count for case in here.case_queue().cases] == [2], "they are alike"
    proposal = here.propose_policy(wide, note="tried").policy.proposal_sequence
    there.acting_as("bob").confirm_policy(proposal)
    assert [case.item_count for case in here.case_queue().cases] == [1]
    assert there.simulate_policy(wide).version_before == "wide"
    assert there.simulate_policy(wide, since_us=SystemClock().now_us()).report_count == 0


def test_refusals_name_what_would_be_right(own: tuple[Service, list[HashsvcClient]]) -> None:
    """What is no policy, has another's version, or is signed by the wrong person or too late, is refused precisely."""
    _, (ann, _) = own
    bob = ann.acting_as("bob")

    def reason(call: Callable[[], object]) -> tuple[str, str]:
        with pytest.raises(ServerError) as refused:
            call()
        assert refused.value.message
        return refused.value.reason, refused.value.field

    wrong = policy("x", 40)
    assert reason(lambda: ann.propose_policy(wrong)) == ("POLICY_INVALID", "text")
    assert reason(lambda: ann.simulate_policy(wrong)) == ("POLICY_INVALID", "text")
    assert reason(lambda: ann.simulate_policy("")) == ("REQUIRED", "text")
    assert reason(lambda: ann.simulate_policy("#" * 50_000)) == ("POLICY_TOO_LARGE", "text")
    assert reason(lambda: ann.simulate_policy(policy("x", 1), examples_max=21)) == ("BAD_VALUE", "examples_max")
    assert reason(lambda: ann.propose_policy(policy("2", 10))) == ("POLICY_VERSION_USED", "version")
    assert reason(lambda: bob.confirm_policy(9)) == ("NO_POLICY_PROPOSED", "sequence")
    assert reason(lambda: bob.confirm_policy(0)) == ("REQUIRED", "sequence")
    first = ann.propose_policy(policy("3", 10), request_id="once").policy
    assert ann.propose_policy(policy("3", 10), request_id="once").policy == first
    assert reason(lambda: ann.confirm_policy(first.proposal_sequence)) == ("SELF_CONFIRMATION", "")
    second = ann.propose_policy(policy("4", 10)).policy
    assert reason(lambda: bob.confirm_policy(first.proposal_sequence)) == ("POLICY_REPLACED", "sequence")
    assert ann.get_policy().proposed == second
    bob.confirm_policy(second.proposal_sequence)
    assert reason(lambda: ann.propose_policy(policy("4", 11))) == ("POLICY_VERSION_USED", "version")
    found = ann.get_policy()
    assert (found.in_force.version, found.proposed, found.people_required) == ("4", None, 2)
    shipped = ann.propose_policy(Path("data/policy.toml").read_text()).policy
    assert bob.confirm_policy(shipped.proposal_sequence).policy.version == "2"


def test_workers_stop_rather_than_answer_by_another_policy(own: tuple[Service, list[HashsvcClient]], n: int) -> None:
    """Under a policy of another version of hashsvc every check is refused with what is wrong, until it is mended."""
    service, (here, there) = own
    listed([here, there], n)
    store = ListStore.open(service.data, clock=SystemClock())
    try:
        apply(store, "later", 'version = "later"\n[videohash]\nclose = 1\n')
        with pytest.raises(ServerError, match="videohash") as refused:
            there.check([near(n, 1)])
        assert refused.value.reason == "POLICY_UNREADABLE"
        wait_for(lambda: any(event["event"] == "worker stops" for event in service.events()))
        wait_for(lambda: any(event["event"] == "worker could not start" for event in service.events()))
        told = [one for one in service.events() if one["event"] in ("worker stops", "worker could not start")]
        assert {one["reason"] for one in told} == {"POLICY_UNREADABLE"}
        apply(store, "mended", policy("mended", 20))
    finally:
        store.close()
    wait_for(lambda: answers(service, n))


def answers(service: Service, n: int) -> bool:
    try:
        with HashsvcClient(service.address, connect_s=1) as client:
            result = client.check([near(n, 1)])
    except ServerError:
        return False
    return (result.verdict, result.policy_version) == (Verdict.KNOWN, "mended")


def wait_for(condition: Callable[[], bool]) -> None:
    until = time.monotonic() + WAIT_S
    while not condition():
        assert time.monotonic() < until, "waited in vain"
        time.sleep(0.05)
