"""What every RPC is: one row each, here and nowhere else.

A new one is served once it has a row and a servicer's method.

`routes` refuses to start where rows, protos and servicers differ, so nothing is served that nobody placed. docs/api.md
prints the rows; tests/server/test_methods.py is made from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

from google.protobuf.descriptor import Descriptor, FieldDescriptor, MethodDescriptor, ServiceDescriptor

from hashsvc.errors import InvariantError
from hashsvc.limits import BULK_BYTES_MAX, UNARY_BYTES_MAX
from hashsvc.v1 import (
    case_service_pb2,
    check_service_pb2,
    entry_service_pb2,
    feed_service_pb2,
    import_service_pb2,
    policy_service_pb2,
    report_service_pb2,
    takedown_service_pb2,
)

LaneName = Literal["check", "write", "page", "bulk", "imports"]

_WRITING_LANES = ("write", "imports")

READS, WRITES = False, True
UNARY, BULK = UNARY_BYTES_MAX, BULK_BYTES_MAX

# What a request may need, wherever it stands in it: the last part of a field's path.
NEEDS = frozenset(("request_id", "etag"))


class Service(NamedTuple):
    """A service. stops_read_only: its health is NOT_SERVING while the list takes no writes."""

    descriptor: ServiceDescriptor
    stops_read_only: bool = False


class Method(NamedTuple):
    """An RPC.

    lane: the threads that run it (`Lanes`). bytes_max: of its request. writes: it names who acts, and waits while the
    list is read-only. needs: paths of fields that may not be empty. dry_run: a bool of the request that makes of a
    write a read, "" where there is none.
    """

    service: str
    name: str
    lane: LaneName
    bytes_max: int
    writes: bool
    needs: tuple[str, ...] = ()
    dry_run: str = ""


class Route(NamedTuple):
    """A row with the descriptor that it is of. path: as gRPC names the method."""

    method: Method
    descriptor: MethodDescriptor
    path: str


SERVICES: dict[str, Service] = {
    "check": Service(check_service_pb2.DESCRIPTOR.services_by_name["CheckService"]),
    "entry": Service(entry_service_pb2.DESCRIPTOR.services_by_name["EntryService"], stops_read_only=True),
    "import": Service(import_service_pb2.DESCRIPTOR.services_by_name["ImportService"], stops_read_only=True),
    "feed": Service(feed_service_pb2.DESCRIPTOR.services_by_name["FeedService"]),
    "report": Service(report_service_pb2.DESCRIPTOR.services_by_name["ReportService"]),
    "case": Service(case_service_pb2.DESCRIPTOR.services_by_name["CaseService"]),
    "takedown": Service(takedown_service_pb2.DESCRIPTOR.services_by_name["TakedownService"]),
    "policy": Service(policy_service_pb2.DESCRIPTOR.services_by_name["PolicyService"]),
}

_ID = ("request_id",)

# A read of casework may take as long as a page: it first takes in what the list decided.
METHODS: tuple[Method, ...] = (
    Method("check", "Check", "check", UNARY, READS),
    Method("check", "BatchCheck", "bulk", BULK, READS),
    Method("check", "CheckPrefixes", "bulk", BULK, READS),
    Method("entry", "ProposeEntry", "write", UNARY, WRITES, _ID),
    Method("entry", "ConfirmEntry", "write", UNARY, WRITES, _ID),
    Method("entry", "RejectEntry", "write", UNARY, WRITES, _ID),
    Method("entry", "AmendEntry", "write", UNARY, WRITES, ("request_id", "etag")),
    Method("entry", "DisputeEntry", "write", UNARY, WRITES, _ID),
    Method("entry", "ResolveDispute", "write", UNARY, WRITES, _ID),
    Method("entry", "RetractEntry", "write", UNARY, WRITES, _ID),
    Method("entry", "ConfirmRetraction", "write", UNARY, WRITES, _ID),
    Method("entry", "MarkSeenLive", "imports", BULK, WRITES, _ID),
    Method("entry", "GetEntry", "check", UNARY, READS),
    Method("entry", "ListEntries", "page", UNARY, READS),
    Method("entry", "GetEntryHistory", "page", UNARY, READS),
    Method("import", "CreateBatch", "write", UNARY, WRITES, _ID),
    Method("import", "ImportEntries", "imports", BULK, WRITES, _ID, dry_run="validate_only"),
    Method("import", "SealBatch", "write", UNARY, WRITES, _ID),
    Method("import", "ConfirmBatch", "write", UNARY, WRITES, _ID),
    Method("import", "RetractBatch", "write", UNARY, WRITES, _ID),
    Method("import", "GetBatch", "check", UNARY, READS),
    Method("import", "ListBatches", "page", UNARY, READS),
    Method("feed", "ReadChanges", "page", UNARY, READS),
    Method("feed", "GetListStats", "check", UNARY, READS),
    Method("report", "SubmitReport", "write", UNARY, WRITES, ("report.request_id",)),
    Method("report", "SubmitReports", "imports", BULK, WRITES, ("reports.request_id",)),
    Method("report", "GetReport", "page", UNARY, READS),
    Method("report", "ListFeedback", "page", UNARY, READS),
    Method("report", "MarkFeedbackSent", "write", UNARY, WRITES),
    Method("case", "ListQueue", "page", UNARY, READS),
    Method("case", "GetCase", "page", UNARY, READS),
    Method("case", "ClaimCase", "write", UNARY, WRITES),
    Method("case", "ReleaseCase", "write", UNARY, WRITES),
    Method("case", "AssessCase", "write", UNARY, WRITES),
    Method("case", "ListAffected", "page", UNARY, READS),
    Method("case", "ListRegrades", "page", UNARY, READS),
    Method("case", "ClaimRegrade", "write", UNARY, WRITES),
    Method("case", "AssessRegrade", "write", UNARY, WRITES),
    Method("case", "GetEffect", "page", UNARY, READS),
    Method("takedown", "ListTakedowns", "page", UNARY, READS),
    Method("takedown", "MarkTakedowns", "imports", BULK, WRITES),
    Method("policy", "GetPolicy", "check", UNARY, READS),
    Method("policy", "SimulatePolicy", "page", UNARY, READS),
    Method("policy", "ProposePolicy", "write", UNARY, WRITES, _ID),
    Method("policy", "ConfirmPolicy", "write", UNARY, WRITES, _ID),
)


def routes(
    services: Mapping[str, Service] = SERVICES, methods: tuple[Method, ...] = METHODS
) -> dict[str, tuple[Route, ...]]:
    """Join rows and protos, by service. Raises InvariantError that names every gap between the two."""
    rows = {(row.service, row.name): row for row in methods}
    gaps = [f"{row.service}.{row.name} has two rows" for row in methods if rows[row.service, row.name] is not row]
    found: dict[str, tuple[Route, ...]] = {}
    for name, service in services.items():
        served = []
        for descriptor in service.descriptor.methods:
            placed = rows.pop((name, descriptor.name), None)
            if placed is None:
                gaps.append(f"{service.descriptor.name}.{descriptor.name} has no row")
                continue
            gaps += _unmet(placed, descriptor)
            served.append(Route(placed, descriptor, f"/{service.descriptor.full_name}/{descriptor.name}"))
        found[name] = tuple(served)
    gaps += [f"the row {service}.{name} is of no method" for service, name in rows]
    if gaps:
        raise InvariantError(f"wire/methods.py and the protos differ: {'; '.join(gaps)}")
    return found


def missing(service: str, servicer: object) -> list[str]:
    """Name the methods of a service that its servicer lacks."""
    return [row.name for row in METHODS if row.service == service and not callable(getattr(servicer, row.name, None))]


def _unmet(row: Method, descriptor: MethodDescriptor) -> list[str]:
    """Say where a row's needs and the fields of its request differ."""
    where, message = f"{row.service}.{row.name}", descriptor.input_type
    gaps = [f"{where} needs {path}, which its request lacks" for path in row.needs if not _has_field(message, path)]
    named = {path.rpartition(".")[2] for path in row.needs}
    gaps += [f"{where} has a field {name} and no need of it" for name in _needed_fields(message) - named]
    if row.dry_run and (
        row.dry_run not in message.fields_by_name
        or message.fields_by_name[row.dry_run].type != FieldDescriptor.TYPE_BOOL
    ):
        gaps.append(f"{where} has no field {row.dry_run} that is a bool")
    if row.lane not in get_args(LaneName):
        gaps.append(f"{where} is in the lane {row.lane}, which there is not")
    elif row.writes != (row.lane in _WRITING_LANES):
        gaps.append(f"{where} {'writes' if row.writes else 'reads'} in the lane {row.lane}")
    if row.bytes_max not in (UNARY, BULK):
        gaps.append(f"{where} takes {row.bytes_max} bytes, which is neither a unary nor a bulk message")
    if not row.writes and row.needs:
        gaps.append(f"{where} reads, and needs {', '.join(row.needs)}")
    return gaps


def _has_field(message: Descriptor, path: str) -> bool:
    """Say whether a message has a field at a path of names with dots between."""
    name, _, rest = path.partition(".")
    field = message.fields_by_name.get(name)
    if field is None or not rest:
        return field is not None
    return field.message_type is not None and _has_field(field.message_type, rest)


def _needed_fields(message: Descriptor) -> set[str]:
    """Names of NEEDS that a request has: of its own, or of what it carries one step down."""
    inner = [field.message_type for field in message.fields if field.message_type is not None]
    return {name for one in (message, *inner) for name in NEEDS if name in one.fields_by_name}
