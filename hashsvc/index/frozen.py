"""Rows in memory that change no more, with the search tables that a segment of them would have.

For whoever follows something that is no list: it keeps what it knew for some time frozen and what came since in a
`Delta`. The list itself has segments, which are files and shared.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from hashsvc.index.build import near_arrays
from hashsvc.index.jit import readonly
from hashsvc.index.kinds import kind_named
from hashsvc.index.sections import Section
from hashsvc.index.segment import make_section


class Frozen:
    """Codes and refs by kind, immutable once made: some 40 ms for 100,000 PDQ. Takes the memory of such a segment.

    near: by kind, codes [n, columns] of the kind's dtype and refs uint64 [n], in any order.
    """

    def __init__(self, near: Mapping[str, tuple[NDArray[Any], NDArray[np.uint64]]]) -> None:
        self._sections: dict[str, Section] = {}
        for name, (codes, refs) in near.items():
            kind = kind_named(name)
            arrays = {(number, role): readonly(array) for number, role, array in near_arrays(kind, codes, refs)}
            section = make_section(kind, arrays, "in memory")
            if section is not None:
                self._sections[name] = section

    def section(self, kind: str) -> Section | None:
        """Give what `search_near` searches, or None if there are no rows of the kind."""
        return self._sections.get(kind)

    def near_count(self) -> int:
        """Count the rows of all kinds."""
        return sum(section.count for section in self._sections.values())
