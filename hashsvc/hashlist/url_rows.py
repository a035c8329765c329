"""URLs in the views: which rows a listed URL adds, and which rows lie below a wide one.

`urls` answers look-ups (SHA-256 of an expression → row kind and ref), `url_hosts` counts what a wide URL covers (a key
that sorts by host, then path), `seen_live` tells when content was last seen. Rows are made from the text as it was
proposed, by the rules of this version: when the rules change, `rebuild` makes them anew.
"""

from __future__ import annotations

import struct
from typing import NamedTuple

from hashsvc.errors import DamagedData, FailedPrecondition, InvalidArgument, InvariantError
from hashsvc.hashlist.values import ListedSignal
from hashsvc.lmdb_env import Environment, Transaction
from hashsvc.signals import URL, Signal, UrlFacts
from hashsvc.signals.url import CANON_VERSION, canonicalise
from hashsvc.signals.url_expressions import RowKind, Scope, entry_expression, entry_rows, expression_hash

ROW = struct.Struct(">BQ")  # row kind, ref
_TIME = struct.Struct(">Q")  # µs, in `seen_live`; sorts as it counts
CANON_KEY = b"canon_version"  # in `meta`: the rules that made the rows; absent: 1
HOST_KEY_BYTES_MAX = 500  # LMDB takes 511; longer expressions are told apart by reading the entry

# By row kind: the five scopes themselves; PAGE_EXACT, PAGE_STRIPPED, LOOSE_PAGE; LOOSE_PATH.
_SCOPES = (0, *map(int, Scope), *(int(Scope.PAGE),) * 3, int(Scope.PATH))

__all__ = [
    "CANON_KEY", "CANON_VERSION", "HOST_KEY_BYTES_MAX", "ROW", "UrlRows", "check_rules", "covered_by",
    "facts_of", "host_key", "pack_time", "rows_of", "rules_of", "scope_of", "unpack_time",
]  # fmt: skip


class UrlRows(NamedTuple):
    """hashes: (SHA-256 of an expression, row kind). expression: what the entry stands for, by today's rules."""

    hashes: tuple[tuple[bytes, int], ...]
    expression: str


def pack_time(time_us: int) -> bytes:
    """When a URL was seen live, as stored: 8 bytes that sort by time."""
    return _TIME.pack(time_us)


def unpack_time(data: bytes) -> int:
    return int(_TIME.unpack(data)[0])


def rules_of(env: Environment, txn: Transaction) -> int:
    """The version of the canonicalisation rules that made a list's rows. Raises DamagedData where it is none."""
    stored = txn.get(CANON_KEY, db=env.tables["meta"], default=b"1")
    if not stored.isdigit():
        raise DamagedData("DAMAGED_VALUE", "the list does not say by which rules its URLs are keyed")
    return int(stored)


def check_rules(env: Environment, txn: Transaction) -> None:
    """Refuse a list whose URLs are keyed by other rules: look-ups would miss. Raises URL_KEYS_OUTDATED, DamagedData."""
    rules = rules_of(env, txn)
    if rules != CANON_VERSION:
        raise FailedPrecondition(
            "URL_KEYS_OUTDATED",
            f"the list's URLs are keyed by canonicalisation rules {rules}, this version has {CANON_VERSION}; "
            "`hashsvc rebuild` makes the keys anew",
        )


def rows_of(signal: ListedSignal) -> UrlRows:
    """Make the rows of a listed URL. Costs some 20 µs.

    A URL that today's rules refuse keeps the expression that it was listed with.
    """
    kind, expression = signal.value[0], signal.value[1:].decode()
    if signal.url is None:
        raise InvariantError("a listed URL does not say how it was written")
    try:
        url = canonicalise(signal.url.written, refang=False)
    except InvalidArgument:
        return UrlRows(((expression_hash(expression), kind),), expression)
    return UrlRows(entry_rows(kind, url), entry_expression(kind, url))


def scope_of(kind: int) -> int:
    """The Scope that a row kind belongs to."""
    return _SCOPES[kind]


def facts_of(listed: ListedSignal, seen_live_us: int) -> Signal:
    """A listed URL as people see it: its text as written, with what is known of it."""
    kind, url = listed.value[0], listed.url
    assert url is not None
    return Signal(
        URL,
        url.written.encode(),
        url=UrlFacts(
            scope_of(kind),
            kind == RowKind.PAGE_EXACT,
            seen_live_us,
            written=listed.value[1:].decode(),
            canon_version=url.canon_version,
            suffix_list=url.suffix_list,
        ),
    )


def host_key(expression: str) -> bytes:
    """The key under which an expression sorts beside others of its domain: labels reversed, then port and path.

    `www.example.com:8080/a` is `com.example.www:8080/a`. Addresses are not reversed. Cut to HOST_KEY_BYTES_MAX.
    """
    site, slash, path = expression.partition("/")
    host, port = (site, "") if site.endswith("]") else _split_port(site)
    if not (host.startswith("[") or host.replace(".", "").isdecimal()):
        host = ".".join(reversed(host.split(".")))
    return f"{host}{port}{slash}{path}".encode()[:HOST_KEY_BYTES_MAX]


def covered_by(scope: int, expression: str) -> tuple[bytes, ...]:
    """Beginnings of the host keys that a PREFIX, HOST or DOMAIN covers; none for a PAGE or PATH."""
    key = host_key(expression)
    if scope == Scope.PREFIX:
        return (key,)
    host = key.removesuffix(b"/")
    if scope == Scope.HOST:
        return (host + b"/", host + b":")
    if scope == Scope.DOMAIN:
        return (host + b"/", host + b":", host + b".")
    return ()


def _split_port(site: str) -> tuple[str, str]:
    host, colon, port = site.rpartition(":")
    return (host, colon + port) if colon and port.isdecimal() else (site, "")
