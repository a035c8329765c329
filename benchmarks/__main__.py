"""Run a benchmark: `python -m benchmarks near --json`.

Each benchmark is a module of this package with two functions: `add_arguments(parser)` and `run(args)`, which yields one
row (a dict) a measured subject. A new one is one line in BENCHMARKS. What only one of them needs (FAISS, a server) it
imports inside `run`, so that the others do without.
"""

from __future__ import annotations

import argparse
import os
from importlib import import_module

from benchmarks.report import print_rows

# name on the command line: (module, what it measures)
BENCHMARKS = {
    "near": ("benchmarks.near", "PDQ codes within a radius: hashsvc, FAISS, numpy"),
    "photodna": ("benchmarks.photodna", "PhotoDNA codes within a radius: hashsvc, numpy"),
    "list": ("benchmarks.lists", "make a prepared list, so that the others need not"),
    "batch": ("benchmarks.batch", "BatchCheck over loopback: items a second of one worker"),
    "unary": ("benchmarks.unary", "Check over loopback: calls a second beside an empty handler"),
    "thorough": ("benchmarks.thorough", "THOROUGH checks: latency, and where the time goes"),
    "import": ("benchmarks.importing", "entries a second into a running service"),
    "load": ("benchmarks.load", "latency of checks beside a partner's bulk"),
    "visible": ("benchmarks.visible", "writes on one worker as seen by checks on another"),
    "url": ("benchmarks.url", "URLs: text to hashed expressions, and through BatchCheck"),
    "casework": ("benchmarks.casework", "reports triaged a second, and a confirmation that closes what waits"),
    "startup": ("benchmarks.startup", "importing the client beside grpc and numpy, and `hashsvc --help`"),
    "pairs": ("benchmarks.pairs", "this tree beside another one: ratios of near search, checks, triage, import"),
    "all": ("benchmarks.whole", "all of these: results, plots and the table of targets"),
}

ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")


def main() -> None:
    """Parse the command line, run one benchmark and print its rows."""
    for variable in ONE_THREAD:  # figures are a core's, unless a benchmark says otherwise
        os.environ.setdefault(variable, "1")
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__.splitlines()[0])
    commands = parser.add_subparsers(dest="benchmark", required=True, metavar="benchmark")
    for name, (module, help_text) in BENCHMARKS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        import_module(module).add_arguments(command)
        command.add_argument("--json", action="store_true", help="print JSON lines and nothing else")
        command.add_argument("--seed", type=int, default=1, help="of everything that is drawn (default %(default)s)")
    args = parser.parse_args()
    print_rows(import_module(BENCHMARKS[args.benchmark][0]).run(args), args.json)


if __name__ == "__main__":
    main()
