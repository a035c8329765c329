"""The desk where cases wait and are taken to be looked at, for the first time or to be graded again, and given back.

A claim is a viewing: it is counted and limited (leases.py). What comes of it is decisions.py's.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hashsvc.casework import assessing, cases, checking, leases, regrading
from hashsvc.casework.ground import Ground, Settings
from hashsvc.casework.tables import Tables, item_key, number_key
from hashsvc.casework.values import Case, CaseState, EventKind, Item, Regrade, Report
from hashsvc.errors import FailedPrecondition, NotFound
from hashsvc.matching.values import Effort


class Claims:
    """What waits for people, and who looks at it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # ------------------------------------------------------------ what waits

    def queue(self, limit: int) -> list[Case]:
        """Open cases that nobody holds, the most urgent first."""
        now_us = self._ground.clock.now_us()
        found: list[Case] = []
        with self._ground.reading() as tables:
            for case in cases.live(tables):
                if case.state == CaseState.OPEN and case.lease_until_us <= now_us:
                    found.append(case)
                if len(found) == limit:
                    break
        return found

    def regrades(self, outcome: int, after: int, limit: int) -> tuple[list[Regrade], int]:
        """Regrades of one outcome, by case, and where the next page goes on; 0: the end. after: 0 at the first."""
        with self._ground.reading() as tables:
            return regrading.page(tables, outcome, after, limit)

    def case(self, number: int) -> tuple[Case, list[Item]]:
        """A case and its items. Raises NotFound UNKNOWN_CASE."""
        with self._ground.reading() as tables:
            return cases.read(tables, number), tables.items_of(number)

    def reports(self, numbers: Sequence[int]) -> list[Report]:
        """Reports by number, in order; those that were erased are left out."""
        with self._ground.reading_as_written() as tables:
            found = [tables.read(Report, "reports", number_key(number)) for number in numbers]
        return [report for report in found if report is not None]

    # ------------------------------------------------------------ who looks at it

    def claim(self, actor: str, number: int = 0) -> Case:
        """Take a case to look at, the first of the queue by default, for a time. A claim is a viewing: it is counted.

        What it is looked at for is searched THOROUGH first, on the list of this moment: milliseconds.
        Raises NotFound QUEUE_EMPTY, UNKNOWN_CASE; FailedPrecondition CASE_CLAIMED, CASE_CLOSED,
        ALREADY_ASSESSED_BY_ACTOR, HOLDS_ANOTHER; ResourceExhausted EXPOSURE_LIMIT, BREAK_DUE.
        """
        with self._ground.writing() as tables:
            now_us = self._ground.clock.now_us()
            case = _claimable(tables, self._ground.settings, actor, number, now_us)
            held = self._searched(tables, leases.begin(tables, self._ground.settings, actor, case, now_us))
            cases.write(tables, case, held)
            return held

    def claim_regrade(self, actor: str, number: int = 0) -> tuple[Case, list[Item]]:
        """Take a decided case to grade it again, the first that waits by default. Both are blind; it is a viewing.

        Raises NotFound QUEUE_EMPTY, UNKNOWN_REGRADE; FailedPrecondition CASE_CLAIMED, ALREADY_ASSESSED_BY_ACTOR,
        HOLDS_ANOTHER; ResourceExhausted EXPOSURE_LIMIT, BREAK_DUE.
        """
        with self._ground.writing() as tables:
            now_us = self._ground.clock.now_us()
            case = _claimable_regrade(tables, actor, number, now_us)
            held = leases.begin(tables, self._ground.settings, actor, case, now_us)
            cases.write(tables, case, held)
            return regrading.blind(held, tables.items_of(case.number))

    def release(self, actor: str, number: int) -> Case:
        """Give a case back without an opinion, also one to be graded again, which is shown blind.

        The same again is answered the same while nobody has taken it. Raises FailedPrecondition NOT_YOURS, CASE_CLOSED.
        """
        with self._ground.writing() as tables:
            case = cases.read(tables, number)
            if case.lease_actor or case.released_by != actor:
                now_us = self._ground.clock.now_us()
                is_regrade = regrading.waits(tables, number)
                held = cases.held(tables, actor, number, now_us, is_regrade=is_regrade)
                case = replace(leases.end(tables, held, now_us, EventKind.CASE_RELEASED), released_by=actor)
                cases.write(tables, held, case)
            return case if case.state == CaseState.OPEN else regrading.blind(case, ())[0]

    def _searched(self, tables: Tables, case: Case) -> Case:
        """Note at a case what the longer search finds its item near to, before somebody looks."""
        item = tables.item(item_key(*case.first_item))
        if item is None or not item.signals:
            return case
        with self._ground.lists.snapshot() as snapshot:
            policy = self._ground.policies.of(snapshot)
            met = checking.check_one(snapshot, policy, item.signals, Effort.THOROUGH).met
        return replace(case, likely=checking.likely_of(case.likely, met), thorough=True)


def _claimable(tables: Tables, settings: Settings, actor: str, number: int, now_us: int) -> Case:
    """The case that is asked for; the one that this person holds; or the first that this person can help with."""
    held = leases.case_held(tables, actor, now_us)
    number = number or (0 if regrading.waits(tables, held) else held)
    if number:
        case = cases.read(tables, number)
        if case.state != CaseState.OPEN:
            raise cases.closed(case)
        _check_free(case, actor, now_us)
        assessing.check_opinion(case.opinions, actor)
        return case
    for case in cases.live(tables):
        if case.state == CaseState.OPEN and _can_help(case, actor, now_us) and _may_decide(settings, case, actor):
            return case
    raise NotFound("QUEUE_EMPTY", "no open case waits for this person")


def _claimable_regrade(tables: Tables, actor: str, number: int, now_us: int) -> Case:
    """The case that is asked for; the one that this person holds; or the first of which this person gave no opinion."""
    held = leases.case_held(tables, actor, now_us)
    number = number or (held if regrading.waits(tables, held) else 0)
    if number:
        if not regrading.waits(tables, number):
            raise regrading.unknown()
        case = cases.read(tables, number)
        assessing.check_opinion(case.opinions, actor)
        _check_free(case, actor, now_us)
        return case
    for waiting in regrading.waiting(tables):
        case = cases.read(tables, waiting)
        if _can_help(case, actor, now_us):
            return case
    raise NotFound("QUEUE_EMPTY", "no case waits to be graded again by this person")


def _check_free(case: Case, actor: str, now_us: int) -> None:
    if case.lease_until_us > now_us and case.lease_actor != actor:
        raise FailedPrecondition("CASE_CLAIMED", "somebody else is looking at the case", field="case")


def _can_help(case: Case, actor: str, now_us: int) -> bool:
    """Nobody else looks at it, and this person has given no opinion."""
    is_free = case.lease_until_us <= now_us or case.lease_actor == actor
    return is_free and not any(one.actor == actor for one in case.opinions)


def _may_decide(settings: Settings, case: Case, actor: str) -> bool:
    """An escalated case waits for a senior; once one has spoken, for whoever may agree."""
    if not case.escalated or not settings.seniors:
        return True
    return actor in settings.seniors or any(one.is_senior for one in case.opinions)
