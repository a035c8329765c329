"""Fingerprints to benchmark with, drawn from a seed: uniform ones, and ones as skewed as those of photographs.

Digests are fair coins whatever the content. PDQ codes are not: a photograph has more in its low frequencies, so some
bits lean and neighbouring ones hang together. `photo_like` keeps both from the corpus (data/README.md): each row of 16
bits (one row of the cosine transform) is that of a random picture, with a share of the bits flipped. Two codes then
agree in 8, 16 and 23 neighbouring bits about as often as those of unlike pictures of the corpus (measured 24 Nov 2026).
"""

from __future__ import annotations

import gzip
import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.signals import PDQ, QUALITY_MIN, weak_rows

Bytes = NDArray[np.uint8]

CORPUS = Path(__file__).resolve().parent.parent / "data" / "pictures_dev.jsonl.gz"
FLIPPED = 0.10  # share of bits flipped
PDQ_BYTES = 32


def uniform(rng: np.random.Generator, count: int, width: int) -> Bytes:
    """Draw rows of fair coins: uint8[count, width]."""
    return np.frombuffer(rng.bytes(count * width), np.uint8).reshape(count, width)


def photo_like(rng: np.random.Generator, count: int) -> Bytes:
    """Draw PDQ codes as skewed as the corpus: uint8[count, 32]."""
    corpus = _corpus().view(np.uint16)
    pictures = rng.integers(0, len(corpus), (count, corpus.shape[1]))
    mixed = corpus[pictures, np.arange(corpus.shape[1])]
    return mixed.view(np.uint8) ^ flips(rng, count, FLIPPED)


def flips(rng: np.random.Generator, count: int, share: float) -> Bytes:
    """Draw masks with a share of the bits set: uint8[count, 32]. share is rounded to 1/256."""
    bits = np.frombuffer(rng.bytes(count * PDQ_BYTES * 8), np.uint8) < round(share * 256)
    return np.packbits(bits.reshape(count, PDQ_BYTES * 8), axis=1)


def near(rng: np.random.Generator, codes: Bytes, bits: int) -> Bytes:
    """Flip exactly so many random bits of each code."""
    out = codes.copy()
    for row in out:
        for bit in rng.choice(PDQ_BYTES * 8, bits, replace=False):
            row[bit >> 3] ^= 1 << (bit & 7)
    return out


@cache
def _corpus() -> Bytes:
    """Read the codes of the corpus' pictures as they are, those that mean something: uint8[n, 32]."""
    codes = []
    with gzip.open(CORPUS, "rt", encoding="utf-8") as lines:
        for line in lines:
            picture: dict[str, Any] = json.loads(line)
            original = picture["variants"][0]
            if original["quality"] >= QUALITY_MIN:
                codes.append(np.frombuffer(bytes.fromhex(original["pdq"]), np.uint8))
    rows = np.array(codes)
    return np.ascontiguousarray(rows[~weak_rows(PDQ, rows)])
