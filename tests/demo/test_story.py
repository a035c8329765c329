"""`python -m demo` for real: a server of two workers, an import, the intake, two people, a day, a kill -9, verify."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from demo.corpus import DEFAULT_PATH
from tests.demo.running import run

PICTURES = 120


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_the_demo_tells_its_whole_story(tmp_path: Path) -> None:
    """No report is closed on another picture, neither in checks nor in a day of casework that ends with a retraction.

    A confirmation and a retraction hold at once in the other worker, and a kill loses nothing.
    """
    corpus, out = tmp_path / "corpus.jsonl.gz", tmp_path / "out"
    with gzip.open(DEFAULT_PATH, "rb") as whole:
        corpus.write_bytes(gzip.compress(b"".join(line for line, _ in zip(whole, range(PICTURES), strict=False))))
    ran = run("--corpus", str(corpus), "--out", str(out))
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
    day = told["day"]
    assert (day["wrong_closes"], day["problems"]) == ([], [])
    assert sum(day["reports"].values()) == day["counted"]["reports_received"]
    assert sum(sum(tick.values()) for tick in day["ticks"]) == day["counted"]["reports_received"]
    assert day["reports"]["open"] == 0
    assert min(day["reports"][end] for end in ("known", "listed_today", "closed_later", "viewed")) > 0
    assert day["counted"]["viewings"] >= 2 * (day["counted"]["cases_listed"] + day["counted"]["cases_not_illegal"])
    retraction = day["retraction"]
    assert retraction["items"] == retraction["affected"] > 1
    assert retraction["partner_checks"] > 0
    assert sum(tick["reopened"] for tick in day["ticks"]) == retraction["reports"]
    assert "no wrong one closed" in ran.stderr
    assert told["kill"]["sequence_after"] == told["kill"]["sequence_before"]
    assert told["stopped_cleanly"]
    assert told["verified"]["ok"]
    assert "drained and stopped, exit status 0" in ran.stderr
    for name in ("demo.svg", "demo.png", "day.svg", "day.png"):
        assert (out / name).stat().st_size > 10_000


def test_a_missing_corpus_is_told(tmp_path: Path) -> None:
    """Without pictures there is no demo, and nothing is started."""
    ran = run("--corpus", str(tmp_path / "none.jsonl.gz"), "--out", str(tmp_path / "out"))
    assert ran.exit_code == 1
    assert "--corpus" in ran.stderr


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    """Where results cannot be written the demo says so and starts nothing."""
    (tmp_path / "file").write_text("not a directory")
    ran = run("--out", str(tmp_path / "file" / "out"))
    assert ran.exit_code == 1
    assert ran.stderr.startswith("Error: ")
