"""The keys of many URLs are those of each."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from benchmarks.url_sample import sample
from hashsvc.errors import InvalidArgument
from hashsvc.index import expressions, jit, warm
from hashsvc.matching.url_keys import SLICE_CHARS, SLICE_URLS, UrlKeys, keys_of_many
from hashsvc.signals import url_expressions
from hashsvc.signals.url_expressions import Role, lookup_keys_slow
from tests.signals.url_vectors import hostile, texts

LABELS = st.sampled_from(["www", "a", "b", "xn--n3h", "1", "өвөр", "A", "example"])
DEEP = st.builds(
    lambda labels, port, path, query: f"http://{'.'.join(labels)}{port}{path}{query}",
    st.lists(LABELS, min_size=1, max_size=12),
    st.sampled_from(["", "", ":80", ":443", ":81"]),
    st.sampled_from(["", "/", "/index.htm", "//", "/a/", "/a/index.php", "/1/2/3/4/5/6/7/8", "/1/2/3/4/5/6/", "/.a/b"]),
    st.sampled_from(["", "?b=1&a=2", "?sid=1", "?utm_id=1", "?utm_id=1&b&a", "#!x", "?a=%20", "?", "?utm_id=1#/x"]),
)
SAMPLED = st.integers(0, 100_000).map(lambda seed: sample(1, seed)[0])


def check(urls: Sequence[str]) -> UrlKeys:
    """Ask for the keys of URLs and hold each against what it has alone."""
    found = keys_of_many(urls)
    expected, refused = {}, {}
    for item, url in enumerate(urls):
        if url:
            try:
                expected[item] = tuple(lookup_keys_slow(url))
            except InvalidArgument as error:
                refused[item] = (error.reason, error.message, error.field)
    assert found.items.tolist() == list(expected)
    assert len(found.starts) == len(expected) + 1
    assert found.starts[0] == 0
    assert found.starts[-1] == len(found.roles) == len(found.digests)
    for (item, keys), start, end in zip(expected.items(), found.starts[:-1], found.starts[1:], strict=True):
        assert (found.roles[start:end].tobytes(), found.digests[start:end].tobytes()) == keys, item
    assert [(item, (one.reason, one.message, one.field)) for item, one in found.problems] == list(refused.items())
    return found


@settings(max_examples=300)
@given(st.lists(hostile() | DEEP | SAMPLED, max_size=12))
@example(["https://www.example.com/index.html", "", "https://www.example.com:443/?sid=1"])
@example(["https://example.com:8080/index.php?utm_source=a#!x", "http://1.2.3.4/1/2/3/4/5/6/?utm_source=x"])
@example(["http://www.a.b.c.d.e.f.g.h.example/1/2/3/4/5/6/7/8/?b=1&a=2", "http://[2001:db8::1]:8080/"])
@example(["http://example.com/?utm_source=x", "http://www.com/", "http://www.www.com:80"])
@example(["http://example.com/" + "a/" * 4000, "http://example.com/?" + "a&" * 4000])
def test_the_keys_of_many_are_those_of_each(urls: list[str]) -> None:
    """Byte for byte, or the same refusal, whichever URLs stand beside it."""
    check(urls)


def test_every_url_of_the_vectors_and_of_the_sample() -> None:
    """So it is over all URLs of the vectors, and over those that are measured."""
    check(texts())
    check(sample(3_000, 11))
    check(sample(1_000, 12, distinct_hosts=True))


@pytest.mark.parametrize(
    "urls", [[], [""], ["", "", ""], ["word"], ["ftp://a.example/", "", "http://a b/"], [""] * 600, ["word"] * 600]
)
def test_none_at_all(urls: list[str]) -> None:
    """Without any URL that can be read there are no keys; what was refused is told."""
    found = check(urls)
    assert (found.starts.tolist(), found.roles.shape, found.digests.shape) == ([0], (0,), (0, 32))


def test_a_full_call() -> None:
    """10,000 items, some empty, some refused: each item has its own keys."""
    urls = [*sample(2_000, 13), "", "word"] * 5
    urls = [*urls[:9_999], "https://last.example/"]
    found = check(urls)
    assert found.items[-1] == 9_999


def test_roles_are_narrowest_first() -> None:
    """As written, stripped, path, folders, host, domains, loose, loose path; equal ones are one key."""
    found = check(["https://www.a.example.com/x/y/z?utm_id=1&q=2", "https://example.com/"])
    assert found.roles.tolist() == [
        Role.AS_WRITTEN, Role.STRIPPED, Role.PATH, Role.PREFIX, Role.PREFIX, Role.HOST | Role.DOMAIN, Role.DOMAIN,
        Role.DOMAIN, Role.LOOSE, Role.LOOSE_PATH,
        Role.AS_WRITTEN | Role.PATH | Role.HOST | Role.DOMAIN | Role.LOOSE | Role.LOOSE_PATH,
    ]  # fmt: skip


def test_both_floors_mean_the_same_by_a_role() -> None:
    """The bits, and how many folders and names are cut, are those of the look-up of one URL."""
    assert {role.name: int(role) for role in Role} == {role.name: getattr(expressions, str(role.name)) for role in Role}
    assert expressions.PREFIX_LEVELS_MAX == url_expressions.PREFIX_LEVELS_MAX
    assert expressions.DOMAIN_LABELS_MAX == url_expressions.DOMAIN_LABELS_MAX


def test_whoever_waits_is_asked_between_slices() -> None:
    """Between slices, and not after the last; what is raised there ends the work."""
    calls: list[int] = []
    for count in (0, 1, SLICE_URLS, SLICE_URLS + 1, 3 * SLICE_URLS):
        keys_of_many(["http://a.example/"] * count, lambda: calls.append(1))
    assert len(calls) == 0 + 0 + 0 + 1 + 2

    calls.clear()
    long = "http://a.example/" + "%41" * 2000
    keys_of_many([long] * 100, lambda: calls.append(1))
    assert len(calls) == len(long) * 100 // SLICE_CHARS

    def out_of_time() -> None:
        raise TimeoutError

    with pytest.raises(TimeoutError):
        keys_of_many(["http://a.example/"] * (SLICE_URLS + 1), out_of_time)


def test_no_look_up_compiles_after_warm() -> None:
    """However many URLs, and whatever they are, the kernels meet no types but those of `warm`."""
    warm()
    before = {function.__name__: list(function.signatures) for function in jit.KERNELS}
    for urls in ([], ["word"], ["http://a.example/"], sample(600, 3)):
        keys_of_many(urls)
    assert {function.__name__: list(function.signatures) for function in jit.KERNELS} == before
