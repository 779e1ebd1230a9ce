"""The recipes of docs/guest-data.md, as they stand there, keep guests out."""

from __future__ import annotations

import hashlib
import os
import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from docs import guests
from docs.selection import patterns
from tap_mews.tap import TapMews
from tests.export_harness import truth
from tests.harness import Json, Result, run_process, sync

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

PAGE = (Path(__file__).parents[1] / "docs" / "guest-data.md").read_text("utf-8")
STREAMS = ("bills", "companies", "customers", "payments", "reservations")
SALT = "a long random salt"


def recipe(key: str) -> Json:
    """The block of the page that sets this."""
    found = re.findall(r"^```yaml\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    (parsed,) = (each for each in map(yaml.safe_load, found) if key in each)
    assert isinstance(parsed, dict)
    return parsed


def catalog(*deselected: str) -> Json:
    """Select some streams, less the properties that the rules of Meltano name."""
    found: Json = TapMews(validate_config=False).catalog_dict
    for entry in found["streams"]:
        for each in entry["metadata"]:
            path = ".".join(each["breadcrumb"][1::2])
            if not path:
                each["metadata"]["selected"] = entry["stream"] in STREAMS
            elif f"!{entry['stream']}.{path}" in deselected:
                each["metadata"]["selected"] = False
    return found


def values(row: Any, path: str = "") -> Iterator[tuple[str, object]]:  # noqa: ANN401
    """What a row holds, with the path of each value."""
    if isinstance(row, dict):
        for name, value in row.items():
            yield f"{path}.{name}".lstrip("."), value
            yield from values(value, f"{path}.{name}".lstrip("."))
    if isinstance(row, list):
        for value in row:
            yield from values(value, f"{path}[]")


def personal(result: Result) -> dict[str, set[str]]:
    """The paths with personal data that have a value in the records of a run."""
    marked = {
        (each.stream, each.path) for each in guests.properties() if each.is_personal
    }
    found = defaultdict(set)
    for stream, rows in result.records.items():
        for path, value in (pair for row in rows for pair in values(row)):
            if (stream, path) in marked and value is not None:
                found[stream].add(path)
    return found


def test_without_a_recipe_guests_are_in_the_records(sandbox: Sandbox) -> None:
    """Else the tests below would prove nothing."""
    found = personal(sync(sandbox.config(), catalog=catalog()).ok())
    assert {"Email", "LastName", "Notes"} <= found["customers"]
    assert {"OwnerData.Value"} <= found["bills"]


def test_selection_leaves_no_personal_data(sandbox: Sandbox) -> None:
    rules = recipe("select")["select"]
    result = sync(sandbox.config(), catalog=catalog(*rules)).ok()
    assert personal(result) == {}
    assert {*result.records} == {*STREAMS}
    for stream in STREAMS:
        assert {*truth(sandbox, stream)} == {r["Id"] for r in result.records[stream]}


def test_every_selection_rule_names_a_property_that_can_be_deselected() -> None:
    rules = {rule for rule in recipe("select")["select"] if rule not in patterns()}
    known = {
        f"!{entry['stream']}.{'.'.join(each['breadcrumb'][1::2])}"
        for entry in TapMews(validate_config=False).catalog_dict["streams"]
        for each in entry["metadata"]
        if each["metadata"].get("inclusion") == "available"
    }
    assert rules
    assert rules <= known


@pytest.fixture
def hashed(sandbox: Sandbox, tmp_path: Path) -> Result:
    """What the hash recipe gives, with the salt in the environment."""
    config = {
        **sandbox.config(),
        "stream_maps": recipe("config")["config"]["stream_maps"],
    }
    line = re.search(r'^export (\w+)="(.*)"$', PAGE, re.MULTILINE)
    assert line
    salt = line[2].replace('\\"', '"').replace("$GUEST_DATA_SALT", SALT)
    done = run_process(
        "--config",
        "ENV",
        folder=tmp_path,
        config=config,
        env={**os.environ, line[1]: salt},
    )
    assert done.returncode == 0, done.stderr
    assert SALT not in done.stdout + done.stderr
    return Result(lines=done.stdout.encode().splitlines())


def test_hash_recipe_leaves_hashes_only(sandbox: Sandbox, hashed: Result) -> None:
    assert personal(hashed) == {"customers": {*guests.KEPT_AS_HASH["customers"]}}
    rows = truth(sandbox, "customers")
    assert {row["Id"] for row in hashed.records["customers"]} == {*rows}
    for row in hashed.records["customers"]:
        for name in guests.KEPT_AS_HASH["customers"]:
            value = rows[row["Id"]][name]
            salted = hashlib.sha256(f"{SALT}{value}".encode()).hexdigest()
            assert row[name] == (salted if value else None)


def test_without_a_salt_nothing_is_hashed(sandbox: Sandbox) -> None:
    maps = recipe("config")["config"]["stream_maps"]
    config = {
        **sandbox.config(),
        "stream_maps": maps,
        "stream_map_config": {"salt": ""},
    }
    assert personal(sync(config).ok()) == {}
