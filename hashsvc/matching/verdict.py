"""The verdict, pure: what one match amounts to, and why it does not close. No look-ups, no input or output.

Closing a report on a wrong match is the worst that this service can do, a missed match the second worst. Each rule
says which of the two it trades; figures in docs/decisions/0003-pdq-thresholds.md.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from hashsvc.hashlist.values import UNKNOWN_QUALITY, Entry, ListedSignal, State
from hashsvc.matching.policy import Rule, Tracking
from hashsvc.matching.values import Cap, Orientation, Verdict
from hashsvc.signals import BY_NUMBER
from hashsvc.signals.url_expressions import LOOSE, STRIPPED, Scope

# Plain ints: comparing members of an IntEnum costs three times as much, and these are compared for every match.
KNOWN, LIKELY, PENDING, NEW = int(Verdict.KNOWN), int(Verdict.LIKELY), int(Verdict.PENDING), int(Verdict.NEW)
AS_GIVEN = int(Orientation.AS_GIVEN)
CONFIRMED, DISPUTED, PROPOSED = int(State.CONFIRMED), int(State.DISPUTED), int(State.PROPOSED)
NO_EVIDENCE = (int(State.REJECTED), int(State.RETRACTED))
NO_CAPS: tuple[int, ...] = ()
PAGES = (int(Scope.PAGE), int(Scope.PATH))  # what stands for content, not for a place


def judge(
    rule: Rule,
    state: int,
    distance: int,
    radius: int,
    orientation: int,
    query_quality: int,
    listed_quality: int,
    contradicted: bool,
) -> tuple[int, tuple[int, ...]]:
    """Say what one match amounts to: (verdict, caps); NEW is no evidence at all.

    radius: the farthest that shows, inclusive. caps: why a match that is near enough to close does not; empty where
    it closes or is too far. A PROPOSED signal closes nothing whatever its caps, so they are not named.
    """
    if distance > radius:
        return NEW, NO_CAPS
    if state == PROPOSED:
        # One person's word: the item joins what is open. Trades a report that could be closed for none closed wrongly.
        return PENDING, NO_CAPS
    if state not in (CONFIRMED, DISPUTED):
        return NEW, NO_CAPS
    if distance > rule.close:
        return LIKELY, NO_CAPS
    caps = []
    if rule.has_quality:
        # A weak fingerprint says little of its picture: of unlike ones of the corpus 47 pairs are equal, all of them of
        # quality 0. Trades reports that could be closed (an analyst looks) for none closed wrongly.
        if query_quality < rule.quality_min:
            caps.append(Cap.QUERY_QUALITY)
        if listed_quality < rule.quality_min:
            caps.append(Cap.LISTED_QUALITY)
        elif listed_quality == UNKNOWN_QUALITY == query_quality:
            # One known good quality is enough: the other picture, that near, is no flat one (no such pair in the
            # corpus, decision 0003). Two unknown ones vouch for nothing. Same trade.
            caps.append(Cap.LISTED_QUALITY)
    if orientation > AS_GIVEN:
        # Seven more tries at a chance match, and a turned picture may be another one: in the corpus the letters u and
        # n are 12 bits apart, turned by 180 degrees. The same trade.
        caps.append(Cap.ORIENTATION)
    if contradicted:
        # MD5 and SHA-1 collisions can be made at will; the price is a look at files that the list got wrong.
        caps.append(Cap.CONTRADICTING_DIGESTS)
    return _amount(rule, state, caps)


def judge_url(
    rule: Rule, state: int, scope: int, how: int, *, stale: bool, embedded: bool, shared: bool, contradicted: bool
) -> tuple[int, tuple[int, ...]]:
    """Say what a match of two URLs amounts to, as `judge` does for fingerprints.

    how: STRICT, STRIPPED or LOOSE. stale: not seen live for longer than the policy says. shared: the listed one is a
    bare shared host.
    """
    url = rule.url
    assert url is not None
    if (how == LOOSE and not url.loose) or (how == STRIPPED and url.tracking == Tracking.OFF):
        return NEW, NO_CAPS
    if state == PROPOSED:
        return PENDING, NO_CAPS
    if state not in (CONFIRMED, DISPUTED):
        return NEW, NO_CAPS
    caps = []
    if how == LOOSE:
        # Unescaped twice, without www or session: nearly always the same page, and sometimes not. Trades reports that
        # could be closed for none closed wrongly.
        caps.append(Cap.LOOSE_URL)
    if how == STRIPPED and url.tracking == Tracking.LOOSE:
        caps.append(Cap.TRACKING)
    if stale and scope in PAGES:
        # What stood there may be gone and another thing in its place. The same trade.
        caps.append(Cap.NOT_SEEN_LIVE)
    if embedded:
        # A page with one known picture among others is not a known page.
        caps.append(Cap.EMBEDDED)
    if shared:
        # Listed before the host became known as shared: it must not close what others put there.
        caps.append(Cap.SHARED_HOST)
    if contradicted and scope in PAGES:
        # The file that is there now is not the one that was listed: the content has changed.
        caps.append(Cap.CONTRADICTING_DIGESTS)
    return _amount(rule, state, caps)


def _amount(rule: Rule, state: int, caps: list[Cap]) -> tuple[int, tuple[int, ...]]:
    """Add the caps that matches of all kinds may have: KNOWN without any, else LIKELY."""
    if state == DISPUTED:
        # Somebody says that the listing is wrong: nothing closes until that is settled.
        caps.append(Cap.DISPUTED)
    if not rule.may_close:
        caps.append(Cap.TYPE)
    return (LIKELY, tuple(map(int, caps))) if caps else (KNOWN, NO_CAPS)


def is_blocked(rule: Rule, orientation: int, query_quality: int) -> bool:
    """Say whether no match of this query can be KNOWN, however near."""
    return not rule.may_close or orientation > AS_GIVEN or query_quality < rule.quality_min


def contradicts(
    entry: Entry,
    matched_strength: int,
    digests: Mapping[int, Collection[bytes]],
    state_of: Callable[[Entry, ListedSignal], int],
) -> bool:
    """Say whether a stronger digest, present on both sides, differs from all of its type on the other.

    digests: the item's, values by type. An entry may hold several digests of a type (one file, several encodings),
    so one equal value settles that type. Retracted and rejected digests of the entry count as not there.
    """
    for number, values in digests.items():
        if BY_NUMBER[number].strength <= matched_strength:
            continue
        others = False
        for listed in entry.signals:
            if listed.type == number and state_of(entry, listed) not in NO_EVIDENCE:
                if listed.value in values:
                    break
                others = True
        else:
            if others:
                return True
    return False
