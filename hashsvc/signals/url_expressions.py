"""The texts of which the index holds the hashes: those of an entry, those of a look-up, and which meet which.

An entry has one to three rows (`entry_rows`), a look-up up to some twenty keys (`lookup_keys`; those of many URLs at
once are cut by `index/expressions.py` from what `add_texts` gives). A key that finds a row
has met it if `met` says so; the row's kind and the key's role tell whether strictly or loosely.
"""

from __future__ import annotations

import hashlib
from enum import IntEnum, IntFlag
from typing import NamedTuple

from hashsvc.signals.url import HOSTS_KEPT_MAX, canonicalise_slow, read, without_tracking
from hashsvc.signals.url_loose import (
    DROPPED_PORTS,
    NOISE,
    QUERY_CHANGES,
    loose_host,
    loose_of,
    loose_path,
    loose_path_of,
    loose_port,
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
_LOOSE_ROLES = bytes((_LOOSE, _LOOSE_PATH))
_sha256 = hashlib.sha256

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


def _all_met() -> tuple[int, ...]:
    """How roles and a row's kind meet, at role << 4 | kind, in plain numbers: 4,096 sums with flags take 30 ms."""
    found = [NOT_MET] * (256 << 4)
    for bit, table in _MEETS.items():
        pairs = [(int(kind), how) for kind, how in table.items()]
        for role in filter(int(bit).__and__, range(256)):
            for kind, how in pairs:
                before = found[role << 4 | kind]
                found[role << 4 | kind] = how if before == NOT_MET else min(before, how)
    return tuple(found)


_MET = _all_met()


def met(role: int, row_kind: int) -> int:
    """Say how an expression with these roles meets a row of this kind.

    -1: not. 0: strictly. 1: only because tracking was taken off one side. 2: only loosely. Of several, the least.
    """
    return _MET[role << 4 | row_kind]


def probes(url: Url) -> list[tuple[Scope, str]]:
    """Give the strict expressions that a look-up asks for, narrowest first; for people, tests and docs.

    With a route, the one of PATH meets its entry only loosely.
    """
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
        if scope == Scope.PATH and url.route:  # another page of the same path
            add(expression, _LOOSE_PATH)
        elif scope != Scope.PAGE:
            add(expression, _ROLE_OF[scope])
    add(loose_of(url), _LOOSE)
    add(loose_path_of(url), _LOOSE_PATH)
    return LookupKeys(bytes(roles.values()), b"".join(map(expression_hash, roles)))


def lookup_keys(text: str, field: str = "url") -> LookupKeys:
    """Find the keys of a URL: canonical form, loose key and hashes in one. Raises InvalidArgument as `canonicalise`.

    Which expressions are equal is known beforehand: a page without a query is its path, a path that ends in / is a
    folder, a front page without a port is its host. The twin finds out by comparing. Nearly all in one function, since
    every call of another costs a hundredth of it.
    """
    host, port, path, written, route = read(text, True, field, None)
    kept = _hosts.get(host)
    names, loose, loose_at, host_roles, host_digests = _names_of(host) if kept is None else kept
    open_path, query, open_query = _opened(path, written)
    is_open = loose is None and open_path == path and port not in DROPPED_PORTS  # so far, the loose key is the strict
    base = host + port
    place = base + path

    # As written, stripped.
    texts = []
    roles = b""
    page_role = _AS_WRITTEN
    if query != written:
        texts.append(f"{place}?{written}{route}")
        roles = _ONE[_AS_WRITTEN]
        page_role = _STRIPPED
    if is_open and open_query == query:
        page_role |= _LOOSE
    if query or route:
        texts.append(f"{place}?{query}{route}" if query else place + route)
        roles += _ONE[page_role]
        place_role = _LOOSE_PATH if route else _PATH
    else:
        place_role = _PATH | page_role

    # Loose, loose path.
    others: list[str] = []
    other_roles = b""
    if is_open:
        place_role |= _LOOSE_PATH
        if open_query != query:
            if open_query or route:
                others.append(f"{place}?{open_query}{route}" if open_query else place + route)
                other_roles = _ONE[_LOOSE]
            else:  # the session was all there was
                place_role |= _LOOSE
    else:
        open_port = "" if port in DROPPED_PORTS else port
        open_place = f"{loose or host}{open_port}{open_path}"
        open_role = _LOOSE_PATH
        if open_query or route:
            others.append(f"{open_place}?{open_query}{route}" if open_query else open_place + route)
            other_roles = _ONE[_LOOSE]
        else:
            open_role |= _LOOSE
        if open_path == "/" and not open_port and loose_at != NOT_MET:  # a name that is among the host's keys
            host_roles = _with_role(host_roles, loose_at, open_role)
        else:
            others.append(open_place)
            other_roles += _ONE[open_role]

    # Path, folders.
    if path == "/" and not port:
        host_roles = _with_role(host_roles, 0, place_role)
    else:
        texts.append(place)
        level = path.count("/") - 1
        end = path.rfind("/")
        if end == len(path) - 1 and 1 <= level <= PREFIX_LEVELS_MAX:
            place_role |= _PREFIX
            end = path.rfind("/", 0, end)
            level -= 1
        elif level > PREFIX_LEVELS_MAX:
            end = len(path) - len(path.split("/", PREFIX_LEVELS_MAX + 1)[-1]) - 1
            level = PREFIX_LEVELS_MAX
        while end > 0:
            texts.append(base + path[: end + 1])
            end = path.rfind("/", 0, end)
        roles += _ONE[place_role] + _PREFIXES[level]

    at = len(texts)
    texts += names
    texts += others
    digests = [_sha256(text.encode()).digest() for text in texts]
    if kept is None:
        _keep(host, loose, loose_at, digests[at : at + len(names)])
    else:
        digests.insert(at, host_digests)
    return LookupKeys(roles + host_roles + other_roles, b"".join(digests))


def add_texts(text: str, field: str, texts: list[str], roles: bytearray) -> None:
    """Add the texts from which `index/expressions.py` cuts a URL's keys; each one's roles say what to cut from it.

    texts: what was written, if that has tracking; page, path, folders and names in one; the host, if a port stands
    between it and the path; loose page and loose path, if more than `www.` makes them others. Raises InvalidArgument
    as `canonicalise`; then nothing is added.
    """
    host, port, path, written, route = read(text, True, field, None)
    open_path, query, open_query = _opened(path, written)
    place = f"{host}{port}{path}"
    role = _AS_WRITTEN | _PATH
    if query != written:
        texts.append(f"{place}?{written}{route}")
        roles.append(_AS_WRITTEN)
        role = _STRIPPED | _PATH
    texts.append(f"{place}?{query}{route}" if query else place + route)
    if not port:
        if open_path == path and open_query == query:
            roles.append(role | _HOST | _LOOSE)
            return
        roles.append(role | _HOST)
    else:
        texts.append(f"{host}/")
        roles += bytes((role, _HOST))
    open_place = f"{loose_host(host)}{loose_port(port)}{open_path}"
    texts.append(f"{open_place}?{open_query}{route}" if open_query else open_place + route)
    texts.append(open_place)
    roles += _LOOSE_ROLES


def _opened(path: str, written: str) -> tuple[str, str, str]:
    """Find the loose path, the query without tracking, and the loose query."""
    open_path = path
    if path[-1] == "/" or "%" in path or ";" in path or "//" in path or "/index." in path:
        open_path = loose_path(path)
    query = open_query = written
    if written:
        if NOISE("&" + written.lower()):
            query = without_tracking(written)
            open_query = loose_query(query) if query else ""
        elif "%" in written and QUERY_CHANGES(written):
            open_query = loose_query(written)
        elif "&" in written:
            open_query = "&".join(sorted(written.split("&")))
    return open_path, query, open_query


def _with_role(roles: bytes, at: int, role: int) -> bytes:
    """Add a role to one key."""
    return roles[:at] + _ONE[roles[at] | role] + roles[at + 1 :]


# What all URLs of a host have in common: the expressions of HOST and DOMAIN that are still to be hashed; its loose
# form, None where that is the host itself, and which of those keys it is, or NOT_MET; roles and digests of those keys.
_HostKeys = tuple[list[str], str | None, int, bytes, bytes]

# By host. Hosts only, never a URL; emptied when full.
_hosts: dict[str, _HostKeys] = {}


def _names_of(host: str) -> _HostKeys:
    """Find the names a host is in, as `domains` does, and which of them its loose form is."""
    names = [f"{host}/"]
    count = host.count(".")
    loose, loose_at = None, 0
    if count > 1 and not (host[-1] in "0123456789]" and is_address(host)):
        at = 0
        for left in range(count, 1, -1):
            at = host.find(".", at) + 1
            if left <= DOMAIN_LABELS_MAX:
                names.append(f"{host[at:]}/")
        if host.startswith("www."):
            loose = loose_host(host)
            left = loose.count(".") + 1
            loose_at = len(names) + 1 - left if left <= DOMAIN_LABELS_MAX else NOT_MET
    return names, loose, loose_at, _HOST_ROLES[len(names)], b""


def _keep(host: str, loose: str | None, loose_at: int, digests: list[bytes]) -> None:
    """Remember what all URLs of a host have in common."""
    if len(_hosts) >= HOSTS_KEPT_MAX:
        _hosts.clear()
    _hosts[host] = [], loose, loose_at, _HOST_ROLES[len(digests)], b"".join(digests)
