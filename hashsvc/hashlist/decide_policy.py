"""Writes about the policy: propose one, sign the one that is proposed. The last signature that is needed applies it.

A policy is a text to the list: what it means is matching's, and whoever writes one has read it before.
"""

from __future__ import annotations

from msgspec.structs import replace

from hashsvc.errors import DamagedData, FailedPrecondition, InvalidArgument, NotFound
from hashsvc.hashlist import log, workflow
from hashsvc.hashlist.codec import NO_ID
from hashsvc.hashlist.records import Draft
from hashsvc.hashlist.values import (
    ChangeKind,
    ConfirmPolicy,
    ListPolicy,
    Payload,
    Person,
    ProposePolicy,
    Role,
    State,
    Written,
)
from hashsvc.hashlist.views import IN_FORCE, PROPOSED, RequestRow, find_policy
from hashsvc.hashlist.work import Request, Work
from hashsvc.limits import POLICY_BYTES_MAX


def propose(work: Work, command: ProposePolicy, request: Request) -> Written:
    """Propose a policy in place of the one in force; it replaces one that is proposed.

    Raises InvalidArgument POLICY_TOO_LARGE; FailedPrecondition POLICY_VERSION_USED where a policy that was ever in
    force has this version and another text: every answer names the version, so it must say which.
    """
    check_size(command.text)
    in_force = find_policy(work.env, work.txn, IN_FORCE)
    former = in_force
    while former is not None:
        if former.version == command.version and former.text != command.text:
            raise FailedPrecondition(
                "POLICY_VERSION_USED",
                f"another policy of version {command.version!r} came into force with change {former.last_sequence}; "
                "give this one a version of its own",
                field="version",
            )
        former = log.policy_of(work.env, work.txn, former.before)
    sequence = work.next_sequence
    before = 0 if in_force is None else in_force.last_sequence
    people = (Person(Role.PROPOSER, request.actor),)
    policy = ListPolicy(sequence, sequence, command.version, command.text, people, before)
    return _append(work, request, ChangeKind.POLICY_PROPOSED, 0, policy, command.note)


def confirm(work: Work, command: ConfirmPolicy, request: Request) -> Written:
    """Sign the policy that is proposed. With the last signature that the list demands it is in force.

    Raises NotFound NO_POLICY_PROPOSED, FailedPrecondition POLICY_REPLACED, SELF_CONFIRMATION,
    ALREADY_CONFIRMED_BY_ACTOR.
    """
    proposed = find_policy(work.env, work.txn, PROPOSED)
    if proposed is None:
        raise NotFound("NO_POLICY_PROPOSED", "no policy waits for people; propose one", field="sequence")
    if proposed.number != command.number:
        raise FailedPrecondition(
            "POLICY_REPLACED",
            f"change {command.number} is not the proposal that waits, change {proposed.number} is; look at that one",
            field="sequence",
        )
    people, is_applied = workflow.confirm_policy(proposed.people, request.actor, work.settings.people_required)
    policy = replace(proposed, last_sequence=work.next_sequence, people=people)
    kind = ChangeKind.POLICY_APPLIED if is_applied else ChangeKind.POLICY_CONFIRMED
    return _append(work, request, kind, proposed.last_sequence, policy, command.note)


def answer_again(work: Work, row: RequestRow) -> Written:
    """The answer to a request that was done before: the policy as its change left it."""
    change = log.read_change(work.env, work.txn, row.last)
    if change.payload is None or change.payload.policy is None:
        raise DamagedData("PAYLOAD_ERASED", "what this request did was erased since")
    is_applied = change.kind == ChangeKind.POLICY_APPLIED
    return Written(
        work.position_at(row.last), policy=work.describe.policy(change.payload.policy, is_applied=is_applied)
    )


def check_size(text: str) -> None:
    """Refuse a text of more bytes than a policy may have. Raises InvalidArgument POLICY_TOO_LARGE."""
    byte_count = len(text.encode())
    if byte_count > POLICY_BYTES_MAX:
        raise InvalidArgument(
            "POLICY_TOO_LARGE", f"the policy has {byte_count} bytes; {POLICY_BYTES_MAX} are allowed", field="text"
        )


def _append(work: Work, request: Request, kind: ChangeKind, previous: int, policy: ListPolicy, note: str) -> Written:
    """Append a change of the policy. States as a signal's: PROPOSED, CONFIRMED once in force."""
    is_applied = kind == ChangeKind.POLICY_APPLIED
    draft = Draft(
        kind=kind,
        state_before=int(State.PROPOSED) if previous else 0,
        state_after=int(State.CONFIRMED if is_applied else State.PROPOSED),
        batch=0,
        previous=previous,
        subject=NO_ID,
        actor=request.actor,
        request_key=request.key,
        request_digest=request.digest,
        added=0,
        acted=0,
        payload=Payload("", note, policy=policy),
    )
    work.append((draft,))
    return Written(work.position, policy=work.describe.policy(policy, is_applied=is_applied))
