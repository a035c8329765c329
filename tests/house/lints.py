"""What the tests of the house share: the files of the repository, and what is forbidden to stand in them."""

from __future__ import annotations

import ast
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent.parent

# Addresses of package registries, and absolute paths into somebody's machine: both make a clone work in one place only.
REGISTRY = re.compile(
    r"(?:extra-)?index-url[ =]+\S*[:/]|find-links[ =]+\S*/|https?://\S+/simple\b|file://\S*/(?:simple|wheels)\b"
)
MACHINE_PATH = re.compile(
    r"(?<![\w.~:/-])/(?:work|root|home|Users|workspace|builds)/[\w.-]+|\.lib(?:rary)/|/opt/[\w.-]+/"
)

# What copies or reads whole files. `env.copy` alone may do that to the list's store (docs/measured.md 5).
COPIERS = {
    "shutil": {"copy", "copy2", "copyfile", "copyfileobj", "copytree", "make_archive", "move"},
    "tarfile": {"open", "TarFile"},
    "zipfile": {"ZipFile"},
    "os": {"sendfile", "copy_file_range"},
}


def tracked_files() -> list[Path]:
    """Every file that git tracks and that is there. Skips the test where git or its data is missing."""
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("needs git and a clone")
    done = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [path for name in done.stdout.split("\0") if name and (path := ROOT / name).is_file()]


def tracked_texts() -> Iterator[tuple[str, str]]:
    """(name, text) of every tracked file that is text."""
    for path in tracked_files():
        try:
            yield str(path.relative_to(ROOT)), path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def places(pattern: re.Pattern[str], name: str, text: str) -> list[str]:
    """Where a pattern occurs, as `file:line: what`."""
    return [
        f"{name}:{number}: {found.group()}"
        for number, line in enumerate(text.splitlines(), 1)
        for found in pattern.finditer(line)
    ]


def store_file_uses(source: str) -> list[tuple[int, str]]:
    """Find what could open or copy LMDB's files: (line, what) for imports of lmdb, `.mdb` names, whole-file copies."""
    tree = ast.parse(source)
    documentation = {id(text) for node in ast.walk(tree) for text in docstrings(node)}
    uses: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            uses += [(node.lineno, "imports lmdb") for alias in node.names if alias.name.split(".")[0] == "lmdb"]
        elif isinstance(node, ast.ImportFrom) and node.module:
            module = node.module.split(".")[0]
            if module == "lmdb":
                uses.append((node.lineno, "imports lmdb"))
            copiers = COPIERS.get(module, set())
            uses += [(node.lineno, f"copies with {module}.{a.name}") for a in node.names if a.name in copiers]
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.attr in COPIERS.get(node.value.id, set()):
                uses.append((node.lineno, f"copies with {node.value.id}.{node.attr}"))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in documentation:
            if ".mdb" in node.value or node.value == "lmdb":
                uses.append((node.lineno, f"names {node.value!r}"))
    return sorted(uses)


def docstrings(node: ast.AST) -> Iterator[ast.AST]:
    """The constant that is a node's docstring, if it has one."""
    if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and node.body:
        first = node.body[0]
        if isinstance(first, ast.Expr):
            yield first.value
