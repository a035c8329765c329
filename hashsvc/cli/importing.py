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
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import counted, progress, say, write_record
from hashsvc.client import BatchState
from hashsvc.client.values import Batch, ImportResult
from hashsvc.formats import FORMATS, Rejected, Row, open_rows

SOURCE_DEFAULT = "local"
REJECTIONS_MAX = 10_000  # listed; all are counted
CONNECTIONS = 2
IN_FLIGHT = 8  # the server commits those that wait together (limits.IMPORT_RUNNING_MAX)
_READ_BYTES = 1 << 20
_GZIP = b"\x1f\x8b"
_WITHDRAWN = (BatchState.DISPUTED, BatchState.RETRACTED)


class Rejection(msgspec.Struct, frozen=True):
    """What was refused. whole: nothing of its entry is used; else one fingerprint was left out of an entry that is.

    message: for people; never the value.
    """

    line: int
    field: str
    reason: str
    message: str
    whole: bool


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
@click.option(
    "--format",
    "format_name",
    type=click.Choice([one.name for one in FORMATS]),
    default=None,
    help="Of the file. Default: by its name, else by how it begins.",
)
@may_act
def import_file(
    file: str, apply: bool, source: str | None, attested: int, format_name: str | None, caller: Caller
) -> None:
    """Bring a file of entries to the list as one batch.

    FILE is in one of the formats of --format, plain or gzip, or `-`; docs/files.md has their columns and keys.
    Without --apply it is a dry run. With it the entries stay PROPOSED until other people confirm the batch:
    `hashsvc batch confirm`. The same file again continues an import that was interrupted.

    The result counts in `rejected` the entries that were refused whole, and in `rejected_fingerprints` the
    fingerprints that were left out of entries that are used; `rejections` lists both by line, those of the first
    kind with `whole` true.
    """
    if apply and caller.actor is None:
        raise click.UsageError("--apply needs --actor: the list records who imports")
    started = time.monotonic()
    with _on_disk(file) as path, caller.client(connections=CONNECTIONS) as client:
        digest, line_count = _digest_of(path)
        reading = _Reading(open_rows(path, format_name or ""))
        rows = reading.rows()
        first = next(rows, None)
        if first is None:
            _report(reading, None, apply, 0, started)
            raise Failed("the file holds no entry that can be used")
        if source is None:
            source = first.source or SOURCE_DEFAULT
            if not first.source:
                say(f"neither the file nor --source names the source; taking `{source}`")
        begun = client.create_batch(digest, source, attested_confirmation_count=attested) if apply else None
        batch = begun.batch if begun is not None else None
        write = batch is not None and batch.state is BatchState.OPEN
        if begun is not None and not begun.created:
            say(_found_again(begun.batch))
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
            if reading.inserted + reading.amended + batch.inserted_count + batch.amended_count:
                sealed = client.seal(batch.batch_id)
                batch, sequence = sealed.batch, sealed.position.sequence
            else:
                say("the list holds all of this already: nothing waits for a confirmation")
    _report(reading, batch, apply, sequence, started)
    _say_what_next(batch, apply)
    if batch is not None and batch.state in _WITHDRAWN:
        raise Failed(f"nothing was written: the batch of this file is {batch.state.value}")


class _Reading:
    """Reads the file and counts what becomes of its lines."""

    def __init__(self, found: Iterable[Row | Rejected]) -> None:
        self._found = found
        self._of_entry: list[Rejected] = []  # what the file's reader refused of the entry at hand
        self._sent: deque[tuple[int, list[Rejected]]] = deque()  # line of each row not yet answered, and the same of it
        self.inserted = self.amended = self.unchanged = self.rejected = self.rejected_fingerprints = self.done = 0
        self.rejections: list[Rejection] = []
        self.rejection_count = 0
        self.damaged = False

    def rows(self) -> Iterator[Row]:
        for one in self._found:
            if isinstance(one, Rejected):
                self.damaged = self.damaged or one.reason == "FILE_DAMAGED"
                self._of_entry.append(one)
                if one.whole:
                    self.rejected += 1
                    self._tell_read(self._of_entry, whole=True)
                    self._of_entry = []
            else:
                self._sent.append((one.line, self._of_entry))
                self._of_entry = []
                yield one

    def answered(self, result: ImportResult) -> None:
        sent = [self._sent.popleft() for _ in range(result.entry_count)]
        self.inserted += result.inserted_count
        self.amended += result.amended_count
        self.unchanged += result.unchanged_count
        self.rejected += result.rejected_count
        self.done = sent[-1][0]
        refused = frozenset(result.rejected)
        for item, (_, read) in enumerate(sent):
            self._tell_read(read, whole=item in refused)
        for problem in result.problems:
            line, whole = sent[problem.item][0], problem.item in refused
            self._tell(Rejection(line, problem.field, problem.reason, problem.message, whole))

    def _tell_read(self, found: Iterable[Rejected], *, whole: bool) -> None:
        for one in found:
            self._tell(Rejection(one.line, one.field, one.reason, one.message, whole))

    def _tell(self, rejection: Rejection) -> None:
        self.rejection_count += 1
        self.rejected_fingerprints += not rejection.whole
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
        "rejected_fingerprints": reading.rejected_fingerprints,
        "rejections": [msgspec.to_builtins(one) for one in rejections],
        "rejections_omitted": reading.rejection_count - len(rejections),
        "sequence": sequence,
        "elapsed_s": round(time.monotonic() - started, 3),
    }
    write_record(record)
    if reading.rejection_count:
        say(
            f"{counted(reading.rejected, 'entry was', 'entries were')} refused whole; "
            f"{counted(reading.rejected_fingerprints, 'fingerprint was', 'fingerprints were')} left out of entries "
            "that are used"
        )


def _found_again(batch: Batch) -> str:
    """Say what it means that this file has a batch already."""
    name = f"batch {batch.batch_id}"
    if batch.state is BatchState.OPEN:
        return f"an earlier import of this file was not completed; continuing its {name}"
    if batch.state is BatchState.DISPUTED:
        return (
            f"this file was imported before, and a retraction of its {name} is asked for: its entries close nothing, "
            "and importing the file does not change that"
        )
    if batch.state is BatchState.RETRACTED:
        return (
            f"this file was imported before, and its {name} was retracted: its entries close nothing, "
            "and importing the file does not bring them back"
        )
    return f"this file was imported before, {name} is {batch.state}: nothing is written"


def _say_what_next(batch: Batch | None, apply: bool) -> None:
    if not apply:
        say("dry run: nothing was written; --apply writes")
    elif batch is not None and batch.state is BatchState.SEALED:
        say(f"proposed only: another person confirms with `hashsvc batch confirm {batch.batch_id} --actor NAME`")


@contextmanager
def _on_disk(file: str) -> Iterator[Path]:
    """The file's path; stdin is kept in a temporary file first, since its digest names the batch.

    The temporary file's name says nothing of the format.
    """
    if file != "-":
        yield Path(file)
        return
    with tempfile.TemporaryDirectory(prefix="hashsvc-import-") as directory:
        stdin = sys.stdin.buffer
        begin = stdin.read(2)
        path = Path(directory) / ("stdin.gz" if begin == _GZIP else "stdin")
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
