"""What one match amounts to, case by case and for any."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.hashlist.values import UNKNOWN_QUALITY, Entry, ListedSignal, State
from hashsvc.matching.policy import Rule, load_policy
from hashsvc.matching.values import Cap, Orientation, Verdict
from hashsvc.matching.verdict import contradicts, is_blocked, judge
from hashsvc.signals import MD5, PDQ, PHASH64, SHA1, SHA256
from tests.matching.fakes import FakeSnapshot

POLICY = load_policy()
CONFIRMED, DISPUTED, PROPOSED = State.CONFIRMED, State.DISPUTED, State.PROPOSED
REJECTED, RETRACTED = State.REJECTED, State.RETRACTED
AS_GIVEN, MIRRORED = Orientation.AS_GIVEN, Orientation.MIRRORED
KNOWN, LIKELY, PENDING, NEW = Verdict.KNOWN, Verdict.LIKELY, Verdict.PENDING, Verdict.NEW
STRENGTH = {MD5: 1, SHA1: 2, SHA256: 3}


def rule_of(type_number: int) -> Rule:
    rule = POLICY.rules[type_number]
    assert rule is not None
    return rule


CASES = [
    # what, type, state, distance, radius, orientation, query quality, listed quality, contradicted, verdict, caps
    ("near and confirmed", PDQ, CONFIRMED, 20, 31, AS_GIVEN, 100, 100, False, KNOWN, ()),
    ("one bit too far", PDQ, CONFIRMED, 21, 31, AS_GIVEN, 100, 100, False, LIKELY, ()),
    ("at the edge of what shows", PDQ, CONFIRMED, 31, 31, AS_GIVEN, 100, 100, False, LIKELY, ()),
    ("past what shows", PDQ, CONFIRMED, 32, 31, AS_GIVEN, 100, 100, False, NEW, ()),
    ("past what shows, thorough", PDQ, CONFIRMED, 32, 45, AS_GIVEN, 100, 100, False, LIKELY, ()),
    ("proposed", PDQ, PROPOSED, 0, 31, AS_GIVEN, 100, 100, False, PENDING, ()),
    ("proposed, far", PDQ, PROPOSED, 31, 31, AS_GIVEN, 100, 100, False, PENDING, ()),
    ("rejected", PDQ, REJECTED, 0, 31, AS_GIVEN, 100, 100, False, NEW, ()),
    ("retracted", PDQ, RETRACTED, 0, 31, AS_GIVEN, 100, 100, False, NEW, ()),
    ("disputed", PDQ, DISPUTED, 0, 31, AS_GIVEN, 100, 100, False, LIKELY, (Cap.DISPUTED,)),
    ("disputed, far", PDQ, DISPUTED, 31, 31, AS_GIVEN, 100, 100, False, LIKELY, ()),
    ("query of least quality", PDQ, CONFIRMED, 0, 31, AS_GIVEN, 50, 100, False, KNOWN, ()),
    ("query of low quality", PDQ, CONFIRMED, 0, 31, AS_GIVEN, 49, 100, False, LIKELY, (Cap.QUERY_QUALITY,)),
    ("listed of low quality", PDQ, CONFIRMED, 0, 31, AS_GIVEN, 100, 49, False, LIKELY, (Cap.LISTED_QUALITY,)),
    ("query unknown, listed good", PDQ, CONFIRMED, 0, 31, AS_GIVEN, 255, 50, False, KNOWN, ()),
    ("query good, listed unknown", PDQ, CONFIRMED, 0, 31, AS_GIVEN, 50, 255, False, KNOWN, ()),
    ("query unknown, listed low", PDQ, CONFIRMED, 0, 31, AS_GIVEN, 255, 0, False, LIKELY, (Cap.LISTED_QUALITY,)),
    ("both unknown", PDQ, CONFIRMED, 0, 31, AS_GIVEN, 255, 255, False, LIKELY, (Cap.LISTED_QUALITY,)),
    ("mirrored", PDQ, CONFIRMED, 0, 45, MIRRORED, 100, 100, False, LIKELY, (Cap.ORIENTATION,)),
    ("mirrored, proposed", PDQ, PROPOSED, 0, 45, MIRRORED, 100, 100, False, PENDING, ()),
    ("everything", PDQ, DISPUTED, 0, 45, MIRRORED, 0, 0, False, LIKELY, (1, 2, 3, 5)),
    ("digest", SHA256, CONFIRMED, 0, 0, AS_GIVEN, 255, 255, False, KNOWN, ()),
    ("contradicted digest", MD5, CONFIRMED, 0, 0, AS_GIVEN, 255, 255, True, LIKELY, (Cap.CONTRADICTING_DIGESTS,)),
    ("pHash, equal", PHASH64, CONFIRMED, 0, 4, AS_GIVEN, 255, 255, False, LIKELY, (Cap.TYPE,)),
    ("pHash, near", PHASH64, CONFIRMED, 4, 4, AS_GIVEN, 255, 255, False, LIKELY, (Cap.TYPE,)),
    ("pHash, past what shows", PHASH64, CONFIRMED, 5, 4, AS_GIVEN, 255, 255, False, NEW, ()),
]


@pytest.mark.parametrize("case", CASES, ids=[case[0] for case in CASES])
def test_case(case: tuple) -> None:
    """Each match has one verdict, and a match that is near enough but does not close says why."""
    _, type_number, *asked, verdict, caps = case

    assert judge(rule_of(type_number), *asked) == (verdict, caps)


MATCHES = st.tuples(
    st.sampled_from([MD5, SHA256, PDQ, PHASH64]),
    st.sampled_from([int(state) for state in State if state]),
    st.integers(0, 64),
    st.sampled_from([0, 4, 31, 45]),
    st.integers(1, 8),
    st.one_of(st.integers(0, 100), st.just(UNKNOWN_QUALITY)),
    st.one_of(st.integers(0, 100), st.just(UNKNOWN_QUALITY)),
    st.booleans(),
)


@given(MATCHES)
def test_capped_never_known(match: tuple) -> None:
    """A match that names a reason against closing never closes, and one that closes names none."""
    type_number, *asked = match

    verdict, caps = judge(rule_of(type_number), *asked)

    assert not caps or verdict == LIKELY
    if verdict == KNOWN:
        assert asked[0] == CONFIRMED
        assert asked[1] <= rule_of(type_number).close
        assert not is_blocked(rule_of(type_number), asked[3], asked[4])


@given(MATCHES, st.integers(0, 64))
def test_nearer_is_never_weaker(match: tuple, distance: int) -> None:
    """Of two matches that differ in distance only, the nearer one amounts to no less."""
    type_number, state, other, *rest = match

    near, _ = judge(rule_of(type_number), state, min(distance, other), *rest)
    far, _ = judge(rule_of(type_number), state, max(distance, other), *rest)

    assert near <= far


@given(MATCHES)
def test_withdrawn_is_no_evidence(match: tuple) -> None:
    """A retracted or rejected signal is no evidence of anything, however near."""
    type_number, _, *rest = match

    assert all(judge(rule_of(type_number), state, *rest) == (NEW, ()) for state in (REJECTED, RETRACTED))


def entry_with(*signals: tuple[str, bytes, int]) -> Entry:
    snapshot = FakeSnapshot()
    return snapshot.entries[snapshot.add(*signals)]


def stored_state(_: Entry, listed: ListedSignal) -> int:
    return listed.state


A, B, C = b"a" * 32, b"b" * 32, b"c" * 32


@pytest.mark.parametrize(
    ("listed", "query", "expected"),
    [
        ([("sha256", A, CONFIRMED)], {SHA256: [A]}, False),
        ([("sha256", A, CONFIRMED)], {SHA256: [B]}, True),
        ([("sha256", A, CONFIRMED), ("sha256", B, CONFIRMED)], {SHA256: [B]}, False),
        ([("sha256", A, CONFIRMED)], {SHA256: [B, A]}, False),
        ([("sha256", A, PROPOSED)], {SHA256: [B]}, True),
        ([("sha256", A, RETRACTED)], {SHA256: [B]}, False),
        ([("sha256", A, REJECTED), ("sha256", B, CONFIRMED)], {SHA256: [C]}, True),
        ([("sha1", A[:20], CONFIRMED)], {SHA256: [B]}, False),
        ([("sha1", A[:20], CONFIRMED), ("sha256", B, CONFIRMED)], {SHA1: [C[:20]], SHA256: [B]}, True),
        ([("md5", A[:16], CONFIRMED)], {MD5: [B[:16]]}, False),
        ([], {SHA256: [B]}, False),
    ],
)
def test_contradiction(listed: list, query: dict, expected: bool) -> None:
    """An equal MD5 means little where a stronger digest on both sides differs from all of its type on the other."""
    assert contradicts(entry_with(*listed), STRENGTH[MD5], query, stored_state) is expected


def test_weaker_digest_does_not_contradict() -> None:
    """A different MD5 takes nothing from an equal SHA-1: an entry may hold several encodings of one picture."""
    entry = entry_with(("md5", A[:16], CONFIRMED), ("sha1", A[:20], CONFIRMED))

    assert not contradicts(entry, STRENGTH[SHA1], {MD5: [B[:16]], SHA1: [A[:20]]}, stored_state)
