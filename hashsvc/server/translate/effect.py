"""The ledger's figures as messages."""

from __future__ import annotations

from google.protobuf.duration_pb2 import Duration

from hashsvc.casework.effect import HotlineFigures
from hashsvc.casework.exposure import AnalystDay, AnalystFigures
from hashsvc.casework.ledger import Figures
from hashsvc.v1 import case_service_pb2 as pb


def write_figures(figures: Figures, response: pb.GetEffectResponse) -> None:
    """Write figures into a GetEffectResponse. Those that the message names as the struct does are copied by name."""
    _write_hotline(figures.hotline, response.hotline)
    for analyst in figures.analysts:
        _write_analyst(analyst, response.analysts.add())
    for day in figures.days:
        message = response.days.add()
        for name in pb.DayFigures.DESCRIPTOR.fields_by_name:
            setattr(message, name, getattr(day, name))


def _write_hotline(figures: HotlineFigures, message: pb.HotlineFigures) -> None:
    for name in pb.HotlineFigures.DESCRIPTOR.fields_by_name:
        if not name.startswith("median_") and name != "regrade_schemes":
            setattr(message, name, getattr(figures, name))
    for scheme, count in figures.regrade_schemes:
        message.regrade_schemes.add(label=scheme, count=count)
    for median_us, target in (
        (figures.median_close_us, message.median_close),
        (figures.median_list_us, message.median_list),
        (figures.median_removal_us, message.median_removal),
    ):
        if median_us is not None:
            target.CopyFrom(_duration(median_us))


def _write_analyst(analyst: AnalystFigures, message: pb.AnalystFigures) -> None:
    message.actor = analyst.actor
    message.most_looked.CopyFrom(_duration(analyst.most_looked_us))
    message.days.extend(map(_day_message, analyst.days))


def _day_message(day: AnalystDay) -> pb.AnalystDay:
    return pb.AnalystDay(
        day=day.day,
        first_viewings=day.first_viewings,
        later_viewings=day.later_viewings,
        unended_viewings=day.unended_viewings,
        looked=_duration(day.looked_us),
        opinions=day.opinions,
        severity=[pb.SeverityCount(label=label, count=count) for label, count in day.severity],
        longest_run=_duration(day.longest_run_us),
        breaks=day.breaks,
    )


def _duration(time_us: int) -> Duration:
    return Duration(seconds=time_us // 1_000_000, nanos=time_us % 1_000_000 * 1000)
