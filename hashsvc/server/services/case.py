"""CaseService: the queue, who looks at what, opinions, and what closed because of an entry."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from hashsvc.casework.desks import Casework
from hashsvc.casework.ledger import FOREVER_US
from hashsvc.casework.values import Case, Item
from hashsvc.categories import Crosswalk
from hashsvc.errors import InvalidArgument
from hashsvc.server.services.affected import AffectedDesk
from hashsvc.server.translate.case import (
    add_items,
    add_reports,
    case_message,
    case_number_of,
    opinion_of,
    regrade_message,
    report_numbers_of,
)
from hashsvc.server.translate.common import (
    fill_page,
    make_token,
    microseconds_of,
    page_size_of,
    position_message,
    read_token,
)
from hashsvc.server.translate.effect import write_figures
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Store
from hashsvc.server.writing.casework import CaseworkDoor
from hashsvc.v1 import case_service_pb2 as pb
from hashsvc.v1 import position_pb2

ShownT = TypeVar("ShownT", pb.GetCaseResponse, pb.ClaimCaseResponse, pb.ClaimRegradeResponse)


class CaseServicer:
    """Answers the calls about cases. The position is read after casework has followed the list, so never before it."""

    def __init__(self, store: Store, door: CaseworkDoor, crosswalk: Crosswalk, affected: AffectedDesk) -> None:
        self._store = store
        self._door = door
        self._crosswalk = crosswalk
        self._affected = affected

    # ------------------------------------------------------------ reads

    def ListQueue(self, request: pb.ListQueueRequest, call: Call) -> pb.ListQueueResponse:  # noqa: N802
        limit = page_size_of(request.page_size)
        with self._door.reading() as casework:
            cases = casework.claims.queue(limit)
        call.item_count = len(cases)
        return pb.ListQueueResponse(position=self._position(call), cases=map(case_message, cases))

    def GetCase(self, request: pb.GetCaseRequest, call: Call) -> pb.GetCaseResponse:  # noqa: N802
        number = case_number_of(request.case)
        with self._door.reading() as casework:
            case, items = casework.claims.case(number)
            return self._shown(pb.GetCaseResponse(), casework, case, items, call)

    def ListAffected(self, request: pb.ListAffectedRequest, call: Call) -> pb.ListAffectedResponse:  # noqa: N802
        return self._affected.page(request, call)

    def GetEffect(self, request: pb.GetEffectRequest, call: Call) -> pb.GetEffectResponse:  # noqa: N802
        since_us = microseconds_of(request.since_time, "since_time")
        until_us = microseconds_of(request.until_time, "until_time") or FOREVER_US
        if until_us <= since_us:
            raise InvalidArgument("BAD_TIME", "the time ends before it begins", field="until_time")
        with self._door.reading() as casework:
            figures = casework.oversight.figures(since_us, until_us, call.check_deadline)
        response = pb.GetEffectResponse(position=self._position(call))
        write_figures(figures, response)
        return response

    # ------------------------------------------------------------ writes

    def ClaimCase(self, request: pb.ClaimCaseRequest, call: Call) -> pb.ClaimCaseResponse:  # noqa: N802
        number = case_number_of(request.case, required=False)
        call.check_deadline()
        with self._door.writing() as casework:
            claimed = casework.claims.claim(call.actor, number)
            case, items = casework.claims.case(claimed.number)
            return self._shown(pb.ClaimCaseResponse(), casework, case, items, call)

    def ListRegrades(self, request: pb.ListRegradesRequest, call: Call) -> pb.ListRegradesResponse:  # noqa: N802
        outcome = request.outcome or pb.REGRADE_OUTCOME_WAITING
        if outcome not in pb.RegradeOutcome.values():
            raise InvalidArgument("BAD_VALUE", f"it is {outcome}; right is 0 to 4", field="outcome")
        limit = page_size_of(request.page_size)
        scope = f"regrades/{outcome}"
        after = read_token(request.page_token, scope)
        with self._door.reading() as casework:
            regrades, next_case = casework.claims.regrades(outcome, after, limit)
        response = pb.ListRegradesResponse()
        next_case = fill_page(response.regrades, regrades, regrade_message, lambda one: one.case, next_case)
        response.next_page_token = make_token(next_case, scope)
        response.position.CopyFrom(self._position(call))
        call.item_count = len(response.regrades)
        return response

    def ClaimRegrade(self, request: pb.ClaimRegradeRequest, call: Call) -> pb.ClaimRegradeResponse:  # noqa: N802
        number = case_number_of(request.case, required=False)
        call.check_deadline()
        with self._door.writing() as casework:
            case, items = casework.claims.claim_regrade(call.actor, number)
            return self._shown(pb.ClaimRegradeResponse(), casework, case, items, call)

    def AssessRegrade(self, request: pb.AssessRegradeRequest, call: Call) -> pb.AssessRegradeResponse:  # noqa: N802
        number = case_number_of(request.case)
        opinion = opinion_of(request, call.actor, self._crosswalk)
        call.item_count = 1
        call.check_deadline()
        with self._door.writing() as casework:
            regrade = casework.decisions.assess_regrade(number, opinion)
        return pb.AssessRegradeResponse(position=self._position(call), regrade=regrade_message(regrade))

    def ReleaseCase(self, request: pb.ReleaseCaseRequest, call: Call) -> pb.ReleaseCaseResponse:  # noqa: N802
        number = case_number_of(request.case)
        call.check_deadline()
        with self._door.writing() as casework:
            case = casework.claims.release(call.actor, number)
        return pb.ReleaseCaseResponse(position=self._position(call), case=case_message(case))

    def AssessCase(self, request: pb.AssessCaseRequest, call: Call) -> pb.AssessCaseResponse:  # noqa: N802
        number = case_number_of(request.case)
        opinion = opinion_of(request, call.actor, self._crosswalk)
        call.item_count = 1
        call.check_deadline()
        with self._door.writing() as casework:
            decided = casework.decisions.assess(number, opinion)
        return pb.AssessCaseResponse(
            position=self._position(call),
            case=case_message(decided.case),
            closed_item_count=decided.closed_items,
            closed_twin_count=decided.closed_twins,
        )

    def _shown(self, response: ShownT, casework: Casework, case: Case, items: Sequence[Item], call: Call) -> ShownT:
        """Write a case as somebody sees it: with its items, and the reports of those."""
        response.position.CopyFrom(self._position(call))
        response.case.CopyFrom(case_message(case))
        add_items(response, case, items)
        add_reports(response, casework.claims.reports(report_numbers_of(response)))
        call.item_count = len(response.items)
        return response

    def _position(self, call: Call) -> position_pb2.ListPosition:
        with self._store.snapshot() as snapshot:
            return position_message(snapshot.position, call)
