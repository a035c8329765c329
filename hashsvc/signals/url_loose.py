"""The loose key: what is probably the same page. Two URLs of one loose key are LIKELY, never KNOWN.

Made from the parts of the strict form, so that an encoded ? or # in a path stays data. A loose key is itself a
canonical form, and its loose key is itself. Called by `url_expressions.py`.
"""

from __future__ import annotations

import re
from urllib.parse import quote_from_bytes, unquote_to_bytes

from hashsvc.signals.url_parts import Url, is_tracking, join

# Parameters that name the visit, not the page. Compared without case. `sid` may select content: hence loose only.
SESSION_NAMES = frozenset(["phpsessid", "jsessionid", "sid", "sessionid", "cfid", "cftoken"])
SESSION_PREFIX = "aspsessionid"  # servers append letters of their own
_SESSION_PARAMETER = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE)
_INDEX_PAGES = frozenset(["index.html", "index.htm", "index.php"])
_DROPPED_PORTS = frozenset([":80", ":443"])
_PATH_RAW = "!$&'()*+,;=:@/"  # beside letters, digits and -._~, as in the strict form
_QUERY_RAW = _PATH_RAW + "?"
_MAY_NEST = "%25"
_HEX = frozenset(b"0123456789abcdefABCDEF")
_PERCENT = 0x25

# What the look-up's fast path asks first: nothing that a loose key would change.
PATH_CHANGES = re.compile(r"%(?:2[4-6BCF]|3[ABD]|40|5C)|//|;[jJ]|./$|/index\.(?:html?|php)$")
QUERY_CHANGES = re.compile(r"%(?:2[0-4-6BCF]|3[ABDF]|40)")


def loose_of(url: Url) -> str:
    """Give the loose key."""
    return join(loose_host(url.host), loose_port(url.port), loose_path(url.path), loose_query(url.query), url.route)


def loose_path_of(url: Url) -> str:
    """Give the loose key of the path alone, without query and route: what PATH entries are met by."""
    return loose_host(url.host) + loose_port(url.port) + loose_path(url.path)


def loose_host(host: str) -> str:
    """Drop `www.`, but never down to a name without a dot."""
    while host.startswith("www.") and "." in host[4:]:
        host = host[4:]
    return host


def loose_port(port: str) -> str:
    """Drop the ports of both schemes: the scheme itself is not kept."""
    return "" if port in _DROPPED_PORTS else port


def loose_path(path: str) -> str:
    """Decode to the end, drop session ids, empty and dot segments, index pages and the / at the end."""
    text = unescape(path).replace(b"\\", b"/").decode("latin-1")
    segments: list[str] = []
    for segment in _SESSION_PARAMETER.sub("", text).split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    while segments and segments[-1] in _INDEX_PAGES:
        segments.pop()
    return "/" + quote_from_bytes("/".join(segments).encode("latin-1"), _PATH_RAW)


def loose_query(query: str) -> str:
    """Decode to the end, drop session ids and tracking, and sort the parameters. A space is a +."""
    if not query:
        return ""
    text = quote_from_bytes(unescape(query).replace(b" ", b"+"), _QUERY_RAW)
    return "&".join(sorted(part for part in text.split("&") if not _is_noise(part.partition("=")[0])))


def _is_noise(name: str) -> bool:
    """Say whether a parameter of this name says nothing about the page."""
    lower = name.lower()
    return lower in SESSION_NAMES or lower.startswith(SESSION_PREFIX) or is_tracking(name)


def unescape(text: str) -> bytes:
    """Decode triplets until none is left. Linear: no two triplets overlap, so their order is no matter."""
    if _MAY_NEST not in text:  # then no octet that comes out is a %
        return unquote_to_bytes(text)
    stack = bytearray()
    for octet in text.encode("ascii"):
        stack.append(octet)
        while len(stack) > 2 and stack[-3] == _PERCENT and stack[-2] in _HEX and stack[-1] in _HEX:
            stack[-3:] = bytes([int(stack[-2:], 16)])
    return bytes(stack)
