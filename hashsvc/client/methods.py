"""The methods of both clients, each named once: what it asks stands in the module it comes from.

A method makes a call; the client that it is read from runs it: the synchronous one returns the answer, the
asynchronous one an awaitable of it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import wraps
from typing import TYPE_CHECKING, Any, Generic, ParamSpec, TypeVar, overload

from hashsvc.client import batches, casework, checks, effect, entries, feed, policy, takedowns
from hashsvc.client.call import Call, Paged

if TYPE_CHECKING:
    from hashsvc.client.aio import AsyncHashsvcClient
    from hashsvc.client.sync import HashsvcClient

P = ParamSpec("P")
T = TypeVar("T")


class Method(Generic[P, T]):
    """A method that makes a call and runs it."""

    def __init__(self, make: Callable[P, Call[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> Method[P, T]: ...
    @overload
    def __get__(self, client: HashsvcClient, owner: type) -> Callable[P, T]: ...
    @overload
    def __get__(self, client: AsyncHashsvcClient, owner: type) -> Callable[P, Awaitable[T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        @wraps(self._make)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.run(self._make(*args, **kwargs))

        return method


class PagedMethod(Generic[P, T]):
    """A method that reads all pages, each when it is needed."""

    def __init__(self, make: Callable[P, Paged[T]]) -> None:
        self._make = make
        self.__doc__ = make.__doc__

    @overload
    def __get__(self, client: None, owner: type) -> PagedMethod[P, T]: ...
    @overload
    def __get__(self, client: HashsvcClient, owner: type) -> Callable[P, Iterator[T]]: ...
    @overload
    def __get__(self, client: AsyncHashsvcClient, owner: type) -> Callable[P, AsyncIterator[T]]: ...
    def __get__(self, client: Any, owner: type) -> Any:
        if client is None:
            return self

        @wraps(self._make)
        def method(*args: P.args, **kwargs: P.kwargs) -> Any:
            return client.run_pages(self._make(*args, **kwargs))

        return method


class Methods:
    """What both clients can be asked."""

    check = Method(checks.check)
    propose = Method(entries.propose)
    confirm = Method(entries.confirm)
    reject = Method(entries.reject)
    amend = Method(entries.amend)
    dispute = Method(entries.dispute)
    resolve = Method(entries.resolve)
    retract = Method(entries.retract)
    confirm_retraction = Method(entries.confirm_retraction)
    mark_seen_live = Method(entries.mark_seen_live)
    get_entry = Method(entries.get_entry)
    list_entries = PagedMethod(entries.list_entries)
    history = PagedMethod(entries.history)
    create_batch = Method(batches.create_batch)
    import_entries = Method(batches.import_entries)
    validate_entries = Method(batches.validate_entries)
    seal = Method(batches.seal)
    confirm_batch = Method(batches.confirm_batch)
    retract_batch = Method(batches.retract_batch)
    get_batch = Method(batches.get_batch)
    list_batches = PagedMethod(batches.list_batches)
    read_changes = Method(feed.read_changes)
    stats = Method(feed.stats)
    submit_report = Method(casework.submit_report)
    submit_reports = Method(casework.submit_reports)
    report_state = Method(casework.report_state)
    list_feedback = PagedMethod(casework.list_feedback)
    mark_feedback_sent = Method(casework.mark_feedback_sent)
    case_queue = Method(casework.case_queue)
    get_case = Method(casework.get_case)
    claim_case = Method(casework.claim_case)
    release_case = Method(casework.release_case)
    assess_case = Method(casework.assess_case)
    list_regrades = PagedMethod(casework.list_regrades)
    claim_regrade = Method(casework.claim_regrade)
    assess_regrade = Method(casework.assess_regrade)
    list_affected = Method(casework.list_affected)
    get_effect = Method(effect.get_effect)
    list_takedowns = PagedMethod(takedowns.list_takedowns)
    mark_takedowns = Method(takedowns.mark_takedowns)
    get_policy = Method(policy.get_policy)
    simulate_policy = Method(policy.simulate_policy)
    propose_policy = Method(policy.propose_policy)
    confirm_policy = Method(policy.confirm_policy)
