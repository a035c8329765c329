"""What holds of every format in the registry, so that a new one is tested by its line there."""

from __future__ import annotations

import gzip
import io
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.formats import BY_NAME, FORMATS, Rejected, Row, open_rows
from hashsvc.signals import MD5, PDQ, SIGNAL_TYPES, URL, Signal, UrlFacts
from hashsvc.signals.url_expressions import Scope
from tests.formats.rows import file_rows, without_line

every_format = pytest.mark.parametrize("form", FORMATS, ids=lambda form: form.name)


@every_format
@given(rows=file_rows())
def test_what_is_written_reads_back(form, rows):
    """Writing and reading gives the same entries, on lines that ascend."""
    back = list(form.read(io.BytesIO("".join(form.write(rows)).encode())))
    assert [without_line(row) for row in back] == [without_line(row) for row in rows]
    assert all(first.line < second.line for first, second in itertools.pairwise(back))


@every_format
def test_no_entries_are_a_file_of_none(form):
    """An empty export is a file that reads as nothing, not as damage."""
    assert list(form.read(io.BytesIO("".join(form.write([])).encode()))) == []


@every_format
@given(raw=st.binary(max_size=300))
def test_no_bytes_raise(form, raw):
    """Whatever a file holds, it gives rows and refusals, never an exception."""
    for found in form.read(io.BytesIO(raw)):
        assert isinstance(found, Row | Rejected)


@every_format
def test_every_type_of_signal_has_a_place(form):
    """An entry with each type of signal that there is, a page and a whole host among them, comes back whole."""
    others = [Signal(kind.number, kind.examples()[0]) for kind in SIGNAL_TYPES if not kind.is_url]
    urls = [Signal(URL, b"https://cats.example/", url=UrlFacts(int(Scope.HOST)))]
    urls += [Signal(URL, b"https://cats.example/1?b", url=UrlFacts(int(Scope.PAGE), True, 1_790_000_000_000_000))]
    row = Row(0, "iwf", "", "17", (*others, *urls))
    [back] = form.read(io.BytesIO("".join(form.write([row])).encode()))
    assert without_line(back) == row
    assert {MD5, PDQ, URL} <= {one.type for one in back.signals}


@every_format
@pytest.mark.parametrize("packed", [False, True])
def test_a_file_is_known_by_its_name_or_its_beginning(tmp_path, form, packed):
    """What a format wrote is read as that format under each of its suffixes, and under none."""
    row = Row(0, "iwf", "", "17", (Signal(MD5, bytes(range(16))),))
    content = "".join(form.write([row])).encode()
    for suffix in (*form.suffixes, "", ".data"):
        path = tmp_path / f"file{suffix}"
        path.write_bytes(gzip.compress(content) if packed else content)
        assert [without_line(found) for found in open_rows(path)] == [row], suffix


def test_no_two_formats_share_a_name_or_a_suffix():
    """Of a name or a suffix there is one reading; what looks like no format in particular has one too."""
    assert len(BY_NAME) == len(FORMATS)
    suffixes = [suffix for form in FORMATS for suffix in form.suffixes]
    assert len(set(suffixes)) == len(suffixes)
    assert all(suffix.startswith(".") and suffix == suffix.lower() for suffix in suffixes)
    assert FORMATS[-1].looks_like(b"")
