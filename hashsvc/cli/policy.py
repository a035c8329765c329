"""`hashsvc policy …`: what is in force, what another policy would do, and how people bring one into force."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, BinaryIO

import click
import msgspec

from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import counted, on_terminal, say, write_record, write_records
from hashsvc.client import HashsvcClient, Policy, SimulationResult, VerdictCount
from hashsvc.errors import InvalidArgument
from hashsvc.formats.rows import read_time

_COUNT_COLUMNS = ("signals", "before", "after", "items")
_EXAMPLE_COLUMNS = (
    "report", "item", "before", "after", "signal", "distance", "qualities", "caps_after",
)  # fmt: skip

_file = click.argument("file", type=click.File("rb"), metavar="FILE")
_since = click.option(
    "--since", default="", metavar="TIME", help="Of reports from then on, such as 2026-11-01T00:00:00Z. Default: all."
)
_note = click.option("--note", default="", metavar="TEXT", help="Why; kept in the log.")


@click.group(epilog="Example: hashsvc policy simulate new.toml")
def policy() -> None:
    """Read, try and change the policy: which distance and quality closes a report, and which is shown to a person.

    A policy is in force once as many different people as the list demands have signed it, its proposer included.
    """


@policy.command(epilog="Example: hashsvc policy show --text > new.toml")
@click.option("--text", "as_text", is_flag=True, help="Write the text of the policy in force, to be edited.")
@click.option("--proposed", is_flag=True, help="With --text: the one that waits for people.")
@talks
def show(as_text: bool, proposed: bool, caller: Caller) -> None:
    """Show the policy in force and the one that waits for people."""
    if proposed and not as_text:
        raise click.UsageError("--proposed goes with --text; without it both are shown")
    with caller.client() as client:
        found = client.get_policy()
    if as_text:
        chosen = found.proposed if proposed else found.in_force
        if chosen is None:
            raise Failed("no policy waits for people")
        click.echo(chosen.text, nl=False)
        return
    write_record(
        {
            "in_force": _policy_record(found.in_force),
            "proposed": None if found.proposed is None else _policy_record(found.proposed),
            "people_required": found.people_required,
            "sequence": found.position.sequence,
        }
    )


@policy.command(epilog="Example: hashsvc policy check new.toml")
@_file
def check(file: BinaryIO) -> None:
    """Say whether FILE is a policy, and which signals it leaves unsearched. Asks no server; `-` is stdin."""
    from hashsvc.matching.policy import parse_policy

    read = parse_policy(_text_of(file))
    for warning in read.warnings():
        say(warning)
    write_records(
        (
            {
                "version": read.version,
                "signals": rule.type.name,
                "may_close": rule.may_close,
                "close": rule.close if rule.may_close else None,
                "show_standard": rule.show_standard,
                "show_thorough": rule.show_thorough,
                "quality_min": rule.quality_min if rule.has_quality else None,
            }
            for rule in read.rules
            if rule is not None
        ),
        ("signals", "may_close", "close", "show_standard", "show_thorough", "quality_min"),
    )


@policy.command(epilog="Example: hashsvc policy simulate new.toml --since 2026-11-01T00:00:00Z")
@_file
@_since
@click.option(
    "--examples",
    "examples_max",
    type=click.IntRange(1, 20),
    default=3,
    show_default=True,
    metavar="N",
    help="Examples of each kind of difference.",
)
@talks
def simulate(file: BinaryIO, since: str, examples_max: int, caller: Caller) -> None:
    """Say what the policy in FILE would have made of the reports that casework still holds; nothing changes.

    It weighs the evidence that was recorded, not the signals, and says what that cannot tell. `-` is stdin.
    """
    text, since_us = _text_of(file), _time_of(since)
    with caller.client() as client:
        found = client.simulate_policy(text, since_us=since_us, examples_max=examples_max)
    if on_terminal():
        write_records(_count_rows(found), _COUNT_COLUMNS)
        if found.examples:
            write_records(_example_rows(found), _EXAMPLE_COLUMNS)
    else:
        write_record(_simulation_record(found))
    _tell(found)


@policy.command(epilog="Example: hashsvc policy propose new.toml --actor ann --note 'fewer pictures to look at'")
@_file
@_since
@_note
@acts
def propose(file: BinaryIO, since: str, note: str, caller: Caller) -> None:
    """Propose the policy in FILE, after saying what it would have made of the reports there are. `-` is stdin.

    It replaces one that waits. Others sign it with `hashsvc policy confirm`.
    """
    text, since_us = _text_of(file), _time_of(since)
    with caller.client() as client:
        _tell(client.simulate_policy(text, since_us=since_us))
        signed = client.propose_policy(text, note=note)
    write_record(_policy_record(signed.policy))
    say(f"proposed; somebody else: hashsvc policy confirm --sequence {signed.policy.proposal_sequence}")


@policy.command(epilog="Example: hashsvc policy confirm --actor bob")
@click.option(
    "--sequence",
    type=click.IntRange(1),
    default=None,
    metavar="N",
    help="The proposal that was looked at. Default: the one that waits.",
)
@_note
@acts
def confirm(sequence: int | None, note: str, caller: Caller) -> None:
    """Sign the policy that waits. With the last signature that is needed it is in force, everywhere at once."""
    with caller.client() as client:
        number = sequence if sequence is not None else _waiting(client).proposal_sequence
        signed = client.confirm_policy(number, note=note).policy
    write_record(_policy_record(signed))
    say("in force" if signed.applied_sequence else "signed; it needs more people")


def _waiting(client: HashsvcClient) -> Policy:
    """The policy that waits, told to whoever is about to sign it."""
    waiting = client.get_policy().proposed
    if waiting is None:
        raise Failed("no policy waits for people; propose one")
    say(f"signing version {waiting.version}, proposed by {waiting.people[0].actor}")
    return waiting


def _policy_record(one: Policy) -> dict[str, Any]:
    """A policy; for a program its text as well."""
    record: dict[str, Any] = {
        "version": one.version,
        "state": "IN_FORCE" if one.applied_sequence or not one.proposal_sequence else "PROPOSED",
        "origin": "list" if one.proposal_sequence else "hashsvc",
        "people": [{"role": person.role, "actor": person.actor} for person in one.people],
        "proposal_sequence": one.proposal_sequence or None,
        "applied_sequence": one.applied_sequence or None,
    }
    return record if on_terminal() else {**record, "text": one.text}


def _simulation_record(found: SimulationResult) -> dict[str, Any]:
    record: dict[str, Any] = msgspec.to_builtins(found)
    del record["position"], record["worker"]
    record["sequence"] = found.position.sequence
    record["types"] = [
        {"signal": name, "counts": [msgspec.to_builtins(one) for one in counts]} for name, counts in found.types
    ]
    return record


def _count_rows(found: SimulationResult) -> Iterator[dict[str, Any]]:
    """Rows of the table: all items first, then by what they were met by."""
    for name, counts in (("all", found.counts), *found.types):
        for one in counts:
            yield {"signals": name, "before": one.before, "after": one.after, "items": one.item_count}


def _example_rows(found: SimulationResult) -> Iterator[dict[str, Any]]:
    for one in found.examples:
        evidence = one.evidence
        yield {
            "report": one.report_number,
            "item": one.item,
            "before": one.before,
            "after": one.after,
            "signal": evidence.signal,
            "distance": evidence.distance_squared or evidence.distance_bits,
            "qualities": f"{_quality(evidence.query_quality)}, {_quality(evidence.listed_quality)}",
            "caps_after": [cap.value for cap in one.caps_after],
        }


def _quality(quality: int | None) -> str:
    return "?" if quality is None else str(quality)


def _tell(found: SimulationResult) -> None:
    """Say it in sentences, and what the evidence cannot tell."""
    reports = counted(found.report_count, "report", "reports")
    changed = sum(one.item_count for one in found.counts if one.before != one.after)
    say(
        f"policy {found.version_after} for {found.version_before}, over {reports} of "
        f"{counted(found.item_count, 'item', 'items')}: {counted(changed, 'item', 'items')} with another verdict; "
        f"{_reports(found.newly_viewed_report_count)} that closed unseen would need a person, "
        f"{_reports(found.newly_unviewed_report_count)} that needed one would close unseen"
    )
    closing = sum(one.item_count for one in found.counts if _closes_newly(one))
    if closing:
        say(f"look at the examples: {counted(closing, 'item', 'items')} would close that did not")
    for spot in found.blind_spots:
        if spot.from_distance:
            say(f"cannot tell of {spot.signal} from distance {spot.from_distance} on: that far nothing was searched")
        else:
            say(f"cannot tell all of {spot.signal}: it, or a form of it, was not searched")
    if found.cut_item_count:
        say(f"cannot tell all of {counted(found.cut_item_count, 'item', 'items')}: more was met than the 8 pieces kept")
    if found.undated_item_count:
        say(f"of {counted(found.undated_item_count, 'item', 'items')} a URL counts as it was met and as old as then")
    if found.erased_report_count:
        say(f"cannot tell of {_reports(found.erased_report_count)} erased since")


def _reports(count: int) -> str:
    return counted(count, "report", "reports")


def _closes_newly(one: VerdictCount) -> bool:
    return one.after == "KNOWN" and one.before != "KNOWN"


def _text_of(file: BinaryIO) -> str:
    try:
        return file.read().decode()
    except UnicodeDecodeError as error:
        raise InvalidArgument("POLICY_INVALID", f"the policy is not UTF-8: {error.reason}", field="policy") from error


def _time_of(since: str) -> int:
    try:
        return read_time(since, "--since")
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from error
