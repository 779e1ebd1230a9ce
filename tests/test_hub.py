"""The entry for Meltano Hub is one that the Hub takes, and says what the tap says."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, TypeAlias
from xml.etree import ElementTree as ET

import pytest
import yaml
from jsonschema import Draft202012Validator

from docs import hub

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[1]
HUB = CHECKOUT / "hub"
ENTRY: Json = yaml.safe_load((HUB / "tap-mews.yml").read_text("utf-8"))
MELTANO: Json = yaml.safe_load((CHECKOUT / "meltano.yml").read_text("utf-8"))
EXTRACTOR: Json = MELTANO["plugins"]["extractors"][0]
PACKAGE: Json = {"classifier": ["Development Status :: 4 - Beta"]}
RULES = Draft202012Validator(json.loads((HUB / "entry.schema.json").read_text("utf-8")))


def wrong(entry: Json) -> list[str]:
    """What the Hub would not take, by the place in the entry."""
    return [each.json_path for each in RULES.iter_errors(entry)]


def test_the_entry_is_one_that_the_hub_takes() -> None:
    assert wrong(ENTRY) == []


@pytest.mark.parametrize("name", ["name", "namespace", "variant", "quality"])
def test_an_entry_without_what_the_hub_requires_is_noticed(name: str) -> None:
    assert wrong({key: value for key, value in ENTRY.items() if key != name}) == ["$"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"invented": 1}, "$"),
        (
            {"settings": [{**ENTRY["settings"][0], "kind": "number"}]},
            "$.settings[0].kind",
        ),
        ({"capabilities": ["invented"]}, "$.capabilities[0]"),
        ({"maintenance_status": "4 - Beta"}, "$.maintenance_status"),
    ],
)
def test_an_entry_with_what_the_hub_does_not_know_is_noticed(
    change: Json, place: str
) -> None:
    assert wrong({**ENTRY, **change}) == [place]


def test_the_entry_and_our_project_define_the_same_extractor() -> None:
    own = {"pip_url", "config"}  # the project installs the checkout
    for name in EXTRACTOR.keys() - own:
        assert ENTRY[name] == EXTRACTOR[name], name


def test_the_tokens_are_sensitive_and_required() -> None:
    secret = [each["name"] for each in ENTRY["settings"] if each.get("sensitive")]
    always, one, many = secret
    groups = ENTRY["settings_group_validation"]
    assert groups == [[always, one], [always, many]]


def test_the_keys_are_in_the_order_of_the_alphabet() -> None:
    assert list(ENTRY) == sorted(ENTRY)


def test_the_repository_and_its_owner_come_from_the_package() -> None:
    urls = [
        "Changelog, https://example.com/c",
        "Repository, https://host.example/Who/tap",
    ]
    found = hub.entry({**PACKAGE, "project_url": urls})
    assert (found["repo"], found["variant"]) == ("https://host.example/Who/tap", "who")
    assert found["pip_url"] == "git+https://host.example/Who/tap"
    assert wrong(found) == []


def test_a_package_without_a_repository_has_no_invented_one() -> None:
    found = hub.entry(PACKAGE)
    assert "repo" not in found
    assert found["variant"] == "original"


@pytest.mark.parametrize(
    ("status", "told"),
    [("4 - Beta", "beta"), ("5 - Production/Stable", "active")],
)
def test_the_status_is_that_of_the_package(status: str, told: str) -> None:
    found = hub.entry({"classifier": [f"Development Status :: {status}"]})
    assert found["maintenance_status"] == told


def test_the_logo_is_a_small_picture_of_shapes_alone() -> None:
    path = HUB / Path(ENTRY["logo_url"]).name
    picture = ET.parse(path).getroot()  # noqa: S314 - it is ours
    tags = {each.tag.rpartition("}")[2] for each in picture.iter()}
    assert tags == {"svg", "title", "g", "rect", "circle", "path"}
    assert picture.get("width") == picture.get("height")
    assert path.stat().st_size < 2000
