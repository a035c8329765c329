"""The chart of the day: reports by when they came and what became of them. Needs the extra `charts` (matplotlib)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from demo.day import ANALYSTS_FROM, REOPENED, Day
from demo.reading import BEFORE, LATER, PERSON, TODAY, WAITING
from demo.stream import FIRST_HOUR
from hashsvc.cli.effect_chart import FAINT, INK

# From the ground up: what cost nobody anything in blues, what a person had to look at in warm ones.
PARTS = {
    BEFORE: ("#1b4965", "known in the morning"),
    TODAY: ("#4a8fb5", "known since today"),
    LATER: ("#bcd3e0", "joined, and closed unseen"),
    PERSON: ("#e8871e", "a person looked"),
    WAITING: ("#d9d9d9", "still waits"),
    REOPENED: ("#9c2f2f", "reopened by the retraction"),
}
TICKS_A_BAR, BARS_AN_HOUR = 2, 2  # half an hour


def draw(day: Day, paths: Sequence[Path]) -> None:
    """Draw the day and save it as each path's suffix says."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot
    from matplotlib.ticker import MaxNLocator

    bars = bars_of(day)
    count = len(bars[BEFORE])
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9.5, "svg.fonttype": "none", "text.color": INK}):
        figure, panel = pyplot.subplots(figsize=(9.6, 4.6))
        ground = [0] * count
        for end, (colour, meaning) in PARTS.items():
            if any(bars[end]):
                panel.bar(range(count), bars[end], bottom=ground, width=0.84, color=colour, label=meaning, linewidth=0)
                ground = [below + more for below, more in zip(ground, bars[end], strict=True)]
        top = max([*ground, 1])
        begin = ANALYSTS_FROM / TICKS_A_BAR - 0.5
        panel.axvline(begin, color=FAINT, linewidth=0.9, linestyle=(0, (3, 3)))
        panel.text(begin + 0.12, top * 1.1, "analysts begin", fontsize=8.5, color=FAINT, ha="left", va="top")
        hours = range(0, count + 1, BARS_AN_HOUR)
        panel.set_xticks([bar - 0.5 for bar in hours], [f"{FIRST_HOUR + bar // BARS_AN_HOUR}:00" for bar in hours])
        panel.set_xlim(-0.6, count - 0.4)
        panel.set_ylim(0, top * 1.12)
        panel.yaxis.set_major_locator(MaxNLocator(5, integer=True))
        panel.tick_params(length=0, labelcolor=FAINT)
        panel.grid(axis="y", color="#e3e6e8", linewidth=0.8)
        panel.set_axisbelow(True)
        for spine in panel.spines.values():
            spine.set_visible(False)
        figure.suptitle(headline(day), x=0.012, y=0.975, ha="left", va="top", fontsize=13, fontweight="bold")
        handles, labels = panel.get_legend_handles_labels()
        figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(0.004, 0.92), ncols=len(labels), frameon=False,
            handlelength=1.1, columnspacing=1.2,
        )  # fmt: skip
        note = "Reports each half hour by when they came; the colour says what had become of them in the evening."
        figure.text(0.012, 0.015, note, ha="left", va="bottom", fontsize=8.5, color=FAINT)
        figure.tight_layout(rect=(0, 0.045, 1, 0.91))
        for path in paths:
            figure.savefig(path, dpi=160, facecolor="white")
        pyplot.close(figure)


def headline(day: Day) -> str:
    """Say what the chart shows, in a line."""
    received = day.counted.reports_received
    return f"A day: of {received:,} reports, {received - day.needed_a_person:,} needed nobody to look"


def bars_of(day: Day) -> dict[str, list[int]]:
    """Give the height of each part of each bar."""
    starts = range(0, len(day.ticks), TICKS_A_BAR)
    return {end: [sum(tick[end] for tick in day.ticks[at : at + TICKS_A_BAR]) for at in starts] for end in PARTS}
