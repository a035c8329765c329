"""Fingerprints that mean nothing are refused, and only those."""

from __future__ import annotations

import hashlib
import random
import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.errors import InvalidArgument
from hashsvc.signals import (
    BY_NAME,
    BY_NUMBER,
    MD5,
    PDQ,
    SIGNAL_TYPES,
    UNKNOWN_QUALITY,
    URL,
    Signal,
    is_flat,
    make_signal,
    weak_rows,
    weakness,
)
from tests.signals import corpus
from tests.signals.test_spelling import outcome

FIXED = [kind for kind in SIGNAL_TYPES if not kind.is_url]  # URLs are of any length and mean something
TYPES = st.sampled_from(FIXED)
QUALITIES = st.sampled_from([0, 1, 49, 50, 51, 100, UNKNOWN_QUALITY])
FLAG_OF_LATVIA = bytes.fromhex("d555d555d5552aaad5552aaad5552aaad5552aaa2aaad555d5552aaa2aaa2aaa")  # quality 100
FRAME_ROUND_NOTHING = bytes.fromhex("aaaa0000aaaa0000aaaa02aaaaaaaaaaaabfaaaaaaffaaaaaaffaaafaaffaaaf")
BLACK_PICTURE = bytes.fromhex("00001134000011342c4b00002c4b1134000000002c4b2c4b00002c4b8200554b")


@st.composite
def columns(draw):
    """A type, values (any bytes, repeated bytes, examples, digests of nothing, sparse codes), and qualities or None."""
    kind = draw(TYPES)
    size = kind.byte_count
    value = st.one_of(
        st.binary(min_size=size, max_size=size),
        st.integers(0, 255).map(lambda byte: bytes([byte]) * size),
        st.sampled_from(kind.examples()),
        st.sampled_from([b"", b"x"]).map(lambda text: (hashlib.sha512(text).digest() * 3)[:size]),
        st.lists(st.sampled_from([b"\0\0", b"\x11\x34", b"\x2c\x4b", b"\xff\xff", b"\xaa\xaa"]), min_size=72).map(
            lambda words: b"".join(words)[:size]
        ),
    )
    if kind.is_digest:
        value |= st.just(hashlib.new(kind.name, b"").digest())
    if kind.number == PDQ:
        value |= st.sampled_from([FLAG_OF_LATVIA, FRAME_ROUND_NOTHING, BLACK_PICTURE])
        value |= st.tuples(st.integers(0, 256), st.randoms()).map(lambda drawn: of_ones(*drawn))
    values = draw(st.lists(value, max_size=30))
    qualities = st.lists(QUALITIES, min_size=len(values), max_size=len(values))
    return kind, values, draw(st.none() | qualities)


def of_ones(count, random):
    """A PDQ with so many ones, anywhere."""
    return sum(1 << bit for bit in random.sample(range(256), count)).to_bytes(32)


@given(columns(), st.integers(0, 7))
def test_a_column_is_guarded_as_single_values_are(column, offset):
    """Bulk and single checks refuse the same fingerprints, told the quality or not, wherever the column lies."""
    kind, values, qualities = column
    buffer = bytes(offset) + b"".join(values)
    rows = np.frombuffer(buffer, np.uint8, offset=offset).reshape(-1, kind.byte_count) if values else None
    if rows is None:
        rows = np.zeros((0, kind.byte_count), np.uint8)
    quality = None if qualities is None else np.array(qualities, np.uint8)
    each = zip(values, qualities or [UNKNOWN_QUALITY] * len(values), strict=True)
    assert weak_rows(kind.number, rows, quality).tolist() == [is_flat(kind.number, *one) for one in each]


def test_a_real_column_is_guarded_as_single_values_are():
    """So it is for every code of the corpus: with its quality, without, and as if it were good or bad."""
    codes, qualities = everything()
    assert len(codes) == 911 * 23
    for told in (qualities, np.full_like(qualities, 49), np.full_like(qualities, 50), None):
        known = np.full_like(qualities, UNKNOWN_QUALITY) if told is None else told
        each = zip(codes, known.tolist(), strict=True)
        assert weak_rows(PDQ, codes, told).tolist() == [is_flat(PDQ, code.tobytes(), quality) for code, quality in each]
    backwards = codes[::-1, ::-1][:, ::-1]
    assert weak_rows(PDQ, backwards, qualities[::-1]).tolist() == weak_rows(PDQ, codes, qualities)[::-1].tolist()


def everything():
    """All versions of the corpus: codes uint8[n, 32], qualities uint8[n]."""
    codes, qualities = zip(*corpus.pictures().values(), strict=True)
    return np.concatenate(codes), np.concatenate(qualities)


@pytest.mark.parametrize("kind", FIXED, ids=lambda kind: kind.name)
def test_placeholders_are_refused_and_examples_are_not(kind):
    """A value of zeros or ones only stands for no content at all."""
    assert is_flat(kind.number, bytes(kind.byte_count))
    assert is_flat(kind.number, b"\xff" * kind.byte_count)
    for example in kind.examples():
        assert len(example) == kind.byte_count
        assert weakness(kind.number, example, UNKNOWN_QUALITY) is None


@pytest.mark.parametrize("name", ["md5", "sha1", "sha256"])
def test_the_digest_of_an_empty_file_is_refused(name):
    """Every empty file has it: on a list, it would close reports of nothing."""
    assert is_flat(BY_NAME[name].number, hashlib.new(name, b"").digest())
    assert not is_flat(BY_NAME[name].number, hashlib.new(name, b"\0").digest())


def test_pictures_of_one_colour_are_refused():
    """Over 95 % of the codes of one-colour pictures are refused even where their quality, 0, is not told."""
    pdqhash = pytest.importorskip("pdqhash")
    rng = np.random.default_rng(7)
    codes, qualities = [], []
    for _ in range(200):
        height, width = rng.integers(20, 300, 2)
        picture = np.full((height, width, 3), rng.integers(0, 256, 3), np.uint8)
        bits, quality = pdqhash.compute(picture)
        codes.append(np.packbits(bits))
        qualities.append(quality)
    assert weak_rows(PDQ, np.array(codes)).mean() >= 0.95
    assert all(weakness(PDQ, code.tobytes(), quality) for code, quality in zip(codes, qualities, strict=True))


def test_good_pictures_are_not_refused():
    """No picture whose quality is known to be 50 and more is refused; where it is unknown, 45 of 19,587 are."""
    codes, qualities = everything()
    good = qualities >= 50
    assert good.sum() == 19_587
    assert weak_rows(PDQ, codes[good], qualities[good]).sum() == 0
    assert weak_rows(PDQ, codes[good]).sum() == 45
    assert weak_rows(PDQ, codes[qualities == 0]).mean() >= 0.85
    assert weak_rows(PDQ, codes[~good], qualities[~good]).sum() == weak_rows(PDQ, codes[~good]).sum() == 414
    assert is_flat(PDQ, FRAME_ROUND_NOTHING)


def test_a_known_quality_vouches_for_a_striped_flag():
    """Stripes of quality 50 and more are listed and checked; of less, or of none that is known, they are refused."""
    for asked in (is_flat, weakness):
        assert not asked(PDQ, FLAG_OF_LATVIA, 50)
        assert not asked(PDQ, FLAG_OF_LATVIA, 100)
        assert asked(PDQ, FLAG_OF_LATVIA, 49)
        assert asked(PDQ, FLAG_OF_LATVIA, UNKNOWN_QUALITY)
    assert is_flat(PDQ, FLAG_OF_LATVIA)


@pytest.mark.parametrize(
    ("ones", "flat"),
    [(0, True), (1, True), (63, True), (64, False), (192, False), (193, True), (255, True), (256, True)],
)
def test_no_quality_vouches_for_a_nearly_empty_code(ones, flat):
    """Fewer than 64 or more than 192 ones are no picture's, whatever quality is claimed."""
    code = of_ones(ones, random.Random(ones))
    assert is_flat(PDQ, code, 100) == flat
    rows = np.frombuffer(code, np.uint8).reshape(1, 32)
    assert weak_rows(PDQ, rows, np.array([100], np.uint8)).tolist() == [flat]


@pytest.mark.parametrize(
    ("code", "quality", "says"),
    [
        (bytes(32), 100, "0 of 256 bits set"),
        (b"\xff" * 32, UNKNOWN_QUALITY, "256 of 256 bits set"),
        (bytes(range(32)), UNKNOWN_QUALITY, "80 of 256 bits set.*quality is unknown, and 50 or more would vouch"),
        (bytes(range(32)), 12, "80 of 256 bits set.*quality is 12, and 50 or more"),
        (FLAG_OF_LATVIA, UNKNOWN_QUALITY, "2 different rows of 16, as plain stripes give; its quality is unknown"),
        (FRAME_ROUND_NOTHING, UNKNOWN_QUALITY, "hardly change.*quality is unknown"),
    ],
)
def test_a_refusal_says_what_was_found(code, quality, says):
    """The message says what the code shows, never of which picture it is, and which quality would help."""
    assert re.search(says, weakness(PDQ, code, quality) or "")
    assert "of one colour" not in (weakness(PDQ, code, quality) or "")
    assert weakness(PDQ, bytes(range(32)), 50) is None


def test_random_codes_are_not_refused():
    """A uniform code is refused less than once in 100,000, so made-up data can stand for real data."""
    codes = np.random.default_rng(11).integers(0, 256, (200_000, 32), dtype=np.uint8)
    assert weak_rows(PDQ, codes).sum() <= 2


def test_low_quality_is_too_weak_to_be_listed():
    """A PDQ of quality below 50 is refused on the way in; an unknown quality is not, other types have none."""
    code = BY_NAME["pdq"].examples()[0]
    assert weakness(PDQ, code, 49) is not None
    assert weakness(PDQ, code, 50) is None
    assert weakness(PDQ, code, UNKNOWN_QUALITY) is None
    assert weakness(MD5, BY_NAME["md5"].examples()[0], 0) is None


@given(st.integers(-3, 9), st.binary(max_size=40), st.one_of(st.none(), st.integers(-1000, 1000)), st.text(max_size=80))
def test_a_signal_is_built_or_refused_precisely(number, value, quality, algorithm):
    """Whatever a request says gives a signal within bounds or a reason and a field."""
    signal = outcome(make_signal, number, value, quality, algorithm, "signals[2]")
    if isinstance(signal, InvalidArgument):
        assert signal.reason in ("UNKNOWN_TYPE", "BAD_LENGTH", "BAD_QUALITY", "BAD_ALGORITHM", "TOO_LONG", "BAD_UTF8")
        assert signal.field.startswith("signals[2].")
        return
    if number == URL:
        assert len(signal.value) <= 8_192
        return
    assert len(signal.value) == BY_NUMBER[number].byte_count
    assert signal.quality in (*range(101), UNKNOWN_QUALITY)
    assert len(signal.algorithm) <= 64


def test_refusals_say_what_would_be_right():
    """A wrong length names what was found and what is right; a wrong quality likewise."""
    with pytest.raises(InvalidArgument, match="32 bytes; this has 31"):
        make_signal(PDQ, bytes(31), None, "", "signals[0]")
    with pytest.raises(InvalidArgument, match="101; right is 0 to 100"):
        make_signal(PDQ, bytes(32), 101, "", "signals[0]")
    assert make_signal(PDQ, bytes(32), UNKNOWN_QUALITY, "", "x") == Signal(PDQ, bytes(32))
    assert make_signal(MD5, bytes(16), 30, "", "x").quality == UNKNOWN_QUALITY


@given(TYPES, st.data())
def test_distance_is_a_distance(kind, data):
    """Distance is zero for equal values only, symmetric, and for bits it is what one counts."""
    values = st.binary(min_size=kind.byte_count, max_size=kind.byte_count)
    a, b = data.draw(values), data.draw(values)
    assert kind.distance(a, a) == 0
    assert kind.distance(a, b) == kind.distance(b, a)
    assert (kind.distance(a, b) == 0) == (a == b)
    if kind.metric == "hamming":
        assert kind.distance(a, b) == sum(bin(x ^ y).count("1") for x, y in zip(a, b, strict=True))
