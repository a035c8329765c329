"""URLs over the wire, in both workers: what closes, what is shown, what must not be met, and who may list what."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from hashsvc.client import (
    Cap,
    Content,
    Entry,
    HashsvcClient,
    PrivateChecker,
    ServerError,
    State,
    UrlScope,
    Verdict,
)
from hashsvc.signals import MD5, PDQ, SHA256, URL, Signal, UrlFacts
from hashsvc.signals.url_expressions import Scope
from tests.e2e.service import Service
from tests.hashlist.lists import md5_of, pdq_of

Clients = list[HashsvcClient]
DAY_US = 24 * 3600 * 1_000_000


def url(text: str, scope: Scope = Scope.PAGE, **facts: object) -> Signal:
    return Signal(URL, text.encode(), url=UrlFacts(int(scope), **facts))  # type: ignore[arg-type]


def listed(clients: Clients, *signals: Signal, content_id: str = "") -> Entry:
    """An entry that ann proposed and bob confirmed."""
    entry = clients[0].propose(Content("org", signals, content_id=content_id)).entry
    return clients[1].acting_as("bob").confirm(entry.entry_id).entry


def verdicts(clients: Clients, text: str) -> tuple[Verdict | None, tuple[Cap, ...]]:
    """Check a URL in both workers, alone and in bulk; all must agree. The verdict and the first evidence's caps."""
    answers = [client.check([url(text)]) for client in clients]
    answers += [next(iter(client.check_many([("", [url(text)])]))) for client in clients]
    assert [answer.worker for answer in answers] == [0, 1, 0, 1]
    assert len({answer.verdict for answer in answers}) == 1
    assert len({answer.evidence[:1] for answer in answers}) == 1
    caps = answers[0].evidence[0].caps if answers[0].evidence else ()
    return answers[0].verdict, caps


def test_the_life_of_a_url(clients: Clients, n: int) -> None:
    """A URL is PENDING, KNOWN, LIKELY while disputed, NEW once retracted; a look-alike is NEW all along."""
    page, alike = f"https://www.u{n}.example.com/a/b.jpg?id=7", f"https://www.u{n}.example.com/a/B.jpg?id=7"
    assert verdicts(clients, page) == (Verdict.NEW, ())
    entry = clients[0].propose(Content("org", (url(page),))).entry
    assert (entry.state, entry.signals[0].signal.value.decode()) == (State.PROPOSED, page)
    assert entry.signals[0].url is not None
    assert entry.signals[0].url.expression == f"www.u{n}.example.com/a/b.jpg?id=7"
    assert verdicts(clients, page) == (Verdict.PENDING, ())
    clients[1].acting_as("bob").confirm(entry.entry_id)
    for same in (
        page,
        f"http://user:pw@WWW.u{n}.Example.com:80/a/./%62.jpg?id=7#part",
        f"hxxps://www[.]u{n}[.]example[.]com/a/b.jpg?id=7&fbclid=XYZ",
    ):
        assert verdicts(clients, same) == (Verdict.KNOWN, ()), same
    loose = (f"https://u{n}.example.com/a/b.jpg?id=7", f"https://www.u{n}.example.com//a/b.jpg?id=7&sid=1")
    for text in loose:
        assert verdicts(clients, text) == (Verdict.LIKELY, (Cap.LOOSE_URL,)), text
    different = (
        alike,
        f"https://www.u{n}.example.com/a/b.jpg?id=8",
        f"https://www.u{n}.example.com/a/b.jpg",
        f"https://www.u{n}.example.com@evil.example/a/b.jpg?id=7",
        f"https://www.u{n}.example.com.evil.example/a/b.jpg?id=7",
    )
    for text in different:
        assert verdicts(clients, text) == (Verdict.NEW, ()), text
    clients[0].acting_as("cleo").retract(entry.entry_id, reason_code="QA")
    assert verdicts(clients, page) == (Verdict.LIKELY, (Cap.DISPUTED,))
    clients[1].acting_as("dan").confirm_retraction(entry.entry_id)
    assert verdicts(clients, page) == (Verdict.NEW, ())


@pytest.mark.parametrize(
    ("scope", "text", "met", "not_met"),
    [
        (Scope.PATH, "/photo/7", ["/photo/7?ref=1", "/photo/7"], ["/photo/71", "/photo/7/x"]),
        (Scope.PREFIX, "/gal/", ["/gal/", "/gal/1/2/3?x", "/x/../gal/1"], ["/gal", "/gallery/1", "/other"]),
        (Scope.HOST, "/", ["/", ":8080/x?y"], []),
        (Scope.DOMAIN, "/", ["/", "/x"], []),
    ],
)
def test_an_entry_covers_its_scope_and_no_more(
    clients: Clients, n: int, scope: Scope, text: str, met: list[str], not_met: list[str]
) -> None:
    """A PATH, PREFIX, HOST or DOMAIN closes what lies in it, says so in the evidence, and nothing beside it."""
    host = f"http://s{n}.example.com"
    entry = listed(clients, url(host + text, scope))
    for rest in met:
        answer = clients[0].check([url(host + rest)])
        assert answer.verdict is Verdict.KNOWN, rest
        assert (answer.evidence[0].entry, answer.evidence[0].url_scope) == (entry.entry_id, UrlScope(scope.name))
    for rest in not_met:
        assert clients[1].check([url(host + rest)]).verdict is Verdict.NEW, rest
    below = f"http://a.b.s{n}.example.com/x"
    assert verdicts(clients, below)[0] is (Verdict.KNOWN if scope is Scope.DOMAIN else Verdict.NEW)
    assert verdicts(clients, f"http://nots{n}.example.com/") == (Verdict.NEW, ())


def test_the_narrowest_confirmed_scope_comes_first(clients: Clients, n: int) -> None:
    """All entries that a URL lies in are in the evidence, the narrowest first, proposed ones last."""
    page = f"http://n{n}.example.com/a/b"
    domain = listed(clients, url(f"http://n{n}.example.com/", Scope.DOMAIN))
    exact = listed(clients, url(page))
    folder = clients[0].propose(Content("org", (url(f"http://n{n}.example.com/a/", Scope.PREFIX),))).entry
    answer = clients[1].check([url(page)])
    assert [one.entry for one in answer.evidence] == [exact.entry_id, domain.entry_id, folder.entry_id]
    assert [one.verdict for one in answer.evidence] == [Verdict.KNOWN, Verdict.KNOWN, Verdict.PENDING]


def test_several_urls_of_one_item_and_embedded_ones(clients: Clients, n: int) -> None:
    """A chain of redirects closes by any of its URLs; a known picture on a page shows and does not close the page."""
    known = f"https://cdn{n}.example.com/1.jpg"
    listed(clients, url(known))
    chain = clients[0].check([url(f"https://short{n}.example.com/x"), url(known)])
    assert (chain.verdict, chain.evidence[0].query_index) == (Verdict.KNOWN, 1)
    page = clients[0].check([url(f"https://page{n}.example.com/"), url(known, embedded=True)])
    assert (page.verdict, page.evidence[0].caps) == (Verdict.LIKELY, (Cap.EMBEDDED,))
    bad = clients[0].check([url("ftp://x.example/"), url(known)])
    assert (bad.verdict, [one.reason for one in bad.problems]) == (Verdict.KNOWN, ["UNSUPPORTED_SCHEME"])
    with pytest.raises(ServerError, match="INVALID_URL"):
        clients[0].check([url("no url at all")])


def test_bulk_answers_the_good_urls(clients: Clients, n: int) -> None:
    """A URL that cannot be read is its item's problem; items without one, and other columns, are answered."""
    known = f"https://bulk{n}.example.com/1.jpg"
    listed(clients, url(known), Signal(SHA256, pdq_of(n)))
    items = [
        ("known", [url(known)]),
        ("refused", [url("https://a b/")]),
        ("new", [url(f"https://bulk{n}.example.com/2.jpg")]),
        ("digest", [Signal(SHA256, pdq_of(n))]),
        ("both", [url("http://[::1/"), Signal(SHA256, pdq_of(n))]),
        ("changed", [url(known), Signal(SHA256, pdq_of(n + 1))]),
    ]
    answers = {answer.id: answer for answer in clients[0].check_many(items)}
    assert {name: answer.verdict for name, answer in answers.items()} == {
        "known": Verdict.KNOWN,
        "refused": None,
        "new": Verdict.NEW,
        "digest": Verdict.KNOWN,
        "both": Verdict.KNOWN,
        "changed": Verdict.LIKELY,
    }
    assert [one.reason for one in answers["refused"].problems] == ["INVALID_URL"]
    assert answers["changed"].evidence[0].caps == (Cap.CONTRADICTING_DIGESTS,)


def test_a_page_not_seen_live_is_shown_until_it_is_seen_again(clients: Clients, n: int) -> None:
    """A PAGE last seen 31 days ago does not close; seen live, it closes at the next check in every worker."""
    page, other = f"https://old{n}.example.com/a", f"https://old{n}.example.com/b"
    long_ago = time.time_ns() // 1000 - 31 * DAY_US
    entry = listed(clients, url(page, seen_live_us=long_ago), url(other, seen_live_us=long_ago))
    assert verdicts(clients, page) == (Verdict.LIKELY, (Cap.NOT_SEEN_LIVE,))
    seen = clients[0].mark_seen_live(urls=[page + "?utm_source=x", "https://nobody.example.com/"])
    assert (seen.renewed_count, [(one.field, one.item) for one in seen.problems]) == (1, [("urls", 1)])
    assert verdicts(clients, page) == (Verdict.KNOWN, ())
    assert verdicts(clients, other) == (Verdict.LIKELY, (Cap.NOT_SEEN_LIVE,))
    again = clients[1].mark_seen_live([entry.entry_id])
    assert (again.renewed_count, again.unchanged_count) == (2, 0)
    assert verdicts(clients, other) == (Verdict.KNOWN, ())
    change = clients[0].read_changes(again.position.sequence - 1, page_size=1).changes[0]
    assert change.kind == "URLS_SEEN_LIVE"
    assert change.seen_live == ((entry.entry_id, 0), (entry.entry_id, 1))
    assert clients[0].get_entry(entry.entry_id).entry.etag == entry.etag
    with pytest.raises(ServerError, match="IN_THE_FUTURE"):
        clients[0].mark_seen_live([entry.entry_id], seen_live_us=time.time_ns() // 1000 + DAY_US)


def test_a_wide_entry_says_what_it_covers_before_it_is_confirmed(clients: Clients, n: int) -> None:
    """The answer to a proposal counts the entries below it and the checks of the last day, over all workers."""
    host = f"w{n}.example.com"
    for number in range(3):
        listed(clients, url(f"https://{host}/page/{number}"))
    listed(clients, url(f"https://else.{host}/"))
    for number in range(40):
        clients[number % 2].check([url(f"https://{host}/new/{number}")])
    list(clients[0].check_many((str(i), [url(f"https://sub.{host}/{i}")]) for i in range(60)))
    for scope, text, covered, checks in (
        (Scope.HOST, f"https://{host}/", 3, 40),
        (Scope.PREFIX, f"https://{host}/page/", 3, 0),
        (Scope.DOMAIN, f"https://{host}/", 4, 100),
    ):
        result = clients[1].propose(Content("org", (url(text, scope),)))
        (notice,) = result.url_notices
        assert (notice.scope.value, notice.covered_entry_count, notice.covered_more) == (scope.name, covered, False)
        assert checks <= notice.recent_check_count <= checks + notice.recent_check_error
        read = clients[0].get_entry(result.entry.entry_id).url_notices
        assert [one.covered_entry_count for one in read] == [covered]
        clients[1].acting_as("bob").reject(result.entry.entry_id)
    page = clients[0].propose(Content("org", (url(f"https://u:p@{host}/?utm_source=x"),)))
    assert page.url_notices[0].warnings == ("userinfo_dropped", "tracking_dropped")


REFUSED = [
    (Scope.DOMAIN, "http://co.uk/", "PUBLIC_SUFFIX"),
    (Scope.HOST, "http://github.io/", "PUBLIC_SUFFIX"),
    (Scope.HOST, "http://en.wikipedia.org/", "SHARED_HOST"),
    (Scope.PAGE, "http://imgur.com/", "SHARED_HOST"),
    (Scope.HOST, "http://93.184.215.14/", "IP_HOST"),
    (Scope.PAGE, "http://10.0.0.1/a", "NOT_PUBLIC"),
    (Scope.DOMAIN, "http://*.example.com/", "WILDCARD"),
    (Scope.HOST, "http://example.com/a", "HAS_PATH"),
    (Scope.PREFIX, "http://example.com/a", "BAD_PREFIX"),
    (Scope.PREFIX, "http://example.com/1/2/3/4/5/6/7/", "TOO_DEEP"),
    (Scope.PAGE, "hxxp://example.com/a", "UNSUPPORTED_SCHEME"),
    (Scope.PAGE, "http://example[.]com/a", "INVALID_URL"),
    (Scope.PAGE, "http://a..b.example/a", "INVALID_HOST"),
    (Scope.PAGE, "http://example.com/" + "a" * 8_200, "TOO_LONG"),
]


@pytest.mark.parametrize(("scope", "text", "reason"), REFUSED, ids=[reason for *_, reason in REFUSED])
def test_what_may_not_be_listed_is_refused_with_its_code(
    clients: Clients, scope: Scope, text: str, reason: str
) -> None:
    """An entry that would cover too much, or is no public page, is refused by field, and the error shows no URL."""
    signals = (Signal(MD5, md5_of(1)), url(text, scope))
    with pytest.raises(ServerError) as refused:
        clients[0].propose(Content("org", signals))
    assert refused.value.reason == reason
    assert refused.value.field.startswith("content.signals[1]")
    assert text[:40] not in str(refused.value)


def test_an_import_of_urls_names_the_bad_ones(clients: Clients, n: int) -> None:
    """URLs come in by batches like fingerprints: bad ones are told, good ones close when the batch is confirmed."""
    batch = clients[0].create_batch(pdq_of(n), "org").batch
    contents = [Content("", (url(f"https://i{n}.example.com/{i}"),)) for i in range(50)]
    contents[7] = Content("", (url("https://wikipedia.org/", Scope.DOMAIN),))
    result = clients[0].import_entries(batch.batch_id, contents)
    assert (result.inserted_count, result.rejected) == (49, (7,))
    assert {(one.item, one.reason) for one in result.problems} == {(7, "SHARED_HOST")}
    assert clients[0].import_entries(batch.batch_id, contents).unchanged_count == 49
    sealed = clients[0].seal(batch.batch_id).batch
    assert verdicts(clients, f"https://i{n}.example.com/3") == (Verdict.PENDING, ())
    clients[1].acting_as("bob").confirm_batch(batch.batch_id, sealed.digest)
    assert verdicts(clients, f"https://i{n}.example.com/3") == (Verdict.KNOWN, ())
    assert verdicts(clients, f"https://i{n}.example.com/33") == (Verdict.KNOWN, ())


# ---------------------------------------------------------------- private look-ups


def test_private_lookups_are_off_unless_configured(clients: Clients) -> None:
    """Nobody reads hashes by prefix from a service that was not told to allow it."""
    with pytest.raises(ServerError, match="PRIVATE_LOOKUPS_OFF"):
        list(PrivateChecker(clients[0]).check_many([("", [url("https://example.com/")])]))


@pytest.mark.slow
def test_private_lookups_say_what_a_check_says(new_service: Callable[..., Service]) -> None:
    """By prefixes alone a client finds what Check finds, save for proposals; perceptual hashes are refused."""
    service = new_service("private_lookups=true", "private_prefixes_max=2000")
    pair = service.clients("ann")
    try:
        listed(pair, url("https://www.example.com/a?utm_source=x&b=1"), Signal(SHA256, pdq_of(1)))
        listed(pair, url("https://p.example.com/gal/", Scope.PREFIX))
        listed(pair, url("https://d.example.com/", Scope.DOMAIN))
        listed(pair, url("https://q.example.com/?utm_id=5", query_exact=True))
        pair[0].propose(Content("org", (url("https://proposed.example.com/"),)))
        checker = PrivateChecker(pair[0])
        items = [
            *(
                (text, [url(text)])
                for text in (
                    "http://www.example.com/a?b=1&fbclid=2", "http://www.example.com/a?utm_source=x&b=1",
                    "http://example.com/a?b=1", "http://www.example.com/A?b=1", "http://p.example.com/gal/1",
                    "http://p.example.com/gallery", "http://x.d.example.com/y", "http://notd.example.com/",
                    "http://q.example.com/?utm_id=5", "http://q.example.com/", "http://proposed.example.com/",
                )
            ),
            ("digest", [Signal(SHA256, pdq_of(1))]),
            ("other digest", [Signal(SHA256, pdq_of(2))]),
        ]  # fmt: skip
        private = {result.id: result.verdict for result in checker.check_many(items)}
        plain = {result.id: result.verdict for result in pair[1].check_many(items)}
        assert plain.pop("http://proposed.example.com/") is Verdict.PENDING
        assert private.pop("http://proposed.example.com/") is Verdict.NEW
        assert private == plain
        assert set(private.values()) == {Verdict.KNOWN, Verdict.LIKELY, Verdict.NEW}
        (refused,) = checker.check_many([("", [Signal(PDQ, pdq_of(1))])])
        assert (refused.verdict, refused.problems[0].reason) == (None, "NO_PREFIXES")
        many = [(str(i), [url(f"https://example.com/{i}")]) for i in range(3_000)]
        with pytest.raises(ServerError, match="PREFIX_QUOTA"):
            list(checker.check_many(many))
        assert pair[0].check([url("http://p.example.com/gal/1")]).verdict is Verdict.KNOWN
    finally:
        for client in pair:
            client.close()
