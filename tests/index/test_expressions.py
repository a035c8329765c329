"""Expressions cut and hashed by the kernels are those of the obvious twin, and SHA-256 is SHA-256."""

from __future__ import annotations

import hashlib
import random

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from hashsvc.index import jit, sha256, warm
from hashsvc.index.expressions import (
    AS_WRITTEN,
    CUT_MAX,
    HOST,
    LOOSE,
    PATH,
    STRIPPED,
    Expressions,
    expressions,
    expressions_slow,
)

HOSTS = st.lists(
    st.sampled_from(["www", "www", "a", "example", "xn--n3h", "w", "ww", "wwww", "1", "2001"]), min_size=1, max_size=12
).map(".".join) | st.sampled_from(["1.2.3.4", "[2001:db8::1]", "www.com", "www.www.com", "9", "a9.9a"])
PATHS = st.lists(st.sampled_from(["a", "", "b.c", "%2F", "www.", ":", "x" * 60]), max_size=10).map("/".join)
QUERIES = st.sampled_from(["", "?a=1", "?/a/b", "?a/?b#!/c", "#!/a?b", "#/", "?" + "q" * 200])
MAIN = st.builds(lambda host, path, query: f"{host}/{path}{query}", HOSTS, PATHS, QUERIES)
WITH_PORT = st.builds(lambda host, path, query: f"{host}:8080/{path}{query}", HOSTS, PATHS, QUERIES)
FIRST_ROLES = st.sampled_from([AS_WRITTEN | role for role in (PATH | HOST | LOOSE, PATH | HOST, PATH, 0)])
OTHER_ROLES = st.sampled_from([role for role in range(256) if not role & AS_WRITTEN])
URLS = st.tuples(
    st.tuples(MAIN | WITH_PORT, FIRST_ROLES), st.lists(st.tuples(MAIN | WITH_PORT, OTHER_ROLES), max_size=3)
).map(lambda url: [url[0], *url[1]])


def hashed(data: bytes, slices: list[tuple[int, int]]) -> NDArray[np.uint8]:
    """SHA-256 by the kernel of parts of some bytes."""
    digests = np.empty((len(slices), 32), np.uint8)
    text = np.frombuffer(data + b"\xff" * sha256.BLOCK_BYTES, np.uint8)
    sha256.hash_slices(text, jit.readonly(np.array(slices, np.int64).reshape(-1, 2)), digests)
    return digests


def assert_equal(found: Expressions, expected: Expressions) -> None:
    for name in Expressions._fields:
        one, other = getattr(found, name), getattr(expected, name)
        assert one.dtype == other.dtype
        np.testing.assert_array_equal(one, other)


def test_texts_of_every_length_are_hashed_as_fips_180_4_says() -> None:
    """All lengths from 0 to 300 bytes, some longer ones, wherever they stand and whatever is hashed beside them."""
    rng = random.Random(1)
    data = rng.randbytes(30_000)
    lengths = [*range(301), *(rng.randrange(9_000) for _ in range(60))]
    for _ in range(3):
        rng.shuffle(lengths)
        slices = [(start, start + length) for length in lengths for start in [rng.randrange(30_001 - length)]]
        digests = hashed(data, slices)
        for digest, (start, end) in zip(digests, slices, strict=True):
            assert digest.tobytes() == hashlib.sha256(data[start:end]).digest()


@pytest.mark.parametrize("count", [0, 1, 7, 8, 9, 17])
def test_any_number_of_texts_is_hashed(count: int) -> None:
    """Fewer texts than run side by side, as many, and more, the last of them longest."""
    data = bytes(range(256)) * 4
    slices = [(0, i * 57) for i in range(count)]
    expected = [hashlib.sha256(data[:end]).digest() for _, end in slices]
    assert [digest.tobytes() for digest in hashed(data, slices)] == expected


def test_a_length_beyond_32_bits_is_written_whole() -> None:
    """The number of bits goes into two words, as that of a text of 512 MB or more needs."""
    words = np.zeros((16, sha256.LANES), np.uint32)
    text = np.zeros(128, np.uint8)
    start = -(1 << 30) + 64  # only the last block is read: it begins at 64
    sha256.read_block(text, start, 64, 1, words, 3)
    assert words[:, 3].tolist() == [0x80000000, *[0] * 13, 2, 0]
    assert not words[:, :3].any()


@settings(max_examples=300)
@given(st.lists(URLS, max_size=5))
@example([])
@example([[("www.a.b.c.d.e.f.g.h.example/1/2/3/4/5/6/7/8?x", AS_WRITTEN | PATH | HOST | LOOSE)]])
@example(
    [[("www.example.com/", AS_WRITTEN), ("example.com/", STRIPPED | PATH | HOST | LOOSE), ("example.com/", LOOSE)]]
)
def test_the_kernels_cut_as_the_twin(urls: list[list[tuple[str, int]]]) -> None:
    """Same expressions, roles and order, equal ones once in each URL, for texts of any roles."""
    pieces = [piece for url in urls for piece in url]
    texts, roles = [text for text, _ in pieces], bytes(role for _, role in pieces)
    assert_equal(expressions(texts, roles), expressions_slow(texts, roles))


def test_a_text_gives_no_more_expressions_than_there_is_room_for() -> None:
    """The deepest path of the deepest host has exactly as many expressions as are allowed for."""
    text = f"www.{'a.' * 20}example/{'b/' * 20}c?d"
    found = expressions([text] * 3, bytes([AS_WRITTEN | PATH | HOST | LOOSE]) * 3)
    assert found.starts.tolist() == [0, CUT_MAX, 2 * CUT_MAX, 3 * CUT_MAX]


def test_what_is_found_is_not_written_to() -> None:
    """Roles and digests are handed on as they are, so nobody may change them."""
    found = expressions(["example.com/"], bytes([AS_WRITTEN | PATH | HOST]))
    for array in (found.roles, found.digests):
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 0


def test_no_look_up_compiles_after_warm() -> None:
    """After `warm`, neither few nor many nor no URLs make the kernels compile anything."""
    warm()
    before = {function.__name__: list(function.signatures) for function in jit.KERNELS}
    role = bytes([AS_WRITTEN | PATH | HOST])
    for count in (0, 1, 300):
        expressions(["example.com/a"] * count, role * count)
        expressions(["example.com/a"] * count, bytearray(role * count))
    assert {function.__name__: list(function.signatures) for function in jit.KERNELS} == before
