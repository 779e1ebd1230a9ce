"""Which streams Meltano lets the tap read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tap_mews.tap import TapMews
from tests.e2e.project import CHECKOUT

if TYPE_CHECKING:
    from tests.e2e.project import Project

DEFAULT = {each.name for each in TapMews(validate_config=False).selected_streams}


def selected(project: Project) -> set[str]:
    """The streams in the catalog that Meltano makes for the tap."""
    catalog = json.loads(project.meltano("invoke", "--dump=catalog", "tap-mews"))
    return {
        entry["stream"]
        for entry in catalog["streams"]
        for each in entry["metadata"]
        if not each["breadcrumb"] and each["metadata"]["selected"]
    }


def test_the_project_as_it_comes_reads_what_the_tap_selects(project: Project) -> None:
    assert selected(project) == DEFAULT


def test_the_commands_of_the_readme_add_a_stream_and_leave_one_out(
    project: Project,
) -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    commands = re.findall(r"`(meltano select [^`]+)`", readme)
    assert len(commands) == 2
    for command in commands:
        project.shell("bash", "-euc", command)
    assert selected(project) == DEFAULT - {"customers"} | {"payouts"}


def test_a_variable_selects_for_one_run(project: Project) -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    (name, value) = re.findall(r"`(TAP_MEWS__SELECT)='(.+?)'`", readme)[0]
    project.env[name] = value
    assert selected(project) == {"reservations"}
