"""`hashsvc report`, `case` and `casework` against a real server: from a file of reports to what was erased."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hashsvc.cli import output
from tests.cli.conftest import Run
from tests.cli.real import serving


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("casework") / "list"


@pytest.fixture(scope="module")
def address(data: Path) -> Iterator[str]:
    with serving(data) as address:
        yield address


def picture(n: int) -> dict[str, object]:
    """A picture that nobody else reports, as an item of a report."""
    return {"pdq": np.random.default_rng(5_000 + n).bytes(32).hex(), "pdq_quality": 90, "content_ref": f"v/{n}"}


def lines_of(*reports: object) -> str:
    return "".join((one if isinstance(one, str) else json.dumps(one)) + "\n" for one in reports)


def test_reports_of_a_file_are_answered_line_by_line(run: Run, address: str) -> None:
    """Each line gets its code or why it was refused, in order; the others are taken in and the status is 1."""
    stdin = lines_of(
        {"request_id": "f-1", "items": [picture(1)]},
        "no json",
        {"request_id": "f-2", "items": [{"pdq": "00"}]},
        {"request_id": "f-1", "items": [picture(2)]},
        {"request_id": "f-4", "items": [picture(3)], "severity_hint": "X"},
        {"items": [picture(4)]},
    )
    ran = run("report", "submit", "-", "--actor", "intake", stdin=stdin, server=address)
    assert ran.exit_code == 1
    assert "3 reports taken in, 3 refused" in ran.stderr
    assert [line["line"] for line in ran.lines] == [1, 2, 3, 4, 5, 6]
    assert [line["refusal"] and line["refusal"]["reason"] for line in ran.lines] == [
        None, "BAD_JSON", None, "REQUEST_ID_REUSED", "BAD_VALUE", None,
    ]  # fmt: skip
    assert [one["reason"] for one in ran.lines[2]["problems"]] == ["BAD_LENGTH"]
    assert ran.lines[5]["request_id"]
    again = run("report", "submit", "-", "--actor", "intake", stdin=stdin.splitlines()[0], server=address)
    assert (again.exit_code, again.line["repeated"], again.line["code"]) == (0, True, ran.lines[0]["code"])


def test_one_thing_is_reported_by_options_and_asked_for_by_its_code(run: Run, address: str) -> None:
    """The receipt has a code, and whoever has it is told a state and no more."""
    ran = run("report", "submit", "--url", "https://site.example/1", "--actor", "intake", server=address)
    assert ran.exit_code == 0
    state = run("report", "state", ran.line["code"], server=address)
    assert state.line == {"code": ran.line["code"], "state": "RECEIVED"}
    assert run("report", "submit", "--actor", "intake", server=address).exit_code == 2
    assert run("report", "state", "1234", server=address).exit_code == 1


def test_a_case_goes_through_its_life(run: Run, address: str, data: Path) -> None:
    """Two people claim and assess it, it is listed, and what closed because of it is listed until it is erased."""
    first = {"request_id": "l-1", "partner_reference": "p-1", "age_hint": "0-2", "items": [picture(10)]}
    stdin = lines_of(first, {"request_id": "l-2", "partner_reference": "p-2", "items": [picture(10)]})
    assert run("report", "submit", "-", "--actor", "intake", stdin=stdin, server=address).exit_code == 0
    queue = run("case", "queue", server=address).lines
    number = str(queue[0]["case"])
    assert (queue[0]["age_hint"], queue[0]["reports"]) == ("0-2", 2)
    claimed = run("case", "claim", "--actor", "ann", server=address)
    assert (str(claimed.line["case"]), claimed.line["held_by"]) == (number, "ann")
    assert [item["content_ref"] for item in claimed.line["item_list"]] == ["v/10", "v/10"]
    assert "assess" in claimed.stderr
    released = run("case", "release", number, "--actor", "ann", server=address)
    assert released.line["held_by"] is None
    assert run("case", "assess", number, "--actor", "ann", server=address).exit_code == 2
    options = ("--illegal", "--classification", "uk_abc=A", "--age-band", "0-2", "--flag", "grid", "--sex", "f")
    run("case", "claim", number, "--actor", "ann", server=address)
    said = run("case", "assess", number, *options, "--actor", "ann", server=address)
    assert "somebody else must look" in said.stderr
    run("case", "claim", number, "--actor", "bob", server=address)
    said = run("case", "assess", number, *options, "--actor", "bob", server=address)
    assert "LISTED: 2 items closed" in said.stderr
    entry = said.line["entry"]
    assert (said.line["state"], said.line["closed_items"]) == ("LISTED", 2)
    shown = run("case", "show", number, server=address).line
    assert [one["actor"] for one in shown["opinions"]] == ["ann", "bob"]
    assert {item["state"] for item in shown["item_list"]} == {"CLOSED_LISTED"}
    affected = run("case", "affected", entry, server=address).lines
    assert [(one["reference"], one["erased"]) for one in affected] == [("p-1", False), ("p-2", False)]


def test_a_person_sees_tables(run: Run, address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal the queue is a table, and a case one with a row a fact."""
    run("report", "submit", "--content-ref", "v/[bold]", "--severity-hint", "B", "--actor", "intake", server=address)
    number = str(run("case", "queue", server=address).lines[-1]["case"])
    monkeypatch.setattr(output, "on_terminal", lambda: True)
    monkeypatch.setenv("COLUMNS", "200")
    queue = run("case", "queue", server=address)
    assert "severity_hint" in queue.stdout
    assert "case" in run("case", "show", number, server=address).stdout


def test_erasing_needs_a_list(run: Run, tmp_path: Path) -> None:
    """In a directory without a list nothing is made."""
    ran = run("casework", "erase", "--data", str(tmp_path), "--days", "1")
    assert (ran.exit_code, list(tmp_path.iterdir())) == (1, [])


def test_old_reports_are_erased_offline(run: Run, tmp_path: Path) -> None:
    """Without a server running, closed reports go and open ones stay."""
    with serving(tmp_path / "list") as address:
        for n in (20, 21):
            stdin = lines_of({"items": [picture(n)]})
            run("report", "submit", "-", "--actor", "intake", stdin=stdin, server=address)
        for person in ("ann", "bob"):
            run("case", "claim", "1", "--actor", person, server=address)
            run("case", "assess", "1", "--not-illegal", "--actor", person, server=address)
    command = ("casework", "erase", "--data", str(tmp_path / "list"), "--days")
    assert run(*command, "1").line["erased_reports"] == 0
    assert run(*command, "0").line["erased_reports"] == 1
    assert run(*command, "0").line["erased_reports"] == 0


def test_a_reporter_who_left_a_contact_is_told_once(run: Run, tmp_path: Path) -> None:
    """The contact is listed when the report closed, not with its case, and erased when it was used."""
    with serving(tmp_path / "list", report_state_hours=0) as address:
        stdin = lines_of({"items": [picture(40)], "contact": "one@mail.example", "language": "mn"}, {"items": [{}]})
        run("report", "submit", "-", "--actor", "intake", stdin=stdin, server=address)
        assert run("report", "feedback", "list", server=address).lines == []
        early = run("report", "feedback", "sent", "1", "--actor", "mailer", server=address)
        assert (early.exit_code, "FEEDBACK_NOT_DUE" in early.stderr) == (1, True)
        for person in ("ann", "bob"):
            run("case", "claim", "1", "--actor", person, server=address)
            run("case", "assess", "1", "--not-illegal", "--actor", person, server=address)
        shown = run("case", "show", "1", server=address)
        assert "one@mail.example" not in shown.stdout + shown.stderr
        due = run("report", "feedback", "list", server=address)
        assert due.line == {"report": 1, "contact": "one@mail.example", "language": "mn", "portal": None}
        sent = run("report", "feedback", "sent", "1", "2", "--actor", "mailer", server=address)
        assert sent.lines == [{"report": 1, "erased": True}, {"report": 2, "erased": False}]
        assert run("report", "feedback", "list", server=address).lines == []


def test_the_effect_is_told_to_a_manager_and_a_welfare_officer(run: Run, tmp_path: Path) -> None:
    """Figures of the hotline with its days, a row for each person and day, and a chart."""
    with serving(tmp_path / "list") as address:
        for n in (30, 31):
            run("report", "submit", "-", "--actor", "intake", stdin=lines_of({"items": [picture(n)]}), server=address)
        for person in ("ann", "bob"):
            run("case", "claim", "1", "--actor", person, server=address)
            run("case", "assess", "1", "--illegal", "--classification", "uk_abc=B", "--actor", person, server=address)
        run("report", "submit", "-", "--actor", "intake", stdin=lines_of({"items": [picture(30)]}), server=address)
        told = run("effect", "--chart", str(tmp_path / "effect.svg"), server=address)
        analysts = run("effect", "--analysts", server=address)
        nothing = run("effect", "--until", "2020-01-01T00:00:00Z", server=address)
        wrong = run("effect", "--since", "yesterday", server=address)
    figures = told.line
    assert (figures["reports_received"], figures["reports_closed_unviewed"], figures["viewings"]) == (3, 1, 2)
    assert (figures["viewings_avoided"], [day["reports_known"] for day in figures["days"]]) == (2, [1])
    assert "3 reports received, 1 closed without anybody viewing them" in told.stderr
    assert "<svg" in (tmp_path / "effect.svg").read_text()
    assert [(row["analyst"], row["first_viewings"], row["severity"]) for row in analysts.lines] == [
        ("ann", 1, "1 × uk_abc=B"), ("bob", 1, "1 × uk_abc=B"),
    ]  # fmt: skip
    assert (nothing.line["reports_received"], nothing.line["median_close_minutes"]) == (0, None)
    assert wrong.exit_code == 2
