"""Weighing: reads the candidates of an item from the list, judges each, and keeps the best.

Of a check, only this reads entries. How much it reads is decided here, what a match amounts to in `verdict.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TypeAlias

from hashsvc.hashlist.refs import ref_of
from hashsvc.hashlist.values import UNKNOWN_QUALITY, Entry, ListedSignal, State
from hashsvc.matching.candidates import EMBEDDED, SCOPES, Candidate
from hashsvc.matching.policy import Policy, Rule
from hashsvc.matching.source import MatchedSignal, Snapshot
from hashsvc.matching.values import Evidence
from hashsvc.matching.verdict import AS_GIVEN, KNOWN, LIKELY, NEW, contradicts, judge, judge_url
from hashsvc.signals import PHOTODNA, SHA256, URL
from hashsvc.signals.url_entries import is_too_wide_to_close

# What a candidate amounts to: verdict, candidate, caps, what of the list was met. A plain tuple, as Candidate is.
Weighed: TypeAlias = tuple[int, Candidate, tuple[int, ...], MatchedSignal]

SETTLED_READS_MAX = 1_024  # once the verdict is settled, so many listed signals at most are read to fill the evidence
CALLS_APART = 256  # listed signals read between two calls of between_slices


class Weighing:
    """Reads candidates and weighs them; one for a call, so that what its items share is made once."""

    def __init__(
        self,
        snapshot: Snapshot,
        policy: Policy,
        effort: int,
        evidence_max: int,
        between_slices: Callable[[], None] | None,
    ) -> None:
        self._snapshot = snapshot
        self._policy = policy
        self._radii = policy.radii[effort]
        self._evidence_max = evidence_max
        self._between_slices = between_slices
        self._counts: dict[int, int] = {}
        self._judged: dict[tuple[int, int], tuple[int, tuple[int, ...]]] = {}

    def weigh(
        self, candidates: Iterable[Candidate], digests: Mapping[int, Sequence[bytes]]
    ) -> tuple[int, tuple[Evidence, ...], bool]:
        """Give (verdict, evidence best first, whether there is more). candidates: best first. digests: the item's.

        The list is read until nothing that is left can better the verdict and there is more evidence than is to be
        listed: what is left then changes nothing but which of the lesser evidence is named.
        """
        signal, rules, radii = self._snapshot.signal, self._policy.rules, self._radii
        evidence_max = self._evidence_max
        best: dict[int, Weighed] = {}
        verdict = NEW
        reads = 0
        truncated = False
        for candidate in candidates:
            cannot_close, distance, _, orientation, _, ref, number, quality = candidate
            if verdict <= (LIKELY if cannot_close else KNOWN):
                # Settled: the rest cannot better it.
                if len(best) > evidence_max:
                    break
                if reads >= SETTLED_READS_MAX:
                    truncated = True
                    break
            reads += 1
            if reads % CALLS_APART == 0 and self._between_slices is not None:
                self._between_slices()
            matched = signal(ref)
            rule = rules[number]
            assert rule is not None
            if number == URL:
                amount, caps = self.judge_url(rule, matched, ref, orientation, quality == EMBEDDED, digests)
            else:
                contradicted = (
                    rule.is_digest
                    and number != SHA256
                    and len(digests) > 1
                    and contradicts(matched.entry, rule.type.strength, digests, self._state_of)
                )
                listed_quality = matched.listed.quality
                amount, caps = judge(
                    rule, matched.state, distance, radii[number], orientation, quality, listed_quality, contradicted
                )
            if amount == NEW:
                continue
            if amount < verdict:
                verdict = amount
            weighed = (amount, candidate, caps, matched)
            before = best.get(ref)
            if before is None or _worth(weighed) < _worth(before):
                best[ref] = weighed
        if not best:
            return NEW, (), False
        if len(best) == 1:
            return verdict, (self._evidence(*next(iter(best.values()))),), truncated
        ordered = sorted(best.values(), key=_worth)
        listed = tuple([self._evidence(*one) for one in ordered[:evidence_max]])
        return verdict, listed, truncated or len(best) > evidence_max

    def judge_url(
        self,
        rule: Rule,
        matched: MatchedSignal,
        ref: int,
        how: int,
        embedded: bool,
        digests: Mapping[int, Sequence[bytes]],
    ) -> tuple[int, tuple[int, ...]]:
        """Say what a listed URL amounts to that was met."""
        assert rule.url is not None
        snapshot, value = self._snapshot, matched.listed.value
        scope = SCOPES[value[0]]
        return judge_url(
            rule,
            matched.state,
            scope,
            how,
            stale=snapshot.now_us - snapshot.seen_live_us(ref) > rule.url.stale_us,
            embedded=embedded,
            shared=is_too_wide_to_close(scope, value[1:].decode()),
            contradicted=bool(digests) and contradicts(matched.entry, 0, digests, self._state_of),
        )

    def weigh_equal(self, rule: Rule, ref: int) -> tuple[int, Evidence] | None:
        """Give (verdict, evidence) of an item that met one equal digest and nothing else, or None for no evidence.

        As `weigh`, in half the time: most hits of bulk checks are of this kind. The item must have no other digest.
        """
        matched = self._snapshot.signal(ref)
        number, state = rule.number, matched.state
        judged = self._judged.get((number, state))
        if judged is None:
            listed_quality = matched.listed.quality
            judged = judge(rule, state, 0, self._radii[number], AS_GIVEN, UNKNOWN_QUALITY, listed_quality, False)
            self._judged[number, state] = judged
        verdict, caps = judged
        if verdict == NEW:
            return None
        entry = matched.entry
        return verdict, Evidence(
            entry_id=entry.entry_id,
            entry_sequence=entry.last_sequence,
            signal=number,
            query_index=0,
            state=state,
            verdict=verdict,
            caps=caps,
        )

    def _evidence(self, verdict: int, candidate: Candidate, caps: tuple[int, ...], matched: MatchedSignal) -> Evidence:
        _, distance, _, orientation, query_index, ref, number, query_quality = candidate
        rule = self._policy.rules[number]
        assert rule is not None
        entry, listed_quality = matched.entry, matched.listed.quality
        if number == URL:
            return Evidence(
                entry_id=entry.entry_id,
                entry_sequence=entry.last_sequence,
                signal=number,
                query_index=query_index,
                state=matched.state,
                verdict=verdict,
                caps=caps,
                url_scope=SCOPES[matched.listed.value[0]],
                url_how=orientation,
                url_age_us=max(0, self._snapshot.now_us - self._snapshot.seen_live_us(ref)),
            )
        if rule.is_digest:
            return Evidence(
                entry_id=entry.entry_id,
                entry_sequence=entry.last_sequence,
                signal=number,
                query_index=query_index,
                state=matched.state,
                verdict=verdict,
                caps=caps,
            )
        squared = number == PHOTODNA
        count = self._counts.get(number)
        if count is None:
            count = self._counts[number] = self._snapshot.signal_count(number)
        low = rule.has_quality and (
            query_quality < rule.quality_min
            or listed_quality < rule.quality_min
            or query_quality == listed_quality == UNKNOWN_QUALITY
        )
        chance, source = self._policy.chance.expected(
            number, distance, count, turned=orientation > AS_GIVEN, low_quality=low
        )
        return Evidence(
            entry_id=entry.entry_id,
            entry_sequence=entry.last_sequence,
            signal=number,
            query_index=query_index,
            state=matched.state,
            verdict=verdict,
            caps=caps,
            distance_bits=0 if squared else distance,
            distance_squared=distance if squared else 0,
            orientation=orientation,
            query_quality=query_quality,
            listed_quality=listed_quality,
            chance=chance,
            chance_source=source,
        )

    def _state_of(self, entry: Entry, listed: ListedSignal) -> int:
        """Give the state of another signal of an entry; where the batch decides, as the snapshot sees it."""
        if listed.state == State.WITH_BATCH:
            return self._snapshot.signal(ref_of(entry.number, listed.ordinal)).state
        return listed.state


def _worth(one: Weighed) -> tuple[int, Candidate]:
    """Sort evidence by verdict, then as candidates are sorted: so nothing that is left unread comes first."""
    verdict, candidate, _, _ = one
    return verdict, candidate
