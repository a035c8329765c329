"""What every process of the service has in common: how it is started, its exit codes, its log.

The supervisor starts workers and the keeper by exec with one JSON argument; nothing is forked with an open list.
"""

from __future__ import annotations

import faulthandler
import gc
import os
import signal
import sys
import threading
from collections.abc import Callable

import msgspec

from hashsvc.clock import Clock
from hashsvc.config import Config
from hashsvc.logs import Log, capture_stdlib, make_log
from hashsvc.metrics import Metrics

WORKER, KEEPER = "hashsvc.server.processes.worker", "hashsvc.server.processes.keeper"  # their modules

EXIT_DONE = 0
EXIT_FAILED = 1
EXIT_INVARIANT = 70  # a promise of our own code is broken (EX_SOFTWARE)
EXIT_COMMIT_FAILED = 75  # the outcome of a write is unknown: restart and read the truth (EX_TEMPFAIL)
EXIT_CANNOT_SERVE = 78  # the list or the configuration is refused; starting again is no use (EX_CONFIG)

GC_THRESHOLD = 50_000  # objects; the default of 700 costs object-heavy bulk up to 15 % (docs/measured.md 12)
SWITCH_INTERVAL_S = 0.0005  # how long a thread may keep the interpreter while another waits; default 5 ms


class Start(msgspec.Struct, frozen=True):
    """How the supervisor starts a process.

    number: the worker's; -1 for others. address: where to listen. core: to be bound to, -1 for none.
    ready_fd: a pipe to write one byte to when ready, -1 for none. task: of the keeper: "keep" or "scrub".
    recent_fd: the memory that workers share (`server/wire/recent.py`), -1 for none.
    """

    config: Config
    instance: str
    parent_id: int
    number: int = -1
    address: str = ""
    core: int = -1
    ready_fd: int = -1
    task: str = ""
    recent_fd: int = -1


def command(module: str, start: Start) -> list[str]:
    """Make the command line of a process."""
    return [sys.executable, "-m", module, msgspec.json.encode(start).decode()]


def read_start(arguments: list[str]) -> Start:
    """Read what `command` wrote."""
    if len(arguments) != 1:
        sys.exit("this process is started by `hashsvc serve`")
    return msgspec.json.decode(arguments[0], type=Start)


def log_of(config: Config, clock: Clock, metrics: Metrics | None = None, **bound: int | str) -> Log:
    """Make a process's log and send the libraries' warnings there."""
    count = (lambda: metrics.count("log_refusals")) if metrics is not None else (lambda: None)
    log: Log = make_log(config.log_level, config.log_style, clock=clock, on_refusal=count).bind(**bound)
    capture_stdlib(log)
    faulthandler.enable()  # a crash in native code leaves function names, never values
    return log


def stop_on_signal(stop: threading.Event) -> None:
    """Set `stop` on SIGTERM; leave SIGINT, which a terminal sends to everybody, to the supervisor."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, lambda number, frame: stop.set())


def settle_memory() -> None:
    """Take what start-up made out of the garbage collector's sight, and let it run less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(GC_THRESHOLD, 20, 20)
    sys.setswitchinterval(SWITCH_INTERVAL_S)


def tell_ready(ready_fd: int) -> None:
    """Tell the supervisor that this process serves."""
    if ready_fd >= 0:
        os.write(ready_fd, b"r")
        os.close(ready_fd)


def is_orphan(start: Start) -> bool:
    """Say whether the supervisor that started this process is gone."""
    return os.getppid() != start.parent_id


def end(code: int, log: Log, close: Callable[[], None] = lambda: None) -> None:
    """End this process now, whatever threads are left."""
    close()
    log.info("process stopped", exit_code=code)
    sys.stderr.flush()
    os._exit(code)
