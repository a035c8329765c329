"""Calls that read the log and the list's figures."""

from __future__ import annotations

from hashsvc.client.call import Call, wire_position
from hashsvc.client.reading import answer
from hashsvc.client.values import ChangesResult, Position, Stats
from hashsvc.limits import PAGE_SIZE_DEFAULT
from hashsvc.v1 import feed_service_pb2 as pb

_SERVICE = "/hashsvc.v1.FeedService/"


def read_changes(
    after_sequence: int = 0, *, page_size: int = PAGE_SIZE_DEFAULT, at_least: Position | None = None
) -> Call[ChangesResult]:
    """Read changes after a sequence, in order. Ask again after the last one; an empty page means: nothing new."""
    request = pb.ReadChangesRequest(
        after_sequence=after_sequence, page_size=page_size, at_least=wire_position(at_least)
    )

    return Call(f"{_SERVICE}ReadChanges", request, pb.ReadChangesResponse, answer(ChangesResult))


def stats(*, at_least: Position | None = None) -> Call[Stats]:
    """Read the list's figures."""
    request = pb.GetListStatsRequest(at_least=wire_position(at_least))

    return Call(f"{_SERVICE}GetListStats", request, pb.GetListStatsResponse, answer(Stats))
