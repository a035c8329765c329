"""The desk of what goes out: reporters to be told that their report is closed, and URLs to be taken down.

Nothing is sent from here: whoever sends asks what is due and says what was sent. The rules are feedback.py's and
takedown.py's.
"""

from __future__ import annotations

from collections.abc import Sequence

from hashsvc.casework import feedback, takedown
from hashsvc.casework.ground import Ground
from hashsvc.casework.values import Feedback, Mark, Takedown
from hashsvc.errors import HashsvcError


class Outgoing:
    """What is due to be sent, and what was."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def feedback_due(self, limit: int, after: tuple[int, int] = (0, 0), hold_us: int = 0) -> list[Feedback]:
        """Reporters to be told that their report is closed, by when it closed.

        after: (closed_us, report) of the last one that was read. hold_us: as of `Arrival.report_state`.
        """
        with self._ground.reading() as tables:
            return feedback.due(tables, self._ground.clock.now_us(), hold_us, after, limit)

    def feedback_sent(self, actor: str, report: int, hold_us: int = 0) -> bool:
        """Erase the contact of a reporter who was told. Returns whether there was one.

        Raises FailedPrecondition FEEDBACK_NOT_DUE.
        """
        with self._ground.writing() as tables:
            return feedback.sent(tables, actor, report, self._ground.clock.now_us(), hold_us)

    def takedowns(self, states: Sequence[int], after: int, limit: int) -> tuple[list[Takedown], int]:
        """Takedowns in some states, those longest in theirs first, and where the next page goes on; 0: the end.

        states: empty for what waits for a notice. after: what the page before gave, 0 at the first.
        """
        with self._ground.reading() as tables:
            return takedown.page(tables, states or takedown.QUEUE, after, limit)

    def mark_takedowns(self, actor: str, marks: Sequence[Mark]) -> list[Takedown | HashsvcError]:
        """Take in what was sent and what is gone, in one durable transaction; the same again changes nothing.

        A refused mark is answered with its error, NotFound UNKNOWN_TAKEDOWN or FailedPrecondition TAKEDOWN_CHANGED or
        TAKEDOWN_ENDED; the others count.
        """
        with self._ground.writing() as tables:
            return takedown.mark_each(tables, actor, marks, self._ground.clock.now_us())
