"""Reading and writing entries as JSON lines."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc import limits
from hashsvc.formats import Details, Rejected, Row
from hashsvc.formats.json_lines import read_json_lines
from hashsvc.formats.lines import LINE_BYTES_MAX
from hashsvc.signals import BY_NAME, MD5, PDQ, SHA256, Signal
from tests.formats.rows import without_line

PDQ_HEX = BY_NAME["pdq"].examples()[0].hex()
SHA256_HEX = BY_NAME["sha256"].examples()[0].hex()
MD5_HEX = BY_NAME["md5"].examples()[0].hex()
GOOD = {"type": "sha256", "value": SHA256_HEX}


def read(*lines):
    """Read lines given as objects or as bytes."""
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return list(read_json_lines(io.BytesIO(b"\n".join(raw))))


def refusal(line):
    """Read a line that must be refused whole and alone."""
    (found,) = read(line)
    assert isinstance(found, Rejected)
    assert found.whole
    assert found.line == 1
    return found.field, found.reason


def test_an_entry_is_read():
    """Everything that an entry may say is read: ids, fingerprints in any spelling, details."""
    entry = {
        "content_id": "a-17",
        "fingerprints": [
            {"type": "PDQ", "value": PDQ_HEX.upper(), "quality": 97, "algorithm": "pdqhash 0.2.8"},
            {"type": "SHA-256", "value": SHA256_HEX},
        ],
        "classifications": [{"scheme": "us_a1b2", "value": "A1"}, {"scheme": "interpol_baseline", "value": "yes"}],
        "source": {"organisation": "IWF", "environment": "industry"},
        "media_type": "image",
        "youngest_age_band": "7-10",
        "sex": ["female"],
        "flags": ["self_generated"],
        "MediaSize": 2835,
    }
    signals = (
        Signal(PDQ, bytes.fromhex(PDQ_HEX), 97, "pdqhash 0.2.8"),
        Signal(SHA256, bytes.fromhex(SHA256_HEX)),
    )
    classifications = (("interpol_baseline", "yes"), ("us_a1b2", "A1"))
    details = Details("image", classifications, "7-10", ("female",), ("self_generated",))
    assert read(entry) == [Row(1, "IWF", "industry", "a-17", signals, details)]


def test_little_is_required():
    """One fingerprint is enough; a number will do for an id; null is as good as missing; blank lines are nothing."""
    bare = Signal(MD5, bytes.fromhex(MD5_HEX))
    line = {"fingerprints": [{"type": "md5", "value": MD5_HEX, "quality": None}], "content_id": 17, "flags": None}
    assert read(b"", line, b"  \r", {"fingerprints": [{"type": "md5", "value": MD5_HEX}]}) == [
        Row(2, "", "", "17", (bare,)),
        Row(4, "", "", "", (bare,)),
    ]


@pytest.mark.parametrize(
    ("bad", "field", "reason"),
    [
        ({"type": "tmk", "value": "00"}, "type", "UNKNOWN_TYPE"),
        ({"type": "md5", "value": "00"}, "value", "BAD_LENGTH"),
        ({"type": "md5", "value": "z" * 32}, "value", "BAD_ALPHABET"),
        ({"type": "md5", "value": 7}, "value", "BAD_TYPE"),
        ({"type": "md5"}, "value", "MISSING"),
        ({"value": MD5_HEX}, "type", "MISSING"),
        ({"type": "pdq", "value": PDQ_HEX, "quality": 101}, "quality", "BAD_QUALITY"),
        ({"type": "pdq", "value": PDQ_HEX, "quality": 255}, "quality", "BAD_QUALITY"),
        ({"type": "pdq", "value": PDQ_HEX, "quality": 97.5}, "quality", "BAD_TYPE"),
        ({"type": "pdq", "value": PDQ_HEX, "quality": 10**30}, "quality", "BAD_QUALITY"),
        ({"type": "pdq", "value": PDQ_HEX, "quality": 49}, "value", "WEAK_FINGERPRINT"),
        ({"type": "pdq", "value": "0" * 64, "quality": 90}, "value", "WEAK_FINGERPRINT"),
        ({"type": "md5", "value": "d41d8cd98f00b204e9800998ecf8427e"}, "value", "WEAK_FINGERPRINT"),
        ({"type": "md5", "value": MD5_HEX, "algorithm": "x" * 65}, "algorithm", "TOO_LONG"),
        ({"type": "md5", "value": MD5_HEX, "algorithm": "\x1b[31m"}, "algorithm", "BAD_CHARACTER"),
    ],
)
def test_a_bad_fingerprint_is_refused_alone(bad, field, reason):
    """A bad fingerprint is refused with its place and reason; the good ones of its line are used.

    Where there is no good one, the line is refused.
    """
    refused, row = read({"fingerprints": [GOOD, bad], "content_id": "a"})
    assert (refused.line, refused.field, refused.reason) == (1, f"fingerprints[1].{field}", reason)
    assert not refused.whole
    assert row.signals == (Signal(SHA256, bytes.fromhex(SHA256_HEX)),)
    assert refusal({"fingerprints": [bad]}) == (f"fingerprints[0].{field}", reason)


def test_each_refused_line_is_counted_once():
    """Of a line with several bad fingerprints and no good one, every reason is told and the last refuses the line."""
    bad = {"type": "md5", "value": "00"}
    assert [found.whole for found in read({"fingerprints": [bad, bad, bad]})] == [False, False, True]


def test_a_fingerprint_that_stands_twice_is_told():
    """The same fingerprint twice in an entry is used once, and said."""
    refused, row = read({"fingerprints": [GOOD, {"type": "md5", "value": MD5_HEX}, GOOD]})
    assert (refused.field, refused.reason, refused.whole) == ("fingerprints[2]", "DUPLICATE_SIGNAL", False)
    assert len(row.signals) == 2


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"fingerprints": []}, "fingerprints", "NO_FINGERPRINT"),
        ({"fingerprints": None}, "fingerprints", "NO_FINGERPRINT"),
        ({"fingerprints": {}}, "fingerprints", "BAD_TYPE"),
        ({"fingerprints": [GOOD] * (limits.CHECK_SIGNALS_MAX + 1)}, "fingerprints", "TOO_MANY"),
        ({"fingerprints": ["x"] * (limits.CHECK_SIGNALS_MAX + 1)}, "fingerprints", "TOO_MANY"),
        ({"content_id": "x" * 257}, "content_id", "TOO_LONG"),
        ({"content_id": "a\u0000b"}, "content_id", "BAD_CHARACTER"),
        ({"content_id": True}, "content_id", "BAD_TYPE"),
        ({"content_id": ["a"]}, "content_id", "BAD_TYPE"),
        ({"source": 7}, "source", "BAD_TYPE"),
        ({"source": {"organisation": 7}}, "source.organisation", "BAD_TYPE"),
        ({"source": {"environment": "a"}, "environment": "b"}, "environment", "CONFLICTING_VALUES"),
        ({"youngest_age_band": "0-99"}, "youngest_age_band", "BAD_AGE_BAND"),
        ({"flags": ["a", ""]}, "flags[1]", "EMPTY"),
        ({"flags": ["a"] * 33}, "flags", "TOO_MANY"),
        ({"flags": ["a", 1]}, "flags[1]", "BAD_TYPE"),
        ({"sex": "female"}, "sex", "BAD_TYPE"),
        ({"media_type": "x" * 65}, "media_type", "TOO_LONG"),
        ({"classifications": [{"scheme": "uk_abc"}]}, "classifications[0].value", "EMPTY"),
        ({"classifications": ["A"]}, "classifications[0]", "BAD_TYPE"),
        ({"classifications": [{"scheme": "s", "value": "A"}] * 2}, "classifications", "DUPLICATE_SCHEME"),
    ],
)
def test_a_wrong_detail_refuses_the_line(changes, field, reason):
    """A list must not hold half of what its source said: a wrong id, source or detail refuses its line."""
    assert refusal({"fingerprints": [GOOD]} | changes) == (field, reason)


@pytest.mark.parametrize(
    ("raw", "field", "reason"),
    [
        (b"{", "", "BAD_JSON"),
        (b"\x00\x01\x02", "", "BAD_JSON"),
        (b"\xff\xfe{\x00}", "", "BAD_UTF8"),
        (b"[]", "", "NOT_AN_OBJECT"),
        (b"17", "", "NOT_AN_OBJECT"),
        (b'{"x": NaN}', "", "BAD_JSON"),
        (b'{"x": ' + b"[" * 30_000, "", "TOO_DEEP"),
        (b'{"x": ' + b"9" * 10_000 + b"}", "", "BAD_JSON"),
        (b'{"fingerprints": [], "fingerprints": []}', "", "DUPLICATE_KEY"),
        (b'{"fingerprints": [], "finger\\u0070rints": []}', "", "DUPLICATE_KEY"),
        (b'{"source": {"organisation": "a", "organisation": "b"}, "fingerprints": []}', "source", "DUPLICATE_KEY"),
    ],
)
def test_what_is_no_entry_is_refused(raw, field, reason):
    """Garbage gets a reason, never an exception."""
    assert refusal(raw) == (field, reason)


def test_which_of_two_equal_keys_is_meant_nobody_can_tell():
    """A key that stands twice in an object is refused, however it is spelt; the same key in another object is not."""
    once = json.dumps(GOOD)[1:-1]
    twice = f'"value" : "{"0" * 64}", {once}'
    escaped = f'"v\\u0061lue": "{"0" * 64}", {once}'
    for bad in (twice, escaped):
        refused, row = read(f'{{"fingerprints": [{{"type": "md5", "value": "{MD5_HEX}"}}, {{{bad}}}]}}'.encode())
        assert (refused.field, refused.reason) == ("fingerprints[1]", "DUPLICATE_KEY")
        assert [signal.type for signal in row.signals] == [MD5]
    for good in ('"extra": {"type": "x", "value": "y"}', '"content_id": "value: \\"type\\"", "note": "a:b"'):
        (row,) = read(f'{{"fingerprints": [{{{once}}}], {good}}}'.encode())
        assert isinstance(row, Row)


def test_a_line_has_a_limit():
    """A line past 64 KiB is refused and passed over; the next is read; no more than a line is kept in memory."""
    (row,) = read({"fingerprints": [GOOD]})
    found = read(b'{"x": "' + b"a" * (3 * LINE_BYTES_MAX) + b'"}', {"fingerprints": [GOOD]})
    assert found[0] == Rejected(1, "", "LINE_TOO_LONG", found[0].message)
    assert without_line(found[1]) == without_line(row)
    assert found[1].line == 2


def test_a_byte_order_mark_is_not_data():
    """Files of Windows tools begin with one."""
    assert isinstance(read(b"\xef\xbb\xbf" + json.dumps({"fingerprints": [GOOD]}).encode())[0], Row)


def test_a_refusal_never_shows_the_value():
    """Messages may be logged and mailed: no fingerprint, no id stands in them."""
    secret = "5ecre7" * 6
    for found in read(
        {"fingerprints": [{"type": "md5", "value": secret}]},
        {"fingerprints": [{"type": secret, "value": secret}]},
        {"fingerprints": [{"type": "pdq", "value": "0" * 64}], "content_id": secret},
        {"fingerprints": [GOOD], "youngest_age_band": secret},
        {"fingerprints": [GOOD], "flags": [secret * 9]},
        f'{{"{secret}'.encode(),
    ):
        assert secret not in found.message
        assert "0000" not in found.message


@given(st.binary(max_size=300))
def test_no_bytes_raise(raw):
    """Whatever the file holds, each line that is not blank gives refusals or a row, never an exception."""
    for found in read_json_lines(io.BytesIO(raw)):
        assert isinstance(found, Row | Rejected)


JSON_NUMBERS = st.integers() | st.floats(allow_nan=False, allow_infinity=False)
JSON_TEXTS = st.text(max_size=20) | st.sampled_from([PDQ_HEX, "pdq"])
JSON_VALUES = st.recursive(
    st.none() | st.booleans() | JSON_NUMBERS | JSON_TEXTS,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["type", "value", "quality", "algorithm", "scheme", "organisation", "environment", "x"]),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)
KEYS = st.sampled_from(
    [
        *("content_id", "fingerprints", "classifications", "source", "environment"),
        *("media_type", "youngest_age_band", "sex", "flags", "other"),
    ]
)


@given(st.dictionaries(KEYS, JSON_VALUES, max_size=6))
def test_no_json_raises(found):
    """Whatever JSON the line is, it ends in one row or in one refusal of the whole."""
    results = read(found)
    assert [isinstance(each, Row) or each.whole for each in results].count(True) == 1
    assert all(each.reason.isupper() for each in results if isinstance(each, Rejected))


def fingerprints_strategy():
    good = st.sampled_from([GOOD, {"type": "MD5", "value": MD5_HEX}, {"type": "pdq", "value": PDQ_HEX, "quality": 60}])
    return st.lists(good | JSON_VALUES, max_size=4)


@given(fingerprints_strategy(), st.booleans())
def test_the_careful_way_reads_as_the_fast_way(fingerprints, spaced):
    """A line reads the same whether or not something in it, such as an extra key with an escape, needs more care."""
    entry = {"fingerprints": fingerprints, "content_id": "a"}
    plain = read(entry)
    careful = read(json.dumps(entry | {"\u00e9": "\\"}, separators=(" , ", " : ") if spaced else None).encode())
    assert plain == careful
