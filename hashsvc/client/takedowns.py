"""Calls about takedowns: what waits for a notice, and what was done about it. Actors are added when a call is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from hashsvc.client.call import Call, Paged
from hashsvc.client.reading import page, read
from hashsvc.client.takedown_values import Takedown, TakedownMark, TakedownResult, TakedownState
from hashsvc.client.values import Page, Position
from hashsvc.limits import PAGE_SIZE_DEFAULT, TAKEDOWN_MARKS_MAX
from hashsvc.v1 import takedown_service_pb2 as pb

_SERVICE = "/hashsvc.v1.TakedownService/"


def list_takedowns(states: Sequence[TakedownState] = (), *, page_size: int = PAGE_SIZE_DEFAULT) -> Paged[Takedown]:
    """Read takedowns in some states, those first that are longest in theirs; without states the outgoing queue."""
    names = [f"TAKEDOWN_STATE_{state.name}" for state in states]

    def paged(page_token: str) -> Call[Page[Takedown]]:
        request = pb.ListTakedownsRequest(
            states=names,
            page_size=page_size,
            page_token=page_token,
        )
        return Call(f"{_SERVICE}ListTakedowns", request, pb.ListTakedownsResponse, page(Takedown, "takedowns"))

    return paged


def mark_takedowns(marks: Sequence[TakedownMark]) -> Call[tuple[TakedownResult, ...]]:
    """Say of up to 1,000 takedowns that a notice was sent or that the content is gone. A refused one stops no other."""
    request = pb.MarkTakedownsRequest(
        marks=[
            pb.TakedownMark(
                takedown=one.takedown,
                state=f"TAKEDOWN_STATE_{one.state.name}",
                recipient=one.recipient,
                appearance=one.appearance,
            )
            for one in marks
        ]
    )

    def results(wire: pb.MarkTakedownsResponse, worker: int | None) -> tuple[TakedownResult, ...]:
        position = read(Position, wire.position)
        return tuple(
            read(TakedownResult, one, takedown=request.marks[one.mark].takedown, position=position, worker=worker)
            for one in wire.results
        )

    return Call(f"{_SERVICE}MarkTakedowns", request, pb.MarkTakedownsResponse, results, is_bulk=True)


def mark_calls(marks: Iterable[TakedownMark]) -> Iterator[Call[tuple[TakedownResult, ...]]]:
    """Cut any number of marks into calls, for `run_many`."""
    rest = iter(marks)
    while part := tuple(islice(rest, TAKEDOWN_MARKS_MAX)):
        yield mark_takedowns(part)
