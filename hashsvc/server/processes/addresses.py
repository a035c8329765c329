"""Addresses: loopback only, and one port that all workers share.

Without TLS nothing else than loopback is bound (docs/design.md, Rules that never bend).
"""

from __future__ import annotations

import ipaddress
import socket

from hashsvc.config import split_address
from hashsvc.errors import FailedPrecondition, InvalidArgument


def loopback(address: str, field: str) -> tuple[str, int]:
    """Split an address and refuse it unless it is loopback. Raises InvalidArgument BAD_ADDRESS, UNSAFE_LISTEN."""
    host, port = split_address(address, field)
    if host == "localhost":
        return "127.0.0.1", port
    try:
        safe = ipaddress.ip_address(host).is_loopback
    except ValueError:
        safe = False
    if not safe:
        raise InvalidArgument(
            "UNSAFE_LISTEN",
            "there is no TLS yet, so only loopback addresses (127.0.0.1, [::1], localhost) are bound; "
            "put a proxy that speaks TLS in front",
            field=field,
        )
    return host, port


def joined(host: str, port: int) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def reserve(host: str, port: int, *, shared_with_ours: bool) -> tuple[socket.socket, int]:
    """Bind a port for all workers to share, and hold it. Returns the socket, never listening, and the port.

    port 0: any free one. shared_with_ours: workers of an earlier supervisor of this list may still listen there.
    Raises FailedPrecondition ADDRESS_IN_USE; without that check two services of one user would share a port.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        if port and not shared_with_ours:
            with socket.socket(family, socket.SOCK_STREAM) as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                probe.bind((host, port))
                probe.listen(1)
        held = socket.socket(family, socket.SOCK_STREAM)
        held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        held.bind((host, port))
    except OSError as error:
        raise cannot_bind("listen", host, port, error) from error
    return held, held.getsockname()[1]


def cannot_bind(field: str, host: str, port: int, error: OSError) -> FailedPrecondition:
    """Say which address of which setting cannot be had, and why."""
    return FailedPrecondition(
        "ADDRESS_IN_USE", f"{joined(host, port)} cannot be bound: {error.strerror}; name another", field=field
    )
