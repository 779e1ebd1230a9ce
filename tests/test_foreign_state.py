"""A state that is none of ours is refused in one line, before anything is read."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.harness import Json, Result, command, select, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

GOOD = "2026-02-01T00:00:00Z"

OF_A_STREAM: dict[str, Any] = {
    "a bookmark that is no moment": {"replication_key_value": "last week"},
    "a bookmark that is a number": {"replication_key_value": 1234},
    "a bookmark that is a list": {"replication_key_value": ["2026-02-01"]},
    "covers that is no list": {"replication_key_value": GOOD, "covers": 5},
    "covers of numbers": {"replication_key_value": GOOD, "covers": [5]},
    "covers that is a text": {"replication_key_value": GOOD, "covers": "abc"},
    "joining that is no list": {"replication_key_value": GOOD, "joining": 5},
    "joining without ids": {"replication_key_value": GOOD, "joining": [{}]},
    "joining that is a list of texts": {"joining": ["abc"]},
    "exports that is no list": {"exports": 5},
    "exports that is an object": {"exports": {"id": "a"}},
    "an export without an id": {"exports": [{"end": GOOD, "added": GOOD}]},
    "an export without an end": {"exports": [{"id": "a", "added": GOOD}]},
    "an export with a wrong start": {
        "exports": [{"id": "a", "start": "x", "end": GOOD, "added": GOOD}]
    },
    "an export with a number for an id": {
        "exports": [{"id": 5, "end": GOOD, "added": GOOD}]
    },
}

WHOLE: dict[str, Any] = {
    "a list": [1],
    "a text": "bookmarks",
    "a number": 5,
    "bookmarks that is a list": {"bookmarks": ["bills"]},
    "bookmarks that is a text": {"bookmarks": "bills"},
    "a stream that is null": {"bookmarks": {"bills": None}},
    "a stream that is a text": {"bookmarks": {"bills": GOOD}},
}

HARMLESS: dict[str, Any] = {
    "empty": {},
    "no bookmarks": {"bookmarks": {}},
    "an empty stream": {"bookmarks": {"bills": {}}},
    "a stream that is not known": {"bookmarks": {"moods": {"a": 1}}},
    "keys of the SDK": {
        "bookmarks": {
            "bills": {"starting_replication_value": None, "progress_markers": {}}
        }
    },
    "partitions of another tap": {
        "bookmarks": {
            "bills": {
                "partitions": [
                    {"context": {"enterprise": "a"}, "replication_key_value": GOOD},
                    {"context": {"enterprise": "b"}, "replication_key_value": GOOD},
                ]
            }
        }
    },
}


def each(states: dict[str, Any]) -> pytest.MarkDecorator:
    """Take each of these states in turn."""
    return pytest.mark.parametrize("state", states.values(), ids=states)


def go_on(sandbox: Sandbox, folder: Path, state: object) -> Result:
    """Run the command line with a state file."""
    config, catalog, path = (folder / f"{name}.json" for name in ("c", "l", "s"))
    config.write_text(json.dumps(sandbox.config()), "utf-8")
    catalog.write_text(json.dumps(select("bills")), "utf-8")
    path.write_text(json.dumps(state), "utf-8")
    return command("--config", config, "--catalog", catalog, "--state", path)


@each(OF_A_STREAM)
def test_a_state_that_cannot_be_read_is_told_with_its_stream(
    sandbox: Sandbox, tmp_path: Path, state: Json
) -> None:
    done = go_on(sandbox, tmp_path, {"bookmarks": {"bills": state}})
    assert done.code == 1
    (line,) = done.errors
    assert "bills: the state cannot be read" in line
    assert "\n" not in line


@each(OF_A_STREAM)
def test_nothing_is_asked_for_by_a_state_that_cannot_be_read(
    sandbox: Sandbox, tmp_path: Path, state: Json
) -> None:
    go_on(sandbox, tmp_path, {"bookmarks": {"bills": state}})
    assert sandbox.journal.requests("exports/add") == []


@each(WHOLE)
def test_a_file_that_is_no_state_ends_with_one_line(
    sandbox: Sandbox, tmp_path: Path, state: object
) -> None:
    done = go_on(sandbox, tmp_path, state)
    assert done.code == 1
    (line,) = done.errors
    assert "state" in line
    assert "\n" not in line


@each(HARMLESS)
def test_what_means_nothing_to_us_does_no_harm(sandbox: Sandbox, state: Json) -> None:
    result = sync(sandbox.config(), state, select("bills")).ok()
    assert len(result.records["bills"]) == len(sandbox.rows("Bill"))
