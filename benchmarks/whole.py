"""All benchmarks one after another: rows to a file, plots, and the table of targets.

    python -m benchmarks all --small            # does everything work? under 3 minutes; what `make bench` runs
    python -m benchmarks all                    # full sizes, about an hour on a quiet machine
    python -m benchmarks all --only load unary  # some of them
    python -m benchmarks all --from results/*.jsonl  # no measuring: plots and table of rows that are there

Each benchmark is a process of its own; one that fails is told and the others go on. Rows go to
results/TIME-COMMIT.jsonl as they come, plots to results/plots/, the table of targets (Markdown) to the standard output.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import plots, targets
from benchmarks.report import ROOT, Row, commit, machine, say
from hashsvc.clock import SystemClock

RESULTS = ROOT / "benchmarks" / "results"
SERVICE = ("batch", "unary", "thorough", "import", "load", "visible", "url", "casework")

SMALL = (
    "near --codes 20000 --queries 1000 --batch 1000 1 --rounds 2 --skew uniform",
    "near --codes 100000 --queries 1000 --batch 1000 --rounds 2 --skew uniform",
    "photodna --codes 20000 --queries 100 --batch 100 1 --rounds 1",
    "startup --rounds 5",
    *(f"{name} --small" for name in SERVICE),
)
FULL = (
    "near --codes 100000 --skew uniform --batch 10000",
    "near --codes 1000000",
    "near --codes 10000000 --skew uniform --batch 10000 --subjects hashsvc faiss_flat faiss_multihash --rounds 3",
    "photodna",
    "startup",
    *SERVICE,
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--small", action="store_true", help="small lists and short runs: does it work at all?")
    parser.add_argument("--full", action="store_true", help="full sizes; the default")
    parser.add_argument("--only", nargs="+", default=[], metavar="NAME", help="these benchmarks only")
    parser.add_argument("--lists", default="bench-data", help="folder of the prepared lists (default %(default)s)")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for rows and plots")
    parser.add_argument("--from", nargs="+", type=Path, default=[], dest="files", help="rows instead of measuring")


def run(options: argparse.Namespace) -> Iterator[Row]:
    """Measure or read, draw, print the table. Yields the rows of what failed, which is none."""
    plot_folder = options.results / "plots"
    if options.files:
        rows = [json.loads(line) for path in options.files for line in path.read_text().splitlines()]
    else:
        now = datetime.fromtimestamp(SystemClock().now_us() / 1e6, UTC)
        name = f"{now:%Y%m%dT%H%M%SZ}-{commit().rstrip('+')}" + ("-small" if options.small else "")
        options.results.mkdir(parents=True, exist_ok=True)
        rows = list(measure(options, options.results / f"{name}.jsonl"))
    if options.small:
        plot_folder /= "small"
    drawn = plots.draw(rows, plot_folder) if rows else []
    say(f"plots in {plot_folder}: {plots.files(drawn)}")
    if not options.json:
        here = machine()
        print(targets.table(rows))
        print(f"\n{here['cpu']}, {here['cores']} cores, Python {here['python']}, commit {commit()}")
    yield from rows if options.json else ()


def measure(options: argparse.Namespace, path: Path) -> Iterator[Row]:
    """Run each benchmark, write its rows down and yield them. Ends with exit status 1 if one failed."""
    failed = []
    say(f"rows in {path}")
    for line in SMALL if options.small else FULL:
        name, *arguments = line.split()
        if options.only and name not in options.only:
            continue
        arguments += ["--seed", str(options.seed), "--json"]
        if name in SERVICE:
            arguments += ["--lists", options.lists]
        say(f"$ python -m benchmarks {name} {' '.join(arguments)}")
        running = subprocess.Popen([sys.executable, "-m", "benchmarks", name, *arguments], stdout=subprocess.PIPE)
        assert running.stdout is not None
        for told in running.stdout:
            row = {**json.loads(told), "command": line, "commit": commit()}
            with path.open("a") as file:
                file.write(json.dumps(row) + "\n")
            yield row
        if running.wait():
            failed.append(line)
            say(f"FAILED: {line}")
    if failed:
        sys.exit(f"{len(failed)} benchmarks failed: {'; '.join(failed)}")
