"""Who a name stands for. Two spellings of one name must never be two people: four eyes rest on it."""

from __future__ import annotations

import re

from hashsvc.errors import InvalidArgument
from hashsvc.limits import ACTOR_CHARS_MAX

_NAME = re.compile(rf"[A-Za-z0-9][A-Za-z0-9._@+-]{{0,{ACTOR_CHARS_MAX - 1}}}")


def canonical_actor(name: str) -> str:
    """The one spelling of an actor's name: lower case, no blanks, ASCII. Raises InvalidArgument ACTOR_REQUIRED."""
    if not _NAME.fullmatch(name):
        raise InvalidArgument(
            "ACTOR_REQUIRED",
            f"a write names who acts: 1 to {ACTOR_CHARS_MAX} letters (ASCII), digits and . _ @ + -, beginning with a "
            "letter or digit; upper and lower case are the same person",
            field="hashsvc-actor",
        )
    return name.lower()
