"""Reading reports to be taken in."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.formats.reports import ReportItem, ReportLine, read_reports
from hashsvc.signals import BY_NAME, MD5, PDQ, URL, Signal

PDQ_HEX = BY_NAME["pdq"].examples()[0].hex()
MD5_HEX = BY_NAME["md5"].examples()[0].hex()
PDQ_SIGNAL = Signal(PDQ, bytes.fromhex(PDQ_HEX), 90)


def read(*lines: object) -> list[ReportLine]:
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return list(read_reports(io.BytesIO(b"\n".join(raw))))


def test_a_report_is_read() -> None:
    """A report's keys are read, and of each item its fingerprints and what it is found by."""
    line = {
        "request_id": "a-1", "portal": "mn", "comment": "сайн", "self_referral": True, "age_hint": "3-6",
        "items": [{"pdq": PDQ_HEX, "pdq_quality": 90, "content_ref": "v/1"}, {"url": "https://a.example/"}, {}],
    }  # fmt: skip
    texts = {"request_id": "a-1", "comment": "сайн", "portal": "mn", "age_hint": "3-6"}
    items = (
        ReportItem((PDQ_SIGNAL,), "v/1"),
        ReportItem((Signal(URL, b"https://a.example/"),), ""),
        ReportItem((), ""),
    )
    assert read(line, b"  ", {"items": [{}]}) == [
        ReportLine(1, texts, True, items),
        ReportLine(3, {}, False, (ReportItem((), ""),)),
    ]


def test_an_item_may_have_several_of_one_type() -> None:
    """`signals` holds as many of a type as there are, such as frames of a video, in other people's spellings too."""
    signals = [
        {"type": "PDQ", "value": PDQ_HEX, "quality": 90},
        {"type": "pdq", "value": PDQ_HEX, "quality": 90},
        {"type": "md5", "value": MD5_HEX},
    ]
    (found,) = read({"items": [{"signals": signals}]})
    assert found.items == (ReportItem((PDQ_SIGNAL, PDQ_SIGNAL, Signal(MD5, bytes.fromhex(MD5_HEX))), ""),)
    assert found.problems == ()


def test_what_cannot_be_read_of_an_item_is_told_and_the_report_goes_on() -> None:
    """A wrong fingerprint, or a key that is none, loses no report."""
    item = {"pdq": "zz", "md5": MD5_HEX, "colour": "red", "signals": [{"type": "sha256", "value": "00"}]}
    (found,) = read({"items": [{}, item]})
    assert not found.refused
    assert [signal.type for signal in found.items[1].signals] == [MD5]
    assert [one.field for one in found.problems] == ["items[1].colour", "items[1].pdq", "items[1].signals[0].sha256"]


@pytest.mark.parametrize(
    ("line", "field", "reason"),
    [
        (b"{", "", "BAD_JSON"),
        ([], "", "NOT_AN_OBJECT"),
        ({}, "items", "REQUIRED"),
        ({"items": [], "x": 1}, "", "UNKNOWN_FIELD"),
        ({"items": ["x"]}, "items[0]", "BAD_TYPE"),
        ({"items": [{}], "comment": 5}, "comment", "BAD_TYPE"),
        ({"items": [{}], "self_referral": "yes"}, "self_referral", "BAD_TYPE"),
        ({"items": [{"content_ref": 5}]}, "items[0].content_ref", "BAD_TYPE"),
        ({"items": [{"signals": [5]}]}, "items[0].signals[0]", "BAD_TYPE"),
        ({"items": [{"signals": [{"type": "md5", "x": 1}]}]}, "items[0].signals[0]", "UNKNOWN_FIELD"),
        (b'{"items": [{}], "portal": "a", "portal": "b"}', "", "DUPLICATE_KEY"),
    ],
)
def test_a_line_that_is_wrong_is_refused_whole(line: object, field: str, reason: str) -> None:
    """A report must not be half of what was sent; the next line is read."""
    refused, good = read(line, {"items": [{}]})
    assert refused.refused
    assert (refused.problems[-1].field, refused.problems[-1].reason) == (field, reason)
    assert not good.refused


@given(st.binary(max_size=200))
def test_no_bytes_break_the_reader(raw: bytes) -> None:
    """Whatever a file holds, each line is a report or a refusal."""
    for found in read_reports(io.BytesIO(raw)):
        assert found.refused or found.items
