"""The policy in force: one a snapshot, read once, never another one."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from hashsvc.errors import FailedPrecondition
from hashsvc.hashlist.values import ListPolicy, PolicyView
from hashsvc.matching.current import KEPT, CurrentPolicy
from hashsvc.matching.policy import load_policy
from hashsvc.signals import MD5, SHA256


@dataclass
class FakeSnapshot:
    """policy_sequence: which is in force. texts: of policies, by the change that brought them into force."""

    policy_sequence: int
    texts: dict[int, str] = field(default_factory=dict)
    reads: int = 0

    def policy_in_force(self) -> PolicyView | None:
        self.reads += 1
        text = self.texts.get(self.policy_sequence)
        return None if text is None else PolicyView("v", text, (), 1, self.policy_sequence)

    def policies_since(self, sequence: int) -> list[ListPolicy | None]:
        stored: list[ListPolicy | None] = [ListPolicy(1, at, "v", text, ()) for at, text in self.texts.items()]
        return [*reversed(stored), None]


def text_of(version: str, name: str = "md5") -> str:
    return f'version = "{version}"\n[{name}]\nmay_close = true\n'


def test_the_shipped_policy_counts_until_a_list_has_one() -> None:
    """A list without a policy is answered by the one that comes with hashsvc."""
    assert CurrentPolicy().of(FakeSnapshot(0)).version == load_policy().version


def test_each_snapshot_has_its_own_policy_read_once() -> None:
    """An older and a newer snapshot beside one another have each its own, and neither is read twice."""
    policies, texts = CurrentPolicy(), {5: text_of("five"), 9: text_of("nine", "sha256")}
    old, new, none = FakeSnapshot(5, texts), FakeSnapshot(9, texts), FakeSnapshot(0)
    for _ in range(3):
        assert [policies.of(one).version for one in (old, new, none)] == ["five", "nine", "2"]
    assert (old.reads, new.reads) == (1, 1)
    assert policies.of(new).rules[SHA256] is not None
    assert policies.of(new).rules[MD5] is None


def test_only_some_policies_are_kept() -> None:
    """However many came into force, each is found, the one that comes with hashsvc too, and few are kept."""
    policies, texts = CurrentPolicy(), {n: text_of(f"v{n}") for n in range(1, 3 * KEPT)}
    for sequence in texts:
        assert policies.of(FakeSnapshot(sequence, texts)).version == f"v{sequence}"
    assert policies.of(FakeSnapshot(0)).version == "2"
    assert policies.of(FakeSnapshot(1, texts)).version == "v1"
    assert len(policies._by_sequence) == KEPT


def test_a_policy_that_cannot_be_read_is_an_error_and_never_another_policy() -> None:
    """What this version cannot read refuses every answer, naming the change and the field; a former one is unknown."""
    policies, texts = CurrentPolicy(), {5: text_of("five"), 9: text_of("nine", "videohash")}
    for _ in range(2):
        with pytest.raises(FailedPrecondition, match=r"change 9, .*videohash") as refused:
            policies.of(FakeSnapshot(9, texts))
        assert refused.value.reason == "POLICY_UNREADABLE"
    since = policies.since(FakeSnapshot(9, texts), 0)
    assert [None if one is None else one.version for one in since] == [None, "five", "2"]
