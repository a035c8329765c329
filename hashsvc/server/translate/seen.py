"""What a request says that was seen live: entries by id, URLs made into keys of look-ups.

A URL or id that cannot be read is a problem and stops nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from hashsvc import limits
from hashsvc.errors import InvalidArgument
from hashsvc.matching.values import Problem
from hashsvc.server.translate.common import id_of, problem_of
from hashsvc.signals.url_expressions import Role, lookup_keys
from hashsvc.v1 import entry_service_pb2 as pb

_PAGES = Role.AS_WRITTEN | Role.STRIPPED | Role.PATH


class SeenLiveAsked(NamedTuple):
    """What is left to mark. places: field and index of each id, then of each URL, in the request."""

    entry_ids: tuple[bytes, ...]
    urls: tuple[bytes, ...]
    places: list[tuple[str, int]]
    problems: list[Problem]

    def problem_at(self, index: int, reason: str, message: str) -> Problem:
        """Make the problem of an id or URL by its place among those that are left."""
        field, item = self.places[index]
        return Problem(item, field, reason, message)


def read_seen_live(request: pb.MarkSeenLiveRequest) -> SeenLiveAsked:
    """Read a MarkSeenLiveRequest. Raises InvalidArgument REQUIRED, TOO_MANY."""
    for field, count in (("entry_ids", len(request.entry_ids)), ("urls", len(request.urls))):
        if count > limits.SEEN_LIVE_MAX:
            raise InvalidArgument(
                "TOO_MANY", f"there are {count}; at most {limits.SEEN_LIVE_MAX} are allowed", field=field
            )
    if not request.entry_ids and not request.urls:
        raise InvalidArgument("REQUIRED", "an entry or a URL is required", field="entry_ids")
    problems: list[Problem] = []
    id_places: list[tuple[str, int]] = []
    url_places: list[tuple[str, int]] = []
    entry_ids: list[bytes] = []
    urls: list[bytes] = []
    for i, text in enumerate(request.entry_ids):
        try:
            entry_ids.append(id_of(text, "entry_ids"))
            id_places.append(("entry_ids", i))
        except InvalidArgument as error:
            problems.append(problem_of(error, i))
    for i, text in enumerate(request.urls):
        try:
            urls.append(_page_keys(text))
            url_places.append(("urls", i))
        except InvalidArgument as error:
            problems.append(problem_of(error, i))
    return SeenLiveAsked(tuple(entry_ids), tuple(urls), id_places + url_places, problems)


def _page_keys(text: str) -> bytes:
    """The keys by which a PAGE or PATH entry is met: a byte of role and 32 of hash each."""
    roles, digests = lookup_keys(text, "urls")
    keys: Sequence[bytes] = [
        bytes((role & _PAGES,)) + digests[i * 32 : i * 32 + 32] for i, role in enumerate(roles) if role & _PAGES
    ]
    return b"".join(keys)
