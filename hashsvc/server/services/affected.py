"""What an entry did, so that a retraction can be told: items of reports that it closed, then checks that it answered.

One listing of two sources, by page: casework's `by_entry`, then all workers' journals.
"""

from __future__ import annotations

from pathlib import Path

from hashsvc.casework.affected import NUMBER_MAX
from hashsvc.casework.values import Affected
from hashsvc.clock import Clock
from hashsvc.errors import NotFound
from hashsvc.hashlist.values import ChangeKind, EntryView, State
from hashsvc.limits import DEADLINE_MS_MAX
from hashsvc.logs import Log
from hashsvc.metrics import Metrics
from hashsvc.server.journal.reader import Match, find_matches
from hashsvc.server.translate.common import (
    demanded,
    id_of,
    make_token,
    page_size_of,
    position_message,
    read_token,
    timestamp,
)
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Snapshot, Store
from hashsvc.server.writing.casework import CaseworkDoor
from hashsvc.v1 import case_service_pb2 as pb

# A page goes on after a number: below this an item's of casework, from it on a match's of the journals, which are all
# larger, since they begin with a time.
CHECKS_FROM = NUMBER_MAX
LATE_US = DEADLINE_MS_MAX * 1_000  # a check may answer from the list as it was so long ago
HISTORY_PAGE = 100
_ENDS = frozenset((
    ChangeKind.RETRACTION_CONFIRMED, ChangeKind.BATCH_RETRACTION_CONFIRMED, ChangeKind.ENTRY_REJECTED,
))  # fmt: skip


class AffectedDesk:
    """Answers ListAffected."""

    def __init__(
        self, store: Store, door: CaseworkDoor, folder: Path, *, clock: Clock, log: Log, metrics: Metrics
    ) -> None:
        """folder: the list's journals."""
        self._store = store
        self._door = door
        self._folder = folder
        self._clock = clock
        self._log = log
        self._metrics = metrics
        self._told: set[str] = set()

    def page(self, request: pb.ListAffectedRequest, call: Call) -> pb.ListAffectedResponse:
        """Read a page. Raises NotFound UNKNOWN_ENTRY where nobody knows the entry."""
        entry_id = id_of(request.entry_id, "entry_id")
        limit = page_size_of(request.page_size)
        at_least = demanded(request.at_least)
        scope = f"affected/{request.entry_id}"
        number = read_token(request.page_token, scope)
        asked_us = self._clock.now_us()
        unknown: NotFound | None = None
        complete_us = 0
        response = pb.ListAffectedResponse()
        with self._door.reading() as casework:
            if number < CHECKS_FROM:
                items, number = casework.oversight.affected(entry_id, number, limit)
                response.items.extend(map(_item_message, items))
                number = number or CHECKS_FROM
        # After casework has followed the list, so that it is never behind what the position says.
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            response.position.CopyFrom(position_message(snapshot.position, call))
            try:
                complete_us = _complete_us(snapshot, snapshot.entry(entry_id))
            except NotFound as error:
                unknown = error
        if number >= CHECKS_FROM and len(response.items) < limit:
            # 1,000 rows of either are less than 1 MiB, so no page is too large.
            found = find_matches(self._folder, entry_id, number, limit - len(response.items), call.check_deadline)
            self._tell_damage(found.damaged)
            response.damaged_file_count = len(found.damaged)
            response.checks.extend(map(_check_message, found.matches))
            number = found.next_number
        if unknown is not None and not (
            response.items or response.checks or response.damaged_file_count or number or request.page_token
        ):
            # A mistyped id must not look like an entry that did nothing. One that a restore took away may have done.
            raise unknown
        response.may_grow = unknown is None and (not complete_us or asked_us < complete_us)
        if complete_us:
            response.checks_complete_time.CopyFrom(timestamp(complete_us))
        response.next_page_token = make_token(number, scope)
        call.item_count = len(response.items) + len(response.checks)
        return response

    def _tell_damage(self, damaged: list[tuple[str, int]]) -> None:
        """Count damage, and log each file once."""
        for name, offset in damaged:
            self._metrics.count("damage")
            if name not in self._told:
                self._told.add(name)
                self._log.error("journal found damaged", file=name, offset=offset)


def _complete_us(snapshot: Snapshot, entry: EntryView) -> int:
    """From when on no check can be answered with an entry any more; 0 while it may be answered still."""
    if entry.state not in (State.RETRACTED, State.REJECTED):
        return 0
    before = 0
    while True:
        changes, before = snapshot.pages.history(entry.entry_id, before, HISTORY_PAGE)
        for change in changes:
            if change.kind in _ENDS:
                return change.time_us + LATE_US
        if not before:
            return entry.updated_us + LATE_US


def _item_message(one: Affected) -> pb.AffectedItem:
    return pb.AffectedItem(
        report_number=one.report,
        item=one.index,
        partner_reference=one.partner_reference,
        is_open=one.is_open,
        is_erased=one.is_erased,
    )


def _check_message(match: Match) -> pb.AffectedCheck:
    return pb.AffectedCheck(
        time=timestamp(match.time_us),
        actor=match.actor,
        caller_reference=match.caller_reference,
        item=match.item,
        verdict=match.verdict,  # type: ignore[arg-type]
        sequence=match.sequence,
        epoch=match.epoch,
    )
