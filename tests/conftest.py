"""What `make test-fast` leaves out, and how hypothesis searches.

It draws the same examples in every run, so that red means the change, not the day.

`HYPOTHESIS_PROFILE=explore pytest …` draws new examples, many more of them; a failure prints the line that replays it.
"""

import os
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("ci", derandomize=True, print_blob=True, deadline=None)
settings.register_profile(
    "explore",
    derandomize=False,
    print_blob=True,
    deadline=None,
    max_examples=2_000,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


# What `make test-fast` leaves out, besides every test that is marked slow: what starts real processes over and over,
# and what breaks or compares whole lists again and again.
LEFT_OUT = (
    "tests/crash/",
    "tests/demo/",
    "tests/e2e/",
    "tests/hashlist/test_damage.py",
    "tests/hashlist/test_lock_trap.py",
    "tests/hashlist/test_rebuild.py",
    "tests/house/test_tour.py",
    "tests/server/test_processes.py",
    "tests/signals/test_url_properties.py",
)
_LEFT_OUT = pytest.StashKey[dict[str, int]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--fast", action="store_true", help="leave out what takes long, and say what that was")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what is slow or stands in a slow place, if that is asked for."""
    if config.getoption("--fast"):
        left_out = [item for item in items if item.get_closest_marker("slow") or item.nodeid.startswith(LEFT_OUT)]
        items[:] = [item for item in items if item not in set(left_out)]
        config.hook.pytest_deselected(items=left_out)
        config.stash[_LEFT_OUT] = dict(Counter(item.nodeid.partition("::")[0] for item in left_out))


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Where several processes share the tests, each tells the one that prints."""
    told = getattr(session.config, "workeroutput", None)
    if told is not None:
        told["left_out"] = session.config.stash.get(_LEFT_OUT, {})


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any) -> None:
    """Hear what a process left out: all leave out the same."""
    node.config.stash[_LEFT_OUT] = getattr(node, "workeroutput", {}).get("left_out", {})


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what was left out."""
    if config.getoption("--fast"):
        terminalreporter.section("left out: `make test` runs them")
        for file, count in sorted(config.stash.get(_LEFT_OUT, {}).items()):
            terminalreporter.line(f"{count:5} in {file}")
