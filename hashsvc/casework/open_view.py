"""What open cases look like: which of them an item joins, and which it may be the same thing as.

The same policy as for entries: what would close a report joins, what would be shown suggests. Fingerprints of types
that the policy does not search are kept as well: the next one may. Digests and URLs by a table, perceptual fingerprints
by the list's own exact search over arrays in memory that follow the `codes` table; what is closed or erased is gone
from the table, and a hit without a row is none.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvalidArgument
from hashsvc.hashlist.values import State
from hashsvc.index import NEAR_KINDS, Delta, Frozen, codes_from_bytes, search_near
from hashsvc.lmdb_env import Environment, Transaction
from hashsvc.matching.policy import Policy, Rule
from hashsvc.matching.verdict import AS_GIVEN, KNOWN, LIKELY, judge
from hashsvc.signals import BY_NUMBER, URL, Signal
from hashsvc.signals.url import canonicalise
from hashsvc.signals.url_expressions import expression_hash

NUMBER_BYTES = 8
LAST_CODE = b"last_code"
FREEZE_MIN = 16_384  # codes that came since; so many, and a quarter of the rest, and all get tables anew
REBUILD_DEAD_MIN = 20_000  # rows of closed cases that are searched in vain before the array is made anew

Joins = list[tuple[int, int]]  # (case, verdict): KNOWN joins, LIKELY suggests


class OpenCode(msgspec.Struct, frozen=True, array_like=True, gc=False):
    """A perceptual fingerprint of an open case."""

    type: int
    value: bytes
    quality: int
    case: int


_encode = msgspec.msgpack.Encoder().encode
_decode = msgspec.msgpack.Decoder(OpenCode).decode


def number_key(number: int) -> bytes:
    """A number as a key: sorts as the number does."""
    return number.to_bytes(NUMBER_BYTES, "big")


def exact_keys(signals: Iterable[Signal]) -> list[bytes]:
    """Keys of what must be equal: digests, and the strict form of URLs that are of the thing itself."""
    keys = []
    for signal in signals:
        kind = BY_NUMBER[signal.type]
        if kind.is_digest and kind.flat(signal.value, signal.quality) is None:
            keys.append(bytes((signal.type,)) + signal.value)
        elif signal.type == URL and not (signal.url is not None and signal.url.embedded):
            try:
                url = canonicalise(signal.value.decode())
            except InvalidArgument:
                continue
            keys.append(bytes((URL,)) + expression_hash(url.strict))
    return keys


def near_signals(signals: Iterable[Signal]) -> list[Signal]:
    """Perceptual fingerprints that mean something."""
    found = []
    for signal in signals:
        kind = BY_NUMBER[signal.type]
        is_near = not kind.is_digest and not kind.is_url
        if is_near and kind.flat(signal.value, signal.quality) is None:
            found.append(signal)
    return found


class OpenView:
    """The open cases as one process sees them. For one thread at a time, inside a transaction."""

    def __init__(self, env: Environment) -> None:
        self._env = env
        self._frozen = Frozen({})
        self._delta = Delta()
        self._last = 0

    def catch_up(self, txn: Transaction) -> None:
        """Take in what was opened since the last look, by whichever process."""
        table = self._env.tables["codes"]
        last = int.from_bytes(txn.get(LAST_CODE, db=self._env.tables["meta"], default=b""), "big")
        live = txn.stat(db=table)["entries"]
        if self._held() - live > max(REBUILD_DEAD_MIN, live):
            self._frozen, self._delta, self._last = Frozen({}), Delta(), 0
        if self._last == last:
            return
        rows: dict[int, list[tuple[bytes, int]]] = {}
        with txn.cursor(db=table) as cursor:
            here = cursor.set_range(number_key(self._last + 1))
            while here:
                code = _decode(cursor.value())
                rows.setdefault(code.type, []).append((code.value, int.from_bytes(cursor.key(), "big")))
                here = cursor.next()
        for number, found in rows.items():
            name = BY_NUMBER[number].name
            values, numbers = zip(*found, strict=True)
            refs = np.array(numbers, np.uint64)
            self._delta.append_near(name, codes_from_bytes(name, b"".join(values)), refs, refs.astype(np.int64))
        self._last = last
        self._freeze()

    def _held(self) -> int:
        """Count the codes that are searched, of closed cases too."""
        view = self._delta.view(self._last)
        return self._frozen.near_count() + sum(view.near_count(name) for name in NEAR_KINDS)

    def _freeze(self) -> None:
        """Give tables to what came since, once it is much: a scan costs 0.7 ns a code, tables some 5 µs in all."""
        view = self._delta.view(self._last)
        if self._held() - self._frozen.near_count() < max(FREEZE_MIN, self._frozen.near_count() // 4):
            return
        near = {}
        for name in NEAR_KINDS:
            sections = [one for one in (self._frozen.section(name), view.section(name)) if one is not None]
            if sections:
                codes = np.concatenate([one.codes for one in sections])
                near[name] = (codes, np.concatenate([one.refs for one in sections]))
        self._frozen, self._delta = Frozen(near), Delta()

    def near(self, txn: Transaction, items: Sequence[Sequence[Signal]], policy: Policy) -> list[Joins]:
        """What each item's perceptual fingerprints meet among open cases, by a policy. Call `catch_up` before."""
        found: list[dict[tuple[int, int], None]] = [{} for _ in items]  # each case once, however many codes it has
        asked: dict[int, list[tuple[int, Signal]]] = {}
        for item, signals in enumerate(items):
            for signal in near_signals(signals):
                if policy.rules[signal.type] is not None:
                    asked.setdefault(signal.type, []).append((item, signal))
        view = self._delta.view(self._last)
        table = self._env.tables["codes"]
        for number, queries in asked.items():
            rule = policy.rules[number]
            assert rule is not None
            packed = codes_from_bytes(rule.type.name, b"".join(signal.value for _, signal in queries))
            hits = search_near((self._frozen,), view, rule.type.name, packed, rule.show_standard)
            # A case that many are like is met again and again: each code is read once, and of the hits that say the
            # same one is left.
            met, which = np.unique(hits.ref, return_inverse=True)
            alike: dict[tuple[int, int], int] = {}  # case and quality
            groups = np.full(len(met), -1, np.int64)
            for at, ref in enumerate(met.tolist()):
                data = txn.get(number_key(ref), db=table)
                if data is not None:
                    code = _decode(data)
                    groups[at] = alike.setdefault((code.case, code.quality), len(alike))
            pairs = list(alike)
            group = groups[which.reshape(-1)]
            live = group >= 0
            for query, at, distance in distinct_rows(hits.query[live], group[live], hits.distance[live]):
                (item, signal), (case, quality) = queries[query], pairs[at]
                verdict = amounts_to(rule, distance, signal.quality, quality)
                if verdict <= LIKELY:
                    found[item][case, verdict] = None
        return [list(joins) for joins in found]

    def exact(self, txn: Transaction, keys: Iterable[bytes]) -> Joins:
        """Open cases that hold an equal digest or URL."""
        found: Joins = []
        with txn.cursor(db=self._env.tables["open_exact"]) as cursor:
            for key in keys:
                here = cursor.set_key(key)
                while here:
                    found.append((int.from_bytes(cursor.value(), "big"), KNOWN))
                    here = cursor.next_dup()
        return found

    def add(self, txn: Transaction, case: int, signals: Iterable[Signal]) -> list[OpenCode]:
        """Make an open case findable by an item's signals. Returns its new codes."""
        tables = self._env.tables
        signals = tuple(signals)
        for key in exact_keys(signals):
            txn.put(key, number_key(case), db=tables["open_exact"])
            txn.put(number_key(case), b"e" + key, db=tables["case_keys"])
        last = int.from_bytes(txn.get(LAST_CODE, db=tables["meta"], default=b""), "big")
        codes = []
        for signal in near_signals(signals):
            last += 1
            code = OpenCode(signal.type, signal.value, signal.quality, case)
            txn.put(number_key(last), _encode(code), db=tables["codes"])
            txn.put(number_key(case), b"c" + number_key(last), db=tables["case_keys"])
            codes.append(code)
        if codes:
            txn.put(LAST_CODE, number_key(last), db=tables["meta"])
        return codes

    def remove(self, txn: Transaction, case: int) -> None:
        """Make a case that is no longer open unfindable: its fingerprints are gone from here."""
        tables = self._env.tables
        keys: list[bytes] = []
        with txn.cursor(db=tables["case_keys"]) as cursor:
            if cursor.set_key(number_key(case)):
                keys.append(bytes(cursor.value()))
                while cursor.next_dup():
                    keys.append(bytes(cursor.value()))
        for key in keys:
            if key[:1] == b"e":
                txn.delete(key[1:], number_key(case), db=tables["open_exact"])
            else:
                txn.delete(key[1:], db=tables["codes"])
        txn.delete(number_key(case), db=tables["case_keys"])


def distinct_rows(*columns: NDArray[Any]) -> Iterator[tuple[int, ...]]:
    """The different rows of columns of numbers ≥ 0, in order. Their ranges multiplied must fit into 63 bits."""
    if not len(columns[0]):
        return iter(())
    shape = [int(column.max()) + 1 for column in columns]
    packed = np.unique(np.ravel_multi_index([column.astype(np.int64) for column in columns], shape))
    return zip(*(column.tolist() for column in np.unravel_index(packed, shape)), strict=True)


def amounts_to(rule: Rule, distance: int, query_quality: int, listed_quality: int) -> int:
    """What two fingerprints so far apart would amount to if one of them were confirmed."""
    verdict, _ = judge(
        rule, State.CONFIRMED, distance, rule.show_standard, AS_GIVEN, query_quality, listed_quality, False
    )
    return verdict
