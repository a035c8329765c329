"""Matching over a list on disk says what it says over one in memory."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest

from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry, Written
from hashsvc.matching.check import check_columns, check_item
from hashsvc.matching.policy import load_policy
from hashsvc.matching.source import Snapshot
from hashsvc.matching.values import Effort, Verdict
from hashsvc.signals import MD5, PDQ, SHA256, URL, Signal, orientations
from tests.hashlist.urls import spelled, url_of
from tests.matching.fakes import FakeSnapshot, flipped
from tests.matching.test_check import BRIDGE, CAT, columns_of, digest, twin, urls_of

ENTRY_COUNT = 150


def write(store: ListStore, *commands: ProposeEntry | DecideEntry) -> Written:
    (written,) = store.write(commands)
    assert isinstance(written, Written), written
    return written


def random_signals(draw: random.Random, number: int) -> tuple[Signal, ...]:
    base = draw.choice((BRIDGE, CAT, draw.choice((BRIDGE, CAT)), bytes(draw.choices(range(256), k=32))))
    value = flipped(base, draw.choice((0, 2, 10, 19, 20, 21, 30)), draw.randrange(5))
    return (
        Signal(MD5, digest("md5", str(number % 40))),
        Signal(SHA256, digest("sha256", str(number))),
        Signal(PDQ, value, draw.choice((50, 100, 255))),
        url_of(number % 60),
    )


def asked(draw: random.Random, signal: Signal) -> Signal:
    """A listed URL as somebody reports it: in one of its spellings, or a little beside it."""
    assert signal.url is not None
    number = next(n for n in range(60) if url_of(n) == signal)
    return Signal(URL, draw.choice(spelled(number)).encode())


@pytest.fixture
def lists(tmp_path: Path) -> tuple[ListStore, FakeSnapshot]:
    """The same entries in a store and in memory: proposed, confirmed, disputed, retracted."""
    clock, draw = SeededClock(11), random.Random(11)
    ListStore.create(tmp_path / "list", clock=clock)
    store = ListStore.open(tmp_path / "list", clock=clock)
    fake = FakeSnapshot()
    for number in range(ENTRY_COUNT):
        signals = random_signals(draw, number)
        content = Content("org", "test", f"c{number}", signals)
        view = write(store, ProposeEntry(actor="ann", request_id=f"p{number}", content=content)).entry
        assert view is not None
        actions = draw.choice(
            (
                [],
                [(ChangeKind.ENTRY_CONFIRMED, "ben")],
                [(ChangeKind.ENTRY_CONFIRMED, "ben"), (ChangeKind.ENTRY_DISPUTED, "cas")],
                [
                    (ChangeKind.ENTRY_CONFIRMED, "ben"),
                    (ChangeKind.RETRACTION_REQUESTED, "cas"),
                    (ChangeKind.RETRACTION_CONFIRMED, "dan"),
                ],
            )
        )
        for action, actor in actions:
            view = write(
                store,
                DecideEntry(
                    actor=actor, request_id=f"{action}-{number}", action=action, entry_id=view.entry_id, reason_code="x"
                ),
            ).entry
            assert view is not None
        with store.snapshot() as snapshot:
            fake.entries[view.first_sequence] = snapshot.stored_entry(view.entry_id)
    return store, fake


def test_same_answers(lists: tuple[ListStore, FakeSnapshot]) -> None:
    """One item or many, STANDARD or THOROUGH: the list on disk gives the answers of the list in memory."""
    store, fake = lists
    policy, draw = load_policy(), random.Random(5)
    items = []
    for number in range(60):
        signals = [signal for signal in random_signals(draw, number)[:3] if draw.random() < 0.7]
        if signals and signals[-1].type == PDQ and draw.random() < 0.3:
            form = orientations(signals[-1].value)[draw.randrange(8)]
            signals[-1] = Signal(PDQ, np.ascontiguousarray(form).tobytes(), 100)
        if draw.random() < 0.7:
            signals.append(asked(draw, random_signals(draw, number)[3]))
        items.append(signals)
    columns = columns_of(items)

    with store.snapshot() as snapshot:
        real: Snapshot = snapshot
        fake.now_us = snapshot.now_us
        for effort in (Effort.STANDARD, Effort.THOROUGH):
            for evidence_max in (1, 8):
                expected = twin(fake, items, policy, effort, evidence_max)
                assert twin(real, items, policy, effort, evidence_max) == expected
                bulk = check_columns(real, len(items), columns, policy, effort, evidence_max, urls=urls_of(items))
                assert bulk == expected
                scopes = {one.url_scope for _, answer in bulk.hits for one in answer.evidence}
                assert evidence_max == 1 or scopes >= {0, 1, 2, 3, 4, 5}
                verdicts = {answer.verdict for _, answer in expected.hits}
                assert {Verdict.KNOWN, Verdict.LIKELY, Verdict.PENDING, Verdict.UNCHECKED} >= verdicts >= {1, 2}


def test_retraction_counts_from_the_next_check_on(lists: tuple[ListStore, FakeSnapshot]) -> None:
    """One person's request for retraction and nothing closes on the entry, from the very next check on."""
    store, _ = lists
    content = Content("org", "test", "mine", (Signal(SHA256, digest("sha256", "mine")),))
    entry = write(store, ProposeEntry(actor="ann", request_id="a", content=content)).entry
    assert entry is not None
    said = []

    def ask() -> None:
        with store.snapshot() as snapshot:
            said.append(check_item(snapshot, content.signals, load_policy(), Effort.STANDARD, 8).verdict)

    ask()
    for action, actor in (
        (ChangeKind.ENTRY_CONFIRMED, "ben"),
        (ChangeKind.RETRACTION_REQUESTED, "cas"),
        (ChangeKind.RETRACTION_CONFIRMED, "dan"),
    ):
        write(
            store,
            DecideEntry(
                actor=actor, request_id=f"r{action}", action=action, entry_id=entry.entry_id, reason_code="wrong"
            ),
        )
        ask()

    assert said == [Verdict.PENDING, Verdict.KNOWN, Verdict.LIKELY, Verdict.NEW]
