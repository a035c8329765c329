"""THE write: the only code that changes a list. One LMDB transaction: load, decide, append, apply, commit. Or nothing.

Steps of `write`, and what a crash there leaves:
1. Begin the write transaction. If we crash here, nothing happened.
2. For each command load what it is about and decide (workflow.py, pure); a refusal changes nothing.
3. Append its changes to the log and let the views follow, in the transaction. If we crash in 2 or 3, LMDB drops the
   transaction; the next writer gets the lock at once.
4. Where the delta has grown past its bound, or an import came in, write a segment file, and in the transaction a
   manifest that names it. If we crash here, LMDB drops that manifest, and a file that none names is left; the keeper
   deletes it.
5. Put the head, commit with fsync. If we crash before the commit returns, the changes are there or not, all or none;
   the caller was told nothing and asks again with the same request id.
tests/crash/ kills a writing process in all of them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from hashsvc.clock import Clock
from hashsvc.errors import DamagedData, HashsvcError, InvariantError, ResourceExhausted
from hashsvc.hashlist import decide_batch, decide_entry, decide_policy, decide_seen, fold, log, manifest
from hashsvc.hashlist.describe import Describer
from hashsvc.hashlist.url_rows import check_rules
from hashsvc.hashlist.values import (
    AmendEntry,
    Command,
    ConfirmBatch,
    ConfirmPolicy,
    CreateBatch,
    DecideEntry,
    ImportEntries,
    ListSettings,
    MarkSeenLive,
    ProposeEntry,
    ProposePolicy,
    RetractBatch,
    SealBatch,
    Written,
)
from hashsvc.hashlist.work import Request, Work
from hashsvc.limits import DELTA_CODES_MAX, SEGMENTS_LIVE_MAX
from hashsvc.lmdb_env import Environment

IMPORT_SEGMENT_MIN = 256  # imported entries of one transaction from which a segment is written at once
FOLDING_RETRY_MS = 500

_encoder = msgspec.msgpack.Encoder()
_DECIDERS: dict[type[Command], Callable[[Work, Any, Request], Written]] = {
    ProposeEntry: decide_entry.propose,
    DecideEntry: decide_entry.decide,
    AmendEntry: decide_entry.amend,
    CreateBatch: decide_batch.create,
    ImportEntries: decide_batch.import_entries,
    SealBatch: decide_batch.seal,
    ConfirmBatch: decide_batch.confirm,
    RetractBatch: decide_batch.retract,
    MarkSeenLive: decide_seen.mark,
    ProposePolicy: decide_policy.propose,
    ConfirmPolicy: decide_policy.confirm,
}
_ABOUT_ENTRIES = (ProposeEntry, DecideEntry, AmendEntry)


class Writer:
    """Writes to one list. Not thread-safe: one writer thread a process; LMDB orders the processes."""

    def __init__(self, env: Environment, segments_dir: Path, key: bytes, list_id: bytes, clock: Clock) -> None:
        self._env = env
        self._segments_dir = segments_dir
        self._key = key
        self._list_id = list_id
        self._clock = clock
        self._settings: ListSettings | None = None
        self._rules_of = -1

    def write(self, commands: Sequence[Command]) -> list[Written | HashsvcError]:
        """Do all commands in one durable transaction. A refused one is answered with its error, the others count.

        Raises ResourceExhausted LIST_FULL (nothing written), CommitFailed (outcome unknown: stop writing).
        """
        with self._env.write() as txn:
            if self._settings is None:
                self._settings = Describer(self._env, txn, _no_batch).settings()
            work = Work(self._env, txn, self._key, self._list_id, self._settings, self._clock)
            if work.head.generation != self._rules_of:  # a rebuild by another version makes a new generation
                check_rules(self._env, txn)
                self._rules_of = work.head.generation
            results = [self._one(work, command) for command in commands]
            if work.head.sequence > work.first_head.sequence:
                work.applier.flush()
                self._finish(work)
        return results

    def _one(self, work: Work, command: Command) -> Written | HashsvcError:
        """Do one command: answer a repeated one as before, else refuse it or decide and append."""
        try:
            request = work.request(command.actor, command.request_id, _encoder.encode(command))
            row = work.done_before(request)
            if row is not None:
                if isinstance(command, _ABOUT_ENTRIES):
                    return decide_entry.answer_again(work, row)
                if isinstance(command, MarkSeenLive):
                    return decide_seen.answer_again(work, command, row)
                if isinstance(command, ProposePolicy | ConfirmPolicy):
                    return decide_policy.answer_again(work, row)
                return decide_batch.answer_again(work, command, row)
            if isinstance(command, ImportEntries):
                self._wait_for_folding(work)
            return _DECIDERS[type(command)](work, command, request)
        except DamagedData:
            raise
        except HashsvcError as error:
            return error

    def _wait_for_folding(self, work: Work) -> None:
        if len(manifest.load(self._env, work.txn).segments) >= SEGMENTS_LIVE_MAX:
            raise ResourceExhausted(
                "FOLDING_BEHIND",
                f"{SEGMENTS_LIVE_MAX} index segments wait to be folded; imports go on when they are",
                retry_after_ms=FOLDING_RETRY_MS,
            )

    def _finish(self, work: Work) -> None:
        """Steps 4 and 5, up to the commit."""
        head = msgspec.structs.replace(work.head, delta_codes=work.head.delta_codes + work.rows.count)
        if head.delta_codes > DELTA_CODES_MAX or work.import_count >= IMPORT_SEGMENT_MIN:
            head = fold.write_tail(self._env, work.txn, self._segments_dir, head, work.first_head, work.rows)
        log.put_head(self._env, work.txn, head)


def _no_batch(number: int) -> Any:
    raise InvariantError("the list's settings name no batch")
