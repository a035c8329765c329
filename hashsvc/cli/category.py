"""`hashsvc category list` and `map`: the schemes of categories, and what certainly means the same. Asks no server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from hashsvc.cli.output import on_terminal, say, write_records

if TYPE_CHECKING:
    from hashsvc.categories import Crosswalk


@click.group(epilog="Example: hashsvc category map caid_uk 1")
def category() -> None:
    """Show the schemes of categories, and map one to another where that is certain."""


@category.command("list", epilog="Example: hashsvc category list")
def list_all() -> None:
    """Show every scheme's categories.

    A category that is not settled means different things to different tools, or was not verified. A scheme whose
    categories are not public has one row without a value.
    """
    crosswalk = _load()
    _say_version(crosswalk)
    rows = crosswalk.describe()
    if on_terminal():
        rows = [
            {**row, "settled": "yes" if row["settled"] else "no", "maps_to": _words(row["maps_to"])} for row in rows
        ]
    write_records(rows, ("scheme", "value", "meaning", "settled", "maps_to"))


@category.command("map", epilog="Example: hashsvc category map caid_uk 1 --to uk_abc")
@click.argument("scheme")
@click.argument("value")
@click.option("--to", "to_scheme", metavar="SCHEME", help="Only this scheme; without it, all others.")
def map_one(scheme: str, value: str, to_scheme: str | None) -> None:
    """Show what a category certainly is in other schemes.

    `unknown` where that is not certain: nothing is guessed. docs/crosswalk.md says why.
    """
    crosswalk = _load()
    crosswalk.check(scheme, value, field="SCHEME VALUE")
    if to_scheme is not None:
        crosswalk.check_scheme(to_scheme, field="--to")
    _say_version(crosswalk)
    targets = [to_scheme] if to_scheme is not None else [name for name in crosswalk.schemes if name != scheme]
    write_records(
        (_mapped(crosswalk, scheme, value, target) for target in targets), ("to_scheme", "to_value", "source")
    )


def _mapped(crosswalk: Crosswalk, scheme: str, value: str, target: str) -> dict[str, Any]:
    found = crosswalk.find(scheme, value, target)
    return {
        "scheme": scheme,
        "value": value,
        "to_scheme": target,
        "to_value": crosswalk.map(scheme, value, target),
        "source": None if found is None else found.source,
        "crosswalk": crosswalk.version,
    }


def _words(places: list[dict[str, str]]) -> str | None:
    return ", ".join(f"{place['scheme']} {place['value']}" for place in places) or None


def _say_version(crosswalk: Crosswalk) -> None:
    """Tell a person which table this is; a program reads it in each line."""
    if on_terminal():
        say(f"crosswalk {crosswalk.version}")


def _load() -> Crosswalk:
    from hashsvc.categories import load_crosswalk

    return load_crosswalk()
