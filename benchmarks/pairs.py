"""This tree beside another one, in pairs: did a change that should cost nothing cost anything?

    git worktree add ../before daacc7b
    python -m benchmarks pairs --base ../before [--rounds 9] [--json]

Each round runs the benchmarks below in both trees, each by its own code, one right after the other; who goes first
changes from round to round. A row is a figure: its ratio, cost here over cost there, as the median of all rounds with
the second least and second most, between which the true median lies in 96 of 100 cases at nine rounds (sign test).
Costs are by processor time. Wants a quiet machine; nine rounds take a quarter of an hour.
"""

from __future__ import annotations

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.report import ROOT, Row, row, say

BENCHMARK = "pairs"


class Figure(NamedTuple):
    """A figure of a benchmark's row. pick: which row. cost: what of it, more is worse."""

    name: str
    pick: Callable[[Row], bool]
    cost: Callable[[Row], float]


def _subject(beginning: str) -> Callable[[Row], bool]:
    return lambda found: str(found["subject"]).startswith(beginning)


def _batch(size: int) -> Callable[[Row], bool]:
    return lambda found: bool(found["batch"] == size)


def _per(name: str) -> Callable[[Row], float]:
    """The cost of one where a row has how many a second."""
    return lambda found: 1 / float(found[name]["median"])


# What is run, and what is read from what it prints.
RUNS: tuple[tuple[str, tuple[Figure, ...]], ...] = (
    (
        "near --codes 200000 --queries 4000 --batch 4000 1 --skew uniform --rounds 5 --subjects hashsvc",
        (
            Figure("near search, 4,000 a call", _batch(4000), lambda found: float(found["us_per_query"])),
            Figure("near search, one a call", _batch(1), lambda found: float(found["us_per_query"])),
        ),
    ),
    (
        "batch --pdq-entries 20000 --digest-entries 20000 --repeats 1 --seconds 1.5 --only 'digests, 2 % hits'",
        (Figure("BatchCheck, digests", _subject("digests, 2 % hits"), _per("items_cpu_s")),),
    ),
    (
        "batch --pdq-entries 20000 --digest-entries 20000 --repeats 1 --seconds 1.5 --only 'pdq uniform, 2 % hits'",
        (Figure("BatchCheck, PDQ", _subject("pdq uniform, 2 % hits"), _per("items_cpu_s")),),
    ),
    (
        "unary --entries 20000 --seconds 1.5 --repeats 1",
        (Figure("Check", _subject("check"), lambda found: float(found["cpu_us"]["median"])),),
    ),
    (
        "casework --entries 20000 --open 2000 --reports 3000 --repeats 5 --twins 100 --closings 1",
        (
            Figure("triage, library", _subject("triage, library"), _per("reports_cpu_s")),
            Figure("triage, service", _subject("triage, service"), _per("reports_cpu_s")),
        ),
    ),
    (
        "import --entries 60000 --more 0",
        (Figure("import", _subject("into an empty list"), lambda found: float(found["server_cpu_us"])),),
    ),
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--base", type=Path, required=True, help="another tree of this repository")
    parser.add_argument("--rounds", type=int, default=9, help="pairs (default %(default)s)")
    parser.add_argument("--only", default="", help="figures whose name begins so")


def run(options: argparse.Namespace) -> Iterator[Row]:
    """Run the pairs, then tell each figure."""
    ratios: dict[str, list[float]] = {}
    with tempfile.TemporaryDirectory(prefix="hashsvc-pairs-") as folder:
        trees = {"base": options.base.resolve(), "head": ROOT}
        for turn in range(options.rounds):
            for arguments, figures in RUNS:
                wanted = [figure for figure in figures if figure.name.startswith(options.only)]
                if not wanted:
                    continue
                order = list(trees) if turn % 2 else list(reversed(trees))
                rows = {name: _rows(trees[name], arguments, Path(folder, name), options.seed) for name in order}
                for figure in wanted:
                    cost = {name: figure.cost(next(filter(figure.pick, found))) for name, found in rows.items()}
                    ratios.setdefault(figure.name, []).append(cost["head"] / cost["base"])
            say(f"pairs: round {turn + 1} of {options.rounds}")
    for name, found in ratios.items():
        ordered = sorted(found)
        inner = ordered[1:-1] or ordered
        yield row(
            BENCHMARK, name, options.seed, rounds=len(found), cost_ratio=statistics.median(found),
            least=inner[0], most=inner[-1],
        )  # fmt: skip


def _rows(tree: Path, arguments: str, lists: Path, seed: int) -> list[Row]:
    """Run a benchmark of a tree, by that tree's code, and read its rows."""
    more = ["--json", "--seed", str(seed)]
    if not arguments.startswith("near"):
        more += ["--lists", str(lists)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", *shlex.split(arguments), *more],
        cwd=tree,  # where Python looks first
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        check=True,
    )
    found: list[Any] = [json.loads(line) for line in ran.stdout.splitlines()]
    return found
