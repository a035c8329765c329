"""Configuration and metrics: limits hold, docs say everything, one scrape sees all workers."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from prometheus_client import generate_latest

from hashsvc import config, metrics
from hashsvc.errors import InvalidArgument
from hashsvc.server.processes.addresses import loopback, reserve


def test_settings_outside_their_limits_are_refused_by_name() -> None:
    """A wrong setting names its field."""
    for values, field in (
        ({"data_dir": "x", "workers": -1}, "workers"),
        ({"data_dir": "x", "bulk_running_max": 3}, "bulk_running_max"),
        ({"data_dir": "x", "listen": "nowhere"}, "listen"),
        ({"data_dir": "x", "log_level": "loud"}, "log_level"),
        ({"data_dir": ""}, "data_dir"),
    ):
        with pytest.raises(InvalidArgument) as caught:
            config.make(**values)
        assert (caught.value.reason, caught.value.field) == ("BAD_CONFIG", field)


def test_a_config_survives_the_way_to_another_process() -> None:
    """What the supervisor hands to a worker is what the worker reads."""
    one = config.make(data_dir="/x", workers=3, scrub_interval_hours=1.5)
    assert config.from_json(config.to_json(one)) == one


def test_every_setting_is_documented() -> None:
    """docs/config.md has a row with meaning and default for each field."""
    text = config.markdown()
    for name in config.Config.__struct_fields__:
        [row] = [line for line in text.splitlines() if line.startswith(f"| `{name}` |")]
        cells = [cell.strip() for cell in row.strip("|").split("|")]
        assert cells[1].endswith("."), name
        assert cells[3], name
    printed = subprocess.run(
        [sys.executable, "-m", "hashsvc.config", "--markdown"], capture_output=True, text=True, check=True
    )
    assert printed.stdout == text


def test_only_loopback_is_bound() -> None:
    """Without TLS any other address is UNSAFE_LISTEN, a name that is no address too."""
    assert loopback("127.0.0.1:0", "listen") == ("127.0.0.1", 0)
    assert loopback("localhost:50051", "listen") == ("127.0.0.1", 50051)
    assert loopback("[::1]:50051", "listen") == ("::1", 50051)
    for address in ("0.0.0.0:50051", "[::]:50051", "10.0.0.7:1", "example.org:443"):
        with pytest.raises(InvalidArgument) as caught:
            loopback(address, "listen")
        assert caught.value.reason == "UNSAFE_LISTEN"


def test_a_port_of_somebody_else_is_not_shared() -> None:
    """A port on which another process listens is refused, even where the kernel would share it."""
    import socket

    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        with pytest.raises(Exception, match="ADDRESS_IN_USE"):
            reserve("127.0.0.1", other.getsockname()[1], shared_with_ours=False)


def test_metrics_are_counted_under_their_names() -> None:
    """Each definition is found in a scrape."""
    made = metrics.Metrics()
    made.call_answered("CheckService.Check", "OK", 0.001)
    made.count("verdicts", "NEW", amount=3)
    made.set("sequence", 9)
    text = generate_latest(made.registry).decode()
    assert 'hashsvc_calls_total{code="OK",method="CheckService.Check"} 1.0' in text
    assert 'hashsvc_verdicts_total{verdict="NEW"} 3.0' in text
    assert "hashsvc_sequence 9.0" in text
    for definition in metrics.DEFINITIONS:
        assert f"# HELP {definition.name}" in text
        assert definition.name in metrics.markdown()


def test_one_scrape_adds_up_all_processes(tmp_path: Path) -> None:
    """Two processes that count into one directory are read as one."""
    code = "from hashsvc.metrics import Metrics; m = Metrics(); m.count('commits', amount=2); m.set('sequence', 5)"
    environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)}
    for _ in range(2):
        subprocess.run([sys.executable, "-c", code], check=True, env=environment)
    read = (
        "import sys; from prometheus_client import CollectorRegistry, generate_latest, multiprocess;"
        "r = CollectorRegistry(); multiprocess.MultiProcessCollector(r, path=sys.argv[1]);"
        "print(generate_latest(r).decode())"
    )
    text = subprocess.run(
        [sys.executable, "-c", read, str(tmp_path)], capture_output=True, text=True, check=True
    ).stdout
    assert "hashsvc_commits_total 4.0" in text
    assert "hashsvc_sequence 5.0" in text
