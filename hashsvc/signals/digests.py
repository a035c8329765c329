"""MD5, SHA-1 and SHA-256: equal only when the files are equal.

The three differ in length and strength only, so they share a file. Gathered in `registry.py`.
"""

from __future__ import annotations

import hashlib

import numpy as np

from hashsvc.signals.values import UNKNOWN_QUALITY, Flags, Rows, SignalType, words_of


def _digest_type(number: int, name: str, title: str, aliases: tuple[str, ...], strength: int) -> SignalType:
    """Make the type of the digest that hashlib calls `name`."""
    empty_file = hashlib.new(name, b"", usedforsecurity=False).digest()
    byte_count = len(empty_file)
    meaningless = (bytes(byte_count), b"\xff" * byte_count)  # placeholders that tools write for "none"

    def flat(value: bytes, quality: int = UNKNOWN_QUALITY) -> str | None:
        if value == empty_file:
            return f"the {title} is that of an empty file, which every empty file has"
        if value in meaningless:
            return f"the {title} is a placeholder (all bits equal), not a digest"
        return None

    refused = np.frombuffer(b"".join((empty_file, *meaningless)), np.uint8).reshape(3, byte_count)
    first_words = tuple(int(word) for word in words_of(refused)[:, 0])

    def flat_rows(values: Rows, quality: Rows | None = None) -> Flags:
        first = words_of(values)[:, 0]
        suspects: Flags = (first == first_words[0]) | (first == first_words[1]) | (first == first_words[2])
        if suspects.any():  # nearly never
            suspects[suspects] = (values[suspects][:, None, :] == refused).all(axis=2).any(axis=1)
        return suspects

    def examples() -> tuple[bytes, ...]:
        texts = (b"hashsvc", b"a picture of a cat", b"a picture of a bridge")
        return tuple(hashlib.new(name, text, usedforsecurity=False).digest() for text in texts)

    return SignalType(
        number=number,
        name=name,
        title=title,
        aliases=aliases,
        byte_count=byte_count,
        metric="equal",
        strength=strength,
        radius_max=0,
        has_quality=False,
        flat=flat,
        flat_rows=flat_rows,
        distance=_unequal,
        examples=examples,
    )


def _unequal(a: bytes, b: bytes) -> int:
    """Say 0 for equal digests, 1 for others: digests are equal or not, nothing between."""
    return int(a != b)


MD5_TYPE = _digest_type(1, "md5", "MD5", ("md5hash", "hashmd5", "videomd5", "hashvideomd5"), strength=1)
SHA1_TYPE = _digest_type(2, "sha1", "SHA-1", ("hashsha1", "sha1hash", "sha1base32"), strength=2)
SHA256_TYPE = _digest_type(
    3, "sha256", "SHA-256", ("sha2256", "hashsha256", "sha256hash", "sha256hex", "hashvideosha256"), strength=3
)
