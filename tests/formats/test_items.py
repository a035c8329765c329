"""Reading items to be checked."""

from __future__ import annotations

import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.formats import Item, read_items
from hashsvc.formats.items import UNKNOWN_TOLD_MAX
from hashsvc.signals import BY_NAME, MD5, PDQ, SIGNAL_TYPES, Signal, print_value

PDQ_HEX = BY_NAME["pdq"].examples()[0].hex()
MD5_HEX = BY_NAME["md5"].examples()[0].hex()


def read(*lines):
    raw = [line if isinstance(line, bytes) else json.dumps(line).encode() for line in lines]
    return list(read_items(io.BytesIO(b"\n".join(raw))))


def test_an_item_is_read():
    """Each key that names a type is a fingerprint of the item; a low quality is let through, the service weighs it."""
    item = {"id": 17, "md5": MD5_HEX, "pdq": PDQ_HEX, "pdq_quality": 12}
    assert read(item) == [Item(1, 17, (Signal(MD5, bytes.fromhex(MD5_HEX)), Signal(PDQ, bytes.fromhex(PDQ_HEX), 12)))]
    every = {kind.name: print_value(kind.number, kind.examples()[0]) for kind in SIGNAL_TYPES}
    assert [signal.type for signal in read(every)[0].signals] == [kind.number for kind in SIGNAL_TYPES]


@pytest.mark.parametrize("item_id", ["a", 17, -1, 1.5, 2**70, "", None])
def test_an_id_comes_back_as_given(item_id):
    """A caller finds its answers by its own ids, whatever they are."""
    assert read({"id": item_id, "md5": MD5_HEX})[0].id == item_id


@pytest.mark.parametrize(
    ("changes", "field", "reason"),
    [
        ({"md5": "00"}, "md5", "BAD_LENGTH"),
        ({"md5": 7}, "md5", "BAD_TYPE"),
        ({"md5": "d41d8cd98f00b204e9800998ecf8427e"}, "md5", "WEAK_FINGERPRINT"),
        ({"pdq": "0" * 64}, "pdq", "WEAK_FINGERPRINT"),
        ({"pdq": PDQ_HEX, "pdq_quality": 101}, "pdq_quality", "BAD_QUALITY"),
        ({"pdq": PDQ_HEX, "pdq_quality": "high"}, "pdq_quality", "BAD_TYPE"),
        ({"id": [1], "pdq": PDQ_HEX}, "id", "BAD_TYPE"),
        ({"id": True, "pdq": PDQ_HEX}, "id", "BAD_TYPE"),
        ({"sha512": PDQ_HEX}, "sha512", "UNKNOWN_FIELD"),
        ({"quality": 90, "pdq": PDQ_HEX}, "quality", "UNKNOWN_FIELD"),
        ({"md5_quality": 90}, "md5_quality", "UNKNOWN_FIELD"),
        ({"ID": 7}, "ID", "UNKNOWN_FIELD"),
        ({"md5": MD5_HEX, "MD5": MD5_HEX}, "md5", "DUPLICATE_KEY"),
    ],
)
def test_a_bad_part_is_told_and_the_rest_is_checked(changes, field, reason):
    """A bad fingerprint or id is a problem of its item; what is good of it is still asked."""
    (item,) = read({"sha1": BY_NAME["sha1"].examples()[0].hex()} | changes)
    assert [(problem.field, problem.reason, problem.whole) for problem in item.problems] == [(field, reason, False)]
    assert item.signals


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ({"id": 1}, "EMPTY_ITEM"),
        ({"md5": MD5_HEX, "MD5": MD5_HEX}, "DUPLICATE_KEY"),
        ({"md5": "x"}, "BAD_LENGTH"),
        (b"{", "BAD_JSON"),
        (b'{"id":1,"id":2}', "DUPLICATE_KEY"),
    ],
)
def test_an_item_with_nothing_to_ask_says_why(line, reason):
    """Every line gives an item, so that answers stand beside questions; an empty one says why it is."""
    empty, good = read(line, {"md5": MD5_HEX})
    assert empty.signals == ()
    assert [(problem.reason, problem.whole) for problem in empty.problems] == [(reason, True)]
    assert (good.line, len(good.signals)) == (2, 1)


@given(
    st.binary(max_size=200)
    | st.dictionaries(
        st.sampled_from(["id", "md5", "MD5", "pdq", "pdq_quality", "PDQ quality", "x", ""]),
        st.integers() | st.text() | st.none() | st.lists(st.none()) | st.just(PDQ_HEX),
    )
)
def test_nothing_raises(line):
    """Whatever the input holds, it gives items, each with a fingerprint or a problem."""
    for item in read(line):
        assert item.signals or item.problems[-1].whole


def test_keys_are_read_as_other_people_spell_them():
    """The names of types and of the quality are read in every spelling that an import reads."""
    spellings = {"SHA256": "sha256", "sha-256": "sha256", "photo_dna": "photodna", "phash": "phash64", "PDQ": "pdq"}
    for spelling, name in spellings.items():
        kind = BY_NAME[name]
        (item,) = read({"id": 1, spelling: kind.examples()[0].hex()})
        assert [(signal.type, item.problems) for signal in item.signals] == [(kind.number, ())], spelling
    (item,) = read({"PDQ": PDQ_HEX, "PDQ-Quality": 12})
    assert (item.signals[0].quality, item.problems) == (12, ())


def test_a_null_says_nothing():
    """A key without a value does not compete with another spelling of it."""
    (item,) = read({"md5": None, "MD5": MD5_HEX})
    assert (len(item.signals), item.problems) == (1, ())


def test_unknown_keys_are_named_without_their_values():
    """A misspelt key is told by name; its value is not, nor is a key that may itself be a fingerprint."""
    (item,) = read({"md5sum": MD5_HEX, PDQ_HEX: 1, "k" * 100: 2})
    assert [(problem.field, problem.reason) for problem in item.problems[:3]] == [
        ("md5sum", "UNKNOWN_FIELD"),
        ("a key of 64 characters", "UNKNOWN_FIELD"),
        ("a key of 100 characters", "UNKNOWN_FIELD"),
    ]
    assert item.problems[-1].reason == "EMPTY_ITEM"
    assert not any(MD5_HEX in problem.message or PDQ_HEX in problem.message for problem in item.problems)


def test_unknown_keys_are_told_up_to_a_number():
    """An item full of other keys does not give a problem for each."""
    (item,) = read({"md5": MD5_HEX} | {f"x{number}": 1 for number in range(100)})
    assert len(item.problems) == UNKNOWN_TOLD_MAX + 1
    assert item.problems[-1].message.startswith("92 more")
