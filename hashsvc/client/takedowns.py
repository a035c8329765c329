"""Calls about takedowns: what waits for a notice, and what was done about it. Actors are added when a call is run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from hashsvc.client import parse
from hashsvc.client.call import Call, Paged
from hashsvc.client.takedown_values import Takedown, TakedownMark, TakedownNotice, TakedownResult, TakedownState
from hashsvc.client.values import Page
from hashsvc.limits import PAGE_SIZE_DEFAULT, TAKEDOWN_MARKS_MAX
from hashsvc.v1 import takedown_service_pb2 as pb

_SERVICE = "/hashsvc.v1.TakedownService/"
_STATES = parse.by_number(dict(pb.TakedownState.items()), TakedownState, "TAKEDOWN_STATE_")
_NUMBERS = {state: number for number, state in _STATES.items()}


def list_takedowns(states: Sequence[TakedownState] = (), *, page_size: int = PAGE_SIZE_DEFAULT) -> Paged[Takedown]:
    """Read takedowns in some states, those first that are longest in theirs; without states the outgoing queue."""
    numbers = [_NUMBERS[state] for state in states]

    def read(answer: pb.ListTakedownsResponse, worker: int | None) -> Page[Takedown]:
        takedowns = tuple(map(_takedown, answer.takedowns))
        return Page(takedowns, answer.next_page_token, parse.position(answer.position), worker)

    def page(page_token: str) -> Call[Page[Takedown]]:
        request = pb.ListTakedownsRequest(
            states=numbers,  # type: ignore[arg-type]
            page_size=page_size,
            page_token=page_token,
        )
        return Call(f"{_SERVICE}ListTakedowns", request, pb.ListTakedownsResponse, read)

    return page


def mark_takedowns(marks: Sequence[TakedownMark]) -> Call[tuple[TakedownResult, ...]]:
    """Say of up to 1,000 takedowns that a notice was sent or that the content is gone. A refused one stops no other."""
    request = pb.MarkTakedownsRequest(
        marks=[
            pb.TakedownMark(
                takedown=one.takedown,
                state=_NUMBERS[one.state],  # type: ignore[arg-type]
                recipient=one.recipient,
                appearance=one.appearance,
            )
            for one in marks
        ]
    )

    def read(answer: pb.MarkTakedownsResponse, worker: int | None) -> tuple[TakedownResult, ...]:
        position = parse.position(answer.position)
        return tuple(
            TakedownResult(
                request.marks[one.mark].takedown,
                None if one.HasField("refusal") else _STATES.get(one.state, TakedownState.UNSPECIFIED),
                parse.problems([one.refusal])[0] if one.HasField("refusal") else None,
                position,
                worker,
            )
            for one in answer.results
        )

    return Call(f"{_SERVICE}MarkTakedowns", request, pb.MarkTakedownsResponse, read, is_bulk=True)


def mark_calls(marks: Iterable[TakedownMark]) -> Iterator[Call[tuple[TakedownResult, ...]]]:
    """Cut any number of marks into calls, for `run_many`."""
    rest = iter(marks)
    while part := tuple(islice(rest, TAKEDOWN_MARKS_MAX)):
        yield mark_takedowns(part)


def _takedown(wire: pb.Takedown) -> Takedown:
    return Takedown(
        takedown=wire.takedown,
        url=wire.url,
        state=_STATES.get(wire.state, TakedownState.UNSPECIFIED),
        since_us=parse.microseconds(wire.state_time),
        opened_us=parse.microseconds(wire.open_time),
        waiting_us=parse.microseconds(wire.wait_time),
        reported_us=parse.microseconds(wire.report_time),
        item_count=wire.item_count,
        appearance=wire.appearance,
        reappeared_count=wire.reappeared_count,
        notices=tuple(TakedownNotice(one.actor, parse.microseconds(one.time), one.recipient) for one in wire.notices),
        removed_us=parse.microseconds(wire.remove_time),
        removed_by=wire.remove_actor,
    )
