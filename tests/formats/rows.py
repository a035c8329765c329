"""Rows as hypothesis draws them, for the round trips of all formats."""

from __future__ import annotations

import msgspec
from hypothesis import strategies as st

from hashsvc.formats import AGE_BANDS, Details, Row
from hashsvc.signals import SIGNAL_TYPES, UNKNOWN_QUALITY, Signal, weakness

TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zs", "Zl", "Zp"), exclude_characters="|;"))


def labels(size=1):
    return TEXT.filter(lambda text: size <= len(text) <= 64)


@st.composite
def signals(draw):
    """A signal that may stand on the list."""
    kind = draw(st.sampled_from(SIGNAL_TYPES))
    value = draw(st.binary(min_size=kind.byte_count, max_size=kind.byte_count))
    quality = draw(st.sampled_from([UNKNOWN_QUALITY, 50, 77, 100])) if kind.has_quality else UNKNOWN_QUALITY
    if weakness(kind.number, value, quality):
        value = draw(st.sampled_from(kind.examples()))
    return Signal(kind.number, value, quality, draw(labels(0)))


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
            tuple(draw(st.lists(signals(), min_size=1, max_size=4, unique_by=lambda each: (each.type, each.value)))),
            draw(DETAILS),
        )
        for content_id in ids
    ]


def without_line(row):
    """A row as it would be on line 0."""
    return msgspec.structs.replace(row, line=0)
