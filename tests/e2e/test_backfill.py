"""The backfill of docs/state.md, word for word, beside the pipeline."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING

import yaml

from sandbox.clock import utc_text
from tests.e2e.project import CHECKOUT
from tests.e2e.test_meltano import RUN, bookmarks
from tests.harness import moment
from tests.pages_harness import settle

if TYPE_CHECKING:
    from benchmarks.postgres import Server
    from sandbox import Sandbox
    from tests.e2e.project import Project

PAGE = (CHECKOUT / "docs" / "state.md").read_text("utf-8")
SECTION = PAGE.partition("\n## Backfill beside the pipeline\n")[2].partition("\n## ")[0]
((_, RULES), (_, BACKFILL), (_, NEXT_RUN), _) = re.findall(
    r"^```(yaml|sh)\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL
)
START, END = moment("2026-02-01T00:00:00Z"), moment("2026-02-15T00:00:00Z")


def reservations(postgres: Server) -> set[str]:
    """Those that the warehouse has."""
    found: list[str] = json.loads(
        postgres.ask('select json_agg("Id") from mews.reservations')
    )
    return {*found}


def test_a_backfill_brings_a_period_of_a_property_and_leaves_the_pipeline_alone(
    shipped: Project, postgres: Server, sandbox: Sandbox
) -> None:
    hour_ago = sandbox.clock.now() - timedelta(hours=1)
    changed = sandbox.new_row("Reservation", UpdatedUtc=utc_text(hour_ago))
    sandbox.put("Reservation", changed, updated=hour_ago)
    settle(sandbox)
    hotel = sandbox.enterprise_ids[1]
    definition = shipped.definition
    extractors = definition["plugins"]["extractors"]
    extractors[0] |= {
        "select": ["reservations.*", "payments.*"],
        "config": {"start_date": END.date().isoformat()},
    }
    rules = re.sub(r"- [0-9a-f-]{36}", f"- {hotel}", RULES)
    extractors += yaml.safe_load(rules)["plugins"]["extractors"]
    (shipped.folder / "meltano.yml").write_text(yaml.safe_dump(definition), "utf-8")
    shipped.meltano(*RUN)
    before, kept = reservations(postgres), bookmarks(shipped)
    missing = {
        row["Id"]
        for row in sandbox.rows("Reservation", [hotel])
        if START <= moment(row["UpdatedUtc"]) <= END
    }
    assert missing - before

    shipped.shell("bash", "-euc", BACKFILL)

    assert reservations(postgres) == before | missing
    assert bookmarks(shipped) == kept
    assert sorted(shipped.meltano("state", "list").split()) == [
        "dev:tap-mews--backfill-to-target-postgres:2026-02",
        "dev:tap-mews-to-target-postgres",
    ]

    # as a backfill leaves it that has read the row before it changed
    where = f"""where "Id" = '{changed["Id"]}'"""
    postgres.ask(f"""update mews.reservations set "State" = 'older' {where}""")
    shipped.shell("bash", "-euc", NEXT_RUN)
    state = postgres.ask(f'select "State" from mews.reservations {where}')
    assert state == changed["State"]
