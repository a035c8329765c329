"""Calls that read the log and the list's figures."""

from __future__ import annotations

from hashsvc.client import parse
from hashsvc.client.call import Call, wire_position
from hashsvc.client.values import ChangesResult, Position, Segment, Stats
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

    def read(answer: pb.ReadChangesResponse, worker: int | None) -> ChangesResult:
        changes = tuple(parse.change(one) for one in answer.changes)
        return ChangesResult(changes, answer.end, parse.position(answer.position), worker)

    return Call(f"{_SERVICE}ReadChanges", request, pb.ReadChangesResponse, read)


def stats(*, at_least: Position | None = None) -> Call[Stats]:
    """Read the list's figures."""
    request = pb.GetListStatsRequest(at_least=wire_position(at_least))

    def read(answer: pb.GetListStatsResponse, worker: int | None) -> Stats:
        return Stats(
            entry_count=answer.entry_count,
            states={str(parse.state(one.state)): one.signal_count for one in answer.states},
            types={parse.type_name(one.type): one.signal_count for one in answer.types},
            segments=tuple(
                Segment(one.first_sequence, one.last_sequence, one.byte_count, one.code_count)
                for one in answer.segments
            ),
            delta_change_count=answer.delta_change_count,
            store_bytes=answer.store_bytes,
            people_required=answer.people_required,
            policy_version=answer.policy_version,
            position=parse.position(answer.position),
            worker=worker,
        )

    return Call(f"{_SERVICE}GetListStats", request, pb.GetListStatsResponse, read)
