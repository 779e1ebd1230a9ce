"""The recipes of docs/many-properties.md, word for word, through Meltano."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import yaml

from tests.e2e import stores
from tests.e2e.project import CHECKOUT
from tests.e2e.test_meltano import RUN, account
from tests.export_harness import truth
from tests.pages_harness import settle

if TYPE_CHECKING:
    from benchmarks.postgres import Server
    from sandbox import Sandbox
    from tests.e2e.project import Project

PAGE = (CHECKOUT / "docs" / "many-properties.md").read_text("utf-8")

SOME = ("customers", "enterprises", "payments", "products")
"""A stream of the chain and some of properties: fewer are read faster."""


def recipe(title: str, language: str) -> list[str]:
    """The code blocks below a heading of the page."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found
    return found


def write(project: Project, definition: dict[str, Any]) -> None:
    """Change what meltano.yml holds."""
    (project.folder / "meltano.yml").write_text(yaml.safe_dump(definition), "utf-8")


def add_inherited(project: Project) -> None:
    """Give it an extractor for each property."""
    (text,) = recipe("A run for each property", "yaml")
    definition = project.definition
    added = yaml.safe_load(text)["plugins"]["extractors"]
    definition["plugins"]["extractors"] += added
    write(project, definition)


def states(project: Project) -> list[str]:
    """The names of the states that Meltano keeps."""
    return sorted(project.meltano("state", "list").split())


def load_one_by_one(
    project: Project, postgres: Server, sandbox: Sandbox, commands: str
) -> None:
    """Run the command of each property, which brings its rows and no others."""
    settle(sandbox)
    project.select(*SOME)
    tokens = [*map(sandbox.access.single_property, sandbox.enterprise_ids)]
    project.env["MEWS_ACCESS_TOKEN_BUDAPEST"] = tokens[0]
    project.env["MEWS_ACCESS_TOKEN_PRAGUE"] = tokens[1]
    for number, command in enumerate(commands.splitlines(), 1):
        project.shell("bash", "-euc", command)
        stored = postgres.ask('select json_agg("Id") from mews.payments')
        read = sandbox.enterprise_ids[:number]
        assert {*json.loads(stored)} == truth(sandbox, "payments", read).keys()
    account(postgres, sandbox, *SOME)


def test_a_portfolio_token_reads_the_properties_that_are_named(
    project: Project, postgres: Server, sandbox: Sandbox
) -> None:
    settle(sandbox)
    hotel = sandbox.enterprise_ids[1]
    (text,) = recipe("One portfolio token", "yaml")
    named = re.sub(r"- [0-9a-f-]{36}", f"- {hotel}", text)
    definition = project.definition
    definition["plugins"]["extractors"][0] |= yaml.safe_load(named)
    write(project, definition)
    project.meltano(*RUN)
    stored = stores.in_postgres(postgres)
    for stream in ("bills", "payments", "reservations"):
        assert stored[stream].keys() == truth(sandbox, stream, [hotel]).keys()
    # so the page says
    for stream in ("companies", "customers"):
        assert stored[stream].keys() == truth(sandbox, stream).keys()
    assert stored["enterprises"].keys() == {*sandbox.enterprise_ids}


def test_an_extractor_for_each_property_has_its_token_and_its_state(
    project: Project, postgres: Server, sandbox: Sandbox
) -> None:
    add_inherited(project)
    commands, _ = recipe("A run for each property", "sh")
    load_one_by_one(project, postgres, sandbox, commands)
    assert states(project) == [
        f"dev:tap-mews--{name}-to-target-postgres" for name in ("budapest", "prague")
    ]


def test_a_suffix_keeps_the_states_of_properties_apart(
    project: Project, postgres: Server, sandbox: Sandbox
) -> None:
    _, commands = recipe("A run for each property", "sh")
    load_one_by_one(project, postgres, sandbox, commands)
    assert states(project) == [
        f"dev:tap-mews-to-target-postgres:{name}" for name in ("budapest", "prague")
    ]


def test_a_property_without_a_token_borrows_none(
    project: Project, sandbox: Sandbox
) -> None:
    add_inherited(project)
    project.env["TAP_MEWS_ACCESS_TOKEN"] = sandbox.access_token
    project.meltano("invoke", "tap-mews--prague", "--test", code=1)
    assert "access_token is required" in project.log
