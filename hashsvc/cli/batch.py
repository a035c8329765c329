"""`hashsvc batch …`: confirm, retract and read what an import brought, as one."""

from __future__ import annotations

import click

from hashsvc.cli.calling import Caller, acts, talks
from hashsvc.cli.entry import REASON_DEFAULT
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import say, write_record, write_records
from hashsvc.cli.records import batch_record
from hashsvc.client import BatchState


@click.group(epilog="Example: hashsvc batch list")
def batch() -> None:
    """Confirm, retract and read imports, each as one."""


@batch.command(epilog="Example: hashsvc batch confirm 0123456789abcdef0123456789abcdef --actor bob")
@click.argument("batch_id", metavar="BATCH")
@click.option(
    "--digest",
    metavar="HEX",
    help="The digest that you received by another way. Default: the batch's own, as it is now.",
)
@click.option("--note", default="", help="Why, in words.")
@acts
def confirm(batch_id: str, digest: str | None, note: str, caller: Caller) -> None:
    """Agree to a batch. Somebody who brought none of it."""
    with caller.client() as client:
        if digest is None:
            found = client.get_batch(batch_id).batch
            if not found.digest:
                raise Failed(f"the batch is {found.state.value} and has no digest yet: its import is not complete")
            agreed = found.digest
            say(f"confirming digest {agreed.hex()}; if you received one by another way, name it: --digest HEX")
        else:
            agreed = _digest(digest)
        result = client.confirm_batch(batch_id, agreed, note=note)
        write_record(batch_record(result.batch, result.position.sequence))
        if result.batch.state is BatchState.SEALED:
            say("more people must confirm before its entries count")


@batch.command(epilog="Example: hashsvc batch retract 0123456789abcdef0123456789abcdef --reason recall --actor bob")
@click.argument("batch_id", metavar="BATCH")
@click.option(
    "--reason", "reason_code", default=REASON_DEFAULT, show_default=True, metavar="CODE", help="Why, as a code."
)
@click.option("--note", default="", help="Why, in words.")
@acts
def retract(batch_id: str, reason_code: str, note: str, caller: Caller) -> None:
    """Ask for a batch's retraction: it closes nothing from then on. By a second person: retract it."""
    with caller.client() as client:
        result = client.retract_batch(batch_id, reason_code=reason_code, note=note)
        write_record(batch_record(result.batch, result.position.sequence))
        if result.batch.state is BatchState.DISPUTED:
            say(
                "closes nothing from now on; another person completes the retraction with "
                f"`hashsvc batch retract {batch_id} --actor NAME`"
            )


@batch.command(epilog="Example: hashsvc batch show 0123456789abcdef0123456789abcdef")
@click.argument("batch_id", metavar="BATCH")
@talks
def show(batch_id: str, caller: Caller) -> None:
    """Show a batch: its state, figures, digest and people."""
    with caller.client() as client:
        write_record(batch_record(client.get_batch(batch_id).batch))


@batch.command("list", epilog="Example: hashsvc batch list | jq .batch")
@talks
def list_all(caller: Caller) -> None:
    """List all batches, newest first."""
    columns = ["batch", "state", "source", "inserted", "amended", "first_sequence"]
    with caller.client() as client:
        write_records((batch_record(one) for one in client.list_batches()), columns)


def _digest(text: str) -> bytes:
    try:
        digest = bytes.fromhex(text)
    except ValueError:
        digest = b""
    if len(digest) != 32:
        raise click.UsageError("--digest is 64 hex characters")
    return digest
