"""Reports and cases as records for JSON and tables; one spelling for all commands."""

from __future__ import annotations

from typing import Any

import msgspec

from hashsvc.cli.records import time_text
from hashsvc.client.case_values import (
    AffectedCheck,
    AffectedItem,
    Case,
    CaseItem,
    CaseReport,
    CaseResult,
    Feedback,
    Opinion,
    ReportResult,
)
from hashsvc.client.values import Evidence
from hashsvc.signals import BY_NUMBER, UNKNOWN_QUALITY, Signal, print_value


def report_record(result: ReportResult, line: int | None = None) -> dict[str, Any]:
    """A report that was brought: its code, or why it was refused. line: of the file it stands in."""
    receipt = result.receipt
    refusal = result.refusal
    record: dict[str, Any] = {
        "request_id": result.request_id,
        "code": receipt.code if receipt is not None else None,
        "report": receipt.report_number if receipt is not None else None,
        "repeated": receipt.is_repeated if receipt is not None else False,
        "items": [
            {
                "item": one.item,
                "verdict": one.verdict,
                "state": one.state,
                "case": one.case or None,
                "opened": one.is_case_opened,
                "evidence": msgspec.to_builtins(one.evidence),
            }
            for one in (receipt.items if receipt is not None else ())
        ],
        "refusal": None if refusal is None else problem_record(refusal.field, refusal.reason, refusal.message),
        "problems": [
            problem_record(f"items[{one.item}].{one.field}", one.reason, one.message) for one in result.problems
        ],
    }
    return record if line is None else {"line": line, **record}


def problem_record(field: str, reason: str, message: str) -> dict[str, str]:
    return {"field": field, "reason": reason, "message": message}


def case_record(case: Case) -> dict[str, Any]:
    """A case without its items."""
    return {
        "case": case.case,
        "state": case.state.value,
        "reports": case.report_count,
        "items": case.item_count,
        "self_referral": case.is_self_referral,
        "age_hint": case.age_hint or None,
        "severity_hint": case.severity_hint or None,
        "opened": time_text(case.opened_us),
        "closed": _time_or_none(case.closed_us),
        "escalated": case.is_escalated,
        "held_by": case.lease_actor or None,
        "held_until": _time_or_none(case.lease_end_us),
        "opinions": [opinion_record(one) for one in case.opinions],
        "suggested_cases": list(case.suggested_cases),
        "likely_entries": list(case.likely_entry_ids),
        "entry": case.entry_id or None,
        "first_item": {"report": case.first_item[0], "item": case.first_item[1]},
    }


def case_result_record(result: CaseResult) -> dict[str, Any]:
    """A case with its items."""
    record = case_record(result.case)
    return {
        **record,
        "item_list": [_item_record(one) for one in result.items],
        "report_list": [_case_report_record(one) for one in result.reports],
        "truncated": result.truncated,
    }


def feedback_record(one: Feedback) -> dict[str, Any]:
    """A reporter who is to be told."""
    return {
        "report": one.report_number,
        "contact": one.contact,
        "language": one.language or None,
        "portal": one.portal or None,
    }


def affected_item_record(one: AffectedItem) -> dict[str, Any]:
    """An item of a report that closed because of an entry. reference: the partner's own name of the report."""
    return {
        "kind": "report",
        "report": one.report_number,
        "item": one.item,
        "reference": one.partner_reference or None,
        "open": one.is_open,
        "erased": one.is_erased,
    }


def affected_check_record(one: AffectedCheck) -> dict[str, Any]:
    """An item of a check that was answered with an entry. reference: the caller's own."""
    return {
        "kind": "check",
        "time": time_text(one.time_us),
        "actor": one.actor or None,
        "reference": one.caller_reference or None,
        "item": one.item,
        "verdict": one.verdict,
        "sequence": one.sequence,
        "epoch": one.epoch,
    }


def _case_report_record(report: CaseReport) -> dict[str, Any]:
    return {
        "report": report.report_number,
        "brought_by": report.actor,
        "received": time_text(report.received_us),
        "type": report.type or None,
        "comment": report.comment or None,
        "language": report.language or None,
        "portal": report.portal or None,
        "partner_reference": report.partner_reference or None,
        "self_referral": report.is_self_referral,
        "age_hint": report.age_hint or None,
        "severity_hint": report.severity_hint or None,
        "items": report.item_count,
    }


def _item_record(item: CaseItem) -> dict[str, Any]:
    return {
        "report": item.report_number,
        "item": item.item,
        "state": item.state.value,
        "content_ref": item.content_ref or None,
        "signals": [_signal_record(one) for one in item.signals],
        "verdict": item.verdict,
        "evidence": [_evidence_record(one) for one in item.evidence],
        "entries": list(item.entry_ids),
        "received": time_text(item.received_us),
        "closed": _time_or_none(item.closed_us),
    }


def _signal_record(signal: Signal) -> dict[str, Any]:
    return {
        "type": BY_NUMBER[signal.type].name,
        "value": print_value(signal.type, signal.value),
        "quality": None if signal.quality == UNKNOWN_QUALITY else signal.quality,
        "embedded": True if signal.url is not None and signal.url.embedded else None,
    }


def _evidence_record(one: Evidence) -> dict[str, Any]:
    """What casework keeps of a piece of evidence."""
    return {
        "entry": one.entry,
        "signal": one.signal,
        "distance_bits": one.distance_bits,
        "distance_squared": one.distance_squared,
        "orientation": one.orientation.value,
        "state": one.state.value,
        "verdict": one.verdict,
        "caps": [cap.value for cap in one.caps],
        "url_scope": one.url_scope.value,
    }


def opinion_record(opinion: Opinion) -> dict[str, Any]:
    return {
        "actor": opinion.actor,
        "time": time_text(opinion.time_us),
        "illegal": opinion.is_illegal,
        "classifications": [{"scheme": scheme, "value": value} for scheme, value in opinion.classifications],
        "age_band": opinion.age_band or None,
        "sex": list(opinion.sex),
        "flags": list(opinion.flags),
        "note": opinion.note or None,
        "senior": opinion.is_senior,
    }


def _time_or_none(time_us: int) -> str | None:
    return time_text(time_us) if time_us else None
