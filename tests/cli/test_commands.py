"""The other commands: decisions, batches, figures, hashing, the list's directory, exit statuses, help."""

from __future__ import annotations

import hashlib
import socket
from collections.abc import Iterator
from pathlib import Path

import click
import grpc
import pytest

from hashsvc import index
from hashsvc.cli.main import COMMANDS, main
from hashsvc.errors import FailedPrecondition
from hashsvc.v1 import entry_pb2
from tests.cli.conftest import Run
from tests.client.fake import BATCH_ID, DIGEST, ENTRY_ID, Fake


def test_an_entry_goes_through_its_life(fake: Fake, run: Run) -> None:
    """Each decision is one command, in the name that --actor gives."""
    propose = ["--source", "iwf", "--content-id", "7", "--md5", "01" * 16, "--classification", "uk_abc=A"]
    ran = run("entry", "propose", *propose, "--actor", "ann")
    assert ran.exit_code == 0
    assert (ran.line["entry"], ran.line["state"], ran.line["sequence"]) == (ENTRY_ID, "PROPOSED", 41)
    assert "entry confirm" in ran.stderr
    for action in ("confirm", "reject", "dispute", "resolve", "retract", "confirm-retraction"):
        assert run("entry", action, ENTRY_ID, "--actor", "bob").exit_code == 0
    assert run("entry", "amend", ENTRY_ID, "--sha1", "02" * 20, "--remove", "1", "--actor", "ann").exit_code == 0
    assert [name for name, _, _ in fake.seen] == [
        "ProposeEntry", "ConfirmEntry", "RejectEntry", "DisputeEntry", "ResolveDispute", "RetractEntry",
        "ConfirmRetraction", "GetEntry", "AmendEntry",
    ]  # fmt: skip
    assert {metadata["hashsvc-actor"] for name, _, metadata in fake.seen if name == "ConfirmEntry"} == {"bob"}
    (amend,) = fake.requests("AmendEntry")
    assert (amend.etag, list(amend.remove_ordinals)) == ("e1", [1])
    (proposed,) = fake.requests("ProposeEntry")
    assert proposed.content.details.classifications[0].scheme == "uk_abc"


@pytest.mark.parametrize("made", [True, False])
def test_init_speaks_of_kernels_where_they_are_not_there(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: bool
) -> None:
    """Who waits for the search kernels to be compiled is told why; where they are there nothing is said of them."""
    monkeypatch.setattr(index, "kernels_kept", lambda: tmp_path if made else None)
    monkeypatch.setattr(index, "warm", lambda: None)
    ran = run("init", str(tmp_path / "list"))
    assert (ran.exit_code, "preparing the search kernels" in ran.stderr) == (0, not made)


def test_a_proposal_can_tell_its_id_alone(run: Run) -> None:
    """With --id-only the id is all of stdout, so that a shell keeps it in a variable; what is due is still said."""
    ran = run("entry", "propose", "--source", "iwf", "--md5", "01" * 16, "--id-only", "--actor", "ann")
    assert (ran.exit_code, ran.stdout) == (0, f"{ENTRY_ID}\n")
    assert "entry confirm" in ran.stderr


def test_a_retraction_says_what_it_still_needs(run: Run) -> None:
    """One person's retraction makes it harmless; the command says who must complete it, and how."""
    ran = run("entry", "retract", ENTRY_ID, "--actor", "ann")
    assert f"entry confirm-retraction {ENTRY_ID}" in ran.stderr


def test_an_entry_and_its_history_are_shown(run: Run) -> None:
    """Show and history need no actor."""
    shown = run("entry", "show", ENTRY_ID).line
    assert (shown["signals"][0]["type"], shown["signals"][0]["people"]) == (
        "md5",
        [{"role": "PROPOSER", "actor": "ann"}],
    )
    assert [change["kind"] for change in run("entry", "history", ENTRY_ID).lines] == ["ENTRY_CONFIRMED"]


def test_a_batch_is_confirmed_by_its_digest(fake: Fake, run: Run) -> None:
    """The digest is the one given, or the batch's own; one that is no digest is refused at once."""
    fake.batch_state = entry_pb2.BATCH_STATE_SEALED
    own = run("batch", "confirm", BATCH_ID, "--actor", "bob")
    assert own.line["state"] == "CONFIRMED"
    assert DIGEST.hex() in own.stderr
    assert "--digest" in own.stderr
    given = run("batch", "confirm", BATCH_ID, "--actor", "bob", "--digest", "11" * 32)
    assert (given.exit_code, given.stderr) == (0, "")
    assert [request.digest for request in fake.requests("ConfirmBatch")] == [DIGEST, b"\x11" * 32]
    assert run("batch", "confirm", BATCH_ID, "--actor", "bob", "--digest", "11").exit_code == 2
    assert run("batch", "retract", BATCH_ID, "--actor", "bob").line["state"] == "DISPUTED"
    assert [one["batch"] for one in run("batch", "list").lines] == [BATCH_ID]


def test_an_open_batch_cannot_be_confirmed(fake: Fake, run: Run) -> None:
    """A batch without a digest is not complete; nobody can agree to it."""
    ran = run("batch", "confirm", BATCH_ID, "--actor", "bob")
    assert ran.exit_code == 1
    assert not fake.requests("ConfirmBatch")


def test_figures(run: Run) -> None:
    """Stats is one JSON object."""
    assert run("stats").line["signals_by_type"] == {"pdq": 7}


def test_a_refusal_has_status_1_and_names_the_reason(fake: Fake, run: Run) -> None:
    """What the server refuses is told with its reason."""
    fake.failures.append(FailedPrecondition("SELF_CONFIRMATION", "who proposes does not confirm"))
    ran = run("entry", "confirm", ENTRY_ID, "--actor", "ann")
    assert ran.exit_code == 1
    assert "SELF_CONFIRMATION" in ran.stderr


@pytest.mark.slow
def test_an_unreachable_server_has_status_3(run: Run) -> None:
    """Scripts can tell a refusal from nobody being there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{probe.getsockname()[1]}"
    assert run("stats", server=address).exit_code == 3
    assert run("check", "-", stdin='{"md5": "01020304050607080901020304050607"}\n', server=address).exit_code == 3


def test_a_server_that_answers_unavailable_is_not_unreachable(fake: Fake, run: Run) -> None:
    """An error of another kind is a failure, status 1."""
    fake.failures.append(grpc.StatusCode.INTERNAL)
    assert run("stats").exit_code == 1


def test_writes_need_an_actor(run: Run) -> None:
    """Every writing command refuses to run in nobody's name."""
    for command in (["entry", "confirm", ENTRY_ID], ["batch", "retract", BATCH_ID]):
        assert run(*command).exit_code == 2


def test_pictures_are_hashed_here(run: Run, tmp_path: Path) -> None:
    """Hash prints items that check takes; what is no picture gets its digests only."""
    image = pytest.importorskip("PIL.Image")
    pytest.importorskip("pdqhash")
    picture, text = tmp_path / "picture.png", tmp_path / "text.txt"
    image.radial_gradient("L").resize((200, 160)).save(picture)
    text.write_text("not a picture")
    ran = run("hash", str(picture), str(text))
    first, second = ran.lines
    assert ran.exit_code == 0
    assert (len(first["pdq"]), first["md5"]) == (
        64,
        hashlib.md5(picture.read_bytes(), usedforsecurity=False).hexdigest(),
    )
    assert "pdq" not in second
    assert "digests only" in ran.stderr
    assert len(run("check", "-", stdin=ran.stdout).lines) == 2
    missing = run("hash", str(tmp_path / "none.png"), str(picture))
    assert (missing.exit_code, len(missing.lines)) == (1, 1)


def test_a_list_is_made_verified_saved_and_restored(run: Run, tmp_path: Path) -> None:
    """init, verify, backup, restore and rebuild work on the list's directory without a server."""
    data, copy, again = tmp_path / "list", tmp_path / "copy", tmp_path / "again"
    made = run("init", str(data), "--people-required", "3").line
    assert made["people_required"] == 3
    assert run("init", str(data)).exit_code == 1
    assert run("verify", "--data", str(data)).line["ok"]
    assert run("backup", "--data", str(data), "--to", str(copy)).line["casework"] is None
    assert run("restore", "--from", str(copy), "--data", str(again)).line["epoch"] == 2
    assert run("rebuild", "--data", str(again)).exit_code == 0
    assert run("verify", "--data", str(again)).line["ok"]
    assert run("verify", "--data", str(tmp_path / "none")).exit_code == 1


def test_a_backup_takes_casework_along_or_not(run: Run, tmp_path: Path) -> None:
    """By default it does, and a restore says what came; for a backup that leaves the hotline it is left out."""
    data, full, without = tmp_path / "list", tmp_path / "full", tmp_path / "without"
    run("init", str(data))
    assert run("casework", "erase", "--data", str(data), "--days", "1").exit_code == 0  # which makes casework
    nothing_yet = {"reports": 0, "open_cases": 0}
    assert run("backup", "--data", str(data), "--to", str(full)).line["casework"] == nothing_yet
    assert run("backup", "--data", str(data), "--to", str(without), "--without-casework").line["casework"] is None
    assert run("restore", "--from", str(full), "--data", str(tmp_path / "a")).line["casework"] == nothing_yet
    assert run("restore", "--from", str(without), "--data", str(tmp_path / "b")).line["casework"] is None
    assert not (tmp_path / "b" / "casework").exists()


def each_command(command: click.Command, name: str) -> Iterator[tuple[str, click.Command]]:
    yield name, command
    if isinstance(command, click.Group):
        context = click.Context(command, info_name=name)
        for child in command.list_commands(context):
            found = command.get_command(context, child)
            assert found is not None
            yield from each_command(found, f"{name} {child}")


def test_every_help_ends_in_an_example() -> None:
    """Whoever asks for help sees a line to copy."""
    found = dict(each_command(main, "hashsvc"))
    assert len(found) > len(COMMANDS)
    for name, command in found.items():
        text = command.get_help(click.Context(command, info_name=name)).rstrip()
        example = text.splitlines()[-1] if "Example:" in text.splitlines()[-1] else text[text.rfind("\n\n") :]
        assert "Example: hashsvc " in " ".join(example.split()), name
        assert command.help, name


def test_the_list_of_commands_says_what_each_says() -> None:
    """`hashsvc --help` lists each command by the beginning of its own help."""
    for name, listed in COMMANDS.items():
        command = main.get_command(click.Context(main), name)
        assert command is not None
        told = " ".join(str(command.help).split())
        assert told.startswith(listed.summary.removesuffix(".")), name


def test_what_the_system_refuses_is_told_without_a_traceback(run: Run, tmp_path: Path) -> None:
    """Whatever a command cannot read or write is named with its reason, status 1 or 2."""
    file, digests = tmp_path / "file", ["--md5", "01" * 16]
    file.write_text("not a directory")
    none = str(file / "x")
    for arguments in (
        ["init", none],
        ["verify", "--data", str(file)],
        ["rebuild", "--data", none],
        ["backup", "--data", none, "--to", str(tmp_path / "to")],
        ["restore", "--from", none, "--data", str(tmp_path / "to")],
        ["hash", none, str(tmp_path)],
        ["check", *digests, "--picture", none],
        ["export", "-o", none],
        ["export", "-o", str(tmp_path / "none" / "x")],
        ["import", str(tmp_path)],
        ["import", none],
    ):
        ran = run(*arguments)
        assert ran.exit_code in (1, 2), arguments
        assert ran.stderr.strip(), arguments
    made = tmp_path / "list"
    assert run("init", str(made)).exit_code == 0
    assert run("backup", "--data", str(made), "--to", none).exit_code == 1


def test_an_error_of_the_system_names_its_file(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error that no command expected is told as the system's words and the file."""

    def fails(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device", "/some/file")

    monkeypatch.setattr("hashsvc.hashlist.ListStore.open", fails)
    ran = run("verify", "--data", ".")
    assert (ran.exit_code, ran.stderr.strip()) == (1, "Error: /some/file: No space left on device")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--listen", "foo"], "--listen is 'foo'; HOST:PORT is needed"),
        (["--listen", "foo:99999"], "HOST:PORT is needed"),
        (["--metrics-listen", ":9000"], "--metrics-listen is ':9000'; HOST:PORT is needed"),
        (["--workers", "-1"], "workers"),
        (["--set", "nonsense=1"], "nonsense"),
    ],
)
def test_serve_refuses_wrong_settings_before_anything_is_started(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: list[str], words: str
) -> None:
    """A setting that cannot be is wrong usage; it is named, and no process is started."""
    monkeypatch.setattr("hashsvc.server.processes.supervisor.run", lambda config: pytest.fail("it was started"))
    ran = run("serve", "--data", str(tmp_path), *arguments)
    assert ran.exit_code == 2
    assert words in ran.stderr
