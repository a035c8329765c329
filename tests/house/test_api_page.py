"""docs/api.md says what holds for all calls, from the tables that the service goes by."""

from __future__ import annotations

from hashsvc import metrics
from hashsvc.server.wire import methods, status
from tests.house.lints import ROOT
from tools.docs_wire import METADATA

PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")


def section(title: str) -> str:
    return PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]


def test_every_reason_has_its_row() -> None:
    """Whoever meets a reason finds its code, what it means and when to come back."""
    rows = section("Errors")
    for reason, row in status.REASONS.items():
        assert f"| `{reason}` | {row.code.name} | {row.meaning} |" in rows
        assert not row.retry_ms or f"| `{reason}` | {row.code.name} | {row.meaning} | after {row.retry_ms} ms |" in rows


def test_every_metric_has_its_row() -> None:
    """Each metric stands there under the name that a scrape shows, with its kind, labels and help."""
    rows = section("Metrics")
    for one in metrics.DEFINITIONS + metrics.SUPERVISOR_DEFINITIONS:
        name = one.name + ("_total" if one.kind == "counter" else "")
        assert f"| `{name}` | {one.kind} | {one.help} | {', '.join(one.labels)} |" in rows


def test_every_call_service_and_key_is_there() -> None:
    """Limits of each call, health of each service, and the keys of metadata."""
    calls, health, keys = section("Calls"), section("Health"), section("Metadata")
    for row in methods.METHODS:
        assert f"`{methods.SERVICES[row.service].descriptor.name}.{row.name}`" in calls
    for service in methods.SERVICES.values():
        assert f"| `{service.descriptor.full_name}` |" in health
    for key, _, _ in METADATA:
        assert f"| `{key}` |" in keys
