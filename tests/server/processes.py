"""A real service of several processes over a real list, for tests."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import grpc
import msgspec

from hashsvc import config
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.server.processes.markers import Markers, Serving
from tests.server.fakes import wait_until

START_S = 90.0  # kernels may have to be compiled
RUN = (
    "import sys; from hashsvc import config; from hashsvc.server.processes import supervisor;"
    "sys.exit(supervisor.run(config.from_json(sys.argv[1])))"
)


class Service:
    """A supervisor's process and what it started."""

    def __init__(self, data_dir: Path, **settings: Any) -> None:
        values = {"listen": "127.0.0.1:0", "workers": 2, "drain_seconds": 5, "log_style": "json", **settings}
        self.data_dir = data_dir
        self.markers = Markers(data_dir)
        self.log_path = data_dir.parent / f"log-{time.monotonic_ns()}"
        with self.log_path.open("wb") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-c", RUN, config.to_json(config.make(data_dir=str(data_dir), **values))],
                stderr=log,
                start_new_session=True,
            )

    def wait_serving(self) -> Serving:
        """Wait until this supervisor says that all workers serve."""

        def serves() -> bool:
            assert self.process.poll() is None, self.log()
            serving = self.markers.serving()
            return serving is not None and serving.state == "serving" and serving.process_id == self.process.pid

        wait_until(serves, START_S)
        serving = self.markers.serving()
        assert serving is not None
        return serving

    def log(self) -> list[dict[str, Any]]:
        lines = self.log_path.read_bytes().splitlines()
        return [msgspec.json.decode(line) for line in lines if line.startswith(b"{")]

    def events(self, event: str) -> list[dict[str, Any]]:
        return [line for line in self.log() if line.get("event") == event]

    def worker_ids(self) -> dict[int, int]:
        """Process ids of the workers by number, the newest of each."""
        return {line["worker"]: line["process_id"] for line in self.events("worker started")}

    def stop(self, number: int = signal.SIGTERM) -> int:
        if self.process.poll() is None:
            self.process.send_signal(number)
        return self.process.wait(30)


@contextmanager
def service(data_dir: Path, **settings: Any) -> Iterator[Service]:
    """Run a service; afterwards nothing of it is left."""
    one = Service(data_dir, **settings)
    try:
        yield one
    finally:
        if one.process.poll() is None:
            one.process.terminate()
            try:
                one.process.wait(20)
            except subprocess.TimeoutExpired:
                one.process.kill()
        for line in one.events("worker started") + one.events("keeper started"):
            if is_ours(line["process_id"]):
                os.kill(line["process_id"], signal.SIGKILL)


def is_ours(process_id: int) -> bool:
    """Say whether a process lives and is one of the service's."""
    try:
        command = Path(f"/proc/{process_id}/cmdline").read_bytes()
        state = Path(f"/proc/{process_id}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return False
    return b"hashsvc.server" in command and state != "Z"


def new_list(directory: Path) -> Path:
    data_dir = directory / "data"
    ListStore.create(data_dir, clock=SystemClock())
    return data_dir


def connect(address: str) -> grpc.Channel:
    """Open a connection of its own, which may reach another worker than the last."""
    return grpc.insecure_channel(address, options=[("grpc.use_local_subchannel_pool", 1)])


def call(channel: grpc.Channel, path: str, request: Any, answer: Any, actor: str = "", timeout: float = 10) -> Any:
    """Call a method. Returns (answer, worker's number)."""
    method: Any = channel.unary_unary(f"/hashsvc.v1.{path}", response_deserializer=answer.FromString)
    metadata = (("hashsvc-actor", actor),) if actor else ()
    response, rpc = method.with_call(request.SerializeToString(), timeout=timeout, metadata=metadata)
    return response, int(dict(rpc.trailing_metadata())["hashsvc-worker"])
