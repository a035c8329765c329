"""Whole answers over a list in memory: both doors, both efforts, limits, problems."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.errors import InvariantError
from hashsvc.hashlist.values import State
from hashsvc.matching import candidates, check, weighing
from hashsvc.matching.check import check_columns, check_item
from hashsvc.matching.source import Snapshot
from hashsvc.matching.values import Answer, BatchAnswer, Cap, Column, Effort, Orientation, Problem, Verdict
from hashsvc.signals import (
    BY_NAME,
    BY_NUMBER,
    MD5,
    PDQ,
    PHASH64,
    PHOTODNA,
    SHA256,
    UNKNOWN_QUALITY,
    URL,
    Signal,
    orientations,
)
from tests.matching.fakes import FakeSnapshot, flipped, full_policy, shipped_policy
from tests.signals import corpus

POLICY = full_policy()
CONFIRMED, DISPUTED, PROPOSED = int(State.CONFIRMED), int(State.DISPUTED), int(State.PROPOSED)
REJECTED, RETRACTED, WITH_BATCH = int(State.REJECTED), int(State.RETRACTED), int(State.WITH_BATCH)
KNOWN, LIKELY, PENDING, NEW, UNCHECKED = (
    Verdict.KNOWN, Verdict.LIKELY, Verdict.PENDING, Verdict.NEW, Verdict.UNCHECKED,
)  # fmt: skip
STANDARD, THOROUGH = Effort.STANDARD, Effort.THOROUGH
BRIDGE, CAT = BY_NAME["pdq"].examples()[:2]
FLAG = bytes.fromhex("d555d555d5552aaad5552aaad5552aaad5552aaa2aaad555d5552aaa2aaa2aaa")  # Latvia's, quality 100


def digest(name: str, text: str) -> bytes:
    return hashlib.new(name, text.encode()).digest()


def pdq(value: bytes, quality: int = 100) -> Signal:
    return Signal(PDQ, value, quality)


def md5(text: str) -> Signal:
    return Signal(MD5, digest("md5", text))


def sha256(text: str) -> Signal:
    return Signal(SHA256, digest("sha256", text))


def ask(snapshot: FakeSnapshot, *signals: Signal, effort: int = STANDARD, evidence_max: int = 8) -> Answer:
    return check_item(snapshot, signals, POLICY, effort, evidence_max)


# ---------------------------------------------------------------- one item


def test_known() -> None:
    """A copy within 20 bits of a confirmed picture is KNOWN, and the evidence says of which entry and how far."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", CAT, CONFIRMED, 90))
    number = snapshot.add(("pdq", BRIDGE, CONFIRMED, 80))

    answer = ask(snapshot, md5("?"), pdq(flipped(BRIDGE, 20)))

    (one,) = answer.evidence
    assert answer.verdict == one.verdict == KNOWN
    assert one.entry_id == snapshot.entries[number].entry_id
    assert one.entry_sequence == snapshot.entries[number].last_sequence
    assert (one.signal, one.query_index, one.distance_bits, one.orientation) == (PDQ, 1, 20, Orientation.AS_GIVEN)
    assert (one.query_quality, one.listed_quality, one.state, one.caps) == (100, 80, CONFIRMED, ())
    assert 0 < one.chance < 1e-3
    assert not answer.truncated
    assert not answer.problems


def test_evidence_order() -> None:
    """Evidence comes best first: by verdict, then the nearest, then the stronger digest."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", flipped(BRIDGE, 2), PROPOSED, 90))
    snapshot.add(("pdq", flipped(BRIDGE, 30), CONFIRMED, 90))
    snapshot.add(("pdq", flipped(BRIDGE, 12), CONFIRMED, 90))
    snapshot.add(("md5", digest("md5", "x"), CONFIRMED), ("sha256", digest("sha256", "x"), CONFIRMED))

    answer = ask(snapshot, pdq(BRIDGE), md5("x"), sha256("x"))

    assert [(one.verdict, one.signal, one.distance_bits) for one in answer.evidence] == [
        (KNOWN, SHA256, 0), (KNOWN, MD5, 0), (KNOWN, PDQ, 12), (LIKELY, PDQ, 30), (PENDING, PDQ, 2),
    ]  # fmt: skip


def test_evidence_near_enough_comes_first() -> None:
    """Of two that an analyst must look at, a disputed near copy comes before an equal pHash, whatever the limit."""
    snapshot = FakeSnapshot()
    phash = BY_NAME["phash64"].examples()[0]
    snapshot.add(("phash64", phash, CONFIRMED))
    snapshot.add(("pdq", flipped(BRIDGE, 4), DISPUTED, 90))
    snapshot.add(("pdq", flipped(BRIDGE, 6), DISPUTED, 90))

    for evidence_max in (1, 2, 8):
        answer = ask(snapshot, Signal(PHASH64, phash), pdq(BRIDGE), evidence_max=evidence_max)
        order = [(one.signal, one.distance_bits) for one in answer.evidence]
        assert order == [(PDQ, 4), (PDQ, 6), (PHASH64, 0)][:evidence_max]


def test_standard_takes_pictures_as_given() -> None:
    """A mirrored copy is found by a THOROUGH check only, and is LIKELY at most: an analyst looks."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", BRIDGE, CONFIRMED, 100))
    mirrored = orientations(BRIDGE)[Orientation.MIRRORED - 1].tobytes()

    standard, thorough = (ask(snapshot, pdq(mirrored), effort=effort) for effort in (STANDARD, THOROUGH))

    assert standard.verdict == NEW
    assert thorough.verdict == LIKELY
    (one,) = thorough.evidence
    assert (one.orientation, one.distance_bits, one.caps) == (Orientation.MIRRORED, 0, (Cap.ORIENTATION,))


def test_one_near_search_an_item() -> None:
    """A THOROUGH check searches all orientations of all of an item's pictures at once."""
    snapshot = FakeSnapshot()

    ask(snapshot, pdq(BRIDGE), md5("x"), pdq(CAT), effort=THOROUGH)

    assert snapshot.near_calls == [("pdq", 16, None)]


def test_contradicting_digests() -> None:
    """An equal MD5 beside a different SHA-256 does not close: MD5 collisions can be made at will."""
    snapshot = FakeSnapshot()
    snapshot.add(("md5", digest("md5", "x"), CONFIRMED), ("sha256", digest("sha256", "x"), CONFIRMED))

    answer = ask(snapshot, md5("x"), sha256("y"))

    assert answer.verdict == LIKELY
    assert answer.evidence[0].caps == (Cap.CONTRADICTING_DIGESTS,)
    assert ask(snapshot, md5("x"), sha256("y"), sha256("x")).verdict == KNOWN
    assert ask(snapshot, md5("x")).verdict == KNOWN


def test_contradiction_by_a_batch() -> None:
    """A digest of a retracted batch contradicts nothing; one of a batch that stands does."""
    snapshot = FakeSnapshot(batches={3: CONFIRMED, 4: CONFIRMED})
    snapshot.add(("md5", digest("md5", "x"), WITH_BATCH), ("sha256", digest("sha256", "x"), WITH_BATCH), batch=3)
    assert ask(snapshot, md5("x"), sha256("y")).verdict == LIKELY

    other = FakeSnapshot(batches={3: RETRACTED})
    number = other.add(("md5", digest("md5", "x"), CONFIRMED), ("sha256", digest("sha256", "x"), CONFIRMED))
    first, second = other.entries[number].signals
    import msgspec

    second = msgspec.structs.replace(second, state=WITH_BATCH, batch=3)
    other.entries[number] = msgspec.structs.replace(other.entries[number], signals=(first, second))
    assert ask(other, md5("x"), sha256("y")).verdict == KNOWN


def test_weak_fingerprint_is_said() -> None:
    """A flat picture's PDQ is not searched and that is said; the item's other signals are still answered."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", bytes(32), CONFIRMED, 100))
    snapshot.add(("md5", digest("md5", "x"), CONFIRMED))

    answer = ask(snapshot, pdq(bytes(32)), md5("x"))

    assert answer.verdict == KNOWN
    assert [one.signal for one in answer.evidence] == [MD5]
    ((problem),) = answer.problems
    assert (problem.item, problem.field, problem.reason) == (0, "signals[0]", "WEAK_FINGERPRINT")
    assert problem.message


def test_known_quality_vouches_for_stripes() -> None:
    """A striped flag of good quality closes; of low or unknown quality it is not searched, and that is said."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", FLAG, CONFIRMED, 100))

    assert ask(snapshot, pdq(FLAG, 50)).verdict == KNOWN
    for quality in (49, UNKNOWN_QUALITY):
        answer = ask(snapshot, pdq(FLAG, quality))
        assert answer.verdict == UNCHECKED
        assert [problem.reason for problem in answer.problems] == ["WEAK_FINGERPRINT"]
        bulk = check_columns(snapshot, 1, [column(PDQ, [FLAG], [quality])], POLICY, STANDARD, 8)
        assert [problem.message for problem in bulk.problems] == [answer.problems[0].message]


def test_low_quality_is_searched_and_capped() -> None:
    """A query of low quality that is not flat meets what it meets, and does not close."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", BRIDGE, CONFIRMED, 100))

    answer = ask(snapshot, pdq(BRIDGE, 49))

    assert answer.verdict == LIKELY
    assert answer.evidence[0].caps == (Cap.QUERY_QUALITY,)
    assert not answer.problems


@pytest.mark.parametrize("told", [True, False])
def test_bulk_refuses_the_corpus_as_single_does(told: bool) -> None:
    """For every version of every picture of the corpus, a bulk check says what a check of it alone says."""
    codes, qualities = (np.concatenate(part) for part in zip(*corpus.pictures().values(), strict=True))
    known = qualities if told else np.full_like(qualities, UNKNOWN_QUALITY)
    snapshot = FakeSnapshot()

    bulk = check_columns(
        snapshot, len(codes), [Column(PDQ, codes, None, qualities if told else None)], POLICY, STANDARD, 1
    )

    problems, unchecked = [], []
    for item, (code, quality) in enumerate(zip(codes, known.tolist(), strict=True)):
        answer = check_item(snapshot, [pdq(code.tobytes(), quality)], POLICY, STANDARD, 1)
        problems += [Problem(item, "pdq", one.reason, one.message) for one in answer.problems]
        unchecked += [item] if answer.verdict == UNCHECKED else []
    assert bulk.problems == problems
    assert [item for item, _ in bulk.hits] == unchecked
    assert len(unchecked) == (414 if told else 414 + 45)


@pytest.mark.parametrize(
    ("signals", "reason"),
    [
        ((), "EMPTY_ITEM"),
        ((pdq(bytes(32)),), "WEAK_FINGERPRINT"),
        ((md5(""),), "WEAK_FINGERPRINT"),
        ((Signal(PHOTODNA, BY_NAME["photodna"].examples()[0]),), "SIGNAL_NOT_CONFIGURED"),
    ],
)
def test_unchecked_is_never_new(signals: tuple[Signal, ...], reason: str) -> None:
    """An item of which nothing could be asked is UNCHECKED with the reason, never silently NEW."""
    answer = check_item(FakeSnapshot(), signals, shipped_policy(), STANDARD, 8)

    assert answer.verdict == UNCHECKED
    assert [problem.reason for problem in answer.problems] == [reason]


def test_photodna() -> None:
    """With an operator's thresholds PhotoDNA is searched, and its distance is a sum of squares, not bits."""
    snapshot = FakeSnapshot()
    value = BY_NAME["photodna"].examples()[0]
    snapshot.add(("photodna", value, CONFIRMED))
    near = bytes([value[0] + 5, value[1] - 4]) + value[2:]

    answer = ask(snapshot, Signal(PHOTODNA, near))

    assert answer.verdict == KNOWN
    assert (answer.evidence[0].distance_squared, answer.evidence[0].distance_bits) == (41, 0)
    assert answer.evidence[0].chance == -1


def test_limit_cuts_what_is_listed_only() -> None:
    """The limit cuts the evidence that is listed, best first, never what the verdict is decided from."""
    snapshot = FakeSnapshot()
    for _ in range(100):
        snapshot.add(("pdq", BRIDGE, PROPOSED, 100))
    snapshot.add(("pdq", flipped(BRIDGE, 18), CONFIRMED, 100))

    answer = ask(snapshot, pdq(BRIDGE), evidence_max=1)

    assert answer.verdict == KNOWN
    assert [(one.verdict, one.distance_bits) for one in answer.evidence] == [(KNOWN, 18)]
    assert answer.truncated


def test_many_twins_are_not_all_read() -> None:
    """Of ten thousand equal listings no more are read than decide the verdict and fill the evidence."""
    snapshot = FakeSnapshot()
    for _ in range(10_000):
        snapshot.add(("pdq", BRIDGE, CONFIRMED, 100))

    answer = ask(snapshot, pdq(BRIDGE), evidence_max=8)

    assert answer.verdict == KNOWN
    assert len(answer.evidence) == 8
    assert answer.truncated
    assert snapshot.reads < 20


def test_last_of_many_decides() -> None:
    """A confirmed signal is found behind two thousand retracted ones that are nearer."""
    snapshot = FakeSnapshot()
    for _ in range(2_000):
        snapshot.add(("pdq", BRIDGE, RETRACTED, 100))
    snapshot.add(("pdq", flipped(BRIDGE, 20), CONFIRMED, 100))

    assert ask(snapshot, pdq(BRIDGE)).verdict == KNOWN
    assert ask(snapshot, pdq(BRIDGE), pdq(flipped(BRIDGE, 2)), effort=THOROUGH).verdict == KNOWN
    bulk = check_columns(snapshot, 1, [column(PDQ, [BRIDGE], [100])], POLICY, STANDARD, 1)
    assert [(item, answer.verdict) for item, answer in bulk.hits] == [(0, KNOWN)]
    assert snapshot.near_calls[-2:] == [("pdq", 1, check.NEAREST_MAX), ("pdq", 1, None)]


def test_settled_reading_ends() -> None:
    """Where the verdict is settled, retracted listings without end do not hold the answer up."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", BRIDGE, CONFIRMED, 100))
    for _ in range(5_000):
        snapshot.add(("pdq", BRIDGE, RETRACTED, 100))

    answer = ask(snapshot, pdq(BRIDGE))

    assert answer.verdict == KNOWN
    assert answer.truncated
    assert snapshot.reads <= weighing.SETTLED_READS_MAX


def test_a_signal_is_evidence_once() -> None:
    """A listed signal that several forms and fingerprints of an item meet is named once, at its best."""
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", BRIDGE, CONFIRMED, 100))

    answer = ask(snapshot, pdq(flipped(BRIDGE, 4), quality=10), pdq(flipped(BRIDGE, 16)), effort=THOROUGH)

    (one,) = answer.evidence
    assert (one.verdict, one.query_index, one.distance_bits) == (KNOWN, 1, 16)


def test_long_work_can_be_ended() -> None:
    """Long work asks now and then whether to go on, so that a call ends in time."""

    class OutOfTimeError(Exception):
        pass

    def stop() -> None:
        raise OutOfTimeError

    snapshot = FakeSnapshot()
    for _ in range(1_000):
        snapshot.add(("pdq", BRIDGE, RETRACTED, 100))

    with pytest.raises(OutOfTimeError):
        check_item(snapshot, [pdq(BRIDGE)], POLICY, STANDARD, 8, stop)
    with pytest.raises(OutOfTimeError):
        check_columns(snapshot, 1, [column(PDQ, [BRIDGE], None)], POLICY, STANDARD, 8, stop)


# ---------------------------------------------------------------- many items


def column(type_number: int, values: list[bytes | None], quality: list[int] | None = None) -> Column:
    width = BY_NUMBER[type_number].byte_count
    packed = b"".join(value or b"\xee" * width for value in values)
    present = None if None not in values else np.array([value is not None for value in values], np.bool_)
    return Column(
        type_number,
        np.frombuffer(packed, np.uint8).reshape(len(values), width),
        present,
        None if quality is None else np.array(quality, np.uint8),
    )


def columns_of(items: list[list[Signal]]) -> list[Column]:
    columns = []
    for number in BY_NUMBER:
        if number == URL:
            continue
        signals = [next((signal for signal in item if signal.type == number), None) for item in items]
        if any(signals):
            quality = [UNKNOWN_QUALITY if signal is None else signal.quality for signal in signals]
            values = [None if signal is None else signal.value for signal in signals]
            columns.append(column(number, values, quality if number == PDQ else None))
    return columns


def urls_of(items: list[list[Signal]]) -> list[str]:
    """The column of URLs, none where no item has one."""
    found = [next((signal.value.decode() for signal in item if signal.type == URL), "") for item in items]
    return found if any(found) else []


def twin(snapshot: Snapshot, items: list[list[Signal]], policy: Any, effort: int, evidence_max: int) -> BatchAnswer:
    """Slow and obvious: one item after the other, said in bulk's words (a column has no index, problems name it)."""
    hits, problems = [], []
    for item, signals in enumerate(items):
        answer = check_item(snapshot, signals, policy, effort, evidence_max)
        for problem in answer.problems:
            empty = problem.reason == "EMPTY_ITEM"
            field = "" if empty else BY_NUMBER[signals[int(problem.field[8:-1])].type].name
            problems.append(Problem(item, field, problem.reason, problem.message))
        if answer.verdict != NEW:
            hits.append((item, plain(answer)))
    return BatchAnswer(hits, problems)


def plain(answer: Answer) -> Answer:
    import msgspec

    evidence = tuple(msgspec.structs.replace(one, query_index=0) for one in answer.evidence)
    return Answer(answer.verdict, evidence, answer.truncated)


STATES = st.sampled_from([PROPOSED, CONFIRMED, REJECTED, DISPUTED, RETRACTED, WITH_BATCH])
QUALITIES = st.sampled_from([0, 49, 50, 100, UNKNOWN_QUALITY])
TEXTS = st.sampled_from(["", "a", "b", "c"])
PICTURES = st.builds(
    lambda value, form, bits, start: flipped(orientations(value)[form].tobytes(), bits, start),
    st.sampled_from([BRIDGE, CAT]),
    st.sampled_from([0, 0, 0, 1, 3]),
    st.sampled_from([0, 1, 9, 10, 19, 21, 25, 32, 40]),
    st.integers(0, 2),
)
VALUES = {
    "md5": st.builds(lambda text: digest("md5", text), TEXTS),
    "sha1": st.builds(lambda text: digest("sha1", text), TEXTS),
    "sha256": st.builds(lambda text: digest("sha256", text), TEXTS),
    "pdq": st.one_of(PICTURES, PICTURES, st.sampled_from([bytes(32), FLAG, flipped(FLAG, 2), bytes(range(32))])),
    "phash64": st.builds(lambda bits: flipped(BY_NAME["phash64"].examples()[0], bits), st.integers(0, 6)),
    "photodna": st.builds(
        lambda step: bytes([step]) + BY_NAME["photodna"].examples()[0][1:], st.sampled_from([37, 40, 50, 70])
    ),
}
LISTED = st.sampled_from(list(VALUES)).flatmap(lambda name: st.tuples(st.just(name), VALUES[name], STATES, QUALITIES))
ENTRIES = st.lists(st.tuples(st.lists(LISTED, min_size=1, max_size=4), st.integers(1, 5)), max_size=8)
ITEMS = st.builds(
    lambda by_type, quality: [
        Signal(BY_NAME[name].number, by_type[name], quality if name == "pdq" else UNKNOWN_QUALITY)
        for name in VALUES  # in the order of columns, which is the order of a bulk answer's problems
        if name in by_type
    ],
    st.fixed_dictionaries({}, optional=VALUES),
    QUALITIES,
)
EFFORTS = st.sampled_from([STANDARD, THOROUGH])
BATCHES = {1: PROPOSED, 2: CONFIRMED, 3: REJECTED, 4: DISPUTED, 5: RETRACTED}


def listing(entries: list) -> FakeSnapshot:
    snapshot = FakeSnapshot(batches=BATCHES)
    for signals, batch in entries:
        snapshot.add(*signals, batch=batch)
    return snapshot


@given(ENTRIES, st.lists(ITEMS, max_size=8), EFFORTS, st.integers(1, 4), st.booleans())
def test_bulk_is_its_slow_twin(entries: list, items: list, effort: int, evidence_max: int, full: bool) -> None:
    """A bulk check answers each item exactly as a check of that item alone, problems included."""
    snapshot = listing(entries)
    policy = POLICY if full else shipped_policy()

    bulk = check_columns(snapshot, len(items), columns_of(items), policy, effort, evidence_max)

    assert bulk == twin(snapshot, items, policy, effort, evidence_max)


@given(ENTRIES, ITEMS, LISTED, EFFORTS)
def test_more_listings_never_weaken(entries: list, item: list, more: tuple, effort: int) -> None:
    """What another entry lists never weakens an item's verdict."""
    before = check_item(listing(entries), item, POLICY, effort, 8)
    after = check_item(listing([*entries, ([more], 2)]), item, POLICY, effort, 8)

    assert after.verdict <= before.verdict


@given(ENTRIES, ITEMS, st.sampled_from(list(VALUES)), st.sampled_from([RETRACTED, REJECTED]), st.data(), EFFORTS)
def test_withdrawn_never_matters(
    entries: list, item: list, name: str, state: int, data: st.DataObject, effort: int
) -> None:
    """A retracted or rejected signal changes no answer, in an entry of its own or added to another."""
    extra = (name, data.draw(VALUES[name]), state, 100)
    expected = check_item(listing(entries), item, POLICY, effort, 8)

    assert check_item(listing([*entries, ([extra], 1)]), item, POLICY, effort, 8) == same_but_chance(
        expected, check_item(listing([*entries, ([extra], 1)]), item, POLICY, effort, 8)
    )
    if entries:
        (signals, batch), *others = entries
        grown = check_item(listing([([*signals, extra], batch), *others]), item, POLICY, effort, 8)
        assert grown == same_but_chance(expected, grown)


def same_but_chance(expected: Answer, actual: Answer) -> Answer:
    """Take the chances from `actual`: they count what is listed, withdrawn or not, since the index holds it."""
    import msgspec

    if len(expected.evidence) != len(actual.evidence):
        return expected
    evidence = tuple(
        msgspec.structs.replace(one, chance=other.chance)
        for one, other in zip(expected.evidence, actual.evidence, strict=True)
    )
    return msgspec.structs.replace(expected, evidence=evidence)


@given(ENTRIES, ITEMS, st.integers(1, 4))
def test_thorough_is_never_weaker(entries: list, item: list, evidence_max: int) -> None:
    """A THOROUGH check never says less than a STANDARD one of the same item."""
    snapshot = listing(entries)

    standard = check_item(snapshot, item, POLICY, STANDARD, evidence_max)
    thorough = check_item(snapshot, item, POLICY, THOROUGH, evidence_max)

    assert thorough.verdict <= standard.verdict


@given(ENTRIES, ITEMS, EFFORTS)
def test_verdict_is_that_of_the_best_evidence(entries: list, item: list, effort: int) -> None:
    """The verdict is what the first piece of evidence amounts to, and a limit of one does not change it."""
    snapshot = listing(entries)

    full = check_item(snapshot, item, POLICY, effort, 100)
    one = check_item(snapshot, item, POLICY, effort, 1)

    assert one.verdict == full.verdict
    assert one.evidence == full.evidence[:1]
    assert one.truncated == (len(full.evidence) > 1)
    assert full.verdict == min((e.verdict for e in full.evidence), default=full.verdict)
    assert all(not e.caps for e in full.evidence if e.verdict == KNOWN)


def test_bulk_of_nothing() -> None:
    """A bulk check without columns says of each item that it is empty."""
    bulk = check_columns(FakeSnapshot(), 2, [], POLICY, STANDARD, 1)

    assert [(item, answer.verdict) for item, answer in bulk.hits] == [(0, UNCHECKED), (1, UNCHECKED)]
    assert [(one.item, one.reason) for one in bulk.problems] == [(0, "EMPTY_ITEM"), (1, "EMPTY_ITEM")]
    assert check_columns(FakeSnapshot(), 0, [], POLICY, STANDARD, 1) == BatchAnswer([], [])


def test_bulk_with_a_thousand_twins() -> None:
    """In bulk too, near-twins by the hundred cut the evidence, not the verdict."""
    snapshot = FakeSnapshot()
    for number in range(300):
        snapshot.add(("pdq", flipped(BRIDGE, number % 19), PROPOSED, 100))
    snapshot.add(("pdq", flipped(BRIDGE, 20), CONFIRMED, 100))
    for _ in range(100):
        snapshot.add(("pdq", CAT, CONFIRMED, 100))
    items = [[pdq(BRIDGE)], [pdq(CAT)], [pdq(flipped(CAT, 3), quality=10)], [md5("x")]]

    for effort in (STANDARD, THOROUGH):
        bulk = check_columns(snapshot, len(items), columns_of(items), POLICY, effort, 2)
        slow = twin(snapshot, items, POLICY, effort, 2)
        assert [(item, answer.verdict) for item, answer in bulk.hits] == [(0, KNOWN), (1, KNOWN), (2, LIKELY)]
        assert bulk == slow


def test_thorough_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """A THOROUGH bulk check searches some hundred items at a time and answers as if all at once."""
    monkeypatch.setattr(candidates, "THOROUGH_ITEMS_MAX", 2)
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", BRIDGE, CONFIRMED, 100))
    mirrored = orientations(BRIDGE)[1].tobytes()
    items = [[pdq(CAT)], [pdq(BRIDGE)], [pdq(bytes(32))], [pdq(CAT)], [pdq(mirrored)]]

    bulk = check_columns(snapshot, 5, columns_of(items), POLICY, THOROUGH, 1)

    assert bulk == twin(snapshot, items, POLICY, THOROUGH, 1)
    assert [call[1] for call in snapshot.near_calls[:2]] == [16, 16]


def test_misfit_column() -> None:
    """A column of another length than the items is a bug of ours, and is not guessed at."""
    with pytest.raises(InvariantError):
        check_columns(FakeSnapshot(), 3, [column(MD5, [digest("md5", "x")])], POLICY, STANDARD, 1)


def test_phash_never_closes() -> None:
    """An equal 64-bit pHash is shown and closes nothing: by chance alone such codes meet."""
    snapshot = FakeSnapshot()
    value = BY_NAME["phash64"].examples()[0]
    snapshot.add(("phash64", value, CONFIRMED))

    answer = ask(snapshot, Signal(PHASH64, value))

    assert (answer.verdict, answer.evidence[0].caps) == (LIKELY, (Cap.TYPE,))
    assert ask(snapshot, Signal(PHASH64, flipped(value, 5))).verdict == NEW
    assert answer.evidence[0].chance_source
