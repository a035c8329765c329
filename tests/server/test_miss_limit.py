"""Wrong reference codes are limited, so that guessing does not pay; right ones cost nothing."""

from __future__ import annotations

import pytest

from hashsvc.errors import HashsvcError, InvalidArgument, NotFound, ResourceExhausted, Unavailable
from hashsvc.server.wire.limits import ALL_CALLERS, MissLimit
from hashsvc.v1 import report_service_pb2 as reports
from tests.server.fakes import FakeCasework, FakeStore, fails, serve

MISS = NotFound("UNKNOWN_CODE", "no such code", field="code")
GET = ("ReportService/GetReport", reports.GetReportRequest(code="0"), reports.GetReportResponse)


class Hand:
    """A clock that is set by hand."""

    now_s = 1_000.0

    def __call__(self) -> float:
        return self.now_s


def ask(limit: MissLimit, error: HashsvcError | None = None, caller: str = "portal") -> str:
    """Ask for a code once. Returns the reason of the refusal, or ""."""
    try:
        with limit.attempt(caller):
            if error is not None:
                raise error
    except HashsvcError as refused:
        return refused.reason
    return ""


@pytest.mark.parametrize("miss", [MISS, InvalidArgument("BAD_CODE", "a digit is wrong", field="code")])
def test_after_a_minutes_misses_every_code_is_refused(miss: HashsvcError) -> None:
    """Unlooked at, right or wrong, until the time that is told; then one more is answered."""
    clock = Hand()
    limit = MissLimit(6, clock)
    assert [ask(limit, miss) for _ in range(7)] == [miss.reason] * 6 + ["TOO_MANY_MISSES"]
    with pytest.raises(ResourceExhausted) as refused, limit.attempt("portal"):
        pytest.fail("a code was looked up past the limit")
    assert refused.value.retry_after_ms == 10_000
    clock.now_s += 9.9
    assert ask(limit) == "TOO_MANY_MISSES"
    clock.now_s += 0.1
    assert [ask(limit), ask(limit, miss), ask(limit)] == ["", miss.reason, "TOO_MANY_MISSES"]
    clock.now_s += 60
    assert [ask(limit, miss) for _ in range(7)] == [miss.reason] * 6 + ["TOO_MANY_MISSES"]


def test_right_codes_and_other_failures_cost_nothing() -> None:
    """However often reporters ask, and whatever else goes wrong, the allowance is for misses."""
    clock = Hand()
    limit = MissLimit(2, clock)
    assert {ask(limit) for _ in range(100)} == {""}
    busy = Unavailable("COMMIT_FAILED", "ask again")
    assert {ask(limit, busy) for _ in range(100)} == {"COMMIT_FAILED"}
    with pytest.raises(KeyError), limit.attempt("portal"):
        raise KeyError
    assert [ask(limit, MISS) for _ in range(3)] == ["UNKNOWN_CODE"] * 2 + ["TOO_MANY_MISSES"]


def test_one_portal_through_which_somebody_guesses_does_not_stop_the_others() -> None:
    """Each caller has an allowance of its own; all together have a few of them, so that names are no way round."""
    clock = Hand()
    limit = MissLimit(3, clock)
    assert [ask(limit, MISS) for _ in range(20)].count("UNKNOWN_CODE") == 3
    assert ask(limit, caller="other") == ""
    guessed = [ask(limit, MISS, caller=f"name-{n}") for n in range(500)]
    assert guessed.count("UNKNOWN_CODE") == 3 * (ALL_CALLERS - 1)
    assert ask(limit, caller="other") == "TOO_MANY_MISSES"
    assert len(limit._whole_at) < 500


def test_the_service_limits_misses() -> None:
    """Past the setting GetReport is refused with the time to wait, for a code that is right as well."""
    casework = FakeCasework(raises=MISS)
    with serve(FakeStore(), casework, report_misses_a_minute=2) as served:
        reasons = []
        for _ in range(3):
            with fails() as failure:
                served.call(*GET)
            reasons.append(failure[0].reason)
        assert reasons == ["UNKNOWN_CODE", "UNKNOWN_CODE", "TOO_MANY_MISSES"]
        casework.raises = None
        with fails() as failure:
            served.call(*GET)
        assert failure[0].code.name == "RESOURCE_EXHAUSTED"
        assert 0 < failure[0].retry_ms <= 30_000
