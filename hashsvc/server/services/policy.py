"""PolicyService: what is in force, what waits, what a policy would do, and the writes that bring one into force."""

from __future__ import annotations

from hashsvc.casework.simulation import Counts, Simulation
from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.hashlist.decide_policy import check_size
from hashsvc.hashlist.values import Command, ConfirmPolicy, PolicyView, ProposePolicy, Written
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import Policy, load_policy, parse_policy, shipped_text
from hashsvc.server.translate.case import evidence_of
from hashsvc.server.translate.common import demanded, microseconds_of, position_message, request_id_of
from hashsvc.server.translate.entry import note_of, policy_message
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Store
from hashsvc.server.writing.casework import CaseworkDoor
from hashsvc.server.writing.write_queue import WriteQueue
from hashsvc.v1 import policy_pb2
from hashsvc.v1 import policy_service_pb2 as pb

EXAMPLES_DEFAULT = 3  # of each kind of difference
EXAMPLES_MAX = 20


class PolicyServicer:
    """Answers the calls about the policy."""

    def __init__(self, store: Store, writes: WriteQueue, door: CaseworkDoor, policies: CurrentPolicy) -> None:
        self._store = store
        self._writes = writes
        self._door = door
        self._policies = policies

    # ------------------------------------------------------------ reads

    def GetPolicy(self, request: pb.GetPolicyRequest, call: Call) -> pb.GetPolicyResponse:  # noqa: N802
        at_least = demanded(request.at_least)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            in_force, proposed = snapshot.policy_in_force(), snapshot.policy_proposed()
            people_required = snapshot.stats().people_required
            position = snapshot.position
        return pb.GetPolicyResponse(
            position=position_message(position, call),
            in_force=_shipped_message() if in_force is None else policy_message(in_force),
            proposed=None if proposed is None else policy_message(proposed),
            people_required=people_required,
        )

    def SimulatePolicy(self, request: pb.SimulatePolicyRequest, call: Call) -> pb.SimulatePolicyResponse:  # noqa: N802
        policy = _policy_of(request.text)
        since_us = microseconds_of(request.since_time, "since_time")
        examples_max = request.examples_max or EXAMPLES_DEFAULT
        if not 1 <= examples_max <= EXAMPLES_MAX:
            raise InvalidArgument(
                "BAD_VALUE", f"it is {examples_max}; 1 to {EXAMPLES_MAX} is right", field="examples_max"
            )
        with self._door.reading() as casework:
            found = casework.oversight.simulate(policy, since_us, examples_max, call.check_deadline)
        with self._store.snapshot() as snapshot:
            before, position = self._policies.of(snapshot), snapshot.position
        call.item_count = found.item_count
        response = pb.SimulatePolicyResponse(
            position=position_message(position, call), version_before=before.version, version_after=policy.version
        )
        _write_simulation(found, response)
        return response

    # ------------------------------------------------------------ writes

    def ProposePolicy(self, request: pb.ProposePolicyRequest, call: Call) -> pb.ProposePolicyResponse:  # noqa: N802
        policy = _policy_of(request.text)
        if policy.version == load_policy().version and request.text != shipped_text():
            raise FailedPrecondition(
                "POLICY_VERSION_USED",
                f"version {policy.version!r} is that of the policy that comes with hashsvc; give this one its own",
                field="version",
            )
        command = ProposePolicy(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            version=policy.version,
            text=request.text,
            note=note_of(request.note),
        )
        written, view = self._written(command, call)
        return pb.ProposePolicyResponse(position=position_message(written.position, call), policy=policy_message(view))

    def ConfirmPolicy(self, request: pb.ConfirmPolicyRequest, call: Call) -> pb.ConfirmPolicyResponse:  # noqa: N802
        if request.sequence <= 0:
            raise InvalidArgument(
                "REQUIRED", "the proposal that was looked at is required: its proposal_sequence", field="sequence"
            )
        command = ConfirmPolicy(
            actor=call.actor,
            request_id=request_id_of(request.request_id),
            number=request.sequence,
            note=note_of(request.note),
        )
        written, view = self._written(command, call)
        return pb.ConfirmPolicyResponse(position=position_message(written.position, call), policy=policy_message(view))

    def _written(self, command: Command, call: Call) -> tuple[Written, PolicyView]:
        call.item_count = 1
        written = self._writes.submit(command, call.deadline)
        assert written.policy is not None
        return written, written.policy


def _policy_of(text: str) -> Policy:
    """Read a policy that a request brings. Raises InvalidArgument REQUIRED, POLICY_TOO_LARGE, POLICY_INVALID."""
    if not text:
        raise InvalidArgument("REQUIRED", "the text of a policy is required", field="text")
    check_size(text)
    try:
        return parse_policy(text)
    except InvalidArgument as error:
        raise InvalidArgument(error.reason, error.message, field="text") from error


def _shipped_message() -> policy_pb2.Policy:
    return policy_pb2.Policy(version=load_policy().version, text=shipped_text())


def _write_simulation(found: Simulation, response: pb.SimulatePolicyResponse) -> None:
    """Write what a simulation found."""
    response.report_count = found.report_count
    response.item_count = found.item_count
    response.newly_viewed_report_count = found.newly_viewed
    response.newly_unviewed_report_count = found.newly_unviewed
    response.cut_item_count = found.cut
    response.undated_item_count = found.undated
    response.erased_report_count = found.erased
    response.counts.extend(_count_messages(found.counts))
    for number, counts in sorted(found.types.items()):
        response.types.add(type=number, counts=_count_messages(counts))
    for one in found.examples:
        response.examples.add(
            report_number=one.report,
            item=one.index,
            before=one.before,
            after=one.after,
            evidence=evidence_of(one.met),
            evidence_after=one.met_after,
            caps_after=one.caps_after,
        )
    for spot in found.blind_spots:
        response.blind_spots.add(type=spot.type, from_distance=spot.first, to_distance=spot.last)


def _count_messages(counts: Counts) -> list[pb.VerdictCount]:
    return [
        pb.VerdictCount(before=before, after=after, item_count=count)  # type: ignore[arg-type]
        for (before, after), count in sorted(counts.items())
    ]
