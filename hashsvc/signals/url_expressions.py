"""The texts of which the index holds the hashes: those of an entry, those of a look-up, and which meet which.

An entry has one to three rows (`entry_rows`), a look-up up to some twenty keys (`lookup_keys`). A key that finds a row
has met it if `met` says so; the row's kind and the key's role tell whether strictly or loosely.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum, IntFlag
from typing import Any, NamedTuple

from hashsvc.signals.url import HOSTS_KEPT_MAX, canonicalise_slow, read, without_tracking
from hashsvc.signals.url_loose import (
    DROPPED_PORTS,
    NOISE,
    QUERY_CHANGES,
    loose_host,
    loose_of,
    loose_path,
    loose_path_of,
    loose_query,
)
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
# The same as plain numbers: arithmetic with flags is slow.
_AS_WRITTEN, _STRIPPED, _PATH, _PREFIX, _HOST, _DOMAIN, _LOOSE, _LOOSE_PATH = map(int, Role)
_ROLE_OF = {scope: int(Role[scope.name]) for scope in Scope if scope != Scope.PAGE}
_ONE = [bytes([role]) for role in range(256)]
_PREFIXES = [_ONE[_PREFIX] * count for count in range(PREFIX_LEVELS_MAX + 1)]
_HOST_ROLES = [_ONE[_HOST | _DOMAIN] + _ONE[_DOMAIN] * count for count in range(-1, DOMAIN_LABELS_MAX + 1)]
_sha256 = hashlib.sha256
_new = tuple.__new__  # of a NamedTuple: a third of the time

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
    if is_address(host):
        return [host]
    labels = host.split(".")
    return [host, *(".".join(labels[-count:]) for count in range(min(len(labels) - 1, DOMAIN_LABELS_MAX), 1, -1))]


def is_address(host: str) -> bool:
    """Say whether a canonical host is an IP address: no name ends in a number (URL Standard)."""
    return host.startswith("[") or host.rpartition(".")[2].isdigit()


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
    return _keys_of(canonicalise_slow(text, field=field))


def _keys_of(url: Url) -> LookupKeys:
    """Gather the expressions of a look-up with their roles, equal ones once, and hash them."""
    roles: dict[str, int] = {}

    def add(expression: str, role: int) -> None:
        roles[expression] = roles.get(expression, 0) | role

    add(url.written, _AS_WRITTEN)
    if url.strict != url.written:
        add(url.strict, _STRIPPED)
    for scope, expression in probes(url):
        if scope != Scope.PAGE:
            add(expression, _ROLE_OF[scope])
    add(loose_of(url), _LOOSE)
    add(loose_path_of(url), _LOOSE_PATH)
    return LookupKeys(bytes(roles.values()), b"".join(map(expression_hash, roles)))


def lookup_keys(text: str, field: str = "url") -> LookupKeys:
    """Find the keys of a URL: canonical form, loose key and hashes in one.

    Raises InvalidArgument as `canonicalise` does. Each hash goes on from that of the folder above. Which expressions
    can be equal is known beforehand: the twin finds out by comparing them.
    """
    host, port, path, written, route = read(text, True, field, None)
    loose_host, loose_at, host_roles, host_digests, front, loose_front = _hosts.get(host) or _find_host_keys(host)
    is_open = loose_host is None and port not in DROPPED_PORTS  # the loose key is of the same place
    open_path = path
    if path[-1] == "/" or "%" in path or ";" in path or "//" in path or "/index." in path:
        open_path = loose_path(path)
        is_open = is_open and open_path == path
    query = open_query = written
    if written:
        if NOISE("&" + written.lower()):
            query = without_tracking(written)
            open_query = loose_query(query) if query else ""
        elif "%" in written and QUERY_CHANGES(written):
            open_query = loose_query(written)
        elif "&" in written:
            open_query = "&".join(sorted(written.split("&")))

    # The folders, then the place itself, which is the last folder if it ends in /.
    hashed = _sha256(f"{host}{port}/".encode()) if port else front.copy()
    update, digest = hashed.update, hashed.digest
    folders = path.encode().split(b"/")
    rest = folders.pop()
    if len(folders) > PREFIX_LEVELS_MAX + 1:
        rest = b"/".join((*folders[PREFIX_LEVELS_MAX + 1 :], rest))
        del folders[PREFIX_LEVELS_MAX + 1 :]
    del folders[0]
    folders = [digest() for name in folders if update(name + b"/") is None]
    if rest:
        update(rest)
        place_digest = digest()
        place_role = _PATH
    elif folders:
        place_digest = folders.pop()
        place_role = _PATH | _PREFIX
    else:
        place_digest = digest() if port else b""  # without a port, the front page is the host
        place_role = _PATH
    if is_open:
        place_role |= _LOOSE_PATH

    # As written, stripped.
    if not (written or route):
        place_role |= _AS_WRITTEN | _LOOSE if is_open else _AS_WRITTEN
        roles = digests = b""
    else:
        role = _AS_WRITTEN
        roles = digests = b""
        if query != written:
            role = _STRIPPED
            roles = _ONE[_AS_WRITTEN]
            digests = expression_hash(f"{host}{port}{path}?{written}{route}")
        if is_open and open_query == query:
            role |= _LOOSE
        if query or route:
            update(f"?{query}{route}".encode() if query else route.encode())
            roles += _ONE[role]
            digests += digest()
        else:  # tracking was all there was
            place_role |= role

    # Loose, loose path.
    loose_roles = loose_digests = b""
    if not is_open:
        if not port or port in DROPPED_PORTS:
            hashed = loose_front.copy()
            at = loose_at if open_path == "/" else NOT_MET
        else:
            hashed = _sha256(f"{loose_host or host}{port}/".encode())
            at = NOT_MET
        if open_path != "/":
            hashed.update(open_path[1:].encode())
        role = _LOOSE_PATH if open_query or route else _LOOSE | _LOOSE_PATH
        if at == NOT_MET:
            loose_roles, loose_digests = _ONE[role], hashed.digest()
        else:  # a front page is a key of the host already
            host_roles = _with_role(host_roles, at, role)
        if open_query or route:
            hashed.update(f"?{open_query}{route}".encode() if open_query else route.encode())
            loose_roles, loose_digests = _ONE[_LOOSE] + loose_roles, hashed.digest() + loose_digests
    elif open_query != query:
        if open_query or route:
            loose_roles = _ONE[_LOOSE]
            page = f"{host}{port}{path}?{open_query}{route}" if open_query else f"{host}{port}{path}{route}"
            loose_digests = expression_hash(page)
        else:  # the session was all there was
            place_role |= _LOOSE

    if place_digest:
        roles += _ONE[place_role]
    else:
        host_roles = _with_role(host_roles, 0, place_role)
    if folders:
        folders.reverse()
        roles += _PREFIXES[len(folders)]
        place_digest += b"".join(folders)
    return _new(LookupKeys, (roles + host_roles + loose_roles, digests + place_digest + host_digests + loose_digests))


def _with_role(roles: bytes, at: int, role: int) -> bytes:
    """Add a role to one key."""
    return roles[:at] + _ONE[roles[at] | role] + roles[at + 1 :]


# What all URLs of a host have in common: its loose form, None where that is the host itself; which of the following
# keys is that of the loose form, or NOT_MET; roles and digests of the HOST and DOMAIN keys, as in LookupKeys; and the
# hashes of both front pages, to be copied and gone on with.
_HostKeys = tuple[str | None, int, bytes, bytes, Any, Any]

# By host. Hosts only, never a URL; emptied when full.
_hosts: dict[str, _HostKeys] = {}


def _find_host_keys(host: str) -> _HostKeys:
    """Hash the host and the names it is in, as `domains` names them, and remember that."""
    name = f"{host}/".encode()
    front = loose_front = _sha256(name)
    digests = front.digest()
    label_count = host.count(".") + 1
    loose, loose_at, loose_begin = None, 0, 0
    if label_count == 3 and name.startswith(b"www."):  # half of all
        loose, loose_at, loose_front = host[4:], 1, _sha256(name[4:])
        digests += loose_front.digest()
    elif label_count > 2 and not (host[-1] in "0123456789]" and is_address(host)):
        if host.startswith("www."):
            loose, loose_at = loose_host(host), NOT_MET
            loose_begin = len(host) - len(loose)
        begin = found = 0
        for count in range(label_count - 1, 1, -1):
            begin = name.find(b".", begin) + 1
            if count <= DOMAIN_LABELS_MAX:
                found += 1
                hashed = _sha256(name[begin:])
                digests += hashed.digest()
                if begin == loose_begin:
                    loose_at, loose_front = found, hashed
        if loose_at == NOT_MET:
            loose_front = _sha256(name[loose_begin:])
    kept = loose, loose_at, _HOST_ROLES[len(digests) >> 5], digests, front, loose_front
    if len(_hosts) >= HOSTS_KEPT_MAX:
        _hosts.clear()
    _hosts[host] = kept
    return kept
