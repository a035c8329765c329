"""Plots of a run's rows. Needs the extra `charts` (matplotlib). A plot of which no row was measured is not drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

from benchmarks.report import Row

OURS, PEER, THIRD, GOAL, INK, FAINT = "#1b4965", "#f2a541", "#9aa5ad", "#b3261e", "#22303a", "#6b7780"
NAMES = {
    "hashsvc": "hashsvc",
    "faiss_flat": "FAISS, flat",
    "faiss_multihash": "FAISS, multi-hash",
    "numpy_flat": "numpy",
}
COLOURS = {"hashsvc": OURS, "faiss_flat": PEER, "faiss_multihash": "#c9762b", "numpy_flat": THIRD}
SUFFIXES = (".svg", ".png")


def draw(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Draw all plots that the rows are enough for. Returns the files."""
    import matplotlib as mpl

    mpl.use("Agg")
    from matplotlib import pyplot

    folder.mkdir(parents=True, exist_ok=True)
    style = {
        "font.family": "DejaVu Sans", "font.size": 9.5, "svg.fonttype": "none", "svg.hashsalt": "hashsvc",
        "text.color": INK, "axes.labelcolor": INK, "xtick.color": FAINT, "ytick.color": FAINT,
        "axes.edgecolor": FAINT, "axes.spines.top": False, "axes.spines.right": False,
    }  # fmt: skip
    made = []
    with mpl.rc_context(style):
        for name, plot in PLOTS.items():
            figure, axes = pyplot.subplots(figsize=(7.2, 4.0), layout="constrained")
            if plot(axes, rows):
                here = rows[-1]["machine"]
                figure.supxlabel(f"{here['cpu']}, {here['cores']} cores", fontsize=8, color=FAINT, x=0.99, ha="right")
                for suffix in SUFFIXES:
                    path = folder / f"{name}{suffix}"
                    figure.savefig(path, dpi=130, metadata={"Date": None} if suffix == ".svg" else None)
                    made.append(path)
            pyplot.close(figure)
    return made


def near_by_size(axes: Any, rows: Sequence[Row]) -> bool:
    """Time of a query by the list's size, beside FAISS."""
    chosen = [r for r in rows if r["benchmark"] == "near" and r["distribution"] == "uniform" and r["batch"] > 1]
    sizes = sorted({row["codes"] for row in chosen})
    for subject, name in NAMES.items():
        points = sorted({row["codes"]: row["us_per_query"] for row in chosen if row["subject"] == subject}.items())
        if points:
            x, y = zip(*points, strict=True)
            axes.plot(x, y, marker="o", color=COLOURS[subject], linewidth=2)
            figure = f"{y[-1]:,.0f}" if y[-1] >= 100 else f"{y[-1]:.3g}"
            _beside_point(axes, f"{name}: {figure} µs", (x[-1], y[-1]))
    axes.set(xscale="log", yscale="log", xlabel="codes on the list", ylabel="µs a query (one core)")
    if sizes:
        axes.set_xticks(sizes, [_count(size) for size in sizes])
        axes.minorticks_off()
        axes.set_xlim(sizes[0] * 0.8, sizes[-1] * (sizes[-1] / sizes[0]) ** 0.45)
    _title(axes, "PDQ within 31 bits, all of them found: time of a query", "uniform codes, many queries a call")
    return bool(chosen)


def batch_throughput(axes: Any, rows: Sequence[Row]) -> bool:
    """Items a second of BatchCheck, a bar a subject."""
    chosen = list({r["subject"]: r for r in rows if r["benchmark"] == "batch"}.values())[::-1]
    labels = [f"{row['subject']}\n{_count(row['entries'])} listed" for row in chosen]
    values = [row["items_s"]["median"] for row in chosen]
    axes.barh(labels, values, color=[OURS if "pdq" in row["subject"] else PEER for row in chosen], height=0.62)
    for place, row in enumerate(chosen):
        spread = row["items_s"]
        axes.plot((spread["least"], spread["most"]), (place, place), color=INK, linewidth=1.2)
        axes.annotate(
            f"{spread['median']:,.0f}", (spread["most"], place), (5, 0), textcoords="offset points", va="center"
        )
    axes.set(xscale="log", xlabel="items a second, one worker on one core (line: least to most)")
    if values:
        axes.set_xlim(min(values) / 8, max(values) * 6)
    for goal, name in ((35_000, "goal for PDQ"), (3_000_000, "goal for digests")):
        axes.axvline(goal, color=GOAL, linestyle=":", linewidth=1)
        axes.annotate(name, (goal, 1), (3, 1), xycoords=("data", "axes fraction"), textcoords="offset points",
                      color=GOAL, fontsize=8)  # fmt: skip
    _title(axes, "BatchCheck over loopback, 10,000 items a call", "", pad=16)
    return bool(chosen)


def unary_ratio(axes: Any, rows: Sequence[Row]) -> bool:
    """Server CPU of a call: the empty handler's and what a check adds."""
    chosen = [row for row in rows if row["benchmark"] == "unary"]
    loads = list(dict.fromkeys(row["load"] for row in chosen))
    for place, load in enumerate(reversed(loads)):
        by_subject = {row["subject"]: row for row in chosen if row["load"] == load}
        empty, check = (by_subject[name]["cpu_us"]["median"] for name in ("empty handler", "check"))
        axes.barh(load, empty, color=THIRD, height=0.5)
        axes.barh(load, check - empty, left=empty, color=OURS, height=0.5)
        axes.annotate(f"{empty:.0f} µs", (empty / 2, place), ha="center", va="center", color=INK)
        axes.annotate(f"+ {check - empty:.0f}", ((empty + check) / 2, place), ha="center", va="center", color="white")
        row = by_subject["check"]
        ratio = f"{100 * row['cpu_ratio']:.0f} %" + (
            f" (calls/s {100 * row['calls_s_ratio']:.0f} %)" if load == "h2load" else ""
        )
        axes.annotate(ratio, (check, place), (6, 0), textcoords="offset points", va="center")
    if chosen:
        axes.set_xlim(0, max(row["cpu_us"]["median"] for row in chosen) * 1.35)
    axes.set(
        xlabel="µs of the worker's CPU a call: grey an empty handler, blue what a check adds",
        ylim=(-0.6, len(loads) - 0.2),
    )
    _title(axes, "A single check beside an empty handler", "goal: the empty handler is at least 60 % of it")
    return bool(chosen)


def beside_bulk(axes: Any, rows: Sequence[Row]) -> bool:
    """Latency of a check alone and beside a partner's batches."""
    chosen = list({r["subject"]: r for r in rows if r["benchmark"] == "load"}.values())
    for place, row in enumerate(chosen):
        axes.bar(place - 0.18, row["p50_ms"], 0.34, color=THIRD, label="p50" if not place else None)
        axes.bar(place + 0.18, row["p99_ms"], 0.34, color=OURS, label="p99" if not place else None)
        for shift, value in ((-0.18, row["p50_ms"]), (0.18, row["p99_ms"])):
            axes.annotate(f"{value:.3g}", (place + shift, value), (0, 3), textcoords="offset points", ha="center")
    axes.axhline(10, color=GOAL, linestyle=":", linewidth=1)
    axes.annotate("goal for p99", (1, 10), (0, 3), xycoords=("axes fraction", "data"), textcoords="offset points",
                  ha="right", color=GOAL, fontsize=8)  # fmt: skip
    axes.set_xticks(range(len(chosen)), [_beside(row) for row in chosen])
    axes.set(ylabel="ms", ylim=(0, max([13, *(row["p99_ms"] * 1.15 for row in chosen)])))
    if chosen:
        axes.legend(frameon=False, loc="upper left", ncols=2)
    _title(axes, "A check beside a partner who sends 10,000 PDQ a call without pause", "")
    return bool(chosen)


PLOTS: dict[str, Callable[[Any, Sequence[Row]], bool]] = {
    "near_by_size": near_by_size,
    "batch_throughput": batch_throughput,
    "unary_ratio": unary_ratio,
    "beside_bulk": beside_bulk,
}


def _beside(row: Row) -> str:
    bulk = row.get("bulk_items_s")
    return row["subject"] + (f"\nbulk {bulk:,.0f} items/s" if bulk else "")


def _beside_point(axes: Any, text: str, point: tuple[float, float]) -> None:
    axes.annotate(text, point, (6, 0), textcoords="offset points", va="center", color=INK)


def _title(axes: Any, title: str, below: str, pad: int = 6) -> None:
    axes.set_title(title + (f"\n{below}" if below else ""), loc="left", fontsize=10.5, color=INK, pad=pad)


def _count(number: int) -> str:
    return f"{number / 1e6:g} M" if number >= 1e6 else f"{number / 1e3:g} k"


def files(paths: Iterable[Path]) -> str:
    return ", ".join(path.name for path in paths)
