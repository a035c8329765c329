"""How people write fingerprints and the names of their types: hex, base64, base32; "SHA-256", "PDNA".

No type is named here; `registry.py` asks with the length that a type has.
"""

from __future__ import annotations

import base64
import binascii

from hashsvc import limits
from hashsvc.errors import InvalidArgument

_BASE64_URL = bytes.maketrans(b"-_", b"+/")


def read_bytes(text: str, byte_count: int, title: str, field: str) -> bytes:
    """Read a fingerprint of byte_count bytes, however it is spelt.

    Hex in either case, base64 (standard or URL-safe) and base32 (either case), the last two with or without padding.
    For each of our lengths the three differ in number of characters, so the length tells which; the alphabet is then
    checked strictly. Spaces around it are ignored. Raises InvalidArgument BAD_LENGTH, BAD_ALPHABET; the message
    never shows the value.
    """
    if len(text) != 2 * byte_count:
        text = text.strip()
    bare = text.rstrip("=")
    if len(text) == len(bare) == 2 * byte_count:  # padded base32 of an MD5 is as long as its hex
        value = _hex(text)
    elif len(bare) == _base64_chars(byte_count) and _padding_fits(text, bare, 4):
        value = _base64(bare)
    elif len(bare) == _base32_chars(byte_count) and _padding_fits(text, bare, 8):
        value = _base32(bare)
    else:
        raise InvalidArgument(
            "BAD_LENGTH",
            f"{title} takes {2 * byte_count} characters of hex, {_base64_chars(byte_count)} of base64 or "
            f"{_base32_chars(byte_count)} of base32 (without padding); this has {len(bare)}",
            field=field,
        )
    if value is None:
        raise InvalidArgument(
            "BAD_ALPHABET",
            f"the length is right for {title}, but there are characters in it that are not of that spelling",
            field=field,
        )
    return value


def plain_name(name: str) -> str:
    """Reduce a type's name to its letters and digits in lower case: "SHA-256" and "sha_256" are "sha256"."""
    return "".join(character for character in name[: limits.LABEL_CHARS_MAX].lower() if character.isalnum())


def _base64_chars(byte_count: int) -> int:
    return (byte_count * 8 + 5) // 6


def _base32_chars(byte_count: int) -> int:
    return (byte_count * 8 + 4) // 5


def _padding_fits(text: str, bare: str, block: int) -> bool:
    """Say whether the padding is none or exactly what fills the last block."""
    return len(text) == len(bare) or len(text) == -(-len(bare) // block) * block


def _hex(text: str) -> bytes | None:
    try:
        return binascii.unhexlify(text)
    except ValueError:  # binascii.Error, and text that is not ASCII
        return None


def _base64(bare: str) -> bytes | None:
    """Decode strictly: only the alphabet, and bits past the last byte are zero, so that a value has one spelling."""
    try:
        raw = bare.encode("ascii").translate(_BASE64_URL)
        value = base64.b64decode(raw + b"=" * (-len(raw) % 4), validate=True)
    except ValueError:
        return None
    return value if base64.b64encode(value).rstrip(b"=") == raw else None


def _base32(bare: str) -> bytes | None:
    """Decode strictly, as `_base64` does."""
    try:
        raw = bare.encode("ascii").upper()
        value = base64.b32decode(raw + b"=" * (-len(raw) % 8))
    except ValueError:
        return None
    return value if base64.b32encode(value).rstrip(b"=") == raw else None
