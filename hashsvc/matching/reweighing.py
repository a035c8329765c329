"""What a piece of recorded evidence would have amounted to under another policy. Pure; by the rules of `verdict.py`.

A recorded piece has no signal and no entry, only what `judge` was told of them.
"""

from __future__ import annotations

from typing import Protocol

from hashsvc.matching.policy import Policy
from hashsvc.matching.values import Cap, Effort
from hashsvc.matching.verdict import NEW, NO_CAPS, judge, judge_url
from hashsvc.signals import URL
from hashsvc.signals.url_expressions import LOOSE, STRICT


class Recorded(Protocol):
    """A piece of evidence as it was recorded: numbers as in `values.Evidence`.

    distance: in the type's unit. caps: under the policy of then. url_how: STRICT, STRIPPED or LOOSE, -1 where not
    recorded. url_age_us: since the URL had been seen live, -1 where not recorded.
    """

    @property
    def type(self) -> int: ...
    @property
    def distance(self) -> int: ...
    @property
    def orientation(self) -> int: ...
    @property
    def state(self) -> int: ...
    @property
    def caps(self) -> tuple[int, ...]: ...
    @property
    def query_quality(self) -> int: ...
    @property
    def listed_quality(self) -> int: ...
    @property
    def url_scope(self) -> int: ...
    @property
    def url_how(self) -> int: ...
    @property
    def url_age_us(self) -> int: ...


def reweigh(policy: Policy, met: Recorded) -> tuple[int, tuple[int, ...]]:
    """Say what a piece amounts to under a policy, at STANDARD effort: (verdict, caps); NEW is no evidence at all.

    The list counts as it was then: states, contradicting digests, shared hosts.
    """
    rule = policy.rules[met.type]
    if rule is None:
        return NEW, NO_CAPS
    contradicted = Cap.CONTRADICTING_DIGESTS in met.caps
    if met.type != URL:
        return judge(
            rule, met.state, met.distance, policy.radii[int(Effort.STANDARD)][met.type], met.orientation,
            met.query_quality, met.listed_quality, contradicted,
        )  # fmt: skip
    assert rule.url is not None
    how = met.url_how if met.url_how >= 0 else LOOSE if Cap.LOOSE_URL in met.caps else STRICT
    stale = met.url_age_us > rule.url.stale_us if met.url_age_us >= 0 else Cap.NOT_SEEN_LIVE in met.caps
    return judge_url(
        rule, met.state, met.url_scope, how, stale=stale, embedded=Cap.EMBEDDED in met.caps,
        shared=Cap.SHARED_HOST in met.caps, contradicted=contradicted,
    )  # fmt: skip
