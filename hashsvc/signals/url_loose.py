"""The loose key: what is probably the same page. Two URLs of one loose key are LIKELY, never KNOWN.

Made from the parts of the strict form, so that an encoded ? or # in a path stays data. A loose key is itself a
canonical form, and its loose key is itself.
"""

from __future__ import annotations

import re

from hashsvc.signals.url_parts import TRACKING_NAMES, TRACKING_PREFIX, Url, is_tracking, join

# Parameters that name the visit, not the page. Compared without case. `sid` may select content: hence loose only.
SESSION_NAMES = frozenset(["phpsessid", "jsessionid", "sid", "sessionid", "cfid", "cftoken"])
SESSION_PREFIX = "aspsessionid"  # servers append letters of their own
_SESSION_PARAMETER = re.compile(r";jsessionid=[^/;]*", re.IGNORECASE | re.ASCII).sub
_INDEX_PAGES = frozenset(["index.html", "index.htm", "index.php"])
DROPPED_PORTS = frozenset([":80", ":443"])
_RAW = r"A-Za-z0-9\-._~!$&'()*+,;=:@/"  # in a path; in a query ? as well (RFC 3986 3.3, 3.4), as in the strict form
_PATH_ENCODED, _QUERY_ENCODED = re.compile(f"[^{_RAW}]").sub, re.compile(f"[^{_RAW}?]").sub
_MAY_NEST = "%25"
_HEX = frozenset(b"0123456789abcdefABCDEF")
_PERCENT = 0x25
_TRIPLET = re.compile("%([0-9A-Fa-f]{2})")
_TRIPLETS, _HAS_TRIPLET = _TRIPLET.sub, _TRIPLET.search
_PASSES = 3  # more are not seen but in what is made to keep us busy
# Triplets of a strict form that are decoded for good where none is nested.
_PATH_OPENED = {f"%{ord(character):02X}": character for character in "$&+,/:;=@"} | {"%5C": "/"}
_QUERY_OPENED = {f"%{ord(character):02X}": character for character in "$&+,/:;=@?"} | {"%20": "+"}
_PATH_CHANGES = re.compile("%(?:2[46BCF]|3[ABD]|40|5C)").sub
_QUERY_CHANGES = re.compile("%(?:2[046BCF]|3[ABDF]|40)").sub

# What is asked of a strict query before a loose one is made of it.
QUERY_CHANGES = re.compile("%(?:2[0456BCF]|3[ABDF]|40)").search
NOISE = re.compile(
    rf"&(?:{TRACKING_PREFIX}|{SESSION_PREFIX}|(?:{'|'.join(TRACKING_NAMES | SESSION_NAMES)})(?![^=&]))"
).search  # of "&" and the query in lower case


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
    return "" if port in DROPPED_PORTS else port


def loose_path(path: str) -> str:
    """Decode to the end, drop session ids, empty and dot segments, index pages and the / at the end.

    path: of a strict form, as for all functions here.
    """
    if _MAY_NEST in path:
        path = _PATH_ENCODED(_encoded, unescape(path).replace("\\", "/"))
    elif "%" in path:
        path = _PATH_CHANGES(lambda found: _PATH_OPENED[found[0]], path)
    if ";" in path:
        path = _SESSION_PARAMETER("", path)
    if "//" in path or "/." in path:
        path = _without_dot_segments(path)
    elif path[-1:] == "/":
        path = path[:-1]
    while "/index." in path and path.rpartition("/")[2] in _INDEX_PAGES:
        path = path.rpartition("/")[0]
    return path or "/"


def _without_dot_segments(path: str) -> str:
    """Drop empty segments, `.`, and `..` with the segment before it."""
    segments: list[str] = []
    for segment in path.split("/"):
        if segment == "..":
            del segments[-1:]
        elif segment not in ("", "."):
            segments.append(segment)
    return "/" + "/".join(segments)


def loose_query(query: str) -> str:
    """Decode to the end, drop session ids and tracking, and sort the parameters. A space is a +."""
    if _MAY_NEST in query:
        query = _QUERY_ENCODED(_encoded, unescape(query).replace(" ", "+"))
    elif "%" in query:
        query = _QUERY_CHANGES(lambda found: _QUERY_OPENED[found[0]], query)
    parts = query.split("&")
    if NOISE("&" + query.lower()):
        parts = [part for part in parts if not _is_noise(part.partition("=")[0])]
    return "&".join(sorted(parts))


def _encoded(found: re.Match[str]) -> str:
    """Encode one octet."""
    return f"%{ord(found[0]):02X}"


def _is_noise(name: str) -> bool:
    """Say whether a parameter of this name says nothing about the page."""
    lower = name.lower()
    return lower in SESSION_NAMES or lower.startswith(SESSION_PREFIX) or is_tracking(name)


def unescape(text: str) -> str:
    """Decode triplets until none is left. Returns a character an octet (Latin-1).

    Linear, however deep they are nested: no two triplets overlap, so it does not matter which is decoded first.
    """
    for _ in range(_PASSES):
        text = _TRIPLETS(lambda found: chr(int(found[1], 16)), text)
        if not _HAS_TRIPLET(text):
            return text
    stack = bytearray()
    for octet in text.encode("latin-1"):
        stack.append(octet)
        while len(stack) > 2 and stack[-3] == _PERCENT and stack[-2] in _HEX and stack[-1] in _HEX:
            stack[-3:] = bytes([int(stack[-2:], 16)])
    return stack.decode("latin-1")
