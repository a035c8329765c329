"""The keeper: one process beside the workers that folds, purges, erases, scrubs, and leads out of read-only mode.

It alone measures how casework stands, so that no figure is shown twice.

`python -m hashsvc.server.processes.keeper`, started by the supervisor; answers no calls. Ends when its supervisor is
gone: folding then stops and checks do not. A scrub runs in a process of its own (`task` = "scrub"), because it holds
one state of the list for as long as it takes.
"""

from __future__ import annotations

import fcntl
import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from hashsvc.casework.desks import Casework
from hashsvc.clock import SystemClock
from hashsvc.errors import CommitFailed, DamagedData, HashsvcError
from hashsvc.hashlist import ListStore
from hashsvc.hashlist.verify import CouldNotVerify, verify
from hashsvc.logs import describe_exception
from hashsvc.matching.current import CurrentPolicy
from hashsvc.metrics import Metrics
from hashsvc.server.journal.writer import erase_old, folder_of
from hashsvc.server.processes.markers import Damaged, Markers
from hashsvc.server.processes.process import (
    EXIT_CANNOT_SERVE,
    EXIT_COMMIT_FAILED,
    EXIT_DONE,
    EXIT_FAILED,
    KEEPER,
    Start,
    command,
    end,
    is_orphan,
    log_of,
    read_start,
    stop_on_signal,
    tell_ready,
)
from hashsvc.server.writing.casework import erase_old as erase_old_reports
from hashsvc.server.writing.casework import open_casework
from hashsvc.server.writing.casework_metrics import counter, show

TURN_S = 1.0
KEEPER_NICE = 10  # behind workers
SCRUB_NICE = 19
SCRUB_WAIT_MIN_S = 600.0  # after a start, so that a restart is not slowed by a scrub that is due
RECOVERY_WAIT_S = 2.0  # before the first try to leave read-only mode, doubled up to the next
RECOVERY_WAIT_MAX_S = 60.0
JOURNALS_S = 3600.0  # between two looks for journals that are too old
REPORTS_S = 3600.0  # between two looks for reports that are kept no longer
TAIL_CHANGES = 10_000  # verified before writes go on
LISTED_MAX = 5  # findings named in the log


class Keeper:
    """The life of the keeper process."""

    def __init__(self, start: Start) -> None:
        self._start = start
        self._clock = SystemClock()
        self._metrics = Metrics()
        self._log = log_of(start.config, self._clock, self._metrics, process="keeper")
        self._data_dir = Path(start.config.data_dir)
        self._markers = Markers(self._data_dir)
        self._stop = threading.Event()
        self._recovery_wait_s = RECOVERY_WAIT_S
        self._recover_at = 0.0
        self._journals_at = self._reports_at = time.monotonic()
        self._scrub: subprocess.Popen[bytes] | None = None
        # A list that was found damaged is verified at once: it may have been rebuilt since.
        interval_s = start.config.scrub_interval_hours * 3600
        self._scrub_interval_s = interval_s
        since_s = self._clock.now_us() / 1e6 - self._markers.scrubbed_s()
        wait_s = 0 if self._markers.is_damaged() else min(interval_s, max(SCRUB_WAIT_MIN_S, interval_s - since_s))
        self._scrub_at = time.monotonic() + wait_s

    def run(self) -> None:
        """Keep the list until told to stop or the supervisor is gone. Ends the process."""
        stop_on_signal(self._stop)
        lock = self._only_keeper()
        if lock is None:
            return  # the supervisor tries again later: an old keeper is about to end
        try:
            store = ListStore.open(self._data_dir, clock=self._clock)
            casework = open_casework(
                self._start.config,
                store,
                CurrentPolicy(),
                self._clock,
                self._markers.holds_writes,
                counter(self._metrics),
            )
        except HashsvcError as error:
            self._log.error("keeper could not start", reason=error.reason, text=error.message)
            end(EXIT_CANNOT_SERVE, self._log)
            return
        self._check_files(store)
        tell_ready(self._start.ready_fd)
        self._log.info("keeper started", process_id=os.getpid())
        code = EXIT_DONE
        while not self._stop.wait(TURN_S) and not is_orphan(self._start):
            try:
                self._turn(store, casework)
            except CommitFailed as error:
                self._log.error("commit failed", **describe_exception(error))
                code = EXIT_COMMIT_FAILED
                break
            except DamagedData as error:
                self._found_damaged(error)
                self._stop.wait(RECOVERY_WAIT_S)
            except Exception as error:  # noqa: BLE001  (housekeeping must not end for one bad turn)
                reason = error.reason if isinstance(error, HashsvcError) else ""
                self._log.error("keeping failed", reason=reason, **describe_exception(error))
                self._stop.wait(RECOVERY_WAIT_S)
        if self._scrub is not None:
            self._scrub.terminate()
        casework.close()
        store.close()
        end(code, self._log)

    def _check_files(self, store: ListStore) -> None:
        """Look at the segments' checksums and the log's tail before work begins: a scrub may be a day away."""
        try:
            store.check_files()
        except DamagedData as error:
            self._found_damaged(error)
        except HashsvcError as error:
            self._log.error("files not checked", reason=error.reason, text=error.message)
        except OSError as error:
            self._log.error("files not checked", reason="", text=f"{error.filename or ''} {error.strerror}".strip())

    def _found_damaged(self, error: DamagedData) -> None:
        """Close the list: nothing is answered from it until a scrub finds it whole."""
        self._log.error("list found damaged", problem_count=1, problems=[str(error)])
        self._markers.set_damaged(Damaged(self._clock.now_us(), 1, [str(error)]))
        self._scrub_at = time.monotonic()

    def _only_keeper(self) -> int | None:
        """Take the keeper's lock, so that two never fold at once. Held until the process ends."""
        descriptor = os.open(self._data_dir / "keeper.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(descriptor)
            return None
        return descriptor

    def _turn(self, store: ListStore, casework: Casework) -> None:
        """Do one turn: erase old journals; recover, or fold, clean, erase old reports; look after the scrub."""
        self._look_after_journals()
        if self._markers.is_read_only():
            self._recover(store)
        else:
            self._recovery_wait_s, self._recover_at = RECOVERY_WAIT_S, 0.0
            kept = store.keeper_tick()
            if kept.folded is not None:
                self._metrics.count("folds")
            if kept.folded is not None or kept.deleted_files or kept.purged_requests or kept.stale_readers:
                self._log.info("list kept", **msgspec.to_builtins(kept))
            self._look_after_reports(casework)
        show(self._metrics, casework.oversight.standing())
        self._look_after_scrub()

    def _look_after_journals(self) -> None:
        """Erase the journals that are kept no longer, also while the list takes no writes."""
        if time.monotonic() < self._journals_at:
            return
        self._journals_at = time.monotonic() + JOURNALS_S
        days = self._start.config.journal_days
        try:
            erased = erase_old(folder_of(self._data_dir), days, self._clock)
        except OSError as error:
            self._log.error("journals not erased", **describe_exception(error))
            return
        if erased:
            self._log.info("journals erased", file_count=erased, kept_days=days)

    def _look_after_reports(self, casework: Casework) -> None:
        """Erase the reports and contacts that are kept no longer."""
        if time.monotonic() < self._reports_at or self._markers.is_damaged():
            return  # erasing follows the list first
        self._reports_at = time.monotonic() + REPORTS_S
        days, contact_days = self._start.config.retention_days, self._start.config.contact_days
        reports, contacts = erase_old_reports(casework, days, contact_days, self._clock)
        if reports:
            self._log.info("reports erased", report_count=reports, kept_days=days)
        if contacts:
            self._log.info("contacts erased", contact_count=contacts, kept_days=contact_days)

    # ------------------------------------------------------------ out of read-only mode

    def _recover(self, store: ListStore) -> None:
        """Verify the end of the log and commit a probe; if both succeed, writes go on."""
        now = time.monotonic()
        if not self._recover_at:
            self._recover_at = now + self._recovery_wait_s
        if now < self._recover_at:
            return
        self._recovery_wait_s = min(RECOVERY_WAIT_MAX_S, 2 * self._recovery_wait_s)
        self._recover_at = now + self._recovery_wait_s
        store.verify_tail(TAIL_CHANGES)
        store.probe_commit()
        self._markers.clear_read_only()
        self._log.info("list recovered, writes go on")

    # ------------------------------------------------------------ scrubbing

    def _look_after_scrub(self) -> None:
        """Start a scrub when it is due, and note how one ended."""
        if self._scrub is not None:
            if self._scrub.poll() is not None:
                self._scrub = None
                self._scrub_at = time.monotonic() + self._scrub_interval_s
        elif time.monotonic() >= self._scrub_at and (self._scrub_interval_s or self._markers.is_damaged()):
            start = msgspec.structs.replace(self._start, task="scrub", ready_fd=-1, parent_id=os.getpid())
            self._scrub = subprocess.Popen(command(KEEPER, start))


def scrub(start: Start) -> None:
    """Verify the whole list once, set or clear the marker of damage, and end the process."""
    clock, metrics = SystemClock(), Metrics()
    log = log_of(start.config, clock, metrics, process="scrub")
    markers = Markers(Path(start.config.data_dir))
    store = ListStore.open(Path(start.config.data_dir), clock=clock)
    try:
        report = verify(store)
    except CouldNotVerify as error:
        log.error("list not verified", reason=error.reason, text=error.message)
        end(EXIT_FAILED, log)
        return
    store.close()
    markers.set_scrubbed()
    metrics.set("scrub_time", clock.now_us() / 1_000_000)
    metrics.set("scrub_findings", report.problem_count)
    if report.ok:
        markers.clear_damaged()
        log.info(
            "list verified", change_count=report.changes, segment_count=report.segments, elapsed_s=report.elapsed_s
        )
    else:
        markers.set_damaged(Damaged(clock.now_us(), report.problem_count, report.problems[:LISTED_MAX]))
        log.error("list found damaged", problem_count=report.problem_count, problems=report.problems[:LISTED_MAX])
    end(EXIT_DONE if report.ok else EXIT_FAILED, log)


def main() -> None:
    start = read_start(sys.argv[1:])
    os.nice(SCRUB_NICE if start.task == "scrub" else KEEPER_NICE)
    if start.task == "scrub":
        scrub(start)
    else:
        Keeper(start).run()


if __name__ == "__main__":
    main()
