"""Counts of recently checked URLs, and the limit on prefixes: about right, bounded, and gone after a day."""

from __future__ import annotations

import hashlib
import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hashsvc.clock import SeededClock
from hashsvc.errors import ResourceExhausted
from hashsvc.server.wire.limits import PrefixQuota
from hashsvc.server.wire.memory import make_memory
from hashsvc.server.wire.recent import MEMORY_BYTES, RecentUrls
from hashsvc.signals.url_expressions import Role, Scope, expression_hash, lookup_keys

HOUR_US = 3_600_000_000


class Clock(SeededClock):
    """A clock that a test moves on."""

    def __init__(self) -> None:
        super().__init__(1)
        self.at_us = 1_700_000_000_000_000

    def now_us(self) -> int:
        return self.at_us


def add(recent: RecentUrls, *urls: str) -> None:
    for url in urls:
        recent.add(*lookup_keys(url))


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcd"), st.sampled_from(["", "x/", "x/y/", "z"])), max_size=60))
def test_an_estimate_is_never_too_low_and_seldom_too_high(checks: list[tuple[str, str]]) -> None:
    """What is told of a host, a domain or a folder is at least what was checked, and at most the error more."""
    recent = RecentUrls(Clock())
    add(recent, *(f"https://{host}.example.com/{path}" for host, path in checks))
    for scope, expression, count in (
        (Scope.DOMAIN, "example.com/", len(checks)),
        (Scope.HOST, "example.com/", 0),
        (Scope.HOST, "a.example.com/", sum(host == "a" for host, _ in checks)),
        (Scope.DOMAIN, "a.example.com/", sum(host == "a" for host, _ in checks)),
        (Scope.PREFIX, "b.example.com/x/", sum(host == "b" and path.startswith("x/") for host, path in checks)),
        (Scope.PREFIX, "b.example.com/x/y/", sum(host == "b" and path == "x/y/" for host, path in checks)),
    ):
        found = recent.below(scope, expression_hash(expression))
        assert count <= found.checks <= count + found.error


def test_a_bulk_of_urls_counts_as_they_would_alone() -> None:
    """Expressions of many URLs end to end are counted as one after the other."""
    clock, urls = Clock(), [f"https://h{i % 7}.example.com/{i}/x" for i in range(300)]
    alone, bulk = RecentUrls(clock), RecentUrls(clock)
    add(alone, *urls)
    keys = [lookup_keys(url) for url in urls]
    bulk.add(b"".join(one.roles for one in keys), b"".join(one.digests for one in keys))
    for host in range(7):
        digest = expression_hash(f"h{host}.example.com/")
        assert (
            alone.below(Scope.HOST, digest).checks == bulk.below(Scope.HOST, digest).checks == len(range(host, 300, 7))
        )


def test_checks_count_for_a_day() -> None:
    """A check counts for 24 hours and is forgotten after 25."""
    clock = Clock()
    recent = RecentUrls(clock)
    digest = expression_hash("example.com/")
    add(recent, "https://example.com/")
    clock.at_us += 24 * HOUR_US
    add(recent, "https://example.com/")
    assert recent.below(Scope.HOST, digest).checks == 2
    clock.at_us += HOUR_US
    assert recent.below(Scope.HOST, digest).checks == 1
    clock.at_us += 24 * HOUR_US
    assert recent.below(Scope.HOST, digest) == (0, 0)


def test_workers_share_one_memory() -> None:
    """What one worker counts, another one tells; a service of its own counts for itself."""
    clock = Clock()
    descriptor = make_memory(clock)
    one, other = RecentUrls(clock, os.dup(descriptor)), RecentUrls(clock, os.dup(descriptor))
    add(one, "https://example.com/")
    add(other, "https://example.com/1")
    digest = expression_hash("example.com/")
    assert one.below(Scope.HOST, digest).checks == other.below(Scope.HOST, digest).checks == 2
    assert RecentUrls(clock).below(Scope.HOST, digest).checks == 0
    os.close(descriptor)


def test_the_memory_holds_neither_url_nor_hash() -> None:
    """What workers share has no file, and no expression or hash of a checked URL is in it."""
    descriptor = make_memory(Clock())
    recent = RecentUrls(Clock(), os.dup(descriptor))
    url = "https://secret.example.com/path/x"
    add(recent, url)
    assert os.fstat(descriptor).st_nlink == 0
    memory = os.pread(descriptor, MEMORY_BYTES, 0)
    keys = lookup_keys(url)
    assert b"secret" not in memory
    for at in range(0, len(keys.digests), 32):
        assert keys.digests[at : at + 8] not in memory
    os.close(descriptor)


def test_a_page_itself_is_not_counted() -> None:
    """Only hosts, domains and folders are counted: which page was checked cannot be asked, nor can a loose key."""
    recent = RecentUrls(Clock())
    roles, digests = lookup_keys("https://www.example.com/a/b?c")
    recent.add(roles, digests)
    wide = sum(bin(role & (Role.PREFIX | Role.HOST | Role.DOMAIN)).count("1") for role in roles)
    assert recent.below(Scope.HOST, expression_hash("www.example.com/")).checks == 1
    assert int(recent._totals.sum()) == wide


# ---------------------------------------------------------------- the limit on prefixes


def prefixes(first: int, count: int) -> list[bytes]:
    return [hashlib.sha256(b"%d" % n).digest()[:4] for n in range(first, first + count)]


def test_a_worker_answers_so_many_different_prefixes_a_day() -> None:
    """The limit counts different prefixes, a refused call counts none, and at midnight it begins anew."""
    clock = Clock()
    quota = PrefixQuota(clock, 10)
    quota.take(prefixes(0, 8))
    quota.take(prefixes(0, 8))
    with pytest.raises(ResourceExhausted, match="PREFIX_QUOTA"):
        quota.take(prefixes(8, 3))
    quota.take(prefixes(8, 2))
    with pytest.raises(ResourceExhausted):
        quota.take(prefixes(20, 1))
    clock.at_us += 24 * HOUR_US
    quota.take(prefixes(20, 10))
