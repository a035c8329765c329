"""What people and programs wrap round a URL, and what they write into it so that nobody clicks it.

For look-ups only: an entry written like that is refused, since nobody should have to guess what was listed. Nothing
of it is in the URL Standard; the list is that of docs/urls.md.
"""

from __future__ import annotations

import re

# Zero-width and directional marks that copying leaves at the ends. Not the joiners U+200C and U+200D: they belong to
# names in Persian and other scripts. Inside, all of them stay: there they may be part of a name.
INVISIBLE = "\ufeff\u200b\u2060\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_WRAPPERS = ("<>", '""', "«»", "“”", "„“", "„”")

WRAPPINGS_MAX = 16  # rounds; nobody wraps deeper, and each looks at the whole text

_URL_PREFIX = re.compile(r"url:", re.IGNORECASE | re.ASCII)
_SCHEME = re.compile(
    r"(?:(?P<real>http(?P<s>s?))|h(?:xx|\*\*)p(?P<xs>s?))(?:(?P<colon>:)|\[:\]|(?P<boxed>\[://\]))",
    re.IGNORECASE | re.ASCII,
)
_SLASHES = re.compile(r"(?:[/\\]|\[//?\])*")
_AUTHORITY = re.compile(r"[^/\\?#\[]*(?:(?:\\\.(?=[^./\\?#:@\[\s])|\[(?!/\]))[^/\\?#\[]*)*")
_HOST_DOT = re.compile(r"\[ *(?:\.|dot) *\]|\( *(?:\.|dot) *\)|\{ *(?:\.|dot) *\}", re.IGNORECASE | re.ASCII)
_DOT = re.compile(r"\[(?:\.|dot)\]|\((?:\.|dot)\)|\{(?:\.|dot)\}", re.IGNORECASE | re.ASCII)
_OTHER_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.\-]*:(?![0-9])")


def clean_up(text: str) -> tuple[str, tuple[str, ...]]:
    """Undo what was wrapped round a URL and written into it. Returns the text and flags in their order."""
    text, flags = _unwrap(text)
    plain = refang(text)
    return (plain, (*flags, "defanged")) if plain != text else (text, flags)


def _unwrap(text: str) -> tuple[str, tuple[str, ...]]:
    """Take off brackets, quotation marks, `URL:` and invisible characters, in whatever order they come."""
    unwrapped = invisible = False
    for _ in range(WRAPPINGS_MAX):
        before = text
        text = text.strip(_C0_AND_SPACE)
        bare = text.strip(INVISIBLE)
        if bare != text:
            invisible, text = True, bare
        if len(text) > 1 and text[0] + text[-1] in _WRAPPERS:
            unwrapped, text = True, text[1:-1]
        if _URL_PREFIX.match(text):
            unwrapped, text = True, text[4:]
        if text == before:
            break
    return text, ("unwrapped",) * unwrapped + ("invisible_dropped",) * invisible


def refang(text: str) -> str:
    """Write a defanged URL as it was. In path and query only where scheme or host were defanged."""
    scheme = _SCHEME.match(text)
    start, defanged, head = 0, False, ""
    if scheme:
        start = scheme.end()
        defanged = not (scheme["real"] and scheme["colon"])
        head = text[:start] if not defanged else f"http{scheme['s'] or scheme['xs'] or ''}:"
        if scheme["boxed"]:
            head += "//"
    elif _OTHER_SCHEME.match(text):
        return text
    slashes = _SLASHES.match(text, start)
    assert slashes
    if scheme or slashes[0]:
        head += slashes[0].replace("[", "").replace("]", "")
        defanged |= "[" in slashes[0]
        start = slashes.end()
    authority = _AUTHORITY.match(text, start)
    assert authority
    written = authority[0]
    before, backslash, _ = written.partition("\\")
    if backslash and scheme and not defanged and "." in before:
        # A browser ends the host there: http://good.example\.evil.example is a page of good.example.
        written = before
    rest = text[start + len(written) :]
    host = _dots(written).replace("[:]", ":").replace("\\.", ".")
    defanged |= host != written or rest.startswith("[/]")
    if not defanged:
        return text
    rest = _DOT.sub(".", rest.replace("\\.", ".")).replace("[:]", ":").replace("[://]", "://").replace("[/]", "/")
    return head + host + rest


def _dots(host: str) -> str:
    """Write the dots of a host, and take off the spaces round those that were defanged."""
    first, *others = _HOST_DOT.split(host)
    if not others:
        return host
    *middle, last = others
    return ".".join((first.rstrip(" "), *(part.strip(" ") for part in middle), last.lstrip(" ")))
