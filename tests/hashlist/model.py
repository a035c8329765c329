"""An obvious model of the list: dicts and loops, no store, no log. What the real one must agree with, step by step."""

from __future__ import annotations

from dataclasses import dataclass, field

P, C, R, D, X = "PROPOSED", "CONFIRMED", "REJECTED", "DISPUTED", "RETRACTED"


class Refused(Exception):
    """The rules do not allow it."""


@dataclass
class ModelBatch:
    importers: set[str]
    state: str = "OPEN"
    confirmers: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)  # everybody who had a part
    asker: str = ""
    agreed: set[str] = field(default_factory=set)  # to the retraction that is under way
    sealed: bool = False

    def signal_state(self) -> str:
        return {"OPEN": P, "SEALED": P, "CONFIRMED": C, "DISPUTED": D, "RETRACTED": X}[self.state]


@dataclass
class ModelSignal:
    value: tuple[int, bytes]
    batch: ModelBatch | None = None
    own: str | None = None
    proposer: str = ""
    confirmers: set[str] = field(default_factory=set)
    parts: set[str] = field(default_factory=set)
    asker: str = ""
    agreed: set[str] = field(default_factory=set)
    url: tuple[int, str] | None = None  # row kind, text as proposed
    seen_us: int = 0

    def state(self) -> str:
        if self.batch is None:
            assert self.own is not None
            return self.own
        if self.batch.state == "RETRACTED":
            return R if self.own == R else X
        own = self.own or self.batch.signal_state()
        return D if self.batch.state == "DISPUTED" and own == C else own

    def detach(self) -> None:
        """A person decides on a signal that its batch decided so far: the batch's people become its own."""
        if self.own is None:
            assert self.batch is not None
            self.own = self.batch.signal_state()
            self.confirmers = set(self.batch.confirmers)
            self.parts = set(self.batch.parts)
            self.asker = self.batch.asker
            self.agreed = set(self.batch.agreed)

    def proposers(self) -> set[str]:
        found = {self.proposer} if self.proposer else set()
        return found | (self.batch.importers if self.batch else set())


def act(signals: list[ModelSignal], action: str, actor: str, required: int) -> None:
    """Do an action to all signals that it applies to, or to none."""
    chosen = []
    for s in signals:
        applies = {
            "confirm": s.state() == P,
            "reject": s.state() == P,
            "dispute": s.state() == C,
            "retract": s.state() in (C, D) and not asked(s),
            "confirm_retraction": s.state() == D and bool(asked(s)),
            "resolve": s.state() == D,
        }[action]
        if applies:
            chosen.append(s)
    if not chosen:
        raise Refused
    for s in chosen:
        everybody = s.parts if s.own is not None or s.batch is None else s.batch.parts
        decides = s if s.own is not None or s.batch is None else s.batch
        if action == "confirm" and actor in frozen_importers(s) | decides.confirmers:
            raise Refused
        if action == "confirm_retraction" and actor in {decides.asker} | decides.agreed:
            raise Refused
        if action == "resolve" and (actor in everybody or (s.batch and s.batch.state == "DISPUTED")):
            raise Refused
    for s in chosen:
        s.frozen = frozen_importers(s)  # type: ignore[attr-defined]
        s.detach()
        s.parts.add(actor)
        if action == "confirm":
            s.confirmers.add(actor)
            s.own = C if 1 + len(s.confirmers) >= required else P
        elif action == "reject":
            s.own = R
        elif action == "dispute":
            s.own = D
        elif action == "retract":
            s.own, s.asker = D, actor
        elif action == "confirm_retraction":
            s.agreed.add(actor)
            s.own = X if 1 + len(s.agreed) >= required else D
        else:
            s.own, s.asker, s.agreed = (C if 1 + len(s.confirmers) >= required else P), "", set()


def asked(s: ModelSignal) -> str:
    return s.asker if s.own is not None or s.batch is None else s.batch.asker


def frozen_importers(s: ModelSignal) -> set[str]:
    """Proposers: a signal that was decided alone keeps the importers that its batch had then."""
    frozen = getattr(s, "frozen", None)
    return frozen if frozen is not None else s.proposers()
