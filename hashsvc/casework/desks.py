"""Casework as a process has it: a ground, and a desk for each thing that people and processes come for.

Reports come in, what is known closes, the rest becomes cases, people decide, the list is told. Whoever comes goes to
the desk itself; nothing passes through here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from hashsvc.casework.arrival import Arrival
from hashsvc.casework.claims import Claims
from hashsvc.casework.decisions import Decisions
from hashsvc.casework.ground import Ground, Settings
from hashsvc.casework.outgoing import Outgoing
from hashsvc.casework.oversight import Oversight
from hashsvc.clock import Clock
from hashsvc.hashlist import ListStore
from hashsvc.matching.current import CurrentPolicy


class Casework:
    """Reports and cases of one hotline. Thread-safe.

    arrival: reports in, and their state by code. claims: what waits, and who looks at it. decisions: opinions, and what
    comes of them. outgoing: reporters to be told, notices to be sent. oversight: figures, erasing, verifying.
    """

    def __init__(
        self,
        path: Path,
        lists: ListStore,
        policies: CurrentPolicy,
        settings: Settings,
        clock: Clock,
        is_read_only: Callable[[], bool] = lambda: False,
        on_noted: Callable[[Mapping[int, int]], None] = lambda noted: None,
    ) -> None:
        """Open the casework in `path`; as `Ground`."""
        self.ground = Ground(path, lists, policies, settings, clock, is_read_only, on_noted)
        self.arrival = Arrival(self.ground)
        self.claims = Claims(self.ground)
        self.decisions = Decisions(self.ground)
        self.outgoing = Outgoing(self.ground)
        self.oversight = Oversight(self.ground)

    def close(self) -> None:
        self.ground.close()
