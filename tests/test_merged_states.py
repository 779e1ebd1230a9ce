"""States that an orchestrator merges key by key, as Meltano does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tap_mews.reading.state_form import expanded
from tests.harness import FastClock, Json, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)


@pytest.mark.days(30)
def test_states_that_are_merged_key_by_key_bring_nothing_back(sandbox: Sandbox) -> None:
    """As `meltano run --merge-state` does, and as one run of `--full-refresh` does."""
    clock = FastClock(sandbox)
    config = sandbox.config(enterprise_ids=sandbox.enterprise_ids[:1])
    catalog = select("bills")
    kept: Json = {}
    sync(config, catalog=catalog).ok()
    busy = sync(
        sandbox.config(export_window_days=5, start_date="2026-02-01"),
        catalog=catalog,
        clock=clock,
    ).ok()
    for state in busy.states:
        kept = merged(kept, state)
        for key in ("jobs", "joining", "of", "replication_key_value"):
            assert kept["bookmarks"]["bills"][key] == state["bookmarks"]["bills"][key]
    assert any(state["bookmarks"]["bills"]["jobs"] for state in busy.states)
    refreshed = sync(config, catalog=catalog).ok()
    kept = merged(kept, refreshed.state)
    assert expanded(kept) == expanded(refreshed.state)


def test_an_interrupted_refresh_brings_no_older_bookmark_back(sandbox: Sandbox) -> None:
    """Meltano merges what a run has emitted over the state before `--full-refresh`."""
    names = ("bills", "resources", "source_assignments", "companionships", "rates")
    catalog = select(*names)
    before = sync(sandbox.config(), catalog=catalog).ok().state
    refresh = sync(sandbox.config(), catalog=catalog).ok()
    assert len(refresh.states) > len(names)
    for state in refresh.states:
        kept = merged(before, state)["bookmarks"]
        for name in names:
            value = state["bookmarks"][name].get("replication_key_value")
            assert kept[name]["replication_key_value"] == value, name


def merged(older: Any, newer: Any) -> Any:  # noqa: ANN401 - any JSON
    """Two states, merged as Meltano merges them."""
    if not (isinstance(older, dict) and isinstance(newer, dict)):
        return newer
    return {
        **older,
        **{key: merged(older.get(key), value) for key, value in newer.items()},
    }
