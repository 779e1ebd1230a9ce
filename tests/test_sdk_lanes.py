"""Rows pass as bytes or go through the SDK as records, with the same result."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tap_mews.sdk import WindowedStream
from tap_mews.tap import TapMews
from tests.export_harness import ENTITIES
from tests.harness import FastClock, Json, Result, select, sync
from tests.pages_harness import PAGE_ENTITIES

if TYPE_CHECKING:
    from sandbox import Sandbox

STREAMS = sorted(TapMews(validate_config=False).streams)


def comparable(result: Result) -> list[Any]:
    """All messages with digits as they are, less times and ids of this run.

    The rows come in an order of their own: those of a later window can come first.
    """
    found = []
    for line in result.lines:
        message = json.loads(line, parse_float=str, parse_int=str)
        message.pop("time_extracted", None)
        message.pop("version", None)
        for part in message.get("value", {}).get("bookmarks", {}).values():
            part.pop("jobs", None)
        found.append(message)
    records = [each for each in found if each["type"] == "RECORD"]
    others = [each for each in found if each["type"] != "RECORD"]
    return sorted(records, key=json.dumps) + [
        message
        for number, message in enumerate(others)
        # what differed in nothing else is one state
        if number == 0 or message != others[number - 1]
    ]


def rows_with_digits(result: Result) -> list[Json]:
    """The rows that were emitted, with digits as they are."""
    return [
        json.loads(line, parse_float=str)["record"]
        for line in result.lines
        if b'"RECORD"' in line
    ]


def batch_in(folder: Path, compression: str) -> Json:
    """The setting that has records written to files."""
    return {
        "encoding": {"format": "jsonl", "compression": compression},
        "storage": {"root": f"file://{folder}"},
    }


@pytest.fixture
def still(sandbox: Sandbox) -> Sandbox:
    """A sandbox that gives rows in the same order each time."""
    sandbox.exports.shuffled = False
    sandbox.exports.rows_per_file = 40
    sandbox.limits.interval_end = "inclusive"
    return sandbox


def run(sandbox: Sandbox, *streams: str, **settings: Any) -> Result:  # noqa: ANN401
    """Sync streams window by window."""
    config = sandbox.config(
        start_date="2026-01-25",
        end_date="2026-02-27T12:00:00Z",
        export_window_days=15,
        **settings,
    )
    return sync(config, catalog=select(*streams), clock=FastClock()).ok()


@pytest.mark.parametrize("stream", [*ENTITIES, *PAGE_ENTITIES])
def test_both_lanes_give_the_same_messages(
    still: Sandbox, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = run(still, stream)
    monkeypatch.setattr(WindowedStream, "passes_rows_on", property(lambda _: False))
    slow = run(still, stream)
    assert fast.records[stream]
    assert comparable(fast) == comparable(slow)


def test_both_lanes_give_the_same_records_of_all_streams_at_once(
    still: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    fast = run(still, *STREAMS, extraction="pages")
    monkeypatch.setattr(WindowedStream, "passes_rows_on", property(lambda _: False))
    slow = run(still, *STREAMS, extraction="pages")
    assert fast.records.keys() == {*STREAMS}
    assert by_stream(fast) == by_stream(slow)


def by_stream(result: Result) -> dict[str, list[Any]]:
    """The messages of each stream, without states."""
    found: dict[str, list[Any]] = {}
    for message in comparable(result):
        if "stream" in message:
            found.setdefault(message["stream"], []).append(message)
    return found


def test_rows_are_passed_on_as_bytes_unless_something_needs_a_record(
    sandbox: Sandbox,
) -> None:
    tap = TapMews(config=sandbox.config(), catalog=select(*STREAMS))
    for stream in STREAMS:
        found = tap.streams[stream]
        assert isinstance(found, WindowedStream)
        assert found.passes_rows_on, stream


def test_a_catalog_by_itself_needs_no_record(sandbox: Sandbox) -> None:
    tap = TapMews(config=sandbox.config(), catalog=select("bills"))
    assert tap.streams["bills"].passes_rows_on  # type: ignore[attr-defined]


NEEDS_RECORDS = {
    "a stream map": {"stream_maps": {"bills": {"Copy": "Number"}}},
    "a map that removes": {"stream_maps": {"bills": "__NULL__"}},
    "an alias": {"stream_maps": {"bills": {"__alias__": "invoices"}}},
    "two of one": {"stream_maps": {"bills": {}, "copy": {"__source__": "bills"}}},
    "flattening": {"flattening_enabled": True, "flattening_max_depth": 1},
}


@pytest.mark.parametrize("settings", NEEDS_RECORDS.values(), ids=NEEDS_RECORDS)
def test_what_changes_records_is_given_records(
    sandbox: Sandbox, settings: Json
) -> None:
    tap = TapMews(config=sandbox.config(**settings))
    assert not tap.streams["bills"].passes_rows_on  # type: ignore[attr-defined]


def test_a_property_that_is_not_selected_is_given_records(still: Sandbox) -> None:
    catalog: Json = json.loads(json.dumps(select("bills")))
    for each in catalog["streams"][0]["metadata"]:
        if each["breadcrumb"] == ["properties", "Notes"]:
            each["metadata"]["selected"] = False
    result = sync(still.config(), catalog=catalog).ok()
    assert result.records["bills"]
    assert not any("Notes" in row for row in result.records["bills"])


def test_a_map_that_does_nothing_changes_nothing(still: Sandbox) -> None:
    fast = run(still, "payments")
    mapped = run(still, "payments", stream_maps={"payments": {"Id": "Id"}})
    assert rows_with_digits(mapped) == rows_with_digits(fast)


def test_a_map_is_applied(still: Sandbox) -> None:
    maps = {"bills": {"__alias__": "invoices", "Id": "Id", "__else__": None}}
    result = run(still, "bills", stream_maps=maps)
    assert result.records["invoices"]
    assert {tuple(row) for row in result.records["invoices"]} == {("Id",)}


def test_a_stream_that_a_map_removes_moves_its_bookmark_all_the_same(
    still: Sandbox,
) -> None:
    result = run(still, "bills", stream_maps={"bills": "__NULL__"})
    assert result.records == {}
    assert result.bookmark("bills")["replication_key_value"] == "2026-02-27T12:00:00Z"


def test_flattening_is_applied(still: Sandbox) -> None:
    result = run(still, "bills", flattening_enabled=True, flattening_max_depth=1)
    assert all("Options__Rebated" in row for row in result.records["bills"])


def test_batch_files_hold_the_same_records(still: Sandbox, tmp_path: Path) -> None:
    expected = rows_with_digits(run(still, "payments"))
    result = run(still, "payments", batch_config=batch_in(tmp_path, "none"))
    held = [
        json.loads(line, parse_float=str)
        for each in result.messages
        if each["type"] == "BATCH"
        for url in each["manifest"]
        for line in Path(url.removeprefix("file://")).read_bytes().splitlines()
    ]
    assert held == expected


def test_a_state_comes_after_the_batch_that_it_covers(
    still: Sandbox, tmp_path: Path
) -> None:
    result = run(still, "payments", batch_config=batch_in(tmp_path, "gzip"))
    kinds = [each["type"] for each in result.messages]
    first_bookmark = next(
        number
        for number, each in enumerate(result.messages)
        if each.get("value", {})
        .get("bookmarks", {})
        .get("payments", {})
        .get("replication_key_value")
    )
    assert "BATCH" in kinds[:first_bookmark]


def test_records_are_counted_in_both_lanes(
    still: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    counts = []
    for _ in range(2):
        result = run(still, "bills")
        metric = next(line for line in result.logs if '"record_count"' in line)
        value = json.loads(metric.partition("METRIC: ")[2])["value"]
        assert value == len(result.records["bills"])
        counts.append(value)
        monkeypatch.setattr(WindowedStream, "passes_rows_on", property(lambda _: False))
    assert counts[0] == counts[1] > 0
