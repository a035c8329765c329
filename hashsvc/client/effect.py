"""The call that reads casework's figures."""

from __future__ import annotations

from typing import Any

from google.protobuf.duration_pb2 import Duration

from hashsvc.client import parse
from hashsvc.client.call import Call
from hashsvc.client.case_values import AnalystDay, AnalystFigures, DayFigures, EffectResult, HotlineFigures
from hashsvc.v1 import case_service_pb2 as pb


def get_effect(*, since_us: int = 0, until_us: int = 0) -> Call[EffectResult]:
    """Read the figures from one time, inclusive, to another, by default of all time: what nobody had to look at."""
    request = pb.GetEffectRequest()
    if since_us:
        request.since_time.FromMicroseconds(since_us)
    if until_us:
        request.until_time.FromMicroseconds(until_us)

    def read(answer: pb.GetEffectResponse, worker: int | None) -> EffectResult:
        return EffectResult(
            _hotline(answer.hotline),
            tuple(map(_analyst, answer.analysts)),
            tuple(DayFigures(**_named(day, DayFigures)) for day in answer.days),
            parse.position(answer.position),
            worker,
        )

    return Call("/hashsvc.v1.CaseService/GetEffect", request, pb.GetEffectResponse, read)


def _hotline(wire: pb.HotlineFigures) -> HotlineFigures:
    return HotlineFigures(
        **_named(wire, HotlineFigures),
        median_close_us=_microseconds(wire.median_close) if wire.HasField("median_close") else None,
        median_list_us=_microseconds(wire.median_list) if wire.HasField("median_list") else None,
        median_removal_us=_microseconds(wire.median_removal) if wire.HasField("median_removal") else None,
        regrade_schemes=tuple((one.label, one.count) for one in wire.regrade_schemes),
    )


def _analyst(wire: pb.AnalystFigures) -> AnalystFigures:
    days = tuple(
        AnalystDay(
            **_named(day, AnalystDay),
            looked_us=_microseconds(day.looked),
            severity=tuple((one.label, one.count) for one in day.severity),
            longest_run_us=_microseconds(day.longest_run),
        )
        for day in wire.days
    )
    return AnalystFigures(actor=wire.actor, most_looked_us=_microseconds(wire.most_looked), days=days)


def _named(wire: Any, kind: Any) -> dict[str, Any]:
    """The fields that a message and a value name alike and that need no translation."""
    taken = {"severity", "regrade_schemes"}
    names = wire.DESCRIPTOR.fields_by_name
    return {name: getattr(wire, name) for name in kind.__struct_fields__ if name in names and name not in taken}


def _microseconds(wire: Duration) -> int:
    return wire.seconds * 1_000_000 + wire.nanos // 1000
