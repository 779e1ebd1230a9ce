"""The pipeline of a data engineer: Meltano, this tap, and PostgreSQL, all real."""

from __future__ import annotations

import json
import re
import time
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
import yaml

from tap_mews.tap import TapMews
from tests.e2e import stores
from tests.e2e.project import CHECKOUT, SECONDS, SELECT
from tests.export_harness import ENTITIES, added
from tests.harness import Json, moment
from tests.pages_harness import settle

if TYPE_CHECKING:
    from pathlib import Path

    from benchmarks.postgres import Server
    from sandbox import Sandbox
    from tests.e2e.project import Project

RUN = ("run", "tap-mews", "target-postgres")
# Meltano takes a run that was killed for one that goes on
FORCED = ("run", "--force", *RUN[1:])
STATE = "dev:tap-mews-to-target-postgres"

LOOKBACK = timedelta(minutes=5)

DEFAULT = {each.name for each in TapMews(validate_config=False).selected_streams}
"""The streams that are read unless somebody says otherwise."""

LOT = "20"
"""Rows that the target stores at once: before the end of a run, if there are more."""


def account(postgres: Server, sandbox: Sandbox, *streams: str) -> None:
    """Compare each row by its key, and each value of it, with the hotels' own.

    Args:
        postgres: Where the rows are.
        sandbox: The hotels.
        streams: Which to compare; without any, all that tests compare.
    """
    rows = stores.truth(sandbox)
    compared = {stream: rows[stream] for stream in streams or rows}
    expected = stores.kept(compared, stores.as_column)
    assert stores.unlike(stores.in_postgres(postgres), expected) == []
    counts = ", ".join(
        f"'{stream}', (select count(*) from mews.{stream})" for stream in expected
    )
    assert json.loads(postgres.ask(f"select json_build_object({counts})")) == {
        stream: len(rows) for stream, rows in expected.items()
    }


def bookmarks(project: Project) -> dict[str, Json]:
    """What Meltano has kept of each stream."""
    state = json.loads(project.meltano("state", "get", STATE))
    found: dict[str, Json] = state["singer_state"]["bookmarks"]
    return found


def test_what_killed_runs_left_undone_is_done_from_the_state_before_them(
    project: Project, postgres: Server, sandbox: Sandbox
) -> None:
    settle(sandbox)
    project.env["TARGET_POSTGRES_BATCH_SIZE_ROWS"] = LOT
    # the run gets as far as that
    sandbox.exports.force_status["Payment"] = "Processing"
    with project.started(*RUN):
        until = time.monotonic() + SECONDS
        there: stores.Tables = {}
        while not there.get("order_items"):
            assert time.monotonic() < until
            time.sleep(0.2)
            there = stores.in_postgres(postgres)
    assert not there.get("payments")
    sandbox.exports.force_status.clear()
    del project.env["TARGET_POSTGRES_BATCH_SIZE_ROWS"]

    sandbox.live_on(timedelta(days=1))
    settle(sandbox)
    project.meltano(*FORCED)
    account(postgres, sandbox)

    since = moment(bookmarks(project)["payments"]["replication_key_value"]) - LOOKBACK
    sandbox.live_on(timedelta(days=1))
    settle(sandbox)
    project.env["TAP_MEWS_EXTRACTION"] = "exports"
    sandbox.exports.seconds = 300
    asked, payments = len(added(sandbox)), len(added(sandbox, "Payment"))
    with project.started(*FORCED):
        until = time.monotonic() + SECONDS
        while len(added(sandbox)) < asked + len(ENTITIES):
            assert time.monotonic() < until
            time.sleep(0.1)
    sandbox.exports.seconds = 0

    sandbox.clock.advance(timedelta(seconds=300))
    project.meltano(*FORCED)
    account(postgres, sandbox)
    windows = [
        body["Filters"]["UpdatedUtc"] for body in added(sandbox, "Payment")[payments:]
    ]
    assert {moment(each["StartUtc"]) for each in windows} == {since}


def test_config_test_begins_a_run_and_says_that_the_settings_are_valid(
    project: Project, sandbox: Sandbox
) -> None:
    assert "Plugin configuration is valid" in project.meltano(
        "config", "test", "tap-mews"
    )
    # the whole history of all streams: --test is lighter
    assert {body["EntityType"] for body in added(sandbox)} == {*ENTITIES.values()}
    assert not any("Filters" in body for body in added(sandbox, "Bill"))


def test_config_test_says_what_is_wrong(project: Project) -> None:
    project.meltano(
        "config", "test", "tap-mews", code=1, env={"TAP_MEWS_PAGE_SIZE": "0"}
    )
    assert "Wrong settings: page_size" in project.log


def test_only_what_is_selected_is_stored(
    shipped: Project, postgres: Server, sandbox: Sandbox
) -> None:
    settle(sandbox)
    shipped.env[SELECT] = json.dumps(["reservations.*", "!reservations.QrCodeData"])
    shipped.meltano(*RUN)

    stored = stores.in_postgres(postgres)
    expected = stores.kept(stores.truth(sandbox), stores.as_column)["reservations"]
    for row in expected.values():
        del row["QrCodeData"]
    assert stored.keys() == {"reservations"}
    assert stores.unlike(stored, {"reservations": expected}) == []
    assert not any("QrCodeData" in row for row in stored["reservations"].values())


def test_metadata_in_the_project_asks_for_full_tables_and_other_keys(
    project: Project, sandbox: Sandbox
) -> None:
    settle(sandbox)
    project.select("bills", "payments")
    definition = project.definition
    page, heading = "docs/streams.md", "Replication method and key"
    (metadata,) = blocks("yaml", page, heading)
    definition["plugins"]["extractors"][0] |= yaml.safe_load(metadata)
    (project.folder / "meltano.yml").write_text(yaml.safe_dump(definition), "utf-8")
    for _ in range(2):
        project.meltano("run", "tap-mews", "target-jsonl")
    messages = project.meltano("invoke", "tap-mews").splitlines()
    keys = {
        message["stream"]: message["key_properties"]
        for message in map(json.loads, messages)
        if message["type"] == "SCHEMA"
    }
    assert keys["payments"] == ["EnterpriseId", "Id"]
    for stream, times in (("bills", 2), ("payments", 1)):
        path = project.folder / "output" / f"{stream}.jsonl"
        expected = len(sandbox.lines(ENTITIES[stream]))
        assert len(path.read_bytes().splitlines()) == times * expected


# --- README.md, word for word ---


def blocks(
    language: str, page: str = "README.md", heading: str = "A minute with Meltano"
) -> list[str]:
    """The code blocks in a part of a page, if not that of README.md about Meltano."""
    text = (CHECKOUT / page).read_text("utf-8")
    section = text.partition(f"\n## {heading}\n")[2].partition("\n## ")[0]
    found = re.findall(rf"^```{language}\n(.*?)^```", section, re.MULTILINE | re.DOTALL)
    assert found
    return found


@pytest.fixture
def by_hand(shipped: Project, sandbox: Sandbox) -> Project:
    """The project, with tokens for a person to set."""
    for name in ("CLIENT_TOKEN", "ACCESS_TOKEN"):
        shipped.env[name] = shipped.env.pop(f"TAP_MEWS_{name}")
    settle(sandbox)
    return shipped


def test_the_first_commands_of_the_readme_bring_every_row(
    by_hand: Project, sandbox: Sandbox
) -> None:
    by_hand.shell("bash", "-euc", blocks("sh")[0])
    stored = stores.in_jsonl(by_hand.folder / "output")
    assert stores.unlike(stored, stores.truth(sandbox)) == []
    files = {path.stem for path in (by_hand.folder / "output").glob("*.jsonl")}
    assert {*stores.STREAMS, "accounting_categories", "countries"} <= files <= DEFAULT
    for token in (sandbox.client_token, sandbox.access_token):
        assert token in (by_hand.folder / ".env").read_text("utf-8")
        assert token not in (by_hand.folder / "meltano.yml").read_text("utf-8")


def test_the_commands_of_the_readme_bring_every_row_and_then_what_has_changed(
    project: Project, postgres: Server, sandbox: Sandbox
) -> None:
    settle(sandbox)
    for name, known in (
        ("DATABASE", "DATABASE"),
        ("DATABASE_USER", "USER"),
        ("DATABASE_PASSWORD", "PASSWORD"),
    ):
        project.env[name] = project.env.pop(f"TARGET_POSTGRES_{known}")
    told = project.shell("bash", "-euc", blocks("sh")[1])
    account(postgres, sandbox)
    kept = json.loads(told.splitlines()[-1])["singer_state"]["bookmarks"]
    assert postgres.password in (project.folder / ".env").read_text("utf-8")
    before = postgres.ask("select clock_timestamp() at time zone 'UTC'")

    sandbox.live_on(timedelta(days=2))
    settle(sandbox)
    project.meltano(*RUN)
    account(postgres, sandbox)

    hotels = stores.truth(sandbox)
    for stream in ENTITIES.keys() - {"ledger_entries"}:
        since = moment(kept[stream]["replication_key_value"]) - LOOKBACK
        moved = postgres.ask(
            f"""select coalesce(json_agg("Id"), '[]') from mews.{stream}
            where _sdc_extracted_at > '{before}'"""
        )
        assert {*json.loads(moved)} == {
            key
            for key, row in hotels[stream].items()
            if moment(row["UpdatedUtc"]) >= since
        }
    assert bookmarks(project).keys() >= stores.STREAMS.keys()


def test_the_definition_of_the_readme_is_a_project_of_ones_own(
    shipped: Project, sandbox: Sandbox, tmp_path: Path
) -> None:
    own = tmp_path / "own"
    shipped.meltano("init", str(own))
    (snippet,) = (text for text in blocks("yaml") if "plugins:" in text)
    snippet = snippet.replace("pip_url: ../tap-mews", f"pip_url: -e {shipped.folder}")
    # undeclared, so the environment cannot set it
    snippet = snippet.replace("config:\n", f"config:\n      api_url: {sandbox.url}\n")
    with (own / "meltano.yml").open("a", encoding="utf-8") as file:
        file.write(snippet)
    settle(sandbox)
    shipped.meltano("--cwd", str(own), "invoke", "tap-mews", "--test")
    assert sandbox.journal.requests()
