"""The call that reads the journals of matches."""

from __future__ import annotations

from hashsvc.client import parse
from hashsvc.client.call import Call, wire_position
from hashsvc.client.values import Match, MatchesResult, Position
from hashsvc.limits import PAGE_SIZE_DEFAULT
from hashsvc.v1 import journal_service_pb2 as pb

_SERVICE = "/hashsvc.v1.JournalService/"


def list_matches(
    entry_id: str, *, page_size: int = PAGE_SIZE_DEFAULT, page_token: str = "", at_least: Position | None = None
) -> Call[MatchesResult]:
    """Read a page of the answers that named an entry, oldest first. A page may be empty and not the last.

    Not all pages in one go, because each says whether matches may be missing: `damaged_file_count`.
    """
    request = pb.ListMatchesRequest(
        entry_id=entry_id, page_size=page_size, page_token=page_token, at_least=wire_position(at_least)
    )

    def read(answer: pb.ListMatchesResponse, worker: int | None) -> MatchesResult:
        matches = tuple(
            Match(
                time_us=one.time.seconds * 1_000_000 + one.time.nanos // 1000,
                actor=one.actor,
                caller_reference=one.caller_reference,
                item=one.item,
                verdict=parse.verdict(one.verdict),
                sequence=one.sequence,
                epoch=one.epoch,
            )
            for one in answer.matches
        )
        return MatchesResult(
            matches, answer.next_page_token, answer.damaged_file_count, parse.position(answer.position), worker
        )

    return Call(f"{_SERVICE}ListMatches", request, pb.ListMatchesResponse, read)
