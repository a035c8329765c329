"""What a value class may say of where a field comes from; `reading.py` heeds it. No protos here either."""

from __future__ import annotations


class From:
    """Where a field is read in a message, if not in the one of its name: `Annotated[int, From("create_time")]`.

    paths: names, also dotted ones. Of several the field is a tuple of what stands there.
    """

    __slots__ = ("paths",)

    def __init__(self, *paths: str) -> None:
        self.paths = paths
