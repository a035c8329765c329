"""The repository works from anywhere: hashed lock, no address of one place, commands and links that exist."""

import re
import tomllib

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests.house.lints import MACHINE_PATH, REGISTRY, ROOT, places, tracked_files, tracked_texts

LOCK = ROOT / "requirements.lock"
NOT_LOCKED = {"pictures"}  # needs a compiler on Linux (decision 0001)
PARTNERS = {  # what a partner installs: what the client and the files need, and what those need (decision 0008)
    "ada-url", "cffi", "googleapis-common-protos", "grpcio", "grpcio-status", "msgspec", "numpy", "protobuf",
    "publicsuffixlist", "pycparser", "typing-extensions",
}  # fmt: skip


def locked() -> list[tuple[str, str, str]]:
    """(name, version, all of its lines) of each line of the lock; a name occurs twice where Pythons differ."""
    blocks = re.split(r"\n(?=\S)(?!#)", LOCK.read_text(encoding="utf-8").strip())
    heads = [re.match(r"([\w.-]+)==([^\s;\\]+)", block) for block in blocks]
    assert all(heads), "a line of the lock pins nothing"
    return [(canonicalize_name(head[1]), head[2], block) for head, block in zip(heads, blocks, strict=True) if head]


def direct_requirements() -> list[Requirement]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = [
        line for extra, lines in project["optional-dependencies"].items() if extra not in NOT_LOCKED for line in lines
    ]
    wanted = [Requirement(line) for line in project["dependencies"] + extras]
    return [one for one in wanted if one.name != project["name"]]  # an extra may include another


def closure(names: set[str]) -> set[str]:
    """Packages, and all that the lock says came along because of them."""
    reasons = {name: set(re.findall(r"#   +([\w.-]+)$|# via ([\w.-]+)$", block, re.M)) for name, _, block in locked()}
    found: set[str] = {canonicalize_name(name) for name in names}
    while more := {name for name, why in reasons.items() if {a or b for a, b in why} & found} - found:
        found |= more
    return found


def test_every_locked_package_is_hashed() -> None:
    """What is installed is what was reviewed: each package of the lock is pinned and carries SHA-256 hashes."""
    assert len(locked()) > len(direct_requirements())
    assert [name for name, _, block in locked() if "--hash=sha256:" not in block] == []


def test_lock_holds_no_address() -> None:
    """The lock says what, never from where."""
    lines = LOCK.read_text(encoding="utf-8").splitlines()
    assert [line for line in lines if line.startswith("-") or "://" in line or " @ " in line] == []


def test_lock_satisfies_pyproject() -> None:
    """Each dependency in pyproject.toml is locked at a version that it allows: run `make lock` after a change."""
    versions: dict[str, list[str]] = {}
    for name, version, _ in locked():
        versions.setdefault(name, []).append(version)
    unmet = [
        str(wanted)
        for wanted in direct_requirements()
        if not (found := versions.get(canonicalize_name(wanted.name)))
        or any(version not in wanted.specifier for version in found)
    ]
    assert unmet == []


def test_a_partner_installs_the_client_and_no_more() -> None:
    """`pip install hashsvc` brings neither the compiler of the kernels nor the store, nor what logs and measures."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    brought = closure({Requirement(line).name for line in project["dependencies"]})
    assert brought == PARTNERS
    assert not brought & {"numba", "llvmlite", "lmdb", "click", "rich", "structlog", "prometheus-client"}


def test_no_tracked_file_names_a_registry_or_a_machine() -> None:
    """A clone works wherever it is put: no file holds a registry's address or a path of somebody's machine."""
    found = [
        place
        for name, text in tracked_texts()
        for pattern in (REGISTRY, MACHINE_PATH)
        for place in places(pattern, name, text)
    ]
    assert found == []


@pytest.mark.parametrize(
    ("line", "pattern"),
    [
        ("--index-" + "url https://example.test/", REGISTRY),
        ("--find-" + "links=/wheels", REGISTRY),
        ("see https://example.test/" + "simple", REGISTRY),
        ("open('/" + "work/list')", MACHINE_PATH),
        ("cd /" + "root/project", MACHINE_PATH),
        ("cat ." + "library/README", MACHINE_PATH),
    ],
)
def test_the_lint_sees_addresses_and_paths(line: str, pattern: re.Pattern[str]) -> None:
    """Each kind of address and path is found."""
    assert places(pattern, "file", line)


def test_readme_gives_commands_that_exist() -> None:
    """The README's commands are targets of the Makefile, `make demo` and `make test` among them."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = set(re.findall(r"(?:^|`)make ([a-z-]+)", readme, re.MULTILINE))
    assert named >= {"demo", "test"}
    assert named <= targets


def test_every_target_is_described() -> None:
    """`make help` lists every target."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    assert [line for line in makefile.splitlines() if re.match(r"[a-z-]+:", line) and "## " not in line] == []


def test_links_between_pages_resolve() -> None:
    """A relative link in a Markdown page leads to a file that git tracks."""
    tracked = set(tracked_files())
    folders = {parent for path in tracked for parent in path.parents}
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in sorted(tracked)
        if page.suffix == ".md"
        for target in re.findall(r"\]\(([^)#\s]+)(?:#[^)]*)?\)", page.read_text(encoding="utf-8"))
        if "://" not in target and (page.parent / target).resolve() not in tracked | folders
    ]
    assert broken == []


def test_every_decision_is_in_the_index() -> None:
    """docs/decisions/README.md lists each decision, and each has a number of its own."""
    folder = ROOT / "docs" / "decisions"
    decisions = sorted(path.name for path in folder.glob("[0-9]*.md"))
    numbers = [name[:4] for name in decisions]
    assert len(set(numbers)) == len(numbers)
    index = (folder / "README.md").read_text(encoding="utf-8")
    assert [name for name in decisions if f"({name})" not in index] == []


def test_changelog_speaks_of_this_version() -> None:
    """CHANGELOG.md has a section for the version in pyproject.toml."""
    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"\n## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
