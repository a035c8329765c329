"""Policies for tests: brought into force as people do it."""

from __future__ import annotations

from hashsvc.hashlist import ListStore
from hashsvc.hashlist.values import ConfirmPolicy, PolicyView, ProposePolicy, Written


def propose(store: ListStore, version: str, text: str, actor: str = "ann") -> PolicyView:
    """Have somebody propose a policy."""
    (written,) = store.write([ProposePolicy(actor=actor, request_id=_request_id(store), version=version, text=text)])
    assert isinstance(written, Written), written
    assert written.policy is not None
    return written.policy


def confirm(store: ListStore, number: int, actor: str = "bob") -> PolicyView:
    """Have somebody sign the policy that is proposed."""
    (written,) = store.write([ConfirmPolicy(actor=actor, request_id=_request_id(store), number=number)])
    assert isinstance(written, Written), written
    assert written.policy is not None
    return written.policy


def apply(store: ListStore, version: str, text: str) -> PolicyView:
    """Bring a policy into force in a list that demands two people."""
    return confirm(store, propose(store, version, text).proposal_sequence)


def _request_id(store: ListStore) -> str:
    with store.snapshot() as snapshot:
        return f"policy-{snapshot.position.sequence}"
