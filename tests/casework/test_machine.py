"""Casework under random actions by random people, with kills in between: four eyes, one place, right counts."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from hashsvc.casework.store import Casework
from hashsvc.casework.values import (
    CaseState,
    Event,
    EventKind,
    ItemState,
    Mark,
    NewItem,
    NewReport,
    Opinion,
    ReportState,
    Takedown,
    TakedownState,
)
from hashsvc.clock import SeededClock
from hashsvc.errors import FailedPrecondition, HashsvcError, NotFound
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ChangeKind, Content, DecideEntry, ProposeEntry, Written
from hashsvc.hashlist.verify import verify
from hashsvc.matching.policy import load_policy
from hashsvc.signals import PDQ, SHA256, URL, Signal
from tests.casework.settings import SETTINGS

PEOPLE = ("ann", "bob", "cleo", "sen")
CONTENTS = 6


def check_refused(error: HashsvcError, *reasons: str) -> None:
    """Any other refusal is a defect."""
    if error.reason not in reasons:
        raise error


class Killed(BaseException):
    """The process is gone."""


def pdq_of(n: int, bits: int = 0) -> bytes:
    """Content n's PDQ, so many bits off; contents are far from one another."""
    value = bytearray(np.random.default_rng(77_000 + n).bytes(32))
    for bit in range(bits):
        value[bit * 3 % 32] ^= 1 << bit // 8
    return bytes(value)


def signals_of(n: int, variant: int) -> tuple[Signal, ...]:
    """Content n: as it is, a copy (other digest, near PDQ), a farther one, by its URL, by digest alone, by nothing."""
    digest = Signal(SHA256, np.random.default_rng([n, variant]).bytes(32))
    url = Signal(URL, f"https://c{n}.example.com/{n}".encode())
    return (
        (Signal(SHA256, np.random.default_rng([n, 0]).bytes(32)), Signal(PDQ, pdq_of(n), 90)),
        (digest, Signal(PDQ, pdq_of(n, 8), 90)),
        (digest, Signal(PDQ, pdq_of(n, 26), 90)),
        (url, Signal(PDQ, pdq_of(n, 4), 90)),
        (Signal(SHA256, np.random.default_rng([n, 0]).bytes(32)), url),
        (),
    )[variant]


ITEMS = st.builds(
    lambda n, variant: NewItem(signals_of(n, variant), f"ref-{n}-{variant}"),
    st.integers(0, CONTENTS - 1), st.integers(0, 5),
)  # fmt: skip


class CaseworkMachine(RuleBasedStateMachine):
    """Everything that people and processes do to casework."""

    @initialize()
    def begin(self) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="hashsvc-casework-"))
        self.clock = SeededClock(1)
        ListStore.create(self.directory / "list", clock=self.clock)
        self.policy = load_policy()
        self.received = self.known_at_once = 0
        self.codes: dict[str, str] = {}
        self.reports: list[NewReport] = []
        self.entries: list[bytes] = []
        self.number = 0
        self.open()

    def open(self) -> None:
        self.lists = ListStore.open(self.directory / "list", clock=self.clock)
        self.casework = Casework(self.directory / "casework", self.lists, self.policy, SETTINGS, self.clock)
        self.casework.finish()

    def reopen(self) -> None:
        self.casework.close()
        self.lists.close()
        self.open()

    def teardown(self) -> None:
        self.casework.close()
        self.lists.close()
        shutil.rmtree(self.directory)

    # ------------------------------------------------------------ reports

    @rule(items=st.lists(ITEMS, min_size=1, max_size=3), more=st.lists(ITEMS, max_size=2), urgent=st.booleans())
    def submit(self, items: list[NewItem], more: list[NewItem], urgent: bool) -> None:
        """One or two reports at once."""
        reports = [self._report(tuple(items), urgent)]
        if more:
            reports.append(self._report(tuple(more), False))
        for report, taken in zip(reports, self.casework.submit(reports), strict=True):
            assert len(taken.items) == len(report.items)
            self.received += len(report.items)
            self.known_at_once += sum(one.state == ItemState.CLOSED_KNOWN for one in taken.items)
            self.codes[report.request_id] = taken.code
            self.reports.append(report)

    def _report(self, items: tuple[NewItem, ...], urgent: bool) -> NewReport:
        self.number += 1
        return NewReport(actor="portal", request_id=f"r{self.number}", items=items, self_referral=urgent)

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def submit_again(self, data: st.DataObject) -> None:
        """A repeated report is answered with the same code and takes nothing in."""
        report = data.draw(st.sampled_from(self.reports))
        (again,) = self.casework.submit([report])
        assert (again.repeated, again.code) == (True, self.codes[report.request_id])

    @precondition(lambda self: self.reports)
    @rule(data=st.data())
    def ask(self, data: st.DataObject) -> None:
        code = self.codes[data.draw(st.sampled_from(self.reports)).request_id]
        try:
            assert self.casework.report_state(code) in tuple(ReportState)
        except NotFound as error:
            check_refused(error, "UNKNOWN_CODE")

    # ------------------------------------------------------------ people

    @rule(
        actor=st.sampled_from(PEOPLE), illegal=st.booleans(), category=st.sampled_from("AAB"), gives_back=st.booleans()
    )
    def look(self, actor: str, illegal: bool, category: str, gives_back: bool) -> None:
        """Somebody takes the next case and says something, or gives it back."""
        try:
            case = self.casework.claim(actor)
        except NotFound:
            return
        if gives_back:
            self.casework.release(actor, case.number)
            return
        self._assess(case.number, actor, illegal, category)

    @precondition(lambda self: self.casework.queue(1))
    @rule(data=st.data(), first=st.sampled_from(PEOPLE), second=st.sampled_from(PEOPLE), illegal=st.booleans())
    def agree(self, data: st.DataObject, first: str, second: str, illegal: bool) -> None:
        """Two people look at one case and say the same."""
        case = data.draw(st.sampled_from([case.number for case in self.casework.queue(20)]))
        for actor in (first, second):
            try:
                self.casework.claim(actor, case)
            except FailedPrecondition as error:
                check_refused(error, "ALREADY_ASSESSED_BY_ACTOR", "CASE_CLAIMED", "CASE_CLOSED", "HOLDS_ANOTHER")
                continue
            self._assess(case, actor, illegal, "A")

    def _assess(self, case: int, actor: str, illegal: bool, category: str) -> None:
        categories = (("uk_abc", category),) if illegal else ()
        try:
            decided = self.casework.assess(case, Opinion(actor, 0, illegal, categories))
        except FailedPrecondition as error:
            check_refused(error, "NOTHING_TO_LIST")
            return
        if decided.case.entry_id:
            self.entries.append(decided.case.entry_id)
        said = [one for one in decided.case.opinions if one.is_illegal == illegal]
        if decided.case.state in (CaseState.LISTED, CaseState.NOT_ILLEGAL):
            assert len({one.actor for one in said}) >= SETTINGS.people_required

    @rule(data=st.data(), gone=st.booleans(), stale=st.booleans())
    def mark(self, data: st.DataObject, gone: bool, stale: bool) -> None:
        """Somebody sends a notice, or says that the content is gone, perhaps of an appearance that is over."""
        found, _ = self.casework.takedowns(tuple(TakedownState), 0, 100)
        if not found:
            return
        one = data.draw(st.sampled_from(found))
        state = TakedownState.REMOVED if gone else TakedownState.NOTICED
        mark = Mark(one.number, state, "" if gone else "host", one.appearance + stale)
        (answer,) = self.casework.mark_takedowns("mia", [mark])
        if isinstance(answer, Takedown):
            assert (answer.appearance, stale) == (one.appearance, False)
            assert answer.state in (state, TakedownState.REMOVED)
        else:
            assert isinstance(answer, HashsvcError)
            check_refused(answer, "TAKEDOWN_CHANGED" if stale else "TAKEDOWN_ENDED")

    # ------------------------------------------------------------ the list, by other ways

    @rule(n=st.integers(0, CONTENTS - 1))
    def list_by_hand(self, n: int) -> None:
        """Two people list a content directly."""
        self.number += 1
        content = Content("other", "", f"by-hand-{self.number}", signals_of(n, 0))
        entry_id = self.lists.entry_id_of(content)
        self._write(
            ProposeEntry(actor="ann", request_id=f"p{self.number}", content=content),
            self._decide(ChangeKind.ENTRY_CONFIRMED, entry_id, "bob"),
        )
        self.entries.append(entry_id)

    @precondition(lambda self: self.entries)
    @rule(data=st.data(), both=st.booleans())
    def retract(self, data: st.DataObject, both: bool) -> None:
        """Somebody asks for a retraction, and perhaps somebody else agrees."""
        entry_id = data.draw(st.sampled_from(self.entries))
        with pytest.MonkeyPatch.context():
            self._try(self._decide(ChangeKind.RETRACTION_REQUESTED, entry_id, "dan"))
            if both:
                self._try(self._decide(ChangeKind.RETRACTION_CONFIRMED, entry_id, "eve"))

    def _decide(self, action: int, entry_id: bytes, actor: str) -> DecideEntry:
        self.number += 1
        return DecideEntry(
            actor=actor, request_id=f"d{self.number}", action=int(action), entry_id=entry_id, reason_code="QA"
        )

    def _write(self, *commands: Any) -> None:
        for result in self.lists.write(commands):
            assert isinstance(result, Written), result

    def _try(self, command: DecideEntry) -> None:
        (result,) = self.lists.write([command])
        assert isinstance(result, Written | FailedPrecondition), result

    # ------------------------------------------------------------ processes

    @rule()
    def restart(self) -> None:
        """The process ends and another one begins."""
        self.reopen()

    @precondition(lambda self: self.casework.queue(1))
    @rule(data=st.data(), after=st.booleans())
    def killed_while_listing(self, data: st.DataObject, after: bool) -> None:
        """A process is killed between deciding and listing, or between listing and closing; the next one finishes."""
        number = data.draw(st.sampled_from([case.number for case in self.casework.queue(20)]))
        write = self.casework._write_list

        def dies(*arguments: Any) -> bytes:
            if after:
                write(*arguments)
            raise Killed

        self.casework._write_list = dies  # type: ignore[method-assign, assignment]
        before = self.casework.case(number)[0]
        try:
            for actor in ("fay", "gus"):
                self.casework.claim(actor, number)
                self.casework.assess(number, Opinion(actor, 0, True, (("uk_abc", "A"),)))
        except Killed:
            pass
        except HashsvcError as error:
            check_refused(error, "NOTHING_TO_LIST", "ALREADY_ASSESSED_BY_ACTOR", "CASE_CLAIMED", "HOLDS_ANOTHER")
        self.reopen()
        case = self.casework.case(number)[0]
        assert case.state != CaseState.DECIDING
        if case.state == CaseState.LISTED:
            self.entries.append(case.entry_id)
            assert len(case.opinions) >= SETTINGS.people_required > len(before.opinions) - 2

    @rule()
    def erase(self) -> None:
        """Closed reports are erased, and takedowns that ended."""
        self.casework.erase(self.clock.now_us())
        self.reports = [one for one in self.reports if self._is_there(one)]

    def _is_there(self, report: NewReport) -> bool:
        try:
            self.casework.report_state(self.codes[report.request_id])
        except NotFound:
            return False
        return True

    # ------------------------------------------------------------ what must hold

    @invariant()
    def everything_is_in_its_place(self) -> None:
        """One place an item, right counts, nothing open that is known, nothing closed by what was retracted."""
        if not hasattr(self, "casework"):
            return
        assert self.casework.verify() == []
        events = list(self.casework.events(0, 1 << 62))
        assert sum(one.value for one in events if one.kind == EventKind.REPORT_RECEIVED) == self.received
        assert _count(events, EventKind.ITEM_KNOWN) == self.known_at_once
        report = verify(self.lists)
        assert report.ok, report.problems


def _count(events: list[Event], kind: int) -> int:
    return sum(one.kind == kind for one in events)


CaseworkMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


@pytest.mark.slow
@pytest.mark.timeout(300)
class TestCasework(CaseworkMachine.TestCase):  # type: ignore[misc, valid-type]
    """Whatever people do and whenever a process dies, each item is in one place, and nothing is listed by fewer."""
