"""The chart of `hashsvc effect`: what a bar is, what the title says, and that it is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest

from hashsvc.casework.effect import DayFigures
from hashsvc.casework.ledger import Figures, figures_of
from hashsvc.cli.effect_chart import bars, draw, headline

NOTHING = figures_of((), break_us=1, people_required=2)


def day(name: str, known: int = 0, joined: int = 0, new: int = 0) -> DayFigures:
    return DayFigures(
        day=name, reports_received=known + joined + new, reports_known=known, reports_joined=joined, reports_new=new,
        items_unviewed=0, viewings=0,
    )  # fmt: skip


DAYS = (day("2024-02-27", 40, 8, 12), day("2024-03-01", 60, 10, 6))


def test_quiet_days_have_their_place() -> None:
    """A day without reports is a bar of nothing, so that time runs evenly."""
    begins, counts, every = bars(DAYS)
    assert [one.isoformat() for one in begins] == ["2024-02-27", "2024-02-28", "2024-02-29", "2024-03-01"]
    assert counts == {"reports_known": [40, 0, 0, 60], "reports_joined": [8, 0, 0, 10], "reports_new": [12, 0, 0, 6]}
    assert every == "a day"


def test_a_long_time_is_drawn_by_weeks() -> None:
    """Past 120 days a bar is a week from Monday on, and no report is lost."""
    begins, counts, every = bars((day("2024-01-03", 1, 2, 3), day("2024-01-07", 1), day("2024-06-03", 5, 0, 1)))
    assert (every, begins[0].isoformat(), begins[-1].isoformat()) == ("a week", "2024-01-01", "2024-06-03")
    assert all(one.weekday() == 0 for one in begins)
    assert (counts["reports_known"][0], counts["reports_known"][-1]) == (2, 5)
    assert [sum(column) for column in counts.values()] == [7, 2, 4]
    assert {len(column) for column in counts.values()} == {len(begins)}


def test_the_title_says_it() -> None:
    """The title counts the reports that brought nothing new, or says that there were none."""
    assert headline(DAYS) == "118 of 136 reports brought nothing new to look at"
    assert headline(()) == "No reports in this time"


@pytest.mark.parametrize("days", [DAYS, ()])
def test_it_is_drawn(days: tuple[DayFigures, ...], tmp_path: Path) -> None:
    """With matplotlib it is saved as each path's suffix says, also where nothing happened."""
    pytest.importorskip("matplotlib")
    paths = [tmp_path / "effect.svg", tmp_path / "effect.png"]
    figures = Figures(hotline=NOTHING.hotline, analysts=(), days=days)
    draw(figures, paths)
    assert headline(days) in paths[0].read_text()
    assert paths[1].read_bytes().startswith(b"\x89PNG")
