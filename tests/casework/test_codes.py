"""Reference codes: a report stands under its code, also where two requests come to the same one."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hashsvc.casework import codes
from hashsvc.casework.values import NewItem, NewReport, Opinion, ReportState
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.hashlist import ListStore
from hashsvc.signals import SHA256, Signal
from tests.casework.submitting import submit
from tests.casework.test_deciding import opened
from tests.house.lints import tracked_texts

KNOWN_LATER = Signal(SHA256, bytes(range(1, 33)))


def _report(request_id: str, text: str = "") -> NewReport:
    return NewReport(actor="portal", request_id=request_id, items=(NewItem((KNOWN_LATER,)),), comment=text)


def test_each_request_keeps_its_code_where_all_begin_with_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Requests whose first codes are equal get different ones, a repeat gets its own, also once the first is erased."""

    def alike(key: bytes, actor: str, request_id: str, attempt: int) -> str:
        digits = f"{attempt:011d}"
        return digits + codes.check_digit(digits)

    clock = SeededClock(1)
    ListStore.create(tmp_path / "list", clock=clock)
    with opened(tmp_path, clock) as (_, casework):
        monkeypatch.setattr(codes, "make_digits", alike)
        names = [str(n) for n in range(16)]
        taken = submit(casework, [_report(name) for name in names])
        assert len({one.code for one in taken}) == len({one.number for one in taken}) == 16
        assert [(one.code, one.number) for one in submit(casework, [_report(name) for name in names])] == [
            (one.code, one.number) for one in taken
        ]
        with pytest.raises(FailedPrecondition) as full:
            submit(casework, [_report("16")])
        assert full.value.reason == "NO_FREE_CODE"
        for name in names:
            with pytest.raises(FailedPrecondition) as reused:
                submit(casework, [_report(name, "another text")])
            assert reused.value.reason == "REQUEST_ID_REUSED"
        for actor in ("ann", "bob"):
            casework.claims.claim(actor)
            casework.decisions.assess(1, Opinion(actor, 0, is_illegal=False))
        assert casework.oversight.erase(clock.now_us() + 1, rows_max=10).reports == 5  # of one item each
        assert all(one.repeated for one in submit(casework, [_report(name) for name in names[5:]]))
        (again,) = submit(casework, [_report("0")])
        assert (again.repeated, again.number, again.code) == (False, 17, taken[0].code)
        assert casework.arrival.report_state(again.code) == ReportState.RECEIVED
        assert casework.oversight.verify() == []


def test_every_wrong_digit_and_every_swap_of_two_is_found() -> None:
    """The check digit of a code tells one wrong digit and two neighbours that changed places."""
    for digits in (codes.make_digits(b"key", "portal", str(n), 0) for n in range(200)):
        assert codes.read_code(codes.as_written(digits)) == digits
        for at in range(12):
            for other in "0123456789":
                if other != digits[at]:
                    with pytest.raises(InvalidArgument, match="wrong"):
                        codes.read_code(digits[:at] + other + digits[at + 1 :])
            if at and digits[at - 1] != digits[at]:
                with pytest.raises(InvalidArgument, match="wrong"):
                    codes.read_code(digits[: at - 1] + digits[at] + digits[at - 1] + digits[at + 1 :])


def test_every_code_that_a_page_shows_is_one() -> None:
    """The sample codes of pages, helps and protos have the right check digit: who tries one meets no BAD_CODE."""
    shown = [
        (name, code)
        for name, text in tracked_texts()
        if name.endswith((".md", ".py", ".proto")) and not name.startswith("tests/")
        for code in re.findall(r"(?<![\w-])\d{4}-\d{4}-\d{4}(?![\w-])", text)
    ]
    assert {name for name, _ in shown} >= {"docs/casework.md", "hashsvc/cli/report.py"}
    assert [codes.as_written(codes.read_code(code)) for _, code in shown] == [code for _, code in shown]
