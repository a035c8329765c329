"""All types of signals, and the functions that take a type's number.

A new type is a file of its own and one line in SIGNAL_TYPES.
"""

from __future__ import annotations

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.signals.digests import MD5_TYPE, SHA1_TYPE, SHA256_TYPE
from hashsvc.signals.pdq import PDQ_TYPE
from hashsvc.signals.phash64 import PHASH64_TYPE
from hashsvc.signals.photodna import PHOTODNA_TYPE
from hashsvc.signals.spelling import plain_name, read_bytes
from hashsvc.signals.url import URL_TYPE
from hashsvc.signals.values import QUALITY_MIN, UNKNOWN_QUALITY, Flags, Rows, Signal, SignalType, UrlFacts

SIGNAL_TYPES: tuple[SignalType, ...] = (
    MD5_TYPE, SHA1_TYPE, SHA256_TYPE, PDQ_TYPE, PHASH64_TYPE, PHOTODNA_TYPE, URL_TYPE,
)  # fmt: skip

BY_NUMBER: dict[int, SignalType] = {kind.number: kind for kind in SIGNAL_TYPES}
BY_NAME: dict[str, SignalType] = {kind.name: kind for kind in SIGNAL_TYPES}
BY_ALIAS: dict[str, SignalType] = {name: kind for kind in SIGNAL_TYPES for name in (kind.name, *kind.aliases)}
MD5, SHA1, SHA256, PDQ, PHASH64, PHOTODNA, URL = (kind.number for kind in SIGNAL_TYPES)
DEFAULT_URL = UrlFacts()

assert len(BY_ALIAS) == sum(1 + len(kind.aliases) for kind in SIGNAL_TYPES), "no name means two types"
assert all(2 * kind.byte_count <= limits.FINGERPRINT_CHARS_MAX for kind in SIGNAL_TYPES)


def type_of(number: int, field: str) -> SignalType:
    """Find a type by its number. Raises InvalidArgument UNKNOWN_TYPE."""
    kind = BY_NUMBER.get(number)
    if kind is None:
        raise InvalidArgument("UNKNOWN_TYPE", "the type of the signal is none that this service knows", field=field)
    return kind


def type_named(name: str, field: str) -> SignalType:
    """Find a type by its name as people write it: "pdq", "SHA-256", "PDNA". Raises InvalidArgument UNKNOWN_TYPE."""
    kind = BY_ALIAS.get(name) or BY_ALIAS.get(plain_name(name))
    if kind is None:
        raise InvalidArgument(
            "UNKNOWN_TYPE", f"unknown type of fingerprint; known are {', '.join(BY_NAME)}", field=field
        )
    return kind


def parse_text(type_number: int, text: str, field: str) -> bytes:
    """Read a signal in any of its spellings. Raises InvalidArgument: UNKNOWN_TYPE, BAD_LENGTH, BAD_ALPHABET, TOO_LONG.

    Hex, base64 and base32 never collide: for each type their lengths differ. A URL's value is its text: whether it is
    one is seen when it is made canonical.
    """
    kind = BY_NUMBER.get(type_number) or type_of(type_number, field)
    if kind is URL_TYPE:
        return url_bytes(text, field)
    return read_bytes(text, kind.byte_count, kind.title, field)


def url_bytes(text: str, field: str) -> bytes:
    """Give a URL's text in UTF-8. Raises TOO_LONG; BAD_UTF8 where it is not whole characters.

    Bytes that are not UTF-8 come as halves of characters from a command line. To replace them, as browsers do, would
    make one page of all that differ in such a letter only.
    """
    try:
        return _checked_url(text.encode(), field)
    except UnicodeEncodeError:
        raise _not_utf8(field) from None


def print_value(type_number: int, value: bytes) -> str:
    """Write a value in its one printed form: lower-case hex; a URL as it was written."""
    return value.decode("utf-8", "replace") if type_number == URL else value.hex()


def is_flat(type_number: int, value: bytes, quality: int = UNKNOWN_QUALITY) -> bool:
    """Say whether a value is too weak to be checked: of a flat picture, of an empty file, a placeholder.

    quality: 0 to 100 or UNKNOWN_QUALITY. A PDQ whose quality is known to be good is refused less (`pdq.flat`).
    """
    return BY_NUMBER[type_number].flat(value, quality) is not None


def weakness(type_number: int, value: bytes, quality: int) -> str | None:
    """Say why a fingerprint is too weak to stand on the list, or None. Reason for callers: WEAK_FINGERPRINT.

    quality: 0 to 100 or UNKNOWN_QUALITY, which is accepted: many sources do not give it.
    """
    kind = BY_NUMBER[type_number]
    message = kind.flat(value, quality)
    if message is None and kind.has_quality and quality < QUALITY_MIN:
        message = f"the quality of the {kind.title} is {quality}; a listed one needs at least {QUALITY_MIN}"
    return message


def weak_rows(type_number: int, values: Rows, quality: Rows | None = None) -> Flags:
    """Tell which rows of a column are too weak to be checked, as `is_flat` does for one value.

    values: uint8[n, byte_count], any alignment. quality: uint8[n] or None, all unknown. Returns bool[n]. A low quality
    alone is not too weak: such a query is searched, and what it meets does not close (`matching`).
    """
    return BY_NUMBER[type_number].flat_rows(values, quality)


def make_signal(
    type_number: int, value: bytes, quality: int | None, algorithm: str, field: str, url: UrlFacts = DEFAULT_URL
) -> Signal:
    """Build a signal from what a request says; quality None or UNKNOWN_QUALITY: unknown. url: what a URL says besides.

    Raises InvalidArgument: UNKNOWN_TYPE, BAD_LENGTH, BAD_QUALITY, BAD_ALGORITHM; of a URL TOO_LONG, BAD_UTF8. A type
    without quality ignores it.
    """
    kind = BY_NUMBER.get(type_number) or type_of(type_number, f"{field}.type")
    if kind is URL_TYPE:
        try:
            value.decode()
        except UnicodeDecodeError:
            raise _not_utf8(f"{field}.value") from None
        return Signal(kind.number, _checked_url(value, f"{field}.value"), url=url)
    if len(value) != kind.byte_count:
        raise InvalidArgument(
            "BAD_LENGTH", f"{kind.title} takes {kind.byte_count} bytes; this has {len(value)}", field=f"{field}.value"
        )
    if algorithm and len(algorithm) > limits.LABEL_CHARS_MAX:
        raise InvalidArgument(
            "BAD_ALGORITHM",
            f"the algorithm is {len(algorithm)} characters; at most {limits.LABEL_CHARS_MAX}",
            field=f"{field}.algorithm",
        )
    if not kind.has_quality or quality is None or quality == UNKNOWN_QUALITY:
        return Signal(kind.number, value, UNKNOWN_QUALITY, algorithm)
    if not 0 <= quality <= 100:
        raise InvalidArgument("BAD_QUALITY", f"the quality is {quality}; right is 0 to 100", field=f"{field}.quality")
    return Signal(kind.number, value, quality, algorithm)


def _not_utf8(field: str) -> InvalidArgument:
    return InvalidArgument("BAD_UTF8", "the URL is not UTF-8; percent-encode what is not", field=field)


def _checked_url(value: bytes, field: str) -> bytes:
    if len(value) > limits.URL_BYTES_MAX:
        raise InvalidArgument(
            "TOO_LONG", f"a URL takes at most {limits.URL_BYTES_MAX} bytes; this has {len(value)}", field=field
        )
    return value
