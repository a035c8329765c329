"""The standard health service: what each of our services can do now, from what the worker knows of itself.

Overall ("") and CheckService: the list can be read and the kernels are warm. EntryService and ImportService: writes
are taken, too. FeedService: the list can be read. All are NOT_SERVING while the worker drains.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping

from grpc_health.v1 import health_pb2
from grpc_health.v1.health import HealthServicer

_SERVING = health_pb2.HealthCheckResponse.SERVING
_NOT_SERVING = health_pb2.HealthCheckResponse.NOT_SERVING


class Health:
    """Keeps the health service up to date. Starts with everything NOT_SERVING."""

    def __init__(self, services: Mapping[str, bool]) -> None:
        """services: full names, each with whether it stops while the list takes no writes."""
        self.servicer = HealthServicer()
        self._stops_read_only = {"": False, **services}
        self._lock = threading.Lock()
        self._readable = False
        self._warm = False
        self._read_only = False
        self._draining = False
        self._told: dict[str, int] = {}
        self._tell()

    @property
    def ready(self) -> bool:
        """Say whether checks can be answered."""
        return self._readable and self._warm and not self._draining

    def update(
        self,
        *,
        readable: bool | None = None,
        warm: bool | None = None,
        read_only: bool | None = None,
        draining: bool | None = None,
    ) -> None:
        """Note what changed, and tell watchers of the services that it changes."""
        with self._lock:
            self._readable = self._readable if readable is None else readable
            self._warm = self._warm if warm is None else warm
            self._read_only = self._read_only if read_only is None else read_only
            self._draining = self._draining if draining is None else draining
            self._tell()

    def _tell(self) -> None:
        for name, stops_read_only in self._stops_read_only.items():
            good = self.ready and not (self._read_only and stops_read_only)
            state = _SERVING if good else _NOT_SERVING
            if self._told.get(name) != state:
                self._told[name] = state
                self.servicer.set(name, state)
