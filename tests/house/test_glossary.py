"""The glossary explains words that are used: none that nobody says any more, none twice."""

from __future__ import annotations

import re

from tests.house.lints import ROOT, tracked_texts

GLOSSARY = "docs/glossary.md"


def test_every_word_of_the_glossary_is_used_elsewhere() -> None:
    """Each word occurs in code or on another page, and has one line."""
    rows = re.findall(r"^\| ([^|]+?) \| [^|]+ \|$", (ROOT / GLOSSARY).read_text(encoding="utf-8"), re.MULTILINE)
    words = [word for row in rows if row not in ("word", "---") for word in row.split(", ")]
    assert len(words) == len(set(words)) > 50
    elsewhere = "\n".join(text for name, text in tracked_texts() if name != GLOSSARY).lower()
    unused = [word for word in words if not re.search(rf"(?<![a-z]){re.escape(word.lower())}", elsewhere)]
    assert unused == []
