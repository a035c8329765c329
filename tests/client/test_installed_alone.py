"""What `pip install hashsvc` brings is enough for the client and for files, and nothing more is imported."""

from __future__ import annotations

import json
from pathlib import Path

from hashsvc.formats import FORMATS
from tests.blocking import PARTNERS, python
from tests.cli.real import serving

PROGRAM = "import runpy; runpy.run_path(sys.argv.pop(1), run_name='__main__')"
MINE = Path(__file__).parent


def test_a_partner_needs_the_client_alone(tmp_path: Path) -> None:
    """With every other package refused, a partner checks, lists, reports and reads and writes every format."""
    with serving(tmp_path / "list", report_verdicts=True) as address:
        done = python(PROGRAM, str(MINE / "partner.py"), address, only=PARTNERS)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["files"] == {"same": {one.name: True for one in FORMATS}, "item_signals": 2, "report_items": 1}
    assert found["async"] == ["KNOWN"]
    assert found["calls"] == {
        "confirmed": "CONFIRMED",
        "imported": 2,
        "batch": "CONFIRMED",
        "check": "KNOWN",
        "host": "KNOWN",
        "many": ["KNOWN", "NEW", "KNOWN"],
        "private": ["KNOWN", "NEW"],
        "entries": 3,
        "history": ["ENTRY_CONFIRMED", "ENTRY_PROPOSED"],
        "changes": 8,
        "states": {"CONFIRMED": 5},
        "report": ["OPEN", "CLOSED_KNOWN"],
        "reporter": "RECEIVED",
        "case": [1, 1],
        "effect": 1,
        "takedowns": 0,
        "policy": 2,
        "refused": ["UNKNOWN_ORDINAL", "ordinals"],
    }


def test_importing_the_client_loads_neither_server_nor_command_line() -> None:
    """A program that imports the client pays for the client."""
    done = python("import hashsvc.client; print(sorted(name.partition('.')[0] for name in sys.modules))")
    assert done.returncode == 0, done.stderr
    for name in ("numba", "llvmlite", "lmdb", "structlog", "prometheus_client", "click", "rich", "publicsuffixlist"):
        assert f"'{name}'" not in done.stdout
