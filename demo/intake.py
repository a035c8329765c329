"""The demo's intake: every edit of every picture as a report, and what became of each."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from typing import TypeAlias

import msgspec

from demo.corpus import Corpus, Picture, Variant
from hashsvc.client import Effort, HashsvcClient, Verdict
from hashsvc.client.values import CheckResult
from hashsvc.signals import Signal

EVIDENCE_MAX = 20
CONNECTIONS = 4

Report: TypeAlias = tuple[Picture, Variant]


class EditTally(msgspec.Struct):
    """What became of one edit.

    Of pictures whose group is listed with a PDQ (`listed`): known, likely, new, or unchecked where nothing of the
    report could be used; known and likely count right matches only. Of those that are listed by digests only, since
    their PDQ is too weak (`digests_only`): digests_found. Of all: wrong_known and wrong_likely, which met only
    pictures of other groups.
    """

    known: int = 0
    likely: int = 0
    new: int = 0
    unchecked: int = 0
    listed: int = 0
    digests_only: int = 0
    digests_found: int = 0
    others: int = 0
    wrong_known: int = 0
    wrong_likely: int = 0


class Listed(msgspec.Struct, frozen=True):
    """What the list holds. group_of: the picture's group by entry id.

    with_pdq: groups of which a PDQ is listed. by_digest: groups of which only digests are.
    """

    group_of: dict[str, str]
    with_pdq: frozenset[str]
    by_digest: frozenset[str]


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


def play(client: HashsvcClient, corpus: Corpus, effort: Effort, listed: Listed) -> Played:
    """Check every edit of every picture."""
    tallies = {edit: EditTally() for edit in corpus.edits}
    workers: set[int] = set()
    new_pictures = []
    started = time.perf_counter()
    results = list(client.check_many(_reports(corpus), effort=effort, evidence_max=EVIDENCE_MAX, items_max=2000))
    elapsed = time.perf_counter() - started
    for result in results:
        picture, variant = result.id
        _count(tallies[variant.edit], result, listed)
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


def _count(tally: EditTally, result: CheckResult[Report], listed: Listed) -> None:
    """Count one answer, right or wrong by the groups of what it met."""
    group, verdict = result.id[0].group, result.verdict
    matched = verdict in (Verdict.KNOWN, Verdict.LIKELY)
    right = any(listed.group_of.get(one.entry) == group and one.verdict is verdict for one in result.evidence)
    if matched and not right:
        name = "wrong_known" if verdict is Verdict.KNOWN else "wrong_likely"
        setattr(tally, name, getattr(tally, name) + 1)
    if group in listed.with_pdq:
        tally.listed += 1
        tally.known += right and verdict is Verdict.KNOWN
        tally.likely += right and verdict is Verdict.LIKELY
        tally.new += verdict is not None and not (matched and right)
        tally.unchecked += verdict is None
    elif group in listed.by_digest:
        tally.digests_only += 1
        tally.digests_found += matched and right
    else:
        tally.others += 1
