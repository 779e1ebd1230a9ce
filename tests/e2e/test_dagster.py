"""examples/dagster with real parts: Dagster's daemon, Meltano and PostgreSQL.

What happens is let happen once and looked at from several sides: the first property is
synced alone, the hotels live on, then all are synced: a group of two properties in one
run, and one with a wrong token.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from tests.e2e import stores
from tests.e2e.project import EXAMPLE_BINARIES, Project
from tests.e2e.test_meltano import LOOKBACK, account
from tests.export_harness import ENTITIES
from tests.harness import Json, moment
from tests.pages_harness import settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from benchmarks.postgres import Server

DEFINITIONS = "mews_properties.py"
RUNS = Path(__file__).with_name("dagster_runs.py")
FIRST, SECOND, WRONG = (
    f"tap-mews--{name}" for name in ("amsterdam", "danube", "prague")
)
AT_A_TIME = 2


class Dagster:
    """The example, in which Dagster runs Meltano."""

    def __init__(self, folder: Path, sandbox: Sandbox, server: Server) -> None:
        """Copy and install it as its page says, with fewer runs at a time."""
        self.project = Project(folder, "examples/dagster", EXAMPLE_BINARIES)
        self._set("dagster.yaml", "default_limit: 4", f"default_limit: {AT_A_TIME}")
        # no test waits for a minute
        self._set(DEFINITIONS, "max_retries=2, delay=60", "max_retries=1, delay=0")
        tokens = map(sandbox.access.single_property, sandbox.enterprise_ids)
        self.project.env |= {
            "DAGSTER_HOME": str(self.project.folder),
            "MEWS_CLIENT_TOKEN": sandbox.client_token,
            "MEWS_ACCESS_TOKEN_AMSTERDAM": next(tokens),
            "MEWS_ACCESS_TOKENS_DANUBE": json.dumps(
                {"Budapest": next(tokens), "Vienna": next(tokens)}
            ),
            "MEWS_ACCESS_TOKEN_PRAGUE": "wrong",
            "PYTHONPATH": str(self.project.folder),
            "TAP_MEWS_API_URL": sandbox.url,
        }
        self.project.load_into(server)
        self.project.select(*stores.STREAMS)
        self.project.install()

    def _set(self, file: str, what: str, instead: str) -> None:
        path = self.project.folder / file
        text = path.read_text("utf-8")
        assert what in text
        path.write_text(text.replace(what, instead), "utf-8")

    def queue(self, *which: str) -> None:
        """Ask for runs, as the page of the asset does, of some properties or of all."""
        asked = ("--partitions", ",".join(which)) if which else ("--all", "yes")
        self.project.shell(
            "dagster", "job", "backfill", "-f", DEFINITIONS, "-j", "sync_property",
            "--noprompt", *asked,
        )  # fmt: skip

    def known(self, *arguments: str) -> Json:
        """What it knows of runs, and what its schedule asks for."""
        answer = self.project.shell("python", str(RUNS), *arguments)
        found: Json = json.loads(answer.splitlines()[-1])
        return found


@dataclass
class History:
    """What has happened, in the order in which it did.

    Attributes:
        due: The properties that the schedule asks for while the first is queued.
        bookmarks: Of the first property, after its first run.
        loaded: When that had ended, by the clock of PostgreSQL.
        runs: All runs of all, after that.
        states: The names of all states.
    """

    sandbox: Sandbox
    server: Server
    due: list[str]
    bookmarks: Json
    loaded: str
    runs: list[Json]
    states: list[str]


@pytest.fixture(scope="module")
def history(
    tmp_path_factory: pytest.TempPathFactory, server: Server
) -> Iterator[History]:
    """Let it happen."""
    if not (EXAMPLE_BINARIES / "dagster").exists():
        pytest.fail("Dagster is not installed here; run: make examples")
    with Sandbox(properties=3, days=20, reservations_per_day=1) as sandbox:
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        dagster = Dagster(tmp_path_factory.mktemp("dagster") / "x", sandbox, server)
        dagster.queue(FIRST)
        due = dagster.known()["due"]
        with dagster.project.started(
            "run", "-f", DEFINITIONS, program="dagster-daemon"
        ):
            dagster.known("wait")
            state = dagster.project.meltano("state", "get", state_of(FIRST))
            loaded = server.ask("select clock_timestamp() at time zone 'UTC'")
            sandbox.live_on(timedelta(days=2))
            settle(sandbox)
            dagster.queue()
            runs = dagster.known("wait")["runs"]
        states = dagster.project.meltano("state", "list").split()
        bookmarks = json.loads(state)["singer_state"]["bookmarks"]
        yield History(sandbox, server, due, bookmarks, loaded, runs, states)
        refused = {each.breach for each in sandbox.journal.breaches}
        assert refused == {"401 Cannot perform operation or session has expired."}
    server.ask("drop schema if exists mews cascade")


def state_of(extractor: str) -> str:
    """The name of a property's state."""
    return f"prod:{extractor}-to-target-postgres"


def test_every_row_of_the_properties_with_a_token_is_accounted_for(
    history: History,
) -> None:
    account(history.server, history.sandbox)


def test_the_second_run_of_a_property_moves_what_changed(history: History) -> None:
    hotel = history.sandbox.enterprise_ids[0]
    for stream in ENTITIES.keys() - {"ledger_entries"}:
        own = {
            row["Id"]: moment(row["UpdatedUtc"])
            for row in history.sandbox.rows(ENTITIES[stream], [hotel])
        }
        moved = history.server.ask(
            f"""select coalesce(json_agg("Id"), '[]') from mews.{stream}
            where _sdc_extracted_at > '{history.loaded}'"""
        )
        since = moment(history.bookmarks[stream]["replication_key_value"]) - LOOKBACK
        changed = {key for key, updated in own.items() if updated >= since}
        assert own.keys() & json.loads(moved) == changed
    assert history.bookmarks.keys() >= stores.STREAMS.keys()


def test_each_property_has_its_own_state(history: History) -> None:
    assert sorted(history.states) == [state_of(FIRST), state_of(SECOND)]


def test_a_wrong_token_fails_its_own_property_alone(history: History) -> None:
    ended = sorted((run["property"], run["status"]) for run in history.runs)
    assert ended == [
        (FIRST, "SUCCESS"), (FIRST, "SUCCESS"), (SECOND, "SUCCESS"), (WRONG, "FAILURE"),
    ]  # fmt: skip


def test_a_failure_is_tried_again_and_names_property_and_cause(
    history: History,
) -> None:
    (run,) = (run for run in history.runs if run["property"] == WRONG)
    first, last = run["failures"]
    for error in (first, last):
        assert f"{WRONG} has failed" in error
        assert "session has expired" in error


def test_as_many_runs_go_on_at_once_as_the_pool_has_room_for(history: History) -> None:
    runs = [(run["started"], run["ended"]) for run in history.runs]
    at_once = [sum(s <= start < e for s, e in runs) for start, _ in runs]
    assert max(at_once) == AT_A_TIME


def test_the_schedule_asks_for_the_properties_that_have_no_run(
    history: History,
) -> None:
    assert history.due == [SECOND, WRONG]
