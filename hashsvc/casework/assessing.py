"""What opinions amount to: pure, no store, no clock. The same four eyes as the list's, before it is asked.

A case is decided when as many different people as the list demands say the same: illegal, in the same category of each
scheme that they name, or not illegal. Once two differ it is escalated: then one of those who agree must be a senior.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hashsvc.casework.values import Opinion
from hashsvc.errors import FailedPrecondition

UNDECIDED, LISTED, NOT_ILLEGAL = range(3)


def check_opinion(opinions: Sequence[Opinion], actor: str) -> None:
    """Refuse a second opinion of one person. Raises FailedPrecondition ALREADY_ASSESSED_BY_ACTOR."""
    if any(one.actor == actor for one in opinions):
        raise FailedPrecondition(
            "ALREADY_ASSESSED_BY_ACTOR", "this person has given an opinion on the case; somebody else must"
        )


def has_said(opinions: Sequence[Opinion], opinion: Opinion) -> bool:
    """Say whether a person has said just this before: a request that came twice."""
    return any(replace(one, time_us=opinion.time_us, is_senior=opinion.is_senior) == opinion for one in opinions)


def is_escalated(opinions: Sequence[Opinion]) -> bool:
    """Say whether two people differ, so that a senior must be among those who agree."""
    return any(not agree(one, other) for i, one in enumerate(opinions) for other in opinions[i + 1 :])


def agree(one: Opinion, other: Opinion) -> bool:
    """Say whether two opinions are the same in what counts: legality, and the category of schemes both name."""
    if one.is_illegal != other.is_illegal:
        return False
    theirs = dict(other.classifications)
    return all(theirs.get(scheme, value) == value for scheme, value in one.classifications)


def classifications_of(opinions: Sequence[Opinion]) -> dict[str, str]:
    """The categories, by scheme, of those who agree with the last who said illegal; one at least has."""
    newest = next(one for one in reversed(opinions) if one.is_illegal)
    return {scheme: value for one in opinions if agree(one, newest) for scheme, value in one.classifications}


def outcome(opinions: Sequence[Opinion], required: int, *, has_seniors: bool = True) -> tuple[int, tuple[Opinion, ...]]:
    """Give (UNDECIDED, LISTED or NOT_ILLEGAL, those who agree, in their order). required: people in all, ≥ 2.

    Only those who agree with the newest opinion can decide: others could have before it. has_seniors: there are any.
    """
    newest = opinions[-1]
    with_it = tuple(one for one in opinions if agree(one, newest) and agree(newest, one))
    if not all(agree(one, other) for one in with_it for other in with_it):
        return UNDECIDED, ()
    if len({one.actor for one in with_it}) < required:
        return UNDECIDED, ()
    if has_seniors and is_escalated(opinions) and not any(one.is_senior for one in with_it):
        return UNDECIDED, ()
    return (LISTED if newest.is_illegal else NOT_ILLEGAL), with_it


def signatories(people: Sequence[Opinion], required: int) -> tuple[str, ...]:
    """Choose in whose names it is listed: as many as the list takes, a senior among them if there is one, in order.

    More may agree where a senior was waited for; the list refuses a confirmation of what is confirmed.
    """
    chosen = sorted(people, key=lambda one: not one.is_senior)[:required]
    return tuple(one.actor for one in people if one in chosen)
