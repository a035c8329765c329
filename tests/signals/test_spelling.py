"""How fingerprints are read and printed."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hashsvc.errors import HashsvcError, InvalidArgument
from hashsvc.signals import BY_NAME, MD5, PDQ, SIGNAL_TYPES, parse_text, print_value, type_named

FINGERPRINTS = [kind for kind in SIGNAL_TYPES if not kind.is_url]  # a URL's text is its one spelling
TYPES = st.sampled_from(FINGERPRINTS)


def spellings(value: bytes) -> list[str]:
    """Every spelling that is promised."""
    b64, url, b32 = base64.b64encode(value), base64.urlsafe_b64encode(value), base64.b32encode(value)
    texts = [value.hex(), value.hex().upper(), f"  {value.hex()}\n"]
    for encoded in (b64, url, b32, b32.lower()):
        texts += [encoded.decode(), encoded.decode().rstrip("=")]
    return texts


def outcome(function, *arguments):
    """What a function returns, or the refusal that it raises."""
    try:
        return function(*arguments)
    except InvalidArgument as error:
        return error


@given(TYPES, st.data())
def test_every_spelling_reads_as_the_same_value(kind, data):
    """Hex, base64 and base32, in any case and with or without padding, are one fingerprint; it prints as lower hex."""
    value = data.draw(st.binary(min_size=kind.byte_count, max_size=kind.byte_count))
    for text in spellings(value):
        assert parse_text(kind.number, text, "value") == value
    assert print_value(kind.number, value) == value.hex()


@given(TYPES, st.text(max_size=400))
def test_garbage_is_refused_precisely(kind, text):
    """Any text is either read or refused with a reason and the field; nothing else is raised, and it is not echoed."""
    found = outcome(parse_text, kind.number, text, "signals[3].text")
    if isinstance(found, bytes):
        assert len(found) == kind.byte_count
        return
    assert found.reason in ("BAD_LENGTH", "BAD_ALPHABET")
    assert found.field == "signals[3].text"
    assert len(text) < 20 or text not in str(found)


@pytest.mark.parametrize(
    ("name", "text", "reason"),
    [
        ("md5", "", "BAD_LENGTH"),
        ("md5", "d4" * 15, "BAD_LENGTH"),
        ("md5", "g4" * 16, "BAD_ALPHABET"),
        ("md5", "ä" * 32, "BAD_ALPHABET"),
        ("pdq", "A" * 42 + "B", "BAD_ALPHABET"),  # bits past the last byte
        ("sha1", "1" * 32, "BAD_ALPHABET"),  # base32 has no 1
        ("md5", "A" * 22 + "=", "BAD_LENGTH"),  # one = too few
        ("phash64", "=" * 16, "BAD_LENGTH"),
    ],
)
def test_what_is_wrong_is_named(name, text, reason):
    """A wrong length, a wrong character and bits too many are told apart."""
    with pytest.raises(InvalidArgument) as caught:
        parse_text(BY_NAME[name].number, text, "value")
    assert caught.value.reason == reason


def test_no_spelling_is_ambiguous():
    """For each type, no two of hex, base64 and base32 have one length, so a text never has two readings."""
    for kind in FINGERPRINTS:
        value = bytes(kind.byte_count)
        bare = {len(value.hex()), len(base64.b64encode(value).rstrip(b"=")), len(base64.b32encode(value).rstrip(b"="))}
        assert len(bare) == 3


@pytest.mark.parametrize(
    ("written", "name"),
    [
        *(("SHA-256", "sha256"), ("sha_256", "sha256"), ("SHA1", "sha1"), ("PDNA", "photodna")),
        *(("PhotoDNA", "photodna"), ("ImagePDQ", "pdq"), ("HASH_MD5", "md5"), ("pHash", "phash64")),
    ],
)
def test_names_of_types_are_read_as_people_write_them(written, name):
    """Case, dashes and the names of the exchanges do not matter."""
    assert type_named(written, "type").name == name


@pytest.mark.parametrize("written", ["", "tmk", "dhash", "sha512", "\u2460", "x" * 10_000])
def test_an_unknown_type_is_refused(written):
    """A type that this service does not know is never guessed."""
    with pytest.raises(HashsvcError) as caught:
        type_named(written, "fingerprints[0].type")
    assert caught.value.reason == "UNKNOWN_TYPE"
    assert caught.value.field == "fingerprints[0].type"


def test_numbers_are_those_of_the_wire():
    """The numbers of the types are those of enum SignalType."""
    from hashsvc.v1 import signal_pb2

    wire = {name.removeprefix("SIGNAL_TYPE_").lower(): number for name, number in signal_pb2.SignalType.items()}
    del wire["unspecified"]
    assert {kind.name: kind.number for kind in SIGNAL_TYPES} == wire
    assert (MD5, PDQ) == (1, 4)
