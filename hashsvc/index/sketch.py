"""A count-min sketch: about how often keys came by, in a few megabytes, without keeping one of them.

Cormode and Muthukrishnan, 2005: each key adds to one counter a row, and the least of its counters is never too low.
With a width of w, it is too high by more than e / w of all that was added with a chance of e^-rows. Keys are mixed with
a secret of the process, so that the counters tell nothing to somebody who reads them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from hashsvc.index.jit import inlined, short

ROWS = 3
WIDTH_LOG2 = 17
WIDTH = 1 << WIDTH_LOG2
ERROR_SHARE = 2.718281828459045 / WIDTH  # of all that was added, with a chance of 95 % (1 - e^-3)


@short
def add_keys(counters: Any, secret: Any, digests: Any, tags: Any, wanted: Any) -> Any:
    """Count keys. counters: uint32 [ROWS, WIDTH]. secret: uint64. digests: uint8 [n, 8 or more]. tags: uint8 [n].

    Each bit of tags & wanted is a key of its own. Returns how many were added.
    """
    added = 0
    for i in range(len(digests)):
        bits = tags[i] & wanted
        if not bits:
            continue
        word = first_word(digests, i)
        for bit in range(8):
            if bits >> bit & 1:
                added += 1
                mixed = mix(word ^ secret ^ (np.uint64(bit + 1) << np.uint64(56)))
                for row in range(ROWS):
                    counters[row, place(mixed, row)] += np.uint32(1)
    return added


@short
def estimate_key(counters: Any, secret: Any, digests: Any, bit: Any) -> Any:
    """Estimate how often the key of digests[0] with one bit was added; never too low."""
    mixed = mix(first_word(digests, 0) ^ secret ^ (np.uint64(bit + 1) << np.uint64(56)))
    least = counters[0, place(mixed, 0)]
    for row in range(1, ROWS):
        least = min(least, counters[row, place(mixed, row)])
    return least


@inlined
def first_word(digests: Any, i: Any) -> Any:
    value = np.uint64(0)
    for byte in range(8):
        value |= np.uint64(digests[i, byte]) << np.uint64(8 * byte)
    return value


@inlined
def mix(value: Any) -> Any:
    """Spread a word over 64 bits (the finaliser of splitmix64)."""
    value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return value ^ (value >> np.uint64(31))


@inlined
def place(mixed: Any, row: Any) -> Any:
    """Choose the counter of a row: 17 other bits of the word for each."""
    return (mixed >> np.uint64(20 * row)) & np.uint64(WIDTH - 1)
