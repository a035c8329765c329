"""Look-ups that do not say what is looked up: only the first 4 bytes of hashes go out, among decoys.

The caller makes its URLs canonical on its own side, hashes the expressions, and asks for everything listed that begins
with a prefix; nearly always there is nothing. It hides less than it seems: docs/urls.md says what. Of URLs and
digests; a perceptual hash cannot be looked up so, since a near one begins otherwise.

Pure, save for the two classes at the end, which run the calls over a client.
"""

from __future__ import annotations

import hashlib
import itertools
import time
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from hashsvc.client.call import Call
from hashsvc.client.reading import numbered, type_name, url_scope
from hashsvc.client.values import PrivateMatch, PrivateResult, Problem, Verdict
from hashsvc.clock import SystemClock
from hashsvc.errors import InvalidArgument
from hashsvc.limits import PREFIXES_MAX
from hashsvc.signals import URL, Signal, make_signal, type_of
from hashsvc.signals.url import CANON_VERSION
from hashsvc.signals.url_expressions import Role, Scope, lookup_keys
from hashsvc.v1 import check_service_pb2 as pb

if TYPE_CHECKING:
    from hashsvc.client.aio import AsyncHashsvcClient
    from hashsvc.client.sync import HashsvcClient

T = TypeVar("T")

PREFIX_BYTES = 4
_VERDICTS = numbered(Verdict, pb.Verdict.DESCRIPTOR)
DECOYS_DEFAULT = 4  # a real prefix, as Firefox does
CACHED_MAX = 200_000  # prefixes whose answers are kept
SIGNALS_AT_ONCE = 500  # signals whose prefixes are mixed with one another

# How an expression of a role is made, and what scope of a listed URL it can meet.
_MEETS: dict[int, tuple[int, int]] = {
    Role.AS_WRITTEN: (pb.URL_FORM_AS_WRITTEN, Scope.PAGE),
    Role.STRIPPED: (pb.URL_FORM_STRIPPED, Scope.PAGE),
    Role.PATH: (pb.URL_FORM_AS_WRITTEN, Scope.PATH),
    Role.PREFIX: (pb.URL_FORM_AS_WRITTEN, Scope.PREFIX),
    Role.HOST: (pb.URL_FORM_AS_WRITTEN, Scope.HOST),
    Role.DOMAIN: (pb.URL_FORM_AS_WRITTEN, Scope.DOMAIN),
    Role.LOOSE: (pb.URL_FORM_LOOSE, Scope.PAGE),
    Role.LOOSE_PATH: (pb.URL_FORM_LOOSE, Scope.PATH),
}
_SITES = Role.HOST | Role.DOMAIN


class _Key(NamedTuple):
    """A hash to look up. role: of a URL's expression, 0 for a digest. place: of the signal in its item. embedded: of

    something that the item contains.
    """

    type: int
    hash: bytes
    role: int
    place: int
    embedded: bool = False

    @property
    def lane(self) -> tuple[int, bool]:
        """Which call it goes into: sites apart from pages, or two prefixes of one URL would tell which it is."""
        return self.type, bool(self.role & _SITES)


class _Answer(NamedTuple):
    """What a prefix was answered. until: on the monotonic clock."""

    until: float
    matches: tuple[pb.PrefixMatch, ...]


class PrivateLookups:
    """Plans look-ups, remembers answers as long as the server allows, and reads them. Not thread-safe."""

    def __init__(self, *, decoys: int = DECOYS_DEFAULT, secret: bytes | None = None) -> None:
        """decoys: for each real prefix. secret: what they are made of, default random; the same real prefix always

        has the same decoys, since fresh ones would give it away the second time.
        """
        self._decoys = decoys
        self._secret = secret if secret is not None else SystemClock().random_bytes(32)
        self._cache: dict[tuple[int, bytes], _Answer] = {}

    def plan(self, items: Sequence[Sequence[Signal]]) -> tuple[list[list[_Key]], list[list[Problem]]]:
        """Make the keys of some items, and what cannot be looked up of them."""
        keys: list[list[_Key]] = []
        problems: list[list[Problem]] = []
        for item, signals in enumerate(items):
            found, wrong = [], []
            for index, signal in enumerate(signals):
                try:
                    found += _keys_of(index, signal)
                except InvalidArgument as error:
                    wrong.append(Problem(error.field, error.reason, error.message, item))
            keys.append(found)
            problems.append(wrong)
        return keys, problems

    def begin(self, keys: Iterable[_Key]) -> None:
        """Forget what is too old of a group's keys, and all where it is too much. Call before a group, not within."""
        if len(self._cache) > CACHED_MAX:
            self._cache.clear()
        now = time.monotonic()
        for key in keys:
            known = self._cache.get((key.type, key.hash[:PREFIX_BYTES]))
            if known is not None and known.until <= now:
                del self._cache[key.type, key.hash[:PREFIX_BYTES]]

    def calls(self, keys: Iterable[_Key]) -> Iterator[Call[None]]:
        """Make the calls for those prefixes that are not remembered, decoys among them; none if all are."""
        wanted: dict[tuple[int, bool], set[bytes]] = {}
        for key in keys:
            prefix = key.hash[:PREFIX_BYTES]
            if (key.type, prefix) not in self._cache:
                wanted.setdefault(key.lane, set()).add(prefix)
        for (type_number, _), prefixes in sorted(wanted.items()):
            mixed = sorted(prefixes.union(*(self._decoys_of(type_number, prefix) for prefix in prefixes)))
            for at in range(0, len(mixed), PREFIXES_MAX):
                yield self._call(type_number, mixed[at : at + PREFIXES_MAX])

    def matches(self, keys: Sequence[_Key]) -> tuple[PrivateMatch, ...]:
        """Read what the answers say of an item's keys, strongest first, each entry and signal once."""
        found: dict[tuple[str, int], PrivateMatch] = {}
        for key in keys:
            answer = self._cache[key.type, key.hash[:PREFIX_BYTES]]
            for one in answer.matches:
                verdict = _VERDICTS.get(one.verdict)
                if one.hash != key.hash or verdict is None or not _is_met(key, one):
                    continue
                if key.embedded and verdict is Verdict.KNOWN:
                    verdict = Verdict.LIKELY  # shows the item and never closes it
                scope = url_scope(one.url_scope)
                match = PrivateMatch(one.entry_id, type_name(key.type), verdict, scope, key.place)
                before = found.get((one.entry_id, key.place))
                if before is None or _RANK[verdict] < _RANK[before.verdict]:
                    found[one.entry_id, key.place] = match
        return tuple(sorted(found.values(), key=lambda one: _RANK[one.verdict]))

    def results(
        self, ids: Sequence[T], keys: Sequence[Sequence[_Key]], problems: Sequence[list[Problem]]
    ) -> list[PrivateResult[T]]:
        """Give a group's results, all at once: nothing is forgotten between. Call when `calls` has none left."""
        return [
            _result(item_id, self.matches(found), found, wrong)
            for item_id, found, wrong in zip(ids, keys, problems, strict=True)
        ]

    def _decoys_of(self, type_number: int, prefix: bytes) -> Iterator[bytes]:
        for number in range(self._decoys):
            seed = bytes((type_number,)) + prefix + number.to_bytes(2, "big")
            yield hashlib.blake2b(seed, key=self._secret, digest_size=PREFIX_BYTES).digest()

    def _call(self, type_number: int, prefixes: list[bytes]) -> Call[None]:
        request = pb.CheckPrefixesRequest(
            type=type_number,  # type: ignore[arg-type]
            prefixes=b"".join(prefixes),
            canon_version=CANON_VERSION if type_number == URL else 0,
        )

        def read(answer: pb.CheckPrefixesResponse, worker: int | None) -> None:
            until = time.monotonic() + answer.cache_seconds
            by_prefix: dict[bytes, list[pb.PrefixMatch]] = {prefix: [] for prefix in prefixes}
            for match in answer.matches:
                if match.hash[:PREFIX_BYTES] in by_prefix:
                    by_prefix[match.hash[:PREFIX_BYTES]].append(match)
            for prefix, found in by_prefix.items():
                self._cache[type_number, prefix] = _Answer(until, tuple(found))

        return Call("/hashsvc.v1.CheckService/CheckPrefixes", request, pb.CheckPrefixesResponse, read, is_bulk=True)


_RANK = {verdict: rank for rank, verdict in enumerate(Verdict)}


def _keys_of(index: int, signal: Signal) -> list[_Key]:
    field = f"signals[{index}]"
    kind = type_of(signal.type, field)
    if kind.is_digest:
        make_signal(kind.number, signal.value, None, "", field)  # one of another length has no prefix to ask for
        flat = kind.flat(signal.value)
        if flat is not None:
            raise InvalidArgument("WEAK_FINGERPRINT", flat, field=field)
        return [_Key(kind.number, signal.value, 0, index)]
    if not kind.is_url:
        raise InvalidArgument("NO_PREFIXES", f"a {kind.title} cannot be looked up by prefix; check it", field=field)
    roles, digests = lookup_keys(signal.value.decode(), field)
    embedded = signal.url is not None and signal.url.embedded
    return [_Key(URL, digests[at * 32 : at * 32 + 32], role, index, embedded) for at, role in enumerate(roles)]


def _is_met(key: _Key, match: pb.PrefixMatch) -> bool:
    """Say whether a match is of a form and scope that the key was made for."""
    if not key.role:
        return True
    return any(key.role & role and (match.url_form, match.url_scope) == meets for role, meets in _MEETS.items())


def _result(
    item_id: T, matches: tuple[PrivateMatch, ...], keys: Sequence[_Key], problems: list[Problem]
) -> PrivateResult[T]:
    if not keys:
        empty = Problem("signals", "EMPTY_ITEM", "nothing of the item can be looked up by prefix")
        return PrivateResult(item_id, None, (), tuple(problems) or (empty,))
    return PrivateResult(item_id, matches[0].verdict if matches else Verdict.NEW, matches, tuple(problems))


def _groups(items: Iterable[tuple[T, Sequence[Signal]]]) -> Iterator[list[tuple[T, Sequence[Signal]]]]:
    """Gather items until they have SIGNALS_AT_ONCE, those without any counted as one."""
    group: list[tuple[T, Sequence[Signal]]] = []
    count = 0
    for item in items:
        group.append(item)
        count += max(1, len(item[1]))
        if count >= SIGNALS_AT_ONCE:
            yield group
            group, count = [], 0
    if group:
        yield group


class PrivateChecker:
    """Checks items over a client by prefixes alone. Keep one for long: it remembers answers."""

    def __init__(self, client: HashsvcClient, **settings: Any) -> None:
        """settings: as of PrivateLookups."""
        self._client = client
        self._lookups = PrivateLookups(**settings)

    def check_many(self, items: Iterable[tuple[T, Sequence[Signal]]]) -> Iterator[PrivateResult[T]]:
        """Check any number of (id, signals); results come in the same order. Proposed signals are NEW here.

        Raises ServerError PRIVATE_LOOKUPS_OFF, PREFIX_QUOTA.
        """
        for group in _groups(items):
            keys, problems = self._lookups.plan([signals for _, signals in group])
            self._lookups.begin(itertools.chain(*keys))
            while calls := list(self._lookups.calls(itertools.chain(*keys))):
                for call in calls:
                    self._client.run(call)
            yield from self._lookups.results([item_id for item_id, _ in group], keys, problems)


class AsyncPrivateChecker(Generic[T]):
    """The same over an asynchronous client."""

    def __init__(self, client: AsyncHashsvcClient, **settings: Any) -> None:
        self._client = client
        self._lookups = PrivateLookups(**settings)

    async def check_many(self, items: Iterable[tuple[T, Sequence[Signal]]]) -> list[PrivateResult[T]]:
        """Check (id, signals); results in the same order."""
        results = []
        for group in _groups(items):
            keys, problems = self._lookups.plan([signals for _, signals in group])
            self._lookups.begin(itertools.chain(*keys))
            while calls := list(self._lookups.calls(itertools.chain(*keys))):  # others may have forgotten meanwhile
                for call in calls:
                    await self._client.run(call)
            results += self._lookups.results([item_id for item_id, _ in group], keys, problems)
        return results
