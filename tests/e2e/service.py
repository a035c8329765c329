"""A real `hashsvc serve` in its own processes: start it, find its processes, speak to each worker, stop it.

Processes are found by their command line, which names the list, so those of a killed supervisor are found too.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from hashsvc.client import HashsvcClient
from hashsvc.client.errors import ServerError
from hashsvc.server.processes.supervisor import metrics_root

START_S = 90.0  # on a busy machine


class Service:
    """One `hashsvc serve`. All that it logs goes to `log_path`."""

    def __init__(self, data: Path, log_path: Path, *settings: str, listen: str = "127.0.0.1:0") -> None:
        self.data = data
        self.log_path = log_path
        command = [sys.executable, "-m", "hashsvc.cli", "serve", "--data", str(data), "--listen", listen]
        command += ["--workers", "2", "--metrics-listen", "127.0.0.1:0", "--log-level", "debug"]
        for setting in settings:
            command += ["--set", setting]
        with log_path.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        told = self._wait_serving()
        self.address: str = told["address"]
        self.metrics_address: str = told["metrics_address"]

    def _wait_serving(self) -> dict[str, Any]:
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            assert self.process.poll() is None, self.log()[-3_000:]
            told = self.told()
            if told.get("process_id") == self.process.pid and told.get("state") == "serving":
                return told
            time.sleep(0.02)
        raise AssertionError(f"not serving after {START_S} s: {self.log()[-3_000:]}")

    def told(self) -> dict[str, Any]:
        """What supervisor.json says, or nothing."""
        try:
            found: dict[str, Any] = json.loads((self.data / "supervisor.json").read_text())
        except (OSError, ValueError):
            return {}
        return found

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def events(self) -> list[dict[str, Any]]:
        """All log lines so far."""
        return [json.loads(line) for line in self.log().splitlines() if line.startswith("{")]

    def processes(self) -> dict[str, int]:
        """Process ids of this list's children: "0", "1" for the workers, "keeper", "scrub"."""
        found = {}
        for entry in Path("/proc").iterdir():
            if not entry.name.isdecimal():
                continue
            try:
                arguments = (entry / "cmdline").read_bytes().split(b"\0")
                start = json.loads(arguments[3]) if len(arguments) > 3 and b"hashsvc.server" in arguments[2] else None
            except (OSError, ValueError):
                continue
            if isinstance(start, dict) and start.get("config", {}).get("data_dir") == str(self.data):
                name = "scrub" if start["task"] == "scrub" else "keeper" if start["task"] else str(start["number"])
                found[name] = int(entry.name)
        return found

    def wait_workers(self, *other_than: int) -> dict[str, int]:
        """Wait until two workers that are not these processes answer. Returns their process ids by number."""
        until = time.monotonic() + START_S
        while time.monotonic() < until:
            found = {name: pid for name, pid in self.processes().items() if name in ("0", "1")}
            if len(found) == 2 and not set(found.values()) & set(other_than) and self._all_listen(found):
                return found
            time.sleep(0.05)
        raise AssertionError(f"workers did not come back: {self.log()[-3_000:]}")

    def _all_listen(self, workers: dict[str, int]) -> bool:
        started = {event["process_id"] for event in self.events() if event["event"] == "worker started"}
        return set(workers.values()) <= started

    def clients(self, actor: str = "ann", **settings: Any) -> list[HashsvcClient]:
        """Two clients, the first speaking to worker 0, the second to worker 1: connections until both were met."""
        found: dict[int, HashsvcClient] = {}
        until = time.monotonic() + 30
        while len(found) < 2:
            assert time.monotonic() < until, f"only workers {sorted(found)} were met"
            client = HashsvcClient(self.address, actor, **settings)
            try:
                worker = client.stats().worker
            except ServerError:
                worker = None
            if worker is None or worker in found:
                client.close()
            else:
                found[worker] = client
        return [found[0], found[1]]

    def stop(self, timeout_s: float = 60) -> int:
        """SIGTERM, and wait. Returns the exit code."""
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout_s)

    def kill_all(self) -> None:
        """SIGKILL to everything that is left."""
        for pid in (self.process.pid, *self.processes().values()):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        self.process.wait()
        shutil.rmtree(metrics_root(self.data), ignore_errors=True)
