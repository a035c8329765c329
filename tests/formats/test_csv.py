"""Reading and writing entries as CSV."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.formats import Details, Rejected, Row
from hashsvc.formats.csv_file import COLUMNS, read_csv, write_csv
from hashsvc.signals import BY_NAME, MD5, PDQ, SHA256, Signal
from tests.formats.rows import without_line

HEADER = "content_id,type,value,quality,scheme,category,baseline,age_band,flags,state,rev,updated_at"
PDQ_HEX = BY_NAME["pdq"].examples()[0].hex()
SHA256_HEX = BY_NAME["sha256"].examples()[0].hex()
MD5_HEX = BY_NAME["md5"].examples()[0].hex()


def read(text, header=HEADER):
    raw = text if isinstance(text, bytes) else text.encode()
    return list(read_csv(io.BytesIO((header.encode() + b"\n" if header else b"") + raw)))


def outcome(found):
    """What is worth comparing of a row or a refusal."""
    if isinstance(found, Row):
        return found.line, found.content_id, len(found.signals)
    return found.line, found.field, found.reason, found.whole


def test_rows_of_one_content_id_form_an_entry():
    """Rows that follow one another with one content_id are one entry with all their fingerprints and categories."""
    found = read(
        f"a-17,pdq,{PDQ_HEX},97,uk_abc,A,y,7-10,self_generated|grid,CONFIRMED,3,2026-01-02\n"
        f"a-17,SHA-256,{SHA256_HEX.upper()},,us_a1b2,A1,,,grid;ai_generated,,,\n"
        f"a-18,md5,{MD5_HEX},,,,,,,,,\n"
    )
    signals = (Signal(PDQ, bytes.fromhex(PDQ_HEX), 97), Signal(SHA256, bytes.fromhex(SHA256_HEX)))
    classifications = (("interpol_baseline", "yes"), ("uk_abc", "A"), ("us_a1b2", "A1"))
    details = Details("", classifications, "7-10", (), ("self_generated", "grid", "ai_generated"))
    assert found == [
        Row(2, "", "", "a-17", signals, details),
        Row(4, "", "", "a-18", (Signal(MD5, bytes.fromhex(MD5_HEX)),)),
    ]


def test_two_columns_are_enough():
    """Type and value are required; the rest, the order, the separator, case and a byte order mark do not matter."""
    for header, row in (
        ("type,value", f"md5,{MD5_HEX}"),
        ("Value;TYPE;comment", f'{MD5_HEX};MD5;"a; b\nc"'),
        ("\ufefftype\tvalue", f"md5\t{MD5_HEX}"),
    ):
        for end in ("\n", "\r\n"):
            assert read(row + end, header + end.removesuffix("\n")) == [
                Row(2, "", "", "", (Signal(MD5, bytes.fromhex(MD5_HEX)),))
            ]


def test_rows_without_an_id_are_entries_of_their_own():
    """Nothing joins two rows that have no content_id."""
    assert [len(row.signals) for row in read(f",md5,{MD5_HEX}\n,pdq,{PDQ_HEX}\n")] == [1, 1]


@pytest.mark.parametrize("state", ["RETRACTED", "rejected"])
def test_a_withdrawn_row_is_refused(state):
    """An import does not retract: rows of withdrawn signals are refused and said, the entry's others are used."""
    withdrawn, row = read(f"a,md5,{MD5_HEX},,,,,,,{state},,\na,pdq,{PDQ_HEX},,,,,,,CONFIRMED,,\n")
    assert outcome(withdrawn) == (2, "state", "WITHDRAWN", False)
    assert outcome(row) == (2, "a", 1)
    (alone,) = read(f"a,md5,{MD5_HEX},,,,,,,{state},,\n")
    assert outcome(alone) == (2, "state", "WITHDRAWN", True)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        ("a,tmk,00", "type", "UNKNOWN_TYPE"),
        ("a,,00", "type", "UNKNOWN_TYPE"),
        ("a,md5,", "value", "BAD_LENGTH"),
        ("a,md5,00", "value", "BAD_LENGTH"),
        (f"a,pdq,{PDQ_HEX},49", "value", "WEAK_FINGERPRINT"),
        (f"a,pdq,{PDQ_HEX},101", "quality", "BAD_QUALITY"),
        (f"a,pdq,{PDQ_HEX},9.5", "quality", "BAD_QUALITY"),
        (f"a,pdq,{PDQ_HEX},\u0669\u0669", "quality", "BAD_QUALITY"),
        (f"a,pdq,{PDQ_HEX},-1", "quality", "BAD_QUALITY"),
        (f"a,pdq,{'0' * 64},90", "value", "WEAK_FINGERPRINT"),
    ],
)
def test_a_bad_row_is_refused_alone(row, field, reason):
    """A bad fingerprint is refused with its line; the entry's others are used; without others, so is the entry."""
    refused, entry = read(f"{row}\na,md5,{MD5_HEX}\n")
    assert outcome(refused) == (2, field, reason, False)
    assert outcome(entry) == (2, "a", 1)
    (alone,) = read(row)
    assert outcome(alone) == (2, field, reason, True)


@pytest.mark.parametrize(
    ("row", "field", "reason"),
    [
        (f"a,md5,{MD5_HEX},,uk_abc,", "category", "EMPTY"),
        (f"a,md5,{MD5_HEX},,,A", "scheme", "EMPTY"),
        (f"a,md5,{MD5_HEX},,,,maybe", "baseline", "BAD_BASELINE"),
        (f"a,md5,{MD5_HEX},,,,,0-99", "age_band", "BAD_AGE_BAND"),
        (f"a,md5,{MD5_HEX},,,,,,{'x' * 65}", "flags[0]", "TOO_LONG"),
        (f"a,md5,{MD5_HEX},,,,,,{'|'.join(map(str, range(33)))}", "flags", "TOO_MANY"),
        (f"{'x' * 257},md5,{MD5_HEX}", "content_id", "TOO_LONG"),
        (f'"a\nb",md5,{MD5_HEX}', "content_id", "BAD_CHARACTER"),
        ("a,,,,uk_abc,A", "value", "NO_FINGERPRINT"),
    ],
)
def test_a_wrong_detail_refuses_the_entry(row, field, reason):
    """A list must not hold half of what its source said."""
    *_, last = read(row)
    assert outcome(last) == (2, field, reason, True)


def test_contradicting_rows_refuse_the_entry():
    """Rows of one entry must agree on its age band and on each scheme's category."""
    found = read(f"a,md5,{MD5_HEX},,uk_abc,A\na,pdq,{PDQ_HEX},,uk_abc,B\nb,md5,{MD5_HEX}\n")
    assert [outcome(each) for each in found] == [(3, "category", "CONFLICTING_VALUES", True), (4, "b", 1)]


def test_an_entry_has_a_limit():
    """An endless entry is refused without being kept in memory, and the next one is read."""
    endless = "".join(f"a,phash64,{number:016x}\n" for number in range(1, 500))
    found = read(endless + f"b,md5,{MD5_HEX}\n")
    assert [outcome(each)[2] for each in found[:-1]] == ["TOO_MANY"]
    assert outcome(found[-1]) == (501, "b", 1)
    many = "".join(f"a,phash64,{number:016x}\n" for number in range(1, limits.CHECK_SIGNALS_MAX + 2))
    assert outcome(read(many)[0])[2] == "TOO_MANY"


@pytest.mark.parametrize(
    "header", ["", "a,b", "type", "type,value,type", f"md5,{MD5_HEX}", '"type,value', "type;value,x;"]
)
def test_a_file_without_the_header_is_refused(header):
    """Without a header nobody knows what the columns mean: one refusal for the file."""
    (found,) = read(f"md5,{MD5_HEX}\n", header + "\n")
    assert outcome(found)[2:] == ("BAD_HEADER", True)


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        (b'"a"b,md5,00', "BAD_CSV"),
        (b"a,md5,00\rb,md5,00", "BAD_CSV"),
        (b"a," * 20, "BAD_CSV"),
        (b"\xff,md5,00", "BAD_UTF8"),
        (b"a\x00,md5,00", "BAD_CHARACTER"),
        (b"a" * 100_000, "LINE_TOO_LONG"),
    ],
)
def test_a_row_that_is_no_csv_is_refused_alone(raw, reason):
    """Garbage is refused with its line, and reading goes on with the next."""
    found = read(raw + f"\nb,md5,{MD5_HEX}\n".encode())
    assert outcome(found[0])[2:] == (reason, True)
    assert outcome(found[-1]) == (3, "b", 1)


def test_a_quote_that_nobody_closes_does_not_swallow_the_file():
    """The row with the quote is refused; every row after it is read."""
    rows = "".join(f"{number},md5,{MD5_HEX}\n" for number in range(300))
    found = read(f'x,"md5,{MD5_HEX}\n' + rows)
    assert outcome(found[0]) == (2, "", "UNCLOSED_QUOTE", True)
    assert [row.content_id for row in found[1:]] == [str(number) for number in range(300)]
    assert [outcome(each)[2] for each in read(f'x,"md5,{MD5_HEX}\n1,md5,{MD5_HEX}\n')] == ["BAD_CSV", 1]


def test_the_header_is_the_one_that_is_promised():
    """What is written begins with the columns that were agreed on, in their order."""
    assert "".join(write_csv([])).startswith(HEADER)


@pytest.mark.parametrize(
    ("times", "told_us"),
    [
        (("2026-11-24T09:30:00Z",), 1_795_512_600_000_000),
        (("2026-11-24T09:30:00Z", "2026-11-24T09:30:00.5+00:00", ""), 1_795_512_600_500_000),
        (("", ""), 0),
        (("yesterday", "2026-11-24"), 0),
    ],
)
def test_the_sources_time_is_kept(times, told_us):
    """An entry is as new as the newest of its rows; a time that cannot be read refuses nothing."""
    values = (f"md5,{MD5_HEX}", f"sha256,{SHA256_HEX}", f"pdq,{PDQ_HEX}")
    [row] = read("\n".join(f"a,{value},,,,,,,,,{time}" for value, time in zip(values, times, strict=False)))
    assert (row.source_time_us, row.withdrawn, len(row.signals)) == (told_us, False, len(times))
    [back] = read_csv(io.BytesIO("".join(write_csv([row])).encode()))
    assert without_line(back) == without_line(row)


def test_a_baseline_reads_back():
    """Baseline is a column of its own, yes or no; any other word for it is an ordinary category."""
    for value in ("yes", "no", "unsure"):
        row = Row(2, "", "", "a", (Signal(MD5, bytes.fromhex(MD5_HEX)),), Details("", (("interpol_baseline", value),)))
        text = "".join(write_csv([row]))
        assert list(read_csv(io.BytesIO(text.encode()))) == [row]
        assert next(csv.DictReader(io.StringIO(text)))["baseline"] == {"yes": "y", "no": "n"}.get(value, "")


def test_what_csv_cannot_say_is_not_written():
    """Without a content_id, or with a separator in a flag, CSV would read back as something else."""
    two = (Signal(MD5, bytes.fromhex(MD5_HEX)), Signal(PDQ, bytes.fromhex(PDQ_HEX)))
    for row in (Row(1, "", "", "", two), Row(1, "", "", "a", two, Details(flags=("a|b",)))):
        with pytest.raises(InvalidArgument) as caught:
            list(write_csv([row]))
        assert caught.value.reason == "NOT_REPRESENTABLE"


@given(st.binary(max_size=300), st.booleans())
def test_no_bytes_raise(raw, with_header):
    """Whatever the file holds, it gives refusals and rows, never an exception."""
    for found in read(raw, HEADER if with_header else ""):
        assert isinstance(found, Row | Rejected)


@given(st.lists(st.lists(st.text(max_size=8) | st.sampled_from(["md5", MD5_HEX, "a", '"']), max_size=19), max_size=6))
def test_no_cells_raise(table):
    """Nor does any table of cells, and each refusal has a reason."""
    text = io.StringIO()
    try:
        csv.writer(text).writerows(table)
    except csv.Error:
        return
    for found in read(text.getvalue().encode("utf-8", "surrogatepass"), ",".join(COLUMNS)):
        assert isinstance(found, Row) or found.reason.isupper()
