"""Commands on the list's own directory: init, serve, verify, rebuild, backup, restore. No server in between.

Heavy floors are imported by the command that needs them.
"""

from __future__ import annotations

import importlib
import os
import shutil
from pathlib import Path
from typing import Any

import click
import msgspec

from hashsvc.cli.extras import needs
from hashsvc.cli.failures import Failed
from hashsvc.cli.output import progress, say, write_record
from hashsvc.clock import SystemClock
from hashsvc.errors import InvalidArgument
from hashsvc.files import KERNELS_VARIABLE, kernels_folder, why_not_writable
from hashsvc.limits import PEOPLE_REQUIRED_MAX, PEOPLE_REQUIRED_MIN

_directory = click.Path(path_type=Path, file_okay=False)
_data = click.option("--data", type=_directory, required=True, metavar="DIR", help="The list's directory.")


@click.command(epilog="Example: hashsvc init ./list --people-required 3")
@click.argument("directory", type=_directory, metavar="DIR")
@click.option(
    "--people-required",
    type=click.IntRange(PEOPLE_REQUIRED_MIN, PEOPLE_REQUIRED_MAX),
    default=PEOPLE_REQUIRED_MIN,
    show_default=True,
    metavar="N",
    help="People who must agree before a signal is confirmed, its proposer included.",
)
@needs("server")
def init(directory: Path, people_required: int) -> None:
    """Make an empty list in DIR, which must not exist or be empty. Nothing else ever makes one."""
    _keep_kernels(directory)
    from hashsvc.hashlist import ListStore

    ListStore.create(directory, clock=SystemClock(), people_required=people_required)
    try:
        store = ListStore.open(directory, clock=SystemClock())
        try:
            list_id = store.list_id.hex()
        finally:
            store.close()
        kernels = _warm()
        write_record(
            {
                "data": str(directory),
                "list": list_id,
                "people_required": people_required,
                "kernels": None if kernels is None else str(kernels),
            }
        )
    except BaseException:
        for part in directory.iterdir():  # it was empty, so that the same can be tried again
            shutil.rmtree(part)
        raise
    say(f"made; next: hashsvc serve --data {directory}")


@click.command(epilog="Example: hashsvc serve --data ./list --listen 127.0.0.1:50051 --workers 2")
@_data
@click.option(
    "--listen",
    default="127.0.0.1:50051",
    show_default=True,
    metavar="HOST:PORT",
    help="Where calls are answered; loopback.",
)
@click.option(
    "--workers", type=int, default=0, show_default=True, metavar="N", help="Processes that answer; 0: one a core."
)
@click.option("--metrics-listen", default="", metavar="HOST:PORT", help="Where Prometheus scrapes; default nowhere.")
@click.option("--log-level", default="info", show_default=True, help="debug, info, warning or error.")
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="NAME=VALUE",
    help="Any other setting of docs/config.md, for example drain_seconds=5; may be repeated.",
)
@needs("server")
def serve(data: Path, listen: str, workers: int, settings: tuple[str, ...], **options: str) -> None:
    """Answer calls about the list in DIR until stopped (SIGTERM or Ctrl-C drains)."""
    from hashsvc.server.processes import supervisor

    values: dict[str, Any] = {"data_dir": str(data), "listen": listen, "workers": workers, **options}
    for text in settings:
        name, equals, value = text.partition("=")
        if not equals:
            raise click.UsageError("--set takes NAME=VALUE")
        values[name] = _number_or_text(value)
    code = supervisor.run(_config(values))
    if code:
        raise Failed("the service stopped on an error; its log says why")


@click.command(epilog="Example: hashsvc verify --data ./list")
@_data
@needs("server")
def verify(data: Path) -> None:
    """Replay the log and compare every view with it. The service may be running."""
    _keep_kernels(data)
    from hashsvc.hashlist import ListStore
    from hashsvc.hashlist.verify import verify as verify_store

    refusal = why_not_writable(data)
    read_only = refusal is not None and refusal.reason == "READ_ONLY_FILE_SYSTEM"
    store = ListStore.open(data, clock=SystemClock(), read_only=read_only)
    try:
        with progress("verifying", None, "changes") as show:
            report = verify_store(store, lambda done, total: show(done))
    finally:
        store.close()
    write_record(_record(report))
    if not report.ok:
        raise Failed("the list is damaged; `hashsvc rebuild` makes the views anew, the log's damage needs a backup")


@click.command(epilog="Example: hashsvc rebuild --data ./list")
@_data
@needs("server")
def rebuild(data: Path) -> None:
    """Make all views anew from the log. A service may be running: it answers LIST_REBUILDING until this is done."""
    _keep_kernels(data)
    from hashsvc.hashlist.rebuild import rebuild as rebuild_list

    with progress("rebuilding", None, "changes") as show:
        rebuilt = rebuild_list(data, SystemClock(), lambda done, total: show(done))
    write_record(_record(rebuilt))


@click.command(epilog="Example: hashsvc backup --data ./list --to /backups/2026-11-24")
@_data
@click.option("--to", type=_directory, required=True, metavar="DIR", help="The backup; must not exist.")
@click.option(
    "--without-casework",
    is_flag=True,
    help="Leave reports and cases out: for a backup that leaves the hotline.",
)
@needs("server")
def backup(data: Path, to: Path, without_casework: bool) -> None:
    """Copy the list and its casework to a new directory. The service may be running.

    casework is null where there is none, or where it was left out. Journals of matches are not copied.
    """
    _keep_kernels(data)
    from hashsvc.server.processes.backup import back_up

    backed_up, casework = back_up(data, to, SystemClock(), with_casework=not without_casework)
    write_record({"to": str(to), **_record(backed_up), "casework": msgspec.to_builtins(casework)})


@click.command(epilog="Example: hashsvc restore --from /backups/2026-11-24 --data ./list")
@click.option("--from", "source", type=_directory, required=True, metavar="DIR", help="The backup.")
@_data
@needs("server")
def restore(source: Path, data: Path) -> None:
    """Make a list in a new directory from a backup, verify it, and begin a new epoch.

    Casework comes along where the backup has it; the service takes in at its start what the list decided since.
    """
    _keep_kernels(data)
    from hashsvc.server.processes.backup import restore as restore_list

    with progress("restoring", None, "changes") as show:
        restored, casework = restore_list(source, data, SystemClock(), lambda done, total: show(done))
    write_record({"data": str(data), **_record(restored), "casework": msgspec.to_builtins(casework)})


def _warm() -> Path | None:
    """Compile the search kernels into their place. Returns it, None where they cannot be kept.

    By name, since this floor otherwise has no business with the index (import rules in pyproject.toml).
    """
    index = importlib.import_module("hashsvc.index")
    if index.kernels_kept() is None:
        say("preparing the search kernels (this once; it takes a while)")
    index.warm()
    kept: Path | None = index.kernels_kept()
    return kept


def _keep_kernels(data: Path) -> None:
    """Let search kernels be kept with a list where they can be kept nowhere else. Before anything is imported."""
    os.environ.setdefault(KERNELS_VARIABLE, str(kernels_folder(data)))


def _config(values: dict[str, Any]) -> Any:
    """Make the configuration. What is wrong with it is wrong usage, told before anything is started."""
    from hashsvc import config

    for name, option in (("listen", "--listen"), ("metrics_listen", "--metrics-listen")):
        address = values[name]
        if address or name == "listen":
            try:
                config.split_address(str(address), name)
            except InvalidArgument as error:
                message = f"{option} is {address!r}; HOST:PORT is needed, for example 127.0.0.1:50051"
                raise click.UsageError(message) from error
    try:
        return config.make(**values)
    except InvalidArgument as error:
        raise click.UsageError(str(error)) from error


def _record(result: Any) -> dict[str, Any]:
    """A result of the list's own commands, seconds rounded to milliseconds."""
    record: dict[str, Any] = msgspec.to_builtins(result)
    return {name: round(value, 3) if isinstance(value, float) else value for name, value in record.items()}


def _number_or_text(text: str) -> int | float | bool | str:
    """Read a setting's value as JSON reads it, else as text."""
    try:
        value = msgspec.json.decode(text)
    except msgspec.DecodeError:
        return text
    return value if isinstance(value, int | float | bool | str) else text
