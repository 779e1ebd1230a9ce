"""docs/joins.md leaves out no column that leads anywhere, but those it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from docs import joins
from facts import columns

PAGE = (Path(__file__).parents[1] / "docs" / "joins.md").read_text("utf-8")


@pytest.mark.parametrize("name", joins.SAID_ONCE)
def test_a_name_that_is_said_once_leads_to_one_stream(name: str) -> None:
    meant = joins.SAID_ONCE[name]
    assert re.search(rf"`{name}`\s+(refers )?to `{meant}\.", PAGE)
    for stream in joins.TAPPED.values():
        for path, known in columns(stream).items():
            if path.rpartition(".")[2] == name:
                assert {*known.refers_to} <= {joins.TAPPED[meant].entity}, path


def test_every_top_level_identifier_is_in_the_table() -> None:
    listed = re.findall(r"^\| `(\w+)` \| `([^`]+)` \|", PAGE, re.MULTILINE)
    expected = {
        (stream.name, path)
        for stream in joins.TAPPED.values()
        for path, known in columns(stream).items()
        if "." not in path
        and not known.deprecated
        and path not in joins.SAID_ONCE
        and {*known.refers_to} & joins.BY_ENTITY.keys()
    }
    assert expected
    assert expected <= {*listed}
