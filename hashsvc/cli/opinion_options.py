"""The options by which a person says what a case is: of `case assess` and of `case regrade assess`."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from hashsvc.categories import AGE_BANDS
from hashsvc.cli.entry import pairs

Function = TypeVar("Function", bound=Callable[..., Any])

_OPTIONS = (
    click.option("--illegal/--not-illegal", "is_illegal", default=None, help="What you say. Required."),
    click.option(
        "--classification", "classifications", multiple=True, metavar="SCHEME=VALUE", help="For example uk_abc=A."
    ),
    click.option("--age-band", default="", type=click.Choice(["", *AGE_BANDS]), help="Of the youngest child."),
    click.option("--sex", multiple=True, help="May be repeated."),
    click.option("--flag", "flags", multiple=True, help="For example grid; may be repeated."),
    click.option("--note", default="", help="In words; stays in casework."),
)


def says(function: Function) -> Function:
    """Give a command the options of an opinion; it is handed them as `opinion`, what the client's call takes."""

    @wraps(function)
    def command(
        *args: Any,
        is_illegal: bool | None,
        classifications: tuple[str, ...],
        age_band: str,
        sex: tuple[str, ...],
        flags: tuple[str, ...],
        note: str,
        **kwargs: Any,
    ) -> Any:
        if is_illegal is None:
            raise click.UsageError("say --illegal or --not-illegal")
        opinion = {
            "is_illegal": is_illegal, "classifications": pairs(classifications), "age_band": age_band, "sex": sex,
            "flags": flags, "note": note,
        }  # fmt: skip
        return function(*args, opinion=opinion, **kwargs)

    for option in reversed(_OPTIONS):
        command = option(command)
    return command  # type: ignore[return-value]  # click keeps the function
