"""The supervisor: `hashsvc serve`. Starts workers and the keeper, restarts what dies, drains on SIGTERM.

Opens no list itself and answers no call; if it dies, workers go on. It holds the port that the workers share, and
serves one scrape of everybody's metrics. `run` is called by the command line.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import resource
import shutil
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import start_http_server
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from hashsvc.clock import Clock, SystemClock
from hashsvc.config import Config
from hashsvc.errors import FailedPrecondition, NotFound, ResourceExhausted
from hashsvc.files import KERNELS_VARIABLE, kernels_folder, why_not_writable
from hashsvc.logs import Log
from hashsvc.metrics import SUPERVISOR_DEFINITIONS, Metrics
from hashsvc.server.processes.addresses import cannot_bind, joined, loopback, reserve
from hashsvc.server.processes.children import Child
from hashsvc.server.processes.markers import Markers, ReadOnly, Serving
from hashsvc.server.processes.process import (
    EXIT_CANNOT_SERVE,
    EXIT_COMMIT_FAILED,
    EXIT_DONE,
    EXIT_FAILED,
    KEEPER,
    WORKER,
    Start,
    log_of,
)
from hashsvc.server.wire.memory import make_memory

STEP_S = 0.05
METRICS_BYTES_MIN = 8 << 20  # of all processes
KILL_AFTER_S = 5.0  # past the drain time, before processes are killed

OnServing = Callable[[Serving], None]


def run(config: Config, on_serving: OnServing = lambda serving: None) -> int:
    """Serve the list until SIGTERM or SIGINT. Returns the exit code: 0 after a clean stop.

    on_serving: called once when all workers are ready. Call from the main thread. Raises NotFound NO_LIST,
    InvalidArgument UNSAFE_LISTEN or BAD_ADDRESS, FailedPrecondition ALREADY_SERVING or ADDRESS_IN_USE.
    """
    clock = SystemClock()
    log = log_of(config, clock, process="supervisor")
    return Supervisor(config, log, clock, on_serving).run()


class Supervisor:
    """Everything that `serve` holds: lock, port, children, metrics."""

    def __init__(self, config: Config, log: Log, clock: Clock, on_serving: OnServing) -> None:
        self._config = config
        self._log = log
        self._clock = clock
        self._on_serving = on_serving
        self._data_dir = Path(config.data_dir).absolute()
        self._markers = Markers(self._data_dir)
        self._instance = clock.new_request_id()
        self._metrics_dir = metrics_root(self._data_dir) / self._instance
        self._stop = threading.Event()
        self._signals = 0
        self._serving_told = False
        self._starts_counted = 0
        self._metrics = Metrics(definitions=SUPERVISOR_DEFINITIONS)
        self._recent = -1
        self._workers: list[Child] = []
        self._children: list[Child] = []

    def run(self) -> int:
        """Serve until told to stop."""
        host, port = loopback(self._config.listen, "listen")
        if not (self._data_dir / "list").is_dir():
            raise NotFound("NO_LIST", "there is no list in this directory; `hashsvc init` makes one", field="data_dir")
        refusal = why_not_writable(self._data_dir, *self._data_dir.rglob("*"))
        if refusal is not None:
            raise refusal
        lock = self._lock()
        before = self._markers.serving()
        ours = before is not None and before.address == joined(host, port)
        held, port = reserve(host, port, shared_with_ours=ours)
        try:
            self._prepare()
            serving = self._announce(joined(host, port))
            self._make_children(serving)
            old_handlers = [(number, signal.signal(number, self._on_signal)) for number in _STOP_SIGNALS]
            try:
                code = self._supervise(serving)
                self._drain()
            finally:
                for number, handler in old_handlers:
                    signal.signal(number, handler)
            self._markers.clear_serving()
            shutil.rmtree(self._metrics_dir.parent, ignore_errors=True)
            self._log.info("stopped", exit_code=code)
            return code
        finally:
            held.close()
            if self._recent >= 0:
                os.close(self._recent)
            os.close(lock)

    # ------------------------------------------------------------ before

    def _lock(self) -> int:
        """Take the supervisor's lock. The kernel gives it back when this process ends, however it ends."""
        descriptor = os.open(self._data_dir / "supervisor.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            raise FailedPrecondition(
                "ALREADY_SERVING", "another supervisor serves this list; stop it first", field="data_dir"
            ) from None
        return descriptor

    def _prepare(self) -> None:
        """Make room for metrics and recent URLs, keep a spare marker, allow no core dumps: they hold fingerprints."""
        self._recent = make_memory(self._clock)
        shutil.rmtree(self._metrics_dir.parent, ignore_errors=True)
        self._metrics_dir.parent.mkdir(mode=0o700)  # fails if it is somebody else's
        free = shutil.disk_usage(self._metrics_dir.parent).free
        if free < METRICS_BYTES_MIN:  # mapped: a process that finds no room ends by SIGBUS, without a word
            raise ResourceExhausted(
                "DISK_FULL",
                f"{self._metrics_dir.parent} has {free} bytes free, and metrics of processes need "
                f"{METRICS_BYTES_MIN}; make room",
            )
        self._metrics_dir.mkdir()
        self._markers.keep_spare()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def _announce(self, address: str) -> Serving:
        """Write who serves, so that workers of an earlier supervisor drain, and start the scrape."""
        metrics_address = ""
        if self._config.metrics_listen:
            metrics_host, metrics_port = loopback(self._config.metrics_listen, "metrics_listen")
            metrics_address = joined(metrics_host, self._serve_metrics(metrics_host, metrics_port))
        serving = Serving(
            instance=self._instance,
            process_id=os.getpid(),
            address=address,
            metrics_address=metrics_address,
            worker_count=self._config.workers or len(os.sched_getaffinity(0)),
            started_us=self._clock.now_us(),
        )
        self._markers.set_serving(serving)
        return serving

    def _serve_metrics(self, host: str, port: int) -> int:
        """Serve the metrics of all processes over HTTP. Returns the port."""
        registry = CollectorRegistry()
        MultiProcessCollector(registry, path=str(self._metrics_dir))  # type: ignore[no-untyped-call]
        registry.register(_Joined(self._metrics.registry))
        try:
            server, _ = start_http_server(port, host, registry)
        except OSError as error:
            raise cannot_bind("metrics_listen", host, port, error) from error
        return int(server.server_port)

    def _make_children(self, serving: Serving) -> None:
        cores = sorted(os.sched_getaffinity(0))
        count = serving.worker_count
        pinned = self._config.pin and count <= len(cores)
        if self._config.pin and not pinned:
            self._log.warning("workers not pinned: more workers than cores", workers=count, cores=len(cores))
        environment = {
            **os.environ,
            "PROMETHEUS_MULTIPROC_DIR": str(self._metrics_dir),
            "OPENBLAS_NUM_THREADS": "1",  # a worker has one core; numpy must not start threads for more
            "OMP_NUM_THREADS": "1",
            KERNELS_VARIABLE: str(kernels_folder(self._data_dir)),
        }
        start = Start(
            config=self._config, instance=self._instance, parent_id=os.getpid(), address=serving.address, task="keep"
        )
        for number in range(count):
            one = Start(
                config=self._config,
                instance=self._instance,
                parent_id=os.getpid(),
                number=number,
                address=serving.address,
                core=cores[number % len(cores)] if pinned else -1,
                recent_fd=self._recent,
            )
            self._workers.append(Child(f"worker {number}", WORKER, one, environment, self._log))
        self._children = [
            *self._workers,
            Child("keeper", KEEPER, start, environment, self._log),
        ]

    # ------------------------------------------------------------ while serving

    def _supervise(self, serving: Serving) -> int:
        """Keep the children running until told to stop. Returns the exit code."""
        while not self._stop.is_set():
            for child in self._children:
                before = child.process_id
                child.step()
                if before and not child.running:
                    self._on_death(child, before)
            self._measure()
            if not self._serving_told:
                if all(worker.ready for worker in self._workers):
                    self._tell_serving(serving)
                elif any(worker.exit_code == EXIT_CANNOT_SERVE for worker in self._workers):
                    self._log.error("workers cannot serve this list, giving up")
                    return EXIT_FAILED
            self._stop.wait(STEP_S)
        return EXIT_DONE

    def _tell_serving(self, serving: Serving) -> None:
        self._serving_told = True
        told = msgspec.structs.replace(serving, state="serving")
        self._markers.set_serving(told)
        self._log.info(
            "serving",
            address=told.address,
            worker_count=told.worker_count,
            metrics_address=told.metrics_address,
            process_ids=[worker.process_id for worker in self._workers],
        )
        self._on_serving(told)

    def _on_death(self, child: Child, process_id: int) -> None:
        """Drop a dead process's live figures; after a failed commit make sure that nobody writes."""
        mark_process_dead(process_id, path=str(self._metrics_dir))  # type: ignore[no-untyped-call]
        if child.exit_code == EXIT_COMMIT_FAILED and not self._markers.is_read_only():
            self._markers.set_read_only(ReadOnly("a commit failed", child.name, self._clock.now_us()))

    def _measure(self) -> None:
        starts = sum(worker.start_count for worker in self._workers)
        self._metrics.count("worker_starts", amount=starts - self._starts_counted)
        self._starts_counted = starts
        self._metrics.set("workers", sum(worker.ready for worker in self._workers))

    # ------------------------------------------------------------ the end

    def _on_signal(self, number: int, frame: Any) -> None:
        """Stop; the second time at once."""
        self._signals += 1
        self._stop.set()

    def _drain(self) -> None:
        """Stop the children: workers finish what they have, within the drain time; what is left is killed."""
        self._log.info("draining", drain_seconds=self._config.drain_seconds)
        for child in self._children:
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + self._config.drain_seconds + KILL_AFTER_S
        waiting = list(self._children)
        while waiting and time.monotonic() < deadline and self._signals < 2:
            waiting = [child for child in waiting if not child.wait(time.monotonic() + STEP_S)]
        for child in waiting:
            self._log.warning("process killed: it did not stop in time", process=child.name)
            child.signal(signal.SIGKILL)
            child.wait(time.monotonic() + KILL_AFTER_S)


def metrics_root(data_dir: Path) -> Path:
    """Choose where the metrics of a list's processes stand: in memory, never on the list's disk.

    They are mapped files; a process that writes to one on a full disk is killed by SIGBUS, and checks must go on then.
    """
    name = hashlib.blake2b(str(data_dir).encode(), digest_size=8).hexdigest()
    return (_SHARED_MEMORY if _SHARED_MEMORY.is_dir() else data_dir) / f"hashsvc-metrics-{os.getuid()}-{name}"


_SHARED_MEMORY = Path("/dev/shm")  # noqa: S108  (a directory of our own in it, which nobody else can write to)
_STOP_SIGNALS = (signal.SIGTERM, signal.SIGINT)


class _Joined:
    """Shows one registry's metrics in another."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self._registry = registry

    def collect(self) -> Any:
        return self._registry.collect()
