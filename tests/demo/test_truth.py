"""The demo's judge catches what it is there for: each kind of wrong close, and each figure that does not fit."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from demo import command
from demo.day import Day
from demo.day_chart import bars_of, headline
from demo.day_told import tell
from demo.mistake import Retraction
from demo.reading import BEFORE, ENDS, LATER, PERSON, TODAY, WAITING, end_of
from demo.stream import Truth
from demo.truth import (
    JOINED,
    KNOWN,
    NEW,
    Counted,
    Fate,
    Worked,
    count,
    differences,
    reopened_wrongly,
    wrong_closes,
    wrong_entries,
)
from hashsvc.client import HotlineFigures, ItemState
from hashsvc.signals import MD5, PDQ, URL, Signal
from tests.demo.running import run

LISTED = {"e1": frozenset({"cat"}), "e2": frozenset({"dog"})}
ILLEGAL = frozenset({"cat", "dog"})
LAWFUL = frozenset({"tree"})


def fate(
    group: str, state: ItemState, *entry_ids: str, report: int = 1, placed: str = NEW, viewed: bool = False
) -> Fate:
    return Fate(report, 0, group, placed, state, entry_ids, with_case=state is ItemState.CLOSED_LISTED, viewed=viewed)


def wrong(*fates: Fate) -> list[str]:
    return wrong_closes(fates, LISTED, ILLEGAL, LAWFUL)


def test_what_is_closed_rightly_is_not_told() -> None:
    """Closed by an entry of its own picture, also beside one of another; as not illegal by people; or open."""
    assert (
        wrong(
            fate("cat", ItemState.CLOSED_KNOWN, "e1"),
            fate("dog", ItemState.CLOSED_LISTED, "e1", "e2"),
            fate("tree", ItemState.CLOSED_NOT_ILLEGAL),
            fate("cat", ItemState.OPEN),
        )
        == []
    )


@pytest.mark.parametrize(
    ("one", "why"),
    [
        (fate("tree", ItemState.CLOSED_KNOWN, "e1"), "by an entry of another group"),
        (fate("dog", ItemState.CLOSED_LISTED, "e1"), "by an entry of another group"),
        (fate("cat", ItemState.CLOSED_KNOWN), "by nothing that stands on the list"),
        (fate("cat", ItemState.CLOSED_LISTED, "retracted"), "by nothing that stands on the list"),
        (fate("cat", ItemState.CLOSED_NOT_ILLEGAL), "as not illegal, and it is illegal"),
        (fate("bush", ItemState.CLOSED_NOT_ILLEGAL), "as not illegal, which nobody said of it"),
    ],
)
def test_each_kind_of_wrong_close_is_told(one: Fate, why: str) -> None:
    """One wrong item among right ones is found, with its reason."""
    assert wrong(fate("cat", ItemState.CLOSED_KNOWN, "e1"), one) == [
        f"item 0 of report 1 ({one.group}) is closed: {why}"
    ]


def test_a_lawful_picture_that_is_listed_closes_wrongly() -> None:
    """An entry of the same picture does not make a close right where the picture is not illegal."""
    (told,) = wrong_closes([fate("cat", ItemState.CLOSED_KNOWN, "e1")], LISTED, frozenset({"dog"}), LAWFUL)
    assert told.endswith("by an entry of its group, which is not illegal")


def test_an_entry_that_holds_two_things_is_told() -> None:
    """An entry is of one picture: signals of two, or of none that the play knows, are wrong."""
    told = wrong_entries({**LISTED, "e3": frozenset({"cat", "tree"}), "e4": frozenset()})
    assert [one.split()[1] for one in told] == ["e3", "e4"]


@pytest.mark.parametrize(
    ("after", "told"),
    [
        ([ItemState.OPEN, ItemState.CLOSED_LISTED, ItemState.OPEN], []),
        ([ItemState.CLOSED_LISTED, ItemState.CLOSED_LISTED, ItemState.OPEN], ["item 0 of report 0 is still closed"]),
        ([ItemState.OPEN, ItemState.OPEN, ItemState.OPEN], ["item 0 of report 1 was reopened"]),
        ([ItemState.OPEN, ItemState.CLOSED_LISTED, ItemState.CLOSED_LISTED], ["item 0 of report 2 was closed"]),
    ],
)
def test_just_what_a_retraction_should_open_is_open(after: list[ItemState], told: list[str]) -> None:
    """One too few, one too many, and one that closes instead are each found."""

    def fates(states: Sequence[ItemState]) -> list[Fate]:
        return [fate("cat", state, "e1", report=report) for report, state in enumerate(states)]

    before = fates([ItemState.CLOSED_LISTED, ItemState.CLOSED_LISTED, ItemState.OPEN])
    assert reopened_wrongly(before, fates(after), {(0, 0)}) == told


def day_of_four() -> Counted:
    """A picture that was looked at with its twin, one that was known, one that waits."""
    fates = [
        fate("cat", ItemState.CLOSED_LISTED, "e1", report=1, viewed=True),
        fate("cat", ItemState.CLOSED_LISTED, "e1", report=2, placed=JOINED),
        fate("dog", ItemState.CLOSED_KNOWN, "e2", report=3, placed=KNOWN),
        fate("tree", ItemState.OPEN, report=4, placed=NEW),
    ]
    return count(fates, Worked(viewings=2, cases=2, listed=1, not_illegal=0), people_required=2)


def ledger(counted: Counted) -> HotlineFigures:
    """The same figures as the ledger tells them, and none of its others."""
    return HotlineFigures(**{**dict.fromkeys(HotlineFigures.__struct_fields__), **msgspec.structs.asdict(counted)})


def test_the_day_is_counted_from_what_became_of_each_item() -> None:
    """Figures mean what the ledger's do: a twin is a viewing avoided, what waits is not."""
    counted = day_of_four()
    assert (counted.reports_received, counted.reports_closed, counted.reports_closed_unviewed) == (4, 3, 2)
    assert (counted.items_known, counted.items_joined, counted.items_new) == (1, 1, 2)
    assert (counted.items_closed_with_case, counted.items_closed_by_listing) == (1, 0)
    assert (counted.items_unviewed, counted.viewings_avoided) == (2, 4)


@pytest.mark.parametrize("name", Counted.__struct_fields__)
def test_each_figure_that_differs_from_the_ledger_is_told(name: str) -> None:
    """One more or less in any figure is found; the same is not."""
    counted = day_of_four()
    assert differences(counted, ledger(counted)) == []
    value: int = getattr(counted, name)
    other = msgspec.structs.replace(ledger(counted), **{name: value + 1})
    assert differences(counted, other) == [f"the ledger says {name} {value + 1}, counted were {value}"]


def test_a_report_is_said_to_need_a_person_if_any_of_its_items_did() -> None:
    """One item that was looked at, or waits, outweighs those that were known."""
    known = fate("cat", ItemState.CLOSED_KNOWN, "e1", placed=KNOWN)
    later = fate("dog", ItemState.CLOSED_KNOWN, "e2", placed=KNOWN)
    joined = fate("dog", ItemState.CLOSED_LISTED, "e2", placed=JOINED)
    waits = fate("tree", ItemState.OPEN)
    seen = fate("dog", ItemState.CLOSED_LISTED, "e2", viewed=True)
    morning = frozenset({"e1"})
    assert [end_of(items, morning) for items in ([known], [known, later], [known, joined])] == [BEFORE, TODAY, LATER]
    assert [end_of(items, morning) for items in ([known, waits], [waits, seen])] == [WAITING, PERSON]


def test_the_truth_goes_by_digests_and_addresses_not_by_likeness() -> None:
    """An equal PDQ says nothing of whose picture it is; another spelling of an address is the same address."""
    truth = Truth(set(), "")
    pdq, md5 = Signal(PDQ, bytes(range(32)), 90), Signal(MD5, bytes(range(16)))
    truth.learn("cat", (pdq, md5, Signal(URL, b"https://a.example/p")))
    assert truth.groups_of([pdq]) == frozenset()
    assert truth.groups_of([md5]) == frozenset({"cat"})
    assert truth.groups_of([Signal(URL, b"hxxp://A[.]example/./p")]) == frozenset({"cat"})


def day(**more: Any) -> Day:
    """Two quarters of an hour, of which the second was reopened."""
    ticks = [{**dict.fromkeys(ENDS, 1), "reopened": 0}, {**dict.fromkeys(ENDS, 0), "reopened": 2}]
    told: dict[str, Any] = {"wrong_closes": [], "problems": [], **more}
    return Day(
        counted=day_of_four(), reports={**dict.fromkeys(ENDS, 0), BEFORE: 1, LATER: 1, PERSON: 1, WAITING: 1},
        ticks=ticks, repeats=0, multi_item_reports=0, partner_checks=0, disagreements=0,
        retraction=Retraction(1, 2, 2, 2, 0), **told,
    )  # fmt: skip


def test_what_is_wrong_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """A day with a wrong close is not said to be without."""
    tell(day(wrong_closes=["item 0 of report 9 is closed"]))
    told = capsys.readouterr().err
    assert "WRONG: item 0 of report 9 is closed" in told
    assert "no wrong one closed" not in told


def test_the_chart_counts_who_needed_nobody() -> None:
    """Its headline counts reports that nobody had to look at; its bars are half hours."""
    assert headline(day()) == "A day: of 4 reports, 2 needed nobody to look"
    assert bars_of(day())[PERSON] == [1]
    assert bars_of(day())["reopened"] == [2]


@pytest.mark.parametrize(
    ("wrong", "exit_code"), [({}, 0), ({"wrong_closes": ["one"]}, 1), ({"problems": ["a figure"]}, 1)]
)
def test_the_demo_fails_where_the_day_went_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, wrong: dict[str, list[str]], exit_code: int
) -> None:
    """A wrong close, or a figure that is not the ledger's, is exit status 1, and demo.json says which it was."""
    results = {"intake": [], "verified": {"ok": True}, "charts": [], "day": day(**wrong)}
    monkeypatch.setattr(command, "_tell", lambda *_: results)
    ran = run("--out", str(tmp_path))
    assert ran.exit_code == exit_code
    assert ("demo.json says which" in ran.stderr) == bool(wrong)
    written = json.loads((tmp_path / "demo.json").read_bytes())["day"]
    assert {name: written[name] for name in wrong} == wrong
