"""docs/analytics.md word for word: Meltano, the tap, PostgreSQL and dbt, all real."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.e2e import marts
from tests.e2e.analytics import Warehouse, results
from tests.e2e.project import BINARIES, CHECKOUT, SECONDS, Project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from benchmarks.postgres import Server

PAGE = (CHECKOUT / "docs" / "analytics.md").read_text("utf-8")


@pytest.fixture
def analytics(tmp_path: Path, server: Server) -> Project:
    """The example as a checkout has it, with the start date of the page."""
    project = Project(tmp_path / "checkout", "examples/analytics", BINARIES)
    project.load_into(server)
    project.install()
    (start,) = re.findall(r"TAP_MEWS_START_DATE=(\S+)", block("Five minutes", "sh"))
    project.env["TAP_MEWS_START_DATE"] = start
    return project


@pytest.fixture
def warehouse(tmp_path: Path, server: Server) -> Iterator[Warehouse]:
    """The same database."""
    yield Warehouse("postgres", tmp_path, server)
    for schema in ("mews", "analytics", "analytics_staging", "analytics_intermediate"):
        server.ask(f"drop schema if exists {schema} cascade")


def block(title: str, language: str) -> str:
    """The first block of code below a heading of the page."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_commands_of_the_page_lead_from_rows_to_each_number_of_the_hotels(
    analytics: Project, warehouse: Warehouse, server: Server
) -> None:
    (command,) = re.findall(
        "^meltano run .*", block("Five minutes", "sh"), re.MULTILINE
    )
    assert command == "meltano run tap-mews target-postgres dbt-postgres:build"
    with marts.lived_on(warehouse) as sandbox:
        analytics.point_to(sandbox)
        # dbt starts four times, and builds all models with their tests
        analytics.shell("bash", "-euc", command, seconds=4 * SECONDS)
        told = results(analytics.folder / "transform" / "target")
        assert [each for each in told if "failures" in each]
        marts.compare(warehouse, sandbox)
        query = block("Ask", "sql").strip().rstrip(";")
        today = sandbox.clock.now().date()
        query = query.replace("current_date", f"date '{today}'")
        total = server.ask(f"select sum(revpar) from ({query}) as answer")
        assert Decimal(total) > 0
        assert sandbox.journal.breaches == []
