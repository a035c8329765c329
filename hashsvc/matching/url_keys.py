"""The keys of a bulk check's URLs: read one by one, cut into expressions and hashed together.

As `lookup_keys` of signals, which is for one URL, at some 60 % of its cost.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvalidArgument
from hashsvc.index.expressions import Expressions, expressions
from hashsvc.index.jit import readonly
from hashsvc.signals.url_expressions import add_texts

SLICE_URLS = 256  # URLs between two calls of between_slices, at most
SLICE_CHARS = 64 * 1024  # and characters


class UrlKeys(NamedTuple):
    """The keys of many URLs. items: int64 [k], whose URL could be read, ascending. problems: of the others.

    starts: int64 [k + 1], where the keys of each begin; they end where the next one's do. roles: uint8 [m], bits of
    Role. digests: uint8 [m, 32]. Of each URL as `lookup_keys` gives them, narrowest first. Roles and digests are
    read-only.
    """

    items: NDArray[np.int64]
    starts: NDArray[np.int64]
    roles: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    problems: list[tuple[int, InvalidArgument]]


def keys_of_many(urls: Sequence[str], between_slices: Callable[[], None] | None = None) -> UrlKeys:
    """Find the keys of URLs, "" where an item has none. between_slices: called between slices; may raise.

    Costs 7 to 10 µs a URL, of which 1 µs is without the GIL.
    """
    items: list[int] = []
    problems: list[tuple[int, InvalidArgument]] = []
    slices: list[Expressions] = []
    for first, end in _slices_of(urls):
        if first and between_slices is not None:
            between_slices()
        texts: list[str] = []
        roles = bytearray()
        for item, url in enumerate(urls[first:end], first):
            if not url:
                continue
            try:
                add_texts(url, "url", texts, roles)
            except InvalidArgument as error:
                problems.append((item, error))
            else:
                items.append(item)
        if texts:
            slices.append(expressions(texts, roles))
    return UrlKeys(np.array(items, np.int64), *_joined(slices), problems)


def _slices_of(urls: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Cut URLs into slices: first and end of each. A slice ends where it has as many URLs or characters as it may."""
    first = size = 0
    for item, url in enumerate(urls):
        size += len(url)
        if size >= SLICE_CHARS or item - first == SLICE_URLS - 1:
            yield first, item + 1
            first, size = item + 1, 0
    if first < len(urls):
        yield first, len(urls)


def _joined(slices: list[Expressions]) -> tuple[NDArray[np.int64], NDArray[np.uint8], NDArray[np.uint8]]:
    """Put slices end to end: starts, roles, digests."""
    if not slices:
        return np.zeros(1, np.int64), readonly(np.empty(0, np.uint8)), readonly(np.empty((0, 32), np.uint8))
    starts = [np.zeros(1, np.int64)]
    count = 0
    for part in slices:
        starts.append(part.starts[1:] + count)
        count += len(part.roles)
    roles = np.concatenate([part.roles for part in slices])
    digests = np.concatenate([part.digests for part in slices])
    return np.concatenate(starts), readonly(roles), readonly(digests)
