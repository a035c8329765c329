"""Which URLs may be listed, and what is said about one before it is confirmed."""

from __future__ import annotations

import subprocess
import sys

import pytest

from hashsvc.errors import InvalidArgument
from hashsvc.signals.url import canonicalise
from hashsvc.signals.url_entries import (
    WARNING_TEXTS,
    _above_suffixes,
    _shared_hosts,
    _suffixes,
    check_entry,
    is_bare_shared_host,
    is_shared_host,
    registrable,
    suffix_list_version,
    warnings_of,
)
from hashsvc.signals.url_expressions import Scope

PAGE, PATH, PREFIX, HOST, DOMAIN = Scope


def refusal(text: str, scope: int, *, query_exact: bool = False) -> str | None:
    """The reason why a URL may not be listed, or None."""
    try:
        check_entry(text, scope, query_exact, field="signals[0].url")
    except InvalidArgument as error:
        found = error
    else:
        return None
    assert found.field.startswith("signals[0].url")
    assert "example" not in found.message
    return found.reason


@pytest.mark.parametrize(
    ("text", "scope", "reason"),
    [
        ("http://*.com/", DOMAIN, "WILDCARD"),
        ("http://%2A.example.com/x", PAGE, "WILDCARD"),
        ("http://10.0.0.1/x?y", HOST, "IP_HOST"),
        ("http://[2001:db8::1]/", DOMAIN, "IP_HOST"),
        ("http://co.uk:8080/x", HOST, "PUBLIC_SUFFIX"),
        ("http://kawasaki.jp/", DOMAIN, "PUBLIC_SUFFIX"),
        ("http://мон/", DOMAIN, "PUBLIC_SUFFIX"),
        ("http://blogspot.com/", HOST, "PUBLIC_SUFFIX"),
        ("http://amazonaws.com/", DOMAIN, "PUBLIC_SUFFIX"),  # s3.amazonaws.com is below
        ("http://compute.amazonaws.com/", DOMAIN, "PUBLIC_SUFFIX"),
        ("http://upload.wikimedia.org/x", HOST, "SHARED_HOST"),
        ("http://google.com/", DOMAIN, "SHARED_HOST"),
        ("http://mds.yandex.net/", DOMAIN, "SHARED_HOST"),  # avatars.mds.yandex.net is below
        ("http://tumblr.com/", HOST, "SHARED_HOST"),
        ("http://www.tumblr.com/", DOMAIN, "SHARED_HOST"),
        ("http://printer/x", HOST, "NOT_PUBLIC"),
        ("http://x.internal/x", DOMAIN, "NOT_PUBLIC"),
        ("http://bad.example/x", HOST, "HAS_PATH"),
        ("http://bad.example/#!x", DOMAIN, "HAS_PATH"),
        ("http://a.b.c.d.e.f.bad.example/x", DOMAIN, "HAS_PATH"),
        ("http://a.b.c.d.e.f.bad.example/", DOMAIN, "TOO_DEEP"),
        ("http://a.b.c.d.e.bad.example/", DOMAIN, None),
        ("http://a.b.c.d.e.f.bad.example/", HOST, None),
        ("http://someone.tumblr.com/", DOMAIN, None),
        ("http://bucket.s3.amazonaws.com/", HOST, None),
        ("http://bad.example:8080/", HOST, None),
        ("http://bad.example/#top", HOST, None),
        ("http://bad.example/?", DOMAIN, None),
    ],
)
def test_a_host_or_domain_is_somebody_s_own(text: str, scope: int, reason: str | None) -> None:
    """Wildcards, addresses, public suffixes and what is above them, shared hosts, local names, paths: in this order."""
    assert refusal(text, scope) == reason


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("http://bad.example/a", "BAD_PREFIX"),
        ("http://bad.example/", "BAD_PREFIX"),
        ("http://bad.example/a/?x", "BAD_PREFIX"),
        ("http://bad.example/a/?utm_source=x", "BAD_PREFIX"),
        ("http://bad.example/a/#/x", "BAD_PREFIX"),
        ("http://bad.example/a/../", "BAD_PREFIX"),
        ("http://bad.example/1/2/3/4/5/6/7/", "TOO_DEEP"),
        ("http://bad.example/1/2/3/4/5/6/", None),
        ("http://bad.example/a/#top", None),
        ("http://intranet/a/", "NOT_PUBLIC"),
        ("http://imgur.com/a/", None),
    ],
)
def test_a_prefix_is_a_folder(text: str, reason: str | None) -> None:
    """It ends in /, has one to six levels, and no query."""
    assert refusal(text, PREFIX) == reason


@pytest.mark.parametrize("scope", [PAGE, PATH])
@pytest.mark.parametrize(
    ("address", "reason"),
    [
        ("127.0.0.1", "NOT_PUBLIC"),
        ("017700000001", "NOT_PUBLIC"),
        ("192.168.1.1", "NOT_PUBLIC"),
        ("169.254.169.254", "NOT_PUBLIC"),
        ("100.64.0.1", "NOT_PUBLIC"),
        ("224.0.0.1", "NOT_PUBLIC"),
        ("255.255.255.255", "NOT_PUBLIC"),
        ("0.0.0.0", "NOT_PUBLIC"),
        ("[::1]", "NOT_PUBLIC"),
        ("[fe80::1]", "NOT_PUBLIC"),
        ("[fd00::1]", "NOT_PUBLIC"),
        ("[ff02::1]", "NOT_PUBLIC"),
        ("[64:ff9b::10.0.0.1]", "NOT_PUBLIC"),
        ("localhost", "NOT_PUBLIC"),
        ("a.localhost", "NOT_PUBLIC"),
        ("router.home.arpa", "NOT_PUBLIC"),
        ("local.example", None),
        ("93.184.215.14", None),
        ("[2606:4700::1]", None),
        ("[64:ff9b::5db8:d70e]", None),
    ],
)
def test_a_page_is_on_a_public_host(address: str, reason: str | None, scope: int) -> None:
    """Addresses and names that mean another host to everybody are refused, however they are written."""
    assert refusal(f"http://{address}/a.jpg", scope) == reason


@pytest.mark.parametrize(
    ("text", "scope", "reason"),
    [
        ("https://imgur.com/", PAGE, "SHARED_HOST"),
        ("https://i.imgur.com", PAGE, "SHARED_HOST"),
        ("https://imgur.com/?utm_source=x", PAGE, "SHARED_HOST"),
        ("https://www.imgur.com/index.html", PAGE, "SHARED_HOST"),
        ("https://imgur.com/?a", PATH, "SHARED_HOST"),
        ("https://imgur.com/?a", PAGE, None),
        ("https://mega.nz/#!id!key", PAGE, None),
        ("https://mega.nz/#!id!key", PATH, "HAS_ROUTE"),
        ("https://imgur.com/a/EXAMPLE", PATH, None),
        ("https://bad.example/", PAGE, None),
        ("https://someone.livejournal.com/", PAGE, None),
    ],
)
def test_the_front_page_of_a_shared_host_is_not_listed(text: str, scope: int, reason: str | None) -> None:
    """Not by tracking that is taken off, nor by PATH, which ignores the query."""
    assert refusal(text, scope) == reason


def test_nothing_is_repaired_for_an_entry() -> None:
    """What a look-up cleans up is refused for an entry, so that nobody has to guess what was listed."""
    assert refusal("hxxps://bad.example/a", PAGE) == "UNSUPPORTED_SCHEME"
    for text in ("http://bad[.]example/a", "http://bad(dot)example/a", "http://bad\\.example/a", "bad[.]example"):
        assert refusal(text, PAGE) == "INVALID_URL"
        assert canonicalise(text).host.endswith("bad.example")
    assert refusal("http://www.bad\\.example/a", PAGE) == "INVALID_URL"
    for text in (
        "<http://bad.example/a>",
        '"http://bad.example/a"',
        "http://bad.example/a\u200b",
        "\ufeffbad.example/a",
    ):
        assert refusal(text, PAGE) == "INVALID_URL"
        assert canonicalise(text).strict == "bad.example/a"
    assert refusal("h**p://bad.example/a", PAGE) == "INVALID_URL"
    assert check_entry("bad.example/a", PAGE).strict == "bad.example/a"
    assert check_entry(" http://bad.example/a[.]b\n", PAGE).strict == "bad.example/a%5B.%5Db"


def test_an_exact_query_is_for_a_page() -> None:
    """The other scopes have no query that could be exact."""
    assert refusal("http://bad.example/a?x", PAGE, query_exact=True) is None
    for scope in (PATH, PREFIX, HOST, DOMAIN):
        with pytest.raises(InvalidArgument) as raised:
            check_entry("http://bad.example/", scope, query_exact=True, field="url")
        assert (raised.value.reason, raised.value.field) == ("BAD_VALUE", "url.query_exact")


@pytest.mark.parametrize(
    ("text", "scope", "warnings"),
    [
        ("http://bad.example/a.jpg", PAGE, ()),
        ("http://good.example@bad.example/a", PAGE, ("userinfo_dropped",)),
        ("http://bad.example/a#part", PAGE, ("fragment_dropped",)),
        ("http://bad.example/#/route", PAGE, ()),
        ("http://bad.example/a?fbclid=x", PAGE, ("tracking_dropped",)),
        ("http://bad.example/a?fbclid=x", PATH, ("query_ignored",)),
        ("http://bad.example/", PAGE, ("page_on_root",)),
        ("http://bad.example/?id=7", PAGE, ()),
        ("http://bad.example:8080/", HOST, ("port_ignored",)),
        ("http://bad.example:8080/a", PAGE, ()),
        ("https://bit.ly/EXAMPLE", PAGE, ("shortener", "page_on_shared_host")),
        ("http://bad.example/*", PREFIX, ("wildcard_in_path",)),
        ("http://bad.example/?q=*", PAGE, ("wildcard_in_path",)),
        ("http://ехаmple.example/a", PAGE, ("mixed_script",)),
        ("http://өвөр.мон/a", PAGE, ()),
        ("http://әлем-2026.қаз/a", HOST, ()),
        ("http://食べ物abc.example/a", PAGE, ()),
        ("http://bücher.example/a", PAGE, ()),
        ("https://en.wikipedia.org/wiki/EXAMPLE", PAGE, ("page_on_shared_host",)),
        ("https://upload.wikimedia.org/EXAMPLE.JPG", PAGE, ()),
        ("https://www.youtube.com/watch?v=EXAMPLE", PATH, ("query_ignored", "path_on_shared_host")),
        ("https://www.facebook.com/groups/EXAMPLE/", PREFIX, ("prefix_on_shared_host",)),
    ],
)
def test_what_a_person_should_know_is_said_before_it_is_confirmed(
    text: str, scope: int, warnings: tuple[str, ...]
) -> None:
    """Warnings do not refuse; each has a text, and they come in the table's order."""
    assert warnings_of(text, scope) == warnings
    assert warnings_of(canonicalise(text, refang=False), scope) == warnings
    assert set(warnings) <= set(WARNING_TEXTS)


def test_a_bare_shared_host_is_told_from_a_page_on_it() -> None:
    """Only the front page, with whatever port; a name that only looks alike is another."""
    for host in ("imgur.com", "i.imgur.com", "www.wikipedia.org", "bit.ly", "drive.google.com", "www.tumblr.com"):
        assert is_shared_host(host)
        assert is_bare_shared_host(f"{host}/")
        assert is_bare_shared_host(f"{host}:8080/")
        assert not is_bare_shared_host(f"{host}/a")
        assert not is_bare_shared_host(f"{host}/?a")
    for host in ("notimgur.com", "imgur.com.bad.example", "someone.tumblr.com", "com", "1.2.3.4", "[2001:db8::1]"):
        assert not is_shared_host(host)
        assert not is_bare_shared_host(f"{host}/")


def test_the_shared_hosts_leave_to_the_suffix_list_what_it_has() -> None:
    """A public suffix in data/shared_hosts.txt would make what people registered below it shared."""
    shared = _shared_hosts()
    assert len(shared.with_all_below | shared.alone) > 250
    assert shared.shorteners <= shared.with_all_below
    assert {"bit.ly", "t.co"} <= shared.shorteners
    for name in shared.with_all_below | shared.alone:
        assert not _suffixes().is_public(name), name
        assert canonicalise(f"http://{name}/", refang=False).host == name
        assert not any(name != other and name.endswith(f".{other}") for other in shared.with_all_below), name


def test_no_registered_name_is_taken_for_one_above_suffixes() -> None:
    """Names above public suffixes are refused as DOMAIN only, and their number is small."""
    assert {"amazonaws.com", "core.windows.net"} <= _above_suffixes()
    assert "bad.example" not in _above_suffixes()
    assert len(_above_suffixes()) < 1_000
    assert refusal("http://amazonaws.com/", HOST) == "SHARED_HOST"
    assert registrable("a.b.bad.example") == "bad.example"


def test_the_suffix_list_has_a_date() -> None:
    """It is recorded with each entry."""
    version = suffix_list_version()
    assert len(version) == 8
    assert "20260101" < version < "21000101"


def test_look_ups_never_load_the_suffix_list() -> None:
    """A change of that list must not hide an entry: it is read when something is to be listed, not before."""
    code = (
        "import sys; from hashsvc.signals.url_expressions import lookup_keys; import hashsvc.signals.url_entries as e; "
        "lookup_keys('http://a.bad.example/x'); e.is_bare_shared_host('imgur.com/'); "
        "e.warnings_of('http://a.example/', 1); "
        "sys.exit('publicsuffixlist' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
