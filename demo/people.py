"""The cast; and two people with two workers: a confirmation and a retraction, each in force in the other at once."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import msgspec

from demo.corpus import SOURCE, Picture
from hashsvc.cli.failures import Failed
from hashsvc.client import Content, HashsvcClient, Verdict

FIRST, SECOND = "ann", "bob"  # who keep the list: import, confirm, retract
ANALYSTS = ("cleo", "dora", "finn")
SENIOR = "gwen"  # whose opinion settles a case that two differ about
REPORTERS = ("portal", "partner-a", "partner-b")
PLATFORM = "platform"  # checks what its users upload, and reports nothing
CONNECTIONS_MAX = 200  # the kernel spreads connections at random: that all meet one worker of two is 1 in 10^60


class Step(msgspec.Struct, frozen=True):
    """What one worker was told, and what the other said next."""

    act: str
    written_by: int | None
    sequence: int
    checked_by: int | None
    seen_sequence: int
    verdict: Verdict | None
    caps: tuple[str, ...]


@contextmanager
def two_workers(address: str) -> Iterator[tuple[HashsvcClient, HashsvcClient]]:
    """Open connections until two of them are answered by different workers."""
    with ExitStack() as stack:
        by_worker: dict[int | None, HashsvcClient] = {}
        for _ in range(CONNECTIONS_MAX):
            client = stack.enter_context(HashsvcClient(address, timeout_s=20.0))
            by_worker.setdefault(client.stats().worker, client)
            if len(by_worker) == 2:
                one, other = by_worker.values()
                yield one, other
                return
        raise Failed(f"{CONNECTIONS_MAX} connections were all answered by one worker")


def confirm_and_retract(writing: HashsvcClient, checking: HashsvcClient, picture: Picture) -> list[Step]:
    """Take a picture that is NEW through its whole life, checking in the other worker after each step."""
    signals = picture.original.signals()
    first, second = writing.acting_as(FIRST), writing.acting_as(SECOND)
    steps = []

    def step(act: str, written: Any) -> None:
        result = checking.check(signals)
        caps = tuple(cap.value for cap in result.evidence[0].caps) if result.evidence else ()
        steps.append(
            Step(
                act,
                written.worker,
                written.position.sequence,
                result.worker,
                result.position.sequence,
                result.verdict,
                caps,
            )
        )

    step("nothing yet", writing.stats())
    proposed = first.propose(Content(SOURCE, signals, content_id=f"{picture.image}-by-hand"))
    entry_id = proposed.entry.entry_id
    step(f"{FIRST} proposes", proposed)
    step(f"{SECOND} confirms", second.confirm(entry_id))
    step(f"{FIRST} asks for a retraction", first.retract(entry_id, reason_code="demo"))
    step(f"{SECOND} confirms it", second.confirm_retraction(entry_id))
    return steps
