"""Refs: how views and index name one signal of an entry. Made and read here, nowhere else.

A ref is the entry's number and the signal's ordinal in one integer, stored as 8 bytes, big-endian, so that refs sort
by entry.
"""

from __future__ import annotations

import struct

REF = struct.Struct(">Q")
REF_BYTES = REF.size
_ORDINAL_BITS = 8
_ORDINAL_MASK = (1 << _ORDINAL_BITS) - 1


def ref_of(number: int, ordinal: int) -> int:
    """Make the ref of a signal. number: of its entry, below 2^56; ordinal: 0 to 255."""
    return number << _ORDINAL_BITS | ordinal


def number_of(ref: int) -> int:
    """Tell the number of the entry that a ref is of."""
    return ref >> _ORDINAL_BITS


def ordinal_of(ref: int) -> int:
    """Tell the ordinal of the signal that a ref is of."""
    return ref & _ORDINAL_MASK


pack_ref = REF.pack  # ref → 8 bytes; no function of ours around it: an import calls it for every signal


def unpack_ref(data: bytes) -> int:
    return int.from_bytes(data, "big")
