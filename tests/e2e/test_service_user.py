"""A service as it is installed: by another user than runs it, without a home, on disks that are full or read-only."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

import hashsvc
from hashsvc.client import HashsvcClient
from hashsvc.client.values import Verdict
from hashsvc.clock import SystemClock
from hashsvc.hashlist import ListStore
from hashsvc.index import kernels_kept
from tests.e2e.disks import read_only, small_disk, unprivileged
from tests.hashlist.lists import confirmed_entry, new_list, signals_of

PACKAGE = Path(hashsvc.__file__).parent
NOBODY = 65534

# Compiles one kernel, and tells where and whether it was loaded rather than compiled.
ONE_KERNEL = (
    "import json, numpy as np; from hashsvc.index import exact, kernel_cache;"
    "exact.set_bits(np.zeros(1 << 16, np.uint64), np.zeros(1, np.uint64));"
    "print(json.dumps([str(kernel_cache.place()), sum(exact.set_bits.stats.cache_hits.values())]))"
)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package as root installed it: nobody may write to it, and it holds no kernels."""
    folder = tmp_path_factory.mktemp("installed")
    shutil.copytree(PACKAGE, folder / "hashsvc", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(PACKAGE.parent / "data", folder / "data")
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for one in folders:
        one.chmod(0o555)
    yield folder
    for one in folders:
        one.chmod(0o755)


def run(
    *command: str, installed: Path | None = None, environment: Mapping[str, str] = {}
) -> subprocess.CompletedProcess[str]:
    """Run Python as a user without rights and without a home."""
    variables = {**os.environ, "HOME": "/nonexistent"}
    for name in ("NUMBA_CACHE_DIR", "HASHSVC_KERNELS"):
        variables.pop(name, None)
    variables |= environment
    if installed is not None:
        variables["PYTHONPATH"] = str(installed)
    return subprocess.run(
        unprivileged([sys.executable, *command]),
        cwd="/",  # Python looks there first
        env=variables,
        capture_output=True,
        text=True,
        timeout=110,
        check=False,
    )


def hashsvc_run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return run("-m", "hashsvc.cli", *arguments, environment=environment)


def refused(ran: subprocess.CompletedProcess[str], *told: str) -> None:
    """A command failed in one line that says why, and not with a traceback."""
    assert ran.returncode == 1, ran.stderr
    assert "Traceback" not in ran.stderr
    assert all(text in ran.stderr for text in told), ran.stderr


# ---------------------------------------------------------------- kernels


def test_kernels_are_kept_with_the_list_where_the_package_cannot_be_written(installed: Path, tmp_path: Path) -> None:
    """Without a home and beside a package of somebody else, kernels are compiled once, into the list's folder."""
    folder = tmp_path / "kernels"
    first = run("-c", ONE_KERNEL, installed=installed, environment={"HASHSVC_KERNELS": str(folder)})
    assert json.loads(first.stdout) == [str(folder), 0], first.stderr
    assert list(folder.glob("*.nbi"))
    assert folder.stat().st_mode & 0o777 == 0o700
    again = run("-c", ONE_KERNEL, installed=installed, environment={"HASHSVC_KERNELS": str(folder)})
    assert json.loads(again.stdout) == [str(folder), 1], again.stderr


def test_kernels_work_where_nothing_can_be_written(installed: Path) -> None:
    """With no place at all a kernel is compiled in memory: slower to start, and nothing fails."""
    ran = run("-c", ONE_KERNEL, installed=installed)
    assert json.loads(ran.stdout) == ["None", 0], ran.stderr


def test_kernels_that_somebody_else_could_have_written_are_not_loaded(installed: Path, tmp_path: Path) -> None:
    """Loading a kernel runs what its file says, so a folder that others may write to is no place for one."""
    folder = tmp_path / "kernels"
    folder.mkdir()
    folder.chmod(0o777)
    ran = run("-c", ONE_KERNEL, installed=installed, environment={"HASHSVC_KERNELS": str(folder)})
    assert json.loads(ran.stdout) == ["None", 0], ran.stderr
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("damage", [b"", b"garbage" * 20], ids=["empty", "garbled"])
@pytest.mark.parametrize("suffix", [".nbi", ".nbc"])
def test_a_kernel_that_cannot_be_read_is_compiled_again(
    installed: Path, tmp_path: Path, suffix: str, damage: bytes
) -> None:
    """A file of a kernel that a power cut emptied, or that is garbled, costs a compilation, once."""
    folder = tmp_path / "kernels"
    how = {"installed": installed, "environment": {"HASHSVC_KERNELS": str(folder)}}
    assert run("-c", ONE_KERNEL, **how).returncode == 0  # type: ignore[arg-type]
    for one in folder.glob(f"*{suffix}"):
        one.write_bytes(damage)
    (folder / "hashsvc-kernels").write_bytes(b"\xff\xfe")
    for hits in (0, 1):
        again = run("-c", ONE_KERNEL, **how)  # type: ignore[arg-type]
        assert json.loads(again.stdout) == [str(folder), hits], again.stderr


def test_who_only_looks_makes_no_folder_of_kernels(installed: Path, tmp_path: Path) -> None:
    """A list of somebody else gets no folder that its owner could not write to."""
    (tmp_path / "list").mkdir()
    if os.geteuid() != 0:
        pytest.skip("giving a folder away takes root")
    os.chown(tmp_path / "list", NOBODY, NOBODY)
    ran = run("-c", ONE_KERNEL, installed=installed, environment={"HASHSVC_KERNELS": str(tmp_path / "list/kernels")})
    assert json.loads(ran.stdout) == ["None", 0], ran.stderr


def test_without_a_folder_for_temporary_files_nothing_is_called_damaged(tmp_path: Path) -> None:
    """Where there is no room for the copy, nor even a folder for it, verify says so and nothing of the list."""
    store = new_list(tmp_path / "list")
    store.close()
    nowhere = (
        "import tempfile; tempfile._candidate_tempdir_list = lambda: []; from hashsvc.cli.main import main; main()"
    )
    ran = run("-c", nowhere, "verify", "--data", str(tmp_path / "list"))
    refused(ran, "[COULD_NOT_VERIFY]")


def test_init_that_fails_late_leaves_nothing(tmp_path: Path) -> None:
    """A list whose making was not told is not there, and the same command can be run again."""
    with Path("/dev/full").open("wb") as nowhere:
        full = subprocess.run(
            [sys.executable, "-m", "hashsvc.cli", "init", str(tmp_path / "list")],
            stdout=nowhere,
            stderr=subprocess.PIPE,
            check=False,
            timeout=110,
        )
    assert full.returncode == 1
    assert list((tmp_path / "list").iterdir()) == []
    assert hashsvc_run("init", str(tmp_path / "list")).returncode == 0


def test_init_and_serve_run_without_a_home(installed: Path, tmp_path: Path) -> None:
    """A list's own kernels serve it: nothing is compiled at its start, nothing is written outside its directory."""
    data = tmp_path / "data"
    ListStore.create(data, clock=SystemClock())
    made = kernels_kept()
    assert made is not None
    (data / "kernels").mkdir(mode=0o700)
    for one in made.iterdir():
        if one.suffix in (".nbi", ".nbc") or one.name == "hashsvc-kernels":
            shutil.copy(one, data / "kernels")
    names = sorted(os.listdir(data / "kernels"))
    variables = {**os.environ, "HOME": "/nonexistent", "PYTHONPATH": str(installed)}
    command = [sys.executable, "-m", "hashsvc.cli", "serve", "--data", str(data), "--listen", "127.0.0.1:0"]
    with (tmp_path / "log").open("wb") as log:
        process = subprocess.Popen(
            unprivileged([*command, "--workers", "1"]), cwd="/", env=variables, stdout=log, stderr=log
        )
    try:
        with HashsvcClient(_address(data, process), "ann") as client:
            assert client.check(signals_of(1)).verdict is Verdict.NEW
    finally:
        process.terminate()
        assert process.wait(30) == 0, (tmp_path / "log").read_text()
    assert "nowhere to keep them" not in (tmp_path / "log").read_text()
    assert sorted(os.listdir(data / "kernels")) == names


def _address(data: Path, process: subprocess.Popen[bytes]) -> str:
    until = time.monotonic() + 90
    while time.monotonic() < until and process.poll() is None:
        try:
            told = json.loads((data / "supervisor.json").read_text())
        except (OSError, ValueError):
            told = {}
        if told.get("state") == "serving":
            return str(told["address"])
        time.sleep(0.05)
    raise AssertionError("it does not serve")


# ---------------------------------------------------------------- another owner


@pytest.mark.parametrize(
    "command",
    [
        ["serve", "--listen", "127.0.0.1:0"],
        ["verify"],
        ["rebuild"],
        ["backup", "--to", "copy"],
        ["casework", "erase", "--days", "9"],
    ],
    ids=lambda command: command[0],
)
def test_a_list_of_another_user_is_refused_with_what_would_be_right(tmp_path: Path, command: list[str]) -> None:
    """Who may not write to a list is told whose it is and what to do, by every command, and nothing is retried."""
    data = tmp_path / "data"
    ListStore.create(data, clock=SystemClock())
    if os.geteuid() == 0:
        for path in [data, *data.rglob("*")]:
            os.chown(path, NOBODY, NOBODY)
    else:
        (data / "list" / "data.mdb").chmod(0o400)
    arguments = [str(tmp_path / one) if one == "copy" else one for one in command]
    ran = hashsvc_run(*arguments, "--data", str(data))
    refused(ran, "belongs to", "[OTHER_OWNER]", "chown")


def test_casework_that_lost_its_file_ends_serve_with_a_reason(tmp_path: Path) -> None:
    """A casework folder without its store is neither made anew over what was there nor retried for ever."""
    data = tmp_path / "data"
    ListStore.create(data, clock=SystemClock())
    (data / "casework").mkdir()
    ran = hashsvc_run("serve", "--data", str(data), "--listen", "127.0.0.1:0")
    refused(ran, "DAMAGED_CASEWORK", "lost its store")
    refused(
        hashsvc_run("casework", "erase", "--data", str(data), "--days", "9"), "[DAMAGED_CASEWORK]", "lost its store"
    )


# ---------------------------------------------------------------- a read-only disk


def test_on_a_read_only_disk_lists_are_read_and_nothing_else(tmp_path: Path) -> None:
    """Verifying, backing up and restoring from a disk that cannot be written to works; what writes says why not."""
    (tmp_path / "source").mkdir()
    store = new_list(tmp_path / "source" / "list")
    confirmed_entry(store, 1)
    store.close()
    assert (
        hashsvc_run("backup", "--data", str(tmp_path / "source/list"), "--to", str(tmp_path / "source/copy")).returncode
        == 0
    )
    with read_only(tmp_path / "source", tmp_path / "seen") as seen:
        verified = hashsvc_run("verify", "--data", str(seen / "list"))
        assert json.loads(verified.stdout)["ok"] is True, verified.stderr
        backed_up = hashsvc_run("backup", "--data", str(seen / "list"), "--to", str(tmp_path / "copy"))
        assert json.loads(backed_up.stdout)["sequence"] == 3, backed_up.stderr
        restored = hashsvc_run("restore", "--from", str(seen / "copy"), "--data", str(tmp_path / "restored"))
        assert json.loads(restored.stdout)["report"]["ok"] is True, restored.stderr
        for command in (["serve", "--listen", "127.0.0.1:0"], ["rebuild"], ["casework", "erase", "--days", "9"]):
            refused(hashsvc_run(*command, "--data", str(seen / "list")), "[READ_ONLY_FILE_SYSTEM]")
        refused(hashsvc_run("init", str(seen / "new")), "Read-only file system")
        refused(hashsvc_run("backup", "--data", str(seen / "list"), "--to", str(seen / "b")), "Read-only file system")


# ---------------------------------------------------------------- a full disk


def test_a_full_disk_is_told_without_a_traceback(tmp_path: Path) -> None:
    """Every command that finds no room says so, leaves nothing that passes for whole, and works once there is room."""
    store = new_list(tmp_path / "list")
    confirmed_entry(store, 1)
    store.close()
    data = ("--data", str(tmp_path / "list"))
    assert hashsvc_run("backup", *data, "--to", str(tmp_path / "copy")).returncode == 0
    with small_disk(tmp_path / "disk", "24k") as disk:
        refused(hashsvc_run("init", str(disk / "new")), "[DISK_FULL]")
        refused(hashsvc_run("verify", *data, TMPDIR=str(disk)), "[COULD_NOT_VERIFY]", "TMPDIR")
        assert list(disk.iterdir()) == []
        refused(hashsvc_run("backup", *data, "--to", str(disk / "copy")), "[DISK_FULL]")
        refused(hashsvc_run("restore", "--from", str(tmp_path / "copy"), "--data", str(disk / "l")), "[DISK_FULL]")
        assert not (disk / "copy").exists()
        assert not (disk / "l").exists()
    with small_disk(tmp_path / "disk", "8m") as disk:
        shutil.copytree(tmp_path / "list", disk / "list")
        ballast = disk / "ballast"
        ballast.write_bytes(bytes(os.statvfs(disk).f_bavail * os.statvfs(disk).f_frsize))
        full = ("--data", str(disk / "list"))
        refused(hashsvc_run("serve", *full, "--listen", "127.0.0.1:0"), "no room left on a disk")
        refused(hashsvc_run("rebuild", *full), "disk is full")
        ballast.unlink()
        assert hashsvc_run("rebuild", *full).returncode == 0
        assert json.loads(hashsvc_run("verify", *full).stdout)["ok"] is True


def test_a_taken_metrics_port_is_named(tmp_path: Path) -> None:
    """A metrics address that cannot be bound is told with its setting and address."""
    ListStore.create(tmp_path / "data", clock=SystemClock())
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        ran = hashsvc_run(
            "serve", "--data", str(tmp_path / "data"), "--listen", "127.0.0.1:0", "--metrics-listen", address
        )
    refused(ran, "metrics_listen", address, "[ADDRESS_IN_USE]")
