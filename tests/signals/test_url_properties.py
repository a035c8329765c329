"""What holds for every URL, however it is written."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.url_sample import sample
from hashsvc.errors import InvalidArgument
from hashsvc.signals import url as fast
from hashsvc.signals import url_expressions
from hashsvc.signals.url import FLAGS, URL_BYTES_MAX, URL_TYPE, Url, canonicalise, canonicalise_slow
from hashsvc.signals.url_expressions import (
    Role,
    RowKind,
    Scope,
    domains,
    entry_rows,
    lookup_keys,
    lookup_keys_slow,
    met,
    prefixes,
    probes,
)
from hashsvc.signals.url_loose import loose_of, unescape
from hashsvc.signals.url_slow import Step
from tests.signals.url_vectors import BITS, hostile, texts

REASONS = {"TOO_LONG", "EMPTY", "NO_HOST", "INVALID_URL", "INVALID_HOST", "UNSUPPORTED_SCHEME"}
HOST_LABELS = st.lists(st.sampled_from(["www", "a", "b", "xn--n3h", "1", "өвөр", "A"]), min_size=1, max_size=12)


def outcome(function: Callable[..., Any], *arguments: Any, **options: Any) -> Any:
    """What a function gives, or all that its error says."""
    try:
        return function(*arguments, **options)
    except InvalidArgument as error:
        return error.reason, error.message, error.field


def with_scheme(url: Url, form: str) -> str:
    """A canonical form as a URL, with a scheme of which its port is not the default."""
    return f"{'https' if url.port == ':80' else 'http'}://{form}"


@settings(max_examples=1_500)
@given(hostile(), st.booleans())
@example("http://\ud83d\ude00.example/\ud83d", True)
@example("http://example.com" + "/" * 4000, True)
@example("httpſ://example.com/", True)
def test_the_short_cuts_change_nothing(text: str, refang: bool) -> None:
    """The fast canonical form is the obvious one, with the same flags; or the same refusal."""
    assert outcome(canonicalise, text, refang=refang, field="f") == outcome(
        canonicalise_slow, text, refang=refang, field="f"
    )


@settings(max_examples=1_000)
@given(hostile())
@example("https://www.example.com/index.html")
@example("https://www.example.com:443/?sid=1")
@example("https://example.com:8080/index.php?utm_source=a#!x")
@example("http://www.a.b.c.d.e.f.g.h.example/1/2/3/4/5/6/7/8/?b=1&a=2")
@example("http://1.2.3.4/1/2/3/4/5/6/?utm_source=x")
def test_the_keys_of_a_look_up_are_those_found_by_comparing(text: str) -> None:
    """Fast keys are the obvious ones: equal expressions once, with all their roles, narrowest first."""
    assert outcome(lookup_keys, text, "f") == outcome(lookup_keys_slow, text, "f")


@given(HOST_LABELS, st.sampled_from(["", ":80", ":443", ":81"]), st.sampled_from(["", "/", "/index.htm", "//", "/a/"]))
@settings(max_examples=300)
def test_keys_of_deep_hosts_are_those_found_by_comparing(labels: list[str], port: str, path: str) -> None:
    """So it is for hosts of many labels, of which some are `www`."""
    text = f"http://{'.'.join(labels)}{port}{path}"
    assert outcome(lookup_keys, text) == outcome(lookup_keys_slow, text)
    assert outcome(lookup_keys, text) == outcome(lookup_keys_slow, text), "and again, now that the host is known"


def test_the_short_cuts_change_nothing_on_the_benchmark_s_sample() -> None:
    """What is measured is right: keys and forms of 3,000 URLs as people write them."""
    for text in sample(3_000, 7):
        assert outcome(canonicalise, text) == outcome(canonicalise_slow, text)
        assert outcome(lookup_keys, text) == outcome(lookup_keys_slow, text)


@settings(max_examples=800)
@given(hostile(), st.booleans(), st.booleans())
def test_a_canonical_form_is_its_own(text: str, refang: bool, again: bool) -> None:
    """Read again, by a look-up or for an entry, a strict form is itself; so is the form with tracking."""
    url = outcome(canonicalise, text, refang=refang)
    if not isinstance(url, Url):
        return
    for form in (url.strict, url.written):
        second = canonicalise(with_scheme(url, form), refang=again)
        assert second.written == form
        assert second.strict == url.strict
    assert set(url.flags) <= set(FLAGS)
    assert list(url.flags) == [flag for flag in FLAGS if flag in url.flags], "in the order of the table"
    assert url.written.isascii()
    assert len(with_scheme(url, url.written)) <= URL_BYTES_MAX


@settings(max_examples=800)
@given(hostile())
@example("http://example.com/a%255Cb/%252e%252e/c")
@example("http://example.com/?a=%2575tm_source%253Dx%2526b=1")
@example("http://www.www.com:443/;jsessionid=1/index.html")
def test_a_loose_key_is_a_canonical_form_and_its_own_loose_key(text: str) -> None:
    """Nothing that a loose key drops or decodes is left in it."""
    url = outcome(canonicalise, text)
    if isinstance(url, Url):
        loose = loose_of(url)
        again = canonicalise(f"http://{loose}")
        assert again.strict == loose
        assert loose_of(again) == loose
        assert len(loose) <= len(url.strict)


@settings(max_examples=500)
@given(hostile())
def test_strictly_equal_urls_are_loosely_equal(text: str) -> None:
    """Every expression of a look-up is asked for under all its roles: what meets strictly is found."""
    url = outcome(canonicalise, text)
    if isinstance(url, Url):
        roles, digests = lookup_keys(text)
        assert len(digests) == 32 * len(roles)
        assert len({digests[at : at + 32] for at in range(0, len(digests), 32)}) == len(roles)
        together = 0
        for role in roles:
            together |= role
        place = Role.PATH if url.route else 0  # met only loosely then
        assert together | place | Role.STRIPPED | Role.PREFIX == 255
        assert bool(together & Role.PATH) == (not url.route)
        assert bool(together & Role.STRIPPED) == (url.strict != url.written)


@settings(max_examples=500)
@given(hostile(), st.integers(0, 200), st.booleans())
def test_a_refusal_names_its_reason_and_shows_nothing_of_the_url(text: str, at: int, refang: bool) -> None:
    """Only documented reasons; the field that was asked about; never a part of the URL."""
    marked = text[:at] + "zQ7xk" + text[at:]
    for function in (canonicalise, canonicalise_slow):
        found = outcome(function, marked, refang=refang, field="items[3].url")
        if isinstance(found, tuple):
            reason, message, field = found
            assert reason in REASONS
            assert field == "items[3].url"
            assert "zq7xk" not in message.lower()


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://example.com/" + "a" * (URL_BYTES_MAX - 19), None),
        ("http://example.com/" + "a" * (URL_BYTES_MAX - 18), "TOO_LONG"),
        ("http://example.com/" + "ө" * 4086, "TOO_LONG"),  # fits as given, not with each letter as six characters
        ("http://example.com/" + "ө" * 1300, None),
        ("http://example.com/?utm_source=" + "ө" * 1400, "TOO_LONG"),
        (" " * URL_BYTES_MAX + "http://example.com/", "TOO_LONG"),
        ("<" * 8 + "http://example.com/" + ">" * 8, None),
        ("<" * 4000 + "http://example.com/" + ">" * 4000, "INVALID_URL"),  # nobody wraps so deep
        ("http://" + "".join(map(chr, range(0x4E00, 0x4E00 + 254))) + ".com/", "INVALID_HOST"),
    ],
)
def test_length_is_bounded_before_and_after(text: str, reason: str | None) -> None:
    """At most 8,192 bytes as given, and as the canonical form with a scheme, so that it can be read again."""
    found = outcome(canonicalise, text)
    assert (None if isinstance(found, Url) else found[0]) == reason
    assert found == outcome(canonicalise_slow, text)


@pytest.mark.parametrize(
    "text",
    [
        "http://example.com/" + "%25" * 2700,
        "http://example.com/?" + "%2525" * 1600,
        "http://example.com/" + "%2" * 2000 + "5" * 2000,
        "http://example.com" + "/.." * 2700,
        "http://example.com" + "/" * 8100,
        "http://example.com/?" + "&" * 8100,
        "http://example.com/" + ";jsessionid=" * 600,
        "http://" + "[ " * 4000,
        "http://" + "a." * 4000,
        "URL:" * 2000,
        "<" * 4000 + ">" * 4000,
        "http://example.com/#" + "%21" * 2700,
        " ( dot" * 1300,
    ],
    ids=range(13),
)
def test_hostile_urls_take_no_more_than_moments(text: str) -> None:
    """Work grows with the length, not with its square: the worst of 8 KB is looked up in milliseconds."""
    start = time.perf_counter()
    for _ in range(3):
        outcome(lookup_keys, text)
    assert time.perf_counter() - start < 0.5


@given(st.lists(st.sampled_from(["%", "25", "2", "5", "4", "1", "%41", "%2525", "a"]), max_size=40).map("".join))
def test_decoding_to_the_end_is_decoding_until_nothing_changes(text: str) -> None:
    """One pass gives what repeated passes give, in whatever order triplets are met."""
    repeated = text
    while re.search("%[0-9A-Fa-f]{2}", repeated):
        repeated = re.sub("%([0-9A-Fa-f]{2})", lambda found: chr(int(found[1], 16)), repeated, count=1)
    assert unescape(text) == repeated


def test_only_hosts_are_remembered_and_not_too_many() -> None:
    """What look-ups keep in memory are hosts, at most 4,096 of either kind, and no path or query."""
    for number in range(5_000):
        lookup_keys(f"https://Host-{number}.пример.example/secret/path?secret=query")
    for kept in (fast._hosts, url_expressions._hosts):
        assert 0 < len(kept) <= 4_096
        assert "secret" not in repr(kept)


def test_tracking_on_one_side_or_both_is_met_and_told_apart() -> None:
    """What only tracking keeps apart meets with 1; written alike, it meets with 0."""

    def how(entry: str, url: str, kind: int = RowKind.PAGE) -> int:
        rows = dict(entry_rows(kind, canonicalise(f"http://example.com{entry}", refang=False)))
        roles, digests = lookup_keys(f"http://example.com{url}")
        keys = {digests[32 * at : 32 * at + 32]: role for at, role in enumerate(roles)}
        return min(
            (met(keys[row], rows[row]) for row in rows.keys() & keys if met(keys[row], rows[row]) >= 0), default=-1
        )

    assert how("/a", "/a") == 0
    assert how("/a", "/a?utm_source=x") == 1
    assert how("/a?utm_source=x", "/a") == 1
    assert how("/a?utm_source=x", "/a?utm_source=x") == 0
    assert how("/a?utm_source=x", "/a?utm_source=y") == 1
    assert how("/a?utm_source=x", "/a?utm_source=x", RowKind.PAGE_EXACT) == 0
    assert how("/a?utm_source=x", "/a", RowKind.PAGE_EXACT) == 2
    assert how("/a?utm_source=x", "/a?utm_source=y", RowKind.PAGE_EXACT) == 2
    assert how("/a", "/a?utm_source=x", RowKind.PAGE_EXACT) == 2
    assert how("/a?b=1", "/a?c=2", RowKind.PATH) == 0
    assert how("/a/", "/a?c=2", RowKind.PATH) == 2
    assert how("/a/", "/a?c=2") == -1


def test_each_role_meets_only_its_kinds() -> None:
    """A page never meets a folder or a host, though they may be written alike; a wider kind never meets a page."""
    expected = {
        Role.AS_WRITTEN: {RowKind.PAGE: 0, RowKind.PAGE_EXACT: 0, RowKind.PAGE_STRIPPED: 1},
        Role.STRIPPED: {RowKind.PAGE: 1, RowKind.PAGE_STRIPPED: 1},
        Role.PATH: {RowKind.PATH: 0},
        Role.PREFIX: {RowKind.PREFIX: 0},
        Role.HOST: {RowKind.HOST: 0},
        Role.DOMAIN: {RowKind.DOMAIN: 0},
        Role.LOOSE: {RowKind.LOOSE_PAGE: 2, RowKind.PAGE: 2, RowKind.PAGE_EXACT: 2, RowKind.PAGE_STRIPPED: 2},
        Role.LOOSE_PATH: {RowKind.LOOSE_PATH: 2, RowKind.PATH: 2},
    }
    for roles in range(256):
        for kind in range(16):
            found = [hows[RowKind(kind)] for role, hows in expected.items() if roles & role and kind in hows]
            assert met(roles, kind) == min(found, default=-1)


def test_folders_and_names_are_bounded() -> None:
    """Six folders from the top, and a host's last seven names; an address has no name above it."""
    assert prefixes("/1/2/3/4/5/6/7/8") == [f"/{'/'.join('123456'[:level])}/" for level in range(6, 0, -1)]
    assert prefixes("/") == []
    assert domains("i.h.g.f.e.d.c.b.a") == [
        "i.h.g.f.e.d.c.b.a", "g.f.e.d.c.b.a", "f.e.d.c.b.a", "e.d.c.b.a", "d.c.b.a", "c.b.a", "b.a",
    ]  # fmt: skip
    assert domains("1.2.3.4") == ["1.2.3.4"]
    assert domains("[2001:db8::1]") == ["[2001:db8::1]"]


def test_a_page_with_tracking_is_looked_for_with_and_without_it() -> None:
    """Both are pages; what they share comes once."""
    found = probes(canonicalise("https://example.com/a?utm_source=x&id=7"))
    assert [expression for scope, expression in found if scope == Scope.PAGE] == [
        "example.com/a?utm_source=x&id=7",
        "example.com/a?id=7",
    ]


def test_the_steps_of_a_url_can_be_shown() -> None:
    """The obvious form writes down each step with what it was given and what it made of it."""
    steps: list[Step] = []
    canonicalise_slow("hxxps://User@Example[.]com:443/a/../b?utm_source=x#top", steps=steps)
    assert [step for step in steps if step.before != step.after] == [
        (
            "clean-up",
            "hxxps://User@Example[.]com:443/a/../b?utm_source=x#top",
            "https://User@Example.com:443/a/../b?utm_source=x#top",
        ),
        ("host", "Example.com", "example.com"),
        ("user", "User@", ""),
        ("port", ":443", ""),
        ("path", "/a/../b", "/b"),
        ("fragment", "#top", ""),
        ("tracking", "?utm_source=x", ""),
    ]


def test_the_type_says_what_a_url_signal_is() -> None:
    """URLs are compared by expressions, have no fixed length, no quality, and nothing is too flat."""
    assert (URL_TYPE.number, URL_TYPE.byte_count, URL_TYPE.metric, URL_TYPE.has_quality) == (7, 0, "expression", False)
    for value in URL_TYPE.examples():
        assert canonicalise(value.decode(), refang=False).strict
        assert URL_TYPE.flat(value) is None
    assert URL_TYPE.distance(b"a", b"a") == 0
    assert URL_TYPE.distance(b"a", b"b") == 1


def test_the_bits_are_worth_their_name() -> None:
    """The search above is fed with what matters: every bit comes into some URL that is accepted."""
    accepted = [bit for bit in BITS if isinstance(outcome(canonicalise, f"http://example.com/{bit}"), Url)]
    assert len(accepted) == len(BITS)
    assert len(texts()) > 700
