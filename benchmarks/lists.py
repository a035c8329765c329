"""Prepared lists of any size, made once and kept: a benchmark must not wait for its list twice.

    python -m benchmarks list --count 1000000 [--codes photos] [--lists DIR]

Each entry has an MD5, a SHA-256 and a PDQ, drawn from the seed, so that queries that hit can be drawn again without
reading the list. Entries go in through `ListStore.write` as imports, in one batch that a second person confirms.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import numpy as np

from benchmarks import codes
from benchmarks.codes import Bytes
from benchmarks.report import Row, row, say
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import (
    Command,
    ConfirmBatch,
    Content,
    CreateBatch,
    ImportEntries,
    SealBatch,
    Written,
)
from hashsvc.limits import IMPORT_ENTRIES_MAX
from hashsvc.signals import MD5, PDQ, SHA256, Signal

CHUNK = 10_000  # entries drawn at once: entry i comes from chunk i // CHUNK
QUALITY = 100
NO_CHUNK = 1 << 40
SOURCE = "benchmark"
FORMAT = 1  # part of the directory's name; raise it when a list of before will not do
SMALL = 20_000  # entries with --small


class Spec(NamedTuple):
    """Which list. codes: uniform, or photos (skewed as photographs are)."""

    count: int
    codes: str = "uniform"
    seed: int = 1

    @property
    def name(self) -> str:
        return f"{self.codes}-{self.count}-{self.seed}-{FORMAT}"


class Rows(NamedTuple):
    """Entries as columns: uint8[n, width] each."""

    md5: Bytes
    sha256: Bytes
    pdq: Bytes


def draw(seed: int, purpose: int) -> np.random.Generator:
    """Give what draws for another purpose than the entries of a list (purpose: any number): never the same values."""
    return np.random.default_rng([seed, NO_CHUNK, purpose])


def rows(spec: Spec, chunk: int) -> Rows:
    """Draw the entries chunk * CHUNK to (chunk + 1) * CHUNK of a list, past its end too."""
    rng = np.random.default_rng([spec.seed, chunk])
    md5, sha256 = codes.uniform(rng, CHUNK, 16), codes.uniform(rng, CHUNK, 32)
    photos = spec.codes == "photos"
    return Rows(md5, sha256, codes.photo_like(rng, CHUNK) if photos else codes.uniform(rng, CHUNK, 32))


def contents(spec: Spec, first: int, count: int) -> Iterator[Content]:
    """Draw entries of a list as what is imported. first: a multiple of CHUNK."""
    for start in range(first, first + count, CHUNK):
        drawn = rows(spec, start // CHUNK)
        for i in range(min(CHUNK, first + count - start)):
            signals = (
                Signal(MD5, drawn.md5[i].tobytes()),
                Signal(SHA256, drawn.sha256[i].tobytes()),
                Signal(PDQ, drawn.pdq[i].tobytes(), QUALITY),
            )
            yield Content("", "", "", signals)


def prepared(directory: Path, spec: Spec) -> Path:
    """Give the directory of a list, made if it is not there. Serving it for reads leaves it as it is."""
    path = directory / spec.name
    if not path.exists():
        directory.mkdir(parents=True, exist_ok=True)
        unfinished = directory / f"{spec.name}.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        build(unfinished, spec)
        unfinished.rename(path)
    return path


@contextmanager
def copied(directory: Path, spec: Spec) -> Iterator[Path]:
    """Give a copy of a prepared list that may be written to; it is deleted afterwards. spec.count 0: an empty list."""
    copy = directory / f"{spec.name}.copy"
    shutil.rmtree(copy, ignore_errors=True)
    if spec.count:
        shutil.copytree(prepared(directory, spec), copy)
    else:
        directory.mkdir(parents=True, exist_ok=True)
        ListStore.create(copy, clock=SystemClock())
    try:
        yield copy
    finally:
        shutil.rmtree(copy, ignore_errors=True)


def build(path: Path, spec: Spec) -> None:
    """Make a list offline: imports, seal, confirmation, folding until nothing is left to fold."""
    ListStore.create(path, clock=SystemClock())
    store = ListStore.open(path, clock=SystemClock())
    started = time.perf_counter()
    digest = hashlib.sha256(spec.name.encode()).digest()
    batch = written(store, CreateBatch(actor="ann", request_id="create", file_digest=digest, source=SOURCE)).batch
    assert batch is not None
    commands: list[ImportEntries] = []
    waiting: list[Content] = []
    for i, content in enumerate(contents(spec, 0, spec.count), 1):
        waiting.append(content)
        if len(waiting) == IMPORT_ENTRIES_MAX or i == spec.count:
            commands.append(
                ImportEntries(actor="ann", request_id=f"i{i}", batch_id=batch.batch_id, contents=tuple(waiting))
            )
            waiting = []
        if len(commands) == 2 or i == spec.count:
            for one in store.write(commands):
                assert isinstance(one, Written), one
                assert not one.problems, one.problems[0]
            commands = []
            store.keeper_tick()  # merges once more than eight segments are live
        if i % 100_000 == 0:
            say(f"list {spec.name}: {i:,} entries, {i / (time.perf_counter() - started):,.0f} a second")
    sealed = written(store, SealBatch(actor="ann", request_id="seal", batch_id=batch.batch_id)).batch
    assert sealed is not None
    written(store, ConfirmBatch(actor="bea", request_id="confirm", batch_id=batch.batch_id, digest=sealed.digest))
    store.keeper_tick()
    while store.keeper_tick().folded is not None:
        pass
    store.close()


def written(store: ListStore, command: Command) -> Written:
    """Do one write that must succeed."""
    (answer,) = store.write([command])
    if not isinstance(answer, Written):
        raise answer
    return answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lists", default="bench-data", help="folder of the prepared lists (default %(default)s)")
    parser.add_argument("--count", type=int, default=1_000_000, help="entries (default %(default)s)")
    parser.add_argument("--codes", choices=("uniform", "photos"), default="uniform", help="(default %(default)s)")


def run(options: argparse.Namespace) -> Iterator[Row]:
    spec = Spec(options.count, options.codes, options.seed)
    started = time.perf_counter()
    path = prepared(Path(options.lists), spec)
    byte_count = sum(file.stat().st_size for file in path.rglob("*") if file.is_file())
    elapsed_s = time.perf_counter() - started
    yield row("list", spec.name, spec.seed, entries=spec.count, mbytes=byte_count // 10**6, elapsed_s=elapsed_s)
