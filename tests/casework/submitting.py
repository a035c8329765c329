"""Bring reports as a test does: all at once, and none of them refused."""

from __future__ import annotations

from collections.abc import Sequence

from hashsvc.casework.desks import Casework
from hashsvc.casework.values import NewReport, Submitted
from hashsvc.errors import HashsvcError


def submit(casework: Casework, reports: Sequence[NewReport]) -> list[Submitted]:
    """Take in reports in one call. Raises the first refusal, after the others were taken in."""
    answers: list[Submitted] = []
    refusals: list[HashsvcError] = []
    for answer in casework.arrival.submit_each(reports):
        (refusals if isinstance(answer, HashsvcError) else answers).append(answer)  # type: ignore[arg-type]
    if refusals:
        raise refusals[0]
    return answers
