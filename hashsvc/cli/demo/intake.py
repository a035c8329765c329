"""The demo's intake: every edit of every picture as a report, and what became of each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from hashsvc.cli.demo.corpus import Corpus, Picture, Variant
from hashsvc.client import Effort, HashsvcClient, Verdict
from hashsvc.client.values import CheckResult
from hashsvc.signals import Signal

EVIDENCE_MAX = 20
CONNECTIONS = 4

Report: TypeAlias = tuple[Picture, Variant]


class EditTally(msgspec.Struct):
    """What became of one edit. Of pictures whose group is listed: known, likely, new (or unusable, unchecked).

    Of all pictures: wrong_known and wrong_likely, matches only with pictures of other groups. known and likely count
    right matches only.
    """

    known: int = 0
    likely: int = 0
    new: int = 0
    unchecked: int = 0
    listed: int = 0
    others: int = 0
    wrong_known: int = 0
    wrong_likely: int = 0


class Played(msgspec.Struct, frozen=True):
    """One run through the whole corpus. new_pictures: originals that nothing on the list is like."""

    effort: str
    items: int
    elapsed_s: float
    items_per_s: float
    workers: list[int]
    edits: dict[str, EditTally]
    new_pictures: list[str]

    def total(self, name: str) -> int:
        """A figure over all edits."""
        count: int = sum(getattr(tally, name) for tally in self.edits.values())
        return count


def play(client: HashsvcClient, corpus: Corpus, effort: Effort, group_of: dict[str, str]) -> Played:
    """Check every edit of every picture. group_of: the picture's group by entry id."""
    live_groups = frozenset(group_of.values())
    tallies = {edit: EditTally() for edit in corpus.edits}
    workers: set[int] = set()
    new_pictures = []
    started = time.perf_counter()
    results = list(client.check_many(_reports(corpus), effort=effort, evidence_max=EVIDENCE_MAX, items_max=2000))
    elapsed = time.perf_counter() - started
    for result in results:
        picture, variant = result.id
        _count(tallies[variant.edit], result, picture.group, group_of, listed=picture.group in live_groups)
        if result.worker is not None:
            workers.add(result.worker)
        if variant is picture.original and result.verdict is Verdict.NEW and not result.problems:
            new_pictures.append(picture.image)
    return Played(
        effort.value,
        len(results),
        round(elapsed, 3),
        round(len(results) / elapsed),
        sorted(workers),
        tallies,
        new_pictures,
    )


def _reports(corpus: Corpus) -> Iterator[tuple[Report, Sequence[Signal]]]:
    for picture in corpus.pictures:
        for variant in picture.variants:
            yield (picture, variant), variant.signals()


def _count(
    tally: EditTally, result: CheckResult[Report], group: str, group_of: dict[str, str], *, listed: bool
) -> None:
    """Count one answer, right or wrong by the groups of what it met."""
    verdict = result.verdict
    met_own = any(group_of.get(one.entry) == group and one.verdict is verdict for one in result.evidence)
    met_other = verdict in (Verdict.KNOWN, Verdict.LIKELY) and not met_own
    if met_other and verdict is Verdict.KNOWN:
        tally.wrong_known += 1
    elif met_other:
        tally.wrong_likely += 1
    if not listed:
        tally.others += 1
        return
    tally.listed += 1
    if verdict is None:
        tally.unchecked += 1
    elif met_own and verdict is Verdict.KNOWN:
        tally.known += 1
    elif met_own and verdict is Verdict.LIKELY:
        tally.likely += 1
    else:
        tally.new += 1
