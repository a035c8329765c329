"""Rows as hypothesis draws them, for the round trips of all formats."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from hashsvc.categories import AGE_BANDS
from hashsvc.errors import InvalidArgument
from hashsvc.formats import Details, Row
from hashsvc.signals import SIGNAL_TYPES, UNKNOWN_QUALITY, URL, Signal, UrlFacts, weakness
from hashsvc.signals.url_expressions import Scope
from hashsvc.signals.url_listed import listed_url

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), exclude_characters="|;"))


def labels(size=1):
    return TEXT.filter(lambda text: size <= len(text) <= 64)


@st.composite
def signals(draw):
    """A signal that may stand on the list."""
    kind = draw(st.sampled_from(SIGNAL_TYPES))
    if kind.is_url:
        return draw(url_signals())
    value = draw(st.binary(min_size=kind.byte_count, max_size=kind.byte_count))
    quality = draw(st.sampled_from([UNKNOWN_QUALITY, 50, 77, 100])) if kind.has_quality else UNKNOWN_QUALITY
    if weakness(kind.number, value, quality):
        value = draw(st.sampled_from(kind.examples()))
    return Signal(kind.number, value, quality, draw(labels(0)))


HOSTS = st.sampled_from(
    ["cats.example", "www.cats.example", "a.b.cats.example", "192.0.2.7", "9.9.9.9", "[2606:4700::1111]", "көл.example"]
)
TAILS = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Z"), exclude_characters="#"), max_size=12)
TIMES = st.integers(0, 253_402_300_799_999_999) | st.integers(1_700_000_000_000_000, 1_900_000_000_000_000)


@st.composite
def url_texts(draw):
    """URLs as people write them: of pages, folders and bare hosts."""
    scheme, host = draw(st.sampled_from(["http://", "https://", "HTTPS://"])), draw(HOSTS)
    port = draw(st.sampled_from(["", ":80", ":8443"]))
    folder, tail = draw(st.sampled_from(["", "/", "/a/", "/a/b/c/"])), draw(TAILS | st.just(""))
    query = draw(st.sampled_from(["", "?id=7", "?id=7&utm_source=x", "?b=2&a=%31", "#top", "#!/x"]))
    return scheme + host + port + folder + (tail if folder else "") + query


@st.composite
def url_signals(draw):
    """A URL that may stand on the list, with a scope that it can have."""
    text, scope = draw(url_texts()), draw(st.sampled_from(Scope))
    facts = UrlFacts(int(scope), scope == Scope.PAGE and draw(st.booleans()), draw(TIMES))
    try:
        listed_url(text, facts, "")
    except InvalidArgument:
        text = "https://cats.example/1.jpg" if scope < Scope.PREFIX else "https://cats.example/"
        if scope == Scope.PREFIX:
            text += "a/"
        listed_url(text, facts, "")
    return Signal(URL, text.encode(), url=facts)


DETAILS = st.builds(
    Details,
    labels(0),
    st.dictionaries(
        labels().filter(lambda text: text != "interpol_baseline") | st.just("uk_abc"), labels(), max_size=3
    ).map(lambda found: tuple(sorted(found.items()))),
    st.sampled_from(["", *AGE_BANDS]),
    st.lists(labels(), max_size=3, unique=True).map(tuple),
    st.lists(labels(), max_size=3, unique=True).map(tuple),
)


def key_of(signal):
    """What no two signals of an entry may share."""
    url = signal.url
    return signal.type, signal.value, None if url is None else (url.scope, url.query_exact)


@st.composite
def file_rows(draw):
    """Rows of one file, each with a content id of its own."""
    ids = draw(st.lists(TEXT.filter(lambda text: 1 <= len(text) <= 256), max_size=4, unique=True))
    return [
        Row(
            0,
            draw(labels(0)),
            draw(labels(0)),
            content_id,
            tuple(draw(st.lists(signals(), min_size=1, max_size=4, unique_by=key_of))),
            draw(DETAILS),
        )
        for content_id in ids
    ]


def without_line(row):
    """A row as it would be on line 0."""
    return msgspec.structs.replace(row, line=0)
