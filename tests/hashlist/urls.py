"""URLs for tests: listed ones by number, what is asked of them, and a slow and obvious list to compare with.

All are of reserved names (RFC 2606). Ten numbers share a host, so that its wide URLs cover the others.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import lru_cache
from typing import NamedTuple

from hashsvc.hashlist import Snapshot
from hashsvc.hashlist.values import EntryView, State
from hashsvc.signals import URL, Signal, UrlFacts
from hashsvc.signals.url import Url, canonicalise_slow
from hashsvc.signals.url_expressions import (
    LOOSE,
    STRICT,
    STRIPPED,
    LookupKeys,
    RowKind,
    Scope,
    entry_expression,
    entry_rows,
    lookup_keys_slow,
    met,
)
from hashsvc.signals.url_listed import listed_url
from hashsvc.signals.url_loose import loose_host, loose_of, loose_path_of

PAGE, PATH, PREFIX, HOST, DOMAIN = map(int, Scope)
LIVE = (State.PROPOSED, State.CONFIRMED, State.DISPUTED)
SEEN_US = 1_699_000_000_000_000  # before the time at which a SeededClock starts
Name = tuple[bytes, int]  # entry id, ordinal


def written_of(n: int) -> tuple[str, int, bool]:
    """Number n's URL: the text, its scope, query_exact."""
    block, place = divmod(n, 10)
    host = f"s{block}.example.com"
    return [
        (f"https://{host}/p/{n}.jpg", PAGE, False),
        (f"HTTP://{host.upper()}:80/p/?id={n}&utm_source=mail", PAGE, False),
        (f"http://www.{host}/a//b%5Cindex.html?z=1&y={n}&sid=7", PAGE, False),
        (f"https://{host}/p/{n}?gclid=1&x=%7E", PAGE, True),
        (f"https://{host}/#!/route/{n}", PAGE, False),
        (f"http://{host}:8080/watch/{n}?v=1", PATH, False),
        (f"http://www.{host}/Watch%20/{n}/", PATH, False),
        (f"https://{host}/p/", PREFIX, False),
        (f"https://www.{host}/", HOST, False),
        (f"https://{host}", DOMAIN, False),
    ][place]


@lru_cache(maxsize=10_000)
def url_of(n: int) -> Signal:
    """Number n's URL as the list takes it; of every third it is not said when it was seen."""
    text, scope, exact = written_of(n)
    return listed_url(text, UrlFacts(scope, exact, seen_live_us=SEEN_US + n if n % 3 else 0), "url")


def spelled(n: int) -> tuple[str, ...]:
    """What is asked about number n: as listed, with tracking, in other spellings, and a little beside it."""
    text = written_of(n)[0]
    marked = text + ("&" if "?" in text else "?") + "fbclid=q"
    host = text.split("/")[2].lower()
    return (
        text,
        marked,
        text.replace("://", "://user@", 1).replace("/p/", "/./p/"),
        text.replace("://", "://www.", 1),
        text.split("?")[0],
        f"{text}x",
        f"https://{host.removeprefix('www.')}/p/deep/er/{n}",
        f"http://deep.{host}/",
    )


@lru_cache(maxsize=50_000)
def keys_of(text: str) -> LookupKeys:
    return lookup_keys_slow(text)


@lru_cache(maxsize=50_000)
def canonical(text: str) -> Url:
    return canonicalise_slow(text)


@lru_cache(maxsize=50_000)
def hashes_of(kind: int, text: str) -> tuple[tuple[bytes, int], ...]:
    return entry_rows(kind, canonical(text))


@lru_cache(maxsize=50_000)
def expression_of(kind: int, text: str) -> str:
    return entry_expression(kind, canonical(text))


def seen_keys(text: str) -> bytes:
    """A URL as MarkSeenLive takes it."""
    keys = keys_of(text)
    return b"".join(bytes([role]) + keys.digests[32 * i : 32 * i + 32] for i, role in enumerate(keys.roles))


# ---------------------------------------------------------------- the slow list


class Listed(NamedTuple):
    """A URL of the slow list. kind: RowKind 1 to 6. text: as proposed."""

    name: Name
    kind: int
    text: str
    state: int
    seen_us: int

    @property
    def scope(self) -> int:
        return PAGE if self.kind == RowKind.PAGE_EXACT else self.kind

    @property
    def expression(self) -> str:
        return expression_of(self.kind, self.text)


def rows_by_hash(listed: Iterable[Listed]) -> dict[bytes, list[tuple[int, Name]]]:
    """Every row of every listed URL: hash → (row kind, name)."""
    rows: dict[bytes, list[tuple[int, Name]]] = {}
    for one in listed:
        for digest, kind in hashes_of(one.kind, one.text):
            rows.setdefault(digest, []).append((kind, one.name))
    return rows


def rows_met(rows: dict[bytes, list[tuple[int, Name]]], text: str) -> list[tuple[int, int, Name]]:
    """What a look-up of a text finds: (expression, row kind, name), sorted."""
    digests = keys_of(text).digests
    return sorted(
        (at // 32, kind, name)
        for at in range(0, len(digests), 32)
        for kind, name in rows.get(digests[at : at + 32], ())
    )


def how_met(text: str, found: Iterable[tuple[int, int, Name]]) -> dict[Name, int]:
    """How each found URL is met, at its best; those that are not met are left out."""
    best: dict[Name, int] = {}
    for at, kind, name in found:
        how = met(keys_of(text).roles[at], kind)
        if how >= 0:
            best[name] = min(how, best.get(name, how))
    return best


def meant(one: Listed, text: str) -> int:
    """How a text meets a listed URL by what the scopes mean, said without keys, hashes or roles; -1: not."""
    entry, asked, scope = canonical(one.text), canonical(text), one.scope
    here = asked.host + asked.port + asked.path
    if scope == PREFIX:
        return STRICT if here.startswith(one.expression) else -1
    if scope == HOST:
        return STRICT if asked.host == entry.host else -1
    if scope == DOMAIN:
        return STRICT if f".{asked.host}".endswith(f".{entry.host}") else -1
    if loose_host(asked.host) != loose_host(entry.host):
        return -1
    if scope == PATH:
        if here == one.expression:
            return STRICT
        return LOOSE if loose_path_of(asked) == loose_path_of(entry) else -1
    if asked.written == entry.written:
        return STRICT
    if one.kind == PAGE and asked.strict == entry.strict:
        return STRIPPED
    return LOOSE if loose_of(asked) == loose_of(entry) else -1


def covers(scope: int, expression: str, other: str) -> bool:
    """Whether a wide URL covers another expression, port aside."""
    if scope == PREFIX:
        return other.startswith(expression)
    host, other_host = (text.partition("/")[0].partition(":")[0] for text in (expression, other))
    if scope == HOST:
        return host == other_host
    return scope == DOMAIN and (host == other_host or other_host.endswith(f".{host}"))


def covered(listed: Iterable[Listed], scope: int, expression: str, but: bytes) -> int:
    """Entries, but one, with a live URL that a wide one covers."""
    return len({
        one.name[0]
        for one in listed
        if one.state in LIVE and one.name[0] != but and covers(scope, expression, one.expression)
    })  # fmt: skip


# ---------------------------------------------------------------- the real one, compared


def listed_in(entries: Iterable[EntryView]) -> list[Listed]:
    """All URLs of some entries."""
    found = []
    for entry in entries:
        for one in entry.signals:
            if one.signal.type == URL:
                facts = one.signal.url
                assert facts is not None
                kind = int(RowKind.PAGE_EXACT) if facts.query_exact else facts.scope
                text = one.signal.value.decode()
                found.append(Listed((entry.entry_id, one.ordinal), kind, text, one.state, facts.seen_live_us))
    return found


def check_urls(snapshot: Snapshot, listed: Sequence[Listed], texts: Sequence[str]) -> None:
    """Whatever is asked of these texts, the list answers as the slow one does: rows, states, times, what is covered."""
    rows = rows_by_hash(listed)
    by_name = {one.name: one for one in listed}

    def named(found: Iterable[tuple[int, int, int]]) -> list[tuple[int, int, Name]]:
        return sorted((at, kind, name_of(snapshot, ref)) for at, kind, ref in found)

    start, together, wanted = 0, b"", []
    for text in texts:
        want = rows_met(rows, text)
        found = snapshot.lookup_url(keys_of(text).digests)
        assert found == sorted(found)
        assert named(found) == want
        how = how_met(text, want)
        assert how == {one.name: means for one in listed if (means := meant(one, text)) >= 0}
        for _, _, ref in found:
            one = by_name[name_of(snapshot, ref)]
            assert (snapshot.signal(ref).state, snapshot.seen_live_us(ref)) == (one.state, one.seen_us)
        wanted += [(start + at, kind, name) for at, kind, name in want]
        together += keys_of(text).digests
        start = len(together) // 32
    assert named(snapshot.lookup_urls(together)) == wanted
    numbers = {one.name[0]: snapshot.stored_entry(one.name[0]).number for one in listed}
    for one in listed:
        count = covered(listed, one.scope, one.expression, one.name[0])
        want_count = count if one.scope in (PREFIX, HOST, DOMAIN) else 0
        assert snapshot.covered(one.scope, one.expression, numbers[one.name[0]]) == (want_count, False)


def name_of(snapshot: Snapshot, ref: int) -> Name:
    return snapshot.signal(ref).entry.entry_id, ref & 0xFF


def refs_of(snapshot: Snapshot, is_meant: Callable[[Signal], bool] = bool) -> list[int]:
    """Refs of all URLs of a list, in order."""
    entries, _ = snapshot.pages.entries(0, 5_000, 0, b"")
    return [
        entry.first_sequence << 8 | one.ordinal
        for entry in entries
        for one in entry.signals
        if one.signal.type == URL and is_meant(one.signal)
    ]
