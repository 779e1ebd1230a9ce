"""What docs/watching.md says to look for is what comes."""

from __future__ import annotations

import json
import logging
import re
import signal
import subprocess
import sys
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import Status
from sandbox.processes import running
from tap_mews.metrics.record import StreamRecord
from tap_mews.reading.reader import Slice, WindowRead
from tap_mews.reading.windows import Window
from tap_mews.run import Run
from tap_mews.settings import CONFIG, Settings
from tests.export_harness import added, show
from tests.harness import FastClock, Json, Result, moment, run_process, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)

CHECKOUT = Path(__file__).parents[1]
WATCHING = (CHECKOUT / "docs" / "watching.md").read_text("utf-8")
MESSAGES = {text for text in re.findall(r"`([^`\n]+)`", WATCHING) if "…" in text}
REPORT: Json = json.loads((CHECKOUT / "docs/report.schema.json").read_text("utf-8"))
OPTIONS = ("--config", "config.json", "--catalog", "catalog.json")

HALF_A_MINUTE, TEN_MINUTES = 30.0, 600.0


class Telling(FastClock):
    """A clock that knows when each line of a log came."""

    def __init__(self, sandbox: Sandbox | None = None) -> None:
        super().__init__(sandbox)
        self.told: list[tuple[float, str]] = []

    def watch(self, monkeypatch: pytest.MonkeyPatch) -> None:
        """Look at all lines from now on."""
        handle = logging.Logger.handle

        def telling(logger: logging.Logger, record: logging.LogRecord) -> None:
            if record.levelno >= logging.INFO:
                self.told.append((self._now, record.getMessage()))
            handle(logger, record)

        monkeypatch.setattr(logging.Logger, "handle", telling)

    def pauses_between(self, message: str) -> list[float]:
        """Seconds from each line with a message to the next one."""
        times = [at for at, text in self.told if message in text]
        return [later - at for at, later in pairwise(times)]


@pytest.fixture
def long_wait(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Telling:
    """The clock of a run whose export takes two hours."""
    clock = Telling(sandbox)
    clock.watch(monkeypatch)
    show(sandbox, clock, "Processing", 7200)
    return clock


def documented(message: str) -> re.Pattern[str]:
    """What a line of the log has if a message of the document is in it."""
    assert message in MESSAGES
    return re.compile(re.escape(message).replace("…", ".+"))


def told(result: Result, message: str) -> bool:
    """Whether a message of the document came."""
    return documented(message).search(result.log) is not None


def test_every_message_to_look_for_has_a_test_here() -> None:
    mine = Path(__file__).read_text("utf-8")
    assert MESSAGES
    assert not [each for each in MESSAGES if f'"{each}"' not in mine]


def test_a_stream_tells_of_its_records_every_half_minute(
    caplog: pytest.LogCaptureFixture,
) -> None:
    caplog.set_level("INFO")
    clock, now = FastClock(), datetime.now(timezone.utc)
    record = StreamRecord("bills", "property", clock, logging.getLogger("tap-mews"))
    window = Window(None, now)
    record.begin(WindowRead(Slice(None, now), window, iter(()), now, 1, 1, "pages"))
    for _ in range(12):
        clock.pass_time(HALF_A_MINUTE / 3)
        record.count(100)
    message = documented("… records so far")
    assert len([each for each in caplog.messages if message.search(each)]) == 4


def test_a_stream_tells_of_its_records_while_none_come(
    sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    clock, now = FastClock(), datetime.now(timezone.utc)
    settings = Settings.load(sandbox.config(), CONFIG)
    run = Run(settings, clock, lambda: None, lambda: None)
    record = StreamRecord("bills", "property", clock, logging.getLogger("tap-mews"))
    window = Window(None, now)
    record.begin(WindowRead(Slice(None, now), window, iter(()), now, 1, 1, "pages"))
    run.record.reading = record
    for _ in range(12):
        clock.pass_time(HALF_A_MINUTE / 3)
        run.tick()
    message = documented("… records so far")
    assert len([each for each in caplog.messages if message.search(each)]) == 4


def test_a_wait_for_an_export_is_told_by_the_longest_pause_and_half_a_minute(
    sandbox: Sandbox, long_wait: Telling
) -> None:
    result = sync(sandbox.config(), catalog=select("bills"), clock=long_wait).ok()
    assert told(result, "waiting for export …")
    pauses = long_wait.pauses_between("waiting for export")
    assert HALF_A_MINUTE < max(pauses) <= 60 + HALF_A_MINUTE


def test_a_run_that_lives_is_never_silent_for_ten_minutes(
    sandbox: Sandbox, long_wait: Telling
) -> None:
    sandbox.faults.add("exports/getAll", Status(503), times=3)
    sync(sandbox.config(), catalog=select("bills"), clock=long_wait).ok()
    assert max(long_wait.pauses_between("")) < TEN_MINUTES


def test_a_pause_before_another_try_is_announced(sandbox: Sandbox) -> None:
    sandbox.faults.add("exports/add", Status(503))
    result = sync(sandbox.config(), catalog=select("bills")).ok()
    assert told(result, "trying again in … s")


def test_a_bookmark_is_five_and_a_half_minutes_behind_the_start(
    sandbox: Sandbox,
) -> None:
    began = sandbox.clock.now()
    result = sync(sandbox.config(), catalog=select("bills")).ok()
    bookmark = moment(result.bookmark("bills")["replication_key_value"])
    assert abs(began - bookmark - timedelta(minutes=5.5)) < timedelta(seconds=10)


def test_the_bookmark_of_the_ledger_is_the_date_of_yesterday(
    sandbox: Sandbox,
) -> None:
    result = sync(sandbox.config(), catalog=select("ledger_entries")).ok()
    yesterday = sandbox.clock.now().date() - timedelta(days=1)
    bookmark = result.bookmark("ledger_entries")["replication_key_value"]
    assert bookmark == yesterday.isoformat()


def test_a_failed_run_ends_with_an_error_line_and_exit_code_one(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.access.revoke("exports/add")
    config = sandbox.config(extraction="exports")
    done = run_process(folder=tmp_path, config=config)
    assert done.returncode == 1
    assert "| ERROR " in done.stderr.splitlines()[-1]


@pytest.mark.parametrize(
    ("signum", "outcome"),
    [
        (signal.SIGINT, "stopped"),
        (signal.SIGTERM, "stopped"),
        (signal.SIGKILL, None),
    ],
)
def test_a_run_that_is_stopped_writes_a_report_unless_it_is_killed(
    sandbox: Sandbox, tmp_path: Path, signum: signal.Signals, outcome: str | None
) -> None:
    sandbox.exports.force_status["Bill"] = "Processing"
    report = tmp_path / "report.json"
    config = sandbox.config(report_path=str(report), extraction="exports")
    for name, content in (("config", config), ("catalog", select("bills"))):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), "utf-8")
    with running(
        [sys.executable, "-m", "tap_mews", *OPTIONS],
        end_with=signal.SIGKILL,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stderr is not None
        while not added(sandbox, "Bill"):
            assert process.stderr.readline()  # else it has ended
        process.send_signal(signum)
        process.communicate(timeout=30)
    stopped = signum != signal.SIGKILL
    assert process.returncode == (128 + signum if stopped else -signum)
    assert report.exists() == stopped
    if stopped:
        assert json.loads(report.read_text("utf-8"))["outcome"] == outcome


def test_what_to_look_at_in_the_report_is_in_its_form() -> None:
    table = WATCHING.partition("| Key | Meaning |")[2].partition("\n\n")[0]
    cells = [line.split(" | ")[0] for line in table.splitlines() if "`" in line]
    names = {name for cell in cells for name in re.findall(r"`(\w+)`", cell)}
    form = json.dumps(REPORT)
    assert names
    assert not [name for name in names if f'"{name}": ' not in form]


def test_every_outcome_is_documented() -> None:
    (line,) = (each for each in WATCHING.splitlines() if each.startswith("| `outcome`"))
    outcomes = REPORT["properties"]["outcome"]["enum"]
    assert {*re.findall(r"`(\w+)`", line)} == {"outcome", *outcomes}
