"""Reports between protos and values. What cannot be read of an item is left out and told; the item is taken in."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from hashsvc import limits
from hashsvc.casework.values import Feedback, NewItem, NewReport, Submitted
from hashsvc.categories import AGE_BANDS, SEVERITIES
from hashsvc.errors import InvalidArgument
from hashsvc.matching.values import Problem
from hashsvc.server.translate.case import evidence_of
from hashsvc.server.translate.common import check_length, problem_of, request_id_of, signal_of, text_of
from hashsvc.server.translate.entry import check_signal_count
from hashsvc.signals import URL, Signal, UrlFacts
from hashsvc.signals.url_expressions import lookup_keys
from hashsvc.v1 import report_service_pb2 as pb
from hashsvc.v1 import signal_pb2

_LINE_ENDS = "\n\t"
_NUMBER_BITS = 63  # of a report's number in a page token


def read_report(message: pb.Report, actor: str, problems: list[Problem]) -> NewReport:
    """Read a report. Adds a problem for each signal that is left out. Raises InvalidArgument for what is wrong else."""
    count = len(message.items)
    if not count:
        raise InvalidArgument("REQUIRED", "a report has an item; an empty one is enough", field="items")
    if count > limits.REPORT_ITEMS_MAX:
        raise InvalidArgument(
            "TOO_MANY_ITEMS", f"there are {count}; at most {limits.REPORT_ITEMS_MAX} are allowed", field="items"
        )
    return NewReport(
        actor=actor,
        request_id=request_id_of(message.request_id),
        items=tuple(_item_of(one, i, problems) for i, one in enumerate(message.items)),
        kind=text_of(message.type, limits.LABEL_CHARS_MAX, "type"),
        comment=_comment_of(message.comment),
        language=text_of(message.language, limits.LABEL_CHARS_MAX, "language"),
        portal=text_of(message.portal, limits.LABEL_CHARS_MAX, "portal"),
        partner_reference=text_of(message.partner_reference, limits.CALLER_REFERENCE_CHARS_MAX, "partner_reference"),
        self_referral=message.self_referral,
        age_hint=one_of(message.age_hint, AGE_BANDS, "age_hint"),
        severity_hint=one_of(message.severity_hint, SEVERITIES, "severity_hint"),
        contact=_contact_of(message.contact),
    )


def one_of(text: str, right: Sequence[str], field: str) -> str:
    """Check a text that is one of a few, or empty."""
    if text and text not in right:
        raise InvalidArgument("BAD_VALUE", f"right is one of {', '.join(right)}, or empty", field=field)
    return text


def receipt_of(submitted: Submitted, *, with_verdicts: bool) -> pb.ReportReceipt:
    """Write what a reporter gets. with_verdicts: also what became of each item, for callers that may know."""
    receipt = pb.ReportReceipt(report_number=submitted.number, code=submitted.code, is_repeated=submitted.repeated)
    if with_verdicts:
        for i, placed in enumerate(submitted.items):
            one = receipt.items.add(
                item=i,
                verdict=placed.verdict,
                state=placed.state,
                case=placed.case,
                is_case_opened=placed.opened,
            )
            one.evidence.extend(map(evidence_of, placed.met))
    return receipt


def _item_of(message: pb.ReportItem, index: int, problems: list[Problem]) -> NewItem:
    check_signal_count(len(message.signals), f"items[{index}].signals")
    signals: list[Signal] = []
    for i, one in enumerate(message.signals):
        field = f"signals[{i}]"
        try:
            signal = _signal_of(one, field)
        except InvalidArgument as error:
            problems.append(problem_of(error, index, field))
            continue
        if signal not in signals:
            signals.append(signal)
    content_ref = text_of(message.content_ref, limits.CONTENT_REF_CHARS_MAX, f"items[{index}].content_ref")
    return NewItem(tuple(signals), content_ref)


def _signal_of(message: signal_pb2.Signal, field: str) -> Signal:
    """Read a signal. A URL is that of a page, whatever its reporter says: a site is listed by hand only."""
    signal = signal_of(message, field)
    if signal.type != URL:
        return signal
    lookup_keys(signal.value.decode(), field)
    return replace(signal, url=UrlFacts(embedded=signal.url is not None and signal.url.embedded))


def feedback_message(one: Feedback) -> pb.Feedback:
    """Write whom to tell."""
    return pb.Feedback(report_number=one.report, contact=one.contact, language=one.language, portal=one.portal)


def feedback_token(one: Feedback) -> int:
    """A number for the page token that goes on after this one."""
    return one.closed_us << _NUMBER_BITS | one.report


def after_feedback(token: int) -> tuple[int, int]:
    """Read it back: (closed_us, report)."""
    return token >> _NUMBER_BITS, token & (1 << _NUMBER_BITS) - 1


def _contact_of(contact: str) -> str:
    """Check a contact: one line, since it may end up in the head of a mail."""
    check_length(contact, limits.CONTACT_CHARS_MAX, "contact")
    if not contact.isprintable():
        raise InvalidArgument("BAD_CHARACTERS", "a contact is one line of printable characters", field="contact")
    return contact


def _comment_of(comment: str) -> str:
    """Take what a person wrote, in any script; control characters are dropped."""
    check_length(comment, limits.COMMENT_CHARS_MAX, "comment")
    return "".join(one for one in comment if one in _LINE_ENDS or (one >= " " and not "\x7f" <= one <= "\x9f"))
