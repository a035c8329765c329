"""URLs through the client: alone, in bulk, in entries, and seen live."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import grpc
import pytest

from hashsvc.client import AsyncHashsvcClient, Content, HashsvcClient, ServerError, UrlScope
from hashsvc.client.columns import ColumnBuilder
from hashsvc.client.values import ListedUrl, SeenLiveResult, UrlNotice
from hashsvc.errors import InvalidArgument, ResourceExhausted
from hashsvc.limits import BULK_BYTES_MAX, URL_BYTES_MAX
from hashsvc.signals import MD5, URL, Signal, UrlFacts
from hashsvc.v1 import entry_pb2
from tests.client.fake import ENTRY_ID, Fake

Items = list[tuple[int, Sequence[Signal]]]
SEEN_US = 1_795_512_600_000_000


def page(number: int, embedded: bool = False) -> Signal:
    url = UrlFacts(embedded=True) if embedded else None
    return Signal(URL, b"https://cats.example/%d.jpg" % number, url=url)


def md5_of(number: int) -> Signal:
    return Signal(MD5, number.to_bytes(16))


# ---------------------------------------------------------------- one item


def test_a_url_is_checked_as_it_is_written(fake: Fake, client: HashsvcClient) -> None:
    """The text goes out unchanged; the server alone decides which page it is. What it met says its scope."""
    text = b"HXXPS://Cats[.]example/%61?utm_source=x#top"
    fake.known = {text}
    result = client.check([Signal(URL, text)])
    (request,) = fake.requests("Check")
    assert (request.signals[0].type, request.signals[0].value) == (URL, text)
    assert (result.verdict, result.evidence[0].signal, result.evidence[0].url_scope) == ("KNOWN", "url", "PAGE")


def test_an_embedded_url_is_marked(fake: Fake, client: HashsvcClient) -> None:
    """A URL of something that the item contains travels as such; one of the item itself does not."""
    client.check([page(1), page(2, embedded=True)])
    (request,) = fake.requests("Check")
    assert [signal.url.embedded for signal in request.signals] == [False, True]


# ---------------------------------------------------------------- many items


def test_urls_travel_in_a_column_of_text(fake: Fake, client: HashsvcClient) -> None:
    """Each item has its URL or ""; without any URL there is no column."""
    items: Items = [(0, [page(0)]), (1, [md5_of(1)]), (2, [md5_of(2), page(2)])]
    fake.known = {page(2).value}
    assert [result.verdict for result in client.check_many(items)] == ["NEW", "NEW", "KNOWN"]
    list(client.check_many([(0, [md5_of(1)])]))
    first, second = fake.requests("BatchCheck")
    assert list(first.url) == ["https://cats.example/0.jpg", "", "https://cats.example/2.jpg"]
    assert list(second.url) == []


def test_several_urls_of_one_item_have_one_result(fake: Fake, client: HashsvcClient) -> None:
    """A chain of redirects takes a row each; the verdict is the strongest, the evidence that of all."""
    fake.known = {page(2).value, page(3).value}
    items: Items = [(0, [page(1), page(2), md5_of(1), page(3)]), (1, [page(4), page(5)]), (2, [md5_of(2)])]
    for items_max in (2, 100):
        results = list(client.check_many(items, items_max=items_max))
        assert [(result.id, result.verdict) for result in results] == [(0, "KNOWN"), (1, "NEW"), (2, "NEW")]
        assert [evidence.signal for evidence in results[0].evidence] == ["url", "url"]
        assert all(result.problems == () for result in results)


def test_a_bad_url_does_not_hide_the_good_ones(fake: Fake, client: HashsvcClient) -> None:
    """An item with one URL that cannot be used is checked by the others; with none that can, it has no verdict."""
    embedded, empty, long = page(1, embedded=True), Signal(URL, b""), Signal(URL, b"a" * (URL_BYTES_MAX + 1))
    fake.known = {page(2).value, page(1).value}
    items: Items = [
        (0, [embedded, page(2)]), (1, [embedded]), (2, [embedded, md5_of(1)]), (3, [empty]), (4, [empty, page(3)]),
        (5, [long, page(2)]), (6, [page(4)]),
    ]  # fmt: skip
    results = list(client.check_many(items))
    assert [result.verdict for result in results] == ["KNOWN", None, "NEW", None, "NEW", "KNOWN", "NEW"]
    told = [[(problem.field, problem.reason) for problem in result.problems] for result in results]
    assert told == [
        [("signals[0]", "EMBEDDED_URL")], [("signals[0]", "EMBEDDED_URL")], [("signals[0]", "EMBEDDED_URL")],
        [("signals[0]", "EMPTY")], [("signals[0]", "EMPTY")], [("signals[0]", "TOO_LONG")], [],
    ]  # fmt: skip
    (request,) = fake.requests("BatchCheck")
    assert list(request.url).count("https://cats.example/1.jpg") == 0, "an embedded URL must not close an item"


def test_calls_are_split_by_the_bytes_of_their_urls(fake: Fake, client: HashsvcClient) -> None:
    """URLs vary in length; a call has as many items as fit, counted as they are on the wire."""
    urls = [b"https://cats.example/" + b"x" * (number * 37 % 2000) for number in range(600)]
    urls += ["https://мурка.example/\u20ac".encode() * 20] * 40
    items: Items = [(number, [Signal(URL, text), md5_of(number)]) for number, text in enumerate(urls)]
    assert [result.id for result in client.check_many(items, bytes_max=30_000)] == list(range(len(urls)))
    sizes = [request.ByteSize() for request in fake.requests("BatchCheck")]
    assert max(sizes) <= 30_000
    assert sum(sizes) / len(sizes) > 20_000, "calls are full"


def test_short_and_missing_urls_count_as_well(fake: Fake, client: HashsvcClient) -> None:
    """What goes round a text is counted, also where an item has none: a column has a place for each."""
    items: Items = [(number, [Signal(URL, b"x")]) for number in range(8000)]
    items += [(number, [page(number)] if number == 8000 else [md5_of(number)]) for number in range(8000, 12_000)]
    assert sum(1 for _ in client.check_many(items, bytes_max=12_000)) == 12_000
    assert max(request.ByteSize() for request in fake.requests("BatchCheck")) <= 12_000


def test_the_longest_urls_fit_the_limit() -> None:
    """However long URLs are, and however many an item has, no call is larger than 4 MiB."""
    items: Items = [(number, [Signal(URL, b"a" * URL_BYTES_MAX)] * (number % 65)) for number in range(100)]
    calls = list(ColumnBuilder[int]().calls(items))
    assert len(calls) > 1
    assert all(call.request.ByteSize() <= BULK_BYTES_MAX for call in calls)


# ---------------------------------------------------------------- entries


def listed() -> entry_pb2.EntrySignal:
    one = entry_pb2.EntrySignal(ordinal=1)
    one.signal.type = URL  # type: ignore[assignment]
    one.signal.text = "https://www.cats.example/"
    one.signal.url.scope = 5  # type: ignore[assignment]
    one.url.expression, one.url.canon_version, one.url.suffix_list = "www.cats.example/", 1, "20261023"
    one.url.seen_live_time.FromMicroseconds(SEEN_US)
    return one


NOTICE = entry_pb2.UrlNotice(
    ordinal=1,
    scope=5,  # type: ignore[arg-type]
    warnings=["mixed_script"],
    covered_entry_count=3,
    covered_more=True,
    recent_check_count=40,
    recent_check_error=2,
)


def test_a_listed_url_is_told_in_full(fake: Fake, client: HashsvcClient) -> None:
    """An entry says how a URL was written, what it stands for, by what rules, and when it was seen live."""
    fake.url = listed()
    entry = client.get_entry(ENTRY_ID).entry
    digest, url = entry.signals
    assert digest.url is None
    assert url.signal == Signal(URL, b"https://www.cats.example/", url=UrlFacts(5))
    assert url.url == ListedUrl("www.cats.example/", 1, "20261023", SEEN_US)


def test_notices_come_with_proposals_amendments_and_reads(fake: Fake, client: HashsvcClient) -> None:
    """What somebody should know before confirming a URL is told by whatever shows the entry to people."""
    fake.notices = [NOTICE]
    notice = UrlNotice(1, UrlScope.DOMAIN, ("mixed_script",), 3, True, 40, 2)
    content = Content("iwf", (Signal(URL, b"https://www.cats.example/", url=UrlFacts(5)),))
    assert client.propose(content).url_notices == (notice,)
    assert client.amend(ENTRY_ID, "e1", add=content.signals).url_notices == (notice,)
    assert client.get_entry(ENTRY_ID).url_notices == (notice,)
    assert client.confirm(ENTRY_ID).url_notices == ()


def test_what_is_said_of_a_url_arrives_whole(fake: Fake, client: HashsvcClient) -> None:
    """Scope, exact query and time reach the server in proposals, amendments and imports alike."""
    facts = UrlFacts(1, True, SEEN_US)
    signals = (
        md5_of(1),
        Signal(URL, b"https://cats.example/?utm_x=1", url=facts),
        Signal(URL, b"https://cats.example/"),
    )
    content = Content("iwf", signals)
    client.propose(content)
    client.amend(ENTRY_ID, "e1", add=signals)
    list(client.import_many([content], validate_only=True))
    (proposed,), (amended,) = fake.requests("ProposeEntry"), fake.requests("AmendEntry")
    (imported,) = fake.requests("ImportEntries")
    for found in (proposed.content.signals, amended.add_signals, imported.entries[0].signals):
        digest, url, plain = found
        assert not digest.HasField("url")
        assert (url.type, url.value) == (URL, b"https://cats.example/?utm_x=1")
        assert (url.url.scope, url.url.query_exact) == (1, True)
        assert url.url.seen_live_time.ToMicroseconds() == SEEN_US
        assert not plain.url.HasField("seen_live_time")


def test_a_scope_newer_than_this_client_is_unspecified(fake: Fake, client: HashsvcClient) -> None:
    """A newer server does not break an older client."""
    fake.notices = [entry_pb2.UrlNotice(scope=9)]  # type: ignore[arg-type]
    fake.url = listed()
    fake.url.signal.url.scope = 9  # type: ignore[assignment]
    result = client.get_entry(ENTRY_ID)
    assert result.url_notices[0].scope == "UNSPECIFIED"
    assert result.entry.signals[1].signal.url == UrlFacts(9)


# ---------------------------------------------------------------- seen live


def test_what_was_seen_live_is_told_with_its_time(fake: Fake, client: HashsvcClient) -> None:
    """Entries and URLs, and when; without a time the server takes its own clock's."""
    result = client.mark_seen_live(
        [ENTRY_ID], ["https://cats.example/", "http://unknown.example/"], seen_live_us=SEEN_US
    )
    client.mark_seen_live(urls=["https://cats.example/"], request_id="mine")
    first, second = fake.requests("MarkSeenLive")
    assert (list(first.entry_ids), list(first.urls)[1]) == ([ENTRY_ID], "http://unknown.example/")
    assert first.seen_live_time.ToMicroseconds() == SEEN_US
    assert (second.HasField("seen_live_time"), second.request_id) == (False, "mine")
    assert (result.renewed_count, result.unchanged_count, result.position.sequence, result.worker) == (2, 0, 41, 3)
    assert [(one.field, one.item, one.reason) for one in result.problems] == [("urls", 1, "UNKNOWN")]


@pytest.mark.parametrize("client_type", [HashsvcClient, AsyncHashsvcClient])
def test_seen_live_happens_once_however_often_it_is_sent(
    fake: Fake, client_type: type[HashsvcClient] | type[AsyncHashsvcClient]
) -> None:
    """It waits as a bulk call does when the server is busy, and is sent again as the same write."""
    busy = ResourceExhausted("TOO_MANY_BULK_CALLS", "busy", retry_after_ms=1)
    fake.failures.extend([busy, grpc.StatusCode.UNAVAILABLE, busy])

    async def ask() -> SeenLiveResult:
        async with AsyncHashsvcClient(fake.address, actor="ann") as other:
            return await other.mark_seen_live([ENTRY_ID])

    if client_type is AsyncHashsvcClient:
        result = asyncio.run(ask())
    else:
        with HashsvcClient(fake.address, actor="ann") as other:
            result = other.mark_seen_live([ENTRY_ID])
    assert result.renewed_count == 1
    requests = fake.requests("MarkSeenLive")
    assert len(requests) == 4
    assert len({request.request_id for request in requests}) == 1
    assert requests[0].request_id
    assert {metadata["hashsvc-actor"] for _, _, metadata in fake.seen} == {"ann"}


def test_a_refusal_of_seen_live_is_raised_at_once(fake: Fake, client: HashsvcClient) -> None:
    """A time ahead of the server's clock is nothing that waiting mends."""
    fake.failures.append(InvalidArgument("IN_THE_FUTURE", "ahead of the clock", field="seen_live_time"))
    with pytest.raises(ServerError) as raised:
        client.mark_seen_live([ENTRY_ID], seen_live_us=SEEN_US)
    assert (raised.value.reason, raised.value.field) == ("IN_THE_FUTURE", "seen_live_time")
    assert len(fake.requests("MarkSeenLive")) == 1
