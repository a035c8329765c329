"""The list against an obvious model, under random people doing random things, verified after every step."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hashsvc.clock import SeededClock
from hashsvc.errors import HashsvcError
from hashsvc.hashlist import ListStore, Snapshot, fold, manifest
from hashsvc.hashlist.decide_entry import identity_of
from hashsvc.hashlist.values import (
    AmendEntry,
    ChangeKind,
    Command,
    ConfirmBatch,
    Content,
    CreateBatch,
    DecideEntry,
    ImportEntries,
    ProposeEntry,
    RetractBatch,
    SealBatch,
    State,
    Written,
)
from hashsvc.hashlist.verify import verify
from hashsvc.signals import MD5, PDQ, SHA256, Signal
from tests.hashlist.model import ModelBatch, ModelSignal, Refused, act

PEOPLE = ("ann", "bob", "cleo", "dan", "eve")
ACTIONS = {
    "confirm": ChangeKind.ENTRY_CONFIRMED,
    "reject": ChangeKind.ENTRY_REJECTED,
    "dispute": ChangeKind.ENTRY_DISPUTED,
    "resolve": ChangeKind.DISPUTE_RESOLVED,
    "retract": ChangeKind.RETRACTION_REQUESTED,
    "confirm_retraction": ChangeKind.RETRACTION_CONFIRMED,
}


def pdq_of(n: int) -> bytes:
    """Codes in clusters: n and n + 1 often differ in a few bits only."""
    code = bytearray(np.random.default_rng(n // 3).bytes(32))
    code[n % 3] ^= n % 3
    return bytes(code)


def signals_of(n: int) -> tuple[Signal, ...]:
    return (
        Signal(MD5, bytes([n]) * 16),
        Signal(SHA256, bytes([n, 1]) * 16),
        Signal(PDQ, pdq_of(n), 90),
    )


PARTS = st.sets(st.sampled_from((0, 1, 2)), min_size=1).map(sorted)
NUMBERS = st.integers(1, 6)


class ListMachine(RuleBasedStateMachine):
    """Propose, decide, amend, import, fold, reopen; a second process looks on."""

    @initialize(required=st.sampled_from((2, 2, 3)))
    def begin(self, required: int) -> None:
        self.required = required
        self.directory = Path(tempfile.mkdtemp(prefix="hashsvc-test-"))
        self.path = self.directory / "data"
        self.clock = SeededClock(7)
        ListStore.create(self.path, clock=self.clock, people_required=required)
        self.store = ListStore.open(self.path, clock=self.clock)
        self.entries: dict[bytes, list[ModelSignal]] = {}
        self.batches: list[tuple[bytes, ModelBatch]] = []
        self.requests = 0
        self.done: list[tuple[Command, Written]] = []
        self.second = SECOND.open(self.path)

    def write(self, command: Command) -> Written:
        before = self.head()
        result = self.store.write([command])[0]
        if isinstance(result, HashsvcError):
            raise result
        if self.head() > before:  # a request that changed nothing is not remembered
            self.done.append((command, result))
        return result

    def request_id(self) -> str:
        self.requests += 1
        return f"request-{self.requests}"

    def attempt(self, command: Command, allowed: bool) -> Written | None:
        """The store allows just what the model allows."""
        if allowed:
            return self.write(command)
        with pytest.raises(HashsvcError):
            self.write(command)
        return None

    def entry_id(self, n: int) -> bytes:
        return identity_of(self.store._key, Content("org", "", f"c{n}", ()))

    # ------------------------------------------------------------ one entry

    @rule(n=NUMBERS, parts=PARTS, actor=st.sampled_from(PEOPLE))
    def propose(self, n: int, parts: list[int], actor: str) -> None:
        chosen = tuple(signals_of(n)[i] for i in parts)
        key = self.entry_id(n)
        listed = self.entries.setdefault(key, [])
        allowed = not any(s.state() in ("PROPOSED", "CONFIRMED", "DISPUTED") for s in listed)
        content = Content("org", "", f"c{n}", chosen)
        self.attempt(ProposeEntry(actor=actor, request_id=self.request_id(), content=content), allowed)
        if allowed:
            listed += [ModelSignal((s.type, s.value), own="PROPOSED", proposer=actor, parts={actor}) for s in chosen]

    @rule(n=NUMBERS, actor=st.sampled_from(PEOPLE), action=st.sampled_from(sorted(ACTIONS)))
    def decide(self, n: int, actor: str, action: str) -> None:
        listed = self.entries.get(self.entry_id(n), [])
        try:
            act(listed, action, actor, self.required)
            allowed = True
        except Refused:
            allowed = False
        command = DecideEntry(
            actor=actor, request_id=self.request_id(), action=ACTIONS[action], entry_id=self.entry_id(n)
        )
        self.attempt(command, allowed)

    @rule(n=NUMBERS, parts=PARTS, actor=st.sampled_from(PEOPLE))
    def amend(self, n: int, parts: list[int], actor: str) -> None:
        listed = self.entries.get(self.entry_id(n))
        if not listed:
            return
        with self.store.snapshot() as snapshot:
            etag = snapshot.entry(self.entry_id(n)).etag
        chosen = tuple(signals_of(n)[i] for i in parts)
        command = AmendEntry(
            actor=actor, request_id=self.request_id(), entry_id=self.entry_id(n), etag=etag, add=chosen
        )
        self.write(command)
        live = {s.value for s in listed if s.state() in ("PROPOSED", "CONFIRMED", "DISPUTED")}
        listed += [
            ModelSignal((s.type, s.value), own="PROPOSED", proposer=actor, parts={actor})
            for s in chosen
            if (s.type, s.value) not in live
        ]

    # ------------------------------------------------------------ batches

    @rule(numbers=st.sets(NUMBERS, min_size=1), parts=PARTS, actor=st.sampled_from(PEOPLE), new=st.booleans())
    def import_some(self, numbers: set[int], parts: list[int], actor: str, new: bool) -> None:
        if new or not self.batches:
            made = self.write(
                CreateBatch(
                    actor=actor,
                    request_id=self.request_id(),
                    file_digest=len(self.batches).to_bytes(32, "big"),
                    source="org",
                )
            )
            assert made.batch is not None
            self.batches.append((made.batch.batch_id, ModelBatch({actor}, parts={actor})))
        batch_id, batch = self.batches[-1]
        contents = tuple(Content("", "", f"c{n}", tuple(signals_of(n)[i] for i in parts)) for n in sorted(numbers))
        command = ImportEntries(actor=actor, request_id=self.request_id(), batch_id=batch_id, contents=contents)
        if self.attempt(command, batch.state == "OPEN") is None:
            return
        for content in contents:
            listed = self.entries.setdefault(
                identity_of(self.store._key, Content("org", "", content.content_id, ())), []
            )
            had = {s.value for s in listed}
            fresh = [s for s in content.signals if (s.type, s.value) not in had]
            listed += [ModelSignal((s.type, s.value), batch=batch) for s in fresh]
            if fresh:
                batch.importers.add(actor)
                batch.parts.add(actor)

    @precondition(lambda self: self.batches)
    @rule(data=st.data(), actor=st.sampled_from(PEOPLE), action=st.sampled_from(("seal", "confirm", "retract")))
    def decide_batch(self, data: st.DataObject, actor: str, action: str) -> None:
        batch_id, batch = data.draw(st.sampled_from(self.batches))
        with self.store.snapshot() as snapshot:
            digest = snapshot.batch(batch_id).digest
        request_id = self.request_id()
        if action == "seal":
            allowed = batch.state == "OPEN" and any(s.batch is batch for e in self.entries.values() for s in e)
            if self.attempt(SealBatch(actor=actor, request_id=request_id, batch_id=batch_id), allowed):
                batch.state, batch.sealed = "SEALED", True
        elif action == "confirm":
            allowed = (batch.state == "SEALED" and actor not in batch.importers | batch.confirmers) or (
                batch.state == "DISPUTED" and actor not in batch.parts
            )
            command = ConfirmBatch(actor=actor, request_id=request_id, batch_id=batch_id, digest=digest)
            if self.attempt(command, allowed):
                if batch.state == "SEALED":
                    batch.confirmers.add(actor)
                batch.state = "SEALED" if batch.sealed else "OPEN"
                if 1 + len(batch.confirmers) >= self.required:
                    batch.state = "CONFIRMED"
                batch.asker, batch.agreed = "", set()
                batch.parts.add(actor)
        else:
            allowed = batch.state != "RETRACTED" and actor not in {batch.asker} | batch.agreed
            retract = RetractBatch(actor=actor, request_id=request_id, batch_id=batch_id, reason_code="QA")
            if self.attempt(retract, allowed):
                batch.agreed |= {actor} if batch.asker else set()
                batch.state = "RETRACTED" if 1 + len(batch.agreed) >= self.required else "DISPUTED"
                batch.asker = batch.asker or actor
                batch.parts.add(actor)

    # ------------------------------------------------------------ machinery

    @precondition(lambda self: self.done)
    @rule(data=st.data())
    def repeat_a_request(self, data: st.DataObject) -> None:
        command, first = data.draw(st.sampled_from(self.done))
        before = self.head()
        again = self.store.write([command])[0]
        assert isinstance(again, Written)
        assert self.head() == before, "a repeated request changes nothing"
        assert again.outcomes == first.outcomes
        assert again.position == first.position
        if first.entry is not None:
            assert again.entry is not None
            assert again.entry.etag == first.entry.etag
            assert [(s.signal, s.state) for s in again.entry.signals] == [
                (s.signal, s.state) for s in first.entry.signals
            ]

    @rule(idle=st.booleans())
    def fold_it(self, idle: bool) -> None:
        env, directory = self.store.environment, manifest.segments_dir(self.path)
        fold.fold_tail(env, directory, 1)
        fold.fold_segments(env, directory, self.clock.now_us(), idle)
        fold.sweep(env, directory, self.clock.now_us(), grace_us=0)

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = ListStore.open(self.path, clock=self.clock)

    def head(self) -> int:
        with self.store.snapshot() as snapshot:
            return snapshot.position.sequence

    def expected(self) -> dict[str, list[list[object]]]:
        return {
            key.hex(): [[s.value[1].hex(), int(State[s.state()])] for s in listed]
            for key, listed in self.entries.items()
            if listed
        }

    @invariant()
    def both_processes_see_what_the_model_says(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.snapshot() as snapshot:
            entries, _ = snapshot.entries(0, 1_000, 0, b"")
            seen = {e.entry_id.hex(): [[s.signal.value.hex(), s.state] for s in e.signals] for e in entries}
            assert seen == self.expected()
            self.check_searches(snapshot)
        other = self.second.ask({"do": "look"})
        assert other["entries"] == self.expected()
        assert other["sequence"] == self.head()

    def check_searches(self, snapshot: Snapshot) -> None:
        """Every listed signal is found by search, with the state that the model says, and nothing else."""
        everything = [(key, i, s) for key, listed in self.entries.items() for i, s in enumerate(listed)]
        for n in range(1, 7):
            md5, sha256, pdq = signals_of(n)
            for signal in (md5, sha256):
                found = sorted(
                    (m.entry.entry_id, m.listed.ordinal, m.state)
                    for m in map(snapshot.signal, snapshot.lookup(signal.type, signal.value))
                )
                want = sorted(
                    (key, i, int(State[s.state()]))
                    for key, i, s in everything
                    if s.value == (signal.type, signal.value)
                )
                assert found == want
                rows, refs = snapshot.lookup_many(signal.type, np.frombuffer(signal.value, np.uint8)[None, :])
                assert len(rows) == len(refs) == len(want)
            query = np.frombuffer(pdq.value, np.uint8)[None, :]
            hits = snapshot.near("pdq", query, 31)
            near = sorted(
                (m.entry.entry_id, m.listed.ordinal, int(d), m.state)
                for m, d in zip(map(snapshot.signal, hits.ref.tolist()), hits.distance.tolist(), strict=True)
            )
            want_near = []
            for key, i, s in everything:
                if s.value[0] == PDQ:
                    distance = (int.from_bytes(s.value[1], "big") ^ int.from_bytes(pdq.value, "big")).bit_count()
                    if distance <= 31:
                        want_near.append((key, i, distance, int(State[s.state()])))
            assert near == sorted(want_near)

    @invariant()
    def the_list_verifies(self) -> None:
        if hasattr(self, "store"):
            report = verify(self.store)
            assert report.ok, report.problems

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.second.ask({"do": "close"})
            self.store.close()
            shutil.rmtree(self.directory)


class SecondProcess:
    """One child for all examples: starting Python for each would take most of the time."""

    def __init__(self) -> None:
        self.child: subprocess.Popen[str] | None = None

    def open(self, path: Path) -> "SecondProcess":
        if self.child is None:
            self.child = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("second_process.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
        self.ask({"do": "open", "path": str(path)})
        return self

    def ask(self, what: dict[str, object]) -> dict:
        assert self.child is not None
        assert self.child.stdin is not None
        assert self.child.stdout is not None
        self.child.stdin.write(json.dumps(what) + "\n")
        self.child.stdin.flush()
        return json.loads(self.child.stdout.readline())


SECOND = SecondProcess()

ListMachine.TestCase.settings = settings(max_examples=60, stateful_step_count=30, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(400)
class TestList(ListMachine.TestCase):  # type: ignore[misc, valid-type]
    """Nothing that people can do makes log, views, index and both processes disagree, or breaks four eyes."""
