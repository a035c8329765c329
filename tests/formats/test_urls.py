"""URLs in files: what a row of the list and an item to be checked may say of one, and how one is refused."""

from __future__ import annotations

import contextlib
import csv
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.formats import Rejected, Row, read_items
from hashsvc.formats.csv_file import COLUMNS, read_csv, write_csv
from hashsvc.formats.json_lines import read_json_lines, write_json_lines
from hashsvc.formats.rows import print_time, read_time
from hashsvc.signals import MD5, URL, Signal, UrlFacts
from hashsvc.signals.url import canonicalise
from hashsvc.signals.url_expressions import Scope
from tests.formats.rows import TIMES

MD5_HEX = "0123456789abcdef" * 2
PAGE = "https://cats.example/a/1.jpg?id=7"
GOOD = {"type": "md5", "value": MD5_HEX}
SEEN = "2026-11-24T09:30:00Z"
SEEN_US = 1_795_512_600_000_000


def from_json(*fingerprints):
    return read_line(json.dumps({"content_id": "a", "fingerprints": fingerprints}))


def from_csv(*fingerprints):
    """The same fingerprints as rows of one content id."""
    text = io.StringIO()
    table = csv.DictWriter(text, COLUMNS)
    table.writeheader()
    for one in fingerprints:
        cells = {"content_id": "a", "type": one["type"], "value": one["value"]}
        cells |= {"url_scope": one.get("scope", ""), "seen_live": one.get("seen_live", "")}
        table.writerow(cells | {"query_exact": "y" if one.get("query_exact") else ""})
    return read_table(text.getvalue())


def read_table(text):
    return list(read_csv(io.BytesIO(text.encode())))


def read_line(text):
    return list(read_json_lines(io.BytesIO(text.encode())))


READERS = pytest.mark.parametrize("read", [from_json, from_csv])


def url(value=PAGE, **more):
    return {"type": "url", "value": value} | more


def outcome(found):
    """Reasons of what was refused, and the URLs of the row."""
    refused = [one.reason for one in found if isinstance(one, Rejected)]
    return refused, [signal for one in found if isinstance(one, Row) for signal in one.signals if signal.type == URL]


@READERS
def test_a_url_keeps_its_text_and_what_is_said_of_it(read):
    """Scope, exact query and the time it was seen live are read; the text stays as it was written."""
    (row,) = read(url("HTTPS://Cats.example/a/?utm_source=x", query_exact=True, seen_live=SEEN))
    facts = UrlFacts(int(Scope.PAGE), True, SEEN_US)
    assert row.signals == (Signal(URL, b"HTTPS://Cats.example/a/?utm_source=x", url=facts),)
    (plain,) = read(url())
    assert plain.signals == (Signal(URL, PAGE.encode(), url=UrlFacts()),)


@READERS
@pytest.mark.parametrize("scope", Scope)
def test_each_scope_has_its_word(read, scope):
    """Page, path, prefix, host and domain, in either case; none is inferred from the URL."""
    text = {Scope.PREFIX: "https://cats.example/a/"}.get(scope, "https://cats.example/")
    for word in (scope.name.lower(), scope.name):
        (row,) = read(url(text, scope=word))
        assert row.signals[0].url.scope == scope
    (bare,) = read(url("https://cats.example"))
    assert bare.signals[0].url.scope == Scope.PAGE


@READERS
def test_the_types_name_may_be_spelt_as_other_people_do(read):
    """A link or a URI is a URL."""
    for name in ("URL", "uri", "Link", "web-address"):
        (row,) = read({"type": name, "value": PAGE})
        assert row.signals[0].type == URL


REFUSED = [
    ({"value": "https://co.uk/", "scope": "domain"}, "value", "PUBLIC_SUFFIX"),
    ({"value": "https://www.youtube.com/", "scope": "host"}, "value", "SHARED_HOST"),
    ({"value": "http://192.168.0.7/secret"}, "value", "NOT_PUBLIC"),
    ({"value": "http://printer/secret"}, "value", "NOT_PUBLIC"),
    ({"value": "http://9.9.9.9/", "scope": "host"}, "value", "IP_HOST"),
    ({"value": "http://*.cats.example/secret"}, "value", "WILDCARD"),
    ({"value": "http://cats.example/secret", "scope": "host"}, "value", "HAS_PATH"),
    ({"value": "http://cats.example/secret", "scope": "prefix"}, "value", "BAD_PREFIX"),
    ({"value": "http://cats.example/secret/2/3/4/5/6/7/", "scope": "prefix"}, "value", "TOO_DEEP"),
    ({"value": "hxxp://cats.example/secret"}, "value", "UNSUPPORTED_SCHEME"),
    ({"value": "http://cats[.]example/secret"}, "value", "INVALID_URL"),
    ({"value": "<http://cats.example/secret>"}, "value", "INVALID_URL"),
    ({"value": "someone@cats.example/secret"}, "value", "INVALID_URL"),
    ({"value": "http://secret.example:99999/"}, "value", "INVALID_URL"),
    ({"value": "http://secret..example/"}, "value", "INVALID_HOST"),
    ({"value": "ftp://cats.example/secret"}, "value", "UNSUPPORTED_SCHEME"),
    ({"value": "/secret"}, "value", "NO_HOST"),
    ({"value": "http://cats.example/secret" + "a" * limits.URL_BYTES_MAX}, "value", "TOO_LONG"),
    ({"value": "http://cats.example/secret/", "scope": "path", "query_exact": True}, "query_exact", "BAD_VALUE"),
    ({"value": PAGE, "scope": "secret"}, "scope", "BAD_SCOPE"),
    ({"value": PAGE, "scope": "page or path"}, "scope", "BAD_SCOPE"),
    ({"value": PAGE, "seen_live": "2026-11-24T09:30:00"}, "seen_live", "BAD_TIME"),
    ({"value": PAGE, "seen_live": "2026-11-24"}, "seen_live", "BAD_TIME"),
    ({"value": PAGE, "seen_live": "yesterday"}, "seen_live", "BAD_TIME"),
    ({"value": PAGE, "seen_live": "1969-12-31T23:59:59Z"}, "seen_live", "BAD_TIME"),
    ({"value": PAGE, "seen_live": "1970-01-01T00:00:00+05:00"}, "seen_live", "BAD_TIME"),
    ({"value": PAGE, "seen_live": "9999-12-31T23:59:59-05:00"}, "seen_live", "BAD_TIME"),
]


@pytest.mark.parametrize(("said", "field", "reason"), REFUSED)
def test_a_url_that_may_not_be_listed_is_refused_alone(said, field, reason):
    """A refused URL carries the code of its reason and the field it lies in; the rest of its entry is used."""
    refused, row = from_json(GOOD, url(**said))
    assert (refused.field, refused.reason, refused.whole) == (f"fingerprints[1].{field}", reason, False)
    assert [signal.type for signal in row.signals] == [MD5]
    (alone,) = from_json(url(**said))
    assert (alone.reason, alone.whole) == (reason, True)
    refused, row = from_csv(GOOD, url(**said))
    column = {"scope": "url_scope"}.get(field, field)
    assert (refused.line, refused.field, refused.reason, refused.whole) == (3, column, reason, False)
    assert [signal.type for signal in row.signals] == [MD5]


@pytest.mark.parametrize("said", [said for said, _, _ in REFUSED])
def test_no_refusal_shows_a_url(said):
    """Messages are logged and mailed: neither a URL nor a part of one stands in them, nor does what was said of it."""
    for read in (from_json, from_csv):
        for found in read(url(**said)):
            assert not any(part in found.message for part in ("secret", "cats", "youtube", "co.uk", "192.168", "9.9.9"))
            assert said["value"] not in found.message


@pytest.mark.parametrize(
    ("said", "field"),
    [({"scope": 3}, "scope"), ({"query_exact": "yes"}, "query_exact"), ({"seen_live": 17}, "seen_live")],
)
def test_what_is_said_of_a_url_has_a_type(said, field):
    """In JSON a scope and a time are strings, and query_exact is true or false."""
    refused, row = from_json(GOOD, url(**said))
    assert (refused.field, refused.reason) == (f"fingerprints[1].{field}", "BAD_TYPE")
    assert len(row.signals) == 1


def test_query_exact_is_yes_or_no_in_csv():
    """Anything else is told with its column."""
    for word, exact in (("y", True), ("TRUE", True), ("n", False), ("0", False), ("", False)):
        (row,) = read_table(f"type,value,query_exact\nurl,{PAGE},{word}\n")
        assert row.signals[0].url.query_exact is exact
    (refused,) = read_table(f"type,value,query_exact\nurl,{PAGE},maybe\n")
    assert (refused.field, refused.reason, refused.whole) == ("query_exact", "BAD_VALUE", True)


@READERS
def test_the_same_url_twice_is_told(read):
    """One URL with one scope stands once in an entry; with two scopes, or with and without its tracking, it is two."""
    assert outcome(read(url(), url()))[0] == ["DUPLICATE_SIGNAL"]
    assert outcome(read(url(), url(scope="page", seen_live=SEEN)))[0] == ["DUPLICATE_SIGNAL"]
    refused, signals = outcome(read(url(), url(scope="path"), url(query_exact=True)))
    assert refused == []
    assert [signal.url.scope for signal in signals] == [Scope.PAGE, Scope.PATH, Scope.PAGE]


def test_what_another_type_says_of_urls_is_read_over():
    """A digest has no scope; saying one changes nothing."""
    (row,) = from_json(GOOD | {"scope": "domain"})
    assert row.signals == (Signal(MD5, bytes.fromhex(MD5_HEX)),)
    assert from_csv(GOOD | {"scope": "domain", "seen_live": SEEN})[0].signals == row.signals


@pytest.mark.parametrize("key", ["scope", "query_exact", "seen_live", "quality", "algorithm"])
def test_an_option_that_stands_twice_is_noticed(key):
    """Which of two scopes is meant, nobody can tell, even where another fingerprint says none."""
    values = {"scope": '"page"', "query_exact": "false", "seen_live": f'"{SEEN}"', "quality": "90", "algorithm": '"x"'}
    twice = f'{{"type": "url", "value": "{PAGE}", "{key}": {values[key]}, "{key}": {values[key]}}}'
    line = f'{{"fingerprints": [{twice}, {json.dumps(GOOD)}]}}'
    refused, row = read_line(line)
    assert (refused.field, refused.reason) == ("fingerprints[0]", "DUPLICATE_KEY")
    assert [signal.type for signal in row.signals] == [MD5]


@given(TIMES)
def test_a_time_reads_back_to_the_microsecond(time_us):
    """What is written of a time is what it was."""
    assert read_time(print_time(time_us), "") == time_us


@given(st.datetimes(timezones=st.timezones()) | st.text(max_size=30))
def test_no_time_raises_anything_but_a_refusal(time):
    """Whatever stands where a time should, it is read or refused."""
    text = time if isinstance(time, str) else time.isoformat()
    with contextlib.suppress(InvalidArgument):
        assert read_time(print_time(read_time(text, "seen_live")), "") == read_time(text, "seen_live")


@given(st.text(max_size=12), st.text(max_size=12))
def test_any_url_that_is_listed_is_still_the_same_after_a_csv_file(inner, tail):
    """A cell cannot hold a NUL or white space at its end; such a URL is written as another that means the same."""
    text = f"https://cats.example/{inner}?q={tail}"
    signal = Signal(URL, text.encode(), url=UrlFacts())
    (found,) = read_csv(io.BytesIO("".join(write_csv([Row(1, "", "", "a", (signal,))])).encode()))
    assert isinstance(found, Row), found
    assert canonicalise(found.signals[0].value.decode(), refang=False).written == canonicalise(text).written


@given(st.text(max_size=40), st.sampled_from(["", *(scope.name for scope in Scope)]), st.text(max_size=10))
def test_no_url_raises(text, scope, seen_live):
    """Whatever stands where a URL should, it is read or refused, in both formats."""
    for found in (*from_json(url(text, scope=scope, seen_live=seen_live)), *from_csv(url(text, scope=scope))):
        assert isinstance(found, Row | Rejected)


def test_a_written_file_says_what_is_needed_and_no_more():
    """A PAGE that nobody saw has neither time nor query_exact in its line."""
    row = Row(1, "", "", "a", (Signal(URL, PAGE.encode(), url=UrlFacts()),))
    (fingerprint,) = json.loads("".join(write_json_lines([row])))["fingerprints"]
    assert fingerprint == {"type": "url", "value": PAGE, "scope": "page"}
    (cells,) = csv.DictReader(io.StringIO("".join(write_csv([row]))))
    assert (cells["url_scope"], cells["query_exact"], cells["seen_live"]) == ("page", "", "")


# ---------------------------------------------------------------- items


def item(**keys):
    (found,) = read_items(io.BytesIO(json.dumps(keys).encode()))
    return found


def test_an_item_has_one_url_or_those_that_lead_to_it():
    """A URL is a string; a chain of redirects is an array. They are taken as they are written."""
    assert item(id=1, url="hxxp://cats[.]example").signals == (Signal(URL, b"hxxp://cats[.]example"),)
    chain = ["https://t.example/x", PAGE]
    found = item(id=1, url=chain, md5=MD5_HEX)
    assert [signal.value.decode() for signal in found.signals if signal.type == URL] == chain
    assert found.problems == ()
    assert len(item(url=[PAGE] * 64).signals) == 64


def test_a_url_that_cannot_be_read_is_left_to_the_check():
    """Whether a text is a URL is decided in one place, which also undoes what was written so that nobody clicks."""
    for text in ("no url", "ftp://cats.example/", "http://", "\u200bcats.example", " "):
        found = item(url=text)
        assert [signal.value.decode() for signal in found.signals] == [text]
        assert found.problems == ()


@pytest.mark.parametrize(
    ("value", "field", "reason"),
    [
        (7, "url", "BAD_TYPE"),
        ({"url": PAGE}, "url", "BAD_TYPE"),
        (True, "url", "BAD_TYPE"),
        ("", "url", "EMPTY"),
        ([PAGE, 7], "url[1]", "BAD_TYPE"),
        ([[PAGE], PAGE], "url[0]", "BAD_TYPE"),
        ([PAGE, None], "url[1]", "BAD_TYPE"),
        (["", PAGE], "url[0]", "EMPTY"),
        ("https://cats.example/" + "a" * 9000, "url", "TOO_LONG"),
        ([PAGE, "\u20ac" * 3000], "url[1]", "TOO_LONG"),
        ([PAGE] * 65, "url", "TOO_MANY"),
    ],
)
def test_a_wrong_url_is_told_and_the_rest_is_checked(value, field, reason):
    """A problem names the place of the URL in its array; the other URLs and fingerprints are still asked."""
    found = item(url=value, md5=MD5_HEX)
    assert [(one.field, one.reason, one.whole) for one in found.problems] == [(field, reason, False)]
    good = 1 + (field != "url")
    assert len(found.signals) == good
    assert not any(PAGE in one.message for one in found.problems)


def test_an_item_of_wrong_urls_alone_has_nothing_to_ask():
    """No URLs at all, and none that is text: the item says why it is not checked."""
    assert [one.reason for one in item(url=[]).problems] == ["EMPTY_ITEM"]
    found = item(url=[1, ""])
    assert found.signals == ()
    assert [(one.field, one.whole) for one in found.problems] == [("url[0]", False), ("url[1]", True)]


def test_a_url_may_have_the_key_that_other_people_give_it():
    """`link` and `URI` are read as `url`; two of them in one item are told."""
    assert [signal.type for key in ("URL", "uri", "link") for signal in item(**{key: PAGE}).signals] == [URL] * 3
    assert [one.reason for one in item(url=PAGE, link=PAGE).problems] == ["DUPLICATE_KEY"]


@pytest.mark.parametrize("key", [PAGE, "cats.example", "//cats.example/x"])
def test_a_key_that_may_be_a_url_is_not_named(key):
    """An item that was written the wrong way round does not put a URL into a message."""
    found = item(**{key: "url", "md5": MD5_HEX})
    assert [(one.field, one.reason) for one in found.problems] == [(f"a key of {len(key)} characters", "UNKNOWN_FIELD")]
