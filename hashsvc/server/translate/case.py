"""Cases, items, opinions between protos and values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from hashsvc.casework.values import Case, Item, Met, Opinion, Regrade, Report
from hashsvc.categories import AGE_BANDS, Crosswalk
from hashsvc.errors import InvalidArgument
from hashsvc.matching.values import Evidence
from hashsvc.server.translate.check import evidence_message
from hashsvc.server.translate.common import PAGE_BYTES_MAX, signal_message, timestamp
from hashsvc.server.translate.entry import classifications_of, labels_of, note_of
from hashsvc.signals import PHOTODNA
from hashsvc.v1 import case_service_pb2 as pb
from hashsvc.v1 import check_service_pb2

CaseResponse: TypeAlias = pb.GetCaseResponse | pb.ClaimCaseResponse | pb.ClaimRegradeResponse

ITEMS_MAX = 1_000  # items listed of one case
FULL_BYTES_MAX = PAGE_BYTES_MAX + 512 * 1024  # with its reports; gRPC takes 4 MiB


def case_number_of(number: int, *, required: bool = True) -> int:
    """Read a case's number; 0 where it may be left out."""
    if number < 0 or number >= 2**63:
        raise InvalidArgument("BAD_VALUE", f"it is {number}; cases count from 1", field="case")
    if required and not number:
        raise InvalidArgument("REQUIRED", "the number of a case is required", field="case")
    return number


def opinion_of(request: pb.AssessCaseRequest | pb.AssessRegradeRequest, actor: str, crosswalk: Crosswalk) -> Opinion:
    """Read an opinion. Raises InvalidArgument, UNKNOWN_CATEGORY where its scheme is known and has no such value."""
    if not request.HasField("is_illegal"):
        raise InvalidArgument("REQUIRED", "an opinion says whether it is illegal", field="is_illegal")
    classifications = classifications_of(request.classifications, "classifications")
    for i, (scheme, value) in enumerate(classifications):
        if crosswalk.is_known(scheme):
            crosswalk.check(scheme, value, f"classifications[{i}].value")
    if request.age_band and request.age_band not in AGE_BANDS:
        raise InvalidArgument("BAD_VALUE", f"right is one of {', '.join(AGE_BANDS)}, or empty", field="age_band")
    return Opinion(
        actor,
        0,
        request.is_illegal,
        tuple(classifications),
        request.age_band,
        labels_of(request.sex, "sex"),
        labels_of(request.flags, "flags"),
        note_of(request.note),
    )


def case_message(case: Case) -> pb.Case:
    """Write a case without its items."""
    report, item = case.first_item
    message = pb.Case(
        case=case.number,
        state=case.state,  # type: ignore[arg-type]
        open_time=timestamp(case.opened_us),
        report_count=case.report_count,
        item_count=case.item_count,
        is_self_referral=case.self_referral,
        age_hint=case.age_hint,
        severity_hint=case.severity_hint,
        opinions=map(_opinion_message, case.opinions),
        is_escalated=case.escalated,
        lease_actor=case.lease_actor,
        suggested_cases=case.suggestions,
        likely_entry_ids=[entry_id.hex() for entry_id in case.likely],
        entry_id=case.entry_id.hex(),
        first_report_number=report,
        first_item=item,
    )
    if case.lease_actor:
        message.lease_end_time.CopyFrom(timestamp(case.lease_until_us))
    if case.closed_us:
        message.close_time.CopyFrom(timestamp(case.closed_us))
    return message


def add_items(response: CaseResponse, case: Case, items: Sequence[Item]) -> None:
    """Write a case's items until there are too many; the one that is to be looked at always."""
    first = next((i for i, item in enumerate(items) if (item.report, item.index) == case.first_item), 0)
    byte_count = 0
    for i, item in enumerate(items):
        full = len(response.items) >= ITEMS_MAX or byte_count > PAGE_BYTES_MAX
        if full and i != first:
            response.is_truncated = True
            continue
        message = _item_message(item)
        byte_count += message.ByteSize()
        response.items.append(message)


def report_numbers_of(response: CaseResponse) -> list[int]:
    """The reports of the items that are written."""
    return sorted({item.report_number for item in response.items})


def add_reports(response: CaseResponse, reports: Sequence[Report]) -> None:
    """Write the reports of a case's items, until the message is full."""
    byte_count = response.ByteSize()
    for report in reports:
        message = _report_message(report)
        byte_count += message.ByteSize()
        if byte_count > FULL_BYTES_MAX:
            response.is_truncated = True
            return
        response.reports.append(message)


def regrade_message(regrade: Regrade) -> pb.Regrade:
    return pb.Regrade(
        case=regrade.case,
        outcome=regrade.outcome,  # type: ignore[arg-type]
        draw_time=timestamp(regrade.drawn_us),
        opinion=None if regrade.opinion is None else _opinion_message(regrade.opinion),
    )


def evidence_of(met: Met) -> check_service_pb2.Evidence:
    """Write what casework keeps of a piece of evidence, as a check writes all of it."""
    bits, squared = (0, met.distance) if met.type == PHOTODNA else (met.distance, 0)
    return evidence_message(
        Evidence(
            entry_id=met.entry_id,
            entry_sequence=0,
            signal=met.type,
            query_index=0,
            distance_bits=bits,
            distance_squared=squared,
            orientation=met.orientation,
            state=met.state,
            verdict=met.verdict,
            caps=met.caps,
            query_quality=met.query_quality,
            listed_quality=met.listed_quality,
            url_scope=met.url_scope,
        )
    )


def _item_message(item: Item) -> pb.CaseItem:
    message = pb.CaseItem(
        report_number=item.report,
        item=item.index,
        state=item.state,  # type: ignore[arg-type]
        signals=map(signal_message, item.signals),
        content_ref=item.content_ref,
        verdict=item.verdict,  # type: ignore[arg-type]
        evidence=map(evidence_of, item.met),
        entry_ids=[entry_id.hex() for entry_id in item.entries],
        receive_time=timestamp(item.received_us),
    )
    for written, signal in zip(message.signals, item.signals, strict=True):
        if signal.url is not None and signal.url.embedded:
            written.url.embedded = True
    if item.closed_us:
        message.close_time.CopyFrom(timestamp(item.closed_us))
    return message


def _report_message(report: Report) -> pb.CaseReport:
    return pb.CaseReport(
        report_number=report.number,
        actor=report.actor,
        receive_time=timestamp(report.received_us),
        type=report.kind,
        comment=report.comment,
        language=report.language,
        portal=report.portal,
        partner_reference=report.partner_reference,
        is_self_referral=report.self_referral,
        age_hint=report.age_hint,
        severity_hint=report.severity_hint,
        item_count=report.item_count,
    )


def _opinion_message(opinion: Opinion) -> pb.Opinion:
    message = pb.Opinion(
        actor=opinion.actor,
        time=timestamp(opinion.time_us),
        is_illegal=opinion.is_illegal,
        age_band=opinion.age_band,
        sex=opinion.sex,
        flags=opinion.flags,
        note=opinion.note,
        is_senior=opinion.is_senior,
    )
    for scheme, value in opinion.classifications:
        message.classifications.add(scheme=scheme, value=value)
    return message
