"""A run resumes the exports of a previous run."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

import pytest

from tap_mews.exports.jobs import fingerprints
from tap_mews.reading.reader import Slice
from tap_mews.reading.state_form import expanded
from tests.export_harness import (
    never_ready,
    refuse_unknown_exports,
    show,
    spans,
    truth,
    windows,
)
from tests.harness import FastClock, Json, Result, moment, records_by_id, select, sync
from tests.pages_harness import Spoiled

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

BILLS = select("bills")
START = "2026-01-20T00:00:00Z"
LOOKBACK = timedelta(minutes=5)

Run: TypeAlias = Callable[..., Result]


def exports_in(state: Json) -> list[Json]:
    """The exports of bills that a state holds."""
    bookmarks = expanded(state)["bookmarks"]
    found: list[Json] = bookmarks.get("bills", {}).get("exports", [])
    return found


@pytest.fixture
def run(sandbox: Sandbox, clock: FastClock) -> Run:
    """Sync bills and wait for exports for at most an hour."""

    def call(state: Json | None = None, **settings: object) -> Result:
        config = sandbox.config(export_timeout_minutes=60, **settings)
        return sync(config, state, BILLS, clock)

    return call


@pytest.fixture
def stopped(sandbox: Sandbox, run: Run) -> Json:
    """The state of a run that waited in vain for its only export."""
    return waited_in_vain(sandbox, run, start_date=START)


def waited_in_vain(sandbox: Sandbox, run: Run, **settings: object) -> Json:
    """The state of a run whose only export was not ready in time."""
    sandbox.exports.force_status["Bill"] = "Processing"
    result = run(**settings)
    assert result.error
    sandbox.exports.force_status.clear()
    return result.long_state


def test_an_export_that_was_waited_for_in_vain_stays_in_the_state(
    sandbox: Sandbox, stopped: Json
) -> None:
    assert [each["id"] for each in exports_in(stopped)] == [sandbox.exports.jobs[0].id]


@pytest.mark.parametrize("status", ["Pending", "Processing", "Success"])
def test_an_export_of_the_run_before_is_not_added_again(
    sandbox: Sandbox, clock: FastClock, run: Run, stopped: Json, status: str
) -> None:
    show(sandbox, clock, status, 600)
    end = run(stopped, start_date=START).ok().bookmark("bills")["replication_key_value"]
    # what is asked for is what has become due since, and the lookback
    adopted, since = spans(sandbox)
    assert since == (adopted[1] - LOOKBACK, moment(end))


@pytest.mark.parametrize("status", ["Pending", "Processing", "Success"])
def test_the_rows_of_an_export_of_the_run_before_are_delivered(
    sandbox: Sandbox, clock: FastClock, run: Run, stopped: Json, status: str
) -> None:
    show(sandbox, clock, status, 600)
    result = run(stopped, start_date=START).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_an_export_of_everything_is_adopted(sandbox: Sandbox, run: Run) -> None:
    second = run(waited_in_vain(sandbox, run)).ok()
    assert windows(sandbox)[0] is None
    assert None not in windows(sandbox)[1:]
    assert records_by_id("bills", second) == truth(sandbox, "bills")


def test_what_changed_since_an_adopted_export_is_read_as_well(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    sandbox.live_on(timedelta(days=2))
    sandbox.clock.advance(timedelta(minutes=10))
    result = run(stopped, start_date=START).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize("status", ["Failed", "Expired"])
def test_an_export_that_ended_badly_between_runs_is_added_anew(
    sandbox: Sandbox, run: Run, stopped: Json, status: str
) -> None:
    sandbox.exports.force_status[sandbox.exports.jobs[0].id] = status
    result = run(stopped, start_date=START).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize("refused", [False, True], ids=["left out", "refused"])
def test_an_export_that_mews_forgot_between_runs_is_added_anew(
    sandbox: Sandbox, run: Run, stopped: Json, *, refused: bool
) -> None:
    if refused:
        refuse_unknown_exports(sandbox)
    sandbox.exports.forget(sandbox.exports.jobs[0].id)
    result = run(stopped, start_date=START).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_an_export_of_another_window_is_not_adopted(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    result = run(stopped, start_date="2026-01-10").ok()
    assert spans(sandbox)[1][0] == moment("2026-01-10")
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.parametrize("start", [START, None])
def test_an_export_that_does_not_have_the_window_of_the_state_is_not_adopted(
    sandbox: Sandbox, run: Run, start: str | None
) -> None:
    state = waited_in_vain(sandbox, run, start_date="2026-02-15")
    (saved,) = exports_in(state)
    del saved["start"]
    settings = {}
    if start:
        saved["start"] = settings["start_date"] = start
    result = run(state, **settings).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


@pytest.mark.days(30)
def test_an_export_of_more_than_is_due_now_is_not_adopted(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    end = "2026-02-10T00:00:00Z"
    result = run(stopped, start_date=START, end_date=end).ok()
    assert spans(sandbox)[1] == (moment(START), moment(end))
    assert result.bookmark("bills")["replication_key_value"] == end


def test_an_export_of_less_than_the_lookback_is_not_adopted(
    sandbox: Sandbox, run: Run
) -> None:
    settings: Json = {"start_date": START, "extraction": "exports"}
    first = run(**settings).ok()
    sandbox.live_on(timedelta(hours=8))
    sandbox.faults.add("exports/getAll", Spoiled(never_ready), times=None)
    stopped = run(first.state, **settings).long_state
    assert exports_in(stopped)
    sandbox.faults.clear()
    reached = first.bookmark("bills")["replication_key_value"]
    run(stopped, **settings, lookback_minutes=600).ok()
    start, _ = spans(sandbox)[-1]
    assert start == moment(reached) - timedelta(minutes=600)


def test_an_export_of_another_scope_is_not_adopted(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    chosen = sandbox.enterprise_ids[:1]
    result = run(stopped, start_date=START, enterprise_ids=chosen).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills", chosen)


def test_an_export_of_some_properties_is_not_adopted_for_all(
    sandbox: Sandbox, run: Run
) -> None:
    chosen = sandbox.enterprise_ids[:1]
    state = waited_in_vain(sandbox, run, start_date=START, enterprise_ids=chosen)
    second = run(state, start_date=START).ok()
    assert records_by_id("bills", second) == truth(sandbox, "bills")


def test_an_export_of_another_entity_is_not_adopted(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    others = sync(
        sandbox.config(start_date=START), catalog=select("payments", "bills")
    ).ok()
    payments = next(
        expanded(state)["bookmarks"]["payments"]["exports"]
        for state in others.states
        if expanded(state)["bookmarks"].get("payments", {}).get("exports")
    )
    stopped["bookmarks"]["bills"]["exports"] = payments
    result = run(stopped, start_date=START).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")


def test_a_property_that_joined_after_an_adopted_export_was_added_is_not_missed(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    sandbox.add_property()
    sandbox.clock.advance(timedelta(minutes=10))
    second = run(stopped, start_date=START).ok()
    third = run(second.state, start_date=START).ok()
    due = {
        key: row
        for key, row in truth(sandbox, "bills").items()
        if moment(row["UpdatedUtc"]) >= moment(START)
    }
    assert records_by_id("bills", second, third) == due


def test_two_exports_are_adopted_in_their_order(sandbox: Sandbox, run: Run) -> None:
    settings: Json = {"start_date": START, "export_window_days": 14}
    first = run(**settings).ok()
    two = next(state for state in first.states if len(exports_in(state)) == 2)
    before = len(windows(sandbox))
    second = run(two, **settings).ok()
    assert spans(sandbox)[before][0] == spans(sandbox)[1][1] - LOOKBACK
    assert records_by_id("bills", second) == truth(sandbox, "bills")


def test_an_export_that_goes_on_at_the_bookmark_is_adopted(
    sandbox: Sandbox, run: Run
) -> None:
    settings: Json = {"start_date": START, "export_window_days": 14}
    first = run(**settings).ok()
    read = next(
        state
        for state in first.states
        if state["bookmarks"]["bills"]["replication_key_value"]
        and len(exports_in(state)) == 1
    )
    before = len(windows(sandbox))
    run(read, **settings).ok()
    assert spans(sandbox)[before][0] == spans(sandbox)[1][1] - LOOKBACK


def test_the_log_says_what_is_gone_on_with(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    result = run(stopped, start_date=START).ok()
    job = sandbox.exports.jobs[0].id
    assert f"INFO bills: resuming export {job}" in result.log


def test_the_log_says_since_when_an_export_has_been_waiting(
    sandbox: Sandbox, run: Run, stopped: Json
) -> None:
    (job,) = sandbox.exports.jobs[:1]
    result = run(stopped, start_date=START).ok()
    assert f"from a previous run, Success since {job.added:%Y-%m-%d %H:%M}" in (
        result.log
    )


@pytest.mark.parametrize(
    "other",
    [
        {"ids": ("a",), "scope": ("a",)},
        {"ids": ("a", "b", "c"), "scope": ("a", "b", "c")},
        {"ids": ("a", "b"), "scope": ("a",)},
        {"ids": ("a", "b", "c")},
        {"token_enterprises": ("a", "b", "c")},
    ],
)
def test_exports_of_the_same_rows_alone_have_the_same_fingerprints(other: Json) -> None:
    ids = ("a", "b")
    unnamed = Slice(None, moment(START), ids=ids, token_enterprises=ids)
    named = replace(unnamed, scope=ids)
    assert fingerprints(unnamed) == fingerprints(named)
    assert fingerprints(replace(unnamed, **other)).isdisjoint(fingerprints(named))
