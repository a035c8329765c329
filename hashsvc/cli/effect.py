"""`hashsvc effect`: what the list and casework spared people, what was left to look at, and who looked."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec

from hashsvc.cli.calling import Caller, talks
from hashsvc.cli.extras import require
from hashsvc.cli.output import counted, on_terminal, say, write_record, write_records
from hashsvc.client.case_values import EffectResult
from hashsvc.errors import InvalidArgument
from hashsvc.formats.rows import read_time

ANALYST_COLUMNS = (
    "analyst", "day", "first_viewings", "later_viewings", "unended_viewings", "minutes", "opinions", "severity",
    "longest_run_minutes", "breaks",
)  # fmt: skip
_MINUTE_US = 60_000_000


@click.command(epilog="Example: hashsvc effect --since 2026-11-01T00:00:00Z --chart effect.svg")
@click.option("--since", default="", metavar="TIME", help="From when on, such as 2026-11-01T00:00:00Z. Default: all.")
@click.option("--until", default="", metavar="TIME", help="Until when. Default: now.")
@click.option(
    "--analysts", is_flag=True, help="A row for each person and day, for the welfare officer, in place of the whole."
)
@click.option(
    "--chart",
    "charts",
    multiple=True,
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Draw reports a day into this file (.svg, .png, .pdf); may be repeated. Needs the extra `charts`.",
)
@talks
def effect(since: str, until: str, analysts: bool, charts: tuple[Path, ...], caller: Caller) -> None:
    """Say how many reports needed a person and how many did not, and who looked how long.

    Viewings that were avoided are counted for the hotline and for nobody in it: an item that nobody saw was nobody's.
    Of what was seen nothing is told but how often and how long. Days are UTC. Erasing reports changes no figure.
    """
    if charts:
        require("charts")
    since_us, until_us = _time_of(since, "--since"), _time_of(until, "--until")
    with caller.client() as client:
        result = client.get_effect(since_us=since_us, until_us=until_us)
    if analysts:
        write_records(analyst_rows(result), ANALYST_COLUMNS)
    else:
        write_record(_record(result))
        say(_told(result))
    if charts:
        from hashsvc.cli.effect_chart import draw

        draw(result, charts)


def _record(result: EffectResult) -> dict[str, Any]:
    """The hotline's figures; for a program the days as well."""
    figures: dict[str, Any] = msgspec.to_builtins(result.hotline)
    record = {name: value for name, value in figures.items() if not name.startswith("median_")}
    for name in ("close", "list", "removal"):
        value = figures[f"median_{name}_us"]
        record[f"median_{name}_minutes"] = None if value is None else _minutes(value)
    return record if on_terminal() else {**record, "days": msgspec.to_builtins(result.days)}


def analyst_rows(result: EffectResult) -> Iterator[dict[str, Any]]:
    """One row an analyst and day, by ANALYST_COLUMNS: no case, no report, nothing of what was seen."""
    for analyst in result.analysts:
        for day in analyst.days:
            values = (
                analyst.actor, day.day, day.first_viewings, day.later_viewings, day.unended_viewings,
                _minutes(day.looked_us), day.opinions, "; ".join(f"{count} × {label}" for label, count in day.severity),
                _minutes(day.longest_run_us), day.breaks,
            )  # fmt: skip
            yield dict(zip(ANALYST_COLUMNS, values, strict=True))


def _told(result: EffectResult) -> str:
    """Say it in a sentence."""
    hotline = result.hotline
    received = counted(hotline.reports_received, "report", "reports")
    unviewed = counted(hotline.items_unviewed, "item", "items")
    viewings = counted(hotline.viewings, "viewing", "viewings")
    return (
        f"{received} received, {hotline.reports_closed_unviewed:,} closed without anybody viewing them; "
        f"{unviewed} closed unseen, {viewings} needed"
    )


def _minutes(time_us: int) -> float:
    return round(time_us / _MINUTE_US, 1)


def _time_of(text: str, option: str) -> int:
    try:
        return read_time(text, option)
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from error
