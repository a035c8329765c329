"""Look-ups by prefix: what they send, what they remember, and that their verdict is that of the whole list."""

from __future__ import annotations

import asyncio
import hashlib
import itertools
from collections.abc import Iterable, Sequence
from types import SimpleNamespace
from typing import Any, NamedTuple

import grpc
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.client import AsyncHashsvcClient, AsyncPrivateChecker, HashsvcClient, PrivateChecker, ServerError, private
from hashsvc.client.values import PrivateResult, Verdict
from hashsvc.errors import FailedPrecondition, ResourceExhausted
from hashsvc.limits import PREFIXES_MAX
from hashsvc.signals import BY_NAME, MD5, PDQ, PHASH64, PHOTODNA, SHA1, SHA256, URL, Signal, UrlFacts
from hashsvc.signals.url import canonicalise
from hashsvc.signals.url_expressions import (
    LOOSE,
    Role,
    RowKind,
    Scope,
    domains,
    entry_rows,
    expression_hash,
    lookup_keys,
    met,
)
from hashsvc.signals.url_loose import loose_of, loose_path_of
from hashsvc.v1 import check_service_pb2 as pb
from tests.client.fake import Fake, prefixes_of

PAGE = "https://www.cats.example/a/1.jpg?id=7"
FORMS = {Role.STRIPPED: pb.URL_FORM_STRIPPED, Role.LOOSE: pb.URL_FORM_LOOSE, Role.LOOSE_PATH: pb.URL_FORM_LOOSE}
ROW_SCOPES = {RowKind.PAGE_EXACT: 1, RowKind.PAGE_STRIPPED: 1, RowKind.LOOSE_PAGE: 1, RowKind.LOOSE_PATH: 2}


class Listed(NamedTuple):
    """A confirmed URL of the list."""

    text: str
    scope: int = Scope.PAGE
    query_exact: bool = False

    def matches(self) -> list[pb.PrefixMatch]:
        """What CheckPrefixes tells of it: each row in each form in which a look-up can meet it."""
        kind = RowKind.PAGE_EXACT if self.query_exact else RowKind(self.scope)
        found = []
        for digest, row in entry_rows(kind, canonicalise(self.text)):
            for role in Role:
                how = met(role, row)
                if how >= 0:
                    verdict = pb.VERDICT_LIKELY if how == LOOSE else pb.VERDICT_KNOWN
                    form = FORMS.get(role, pb.URL_FORM_AS_WRITTEN)
                    scope: Any = ROW_SCOPES.get(RowKind(row), row)
                    found.append(match_of(digest, verdict, scope, form, self.entry_id))
        return found

    @property
    def entry_id(self) -> str:
        return f"{self.scope} {self.text} {self.query_exact}"


def match_of(digest: bytes, verdict: Any, scope: Any = 0, form: Any = 0, entry_id: str = "e") -> pb.PrefixMatch:
    return pb.PrefixMatch(hash=digest, verdict=verdict, url_scope=scope, url_form=form, entry_id=entry_id)


def url(text: str = PAGE, embedded: bool = False) -> Signal:
    return Signal(URL, text.encode(), url=UrlFacts(embedded=True) if embedded else None)


def prefixes(text: str, wanted: int = 0xFF) -> set[bytes]:
    """The real prefixes of a URL's expressions that have one of the wanted roles."""
    roles, digests = lookup_keys(text)
    return {digests[at * 32 : at * 32 + 4] for at, role in enumerate(roles) if role & wanted}


def asked(fake: Fake) -> list[list[bytes]]:
    return [prefixes_of(request) for request in fake.requests("CheckPrefixes")]


def check(checker: PrivateChecker, *signals: Signal) -> PrivateResult[str]:
    (result,) = checker.check_many([("x", signals)])
    return result


@pytest.fixture
def checker(client: HashsvcClient) -> PrivateChecker:
    return PrivateChecker(client, decoys=2, secret=b"one secret")


# ---------------------------------------------------------------- what is sent


def test_only_the_first_bytes_of_hashes_go_out(fake: Fake, checker: PrivateChecker) -> None:
    """No URL, no name and no whole hash leaves the caller: 4 bytes of each expression's hash, and no actor's words."""
    check(checker, url())
    real = prefixes(PAGE)
    assert real <= set(itertools.chain(*asked(fake)))
    for request in fake.requests("CheckPrefixes"):
        assert {field.name for field, _ in request.ListFields()} <= {"type", "prefixes", "canon_version"}
        assert request.type == URL
    assert [name for name, _, _ in fake.seen] == ["CheckPrefixes", "CheckPrefixes"]


def test_sites_and_pages_go_in_separate_calls(fake: Fake, checker: PrivateChecker) -> None:
    """The prefix of a site beside that of its page would tell which page it is."""
    check(checker, url())
    sites = prefixes(PAGE, Role.HOST | Role.DOMAIN)
    pages = prefixes(PAGE) - sites
    first, second = (set(found) for found in asked(fake))
    assert pages <= first
    assert sites <= second
    assert not pages & second
    assert not sites & first


def test_the_order_of_prefixes_tells_nothing(fake: Fake, checker: PrivateChecker) -> None:
    """Prefixes of all items, and decoys, are sent sorted and once each."""
    results = checker.check_many([(number, [url(f"https://cats.example/{number}")]) for number in range(40)])
    assert len(list(results)) == 40
    for found in asked(fake):
        assert found == sorted(set(found))


def test_each_real_prefix_has_its_decoys(fake: Fake, checker: PrivateChecker, client: HashsvcClient) -> None:
    """As many as asked for; the same for the same prefix whenever it is asked, and others with another secret."""
    real = prefixes(PAGE)
    check(checker, url())
    first = set(itertools.chain(*asked(fake)))
    assert len(first) == 3 * len(real)
    fake.seen.clear()
    check(PrivateChecker(client, decoys=2, secret=b"one secret"), url())
    assert set(itertools.chain(*asked(fake))) == first, "fresh decoys would give the real prefix away"
    fake.seen.clear()
    check(PrivateChecker(client, decoys=2, secret=b"another"), url())
    assert set(itertools.chain(*asked(fake))) & first == real
    fake.seen.clear()
    check(PrivateChecker(client, decoys=0), url())
    assert set(itertools.chain(*asked(fake))) == real


def test_without_a_secret_each_checker_draws_its_own(fake: Fake, client: HashsvcClient) -> None:
    """Two callers that name no secret do not share their decoys."""
    for _ in range(2):
        check(PrivateChecker(client), url())
    first, second = set(itertools.chain(*asked(fake)[:2])), set(itertools.chain(*asked(fake)[2:]))
    assert first & second == prefixes(PAGE)
    assert len(first) == 5 * len(prefixes(PAGE))


def test_decoys_are_not_told_by_what_other_prefixes_are_asked(fake: Fake, checker: PrivateChecker) -> None:
    """A prefix brings the same decoys whether it is asked alone or among others."""
    other = "https://dogs.example/x"
    check(checker, url(), url(other))
    together = set(itertools.chain(*asked(fake)))
    fake.seen.clear()
    apart = PrivateChecker(checker._client, decoys=2, secret=b"one secret")
    check(apart, url())
    check(apart, url(other))
    assert set(itertools.chain(*asked(fake))) == together


def test_a_call_asks_at_most_a_thousand_prefixes(fake: Fake, checker: PrivateChecker) -> None:
    """Many items take several calls, each within the server's limit, and each prefix is asked once."""
    items = [(number, [url(f"https://h{number}.example/{number}/")]) for number in range(700)]
    assert all(result.verdict is Verdict.NEW for result in checker.check_many(items))
    found = asked(fake)
    assert max(map(len, found)) == PREFIXES_MAX
    everything = list(itertools.chain(*found))
    assert len(everything) == len(set(everything))
    real = set().union(*(prefixes(f"https://h{number}.example/{number}/") for number in range(700)))
    assert real <= set(everything)


# ---------------------------------------------------------------- what is remembered


def test_answers_are_remembered_as_long_as_the_server_says(
    fake: Fake, checker: PrivateChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also that there is nothing; then they are asked again, with the same decoys."""
    now = 1000.0
    monkeypatch.setattr(private, "time", SimpleNamespace(monotonic=lambda: now))
    fake.cache_seconds = 300
    assert check(checker, url()).verdict is Verdict.NEW
    first = asked(fake)
    fake.listed = {URL: Listed(PAGE).matches()}
    now = 1299.0
    assert check(checker, url()).verdict is Verdict.NEW
    assert asked(fake) == first
    now = 1301.0
    assert check(checker, url()).verdict is Verdict.KNOWN
    assert asked(fake) == first * 2
    fake.listed = {}
    assert check(checker, url()).verdict is Verdict.KNOWN
    now = 1602.0
    assert check(checker, url()).verdict is Verdict.NEW


def test_only_what_is_not_remembered_is_asked(fake: Fake, checker: PrivateChecker) -> None:
    """Another page of the same site asks for its own expressions; the site's answers are at hand."""
    check(checker, url("https://cats.example/a/1.jpg"))
    fake.seen.clear()
    check(checker, url("https://cats.example/a/2.jpg"))
    (found,) = asked(fake)
    assert len(found) == 3 * len(prefixes("https://cats.example/a/2.jpg") - prefixes("https://cats.example/a/1.jpg"))


def test_an_answer_that_may_not_be_kept_is_still_read(fake: Fake, checker: PrivateChecker) -> None:
    """A server that lets nothing be kept is asked anew each time, and its answers count all the same."""
    fake.cache_seconds = 0
    fake.listed = {URL: Listed(PAGE).matches()}
    assert check(checker, url()).verdict is Verdict.KNOWN


def test_a_full_memory_is_emptied_without_losing_what_is_at_hand(
    fake: Fake, checker: PrivateChecker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much was asked before, an item that was partly remembered is answered whole."""
    monkeypatch.setattr(private, "CACHED_MAX", 30)
    fake.listed = {URL: Listed(PAGE).matches()}
    for number in range(50):
        other = url(f"https://www.cats.example/a/{number}/")
        results = list(checker.check_many([(1, [url()]), (2, [other]), (3, [url(), other])]))
        assert [result.verdict for result in results] == ["KNOWN", "NEW", "KNOWN"]
    assert len(checker._lookups._cache) < 200


def test_a_failed_call_leaves_nothing_half_remembered(fake: Fake, checker: PrivateChecker) -> None:
    """After a failure the same item is asked again and answered."""
    fake.listed = {URL: Listed(PAGE).matches()}
    fake.failures.extend([None, grpc.StatusCode.INTERNAL])
    with pytest.raises(ServerError):
        check(checker, url())
    assert check(checker, url()).verdict is Verdict.KNOWN


# ---------------------------------------------------------------- what is found


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_digests_are_looked_up_by_prefix(fake: Fake, checker: PrivateChecker, name: str) -> None:
    """A digest is its own hash; each type has calls of its own."""
    kind = BY_NAME[name]
    value = hashlib.new(name, b"cat", usedforsecurity=False).digest()
    near = value[:4] + bytes(len(value) - 4)
    fake.listed = {kind.number: [match_of(value, pb.VERDICT_KNOWN)]}
    assert check(checker, Signal(kind.number, value)).verdict is Verdict.KNOWN
    assert check(checker, Signal(kind.number, near)).verdict is Verdict.NEW
    assert {request.type for request in fake.requests("CheckPrefixes")} == {kind.number}


def test_types_are_not_mixed_up(fake: Fake, checker: PrivateChecker) -> None:
    """A SHA-256 that equals the hash of a listed URL's expression is not that URL, and the reverse."""
    value = expression_hash(canonicalise(PAGE).strict)
    fake.listed = {URL: Listed(PAGE).matches()}
    assert check(checker, Signal(SHA256, value)).verdict is Verdict.NEW
    fake.listed = {SHA256: [match_of(value, pb.VERDICT_KNOWN)]}
    assert check(PrivateChecker(checker._client), url()).verdict is Verdict.NEW


def test_a_hash_that_only_begins_alike_is_no_match(fake: Fake, checker: PrivateChecker) -> None:
    """The server answers with all that begins so; only the whole hash counts."""
    (digest, *_) = (match.hash for match in Listed(PAGE).matches())
    fake.listed = {URL: [match_of(digest[:31] + b"\0", pb.VERDICT_KNOWN, 1, pb.URL_FORM_AS_WRITTEN)]}
    result = check(checker, url())
    assert (result.verdict, result.matches) == ("NEW", ())


@pytest.mark.parametrize("scope", Scope)
@pytest.mark.parametrize("form", [pb.URL_FORM_AS_WRITTEN, pb.URL_FORM_STRIPPED, pb.URL_FORM_LOOSE])
def test_a_match_counts_for_its_scope_and_form_only(
    fake: Fake, checker: PrivateChecker, scope: Scope, form: pb.UrlForm
) -> None:
    """`cats.example/` is a page, a path, a host and a domain: which of them is listed is not the same."""
    front, below = "https://cats.example/", "https://cats.example/x"
    digest = expression_hash("cats.example/")
    fake.listed = {URL: [match_of(digest, pb.VERDICT_KNOWN, int(scope), form)]}
    met_by = {
        pb.URL_FORM_AS_WRITTEN: (Scope.PAGE, Scope.PATH, Scope.HOST, Scope.DOMAIN),  # a folder has a level at least
        pb.URL_FORM_STRIPPED: (),  # nothing was taken off
        pb.URL_FORM_LOOSE: (Scope.PAGE, Scope.PATH),
    }[form]
    strict = form == pb.URL_FORM_AS_WRITTEN
    above, domain = strict and scope in (Scope.HOST, Scope.DOMAIN), strict and scope == Scope.DOMAIN
    assert check(checker, url(front)).verdict == ("KNOWN" if scope in met_by else "NEW")
    assert check(checker, url(below)).verdict == ("KNOWN" if above else "NEW")
    assert check(checker, url("https://a.cats.example/")).verdict == ("KNOWN" if domain else "NEW")


def test_tracking_is_taken_off_by_the_caller(fake: Fake, checker: PrivateChecker) -> None:
    """A URL with tracking meets the page without it; an entry with its exact query is met by just that."""
    clicked = PAGE + "&fbclid=x"
    fake.listed = {URL: Listed(PAGE).matches()}
    assert check(checker, url(clicked)).verdict is Verdict.KNOWN
    fake.listed = {URL: Listed(clicked, Scope.PAGE, True).matches()}
    fresh = PrivateChecker(checker._client)
    assert [check(fresh, url(text)).verdict for text in (clicked, PAGE)] == ["KNOWN", "LIKELY"]


def test_known_beats_likely(fake: Fake, checker: PrivateChecker) -> None:
    """An item that meets several entries has the strongest verdict; the matches say all, strongest first."""
    loose, strict = Listed("https://cats.example/a/1.jpg?id=7"), Listed("https://www.cats.example/a/", Scope.PREFIX)
    fake.listed = {URL: loose.matches() + strict.matches()}
    result = check(checker, url("https://dogs.example/"), url())
    assert result.verdict is Verdict.KNOWN
    assert [(one.entry, one.verdict, one.url_scope, one.query_index) for one in result.matches] == [
        (strict.entry_id, "KNOWN", "PREFIX", 1),
        (loose.entry_id, "LIKELY", "PAGE", 1),
    ]
    fake.listed = {URL: loose.matches()}
    assert check(PrivateChecker(checker._client), url()).verdict is Verdict.LIKELY


def test_an_entry_that_is_met_in_several_ways_is_told_once(fake: Fake, checker: PrivateChecker) -> None:
    """The strongest way is told; each signal of the item that meets it is told for itself."""
    fake.listed = {URL: Listed(PAGE).matches()}
    result = check(checker, url(), url(PAGE + "&utm_x=1"), url("http://cats.example/a/1.jpg?id=7"))
    assert [(one.query_index, one.verdict) for one in result.matches] == [(0, "KNOWN"), (1, "KNOWN"), (2, "LIKELY")]


def test_a_stale_page_does_not_hide_the_site_of_the_same_entry(fake: Fake, checker: PrivateChecker) -> None:
    """An entry that lists a page, no longer seen there, and its whole host closes by the host."""
    page, host = expression_hash(canonicalise(PAGE).strict), expression_hash("www.cats.example/")
    fake.listed = {
        URL: [
            match_of(page, pb.VERDICT_LIKELY, Scope.PAGE, pb.URL_FORM_AS_WRITTEN),
            match_of(host, pb.VERDICT_KNOWN, Scope.HOST, pb.URL_FORM_AS_WRITTEN),
        ]
    }
    result = check(checker, url())
    assert [(one.verdict, one.url_scope) for one in result.matches] == [("KNOWN", "HOST")]
    assert result.verdict is Verdict.KNOWN


def test_an_embedded_url_never_closes(fake: Fake, checker: PrivateChecker) -> None:
    """What an item contains is shown and does not make the item KNOWN, here as in any other check."""
    fake.listed = {URL: Listed(PAGE).matches()}
    result = check(checker, url("https://dogs.example/"), url(embedded=True))
    assert (result.verdict, result.matches[0].verdict) == ("LIKELY", "LIKELY")
    assert check(checker, url(embedded=True), url()).verdict is Verdict.KNOWN


def test_a_verdict_newer_than_this_client_is_passed_over(fake: Fake, checker: PrivateChecker) -> None:
    """What this client has no word for decides nothing."""
    digest = expression_hash(canonicalise(PAGE).strict)
    fake.listed = {URL: [match_of(digest, 9, 1, pb.URL_FORM_AS_WRITTEN)]}
    assert check(checker, url()).verdict is Verdict.NEW


# ---------------------------------------------------------------- what cannot be asked


@pytest.mark.parametrize("number", [PDQ, PHASH64, PHOTODNA])
def test_a_perceptual_hash_has_no_prefix(fake: Fake, checker: PrivateChecker, number: int) -> None:
    """A near hash begins otherwise: it is told, and the rest of the item is looked up."""
    kind = next(kind for kind in BY_NAME.values() if kind.number == number)
    perceptual = Signal(number, kind.examples()[0])
    alone = check(checker, perceptual)
    assert (alone.verdict, [(one.field, one.reason) for one in alone.problems]) == (
        None,
        [("signals[0]", "NO_PREFIXES")],
    )
    assert fake.seen == []
    fake.listed = {URL: Listed(PAGE).matches()}
    both = check(checker, url(), perceptual)
    assert (both.verdict, [one.field for one in both.problems]) == ("KNOWN", ["signals[1]"])


@pytest.mark.parametrize(
    ("signal", "reason"),
    [
        (Signal(URL, b"no url"), "INVALID_URL"),
        (Signal(URL, b""), "EMPTY"),
        (Signal(URL, b"ftp://cats.example/"), "UNSUPPORTED_SCHEME"),
        (Signal(MD5, b"abc"), "BAD_LENGTH"),
        (Signal(SHA1, bytes(19)), "BAD_LENGTH"),
        (Signal(MD5, bytes(16)), "WEAK_FINGERPRINT"),
        (Signal(99, b"abcd"), "UNKNOWN_TYPE"),
    ],
)
def test_what_cannot_be_read_is_told_and_the_rest_is_asked(
    fake: Fake, checker: PrivateChecker, signal: Signal, reason: str
) -> None:
    """A wrong signal is a problem of its item, names its place, and shows no part of a URL."""
    fake.listed = {URL: Listed(PAGE).matches()}
    results = list(checker.check_many([(1, [signal]), (2, [url(), signal]), (3, [])]))
    assert [result.verdict for result in results] == [None, "KNOWN", None]
    for result in results[:2]:
        (problem,) = result.problems
        assert problem.reason == reason
        assert problem.field.startswith(f"signals[{len(result.matches)}]")
        assert "cats" not in problem.message
    assert [one.reason for one in results[2].problems] == ["EMPTY_ITEM"]


def test_a_server_that_does_not_offer_it_says_so(fake: Fake, checker: PrivateChecker) -> None:
    """PRIVATE_LOOKUPS_OFF is raised, as is a used-up quota; nothing is answered instead."""
    fake.failures.append(FailedPrecondition("PRIVATE_LOOKUPS_OFF", "off"))
    with pytest.raises(ServerError, match="PRIVATE_LOOKUPS_OFF"):
        check(checker, url())
    fake.failures.append(ResourceExhausted("PREFIX_QUOTA", "enough"))
    with pytest.raises(ServerError, match="PREFIX_QUOTA"):
        check(checker, url())


# ---------------------------------------------------------------- any list


def test_the_asynchronous_checker_answers_the_same(fake: Fake, client: HashsvcClient) -> None:
    """Same items, same results, same requests."""
    fake.listed = {URL: Listed(PAGE).matches() + Listed("https://dogs.example/", Scope.DOMAIN).matches()}
    texts = (PAGE, "https://cats.example/a/1.jpg?id=7", "https://x.dogs.example/y", "https://birds.example/", "no url")
    items = [(number, [url(texts[number % 5])]) for number in range(1203)]
    expected = list(PrivateChecker(client, secret=b"s").check_many(items))
    requests = asked(fake)
    fake.seen.clear()

    async def ask() -> list[PrivateResult[int]]:
        async with AsyncHashsvcClient(fake.address) as other:
            checker: AsyncPrivateChecker[int] = AsyncPrivateChecker(other, secret=b"s")
            return await checker.check_many(items)

    assert asyncio.run(ask()) == expected
    assert asked(fake) == requests
    assert [result.id for result in expected] == list(range(1203))
    assert [result.verdict for result in expected[:5]] == ["KNOWN", "LIKELY", "KNOWN", "NEW", None]


class Direct:
    """A client that answers from a table without a network."""

    def __init__(self, matches: Iterable[pb.PrefixMatch]) -> None:
        self._matches = list(matches)

    def run(self, call: Any) -> None:
        wanted = set(prefixes_of(call.request))
        found = [one for one in self._matches if one.hash[:4] in wanted]
        call.read(pb.CheckPrefixesResponse(matches=found, cache_seconds=300), 0)


def by_hand(entries: Sequence[Listed], text: str) -> Verdict:
    """What the list says of a URL, entry by entry and part by part, without a hash."""
    asked = canonicalise(text)
    verdicts = {Verdict.NEW}
    for one in entries:
        listed = canonicalise(one.text)
        site = (asked.host, asked.port) == (listed.host, listed.port)
        is_met = {
            Scope.PAGE: asked.written == listed.written if one.query_exact else asked.strict == listed.strict,
            Scope.PATH: site and asked.path == listed.path,
            Scope.PREFIX: site and asked.path.startswith(listed.path),
            Scope.HOST: asked.host == listed.host,
            Scope.DOMAIN: listed.host in domains(asked.host),
        }[Scope(one.scope)]
        loosely = {
            Scope.PAGE: loose_of(asked) == loose_of(listed),
            Scope.PATH: loose_path_of(asked) == loose_path_of(listed),
        }.get(Scope(one.scope), False)
        verdicts.add(Verdict.KNOWN if is_met else Verdict.LIKELY if loosely else Verdict.NEW)
    return next(verdict for verdict in Verdict if verdict in verdicts)


HOSTS = st.sampled_from(["cats.example", "www.cats.example", "a.www.cats.example", "dogs.example", "xcats.example"])
PATHS = st.sampled_from(
    [
        *("", "/", "/a", "/a/", "/a//", "/a/b", "/a/b/", "/a/b/index.html", "/a/b/c/d"),
        *("/ab", "/A", "/%61", "/a;jsessionid=1"),
    ]
)
QUERIES = st.sampled_from(
    ["", "?", "?x=1", "?x=1&y=2", "?y=2&x=1", "?utm_a=1", "?x=1&utm_a=1", "?fbclid=2&x=1", "?sid=3&x=1", "#!/r", "#top"]
)
TEXTS = st.builds(
    "{}://{}{}{}{}".format,
    st.sampled_from(["http", "https"]), HOSTS, st.sampled_from(["", "", ":80", ":8080"]), PATHS, QUERIES,
)  # fmt: skip


@st.composite
def listed_urls(draw):
    """Confirmed URLs in any scope that they can have."""
    scope = draw(st.sampled_from(Scope))
    if scope in (Scope.HOST, Scope.DOMAIN):
        return Listed(f"https://{draw(HOSTS)}/", scope)
    if scope == Scope.PREFIX:
        return Listed(f"https://{draw(HOSTS)}{draw(st.sampled_from(['/a/', '/a/b/', '/A/']))}", scope)
    return Listed(draw(TEXTS), scope, scope == Scope.PAGE and draw(st.booleans()))


@given(st.lists(listed_urls(), max_size=5), st.lists(TEXTS, min_size=1, max_size=6))
def test_the_verdict_is_that_of_the_whole_list(entries: list[Listed], texts: list[str]) -> None:
    """Whatever is listed and asked, prefixes find what comparing with every entry finds, no more and no less."""
    direct: Any = Direct(match for one in entries for match in one.matches())
    checker = PrivateChecker(direct, decoys=1, secret=b"s")
    for _ in range(2):  # asked, then remembered
        results = list(checker.check_many([(text, [url(text)]) for text in texts]))
        assert [result.verdict for result in results] == [by_hand(entries, text) for text in texts]
    (together,) = checker.check_many([(0, [url(text) for text in texts])])
    verdicts = {by_hand(entries, text) for text in texts}
    assert together.verdict == next(verdict for verdict in Verdict if verdict in verdicts)
