"""Items of reports are checked in bulk; each is told what it would be told alone."""

from __future__ import annotations

import contextlib
from pathlib import Path

import numpy as np
import pytest

from hashsvc.casework import open_view
from hashsvc.casework.checking import are_known, check_many, check_one
from hashsvc.casework.desks import Casework
from hashsvc.casework.values import ItemState, NewItem, NewReport, Opinion
from hashsvc.clock import SeededClock
from hashsvc.errors import NotFound
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry, Written
from hashsvc.matching.policy import load_policy
from hashsvc.matching.values import Verdict
from hashsvc.signals import MD5, PDQ, SHA256, URL, Signal
from tests.casework.submitting import submit
from tests.casework.test_deciding import opened

LISTED = 30
CLOSE = 20  # bits of PDQ, as the policy that comes with hashsvc has it


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


def test_an_item_joins_what_it_is_like_however_much_is_frozen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each picture joins the first open case with one within close, as comparing with all says; also after restarts."""
    monkeypatch.setattr(open_view, "FREEZE_MIN", 4)
    monkeypatch.setattr(open_view, "REBUILD_DEAD_MIN", 8)
    clock, rng = SeededClock(1), np.random.default_rng(1)
    ListStore.create(tmp_path / "list", clock=clock)
    waiting: list[tuple[int, bytes]] = []  # case and picture
    joined = closed = 0
    for start in range(0, 160, 40):
        with opened(tmp_path, clock) as (_, casework):
            for n in range(start, start + 40):
                is_new = n < 10 or n % 4 == 0
                picture = rng.bytes(32) if is_new else _edited(rng, waiting[rng.integers(len(waiting))][1])
                report = NewReport(actor="portal", request_id=str(n), items=(NewItem((Signal(PDQ, picture, 90),)),))
                (item,) = submit(casework, [report])[0].items
                like = [case for case, one in waiting if _distance(one, picture) <= CLOSE]
                assert ((item.opened, item.case) == (False, min(like))) if like else item.opened
                waiting.append((item.case, picture))
                joined += not item.opened
                if n % 5 == 4:
                    for actor in ("ann", "bob"):
                        casework.claims.claim(actor, item.case)
                        casework.decisions.assess(item.case, Opinion(actor, 0, is_illegal=False))
                    waiting = _waiting(casework, waiting)
                    closed += 1
            assert casework.oversight.verify() == []
    assert joined > 30
    assert closed == 32


def _waiting(casework: Casework, before: list[tuple[int, bytes]]) -> list[tuple[int, bytes]]:
    """The pictures of open cases: of one that closed, those that nobody looked at have moved on to new ones."""
    numbers = range(1, max(case for case, _ in before) + len(before))
    found = []
    for number in numbers:
        with contextlib.suppress(NotFound):
            items = casework.claims.case(number)[1]
            found += [(number, item.signals[0].value) for item in items if item.state == ItemState.OPEN]
    return found


def _distance(one: bytes, other: bytes) -> int:
    return (int.from_bytes(one) ^ int.from_bytes(other)).bit_count()


def _edited(rng: np.random.Generator, picture: bytes) -> bytes:
    """A copy in which up to 40 bits differ."""
    mask = 0
    for bit in rng.choice(256, int(rng.integers(0, 41)), replace=False).tolist():
        mask |= 1 << bit
    return (int.from_bytes(picture) ^ mask).to_bytes(32)
