"""The demo's chart: for each edit, what share of listed pictures was KNOWN, LIKELY or NEW, at both efforts.

Needs the extra `charts` (matplotlib).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from demo.intake import EditTally, Played

# Dark to light in the order of the verdicts' strength, apart also for colour-blind eyes and in grey.
COLOURS = {"known": "#1b4965", "likely": "#f2a541", "new": "#e3e6e8"}
INK, FAINT = "#22303a", "#6b7780"
MEANINGS = {
    "known": "KNOWN – closed at once",
    "likely": "LIKELY – one look by an analyst",
    "new": "NEW – missed",
}
NAMES = {
    "jpeg-q90": "JPEG, quality 90",
    "jpeg-q60": "JPEG, quality 60",
    "jpeg-q30": "JPEG, quality 30",
    "jpeg-q10": "JPEG, quality 10",
    "resize-75": "resized to 75 %",
    "resize-50": "resized to 50 %",
    "resize-25": "resized to 25 %",
    "webp-q60": "WebP, quality 60",
    "gray": "grey",
    "bright-120": "brighter by 20 %",
    "contrast-80": "less contrast",
    "blur-2": "blurred",
    "sharpen": "sharpened",
    "noise-10": "noise",
    "watermark": "watermark",
    "crop-2": "cropped by 2 %",
    "crop-5": "cropped by 5 %",
    "crop-10": "cropped by 10 %",
    "border-4": "border of 4 %",
    "mirror": "mirrored",
    "rotate-90": "quarter turn",
    "rotate-2": "turned by 2°",
}
_LABEL_SHARE_MIN = 0.07  # narrower parts have no room for their figure


def draw(played: Sequence[Played], title: str, note: str, paths: Sequence[Path]) -> None:
    """Draw one panel a run, edits from best to worst found, and save it as each path's suffix says."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    order = sorted(played[0].edits, key=lambda edit: _rank(played, edit))
    with mpl.rc_context({"font.family": "DejaVu Sans", "font.size": 9.5, "svg.fonttype": "none", "text.color": INK}):
        figure, panels = pyplot.subplots(
            1, len(played), figsize=(5.4 * len(played) + 1.4, 0.31 * len(order) + 1.6), sharey=True, squeeze=False
        )
        for panel, run in zip(panels[0], played, strict=True):
            _draw_panel(panel, run, order)
        panels[0][0].set_yticks(range(len(order)), [NAMES.get(edit, edit) for edit in order])
        panels[0][0].set_ylim(len(order) - 0.5, -0.5)
        figure.suptitle(title, x=0.012, y=0.985, ha="left", va="top", fontsize=14, fontweight="bold")
        handles, labels = panels[0][0].get_legend_handles_labels()
        top = 1 - 0.36 / figure.get_figheight()
        figure.legend(
            handles, labels, loc="upper left", bbox_to_anchor=(0.004, top), ncols=3, frameon=False, handlelength=1.1
        )
        figure.text(0.012, 0.012, note, ha="left", va="bottom", fontsize=8.5, color=FAINT)
        figure.tight_layout(rect=(0, 0.45 / figure.get_figheight(), 1, 1 - 0.62 / figure.get_figheight()), w_pad=2.5)
        for path in paths:
            figure.savefig(path, dpi=160, facecolor="white")
        pyplot.close(figure)


def _draw_panel(panel: object, run: Played, order: Sequence[str]) -> None:
    from matplotlib.axes import Axes

    assert isinstance(panel, Axes)
    left = [0.0] * len(order)
    for name, colour in COLOURS.items():
        shares = [_share(run.edits[edit], name) for edit in order]
        panel.barh(range(len(order)), shares, left=left, height=0.78, color=colour, label=MEANINGS[name], linewidth=0)
        for row, share in enumerate(shares):
            if share >= _LABEL_SHARE_MIN:
                ink = "white" if name == "known" else INK
                text = f"{share:.0%}" if share in (0.0, 1.0) else f"{min(share, 0.99):.0%}"
                panel.text(left[row] + share / 2, row, text, ha="center", va="center", fontsize=8, color=ink)
        left = [before + share for before, share in zip(left, shares, strict=True)]
    wrong = run.total("wrong_known")
    facts = f"{wrong} wrong closes,  {run.total('wrong_likely')} wrong LIKELY,  {run.items_per_s:,.0f} reports/s"
    panel.set_title(run.effort, loc="left", fontsize=11, fontweight="bold", color=INK, pad=7)
    panel.set_title(facts, loc="right", fontsize=9, color=FAINT, pad=7)
    panel.set_xlim(0, 1)
    panel.set_xticks([])
    panel.tick_params(axis="y", length=0, labelcolor=INK)
    for spine in panel.spines.values():
        spine.set_visible(False)


def _share(tally: EditTally, name: str) -> float:
    """A part of the listed pictures; what could not be checked counts as missed."""
    count: int = getattr(tally, name) + (tally.unchecked if name == "new" else 0)
    return count / tally.listed if tally.listed else 0.0


def _rank(played: Sequence[Played], edit: str) -> tuple[float, float]:
    first = played[0].edits[edit]
    missed = sum(_share(run.edits[edit], "new") for run in played)
    return (round(missed, 6), -_share(first, "known"))
