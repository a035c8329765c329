"""What holds for all calls, for docs/api.md: limits, errors, metadata, health, reflection, metrics.

All of it is read from the tables that the service goes by, so that no row can go stale.
"""

from __future__ import annotations

from collections.abc import Iterator

from hashsvc import limits, metrics
from hashsvc.server.wire import methods, status
from hashsvc.server.wire.admission import ACTOR_KEY
from hashsvc.server.wire.calls import WORKER_KEY
from hashsvc.server.wire.status import DETAILS_KEY, DOMAIN, REASON_KEY

METADATA = (
    (
        ACTOR_KEY,
        "request",
        (
            f"Who acts, once: 1 to {limits.ACTOR_CHARS_MAX} letters (ASCII), digits and `. _ @ + -`, beginning with a "
            "letter or digit; upper and lower case are one person. A write needs it; in a read it names the caller in "
            "the log and in journals. Nobody proves it: [security.md](security.md)."
        ),
    ),
    (WORKER_KEY, "trailing, of every answer", "Number of the worker that answered."),
    (REASON_KEY, "trailing, of an error", "The reason, as in the table of errors."),
    (DETAILS_KEY, "trailing, of an error", "`google.rpc.Status` with the details."),
)


def wire_sections() -> Iterator[str]:
    """Give the sections, line by line."""
    yield from _section("Calls", _calls())
    yield from _section("Errors", _errors())
    yield from _section("Metadata", _metadata())
    yield from _section("Health", _health())
    yield from _section("Reflection", _reflection())
    yield from _section("Metrics", _metrics())


def _section(title: str, lines: Iterator[str]) -> Iterator[str]:
    yield from (f"## {title}", "", *lines, "")


def _calls() -> Iterator[str]:
    yield f"Every call has a deadline, of at most {limits.DEADLINE_MS_MAX // 1000} s. Its lane is the threads that"
    yield "run it; a full lane refuses at once. A write names who acts, and is refused while the list is read-only;"
    yield "fields that it needs may not be empty."
    yield ""
    yield "| call | lane | largest request | writes | needs |"
    yield "|---|---|---|---|---|"
    for served in methods.routes().values():
        for route in served:
            row = route.method
            writes = "yes" if row.writes else ""
            writes += f", but with `{row.dry_run}`" if row.dry_run else ""
            needs = ", ".join(f"`{path}`" for path in row.needs)
            name = f"{route.descriptor.containing_service.name}.{row.name}"
            yield f"| `{name}` | {row.lane} | {row.bytes_max // 1024:,} KiB | {writes} | {needs} |"


def _errors() -> Iterator[str]:
    yield "A refusal has a gRPC code, a text that ends in its reason in brackets, and the reason again as metadata and"
    yield "in `google.rpc.ErrorInfo`. Programs go by the reason. Attached to the rich status are:"
    yield ""
    yield f"- `ErrorInfo`, always: `reason`, `domain` = `{DOMAIN}`; of a bulk request the item's index as"
    yield '  `metadata["item"]`.'
    yield "- `BadRequest`, where a field of the request is meant: its dotted path, what is wrong, the reason."
    yield "- `RetryInfo`, where coming back is of use: when. The table says after how long, unless the error knows"
    yield "  better; an empty cell means that sending it again is no use before something changes."
    yield ""
    yield "With the same `request_id` a write may always be sent again. An error without a reason is not of hashsvc:"
    yield "the connection failed, the deadline passed on the way, or a proxy answered."
    yield ""
    yield from status.markdown().splitlines()


def _metadata() -> Iterator[str]:
    yield "| key | where | |"
    yield "|---|---|---|"
    for key, where, meaning in METADATA:
        yield f"| `{key}` | {where} | {meaning} |"


def _health() -> Iterator[str]:
    yield "`grpc.health.v1.Health`, `Check` and `Watch`; no deadline and no actor is asked. Each worker tells of"
    yield "itself, so a connection learns of the worker that it meets. `hashsvc health` asks all of these."
    yield ""
    yield "| name | SERVING means |"
    yield "|---|---|"
    ready = "the list can be read, it was not found damaged, the kernels are warm, and the worker does not drain"
    yield f'| `""` | {ready} |'
    for service in methods.SERVICES.values():
        also = "; and the list takes writes" if service.stops_read_only else ""
        yield f"| `{service.descriptor.full_name}` | the same{also} |"


def _reflection() -> Iterator[str]:
    names = ", ".join(service.descriptor.name for service in methods.SERVICES.values())
    yield f"`grpc.reflection.v1alpha.ServerReflection` describes {names} and health,"
    yield "so that `grpcurl` works without our files."


def _metrics() -> Iterator[str]:
    yield "Served for Prometheus at `metrics_listen` ([config.md](config.md)), all processes in one scrape. No label"
    yield "holds a value of a request."
    yield ""
    yield from metrics.markdown().splitlines()
