"""The life of entries and batches over the wire: the verdict and its evidence at each step, in both workers."""

import hashlib

import pytest

from hashsvc.client import (
    BatchState,
    Cap,
    CheckResult,
    HashsvcClient,
    Orientation,
    ServerError,
    State,
    Verdict,
)
from tests.e2e.wire import content, far
from tests.hashlist.lists import signals_of


def checked(clients: list[HashsvcClient], n: int) -> CheckResult[str]:
    """Check content n by its SHA-256 in both workers, which must agree."""
    answers = [client.check([signals_of(n)[1]]) for client in clients]
    assert [answer.worker for answer in answers] == [0, 1]
    assert answers[0].verdict == answers[1].verdict
    assert answers[0].evidence == answers[1].evidence
    return answers[0]


def facts(result: CheckResult[str]) -> tuple[object, ...]:
    """Verdict, and state and caps of the one piece of evidence."""
    if not result.evidence:
        return (result.verdict,)
    (one,) = result.evidence
    return result.verdict, one.state, one.caps


def test_the_whole_life_of_an_entry(clients: list[HashsvcClient], n: int) -> None:
    """PROPOSED is PENDING, CONFIRMED is KNOWN, disputed is LIKELY with its cap, retracted is NEW."""
    zero, one = clients
    assert facts(checked(clients, n)) == (Verdict.NEW,)

    proposed = zero.propose(content(n), note="first").entry
    assert proposed.state is State.PROPOSED
    assert facts(checked(clients, n)) == (Verdict.PENDING, State.PROPOSED, ())

    confirmed = one.acting_as("bob").confirm(proposed.entry_id).entry
    assert confirmed.state is State.CONFIRMED
    assert facts(checked(clients, n)) == (Verdict.KNOWN, State.CONFIRMED, ())
    evidence = checked(clients, n).evidence[0]
    assert (evidence.entry, evidence.entry_sequence) == (proposed.entry_id, confirmed.last_sequence)

    zero.acting_as("cleo").dispute(proposed.entry_id, reason_code="WRONG")
    assert facts(checked(clients, n)) == (Verdict.LIKELY, State.DISPUTED, (Cap.DISPUTED,))

    one.acting_as("dan").resolve(proposed.entry_id)
    assert facts(checked(clients, n)) == (Verdict.KNOWN, State.CONFIRMED, ())

    zero.acting_as("cleo").retract(proposed.entry_id, reason_code="QA")
    assert facts(checked(clients, n)) == (Verdict.LIKELY, State.DISPUTED, (Cap.DISPUTED,))

    retracted = one.acting_as("dan").confirm_retraction(proposed.entry_id).entry
    assert retracted.state is State.RETRACTED
    assert facts(checked(clients, n)) == (Verdict.NEW,)

    history = [change.kind for change in zero.history(proposed.entry_id, page_size=3)]
    assert history == [
        "RETRACTION_CONFIRMED",
        "RETRACTION_REQUESTED",
        "DISPUTE_RESOLVED",
        "ENTRY_DISPUTED",
        "ENTRY_CONFIRMED",
        "ENTRY_PROPOSED",
    ]


@pytest.mark.parametrize(
    ("bits", "verdict"),
    [(0, Verdict.KNOWN), (20, Verdict.KNOWN), (21, Verdict.LIKELY), (31, Verdict.LIKELY), (32, Verdict.NEW)],
)
def test_a_picture_closes_up_to_20_bits_and_shows_up_to_31(
    clients: list[HashsvcClient], n: int, bits: int, verdict: Verdict
) -> None:
    """The thresholds of the policy, at the bit, and the distance in the evidence."""
    clients[0].acting_as("bob").confirm(clients[0].propose(content(n)).entry.entry_id)
    result = clients[1].check([far(signals_of(n)[2], bits)])
    assert result.verdict is verdict
    assert [one.distance_bits for one in result.evidence] == ([bits] if verdict is not Verdict.NEW else [])
    assert all(one.orientation is Orientation.AS_GIVEN for one in result.evidence)
    assert result.policy_version


def test_a_rejected_proposal_is_new(clients: list[HashsvcClient], n: int) -> None:
    """Rejecting a proposal takes it out of every answer, and a new proposal may bring it back."""
    entry_id = clients[0].propose(content(n)).entry.entry_id
    clients[1].acting_as("bob").reject(entry_id, reason_code="NO")
    assert checked(clients, n).verdict is Verdict.NEW
    assert clients[0].propose(content(n)).entry.entry_id == entry_id
    assert checked(clients, n).verdict is Verdict.PENDING


def test_an_added_signal_is_pending_until_others_agree(clients: list[HashsvcClient], n: int) -> None:
    """A signal that an amendment adds closes nothing, while those confirmed before go on closing."""
    entry_id = clients[0].propose(content(n)).entry.entry_id
    confirmed = clients[0].acting_as("bob").confirm(entry_id).entry
    amended = clients[1].amend(entry_id, confirmed.etag, add=signals_of(n + 1)[:1]).entry
    assert [signal.state for signal in amended.signals] == [State.CONFIRMED] * 3 + [State.PROPOSED]
    assert clients[0].check(signals_of(n + 1)[:1]).verdict is Verdict.PENDING
    assert checked(clients, n).verdict is Verdict.KNOWN


def test_the_whole_life_of_a_batch(clients: list[HashsvcClient], n: int) -> None:
    """Imported by one, confirmed by another by its digest, retracted by two: the verdicts of all its entries follow."""
    zero, one = clients
    batch_id = zero.create_batch(hashlib.sha256(b"%d" % n).digest(), "org").batch.batch_id
    result = zero.import_entries(batch_id, [content(n + i, "") for i in range(300)])
    assert (result.inserted_count, result.rejected_count) == (300, 0)
    assert facts(checked(clients, n + 299)) == (Verdict.PENDING, State.PROPOSED, ())

    digest = one.seal(batch_id).batch.digest
    with pytest.raises(ServerError, match="SELF_CONFIRMATION"):
        zero.confirm_batch(batch_id, digest)
    with pytest.raises(ServerError, match="DIGEST_MISMATCH"):
        zero.acting_as("bob").confirm_batch(batch_id, bytes(32))
    assert checked(clients, n).verdict is Verdict.PENDING
    assert one.acting_as("bob").confirm_batch(batch_id, digest).batch.state is BatchState.CONFIRMED
    assert facts(checked(clients, n + 7)) == (Verdict.KNOWN, State.CONFIRMED, ())

    zero.acting_as("cleo").retract_batch(batch_id, reason_code="QA")
    assert facts(checked(clients, n + 7)) == (Verdict.LIKELY, State.DISPUTED, (Cap.DISPUTED,))
    with pytest.raises(ServerError, match="SELF_CONFIRMATION"):
        one.acting_as("cleo").retract_batch(batch_id, reason_code="QA")
    assert one.acting_as("dan").retract_batch(batch_id, reason_code="QA").batch.state is BatchState.RETRACTED
    assert facts(checked(clients, n + 7)) == (Verdict.NEW,)
    assert {entry.state for entry in zero.list_entries(batch_id=batch_id)} == {State.RETRACTED}


def test_importing_the_same_file_again_adds_nothing(clients: list[HashsvcClient], n: int) -> None:
    """The same file and source give the same batch; its entries are told as unchanged and no change is made."""
    digest = hashlib.sha256(b"%d" % n).digest()
    batch_id = clients[0].create_batch(digest, "org").batch.batch_id
    contents = [content(n + i, "") for i in range(10)]
    clients[0].import_entries(batch_id, contents)
    before = clients[0].stats().position.sequence
    again = clients[1].create_batch(digest, "org")
    assert (again.created, again.batch.batch_id) == (False, batch_id)
    result = clients[1].import_entries(batch_id, contents)
    assert (result.inserted_count, result.unchanged_count) == (0, 10)
    assert clients[1].stats().position.sequence == before
