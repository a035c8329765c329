"""Answers become values by what the value classes declare: every call's, whatever the message holds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

import msgspec
import pytest
from google.protobuf.message import Message

from hashsvc.client import (
    Cap,
    CheckResult,
    Content,
    EntryResult,
    EntrySignal,
    NewItem,
    NewReport,
    State,
    TakedownMark,
    TakedownState,
    Verdict,
    values,
)
from hashsvc.client.call import Call
from hashsvc.client.case_values import Case, CaseResult, HotlineFigures, Opinion
from hashsvc.client.declared import From
from hashsvc.client.methods import Method, Methods, PagedMethod
from hashsvc.client.policy_values import BlindSpot
from hashsvc.client.reading import read, reader
from hashsvc.client.values import Change, Evidence, Person, Stats
from hashsvc.errors import InvariantError
from hashsvc.signals import MD5, PDQ, UNKNOWN_QUALITY, URL, Signal
from hashsvc.v1 import (
    case_service_pb2,
    change_pb2,
    check_service_pb2,
    entry_pb2,
    entry_service_pb2,
    feed_service_pb2,
    policy_service_pb2,
    position_pb2,
)

SIGNAL = Signal(MD5, b"\x01" * 16)
CONTENT = Content("iwf", (SIGNAL,))
REPORT = NewReport(items=[NewItem([SIGNAL])], request_id="r")
ASKED: dict[str, tuple[Any, ...]] = {  # what each call is asked in this test; by keyword: `{}` at the end
    "check": ([SIGNAL],), "propose": (CONTENT,), "confirm": ("id",), "reject": ("id",), "amend": ("id", "etag"),
    "dispute": ("id", {"reason_code": "r"}), "resolve": ("id",), "retract": ("id", {"reason_code": "r"}),
    "confirm_retraction": ("id",), "mark_seen_live": (["id"],), "get_entry": ("id",), "list_entries": (),
    "history": ("id",), "create_batch": (b"\x01" * 32, "iwf"), "import_entries": ("id", [CONTENT] * 9),
    "validate_entries": ([CONTENT] * 9,), "seal": ("id",), "confirm_batch": ("id", b"\x01" * 32),
    "retract_batch": ("id", {"reason_code": "r"}), "get_batch": ("id",), "list_batches": (), "read_changes": (),
    "stats": (), "submit_report": (REPORT,), "submit_reports": ([REPORT] * 9,), "report_state": ("code",),
    "list_feedback": (), "mark_feedback_sent": (1,), "case_queue": (), "get_case": (1,), "claim_case": (),
    "release_case": (1,), "assess_case": (1, {"is_illegal": True}), "list_regrades": (), "claim_regrade": (),
    "assess_regrade": (1, {"is_illegal": False}), "list_affected": ("id",), "get_effect": (), "list_takedowns": (),
    "mark_takedowns": ([TakedownMark(1, TakedownState.NOTICED)] * 9,), "get_policy": (), "simulate_policy": ("text",),
    "propose_policy": ("text",), "confirm_policy": (7,),
}  # fmt: skip


def each_call() -> Iterator[Any]:
    for name, method in vars(Methods).items():
        if isinstance(method, Method | PagedMethod):
            yield pytest.param(method, id=name)


def made(method: Any, name: str) -> Call[Any]:
    arguments = list(ASKED[name])
    named = arguments.pop() if arguments and isinstance(arguments[-1], dict) else {}
    call = method._make(*arguments, **named)
    return call if isinstance(call, Call) else call("token")


def filled(message: Message, count: int) -> Message:
    """Set every field, also below: numbers to 1, enums to their last value. count: of what may repeat."""
    for field in message.DESCRIPTOR.fields:
        if field.message_type is None:
            one = _scalar(field)
            if field.is_repeated:
                getattr(message, field.name).extend([one] * count)
            else:
                setattr(message, field.name, one)
        elif field.is_repeated:
            for _ in range(count):
                filled(getattr(message, field.name).add(), count)
        else:
            filled(getattr(message, field.name), count)
    return message


def _scalar(field: Any) -> Any:
    if field.enum_type is not None:
        return max(field.enum_type.values_by_number)
    if field.type == field.TYPE_BYTES:
        return b"\x01"
    return "text" if field.type == field.TYPE_STRING else 1


def test_each_call_is_asked_here() -> None:
    """A new call of the client says here what it is asked, and is then read in all these tests."""
    assert ASKED.keys() == {name for name, one in vars(Methods).items() if isinstance(one, Method | PagedMethod)}


@pytest.mark.parametrize("method", list(each_call()))
@pytest.mark.parametrize("count", [0, 1, 3])
def test_every_answer_can_be_read(request: pytest.FixtureRequest, method: Any, count: int) -> None:
    """An empty answer, and one in which everything is set, become a value of the kind that the call promises."""
    call = made(method, request.node.callspec.id.split("-")[-1])
    for message in (call.answer_type(), filled(call.answer_type(), count)):
        found = call.read(message, 3)
        for one in found if isinstance(found, tuple) else (found,):
            if isinstance(one, msgspec.Struct):
                assert one.worker == 3  # type: ignore[attr-defined]
                assert isinstance(one.position, values.Position)  # type: ignore[attr-defined]
            msgspec.json.encode(one, enc_hook=str)


def test_an_enum_newer_than_the_client_is_unspecified() -> None:
    """A number that this client does not know is UNSPECIFIED, and no verdict where it says one."""
    wire = check_service_pb2.Evidence(entry_id="e", caps=[3, 99])  # type: ignore[list-item]
    wire.state = wire.verdict = wire.orientation = wire.signal = 99  # type: ignore[assignment]
    found = reader(Evidence, check_service_pb2.Evidence)(wire)
    assert (found.entry, found.state, found.verdict, found.orientation) == ("e", "UNSPECIFIED", None, "unspecified")
    assert (found.signal, found.caps) == ("type_99", (Cap.ORIENTATION, Cap.UNSPECIFIED))
    person = read(Person, entry_pb2.Person(role=99, actor="ann"))  # type: ignore[arg-type]
    assert person == Person("UNSPECIFIED", "ann")


def test_what_is_absent_is_none() -> None:
    """A quality or a chance that the server does not state is not nought."""
    bare = reader(Evidence, check_service_pb2.Evidence)(check_service_pb2.Evidence())
    assert (bare.query_quality, bare.listed_quality, bare.chance) == (None, None, None)
    wire = check_service_pb2.Evidence(query_quality=0)
    wire.chance.expected_count = 0.0
    stated = reader(Evidence, check_service_pb2.Evidence)(wire)
    assert (stated.query_quality, stated.chance) == (0, values.Chance(0.0, ""))


def test_times_and_durations_are_microseconds() -> None:
    """Times become µs since 1970, lengths µs; a length that is not known is None."""
    opinion = case_service_pb2.Opinion()
    opinion.time.FromMicroseconds(1_790_000_000_000_001)
    assert read(Opinion, opinion).time_us == 1_790_000_000_000_001
    figures = case_service_pb2.HotlineFigures()
    figures.median_close.FromMicroseconds(61_000_001)
    found = read(HotlineFigures, figures)
    assert (found.median_close_us, found.median_list_us) == (61_000_001, None)


def test_signals_are_read_as_their_type_is_written() -> None:
    """A URL is its text with its options; of others a quality that is not stated is unknown."""
    wire = entry_pb2.EntrySignal(ordinal=2, state=entry_pb2.STATE_CONFIRMED, batch_id="b")
    wire.signal.type, wire.signal.text, wire.signal.url.scope = URL, "https://cats.example/", 4  # type: ignore[assignment]
    wire.url.expression = "cats.example/"
    wire.url.seen_live_time.FromMicroseconds(5)
    found = read(EntrySignal, wire)
    assert (found.signal.value, found.state) == (b"https://cats.example/", State.CONFIRMED)
    assert found.signal.url is not None
    assert found.url is not None
    assert (found.signal.url.scope, found.url.seen_live_us) == (4, 5)
    other = entry_pb2.EntrySignal()
    other.signal.type, other.signal.value = PDQ, b"\x02" * 32  # type: ignore[assignment]
    assert read(EntrySignal, other).signal == Signal(PDQ, b"\x02" * 32, UNKNOWN_QUALITY)
    assert read(EntrySignal, other).url is None


def test_messages_become_tuples_and_tables() -> None:
    """Pairs keep the order of their fields; figures by name are a table; two fields may make one."""
    change = change_pb2.Change(kind=change_pb2.CHANGE_KIND_ENTRY_CONFIRMED)
    change.seen_live.time.FromMicroseconds(7)
    change.seen_live.urls.add(entry_id="e", ordinal=3)
    found = read(Change, change)
    assert (found.kind, found.seen_live_us, found.seen_live, found.entry) == ("ENTRY_CONFIRMED", 7, (("e", 3),), None)
    stats = feed_service_pb2.GetListStatsResponse()
    stats.states.add(state=entry_pb2.STATE_CONFIRMED, signal_count=2)
    stats.types.add(type="SIGNAL_TYPE_PDQ", signal_count=2)
    told = read(Stats, stats, worker=None)
    assert (told.states, told.types) == ({"CONFIRMED": 2}, {"pdq": 2})
    assert read(Case, case_service_pb2.Case(first_report_number=8, first_item=1)).first_item == (8, 1)
    spot = policy_service_pb2.PolicyBlindSpot(type="SIGNAL_TYPE_PDQ", from_distance=1)
    assert read(BlindSpot, spot) == BlindSpot("pdq", 1, 0)


def test_what_a_message_lacks_is_given_or_has_a_default() -> None:
    """An answer without notices has none; what only the caller knows is taken from him."""
    confirmed = read(EntryResult, entry_service_pb2.ConfirmEntryResponse(), worker=1)
    assert (confirmed.url_notices, confirmed.worker) == ((), 1)
    checked = read(CheckResult, check_service_pb2.CheckResponse(verdict="VERDICT_KNOWN"), id="mine", worker=None)
    assert (checked.id, checked.verdict) == ("mine", Verdict.KNOWN)
    released = read(
        CaseResult, case_service_pb2.ReleaseCaseResponse(), items=(), reports=(), truncated=False, worker=None
    )
    assert released.items == ()


def test_a_class_that_does_not_fit_its_message_is_a_fault_of_ours() -> None:
    """A field that is nowhere in the message is named at the first reading, not read as nothing."""

    class Wrong(msgspec.Struct):
        list_id: str
        era: Annotated[int, From("eon")]

    with pytest.raises(InvariantError, match=r"Wrong\.era is nowhere in hashsvc\.v1\.ListPosition"):
        read(Wrong, position_pb2.ListPosition())
