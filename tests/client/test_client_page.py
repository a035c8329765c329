"""docs/client.md is true: its examples run against a real service, and its settings are the client's."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from hashsvc.client import Content, HashsvcClient
from hashsvc.client.settings import CHANNEL_OPTIONS, Settings
from hashsvc.signals import MD5, PDQ, Signal
from tests.cli.real import serving
from tests.house.lints import ROOT

PAGE = (ROOT / "docs" / "client.md").read_text(encoding="utf-8")
EXAMPLES = re.findall(r"^```python\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
LISTED = bytes.fromhex("2bb620df28bf93e92a464c96aed5c2cc1a5bb13b313ea1ed39907c12cee44ec4")


@pytest.mark.slow
def test_the_examples_run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Pasted one after the other, they ask a service and print what it says: known, many, refused, wrong settings."""
    with serving(tmp_path / "list") as address:
        with HashsvcClient(address, actor="ann") as ann:
            signals = (Signal(PDQ, LISTED, 100), Signal(MD5, bytes(range(16))))
            entry_id = ann.propose(Content("iwf", signals, content_id="17")).entry.entry_id
            ann.acting_as("bob").confirm(entry_id)
        names: dict[str, Any] = {}
        for example in EXAMPLES:
            exec(compile(example.replace("127.0.0.1:50051", address), "docs/client.md", "exec"), names)  # noqa: S102
    assert capsys.readouterr().out.splitlines() == [
        f"block {entry_id} 20",
        "a KNOWN []",
        "b NEW []",
        "(<Verdict.KNOWN: 'KNOWN'>, [<Verdict.KNOWN: 'KNOWN'>, <Verdict.NEW: 'NEW'>])",
        "INVALID_ARGUMENT BAD_LENGTH signals[0].value True None",
        "BAD_DEADLINE timeout_s",
        "NEW",
    ]


def test_every_setting_has_its_row() -> None:
    """The table has each setting but the address and the clock of tests, with its default."""
    made = Settings("127.0.0.1:1")
    for name in Settings.__struct_fields__:
        if name not in ("address", "clock"):
            value = getattr(made, name)
            assert f"| `{name}` | {value:g} |" in PAGE if value is not None else f"| `{name}` | None |" in PAGE, name


def test_a_channel_is_a_connection_of_its_own() -> None:
    """What the page says of connections is what the client asks gRPC for."""
    assert ("grpc.use_local_subchannel_pool", 1) in CHANNEL_OPTIONS
