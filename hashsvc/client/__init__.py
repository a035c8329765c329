"""The promised Python API of hashsvc: ask and write, in rows and plain values, sync or async.

    with HashsvcClient("127.0.0.1:50051") as client:
        result = client.check([Signal(...)])
        for result in client.check_many(items): ...

What lives where: `sync` and `aio` run calls (time, retries, connections); `checks`, `entries`, `batches`, `feed` and
`journal` say what each call asks; `columns` turns rows into BatchCheck's columns and back; `parse` turns answers into
`values`. Nothing here knows the list, the index or the policy.
"""

from hashsvc.client.aio import AsyncHashsvcClient
from hashsvc.client.errors import ServerError
from hashsvc.client.private import AsyncPrivateChecker, PrivateChecker
from hashsvc.client.sync import HashsvcClient
from hashsvc.client.values import (
    Batch,
    BatchResult,
    BatchState,
    Cap,
    Chance,
    Change,
    ChangesResult,
    CheckResult,
    Content,
    Details,
    Effort,
    Entry,
    EntryResult,
    EntrySignal,
    Evidence,
    ImportResult,
    ListedUrl,
    Match,
    MatchesResult,
    Orientation,
    Page,
    Person,
    Position,
    PrivateMatch,
    PrivateResult,
    Problem,
    SeenLiveResult,
    State,
    Stats,
    UrlNotice,
    UrlScope,
    Verdict,
)

__all__ = [
    "HashsvcClient",
    "AsyncHashsvcClient",
    "PrivateChecker",
    "AsyncPrivateChecker",
    "ServerError",
    "Batch",
    "BatchResult",
    "BatchState",
    "Cap",
    "Chance",
    "Change",
    "ChangesResult",
    "CheckResult",
    "Content",
    "Details",
    "Effort",
    "Entry",
    "EntryResult",
    "EntrySignal",
    "Evidence",
    "ImportResult",
    "Orientation",
    "ListedUrl",
    "Match",
    "MatchesResult",
    "Page",
    "Person",
    "Position",
    "PrivateMatch",
    "PrivateResult",
    "Problem",
    "SeenLiveResult",
    "State",
    "Stats",
    "UrlNotice",
    "UrlScope",
    "Verdict",
]
