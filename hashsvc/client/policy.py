"""Calls about the policy: read it, try another, propose one, sign it."""

from __future__ import annotations

from hashsvc.client.call import Call, wire_position
from hashsvc.client.policy_values import PolicyResult, SignedPolicy, SimulationResult
from hashsvc.client.reading import answer
from hashsvc.client.values import Position
from hashsvc.v1 import policy_service_pb2 as pb

_SERVICE = "/hashsvc.v1.PolicyService/"


def get_policy(*, at_least: Position | None = None) -> Call[PolicyResult]:
    """Read the policy in force, and the one that waits for people."""
    request = pb.GetPolicyRequest(at_least=wire_position(at_least))

    return Call(f"{_SERVICE}GetPolicy", request, pb.GetPolicyResponse, answer(PolicyResult))


def simulate_policy(text: str, *, since_us: int = 0, examples_max: int = 0) -> Call[SimulationResult]:
    """Say what a policy would have made of the reports received since a time, by default of all; nothing changes.

    examples_max: of each kind of difference, 1 to 20; 0: 3.
    """
    request = pb.SimulatePolicyRequest(text=text, examples_max=examples_max)
    if since_us:
        request.since_time.FromMicroseconds(since_us)

    return Call(f"{_SERVICE}SimulatePolicy", request, pb.SimulatePolicyResponse, answer(SimulationResult))


def propose_policy(text: str, *, note: str = "", request_id: str = "") -> Call[SignedPolicy]:
    """Propose a policy; it replaces one that still waits."""
    request = pb.ProposePolicyRequest(text=text, note=note, request_id=request_id)
    return Call(f"{_SERVICE}ProposePolicy", request, pb.ProposePolicyResponse, answer(SignedPolicy), is_write=True)


def confirm_policy(sequence: int, *, note: str = "", request_id: str = "") -> Call[SignedPolicy]:
    """Sign the policy that waits. sequence: its `proposal_sequence`, so that what was looked at is what is signed."""
    request = pb.ConfirmPolicyRequest(sequence=sequence, note=note, request_id=request_id)
    return Call(f"{_SERVICE}ConfirmPolicy", request, pb.ConfirmPolicyResponse, answer(SignedPolicy), is_write=True)
