"""Calls about the policy: read it, try another, propose one, sign it."""

from __future__ import annotations

from collections.abc import Iterable

from hashsvc.client import parse
from hashsvc.client.call import Call, wire_position
from hashsvc.client.policy_values import (
    BlindSpot,
    PolicyExample,
    PolicyResult,
    SignedPolicy,
    SimulationResult,
    VerdictCount,
)
from hashsvc.client.values import Position
from hashsvc.v1 import policy_service_pb2 as pb

_SERVICE = "/hashsvc.v1.PolicyService/"


def get_policy(*, at_least: Position | None = None) -> Call[PolicyResult]:
    """Read the policy in force, and the one that waits for people."""
    request = pb.GetPolicyRequest(at_least=wire_position(at_least))

    def read(answer: pb.GetPolicyResponse, worker: int | None) -> PolicyResult:
        return PolicyResult(
            parse.policy(answer.in_force),
            parse.policy(answer.proposed) if answer.HasField("proposed") else None,
            answer.people_required,
            parse.position(answer.position),
            worker,
        )

    return Call(f"{_SERVICE}GetPolicy", request, pb.GetPolicyResponse, read)


def simulate_policy(text: str, *, since_us: int = 0, examples_max: int = 0) -> Call[SimulationResult]:
    """Say what a policy would have made of the reports received since a time, by default of all; nothing changes.

    examples_max: of each kind of difference, 1 to 20; 0: 3.
    """
    request = pb.SimulatePolicyRequest(text=text, examples_max=examples_max)
    if since_us:
        request.since_time.FromMicroseconds(since_us)

    def read(answer: pb.SimulatePolicyResponse, worker: int | None) -> SimulationResult:
        return SimulationResult(
            version_before=answer.version_before,
            version_after=answer.version_after,
            report_count=answer.report_count,
            item_count=answer.item_count,
            newly_viewed_report_count=answer.newly_viewed_report_count,
            newly_unviewed_report_count=answer.newly_unviewed_report_count,
            cut_item_count=answer.cut_item_count,
            undated_item_count=answer.undated_item_count,
            erased_report_count=answer.erased_report_count,
            counts=_counts(answer.counts),
            types=tuple((parse.type_name(one.type), _counts(one.counts)) for one in answer.types),
            examples=tuple(map(_example, answer.examples)),
            blind_spots=tuple(
                BlindSpot(parse.type_name(one.type), one.from_distance, one.to_distance) for one in answer.blind_spots
            ),
            position=parse.position(answer.position),
            worker=worker,
        )

    return Call(f"{_SERVICE}SimulatePolicy", request, pb.SimulatePolicyResponse, read)


def propose_policy(text: str, *, note: str = "", request_id: str = "") -> Call[SignedPolicy]:
    """Propose a policy; it replaces one that still waits."""
    request = pb.ProposePolicyRequest(text=text, note=note, request_id=request_id)
    return Call(f"{_SERVICE}ProposePolicy", request, pb.ProposePolicyResponse, _signed, is_write=True)


def confirm_policy(sequence: int, *, note: str = "", request_id: str = "") -> Call[SignedPolicy]:
    """Sign the policy that waits. sequence: its `proposal_sequence`, so that what was looked at is what is signed."""
    request = pb.ConfirmPolicyRequest(sequence=sequence, note=note, request_id=request_id)
    return Call(f"{_SERVICE}ConfirmPolicy", request, pb.ConfirmPolicyResponse, _signed, is_write=True)


def _signed(answer: pb.ProposePolicyResponse | pb.ConfirmPolicyResponse, worker: int | None) -> SignedPolicy:
    return SignedPolicy(parse.policy(answer.policy), parse.position(answer.position), worker)


def _counts(wire: Iterable[pb.VerdictCount]) -> tuple[VerdictCount, ...]:
    return tuple(VerdictCount(parse.verdict(one.before), parse.verdict(one.after), one.item_count) for one in wire)


def _example(wire: pb.PolicyExample) -> PolicyExample:
    return PolicyExample(
        wire.report_number,
        wire.item,
        parse.verdict(wire.before),
        parse.verdict(wire.after),
        parse.evidence(wire.evidence),
        parse.verdict(wire.evidence_after),
        parse.caps(wire.caps_after),
    )
