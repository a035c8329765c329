"""URLs of a bulk check: canonical, hashed and looked up together; and look-ups by a hash's first bytes.

How URLs become expressions is `url_keys.py` and what it calls; what a match amounts to, `verdict.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvariantError
from hashsvc.hashlist.values import UNKNOWN_QUALITY
from hashsvc.matching.candidates import SCOPES, Candidate, url_candidates
from hashsvc.matching.policy import Policy
from hashsvc.matching.source import Snapshot
from hashsvc.matching.url_keys import keys_of_many
from hashsvc.matching.usable import not_configured
from hashsvc.matching.values import Effort, PrefixMatch, Problem, UrlForm
from hashsvc.matching.verdict import AS_GIVEN, LIKELY, judge
from hashsvc.matching.weighing import Weighing
from hashsvc.signals import URL
from hashsvc.signals.url_expressions import Role, met

OnUrls = Callable[[bytes | memoryview, bytes | memoryview], None]

_FORMS = {Role.STRIPPED: UrlForm.STRIPPED, Role.LOOSE: UrlForm.LOOSE, Role.LOOSE_PATH: UrlForm.LOOSE}


def search_urls(
    snapshot: Snapshot,
    policy: Policy,
    urls: Sequence[str],
    problems: list[Problem],
    exact: dict[int, list[Candidate]],
    between_slices: Callable[[], None] | None,
    on_urls: OnUrls | None,
) -> tuple[NDArray[np.bool_], NDArray[np.int64]]:
    """Look up a column of URLs, "" where an item has none; add what each item met to `exact`.

    Returns which items have a URL, and the items whose URL can be asked, ascending. Adds a Problem for each other.
    Costs what `keys_of_many` does, and about 20 ns a key.
    """
    present = np.fromiter(map(bool, urls), np.bool_, len(urls))
    rule = policy.rules[URL]
    if rule is None:
        problems.extend([not_configured(item, "url", URL) for item in np.flatnonzero(present).tolist()])
        return present, np.empty(0, np.int64)
    keys = keys_of_many(urls, between_slices)
    problems.extend([Problem(item, "url", error.reason, error.message) for item, error in keys.problems])
    if not len(keys.items):
        return present, keys.items
    digests = keys.digests.reshape(-1).data
    if on_urls is not None:
        on_urls(keys.roles.data, digests)
    rows = snapshot.lookup_urls(digests)
    places = np.searchsorted(keys.starts, [key for key, _, _ in rows], "right") - 1
    for (key, kind, ref), place in zip(rows, places.tolist(), strict=True):
        start, end = keys.starts[place : place + 2].tolist()
        found = url_candidates(rule, 0, keys.roles[start:end].tobytes(), ((key - start, kind, ref),))
        if found:
            exact.setdefault(int(keys.items[place]), []).extend(found)
    return present, keys.items


def match_prefixes(
    snapshot: Snapshot,
    policy: Policy,
    type_number: int,
    prefixes: Sequence[bytes],
    between_slices: Callable[[], None] | None = None,
) -> list[PrefixMatch]:
    """Give all listed hashes that begin with one of the prefixes, with what each amounts to, in order.

    type_number: URL or a digest's. Proposed signals are left out: what is not confirmed is nobody's business.
    Costs about 3 µs a prefix, and 10 µs a match.
    """
    rule = policy.rules[type_number]
    if rule is None:
        raise InvariantError("the server asks for types only that the policy has")
    weighing = Weighing(snapshot, policy, Effort.STANDARD, 1, between_slices)
    matches: list[PrefixMatch] = []
    for prefix in sorted(set(prefixes)):
        if between_slices is not None:
            between_slices()
        for digest, kind, ref in snapshot.hashes_from(type_number, prefix):
            matched = snapshot.signal(ref)
            entry_id = matched.entry.entry_id
            if rule.url is None:
                unknown = UNKNOWN_QUALITY
                verdict, _ = judge(rule, matched.state, 0, 0, AS_GIVEN, unknown, unknown, False)
                if verdict <= LIKELY:
                    matches.append(PrefixMatch(digest, verdict, 0, 0, entry_id))
                continue
            for role in Role:
                how = met(role, kind)
                if how < 0:
                    continue
                verdict, _ = weighing.judge_url(rule, matched, ref, how, False, {})
                if verdict <= LIKELY:
                    form = int(_FORMS.get(role, UrlForm.AS_WRITTEN))
                    matches.append(PrefixMatch(digest, verdict, SCOPES[kind], form, entry_id))
    return matches
