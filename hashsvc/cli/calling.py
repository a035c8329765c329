"""Which server, and in whose name: the options of every command that talks to a server, and its client."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, TypeVar

import click

from hashsvc.client import HashsvcClient

Function = TypeVar("Function", bound=Callable[..., Any])

CONNECT_S = 3.0  # how long a person waits to be told that nobody is there


@dataclass(frozen=True, slots=True)
class Caller:
    """What the options said."""

    server: str
    timeout_s: float
    actor: str | None = None

    def client(self, *, connections: int = 1) -> HashsvcClient:
        """Connect. connections: more of them meet more of the server's workers in bulk."""
        return HashsvcClient(
            self.server,
            actor=self.actor,
            timeout_s=self.timeout_s,
            connect_s=CONNECT_S,
            connections=connections,
        )


def talks(function: Function) -> Function:
    """Give a command --server and --timeout; it is handed a `Caller` as `caller`."""

    @wraps(function)
    def command(*args: Any, server: str, timeout: float, actor: str | None = None, **kwargs: Any) -> Any:
        return function(*args, caller=Caller(server, timeout, actor), **kwargs)

    with_timeout = click.option(
        "--timeout",
        type=click.FloatRange(0.001, 30),
        default=10.0,
        show_default=True,
        metavar="SECONDS",
        help="Deadline of a call.",
    )(command)
    return click.option(  # type: ignore[return-value]  # click keeps the function
        "--server",
        envvar="HASHSVC_SERVER",
        default="127.0.0.1:50051",
        show_default=True,
        metavar="HOST:PORT",
        show_envvar=True,
        help="The server.",
    )(with_timeout)


def acts(function: Function) -> Function:
    """Give a command that writes --actor, besides what `talks` gives."""
    return _actor(talks(function), required=True)


def may_act(function: Function) -> Function:
    """Give a command that may write --actor, besides what `talks` gives."""
    return _actor(talks(function), required=False)


def _actor(function: Function, *, required: bool) -> Function:
    return click.option(
        "--actor",
        envvar="HASHSVC_ACTOR",
        required=required,
        metavar="NAME",
        show_envvar=True,
        help="Who acts: a person's name as the list shall record it.",
    )(function)
