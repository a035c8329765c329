"""The desk where people say what a case is: opinions in, and what they amount to carried out, here and on the list.

A listing is three steps: *deciding* is stored, the list is written under its request ids, casework follows. A dispute
after a regrade is two: it is stored, then the list is written. A crash between is finished by `finish`, which every
process calls at start. What opinions amount to is assessing.py's, what is listed of a case listing.py's.
"""

from __future__ import annotations

from collections.abc import Callable

from msgspec.structs import replace

from hashsvc.casework import assessing, cases, checking, leases, listing, regrading
from hashsvc.casework.exposure import severity_label
from hashsvc.casework.ground import Ground
from hashsvc.casework.tables import Tables, decode, number_key
from hashsvc.casework.values import (
    Case,
    CaseState,
    Decided,
    Deciding,
    Disputing,
    Event,
    EventKind,
    ItemState,
    Opinion,
    Regrade,
    RegradeOutcome,
)
from hashsvc.errors import AlreadyExists, DamagedData, FailedPrecondition, HashsvcError, InvalidArgument, NotFound
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry


class Decisions:
    """What people say of cases, and what comes of it."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    # ------------------------------------------------------------ opinions

    def assess(self, number: int, opinion: Opinion) -> Decided:
        """Give an opinion on a case that one holds. The last one that is needed decides: lists, or closes it.

        The same opinion of the same person again changes nothing. Raises FailedPrecondition NOT_YOURS, CASE_CLOSED,
        ALREADY_ASSESSED_BY_ACTOR, and what the list refuses with.
        """
        settings = self._ground.settings
        opinion = self._completed(opinion)
        with self._ground.writing() as tables:
            before = cases.read(tables, number)
            if assessing.has_said(before.opinions, opinion):
                return _told_of(tables, before)
            held = cases.held(tables, opinion.actor, number, opinion.time_us)
            assessing.check_opinion(held.opinions, opinion.actor)
            opinions = (*held.opinions, opinion)
            outcome, people = assessing.outcome(opinions, settings.people_required, has_seniors=bool(settings.seniors))
            label = severity_label(opinion)
            case = leases.end(tables, held, opinion.time_us, EventKind.CASE_ASSESSED, label)
            case = replace(case, opinions=opinions, escalated=assessing.is_escalated(opinions))
            if outcome == assessing.UNDECIDED:
                cases.write(tables, held, case)
                return Decided(case)
            if outcome == assessing.NOT_ILLEGAL:
                return self._close_not_illegal(tables, case, opinion.time_us)
            # Raises before it is too late.
            listing.content_of(case, tables.open_items_of(number), settings.source)
            cases.write(tables, held, replace(case, state=CaseState.DECIDING))
            people_listing = assessing.signatories(people, settings.people_required)
            deciding = Deciding(number, f"case-{number}-{opinion.time_us}", people_listing)
            tables.put("deciding", number_key(number), deciding)
        return self._list(deciding)

    def assess_regrade(self, number: int, opinion: Opinion) -> Regrade:
        """Grade a decided case again that one holds. Where legality differs: disputes the entry, or opens the case.

        The same opinion of the same person again changes nothing. Raises NotFound UNKNOWN_REGRADE; FailedPrecondition
        NOT_YOURS, and what the list refuses with; then `finish` disputes later.
        """
        opinion = self._completed(opinion)
        with self._ground.writing() as tables:
            regrade = regrading.regrade_of(tables, number)
            if regrade.opinion is None or not assessing.has_said((regrade.opinion,), opinion):
                if regrade.outcome != RegradeOutcome.WAITING:
                    raise regrading.unknown()
                held = cases.held(tables, opinion.actor, number, opinion.time_us, is_regrade=True)
                case = leases.end(tables, held, opinion.time_us, EventKind.CASE_ASSESSED, severity_label(opinion))
                cases.write(tables, held, case)
                regrade = regrading.grade(tables, case, regrade, opinion)
                differs = regrade.outcome == RegradeOutcome.LEGALITY_DIFFERS
                if differs and regrade.was == CaseState.NOT_ILLEGAL:
                    with self._ground.lists.snapshot() as snapshot:
                        place = self._ground.placing(tables, snapshot, opinion.time_us)
                        place.reopen_case(case, (*case.opinions, opinion), snapshot)
            disputing = tables.read(Disputing, "disputing", number_key(number))
        if disputing is not None:
            self._dispute(disputing)
        return regrade

    def _completed(self, opinion: Opinion) -> Opinion:
        """An opinion as it is stored."""
        return replace(
            opinion, time_us=self._ground.clock.now_us(), is_senior=opinion.actor in self._ground.settings.seniors,
            classifications=tuple(sorted(opinion.classifications)),
        )  # fmt: skip

    # ------------------------------------------------------------ what was interrupted

    def finish(self, on_refused: Callable[[int, HashsvcError], None] = lambda case, error: None) -> int:
        """Finish listings and disputes that a crash interrupted, and take in what the list decided. Returns how many.

        on_refused: told a case that the list refuses (a full disk): it stays DECIDING, and the next call tries again.
        """
        with self._ground.reading_as_written() as tables:
            pending = [data for _, data in tables.rows("deciding")]
            disputes = [decode(Disputing, data) for _, data in tables.rows("disputing")]

        count = 0
        for disputing in disputes:
            try:
                self._dispute(disputing)
                count += 1
            except DamagedData:
                raise
            except HashsvcError as error:
                on_refused(disputing.case, error)
        for data in pending:
            deciding = decode(Deciding, data)
            try:
                self._list(deciding)
                count += 1
            except DamagedData:
                raise
            except HashsvcError as error:
                on_refused(deciding.case, error)
        self._ground.follow()
        return count

    # ------------------------------------------------------------ carried out

    def _close_not_illegal(self, tables: Tables, case: Case, now_us: int) -> Decided:
        """Close what was looked at and what equals it; the rest only resembles it and becomes cases of its own."""
        items = tables.open_items_of(case.number)
        same = listing.same_thing(case, items)
        with self._ground.lists.snapshot() as snapshot:
            place = self._ground.placing(tables, snapshot, now_us)
            for item in same:
                place.close_item(item, ItemState.CLOSED_NOT_ILLEGAL, ())
            case = place.close_case(case, CaseState.NOT_ILLEGAL)
            for item in items:
                if item not in same:
                    place.move_on(item, checking.check_one(snapshot, place.policy, item.signals))
        tables.note(Event(now_us, EventKind.CASE_NOT_ILLEGAL, case=case.number, value=len(same)))
        self._draw(tables, case, now_us)
        return Decided(case, len(same))

    def _list(self, deciding: Deciding) -> Decided:
        """Write a decided case to the list under its request ids, then let casework follow."""
        ground = self._ground
        with ground.reading_as_written() as tables:
            case = cases.read(tables, deciding.case)
            if case.state != CaseState.DECIDING:
                return _told_of(tables, case)  # another process was faster
            items = tables.open_items_of(deciding.case)  # the same as when it was decided
        content = listing.content_of(case, items, ground.settings.source)
        try:
            entry_id = self._write_list(deciding, content)
        except (AlreadyExists, FailedPrecondition, InvalidArgument):
            self._undecide(deciding)  # refused for good: people must see it
            raise
        with ground.writing() as tables, ground.lists.snapshot() as snapshot:
            case = cases.read(tables, deciding.case)
            if case.state != CaseState.DECIDING:
                return _told_of(tables, case)  # another process was faster
            place = ground.placing(tables, snapshot, ground.clock.now_us())
            items = tables.open_items_of(case.number)
            stands = not snapshot.is_withdrawn(entry_id)  # retracted already, before casework came to it
            same = {(item.report, item.index) for item in listing.same_thing(case, items) if stands}
            case = place.close_case(replace(case, entry_id=entry_id), CaseState.LISTED)
            others = [item for item in items if (item.report, item.index) not in same]
            known = checking.are_known(snapshot, place.policy, [item.signals for item in others])
            moving = {(item.report, item.index) for item, is_known in zip(others, known, strict=True) if not is_known}
            closed = len(items) - len(moving)
            for item in items:
                if stands and (item.report, item.index) not in moving:
                    place.close_item(item, ItemState.CLOSED_LISTED, (entry_id,))
                    continue
                found = checking.check_one(snapshot, place.policy, item.signals)
                if (item.report, item.index) in moving:
                    place.move_on(item, found)
                else:
                    place.close_item(item, ItemState.CLOSED_LISTED, checking.known_by(found.met))
            tables.delete("deciding", number_key(case.number))
            tables.note(Event(ground.clock.now_us(), EventKind.CASE_LISTED, case=case.number, value=closed))
            if stands:
                self._draw(tables, case, ground.clock.now_us())
            return _told_of(tables, case)

    def _draw(self, tables: Tables, case: Case, now_us: int) -> None:
        """A case was decided: a share of them is graded again."""
        regrading.draw(tables, self._ground.key, self._ground.settings.regrade_share, case, now_us)

    def _undecide(self, deciding: Deciding) -> None:
        """Open a case again that the list refuses, without the opinion that decided: whoever gave it may again."""
        with self._ground.writing() as tables:
            before = cases.read(tables, deciding.case)
            if before.state == CaseState.DECIDING:
                opinions = before.opinions[:-1]
                escalated = assessing.is_escalated(opinions)
                case = replace(before, state=CaseState.OPEN, opinions=opinions, escalated=escalated)
                cases.write(tables, before, case)
                tables.delete("deciding", number_key(case.number))
                self._ground.follower.look_at(tables, case)

    # ------------------------------------------------------------ on the list

    def _write_list(self, deciding: Deciding, content: Content) -> bytes:
        """Propose and confirm an entry in one transaction of the list. Raises what the list refuses with."""
        first, *others = deciding.people
        entry_id = self._ground.lists.entry_id_of(content)
        commands = [
            ProposeEntry(actor=first, request_id=f"{deciding.request_id}-p", content=content, note="casework"),
            *(
                DecideEntry(
                    actor=other, request_id=f"{deciding.request_id}-c{n}", action=int(ChangeKind.ENTRY_CONFIRMED),
                    entry_id=entry_id,
                )
                for n, other in enumerate(others)
            ),
        ]  # fmt: skip
        for result in self._ground.lists.write(commands):
            if isinstance(result, HashsvcError):
                raise result
        return entry_id

    def _dispute(self, disputing: Disputing) -> None:
        """Dispute an entry under its request id. One that is not confirmed any more closes nothing: nothing to do."""
        command = DecideEntry(
            actor=disputing.actor, request_id=disputing.request_id, action=int(ChangeKind.ENTRY_DISPUTED),
            entry_id=disputing.entry_id, reason_code=regrading.REASON_CODE, note="casework",
        )  # fmt: skip
        (result,) = self._ground.lists.write([command])
        if isinstance(result, HashsvcError) and not isinstance(result, FailedPrecondition | NotFound):
            raise result
        with self._ground.writing() as tables:
            tables.delete("disputing", number_key(disputing.case))


def _told_of(tables: Tables, case: Case) -> Decided:
    """What is told of a case after an opinion: what closed with it, whichever process closed it. Some 3 µs an item."""
    if case.state == CaseState.NOT_ILLEGAL:
        return Decided(case, sum(item.state == ItemState.CLOSED_NOT_ILLEGAL for item in tables.items_of(case.number)))
    if case.state != CaseState.LISTED:
        return Decided(case)
    items = [tables.item(key) for key in tables.values_of("by_entry", case.entry_id)]
    closed_in = [item.case for item in items if item is not None and item.state == ItemState.CLOSED_LISTED]
    own = closed_in.count(case.number)
    return Decided(case, own, len(closed_in) - own)
