"""The list against an obvious model, under random people doing random things, verified after every step."""

import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec
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
    ConfirmPolicy,
    Content,
    CreateBatch,
    DecideEntry,
    ImportEntries,
    MarkSeenLive,
    ProposeEntry,
    ProposePolicy,
    RetractBatch,
    SealBatch,
    State,
    Written,
)
from hashsvc.hashlist.verify import verify
from hashsvc.signals import MD5, PDQ, SHA256, Signal, UrlFacts
from hashsvc.signals.url_expressions import LOOSE
from hashsvc.signals.url_listed import listed_url
from tests.hashlist.model import ModelBatch, ModelSignal, Refused, act
from tests.hashlist.second_process import states
from tests.hashlist.urls import (
    LIVE,
    PAGE,
    PATH,
    SEEN_US,
    Listed,
    Name,
    check_urls,
    how_met,
    rows_by_hash,
    rows_met,
    seen_keys,
    spelled,
    url_of,
)

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


def urls_of(n: int) -> tuple[Signal, ...]:
    """Two URLs of each number, of all scopes; those of the last are others' in another spelling."""
    if n < 6:
        return url_of(2 * n - 2), url_of(2 * n - 1)
    page = listed_url("http://S0.example.com:80/q/../p/0.jpg#top", UrlFacts(PAGE, seen_live_us=SEEN_US + 50), "url")
    return page, listed_url("http://s0.example.com:8080/watch/%35", UrlFacts(PATH), "url")


def signals_of(n: int) -> tuple[Signal, ...]:
    return (
        Signal(MD5, bytes([n]) * 16),
        Signal(SHA256, bytes([n, 1]) * 16),
        Signal(PDQ, pdq_of(n), 90),
        *urls_of(n),
    )


def modelled(signals: list[Signal], now_us: int, **fields: object) -> list[ModelSignal]:
    """Signals as the model holds them. now_us: of the change that brings them."""
    found = []
    for s in signals:
        signal = ModelSignal((s.type, s.value), **fields)  # type: ignore[arg-type]
        signal.parts, signal.confirmers, signal.agreed = set(signal.parts), set(), set()
        if s.url is not None:
            signal.url, signal.seen_us = (s.value[0], s.url.written), s.url.seen_live_us or now_us
        found.append(signal)
    return found


def timeless(signal: Signal) -> Signal:
    """A signal as people see it, but for when it was seen live, which is always told as of now."""
    return signal if signal.url is None else msgspec.structs.replace(signal, url=msgspec.structs.replace(
        signal.url, seen_live_us=0
    ))  # fmt: skip


PARTS = st.sets(st.sampled_from((0, 1, 2, 3, 4)), min_size=1).map(sorted)
NUMBERS = st.integers(1, 6)
TEXTS = sorted({text for n in range(10) for text in (*spelled(n)[:4], spelled(n)[6])})
PAGES = sorted(text for n in range(7) for text in spelled(n)[:2])
TIMES = {"now": 0, "long ago": 1, "between": SEEN_US + 5, "ahead": 1 << 60}


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
        self.proposed: tuple[int, str, set[str]] | None = None  # sequence, version, who signed
        self.in_force = ""
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
        written = self.attempt(ProposeEntry(actor=actor, request_id=self.request_id(), content=content), allowed)
        if written is not None:
            assert written.entry is not None
            now_us = written.entry.updated_us
            listed += modelled(list(chosen), now_us, own="PROPOSED", proposer=actor, parts={actor})

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
        entry = self.write(command).entry
        assert entry is not None
        live = {s.value for s in listed if s.state() in ("PROPOSED", "CONFIRMED", "DISPUTED")}
        fresh = [s for s in chosen if (s.type, s.value) not in live]
        listed += modelled(fresh, entry.updated_us, own="PROPOSED", proposer=actor, parts={actor})

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
            key = identity_of(self.store._key, Content("org", "", content.content_id, ()))
            listed = self.entries.setdefault(key, [])
            had = {s.value for s in listed}
            fresh = [s for s in content.signals if (s.type, s.value) not in had]
            if fresh:
                with self.store.snapshot() as snapshot:
                    listed += modelled(fresh, snapshot.entry(key).updated_us, batch=batch)
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

    # ------------------------------------------------------------ policies

    @rule(version=st.sampled_from(("3", "4")), actor=st.sampled_from(PEOPLE))
    def propose_policy(self, version: str, actor: str) -> None:
        command = ProposePolicy(actor=actor, request_id=self.request_id(), version=version, text=f"of {version}")
        policy = self.write(command).policy
        assert policy is not None
        self.proposed = (policy.proposal_sequence, version, {actor})

    @rule(actor=st.sampled_from(PEOPLE))
    def confirm_policy(self, actor: str) -> None:
        number, version, signed = self.proposed or (1, "", {actor})
        command = ConfirmPolicy(actor=actor, request_id=self.request_id(), number=number)
        if self.attempt(command, actor not in signed) is not None:
            signed.add(actor)
            if len(signed) == self.required:
                self.in_force, self.proposed = version, None

    # ------------------------------------------------------------ URLs

    def listed_urls(self) -> list[Listed]:
        return [
            Listed((key, i), *s.url, State[s.state()], s.seen_us)
            for key, listed in self.entries.items()
            for i, s in enumerate(listed)
            if s.url is not None
        ]

    @rule(
        numbers=st.lists(st.integers(1, 7), max_size=2, unique=True),
        texts=st.lists(st.sampled_from(PAGES), max_size=4, unique=True) | st.lists(st.sampled_from(TEXTS), max_size=2),
        when=st.sampled_from(sorted(TIMES)),
        actor=st.sampled_from(PEOPLE),
    )
    def mark_seen_live(self, numbers: list[int], texts: list[str], when: str, actor: str) -> None:
        command = MarkSeenLive(
            actor=actor,
            request_id=self.request_id(),
            entry_ids=tuple(map(self.entry_id, numbers)),
            urls=tuple(map(seen_keys, texts)),
            seen_live_us=TIMES[when],
        )
        if when == "ahead":
            with pytest.raises(HashsvcError, match="IN_THE_FUTURE"):
                self.write(command)
            return
        meant, problems = self.meant(numbers, texts)
        before = self.listed_urls()
        seen = {one.name: one.seen_us for one in before}
        with self.store.snapshot() as old:
            written = self.write(command)
            assert old.position.sequence == self.head() - (written.renewed_count > 0)
            check_urls(old, before, TEXTS)
        assert [(index, reason) for index, reason, _ in written.problems] == problems
        time_us = TIMES[when]
        if written.renewed_count:
            with self.store.snapshot() as snapshot:
                (change,) = snapshot.pages.changes(snapshot.position.sequence - 1, 1, 1 << 20)
                assert change.kind == ChangeKind.URLS_SEEN_LIVE
                time_us = change.seen_live_us
                assert time_us == (TIMES[when] or change.time_us)
                assert set(change.seen_live) == {name for name in meant if seen[name] < time_us}
        assert written.renewed_count == sum(seen[name] < time_us for name in meant)
        assert written.unchanged_count == len(meant) - written.renewed_count
        for key, i in meant:
            signal = self.entries[key][i]
            signal.seen_us = max(signal.seen_us, time_us)

    def meant(self, numbers: list[int], texts: list[str]) -> tuple[set[Name], list[tuple[int, str]]]:
        """Names of the URLs that are meant, and what is not on the list."""
        names: set[Name] = set()
        problems = []
        listed = self.listed_urls()
        rows = rows_by_hash(listed)
        by_name = {one.name: one for one in listed}
        for index, n in enumerate(numbers):
            key = self.entry_id(n)
            found = {one.name for one in listed if one.name[0] == key and one.state in LIVE}
            if not found:
                problems.append((index, "NO_LIVE_URL" if self.entries.get(key) else "UNKNOWN_ENTRY"))
            names |= found
        for index, text in enumerate(texts, len(numbers)):
            how = how_met(text, rows_met(rows, text))
            found = {
                name
                for name, met in how.items()
                if met < LOOSE and by_name[name].scope in (PAGE, PATH) and by_name[name].state in LIVE
            }
            if not found:
                problems.append((index, "UNKNOWN_URL"))
            names |= found
        return names, problems

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
        assert again.renewed_count == first.renewed_count
        assert again.policy == first.policy
        if first.entry is not None:
            assert again.entry is not None
            assert again.entry.etag == first.entry.etag
            assert [(timeless(s.signal), s.state) for s in again.entry.signals] == [
                (timeless(s.signal), s.state) for s in first.entry.signals
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
            key.hex(): [[(s.url[1].encode() if s.url else s.value[1]).hex(), int(State[s.state()])] for s in listed]
            for key, listed in self.entries.items()
            if listed
        }

    @invariant()
    def both_processes_see_what_the_model_says(self) -> None:
        if not hasattr(self, "store"):
            return
        with self.store.snapshot() as snapshot:
            entries, _ = snapshot.pages.entries(0, 1_000, 0, b"")
            seen = {e.entry_id.hex(): [[s.signal.value.hex(), s.state] for s in e.signals] for e in entries}
            assert seen == self.expected()
            self.check_searches(snapshot)
            policy, proposed = snapshot.policy_in_force(), snapshot.policy_proposed()
            assert ("" if policy is None else policy.version) == self.in_force
            assert (None if proposed is None else proposed.version) == (self.proposed and self.proposed[1])
            assert snapshot.policy_sequence == (0 if policy is None else policy.applied_sequence)
            check_urls(snapshot, self.listed_urls(), TEXTS)
        other = self.second.ask({"do": "look"})
        assert other["entries"] == self.expected()
        assert other["sequence"] == self.head()
        assert other == json.loads(json.dumps(states(self.store)))

    def check_searches(self, snapshot: Snapshot) -> None:
        """Every listed signal is found by search, with the state that the model says, and nothing else."""
        everything = [(key, i, s) for key, listed in self.entries.items() for i, s in enumerate(listed)]
        for n in range(1, 7):
            md5, sha256, pdq = signals_of(n)[:3]
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
