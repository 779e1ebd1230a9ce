"""What docs/upgrading.md says of an update from 0.1, and docs/state.md of both ways."""

from __future__ import annotations

import io
import json
import re
import subprocess
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tap_mews.tap import TapMews
from tap_mews.timestamps import format_moment
from tests.export_harness import truth
from tests.harness import (
    FastClock,
    Json,
    Result,
    records_by_id,
    run_process,
    select,
    sync,
)

if TYPE_CHECKING:
    from sandbox import Sandbox

CHECKOUT = Path(__file__).parents[1]
NOTE = (CHECKOUT / "docs" / "upgrading.md").read_text("utf-8")
LAST_OF_0_1 = "1b1f1c08af1c096f632e8ca95e4efdb209f93113"
"""The commit after which the package was taken apart."""
STREAMS_OF_0_1 = re.findall(
    r"`([a-z_]+)`", NOTE.partition("default selection:")[2].partition("Which new")[0]
)


def state_of_0_1(sandbox: Sandbox, moment: str) -> Json:
    """What 0.1 wrote: one bookmark a stream, or one for each property."""
    entry = {
        "replication_key": "UpdatedUtc",
        "replication_key_value": moment,
        "covers": sandbox.enterprise_ids,
        "joining": [],
        "exports": [],
        "start_date": None,
    }
    ids = sandbox.enterprise_ids
    bookmark = {"replication_key": "UpdatedUtc", "replication_key_value": moment}
    partitions = [{"context": {"EnterpriseId": each}, **bookmark} for each in ids]
    return {
        "bookmarks": {
            "bills": entry,
            "payments": {key: entry[key] for key in bookmark},
            "source_assignments": {"partitions": partitions},
        }
    }


@pytest.mark.parametrize("stream", ["bills", "payments", "source_assignments"])
def test_a_state_of_0_1_is_gone_on_from(sandbox: Sandbox, stream: str) -> None:
    """Nothing before the bookmark is read again, and everything after it is."""
    moment = sandbox.clock.now() - timedelta(days=10)
    result = sync(
        sandbox.config(),
        state=state_of_0_1(sandbox, format_moment(moment)),
        catalog=select(stream),
        clock=FastClock(sandbox),
    ).ok()
    updated = [record["UpdatedUtc"] for record in result.records[stream]]
    assert updated
    assert min(updated) >= format_moment(moment - timedelta(minutes=10))


def test_the_streams_of_0_1_are_selected_by_default() -> None:
    streams = TapMews(validate_config=False).streams
    assert len(STREAMS_OF_0_1) == 14
    for name in STREAMS_OF_0_1:
        assert streams[name].selected_by_default


@pytest.fixture(scope="module")
def package_of_0_1(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package as it was."""
    command = ["git", "archive", "--format=zip", LAST_OF_0_1, "tap_mews", "schemas"]
    found = subprocess.run(command, cwd=CHECKOUT, capture_output=True, check=False)
    if found.returncode:
        pytest.skip("0.1 is not in this checkout: it has no history, or not all of it")
    folder = tmp_path_factory.mktemp("package-of-0-1")
    with zipfile.ZipFile(io.BytesIO(found.stdout)) as archive:
        archive.extractall(folder)
    return folder


def run_0_1(
    package: Path, folder: Path, config: Json, state: Json, catalog: Json
) -> Result:
    """Run the first release in a process of its own, which must go well."""
    files = {"--state": state, "--catalog": catalog}
    arguments: list[str | Path] = []
    for option, content in files.items():
        path = folder / f"{option.strip('-')}.json"
        path.write_text(json.dumps(content), "utf-8")
        arguments += [option, path]
    env = {"PYTHONPATH": str(package)}
    done = run_process(*arguments, folder=folder, config=config, env=env)
    assert done.returncode == 0, done.stderr
    assert "a newer version of the tap may know it" in done.stderr  # as 0.1 told it
    return Result(lines=done.stdout.encode().splitlines())


@pytest.mark.parametrize("extraction", ["exports", "pages"])
def test_there_is_a_way_back_to_0_1_and_forth_again(
    sandbox_today: Sandbox, package_of_0_1: Path, tmp_path: Path, extraction: str
) -> None:
    """Neither loses a row or reads a stream again; `services` is unknown to 0.1."""
    sandbox, streams = sandbox_today, ("bills", "customers", "order_items", "services")
    config = sandbox.config(extraction=extraction)
    clock = FastClock(sandbox)
    first = sync(config, catalog=select(*streams), clock=clock).ok()

    sandbox.live_on(timedelta(hours=8))
    back = run_0_1(package_of_0_1, tmp_path, config, first.state, select(*streams[:-1]))
    assert len(back.records["order_items"]) < len(first.records["order_items"]) / 4
    sandbox.live_on(timedelta(hours=8))
    sandbox.clock.advance(timedelta(minutes=10))
    forth = sync(config, back.state, select(*streams), clock=clock).ok()
    assert len(forth.records["order_items"]) < len(first.records["order_items"]) / 4
    for stream in streams[:-1]:
        found = records_by_id(stream, first, back, forth)
        assert found.keys() == truth(sandbox, stream).keys()
        for key, row in truth(sandbox, stream).items():
            assert found[key]["UpdatedUtc"] == row["UpdatedUtc"]
