"""What a program pays before its first call, and a person before the help: CPU and clock time of whole processes.

`import hashsvc.client` is set beside `import grpc, numpy`, which any client of this kind would pay.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from benchmarks.report import Row, row, spread

BASELINE, CLIENT, HELP = "import grpc, numpy", "import hashsvc.client", "hashsvc --help"
SUBJECTS = {
    BASELINE: ["-c", BASELINE],
    CLIENT: ["-c", CLIENT],
    HELP: ["-m", "hashsvc.cli", "--help"],
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rounds", type=int, default=21, help="processes of each kind (default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    """Start each in turns, once before the clock so that bytecode is there and files are in memory."""
    measured: dict[str, list[tuple[float, float]]] = {name: [] for name in SUBJECTS}
    for turn in range(options.rounds + 1):
        for name, arguments in SUBJECTS.items():
            figures = _process(arguments)
            if turn:
                measured[name].append(figures)
    ratios = [client[0] / base[0] for client, base in zip(measured[CLIENT], measured[BASELINE], strict=True)]
    for name, figures in measured.items():
        cpu, clock = zip(*figures, strict=True)
        more = {"cpu_ratio": statistics.median(ratios)} if name == CLIENT else {}
        yield row("startup", name, options.seed, cpu_ms=spread(cpu), clock_ms=spread(clock), **more)


def _process(arguments: list[str]) -> tuple[float, float]:
    """Run Python to its end. Returns milliseconds of CPU time and by the clock."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    before, started = _children_s(), time.perf_counter()
    subprocess.run([sys.executable, *arguments], check=True, stdout=subprocess.DEVNULL, env=environment)
    clock = time.perf_counter() - started
    return (_children_s() - before) * 1000, clock * 1000


def _children_s() -> float:
    """CPU time of all children that ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
