"""A URL that somebody wants listed, guarded and made into the signal that the list stores."""

from __future__ import annotations

from hashsvc.signals.url import CANON_VERSION, URL_TYPE
from hashsvc.signals.url_entries import check_entry, suffix_list_version
from hashsvc.signals.url_expressions import RowKind, entry_expression
from hashsvc.signals.values import UNKNOWN_QUALITY, Signal, UrlFacts


def listed_url(text: str, facts: UrlFacts, field: str) -> Signal:
    """Guard a URL and give its signal: value is a byte of row kind and the expression.

    text: as somebody wrote it. facts: scope, query_exact, seen_live_us. Raises InvalidArgument with the codes of
    docs/urls.md. Costs some 50 µs.
    """
    url = check_entry(text, facts.scope, facts.query_exact, field)
    kind = int(RowKind.PAGE_EXACT) if facts.query_exact else facts.scope
    value = bytes((kind,)) + entry_expression(kind, url).encode()
    known = UrlFacts(
        facts.scope,
        facts.query_exact,
        facts.seen_live_us,
        written=text,
        canon_version=CANON_VERSION,
        suffix_list=suffix_list_version(),
    )
    return Signal(URL_TYPE.number, value, UNKNOWN_QUALITY, "", known)
