"""What the command line does where an extra is not installed: it names it, and whatever does not need it works."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from hashsvc.cli.extras import COMMANDS as EXTRAS
from hashsvc.cli.extras import MODULES
from hashsvc.cli.main import COMMANDS
from tests.blocking import python

MD5 = "01" * 16
ENTRY_ID = "0e" * 16
NOBODY = ("--server", "127.0.0.1:9", "--timeout", "0.05")
SERVER = (*MODULES["server"], "llvmlite")

# Of each group one command, and its exit status where the extra `server` is missing and nobody answers: 3.
TALKING: dict[str, tuple[tuple[str, ...], int]] = {
    "check": (("check", "--md5", MD5, *NOBODY), 3),
    "import": (("import", "FILE", *NOBODY), 3),
    "export": (("export", *NOBODY), 3),
    "entry": (("entry", "show", ENTRY_ID, *NOBODY), 3),
    "batch": (("batch", "show", ENTRY_ID, *NOBODY), 3),
    "stats": (("stats", *NOBODY), 3),
    "health": (("health", *NOBODY), 3),
    "report": (("report", "state", "CODE", *NOBODY), 3),
    "case": (("case", "queue", *NOBODY), 3),
    "takedown": (("takedown", "list", *NOBODY), 3),
    "effect": (("effect", *NOBODY), 3),
    "policy": (("policy", "show", *NOBODY), 3),
    "url": (("url", "explain", "--as", "host", "https://cats.example/"), 0),
    "category": (("category", "list"), 0),
}
OF_SERVER: dict[str, tuple[str, ...]] = {
    "init": ("init", "DIR"),
    "serve": ("serve", "--data", "DIR"),
    "verify": ("verify", "--data", "DIR"),
    "rebuild": ("rebuild", "--data", "DIR"),
    "backup": ("backup", "--data", "DIR", "--to", "DIR"),
    "restore": ("restore", "--from", "DIR", "--data", "DIR"),
    "journal": ("journal", "erase", "--data", "DIR", "--days", "30"),
    "casework": ("casework", "erase", "--data", "DIR", "--days", "30"),
}
OF_PICTURES = {"hash": ("hash", "FILE")}

_RUN = """
import json
from click.testing import CliRunner
from hashsvc.cli.main import main

for arguments in json.loads(sys.argv[1]):
    ran = CliRunner().invoke(main, arguments)
    if ran.exception is not None and not isinstance(ran.exception, SystemExit):
        raise ran.exception
    print(json.dumps([ran.exit_code, ran.stdout, ran.stderr]))
"""


class Ran(NamedTuple):
    """What a command did."""

    exit_code: int
    stdout: str
    stderr: str


def run_all(commands: Any, refused: Any, tmp_path: Path) -> list[Ran]:
    """Run commands one after the other where some modules cannot be imported. FILE and DIR become paths."""
    file, folder = tmp_path / "file.jsonl", tmp_path / "folder"
    file.write_text(json.dumps({"fingerprints": [{"type": "md5", "value": MD5}]}))
    paths = {"FILE": str(file), "DIR": str(folder)}
    spelt = [[paths.get(one, one) for one in arguments] for arguments in commands]
    done = python(_RUN, json.dumps(spelt), refused=refused)
    assert done.returncode == 0, done.stderr
    assert not folder.exists()
    return [Ran(*json.loads(line)) for line in done.stdout.splitlines()]


def test_every_command_is_placed() -> None:
    """A new command says here what it needs."""
    assert {*TALKING, *OF_SERVER, *OF_PICTURES} == set(COMMANDS)
    assert dict.fromkeys(OF_SERVER, "server") == EXTRAS


@pytest.mark.slow
def test_commands_that_talk_to_a_server_need_none_of_its_packages(tmp_path: Path) -> None:
    """With the extra `cli` alone, every command that asks a server or nobody gets as far as asking."""
    refused = (*SERVER, *MODULES["charts"], *MODULES["pictures"])
    for name, ran in zip(TALKING, run_all([one for one, _ in TALKING.values()], refused, tmp_path), strict=True):
        assert ran.exit_code == TALKING[name][1], (name, ran.stderr)
        assert "extra" not in ran.stderr, name


@pytest.mark.parametrize("refused", [SERVER, ("numba",), ("lmdb",), ("grpc_reflection",)])
def test_commands_on_a_list_name_the_extra_server(tmp_path: Path, refused: tuple[str, ...]) -> None:
    """Without what keeps and serves a list, each such command says which extra brings it and does nothing."""
    for name, ran in zip(OF_SERVER, run_all(OF_SERVER.values(), refused, tmp_path), strict=True):
        assert ran.exit_code == 1, (name, ran)
        assert "pip install 'hashsvc[server]'" in ran.stderr, name
        assert refused[0] in ran.stderr


def test_charts_name_their_extra(tmp_path: Path) -> None:
    """Without matplotlib, `effect --chart` says so before it asks the server."""
    command = ("effect", "--chart", str(tmp_path / "effect.svg"), *NOBODY)
    [ran] = run_all([command], MODULES["charts"], tmp_path)
    assert (ran.exit_code, "pip install 'hashsvc[charts]'" in ran.stderr) == (1, True)


@pytest.mark.parametrize("refused", MODULES["pictures"])
def test_hashing_pictures_names_its_extra(tmp_path: Path, refused: str) -> None:
    """Without pdqhash or Pillow, `hash` and --picture say what brings them."""
    for ran in run_all([OF_PICTURES["hash"], ("check", "--picture", "FILE", *NOBODY)], (refused,), tmp_path):
        assert (ran.exit_code, "pip install 'hashsvc[pictures]'" in ran.stderr) == (1, True)


@pytest.mark.parametrize("refused", MODULES["cli"])
def test_the_command_names_its_own_extra(refused: str) -> None:
    """`hashsvc` starts without click or rich, says what brings them, and ends with status 1."""
    done = python("from hashsvc.cli.__main__ import main; main()", "--version", refused=(refused,))
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: ")
    assert "pip install 'hashsvc[cli]'" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("command", OF_SERVER)
def test_a_command_on_a_list_names_the_extra_that_brings_all_it_needs(command: str) -> None:
    """After `pip install hashsvc` alone, `hashsvc init` asks for `server` at once, not for `cli` and then for more."""
    done = python("from hashsvc.cli.__main__ import main; main()", *OF_SERVER[command], refused=MODULES["cli"])
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("Error: this needs the extra `server`, of which click, rich")
    assert "pip install 'hashsvc[server]'" in done.stderr
    assert "hashsvc[cli]" not in done.stderr


def test_the_version_and_help_need_no_extra_but_cli() -> None:
    """`hashsvc --version`, and the help of a command that needs more, work with click and rich alone."""
    refused = [module for extra, modules in MODULES.items() if extra != "cli" for module in modules]
    for arguments in (("--version",), ("--help",), ("serve", "--help"), ("hash", "--help")):
        done = python("from hashsvc.cli.__main__ import main; main()", *arguments, refused=refused)
        assert (done.returncode, done.stderr) == (0, ""), arguments
        assert done.stdout


def test_asking_for_help_loads_nothing_heavy() -> None:
    """`hashsvc --help` lists all commands and imports none of them."""
    code = """
import atexit
atexit.register(lambda: print({"grpc", "numpy", "numba", "lmdb", "rich", "msgspec", "google"} & set(sys.modules)))
from hashsvc.cli.__main__ import main
main()
"""
    done = python(code, "--help")
    assert done.returncode == 0
    *shown, loaded = done.stdout.splitlines()
    assert loaded == "set()"
    assert all(any(line.startswith(f"  {name} ") for line in shown) for name in COMMANDS)
