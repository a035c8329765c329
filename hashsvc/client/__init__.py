"""The promised Python API of hashsvc: ask and write, in rows and plain values, sync or async.

    with HashsvcClient("127.0.0.1:50051") as client:
        result = client.check([Signal(...)])
        for result in client.check_many(items): ...

What lives where: `sync` and `aio` run calls (time, retries, connections); `checks`, `entries`, `batches`, `feed`,
`casework`, `takedowns`, `effect` and `policy` say what each call asks; `columns` turns rows into BatchCheck's columns
and back; `reading` turns answers into `values` and those of casework, takedowns and policies, by what these declare.
Nothing here knows the list or the index.
"""

from typing import TYPE_CHECKING, Any

from hashsvc.client.aio import AsyncHashsvcClient
from hashsvc.client.case_values import (
    AffectedCheck,
    AffectedItem,
    AffectedResult,
    AnalystDay,
    AnalystFigures,
    AssessResult,
    Case,
    CaseItem,
    CaseReport,
    CaseResult,
    CasesResult,
    CaseState,
    DayFigures,
    EffectResult,
    Feedback,
    HotlineFigures,
    ItemResult,
    ItemState,
    NewItem,
    NewReport,
    Opinion,
    Regrade,
    RegradeOutcome,
    RegradeResult,
    ReportReceipt,
    ReportResult,
    ReportState,
)
from hashsvc.client.errors import ServerError
from hashsvc.client.policy_values import (
    BlindSpot,
    PolicyExample,
    PolicyResult,
    SignedPolicy,
    SimulationResult,
    VerdictCount,
)
from hashsvc.client.sync import HashsvcClient
from hashsvc.client.takedown_values import Takedown, TakedownMark, TakedownNotice, TakedownResult, TakedownState
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
    Orientation,
    Page,
    Person,
    Policy,
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

if TYPE_CHECKING:
    from hashsvc.client.private import AsyncPrivateChecker, PrivateChecker

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
    "AffectedCheck",
    "AffectedItem",
    "AffectedResult",
    "AssessResult",
    "Case",
    "CaseItem",
    "CaseResult",
    "CaseState",
    "CasesResult",
    "Feedback",
    "ItemResult",
    "ItemState",
    "NewItem",
    "NewReport",
    "Opinion",
    "ReportReceipt",
    "ReportResult",
    "ReportState",
    "AnalystDay",
    "AnalystFigures",
    "DayFigures",
    "EffectResult",
    "HotlineFigures",
    "CaseReport",
    "Regrade",
    "RegradeOutcome",
    "RegradeResult",
    "Takedown",
    "TakedownMark",
    "TakedownNotice",
    "TakedownResult",
    "TakedownState",
    "BlindSpot",
    "Policy",
    "PolicyExample",
    "PolicyResult",
    "SignedPolicy",
    "SimulationResult",
    "VerdictCount",
]


def __getattr__(name: str) -> Any:
    """Import what looks up by prefix when it is named: it brings the rules of URLs, 3 ms of a start."""
    if name in ("PrivateChecker", "AsyncPrivateChecker"):
        from hashsvc.client import private

        return getattr(private, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
