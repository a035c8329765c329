"""`hashsvc stats`: the list's figures."""

from __future__ import annotations

import click
import msgspec

from hashsvc.cli.calling import Caller, talks
from hashsvc.cli.output import write_record


@click.command(epilog="Example: hashsvc stats | jq .entries")
@talks
def stats(caller: Caller) -> None:
    """Show the list's figures: entries, signals by state and type, index, size."""
    with caller.client() as client:
        found = client.stats()
    write_record(
        {
            "list": found.position.list_id,
            "epoch": found.position.epoch,
            "sequence": found.position.sequence,
            "entries": found.entry_count,
            "signals_by_state": found.states,
            "signals_by_type": found.types,
            "segments": [msgspec.to_builtins(one) for one in found.segments],
            "delta_changes": found.delta_change_count,
            "store_bytes": found.store_bytes,
            "people_required": found.people_required,
            "policy_version": found.policy_version,
            "worker": found.worker,
        }
    )
