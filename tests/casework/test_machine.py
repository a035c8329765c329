"""Casework under random actions by random people, with kills in between: four eyes, one place, right counts."""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hashsvc.casework.desks import Casework
from hashsvc.casework.values import (
    CaseState,
    Mark,
    NewItem,
    NewReport,
    Opinion,
    RegradeOutcome,
    ReportState,
    Takedown,
    TakedownState,
)
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, HashsvcError, NotFound
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import (
    ChangeKind,
    Command,
    ConfirmBatch,
    Content,
    CreateBatch,
    DecideEntry,
    ImportEntries,
    ProposeEntry,
    RetractBatch,
    SealBatch,
    State,
    Written,
)
from hashsvc.hashlist.verify import verify
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import load_policy
from hashsvc.signals import PDQ, SHA256, URL, Signal, UrlFacts
from hashsvc.signals.pdq import orientations
from hashsvc.signals.url_listed import listed_url
from tests.casework.machine_model import Listed, Model, read
from tests.casework.settings import SETTINGS
from tests.casework.submitting import submit

PEOPLE = ("ann", "bob", "cleo", "sen")
DOUBTERS = ("dan", "eve")
CONTENTS = 2

T = TypeVar("T")


def check_refused(error: HashsvcError, *reasons: str) -> None:
    """Any other refusal is a defect."""
    if error.reason not in reasons:
        raise error


class Killed(BaseException):
    """The process is gone."""


class Dying:
    """LMDB's environment in a process that is killed at its n-th commit, before it or after it."""

    def __init__(self, inner: Any, life: list[int], after: bool) -> None:
        self._inner = inner
        self._life = life  # commits left, of both environments together
        self._after = after

    def begin(self, write: bool = False) -> Any:
        txn = self._inner.begin(write=write)
        return DyingTransaction(txn, self._life, self._after) if write else txn

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class DyingTransaction:
    """A write transaction of it."""

    def __init__(self, inner: Any, life: list[int], after: bool) -> None:
        self._inner = inner
        self._life = life
        self._after = after

    def commit(self) -> None:
        self._life[0] -= 1
        if self._life[0] >= 0:
            self._inner.commit()
            return
        if self._after:
            self._inner.commit()
        else:
            self._inner.abort()
        raise Killed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


def pdq_of(n: int, bits: int = 0) -> bytes:
    """Content n's PDQ, so many bits off; contents are far from one another."""
    value = bytearray(np.random.default_rng(77_000 + n).bytes(32))
    for bit in range(bits):
        value[bit * 3 % 32] ^= 1 << bit // 8
    return bytes(value)


def signals_of(n: int, variant: int) -> tuple[Signal, ...]:
    """Content n: as it is, a copy (other digest, near PDQ), a farther one, by its URL, by digest alone, by nothing,

    mirrored, and so far that it is only shown.
    """
    digest = Signal(SHA256, np.random.default_rng([n, variant]).bytes(32))
    url = Signal(URL, f"https://c{n}.example.com/{n}".encode())
    return (
        (Signal(SHA256, np.random.default_rng([n, 0]).bytes(32)), Signal(PDQ, pdq_of(n), 90)),
        (digest, Signal(PDQ, pdq_of(n, 8), 90)),
        (digest, Signal(PDQ, pdq_of(n, 26), 90)),
        (url, Signal(PDQ, pdq_of(n, 4), 90)),
        (Signal(SHA256, np.random.default_rng([n, 0]).bytes(32)), url),
        (),
        (digest, Signal(PDQ, orientations(pdq_of(n))[4].tobytes(), 90)),
        (digest, Signal(PDQ, pdq_of(n, 40), 90)),
    )[variant]


ITEMS = st.builds(
    lambda n, variant: NewItem(signals_of(n, variant), f"ref-{n}-{variant}"),
    st.integers(0, CONTENTS - 1), st.integers(0, 7),
)  # fmt: skip


Death = tuple[int, bool] | None  # at which commit, before or after it
DEATHS = st.one_of(st.none(), st.tuples(st.integers(0, 3), st.booleans()))


class CaseworkMachine(RuleBasedStateMachine):
    """Everything that people and processes do to casework; who is killed asks again with the same words."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="hashsvc-casework-"))
        self.clock = SeededClock(1)
        ListStore.create(self.directory / "list", clock=self.clock)
        rule = load_policy().rules[PDQ]
        assert rule is not None
        self.model = Model(rule.close, SETTINGS.people_required)
        self.codes: dict[str, str] = {}
        self.reports: list[NewReport] = []
        self.batches: list[tuple[bytes, list[bytes]]] = []
        self.number = 0
        self.open()

    def open(self) -> None:
        self.lists = ListStore.open(self.directory / "list", clock=self.clock)
        settings = SETTINGS._replace(regrade_share=0.9)
        self.casework = Casework(self.directory / "casework", self.lists, CurrentPolicy(), settings, self.clock)
        self.casework.decisions.finish()

    def reopen(self) -> None:
        self.casework.close()
        self.lists.close()
        self.open()

    def teardown(self) -> None:
        self.casework.close()
        self.lists.close()
        shutil.rmtree(self.directory)

    def survive(self, what: Callable[[], T], death: Death) -> T:
        """Do something in a process that may be killed at any commit of it; then a new one is asked the same again."""
        if death is None:
            return what()
        life = [death[0]]
        environments: list[Any] = [self.lists.environment, self.casework.ground.env]
        kept = [one.lmdb for one in environments]
        for one in environments:
            one.lmdb = Dying(one.lmdb, life, death[1])
        try:
            return what()
        except Killed:
            pass
        finally:
            for one, inner in zip(environments, kept, strict=True):
                one.lmdb = inner
        self.reopen()
        return what()

    # ------------------------------------------------------------ reports

    @rule(
        items=st.lists(ITEMS, min_size=1, max_size=3), more=st.lists(ITEMS, max_size=2), urgent=st.booleans(),
        death=DEATHS,
    )  # fmt: skip
    def submit(self, items: list[NewItem], more: list[NewItem], urgent: bool, death: Death) -> None:
        """One or two reports at once."""
        reports = [self._report(tuple(items), urgent)]
        if more:
            reports.append(self._report(tuple(more), False))
        for report, taken in zip(reports, self.survive(lambda: submit(self.casework, reports), death), strict=True):
            assert len(taken.items) == len(report.items)
            self.model.sent[taken.number] = len(report.items)
            self.codes[report.request_id] = taken.code
            self.reports.append(report)

    def _report(self, items: tuple[NewItem, ...], urgent: bool) -> NewReport:
        name = self._request("r")
        contact = f"{name}@mail.example" if self.number % 2 else ""
        return NewReport(actor="portal", request_id=name, items=items, self_referral=urgent, contact=contact)

    def _request(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def submit_again(self, data: st.DataObject) -> None:
        """A repeated report is answered with the same code and takes nothing in."""
        report = data.draw(st.sampled_from(self.reports))
        (again,) = submit(self.casework, [report])
        assert (again.repeated, again.code) == (True, self.codes[report.request_id])

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        code = self.codes[data.draw(st.sampled_from(self.reports)).request_id]
        try:
            assert self.casework.arrival.report_state(code) in tuple(ReportState)
        except NotFound as error:
            check_refused(error, "UNKNOWN_CODE")

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def tell(self, data: st.DataObject) -> None:
        """Who is due is told that the report is closed, once; others are not due."""
        number = data.draw(st.integers(1, self.number))
        due = {one.report for one in self.casework.outgoing.feedback_due(1_000)}
        try:
            assert self.casework.outgoing.feedback_sent("mailer", number) == (number in due)
        except FailedPrecondition as error:
            check_refused(error, "FEEDBACK_NOT_DUE")
            assert number not in due
        assert {one.report for one in self.casework.outgoing.feedback_due(1_000)} == due - {number}

    # ------------------------------------------------------------ people

    @rule(
        actor=st.sampled_from(PEOPLE), illegal=st.booleans(), category=st.sampled_from("AAB"), gives_back=st.booleans(),
        death=DEATHS,
    )  # fmt: skip
    def look(self, actor: str, illegal: bool, category: str, gives_back: bool, death: Death) -> None:
        """Somebody takes the next case and says something, or gives it back."""
        try:
            case = self.survive(lambda: self.casework.claims.claim(actor), death)
        except NotFound:
            return
        self.model.viewings += 1
        if gives_back:
            self.casework.claims.release(actor, case.number)
            return
        self._assess(case.number, actor, illegal, category, None)

    @precondition(lambda self: self.casework.claims.queue(1))
    @rule(
        data=st.data(), first=st.sampled_from(PEOPLE), second=st.sampled_from(PEOPLE), illegal=st.booleans(),
        death=DEATHS,
    )  # fmt: skip
    def agree(self, data: st.DataObject, first: str, second: str, illegal: bool, death: Death) -> None:
        """Two people look at one case and say the same; the process may die at each step of what then follows."""
        case = data.draw(st.sampled_from([case.number for case in self.casework.claims.queue(20)]))
        for actor, at in ((first, None), (second, death)):
            try:
                self.casework.claims.claim(actor, case)
            except FailedPrecondition as error:
                check_refused(error, "ALREADY_ASSESSED_BY_ACTOR", "CASE_CLOSED")
                continue
            self.model.viewings += 1
            self._assess(case, actor, illegal, "A", at)

    def _assess(self, number: int, actor: str, illegal: bool, category: str, death: Death) -> None:
        category = category if illegal else ""
        categories = (("uk_abc", category),) if illegal else ()
        opinion = Opinion(actor, 0, illegal, categories)
        try:
            decided = self.survive(lambda: self.casework.decisions.assess(number, opinion), death)
        except FailedPrecondition as error:
            check_refused(error, "NOTHING_TO_LIST")
            self.casework.claims.release(actor, number)
            return
        self.model.opinions += 1
        said = self.model.said.setdefault(number, [])
        said.append((actor, illegal, category))
        case = decided.case
        with_it = {one for one, *what in said if what == [illegal, category]}
        if case.state in (CaseState.LISTED, CaseState.NOT_ILLEGAL):
            assert len(with_it) >= SETTINGS.people_required
        if case.state == CaseState.LISTED:
            with self.lists.snapshot() as snapshot:
                view = snapshot.entry(case.entry_id)
            signers = {actor for _, actor in view.signals[0].people}
            assert signers <= with_it, "it is listed in the names of those who said so"
            states = {one.ordinal: int(State.CONFIRMED) for one in view.signals}
            self.model.entries[case.entry_id] = Listed(states, signers, people=set(signers))

    @rule(data=st.data(), gone=st.booleans(), stale=st.booleans())
    def mark(self, data: st.DataObject, gone: bool, stale: bool) -> None:
        """Somebody sends a notice, or says that the content is gone, perhaps of an appearance that is over."""
        found, _ = self.casework.outgoing.takedowns(tuple(TakedownState), 0, 100)
        if not found:
            return
        one = data.draw(st.sampled_from(found))
        state = TakedownState.REMOVED if gone else TakedownState.NOTICED
        mark = Mark(one.number, state, "" if gone else "host", one.appearance + stale)
        (answer,) = self.casework.outgoing.mark_takedowns("mia", [mark])
        if isinstance(answer, Takedown):
            assert (answer.appearance, stale) == (one.appearance, False)
            assert answer.state in (state, TakedownState.REMOVED)
        else:
            assert isinstance(answer, HashsvcError)
            check_refused(answer, "TAKEDOWN_CHANGED" if stale else "TAKEDOWN_ENDED")

    @precondition(lambda self: self.casework.claims.regrades(RegradeOutcome.WAITING, 0, 1)[0])
    @rule(
        actor=st.sampled_from((*PEOPLE, "hal", "ida")), illegal=st.booleans(), category=st.sampled_from("AAB"),
        gives_back=st.booleans(), death=DEATHS,
    )  # fmt: skip
    def grade_again(self, actor: str, illegal: bool, category: str, gives_back: bool, death: Death) -> None:
        """Somebody grades a decided case again, or gives it back; the process may die before the entry is disputed."""
        try:
            shown, _ = self.casework.claims.claim_regrade(actor)
        except NotFound:
            return
        self.model.viewings += 1
        number = shown.number
        assert (shown.state, shown.opinions, shown.entry_id) == (CaseState.OPEN, (), b"")
        if gives_back:
            assert self.casework.claims.release(actor, number) == self.casework.claims.release(actor, number)
            return
        before = self.casework.claims.case(number)[0]
        assert actor not in {one.actor for one in before.opinions}
        opinion = Opinion(actor, 0, illegal, (("uk_abc", category),) if illegal else ())
        graded = self.survive(lambda: self.casework.decisions.assess_regrade(number, opinion), death)
        self.model.opinions += 1
        after = self.casework.claims.case(number)[0]
        differs = illegal != (before.state == CaseState.LISTED)
        assert (graded.outcome == RegradeOutcome.LEGALITY_DIFFERS) == differs
        if not differs or before.state == CaseState.LISTED:
            assert (after.state, after.opinions) == (before.state, before.opinions)
        elif after.state == CaseState.OPEN:
            assert (after.escalated, after.opinions[-1].actor) == (True, actor)
            self.model.said[number].append((actor, illegal, category))
        else:
            assert after.state == CaseState.NOT_ILLEGAL  # the list knows it by now
        if differs and before.state == CaseState.LISTED:
            listed = self.model.entries[before.entry_id]
            for ordinal, state in listed.states.items():
                if state == State.CONFIRMED:
                    listed.states[ordinal] = int(State.DISPUTED)
                    listed.people.add(actor)

    # ------------------------------------------------------------ the list, by other ways

    @rule(
        n=st.integers(0, CONTENTS - 1), variant=st.sampled_from((0, 2, 4)), first=st.sampled_from(PEOPLE),
        second=st.sampled_from(PEOPLE), death=DEATHS,
    )  # fmt: skip
    def list_by_hand(self, n: int, variant: int, first: str, second: str, death: Death) -> None:
        """One person proposes a content and another one confirms it; the same one cannot."""
        signals = [
            listed_url(one.value.decode(), UrlFacts(), "") if one.type == URL else one for one in signals_of(n, variant)
        ]
        content = Content("other", "", self._request("by-hand-"), tuple(signals))
        entry_id = self.lists.entry_id_of(content)
        propose = ProposeEntry(actor=first, request_id=self._request("p"), content=content)
        (made,) = self.survive(lambda: self.lists.write([propose]), death)
        assert isinstance(made, Written)
        listed = Listed(dict.fromkeys(range(len(content.signals)), int(State.PROPOSED)), {first}, people={first})
        self.model.entries[entry_id] = listed
        if self._decide(ChangeKind.ENTRY_CONFIRMED, entry_id, second, (), death, "SELF_CONFIRMATION"):
            assert second != first
            listed.confirmers.add(second)
            listed.states = dict.fromkeys(listed.states, int(State.CONFIRMED))

    @precondition(lambda self: self.model.entries)
    @rule(
        data=st.data(), first=st.sampled_from(DOUBTERS), second=st.sampled_from((*DOUBTERS, "")), one=st.booleans(),
        death=DEATHS,
    )  # fmt: skip
    def retract(self, data: st.DataObject, first: str, second: str, one: bool, death: Death) -> None:
        """Somebody asks for the retraction of an entry or one signal of it, and perhaps somebody else agrees."""
        entry_id, ordinals = self._drawn(data, one, State.CONFIRMED)
        if not ordinals:
            return
        listed = self.model.entries[entry_id]
        assert self._decide(ChangeKind.RETRACTION_REQUESTED, entry_id, first, ordinals, None)
        listed.people.add(first)
        for ordinal in ordinals:
            listed.states[ordinal] = int(State.DISPUTED)
            listed.retractors[ordinal] = {first}
        if not second:
            return
        if self._decide(ChangeKind.RETRACTION_CONFIRMED, entry_id, second, ordinals, death, "SELF_CONFIRMATION"):
            listed.people.add(second)
            for ordinal in ordinals:
                listed.retractors[ordinal].add(second)
                listed.states[ordinal] = int(State.RETRACTED)

    @precondition(lambda self: self.model.entries)
    @rule(
        data=st.data(), first=st.sampled_from(DOUBTERS), second=st.sampled_from((*PEOPLE, *DOUBTERS)),
        one=st.booleans(), resolves=st.booleans(), death=DEATHS,
    )  # fmt: skip
    def dispute(self, data: st.DataObject, first: str, second: str, one: bool, resolves: bool, death: Death) -> None:
        """Somebody disputes; somebody who had no part settles it, or nobody does yet."""
        entry_id, ordinals = self._drawn(data, one, State.CONFIRMED)
        if ordinals:
            assert self._decide(ChangeKind.ENTRY_DISPUTED, entry_id, first, ordinals, None)
            self.model.entries[entry_id].people.add(first)
            for ordinal in ordinals:
                self.model.entries[entry_id].states[ordinal] = int(State.DISPUTED)
        entry_id, ordinals = self._drawn(data, True, State.DISPUTED)
        listed = self.model.entries[entry_id]
        if not resolves or not ordinals:
            return
        if self._decide(ChangeKind.DISPUTE_RESOLVED, entry_id, second, ordinals, death, "NOT_INDEPENDENT"):
            assert second not in listed.confirmers
            listed.people.add(second)
            listed.states[ordinals[0]] = int(State.CONFIRMED)

    def _drawn(self, data: st.DataObject, one: bool, state: int) -> tuple[bytes, tuple[int, ...]]:
        """An entry, and those of its signals that are in a state, or one of them."""
        batched = {entry_id for _, entries in self.batches for entry_id in entries}
        entry_id = data.draw(st.sampled_from(sorted(self.model.entries)))
        states = self.model.entries[entry_id].states
        ordinals = [ordinal for ordinal, its in states.items() if its == state and entry_id not in batched]
        return entry_id, (data.draw(st.sampled_from(ordinals)),) if one and ordinals else tuple(ordinals)

    def _decide(
        self, action: int, entry_id: bytes, actor: str, ordinals: tuple[int, ...], death: Death, *reasons: str
    ) -> bool:
        """Decide, and say whether the list took it; else it must say one of these reasons."""
        command = DecideEntry(
            actor=actor, request_id=self._request("d"), action=int(action), entry_id=entry_id, ordinals=ordinals,
            reason_code="QA",
        )  # fmt: skip
        (result,) = self.survive(lambda: self.lists.write([command]), death)
        if isinstance(result, HashsvcError):
            check_refused(result, *reasons)
            return False
        return True

    @rule(numbers=st.sets(st.integers(0, CONTENTS - 1), min_size=1), second=st.sampled_from(PEOPLE[:2]), death=DEATHS)
    def import_batch(self, numbers: set[int], second: str, death: Death) -> None:
        """A file is imported, sealed, and confirmed by somebody else."""
        name = self._request("batch-")
        digest = hashlib.sha256(name.encode()).digest()
        create = CreateBatch(actor="ann", request_id=f"{name}c", file_digest=digest, source="org")
        (made,) = self.lists.write([create])
        assert isinstance(made, Written)
        assert made.batch is not None
        batch_id = made.batch.batch_id
        contents = tuple(Content("org", "", f"{name}-{n}", signals_of(n, 0)) for n in sorted(numbers))
        self._must(ImportEntries(actor="ann", request_id=f"{name}i", batch_id=batch_id, contents=contents), death)
        self._must(SealBatch(actor="ann", request_id=f"{name}s", batch_id=batch_id), None)
        with self.lists.snapshot() as snapshot:
            digest = snapshot.batch(batch_id).digest
        confirm = ConfirmBatch(actor=second, request_id=f"{name}f", batch_id=batch_id, digest=digest)
        (result,) = self.survive(lambda: self.lists.write([confirm]), death)
        if isinstance(result, HashsvcError):
            check_refused(result, "SELF_CONFIRMATION")
        confirmed = isinstance(result, Written)
        assert confirmed == (second != "ann")
        state, people = (State.CONFIRMED, {"ann", second}) if confirmed else (State.PROPOSED, {"ann"})
        entries = [self.lists.entry_id_of(content) for content in contents]
        for entry_id in entries:
            self.model.entries[entry_id] = Listed({0: int(state), 1: int(state)}, people, people=set(people))
        self.batches.append((batch_id, entries))

    @precondition(lambda self: self.batches)
    @rule(first=st.sampled_from(DOUBTERS), second=st.sampled_from(DOUBTERS), death=DEATHS)
    def retract_batch(self, first: str, second: str, death: Death) -> None:
        """Two people retract the newest batch with all that it brought; one alone cannot."""
        batch_id, entries = self.batches[-1]
        if any(set(self.model.entries[entry_id].states.values()) != {State.CONFIRMED} for entry_id in entries):
            return
        retractions = [
            RetractBatch(actor=actor, request_id=self._request("b"), batch_id=batch_id, reason_code="QA")
            for actor in (first, second)
        ]
        self._must(retractions[0], None)
        (result,) = self.survive(lambda: self.lists.write(retractions[1:]), death)
        if isinstance(result, HashsvcError):
            check_refused(result, "SELF_CONFIRMATION")
        state = State.DISPUTED if isinstance(result, HashsvcError) else State.RETRACTED
        for entry_id in entries:
            mine = self.model.entries[entry_id]
            mine.states = dict.fromkeys(mine.states, int(state))
            mine.retractors = {ordinal: {first, second} for ordinal in mine.states}

    def _must(self, command: Command, death: Death) -> None:
        (result,) = self.survive(lambda: self.lists.write([command]), death)
        assert isinstance(result, Written), result

    # ------------------------------------------------------------ processes

    @rule()
    def restart(self) -> None:
        """The process ends and another one begins."""
        self.reopen()

    @rule(death=DEATHS)
    def follow(self, death: Death) -> None:
        """A process that follows the list may die of it as well."""
        self.survive(lambda: self.casework.ground.follow(), death)  # noqa: PLW0108  (another casework after the kill)

    @rule()
    def erase(self) -> None:
        """Closed reports are erased, and takedowns that ended."""
        self.casework.oversight.erase(self.clock.now_us(), contacts_before_us=self.clock.now_us())
        self.reports = [one for one in self.reports if self._is_there(one)]

    def _is_there(self, report: NewReport) -> bool:
        try:
            self.casework.arrival.report_state(self.codes[report.request_id])
        except NotFound:
            return False
        return True

    # ------------------------------------------------------------ what must hold

    @invariant()
    def everything_is_as_the_model_says(self) -> None:
        """Four eyes, one place an item, the ledger's figures, no twin open, nothing closed by what was retracted."""
        if not hasattr(self, "casework"):
            return
        assert self.casework.oversight.verify() == []
        report = verify(self.lists)
        assert report.ok, report.problems
        self.model.take(read(self.casework))
        self.model.check_people(self.lists)
        self.model.check_places()
        self.model.check_twins(self.lists)
        self.model.check_ledger(self.casework)


CaseworkMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=30, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(300)
class TestCasework(CaseworkMachine.TestCase):  # type: ignore[misc, valid-type]
    """Whatever people do and whenever a process dies, each item is in one place, and nothing is listed by fewer."""
