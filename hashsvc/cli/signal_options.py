"""Options that name fingerprints: --pdq HEX --pdq-quality N --md5 HEX … and --picture FILE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from typing import Any, TypeVar

import click

from hashsvc.errors import InvalidArgument
from hashsvc.signals import BY_NAME, UNKNOWN_QUALITY, Signal, make_signal, parse_text

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
        decorated = click.option(
            f"--{name}", multiple=True, metavar="HEX", help=f"{kind.title}, in hex, base64 or base32; may be repeated."
        )(decorated)
    return decorated  # type: ignore[no-any-return]  # click keeps the function


def _parsed(texts: dict[str, tuple[str, ...]], pdq_quality: int | None) -> Iterator[Signal]:
    for name, spellings in texts.items():
        kind = BY_NAME[name]
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
