"""Runs the tap as a user would, and keeps all that comes out of it."""

from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import threading
from collections import defaultdict
from contextlib import contextmanager, redirect_stdout
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from functools import cache, cached_property
from os import environ
from typing import TYPE_CHECKING, Any, TypeAlias

from sandbox.clock import parse_utc
from tap_mews.clock import Clock
from tap_mews.errors import TapMewsError
from tap_mews.reading.state_form import expanded
from tap_mews.tap import TapMews

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime
    from pathlib import Path

    from sandbox import Sandbox

Json: TypeAlias = dict[str, Any]


SERVING: dict[str, Sandbox] = {}
"""By address, the sandboxes that serve at the moment."""


class FastClock(Clock):
    """Time that passes only in pauses, which are over at once.

    The sandbox's time moves along with it, so links and jobs age as they should.
    """

    def __init__(
        self, sandbox: Sandbox | None = None, wrong: timedelta = timedelta()
    ) -> None:
        """Start at zero.

        Args:
            sandbox: Whose clock is to be moved by each pause.
            wrong: By how much the time of day of this machine is ahead of the sandbox.
        """
        self.pauses: list[float] = []
        self._now = 0.0
        self._sandbox = sandbox
        self._wrong = wrong
        self._plans: list[tuple[float, Callable[[], object]]] = []
        self._lock = threading.RLock()

    def now(self) -> datetime:
        """What this machine takes for the time of day."""
        sandbox = self._sandbox or next(reversed(SERVING.values()), None)
        right = sandbox.clock.now() if sandbox else super().now()
        return right + self._wrong

    def monotonic(self) -> float:
        """Seconds of all pauses so far."""
        return self._now

    def sleep(self, seconds: float) -> None:
        """Let time pass, and all that was planned for it happen."""
        with self._lock:
            self.pauses.append(seconds)
            self.pass_time(seconds)

    def pass_time(self, seconds: float) -> None:
        """As `sleep`, for what takes time by itself."""
        with self._lock:
            self._now += seconds
            if self._sandbox:
                self._sandbox.clock.advance(timedelta(seconds=seconds))
            due = [plan for plan in self._plans if plan[0] <= self._now]
            self._plans = [plan for plan in self._plans if plan not in due]
            for _, action in due:
                action()

    def after(self, seconds: float, action: Callable[[], object]) -> None:
        """Plan what is to happen so many seconds from now."""
        self._plans.append((self._now + seconds, action))


@dataclass
class Result:
    """What a run gave.

    Attributes:
        lines: Standard output, line by line.
        logs: All log lines, the exceptions that they show included.
        error: The expected failure that ended the run, if one did.
        code: The exit code, of a command.
    """

    lines: list[bytes] = field(default_factory=list)
    logs: list[str] = field(default_factory=list)
    error: TapMewsError | None = None
    code: int | None = None

    @cached_property
    def messages(self) -> list[Json]:
        """The Singer messages, with all digits."""
        return [json.loads(line, parse_float=Decimal) for line in self.lines]

    @cached_property
    def records(self) -> dict[str, list[Json]]:
        """The records of each stream, as they were emitted."""
        records: dict[str, list[Json]] = defaultdict(list)
        for message in self.messages:
            if message["type"] == "RECORD":
                records[message["stream"]].append(message["record"])
        return records

    @cached_property
    def states(self) -> list[Json]:
        """The values of the STATE messages."""
        return [each["value"] for each in self.messages if each["type"] == "STATE"]

    @property
    def state(self) -> Json:
        """What the target would keep."""
        return self.states[-1] if self.states else {}

    @property
    def long_state(self) -> Json:
        """The same as the tap works with it, and as 0.1 wrote it."""
        return deepcopy(expanded(self.state))

    def bookmark(self, stream: str) -> Json:
        """What the last state holds of a stream, as the tap works with it."""
        found: Json = self.long_state["bookmarks"][stream]
        return found

    @property
    def errors(self) -> list[str]:
        """The lines that tell of errors, without their level."""
        level = "ERROR "
        return [each.removeprefix(level) for each in self.logs if level in each[:6]]

    @property
    def log(self) -> str:
        """All log lines as one text."""
        return "\n".join(self.logs)

    def ok(self) -> Result:
        """The result itself, of a run that must not have failed."""
        if self.error is not None:
            raise self.error
        return self


def sync(
    config: Json,
    state: Json | None = None,
    catalog: Json | None = None,
    clock: Clock | None = None,
) -> Result:
    """Run the tap in this process.

    Args:
        config: Its settings.
        state: Where it is to go on; it is not changed.
        catalog: What it is to read.
        clock: The tap's time; one without pauses unless given.

    Returns:
        What came out, up to an expected failure. Any other failure is raised.
    """
    result = Result()
    with _captured(result):
        try:
            tap = _tap(clock)(
                config=config,
                state=_copy(state),
                catalog=_copy(catalog),
            )
            tap.sync_all()
        except TapMewsError as error:
            result.error = error
    return result


def command(*arguments: str | Path) -> Result:
    """Run the command line in this process; its exit code is in the result.

    Any failure that it does not turn into an exit code is raised.
    """
    result = Result()
    hook, clock = sys.excepthook, TapMews.clock
    TapMews.clock = FastClock()
    with _captured(result):
        try:
            TapMews.get_singer_command().main([str(each) for each in arguments])
        except SystemExit as end:
            result.code = int(end.code or 0)
        finally:
            sys.excepthook, TapMews.clock = hook, clock
    return result


def dry_run(
    config: Json, clock: Clock | None = None, catalog: Json | None = None
) -> Result:
    """Run the tap in this process as `--test` does."""
    result = Result()
    with _captured(result):
        try:
            tap = _tap(clock)(config=config, catalog=_copy(catalog))
            tap.run_connection_test()
        except TapMewsError as error:
            result.error = error
    return result


@cache
def _discovered() -> dict[str, str]:
    """The entry of each stream, as JSON: that is the fastest to copy."""
    config = {"sensitive_streams": True}
    catalog: Json = TapMews(config=config, validate_config=False).catalog_dict
    return {each["stream"]: json.dumps(each) for each in catalog["streams"]}


def select(*streams: str) -> Json:
    """Give a catalog of only some streams, in the order of discovery.

    What a catalog does not have is not selected; leaving it out makes tests faster.
    """
    known = _discovered()
    assert known.keys() >= {*streams}
    entries = [json.loads(each) for name, each in known.items() if name in streams]
    for entry in entries:
        (itself,) = (each for each in entry["metadata"] if not each["breadcrumb"])
        itself["metadata"]["selected"] = True
    return {"streams": entries}


def run_process(
    *arguments: str | Path,
    folder: Path,
    config: Json | None = None,
    env: dict[str, str] | None = None,
    stdin: str | None = None,
) -> subprocess.CompletedProcess[str]:
    """Run `python -m tap_mews`.

    Args:
        arguments: What follows; `--config` is added where there is a config.
        folder: Where it runs.
        config: Settings to write to a file there.
        env: Environment variables to add.
        stdin: What it finds on standard input.
    """
    if config is not None:
        path = folder / "config.json"
        path.write_text(json.dumps(config), "utf-8")
        arguments = ("--config", path, *arguments)
    return subprocess.run(
        [sys.executable, "-m", "tap_mews", *arguments],
        cwd=folder,
        env={**environ, **(env or {})},
        input=stdin,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def records_by_id(stream: str, *results: Result) -> dict[str, Json]:
    """What a target holds after some runs: the latest record of each Id."""
    return {
        record["Id"]: record for result in results for record in result.records[stream]
    }


def moment(text: str) -> datetime:
    """Read a moment or a date of the API."""
    return parse_utc(text if "T" in text else f"{text}T00:00:00Z")


def _tap(of: Clock | None) -> type[TapMews]:
    class TestedTap(TapMews):
        clock = of or FastClock()

    return TestedTap


def _copy(value: Json | None) -> Json | None:
    return None if value is None else json.loads(json.dumps(value))


class Lines(logging.Handler):
    """Keeps the lines of a log, with their levels."""

    def __init__(self, lines: list[str]) -> None:
        super().__init__()
        self.lines = lines

    def emit(self, record: logging.LogRecord) -> None:
        self.lines.append(f"{record.levelname} {self.format(record)}")


# It tells of each property of the catalog that it is selected: hundreds of lines a run,
# which take longer than most runs. A process at the debug level shows them.
logging.getLogger("singer_sdk.singerlib.catalog").setLevel(logging.INFO)


@contextmanager
def _captured(result: Result) -> Iterator[None]:
    """Keep standard output and all logs, debug lines of libraries too."""
    root = logging.getLogger()
    level, handler = root.level, Lines(result.logs)
    output = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")
    root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        with redirect_stdout(output):
            yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        output.flush()
        result.lines += [line for line in output.buffer.getvalue().split(b"\n") if line]


LIMITED = """
import resource, runpy, sys
most = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
runpy.run_module("tap_mews", run_name="__main__", alter_sys=True)
"""


def run_limited(most: int, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the tap in a process whose disk is full when a file gets so long.

    Args:
        most: Bytes that a file may have.
        arguments: Of the command line.
    """
    return subprocess.run(
        [sys.executable, "-c", LIMITED, str(most), *arguments],
        # the measuring of coverage could not write its file either
        env={name: environ[name] for name in environ if not name.startswith("COV")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
