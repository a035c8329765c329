"""The thresholds against the corpus of innocuous pictures (docs/decisions/0003-pdq-thresholds.md)."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from benchmarks import pdq_thresholds
from benchmarks.pdq_thresholds import Corpus
from hashsvc.matching.check import check_item
from hashsvc.matching.policy import load_policy
from hashsvc.matching.values import Cap, Effort, Orientation, Verdict
from hashsvc.signals import PDQ, Signal
from tests.matching.fakes import FakeSnapshot

DATA = Path(__file__).parents[2] / "data"
RULE = load_policy().rules[PDQ]
assert RULE is not None


@pytest.fixture(scope="module")
def corpus() -> Corpus:
    return pdq_thresholds.read_corpus(DATA / "pictures_dev.jsonl.gz")


def test_no_wrong_match_closes(corpus: Corpus) -> None:
    """No version of a picture is within 12 bits more than what closes of a picture of another group, nor shown."""
    counts, worst, pairs = pdq_thresholds.wrong_matches(corpus, low=False, all_forms=False)

    assert RULE is not None
    assert worst[RULE.close + 12] == worst[RULE.show_standard] == 0
    assert worst[RULE.show_thorough] <= 6
    stored = json.loads((DATA / "chance.json").read_text())["pdq"]["as_given"]["share"]
    assert stored == pytest.approx(pdq_thresholds.curve(worst, pairs, "")["share"], rel=0.05), (
        "data/chance.json is stale: run benchmarks/pdq_thresholds.py"
    )
    assert counts[-1] == pairs


def test_low_quality_meets_no_other_picture(corpus: Corpus) -> None:
    """A query of quality below 50 shows its own picture or nothing; one that is refused would have shown nothing."""
    assert RULE is not None
    searched, _, wrong, own = pdq_thresholds.low_queries(corpus, ~corpus.flat)
    refused, _, refused_wrong, refused_own = pdq_thresholds.low_queries(corpus, corpus.flat)

    assert (searched, refused) == (952, 414)
    assert wrong[RULE.show_standard] == 0
    assert (own[RULE.close], own[RULE.show_standard]) == (33, 43)
    assert refused_wrong[RULE.show_thorough] == refused_own[RULE.show_thorough] == 0


@pytest.mark.slow
def test_edits_that_meet_edits_are_counted(corpus: Corpus) -> None:
    """Where edited pictures are listed too, 9 unlike pairs of 191 million would close: the count may not grow."""
    assert RULE is not None
    counts, pairs = pdq_thresholds.version_pairs(corpus, corpus.good)

    assert pairs == 191_490_094
    assert (counts[RULE.close], counts[RULE.show_standard]) == (9, 22)


def test_light_edits_close(corpus: Corpus) -> None:
    """Recompressed copies close, nine in ten and more; all of these edits together six in ten."""
    assert RULE is not None
    shares = dict(zip(corpus.edits, pdq_thresholds.closed_shares(corpus, RULE.close), strict=True))

    assert shares["original"] == 1
    assert min(shares[edit] for edit in ("jpeg-q90", "jpeg-q60", "jpeg-q30", "webp-q60", "gray", "noise-10")) > 0.95
    assert np.mean(list(shares.values())) == pytest.approx(0.629, abs=0.002)


def test_turned_copies_are_found(corpus: Corpus) -> None:
    """Of mirrored and quarter-turned copies a THOROUGH check finds nine in ten."""
    assert RULE is not None
    shares = pdq_thresholds.found_shares(corpus)

    assert shares["mirror"][1][RULE.show_thorough] > 0.9
    assert shares["rotate-90"][1][RULE.show_thorough] > 0.9


def test_u_is_not_n(corpus: Corpus) -> None:
    """The letters u and n, 12 bits apart when turned, are shown to an analyst and do not close."""
    good = np.flatnonzero(corpus.good[:, 0])
    codes = corpus.codes[good, 0]
    away = pdq_thresholds.distances(codes, codes, all_forms=True)
    away[corpus.group[good][:, None] == corpus.group[good][None, :]] = 256
    one, other = np.unravel_index(away.argmin(), away.shape)
    snapshot = FakeSnapshot()
    snapshot.add(("pdq", codes[one].tobytes(), 2, 100))

    answer = check_item(snapshot, [Signal(PDQ, codes[other].tobytes(), 100)], load_policy(), Effort.THOROUGH, 8)

    assert answer.verdict == Verdict.LIKELY
    (evidence,) = answer.evidence
    assert (evidence.distance_bits, evidence.orientation) == (12, Orientation.ROTATED_180)
    assert evidence.caps == (Cap.ORIENTATION,)


def test_poisson_limits() -> None:
    """The upper limits are the textbook's: 3.0 for none seen, 4.74 for one, 10.51 for five."""
    assert [round(pdq_thresholds.poisson_upper(count), 2) for count in (0, 1, 5)] == [3.0, 4.74, 10.51]
