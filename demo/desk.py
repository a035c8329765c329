"""The analysts of the day: they take the most urgent case, look, and say what they see.

Looking means to ask the truth what an item's reference shows, as an analyst's own viewer would. Now and then the first
who looks is wrong; then two differ, and one of those who agree must be the senior.
"""

from __future__ import annotations

from demo.people import SENIOR
from demo.stream import Truth
from demo.truth import Worked
from hashsvc.cli.failures import Failed
from hashsvc.client import CaseResult, CaseState, HashsvcClient, ServerError

ERROR_EVERY = 11  # cases


class Desk:
    """Looks at cases in people's names, and remembers what was decided."""

    def __init__(self, client: HashsvcClient, truth: Truth) -> None:
        self._client = client
        self._truth = truth
        self.claimed: set[int] = set()
        self.not_illegal_groups: set[str] = set()
        self.viewings = self.listed = self.not_illegal = self.disagreements = 0

    def work(self, actor: str, cases_max: int) -> int:
        """Look at up to so many cases of the queue. Returns how many."""
        person = self._client.acting_as(actor)
        for done in range(cases_max):
            try:
                claimed = person.claim_case()
            except ServerError as error:
                if error.reason == "QUEUE_EMPTY":
                    return done
                raise
            self._look(person, actor, claimed)
        return cases_max

    def worked(self, cases: int) -> Worked:
        return Worked(self.viewings, cases, self.listed, self.not_illegal)

    def _look(self, person: HashsvcClient, actor: str, claimed: CaseResult) -> None:
        case = claimed.case
        self.claimed.add(case.case)
        self.viewings += 1
        seen = [one for one in claimed.items if (one.report_number, one.item) == case.first_item]
        if len(seen) != 1:
            raise Failed(f"case {case.case} does not show what is to be looked at")
        group = self._truth.group_of_ref[seen[0].content_ref]
        is_illegal, category = group in self._truth.illegal, self._truth.category(group)
        if case.case % ERROR_EVERY == 0 and not case.opinions and actor != SENIOR:
            is_illegal, category = not is_illegal, "C"
        assessed = person.assess_case(
            case.case, is_illegal=is_illegal, classifications=(("uk_abc", category),) if is_illegal else ()
        )
        self.disagreements += assessed.case.is_escalated and not case.is_escalated
        if assessed.case.state is CaseState.LISTED:
            self.listed += 1
        elif assessed.case.state is CaseState.NOT_ILLEGAL:
            self.not_illegal += 1
            self.not_illegal_groups.add(group)
