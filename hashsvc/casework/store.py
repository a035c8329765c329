"""Casework on disk: reports come in, what is known closes, the rest becomes cases, people decide, the list is told.

Private to the hotline and erasable; an environment of its own beside the list's, never touched by `rebuild`. A write is
one LMDB transaction, or nothing. Inside it the list is looked at again if it changed since the check before, so that no
item slips between the two; what the list decides later reaches open items by `follow`.

A listing is three steps: *deciding* is stored, the list is written under its request ids, casework follows. A crash
between is finished by `finish`, which every process calls at start.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from msgspec.structs import replace

from hashsvc.casework import (
    arrival,
    assessing,
    cases,
    checking,
    codes,
    feedback,
    leases,
    listing,
    placing,
    regrading,
    retention,
    takedown,
    verify,
)
from hashsvc.casework.affected import find_affected, told_of
from hashsvc.casework.exposure import severity_label
from hashsvc.casework.follow import Follower
from hashsvc.casework.gathering import Gathering
from hashsvc.casework.ledger import Figures, figures_of
from hashsvc.casework.open_view import OpenView
from hashsvc.casework.retention import Erased
from hashsvc.casework.simulation import Simulation, simulate
from hashsvc.casework.standing import Standing, standing
from hashsvc.casework.tables import FORMAT, Tables, decode, item_key, number_key, open_environment
from hashsvc.casework.values import (
    Affected,
    Case,
    CaseState,
    Decided,
    Deciding,
    Disputing,
    Event,
    EventKind,
    Feedback,
    Item,
    ItemState,
    Mark,
    NewReport,
    Opinion,
    Regrade,
    RegradeOutcome,
    Report,
    ReportState,
    Submitted,
    Takedown,
)
from hashsvc.clock import Clock
from hashsvc.errors import AlreadyExists, DamagedData, FailedPrecondition, HashsvcError, InvalidArgument, NotFound
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry
from hashsvc.lmdb_env import is_environment
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import Policy
from hashsvc.matching.values import Effort

KEY_BYTES = 32
ITEMS_TOGETHER = 400  # of calls that share a transaction: a tenth of a second, for which claims wait


class Arrived(NamedTuple):
    """A call's reports, checked but not yet written."""

    reports: Sequence[NewReport]
    checked: checking.CheckedAll

    def item_count(self) -> int:
        return len(self.checked.items)


class Settings(leases.Limits, Protocol):
    """What an operator sets about casework."""

    @property
    def source(self) -> str: ...
    @property
    def people_required(self) -> int: ...
    @property
    def seniors(self) -> frozenset[str]: ...
    @property
    def regrade_share(self) -> float: ...


class Casework:
    """Reports and cases of one hotline. Thread-safe: one thread of a process writes, LMDB orders processes."""

    def __init__(
        self,
        path: Path,
        lists: ListStore,
        policies: CurrentPolicy,
        settings: Settings,
        clock: Clock,
        is_read_only: Callable[[], bool] = lambda: False,
        on_noted: Callable[[Mapping[int, int]], None] = lambda noted: None,
    ) -> None:
        """Open the casework in `path`, made if it is not there. is_read_only: reads do not follow the list then.

        on_noted: told after each commit how many lines of each kind the ledger got.
        """
        self._is_read_only = is_read_only
        self._on_noted = on_noted
        self._env = open_environment(path, create=not is_environment(path))
        self._lists = lists
        self._policies = policies
        self._settings = settings
        self._clock = clock
        self._lock = threading.Lock()
        self._arriving = Gathering(self._take_in, Arrived.item_count, ITEMS_TOGETHER)
        self._open = OpenView(self._env)
        self._follower = Follower(lists, policies, self._open, clock)
        with self._env.write() as txn:
            tables = Tables(self._env, txn)
            if tables.get("meta", b"format") is None:
                tables.put("meta", b"format", FORMAT)
                tables.put("meta", b"key", clock.random_bytes(KEY_BYTES))
            self._key = tables.get("meta", b"key") or b""

    def close(self) -> None:
        self._env.close()

    # ------------------------------------------------------------ reports

    def submit(self, reports: Sequence[NewReport]) -> list[Submitted]:
        """Take in reports: checked STANDARD, what is known closed, the rest joined or opened. One durable transaction.

        A repeated request (actor, request_id) is answered as before. Raises FailedPrecondition REQUEST_ID_REUSED
        after the others were taken in.
        """
        answers: list[Submitted] = []
        refusals: list[HashsvcError] = []
        for answer in self.submit_each(reports):
            (refusals if isinstance(answer, HashsvcError) else answers).append(answer)  # type: ignore[arg-type]
        if refusals:
            raise refusals[0]
        return answers

    def submit_each(self, reports: Sequence[NewReport]) -> list[Submitted | HashsvcError]:
        """As `submit`; a refused report is answered with its error, the others count.

        Calls of other threads that come meanwhile share the transaction, and its failure.
        """
        checked = checking.check_all(self._lists, self._policies, [item for report in reports for item in report.items])
        return self._arriving.ask(Arrived(reports, checked))

    def _take_in(self, calls: Sequence[Arrived]) -> list[list[Submitted | HashsvcError]]:
        """Write the reports of several calls."""
        with self._writing() as tables:
            now_us = self._clock.now_us()
            intake = arrival.Intake(tables, self._key, now_us)
            answers = []
            for call in calls:
                checked = checking.check_again(self._lists, self._policies, call.checked)
                place = placing.Placing(tables, self._open, now_us, checked.policy)
                answers.append(intake.take(call.reports, checked.items, place))
            return answers

    def report_state(self, code: str, hold_us: int = 0) -> ReportState:
        """What a reporter is told. Raises NotFound UNKNOWN_CODE, InvalidArgument BAD_CODE.

        hold_us: so long after it came every report is RECEIVED, whatever became of it: what closes at once is known.
        """
        digits = codes.read_code(code)
        with self._reading() as tables:
            row = tables.get("report_codes", codes.hash_of(self._key, digits))
            report = None if row is None else tables.read(Report, "reports", row[:8])
            if report is None:
                raise NotFound("UNKNOWN_CODE", "there is no report of this code, or it was erased", field="code")
            if self._clock.now_us() < report.received_us + hold_us:
                return ReportState.RECEIVED
            if not report.open_count:
                return ReportState.CLOSED
            for index in range(report.item_count):
                item = tables.item(item_key(report.number, index))
                if item is not None and item.state == ItemState.OPEN:
                    case = cases.read(tables, item.case)
                    if case.opinions or case.lease_actor:
                        return ReportState.BEING_ASSESSED
            return ReportState.RECEIVED

    def feedback_due(self, limit: int, after: tuple[int, int] = (0, 0), hold_us: int = 0) -> list[Feedback]:
        """Reporters to be told that their report is closed, by when it closed.

        after: (closed_us, report) of the last one that was read. hold_us: as of `report_state`.
        """
        with self._reading() as tables:
            return feedback.due(tables, self._clock.now_us(), hold_us, after, limit)

    def feedback_sent(self, actor: str, report: int, hold_us: int = 0) -> bool:
        """Erase the contact of a reporter who was told. Returns whether there was one.

        Raises FailedPrecondition FEEDBACK_NOT_DUE.
        """
        with self._writing() as tables:
            return feedback.sent(tables, actor, report, self._clock.now_us(), hold_us)

    # ------------------------------------------------------------ cases

    def queue(self, limit: int) -> list[Case]:
        """Open cases that nobody holds, the most urgent first."""
        now_us = self._clock.now_us()
        found: list[Case] = []
        with self._reading() as tables:
            for case in cases.live(tables):
                if case.state == CaseState.OPEN and case.lease_until_us <= now_us:
                    found.append(case)
                if len(found) == limit:
                    break
        return found

    def case(self, number: int) -> tuple[Case, list[Item]]:
        """A case and its items. Raises NotFound UNKNOWN_CASE."""
        with self._reading() as tables:
            return cases.read(tables, number), tables.items_of(number)

    def reports(self, numbers: Sequence[int]) -> list[Report]:
        """Reports by number, in order; those that were erased are left out."""
        with self._env.read() as txn:
            tables = Tables(self._env, txn)
            found = [tables.read(Report, "reports", number_key(number)) for number in numbers]
        return [report for report in found if report is not None]

    def claim(self, actor: str, number: int = 0) -> Case:
        """Take a case to look at, the first of the queue by default, for a time. A claim is a viewing: it is counted.

        What it is looked at for is searched THOROUGH first, on the list of this moment: milliseconds.
        Raises NotFound QUEUE_EMPTY, UNKNOWN_CASE; FailedPrecondition CASE_CLAIMED, CASE_CLOSED,
        ALREADY_ASSESSED_BY_ACTOR, HOLDS_ANOTHER; ResourceExhausted EXPOSURE_LIMIT, BREAK_DUE.
        """
        with self._writing() as tables:
            now_us = self._clock.now_us()
            case = self._claimable(tables, actor, number, now_us)
            held = self._searched(tables, leases.begin(tables, self._settings, actor, case, now_us))
            cases.write(tables, case, held)
            return held

    def release(self, actor: str, number: int) -> Case:
        """Give a case back without an opinion, also one to be graded again, which is shown blind.

        The same again is answered the same while nobody has taken it. Raises FailedPrecondition NOT_YOURS, CASE_CLOSED.
        """
        with self._writing() as tables:
            case = cases.read(tables, number)
            if case.lease_actor or case.released_by != actor:
                now_us = self._clock.now_us()
                is_regrade = tables.get("regrade_queue", number_key(number)) is not None
                held = cases.held(tables, actor, number, now_us, is_regrade=is_regrade)
                case = replace(leases.end(tables, held, now_us, EventKind.CASE_RELEASED), released_by=actor)
                cases.write(tables, held, case)
            return case if case.state == CaseState.OPEN else regrading.blind(case, ())[0]

    def assess(self, number: int, opinion: Opinion) -> Decided:
        """Give an opinion on a case that one holds. The last one that is needed decides: lists, or closes it.

        The same opinion of the same person again changes nothing. Raises FailedPrecondition NOT_YOURS, CASE_CLOSED,
        ALREADY_ASSESSED_BY_ACTOR, and what the list refuses with.
        """
        opinion = self._completed(opinion)
        with self._writing() as tables:
            before = cases.read(tables, number)
            if assessing.has_said(before.opinions, opinion):
                return told_of(tables, before)
            held = cases.held(tables, opinion.actor, number, opinion.time_us)
            assessing.check_opinion(held.opinions, opinion.actor)
            opinions = (*held.opinions, opinion)
            required, has_seniors = self._settings.people_required, bool(self._settings.seniors)
            outcome, people = assessing.outcome(opinions, required, has_seniors=has_seniors)
            label = severity_label(opinion)
            case = leases.end(tables, held, opinion.time_us, EventKind.CASE_ASSESSED, label)
            case = replace(case, opinions=opinions, escalated=assessing.is_escalated(opinions))
            if outcome == assessing.UNDECIDED:
                cases.write(tables, held, case)
                return Decided(case)
            if outcome == assessing.NOT_ILLEGAL:
                return self._close_not_illegal(tables, case, opinion.time_us)
            # Raises before it is too late.
            listing.content_of(case, tables.open_items_of(number), self._settings.source)
            case = replace(case, state=CaseState.DECIDING)
            cases.write(tables, held, case)
            deciding = Deciding(
                number,
                f"case-{number}-{opinion.time_us}",
                assessing.signatories(people, self._settings.people_required),
            )
            tables.put("deciding", number_key(number), deciding)
        return self._list(deciding)

    # ------------------------------------------------------------ graded again

    def regrades(self, outcome: int, after: int, limit: int) -> tuple[list[Regrade], int]:
        """Regrades of one outcome, by case, and where the next page goes on; 0: the end. after: 0 at the first."""
        with self._reading() as tables:
            return regrading.page(tables, outcome, after, limit)

    def claim_regrade(self, actor: str, number: int = 0) -> tuple[Case, list[Item]]:
        """Take a decided case to grade it again, the first that waits by default. Both are blind; it is a viewing.

        Raises NotFound QUEUE_EMPTY, UNKNOWN_REGRADE; FailedPrecondition CASE_CLAIMED, ALREADY_ASSESSED_BY_ACTOR,
        HOLDS_ANOTHER; ResourceExhausted EXPOSURE_LIMIT, BREAK_DUE.
        """
        with self._writing() as tables:
            now_us = self._clock.now_us()
            case = regrading.claimable(tables, actor, number, now_us)
            held = leases.begin(tables, self._settings, actor, case, now_us)
            cases.write(tables, case, held)
            return regrading.blind(held, tables.items_of(case.number))

    def assess_regrade(self, number: int, opinion: Opinion) -> Regrade:
        """Grade a decided case again that one holds. Where legality differs: disputes the entry, or opens the case.

        The same opinion of the same person again changes nothing. Raises NotFound UNKNOWN_REGRADE; FailedPrecondition
        NOT_YOURS, and what the list refuses with; then `finish` disputes later.
        """
        opinion = self._completed(opinion)
        with self._writing() as tables:
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
                    with self._lists.snapshot() as snapshot:
                        policy = self._policies.of(snapshot)
                        place = placing.Placing(tables, self._open, opinion.time_us, policy)
                        place.reopen_case(case, (*case.opinions, opinion), snapshot)
            disputing = tables.read(Disputing, "disputing", number_key(number))
        if disputing is not None:
            self._dispute(disputing)
        return regrade

    def _dispute(self, disputing: Disputing) -> None:
        """Dispute an entry under its request id. One that is not confirmed any more closes nothing: nothing to do."""
        command = DecideEntry(
            actor=disputing.actor, request_id=disputing.request_id, action=int(ChangeKind.ENTRY_DISPUTED),
            entry_id=disputing.entry_id, reason_code=regrading.REASON_CODE, note="casework",
        )  # fmt: skip
        (result,) = self._lists.write([command])
        if isinstance(result, HashsvcError) and not isinstance(result, FailedPrecondition | NotFound):
            raise result
        with self._writing() as tables:
            tables.delete("disputing", number_key(disputing.case))

    def finish(self, on_refused: Callable[[int, HashsvcError], None] = lambda case, error: None) -> int:
        """Finish listings and disputes that a crash interrupted, and take in what the list decided. Returns how many.

        on_refused: told a case that the list refuses (a full disk): it stays DECIDING, and the next call tries again.
        """
        with self._env.read() as txn:
            pending = [data for _, data in Tables(self._env, txn).rows("deciding")]
            disputes = [decode(Disputing, data) for _, data in Tables(self._env, txn).rows("disputing")]

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
        self.follow()
        return count

    def follow(self) -> int:
        """Take in what the list decided since: close open items that are known now, reopen those that are not.

        Returns how many items closed. Cheap where nothing changed.
        """
        if self._is_read_only() or self._follower.is_current(self._env):
            return 0
        with self._transaction() as tables:
            return self._follower.follow(tables)

    def affected(self, entry_id: bytes, after_number: int = 0, limit: int = 1_000) -> tuple[list[Affected], int]:
        """Items that closed because of an entry, those reopened and those erased since included; `find_affected`."""
        with self._reading() as tables:
            return find_affected(tables, entry_id, after_number, limit)

    # ------------------------------------------------------------ takedowns

    def takedowns(self, states: Sequence[int], after: int, limit: int) -> tuple[list[Takedown], int]:
        """Takedowns in some states, those longest in theirs first, and where the next page goes on; 0: the end.

        states: empty for what waits for a notice. after: what the page before gave, 0 at the first.
        """
        with self._reading() as tables:
            return takedown.page(tables, states or takedown.QUEUE, after, limit)

    def mark_takedowns(self, actor: str, marks: Sequence[Mark]) -> list[Takedown | HashsvcError]:
        """Take in what was sent and what is gone, in one durable transaction; the same again changes nothing.

        A refused mark is answered with its error, NotFound UNKNOWN_TAKEDOWN or FailedPrecondition TAKEDOWN_CHANGED or
        TAKEDOWN_ENDED; the others count.
        """
        with self._writing() as tables:
            return takedown.mark_each(tables, actor, marks, self._clock.now_us())

    # ------------------------------------------------------------ the ledger and the end

    def events(self, since_us: int, until_us: int) -> Iterator[Event]:
        """The ledger's lines of a time, oldest first."""

        with self._env.read() as txn:
            for _, data in Tables(self._env, txn).rows("events"):
                event = decode(Event, data)
                if since_us <= event.time_us < until_us:
                    yield event

    def figures(self, since_us: int, until_us: int, between: Callable[[], None] = lambda: None) -> Figures:
        """What the ledger amounts to from one time, inclusive, to another. Some 5 µs an event of all that there are.

        between: called every thousand events; ends the reading by raising.
        """

        def read() -> Iterator[Event]:
            for count, event in enumerate(self.events(0, until_us)):
                if count % 1_000 == 0:
                    between()
                yield event

        return figures_of(
            read(), break_us=self._settings.break_us, people_required=self._settings.people_required,
            since_us=since_us, until_us=until_us,
        )  # fmt: skip

    def simulate(
        self, policy: Policy, since_us: int, examples_max: int, between: Callable[[], None] = lambda: None
    ) -> Simulation:
        """Say what a policy would have made of the reports received since a time. Some 30 µs an item.

        examples_max: of each kind of difference. between: called now and then; ends the reading by raising.
        """
        with self._reading() as tables, self._lists.snapshot() as snapshot:
            return simulate(tables, snapshot, self._policies, policy, since_us, examples_max, between)

    def erase(self, closed_before_us: int, rows_max: int = 1_000, *, contacts_before_us: int = 0) -> Erased:
        """Erase reports that closed before a time, with all that is theirs, and viewings that no limit counts.

        contacts_before_us: contacts of reports that closed before this go as well.
        The list, its proofs and the ledger stay; of an item that closed because of an entry a stub remains: that there
        was one. One transaction of about rows_max rows of each; call again while there was anything.
        """
        with self._writing() as tables:
            return retention.erase(tables, closed_before_us, contacts_before_us, self._clock.now_us(), rows_max)

    def standing(self) -> Standing:
        """How many cases are open, since when, and how many reports are kept. As last written; cheap."""
        with self._env.read() as txn:
            return standing(Tables(self._env, txn))

    def verify(self) -> list[str]:
        """Say what is wrong with casework; nothing if all is right. Some 30 µs an item."""
        self.follow()
        return verify.problems(self._env, self._lists, self._policies)

    # ------------------------------------------------------------ inside

    @contextmanager
    def _reading(self) -> Iterator[Tables]:
        """Read casework as of what the list has decided by now."""
        self.follow()
        with self._env.read() as txn:
            yield Tables(self._env, txn)

    @contextmanager
    def _writing(self) -> Iterator[Tables]:
        """Write casework, after it has followed the list, in the same transaction."""
        with self._transaction() as tables:
            self._follower.follow(tables)
            yield tables

    @contextmanager
    def _transaction(self) -> Iterator[Tables]:
        """Write casework, with the view of open cases up to date."""
        with self._lock:
            with self._env.write() as txn:
                tables = Tables(self._env, txn)
                self._open.catch_up(txn)
                yield tables
            self._on_noted(tables.noted)

    def _claimable(self, tables: Tables, actor: str, number: int, now_us: int) -> Case:
        """The case that is asked for; the one that this person holds; or the first that this person can help with."""
        held = leases.case_held(tables, actor, now_us)
        number = number or (0 if tables.get("regrade_queue", number_key(held)) is not None else held)
        if number:
            case = cases.read(tables, number)
            if case.state != CaseState.OPEN:
                raise cases.closed(case)
            if case.lease_until_us > now_us and case.lease_actor != actor:
                raise FailedPrecondition("CASE_CLAIMED", "somebody else is looking at the case", field="case")
            assessing.check_opinion(case.opinions, actor)
            return case
        for case in cases.live(tables):
            free = case.state == CaseState.OPEN and (case.lease_until_us <= now_us or case.lease_actor == actor)
            if free and not any(one.actor == actor for one in case.opinions) and self._may_decide(case, actor):
                return case
        raise NotFound("QUEUE_EMPTY", "no open case waits for this person")

    def _searched(self, tables: Tables, case: Case) -> Case:
        """Note at a case what the longer search finds its item near to, before somebody looks."""
        item = tables.item(item_key(*case.first_item))
        if item is None or not item.signals:
            return case
        with self._lists.snapshot() as snapshot:
            met = checking.check_one(snapshot, self._policies.of(snapshot), item.signals, Effort.THOROUGH).met
        return replace(case, likely=checking.likely_of(case.likely, met), thorough=True)

    def _may_decide(self, case: Case, actor: str) -> bool:
        """An escalated case waits for a senior; once one has spoken, for whoever may agree."""
        if not case.escalated or not self._settings.seniors:
            return True
        return actor in self._settings.seniors or any(one.is_senior for one in case.opinions)

    def _completed(self, opinion: Opinion) -> Opinion:
        """An opinion as it is stored."""
        return replace(
            opinion, time_us=self._clock.now_us(), is_senior=opinion.actor in self._settings.seniors,
            classifications=tuple(sorted(opinion.classifications)),
        )  # fmt: skip

    def _close_not_illegal(self, tables: Tables, case: Case, now_us: int) -> Decided:
        """Close what was looked at and what equals it; the rest only resembles it and becomes cases of its own."""
        items = tables.open_items_of(case.number)
        same = listing.same_thing(case, items)
        with self._lists.snapshot() as snapshot:
            policy = self._policies.of(snapshot)
            place = placing.Placing(tables, self._open, now_us, policy)
            for item in same:
                place.close_item(item, ItemState.CLOSED_NOT_ILLEGAL, ())
            case = place.close_case(case, CaseState.NOT_ILLEGAL)
            for item in items:
                if item not in same:
                    place.move_on(item, checking.check_one(snapshot, policy, item.signals))
        tables.note(Event(now_us, EventKind.CASE_NOT_ILLEGAL, case=case.number, value=len(same)))
        regrading.draw(tables, self._key, self._settings.regrade_share, case, now_us)
        return Decided(case, len(same))

    def _list(self, deciding: Deciding) -> Decided:
        """Write a decided case to the list under its request ids, then let casework follow."""
        with self._env.read() as txn:
            tables = Tables(self._env, txn)
            case = cases.read(tables, deciding.case)
            if case.state != CaseState.DECIDING:
                return told_of(tables, case)  # another process was faster
            items = tables.open_items_of(deciding.case)  # the same as when it was decided
        content = listing.content_of(case, items, self._settings.source)
        try:
            entry_id = self._write_list(deciding, content)
        except (AlreadyExists, FailedPrecondition, InvalidArgument):
            self._undecide(deciding)  # refused for good: people must see it
            raise
        with self._writing() as tables, self._lists.snapshot() as snapshot:
            case = cases.read(tables, deciding.case)
            if case.state != CaseState.DECIDING:
                return told_of(tables, case)  # another process was faster
            policy = self._policies.of(snapshot)
            place = placing.Placing(tables, self._open, self._clock.now_us(), policy)
            items = tables.open_items_of(case.number)
            stands = not snapshot.is_withdrawn(entry_id)  # retracted already, before casework came to it
            same = {(item.report, item.index) for item in listing.same_thing(case, items) if stands}
            case = place.close_case(replace(case, entry_id=entry_id), CaseState.LISTED)
            others = [item for item in items if (item.report, item.index) not in same]
            known = checking.are_known(snapshot, policy, [item.signals for item in others])
            moving = {(item.report, item.index) for item, is_known in zip(others, known, strict=True) if not is_known}
            closed = len(items) - len(moving)
            for item in items:
                if stands and (item.report, item.index) not in moving:
                    place.close_item(item, ItemState.CLOSED_LISTED, (entry_id,))
                    continue
                found = checking.check_one(snapshot, policy, item.signals)
                if (item.report, item.index) in moving:
                    place.move_on(item, found)
                else:
                    place.close_item(item, ItemState.CLOSED_LISTED, checking.known_by(found.met))
            tables.delete("deciding", number_key(case.number))
            tables.note(Event(self._clock.now_us(), EventKind.CASE_LISTED, case=case.number, value=closed))
            if stands:
                regrading.draw(tables, self._key, self._settings.regrade_share, case, self._clock.now_us())
            return told_of(tables, case)

    def _undecide(self, deciding: Deciding) -> None:
        """Open a case again that the list refuses, without the opinion that decided: whoever gave it may again."""
        with self._writing() as tables:
            before = cases.read(tables, deciding.case)
            if before.state == CaseState.DECIDING:
                opinions = before.opinions[:-1]
                escalated = assessing.is_escalated(opinions)
                case = replace(before, state=CaseState.OPEN, opinions=opinions, escalated=escalated)
                cases.write(tables, before, case)
                tables.delete("deciding", number_key(case.number))
                self._follower.look_at(tables, case)

    def _write_list(self, deciding: Deciding, content: Content) -> bytes:
        """Propose and confirm an entry in one transaction of the list. Raises what the list refuses with."""
        first, *others = deciding.people
        entry_id = self._lists.entry_id_of(content)
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
        for result in self._lists.write(commands):
            if isinstance(result, HashsvcError):
                raise result
        return entry_id
