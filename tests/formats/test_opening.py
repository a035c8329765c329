"""Opening files of entries."""

from __future__ import annotations

import gzip
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.formats import Rejected, Row, open_rows
from hashsvc.signals import BY_NAME

MD5_HEX = BY_NAME["md5"].examples()[0].hex()
JSON_FILE = json.dumps({"fingerprints": [{"type": "md5", "value": MD5_HEX}]}).encode() * 1
CSV_FILE = f"type,value\nmd5,{MD5_HEX}\n".encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl", JSON_FILE),
        ("a.ndjson.gz", gzip.compress(JSON_FILE, mtime=0)),
        ("a", JSON_FILE),
        ("a.data", b"\xef\xbb\xbf  " + JSON_FILE),
        ("a.csv", CSV_FILE),
        ("A.CSV.GZ", gzip.compress(CSV_FILE, mtime=0)),
        ("a.txt", CSV_FILE),
        ("a.txt", gzip.compress(CSV_FILE, mtime=0)),  # gzip is told by its bytes, not by its name
        ("a.csv.gz", CSV_FILE),
    ],
)
def test_the_format_is_told_by_name_or_first_byte(tmp_path, name, content):
    """JSON lines or CSV, plain or gzip, need not be said."""
    (tmp_path / name).write_bytes(content)
    (row,) = open_rows(tmp_path / name)
    assert isinstance(row, Row)
    assert row.signals[0].value.hex() == MD5_HEX


@pytest.mark.parametrize("name", ["a.jsonl.gz", "a.csv.gz", "a"])
@pytest.mark.parametrize("damage", ["cut", "flipped", "nothing left"])
def test_a_damaged_archive_is_never_taken_for_complete(tmp_path, name, damage):
    """A truncated or damaged gzip file ends in a refusal, after what could be read."""
    lines = b"".join(
        json.dumps(
            {"fingerprints": [{"type": "phash64", "value": f"{number * 0x9E3779B97F4A7C15 % 2**64:016x}"}]}
        ).encode()
        + b"\n"
        for number in range(1, 2000)
    )
    whole = gzip.compress(lines, mtime=0)
    half = len(whole) // 2
    content = {
        "cut": whole[:half],
        "flipped": whole[:half] + bytes(64) + whole[half + 64 :],
        "nothing left": whole[:5],
    }[damage]
    (tmp_path / name).write_bytes(content)
    *_, last = open_rows(tmp_path / name)
    assert isinstance(last, Rejected)
    assert last.whole


def test_an_empty_file_is_no_entries(tmp_path):
    """An empty JSON lines file holds nothing; an empty CSV file lacks its header."""
    (tmp_path / "a.jsonl").touch()
    (tmp_path / "a.csv").touch()
    assert list(open_rows(tmp_path / "a.jsonl")) == []
    assert [isinstance(found, Rejected) and found.reason for found in open_rows(tmp_path / "a.csv")] == ["BAD_HEADER"]


def test_a_missing_file_is_an_error_of_the_system(tmp_path):
    """What is wrong with the disk is not a refusal of the file's contents."""
    with pytest.raises(FileNotFoundError):
        list(open_rows(tmp_path / "none.csv"))


@given(content=st.binary(max_size=200), packed=st.booleans())
def test_no_content_raises(tmp_path_factory, content, packed):
    """Whatever a file holds, reading it gives rows and refusals."""
    path = tmp_path_factory.mktemp("any") / "file"
    path.write_bytes((b"\x1f\x8b\x08\x00" if packed else b"") + content)
    for found in open_rows(path):
        assert isinstance(found, Row | Rejected)


@pytest.mark.parametrize(("format_name", "content"), [("jsonl", JSON_FILE), ("csv", CSV_FILE)])
def test_a_format_that_is_said_is_taken(tmp_path, format_name, content):
    """Whoever says the format is believed, whatever the file's name."""
    for name in ("a.jsonl", "a.csv", "a"):
        (tmp_path / name).write_bytes(content)
        (row,) = open_rows(tmp_path / name, format_name)
        assert isinstance(row, Row)
