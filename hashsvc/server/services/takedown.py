"""TakedownService: what is to be taken down, and what was done about it."""

from __future__ import annotations

from hashsvc import limits
from hashsvc.casework.takedown import place_of
from hashsvc.casework.values import Mark, Takedown, TakedownState
from hashsvc.errors import HashsvcError, InvalidArgument
from hashsvc.server.translate.common import (
    fill_page,
    make_token,
    page_size_of,
    position_message,
    read_token,
    text_of,
    timestamp,
)
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Store
from hashsvc.server.writing.casework import CaseworkDoor
from hashsvc.v1 import check_service_pb2
from hashsvc.v1 import takedown_service_pb2 as pb

_STATES = tuple(int(state) for state in TakedownState)
_MARKED = (pb.TAKEDOWN_STATE_NOTICED, pb.TAKEDOWN_STATE_REMOVED)


class TakedownServicer:
    """Answers the calls about takedowns."""

    def __init__(self, store: Store, door: CaseworkDoor) -> None:
        self._store = store
        self._door = door

    def ListTakedowns(self, request: pb.ListTakedownsRequest, call: Call) -> pb.ListTakedownsResponse:  # noqa: N802
        states = tuple(sorted({_state_of(state, f"states[{i}]") for i, state in enumerate(request.states)}))
        limit = page_size_of(request.page_size)
        scope = f"takedowns/{'-'.join(map(str, states))}"
        after = read_token(request.page_token, scope)
        with self._door.reading() as casework:
            takedowns, next_place = casework.outgoing.takedowns(states, after, limit)
        response = pb.ListTakedownsResponse()
        next_place = fill_page(response.takedowns, takedowns, _takedown_message, place_of, next_place)
        response.next_page_token = make_token(next_place, scope)
        call.item_count = len(response.takedowns)
        with self._store.snapshot() as snapshot:
            response.position.CopyFrom(position_message(snapshot.position, call))
        return response

    def MarkTakedowns(self, request: pb.MarkTakedownsRequest, call: Call) -> pb.MarkTakedownsResponse:  # noqa: N802
        count = len(request.marks)
        if not count:
            raise InvalidArgument("EMPTY_BATCH", f"no mark; 1 to {limits.TAKEDOWN_MARKS_MAX} are right", field="marks")
        if count > limits.TAKEDOWN_MARKS_MAX:
            raise InvalidArgument(
                "TOO_MANY_ITEMS", f"{count} marks; at most {limits.TAKEDOWN_MARKS_MAX} are allowed", field="marks"
            )
        call.item_count = count
        response = pb.MarkTakedownsResponse()
        marks: list[Mark] = []
        places: list[int] = []
        for i, message in enumerate(request.marks):
            result = response.results.add(mark=i)
            try:
                marks.append(_mark_of(message))
                places.append(i)
            except InvalidArgument as error:
                _refuse(result, error)
        call.check_deadline()
        with self._door.writing() as casework:
            answers = casework.outgoing.mark_takedowns(call.actor, marks)
        for i, answer in zip(places, answers, strict=True):
            if isinstance(answer, HashsvcError):
                _refuse(response.results[i], answer)
            else:
                response.results[i].state = answer.state  # type: ignore[assignment]
                response.taken_count += 1
        call.problem_count = count - response.taken_count
        with self._store.snapshot() as snapshot:
            response.position.CopyFrom(position_message(snapshot.position, call))
        return response


def _state_of(state: int, field: str) -> int:
    if state not in _STATES:
        names = ", ".join(one.name for one in TakedownState)
        raise InvalidArgument("BAD_VALUE", f"it is {state}; right is one of {names}", field=field)
    return state


def _mark_of(message: pb.TakedownMark) -> Mark:
    """Read a mark. Raises InvalidArgument."""
    if not message.takedown > 0:
        raise InvalidArgument("REQUIRED", "the number of a takedown is required; they count from 1", field="takedown")
    if message.state not in _MARKED:
        raise InvalidArgument("BAD_VALUE", f"it is {message.state}; right is NOTICED or REMOVED", field="state")
    if message.appearance < 0:
        raise InvalidArgument("BAD_VALUE", f"it is {message.appearance}; right is 1 or more, or 0", field="appearance")
    is_notice = message.state == pb.TAKEDOWN_STATE_NOTICED
    if message.recipient and not is_notice:
        raise InvalidArgument("BAD_VALUE", "only a notice has a recipient; leave it empty", field="recipient")
    recipient = text_of(message.recipient, limits.RECIPIENT_CHARS_MAX, "recipient", required=is_notice)
    return Mark(message.takedown, message.state, recipient, message.appearance)


def _takedown_message(takedown: Takedown) -> pb.Takedown:
    message = pb.Takedown(
        takedown=takedown.number,
        url=takedown.url,
        state=takedown.state,  # type: ignore[arg-type]
        state_time=timestamp(takedown.since_us),
        open_time=timestamp(takedown.opened_us),
        wait_time=timestamp(takedown.waiting_us),
        report_time=timestamp(takedown.reported_us),
        item_count=takedown.item_count,
        appearance=takedown.appearance,
        reappeared_count=takedown.reappeared_count,
        notices=[
            pb.TakedownNotice(actor=one.actor, time=timestamp(one.time_us), recipient=one.recipient)
            for one in takedown.notices
        ],
        remove_actor=takedown.removed_by,
    )
    if takedown.removed_us:
        message.remove_time.CopyFrom(timestamp(takedown.removed_us))
    return message


def _refuse(result: pb.TakedownResult, error: HashsvcError) -> None:
    """Say why a mark of many was refused."""
    result.refusal.CopyFrom(check_service_pb2.Problem(field=error.field, reason=error.reason, message=error.message))
