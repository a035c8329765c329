"""Servers to benchmark, processes of their own on cores of their own: the whole service, or one worker alone.

A worker alone has no keeper and no supervisor beside it, and can be given an empty handler in the place of checks:
what is left is what gRPC, the wrapper, metrics and the log line cost. Logs go to a file, as in service.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import msgspec

from hashsvc import config
from hashsvc.server.processes import process, worker
from hashsvc.v1 import check_service_pb2 as pb

START_S = 180.0  # the first start on a machine compiles the kernels
STOP_S = 30.0
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
CHECK = "/hashsvc.v1.CheckService/Check"
BATCH_CHECK = "/hashsvc.v1.CheckService/BatchCheck"
CHANNEL_OPTIONS = (
    ("grpc.use_local_subchannel_pool", 1),  # a connection of its own
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
)

# Runs another program on certain cores, without needing taskset.
_ON_CORES = "import os,sys; os.sched_setaffinity(0, map(int, sys.argv[1].split(','))); os.execv(sys.argv[2], sys.argv[2:])"  # fmt: skip  # noqa: E501


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options of every benchmark that needs a server."""
    parser.add_argument("--small", action="store_true", help="small lists and short runs: does it work at all?")
    parser.add_argument("--lists", default="bench-data", help="folder of the prepared lists (default %(default)s)")


class Server:
    """A running server. process_ids: of the workers."""

    def __init__(self, address: str, process_ids: Sequence[int]) -> None:
        self.address = address
        self.process_ids = list(process_ids)

    def cpu_s(self, number: int | None = None) -> float:
        """Tell the CPU time that a worker used so far, by default all of them together."""
        chosen = self.process_ids if number is None else [self.process_ids[number]]
        return sum(cpu_s_of(process_id) for process_id in chosen)


def cpu_s_of(process_id: int) -> float:
    """Tell the CPU time of a process, to about 10 ns where /proc/PID/schedstat of all its threads can be read."""
    total_ns = 0
    for thread in Path(f"/proc/{process_id}/task").iterdir():
        with contextlib.suppress(FileNotFoundError, ProcessLookupError):
            total_ns += int((thread / "schedstat").read_text().split()[0])
    return total_ns / 1e9


def cores() -> tuple[int, int]:
    """Give (the servers' core, the load's core): different ones where there are two."""
    allowed = sorted(os.sched_getaffinity(0))
    return allowed[0], allowed[-1]


@contextlib.contextmanager
def on_core(core: int) -> Iterator[None]:
    """Keep this process on one core for a while. Threads that are made meanwhile stay there."""
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def start_on(chosen: Sequence[int], arguments: Sequence[str], **options: Any) -> subprocess.Popen[bytes]:
    """Start a Python program on certain cores. arguments: what follows `python`."""
    on = ",".join(map(str, chosen))
    return subprocess.Popen([sys.executable, "-c", _ON_CORES, on, sys.executable, *arguments], **options)


@contextlib.contextmanager
def service(data: Path, workers: int, chosen: Sequence[int], **settings: Any) -> Iterator[Server]:
    """Run `hashsvc serve` over a list: supervisor, keeper and workers, each worker bound to one of the cores."""
    with tempfile.TemporaryDirectory(prefix="hashsvc-bench-") as scratch:
        address, log_path = free_address(), Path(scratch, "log")
        arguments = ["-m", "hashsvc.cli", "serve", "--data", str(data), "--listen", address]
        arguments += ["--workers", str(workers)]
        for name, value in {"log_style": "json", "scrub_interval_hours": 0, "drain_seconds": 5, **settings}.items():
            arguments += ["--set", f"{name}={value}"]
        with log_path.open("wb") as log:
            running = start_on(chosen, arguments, stdout=log, stderr=log)
        try:
            yield Server(address, _serving(running, log_path))
        finally:
            _stop(running)


def _serving(running: subprocess.Popen[bytes], log_path: Path) -> list[int]:
    """Wait until the service says in its log that it serves. Returns the workers' processes."""
    deadline = time.monotonic() + START_S
    while running.poll() is None and time.monotonic() < deadline:
        for line in log_path.read_bytes().splitlines():
            if b'"serving"' in line and line.endswith(b"}"):
                event = msgspec.json.decode(line)
                if event.get("event") == "serving":
                    process_ids: list[int] = event["process_ids"]
                    return process_ids
        time.sleep(0.05)
    raise RuntimeError(f"the service did not start: {log_path.read_text(errors='replace')[-2000:]}")


@contextlib.contextmanager
def worker_alone(data: Path, core: int, *, empty: bool = False) -> Iterator[Server]:
    """Run one worker without supervisor and keeper. empty: checks are answered with nothing, without a look."""
    with tempfile.TemporaryDirectory(prefix="hashsvc-bench-") as scratch:
        address = free_address()
        ready, told = os.pipe()
        start = process.Start(
            config=config.make(data_dir=str(data), log_style="json"),
            instance="benchmark",
            parent_id=os.getpid(),
            number=0,
            address=address,
            core=core,
            ready_fd=told,
        )
        environment = {**os.environ, "PROMETHEUS_MULTIPROC_DIR": scratch, "OPENBLAS_NUM_THREADS": "1"}
        arguments = ["-m", "benchmarks.serving", "empty" if empty else "check", msgspec.json.encode(start).decode()]
        with Path(scratch, "log").open("wb") as log:
            running = start_on([core], arguments, stdout=log, stderr=log, pass_fds=[told], env=environment)
        os.close(told)
        try:
            answered, _, _ = select.select([ready], [], [], START_S)
            if not answered or os.read(ready, 1) != b"r":
                raise RuntimeError(f"the worker did not start: {Path(scratch, 'log').read_text()[-2000:]}")
            yield Server(address, [running.pid])
        finally:
            os.close(ready)
            _stop(running)


def _stop(running: subprocess.Popen[bytes]) -> None:
    running.send_signal(signal.SIGTERM)
    try:
        running.wait(STOP_S)
    except subprocess.TimeoutExpired:
        running.kill()
        running.wait()


def free_address() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return f"127.0.0.1:{probe.getsockname()[1]}"


# ---------------------------------------------------------------- connections


def connect(address: str) -> grpc.Channel:
    """Open a connection of its own."""
    return grpc.insecure_channel(address, options=CHANNEL_OPTIONS)


def raw(channel: grpc.Channel, method: str) -> Any:
    """Give a way to a method that takes and gives bytes, so that the client costs as little as it can."""
    return channel.unary_unary(method, request_serializer=None, response_deserializer=None)


def connect_to_worker(address: str, number: int) -> grpc.Channel:
    """Open connections until one is with that worker: the kernel chooses, trailing metadata tells."""
    item = pb.CheckRequest()
    signal_ = item.signals.add()
    signal_.type, signal_.value = 1, bytes(range(16))
    request = item.SerializeToString()
    for _ in range(200):
        channel = connect(address)
        _, call = raw(channel, CHECK).with_call(request, timeout=10)
        if dict(call.trailing_metadata())["hashsvc-worker"] == str(number):
            return channel
        channel.close()
    raise RuntimeError(f"200 connections and none was with worker {number}")


# ---------------------------------------------------------------- the worker's process


class EmptyChecks:
    """Answers checks with nothing, as fast as can be. Stands in for CheckServicer."""

    def __init__(self, *_: object) -> None:
        pass

    def Check(self, request: pb.CheckRequest, call: Any) -> pb.CheckResponse:  # noqa: N802
        return pb.CheckResponse()

    def BatchCheck(self, request: pb.BatchCheckRequest, call: Any) -> pb.BatchCheckResponse:  # noqa: N802
        return pb.BatchCheckResponse()

    def CheckPrefixes(self, request: pb.CheckPrefixesRequest, call: Any) -> pb.CheckPrefixesResponse:  # noqa: N802
        return pb.CheckPrefixesResponse()


def main() -> None:
    """Be a worker: python -m benchmarks.serving check|empty START."""
    kind = sys.argv.pop(1)
    if kind == "empty":
        worker.app.CheckServicer = EmptyChecks  # type: ignore[misc,assignment]
    worker.main()


if __name__ == "__main__":
    main()
