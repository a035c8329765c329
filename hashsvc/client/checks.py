"""The call that checks one item. Many items: `columns`."""

from __future__ import annotations

from collections.abc import Sequence

from hashsvc.client.call import Call, wire_position
from hashsvc.client.entries import wire_signal
from hashsvc.client.reading import answer
from hashsvc.client.values import CheckResult, Effort, Position
from hashsvc.signals import Signal
from hashsvc.v1 import check_service_pb2 as pb

_SERVICE = "/hashsvc.v1.CheckService/"
BATCH_CHECK = f"{_SERVICE}BatchCheck"


def check(
    signals: Sequence[Signal],
    *,
    effort: Effort = Effort.STANDARD,
    item_id: str = "",
    caller_reference: str = "",
    evidence_max: int = 0,
    at_least: Position | None = None,
) -> Call[CheckResult[str]]:
    """Check one item: 1 to 64 signals of one thing. evidence_max 0: the server's default (8)."""
    request = pb.CheckRequest(
        signals=[wire_signal(signal) for signal in signals],
        effort=f"EFFORT_{effort.name}",
        caller_reference=caller_reference,
        at_least=wire_position(at_least),
        evidence_max=evidence_max,
    )

    return Call(f"{_SERVICE}Check", request, pb.CheckResponse, answer(CheckResult, id=item_id))
