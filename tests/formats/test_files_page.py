"""docs/files.md is true: its examples are read, its keys and columns are the readers', its reasons are raised."""

from __future__ import annotations

import gzip
import io
import re

import pytest

from hashsvc.formats import BY_NAME, Rejected, Row, open_rows
from hashsvc.formats.csv_file import COLUMNS
from hashsvc.signals import MD5, PDQ, SIGNAL_TYPES, URL
from tests.formats.rows import without_line
from tests.house.lints import ROOT

PAGE = (ROOT / "docs" / "files.md").read_text(encoding="utf-8")
FENCES = {"jsonl": "json", "csv": "csv"}
ENTRY = '{"fingerprints": [%s]}'
SAID = '{%s, "fingerprints": [{"type": "md5", "value": "00112233445566778899aabbccddeeff"}]}'
DIGEST = '{"type": "md5", "value": "00112233445566778899aabbccddeeff"}'


def example(name: str) -> bytes:
    """What the page shows of a format."""
    [found] = re.findall(rf"^```{FENCES[name]}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    return found.encode()


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_format_is_shown() -> None:
    """A new format has an example on the page, and its suffixes."""
    assert FENCES.keys() == BY_NAME.keys()
    assert [suffix for form in BY_NAME.values() for suffix in form.suffixes if f"`{suffix}`" not in PAGE] == []


@pytest.mark.parametrize("name", BY_NAME)
@pytest.mark.parametrize("packed", [False, True])
def test_the_examples_are_read_whole(tmp_path, name, packed) -> None:
    """Whoever copies an example gets its two entries, and no refusal."""
    path = tmp_path / f"copied{BY_NAME[name].suffixes[0]}"
    path.write_bytes(gzip.compress(example(name)) if packed else example(name))
    first, second = open_rows(path)
    assert isinstance(first, Row), first
    assert isinstance(second, Row), second
    assert [signal.type for signal in first.signals] == [PDQ, MD5]
    assert (first.source, first.content_id, first.signals[0].quality) == ("iwf", "a-17", 97)
    assert (first.details.classifications, first.details.flags) == ((("uk_abc", "A"),), ("grid",))
    assert (second.environment, second.content_id, second.signals[0].type) == ("test", "a-18", URL)
    assert second.signals[0].url is not None
    assert second.signals[0].url.seen_live_us


def test_the_examples_say_the_same_in_each_format() -> None:
    """The two files are two spellings of the same entries."""
    told = [[without_line(row) for row in form.read(io.BytesIO(example(name)))] for name, form in BY_NAME.items()]
    assert all(one == told[0] for one in told)


def test_every_column_and_type_is_named() -> None:
    """The table has each column that CSV knows, and each type of signal."""
    table = section("What an entry says")
    assert [one for one in COLUMNS if f"`{one}`" not in table] == []
    assert [kind.name for kind in SIGNAL_TYPES if f"`{kind.name}`" not in table] == []


REFUSED = [
    ("csv", "a,b\n", "BAD_HEADER"),
    ("csv", "type,value,type\n", "BAD_HEADER"),
    ("csv", "type,value\nmd5,00,more\n", "BAD_CSV"),
    ("csv", 'type,value\nmd5,"0"0\n', "BAD_CSV"),
    ("csv", 'type,value\nmd5,"0' + "\n" * 101, "UNCLOSED_QUOTE"),
    ("csv", f"type,value,baseline\nmd5,{'01' * 16},perhaps\n", "BAD_BASELINE"),
    ("csv", f"type,value,state\nmd5,{'01' * 16},RETRACTED\n", "WITHDRAWN"),
    ("csv", "type,value,url_scope\nurl,https://cats.example/,all\n", "BAD_SCOPE"),
    ("csv", "type,value,seen_live\nurl,https://cats.example/,2026-11-24\n", "BAD_TIME"),
    ("csv", "type,value,query_exact\nurl,https://cats.example/,perhaps\n", "BAD_VALUE"),
    ("csv", f"content_id,type,value,source\n{'a' * 2000},md5,{'01' * 16},iwf\n", "TOO_LONG"),
    ("csv", f"content_id,type,value,category,scheme\na,md5,{'01' * 16},A,s\na,,,B,s\n", "CONFLICTING_VALUES"),
    ("jsonl", "{", "BAD_JSON"),
    ("jsonl", '{"x": ' + "[" * 5000 + "]" * 5000 + "}", "TOO_DEEP"),
    ("jsonl", "[]", "NOT_AN_OBJECT"),
    ("jsonl", '{"content_id": 1, "content_id": 2, "fingerprints": []}', "DUPLICATE_KEY"),
    ("jsonl", SAID % '"source": 7', "BAD_TYPE"),
    (
        "jsonl",
        SAID % '"classifications": [{"scheme": "s", "value": "A"}, {"scheme": "s", "value": "B"}]',
        "DUPLICATE_SCHEME",
    ),
    ("jsonl", b'{"source": "\xff"}', "BAD_UTF8"),
    ("jsonl", '{"source": "%s"}' % ("a" * 70_000), "LINE_TOO_LONG"),
    ("jsonl", ENTRY % "", "NO_FINGERPRINT"),
    ("jsonl", ENTRY % ", ".join([DIGEST] * 65), "TOO_MANY"),
    ("jsonl", SAID % '"flags": [""]', "EMPTY"),
    ("jsonl", SAID % '"flags": ["\\u0001"]', "BAD_CHARACTER"),
    ("jsonl", SAID % '"youngest_age_band": "9"', "BAD_AGE_BAND"),
    ("jsonl", ENTRY % '{"type": "md4", "value": "00"}', "UNKNOWN_TYPE"),
    ("jsonl", ENTRY % '{"type": "md5", "value": "00"}', "BAD_LENGTH"),
    ("jsonl", ENTRY % '{"type": "md5", "value": "%s"}' % ("!" * 32), "BAD_ALPHABET"),
    ("jsonl", ENTRY % '{"type": "pdq", "value": "%s", "quality": 101}' % ("2b" * 32), "BAD_QUALITY"),
    ("jsonl", ENTRY % '{"type": "md5", "value": "%s"}' % ("00" * 16), "WEAK_FINGERPRINT"),
    ("jsonl", ENTRY % f"{DIGEST}, {DIGEST}", "DUPLICATE_SIGNAL"),
]


@pytest.mark.parametrize(("name", "content", "reason"), REFUSED, ids=[f"{one[2]}-{one[0]}" for one in REFUSED])
def test_what_is_refused_is_refused_for_the_reason_that_the_page_names(name, content, reason) -> None:
    """Each reason of the table is what its file is told."""
    raw = content if isinstance(content, bytes) else content.encode()
    found = [one.reason for one in BY_NAME[name].read(io.BytesIO(raw)) if isinstance(one, Rejected)]
    assert reason in found
    assert f"`{reason}`" in section("What is refused")


def test_a_file_that_is_cut_short_is_told_so(tmp_path) -> None:
    """The table's last reason: gzip that ends too early."""
    path = tmp_path / "cut.jsonl.gz"
    path.write_bytes(gzip.compress(example("jsonl"))[:-12])
    assert [one.reason for one in open_rows(path) if isinstance(one, Rejected)] == ["FILE_DAMAGED"]


def test_the_table_of_reasons_names_none_that_nobody_meets() -> None:
    """Each reason of the table has a file above that meets it."""
    rows = re.findall(r"^\| (`[^|]+`) \|", section("What is refused"), re.MULTILINE)
    named = {reason for row in rows for reason in re.findall(r"`(\w+)`", row)}
    assert named - {one[2] for one in REFUSED} == {"FILE_DAMAGED"}
