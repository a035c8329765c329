"""`hashsvc check`: one answer a line in the order of the items, whatever is wrong with some of them."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Run
from tests.client.fake import Fake


def items(count: int) -> str:
    return "".join(
        json.dumps({"id": number, "md5": number.to_bytes(16).hex()}) + "\n" for number in range(1, count + 1)
    )


def test_each_item_gets_one_line_in_order(fake: Fake, run: Run) -> None:
    """NEW items are lines too; matched ones carry their evidence."""
    fake.known = {(7).to_bytes(16)}
    ran = run("check", "-", stdin=items(12_000))
    assert ran.exit_code == 0
    assert [line["id"] for line in ran.lines] == list(range(1, 12_001))
    hits = [line for line in ran.lines if line["verdict"] != "NEW"]
    assert [line["id"] for line in hits] == [7]
    assert ran.lines[0]["evidence"] == []
    (evidence,) = hits[0]["evidence"]
    assert evidence["entry"] == "0e" * 16
    assert (evidence["signal"], evidence["distance_bits"], evidence["orientation"]) == ("md5", 18, "mirrored")
    assert (evidence["state"], evidence["verdict"], evidence["caps"]) == ("CONFIRMED", "KNOWN", ["ORIENTATION"])
    assert (evidence["query_quality"], evidence["listed_quality"]) == (97, None)
    assert evidence["chance"]["expected_count"] == 1e-9
    assert hits[0]["sequence"] == 41


def test_bad_items_are_told_and_good_ones_answered(fake: Fake, run: Run) -> None:
    """A line that is no item, or has no usable fingerprint, gets verdict null and says why."""
    fake.known = {bytes([1]) * 16}
    good = json.dumps({"id": "g", "md5": "01" * 16})
    half = json.dumps({"id": "h", "md5": "01" * 16, "sha1": "zz"})
    lines = ["{not json", json.dumps({"id": "s", "md5": "0102"}), json.dumps({"id": "e"}), half, good]
    ran = run("check", "-", stdin="\n".join(lines) + "\n")
    assert ran.exit_code == 0
    assert [line["verdict"] for line in ran.lines] == [None, None, None, "KNOWN", "KNOWN"]
    reasons = [[problem["reason"] for problem in line["problems"]] for line in ran.lines]
    assert reasons[0] == ["BAD_JSON"]
    assert reasons[2] == ["EMPTY_ITEM"]
    assert len(reasons[1]) == len(reasons[3]) == 1
    assert reasons[4] == []
    assert ran.lines[1]["problems"][0]["field"] == "md5"


def test_a_file_and_an_effort(fake: Fake, run: Run, tmp_path: Path) -> None:
    """Items come from a file as from stdin; --effort reaches the server."""
    file = tmp_path / "items.jsonl"
    file.write_text(items(3))
    assert len(run("check", str(file), "--effort", "thorough").lines) == 3
    assert [request.effort for request in fake.requests("BatchCheck")] == [2]


def test_one_item_by_options(fake: Fake, run: Run) -> None:
    """Fingerprints on the command line are one item with one verdict."""
    fake.known = {bytes([1]) * 16}
    ran = run("check", "--md5", "01" * 16, "--pdq", "0123456789abcdef" * 4, "--pdq-quality", "80", "--id", "x")
    assert (ran.line["id"], ran.line["verdict"], ran.line["worker"]) == ("x", "KNOWN", 1)
    (request,) = fake.requests("Check")
    assert [signal.quality for signal in request.signals if signal.HasField("quality")] == [80]


def test_wrong_usage_has_status_2(run: Run) -> None:
    """Nothing to check, both ways at once, or a malformed fingerprint is the caller's mistake."""
    assert run("check").exit_code == 2
    assert run("check", "-", "--md5", "01" * 16).exit_code == 2
    ran = run("check", "--md5", "01")
    assert ran.exit_code == 2
    assert "--md5" in ran.stderr


def test_no_items_no_lines(fake: Fake, run: Run) -> None:
    """An empty input is answered with nothing, and nobody is asked."""
    ran = run("check", "-", stdin="")
    assert (ran.exit_code, ran.stdout, fake.seen) == (0, "", [])


def test_a_line_without_an_id_is_told_by_its_number(run: Run) -> None:
    """Where an answer has no id, it has its line's number in the file, blank lines counted."""
    ran = run("check", "-", stdin="\n{broken\n" + items(1) + json.dumps({"md5": "02" * 16}) + "\n")
    assert [(line["id"], line.get("line")) for line in ran.lines] == [(None, 2), (1, None), (None, 4)]


def test_items_not_checked_are_counted_at_the_end(run: Run) -> None:
    """Stderr says how many of the items have no verdict; that is no failure, for each item has its line."""
    ran = run("check", "-", stdin="{broken\n" + items(2))
    assert (ran.exit_code, len(ran.lines)) == (0, 3)
    assert "3 items, 1 of them not checked" in ran.stderr
    assert "2 items, 0 of them not checked" in run("check", "-", stdin=items(2)).stderr


def test_an_unknown_key_is_a_problem_and_the_rest_is_checked(fake: Fake, run: Run) -> None:
    """A misspelt key never passes in silence; keys as other people spell them are read."""
    fake.known = {bytes([1]) * 16}
    ran = run("check", "-", stdin=json.dumps({"id": "a", "MD5": "01" * 16, "sha512": "00"}) + "\n")
    assert ran.line["verdict"] == "KNOWN"
    assert [(one["field"], one["reason"]) for one in ran.line["problems"]] == [("sha512", "UNKNOWN_FIELD")]


def test_a_file_that_cannot_be_read_is_wrong_usage(run: Run, tmp_path: Path) -> None:
    """A missing file and a directory are named, without a traceback."""
    for path in (tmp_path / "none.jsonl", tmp_path):
        ran = run("check", str(path))
        assert ran.exit_code == 2
        assert path.name in ran.stderr
