"""URLs of a bulk check: canonical, hashed and looked up together; and look-ups by a hash's first bytes.

How a URL becomes expressions is `signals/url.py` and `url_expressions.py`; what a match amounts to, `verdict.py`.
Called by `check.py` and, for prefixes, by the server.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from hashsvc.errors import InvalidArgument, InvariantError
from hashsvc.hashlist.values import UNKNOWN_QUALITY
from hashsvc.matching.candidates import SCOPES, Candidate, url_candidates
from hashsvc.matching.policy import Policy
from hashsvc.matching.source import Snapshot
from hashsvc.matching.usable import not_configured
from hashsvc.matching.values import Effort, PrefixMatch, Problem, UrlForm
from hashsvc.matching.verdict import AS_GIVEN, LIKELY, judge
from hashsvc.matching.weighing import Weighing
from hashsvc.signals import URL
from hashsvc.signals.url_expressions import Role, lookup_keys, met

OnUrls = Callable[[bytes, bytes], None]

CALLS_APART = 256  # URLs made canonical between two calls of between_slices

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
    Some 12 µs a URL.
    """
    present = np.fromiter(map(bool, urls), np.bool_, len(urls))
    rule = policy.rules[URL]
    if rule is None:
        problems.extend([not_configured(item, "url", URL) for item in np.flatnonzero(present).tolist()])
        return present, np.empty(0, np.int64)
    items: list[int] = []
    starts: list[int] = []
    roles: list[bytes] = []
    digests: list[bytes] = []
    count = 0
    for item, text in enumerate(urls):
        if between_slices is not None and item % CALLS_APART == CALLS_APART - 1:
            between_slices()
        if not text:
            continue
        try:
            keys = lookup_keys(text)
        except InvalidArgument as error:
            problems.append(Problem(item, "url", error.reason, error.message))
            continue
        items.append(item)
        starts.append(count)
        roles.append(keys.roles)
        digests.append(keys.digests)
        count += len(keys.roles)
    packed = b"".join(digests)
    if on_urls is not None and packed:
        on_urls(b"".join(roles), packed)
    for key, kind, ref in snapshot.lookup_urls(packed) if packed else ():
        at = bisect_right(starts, key) - 1
        found = url_candidates(rule, 0, roles[at], ((key - starts[at], kind, ref),))
        if found:
            exact.setdefault(items[at], []).extend(found)
    return present, np.array(items, np.int64)


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
