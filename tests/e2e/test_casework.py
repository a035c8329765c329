"""Reports, cases and people over a real service with two workers: who decides what, and whom it spares."""

import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from hashsvc.client import (
    CaseState,
    HashsvcClient,
    ItemState,
    NewItem,
    NewReport,
    RegradeOutcome,
    ReportState,
    ServerError,
    State,
    Verdict,
)
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.signals import PDQ, URL, Signal, UrlFacts
from hashsvc.v1 import case_service_pb2, report_service_pb2
from tests.e2e.service import Service
from tests.e2e.wire import Wire, content, far
from tests.hashlist.lists import signals_of

A = (("uk_abc", "A"),)


@pytest.fixture(scope="module")
def hotline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """A service that tells verdicts and states at once, with one senior."""
    directory = tmp_path_factory.mktemp("hotline")
    ListStore.create(directory / "data", clock=SystemClock())
    settings = ("report_verdicts=true", "report_state_hours=0", "seniors=Sen, boss")
    service = Service(directory / "data", directory / "log", *settings)
    try:
        yield service
        assert service.stop() == 0
        assert [event for event in service.events() if event["event"] in ("call broke", "promise broken")] == []
    finally:
        service.kill_all()


@pytest.fixture(scope="module")
def pair(hotline: Service) -> Iterator[list[HashsvcClient]]:
    """Ann's clients of worker 0 and of worker 1."""
    clients = hotline.clients("ann")
    yield clients
    for client in clients:
        client.close()


def pdq(n: int) -> Signal:
    """A picture that nobody else reports."""
    return next(signal for signal in signals_of(n) if signal.type == PDQ)


def report(*signals: Signal, request_id: str = "", **more: Any) -> NewReport:
    return NewReport(items=[NewItem(signals, "v/1")], request_id=request_id, **more)


def case_of(client: HashsvcClient, one: NewReport) -> int:
    """Bring a report of something new. Returns its case."""
    receipt = client.submit_report(one).receipt
    assert receipt is not None
    (item,) = receipt.items
    assert item.state is ItemState.OPEN
    return item.case


def assess(client: HashsvcClient, case: int, actor: str, *, is_illegal: bool = True, **more: object) -> CaseState:
    """Claim a case and say what it is."""
    person = client.acting_as(actor)
    person.claim_case(case)
    classifications = more.pop("classifications", A if is_illegal else ())
    assert isinstance(classifications, tuple)
    return person.assess_case(case, is_illegal=is_illegal, classifications=classifications).case.state


def refused(call: Callable[[], object]) -> tuple[str, str]:
    """Make a call that must be refused. Returns reason and field."""
    with pytest.raises(ServerError) as caught:
        call()
    return caught.value.reason, caught.value.field


def test_what_two_people_decide_spares_everybody_after_them(pair: list[HashsvcClient], n: int) -> None:
    """A new picture is seen by two people; its waiting twins close with it, and the next report of it at once."""
    here, there = pair
    picture = pdq(n)
    first = here.submit_report(report(picture, comment="сайн", portal="mn"))
    second = there.submit_report(report(far(picture, 10)))
    assert first.receipt is not None
    assert second.receipt is not None
    (opened,), (joined,) = first.receipt.items, second.receipt.items
    assert (opened.verdict, opened.is_case_opened) == (Verdict.NEW, True)
    assert (joined.verdict, joined.is_case_opened, joined.case) == (Verdict.PENDING, False, opened.case)
    codes = [first.receipt.code, second.receipt.code]
    assert [here.report_state(code) for code in codes] == [ReportState.RECEIVED] * 2

    claimed = here.acting_as("ann").claim_case(opened.case)
    assert claimed.case.lease_actor == "ann"
    assert [item.content_ref for item in claimed.items] == ["v/1", "v/1"]
    assert claimed.items[0].signals == (picture,)
    assert [(one.comment, one.portal) for one in claimed.reports] == [("сайн", "mn"), ("", "")]
    assert there.report_state(codes[1]) is ReportState.BEING_ASSESSED
    for _ in range(2):  # the same again, as after a lost answer, changes nothing
        undecided = here.assess_case(opened.case, is_illegal=True, classifications=A, age_band="3-6", flags=["grid"])
        assert (undecided.case.state, len(undecided.case.opinions)) == (CaseState.OPEN, 1)
    there.acting_as("bob").claim_case(opened.case)
    decided = there.acting_as("bob").assess_case(opened.case, is_illegal=True, classifications=A)
    assert (decided.case.state, decided.closed_item_count) == (CaseState.LISTED, 2)
    assert [here.report_state(code) for code in codes] == [ReportState.CLOSED] * 2

    entry = here.get_entry(decided.case.entry_id, at_least=decided.position).entry
    assert [one.signal.value for one in entry.signals] == [picture.value]  # what nobody looked at is not listed
    assert (entry.source, entry.details.classifications) == ("hotline", A)
    third = here.submit_report(report(picture))
    assert third.receipt is not None
    (known,) = third.receipt.items
    assert (known.verdict, known.state, known.case) == (Verdict.KNOWN, ItemState.CLOSED_KNOWN, 0)
    assert known.evidence[0].entry == decided.case.entry_id
    assert there.report_state(third.receipt.code) is ReportState.CLOSED


def test_a_retraction_reopens_what_closed_because_of_it(pair: list[HashsvcClient], n: int) -> None:
    """Once an entry is retracted, what closed because of it is open again, and listed with the checks that met it."""
    here, there = pair
    case = case_of(here, report(pdq(n), partner_reference="p-1"))
    assess(here, case, "ann")
    assert assess(there, case, "bob") is CaseState.LISTED
    later = there.submit_report(report(pdq(n), partner_reference="p-2")).receipt
    assert later is not None
    assert there.report_state(later.code) is ReportState.CLOSED
    entry_id = here.get_case(case).case.entry_id
    assert here.check([pdq(n)], caller_reference="c-1").verdict is Verdict.KNOWN
    here.acting_as("cleo").retract(entry_id, reason_code="appeal")
    here.acting_as("dora").confirm_retraction(entry_id)
    assert there.report_state(later.code) is not ReportState.CLOSED
    told: list[tuple[str, str, object]] = []
    token = ""
    while True:
        page = there.list_affected(entry_id, page_size=1, page_token=token)
        assert (page.may_grow, page.checks_complete_us > 0) == (True, True)  # for 30 s
        told += [("item", one.partner_reference, one.is_open) for one in page.items]
        told += [("check", one.caller_reference, one.verdict) for one in page.checks]
        token = page.next_page_token
        if not token:
            break
    assert told == [("item", "p-1", True), ("item", "p-2", True), ("check", "c-1", Verdict.KNOWN)]


def test_a_case_that_people_differ_about_needs_a_senior(pair: list[HashsvcClient], n: int) -> None:
    """Two who agree are not enough once a third differed: one of them must be a senior."""
    here, there = pair
    case = case_of(here, report(pdq(n)))
    assess(here, case, "ann")
    assert assess(there, case, "bob", is_illegal=False) is CaseState.OPEN
    assert assess(here, case, "cleo") is CaseState.OPEN
    assert here.get_case(case).case.is_escalated
    assert assess(there, case, "SEN") is CaseState.LISTED
    assert [(one.actor, one.is_senior) for one in here.get_case(case).case.opinions][-1] == ("sen", True)


def test_what_is_not_illegal_closes_and_is_not_listed(pair: list[HashsvcClient], n: int) -> None:
    """Two people who say that it is not illegal close the reports; the list learns nothing."""
    here, there = pair
    receipt = here.submit_report(report(pdq(n))).receipt
    assert receipt is not None
    case = receipt.items[0].case
    assess(here, case, "ann", is_illegal=False)
    assert assess(there, case, "bob", is_illegal=False) is CaseState.NOT_ILLEGAL
    assert here.report_state(receipt.code) is ReportState.CLOSED
    assert here.check([pdq(n)]).verdict is Verdict.NEW


def test_a_case_is_one_persons_at_a_time_and_nobody_speaks_twice(pair: list[HashsvcClient], n: int) -> None:
    """Others cannot claim or assess a case that is held; released, they can; a second opinion of one is refused."""
    here, there = pair
    case = case_of(here, report(pdq(n)))
    ann, bob = here.acting_as("ann"), there.acting_as("bob")
    ann.claim_case(case)
    assert refused(lambda: bob.claim_case(case)) == ("CASE_CLAIMED", "case")
    assert refused(lambda: bob.assess_case(case, is_illegal=True)) == ("NOT_YOURS", "case")
    assert ann.release_case(case).case.lease_actor == ""
    assess(there, case, "bob")
    assert refused(lambda: bob.claim_case(case))[0] == "ALREADY_ASSESSED_BY_ACTOR"
    assert assess(here, case, "ann") is CaseState.LISTED
    assert refused(lambda: there.acting_as("cleo").claim_case(case)) == ("CASE_CLOSED", "case")
    assert refused(lambda: ann.get_case(10**9))[0] == "UNKNOWN_CASE"


def test_the_queue_begins_with_what_is_most_urgent(pair: list[HashsvcClient], n: int) -> None:
    """A self-referral comes before the youngest, the youngest before what only came earlier."""
    here, there = pair
    plain = case_of(here, report(pdq(n)))
    young = case_of(here, report(pdq(n + 1), age_hint="0-2"))
    own = case_of(here, NewReport(items=[NewItem([pdq(n + 2)])], self_referral=True))
    order = [one.case for one in there.case_queue(page_size=1_000).cases]
    assert [case for case in order if case in (plain, young, own)] == [own, young, plain]
    first = there.acting_as("zoe").claim_case()
    assert first.case.case == own
    there.acting_as("zoe").release_case(own)


def test_an_opinion_must_say_something_that_its_scheme_has(pair: list[HashsvcClient], n: int, hotline: Service) -> None:
    """A category that a known scheme does not have is refused; a scheme of one's own is kept; leaving legality out is
    no opinion."""
    here, _ = pair
    case = case_of(here, report(pdq(n)))
    ann = here.acting_as("ann")
    ann.claim_case(case)
    wrong = refused(lambda: ann.assess_case(case, is_illegal=True, classifications=[("uk_abc", "Z")]))
    assert wrong == ("UNKNOWN_CATEGORY", "classifications[0].value")
    assert refused(lambda: ann.assess_case(case, is_illegal=True, age_band="5")) == ("BAD_VALUE", "age_band")
    wire = Wire(hotline.address)
    silent = case_service_pb2.AssessCaseRequest(case=case)
    assert wire.refused("AssessCase", silent) == ("INVALID_ARGUMENT", "REQUIRED", "is_illegal")
    wire.close()
    assert ann.assess_case(case, is_illegal=True, classifications=[("ours", "7")]).case.opinions[0].is_illegal


def test_a_bad_report_stops_no_other(pair: list[HashsvcClient], n: int) -> None:
    """Of many reports in one call the wrong one is told why, a reused request_id too, and the others are taken in."""
    here, there = pair
    reports = [
        report(pdq(n), request_id=f"{n}-0"),
        report(pdq(n + 1), request_id=f"{n}-1", age_hint="5"),
        report(pdq(n + 2), request_id=f"{n}-0"),
        report(pdq(n + 3), request_id=f"{n}-3"),
        NewReport(items=[], request_id=f"{n}-4"),
    ]
    results = here.submit_reports(reports)
    assert [result.refusal and (result.refusal.reason, result.refusal.field) for result in results] == [
        None, ("BAD_VALUE", "age_hint"), ("REQUEST_ID_REUSED", "request_id"), None, ("REQUIRED", "items"),
    ]  # fmt: skip
    taken = [result.receipt for result in results if result.receipt is not None]
    assert len({one.code for one in taken}) == 2
    again = [result.receipt for result in there.submit_reports(reports) if result.receipt is not None]
    assert [(one.report_number, one.code, one.is_repeated) for one in again] == [
        (one.report_number, one.code, True) for one in taken
    ]


def test_what_cannot_be_read_is_told_and_the_item_is_taken_in(pair: list[HashsvcClient], n: int) -> None:
    """An unreadable fingerprint or URL is left out with a problem; the item goes to a case with what could be read."""
    here, _ = pair
    broken = Signal(PDQ, b"\1\2\3")
    no_url = Signal(URL, b"nothing of the kind", url=UrlFacts())
    wide = Signal(URL, b"https://wide%d.example/page" % n, url=UrlFacts(scope=5))
    result = here.submit_report(NewReport(items=[NewItem([broken, pdq(n), no_url, wide]), NewItem([broken], "v/2")]))
    told = [(one.item, one.field.removesuffix(".value"), one.reason) for one in result.problems]
    assert told == [
        (0, "signals[0]", "BAD_LENGTH"), (0, "signals[2]", "INVALID_URL"), (1, "signals[0]", "BAD_LENGTH"),
    ]  # fmt: skip
    assert result.receipt is not None
    readable, nothing = (here.get_case(item.case).items[0] for item in result.receipt.items)
    assert [signal.type for signal in readable.signals] == [PDQ, URL]
    assert readable.signals[1].url == UrlFacts(scope=1)  # a reporter never makes a whole site listed
    assert (nothing.signals, nothing.content_ref) == ((), "v/2")


def test_a_code_is_read_as_people_type_it(pair: list[HashsvcClient], n: int) -> None:
    """With spaces or none the code is the same; a wrong digit is told from a code that there is not."""
    here, there = pair
    receipt = here.submit_report(report(pdq(n))).receipt
    assert receipt is not None
    code = receipt.code
    assert there.report_state(f" {code.replace('-', ' ')}") is ReportState.RECEIVED
    wrong = code[:-1] + str((int(code[-1]) + 1) % 10)
    assert refused(lambda: here.report_state(wrong)) == ("BAD_CODE", "code")
    assert refused(lambda: here.report_state("0000-0000-0000"))[0] == "UNKNOWN_CODE"


def test_figures_say_what_nobody_had_to_look_at(pair: list[HashsvcClient], n: int) -> None:
    """The ledger counts what came, what closed unseen and who looked, in whichever worker."""
    here, there = pair
    before = here.get_effect().hotline
    case = case_of(here, report(pdq(n)))
    assess(here, case, "ann")
    assess(there, case, "bob")
    there.submit_report(report(pdq(n)))
    after = here.get_effect()
    hotline_after = after.hotline
    assert hotline_after.reports_received - before.reports_received == 2
    assert hotline_after.reports_closed_unviewed - before.reports_closed_unviewed == 1
    assert hotline_after.viewings - before.viewings == 2
    assert hotline_after.viewings_avoided - before.viewings_avoided == 2
    assert {"ann", "bob"} <= {one.actor for one in after.analysts}
    assert sum(day.reports_received for day in after.days) == hotline_after.reports_received
    assert hotline_after.median_list_us is not None
    assert there.get_effect(until_us=1).hotline.reports_received == 0


def figures(service: Service) -> dict[str, float]:
    """What a scrape says of casework."""
    with urllib.request.urlopen(f"http://{service.metrics_address}/metrics", timeout=10) as answer:
        lines = [line for line in answer.read().decode().splitlines() if line.startswith("hashsvc_casework_")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_metrics_add_up_what_both_workers_did(hotline: Service, pair: list[HashsvcClient], n: int) -> None:
    """Reports, items, claims, opinions and decisions count once each; one process says how the queue stands."""
    here, there = pair
    before = figures(hotline)
    case = case_of(here, report(pdq(n)))
    there.submit_report(report(pdq(n)))
    assess(here, case, "ann")
    assess(there, case, "bob")
    there.submit_report(report(pdq(n)))
    case_of(there, report(pdq(n + 1)))
    open_count = len(here.case_queue(page_size=1_000).cases)
    until = time.monotonic() + 30
    while (now := figures(hotline)).get("hashsvc_casework_open_cases") != open_count:
        assert time.monotonic() < until, f"{now} were told, {open_count} cases are open"
        time.sleep(0.2)
    grown = {name: value - before.get(name, 0) for name, value in now.items() if value != before.get(name, 0)}
    expected = {
        "reports_total": 4, "claims_total": 2, "opinions_total": 2, "batch_seconds_count": 4,
        'items_total{place="known"}': 1, 'items_total{place="joined"}': 1, 'items_total{place="opened"}': 2,
        'decisions_total{outcome="listed"}': 1,
    }  # fmt: skip
    assert {name: grown[f"hashsvc_casework_{name}"] for name in expected} == expected
    assert abs(now["hashsvc_casework_oldest_time"] - SystemClock().now_us() / 1e6) < 3_600
    assert now["hashsvc_casework_kept_reports"] >= 4


def test_writes_of_casework_name_who_acts(hotline: Service) -> None:
    """Without an actor nobody brings a report, claims, releases or assesses."""
    wire = Wire(hotline.address)
    requests = {
        "SubmitReport": report_service_pb2.SubmitReportRequest(),
        "SubmitReports": report_service_pb2.SubmitReportsRequest(),
        "MarkFeedbackSent": report_service_pb2.MarkFeedbackSentRequest(report_number=1),
        "ClaimCase": case_service_pb2.ClaimCaseRequest(),
        "ReleaseCase": case_service_pb2.ReleaseCaseRequest(case=1),
        "AssessCase": case_service_pb2.AssessCaseRequest(case=1, is_illegal=True),
    }
    for name, request in requests.items():
        assert wire.refused(name, request, metadata=())[1] == "ACTOR_REQUIRED", name
    wire.close()


def test_a_reporter_cannot_tell_known_from_new(clients: list[HashsvcClient], n: int) -> None:
    """As it comes, the service tells a report of something listed and one of something new the same, at every step."""
    here, there = clients
    entry_id = here.propose(content(n)).entry.entry_id
    here.acting_as("bob").confirm(entry_id)
    known = there.submit_report(NewReport(items=[NewItem(signals_of(n))]))
    new = there.submit_report(NewReport(items=[NewItem(signals_of(n + 1))]))
    assert known.receipt is not None
    assert new.receipt is not None
    assert (known.receipt.items, known.problems) == (new.receipt.items, new.problems) == ((), ())
    assert here.report_state(known.receipt.code) is here.report_state(new.receipt.code) is ReportState.RECEIVED
    (case,) = [one.case for one in here.case_queue(page_size=1_000).cases if one.item_count == 1][-1:]
    here.acting_as("ann").claim_case(case)
    assert here.report_state(new.receipt.code) is ReportState.RECEIVED
    here.acting_as("ann").release_case(case)


def test_who_has_seen_enough_is_refused(new_service: Callable[..., Service], n: int) -> None:
    """After a run of viewing a break is due: the claim is refused with the time to wait; others go on."""
    service = new_service("exposure_run_minutes=0.01", "report_verdicts=true")
    with HashsvcClient(service.address, "ann") as ann:
        case = case_of(ann, report(pdq(n)))
        ann.claim_case(case)
        time.sleep(0.7)
        ann.release_case(case)
        with pytest.raises(ServerError) as due:
            ann.claim_case(case)
        assert due.value.reason == "BREAK_DUE"
        assert due.value.retry_after_s is not None
        assert 590 < due.value.retry_after_s <= 600
        assert ann.acting_as("bob").claim_case(case).case.lease_actor == "bob"


def test_reports_are_erased_after_their_time_and_the_list_stays(new_service: Callable[..., Service], n: int) -> None:
    """The keeper erases closed reports; the entry stays, and of what closed because of it, that there was something."""
    service = new_service("report_verdicts=true", "report_state_hours=0")
    with HashsvcClient(service.address, "ann") as ann:
        case = case_of(ann, report(pdq(n), partner_reference="p-9"))
        assess(ann, case, "ann")
        assess(ann, case, "bob")
        entry_id = ann.get_case(case).case.entry_id
        receipt = ann.submit_report(report(pdq(n + 1))).receipt
        assert receipt is not None
    assert service.stop() == 0
    service = new_service("retention_days=0", "report_state_hours=0", data=service.data)
    with HashsvcClient(service.address, "ann") as ann:
        until = time.monotonic() + 30
        while not (found := ann.list_affected(entry_id).items)[0].is_erased:
            assert time.monotonic() < until, "nothing was erased"
            time.sleep(0.1)
        assert (found[0].partner_reference, found[0].is_open) == ("", False)
        assert refused(lambda: ann.get_case(case))[0] == "UNKNOWN_CASE"
        assert ann.report_state(receipt.code) is ReportState.RECEIVED  # one that is open is never erased
        assert ann.check([pdq(n)]).verdict is Verdict.KNOWN


def test_what_who_grades_again_finds_not_illegal_closes_nothing_new(n: int, tmp_path: Path) -> None:
    """Over two workers: a listed case is drawn, graded again blind by a third person, and its entry is disputed."""
    ListStore.create(tmp_path / "data", clock=SystemClock())
    service = Service(tmp_path / "data", tmp_path / "log", "regrade_share=1", "report_verdicts=true")
    try:
        here, there = service.clients("ann")
        with here, there:
            case = case_of(here, report(pdq(n)))
            assert list(here.list_regrades()) == []
            assess(here, case, "ann")
            assert assess(there, case, "bob") is CaseState.LISTED
            entry_id = here.get_case(case).case.entry_id
            assert [one.case for one in there.list_regrades()] == [case]
            assert refused(lambda: here.acting_as("bob").claim_regrade(case))[0] == "ALREADY_ASSESSED_BY_ACTOR"
            cleo = there.acting_as("cleo")
            claimed = cleo.claim_regrade()
            shown = claimed.case
            assert (shown.case, shown.state, shown.opinions, shown.entry_id) == (case, CaseState.OPEN, (), "")
            assert [(one.state, one.entry_ids, one.evidence) for one in claimed.items] == [(ItemState.OPEN, (), ())]
            for _ in range(2):
                assert cleo.release_case(case).case.opinions == ()
            cleo.claim_regrade(case)
            graded = cleo.assess_regrade(case, is_illegal=False)
            assert graded.regrade.outcome is RegradeOutcome.LEGALITY_DIFFERS
            again = here.acting_as("cleo").assess_regrade(case, is_illegal=False)  # a repeat at another worker
            assert again.regrade == graded.regrade
            (listed,) = here.list_regrades(RegradeOutcome.LEGALITY_DIFFERS)
            assert listed.opinion is not None
            assert (listed.case, listed.opinion.actor) == (case, "cleo")
            entry = here.get_entry(entry_id, at_least=graded.position).entry
            assert {one.state for one in entry.signals} == {State.DISPUTED}
            receipt = here.submit_report(report(pdq(n))).receipt
            assert receipt is not None
            assert receipt.items[0].state is ItemState.OPEN
            figures = there.get_effect().hotline
            assert (figures.regrades, figures.regrades_legality_differs) == (1, 1)
        assert service.stop() == 0
    finally:
        service.kill_all()
