"""What every benchmark prints: rows of figures as JSON lines or a table, and on what machine they were made."""

from __future__ import annotations

import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

Row = dict[str, Any]

CORES = len(os.sched_getaffinity(0))  # before a benchmark keeps itself on one of them
ROOT = Path(__file__).resolve().parent.parent


def machine() -> dict[str, Any]:
    """Say where figures were made: processor, cores we may use, load average now."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        names = [line.partition(":")[2].strip() for line in cpuinfo.read_text().splitlines() if "model name" in line]
        model = names[0] if names else model
    return {
        "cpu": model,
        "cores": CORES,
        "load_average": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
    }


def command() -> str:
    """Say how to run this again."""
    return shlex.join(["python", "-m", "benchmarks", *sys.argv[1:]])


def commit() -> str:
    """Name the commit that is checked out, with a + where files differ from it; "" without git."""
    done = subprocess.run(
        ["git", "-C", str(ROOT), "describe", "--always", "--dirty=+", "--abbrev=7", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout.strip()


def row(benchmark: str, subject: str, seed: int, **figures: Any) -> Row:
    """Make one row, rounded to what was measured."""
    rounded = {name: _rounded(value) for name, value in figures.items()}
    return {"benchmark": benchmark, "subject": subject, **rounded, "seed": seed, "machine": machine()}


def spread(values: Sequence[float]) -> dict[str, float]:
    """Sum up repeated measurements: median, least, most."""
    return {"median": float(np.median(values)), "least": float(min(values)), "most": float(max(values))}


def percentiles_ms(seconds: Sequence[float]) -> dict[str, float]:
    """Sum up latencies: p50 and p99 in ms."""
    p50, p99 = np.percentile(seconds, (50, 99)) * 1000
    return {"p50_ms": float(p50), "p99_ms": float(p99), "most_ms": float(max(seconds)) * 1000}


def say(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


def print_rows(rows: Iterable[Row], as_json: bool) -> None:
    """Print rows: a JSON line each, or a table a benchmark with the machine and the command below."""
    if as_json:
        for one in rows:  # as they come: a failure later on takes none of them back
            print(json.dumps(one), flush=True)
        return
    rows = list(rows)
    for benchmark in dict.fromkeys(one["benchmark"] for one in rows):
        group = [one for one in rows if one["benchmark"] == benchmark]
        print(f"\n## {benchmark}\n")
        print(table(group))
    if rows:
        last = rows[-1]
        here = last["machine"]
        print(
            f"\nseed {last['seed']}; {here['cpu']}, {here['cores']} cores, load average {here['load_average']}, "
            f"Python {here['python']}; commit {commit()}; {command()}"
        )


def table(rows: Sequence[Row]) -> str:
    """Write rows as a Markdown table; a cell that a row does not have says "not done"."""
    names = list(dict.fromkeys(name for one in rows for name in one if name not in ("benchmark", "seed", "machine")))
    lines = ["| " + " | ".join(names) + " |", "|" + "---|" * len(names)]
    lines += ["| " + " | ".join(_cell(one.get(name)) for name in names) + " |" for one in rows]
    return "\n".join(lines)


def _cell(value: Any) -> str:
    if value is None:
        return "not done"
    if isinstance(value, dict):
        return f"{_cell(value['median'])} ({_cell(value['least'])} to {_cell(value['most'])})"
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.4g}"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(value)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(one) for name, one in value.items()}
    if isinstance(value, float):
        return float(f"{value:.4g}")
    return value
