"""A real list and a real server around it, in this process: for tests of what goes in and comes out again."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hashsvc import config
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.logs import make_log
from hashsvc.matching.current import CurrentPolicy
from hashsvc.metrics import Metrics
from hashsvc.server import app
from hashsvc.server.wire.call_log import CallLog
from hashsvc.server.wire.recent import RecentUrls
from hashsvc.server.writing.casework import open_casework


@contextmanager
def serving(path: Path, **settings: Any) -> Iterator[str]:
    """Make an empty list and serve it, private look-ups included. Yields the server's address."""
    clock, metrics, stream = SystemClock(), Metrics(), io.BytesIO()
    ListStore.create(path, clock=clock)
    store = ListStore.open(path, clock=clock)
    broken: list[BaseException] = []
    made, policies = config.make(data_dir=str(path), private_lookups=True, **settings), CurrentPolicy()
    casework = open_casework(made, store, policies, clock)
    built = app.build(
        made,
        store,
        policies,
        casework,
        worker=0,
        log=make_log(style="json", stream=stream, clock=clock),
        call_log=CallLog(0, style="json", stream=stream, clock=clock),
        metrics=metrics,
        clock=clock,
        recent=RecentUrls(clock),
        is_read_only=lambda: False,
        on_commit_failed=broken.append,
        on_fatal=broken.append,
    )
    port = built.server.add_insecure_port("127.0.0.1:0")
    built.server.start()
    built.health.update(readable=True, warm=True)
    try:
        yield f"127.0.0.1:{port}"
    finally:
        built.server.stop(0).wait()
        built.writes.close(5)
        casework.close()
        store.close()
    assert broken == []
