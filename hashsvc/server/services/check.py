"""CheckService: translate, ask matching, translate. Every check opens one snapshot and answers from it alone."""

from __future__ import annotations

import time
from typing import NamedTuple

from hashsvc import limits
from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.matching.check import check_columns, check_item
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.urls import match_prefixes
from hashsvc.matching.values import Answer, Verdict
from hashsvc.metrics import Metrics
from hashsvc.server.journal.writer import Journal, hit_of
from hashsvc.server.translate.check import (
    evidence_listed_max,
    in_places,
    join_problems,
    read_batch,
    read_check,
    read_prefixes,
    write_batch,
    write_check,
    write_matches,
)
from hashsvc.server.translate.common import add_problems, demanded, position_message
from hashsvc.server.wire.calls import Call
from hashsvc.server.wire.limits import PrefixQuota
from hashsvc.server.wire.ports import Store
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.v1 import check_service_pb2 as pb

SLICE_PAUSE_S = 0.0  # gives the interpreter to a check that waits for it; more only slows bulk (docs/measured.md 14)


class PrivateLookups(NamedTuple):
    """How look-ups by prefix are answered. cache_seconds: how long callers may keep an answer."""

    quota: PrefixQuota
    cache_seconds: int


class CheckServicer:
    """Answers Check, BatchCheck and CheckPrefixes."""

    def __init__(
        self,
        store: Store,
        policies: CurrentPolicy,
        metrics: Metrics,
        recent: RecentUrls,
        journal: Journal,
        private: PrivateLookups | None,
    ) -> None:
        """private: None where look-ups by prefix are off."""
        self._store = store
        self._policies = policies
        self._metrics = metrics
        self._on_urls = recent.add
        self._journal = journal
        self._private = private

    def Check(self, request: pb.CheckRequest, call: Call) -> pb.CheckResponse:  # noqa: N802
        call.item_count = 1
        asked = read_check(request)
        at_least = demanded(request.at_least)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            policy = self._policies.of(snapshot)
            answer = check_item(
                snapshot,
                asked.signals,
                policy,
                asked.effort,
                asked.evidence_max,
                call.check_deadline,
                self._on_urls,
            )
            position = snapshot.position
        answer = in_places(answer, asked.places)
        if answer.verdict == Verdict.UNCHECKED:
            raise _unusable(answer)
        if answer.verdict <= Verdict.LIKELY:
            hits = [hit_of(0, answer, limits.EVIDENCE_MAX)]
            self._journal.append(call.actor, request.caller_reference, position, hits)
        response = pb.CheckResponse(position=position_message(position, call), policy_version=policy.version)
        write_check(answer, asked.problems, response)
        call.hit_count = int(answer.verdict != Verdict.NEW)
        call.problem_count = len(response.problems)
        self._count(call, {answer.verdict: 1})
        return response

    def BatchCheck(self, request: pb.BatchCheckRequest, call: Call) -> pb.BatchCheckResponse:  # noqa: N802
        asked = read_batch(request)
        call.item_count = asked.item_count
        at_least = demanded(request.at_least)

        def between_slices() -> None:
            call.check_deadline()
            time.sleep(SLICE_PAUSE_S)

        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            policy = self._policies.of(snapshot)
            answer = check_columns(
                snapshot,
                asked.item_count,
                asked.columns,
                policy,
                asked.effort,
                asked.evidence_max,
                between_slices,
                asked.urls,
                self._on_urls,
            )
            position = snapshot.position
        call.check_deadline()
        listed_max = evidence_listed_max(len(answer.hits))
        hits = [hit_of(item, one, listed_max) for item, one in answer.hits if 0 < one.verdict <= Verdict.LIKELY]
        if hits:
            self._journal.append(call.actor, request.caller_reference, position, hits)
        response = pb.BatchCheckResponse(
            position=position_message(position, call),
            item_count=asked.item_count,
            policy_version=policy.version,
        )
        write_batch(answer, response)
        add_problems(response.problems, join_problems(asked.problems, answer.problems))
        call.problem_count = len(response.problems)
        verdicts = {int(Verdict.NEW): asked.item_count - len(answer.hits)}
        for _, one in answer.hits:
            verdicts[one.verdict] = verdicts.get(one.verdict, 0) + 1
        call.hit_count = len(answer.hits) - verdicts.get(Verdict.UNCHECKED, 0)
        self._count(call, verdicts)
        return response

    def CheckPrefixes(self, request: pb.CheckPrefixesRequest, call: Call) -> pb.CheckPrefixesResponse:  # noqa: N802
        if self._private is None:
            raise FailedPrecondition(
                "PRIVATE_LOOKUPS_OFF", "this service does not answer look-ups by prefix; its operator can turn them on"
            )
        type_number, prefixes = read_prefixes(request)
        call.item_count = len(prefixes)
        at_least = demanded(request.at_least)
        with self._store.snapshot() as snapshot:
            snapshot.require(at_least)
            policy = self._policies.of(snapshot)
            if policy.rules[type_number] is None:
                raise InvalidArgument(
                    "SIGNAL_NOT_CONFIGURED", "this service's policy does not search this type", field="type"
                )
            self._private.quota.take(prefixes)
            matches = match_prefixes(snapshot, policy, type_number, prefixes, call.check_deadline)
            position = snapshot.position
        response = pb.CheckPrefixesResponse(
            position=position_message(position, call),
            cache_seconds=self._private.cache_seconds,
            policy_version=policy.version,
        )
        write_matches(matches, response)
        call.hit_count = len(matches)
        self._metrics.count("prefixes", amount=len(prefixes))
        return response

    def _count(self, call: Call, verdicts: dict[int, int]) -> None:
        self._metrics.count("items", call.method, amount=call.item_count)
        for verdict, count in verdicts.items():
            self._metrics.count("verdicts", _VERDICT_NAMES[verdict], amount=count)
        if call.problem_count:
            self._metrics.count("problems", call.method, amount=call.problem_count)


_VERDICT_NAMES = {int(verdict): verdict.name for verdict in Verdict}


def _unusable(answer: Answer) -> InvalidArgument:
    """Say why nothing of an item could be checked: the first problem's reason."""
    if not answer.problems:
        return InvalidArgument("EMPTY_ITEM", "no signal of the item can be checked", field="signals")
    first = answer.problems[0]
    return InvalidArgument(first.reason, first.message, field=first.field)
