"""Which packages come with which extra, and what is said where one is missing. Imports nothing that could be missing.

A command says `@needs("server")`; an option that needs more asks `require("charts")`. Both look before anything is
done. `__main__` asks for `cli` itself.
"""

from __future__ import annotations

from collections.abc import Callable
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


def require(extra: str) -> None:
    """Raise MissingExtra unless all packages of an extra are there. Imports none of them; costs some 0.1 ms each."""
    missing = [name for name in MODULES[extra] if not _is_there(name)]
    if missing:
        raise MissingExtra(
            f"this needs the extra `{extra}`, of which {', '.join(missing)} cannot be found: "
            f"pip install 'hashsvc[{extra}]'"
        )


def _is_there(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ModuleNotFoundError:  # a finder that refuses the name
        return False
