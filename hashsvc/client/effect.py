"""The call that reads casework's figures."""

from __future__ import annotations

from hashsvc.client.call import Call
from hashsvc.client.case_values import EffectResult
from hashsvc.client.reading import answer
from hashsvc.v1 import case_service_pb2 as pb


def get_effect(*, since_us: int = 0, until_us: int = 0) -> Call[EffectResult]:
    """Read the figures from one time, inclusive, to another, by default of all time: what nobody had to look at."""
    request = pb.GetEffectRequest()
    if since_us:
        request.since_time.FromMicroseconds(since_us)
    if until_us:
        request.until_time.FromMicroseconds(until_us)

    return Call("/hashsvc.v1.CaseService/GetEffect", request, pb.GetEffectResponse, answer(EffectResult))
