"""The demo's server, a process as `hashsvc serve` makes it, and other commands run as a person would."""

from __future__ import annotations

import contextlib
import os
import shlex
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from hashsvc.cli.failures import Failed
from hashsvc.cli.output import say
from hashsvc.client import HashsvcClient, ServerError

_COMMAND = [sys.executable, "-m", "hashsvc.cli"]
_START_S = 120.0  # the first start on a machine compiles the kernels
_STOP_S = 30.0
_CONNECT_S = 1.0


class Service:
    """A server over a list's directory, on a free port. Starts at once; `stop` or `kill` ends it.

    settings: NAME=VALUE, of docs/config.md.
    """

    def __init__(self, data: Path, log: Path, workers: int, settings: Sequence[str] = ()) -> None:
        self.address = f"127.0.0.1:{_free_port()}"
        self._log = log
        self._data = data
        self._workers = workers
        self._settings = settings
        self._process = self._start()

    def stop(self) -> int:
        """Ask it to finish what is under way and end. Returns its exit status."""
        self._process.send_signal(signal.SIGTERM)
        try:
            return self._process.wait(_STOP_S)
        except subprocess.TimeoutExpired as error:
            self.kill()
            raise Failed(f"the server did not stop within {_STOP_S:.0f} s") from error

    def kill(self) -> int:
        """Kill -9 the server and all its processes, as a power cut would. Returns how many there were."""
        killed: set[int] = set()
        while family := _session(self._process.pid):
            for process_id in family:  # the supervisor first, so that it starts no worker again
                with contextlib.suppress(ProcessLookupError):
                    os.kill(process_id, signal.SIGKILL)
                    killed.add(process_id)
            self._process.poll()  # a dead one stays in its session until it is waited for
            time.sleep(0.01)
        return len(killed)

    def restart(self) -> None:
        self._process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        arguments = ["serve", "--data", str(self._data), "--listen", self.address, "--workers", str(self._workers)]
        arguments += [argument for setting in self._settings for argument in ("--set", setting)]
        say(f"$ hashsvc {shlex.join(arguments)}")
        with self._log.open("ab") as log:
            # A session of its own: `kill` finds the whole family by it, and Ctrl-C reaches the demo only.
            process = subprocess.Popen([*_COMMAND, *arguments], stdout=log, stderr=log, start_new_session=True)
        self._wait(process)
        return process

    def _wait(self, process: subprocess.Popen[bytes]) -> None:
        """Wait until all workers have answered: a new connection meets one of them at random."""
        answered: set[int | None] = set()
        deadline = time.monotonic() + _START_S
        while process.poll() is None and time.monotonic() < deadline:
            with contextlib.suppress(ServerError), HashsvcClient(self.address, connect_s=_CONNECT_S) as client:
                answered.add(client.stats().worker)
            if len(answered) == self._workers:
                return
            time.sleep(0.05)
        self._process = process
        self.kill()
        tail = self._log.read_text(errors="replace")[-2000:]
        raise Failed(f"the server did not start; its log ends:\n{tail}")


def run(arguments: Sequence[str]) -> dict[str, Any]:
    """Run `hashsvc …` and read the one JSON line that it prints. Raises Failed where it fails."""
    say(f"$ hashsvc {shlex.join(arguments)}")
    done = subprocess.run([*_COMMAND, *arguments], capture_output=True, check=False)
    if done.returncode:
        raise Failed(f"`hashsvc {arguments[0]}` failed: {(done.stdout + done.stderr).decode(errors='replace').strip()}")
    return msgspec.json.decode(done.stdout, type=dict[str, Any])


def _session(leader: int) -> list[int]:
    """All processes of a session that are not dead yet, its leader first."""
    family = []
    for name in os.listdir("/proc"):
        with contextlib.suppress(ProcessLookupError, FileNotFoundError, IndexError):
            if name.isdecimal() and os.getsid(int(name)) == leader:
                state = Path("/proc", name, "stat").read_text().rpartition(")")[2].split()[0]
                if state != "Z":
                    family.append(int(name))
    return sorted(family, key=lambda process_id: process_id != leader)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
