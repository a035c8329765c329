"""A child process of the supervisor: start it, know when it is ready, start it again when it dies."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping

import msgspec

from hashsvc.logs import Log
from hashsvc.server.processes.process import EXIT_COMMIT_FAILED, Start, command

BACK_OFF_S = (0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0)  # waits between restarts, the last one for good
STEADY_S = 60.0  # a process that ran so long starts anew at the first wait


class Child:
    """One place for a process, which the supervisor keeps filled."""

    def __init__(self, name: str, module: str, start: Start, environment: Mapping[str, str], log: Log) -> None:
        self.name = name
        self.ready = False
        self.start_count = 0
        self.exit_code: int | None = None
        self._module = module
        self._start = start
        self._environment = dict(environment)
        self._log = log
        self._process: subprocess.Popen[bytes] | None = None
        self._ready_fd = -1
        self._failures = 0
        self._started_at = 0.0
        self._start_at = 0.0

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def process_id(self) -> int:
        return self._process.pid if self._process is not None else 0

    def step(self) -> None:
        """Look after the process: note readiness and death, start it when it is time."""
        if self._process is None:
            if time.monotonic() >= self._start_at:
                self._launch()
            return
        code = self._process.poll()
        if code is not None:
            self._ended(code)
        elif not self.ready and self._ready_fd >= 0:
            self._read_ready()

    def signal(self, number: int) -> None:
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(number)

    def wait(self, deadline: float) -> bool:
        """Wait for the process to end, until a time on the monotonic clock. Returns whether it has."""
        if self._process is None:
            return True
        try:
            self.exit_code = self._process.wait(max(0.0, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            return False
        self._process = None
        return True

    def _launch(self) -> None:
        read_fd, write_fd = os.pipe2(os.O_CLOEXEC | os.O_NONBLOCK)
        start = msgspec.structs.replace(self._start, ready_fd=write_fd)
        self._process = subprocess.Popen(
            command(self._module, start),
            env=self._environment,
            pass_fds=(write_fd,) if start.recent_fd < 0 else (write_fd, start.recent_fd),
            stdin=subprocess.DEVNULL,
            process_group=0,  # a terminal's Ctrl-C reaches the supervisor alone, which drains
        )
        os.close(write_fd)
        self._ready_fd = read_fd
        self._started_at = time.monotonic()
        self.start_count += 1

    def _read_ready(self) -> None:
        try:
            said = os.read(self._ready_fd, 1)
        except BlockingIOError:
            return
        self.ready = said == b"r"
        self._close_ready()

    def _ended(self, code: int) -> None:
        if time.monotonic() - self._started_at > STEADY_S:
            self._failures = 0
        wait_s = BACK_OFF_S[min(self._failures, len(BACK_OFF_S) - 1)]
        self._failures += 1
        self._start_at = time.monotonic() + wait_s
        self._close_ready()
        self._process = None
        self.ready = False
        self.exit_code = code
        reason = "commit failed" if code == EXIT_COMMIT_FAILED else "signal" if code < 0 else "exit"
        self._log.warning("process ended", process=self.name, exit_code=code, reason=reason, restart_in_s=wait_s)

    def _close_ready(self) -> None:
        if self._ready_fd >= 0:
            os.close(self._ready_fd)
            self._ready_fd = -1
