"""What docs/upgrading.md says of an update from 0.1."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_mews.tap import TapMews
from tap_mews.timestamps import format_moment
from tests.harness import FastClock, Json, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

NOTE = (Path(__file__).parents[1] / "docs" / "upgrading.md").read_text("utf-8")
STREAMS_OF_0_1 = re.findall(
    r"`([a-z_]+)`", NOTE.partition("default selection:")[2].partition("Which new")[0]
)


def state_of_0_1(sandbox: Sandbox, moment: str) -> Json:
    """What 0.1 wrote: one bookmark a stream, or one for each property."""
    entry = {
        "replication_key": "UpdatedUtc",
        "replication_key_value": moment,
        "covers": sandbox.enterprise_ids,
        "joining": [],
        "exports": [],
        "start_date": None,
    }
    ids = sandbox.enterprise_ids
    bookmark = {"replication_key": "UpdatedUtc", "replication_key_value": moment}
    partitions = [{"context": {"EnterpriseId": each}, **bookmark} for each in ids]
    return {
        "bookmarks": {
            "bills": entry,
            "payments": {key: entry[key] for key in bookmark},
            "source_assignments": {"partitions": partitions},
        }
    }


@pytest.mark.parametrize("stream", ["bills", "payments", "source_assignments"])
def test_a_state_of_0_1_is_gone_on_from(sandbox: Sandbox, stream: str) -> None:
    """Nothing before the bookmark is read again, and everything after it is."""
    moment = sandbox.clock.now() - timedelta(days=10)
    result = sync(
        sandbox.config(),
        state=state_of_0_1(sandbox, format_moment(moment)),
        catalog=select(stream),
        clock=FastClock(sandbox),
    ).ok()
    updated = [record["UpdatedUtc"] for record in result.records[stream]]
    assert updated
    assert min(updated) >= format_moment(moment - timedelta(minutes=10))


def test_the_streams_of_0_1_are_selected_by_default() -> None:
    streams = TapMews(validate_config=False).streams
    assert len(STREAMS_OF_0_1) == 14
    for name in STREAMS_OF_0_1:
        assert streams[name].selected_by_default
