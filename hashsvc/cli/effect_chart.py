"""The chart of `hashsvc effect`: reports a day, and which of them brought something for a person to look at.

Needs the extra `charts` (matplotlib).
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Protocol

# From the ground up; dark, pale and warm, so that what costs a person stands out, in grey as well.
COLOURS = {"reports_known": "#1b4965", "reports_joined": "#bcd3e0", "reports_new": "#e8871e"}
MEANINGS = {
    "reports_known": "closed without viewing",
    "reports_joined": "joined to open cases",
    "reports_new": "new – a person looks",
}
INK, FAINT = "#22303a", "#6b7780"
DAYS_MAX = 120  # more of them, and a bar is a week
_LABELS_MAX = 12


class Day(Protocol):
    """A day's reports, as the ledger counts them or as a client received them."""

    @property
    def day(self) -> str: ...
    @property
    def reports_known(self) -> int: ...
    @property
    def reports_joined(self) -> int: ...
    @property
    def reports_new(self) -> int: ...


class HasDays(Protocol):
    """Figures of a time: casework.ledger.Figures, or what a client made of them."""

    @property
    def days(self) -> Sequence[Day]: ...


def draw(figures: HasDays, paths: Sequence[Path]) -> None:
    """Draw reports a day and save it as each path's suffix says."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    begins, counts, every = bars(figures.days)
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9.5, "svg.fonttype": "none", "text.color": INK}):
        figure, panel = pyplot.subplots(figsize=(8.4, 3.8))
        ground = [0] * len(begins)
        for name, colour in COLOURS.items():
            panel.bar(
                range(len(begins)), counts[name], bottom=ground, width=0.82, color=colour, label=MEANINGS[name],
                linewidth=0,
            )  # fmt: skip
            ground = [before + count for before, count in zip(ground, counts[name], strict=True)]
        step = -(-len(begins) // _LABELS_MAX) or 1
        panel.set_xticks(range(0, len(begins), step), [f"{one.day} {one:%b}" for one in begins[::step]])
        panel.set_xlim(-0.6, max(len(begins), 1) - 0.4)
        panel.set_ylim(0, max([*ground, 1]) * 1.05)
        panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        panel.yaxis.set_major_formatter("{x:,.0f}")
        panel.tick_params(length=0, labelcolor=FAINT)
        panel.grid(axis="y", color="#e3e6e8", linewidth=0.8)
        panel.set_axisbelow(True)
        for spine in panel.spines.values():
            spine.set_visible(False)
        figure.suptitle(headline(figures.days), x=0.012, y=0.975, ha="left", va="top", fontsize=13, fontweight="bold")
        handles, labels = panel.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(0.004, 0.91), ncols=3, frameon=False, handlelength=1.1
        )
        note = f"Reports {every}{_span(figures.days)}, by what they met when they came; with anything new, new."
        figure.text(0.012, 0.015, note, ha="left", va="bottom", fontsize=8.5, color=FAINT)
        figure.tight_layout(rect=(0, 0.05, 1, 0.85))
        for path in paths:
            figure.savefig(path, dpi=160, facecolor="white")
        pyplot.close(figure)


def headline(days: Sequence[Day]) -> str:
    """What the chart says, in a line."""
    new = sum(day.reports_new for day in days)
    total = new + sum(day.reports_known + day.reports_joined for day in days)
    if not total:
        return "No reports in this time"
    return f"{total - new:,} of {total:,} reports brought nothing new to look at"


def _span(days: Sequence[Day]) -> str:
    names = [day.day for day in days]
    return f", {min(names)} to {max(names)} UTC" if names else ""


def bars(days: Sequence[Day]) -> tuple[list[date], dict[str, list[int]], str]:
    """Give where each bar begins, its counts by name, and what a bar is: quiet days are bars too, of nothing."""
    reported = {date.fromisoformat(day.day).toordinal(): day for day in days}
    if not reported:
        return [], {name: [] for name in COLOURS}, "a day"
    first, last = min(reported), max(reported)
    width, every = (1, "a day") if last - first < DAYS_MAX else (7, "a week")
    first -= (first - 1) % 7 if width > 1 else 0  # weeks begin on Monday, as ordinal 1 was one
    counts = {name: [0] * ((last - first) // width + 1) for name in COLOURS}
    for ordinal, day in reported.items():
        for name in COLOURS:
            counts[name][(ordinal - first) // width] += getattr(day, name)
    return [date.fromordinal(begin) for begin in range(first, last + 1, width)], counts, every
