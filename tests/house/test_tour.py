"""README's tour is what happens: docs/tour.sh is run for real, on a terminal, and compared with what README shows."""

from __future__ import annotations

import re

import pytest

from tests.house.lints import ROOT
from tools import tour


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_readme_shows_what_the_tour_prints() -> None:
    """Pasted into one shell from top to bottom, the tour prints what README shows, but for ids and times."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert tour.with_tour(readme, tour.tour()) == readme


def test_the_tour_has_every_command_of_its_file() -> None:
    """No line of docs/tour.sh is lost on the way to README: each is a comment, a title or part of a command."""
    script = tour.SCRIPT.read_text(encoding="utf-8")
    lines = [line for line in script.splitlines() if line and not line.startswith("#")]
    taken = [line for section in tour.read(script) for command in section.commands for line in command.splitlines()]
    assert [line for line in taken if line] == lines


@pytest.mark.parametrize(
    ("printed", "shown"),
    [
        ("preparing the search kernels (this once; it takes a while)\r\ndata  list", "data  list"),
        ("list   " + "ab" * 16, "list   d7faf5cc44d9d31c429157215000f7c3"),
        ("confirm " + "ab" * 16 + " --actor", "confirm 216a27a9d5b299180763b300ac750ca3 --actor"),
        ("at 2027-01-02T03:04:05.678Z x", "at 2026-11-24T11:14:50.491Z x"),
        ("kernels  /somewhere/else/hashsvc\n         /index", "kernels  .venv/…/hashsvc/index/__pycache__"),
        ("elapsed_s  1.25", "elapsed_s  0.003"),
        ("bar 1\x1b[2Kbar 2\r\n\x1b[?25h\r\x1b[1A\x1b[2Kok \x1b[1mTrue\x1b[0m  \r\n", "ok True"),
        ("2bb620df" * 8, "2bb620df" * 8),
    ],
)
def test_only_what_varies_is_made_alike(printed: str, shown: str) -> None:
    """Ids, times and what a terminal erases again are made alike; fingerprints and words stay."""
    assert tour.alike(printed) == shown


@pytest.mark.parametrize("readme", ["", tour.BEGIN, tour.END])
def test_a_readme_without_the_marks_is_refused(readme: str) -> None:
    """Where a mark is missing nothing is written: the tour would stand nowhere, or swallow what follows."""
    with pytest.raises(ValueError, match=re.escape("README.md must have")):
        tour.with_tour(readme, "x")
