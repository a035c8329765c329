"""`hashsvc policy` against a real server: look, check, try, propose, confirm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from hashsvc.cli import output
from hashsvc.cli import policy as policy_commands
from hashsvc.matching.policy import shipped_text
from tests.cli.conftest import Run
from tests.cli.real import serving

NEW = 'version = "ours 3"\n[pdq]\nclose = 25\nshow_standard = 40\nmay_close = true\n'
CODE = "81df" * 16


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    with serving(tmp_path / "list") as address:
        yield address


def test_a_policy_goes_from_a_file_into_force(run: Run, address: str, tmp_path: Path) -> None:
    """Shown, edited, tried, proposed with what it would do said first, signed by another person, and shown again."""
    assert run("policy", "show", "--text", server=address).stdout == shipped_text()
    shown = run("policy", "show", server=address).line
    assert (shown["in_force"]["version"], shown["in_force"]["origin"], shown["proposed"]) == ("2", "hashsvc", None)
    run("report", "submit", "--pdq", CODE, "--pdq-quality", "90", "--actor", "intake", server=address)
    file = tmp_path / "new.toml"
    file.write_text(NEW)
    tried = run("policy", "simulate", str(file), server=address)
    assert (tried.exit_code, tried.line["report_count"], tried.line["counts"]) == (
        0, 1, [{"before": "NEW", "after": "NEW", "item_count": 1}],
    )  # fmt: skip
    assert {"signal": "pdq", "from_distance": 32, "to_distance": 40} in tried.line["blind_spots"]
    assert "cannot tell of pdq from distance 32 on" in tried.stderr
    proposed = run("policy", "propose", "-", "--actor", "ann", "--note", "why", stdin=NEW, server=address)
    assert proposed.exit_code == 0
    assert proposed.stderr.index("over 1 report of 1 item") < proposed.stderr.index("proposed; somebody else")
    assert (proposed.line["state"], proposed.line["text"]) == ("PROPOSED", NEW)
    assert run("policy", "show", "--text", "--proposed", server=address).stdout == NEW
    assert "SELF_CONFIRMATION" in run("policy", "confirm", "--actor", "ann", server=address).stderr
    signed = run("policy", "confirm", "--actor", "bob", server=address)
    assert "signing version ours 3, proposed by ann" in signed.stderr
    assert signed.stderr.rstrip().endswith("in force")
    assert signed.line["state"] == "IN_FORCE"
    assert run("stats", server=address).line["policy_version"] == "ours 3"
    nobody = run("policy", "confirm", "--actor", "cleo", server=address)
    assert (nobody.exit_code, nobody.stdout) == (1, "")
    assert run("policy", "show", "--text", "--proposed", server=address).exit_code == 1


def test_a_file_is_checked_without_a_server(run: Run, tmp_path: Path) -> None:
    """What a file says is told by type, with what it leaves unsearched; what is wrong is named with its field."""
    checked = run("policy", "check", "-", stdin=NEW, server="127.0.0.1:1")
    assert checked.exit_code == 0
    assert [(one["signals"], one["close"], one["show_standard"]) for one in checked.lines] == [("pdq", 25, 40)]
    assert "no thresholds for MD5" in checked.stderr
    wrong = run("policy", "check", "-", stdin=NEW.replace("25", "41"))
    assert wrong.exit_code == 1
    assert "pdq.close must be a whole number from 0 to 40" in wrong.stderr
    assert "not UTF-8" in run("policy", "check", "-", stdin=b"\xff").stderr
    assert run("policy", "check", str(tmp_path / "none.toml")).exit_code == 2
    assert run("policy", "simulate", "-", "--since", "yesterday", stdin=NEW).exit_code == 2
    assert run("policy", "show", "--proposed").exit_code == 2


def test_a_person_sees_tables(run: Run, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a simulation is a table of verdicts before and after, and one of examples."""
    signals = ("--pdq", CODE, "--pdq-quality", "90")
    entry = run("entry", "propose", *signals, "--source", "org", "--content-id", "c", "--actor", "ann", server=address)
    run("entry", "confirm", entry.line["entry"], "--actor", "bob", server=address)
    near = "0000" * 5 + CODE[20:]  # 45 bits or so: not met
    close = "91df" * 15 + CODE[60:]  # 15 bits
    for code in (near, close):
        run("report", "submit", "--pdq", code, "--pdq-quality", "90", "--actor", "intake", server=address)
    for module in (output, policy_commands):
        monkeypatch.setattr(module, "on_terminal", lambda: True)
    narrow = NEW.replace("25", "10").replace("40", "31")
    shown = run("policy", "simulate", "-", stdin=narrow, server=address)
    assert shown.exit_code == 0
    assert "1 report that closed unseen would need a person" in shown.stderr
    rows = [line.split() for line in shown.stdout.splitlines()]
    assert ["all", "KNOWN", "LIKELY", "1"] in rows
    assert ["pdq", "KNOWN", "LIKELY", "1"] in rows
    assert ["2", "0", "KNOWN", "LIKELY", "pdq", "15", "90,", "90"] in rows
    assert "ours" not in run("policy", "show", server=address).stdout
