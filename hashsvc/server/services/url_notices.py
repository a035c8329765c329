"""What somebody should know before a URL is confirmed: warnings, and what a wide one covers.

A PREFIX, HOST or DOMAIN that is too wide closes reports of what nobody has looked at.
"""

from __future__ import annotations

from hashsvc.errors import InvalidArgument
from hashsvc.hashlist.values import EntryView, SignalView, State
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.ports import Store
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.signals import UrlFacts
from hashsvc.signals.url_entries import warnings_of
from hashsvc.signals.url_expressions import Scope, expression_hash
from hashsvc.v1 import entry_pb2

WIDE = (int(Scope.PREFIX), int(Scope.HOST), int(Scope.DOMAIN))


def notices_of(store: Store, recent: RecentUrls, entry: EntryView, call: Call) -> list[entry_pb2.UrlNotice]:
    """Give a notice for each URL of an entry that waits for confirmation and about which there is something to say.

    Counting what one covers takes up to 50 ms; raises DeadlineExceeded where the call's time is over.
    """
    found = []
    for signal in entry.signals:
        call.check_deadline()
        if signal.signal.url is not None and signal.state == State.PROPOSED:
            notice = _notice(store, recent, entry, signal)
            if notice is not None:
                found.append(notice)
    return found


def _warnings(text: str, url: UrlFacts) -> tuple[str, ...]:
    """What to look at; nothing where today's rules would refuse the URL, which was listed by others."""
    try:
        found = warnings_of(text, url.scope)
    except InvalidArgument:
        return ()
    return tuple(one for one in found if one != "tracking_dropped" or not url.query_exact)


def _notice(store: Store, recent: RecentUrls, entry: EntryView, signal: SignalView) -> entry_pb2.UrlNotice | None:
    url = signal.signal.url
    assert url is not None
    warnings = _warnings(signal.signal.value.decode(), url)
    if url.scope not in WIDE:
        if not warnings:
            return None
        return entry_pb2.UrlNotice(ordinal=signal.ordinal, scope=url.scope, warnings=warnings)  # type: ignore[arg-type]
    with store.snapshot() as snapshot:
        covered, more = snapshot.covered(url.scope, url.written, entry.first_sequence)
    checks = recent.below(url.scope, expression_hash(url.written))
    return entry_pb2.UrlNotice(
        ordinal=signal.ordinal,
        scope=url.scope,  # type: ignore[arg-type]
        warnings=warnings,
        covered_entry_count=covered,
        covered_more=more,
        recent_check_count=checks.checks,
        recent_check_error=checks.error,
    )
