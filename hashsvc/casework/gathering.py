"""Calls of several threads done together: who comes while one transaction is written shares the next one.

A durable commit costs milliseconds whatever is in it, so single reports that come at once cost one, not one each.
Knows nothing of what is done. Called by store.py.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Call(Generic[Asked, Answer]):
    """What one thread asked for, and what became of it."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answers: list[Answer] = []  # one, once it is done
        self.error: BaseException | None = None

    @property
    def is_done(self) -> bool:
        return bool(self.answers) or self.error is not None


class Gathering(Generic[Asked, Answer]):
    """do: is given what was asked, in the order in which it came, and gives an answer for each, or raises for all.

    size_of, size_max: what goes together is at most so large, or a single one. `do` runs in one thread at a time.
    """

    def __init__(
        self, do: Callable[[Sequence[Asked]], Sequence[Answer]], size_of: Callable[[Asked], int], size_max: int
    ) -> None:
        self._do = do
        self._size_of = size_of
        self._size_max = size_max
        self._waiting: deque[_Call[Asked, Answer]] = deque()
        self._turn = threading.Lock()

    def ask(self, asked: Asked) -> Answer:
        """Have it done, alone or with what others ask for. Waits for its turn. Raises what `do` raised."""
        mine: _Call[Asked, Answer] = _Call(asked)
        self._waiting.append(mine)
        with self._turn:
            while not mine.is_done:  # those before it go first
                self._go()
        if mine.error is not None:
            raise mine.error
        return mine.answers[0]

    def _go(self) -> None:
        together = [self._waiting.popleft()]
        size = self._size_of(together[0].asked)
        while self._waiting and (size := size + self._size_of(self._waiting[0].asked)) <= self._size_max:
            together.append(self._waiting.popleft())
        try:
            answers = self._do([call.asked for call in together])
        except BaseException as error:
            for call in together:
                call.error = error
            if not isinstance(error, Exception):
                raise
            return
        for call, answer in zip(together, answers, strict=True):
            call.answers.append(answer)
