"""Which streams Meltano lets the tap read."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

from tests.e2e.project import CHECKOUT
from tests.e2e.test_meltano import DEFAULT

if TYPE_CHECKING:
    from tests.e2e.project import Project


def selected(shipped: Project) -> set[str]:
    """The streams in the catalog that Meltano makes for the tap."""
    catalog = json.loads(shipped.meltano("invoke", "--dump=catalog", "tap-mews"))
    return {
        entry["stream"]
        for entry in catalog["streams"]
        for each in entry["metadata"]
        if not each["breadcrumb"] and each["metadata"]["selected"]
    }


def test_the_project_as_it_comes_reads_what_the_tap_selects(shipped: Project) -> None:
    assert selected(shipped) == DEFAULT


def test_the_commands_of_the_readme_add_a_stream_and_leave_one_out(
    shipped: Project,
) -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    commands = re.findall(r"`(meltano select [^`]+)`", readme)
    assert len(commands) == 2
    for command in commands:
        shipped.shell("bash", "-euc", command)
    assert selected(shipped) == DEFAULT - {"customers"} | {"payouts"}


def test_a_variable_selects_for_one_run(shipped: Project) -> None:
    readme = (CHECKOUT / "README.md").read_text("utf-8")
    (name, value) = re.findall(r"`(TAP_MEWS__SELECT)='(.+?)'`", readme)[0]
    shipped.env[name] = value
    assert selected(shipped) == {"reservations"}
