"""A worker: one process that answers calls, bound to one core, with the list open.

`python -m hashsvc.server.processes.worker`, started by the supervisor. Listens only once the list is open and the
kernels are warm, so that a connection never meets a worker that cannot answer. Works on when the supervisor is gone;
drains on SIGTERM, and when another supervisor has taken over. A failed commit ends it with exit code 75.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from pathlib import Path

from hashsvc.casework.desks import Casework
from hashsvc.clock import SystemClock
from hashsvc.errors import CommitFailed, FailedPrecondition, HashsvcError, InvariantError
from hashsvc.hashlist import ListStore
from hashsvc.index import kernels_kept, warm
from hashsvc.logs import describe_exception
from hashsvc.matching.current import CurrentPolicy
from hashsvc.matching.policy import Policy
from hashsvc.metrics import Metrics
from hashsvc.server import app
from hashsvc.server.processes.markers import Markers, ReadOnly
from hashsvc.server.processes.process import (
    EXIT_CANNOT_SERVE,
    EXIT_COMMIT_FAILED,
    EXIT_DONE,
    EXIT_FAILED,
    EXIT_INVARIANT,
    Start,
    end,
    log_of,
    read_start,
    settle_memory,
    stop_on_signal,
    tell_ready,
)
from hashsvc.server.wire.call_log import CallLog
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.server.writing.casework import open_casework
from hashsvc.server.writing.casework_metrics import counter

TICK_S = 0.1  # between two updates of the delta when nobody asks
LOOK_S = 1.0  # between two looks at the markers
SYNC_S = 1.0  # between two syncs of the journal: a power failure loses so much of it
FINISH_S = 60.0  # between two tries to finish listings of casework that were interrupted
FATAL_GRACE_S = 1.0  # for answers under way when the process must end
COMPLAIN_S = 60.0  # between two log lines about the same trouble


class Worker:
    """The life of one worker process."""

    def __init__(self, start: Start) -> None:
        config = start.config
        self._start = start
        self._config = config
        self._clock = SystemClock()
        self._metrics = Metrics()
        self._policies = CurrentPolicy()
        self._log = log_of(config, self._clock, self._metrics, worker=start.number)
        self._call_log = CallLog(
            start.number,
            level=config.log_level,
            style=config.log_style,
            clock=self._clock,
            on_refusal=lambda: self._metrics.count("log_refusals"),
        )
        self._markers = Markers(Path(config.data_dir))
        self._stop = threading.Event()
        self._exit_code = EXIT_DONE
        self._grace_s = float(config.drain_seconds)
        self._complained_at = self._casework_complained_at = -COMPLAIN_S

    def run(self) -> None:
        """Serve until told to stop. Ends the process."""
        stop_on_signal(self._stop)
        try:
            store = ListStore.open(Path(self._config.data_dir), clock=self._clock)
            with store.snapshot() as snapshot:
                policy = self._policies.of(snapshot)
            casework = open_casework(
                self._config, store, self._policies, self._clock, self._markers.holds_writes, counter(self._metrics)
            )
            built = self._build(store, casework)
            warm()
        except HashsvcError as error:
            self._cannot_start(error.reason, error.message)
            return
        except InvariantError as error:  # a method that nobody placed, or nobody answers
            self._cannot_start("INTERNAL", str(error))
            return
        except OSError as error:
            # No folder for temporary files and a file that may not be read stay so; a full disk may get room.
            stays = isinstance(error, FileNotFoundError | PermissionError)
            text = f"{error.filename or ''} {error.strerror or error}".strip()
            self._cannot_start("", text, EXIT_CANNOT_SERVE if stays else EXIT_FAILED)
            return
        self._policy_told = policy
        self._warn_of(policy)
        if self._start.number == 0 and kernels_kept() is None:
            self._log.warning("search kernels are compiled at each start: nowhere to keep them")
        self._follow(casework, finish=True)
        built.journal.start()
        self._look(store, built)
        built.health.update(warm=True)
        settle_memory()
        built.server.add_insecure_port(self._start.address)
        built.server.start()
        tell_ready(self._start.ready_fd)
        self._log.info("worker started", process_id=os.getpid(), core=self._start.core, policy=policy.version)
        self._keep_house(store, casework, built)
        self._drain(store, casework, built)

    def _build(self, store: ListStore, casework: Casework) -> app.App:
        return app.build(
            self._config,
            store,
            self._policies,
            casework,
            worker=self._start.number,
            log=self._log,
            call_log=self._call_log,
            metrics=self._metrics,
            clock=self._clock,
            recent=RecentUrls(self._clock, self._start.recent_fd),
            is_read_only=self._markers.is_read_only,
            on_commit_failed=self._on_commit_failed,
            on_fatal=self._on_fatal,
        )

    def _cannot_start(self, reason: str, text: str, code: int = EXIT_CANNOT_SERVE) -> None:
        self._log.error("worker could not start", reason=reason, text=text)
        end(code, self._log)

    # ------------------------------------------------------------ while serving

    def _keep_house(self, store: ListStore, casework: Casework, built: app.App) -> None:
        """Keep the delta up to date, sync the journal, follow the list and look around, until told to stop."""
        looked_at = synced_at = finished_at = time.monotonic()
        while not self._stop.wait(TICK_S):
            self._call_log.drain()
            if time.monotonic() - synced_at >= SYNC_S:
                synced_at = time.monotonic()
                built.journal.sync()
            try:
                store.tick()
            except Exception as error:  # noqa: BLE001  (the next turn tries again; health says how it is)
                self._trouble(built, error)
                continue
            if time.monotonic() - looked_at >= LOOK_S:
                looked_at = time.monotonic()
                self._look(store, built)
                finish = looked_at - finished_at >= FINISH_S
                finished_at = looked_at if finish else finished_at
                self._follow(casework, finish=finish)

    def _follow(self, casework: Casework, *, finish: bool) -> None:
        """Let casework take in what the list decided; finish: also listings that a crash interrupted."""
        if self._markers.holds_writes():
            return  # it would write, and by what a damaged list says
        try:
            finished = casework.decisions.finish(self._on_listing_refused) if finish else 0
            if not finish:
                casework.ground.follow()
            if finished:
                self._log.info("listings finished", case_count=finished)
        except CommitFailed as error:
            self._on_commit_failed(error)
        except InvariantError as error:
            self._on_fatal(error)
        except Exception as error:  # noqa: BLE001  (the next turn tries again; calls about cases say what is wrong)
            if time.monotonic() - self._casework_complained_at >= COMPLAIN_S:
                self._casework_complained_at = time.monotonic()
                reason = error.reason if isinstance(error, HashsvcError) else ""
                self._log.error("casework could not follow", reason=reason, **describe_exception(error))

    def _on_listing_refused(self, case: int, error: HashsvcError) -> None:
        self._log.error("listing refused", case=case, reason=error.reason, text=error.message)

    def _look(self, store: ListStore, built: app.App) -> None:
        """Look at the list and the markers, and let health and metrics say what was seen."""
        try:
            with store.snapshot() as snapshot:
                sequence = snapshot.position.sequence
                policy = self._policies.of(snapshot)
        except FailedPrecondition as error:
            self._log.error("worker stops", reason=error.reason, text=error.message)
            self._end_soon(EXIT_CANNOT_SERVE)
            return
        except Exception as error:  # noqa: BLE001  (as above)
            self._trouble(built, error)
            return
        if policy is not self._policy_told:
            self._policy_told = policy
            self._log.info("policy came into force", policy=policy.version)
            self._warn_of(policy)
        read_only = self._markers.is_read_only()
        damaged = self._markers.is_damaged()
        built.around.close_with("LIST_DAMAGED" if damaged else "")
        built.health.update(readable=not damaged, read_only=read_only)
        self._metrics.set("sequence", sequence)
        self._metrics.set("read_only", int(read_only))
        self._metrics.set("ready", int(built.health.ready))
        for lane in built.lanes:
            self._metrics.set("lane_calls", lane.call_count, lane.name)
        serving = self._markers.serving()
        if serving is not None and serving.instance != self._start.instance:
            self._log.info("another supervisor took over")
            self._stop.set()

    def _warn_of(self, policy: Policy) -> None:
        """Say once a service which signals a policy leaves unsearched."""
        if self._start.number == 0:
            for warning in policy.warnings():
                self._log.warning("policy warned", text=warning)

    def _trouble(self, built: app.App, error: Exception) -> None:
        """Say that the list cannot be read, now and then in the log."""
        built.health.update(readable=False)
        self._metrics.set("ready", 0)
        if time.monotonic() - self._complained_at >= COMPLAIN_S:
            self._complained_at = time.monotonic()
            reason = error.reason if isinstance(error, HashsvcError) else ""
            self._log.error("list could not be read", reason=reason, **describe_exception(error))

    # ------------------------------------------------------------ the end

    def _on_commit_failed(self, error: CommitFailed) -> None:
        """Stop after a failed commit: nobody writes before the list was verified."""
        self._log.error("commit failed", **describe_exception(error))
        try:
            self._markers.set_read_only(
                ReadOnly("a commit failed", f"worker {self._start.number}", self._clock.now_us())
            )
        except OSError as failure:  # the supervisor tries again when it sees the exit code
            self._log.error("read-only marker could not be written", **describe_exception(failure))
        self._end_soon(EXIT_COMMIT_FAILED)

    def _on_fatal(self, error: BaseException) -> None:
        self._log.error("promise broken, worker stops", **describe_exception(error))
        self._end_soon(EXIT_INVARIANT)

    def _end_soon(self, code: int) -> None:
        self._exit_code = code
        self._grace_s = FATAL_GRACE_S
        self._stop.set()

    def _drain(self, store: ListStore, casework: Casework, built: app.App) -> None:
        """Stop accepting, let calls in flight finish, close casework and the list, end."""
        self._log.info("worker draining", grace_s=self._grace_s)
        self._metrics.set("ready", 0)
        built.health.update(draining=True)
        deadline = time.monotonic() + self._grace_s
        done = built.server.stop(self._grace_s).wait(self._grace_s + FATAL_GRACE_S)
        idle = done and built.writes.close(max(0.0, deadline - time.monotonic())) and built.lanes.wait_idle(deadline)
        self._call_log.drain()
        built.journal.close()

        def close() -> None:
            casework.close()
            store.close()

        # Closing under a handler that still reads would crash; the kernel closes for us then.
        end(self._exit_code, self._log, close if idle else lambda: None)


def main() -> None:
    start = read_start(sys.argv[1:])
    if start.core >= 0:
        os.sched_setaffinity(0, {start.core})  # before any thread is made: threads inherit it
    Worker(start).run()


if __name__ == "__main__":
    main()
