"""`hashsvc demo` for real: a server of two workers, an import, the intake, two people, a kill -9, verify."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from hashsvc.cli.demo.corpus import default_path
from tests.cli.conftest import Run

PICTURES = 120


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_demo_tells_its_whole_story(run: Run, tmp_path: Path) -> None:
    """No report is closed on another picture; a confirmation and a retraction hold at once in the other worker."""
    corpus, out = tmp_path / "corpus.jsonl.gz", tmp_path / "out"
    with gzip.open(default_path(), "rb") as whole:
        corpus.write_bytes(gzip.compress(b"".join(line for line, _ in zip(whole, range(PICTURES), strict=False))))
    ran = run("demo", "--corpus", str(corpus), "--out", str(out))
    assert ran.exit_code == 0, ran.stderr
    told = json.loads((out / "demo.json").read_bytes())
    assert told["pictures"] == PICTURES
    for played in told["intake"]:
        assert sum(tally["wrong_known"] for tally in played["edits"].values()) == 0
        assert played["edits"]["original"]["known"] == played["edits"]["original"]["listed"]
        assert (
            sum(tally["listed"] + tally["others"] + tally["digests_only"] for tally in played["edits"].values())
            == (played["items"])
        )
    standard, thorough = told["intake"]
    assert thorough["edits"]["mirror"]["likely"] > standard["edits"]["mirror"]["likely"]
    steps = told["two_workers"]
    assert [step["verdict"] for step in steps] == ["NEW", "PENDING", "KNOWN", "LIKELY", "NEW"]
    assert all(step["written_by"] != step["checked_by"] for step in steps)
    assert told["kill"]["sequence_after"] == told["kill"]["sequence_before"]
    assert told["stopped_cleanly"]
    assert told["verified"]["ok"]
    assert "drained and stopped, exit status 0" in ran.stderr
    if told["charts"]:
        assert (out / "demo.svg").stat().st_size > 10_000
        assert (out / "demo.png").stat().st_size > 10_000


def test_a_missing_corpus_is_told(run: Run, tmp_path: Path) -> None:
    """Without pictures there is no demo, and nothing is started."""
    ran = run("demo", "--corpus", str(tmp_path / "none.jsonl.gz"), "--out", str(tmp_path / "out"))
    assert ran.exit_code == 1
    assert "--corpus" in ran.stderr
