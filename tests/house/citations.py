"""What code and pages name, and whether it is there: files, headings, numbered facts, decisions, commands, targets.

Not here: links between pages, which `test_repository.py` follows. What is searched for what: `texts_of`.
"""

from __future__ import annotations

import ast
import importlib.util
import io
import re
import shlex
import sysconfig
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import NamedTuple

import click

from hashsvc.cli.main import main
from tests.house.lints import ROOT, docstrings

# Standards, and words of the field that a number may follow; any other word in capitals would be a page of ours.
WORDS = {"RFC", "UTS", "ICDE", "PDQ", "SAP", "VICS", "CAID", "LMDB"}
FOLDERS = ("benchmarks", "data", "docs", "hashsvc", "protos", "tests", "tools")
INSTALLED = (sysconfig.get_path("purelib"), f"{sysconfig.get_path('purelib')}/grpc_tools/_proto")

PAGE = re.compile(r"(?<![\w.\-/`#&])(?:\(([A-Z]{4,}\d?), (?=[A-Z][a-z])|([A-Z]{3,}\d?) \d+(?:\.\d+)?(?![\w%,-]))")
FILE = re.compile(r"(?<![\w/.*<…-])((?:\.\./)*[\w.][\w./-]*\.(?:py|md|proto|toml|sh|txt|json|jsonl\.gz|svg))(?![\w*/])")
TEST = re.compile(r"(?<![\w/])([\w/]+\.py)::(\w+)")
HEADING = re.compile(r"([\w./-]+\.md)(?:\]\([^)]*\))?, (facts? \d+(?: to \d+)?|`[^`]+`|[A-Z][^)\]]*)")
NUMBERED = re.compile(r"([\w./-]+\.md) (\d+)\b")
DECISION = re.compile(r"[Dd]ecisions? (\d+)\b")
MODULE = re.compile(r"python3? -m ([\w.]+)")
INLINE = re.compile(r"(?:`|Example: )((?:hashsvc|make) [a-z…-][^`\n]*)")
LINE = re.compile(r"^(?:\$ )?((?:hashsvc|make) [^\n]+)", re.MULTILINE)
FENCE = re.compile(r"^```\w*\n(.*?)^```", re.MULTILINE | re.DOTALL)


class Texts(NamedTuple):
    """What a file says. prose: to who reads it. told: what it prints. shown: commands, one a line, as an example."""

    prose: str
    told: str
    shown: str


def texts_of(name: str, text: str) -> Texts:
    """Take out of a file what it says: of Python comments and docstrings, of a page all but headings and examples."""
    if name.endswith(".md"):
        prose = re.sub(r"^#.*$", "", FENCE.sub("", text), flags=re.MULTILINE)
        prose = re.sub(r"\[([^]\[]+)\]\(([^)#]+\.md)(?:#[^)]*)?\)", _link, prose)
        return Texts(prose, "", "\n".join(FENCE.findall(text)))
    if name.endswith(".py"):
        prose = "\n".join((*_comments(text), *_docstrings(text)))
        # What tests hand to the command line may be wrong on purpose.
        return Texts(prose, "" if name.startswith("tests/") else "\n".join(_strings(text)), "")
    mark = "//" if name.endswith(".proto") else "#"
    comments = "\n".join(line.partition(mark)[2].strip() for line in text.splitlines() if mark in line)
    return Texts(comments, "", text if name.endswith(".sh") else "")


def problems(name: str, text: str) -> list[str]:
    """Say what a file names that is not there."""
    prose, told, shown = texts_of(name, text)
    joined = re.sub(r"\n[ \t]*", " ", prose)  # a citation may go over the end of a line
    examples = re.sub(r"\\\n\s*", "", shown)
    commands = [*INLINE.findall(f"{joined}\n{told}"), *LINE.findall(examples)]
    found = [
        *(f"no page {one[1] or one[2]}" for one in PAGE.finditer(joined) if (one[1] or one[2]) not in WORDS),
        *_missing_files(prose, name),
        *(f"no test {one[1]}::{one[2]}" for one in TEST.finditer(joined) if not _has_test(one[1], one[2])),
        *_wrong_places(joined, name),
        *_wrong_anchors(name, text),
        *(f"no decision {one[1]}" for one in DECISION.finditer(joined) if one[1] not in _decisions()),
        *(f"no module {one[1]}" for one in MODULE.finditer(prose + told + shown) if not _is_module(one[1].rstrip("."))),
        *(wrong for command in commands for wrong in wrong_command(command)),
    ]
    return [f"{name}: {one}" for one in dict.fromkeys(found)]


def wrong_command(text: str) -> Iterator[str]:
    """Say what of a command line is not there: a target of the Makefile, a command or an option of hashsvc."""
    if text.startswith("make "):
        yield from (f"no target {word}" for word in _words(text)[1:] if "=" not in word and word not in _targets())
    else:
        yield from _wrong_words(text)


def _wrong_words(text: str) -> Iterator[str]:
    """Walk a command line down the tree of commands, and say which word of it no command or option has."""
    command: click.Command = main
    context = click.Context(main)
    for word in _words(text)[1:]:
        if isinstance(command, click.Group) and not word.startswith("-"):
            child = command.get_command(context, word)
            if child is None:
                if word != "…" and not word.isupper():
                    yield f"no command {text.strip()!r}: there is no {word!r}"
                return
            command = child
        elif re.match(r"--?[a-z]", word):
            wrong = [one for one in word.partition("=")[0].split("|") if one not in _options(command)]
            yield from (f"no option {one} in {text.strip()!r}" for one in wrong)


def _words(text: str) -> list[str]:
    """The words of one command: up to a pipe, a redirection, a comment, or where it is no shell's text any more."""
    text = re.split(r" [|&;>]|;| 2>| <(?= |<)|\)$|\s#|, (?=[a-z])", text)[0]
    try:
        return shlex.split(text)
    except ValueError:  # a quote that the cut left open
        return text.split()


@cache
def _options(command: click.Command) -> frozenset[str]:
    context = click.Context(command, help_option_names=["-h", "--help"])
    return frozenset(option for one in command.get_params(context) for option in (*one.opts, *one.secondary_opts)) | {
        "-h",
        "--help",
    }


def _wrong_places(prose: str, name: str) -> Iterator[str]:
    """What is cited of a page that the page does not have: a heading, a numbered fact, a word in code."""
    for found in HEADING.finditer(prose):
        page, place = _file(found[1], name), found[2]
        if page is None:
            continue  # told as a file
        if place.startswith("fact"):
            missing = [number for number in re.findall(r"\d+", place) if not _has_number(page, number)]
        elif place.startswith("`"):
            missing = [] if place in page.read_text(encoding="utf-8") else [place]
        else:
            missing = [] if any(place.startswith(one) for one in _headings(page)) else [place[:40]]
        yield from (f"nothing at {found[1]}, {one}" for one in missing)
    for found in NUMBERED.finditer(prose):
        page = _file(found[1], name)
        if page is not None and not _has_number(page, found[2]):
            yield f"nothing at {found[1]} {found[2]}"


def _missing_files(prose: str, name: str) -> Iterator[str]:
    """Files that are named and are nowhere. A bare name may be of a folder that its paragraph names by another file."""
    for paragraph in re.split(r"\n\s*\n", prose):
        paths = FILE.findall(paragraph)
        folders = {found.parent for path in paths if "/" in path and (found := _file(path, name))}
        for path in paths:
            if not _is_there(path, name) and not any((folder / path).exists() for folder in folders):
                yield f"no file {path}"


def _wrong_anchors(name: str, text: str) -> Iterator[str]:
    """Links to a heading that its page does not have."""
    for path, anchor in re.findall(r"\]\(([^)#\s]*)#([^)\s]+)\)", text) if name.endswith(".md") else ():
        page = (ROOT / name).parent / path if path else ROOT / name
        if page.suffix == ".md" and page.exists() and anchor not in {_anchor(one) for one in _headings(page)}:
            yield f"no heading #{anchor} in {path or name}"


def _anchor(heading: str) -> str:
    """How a heading is linked to: lower case, signs dropped, dashes for blanks."""
    return re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-")


def _link(found: re.Match[str]) -> str:
    """A link's text, or its target where the text is a file's name."""
    return found[2] if found[1].endswith(".md") else found[1]


def _is_there(path: str, name: str) -> bool:
    """Say whether a path that a file names leads somewhere. What is a caller's, such as `list.json`, does not count."""
    if _file(path, name) is not None:
        return True
    if any(Path(place, path).exists() for place in INSTALLED) and "/" in path:
        return True
    suffix = path.rpartition(".")[2]
    return suffix not in ("py", "md", "proto", "sh") and path.split("/", maxsplit=1)[0] not in FOLDERS


def _file(path: str, name: str) -> Path | None:
    """Find what a path means in a file: from the root, from hashsvc/, from protos/, or from the file's own folder."""
    folder = (ROOT / name).parent
    for start in (ROOT, ROOT / "hashsvc", ROOT / "protos", folder):
        if (start / path).exists():
            return start / path
    return None


def _has_test(path: str, function: str) -> bool:
    place = ROOT / path
    return place.exists() and bool(re.search(rf"^ *(?:def|class) {function}\b", place.read_text("utf-8"), re.MULTILINE))


@cache
def _headings(page: Path) -> tuple[str, ...]:
    return tuple(re.findall(r"^#+ (.+?) *$", page.read_text(encoding="utf-8"), re.MULTILINE))


def _has_number(page: Path, number: str) -> bool:
    return bool(re.search(rf"^{number}\. ", page.read_text(encoding="utf-8"), re.MULTILINE))


@cache
def _decisions() -> frozenset[str]:
    return frozenset(path.name[:4] for path in (ROOT / "docs" / "decisions").glob("[0-9]*.md"))


@cache
def _targets() -> frozenset[str]:
    return frozenset(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))


@cache
def _is_module(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:
        return False


def _comments(source: str) -> Iterator[str]:
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string.lstrip("# ")


def _docstrings(source: str) -> Iterator[str]:
    for node in ast.walk(ast.parse(source)):
        for found in docstrings(node):
            if isinstance(found, ast.Constant) and isinstance(found.value, str):
                yield found.value


def _strings(source: str) -> Iterable[str]:
    """All texts of a program; what is put into one at run time stands as X."""
    tree = ast.parse(source)
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield "".join(str(one.value) if isinstance(one, ast.Constant) else "X" for one in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in parts:
            yield node.value
