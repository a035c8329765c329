"""URLs: the canonical form, by which two spellings of one page are the same.

Only what cannot change the page is changed: the URL Standard, RFC 3986 6.2.2 and 6.2.3, the scheme, and parameters
that follow who clicked. A wrong merge would close a report that nobody looks at again; a miss costs one look.

The rules one after the other, without a shortcut: `url_slow.py`. Here the same in three lanes, each for what the one
before does not take: *plain* URLs need no change; *regular* ones are taken apart here and only hosts that were not
seen lately are asked of the URL parser; the rest goes through clean-up and parser.
"""

from __future__ import annotations

import re

import ada_url
import numpy as np

from hashsvc.signals.url_cleanup import INVISIBLE, clean_up
from hashsvc.signals.url_parts import (
    CANON_VERSION,
    FLAGS,
    NAME_CHARS_MAX,
    TRACKING_NAMES,
    TRACKING_PREFIX,
    URL_BYTES_MAX,
    Url,
    refusal,
)
from hashsvc.signals.url_slow import (
    DEFANGED,
    Written,
    add_scheme,
    canonical_host,
    canonicalise_slow,
    check_host_length,
    check_written_length,
    host_flags,
    strip_tracking,
    whole_characters,
)
from hashsvc.signals.values import UNKNOWN_QUALITY, Flags, Rows, SignalType

__all__ = ["CANON_VERSION", "FLAGS", "URL_BYTES_MAX", "URL_TYPE", "Url", "canonicalise", "canonicalise_slow", "read"]

HOSTS_KEPT_MAX = 4096
_HOST_KEPT_CHARS_MAX = 256
_LENGTH_IS_NO_MATTER = 600  # characters; even if each became twelve, as %F0%9F%94%A5, no limit would be reached

Parts = tuple[str, str, str, str, str]  # host, port, path, written_query, route; as in Url

_ALWAYS = r"A-Za-z0-9\-._~!$&'()*+,;=:@/"  # raw in paths, queries and fragments (RFC 3986 3.3 to 3.5)
# Triplets that stay: of everything but unreserved characters and marks, in upper case.
_TRIPLET = r"%(?:[01][0-9A-F]|2[02-6BCF]|3[A-F]|40|5[B-E]|60|7[B-DF]|[89A-F][0-9A-F])"
_NAME = r"(?:[a-z0-9_][a-z0-9_\-]*+\.)*[a-z][a-z0-9_\-]*+"  # the last label is no number: no address
_PLAIN_HOST = re.compile(_NAME).fullmatch
_PLAIN = re.compile(
    rf"https?://({_NAME})"
    rf"(?:(/[{_ALWAYS}]*+(?:{_TRIPLET}[{_ALWAYS}]*+)*+))?"
    rf"(?:\?([{_ALWAYS}?]*+(?:{_TRIPLET}[{_ALWAYS}?]*+)*+))?"
    r"(?:#([!-~]*))?"
).fullmatch
_PLAIN_HOST_CHARS_MAX = 63  # shorter than a label may be, so that no label need be measured
_REGULAR = re.compile(
    r"([Hh][Tt][Tt][Pp][Ss]?)://([^\x00-\x20/?#\\@:\[\](){}]+)(?::([0-9]{0,5}))?"
    r"(?:(/[^?#\\\t\n\r]*+))?(?:\?([^#\t\n\r]*+))?(?:#([^\t\n\r]*))?",
).fullmatch  # without IGNORECASE, which makes classes slow
_HREF = re.compile(
    r"https?://(?:([^/?#@]*)@)?(\[[^\]]*\]|[^:/?#]*)(?::([0-9]+))?(/[^?#]*)(?:\?([^#]*))?(?:#(.*))?"
).fullmatch
_AT_END = frozenset(INVISIBLE).union(map(chr, range(0x21)))
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_WITHOUT_BREAKS = dict.fromkeys(map(ord, "\t\n\r"))
_BLANK = re.compile(r"[\x00-\x20]").search
_HTTP = re.compile(r"https?:", re.IGNORECASE | re.ASCII).match
_NOTHING_TO_CLEAN = re.compile(
    r"(?![Uu][Rr][Ll]:|[Hh](?:[Xx][Xx]|\*\*)[Pp][Ss]?[:\[])"
    rf"[^\x00-\x20<\"«“„{INVISIBLE}\[({{\\][^\[({{\\]*(?<![\x00-\x20{INVISIBLE}])"
).fullmatch  # no brackets or backslashes at all, and nothing at the ends
_USUAL_HOST = re.compile(r"(?:[a-z0-9_\-]+\.)*[a-z0-9_\-]+").fullmatch
_TRACKING = re.compile(rf"&(?:{TRACKING_PREFIX}|(?:{'|'.join(TRACKING_NAMES)})(?![^=&]))").search
_ROUTE = re.compile(r"[A-Za-z]?!|/").match
_MAY_BE_ROUTE = re.compile(r"[A-Za-z]?[!%]|/").match  # before it is encoded

_PATH_CHANGES = re.compile(rf"[^\x00-\x7f]+|[^{_ALWAYS}%]|(?!{_TRIPLET})%(?:[0-9A-Fa-f]{{2}})?").sub
_QUERY_CHANGES = re.compile(rf"[^\x00-\x7f]+|[^{_ALWAYS}?%]|(?!{_TRIPLET})%(?:[0-9A-Fa-f]{{2}})?").sub
_DIGITS = "0123456789abcdefABCDEF"
_STAYS = re.compile(_TRIPLET).fullmatch
_REWRITTEN = {"%": "%25"} | {
    f"%{high}{low}": f"%{high}{low}".upper() if _STAYS(f"%{high}{low}".upper()) else chr(int(high + low, 16))
    for high in _DIGITS
    for low in _DIGITS
}

# How hosts were written → the host and what was done to it. Hosts only, never a URL; emptied when full.
_hosts: dict[str, tuple[str, tuple[str, ...]]] = {}


def canonicalise(text: str, *, refang: bool = True, field: str = "url") -> Url:
    """Find the canonical form of a URL.

    refang: True for look-ups, which undo what was wrapped round it and written into it; False for entries, which are
    refused then. Raises InvalidArgument TOO_LONG, EMPTY, NO_HOST, INVALID_URL, INVALID_HOST, UNSUPPORTED_SCHEME; the
    message shows no part of the URL. Costs 2 to 15 µs.
    """
    flags: list[str] = []
    host, port, path, written, route = read(text, refang, field, flags)
    query = without_tracking(written) if written else ""
    if query != written:
        flags.append("tracking_dropped")
    return Url(host, port, path, query, written, route, tuple(flags))


def without_tracking(query: str) -> str:
    """Take off the parameters that follow who clicked, where there are any."""
    return strip_tracking(query) if _TRACKING("&" + query.lower()) else query


def read(text: str, refang: bool, field: str, flags: list[str] | None) -> Parts:
    """Find the parts of the canonical form, with tracking as written. Raises as `canonicalise`.

    flags: where to write what was done, or None where nobody wants to know.
    """
    plain = _PLAIN(text)
    if plain is not None:
        host, path, query, fragment = plain.groups()
        if len(text) < _LENGTH_IS_NO_MATTER and len(host) <= _PLAIN_HOST_CHARS_MAX and "xn--" not in host:
            if path is None:
                path = "/"
            if "/." not in path:
                return host, "", path, query or "", _route(fragment, flags) if fragment else ""
    regular = _REGULAR(text)
    if regular is not None and text[-1] not in _AT_END and (text.isascii() or _is_whole(text)):
        if len(text) >= _LENGTH_IS_NO_MATTER:
            _check_length(text, field)
        return _read_regular(text, regular, field, flags)
    without_scheme = _read_without_scheme(text, field, flags)
    return without_scheme if without_scheme is not None else _read_any(text, refang, field, flags)


def _read_regular(text: str, regular: re.Match[str], field: str, flags: list[str] | None) -> Parts:
    """Take apart what has nothing to clean up and, but for dot segments, nothing that moves a border."""
    scheme, raw_host, port, path, query, fragment = regular.groups()
    if len(raw_host) > NAME_CHARS_MAX:
        check_host_length(text, field)
    if path is None:
        path = "/"
    elif "/." in path or "/%2" in path:
        return _read_by_parser(text, field, flags)
    if port:
        number = int(port)
        if number > 0xFFFF:
            raise refusal("INVALID_URL", field)
        is_default = number == (80 if len(scheme) == 4 else 443)
        port = "" if is_default else f":{number}"
        if is_default and flags is not None:
            flags.append("default_port_dropped")
    else:
        port = ""
    known = _hosts.get(raw_host) or _find_host(raw_host, field)
    if flags is not None:
        flags += known[1]
    return _finish(known[0], port, path, query, fragment, field, flags)


def _read_without_scheme(text: str, field: str, flags: list[str] | None) -> Parts | None:
    """Read `host.tld/…`, if the URL would be plain with a scheme."""
    plain = _PLAIN("http://" + text)
    if plain is None or "." not in plain[1] or len(text) >= _LENGTH_IS_NO_MATTER:
        return None
    if flags is not None:
        flags.append("scheme_added")
    return read("http://" + text, True, field, flags)


def _read_any(text: str, refang: bool, field: str, flags: list[str] | None) -> Parts:
    """Clean up, add a scheme, and look again. The numbers are those of `url_slow.canonicalise_slow`."""
    done: list[str] = [] if flags is None else flags
    whole = text if text.isascii() or _is_whole(text) else whole_characters(text)  # 1
    if whole != text:
        done.append("characters_replaced")
    _check_length(whole, field)
    trimmed = whole
    if _BLANK(whole):
        trimmed = whole.translate(_WITHOUT_BREAKS).strip(_C0_AND_SPACE)
    if trimmed != whole:
        done.append("whitespace_dropped")
    cleaned = trimmed
    if not _NOTHING_TO_CLEAN(trimmed):
        cleaned, cleaned_flags = clean_up(trimmed)  # 2
        done += cleaned_flags
    if cleaned != trimmed and not refang:
        add_scheme(trimmed, field)
        raise refusal("INVALID_URL", field, DEFANGED)
    if not cleaned:
        raise refusal("EMPTY", field)
    absolute = cleaned if _HTTP(cleaned) else add_scheme(cleaned, field)  # 3
    if absolute != cleaned:
        done.append("scheme_added")
    regular = _REGULAR(absolute)
    if regular is not None:
        return _read_regular(absolute, regular, field, flags)
    return _read_by_parser(absolute, field, flags)


def _read_by_parser(absolute: str, field: str, flags: list[str] | None) -> Parts:
    """Have the URL Standard's parser take a URL apart."""
    if len(absolute) > NAME_CHARS_MAX:
        check_host_length(absolute, field)
    try:
        href = ada_url.normalize_url(absolute)
    except ValueError:
        raise refusal("INVALID_URL", field) from None
    parts = _HREF(href)
    assert parts is not None, "the parser writes every http URL like this"
    user, hostname, port, path, query, fragment = parts.groups()
    known = _hosts.get(hostname) or _find_host(hostname, field)
    if flags is not None:
        if user:
            flags.append("userinfo_dropped")
        if not port and len(Written.of(absolute).port) > 1:
            flags.append("default_port_dropped")
        flags += known[1]
    return _finish(known[0], f":{port}" if port else "", path, query, fragment, field, flags)


def _finish(
    host: str, port: str, path: str, query: str | None, fragment: str | None, field: str, flags: list[str] | None
) -> Parts:
    """Encode path, query and fragment, and drop of them what does not count."""
    path = _PATH_CHANGES(_rewrite, path)
    query = _QUERY_CHANGES(_rewrite, query) if query else ""
    route = _route(fragment, flags) if fragment else ""
    length = len(host) + len(port) + len(path) + len(query) + len(route)
    if length >= _LENGTH_IS_NO_MATTER:
        check_written_length(length + (query != ""), port, field)
    return host, port, path, query, route


def _find_host(raw: str, field: str) -> tuple[str, tuple[str, ...]]:
    """Find the one form of a host and what was done to it, and remember both."""
    lower = raw.lower()
    if len(lower) <= _PLAIN_HOST_CHARS_MAX and _PLAIN_HOST(lower) and raw.isascii() and "xn--" not in lower:
        return lower, ()  # not remembered: that is slower
    try:
        hostname = ada_url.normalize_url(f"http://{raw}/")[7:-1]
    except ValueError:
        raise refusal("INVALID_URL", field) from None
    if len(hostname) <= _PLAIN_HOST_CHARS_MAX and _USUAL_HOST(hostname):
        known: tuple[str, tuple[str, ...]] = hostname, ()
    else:
        known = canonical_host(hostname, field), host_flags(hostname)
    if len(raw) <= _HOST_KEPT_CHARS_MAX:
        if len(_hosts) >= HOSTS_KEPT_MAX:
            _hosts.clear()
        _hosts[raw] = known
    return known


def _route(fragment: str, flags: list[str] | None) -> str:
    """Keep a fragment, with its #, where it names the page."""
    if _MAY_BE_ROUTE(fragment):
        encoded = _QUERY_CHANGES(_rewrite, fragment)
        if _ROUTE(encoded):
            if flags is not None:
                flags.append("route_kept")
            return f"#{encoded}"
    if flags is not None:
        flags.append("fragment_dropped")
    return ""


def _rewrite(found: re.Match[str]) -> str:
    """Write a triplet, a character or a run of non-ASCII characters in its one way."""
    text = found[0]
    return _REWRITTEN.get(text) or "%" + text.encode().hex("%").upper()


def _is_whole(text: str) -> bool:
    """Say whether no character is half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _check_length(text: str, field: str) -> None:
    """Refuse what is too long as it was given. text: without halves of surrogate pairs."""
    byte_count = len(text) if text.isascii() else len(text.encode())
    if byte_count > URL_BYTES_MAX:
        raise refusal("TOO_LONG", field, f"there are {byte_count} bytes")


def _flat(value: bytes, quality: int = UNKNOWN_QUALITY) -> str | None:
    """No URL means nothing."""
    return None


def _flat_rows(values: Rows, quality: Rows | None = None) -> Flags:
    """No URL means nothing."""
    return np.zeros(len(values), np.bool_)


def _unequal(a: bytes, b: bytes) -> int:
    """Say 0 for equal URLs, 1 for others."""
    return int(a != b)


def _examples() -> tuple[bytes, ...]:
    """Give URLs of reserved names."""
    return (b"https://www.example.com/cats/1.jpg", b"https://example.org/bridge?id=7", b"https://photos.example/a/b/")


URL_TYPE = SignalType(
    number=7,
    name="url",
    title="URL",
    aliases=("uri", "link", "webaddress"),
    byte_count=0,
    metric="expression",
    strength=0,
    radius_max=0,
    has_quality=False,
    flat=_flat,
    flat_rows=_flat_rows,
    distance=_unequal,
    examples=_examples,
)
