"""A period of one property, read with a second file of settings and no state."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from tests.harness import command, moment, select
from tests.pages_harness import settle

if TYPE_CHECKING:
    from sandbox import Sandbox

PAGE = (Path(__file__).parents[1] / "docs" / "state.md").read_text("utf-8")
SECTION = PAGE.partition("\n## Backfill beside the pipeline\n")[2].partition("\n## ")[0]


def test_the_period_and_the_property_of_the_recipe_bound_what_is_read(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    settle(sandbox)
    (rules,) = re.findall(r"^```yaml\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL)
    (extractor,) = yaml.safe_load(rules)["plugins"]["extractors"]
    hotel = sandbox.enterprise_ids[0]
    backfill = extractor["config"] | {"enterprise_ids": [hotel]}
    (line,) = re.findall(r"^tap/bin/tap-mews (.*?) \\$", SECTION, re.MULTILINE)
    for name, content in (
        ("config.json", sandbox.config()),
        ("backfill.json", backfill),
        ("chosen.json", select("reservations")),
    ):
        (tmp_path / name).write_text(json.dumps(content), "utf-8")
        line = line.replace(name, str(tmp_path / name))

    result = command(*line.split(" "))

    assert result.code == 0
    start, end = (moment(backfill[k]) for k in ("start_date", "end_date"))
    assert {row["Id"] for row in result.records["reservations"]} == {
        row["Id"]
        for row in sandbox.rows("Reservation", [hotel])
        if start <= moment(row["UpdatedUtc"]) <= end
    }
    assert moment(result.bookmark("reservations")["replication_key_value"]) == end
