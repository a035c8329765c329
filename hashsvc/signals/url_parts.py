"""What a canonical URL consists of, what may be done to one on the way, and how one is refused.

Values and tables only. The rules stand in `url.py` (fast) and `url_slow.py` (obvious); the clean-up in
`url_cleanup.py`. Source of all names and numbers: docs/urls.md and the vectors in data/url_vectors.json.
"""

from __future__ import annotations

import msgspec

from hashsvc.errors import InvalidArgument

CANON_VERSION = 1  # of the rules; an entry keeps its own, and new rules make new keys by replaying the log
URL_BYTES_MAX = 8192  # in UTF-8, of what is given and of the canonical form with its scheme
LABEL_CHARS_MAX = 63  # RFC 1035 2.3.4
NAME_CHARS_MAX = 253  # the same, without the root's dot

# Names of parameters that others add to a link to follow who clicked it. Compared without case; `utm_` is a prefix.
TRACKING_PREFIX = "utm_"
TRACKING_NAMES = frozenset([
    "gclid", "gclsrc", "dclid", "gbraid", "wbraid", "fbclid", "msclkid", "yclid", "ysclid", "twclid", "ttclid",
    "igshid", "igsh", "mc_eid", "mc_cid", "_ga", "_gl", "srsltid",
])  # fmt: skip

FLAGS = {
    "characters_replaced": "halves of a surrogate pair became U+FFFD, as in a browser",
    "whitespace_dropped": "tabs, line ends, and control characters and spaces around it were taken off",
    "unwrapped": "brackets or quotation marks around it, or `URL:` before it, were taken off",
    "invisible_dropped": "invisible characters around it (byte order mark, zero-width space) were taken off",
    "defanged": "it was written so that it cannot be clicked (hxxp, [.]); that was undone",
    "scheme_added": "it had no scheme and was read as http",
    "userinfo_dropped": "the user name or password before the host was taken off",
    "default_port_dropped": "the port was that of its scheme and was taken off",
    "trailing_dot_dropped": "dots at the end of the host were taken off",
    "ip_unified": "an IPv6 address that stands for an IPv4 address was written as that",
    "fragment_dropped": "the part after # was taken off; it names a place in the page",
    "route_kept": "the part after # was kept; it names the page",
    "tracking_dropped": "parameters that follow who clicked were taken off",
}  # in the order in which they are set


class Url(msgspec.Struct, frozen=True, gc=False):
    """A canonical URL in its parts, all ASCII.

    host: A-labels, IPv4 or [IPv6]; no port, no dot at the end. port: "" or ":8080". path: starts with "/".
    query: without "?", tracking taken off; "": none. written_query: the same before tracking was taken off.
    route: "", or the fragment with its "#" where it names the page. flags: what was done, names of FLAGS.
    """

    host: str
    port: str
    path: str
    query: str
    written_query: str
    route: str
    flags: tuple[str, ...]

    @property
    def strict(self) -> str:
        """The strict key: equal only for what is the same page by the URL's own rules, tracking aside."""
        return join(self.host, self.port, self.path, self.query, self.route)

    @property
    def written(self) -> str:
        """The strict key with tracking as written."""
        return join(self.host, self.port, self.path, self.written_query, self.route)


def join(host: str, port: str, path: str, query: str, route: str) -> str:
    """Write the parts one after the other."""
    return f"{host}{port}{path}?{query}{route}" if query else f"{host}{port}{path}{route}"


def is_tracking(name: str) -> bool:
    """Say whether a parameter of this name follows who clicked."""
    lower = name.lower()
    return lower.startswith(TRACKING_PREFIX) or lower in TRACKING_NAMES


def refusal(reason: str, field: str, found: str = "") -> InvalidArgument:
    """Make the error of a reason. found: what was found, never a part of the URL."""
    message = _REFUSALS[reason]
    return InvalidArgument(reason, f"{found}; {message}" if found else message, field=field)


_REFUSALS = {
    "TOO_LONG": f"the canonical form of a URL has at most {URL_BYTES_MAX} bytes, its scheme included",
    "EMPTY": "there is no URL; right is the address of a web page, as a browser shows it",
    "NO_HOST": "the URL starts with its path, query or fragment; right is the whole address, with its host",
    "INVALID_URL": "this is no URL that a browser could open; right is http or https, a host, and a path",
    "INVALID_HOST": "the host cannot be one; right are labels of 1 to 63 characters, at most 253 together, or an "
    "IP address",
    "UNSUPPORTED_SCHEME": "the URL is of another kind; right is http or https",
}
