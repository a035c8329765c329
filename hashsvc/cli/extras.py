"""Which packages come with which extra, and what is said where one is missing. Imports nothing that could be missing.

A command says `@needs("server")`; an option that needs more asks `require("charts")`. Both look before anything is
done. `__main__` asks for `cli` itself, before any command is known: which one is meant, and so which extra would bring
all that it needs, is said here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from importlib.util import find_spec
from typing import Any, TypeVar

Function = TypeVar("Function", bound=Callable[..., Any])

MODULES = {  # extra in pyproject.toml: the modules of its packages
    "cli": ("click", "rich", "grpc_health"),
    "server": ("numba", "lmdb", "structlog", "prometheus_client", "grpc_reflection"),
    "pictures": ("pdqhash", "PIL"),
    "charts": ("matplotlib",),
}
COMMANDS = {  # of the commands that do not do with `cli`: the extra that brings all they need
    **dict.fromkeys(("init", "serve", "verify", "rebuild", "backup", "restore", "journal", "casework"), "server"),
}


class MissingExtra(Exception):
    """What was asked for needs packages of an extra that is not installed. The message names both, and the remedy."""


def needs(extra: str) -> Callable[[Function], Function]:
    """Give a command an extra that it needs: without it, the command does nothing and raises MissingExtra."""

    def decorated(function: Function) -> Function:
        @wraps(function)
        def command(*args: Any, **kwargs: Any) -> Any:
            require(extra)
            return function(*args, **kwargs)

        return command  # type: ignore[return-value]  # the same arguments and the same result

    return decorated


def require(extra: str, wanted: str = "") -> None:
    """Raise MissingExtra unless all packages of an extra are there. Imports none of them; costs some 0.1 ms each.

    wanted: the extra to name instead, one that brings this one too.
    """
    missing = [name for name in MODULES[extra] if not _is_there(name)]
    if missing:
        named = wanted or extra
        raise MissingExtra(
            f"this needs the extra `{named}`, of which {', '.join(missing)} cannot be found: "
            f"pip install 'hashsvc[{named}]'"
        )


def extra_of(arguments: Sequence[str]) -> str:
    """Say which extra a command line needs, `cli` at the least. arguments: without the program's name."""
    return COMMANDS.get(arguments[0], "cli") if arguments else "cli"


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a finder that refuses the name
        return False
