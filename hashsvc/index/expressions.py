"""The expressions of many URLs: cut out of their texts and hashed, without an object for each.

What a part is taken for depends on its roles, a byte, which whoever asks has chosen; here they are bits.
`expressions_slow` is the obvious twin.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from hashsvc.index.jit import inlined, kernel, readonly
from hashsvc.index.sha256 import BLOCK_BYTES, hash_slices

AS_WRITTEN, STRIPPED, PATH, PREFIX, HOST, DOMAIN, LOOSE, LOOSE_PATH = (1 << bit for bit in range(8))
PREFIX_LEVELS_MAX = 6
DOMAIN_LABELS_MAX = 7
CUT_MAX = 2 + PREFIX_LEVELS_MAX + 1 + DOMAIN_LABELS_MAX - 1 + 2  # expressions of one text

_PAGE_ROLES = AS_WRITTEN | STRIPPED
_SPARE = "\0" * BLOCK_BYTES
_SLASH, _QUESTION_MARK, _HASH, _DOT, _BRACKET, _0, _9, _W = b"/?#.[09w"


class Expressions(NamedTuple):
    """roles: uint8 [m]. digests: SHA-256, uint8 [m, 32]. starts: int64 [n + 1], of each URL; its end is the next one's.

    Roles and digests are read-only.
    """

    roles: NDArray[np.uint8]
    digests: NDArray[np.uint8]
    starts: NDArray[np.int64]


def expressions(texts: Sequence[str], roles: bytes | bytearray) -> Expressions:
    """Cut URLs' texts into expressions and hash each.

    texts: ASCII; a URL has one or more, one after the other. roles: of each text, a byte that says what to cut out:
    AS_WRITTEN: the first text of a URL. PATH: a text host[:port]/path[?query][#route]; the page, whose roles AS_WRITTEN
    and STRIPPED are those of the text, the path as PATH, its folders as PREFIX. HOST: a text that begins with host/;
    that as HOST and DOMAIN, the names above it as DOMAIN. PATH, HOST and LOOSE: besides, page and path without the
    host's `www.`, as LOOSE and LOOSE_PATH. A text with neither PATH nor HOST is one expression, with the text's roles.
    The expressions of a URL are in this order; equal ones are one, where the first stands, with all their roles.
    Releases the GIL. Costs about 0.1 µs an expression.
    """
    packed = readonly(np.frombuffer("".join([*texts, _SPARE]).encode("ascii"), np.uint8))
    ends = np.fromiter(map(len, texts), np.int64, len(texts)).cumsum()
    given = np.frombuffer(bytes(roles), np.uint8)
    slices = np.empty((len(texts) * CUT_MAX, 2), np.int64)
    found = np.empty(len(slices), np.uint8)
    starts = np.empty(len(texts) + 1, np.int64)
    urls = cut(packed, readonly(ends), readonly(given), slices, found, starts)
    count = int(starts[urls])
    digests = np.empty((count, 32), np.uint8)
    hash_slices(packed, readonly(slices[:count]), digests)
    return Expressions(readonly(found[:count]), readonly(digests), starts[: urls + 1])


@kernel
def cut(text: Any, ends: Any, given: Any, slices: Any, roles: Any, starts: Any) -> Any:
    """Find where in the texts the expressions stand. Returns how many URLs there are.

    text: uint8 [t], all texts. ends: int64 [k], of each. given: uint8 [k], roles of each. Written: slices int64 [m, 2],
    start and end; roles uint8 [m]; starts int64 [urls + 1]. There is room for CUT_MAX expressions a text.
    """
    marks = np.empty(8, np.int64)
    urls = first = count = start = 0
    for piece in range(len(ends)):
        end = ends[piece]
        role = given[piece]
        if role & AS_WRITTEN:
            starts[urls] = first = count
            urls += 1
        if not role & (PATH | HOST):
            count = put(text, slices, roles, first, count, start, end, role)
        path_end = end
        if role & PATH:
            path_end, level = mark_folders(text, start, end, marks)
            count = put(text, slices, roles, first, count, start, end, role & _PAGE_ROLES)
            count = put(text, slices, roles, first, count, start, path_end, path_role(text, path_end, end))
            while level:
                count = put(text, slices, roles, first, count, start, marks[level], PREFIX)
                level -= 1
        if role & HOST:
            host_end = start
            while host_end < end and text[host_end] != _SLASH:
                host_end += 1
            count = put(text, slices, roles, first, count, start, host_end + 1, HOST | DOMAIN)
            level = mark_names(text, start, host_end, marks)
            while level > 1:
                count = put(text, slices, roles, first, count, marks[level], host_end + 1, DOMAIN)
                level -= 1
            if role & PATH and role & LOOSE:
                name = skip_www(text, start, host_end)
                count = put(text, slices, roles, first, count, name, end, LOOSE)
                count = put(text, slices, roles, first, count, name, path_end, LOOSE_PATH)
        start = end
    starts[urls] = count
    return urls


@inlined
def mark_folders(text: Any, start: Any, end: Any, marks: Any) -> Any:
    """Find where a path ends, and its highest folders: returns how many; marks[1 … ] are their ends."""
    slashes = 0
    at = start
    while at < end and text[at] != _QUESTION_MARK and text[at] != _HASH:
        if text[at] == _SLASH:
            if slashes <= PREFIX_LEVELS_MAX:
                marks[slashes] = at + 1
            slashes += 1
        at += 1
    return at, min(slashes - 1, PREFIX_LEVELS_MAX)


@inlined
def path_role(text: Any, path_end: Any, end: Any) -> Any:
    """Give the role of a page's path: with a route, it is another page of that path, so only loosely the same."""
    for at in range(path_end, end):
        if text[at] == _HASH:
            return LOOSE_PATH
    return PATH


@inlined
def mark_names(text: Any, start: Any, end: Any, marks: Any) -> Any:
    """Find the names above a host, at most seven labels: marks[n] is where its last n labels begin. Returns the most.

    0 for an address: it begins with [, or its last label is a number.
    """
    if text[start] == _BRACKET:
        return 0
    labels = 0
    is_number = True
    at = end - 1
    while at >= start and labels < DOMAIN_LABELS_MAX:
        if text[at] == _DOT:
            if not labels and is_number and at < end - 1:
                return 0
            labels += 1
            marks[labels] = at + 1
        elif not labels and (text[at] < _0 or text[at] > _9):
            is_number = False
        at -= 1
    return labels


@inlined
def skip_www(text: Any, start: Any, end: Any) -> Any:
    """Find where a host begins without `www.`; what is left has a dot."""
    dots = 0
    for at in range(start, end):
        dots += text[at] == _DOT
    while (
        dots > 1 and text[start] == _W and text[start + 1] == _W and text[start + 2] == _W and text[start + 3] == _DOT
    ):
        start += 4
        dots -= 1
    return start


@inlined
def put(text: Any, slices: Any, roles: Any, first: Any, count: Any, start: Any, end: Any, role: Any) -> Any:
    """Add an expression, or its role to an equal one of those from first on. Returns how many there are."""
    length = end - start
    for i in range(first, count):
        other = slices[i, 0]
        if slices[i, 1] - other == length:
            same = 0
            while same < length and text[other + same] == text[start + same]:
                same += 1
            if same == length:
                roles[i] |= role
                return count
    slices[count, 0] = start
    slices[count, 1] = end
    roles[count] = role
    return count + 1


def expressions_slow(texts: Sequence[str], roles: bytes) -> Expressions:
    """Do what `expressions` does, as its description reads."""
    urls: list[dict[str, int]] = []
    for text, given in zip(texts, roles, strict=True):
        if given & AS_WRITTEN:
            urls.append({})
        for expression, role in _cut_slow(text, given):
            urls[-1][expression] = urls[-1].get(expression, 0) | role
    digests = [hashlib.sha256(expression.encode("ascii")).digest() for url in urls for expression in url]
    return Expressions(
        np.array([role for url in urls for role in url.values()], np.uint8),
        np.frombuffer(b"".join(digests), np.uint8).reshape(-1, 32),
        np.cumsum([0, *map(len, urls)], dtype=np.int64),
    )


def _cut_slow(text: str, given: int) -> list[tuple[str, int]]:
    """Give the expressions of one text with their roles."""
    if not given & (PATH | HOST):
        return [(text, given)]
    found = []
    host = text.partition("/")[0]
    path = text.partition("#")[0].partition("?")[0]
    if given & PATH:
        folders = path.split("/")[1:-1]
        found = [(text, given & _PAGE_ROLES), (path, LOOSE_PATH if "#" in text else PATH)]
        for level in range(min(len(folders), PREFIX_LEVELS_MAX), 0, -1):
            found.append(("/".join([host, *folders[:level], ""]), PREFIX))
    if given & HOST:
        labels = host.split(".")
        found.append((f"{host}/", HOST | DOMAIN))
        if not host.startswith("[") and not labels[-1].isdigit():
            for count in range(min(len(labels) - 1, DOMAIN_LABELS_MAX), 1, -1):
                found.append((f"{'.'.join(labels[-count:])}/", DOMAIN))
        if given & PATH and given & LOOSE:
            while labels[0] == "www" and len(labels) > 2:
                del labels[0]
            www = len(host) - len(".".join(labels))
            found += [(text[www:], LOOSE), (path[www:], LOOSE_PATH)]
    return found
