"""What a match of URLs amounts to: case by case, over a list in memory and one on disk, alone, in bulk, by prefix."""

from __future__ import annotations

import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.clock import SeededClock
from hashsvc.errors import InvariantError
from hashsvc.files import read_shipped
from hashsvc.hashlist import ListStore, fold, manifest
from hashsvc.hashlist.values import State
from hashsvc.matching.check import check_columns, check_item
from hashsvc.matching.policy import US_A_DAY, Policy, Rule, load_policy, parse_policy
from hashsvc.matching.url_keys import SLICE_URLS
from hashsvc.matching.urls import match_prefixes
from hashsvc.matching.values import Answer, BatchAnswer, Cap, Column, Effort, PrefixMatch, UrlForm, Verdict
from hashsvc.matching.verdict import judge_url
from hashsvc.signals import BY_NUMBER, MD5, PDQ, SHA256, UNKNOWN_QUALITY, URL, Signal, UrlFacts
from hashsvc.signals.url_entries import is_bare_shared_host
from hashsvc.signals.url_expressions import LOOSE, STRICT, STRIPPED, Role, RowKind, Scope, lookup_keys
from tests.hashlist.lists import confirmed_entry, decide, done, entry_of, fill, new_list, propose
from tests.hashlist.urls import Listed, meant, spelled, written_of
from tests.matching.fakes import NOW_US, FakeSnapshot, full_policy, url_value
from tests.matching.test_check import (
    BATCHES,
    BRIDGE,
    QUALITIES,
    STATES,
    VALUES,
    columns_of,
    digest,
    md5,
    pdq,
    sha256,
    twin,
    urls_of,
)

POLICY = full_policy()
PAGE, PATH, PREFIX, HOST, DOMAIN = map(int, Scope)
EXACT = int(RowKind.PAGE_EXACT)
SCOPES = {PAGE: PAGE, PATH: PATH, PREFIX: PREFIX, HOST: HOST, DOMAIN: DOMAIN, EXACT: PAGE}
CONFIRMED, DISPUTED, PROPOSED = int(State.CONFIRMED), int(State.DISPUTED), int(State.PROPOSED)
REJECTED, RETRACTED, WITH_BATCH = int(State.REJECTED), int(State.RETRACTED), int(State.WITH_BATCH)
KNOWN, LIKELY, PENDING, NEW, UNCHECKED = (
    Verdict.KNOWN, Verdict.LIKELY, Verdict.PENDING, Verdict.NEW, Verdict.UNCHECKED,
)  # fmt: skip
STANDARD = Effort.STANDARD


def policy_of(tracking: str = "on", loose: bool = True, days: int = 30, may_close: bool = True) -> Policy:
    flags = {True: "true", False: "false"}
    text = read_shipped("policy.toml").partition("[url]")[0] + (
        f'[url]\nstrip_tracking = "{tracking}"\nloose = {flags[loose]}\n'
        f"stale_days = {days}\nmay_close = {flags[may_close]}\n"
    )
    return parse_policy(text, read_shipped("chance.json"))


POLICIES = {(t, loose): policy_of(t, loose) for t in ("on", "loose", "off") for loose in (True, False)}


def rule_of(policy: Policy) -> Rule:
    rule = policy.rules[URL]
    assert rule is not None
    return rule


def asked(text: str, embedded: bool = False) -> Signal:
    return Signal(URL, text.encode(), url=UrlFacts(embedded=embedded))


def ask(snapshot: FakeSnapshot, *signals: Signal, policy: Policy = POLICY, evidence_max: int = 20) -> Answer:
    """Check an item alone and, where a bulk check can ask the same, in bulk: both say the same."""
    answer = check_item(snapshot, signals, policy, STANDARD, evidence_max)
    types = [signal.type for signal in signals]
    if len(set(types)) == len(types) and not any(signal.url is not None and signal.url.embedded for signal in signals):
        ordered = sorted(signals, key=lambda signal: signal.type)
        bulk = ask_bulk(snapshot, [ordered], policy, evidence_max)
        assert bulk == twin(snapshot, [ordered], policy, STANDARD, evidence_max)
    return answer


def ask_bulk(
    snapshot: FakeSnapshot, items: list[list[Signal]], policy: Policy = POLICY, evidence_max: int = 20
) -> BatchAnswer:
    return check_columns(snapshot, len(items), columns_of(items), policy, STANDARD, evidence_max, urls=urls_of(items))


# ---------------------------------------------------------------- one match

CASES = [
    # how, strip_tracking, loose, verdict, caps
    (STRICT, "on", True, KNOWN, ()),
    (STRICT, "loose", False, KNOWN, ()),
    (STRICT, "off", False, KNOWN, ()),
    (STRIPPED, "on", True, KNOWN, ()),
    (STRIPPED, "on", False, KNOWN, ()),
    (STRIPPED, "loose", True, LIKELY, (Cap.TRACKING,)),
    (STRIPPED, "loose", False, LIKELY, (Cap.TRACKING,)),
    (STRIPPED, "off", True, NEW, ()),
    (STRIPPED, "off", False, NEW, ()),
    (LOOSE, "on", True, LIKELY, (Cap.LOOSE_URL,)),
    (LOOSE, "loose", True, LIKELY, (Cap.LOOSE_URL,)),
    (LOOSE, "off", True, LIKELY, (Cap.LOOSE_URL,)),
    (LOOSE, "on", False, NEW, ()),
    (LOOSE, "loose", False, NEW, ()),
    (LOOSE, "off", False, NEW, ()),
]
FRESH = {"stale": False, "embedded": False, "shared": False, "contradicted": False}


@pytest.mark.parametrize(("how", "tracking", "loose", "verdict", "caps"), CASES)
@pytest.mark.parametrize("scope", [PAGE, PATH])
def test_how_urls_meet(how: int, tracking: str, loose: bool, verdict: int, caps: tuple, scope: int) -> None:
    """Strictly equal URLs close; without tracking as the policy says; loosely equal ones are shown or nothing."""
    rule = rule_of(POLICIES[tracking, loose])

    assert judge_url(rule, CONFIRMED, scope, how, **FRESH) == (verdict, caps)
    expected = verdict if verdict == NEW else PENDING
    assert judge_url(rule, PROPOSED, scope, how, **FRESH) == (expected, ())
    assert (
        judge_url(rule, RETRACTED, scope, how, **FRESH) == judge_url(rule, REJECTED, scope, how, **FRESH) == (NEW, ())
    )


@pytest.mark.parametrize(
    ("flag", "cap", "of_pages_only"),
    [
        ("stale", Cap.NOT_SEEN_LIVE, True),
        ("contradicted", Cap.CONTRADICTING_DIGESTS, True),
        ("embedded", Cap.EMBEDDED, False),
        ("shared", Cap.SHARED_HOST, False),
    ],
)
@pytest.mark.parametrize("scope", list(map(int, Scope)))
def test_what_keeps_a_url_from_closing(flag: str, cap: int, of_pages_only: bool, scope: int) -> None:
    """Age and another file take from pages only, which stand for content; the rest takes from every scope."""
    capped = not of_pages_only or scope in (PAGE, PATH)

    found = judge_url(rule_of(POLICY), CONFIRMED, scope, STRICT, **{**FRESH, flag: True})

    assert found == ((LIKELY, (cap,)) if capped else (KNOWN, ()))


def test_all_reasons_are_named() -> None:
    """Where several reasons keep a match from closing, each is named once."""
    rule = rule_of(policy_of("loose", may_close=False))
    everything = dict.fromkeys(FRESH, True)

    verdict, caps = judge_url(rule, DISPUTED, PAGE, STRIPPED, **everything)

    assert verdict == LIKELY
    assert sorted(caps) == sorted([
        Cap.TRACKING, Cap.NOT_SEEN_LIVE, Cap.EMBEDDED, Cap.SHARED_HOST, Cap.CONTRADICTING_DIGESTS, Cap.DISPUTED,
        Cap.TYPE,
    ])  # fmt: skip


@given(
    st.sampled_from(list(POLICIES.values())),
    st.sampled_from([int(state) for state in State if state]),
    st.sampled_from(list(map(int, Scope))),
    st.sampled_from([STRICT, STRIPPED, LOOSE]),
    st.fixed_dictionaries({name: st.booleans() for name in FRESH}),
)
def test_a_capped_url_never_closes(policy: Policy, state: int, scope: int, how: int, flags: dict[str, bool]) -> None:
    """A match of URLs that names a reason never closes, and one that closes is confirmed and not loose."""
    verdict, caps = judge_url(rule_of(policy), state, scope, how, **flags)

    assert not caps or verdict == LIKELY
    if verdict == KNOWN:
        assert state == CONFIRMED
        assert how != LOOSE


# ---------------------------------------------------------------- one item

LISTED_AND_ASKED = [
    # what, listed, row kind, asked, how they meet
    ("as listed", "https://a.example.com/x?b=1", PAGE, "https://a.example.com/x?b=1", STRICT),
    ("spelled otherwise", "https://a.example.com/x?b=1", PAGE, "hxxp://A[.]example[.]com:80/q/../x?b=1#top", STRICT),
    ("asked with tracking", "https://a.example.com/x?b=1", PAGE, "https://a.example.com/x?utm_id=3&b=1", STRIPPED),
    ("listed with tracking", "https://a.example.com/x?fbclid=2", PAGE, "https://a.example.com/x", STRIPPED),
    ("with the same tracking", "https://a.example.com/x?fbclid=2", PAGE, "http://a.example.com/x?fbclid=2", STRICT),
    ("with other tracking", "https://a.example.com/x?fbclid=2", PAGE, "http://a.example.com/x?gclid=1", STRIPPED),
    ("order", "https://a.example.com/x?b=1&a=2", PAGE, "https://a.example.com/x?a=2&b=1", LOOSE),
    ("www", "https://a.example.com/x", PAGE, "https://www.a.example.com/x", LOOSE),
    ("case of the path", "https://a.example.com/x", PAGE, "https://a.example.com/X", -1),
    ("another query", "https://a.example.com/x?b=1", PAGE, "https://a.example.com/x?b=2", -1),
    ("another port", "https://a.example.com/x", PAGE, "https://a.example.com:81/x", -1),
    ("below a page", "https://a.example.com/x", PAGE, "https://a.example.com/x/y", -1),
    ("front page is no site", "https://a.example.com/", PAGE, "https://a.example.com/x", -1),
    ("exact", "https://a.example.com/x?gclid=1", EXACT, "https://a.example.com/x?gclid=1", STRICT),
    ("exact, without", "https://a.example.com/x?gclid=1", EXACT, "https://a.example.com/x", LOOSE),
    ("exact, with more", "https://a.example.com/x", EXACT, "https://a.example.com/x?gclid=1", LOOSE),
    ("path", "https://a.example.com/x", PATH, "https://a.example.com/x?any=thing#and", STRICT),
    ("path, loosely", "https://a.example.com/x/", PATH, "https://a.example.com//x/index.php?any", LOOSE),
    ("path, route", "https://a.example.com/x", PATH, "https://a.example.com/x#!/other", LOOSE),
    ("path, route and query", "https://a.example.com/x", PATH, "https://a.example.com/x?a=1#!/other", LOOSE),
    ("path, route on a front page", "https://a.example.com/", PATH, "https://a.example.com/#!/other", LOOSE),
    ("folder, route", "https://a.example.com/x/", PREFIX, "https://a.example.com/x/#!/other", STRICT),
    ("path, longer", "https://a.example.com/x", PATH, "https://a.example.com/x1", -1),
    ("prefix", "https://a.example.com/d/", PREFIX, "https://a.example.com/d/e/f?q", STRICT),
    ("prefix itself", "https://a.example.com/d/", PREFIX, "https://a.example.com/d/", STRICT),
    ("no folder", "https://a.example.com/d/", PREFIX, "https://a.example.com/d", -1),
    ("like the folder", "https://a.example.com/d/", PREFIX, "https://a.example.com/directory", -1),
    ("prefix, www", "https://a.example.com/d/", PREFIX, "https://www.a.example.com/d/x", -1),
    ("host", "https://a.example.com/", HOST, "http://a.example.com:8080/x?y", STRICT),
    ("below a host", "https://a.example.com/", HOST, "http://b.a.example.com/", -1),
    ("domain", "https://a.example.com/", DOMAIN, "http://x.y.a.example.com:81/z", STRICT),
    ("domain itself", "https://a.example.com/", DOMAIN, "http://a.example.com/", STRICT),
    ("like a domain", "https://a.example.com/", DOMAIN, "http://ba.example.com/", -1),
    ("above a domain", "https://a.example.com/", DOMAIN, "http://example.com/", -1),
]


@pytest.mark.parametrize(("tracking", "loose"), list(POLICIES))
@pytest.mark.parametrize("case", LISTED_AND_ASKED, ids=[case[0] for case in LISTED_AND_ASKED])
def test_listed_and_asked(case: tuple, tracking: str, loose: bool) -> None:
    """What a scope covers is met as the policy says, and what it does not cover is NEW."""
    _, text, kind, query, how = case
    snapshot = FakeSnapshot()
    number = snapshot.add_url(text, kind, CONFIRMED)

    answer = ask(snapshot, asked(query), policy=POLICIES[tracking, loose])

    outcomes = {(h, t, lo): (verdict, caps) for h, t, lo, verdict, caps in CASES}
    verdict, caps = (NEW, ()) if how < 0 else outcomes.get((how, tracking, loose), (KNOWN, ()))
    assert answer.verdict == verdict
    assert not answer.problems
    if verdict != NEW:
        (one,) = answer.evidence
        assert (one.verdict, one.caps, one.url_scope) == (verdict, caps, SCOPES[kind])
        assert (one.entry_id, one.entry_sequence) == (number.to_bytes(16, "big"), number + 100)
        assert (one.signal, one.query_index, one.distance_bits, one.orientation) == (URL, 0, 0, 0)
        assert (one.query_quality, one.listed_quality, one.chance) == (255, 255, -1.0)


def test_evidence_comes_narrowest_first() -> None:
    """All that a URL meets is in the evidence, and of what amounts to the same the narrowest scope comes first."""
    snapshot = FakeSnapshot()
    text = "https://www.a.example.com/d/e/x?b=1&a=2"
    listed = [
        ("https://example.com/", DOMAIN), ("https://a.example.com/", DOMAIN), ("https://www.a.example.com/", DOMAIN),
        ("https://www.a.example.com/", HOST), ("https://www.a.example.com/d/", PREFIX),
        ("https://www.a.example.com/d/e/", PREFIX), ("https://www.a.example.com/d/e/x", PATH), (text, PAGE),
        ("https://a.example.com/d/e/x?a=2&b=1", PAGE), ("https://a.example.com/d/e/x", PATH),
    ]  # fmt: skip
    for one, kind in listed:
        snapshot.add_url(one, kind, CONFIRMED)
    snapshot.add_url(text, PAGE, PROPOSED)
    snapshot.add_url(text, PAGE, DISPUTED)

    answer = ask(snapshot, asked(text))

    assert answer.verdict == KNOWN
    assert [(int.from_bytes(one.entry_id, "big"), one.verdict, one.url_scope) for one in answer.evidence] == [
        (8, KNOWN, PAGE), (7, KNOWN, PATH), (6, KNOWN, PREFIX), (5, KNOWN, PREFIX), (4, KNOWN, HOST),
        (3, KNOWN, DOMAIN), (2, KNOWN, DOMAIN), (1, KNOWN, DOMAIN),
        (12, LIKELY, PAGE), (9, LIKELY, PAGE), (10, LIKELY, PATH), (11, PENDING, PAGE),
    ]  # fmt: skip
    assert not answer.truncated
    two = ask(snapshot, asked(text), evidence_max=2)
    assert (two.evidence[0], len(two.evidence), two.truncated) == (answer.evidence[0], 2, True)


def test_a_listed_url_is_evidence_once() -> None:
    """A URL that is met in several ways, by one URL of an item or by several, is named once, at its best."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/x", PAGE, CONFIRMED)

    answer = ask(snapshot, asked("https://www.a.example.com/x"), asked("https://a.example.com/x"))

    (one,) = answer.evidence
    assert (answer.verdict, one.query_index, one.caps) == (KNOWN, 1, ())


@pytest.mark.parametrize(
    ("state", "verdict", "caps"),
    [
        (CONFIRMED, KNOWN, ()),
        (DISPUTED, LIKELY, (Cap.DISPUTED,)),
        (PROPOSED, PENDING, ()),
        (REJECTED, NEW, None),
        (RETRACTED, NEW, None),
    ],
)
@pytest.mark.parametrize("kind", [PAGE, PATH, PREFIX, HOST, DOMAIN, EXACT])
@pytest.mark.parametrize("by_batch", [False, True])
def test_states(state: int, verdict: int, caps: tuple | None, kind: int, by_batch: bool) -> None:
    """A proposed URL is PENDING, a disputed one does not close, a withdrawn one is nothing; by itself or its batch."""
    snapshot = FakeSnapshot(batches={1: state})
    text = "https://a.example.com/d/" if kind == PREFIX else "https://a.example.com/"
    snapshot.add_url(text, kind, WITH_BATCH if by_batch else state, batch=1)

    answer = ask(snapshot, asked(text))

    assert answer.verdict == verdict
    assert [one.caps for one in answer.evidence] == ([] if caps is None else [caps])


@pytest.mark.parametrize("kind", [PAGE, PATH, PREFIX, HOST, DOMAIN, EXACT])
@pytest.mark.parametrize(
    ("days", "extra_us", "is_stale"), [(29, 0, False), (30, 0, False), (30, 1, True), (31, 0, True)]
)
def test_stale(kind: int, days: int, extra_us: int, is_stale: bool) -> None:
    """A page not seen live for more than 30 days is shown and does not close; folders, hosts, domains do not age."""
    snapshot = FakeSnapshot()
    text = "https://a.example.com/d/" if kind == PREFIX else "https://a.example.com/"
    number = snapshot.add_url(text, kind, CONFIRMED, days=days)
    snapshot.now_us += extra_us

    answer = ask(snapshot, asked(text))

    stale = is_stale and SCOPES[kind] in (PAGE, PATH)
    assert (answer.verdict, answer.evidence[0].caps) == ((LIKELY, (Cap.NOT_SEEN_LIVE,)) if stale else (KNOWN, ()))
    snapshot.seen_us[number << 8] = NOW_US
    assert ask(snapshot, asked(text)).verdict == KNOWN, "seen live again, it closes again"
    snapshot.seen_us[number << 8] = NOW_US - 7 * US_A_DAY - 2
    assert ask(snapshot, asked(text), policy=policy_of(days=7)).verdict == (
        LIKELY if SCOPES[kind] in (PAGE, PATH) else KNOWN
    )


def test_an_embedded_url_does_not_close() -> None:
    """What a page contains is evidence and does not make the page known; the page's own URL does."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/x.jpg", PAGE, CONFIRMED)

    inside = ask(snapshot, asked("https://b.example.com/page"), asked("https://a.example.com/x.jpg", embedded=True))

    assert (inside.verdict, [one.caps for one in inside.evidence]) == (LIKELY, [(Cap.EMBEDDED,)])
    both = ask(snapshot, asked("https://a.example.com/x.jpg", embedded=True), asked("https://a.example.com/x.jpg"))
    (one,) = both.evidence
    assert (both.verdict, one.query_index) == (KNOWN, 1)


def test_what_is_loose_comes_last() -> None:
    """Of matches that do not close, a strict one of a wide scope comes before a loose one of a page."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://www.a.example.com/x", PAGE, CONFIRMED)
    snapshot.add_url("https://a.example.com/", DOMAIN, CONFIRMED)

    answer = ask(snapshot, asked("https://a.example.com/x", embedded=True))

    assert [(one.url_scope, one.caps) for one in answer.evidence] == [
        (DOMAIN, (Cap.EMBEDDED,)), (PAGE, (Cap.LOOSE_URL, Cap.EMBEDDED)),
    ]  # fmt: skip


@pytest.mark.parametrize("kind", [HOST, DOMAIN, PAGE, PATH])
@pytest.mark.parametrize("host", ["imgur.com", "i.imgur.com", "drive.google.com"])
def test_a_host_that_became_shared_does_not_close(kind: int, host: str) -> None:
    """A host listed before it was known that everybody publishes there is shown and closes nothing."""
    snapshot = FakeSnapshot()
    snapshot.add_url(f"https://{host}/", kind, CONFIRMED)
    snapshot.add_url(f"https://{host}/a/", PREFIX, CONFIRMED)
    assert is_bare_shared_host(f"{host}/")

    answer = ask(snapshot, asked(f"https://{host}/"))

    assert (answer.verdict, [one.caps for one in answer.evidence]) == (LIKELY, [(Cap.SHARED_HOST,)])
    assert ask(snapshot, asked(f"https://{host}/a/x")).verdict == KNOWN, "somebody's folder there still closes"


def test_a_domain_above_a_shared_host_does_not_close() -> None:
    """A DOMAIN listed before a host below it was known to be shared closes nothing below it."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://google.com/", DOMAIN, CONFIRMED)

    answer = ask(snapshot, asked("https://drive.google.com/file/d/1"))

    assert (answer.verdict, [one.caps for one in answer.evidence]) == (LIKELY, [(Cap.SHARED_HOST,)])


@pytest.mark.parametrize("kind", [PAGE, PATH, PREFIX, HOST, DOMAIN])
def test_another_file_at_the_url(kind: int) -> None:
    """Where the item's file is not the listed one, its URL does not close by page, but by folder, host and domain."""
    snapshot = FakeSnapshot()
    text = "https://a.example.com/d/" if kind == PREFIX else "https://a.example.com/"
    file = (("md5", digest("md5", "x"), CONFIRMED), ("sha256", digest("sha256", "x"), CONFIRMED))
    snapshot.add_url(text, kind, CONFIRMED, *file)
    capped = (LIKELY, (Cap.CONTRADICTING_DIGESTS,)) if kind in (PAGE, PATH) else (KNOWN, ())

    for other in (md5("y"), sha256("y")):
        answer = ask(snapshot, other, asked(text))
        assert (answer.verdict, answer.evidence[0].caps) == capped
    same = ask(snapshot, md5("x"), asked(text))
    assert (same.verdict, [one.caps for one in same.evidence]) == (KNOWN, [(), ()])
    assert ask(snapshot, asked(text)).verdict == KNOWN
    assert ask(snapshot, pdq(BRIDGE), asked(text)).verdict == KNOWN


def test_a_withdrawn_digest_contradicts_no_url() -> None:
    """A digest that was retracted from the entry says nothing against its URL."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/", PAGE, CONFIRMED, ("md5", digest("md5", "x"), RETRACTED))

    assert ask(snapshot, md5("y"), asked("https://a.example.com/")).verdict == KNOWN


def test_several_urls_in_one_item() -> None:
    """Several URLs of one item give one verdict, the best, and each piece of evidence says which URL met it."""
    snapshot = FakeSnapshot()
    first = snapshot.add_url("https://a.example.com/1", PAGE, PROPOSED)
    second = snapshot.add_url("https://b.example.com/", DOMAIN, CONFIRMED)

    answer = ask(snapshot, *map(asked, ("https://a.example.com/1", "https://x.example/", "https://c.b.example.com/2")))

    assert answer.verdict == KNOWN
    assert [(int.from_bytes(one.entry_id, "big"), one.query_index) for one in answer.evidence] == [
        (second, 2), (first, 0),
    ]  # fmt: skip


def test_a_bad_url_among_good_ones() -> None:
    """A URL that is none is a problem that says which and why, and the others are answered."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/1", PAGE, CONFIRMED)

    answer = ask(snapshot, *map(asked, ("mail@example.com", "https://a.example.com/1", "ftp://a.example.com/", "")))

    assert answer.verdict == KNOWN
    assert [(one.field, one.reason) for one in answer.problems] == [
        ("signals[0]", "INVALID_URL"), ("signals[2]", "UNSUPPORTED_SCHEME"), ("signals[3]", "EMPTY"),
    ]  # fmt: skip
    new = ask(snapshot, asked("https://b.example.com/"), asked("ftp://a.example.com/"))
    assert (new.verdict, len(new.problems)) == (NEW, 1)


@pytest.mark.parametrize("text", ["mail@example.com", "ftp://a.example.com/", "https://" + "a" * 9_000, "word", "//"])
def test_only_bad_urls_are_unchecked(text: str) -> None:
    """An item whose only URL is none is UNCHECKED with the reason, never NEW, alone and in bulk."""
    snapshot = FakeSnapshot()
    answer = ask(snapshot, asked(text))

    assert (answer.verdict, len(answer.problems)) == (UNCHECKED, 1)
    bulk = ask_bulk(snapshot, [[asked(text)], [asked("https://a.example.com/")]])
    assert [(item, one.verdict) for item, one in bulk.hits] == [(0, UNCHECKED)]
    assert [(one.item, one.field, one.reason) for one in bulk.problems] == [(0, "url", answer.problems[0].reason)]
    with_digest = ask(snapshot, md5("x"), asked(text))
    assert (with_digest.verdict, len(with_digest.problems)) == (NEW, 1)


def test_no_part_of_a_url_is_in_a_problem() -> None:
    """What is said of a bad URL quotes nothing of it."""
    answer = ask(FakeSnapshot(), asked("ftp://secretname.example/secretpath"))

    assert "secret" not in answer.problems[0].message


def test_without_a_section_urls_are_not_checked() -> None:
    """Where the policy has no section [url], URLs are not looked up and each item is told so."""
    text = read_shipped("policy.toml").partition("[url]")[0]
    policy = parse_policy(text, read_shipped("chance.json"))
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/", PAGE, CONFIRMED)

    answer = ask(snapshot, asked("https://a.example.com/"), policy=policy)

    assert (answer.verdict, [one.reason for one in answer.problems]) == (UNCHECKED, ["SIGNAL_NOT_CONFIGURED"])
    mixed = ask(snapshot, md5("x"), asked("https://a.example.com/"), policy=policy)
    assert (mixed.verdict, len(mixed.problems)) == (NEW, 1)
    with pytest.raises(InvariantError):
        match_prefixes(snapshot, policy, URL, [b"1234"])


def test_policy_without_closing() -> None:
    """Where the policy says that URLs do not close, an equal one is shown with that as the reason."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/", HOST, CONFIRMED)

    answer = ask(snapshot, asked("https://a.example.com/"), policy=policy_of(may_close=False))

    assert (answer.verdict, answer.evidence[0].caps) == (LIKELY, (Cap.TYPE,))


def test_a_url_and_a_picture() -> None:
    """URL and fingerprints of an item are weighed together, the fingerprint first where both amount to the same."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/", DOMAIN, CONFIRMED, ("pdq", BRIDGE, CONFIRMED, 90))

    answer = ask(snapshot, pdq(BRIDGE), asked("https://a.example.com/x"))

    assert [(one.verdict, one.signal) for one in answer.evidence] == [(KNOWN, PDQ), (KNOWN, URL)]


def test_who_counts_is_told_of_every_expression() -> None:
    """Roles and hashes of all URLs that were looked up are handed on, alone and in bulk, and none of a bad one."""
    texts = ["https://a.example.com/x?utm_id=1", "word", "https://b.example.com/"]
    told: list[tuple[bytes, bytes]] = []

    def count(roles: bytes | memoryview, digests: bytes | memoryview) -> None:
        told.append((bytes(roles), bytes(digests)))

    keys = [lookup_keys(text) for text in (texts[0], texts[2])]
    check_item(FakeSnapshot(), [asked(text) for text in texts], POLICY, STANDARD, 8, on_urls=count)
    assert told == [tuple(one) for one in keys]
    told.clear()
    check_columns(FakeSnapshot(), 3, [], POLICY, STANDARD, 8, urls=texts, on_urls=count)
    assert told == [(keys[0].roles + keys[1].roles, keys[0].digests + keys[1].digests)]


# ---------------------------------------------------------------- against slow twins

TEXTS = sorted({text for n in range(10) for text in spelled(n)})
URL_TEXTS = st.sampled_from([*TEXTS, "word", "ftp://a.example.com/"])
LISTED_URLS = st.tuples(
    st.sampled_from([(text, EXACT if exact else scope) for text, scope, exact in map(written_of, range(10))]),
    STATES,
    st.sampled_from([0, 1, 29, 30, 31, 400]),
)
OTHERS = st.lists(
    st.sampled_from(["md5", "sha256", "pdq"]).flatmap(
        lambda name: st.tuples(st.just(name), VALUES[name], STATES, QUALITIES)
    ),
    max_size=3,
)
ENTRIES = st.lists(st.tuples(LISTED_URLS, OTHERS, st.integers(1, 5)), max_size=8)
ITEMS = st.lists(
    st.builds(
        lambda by_type, quality: [
            Signal(
                {"md5": MD5, "sha256": SHA256, "pdq": PDQ, "url": URL}[name],
                by_type[name],
                quality if name == "pdq" else UNKNOWN_QUALITY,
            )
            for name in ("md5", "sha256", "pdq", "url")
            if name in by_type
        ],
        st.fixed_dictionaries(
            {},
            optional={
                **{name: VALUES[name] for name in ("md5", "sha256", "pdq")},
                "url": URL_TEXTS.map(str.encode),
            },
        ),
        QUALITIES,
    ),
    max_size=8,
)


def listing(entries: list) -> FakeSnapshot:
    snapshot = FakeSnapshot(batches=BATCHES)
    for ((text, kind), state, days), others, batch in entries:
        snapshot.add_url(text, kind, state, *others, days=days, batch=batch)
    return snapshot


@given(ENTRIES, ITEMS, st.integers(1, 4), st.sampled_from(list(POLICIES.values())))
def test_bulk_is_its_slow_twin(entries: list, items: list, evidence_max: int, policy: Policy) -> None:
    """A bulk check of URLs, digests and pictures answers each item as a check of it alone, problems included."""
    snapshot = listing(entries)

    assert ask_bulk(snapshot, items, policy, evidence_max) == twin(snapshot, items, policy, STANDARD, evidence_max)


@given(ENTRIES, st.lists(st.tuples(st.sampled_from(TEXTS), st.booleans()), min_size=1, max_size=3), st.data())
def test_the_verdict_is_what_the_scopes_mean(entries: list, queries: list, data: st.DataObject) -> None:
    """An item's verdict and evidence are those of every listed URL judged by what its scope means, without keys."""
    policy = data.draw(st.sampled_from(list(POLICIES.values())))
    snapshot = listing(entries)
    wanted: dict[int, int] = {}
    for number, entry in snapshot.entries.items():
        listed = entry.signals[-1]
        assert listed.url is not None
        ref = number << 8 | listed.ordinal
        state = snapshot.signal(ref).state
        for text, embedded in queries:
            how = meant(Listed((b"", 0), listed.value[0], listed.url.written, state, 0), text)
            if how < 0:
                continue
            stale = NOW_US - listed.url.seen_live_us > 30 * US_A_DAY
            scope = SCOPES[listed.value[0]]
            verdict, _ = judge_url(
                rule_of(policy), state, scope, how, stale=stale, embedded=embedded, shared=False, contradicted=False
            )
            if verdict < NEW:
                wanted[number] = min(verdict, wanted.get(number, verdict))

    answer = check_item(snapshot, [asked(*query) for query in queries], policy, STANDARD, 100)

    assert {int.from_bytes(one.entry_id, "big"): one.verdict for one in answer.evidence} == wanted
    assert answer.verdict == min(wanted.values(), default=NEW)


def test_bulk_without_urls() -> None:
    """An empty column of URLs is none; items without a URL and without anything else are empty."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/", PAGE, CONFIRMED)
    nothing = check_columns(snapshot, 2, [], POLICY, STANDARD, 1, urls=["", ""])
    assert [(one.item, one.reason) for one in nothing.problems] == [(0, "EMPTY_ITEM"), (1, "EMPTY_ITEM")]
    assert [answer.verdict for _, answer in nothing.hits] == [UNCHECKED, UNCHECKED]
    assert check_columns(snapshot, 0, [], POLICY, STANDARD, 1, urls=[]) == BatchAnswer([], [])
    some = check_columns(snapshot, 3, [], POLICY, STANDARD, 1, urls=["", "https://a.example.com/", "b.example.com"])
    assert [(item, answer.verdict) for item, answer in some.hits] == [(0, UNCHECKED), (1, KNOWN)]
    assert [one.item for one in some.problems] == [0]


def test_misfit_urls() -> None:
    """Another number of URLs than of items is a bug of ours, and is not guessed at."""
    for urls in (["https://a.example.com/"], ["https://a.example.com/"] * 4):
        with pytest.raises(InvariantError):
            check_columns(FakeSnapshot(), 3, [], POLICY, STANDARD, 1, urls=urls)


def test_long_work_can_be_ended() -> None:
    """Making thousands of URLs canonical asks now and then whether to go on."""

    class OutOfTimeError(Exception):
        pass

    def stop() -> None:
        raise OutOfTimeError

    texts = [f"https://a.example.com/{n}" for n in range(SLICE_URLS + 1)]
    with pytest.raises(OutOfTimeError):
        check_columns(FakeSnapshot(), len(texts), [], POLICY, STANDARD, 1, stop, texts)


# ---------------------------------------------------------------- by prefix

FORMS = {
    RowKind.PAGE: {UrlForm.AS_WRITTEN: STRICT, UrlForm.STRIPPED: STRIPPED, UrlForm.LOOSE: LOOSE},
    RowKind.PAGE_STRIPPED: {UrlForm.AS_WRITTEN: STRIPPED, UrlForm.STRIPPED: STRIPPED, UrlForm.LOOSE: LOOSE},
    RowKind.PAGE_EXACT: {UrlForm.AS_WRITTEN: STRICT, UrlForm.LOOSE: LOOSE},
    RowKind.LOOSE_PAGE: {UrlForm.LOOSE: LOOSE},
    RowKind.PATH: {UrlForm.AS_WRITTEN: STRICT, UrlForm.LOOSE: LOOSE},
    RowKind.LOOSE_PATH: {UrlForm.LOOSE: LOOSE},
    RowKind.PREFIX: {UrlForm.AS_WRITTEN: STRICT},
    RowKind.HOST: {UrlForm.AS_WRITTEN: STRICT},
    RowKind.DOMAIN: {UrlForm.AS_WRITTEN: STRICT},
}
# Role of an expression → (form, scope) of the matches that it meets: what a client goes by.
MEANS = {
    Role.AS_WRITTEN: (UrlForm.AS_WRITTEN, PAGE),
    Role.STRIPPED: (UrlForm.STRIPPED, PAGE),
    Role.PATH: (UrlForm.AS_WRITTEN, PATH),
    Role.PREFIX: (UrlForm.AS_WRITTEN, PREFIX),
    Role.HOST: (UrlForm.AS_WRITTEN, HOST),
    Role.DOMAIN: (UrlForm.AS_WRITTEN, DOMAIN),
    Role.LOOSE: (UrlForm.LOOSE, PAGE),
    Role.LOOSE_PATH: (UrlForm.LOOSE, PATH),
}


def all_matches(snapshot: FakeSnapshot, policy: Policy) -> list[PrefixMatch]:
    """What all rows of all listed URLs amount to, one after the other."""
    found = []
    for value, kind, ref in snapshot.url_rows():
        matched = snapshot.signal(ref)
        scope = SCOPES[matched.listed.value[0]]
        stale = snapshot.now_us - snapshot.seen_live_us(ref) > 30 * US_A_DAY
        for form, how in FORMS[RowKind(kind)].items():
            verdict, _ = judge_url(
                rule_of(policy), matched.state, scope, how,
                stale=stale, embedded=False, shared=False, contradicted=False,
            )  # fmt: skip
            if verdict <= LIKELY:
                found.append(PrefixMatch(value, verdict, scope, form, matched.entry.entry_id))
    return found


def by_all(match: PrefixMatch) -> tuple:
    return match.hash, match.entry_id, match.url_scope, match.url_form


@given(ENTRIES, st.sampled_from(list(POLICIES.values())), st.lists(st.integers(0, 60), max_size=6), st.integers(1, 4))
def test_prefixes_give_what_is_listed(entries: list, policy: Policy, chosen: list, byte_count: int) -> None:
    """By prefix comes each listed hash that begins with it, in each form that meets it; of PROPOSED ones nothing."""
    snapshot = listing(entries)
    rows = snapshot.url_rows()
    prefixes = [rows[n % len(rows)][0][:byte_count] for n in chosen if rows] + [b"\0" * byte_count] * 2

    matches = match_prefixes(snapshot, policy, URL, prefixes)

    want = [one for one in all_matches(snapshot, policy) if one.hash[:byte_count] in prefixes]
    assert sorted(matches, key=by_all) == sorted(want, key=by_all)
    assert [one.hash for one in matches] == sorted(one.hash for one in matches)


@given(ENTRIES, st.sampled_from(TEXTS), st.sampled_from(list(POLICIES.values())))
def test_prefixes_say_what_a_check_says(entries: list, text: str, policy: Policy) -> None:
    """Who hashes a URL on their side and asks by prefix learns the verdict that a check gives, PENDING aside."""
    snapshot = listing(entries)
    keys = lookup_keys(text)
    digests = [keys.digests[at : at + 32] for at in range(0, len(keys.digests), 32)]

    matches = match_prefixes(snapshot, policy, URL, [one[:4] for one in digests])

    verdict = int(NEW)
    for role, one in zip(keys.roles, digests, strict=True):
        meant_by = {MEANS[bit] for bit in Role if role & bit}
        for match in matches:
            if match.hash == one and (match.url_form, match.url_scope) in meant_by:
                verdict = min(verdict, match.verdict)
    answer = check_item(snapshot, [asked(text)], policy, STANDARD, 8)
    assert verdict == (NEW if answer.verdict == PENDING else answer.verdict)


def test_prefixes_of_digests() -> None:
    """Digests too can be asked for by prefix: confirmed ones close, disputed are shown, others are left out."""
    snapshot = FakeSnapshot()
    value = digest("md5", "x")
    for state in (CONFIRMED, DISPUTED, PROPOSED, REJECTED, RETRACTED):
        snapshot.add(("md5", value, state))
    other = value[:4] + bytes(12)
    snapshot.add(("md5", other, CONFIRMED))
    snapshot.add(("md5", digest("md5", "y"), CONFIRMED))
    asked_for: list[int] = []

    matches = match_prefixes(snapshot, POLICY, MD5, [value[:4], value[:4]], lambda: asked_for.append(1))

    assert sorted((one.hash, one.verdict, int.from_bytes(one.entry_id, "big")) for one in matches) == sorted([
        (value, KNOWN, 1), (value, LIKELY, 2), (other, KNOWN, 6),
    ])  # fmt: skip
    assert {(one.url_scope, one.url_form) for one in matches} == {(0, 0)}
    assert len(asked_for) == 1
    assert match_prefixes(snapshot, POLICY, SHA256, [value[:4]]) == []


def test_a_shared_host_is_shown_by_prefix() -> None:
    """By prefix too, a host that became shared does not close."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://imgur.com/", HOST, CONFIRMED)
    (value, _, _) = snapshot.url_rows()[0]

    (match,) = match_prefixes(snapshot, POLICY, URL, [value[:4]])

    assert (match.verdict, match.url_scope, match.url_form) == (LIKELY, HOST, UrlForm.AS_WRITTEN)


# ---------------------------------------------------------------- a real list


@pytest.fixture
def store(tmp_path: Path) -> ListStore:
    return new_list(tmp_path / "data")


def test_a_filled_list_answers_in_bulk_as_alone(store: ListStore) -> None:
    """Over a list on disk with batches and segments, bulk checks of URLs answer as single ones, and so do prefixes."""
    fill(store)
    chosen = random.Random(4)
    texts = [text for n in (*range(30, 40), *chosen.sample(range(720), 50)) for text in spelled(n)[:5]]
    items = [[asked(text)] for text in texts]
    policy = load_policy()
    with store.snapshot() as snapshot:
        bulk = check_columns(snapshot, len(items), [], policy, STANDARD, 4, urls=texts)
        assert bulk == twin(snapshot, items, policy, STANDARD, 4)
        verdicts = {answer.verdict for _, answer in bulk.hits}
        assert verdicts == {KNOWN, LIKELY, PENDING}
        for text in texts[::7]:
            keys = lookup_keys(text)
            digests = [keys.digests[at : at + 32] for at in range(0, len(keys.digests), 32)]
            matches = match_prefixes(snapshot, policy, URL, [one[:4] for one in digests])
            met = [
                one.verdict
                for role, value in zip(keys.roles, digests, strict=True)
                for one in matches
                if one.hash == value and (one.url_form, one.url_scope) in {MEANS[bit] for bit in Role if role & bit}
            ]
            answer = check_item(snapshot, [asked(text)], policy, STANDARD, 1)
            assert min(met, default=NEW) == (NEW if answer.verdict == PENDING else answer.verdict)
    store.close()


def test_a_check_right_after_a_fold_finds_a_url(store: ListStore) -> None:
    """A URL closes from its confirmation on: from the delta, and from the segment that a fold makes of it."""
    entry_id = entry_of(store, propose(1))
    text = written_of(1)[0]
    said = []

    def look() -> None:
        with store.snapshot() as snapshot:
            alone = check_item(snapshot, [asked(text)], load_policy(), STANDARD, 1).verdict
            bulk = check_columns(snapshot, 2, [], load_policy(), STANDARD, 1, urls=[text, "https://x.example/"])
            assert [(item, answer.verdict) for item, answer in bulk.hits] == [(0, alone)]
            said.append(alone)

    look()
    for action, actor in ((4, "bob"), (9, "cleo")):
        done(store, decide(action, entry_id, actor))
        look()
    fold.fold_tail(store.environment, manifest.segments_dir(store.path), 1)
    look()
    assert said == [PENDING, KNOWN, LIKELY, LIKELY]
    store.close()


class LaterClock(SeededClock):
    """A clock that can be put forward."""

    later_us = 0

    def now_us(self) -> int:
        return super().now_us() + self.later_us


def test_a_page_grows_stale_until_it_is_seen_again(tmp_path: Path) -> None:
    """After 30 days and a day a page does not close any more; once somebody says that it is live, it does again."""
    from tests.hashlist.lists import seen_live

    clock = LaterClock(1)
    ListStore.create(tmp_path / "data", clock=clock)
    store = ListStore.open(tmp_path / "data", clock=clock)
    page, domain = confirmed_entry(store, 0), confirmed_entry(store, 9)
    texts = [written_of(0)[0], "https://s0.example.com/other"]

    def look() -> list[tuple[int, tuple[int, ...]]]:
        with store.snapshot() as snapshot:
            answers = [check_item(snapshot, [asked(text)], load_policy(), STANDARD, 8) for text in texts]
        return [(one.verdict, one.caps) for answer in answers for one in answer.evidence if one.entry_id == page] + [
            (one.verdict, one.caps) for one in answers[1].evidence if one.entry_id == domain
        ]

    assert look() == [(KNOWN, ()), (KNOWN, ())]
    clock.later_us = 31 * US_A_DAY
    assert look() == [(LIKELY, (Cap.NOT_SEEN_LIVE,)), (KNOWN, ())]
    done(store, seen_live([page]))
    assert look() == [(KNOWN, ()), (KNOWN, ())]
    store.close()


def test_the_fake_is_as_the_list_stores(store: ListStore) -> None:
    """A listed URL of these tests has the value that the list stores for it."""
    confirmed_entry(store, 3)
    with store.snapshot() as snapshot:
        (ref,) = {ref for _, _, ref in snapshot.lookup_url(lookup_keys(written_of(3)[0]).digests)}
        assert snapshot.signal(ref).listed.value == url_value(EXACT, written_of(3)[0])
    store.close()


def test_columns_of_other_types_beside_urls() -> None:
    """A column that only some items have, beside URLs that only others have, leaves nobody unchecked."""
    snapshot = FakeSnapshot()
    snapshot.add_url("https://a.example.com/", PAGE, CONFIRMED, ("md5", digest("md5", "x"), CONFIRMED))
    values = np.frombuffer(digest("md5", "x") + digest("md5", "y"), np.uint8).reshape(2, 16)
    column = Column(MD5, values, np.array([True, False]))

    bulk = check_columns(snapshot, 2, [column], POLICY, STANDARD, 4, urls=["", "https://a.example.com/"])

    assert [(item, answer.verdict) for item, answer in bulk.hits] == [(0, KNOWN), (1, KNOWN)]
    assert not bulk.problems
    assert BY_NUMBER[URL].is_url
