"""`hashsvc import`: a file of entries to the list, as one batch that other people then confirm.

A dry run until --apply. Bad lines are told and stop nothing; the same file again changes nothing.
"""

from __future__ import annotations

import hashlib
import itertools
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import msgspec

from hashsvc.cli.calling import Caller, may_act
from hashsvc.cli.main import Failed
from hashsvc.cli.output import progress, say, write_record
from hashsvc.client import BatchState
from hashsvc.client.values import Batch, ImportResult
from hashsvc.formats import Rejected, Row, open_rows

SOURCE_DEFAULT = "local"
REJECTIONS_MAX = 10_000  # listed; all are counted
CONNECTIONS = 2
IN_FLIGHT = 4
_READ_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"


class Rejection(msgspec.Struct, frozen=True):
    """A line, or one signal of it, that was refused. message: for people; never the value."""

    line: int
    field: str
    reason: str
    message: str


@click.command(
    "import",
    epilog="Example: hashsvc import list.jsonl.gz --apply --actor ann",
)
@click.argument("file", type=click.Path(allow_dash=True, exists=True, dir_okay=False), metavar="FILE")
@click.option("--apply", is_flag=True, help="Write. Without it nothing is written: only counted.")
@click.option(
    "--source",
    default=None,
    help=f"Organisation that the file comes from. Default: that of its first entry, else `{SOURCE_DEFAULT}`.",
)
@click.option(
    "--attested",
    type=click.IntRange(0, 100),
    default=0,
    show_default=True,
    metavar="N",
    help="Confirmations that the source says it made; recorded, never counted as yours.",
)
@may_act
def import_file(file: str, apply: bool, source: str | None, attested: int, caller: Caller) -> None:
    """Bring a file of entries to the list as one batch.

    FILE is JSON lines or CSV (.jsonl, .csv, also .gz), or `-`. Without --apply it is a dry run. With it the entries
    stay PROPOSED until other people confirm the batch: `hashsvc batch confirm`.
    """
    if apply and caller.actor is None:
        raise click.UsageError("--apply needs --actor: the list records who imports")
    started = time.monotonic()
    with _on_disk(file) as path, caller.client(connections=CONNECTIONS) as client:
        digest, line_count = _digest_of(path)
        reading = _Reading(open_rows(path))
        rows = reading.rows()
        first = next(rows, None)
        if first is None:
            _report(reading, None, apply, 0, started)
            raise Failed("the file holds no entry that can be used")
        if source is None:
            source = first.source or SOURCE_DEFAULT
            if not first.source:
                say(f"neither the file nor --source names the source; taking `{source}`")
        batch = client.create_batch(digest, source, attested_confirmation_count=attested).batch if apply else None
        write = batch is not None and batch.state is BatchState.OPEN
        if batch is not None and not write:
            say(f"this file was imported before, batch {batch.batch_id} is {batch.state}: nothing is written")
        results = client.import_many(
            itertools.chain([first], rows),
            batch_id=batch.batch_id if batch is not None and write else "",
            source=source,
            validate_only=not write,
            in_flight=IN_FLIGHT,
        )
        sequence = _follow(reading, results, line_count)
        if batch is not None and write:
            if reading.damaged:
                _report(reading, batch, apply, sequence, started)
                raise Failed("the file is damaged or cut short: what could be read is in, the batch stays open")
            sealed = client.seal(batch.batch_id)
            batch, sequence = sealed.batch, sealed.position.sequence
    _report(reading, batch, apply, sequence, started)
    _say_what_next(batch, apply)


class _Reading:
    """Reads the file and counts what becomes of its lines."""

    def __init__(self, found: Iterable[Row | Rejected]) -> None:
        self._found = found
        self._lines: deque[int] = deque()  # of rows that were sent and not yet answered
        self.inserted = self.amended = self.unchanged = self.rejected = self.done = 0
        self.rejections: list[Rejection] = []
        self.rejection_count = 0
        self.damaged = False

    def rows(self) -> Iterator[Row]:
        for one in self._found:
            if isinstance(one, Rejected):
                self.rejected += one.whole
                self.damaged = self.damaged or one.reason == "FILE_DAMAGED"
                self._tell(Rejection(one.line, one.field, one.reason, one.message))
            else:
                self._lines.append(one.line)
                yield one

    def answered(self, result: ImportResult) -> None:
        lines = [self._lines.popleft() for _ in range(result.entry_count)]
        self.inserted += result.inserted_count
        self.amended += result.amended_count
        self.unchanged += result.unchanged_count
        self.rejected += result.rejected_count
        self.done = lines[-1]
        for problem in result.problems:
            self._tell(Rejection(lines[problem.item], problem.field, problem.reason, problem.message))

    def _tell(self, rejection: Rejection) -> None:
        self.rejection_count += 1
        if len(self.rejections) < REJECTIONS_MAX:
            self.rejections.append(rejection)


def _follow(reading: _Reading, results: Iterable[ImportResult], line_count: int | None) -> int:
    """Take the answers as they come. Returns the last sequence."""
    sequence = 0
    with progress("importing", line_count, "lines") as show:
        for result in results:
            reading.answered(result)
            sequence = max(sequence, result.position.sequence)
            show(reading.done)
    return sequence


def _report(reading: _Reading, batch: Batch | None, apply: bool, sequence: int, started: float) -> None:
    rejections = sorted(reading.rejections, key=lambda one: one.line)
    record: dict[str, Any] = {
        "batch": batch.batch_id if batch is not None else None,
        "digest": batch.digest.hex() if batch is not None and batch.digest else None,
        "state": batch.state.value if batch is not None else None,
        "applied": apply,
        "inserted": reading.inserted,
        "amended": reading.amended,
        "unchanged": reading.unchanged,
        "rejected": reading.rejected,
        "rejections": [msgspec.to_builtins(one) for one in rejections],
        "rejections_omitted": reading.rejection_count - len(rejections),
        "sequence": sequence,
        "elapsed_s": round(time.monotonic() - started, 3),
    }
    write_record(record)


def _say_what_next(batch: Batch | None, apply: bool) -> None:
    if not apply:
        say("dry run: nothing was written; --apply writes")
    elif batch is not None and batch.state is BatchState.SEALED:
        say(f"proposed only: another person confirms with `hashsvc batch confirm {batch.batch_id} --actor NAME`")


@contextmanager
def _on_disk(file: str) -> Iterator[Path]:
    """The file's path; stdin is kept in a temporary file first, since its digest names the batch."""
    if file != "-":
        yield Path(file)
        return
    with tempfile.TemporaryDirectory(prefix="hashsvc-import-") as directory:
        stdin = sys.stdin.buffer
        begin = stdin.read(2)
        path = Path(directory) / ("stdin.jsonl.gz" if begin == _GZIP else "stdin.jsonl")
        with path.open("wb") as kept:
            kept.write(begin)
            shutil.copyfileobj(stdin, kept, _READ_BYTES)
        yield path


def _digest_of(path: Path) -> tuple[bytes, int | None]:
    """SHA-256 of the file as it is, and its number of lines unless it is compressed."""
    digest, line_count, compressed = hashlib.sha256(), 0, path.suffix == ".gz"
    with path.open("rb") as stream:
        while block := stream.read(_READ_BYTES):
            digest.update(block)
            line_count += block.count(b"\n")
    return digest.digest(), None if compressed else line_count
