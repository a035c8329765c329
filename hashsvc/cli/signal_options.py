"""Options that name signals: --pdq HEX --pdq-quality N --md5 HEX … --url URL and --picture FILE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import click
import msgspec

from hashsvc.errors import InvalidArgument
from hashsvc.signals import BY_NAME, UNKNOWN_QUALITY, URL, Signal, UrlFacts, make_signal, parse_text
from hashsvc.signals.url_expressions import Scope

SCOPES = [scope.name.lower() for scope in Scope]

Function = TypeVar("Function", bound=Callable[..., Any])


def names_signals(function: Function) -> Function:
    """Give a command an option for each type of signal; it is handed a list of signals as `signals`."""

    @wraps(function)
    def command(*args: Any, pdq_quality: int | None, picture: tuple[str, ...], **kwargs: Any) -> Any:
        texts = {name: kwargs.pop(name) for name in BY_NAME}
        signals = [*_parsed(texts, pdq_quality), *_of_pictures(picture)]
        return function(*args, signals=signals, **kwargs)

    decorated: Any = click.option(
        "--picture", multiple=True, metavar="FILE", help="A picture file, hashed here (needs the extra `pictures`)."
    )(command)
    decorated = click.option(
        "--pdq-quality", type=click.IntRange(0, 100), metavar="N", help="Quality of the PDQ hash, 0 to 100."
    )(decorated)
    for name, kind in reversed(BY_NAME.items()):
        if kind.is_url:
            metavar, text = "URL", "URL of the thing; may be repeated, for example for a chain of redirects."
        else:
            metavar, text = "HEX", f"{kind.title}, in hex, base64 or base32; may be repeated."
        decorated = click.option(f"--{name}", multiple=True, metavar=metavar, help=text)(decorated)
    return decorated  # type: ignore[no-any-return]  # click keeps the function


def says_url_scope(function: Function) -> Function:
    """Give a command that lists URLs --url-scope and --query-exact; they apply to all its URLs. Below names_signals."""

    @wraps(function)
    def command(*args: Any, signals: list[Signal], url_scope: str, query_exact: bool, **kwargs: Any) -> Any:
        facts = UrlFacts(SCOPES.index(url_scope) + 1, query_exact)
        named = [msgspec.structs.replace(one, url=facts) if one.type == URL else one for one in signals]
        return function(*args, signals=named, **kwargs)

    decorated: Any = click.option(
        "--query-exact", is_flag=True, help="Tracking parameters of the URL count: only just this query is met."
    )(command)
    return click.option(  # type: ignore[no-any-return]  # click keeps the function
        "--url-scope",
        type=click.Choice(SCOPES, case_sensitive=False),
        default=SCOPES[0],
        show_default=True,
        help="What the URL stands for: that page; that path with any query; all below it; the host; all its hosts.",
    )(decorated)


def embedded(texts: tuple[str, ...]) -> list[Signal]:
    """Give the signals of --embedded-url."""
    facts = UrlFacts(embedded=True)
    return [msgspec.structs.replace(one, url=facts) for one in _parsed({"embedded-url": texts}, None)]


def _parsed(texts: dict[str, tuple[str, ...]], pdq_quality: int | None) -> Iterator[Signal]:
    for name, spellings in texts.items():
        kind = BY_NAME[name.removeprefix("embedded-")]
        for text in spellings:
            try:
                value = parse_text(kind.number, text, f"--{name}")
                yield make_signal(kind.number, value, pdq_quality if kind.has_quality else UNKNOWN_QUALITY, "", name)
            except InvalidArgument as error:
                raise click.UsageError(str(error)) from error


def _of_pictures(paths: tuple[str, ...]) -> Iterator[Signal]:
    if not paths:
        return
    from hashsvc.cli.pictures import fingerprints, signals_of

    for path in paths:
        yield from signals_of(fingerprints(path))
