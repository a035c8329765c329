"""Time several subjects so that they can be compared: in turns, so that a busy moment of the machine hits all.

Subjects are single-threaded and do not wait for anything, so what counts is the processor time of the thread: the same
as the time on the clock on an idle machine, and still a figure on one that is shared. Both are kept.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping

import numpy as np


def in_turns(subjects: Mapping[str, Callable[[], object]], rounds: int) -> dict[str, list[tuple[float, float]]]:
    """Call every subject once a round, after one call that is not timed.

    Returns (processor, clock) seconds of each call.
    """
    seconds: dict[str, list[tuple[float, float]]] = {name: [] for name in subjects}
    for call in subjects.values():
        call()
    for _ in range(rounds):
        for name, call in subjects.items():
            clock, processor = time.perf_counter(), time.thread_time()
            call()
            seconds[name].append((time.thread_time() - processor, time.perf_counter() - clock))
    return seconds


def per_query_us(seconds: list[tuple[float, float]], queries: int) -> dict[str, float]:
    """Give median, least and most microseconds of processor time a query, and the median by the clock."""
    processor, clock = np.array(seconds).T / queries * 1e6
    figures = {
        "us_per_query": np.median(processor),
        "us_least": processor.min(),
        "us_most": processor.max(),
        "clock_us": np.median(clock),
    }
    return {name: round(float(value), 2) for name, value in figures.items()}
