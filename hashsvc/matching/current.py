"""The policy in force: the one of the snapshot that is answered from, in every process, without a restart.

A policy is a change of the list (hashlist/decide_policy.py). A snapshot names the change that brought its policy into
force; this reads and parses a policy when one is named that it has not seen. Until a list has one, the policy that
comes with hashsvc counts. One a process; called by the server and casework.
"""

from __future__ import annotations

from typing import Protocol

from hashsvc.errors import FailedPrecondition, InvalidArgument
from hashsvc.hashlist.values import ListPolicy, PolicyView
from hashsvc.matching.policy import Policy, load_policy, parse_policy

KEPT = 16  # policies, the newest: snapshots of a little while ago, and casework, still find theirs


class Snapshot(Protocol):
    """What is read of a snapshot. policy_sequence: 0 where the list has no policy of its own."""

    @property
    def policy_sequence(self) -> int: ...

    def policy_in_force(self) -> PolicyView | None: ...


class History(Protocol):
    """What is read of a snapshot to know the policies of before."""

    def policies_since(self, sequence: int) -> list[ListPolicy | None]: ...


class CurrentPolicy:
    """Policies by the change that brought them into force. Thread-safe."""

    def __init__(self) -> None:
        self._by_sequence: dict[int, Policy] = {}

    def of(self, snapshot: Snapshot) -> Policy:
        """Give the policy of a snapshot. Some 0.1 µs; milliseconds where it came into force since the last call.

        Raises FailedPrecondition POLICY_UNREADABLE where this version cannot read it: a process must not answer by
        another policy than the list's.
        """
        sequence = snapshot.policy_sequence
        policy = self._by_sequence.get(sequence)
        if policy is not None:
            return policy
        found = snapshot.policy_in_force()
        try:
            return self._read(sequence, "" if found is None else found.text)
        except InvalidArgument as error:
            raise FailedPrecondition(
                "POLICY_UNREADABLE",
                f"the list's policy, in force since change {sequence}, cannot be read by this version of hashsvc: "
                f"{error.message}; run the version that it was written for",
            ) from error

    def since(self, snapshot: History, sequence: int) -> list[Policy | None]:
        """Give the policies that counted from a sequence on, newest first; None: this version cannot read it."""
        found: list[Policy | None] = []
        for stored in snapshot.policies_since(sequence):
            number, text = (0, "") if stored is None else (stored.last_sequence, stored.text)
            try:
                found.append(self._by_sequence.get(number) or self._read(number, text))
            except InvalidArgument:
                found.append(None)
        return found

    def _read(self, sequence: int, text: str) -> Policy:
        policy = parse_policy(text) if sequence else load_policy()
        self._by_sequence = dict(sorted({**self._by_sequence, sequence: policy}.items())[-KEPT:])
        return policy
