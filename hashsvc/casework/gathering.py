"""Calls of several threads done together: who comes while one transaction is written shares the next one.

A durable commit costs milliseconds whatever is in it, so single reports that come at once cost one, not one each.
Knows nothing of what is done.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Asked = TypeVar("Asked")
Answer = TypeVar("Answer")


class _Call(Generic[Asked, Answer]):
    """What one thread asked for, and what became of it. woken: it is done, or it is this thread's turn to do."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked
        self.answers: list[Answer] = []  # one, once it is done
        self.error: BaseException | None = None
        self.woken = threading.Event()

    @property
    def is_done(self) -> bool:
        return bool(self.answers) or self.error is not None


class Gathering(Generic[Asked, Answer]):
    """do: is given what was asked, in the order in which it came, and gives an answer for each, or raises for all.

    size_of, size_max: what goes together is at most so large, or a single one. `do` runs in one thread at a time: in
    that of the call that came first.
    """

    def __init__(
        self, do: Callable[[Sequence[Asked]], Sequence[Answer]], size_of: Callable[[Asked], int], size_max: int
    ) -> None:
        self._do = do
        self._size_of = size_of
        self._size_max = size_max
        self._lock = threading.Lock()  # over the two below, never held while anything is done
        self._waiting: deque[_Call[Asked, Answer]] = deque()
        self._is_busy = False

    def ask(self, asked: Asked) -> Answer:
        """Have it done, alone or with what others ask for. Waits for its turn. Raises what `do` raised."""
        mine: _Call[Asked, Answer] = _Call(asked)
        with self._lock:
            self._waiting.append(mine)
            must_wait, self._is_busy = self._is_busy, True
        if must_wait:
            mine.woken.wait()
        if not mine.is_done:  # then it is the first that waits
            self._go()
        if mine.error is not None:
            raise mine.error
        return mine.answers[0]

    def _go(self) -> None:
        """Do what waits, as much as may go together, and give the turn to the first that waits then."""
        together = self._take()
        try:
            answers = self._do([call.asked for call in together])
            for call, answer in zip(together, answers, strict=True):
                call.answers.append(answer)
        except BaseException as error:
            for call in together:
                call.error = error
            raise
        finally:
            for call in together:
                call.woken.set()
            with self._lock:
                if self._waiting:
                    self._waiting[0].woken.set()
                else:
                    self._is_busy = False

    def _take(self) -> list[_Call[Asked, Answer]]:
        with self._lock:
            together = [self._waiting.popleft()]
            size = self._size_of(together[0].asked)
            while self._waiting and (size := size + self._size_of(self._waiting[0].asked)) <= self._size_max:
                together.append(self._waiting.popleft())
        return together
