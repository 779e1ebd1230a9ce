"""Meltano reads what the tap selects by default, and the README says so."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from docs.selection import FAMILIES
from facts import STREAMS as FACTS
from tap_mews.streams import STREAMS
from tap_mews.tap import TapMews

CHECKOUT = Path(__file__).parents[1]
PROJECT = (CHECKOUT / "meltano.yml").read_text("utf-8")
DEFAULT = {
    f"{entry['stream']}.*"
    for entry in TapMews(validate_config=False).catalog_dict["streams"]
    for each in entry["metadata"]
    if not each["breadcrumb"] and each["metadata"]["selected-by-default"]
}


def extractor(path: str) -> dict[str, Any]:
    """The extractor that a project of Meltano, or the Hub's entry, defines."""
    content: dict[str, Any] = yaml.safe_load((CHECKOUT / path).read_text("utf-8"))
    if "plugins" not in content:
        return content
    found: dict[str, Any] = content["plugins"]["extractors"][0]
    return found


@pytest.mark.parametrize(
    "path",
    [
        "meltano.yml",
        "hub/tap-mews.yml",
        "examples/analytics/meltano.yml",
        "examples/dagster/meltano.yml",
    ],
)
def test_meltano_selects_what_the_catalog_does(path: str) -> None:
    selected = extractor(path)["select"]
    assert {*selected} == DEFAULT
    assert len(selected) == len(DEFAULT)


def test_the_project_names_every_other_stream_in_a_comment() -> None:
    others = re.findall(r"^    # - (\w+\.\*)$", PROJECT, re.MULTILINE)
    assert sorted([*others, *DEFAULT]) == [f"{each.name}.*" for each in STREAMS]


def test_the_readme_names_streams_in_their_families() -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    _, _, section = readme.partition("\n## Streams\n")
    rows = re.findall(r"^\| (W\w+ \w+.*?) \| (.*?) \|", section, re.MULTILINE)
    assert [name.lower() for name, _ in rows] == [*FAMILIES]
    for name, streams in rows:
        for stream in re.findall(r"`(\w+)`", streams):
            assert FACTS[stream].family == name.lower(), stream
