"""JournalService: which answers named an entry, read from all workers' journals."""

from __future__ import annotations

from pathlib import Path

from hashsvc.errors import NotFound
from hashsvc.logs import Log
from hashsvc.metrics import Metrics
from hashsvc.server.calls import Call
from hashsvc.server.journal_reader import Match, find_matches
from hashsvc.server.ports import Store
from hashsvc.server.translate import (
    demanded,
    fill_page,
    id_of,
    make_token,
    page_size_of,
    position_message,
    read_token,
    timestamp,
)
from hashsvc.v1 import journal_service_pb2 as pb


class JournalServicer:
    """Answers ListMatches."""

    def __init__(self, store: Store, folder: Path, *, log: Log, metrics: Metrics) -> None:
        """folder: the list's journals."""
        self._store = store
        self._folder = folder
        self._log = log
        self._metrics = metrics
        self._told: set[str] = set()

    def ListMatches(self, request: pb.ListMatchesRequest, call: Call) -> pb.ListMatchesResponse:  # noqa: N802
        entry_id = id_of(request.entry_id, "entry_id")
        limit = page_size_of(request.page_size)
        at_least = demanded(request.at_least)
        scope = f"matches/{request.entry_id}"
        after_number = read_token(request.page_token, scope)
        unknown: NotFound | None = None
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            position = snapshot.position
            try:
                snapshot.entry(entry_id)
            except NotFound as error:
                unknown = error
        found = find_matches(self._folder, entry_id, after_number, limit, call.check_deadline)
        if unknown is not None and not (found.matches or found.damaged or found.next_number or after_number):
            # A mistyped id must not look like an entry that nobody met. One that a restore took away may have matches.
            raise unknown
        self._tell_damage(found.damaged)
        response = pb.ListMatchesResponse(
            position=position_message(position, call), damaged_file_count=len(found.damaged)
        )
        next_number = fill_page(response.matches, found.matches, _match_message, _number_of, found.next_number)
        response.next_page_token = make_token(next_number, scope)
        call.item_count = len(response.matches)
        return response

    def _tell_damage(self, damaged: list[tuple[str, int]]) -> None:
        """Count damage, and log each file once."""
        for name, offset in damaged:
            self._metrics.count("damage")
            if name not in self._told:
                self._told.add(name)
                self._log.error("journal found damaged", file=name, offset=offset)


def _match_message(match: Match) -> pb.Match:
    return pb.Match(
        time=timestamp(match.time_us),
        actor=match.actor,
        caller_reference=match.caller_reference,
        item=match.item,
        verdict=match.verdict,  # type: ignore[arg-type]
        sequence=match.sequence,
        epoch=match.epoch,
    )


def _number_of(match: Match) -> int:
    return match.number
