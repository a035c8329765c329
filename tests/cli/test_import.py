"""`hashsvc import` and `export`: dry run, batch, rejections by line, the same file again, a round trip."""

from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path

import pytest

from hashsvc.errors import ResourceExhausted
from hashsvc.v1 import entry_pb2
from tests.cli.conftest import Run
from tests.client.fake import BATCH_ID, DIGEST, Fake


def line(number: int, **more: object) -> str:
    fingerprints = [{"type": "md5", "value": number.to_bytes(16).hex()}]
    return json.dumps({"content_id": f"c{number}", "source": "iwf", "fingerprints": fingerprints, **more})


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """4,500 entries, with a line that is no JSON as the third."""
    path = tmp_path / "entries.jsonl"
    lines = [line(number) for number in range(1, 4501)]
    lines.insert(2, "{broken")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_without_apply_nothing_is_written(fake: Fake, run: Run, file: Path) -> None:
    """A dry run only counts, needs no actor, and says that it was one."""
    ran = run("import", str(file))
    assert ran.exit_code == 0
    assert (ran.line["applied"], ran.line["batch"], ran.line["inserted"]) == (False, None, 4500)
    assert all(request.validate_only for request in fake.requests("ImportEntries"))
    assert {name for name, _, _ in fake.seen} == {"ImportEntries"}
    assert "dry run" in ran.stderr


def test_apply_brings_all_and_seals(fake: Fake, run: Run, file: Path) -> None:
    """The file becomes one sealed batch under its own SHA-256; bad lines are told by number."""
    fake.weak = {(4000).to_bytes(16)}
    ran = run("import", str(file), "--apply", "--actor", "ann")
    assert ran.exit_code == 0
    found = ran.line
    assert (found["batch"], found["digest"], found["state"]) == (BATCH_ID, DIGEST.hex(), "SEALED")
    assert (found["inserted"], found["amended"], found["unchanged"], found["rejected"]) == (4499, 0, 0, 2)
    assert [(one["line"], one["reason"]) for one in found["rejections"]] == [
        (3, "BAD_JSON"),
        (4001, "WEAK_FINGERPRINT"),
    ]
    assert found["sequence"] == 41
    assert found["elapsed_s"] > 0
    (create,) = fake.requests("CreateBatch")
    assert create.file_digest == hashlib.sha256(file.read_bytes()).digest()
    assert create.source == "iwf"
    assert sorted(len(request.entries) for request in fake.requests("ImportEntries")) == [500, 2000, 2000]
    assert fake.seen[-1][0] == "SealBatch"
    assert "batch confirm" in ran.stderr


def test_apply_needs_an_actor(run: Run, file: Path) -> None:
    """Somebody must answer for a write."""
    assert run("import", str(file), "--apply").exit_code == 2


def test_a_sealed_file_again_changes_nothing(fake: Fake, run: Run, file: Path) -> None:
    """The same file after its batch was sealed is only counted, and its batch reported."""
    fake.batch_state, fake.batch_created = entry_pb2.BATCH_STATE_CONFIRMED, False
    ran = run("import", str(file), "--apply", "--actor", "ann")
    assert ran.exit_code == 0
    assert (ran.line["batch"], ran.line["state"]) == (BATCH_ID, "CONFIRMED")
    assert all(request.validate_only for request in fake.requests("ImportEntries"))
    assert "SealBatch" not in {name for name, _, _ in fake.seen}


def test_stdin_and_gzip(fake: Fake, run: Run, tmp_path: Path, file: Path) -> None:
    """A file may be compressed, and may come on stdin, compressed or not."""
    packed = tmp_path / "entries.jsonl.gz"
    packed.write_bytes(gzip.compress(file.read_bytes()))
    assert run("import", str(packed)).line["inserted"] == 4500
    assert run("import", "-", stdin=file.read_bytes()).line["inserted"] == 4500
    assert run("import", "-", stdin=packed.read_bytes()).line["inserted"] == 4500


def test_a_cut_file_is_not_sealed(fake: Fake, run: Run, tmp_path: Path, file: Path) -> None:
    """A compressed file that ends early brings what can be read, and its batch stays open for the whole one."""
    cut = tmp_path / "cut.jsonl.gz"
    cut.write_bytes(gzip.compress(file.read_bytes())[:-4000])
    ran = run("import", str(cut), "--apply", "--actor", "ann")
    assert ran.exit_code == 1
    assert ran.line["rejections"][-1]["reason"] == "FILE_DAMAGED"
    assert "SealBatch" not in {name for name, _, _ in fake.seen}


def test_a_file_without_entries_makes_no_batch(fake: Fake, run: Run, tmp_path: Path) -> None:
    """Where nothing can be used, nothing is begun."""
    path = tmp_path / "bad.jsonl"
    path.write_text("{broken\n")
    ran = run("import", str(path), "--apply", "--actor", "ann")
    assert (ran.exit_code, ran.line["rejected"], fake.seen) == (1, 1, [])


def test_an_export_reads_back(fake: Fake, run: Run, tmp_path: Path) -> None:
    """What export writes, import reads: all pages, in either format, to stdout or to a file."""
    fake.entry_count, fake.entry_state = 2500, entry_pb2.STATE_CONFIRMED
    ran = run("export")
    assert [one["content_id"] for one in ran.lines] == [f"c{number}" for number in range(2500)]
    assert ran.lines[0]["fingerprints"][0]["type"] == "md5"
    assert {request.state for request in fake.requests("ListEntries")} == {2}
    out = tmp_path / "out.csv"
    assert run("export", "--format", "csv", "-o", str(out)).exit_code == 0
    assert run("import", str(out)).line["inserted"] == 2499  # the first has an all-zero digest, a placeholder
    assert run("export", "--state", "proposed").stdout == ""


def test_fingerprints_left_out_are_told_apart_from_entries_refused(fake: Fake, run: Run, tmp_path: Path) -> None:
    """An entry counts as rejected only if nothing of it is used; each rejection says which of the two it is."""
    weak = {"type": "md5", "value": "02" * 16}
    fake.weak = {bytes([2]) * 16}
    good, bad = {"type": "md5", "value": "01" * 16}, {"type": "sha1", "value": "zz"}
    path = tmp_path / "mixed.jsonl"
    entries = ([good, bad], [bad, bad], [good, weak], [weak, bad], [good])
    path.write_text("".join(json.dumps({"source": "iwf", "fingerprints": one}) + "\n" for one in entries))
    ran = run("import", str(path))
    found = ran.line
    assert (found["inserted"], found["rejected"], found["rejected_fingerprints"]) == (3, 2, 2)
    assert [(one["line"], one["whole"]) for one in found["rejections"]] == [
        (1, False),
        (2, True),
        (2, True),
        (3, False),
        (4, True),
        (4, True),
    ]
    assert "2 entries were refused whole; 2 fingerprints were left out" in ran.stderr


@pytest.mark.parametrize("begin", ["", "\n \n", "\ufeff"])
def test_csv_may_come_on_stdin(run: Run, begin: str) -> None:
    """The format of stdin is told by its first byte that is not blank, or said."""
    table = f"content_id,type,value\nc1,md5,{'01' * 16}\n"
    assert run("import", "-", stdin=(begin + line(1) + "\n").encode()).line["inserted"] == 1
    if not begin.isspace():
        assert run("import", "-", stdin=(begin + table).encode()).line["inserted"] == 1
        assert run("import", "-", stdin=gzip.compress((begin + table).encode())).line["inserted"] == 1
    assert run("import", "-", "--format", "csv", stdin=table).line["inserted"] == 1
    assert run("import", "-", "--format", "jsonl", stdin=table).exit_code == 1


def test_an_interrupted_import_continues(fake: Fake, run: Run, file: Path) -> None:
    """The same file again, its batch still OPEN, is written on and sealed."""
    fake.batch_created = False
    ran = run("import", str(file), "--apply", "--actor", "ann")
    assert (ran.exit_code, ran.line["state"], ran.line["inserted"]) == (0, "SEALED", 4500)
    assert {request.batch_id for request in fake.requests("ImportEntries")} == {BATCH_ID}
    assert f"continuing its batch {BATCH_ID}" in ran.stderr


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (entry_pb2.BATCH_STATE_DISPUTED, "a retraction of its batch"),
        (entry_pb2.BATCH_STATE_RETRACTED, "was retracted"),
    ],
)
def test_a_withdrawn_file_is_not_brought_back(
    fake: Fake, run: Run, file: Path, state: entry_pb2.BatchState, words: str
) -> None:
    """A file whose batch is withdrawn is only counted; that is said plainly, and is a failure."""
    fake.batch_state, fake.batch_created = state, False
    ran = run("import", str(file), "--apply", "--actor", "ann")
    assert (ran.exit_code, ran.line["batch"]) == (1, BATCH_ID)
    assert all(request.validate_only for request in fake.requests("ImportEntries"))
    assert words in ran.stderr
    assert "nothing was written" in ran.stderr


def test_an_import_waits_while_the_server_is_behind(fake: Fake, run: Run, file: Path) -> None:
    """Back-pressure stops no import: every call of it waits as told and is sent again as the same write."""
    full = ResourceExhausted("WRITE_QUEUE_FULL", "full", retry_after_ms=10)
    behind = ResourceExhausted("FOLDING_BEHIND", "behind", retry_after_ms=10)
    fake.failures.extend([full, None, behind, full, behind])
    ran = run("import", str(file), "--apply", "--actor", "ann")
    assert (ran.exit_code, ran.line["inserted"], ran.line["state"]) == (0, 4500, "SEALED")
    calls = fake.requests("ImportEntries")
    assert (len(calls), len({request.request_id for request in calls})) == (6, 3)


def test_an_export_leaves_no_half_file(fake: Fake, run: Run, tmp_path: Path) -> None:
    """A file that could not be written to its end is not there."""
    fake.failures.append(ResourceExhausted("TOO_MANY_PAGE_CALLS", "full"))
    assert run("export", "-o", str(tmp_path / "out.jsonl")).exit_code == 1
    assert list(tmp_path.iterdir()) == []
