"""What the client asks and answers about policies: small frozen structs, no behaviour, no protos."""

from __future__ import annotations

from typing import Annotated

import msgspec

from hashsvc.client.declared import From
from hashsvc.client.values import Cap, Evidence, Policy, Position, Verdict


class PolicyResult(msgspec.Struct, frozen=True):
    """The policy in force, and the one that waits for people. people_required: proposer included."""

    in_force: Policy
    proposed: Policy | None
    people_required: int
    position: Position
    worker: int | None


class SignedPolicy(msgspec.Struct, frozen=True):
    """A policy as a proposal or a signature left it."""

    policy: Policy
    position: Position
    worker: int | None


class VerdictCount(msgspec.Struct, frozen=True):
    """Items that changed from one verdict to another."""

    before: Verdict | None
    after: Verdict | None
    item_count: int


class PolicyExample(msgspec.Struct, frozen=True):
    """An item that would have another verdict, and the recorded piece of evidence that decides it."""

    report_number: int
    item: int
    before: Verdict | None
    after: Verdict | None
    evidence: Evidence
    evidence_after: Verdict | None
    caps_after: tuple[Cap, ...]


class BlindSpot(msgspec.Struct, frozen=True):
    """Distances that were not searched for some reports, inclusive. from_distance 0: nothing of the type was."""

    signal: Annotated[str, From("type")]
    from_distance: int
    to_distance: int


class SimulationResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy would have made of the reports that casework holds; docs/api.md says what each figure counts."""

    version_before: str
    version_after: str
    report_count: int
    item_count: int
    newly_viewed_report_count: int
    newly_unviewed_report_count: int
    cut_item_count: int
    undated_item_count: int
    erased_report_count: int
    counts: tuple[VerdictCount, ...]
    types: tuple[tuple[str, tuple[VerdictCount, ...]], ...]  # (type of signal, counts)
    examples: tuple[PolicyExample, ...]
    blind_spots: tuple[BlindSpot, ...]
    position: Position
    worker: int | None
