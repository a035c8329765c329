"""Nothing but lmdb_env.py touches LMDB's files: one stray open in a serving process makes every read wrong."""

import pytest

from tests.house.lints import ROOT, store_file_uses

ENV = "hashsvc/lmdb_env.py"
ALLOWED = {
    ("hashsvc/cli/extras.py", "names 'lmdb'"),  # to ask whether it is installed
    ("hashsvc/cli/importing.py", "copies with shutil.copyfileobj"),  # stdin, into a temporary file
    ("hashsvc/hashlist/backup.py", "copies with shutil.copyfile"),  # segments: immutable, in a folder of their own
}


def test_only_env_opens_or_copies_the_stores_files() -> None:
    """No module of the package but lmdb_env.py imports lmdb, names its files or copies whole files."""
    found = [
        f"{name}:{line}: {what}"
        for path in sorted((ROOT / "hashsvc").rglob("*.py"))
        if (name := path.relative_to(ROOT).as_posix()) != ENV
        for line, what in store_file_uses(path.read_text(encoding="utf-8"))
        if (name, what) not in ALLOWED
    ]
    assert found == []


@pytest.mark.parametrize(
    "source",
    [
        "import lmdb",
        "from lmdb import open",
        "import importlib\nimportlib.import_module('lmdb')",
        "open(path / 'lock.mdb').close()",
        "import shutil\nshutil.copytree(path, backup)",
        "from shutil import copy2",
        "import tarfile\ntarfile.open(name, 'w').add(path)",
        "import zipfile\nzipfile.ZipFile(name)",
    ],
)
def test_the_lint_sees_each_way_in(source: str) -> None:
    """Each known way to open or copy the store's files is found."""
    assert store_file_uses(source)


def test_the_lint_lets_documentation_speak() -> None:
    """A docstring may name lock.mdb to warn of it."""
    assert store_file_uses('"""Never open lock.mdb."""\ndef f():\n    "Nor data.mdb."\n') == []
