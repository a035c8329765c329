"""URLs: the canonical form, by which two spellings of one page are the same.

Only what cannot change the page is changed: the URL Standard, RFC 3986 6.2.2 and 6.2.3, the scheme, and parameters
that follow who clicked. A wrong merge would close a report that nobody looks at again; a miss costs one look.
The rules one after the other: `url_slow.py`.
"""

from __future__ import annotations

import numpy as np

from hashsvc.signals.url_parts import CANON_VERSION, FLAGS, URL_BYTES_MAX, Url
from hashsvc.signals.url_slow import canonicalise_slow
from hashsvc.signals.values import UNKNOWN_QUALITY, Flags, Rows, SignalType

__all__ = ["CANON_VERSION", "FLAGS", "URL_BYTES_MAX", "URL_TYPE", "Url", "canonicalise", "canonicalise_slow"]


def canonicalise(text: str, *, refang: bool = True, field: str = "url") -> Url:
    """Find the canonical form of a URL.

    refang: True for look-ups, which undo what was wrapped round it and written into it; False for entries, which are
    refused then. Raises InvalidArgument TOO_LONG, EMPTY, NO_HOST, INVALID_URL, INVALID_HOST, UNSUPPORTED_SCHEME; the
    message shows no part of the URL.
    """
    return canonicalise_slow(text, refang=refang, field=field)


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
