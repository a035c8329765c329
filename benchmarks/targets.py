"""What the service promises to reach, and which row of a run says whether it does: the table in README.md."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from benchmarks.report import Row

Rows = Sequence[Row]
Million = 1_000_000


class Target(NamedTuple):
    """find: the row that tells, or None. figure: its number. least, most: what is right, inclusive, or None."""

    what: str
    goal: str
    command: str
    find: Callable[[Rows], Row | None]
    figure: Callable[[Row], float]
    unit: str
    least: float | None = None
    most: float | None = None


def pick(benchmark: str, **conditions: Any) -> Callable[[Rows], Row | None]:
    """Find the last row of a benchmark for which all conditions hold."""

    def find(rows: Rows) -> Row | None:
        for row in reversed(rows):
            if row["benchmark"] == benchmark and all(row.get(name) == value for name, value in conditions.items()):
                return row
        return None

    return find


def field(*names: str) -> Callable[[Row], float]:
    """Read a figure, also one inside another, for example ("items_s", "median")."""

    def read(row: Row) -> float:
        value: Any = row
        for name in names:
            value = value[name]
        return float(value)

    return read


def _near(codes: int, batch: int) -> Callable[[Rows], Row | None]:
    return pick("near", subject="hashsvc", codes=codes, batch=batch, distribution="uniform", radius_bits=31)


_NEAR_1M = "near --codes 1000000"
_NEAR_10M = "near --codes 10000000 --skew uniform --batch 10000 --subjects hashsvc faiss_flat faiss_multihash"
_FAISS, _RECALL = field("ratio_to_fastest_faiss"), field("recall")
_MEDIAN_ITEMS = field("items_s", "median")

TARGETS = (
    Target("near, 1 M codes, radius 31, 10,000 queries a call", "≥ 45 × the faster FAISS", _NEAR_1M,
           _near(Million, 10_000), _FAISS, "×", least=45),
    Target("the same, recall", "1.0", _NEAR_1M, _near(Million, 10_000), _RECALL, "", least=1.0),
    Target("near, 10 M codes", "≥ 70 × the faster FAISS", _NEAR_10M, _near(10 * Million, 10_000), _FAISS, "×",
           least=70),
    Target("near, 1 M codes, one query a call", "≥ 20 × the faster FAISS", _NEAR_1M, _near(Million, 1), _FAISS, "×",
           least=20),
    Target("index of 1 M codes, size", "≤ 160 MB", _NEAR_1M, _near(Million, 10_000),
           lambda row: row["index_bytes"] / 1e6, "MB", most=160),
    Target("index of 1 M codes, time to open", "≤ 100 ms", _NEAR_1M, _near(Million, 10_000), field("open_ms"), "ms",
           most=100),
    Target("BatchCheck, PDQ, 1 M listed, a worker", "≥ 35,000 items/s", "batch",
           pick("batch", subject="pdq uniform", entries=Million), _MEDIAN_ITEMS, "items/s", least=35_000),
    Target("BatchCheck, digests, 5 M listed, 2 % hits, a worker", "≥ 3,000,000 items/s", "batch",
           pick("batch", subject="digests, 2 % hits", entries=5 * Million), _MEDIAN_ITEMS, "items/s", least=3e6),
    Target("Check beside bulk on the same worker, p99", "≤ 10 ms", "load",
           pick("load", subject="same worker", entries=Million), field("p99_ms"), "ms", most=10),
    Target("Check beside bulk on the other worker, p99", "≤ 10 ms", "load",
           pick("load", subject="other worker", entries=Million), field("p99_ms"), "ms", most=10),
    Target("Check, calls a second", "≥ 60 % of an empty handler's", "unary",
           pick("unary", subject="check", load="h2load", entries=Million),
           lambda row: 100 * row["calls_s_ratio"], "%", least=60),
    Target("Check, 2,000 different items, CPU a call", "≥ 60 % of an empty handler's", "unary",
           pick("unary", subject="check", load="grpcio, varied items", entries=Million),
           lambda row: 100 * row["cpu_ratio"], "%", least=60),
    Target("THOROUGH, 1 M listed, p50", "≤ 4 ms", "thorough",
           pick("thorough", subject="THOROUGH", entries=Million), field("p50_ms"), "ms", most=4),
    Target("THOROUGH, 5 M listed, p50", "none set", "thorough",
           pick("thorough", subject="THOROUGH", entries=5 * Million), field("p50_ms"), "ms"),
    Target("PhotoDNA, many queries a call", "≥ 10 × numpy", "photodna",
           pick("photodna", subject="hashsvc", codes=Million, batch=1_000), field("ratio_to_numpy"), "×", least=10),
    Target("import into an empty list, 1 M entries", "≥ 15,000 entries/s", "import",
           pick("import", subject="into an empty list", entries=Million), field("entries_s"), "entries/s",
           least=15_000),
    Target("import into a list of 5 M", "none set", "import",
           pick("import", subject="into a list", entries_before=5 * Million), field("entries_s"), "entries/s"),
    Target("stale answers in 10,000 alternations", "0", "visible",
           pick("visible", alternations=10_000), field("stale"), "", most=0),
    *(Target(f"URLs, text to hashed expressions, in bulk, {hosts}", "≤ 12 µs a URL", "url",
             pick("url", subject=f"canonicalise, {hosts}, hashsvc, bulk"), field("us_a_url", "median"), "µs", most=12)
      for hosts in ("hosts repeat", "every host another")),
    *(Target(f"URLs, one at a time, {hosts}", "none set", "url",
             pick("url", subject=f"canonicalise, {hosts}, hashsvc, one at a time"), field("us_a_url", "median"), "µs")
      for hosts in ("hosts repeat", "every host another")),
    Target("BatchCheck, URLs, 100,000 listed, a worker", "≥ 30,000 URLs/s", "url",
           pick("url", subject="BatchCheck, one worker", entries=100_000), field("urls_s", "median"), "URLs/s",
           least=30_000),
    Target("reports triaged durably, 100 a call, 1 M listed, 100,000 open cases", "≥ 3,000 reports/s", "casework",
           pick("casework", subject="triage, library, no service in between", entries=Million, open_cases=100_000),
           field("reports_s", "median"), "reports/s", least=3_000),
    Target("a confirmation closes a case of 1,000 twins", "≤ 100 ms", "casework",
           pick("casework", subject="confirm and close, library, no service in between", entries=Million, twins=1_000),
           field("close_ms", "median"), "ms", most=100),
    Target("importing the client, CPU time", "≤ 1.4 × `import grpc, numpy`", "startup",
           pick("startup", subject="import hashsvc.client"), field("cpu_ratio"), "×", most=1.4),
    Target("`hashsvc --help`", "≤ 350 ms", "startup",
           pick("startup", subject="hashsvc --help"), field("clock_ms", "median"), "ms", most=350),
)  # fmt: skip


def table(rows: Rows) -> str:
    """Write the table in Markdown; what was not measured says so."""
    lines = ["| what | goal | measured | reached | machine | `python -m benchmarks …` |", "|---|---|---|---|---|---|"]
    for target in TARGETS:
        row = target.find(rows)
        if row is None:
            measured = reached = machine = "not done"
        else:
            figure, here = target.figure(row), row["machine"]
            measured = f"{_spelt(figure)} {target.unit}".strip()
            reached = _reached(target, figure)
            machine = f"{here['cpu']}, {here['cores']} cores, load {here['load_average']}"
        lines.append(f"| {target.what} | {target.goal} | {measured} | {reached} | {machine} | `{target.command}` |")
    return "\n".join(lines)


def _reached(target: Target, figure: float) -> str:
    if target.least is None and target.most is None:
        return "–"
    low = target.least is not None and figure < target.least
    high = target.most is not None and figure > target.most
    return "no" if low or high else "yes"


def _spelt(figure: float) -> str:
    return f"{figure:,.0f}" if abs(figure) >= 1000 or figure == int(figure) else f"{figure:.3g}"
