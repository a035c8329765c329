"""Small lists for tests: contents by number, commands that people give, and what a list answers about them.

A number always makes the same content, so that a process that was killed can say again what it had said.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from hashsvc.clock import Clock, SeededClock
from hashsvc.errors import HashsvcError
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import (
    ChangeKind,
    Command,
    ConfirmBatch,
    Content,
    CreateBatch,
    DecideEntry,
    ImportEntries,
    MarkSeenLive,
    ProposeEntry,
    RetractBatch,
    SealBatch,
    Written,
)
from hashsvc.hashlist.verify import verify
from hashsvc.signals import MD5, PDQ, SHA256, Signal
from hashsvc.signals.url_expressions import Scope
from tests.hashlist.urls import check_urls, keys_of, listed_in, refs_of, seen_keys, spelled, url_of, written_of


def pdq_of(n: int) -> bytes:
    """A code far from every other number's, that no guard takes for a flat picture's."""
    return np.random.default_rng(1_000_003 + n).bytes(32)


def md5_of(n: int) -> bytes:
    return hashlib.md5(b"content %d" % n, usedforsecurity=False).digest()


def signals_of(n: int) -> tuple[Signal, ...]:
    """Content n's signals: MD5, SHA-256, PDQ of quality 90."""
    sha256 = hashlib.sha256(b"content %d" % n).digest()
    return Signal(MD5, md5_of(n)), Signal(SHA256, sha256), Signal(PDQ, pdq_of(n), 90)


def content(n: int, source: str = "org") -> Content:
    """Content n as it is listed: its fingerprints and its URL (`urls.py`)."""
    return Content(source, "", f"c{n}", (*signals_of(n), url_of(n)))


def propose(n: int, actor: str = "ann", request_id: str = "") -> ProposeEntry:
    return ProposeEntry(actor=actor, request_id=request_id or f"propose {n}", content=content(n))


def decide(action: int, entry_id: bytes, actor: str, request_id: str = "") -> DecideEntry:
    name = ChangeKind(action).name
    return DecideEntry(
        actor=actor,
        request_id=request_id or f"{name} {entry_id.hex()[:20]} {actor}",
        action=int(action),
        entry_id=entry_id,
        reason_code="QA",
    )


def create(store: ListStore, actor: str, file_digest: bytes, request_id: str = "") -> bytes:
    """Begin a batch. Returns its id."""
    command = CreateBatch(
        actor=actor, request_id=request_id or f"create {file_digest.hex()[:20]}", file_digest=file_digest, source="org"
    )
    batch = done(store, command).batch
    assert batch is not None
    return batch.batch_id


def bring(batch_id: bytes, numbers: Sequence[int], actor: str = "ann", request_id: str = "") -> ImportEntries:
    return ImportEntries(
        actor=actor,
        request_id=request_id or f"import {batch_id.hex()[:20]} {min(numbers)}",
        batch_id=batch_id,
        contents=tuple(content(n, "") for n in numbers),
    )


def digest_of(store: ListStore, batch_id: bytes) -> bytes:
    with store.snapshot() as snapshot:
        return snapshot.batch(batch_id).digest


def confirmed_batch(store: ListStore, numbers: Sequence[int], name: bytes = b"file", importer: str = "ann") -> bytes:
    """Import, seal and confirm a batch. Returns its id."""
    batch_id = create(store, importer, hashlib.sha256(name).digest())
    done(store, bring(batch_id, numbers, importer))
    done(store, SealBatch(actor=importer, request_id=f"seal {batch_id.hex()[:20]}", batch_id=batch_id))
    done(store, confirmation(store, batch_id, "bob"))
    return batch_id


def confirmation(store: ListStore, batch_id: bytes, actor: str) -> ConfirmBatch:
    return ConfirmBatch(
        actor=actor,
        request_id=f"confirm {batch_id.hex()[:20]} {actor}",
        batch_id=batch_id,
        digest=digest_of(store, batch_id),
    )


def retraction(batch_id: bytes, actor: str) -> RetractBatch:
    return RetractBatch(
        actor=actor, request_id=f"retract {batch_id.hex()[:20]} {actor}", batch_id=batch_id, reason_code="QA"
    )


def seen_live(
    entry_ids: Sequence[bytes] = (), texts: Sequence[str] = (), seen_us: int = 0, request_id: str = "seen"
) -> MarkSeenLive:
    """Say that the URLs of some entries, and some URLs wherever they are listed, were seen live."""
    urls = tuple(map(seen_keys, texts))
    return MarkSeenLive(actor="eve", request_id=request_id, entry_ids=tuple(entry_ids), urls=urls, seen_live_us=seen_us)


def new_list(path: Path, seed: int = 1, people_required: int = 2) -> ListStore:
    """Make a list and open it."""
    clock: Clock = SeededClock(seed)
    ListStore.create(path, clock=clock, people_required=people_required)
    return ListStore.open(path, clock=clock)


def done(store: ListStore, command: Command) -> Written:
    """Do a command that must succeed."""
    result = store.write([command])[0]
    if isinstance(result, HashsvcError):
        raise result
    return result


def entry_of(store: ListStore, command: ProposeEntry) -> bytes:
    """Propose, and return the entry's id."""
    entry = done(store, command).entry
    assert entry is not None
    return entry.entry_id


def confirmed_entry(store: ListStore, n: int) -> bytes:
    """An entry on the list that two people agreed to. Returns its id."""
    entry_id = entry_of(store, propose(n))
    done(store, decide(ChangeKind.ENTRY_CONFIRMED, entry_id, "bob"))
    return entry_id


def fill(store: ListStore) -> None:
    """A list with something of everything: lone entries in all states, batches, segments and a delta."""
    confirmed_batch(store, range(100, 400), b"first")
    for n in range(20):
        confirmed_entry(store, n)
    disputed, retracted = confirmed_entry(store, 20), confirmed_entry(store, 21)
    done(store, decide(ChangeKind.ENTRY_DISPUTED, disputed, "cleo"))
    done(store, decide(ChangeKind.RETRACTION_REQUESTED, retracted, "cleo"))
    done(store, decide(ChangeKind.RETRACTION_CONFIRMED, retracted, "dan"))
    confirmed_batch(store, range(400, 700), b"second")
    gone = confirmed_batch(store, range(700, 720), b"gone")
    done(store, retraction(gone, "cleo"))
    done(store, retraction(gone, "dan"))
    for n in range(30, 40):
        done(store, propose(n))
    done(store, seen_live([disputed], [written_of(n)[0] for n in (100, 101, 105, 999)]))


def found_state(store: ListStore, n: int) -> tuple[list[int], list[int]]:
    """States that content n's MD5 and its PDQ meet, as a check would see them."""
    with store.snapshot() as snapshot:
        by_digest = [snapshot.signal(ref).state for ref in snapshot.lookup(MD5, md5_of(n))]
        hits = snapshot.near("pdq", np.frombuffer(pdq_of(n), np.uint8)[None, :], 31)
        return by_digest, [snapshot.signal(ref).state for ref in hits.ref.tolist()]


def everything(store: ListStore) -> dict[str, object]:
    """All that a list answers: entries, batches, histories, changes, figures, searches for contents 0 to 999."""
    with store.snapshot() as snapshot:
        entries, _ = snapshot.pages.entries(0, 5_000, 0, b"")
        batches, _ = snapshot.pages.batches(0, 1_000)
        digests = np.frombuffer(b"".join(md5_of(n) for n in range(1_000)), np.uint8).reshape(-1, 16)
        rows, refs = snapshot.lookup_many(MD5, digests)
        codes = np.frombuffer(b"".join(pdq_of(n) for n in range(1_000)), np.uint8).reshape(-1, 32)
        hits = snapshot.near("pdq", codes, 31)
        texts = [text for n in range(1_000) for text in spelled(n)[:2]]
        urls = snapshot.lookup_urls(b"".join(keys_of(text).digests for text in texts))
        stats = snapshot.stats()
        return {
            "position": snapshot.position,
            "entries": entries,
            "batches": batches,
            "histories": [snapshot.pages.history(entry.entry_id, 0, 100) for entry in entries[:50]],
            "changes": snapshot.pages.changes(0, 5_000, 1 << 30),
            "stats": (stats.entry_count, stats.states, stats.types),
            "policies": (snapshot.policy_sequence, snapshot.policy_in_force(), snapshot.policy_proposed()),
            "lookups": [(row, ref, snapshot.signal(ref).state) for row, ref in zip(rows.tolist(), refs, strict=True)],
            "near": sorted(zip(hits.query.tolist(), hits.ref.tolist(), hits.distance.tolist(), strict=True)),
            "urls": [(row, kind, ref, snapshot.signal(ref).state) for row, kind, ref in urls],
            "seen live": [(ref, snapshot.seen_live_us(ref)) for ref in refs_of(snapshot)],
            "covered": [
                [snapshot.covered(scope, f"s{block}.example.com/", 0) for scope in (Scope.HOST, Scope.DOMAIN)]
                for block in range(100)
            ],
        }


def assert_urls_answer(store: ListStore, numbers: Sequence[int]) -> None:
    """What is asked of the URLs of some contents is answered as a slow and obvious list does."""
    with store.snapshot() as snapshot:
        entries, more = snapshot.pages.entries(0, 5_000, 0, b"")
        assert not more
        check_urls(snapshot, listed_in(entries), [text for n in numbers for text in spelled(n)])


def head_of(store: ListStore) -> int:
    with store.snapshot() as snapshot:
        return snapshot.position.sequence


def assert_verifies(store: ListStore, scratch: Path | None = None) -> None:
    report = verify(store, scratch=scratch)
    assert report.ok, report.problems
