"""How far a run is, on a real terminal, and only there."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import threading
from contextlib import closing, contextmanager, suppress
from itertools import count
from typing import TYPE_CHECKING

import pytest

from sandbox.processes import running
from tests.harness import Json, moment, run_process, select
from tests.pages_harness import Where, interval, make_old

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call
    from sandbox.journal import Request

pytestmark = pytest.mark.days(8)

LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| [A-Z]+ +\| [\w.-]+ +\| \S.*"
)
"""A whole log line."""

WAITING = r"waiting [1-9]\d* s"
"""What the display says of an export that takes longer than a second."""

COLUMNS = 80
OPTIONS = ("--config", "config.json", "--catalog", "catalog.json")

LOOKS = 3
"""At an export; the display would have been there between them."""

SECONDS = 30.0
"""Time in which all that is waited for must have come."""


class Terminal:
    """A terminal that keeps what is written to it.

    Attributes:
        descriptor: What a process writes to.
    """

    def __init__(self) -> None:
        self._own, self.descriptor = pty.openpty()
        size = struct.pack("HHHH", 50, COLUMNS, 0, 0)
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, size)
        self._written = b""
        self._changed = threading.Condition()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    @property
    def written(self) -> str:
        """All that has been written."""
        return self._written.decode(errors="replace")  # a sign may be on its way

    @property
    def frames(self) -> list[str]:
        """What stood in a line at some time, log lines included."""
        parts = (each.strip() for each in re.split(r"[\r\n]+", self.written))
        return [each for each in parts if each]

    @property
    def screen(self) -> list[str]:
        """The lines that can be seen, the one with the cursor last."""
        assert "\x1b" not in self.written
        lines, column = [""], 0
        for char in self.written:
            if char == "\r":
                column = 0
            elif char == "\n":
                lines.append("")
            else:
                line = lines[-1].ljust(column)
                lines[-1] = line[:column] + char + line[column + 1 :]
                column += 1
        return [line.rstrip() for line in lines]

    def wait_for(self, pattern: str) -> None:
        """Wait until what matches a pattern has been written."""
        with self._changed:
            came = self._changed.wait_for(
                lambda: re.search(pattern, self.written), SECONDS
            )
        assert came, self.written

    def close(self) -> None:
        """Let go of it, when all that was written has been read."""
        os.close(self.descriptor)
        self._reader.join()
        os.close(self._own)

    def _read(self) -> None:
        with suppress(OSError):  # how the end of a terminal is told
            while data := os.read(self._own, 1 << 16):
                with self._changed:
                    self._written += data
                    self._changed.notify_all()


class Watched:
    """A run whose standard error is a terminal."""

    def __init__(self, process: subprocess.Popen[bytes], terminal: Terminal) -> None:
        self.process = process
        self.terminal = terminal
        self.output = b""

    def end(self) -> int:
        """Wait for the end, and give the exit code."""
        self.output, _ = self.process.communicate(timeout=SECONDS)
        return self.process.returncode


@contextmanager
def watched(
    folder: Path,
    config: Json,
    *streams: str,
    term: str = "xterm",
    output: int = subprocess.PIPE,
) -> Iterator[Watched]:
    """Run the tap; the terminal is read to its end when the block has ended."""
    for name, content in (("config", config), ("catalog", select(*streams))):
        (folder / f"{name}.json").write_text(json.dumps(content), "utf-8")
    with (
        closing(Terminal()) as terminal,
        running(
            [sys.executable, "-m", "tap_mews", *OPTIONS],
            end_with=signal.SIGKILL,
            cwd=folder,
            env={**os.environ, "TERM": term},
            stdin=subprocess.DEVNULL,
            stdout=terminal.descriptor if output == pty.STDERR_FILENO else output,
            stderr=terminal.descriptor,
        ) as process,
    ):
        yield Watched(process, terminal)
        if process.poll() is None:
            process.communicate(timeout=SECONDS)


def exports_of(sandbox: Sandbox) -> Json:
    """Settings of a run that waits for an export of bills, which does not end."""
    sandbox.exports.force_status["Bill"] = "Processing"
    return sandbox.config(extraction="exports")


def go_on(sandbox: Sandbox) -> None:
    """Let exports of bills end."""
    del sandbox.exports.force_status["Bill"]


@contextmanager
def waiting(sandbox: Sandbox, folder: Path) -> Iterator[Watched]:
    """Run the tap until the terminal shows that it waits for an export of bills."""
    with watched(folder, exports_of(sandbox), "bills") as run:
        run.terminal.wait_for(WAITING)
        yield run


def lines_of_log(terminal: Terminal) -> list[str]:
    """The screen, of which each line must be a whole log line."""
    *lines, last = terminal.screen
    assert last == ""
    assert lines
    assert [line for line in lines if not LINE.fullmatch(line)] == []
    return lines


def test_a_terminal_shows_what_is_waited_for_and_for_how_long(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    """All of it, even with the longest name of those that are exported."""
    stream, status = "availability_adjustments", sandbox.exports.force_status
    status["AvailabilityAdjustment"] = "Processing"
    config = sandbox.config(extraction="exports")
    with watched(tmp_path, config, stream) as run:
        run.terminal.wait_for(f"{WAITING}, Processing")
        status.clear()
    form = rf"{stream}: \|.+\| 0/1 windows, \d\d:\d\d, {WAITING}, Processing"
    assert any(re.fullmatch(form, each) for each in run.terminal.frames)


@pytest.mark.days(30)
def test_a_terminal_shows_windows_and_rows(sandbox: Sandbox, tmp_path: Path) -> None:
    make_old(sandbox)
    start, seen = "2026-01-20", threading.Event()

    def is_of_the_second_window(request: Request) -> bool:
        is_probe = request.body["Limitation"]["Count"] == 1
        return not is_probe and interval(request)[0] > moment(start)

    def answer_when_seen(call: Call) -> Reply:
        assert seen.wait(SECONDS)
        return call.carry_out()

    fault = Where(sandbox, is_of_the_second_window, answer_when_seen)
    sandbox.faults.add("orderItems/getAll", fault, times=None)
    config = sandbox.config(start_date=start, extraction="pages")
    with watched(tmp_path, config, "order_items", output=subprocess.DEVNULL) as run:
        run.terminal.wait_for(
            r"order_items: .* 1/2 windows, \d\d:\d\d, [1-9][\d,]* rows"
        )
        seen.set()
        assert run.end() == 0


def test_what_is_seen_at_the_end_are_whole_log_lines(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with waiting(sandbox, tmp_path) as run:
        go_on(sandbox)
        assert run.end() == 0
    assert "(total, with lookups)" in "\n".join(lines_of_log(run.terminal))


def test_standard_output_carries_messages_alone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with waiting(sandbox, tmp_path) as run:
        go_on(sandbox)
        assert run.end() == 0
    kinds = {json.loads(line)["type"] for line in run.output.splitlines()}
    assert kinds == {"SCHEMA", "RECORD", "STATE"}


@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_a_stopped_run_leaves_the_terminal_clean(
    sandbox: Sandbox, tmp_path: Path, signum: signal.Signals
) -> None:
    with waiting(sandbox, tmp_path) as run:
        run.process.send_signal(signum)
        assert run.end() == 128 + signum
    assert "Stopped by signal" in "\n".join(lines_of_log(run.terminal))


def test_a_failed_run_leaves_the_terminal_clean(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with waiting(sandbox, tmp_path) as run:
        sandbox.access.revoke("exports/getAll")
        assert run.end() == 1
    assert "| ERROR " in lines_of_log(run.terminal)[-1]


def test_nothing_is_shown_where_a_line_cannot_be_changed(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with watched(tmp_path, sandbox.config(), "bills", term="dumb") as run:
        assert run.end() == 0
    assert all(map(LINE.fullmatch, run.terminal.frames))


def test_nothing_is_shown_between_records_on_the_same_terminal(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    looks = count(1)

    def look(call: Call) -> Reply:
        if next(looks) == LOOKS:
            go_on(sandbox)
        return call.carry_out()

    config = exports_of(sandbox)
    sandbox.faults.add("exports/getAll", look, times=None)
    with watched(tmp_path, config, "bills", output=pty.STDERR_FILENO) as run:
        assert run.end() == 0
    assert "windows," not in run.terminal.written


def test_a_pipe_gets_whole_log_lines_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(select("bills")), "utf-8")
    config = sandbox.config()
    done = run_process(*OPTIONS[2:], folder=tmp_path, config=config)
    assert done.returncode == 0
    assert all(map(LINE.fullmatch, done.stderr.split("\n")[:-1]))
