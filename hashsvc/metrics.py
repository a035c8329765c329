"""Every metric of hashsvc: name, help, unit, labels. No others exist.

A process makes one `Metrics` and hands it down. Started with PROMETHEUS_MULTIPROC_DIR in its environment (the
supervisor sets it), a worker keeps its figures in files there, and the supervisor's one scrape adds up all workers'.
Children of labels are kept, because finding one costs more than counting. No label ever holds a value of a request.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Definition(NamedTuple):
    """One metric. mode (gauges): how the workers' figures are joined: mostrecent, livesum, max, …"""

    kind: Literal["counter", "gauge", "histogram"]
    name: str
    help: str
    unit: str = ""
    labels: tuple[str, ...] = ()
    mode: str = ""
    buckets: tuple[float, ...] = ()


_SECONDS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)

DEFINITIONS = (
    Definition("counter", "hashsvc_calls", "Calls answered.", labels=("method", "code")),
    Definition("counter", "hashsvc_refusals", "Calls answered with an error.", labels=("method", "reason")),
    Definition("histogram", "hashsvc_call_seconds", "From parsing to answer.", "seconds", ("method",), "", _SECONDS),
    Definition("counter", "hashsvc_items", "Items checked.", labels=("method",)),
    Definition("counter", "hashsvc_verdicts", "Verdicts given.", labels=("verdict",)),
    Definition("counter", "hashsvc_prefixes", "Hash prefixes asked for by private look-ups."),
    Definition("counter", "hashsvc_problems", "Signals or items that could not be used.", labels=("method",)),
    Definition("gauge", "hashsvc_lane_calls", "Calls in a lane, waiting ones included.", "", ("lane",), "livesum"),
    Definition("counter", "hashsvc_writes", "Writes by outcome.", labels=("outcome",)),
    Definition("counter", "hashsvc_commits", "Groups of writes committed."),
    Definition(
        "histogram",
        "hashsvc_commit_seconds",
        "One group: wait for the lock, apply, fsync.",
        "seconds",
        (),
        "",
        _SECONDS,
    ),
    Definition("gauge", "hashsvc_sequence", "Last change of the list that was seen.", "", (), "max"),
    Definition("gauge", "hashsvc_ready", "Workers that can answer checks.", "", (), "livesum"),
    Definition("gauge", "hashsvc_read_only", "1 while writes are refused after a failed commit.", "", (), "livemax"),
    Definition("counter", "hashsvc_log_refusals", "Values kept out of log lines because they look like fingerprints."),
    Definition("counter", "hashsvc_incidents", "Unexpected errors, each with an id in the log."),
    Definition("counter", "hashsvc_damage", "Reads that met a damaged record or file."),
    Definition("counter", "hashsvc_journaled_answers", "Answers with hits that were journaled."),
    Definition("counter", "hashsvc_journal_failures", "Times that a journal failed.", labels=("step",)),
    Definition("counter", "hashsvc_casework_reports", "Reports taken in."),
    Definition(
        "counter",
        "hashsvc_casework_items",
        "Items by where they went: known, joined, opened (a case). Those that opened again or moved on count anew.",
        labels=("place",),
    ),
    Definition(
        "histogram",
        "hashsvc_casework_batch_seconds",
        "Reports of one call: check, wait for the lock, place, fsync.",
        "seconds",
        (),
        "",
        _SECONDS,
    ),
    Definition("counter", "hashsvc_casework_claims", "Cases claimed: so many viewings."),
    Definition("counter", "hashsvc_casework_opinions", "Opinions given on cases."),
    Definition("counter", "hashsvc_casework_decisions", "Cases decided: listed, not_illegal.", labels=("outcome",)),
    Definition("counter", "hashsvc_casework_twins_closed", "Open items that another case's or entry's listing closed."),
    Definition("counter", "hashsvc_casework_items_reopened", "Closed items that a retraction opened again."),
    Definition("counter", "hashsvc_casework_reports_erased", "Reports erased by the service."),
    Definition("counter", "hashsvc_casework_feedback_sent", "Reporters told, their contacts erased."),
    Definition("gauge", "hashsvc_casework_open_cases", "Cases open or being listed.", "", (), "mostrecent"),
    Definition(
        "gauge",
        "hashsvc_casework_oldest_time",
        "When the oldest open case opened, Unix time; 0: none is open.",
        "seconds",
        (),
        "mostrecent",
    ),
    Definition("gauge", "hashsvc_casework_kept_reports", "Reports kept, open or closed.", "", (), "mostrecent"),
    Definition("counter", "hashsvc_folds", "Times the keeper folded the log into the search index."),
    Definition(
        "gauge", "hashsvc_scrub_time", "When the list was last verified whole, Unix time.", "seconds", (), "max"
    ),
    Definition("gauge", "hashsvc_scrub_findings", "What the last verification found wrong.", "", (), "mostrecent"),
)
SUPERVISOR_DEFINITIONS = (
    Definition("counter", "hashsvc_worker_starts", "Workers started, restarts included."),
    Definition("gauge", "hashsvc_workers", "Workers running and ready."),
)


class Metrics:
    """The metrics of one process, by name without the prefix: `metrics.count("commits")`."""

    def __init__(
        self, registry: CollectorRegistry | None = None, definitions: tuple[Definition, ...] = DEFINITIONS
    ) -> None:
        self.registry = registry if registry is not None else CollectorRegistry()
        self._made: dict[str, Any] = {
            definition.name.removeprefix("hashsvc_"): _make(definition, self.registry) for definition in definitions
        }
        self._children: dict[tuple[str, ...], Any] = {}
        self._count_call: dict[tuple[str, str], Callable[[], None]] = {}
        self._observe_call: dict[str, Callable[[float], None]] = {}

    def call_answered(self, method: str, code: str, seconds: float) -> None:
        """Count one call. Some 3 µs where figures are kept in files."""
        try:
            self._count_call[method, code]()
            self._observe_call[method](seconds)
        except KeyError:
            self._count_call[method, code] = self._child("calls", method, code).inc
            self._observe_call[method] = self._child("call_seconds", method).observe
            self.call_answered(method, code, seconds)

    def count(self, name: str, *labels: str, amount: float = 1) -> None:
        self._child(name, *labels).inc(amount)

    def observe(self, name: str, value: float, *labels: str) -> None:
        self._child(name, *labels).observe(value)

    def set(self, name: str, value: float, *labels: str) -> None:
        self._child(name, *labels).set(value)

    def _child(self, name: str, *labels: str) -> Any:
        key = (name, *labels)
        child = self._children.get(key)
        if child is None:
            metric = self._made[name]
            child = self._children[key] = metric.labels(*labels) if labels else metric
        return child


def markdown() -> str:
    """Write the table of all metrics for the docs."""
    rows = ["| metric | kind | meaning | labels |", "|---|---|---|---|"]
    for definition in DEFINITIONS + SUPERVISOR_DEFINITIONS:
        name = definition.name + ("_total" if definition.kind == "counter" else "")
        rows.append(f"| `{name}` | {definition.kind} | {definition.help} | {', '.join(definition.labels)} |")
    return "\n".join(rows) + "\n"


def _make(definition: Definition, registry: CollectorRegistry) -> Any:
    # The unit stands in the name already; prometheus_client would add it a second time for counters.
    name, text, labels = definition.name, definition.help, definition.labels
    if definition.kind == "counter":
        return Counter(name, text, labels, registry=registry)
    if definition.kind == "histogram":
        return Histogram(name, text, labels, registry=registry, buckets=definition.buckets)
    return Gauge(name, text, labels, registry=registry, multiprocess_mode=definition.mode or "all")  # type: ignore[arg-type]
