"""Bit rot and lost files: verify finds whatever changes an answer, and a damaged list is loud, never silently NEW."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from hashsvc.clock import SeededClock
from hashsvc.errors import DamagedData, HashsvcError, Unavailable
from hashsvc.hashlist import ListStore, manifest
from hashsvc.hashlist.tables import TABLES
from hashsvc.hashlist.values import ChangeKind
from hashsvc.hashlist.verify import verify
from tests.hashlist import policies
from tests.hashlist.flips import flip
from tests.hashlist.lists import (
    assert_verifies,
    confirmed_batch,
    confirmed_entry,
    decide,
    done,
    everything,
    found_state,
    new_list,
    propose,
    retraction,
    seen_live,
)
from tests.hashlist.urls import keys_of, written_of

FLIPS = int(os.environ.get("HASHSVC_FLIPS", "80"))
SEED = int(os.environ.get("HASHSVC_SEED", "1"))
ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def good(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list with a segment and a delta, closed; tests copy it."""
    path = tmp_path_factory.mktemp("good") / "data"
    store = new_list(path)
    confirmed_batch(store, range(200, 500), b"first")
    batch = confirmed_batch(store, range(100, 130), b"second")
    done(store, retraction(batch, "cleo"))
    for n in range(6):
        confirmed_entry(store, n)
    done(store, decide(ChangeKind.ENTRY_DISPUTED, confirmed_entry(store, 6), "cleo"))
    done(store, propose(7))
    done(store, seen_live([], [written_of(n)[0] for n in (0, 1, 300)]))
    policies.apply(store, "3", 'version = "3"')
    policies.propose(store, "4", 'version = "4"')
    assert_verifies(store)
    store.close()
    return path


@pytest.fixture
def copy(good: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(good, tmp_path / "data"))


def opened(path: Path) -> ListStore:
    return ListStore.open(path, clock=SeededClock(2))


def segment_of(path: Path) -> Path:
    (only,) = manifest.segments_dir(path).iterdir()
    return only


# ---------------------------------------------------------------- the store


@pytest.mark.slow
def test_verify_finds_each_flipped_bit_that_changes_an_answer(good: Path, tmp_path: Path) -> None:
    """Of single flipped bits anywhere in the store, verify finds all that change any answer or break a read."""
    told: dict[int, dict[str, object]] = {}
    first = 0
    while first < FLIPS:  # goes on behind a flip that crashed the engine: loud enough
        command = [sys.executable, "-m", "tests.hashlist.flips", str(good), str(tmp_path / "copy" / "data")]
        child = subprocess.run(
            [*command, str(SEED), str(first), str(FLIPS)], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False
        )
        told |= {line["flip"]: line for line in map(json.loads, child.stdout.splitlines())}
        assert told, "the child told nothing"
        first = max(told) + 1
    missed = [line for line in told.values() if line["outcome"] != "same" and line["verified"] == "ok"]
    raised = [line for line in told.values() if ":" in str(line["verified"])]
    assert missed == [], f"replay: HASHSVC_SEED={SEED} HASHSVC_FLIPS={FLIPS} pytest {__file__}"
    assert raised == [], "verify tells what it finds, it never raises"
    assert sum(line["outcome"] == "wrong" for line in told.values()) > FLIPS // 10, "the flips must matter"


@pytest.mark.parametrize("table", TABLES)
def test_verify_finds_a_changed_value_of_any_table(copy: Path, table: str) -> None:
    """A bit that flips in a stored value and changes an answer is found, whatever table holds it."""
    store = opened(copy)
    expected = everything(store)
    with store.environment.read() as txn, txn.cursor(db=store.environment.tables[table]) as cursor:
        rows = [(bytes(key), bytes(value)) for key, value in cursor if key != b"probe"]
    store.close()
    assert rows
    changed = 0
    for place, (key, value) in enumerate(rows[:: max(1, len(rows) // 8)]):
        bad = bytearray(value)
        bad[place * 7 % len(bad)] ^= 1 << place % 8
        replace(copy, table, key, value, bytes(bad))
        outcome = outcome_of(copy, expected)
        assert outcome in ("same", "found"), f"{table} {key.hex()}: {outcome}"
        changed += outcome == "found"
        replace(copy, table, key, bytes(bad), value)
    assert changed or table == "requests"
    store = opened(copy)
    assert_verifies(store)
    store.close()


def replace(path: Path, table: str, key: bytes, old: bytes, new: bytes) -> None:
    """Put another value in a row's place, behind the list's back. Opened bare: the list may be too damaged."""
    from hashsvc.hashlist.tables import open_list

    env = open_list(path / "list")
    with env.write() as txn:
        txn.delete(key, old, db=env.tables[table])
        txn.put(key, new, db=env.tables[table])
    env.close()


def outcome_of(path: Path, expected: dict[str, object]) -> str:
    """found: verify or opening says so. same: neither verify nor answers noticed. Else what went unnoticed."""
    try:
        store = opened(path)
    except HashsvcError:
        return "found"
    try:
        report = verify(store)
        if not report.ok:
            return "found"
        return "same" if everything(store) == expected else "an answer changed and verify found nothing"
    finally:
        store.close()


# ---------------------------------------------------------------- segment files


@pytest.mark.parametrize("place", range(12))
def test_verify_finds_each_flipped_bit_of_a_segment(copy: Path, place: int) -> None:
    """Every byte of a segment file is under a checksum: a flipped bit is found wherever it is."""
    path = segment_of(copy)
    flip(path, (place * 2_654_435_761) % path.stat().st_size, place % 8)
    store = opened(copy)
    report = verify(store)
    store.close()
    assert not report.ok
    assert "segment" in report.problems[0]


def test_a_missing_segment_is_refused_and_not_answered_as_new(copy: Path) -> None:
    """Where a segment file is gone, a search refuses: it never says that nothing was found."""
    segment_of(copy).unlink()
    store = opened(copy)
    with pytest.raises(Unavailable, match="SEGMENT_MISSING"):
        found_state(store, 300)
    with pytest.raises(Unavailable, match="SEGMENT_MISSING"), store.snapshot() as snapshot:
        snapshot.lookup_urls(keys_of(written_of(300)[0]).digests)
    report = verify(store)
    store.close()
    assert report.problems == [f"segment {report.problems[0].split()[1].removesuffix(':')}: the file is missing"]


@pytest.mark.parametrize("left", [0, 100, 4096, -1])
def test_a_truncated_segment_is_refused(copy: Path, left: int) -> None:
    """A segment file that is shorter than it was written is refused at open, and verify says so."""
    path = segment_of(copy)
    os.truncate(path, left if left >= 0 else path.stat().st_size - 1)
    store = opened(copy)
    with pytest.raises((DamagedData, ValueError)) as refused:
        found_state(store, 300)
    report = verify(store)
    store.close()
    assert refused.type is DamagedData
    assert not report.ok


def test_another_lists_segment_is_found(copy: Path, tmp_path: Path) -> None:
    """A whole and healthy segment file that holds other fingerprints than the log is found by verify."""
    other = new_list(tmp_path / "other", seed=9)
    confirmed_batch(other, range(500, 800), b"other")
    confirmed_batch(other, range(100, 130), b"second")
    other.close()
    ours = segment_of(copy)
    ours.write_bytes(segment_of(tmp_path / "other").read_bytes())
    store = opened(copy)
    report = verify(store)
    store.close()
    assert not report.ok


@pytest.mark.parametrize("damage", ["gone", "cut", "gap"])
def test_a_damaged_manifest_is_refused(copy: Path, damage: str) -> None:
    """A manifest that is missing, cut or has gaps makes every search refuse, and verify says so without raising."""
    store = opened(copy)
    env = store.environment
    with env.write() as txn:
        live = manifest.load(env, txn)
        if damage == "gone":
            txn.delete(b"manifest", db=env.tables["meta"])
        elif damage == "cut":
            txn.put(b"manifest", bytes(txn.get(b"manifest", db=env.tables["meta"]))[:-2], db=env.tables["meta"])
        else:
            (row,) = live.segments
            later = manifest.SegmentRow(row.name, 5, row.last_sequence, row.byte_count, row.code_count)
            manifest.store(env, txn, manifest.Manifest(live.generation, (later,)))
    store.close()
    store = opened(copy)
    with pytest.raises(DamagedData):
        found_state(store, 300)
    report = verify(store)
    store.close()
    assert not report.ok


def test_a_store_whose_pages_are_gone_answers_nothing(copy: Path) -> None:
    """A store that was cut off ends the process that reads it (the kernel's SIGBUS) or is refused: no answer comes."""
    data = copy / "list" / "data.mdb"
    os.truncate(data, 4096 * 3)
    read = "from tests.hashlist.test_damage import *; print(found_state(opened(Path(sys.argv[1])), 300))"
    child = subprocess.run([sys.executable, "-c", read, str(copy)], cwd=ROOT, capture_output=True, check=False)
    assert child.returncode != 0
    assert child.stdout == b""


def test_a_directory_of_noise_is_refused(tmp_path: Path) -> None:
    """A store that LMDB cannot read is DamagedData, not a stack trace."""
    (tmp_path / "list").mkdir()
    (tmp_path / "list" / "data.mdb").write_bytes(b"noise" * 5_000)
    with pytest.raises(DamagedData):
        opened(tmp_path)


# ---------------------------------------------------------------- links of the log


@pytest.fixture
def store(copy: Path) -> Iterator[ListStore]:
    store = opened(copy)
    yield store
    store.close()


def test_a_missing_change_is_found(store: ListStore) -> None:
    """A change that is taken out of the log is found, and named."""
    env = store.environment
    with env.write() as txn:
        txn.delete((5).to_bytes(8, "big"), db=env.tables["records"])
    assert "change 5 is missing" in verify(store).problems[0]


def test_a_missing_payload_is_found(store: ListStore) -> None:
    """A payload that is gone without a change that erased it is found, and named."""
    env = store.environment
    with env.write() as txn:
        txn.delete((5).to_bytes(8, "big"), db=env.tables["payloads"])
    assert "payload of change 5" in verify(store).problems[0]
