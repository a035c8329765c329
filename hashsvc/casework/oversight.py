"""The desk that looks over casework as a whole: its figures, what an entry closed, another policy, what is kept.

Erasing by age and verifying are here as well. No case is worked on here: that is claims.py's and decisions.py's.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from hashsvc.casework import retention, verify
from hashsvc.casework.affected import find_affected
from hashsvc.casework.ground import Ground
from hashsvc.casework.ledger import Figures, figures_of
from hashsvc.casework.retention import Erased
from hashsvc.casework.simulation import Simulation, simulate
from hashsvc.casework.standing import Standing, standing
from hashsvc.casework.tables import decode
from hashsvc.casework.values import Affected, Event
from hashsvc.matching.policy import Policy


class Oversight:
    """What is asked of casework as a whole, and what its keeper does."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def affected(self, entry_id: bytes, after_number: int = 0, limit: int = 1_000) -> tuple[list[Affected], int]:
        """Items that closed because of an entry, those reopened and those erased since included; `find_affected`."""
        with self._ground.reading() as tables:
            return find_affected(tables, entry_id, after_number, limit)

    def events(self, since_us: int, until_us: int) -> Iterator[Event]:
        """The ledger's lines of a time, oldest first."""
        with self._ground.reading_as_written() as tables:
            for _, data in tables.rows("events"):
                event = decode(Event, data)
                if since_us <= event.time_us < until_us:
                    yield event

    def figures(self, since_us: int, until_us: int, between: Callable[[], None] = lambda: None) -> Figures:
        """What the ledger amounts to from one time, inclusive, to another. Some 5 µs an event of all that there are.

        between: called every thousand events; ends the reading by raising.
        """

        def read() -> Iterator[Event]:
            for count, event in enumerate(self.events(0, until_us)):
                if count % 1_000 == 0:
                    between()
                yield event

        settings = self._ground.settings
        return figures_of(
            read(), break_us=settings.break_us, people_required=settings.people_required,
            since_us=since_us, until_us=until_us,
        )  # fmt: skip

    def simulate(
        self, policy: Policy, since_us: int, examples_max: int, between: Callable[[], None] = lambda: None
    ) -> Simulation:
        """Say what a policy would have made of the reports received since a time. Some 30 µs an item.

        examples_max: of each kind of difference. between: called now and then; ends the reading by raising.
        """
        ground = self._ground
        with ground.reading() as tables, ground.lists.snapshot() as snapshot:
            return simulate(tables, snapshot, ground.policies, policy, since_us, examples_max, between)

    def standing(self) -> Standing:
        """How many cases are open, since when, and how many reports are kept. As last written; cheap."""
        with self._ground.reading_as_written() as tables:
            return standing(tables)

    def erase(self, closed_before_us: int, rows_max: int = 1_000, *, contacts_before_us: int = 0) -> Erased:
        """Erase reports that closed before a time, with all that is theirs, and viewings that no limit counts.

        contacts_before_us: contacts of reports that closed before this go as well.
        The list, its proofs and the ledger stay; of an item that closed because of an entry a stub remains: that there
        was one. One transaction of about rows_max rows of each; call again while there was anything.
        """
        with self._ground.writing() as tables:
            now_us = self._ground.clock.now_us()
            return retention.erase(tables, closed_before_us, contacts_before_us, now_us, rows_max)

    def verify(self) -> list[str]:
        """Say what is wrong with casework; nothing if all is right. Some 30 µs an item."""
        self._ground.follow()
        return verify.problems(self._ground.env, self._ground.lists, self._ground.policies)
