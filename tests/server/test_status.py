"""One table from reason to code: complete, and in accord with the errors' classes."""

from __future__ import annotations

import ast
from pathlib import Path

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2

import hashsvc
from hashsvc import errors
from hashsvc.errors import HashsvcError, InvalidArgument, NotFound, ResourceExhausted, Unavailable, WeakFingerprint
from hashsvc.server.wire import status

PACKAGE = Path(hashsvc.__file__).parent
ERROR_CLASSES = {
    name: kind for name, kind in vars(errors).items() if isinstance(kind, type) and issubclass(kind, HashsvcError)
}
NEVER_SERVED = {"cli", "client", "formats"}  # what only a person at a terminal meets


def reasons_in_source() -> dict[str, set[str]]:
    """Find each reason that an error is made with, and the classes it is made with."""
    found: dict[str, set[str]] = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.relative_to(PACKAGE).parts[0] in NEVER_SERVED:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
            reasons = [one for one in ast.walk(node.args[0]) if isinstance(one, ast.Constant)]
            if name in ERROR_CLASSES:
                for reason in reasons:
                    if isinstance(reason.value, str) and reason.value.isupper():
                        found.setdefault(reason.value, set()).add(name)
    return found


def test_every_reason_in_the_source_has_a_row() -> None:
    """A reason that is raised anywhere on the server's side stands in the table."""
    missing = sorted(set(reasons_in_source()) - set(status.REASONS))
    assert not missing, f"add to hashsvc/server/wire/status.py: {missing}"


def test_rows_agree_with_the_classes_of_their_errors() -> None:
    """A reason's code is that of the class that it is raised with."""
    wrong = []
    for reason, classes in reasons_in_source().items():
        for name in classes:
            expected = status.status_of(ERROR_CLASSES[name]("UNHEARD_OF", "x")).code
            row = status.REASONS.get(reason)
            if row is not None and row.code != expected:
                wrong.append((reason, name, row.code.name))
    assert not wrong


@pytest.mark.parametrize("reason", sorted(status.REASONS))
def test_every_reason_travels_whole(reason: str) -> None:
    """Each reason arrives in ErrorInfo, in trailing metadata and in the text, under its row's code."""
    told = status.status_of(InvalidArgument(reason, "what was found", field="a.b", item=4))
    assert told.code == status.REASONS[reason].code
    metadata = dict(told.metadata)
    assert metadata["hashsvc-reason"] == reason
    rich = status_pb2.Status.FromString(metadata["grpc-status-details-bin"])
    info, bad = error_details_pb2.ErrorInfo(), error_details_pb2.BadRequest()
    assert rich.details[0].Unpack(info)
    assert rich.details[1].Unpack(bad)
    assert (info.reason, info.domain, info.metadata["item"]) == (reason, "hashsvc", "4")
    assert bad.field_violations[0].field == "a.b"
    assert rich.code == told.code.value[0]
    assert told.text == f"item 4: a.b: what was found [{reason}]"
    assert len(rich.details) == (3 if status.REASONS[reason].retry_ms else 2)


def test_a_class_gives_the_code_of_a_reason_without_a_row() -> None:
    """A reason that the table does not know yet travels with its class's code, a weak fingerprint's too."""
    for error, code in (
        (NotFound("NEW_ONE", "x"), grpc.StatusCode.NOT_FOUND),
        (WeakFingerprint("NEW_ONE", "x"), grpc.StatusCode.INVALID_ARGUMENT),
        (Unavailable("NEW_ONE", "x"), grpc.StatusCode.UNAVAILABLE),
    ):
        assert status.status_of(error).code == code


def test_an_errors_own_time_to_wait_wins() -> None:
    """RetryInfo says what the error says, where it says anything."""
    told = status.status_of(ResourceExhausted("TOO_MANY_BULK_CALLS", "x", retry_after_ms=1234))
    rich = status_pb2.Status.FromString(dict(told.metadata)["grpc-status-details-bin"])
    retry = error_details_pb2.RetryInfo()
    assert rich.details[1].Unpack(retry)
    assert retry.retry_delay.ToMilliseconds() == 1234


def test_the_table_prints() -> None:
    """The docs' table has a row a reason."""
    assert status.markdown().count("\n") == len(status.REASONS) + 2
