"""Reference codes: twelve digits with which a reporter asks what became of a report, without giving a name.

Digits only: a Latin code typed on a Cyrillic keyboard gives look-alikes. Eleven are derived, so that a repeated request
gets the same code; the twelfth is Damm's check digit (H. M. Damm, 2004), which finds every wrong digit and every two
that changed places. Only a keyed hash of a code is stored.
"""

from __future__ import annotations

import hashlib
import hmac

from hashsvc.errors import InvalidArgument

DIGITS = 11
_DAMM = tuple(  # the row of ten where the next digit is looked up, by row and digit
    10 * int(digit)
    for digit in "0317598642" "7092154863" "4206871359" "1750983426" "6123045978"
    "3674209581" "5869720134" "8945362017" "9438617205" "2581436790"
)  # fmt: skip
_ZERO = ord("0")


def make_digits(key: bytes, actor: str, request_id: str, attempt: int) -> str:
    """Derive the twelve digits of a report's code. attempt: from 0, the next where a code is taken."""
    data = b"\0".join((b"code", actor.encode(), request_id.encode(), str(attempt).encode()))
    number = int.from_bytes(hmac.digest(key, data, "sha256")[:8], "big") % 10**DIGITS
    digits = f"{number:0{DIGITS}d}"
    return digits + check_digit(digits)


def as_written(digits: str) -> str:
    """A code as people are told it: 4821-7305-9162."""
    return f"{digits[:4]}-{digits[4:8]}-{digits[8:]}"


def check_digit(digits: str) -> str:
    """Damm's check digit of a row of digits."""
    row = 0
    for digit in digits.encode():
        row = _DAMM[row + digit - _ZERO]
    return str(row // 10)


def read_code(text: str) -> str:
    """Read a code as people type it: with spaces, dashes or none. Raises InvalidArgument BAD_CODE."""
    digits = "".join(character for character in text if character not in " -\u2010\u2011\u2012\u2013\u2014\u00a0")
    if len(digits) != DIGITS + 1 or not (digits.isascii() and digits.isdecimal()):
        raise InvalidArgument(
            "BAD_CODE", f"a reference code is {DIGITS + 1} digits; this has {len(digits)} characters", field="code"
        )
    if check_digit(digits[:-1]) != digits[-1]:
        raise InvalidArgument("BAD_CODE", "a digit of the reference code is wrong; compare it once more", field="code")
    return digits


def hash_of(key: bytes, digits: str) -> bytes:
    """What is stored of a code's twelve digits: 16 bytes that tell nothing without the key."""
    return hashlib.blake2b(digits.encode(), key=key, digest_size=16, person=b"code").digest()
