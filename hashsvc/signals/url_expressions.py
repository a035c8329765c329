"""The texts of which the index holds the hashes: those of an entry, those of a look-up, and which meet which.

An entry has one to three rows (`entry_rows`), a look-up up to some twenty keys (`lookup_keys`). A key that finds a row
has met it if `met` says so; the row's kind and the key's role tell whether strictly or loosely.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum, IntFlag
from typing import NamedTuple

from hashsvc.signals.url import canonicalise_slow
from hashsvc.signals.url_loose import loose_of, loose_path_of
from hashsvc.signals.url_parts import Url

PREFIX_LEVELS_MAX = 6
DOMAIN_LABELS_MAX = 7


class Scope(IntEnum):
    """What an entry covers, narrowest first."""

    PAGE = 1
    PATH = 2
    PREFIX = 3
    HOST = 4
    DOMAIN = 5


class RowKind(IntEnum):
    """What a row of the index was made from. The first five are an entry's own key, as its Scope."""

    PAGE = 1
    PATH = 2
    PREFIX = 3
    HOST = 4
    DOMAIN = 5
    PAGE_EXACT = 6  # the query is kept as written, and only an expression as written meets it
    PAGE_STRIPPED = 7  # without the tracking that the entry was written with
    LOOSE_PAGE = 8
    LOOSE_PATH = 9


class Role(IntFlag):
    """What an expression of a look-up stands for; one may stand for several."""

    AS_WRITTEN = 1
    STRIPPED = 2  # only where that differs from what was written
    PATH = 4
    PREFIX = 8
    HOST = 16
    DOMAIN = 32
    LOOSE = 64
    LOOSE_PATH = 128


PAGE_EXACT = RowKind.PAGE_EXACT
NOT_MET, STRICT, STRIPPED, LOOSE = -1, 0, 1, 2  # how a look-up and an entry meet

_MEETS = {
    Role.AS_WRITTEN: {RowKind.PAGE: STRICT, RowKind.PAGE_EXACT: STRICT, RowKind.PAGE_STRIPPED: STRIPPED},
    Role.STRIPPED: {RowKind.PAGE: STRIPPED, RowKind.PAGE_STRIPPED: STRIPPED},
    Role.PATH: {RowKind.PATH: STRICT},
    Role.PREFIX: {RowKind.PREFIX: STRICT},
    Role.HOST: {RowKind.HOST: STRICT},
    Role.DOMAIN: {RowKind.DOMAIN: STRICT},
    Role.LOOSE: dict.fromkeys((RowKind.LOOSE_PAGE, RowKind.PAGE, RowKind.PAGE_STRIPPED, RowKind.PAGE_EXACT), LOOSE),
    Role.LOOSE_PATH: {RowKind.LOOSE_PATH: LOOSE, RowKind.PATH: LOOSE},
}


def _met(role: int, row_kind: int) -> int:
    found = [table[RowKind(row_kind)] for bit, table in _MEETS.items() if role & bit and row_kind in table]
    return min(found, default=NOT_MET)


_MET = tuple(_met(role, row_kind) for role in range(256) for row_kind in range(16))


def met(role: int, row_kind: int) -> int:
    """Say how an expression with these roles meets a row of this kind.

    -1: not. 0: strictly. 1: only because tracking was taken off one side. 2: only loosely. Of several, the least.
    """
    return _MET[role << 4 | row_kind]


def probes(url: Url) -> list[tuple[Scope, str]]:
    """Give the strict expressions that a look-up asks for, narrowest first; for people, tests and docs."""
    base = url.host + url.port
    pages = [url.written] if url.written == url.strict else [url.written, url.strict]
    return [
        *((Scope.PAGE, page) for page in pages),
        (Scope.PATH, base + url.path),
        *((Scope.PREFIX, base + prefix) for prefix in prefixes(url.path)),
        (Scope.HOST, f"{url.host}/"),
        *((Scope.DOMAIN, f"{domain}/") for domain in domains(url.host)),
    ]


def prefixes(path: str) -> list[str]:
    """Give the folders that a path is in, itself if it ends in /, deepest first, at most the six highest."""
    parts = path.split("/")[1:-1]
    return ["/" + "/".join(parts[:level]) + "/" for level in range(min(len(parts), PREFIX_LEVELS_MAX), 0, -1)]


def domains(host: str) -> list[str]:
    """Give the names that a host is in: itself, then its last seven to two labels. An address is in itself only."""
    if host.startswith("[") or host.rpartition(".")[2].isdigit():  # no name ends in a number (URL Standard)
        return [host]
    labels = host.split(".")
    return [host, *(".".join(labels[-count:]) for count in range(min(len(labels) - 1, DOMAIN_LABELS_MAX), 1, -1))]


def entry_expression(kind: int, url: Url) -> str:
    """Give the text that is hashed for an entry of a kind 1 to 6."""
    match kind:
        case RowKind.PAGE:
            return url.strict
        case RowKind.PAGE_EXACT:
            return url.written
        case RowKind.PATH | RowKind.PREFIX:
            return url.host + url.port + url.path
        case RowKind.HOST | RowKind.DOMAIN:
            return f"{url.host}/"
    raise ValueError(f"no entry is of kind {kind}")


def entry_rows(kind: int, url: Url) -> tuple[tuple[bytes, int], ...]:
    """Give the rows (SHA-256, RowKind) under which an entry of a kind 1 to 6 is found."""
    own = entry_expression(kind, url)
    rows: list[tuple[str, RowKind]] = [(own, RowKind(kind))]
    if kind == RowKind.PAGE and url.written != url.strict:
        rows = [(own, RowKind.PAGE_STRIPPED), (url.written, RowKind.PAGE)]
    if kind in (RowKind.PAGE, RowKind.PAGE_EXACT) and (loose := loose_of(url)) != own:
        rows.append((loose, RowKind.LOOSE_PAGE))
    if kind == RowKind.PATH and (loose := loose_path_of(url)) != own:
        rows.append((loose, RowKind.LOOSE_PATH))
    return tuple((expression_hash(text), int(row_kind)) for text, row_kind in rows)


def expression_hash(expression: str) -> bytes:
    """Hash an expression."""
    return hashlib.sha256(expression.encode("ascii")).digest()


class LookupKeys(NamedTuple):
    """The keys of one look-up, narrowest first.

    roles: a byte a key, bits of Role. digests: 32 bytes a key, in the same order.
    """

    roles: bytes
    digests: bytes


def lookup_keys_slow(text: str, field: str = "url") -> LookupKeys:
    """Find the keys of a URL: the twin of `lookup_keys`."""
    url = canonicalise_slow(text, field=field)
    roles: dict[str, int] = {}

    def add(expression: str, role: Role) -> None:
        roles[expression] = roles.get(expression, 0) | role

    add(url.written, Role.AS_WRITTEN)
    if url.strict != url.written:
        add(url.strict, Role.STRIPPED)
    for scope, expression in probes(url):
        if scope != Scope.PAGE:
            add(expression, Role[scope.name])
    add(loose_of(url), Role.LOOSE)
    add(loose_path_of(url), Role.LOOSE_PATH)
    return LookupKeys(bytes(roles.values()), b"".join(map(expression_hash, roles)))


def lookup_keys(text: str, field: str = "url") -> LookupKeys:
    """Find the keys of a URL."""
    return lookup_keys_slow(text, field)
