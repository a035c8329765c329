"""Stored bytes are pinned: what was written once must read for ever, and nothing else does."""

import hashlib

import msgspec
import pytest

from hashsvc.errors import DamagedData, InvalidArgument
from hashsvc.hashlist import codec
from hashsvc.hashlist.codec import Header
from hashsvc.hashlist.values import (
    Batch,
    BatchState,
    ChangeKind,
    Details,
    Entry,
    ListedSignal,
    ListedUrl,
    ListPolicy,
    ListSettings,
    Payload,
    Person,
    Role,
    SeenLive,
    State,
)
from hashsvc.limits import PAYLOAD_BYTES_MAX

HEADER = Header(
    kind=ChangeKind.ENTRY_CONFIRMED,
    state_before=State.PROPOSED,
    state_after=State.CONFIRMED,
    people_required=2,
    sequence=0x0102030405060708,
    time_us=1_700_000_000_123_456,
    epoch=3,
    batch=7,
    previous=9,
    subject=bytes(range(16)),
    actor=bytes(range(16, 32)),
    request_key=bytes(range(32, 48)),
    request_digest=bytes(range(48, 80)),
    added=1 << 127 | 1,
    acted=0b101,
    previous_hash=bytes(range(80, 112)),
)
HEADER_HEX = (
    "01" "04" "01" "02" "02" "000000"  # version, kind, states, people, reserved
    "0102030405060708" "00060a2418202240" "0000000000000003" "0000000000000007" "0000000000000009"
    "000102030405060708090a0b0c0d0e0f" "101112131415161718191a1b1c1d1e1f" "202122232425262728292a2b2c2d2e2f"
    "303132333435363738393a3b3c3d3e3f404142434445464748494a4b4c4d4e4f"
    "80000000000000000000000000000001" "00000000000000000000000000000005"
    "505152535455565758595a5b5c5d5e5f606162636465666768696a6b6c6d6e6f"
)  # fmt: skip

ENTRY = Entry(
    number=5,
    last_sequence=9,
    entry_id=bytes(range(16)),
    source="org",
    environment="test",
    content_id="c1",
    signals=(
        ListedSignal(0, 1, bytes(range(16)), 255, "", State.WITH_BATCH, 4),
        ListedSignal(1, 4, bytes(range(32)), 90, "x", State.CONFIRMED, 0, (Person(Role.PROPOSER, b"a" * 16),)),
    ),
    details=Details("image", (("scheme", "A"),), "7-10", ("F",), ("flag",)),
    created_us=1,
    updated_us=2,
)
ENTRY_HEX = (
    "9a0509c410000102030405060708090a0b0c0d0e0fa36f7267a474657374a26331929900"
    "01c410000102030405060708090a0b0c0d0e0fccffa0000490c0990104c420000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f5aa17802009192" "01c41061616161616161616161616161616161c0"
    "95a5696d6167659192a6736368656d65a141a4372d313091a14691a4666c61670102"
)  # fmt: skip
# As it was before there were URLs: a signal was an array of 8.
ENTRY_WITHOUT_URL_HEX = (
    "9a0509c410000102030405060708090a0b0c0d0e0fa36f7267a474657374a26331929800"
    "01c410000102030405060708090a0b0c0d0e0fccffa0000490980104c420000102030405060708090a0b0c0d0e0f"
    "101112131415161718191a1b1c1d1e1f5aa17802009192" "01c41061616161616161616161616161616161"
    "95a5696d6167659192a6736368656d65a141a4372d313091a14691a4666c61670102"
)  # fmt: skip
URL_SIGNAL = ListedSignal(
    0, 7, b"\1example.com/a", 255, "", State.WITH_BATCH, 4, (), ListedUrl("https://example.com/a", 1, "20261023", 5)
)
URL_SIGNAL_HEX = (
    "990007" "c40e01" + b"example.com/a".hex() + "ccffa0000490"
    "94b5" + b"https://example.com/a".hex() + "01a8" + b"20261023".hex() + "05"
)  # fmt: skip
SEEN_LIVE = SeenLive(1_700_000_000_000_000, bytes(range(16)))
SEEN_LIVE_HEX = "97a0a0c0c0c0" "92cf00060a24181e4000c410000102030405060708090a0b0c0d0e0f" "c0"  # fmt: skip
POLICY = ListPolicy(6, 7, "3", 'version = "3"', (Person(Role.PROPOSER, b"a" * 16),), 5)
POLICY_HEX = "960607a133ad" + b'version = "3"'.hex() + "919201c410" + "61" * 16 + "05"
BATCH = Batch(
    4, 8, b"b" * 16, BatchState.SEALED, b"f" * 32, "org", 3, 10, 2, b"d" * 32, (Person(Role.PROPOSER, b"a" * 16),), 11,
    True,
)  # fmt: skip
BATCH_HEX = (
    "9d0408c410" + "62" * 16 + "02c420" + "66" * 32 + "a36f7267030a02c420" + "64" * 32 + "919201c410" + "61" * 16
    + "0bc3"
)  # fmt: skip


def test_the_bytes_of_a_header_are_pinned() -> None:
    """A header's 192 bytes are these, and they read back as the same header."""
    packed = codec.pack_header(HEADER)
    assert packed.hex() == HEADER_HEX
    assert len(packed) == codec.HEADER_BYTES == 192
    assert codec.unpack_header(packed + bytes(32)) == HEADER


def test_the_bytes_of_values_are_pinned() -> None:
    """Entries, batches and payloads are stored as these bytes, and they read back the same."""
    assert codec.encode(ENTRY).hex() == ENTRY_HEX
    assert codec.decode_entry(bytes.fromhex(ENTRY_HEX)) == ENTRY
    assert codec.encode(BATCH).hex() == BATCH_HEX
    assert codec.decode_batch(bytes.fromhex(BATCH_HEX)) == BATCH
    payload = Payload("QA", "why", ENTRY)
    assert codec.encode(payload).hex() == "97a25141a3776879" + ENTRY_HEX + "c0c0c0c0"
    assert codec.decode_payload(codec.encode(payload)) == payload
    assert codec.encode(POLICY).hex() == POLICY_HEX
    assert codec.decode_policy(bytes.fromhex(POLICY_HEX)) == POLICY
    assert codec.encode(Payload(policy=POLICY)).hex() == "97a0a0c0c0c0c0" + POLICY_HEX


def test_the_bytes_of_a_url_are_pinned() -> None:
    """A listed URL and a change that says that URLs were seen live are stored as these bytes, and read back."""
    entry = msgspec.structs.replace(ENTRY, signals=(URL_SIGNAL,))
    encoded = codec.encode(entry)
    assert "91" + URL_SIGNAL_HEX in encoded.hex()
    assert codec.decode_entry(encoded) == entry
    payload = Payload(seen_live=SEEN_LIVE)
    assert codec.encode(payload).hex() == SEEN_LIVE_HEX
    assert codec.decode_payload(bytes.fromhex(SEEN_LIVE_HEX)) == payload


def test_older_values_still_read() -> None:
    """Values without the fields that were added later read with their defaults."""
    assert codec.decode_entry(bytes.fromhex(ENTRY_WITHOUT_URL_HEX)) == ENTRY
    assert all(signal.url is None for signal in ENTRY.signals)
    old_payload = codec.decode_payload(bytes.fromhex("95a25141a3776879" + ENTRY_WITHOUT_URL_HEX + "c0c0"))
    assert old_payload == Payload("QA", "why", ENTRY)
    assert old_payload.seen_live is None
    older = codec.decode_payload(bytes.fromhex("96" + SEEN_LIVE_HEX[2:-2]))
    assert older == Payload(seen_live=SEEN_LIVE)
    assert older.policy is None
    settings = codec.decode_payload(bytes.fromhex("95a0a0c0c09102")).settings
    assert settings == ListSettings(2, b"")
    without_sealed = bytes.fromhex("9c" + BATCH_HEX[2:-2])
    assert codec.decode_batch(without_sealed) == msgspec.structs.replace(BATCH, sealed=False)
    without_count = bytes.fromhex("9b" + BATCH_HEX[2:-4])
    assert codec.decode_batch(without_count) == msgspec.structs.replace(BATCH, with_batch=0, sealed=False)


@pytest.mark.parametrize("place", [0, 5, 6, 7])
def test_an_unknown_version_is_refused(place: int) -> None:
    """A header of another version, or with reserved bytes set, is refused and never guessed at."""
    record = bytearray(codec.pack_header(HEADER) + bytes(32))
    record[place] ^= 2
    with pytest.raises(DamagedData, match="DAMAGED_RECORD"):
        codec.unpack_header(bytes(record))


@pytest.mark.parametrize("byte_count", [0, 191, 192, 223, 225])
def test_a_record_of_another_length_is_refused(byte_count: int) -> None:
    """A record is 224 bytes, no more and no less."""
    with pytest.raises(DamagedData, match="DAMAGED_RECORD"):
        codec.unpack_header((codec.pack_header(HEADER) + bytes(33))[:byte_count])


@pytest.mark.parametrize(
    "data", [ENTRY_HEX, BATCH_HEX, POLICY_HEX, "97a25141a3776879" + ENTRY_HEX + "c0c0c0c0", SEEN_LIVE_HEX]
)
def test_a_decode_ends_with_no_bytes_left(data: str) -> None:
    """A stored value with a byte too many, or any number too few, is refused."""
    decoders = {
        "9a": codec.decode_entry, "9d": codec.decode_batch, "96": codec.decode_policy, "97": codec.decode_payload,
    }  # fmt: skip
    decode = decoders[data[:2]]
    good = bytes.fromhex(data)
    decode(good)
    with pytest.raises(DamagedData, match="DAMAGED_VALUE"):
        decode(good + b"\0")
    for byte_count in range(len(good)):
        with pytest.raises(DamagedData, match="DAMAGED_VALUE"):
            decode(good[:byte_count])


def test_too_large_a_payload_is_refused_when_written() -> None:
    """What would be past the limit of a payload is never stored."""
    with pytest.raises(InvalidArgument, match="PAYLOAD_TOO_LARGE"):
        codec.encode(Payload(note="x" * PAYLOAD_BYTES_MAX))


def test_the_hashes_of_a_record_are_pinned() -> None:
    """The leaf is RFC 9162's, the commitment HMAC-SHA-256, ids and digests keyed BLAKE2b: by other means the same."""
    import hmac

    record = codec.pack_header(HEADER) + bytes(32)
    assert codec.leaf_hash(record) == hashlib.sha256(b"\0" + record).digest()
    assert codec.commitment(b"s" * 32, b"payload") == hmac.new(b"s" * 32, b"payload", hashlib.sha256).digest()
    assert codec.keyed_id(b"k" * 32, b"entry", b"a", b"bc").hex() == "4e0523ec87206f124d6401a89ebb6403"
    assert codec.request_digest(b"k" * 32, b"data").hex().startswith("e560cf049ab5dff92c4ffbb4dba19d11")
    assert codec.keyed_id(b"k" * 32, b"entry", b"a", b"bc") != codec.keyed_id(b"k" * 32, b"entry", b"ab", b"c")
    assert codec.keyed_id(b"k" * 32, b"entry", b"a") != codec.keyed_id(b"l" * 32, b"entry", b"a")


@pytest.mark.parametrize("ordinals", [(), (0,), (127,), (0, 1, 64, 127)])
def test_masks_hold_ordinals(ordinals: tuple[int, ...]) -> None:
    """A mask of 128 bits gives back the ordinals that were put in."""
    assert codec.ordinals_of(codec.mask_of(ordinals)) == ordinals
