"""docs/analytics.md word for word: Meltano, the tap, PostgreSQL and dbt, all real."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from tests.e2e.project import BINARIES, CHECKOUT, SECONDS, Project
from tests.pages_harness import settle

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.postgres import Server
    from sandbox import Sandbox

PAGE = (CHECKOUT / "docs" / "analytics.md").read_text("utf-8")


@pytest.fixture
def analytics(tmp_path: Path, sandbox: Sandbox, server: Server) -> Project:
    """The example as a checkout has it, pointed to the sandbox."""
    project = Project(tmp_path / "checkout", "examples/analytics", BINARIES)
    project.load_into(server)
    project.install()
    project.point_to(sandbox)
    return project


def block(title: str, language: str) -> str:
    """The first block of code below a heading of the page."""
    section = PAGE.partition(f"\n## {title}\n")[2].partition("\n## ")[0]
    found = re.search(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found
    return found[1]


def test_the_commands_of_the_page_lead_from_rows_to_revpar(
    analytics: Project, sandbox: Sandbox, server: Server
) -> None:
    settle(sandbox)
    (command,) = re.findall(
        "^meltano run .*", block("Five minutes", "sh"), re.MULTILINE
    )
    assert command == "meltano run tap-mews target-postgres dbt-postgres:build"
    try:
        # dbt starts four times, and builds all models with their tests
        analytics.shell("bash", "-euc", command, seconds=4 * SECONDS)
        query = block("Ask", "sql").strip().rstrip(";")
        today = sandbox.clock.now().date()
        query = query.replace("current_date", f"date '{today}'")
        total = server.ask(f"select sum(revpar) from ({query}) as answer")
        hotels = sandbox.group.hotels
        assert Decimal(total) > 0
        for hotel in hotels:
            revenue = server.ask(
                f"""select sum(room_revenue_net) from analytics.mews__daily_kpis
                where enterprise_id = '{hotel.id}'"""
            )
            days = hotel.truth.days().values()
            assert Decimal(revenue) == sum(day.room_revenue_net for day in days)
    finally:
        for schema in ("mews", "analytics", "analytics_staging"):
            server.ask(f"drop schema if exists {schema} cascade")
        server.ask("drop schema if exists analytics_intermediate cascade")
