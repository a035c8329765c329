"""The demo's server, a process as `hashsvc serve` makes it, and other commands run as a person would."""

from __future__ import annotations

import os
import shlex
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from hashsvc.cli.main import Failed
from hashsvc.cli.output import say
from hashsvc.client import HashsvcClient, ServerError

_COMMAND = [sys.executable, "-m", "hashsvc.cli.main"]
_START_S = 120.0  # the first start on a machine compiles the kernels
_STOP_S = 30.0


class Service:
    """A server over a list's directory, on a free port. Starts at once; `stop` or `kill` ends it."""

    def __init__(self, data: Path, log: Path, workers: int) -> None:
        self.address = f"127.0.0.1:{_free_port()}"
        self._log = log
        self._data = data
        self._workers = workers
        self._process = self._start()

    def stop(self) -> int:
        """Ask it to finish what is under way and end. Returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise Failed(f"the server did not stop within {_STOP_S:.0f} s") from error

    def kill(self) -> None:
        """Kill -9 the server and all its workers, as a power cut would."""
        if self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait(_STOP_S)

    def restart(self) -> None:
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = ["serve", "--data", str(self._data), "--listen", self.address, "--workers", str(self._workers)]
        say(f"$ hashsvc {shlex.join(arguments)}")
        with self._log.open("ab") as log:
            # A session of its own: `kill` ends the whole family, and Ctrl-C reaches only the demo, which stops it.
            process = subprocess.Popen([*_COMMAND, *arguments], stdout=log, stderr=log, start_new_session=True)
        self._wait(process)
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until it answers."""
        waited_s = 0.0
        with HashsvcClient(self.address, timeout_s=1.0) as client:
            while process.poll() is None and waited_s < _START_S:
                try:
                    client.stats()
                except ServerError:
                    waited_s += 1.0
                else:
                    return
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
        tail = self._log.read_text(errors="replace")[-2000:]
        raise Failed(f"the server did not start; its log ends:\n{tail}")


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Run `hashsvc …` and read the one JSON line that it prints. Raises Failed where it fails."""
    say(f"$ hashsvc {shlex.join(arguments)}")
    done = subprocess.run([*_COMMAND, *arguments], capture_output=True, check=False)
    if done.returncode:
        raise Failed(f"`hashsvc {arguments[0]}` failed: {done.stderr.decode(errors='replace').strip()}")
    return msgspec.json.decode(done.stdout, type=dict[str, Any])


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
