"""Mews answers nothing any more: that is no trouble of this property or that."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Reset, Status
from tap_mews.api.client import TRIES
from tap_mews.errors import OutageError, PropertyFailureError, UnavailableError
from tests.pages_harness import ASSIGNMENTS, Where, truth
from tests.tokens.test_many_tokens import asked_by
from tests.tokens.test_property_trouble import SERVICES, break_for

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call, Fault
    from tests.pages_harness import History

LISTED = 8
"""Requests after which each token has listed what it opens."""


@pytest.mark.parametrize("rule", ["fail_at_end", "warn"])
@pytest.mark.parametrize("fault", [Reset(), Status(503)], ids=["no answers", "503"])
def test_an_outage_ends_the_run_once_and_for_all(
    group: Sandbox, history: History, fault: Fault, rule: str
) -> None:
    history.streams = ("services", "source_assignments")
    group.faults.add("*", fault, times=None, after=LISTED)
    result = history.failing(on_property_failure=rule)
    assert isinstance(result.error, OutageError)
    told = str(result.error)
    assert f"{TRIES} times in a row, nor are other requests answered" in told
    assert "skipped in this run" not in result.log
    group.faults.clear()
    history.run()
    assert history.missing() == {}


@pytest.mark.parametrize("fault", [Reset(), Status(503)], ids=["no answers", "503"])
def test_trouble_of_one_operation_is_no_outage(
    group: Sandbox, history: History, fault: Fault
) -> None:
    history.streams = ("services", "source_assignments")
    group.faults.add(ASSIGNMENTS, fault, times=None, after=1)
    result = history.failing()
    assert type(result.error) is UnavailableError
    assert history.missing().keys() == {"source_assignments"}


def test_trouble_of_one_token_is_no_outage(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.streams = ("services", "source_assignments")
    break_for(group, "*", tokens["East"], 503)
    result = history.failing()
    assert isinstance(result.error, PropertyFailureError)
    assert str(result.error).startswith("Not read: East (all streams)")


def test_a_list_that_several_streams_need_is_tried_in_one_series(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    """What failed for as long as that is not asked for again in the run."""
    history.streams = ("age_categories", "products", "rates", "services", "bills")
    break_for(group, SERVICES, tokens["East"], 503)
    error = str(history.failing().error)
    assert error.startswith("Not read: East (")
    assert asked_by(group, SERVICES)[group.access.find(tokens["East"]).name] == TRIES
    group.faults.clear()
    history.run()
    assert history.missing() == {}


def test_a_token_that_is_revoked_while_children_are_read_ends_its_own_reading_alone(
    group: Sandbox, history: History, tokens: dict[str, str]
) -> None:
    history.streams = ("age_categories", "products", "rates", "services")
    east = group.access.find(tokens["East"]).name
    portfolio = group.access.grant([*group.enterprise_ids][:2], name="both")

    def revoke(call: Call) -> Reply:
        group.access.withdraw(tokens["East"])
        group.access.withdraw(portfolio)
        return Status(401)(call)

    only = Where(group, lambda request: request.grant in {east, "both"}, revoke)
    group.faults.add("rates/getAll", only, times=None)
    result = history.failing(access_tokens={**tokens, "Both": portfolio})
    assert isinstance(result.error, PropertyFailureError)
    north, _, *others = group.enterprise_ids
    assert history.rows["rates"] == truth(group, "rates", [north, *others])
    group.faults.clear()
    del tokens["East"]
    tokens["East, renewed"] = group.access.single_property(group.enterprise_ids[1])
    history.run()
    assert history.missing() == {}
