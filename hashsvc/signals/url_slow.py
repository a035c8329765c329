"""The rules of the strict canonical form, one after the other and without a shortcut.

`url.py` does the same faster; that both agree on every input, errors and flags included, is tested
(tests/signals/test_url_properties.py). `hashsvc url explain` shows its steps.
"""

from __future__ import annotations

import re
from typing import NamedTuple

import ada_url

from hashsvc.signals.url_cleanup import clean_up
from hashsvc.signals.url_parts import (
    LABEL_CHARS_MAX,
    NAME_CHARS_MAX,
    URL_BYTES_MAX,
    Url,
    is_tracking,
    refusal,
)

DEFANGED = "it is defanged, or wrapped in signs or invisible characters"  # and look-ups only undo that

_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.\-]*):")
_PORT_FOLLOWS = re.compile(r"[0-9]+(?:[/\\?#]|$)")
_FULL_STOPS = ".。．｡"  # those that UTS #46 takes for dots
_DEFANGED_DOT = re.compile(r"\((?:\.|dot)\)|\{(?:\.|dot)\}")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")  # RFC 3986 2.3
_MARKS = frozenset("!'()*")  # RFC 2396 2.3: encodeURIComponent leaves them, other tools encode them
_PATH = _UNRESERVED | _MARKS | frozenset("$&+,;=:@/")  # what RFC 3986 3.3 allows raw
_QUERY = _PATH | frozenset("?")  # 3.4, and 3.5 for fragments
_HEX = frozenset("0123456789abcdefABCDEF")
_AUTHORITY = re.compile(r"https?:[/\\]*([^/\\?#]*)", re.IGNORECASE | re.ASCII).match
_ROUTE = re.compile(r"[A-Za-z]?!|/")


_WRITTEN = re.compile(  # after the scheme; the user ends at the last @
    r"[A-Za-z]+:[/\\]*([^/\\?#]*@|)(\[[^/\\?#\]]*\]|[^/\\?#:]*)(:[0-9]*|)([^?#]*)(\?[^#]*|)(#.*|)", re.DOTALL
)


class Step(NamedTuple):
    """One step: its name, what was there before it and what after."""

    name: str
    before: str
    after: str


def canonicalise_slow(text: str, *, refang: bool = True, field: str = "url", steps: list[Step] | None = None) -> Url:
    """Find the canonical form of a URL: the twin of `url.canonicalise`.

    steps: a list to which each step is written, for people. Raises InvalidArgument as `url.canonicalise` does.
    """
    steps = [] if steps is None else steps
    flags: list[str] = []

    # 1. Characters and length.
    whole = whole_characters(text)
    if whole != text:
        flags.append("characters_replaced")
    if len(whole.encode()) > URL_BYTES_MAX:
        raise refusal("TOO_LONG", field, f"there are {len(whole.encode())} bytes")
    trimmed = whole.replace("\t", "").replace("\n", "").replace("\r", "").strip(_C0_AND_SPACE)
    if trimmed != whole:
        flags.append("whitespace_dropped")
    steps.append(Step("white space", text, trimmed))

    # 2. Clean-up, for look-ups only.
    cleaned, cleaned_flags = clean_up(trimmed)
    if refang:
        flags.extend(cleaned_flags)
        steps.append(Step("clean-up", trimmed, cleaned))
    elif cleaned != trimmed:
        add_scheme(trimmed, field)  # another scheme says more
        raise refusal("INVALID_URL", field, DEFANGED)
    if not cleaned:
        raise refusal("EMPTY", field)

    # 3. Scheme.
    absolute = add_scheme(cleaned, field)
    if absolute != cleaned:
        flags.append("scheme_added")
    steps.append(Step("scheme", cleaned, absolute))

    # 4. The URL Standard.
    check_host_length(absolute, field)
    try:
        parsed = ada_url.URL(absolute)
    except ValueError:
        raise refusal("INVALID_URL", field) from None
    written = Written.of(absolute)

    # 5. Host.
    host = canonical_host(parsed.hostname, field)
    steps.append(Step("host", written.host, host))

    # 6. User and port. An empty user name is nothing that was dropped.
    if parsed.username or parsed.password:
        flags.append("userinfo_dropped")
    steps.append(Step("user", written.user, ""))
    port = f":{parsed.port}" if parsed.port else ""
    if not port and len(written.port) > 1:
        flags.append("default_port_dropped")
    steps.append(Step("port", written.port, port))
    flags.extend(host_flags(parsed.hostname))

    # 7. Path and query, octet by octet.
    path = encode(parsed.pathname, _PATH)
    steps.append(Step("path", written.path, path))
    written_query = encode(parsed.search[1:], _QUERY)
    steps.append(Step("query", written.query, written_query and f"?{written_query}"))

    # 8. Fragment.
    fragment = encode(parsed.hash[1:], _QUERY)
    route = f"#{fragment}" if _ROUTE.match(fragment) else ""
    if fragment:
        flags.append("route_kept" if route else "fragment_dropped")
    steps.append(Step("fragment", written.fragment, route))

    # 9. Tracking.
    query = strip_tracking(written_query)
    if query != written_query:
        flags.append("tracking_dropped")
    steps.append(Step("tracking", written_query and f"?{written_query}", query and f"?{query}"))

    url = Url(host, port, path, query, written_query, route, tuple(flags))
    check_written_length(len(url.written), port, field)
    return url


def whole_characters(text: str) -> str:
    """Join surrogate pairs, and write U+FFFD for halves: what the URL Standard calls a USVString."""
    if not any("\ud800" <= character <= "\udfff" for character in text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def add_scheme(text: str, field: str) -> str:
    """Read what has no scheme as http. Raises InvalidArgument UNSUPPORTED_SCHEME, NO_HOST, INVALID_URL."""
    scheme = _SCHEME.match(text)
    if scheme and scheme[1].lower() in ("http", "https"):
        return text
    if scheme and not ("." in scheme[1] and _PORT_FOLLOWS.match(text, scheme.end())):
        raise refusal("UNSUPPORTED_SCHEME", field)
    if text.startswith("//"):
        return f"http:{text}"
    if text[0] in "/\\?#":
        raise refusal("NO_HOST", field)
    authority = re.split(r"[/\\?#]", text, maxsplit=1)[0]
    if "@" in authority:
        raise refusal("INVALID_URL", field, "there is no scheme and there is an @, as in a mail address")
    if not any(stop in authority.split(":")[0].strip(_FULL_STOPS) for stop in _FULL_STOPS):
        raise refusal("INVALID_URL", field, "there is no scheme and there is no dot in the host")
    return f"http://{text}"


def check_host_length(absolute: str, field: str) -> None:
    """Refuse a host that is no name however it is encoded, before the parser spends milliseconds on it.

    Each character beyond ASCII becomes one of a name at least, or is dropped; 2,700 different ones take 10 ms.
    """
    authority = _AUTHORITY(absolute)
    host = authority[1].rpartition("@")[2] if authority is not None else ""
    if len(host) > NAME_CHARS_MAX and sum(character > "\x7f" for character in host) > NAME_CHARS_MAX:
        raise refusal("INVALID_HOST", field)


def canonical_host(host: str, field: str) -> str:
    """Write a host that the URL Standard accepts in its one form. Raises InvalidArgument INVALID_HOST."""
    if host.startswith("["):
        import ipaddress  # rarely needed, and 2 ms

        address = ipaddress.IPv6Address(host[1:-1])
        if int(address) >> 32 in (0xFFFF, 0x64_FF9B << 64):  # RFC 4291 2.5.5.2, RFC 6052 2.1
            return str(ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF))
        return host
    if host.endswith("."):
        host = host.rstrip(".")
        try:  # what is left may be an address, or none
            host = ada_url.URL(f"http://{host}/").hostname
        except ValueError:
            raise refusal("INVALID_HOST", field) from None
    labels = host.split(".")
    if len(host) > NAME_CHARS_MAX or any(not 1 <= len(label) <= LABEL_CHARS_MAX for label in labels):
        raise refusal("INVALID_HOST", field)
    if _DEFANGED_DOT.search(host):  # as (.) can be hidden by encoding it; read again, it would be another host
        raise refusal("INVALID_HOST", field)
    return host


def host_flags(hostname: str) -> tuple[str, ...]:
    """Name what `canonical_host` does to a host."""
    if hostname.endswith("."):
        return ("trailing_dot_dropped",)
    if hostname.startswith("[") and not canonical_host(hostname, "").startswith("["):
        return ("ip_unified",)
    return ()


def encode(text: str, raw: frozenset[str]) -> str:
    """Write each octet in its one way. text: ASCII. raw: what stands unencoded, where it does.

    Unreserved characters and marks are decoded, other triplets are written in upper case, a lone % is encoded. One
    pass: what comes out is never decoded again.
    """
    result = []
    position = 0
    while position < len(text):
        character = text[position]
        digits = text[position + 1 : position + 3]
        if character == "%" and len(digits) == 2 and _HEX.issuperset(digits):
            octet = chr(int(digits, 16))
            result.append(octet if octet in _UNRESERVED | _MARKS else f"%{digits.upper()}")
            position += 3
        else:
            result.append(character if character in raw else f"%{ord(character):02X}")
            position += 1
    return "".join(result)


def strip_tracking(query: str) -> str:
    """Take off the parameters that follow who clicked."""
    return "&".join(part for part in query.split("&") if not is_tracking(part.split("=")[0]))


def check_written_length(length: int, port: str, field: str) -> None:
    """Refuse what would be too long to be read again, with a scheme of which the port is not the default."""
    if length > URL_BYTES_MAX - len("https://" if port == ":80" else "http://"):
        raise refusal("TOO_LONG", field, "what must be percent-encoded makes it longer")


class Written(NamedTuple):
    """A URL with a scheme in the parts in which it is written: user with its @, port with its :, and so on."""

    user: str
    host: str
    port: str
    path: str
    query: str
    fragment: str

    @classmethod
    def of(cls, absolute: str) -> Written:
        """Take a URL apart that the URL Standard's parser accepts, at the borders that it sees."""
        found = _WRITTEN.fullmatch(absolute)
        assert found is not None
        return cls(*found.groups())
