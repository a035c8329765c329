"""The bytes of fingerprints: types, spellings, guards against meaningless ones, PDQ's mirrored and turned forms.

The lowest floor: knows nothing of lists, searches or requests.
"""

from hashsvc.signals.pdq import orientations, orientations_many
from hashsvc.signals.registry import (
    BY_NAME,
    BY_NUMBER,
    MD5,
    PDQ,
    PHASH64,
    PHOTODNA,
    SHA1,
    SHA256,
    SIGNAL_TYPES,
    URL,
    is_flat,
    make_signal,
    parse_text,
    print_value,
    type_named,
    type_of,
    weak_rows,
    weakness,
)
from hashsvc.signals.values import QUALITY_MIN, UNKNOWN_QUALITY, Signal, SignalType, UrlFacts

__all__ = [
    "BY_NAME",
    "BY_NUMBER",
    "MD5",
    "PDQ",
    "PHASH64",
    "PHOTODNA",
    "QUALITY_MIN",
    "SHA1",
    "SHA256",
    "SIGNAL_TYPES",
    "UNKNOWN_QUALITY",
    "URL",
    "Signal",
    "SignalType",
    "UrlFacts",
    "is_flat",
    "make_signal",
    "orientations",
    "orientations_many",
    "parse_text",
    "print_value",
    "type_named",
    "type_of",
    "weak_rows",
    "weakness",
]
