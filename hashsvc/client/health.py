"""How a server says that it is: the state of each of its services, by gRPC's standard health service.

Apart from the clients: health is asked in nobody's name, also of a server that cannot answer anything else. What each
state rests on is decided in `hashsvc/server/wire/health.py`.
"""

from __future__ import annotations

from typing import Any

import grpc
from grpc_health.v1 import health_pb2, health_pb2_grpc

from hashsvc.client.errors import server_error
from hashsvc.client.settings import CHANNEL_OPTIONS
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

OVERALL = ""  # the name under which a server tells of itself as a whole
SERVING = "SERVING"

SERVICES = tuple(
    service.full_name
    for module in (
        check_service_pb2,
        entry_service_pb2,
        import_service_pb2,
        feed_service_pb2,
        report_service_pb2,
        case_service_pb2,
        takedown_service_pb2,
        policy_service_pb2,
    )
    for service in module.DESCRIPTOR.services_by_name.values()
)


def ask_health(address: str, timeout_s: float) -> dict[str, str]:
    """Ask one worker of a server for its states by full name, OVERALL first.

    A state is SERVING, NOT_SERVING or SERVICE_UNKNOWN.
    timeout_s: of each of the nine calls. Raises ServerError where nobody answers.
    """
    with grpc.insecure_channel(address, options=CHANNEL_OPTIONS) as channel:
        stub: Any = health_pb2_grpc.HealthStub(channel)
        return {name: _state(stub, name, timeout_s) for name in (OVERALL, *SERVICES)}


def _state(stub: Any, name: str, timeout_s: float) -> str:
    try:
        answer = stub.Check(health_pb2.HealthCheckRequest(service=name), timeout=timeout_s)
    except grpc.RpcError as failure:
        error: Any = failure  # a call too, which its type does not say
        if error.code() is grpc.StatusCode.NOT_FOUND:  # an older server, without this service
            return "SERVICE_UNKNOWN"
        raise server_error(error.code(), error.details() or "", error.trailing_metadata()) from failure
    state: str = health_pb2.HealthCheckResponse.ServingStatus.Name(answer.status)
    return state
