"""Items of reports are checked in bulk; each is told what it would be told alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hashsvc.casework.placing import are_known, check_many, check_one
from hashsvc.clock import SeededClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry, Written
from hashsvc.matching.policy import load_policy
from hashsvc.matching.values import Verdict
from hashsvc.signals import MD5, PDQ, SHA256, URL, Signal

LISTED = 30


def test_many_items_are_told_what_each_would_be_told_alone(tmp_path: Path) -> None:
    """Whatever items carry: nothing, a type twice, weak ones, URLs, what is listed, near it, or only proposed."""
    clock, rng = SeededClock(1), np.random.default_rng(1)
    ListStore.create(tmp_path / "list", clock=clock)
    lists, policy = ListStore.open(tmp_path / "list", clock=clock), load_policy()
    entries = [(Signal(SHA256, rng.bytes(32)), Signal(PDQ, rng.bytes(32), 90)) for _ in range(LISTED)]
    for n, signals in enumerate(entries):
        content = Content("test", "", str(n), signals)
        commands: list[ProposeEntry | DecideEntry] = [ProposeEntry(actor="ann", request_id=f"p{n}", content=content)]
        if n % 3:
            entry_id = lists.entry_id_of(content)
            confirm = int(ChangeKind.ENTRY_CONFIRMED)
            commands.append(DecideEntry(actor="bob", request_id=f"c{n}", action=confirm, entry_id=entry_id))
        assert all(isinstance(result, Written) for result in lists.write(commands))
    items = [_item(rng, entries[int(rng.integers(LISTED))]) for _ in range(600)]

    with lists.snapshot() as snapshot:
        many = check_many(snapshot, policy, items)
        alone = [check_one(snapshot, policy, signals) for signals in items]
        known = are_known(snapshot, policy, items)
        assert check_many(snapshot, policy, []) == []
        assert are_known(snapshot, policy, []) == []
    lists.close()

    assert many == alone
    assert known == [one.verdict == Verdict.KNOWN for one in alone]
    assert {one.verdict for one in alone} == {Verdict.KNOWN, Verdict.LIKELY, Verdict.PENDING, Verdict.NEW}


def _item(rng: np.random.Generator, entry: tuple[Signal, ...]) -> tuple[Signal, ...]:
    """Draw an item's signals: some of an entry's, some near them, some of nothing."""
    digest, picture = entry
    near = bytearray(picture.value)
    for bit in rng.integers(0, 256, int(rng.integers(0, 36))).tolist():
        near[bit // 8] ^= 1 << bit % 8
    choices = (
        digest, Signal(SHA256, rng.bytes(32)), Signal(MD5, rng.bytes(16)), Signal(PDQ, bytes(near), 90),
        Signal(PDQ, bytes(near), 10), Signal(PDQ, rng.bytes(32), 90), Signal(PDQ, bytes(32), 90),
        Signal(URL, b"https://example.com/a"),
    )  # fmt: skip
    return tuple(choices[i] for i in rng.permutation(len(choices))[: int(rng.integers(0, 4))])
