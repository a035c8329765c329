"""Which URLs may stand on the list and for how much, and what to say about one before it is confirmed.

At entry time only: the public suffix list is loaded here and never for look-ups, since a change of that list must not
hide an entry. An entry that covers too much closes reports of what nobody has looked at.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import ada_url

from hashsvc.errors import InvalidArgument
from hashsvc.files import read_shipped
from hashsvc.signals.url import canonicalise
from hashsvc.signals.url_expressions import DOMAIN_LABELS_MAX, PREFIX_LEVELS_MAX, Scope
from hashsvc.signals.url_loose import loose_path, loose_query
from hashsvc.signals.url_parts import Url, refusal
from hashsvc.signals.url_slow import DEFANGED

if TYPE_CHECKING:
    from publicsuffixlist import PublicSuffixList

WARNING_TEXTS = {
    "userinfo_dropped": "the user name or password before the host does not count; is the host the one that is meant?",
    "fragment_dropped": "the part after # names a place in the page and does not count",
    "tracking_dropped": "parameters that follow who clicked do not count; query_exact makes them count",
    "query_ignored": "PATH covers every query; the one written does not count",
    "port_ignored": "HOST and DOMAIN cover every port; the one written does not count",
    "path_on_root": "PATH on the front page covers every query of it: on many sites, the whole site",
    "page_on_root": "this is the front page of the host and nothing else of it; content on front pages changes",
    "shortener": "this is a short link; list the page it leads to as well",
    "wildcard_in_path": "the * in the path or query is a character like any other, not a wildcard",
    "mixed_script": "a label of the host mixes scripts, as names that imitate others do; it is another host than "
    "the one it looks like",
    "page_on_shared_host": "this looks like a page, not a picture or video, on a host that everybody uses; list the "
    "content itself where it has an address",
    "path_on_shared_host": "PATH ignores the query, and on a host that everybody uses it often names the content "
    "(/watch?v=…)",
    "prefix_on_shared_host": "PREFIX on a host that everybody uses covers what others put below it",
}  # in the order in which they are given

_NOT_PUBLIC = re.compile(r"(?:^|\.)(?:local|localhost|internal|invalid|home\.arpa)$")  # RFC 6762, 6761, 8375; ICANN
_CONTENT = re.compile(
    r"\.(?:jpe?g|jpe|jfif|png|gif|webp|avif|heic|heif|bmp|tiff?|svg|ico|mp4|m4v|mov|webm|mkv|avi|wmv|flv|mpe?g|3gp|ts|"
    r"m3u8|mp3|m4a|ogg|zip|rar|7z|pdf)$",
    re.IGNORECASE,
)
_BACKSLASH_DOT = re.compile(r"(?:[^/\\?#:]*:)?[/\\]*[^/\\?#]*\\\.").match  # a browser ends the host there
_WIDE = (Scope.HOST, Scope.DOMAIN)
# Scripts that belong together in one label (Unicode TR 39, "highly restrictive").
_TOGETHER = (
    frozenset(["LATIN", "CJK", "HIRAGANA", "KATAKANA"]),
    frozenset(["LATIN", "CJK", "BOPOMOFO"]),
    frozenset(["LATIN", "CJK", "HANGUL"]),
)


def check_entry(text: str, scope: int, query_exact: bool = False, field: str = "url") -> Url:
    """Make a URL canonical and refuse what may not be listed for that scope.

    Raises InvalidArgument: what `canonicalise` raises (nothing is repaired); PUBLIC_SUFFIX, SHARED_HOST, IP_HOST,
    NOT_PUBLIC, WILDCARD, HAS_PATH, HAS_ROUTE, BAD_PREFIX, TOO_DEEP; BAD_VALUE where query_exact does not go with the
    scope.
    """
    if query_exact and scope != Scope.PAGE:
        raise InvalidArgument(
            "BAD_VALUE", "query_exact keeps the query of a PAGE; other scopes have none", field=f"{field}.query_exact"
        )
    url = canonicalise(text, refang=False, field=field)
    if "characters_replaced" in url.flags or _BACKSLASH_DOT(text):
        raise refusal("INVALID_URL", field, DEFANGED)
    if "*" in url.host:
        raise _refused("WILDCARD", "there is a * in the host; DOMAIN covers subdomains without one", field)
    if scope in _WIDE:
        _check_wide(url, scope, field)
    _check_public(url.host, field)
    if scope == Scope.PREFIX:
        _check_prefix(url, field)
    elif scope in _WIDE:
        _check_bare(url, scope, field)
    elif scope == Scope.PATH and url.route:
        raise _refused("HAS_ROUTE", "PATH keeps no fragment, and this one names the page; list it as PAGE", field)
    elif _is_front_page(url, scope) and is_shared_host(url.host):
        raise _refused("SHARED_HOST", "it is the front page of a host that everybody uses; list what is meant", field)
    return url


def warnings_of(text: str | Url, scope: int) -> tuple[str, ...]:
    """Name what a person should know before confirming: names of WARNING_TEXTS, in their order.

    text: the URL as it was proposed (some are about what is not in the canonical form any more), or an accepted Url.
    """
    url = text if isinstance(text, Url) else canonicalise(text, refang=False)
    shared = is_shared_host(url.host)
    rest = f"{url.path}?{url.written_query}" if url.written_query else url.path
    is_page = scope == Scope.PAGE
    holds = {
        "userinfo_dropped": "userinfo_dropped" in url.flags,
        "fragment_dropped": "fragment_dropped" in url.flags,
        "tracking_dropped": is_page and "tracking_dropped" in url.flags,
        "query_ignored": scope == Scope.PATH and url.written_query != "",
        "port_ignored": scope in _WIDE and url.port != "",
        "path_on_root": scope == Scope.PATH and url.path == "/",
        "page_on_root": is_page and rest == "/" and not url.route,
        "shortener": _below(url.host, _shared_hosts().shorteners),
        "wildcard_in_path": "*" in rest,
        "mixed_script": _has_mixed_script(url.host),
        "page_on_shared_host": is_page and shared and not _CONTENT.search(url.path),
        "path_on_shared_host": scope == Scope.PATH and shared,
        "prefix_on_shared_host": scope == Scope.PREFIX and shared,
    }
    return tuple(name for name in WARNING_TEXTS if holds[name])


def is_shared_host(host: str) -> bool:
    """Say whether everybody publishes on a host: it or a name above it is in data/shared_hosts.txt."""
    shared = _shared_hosts()
    return _below(host, shared.with_all_below) or host.removeprefix("www.") in shared.alone


def is_bare_shared_host(expression: str) -> bool:
    """Say whether an expression is the front page of a shared host, so that it must never close a report."""
    host, slash, rest = expression.partition("/")
    return slash == "/" and rest == "" and is_shared_host(host.partition(":")[0])


def is_too_wide_to_close(scope: int, expression: str) -> bool:
    """Say whether a listed URL, or a host below a listed DOMAIN, turned out to be one that everybody uses.

    Asked when a listed URL is met: a name may have come to data/shared_hosts.txt after it was listed.
    """
    if is_bare_shared_host(expression):
        return True
    return scope == Scope.DOMAIN and expression[:-1] in _shared_hosts().above


def registrable(host: str) -> str | None:
    """Give the name that somebody registered: one label more than its public suffix. None: it is one, or no name."""
    return _suffixes().privatesuffix(host, accept_unknown=True)


def suffix_list_version() -> str:
    """Give the date of the installed public suffix list: YYYYMMDD."""
    return metadata.version("publicsuffixlist").rpartition(".")[2]


def _check_wide(url: Url, scope: int, field: str) -> None:
    """Refuse hosts that are nobody's own."""
    if _is_address(url.host):
        raise _refused("IP_HOST", "one address serves many sites; list the page or the folder", field)
    if _suffixes().is_public(url.host):
        raise _refused("PUBLIC_SUFFIX", "names of many owners are registered below this one", field)
    if scope == Scope.DOMAIN and url.host in _above_suffixes():
        raise _refused("PUBLIC_SUFFIX", "there are public suffixes below this name, with names of many owners", field)
    if is_shared_host(url.host):
        raise _refused("SHARED_HOST", "everybody publishes on this host; list the page or the folder", field)
    if scope == Scope.DOMAIN and url.host in _shared_hosts().above:
        raise _refused("SHARED_HOST", "there are hosts below this name on which everybody publishes", field)


def _check_bare(url: Url, scope: int, field: str) -> None:
    """Refuse what would be ignored: HOST and DOMAIN cover everything."""
    if url.path != "/" or url.written_query or url.route:
        raise _refused("HAS_PATH", "HOST and DOMAIN take a host alone; a path is for PAGE, PATH and PREFIX", field)
    if scope == Scope.DOMAIN and url.host.count(".") >= DOMAIN_LABELS_MAX:
        raise _refused("TOO_DEEP", f"a DOMAIN has at most {DOMAIN_LABELS_MAX} labels; HOST takes more", field)


def _check_prefix(url: Url, field: str) -> None:
    """Refuse what is no folder."""
    levels = url.path.count("/") - 1
    if not url.path.endswith("/") or levels < 1 or url.written_query or url.route:
        raise _refused("BAD_PREFIX", "a PREFIX is a folder: it ends in / and has neither query nor fragment", field)
    if levels > PREFIX_LEVELS_MAX:
        raise _refused("TOO_DEEP", f"a PREFIX has at most {PREFIX_LEVELS_MAX} levels; this has {levels}", field)


def _is_front_page(url: Url, scope: int) -> bool:
    """Say whether a PAGE or PATH is, or loosely is, what a host shows first."""
    return loose_path(url.path) == "/" and (scope == Scope.PATH or not (loose_query(url.query) or url.route))


def _check_public(host: str, field: str) -> None:
    """Refuse hosts that mean something else, or nothing, to everybody else."""
    if _is_address(host):
        import ipaddress  # rarely needed, and 2 ms

        address = ipaddress.ip_address(host.strip("[]"))
        if not address.is_global or address.is_multicast or address.is_reserved:
            raise _refused("NOT_PUBLIC", "the address is private, local or reserved", field)
    elif "." not in host or _NOT_PUBLIC.search(host):
        raise _refused("NOT_PUBLIC", "the host is a name of a local network", field)


def _refused(reason: str, why: str, field: str) -> InvalidArgument:
    return InvalidArgument(reason, f"the URL cannot be listed: {why}", field=field)


def _is_address(host: str) -> bool:
    """Say whether a canonical host is an IP address: no name ends in a number (URL Standard)."""
    return host.startswith("[") or host.rpartition(".")[2].isdigit()


def _has_mixed_script(host: str) -> bool:
    """Say whether a label has letters of scripts that do not belong together."""
    if "xn--" not in host:
        return False
    labels = ada_url.idna.decode(host).split(".")
    return any(_is_mixed({_script(letter) for letter in label if letter.isalpha()}) for label in labels)


def _is_mixed(scripts: set[str]) -> bool:
    return len(scripts) > 1 and not any(scripts <= together for together in _TOGETHER)


def _script(letter: str) -> str:
    """Give the script of a letter, from the first word of its name."""
    return unicodedata.name(letter, "UNKNOWN").replace("-", " ").partition(" ")[0]


class SharedHosts(NamedTuple):
    """What data/shared_hosts.txt says, and the names above those."""

    with_all_below: frozenset[str]
    alone: frozenset[str]
    shorteners: frozenset[str]
    above: frozenset[str]


@lru_cache(maxsize=1)
def _shared_hosts() -> SharedHosts:
    with_all_below: set[str] = set()
    alone: set[str] = set()
    shorteners: set[str] = set()
    section = ""
    for line in read_shipped("shared_hosts.txt").splitlines():
        name = line.strip()
        if name.startswith("##"):
            section = name.strip("# ")
        elif name and not name.startswith("#"):
            (alone if name.startswith("=") else with_all_below).add(name.removeprefix("="))
            if section == "shorteners":
                shorteners.add(name)
    above = {parent for name in with_all_below | alone for parent in _parents(name)}
    return SharedHosts(frozenset(with_all_below), frozenset(alone), frozenset(shorteners), frozenset(above))


@lru_cache(maxsize=1)
def _suffixes() -> PublicSuffixList:
    from publicsuffixlist import PublicSuffixList  # 20 ms

    return PublicSuffixList(accept_unknown=False)


@lru_cache(maxsize=1)
def _above_suffixes() -> frozenset[str]:
    """Give the names that have public suffixes below them, as amazonaws.com has s3.amazonaws.com."""
    from publicsuffixlist import PSLFILE

    suffixes = _suffixes()
    lines = Path(PSLFILE).read_text("utf-8").splitlines()
    rules = [line.split()[0].lstrip("!*.") for line in lines if line.strip() and not line.startswith("//")]
    return frozenset(
        parent
        for rule in rules
        for parent in _parents(ada_url.idna.encode(rule).decode())
        if not suffixes.is_public(parent)
    )


def _parents(name: str) -> list[str]:
    """Give the names above a name, down to two labels."""
    labels = name.split(".")
    return [".".join(labels[start:]) for start in range(1, len(labels) - 1)]


def _below(host: str, names: frozenset[str]) -> bool:
    """Say whether a host or a name above it is among names."""
    return host in names or any(parent in names for parent in _parents(host))
