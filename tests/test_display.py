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
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from sandbox.processes import running
from tests.harness import Json, run_process, select

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox

LINE = re.compile(
    r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d,\d{3} \| [A-Z]+ +\| [\w.-]+ +\| \S.*"
)
"""A whole log line."""

WAITING = r"waiting [1-9]\d* s"
"""What the display says of an export that takes longer than a second."""

COLUMNS = 100
PIPE_BYTES = 1 << 15
"""A pipe that holds a schema, and not all rows, and that the tap leaves so."""
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
        if process.stdout is not None:
            fcntl.fcntl(process.stdout, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
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
    with watched(tmp_path, exports_of(sandbox), "bills") as run:
        run.terminal.wait_for(f"{WAITING} for export, Processing")
        go_on(sandbox)
    form = (
        rf"bills: \|.{{20}}\| 0/1 windows, 0 rows, {WAITING} for export, Processing.*"
    )
    assert any(re.fullmatch(form, each) for each in run.terminal.frames)


def test_a_terminal_shows_windows_and_rows(sandbox: Sandbox, tmp_path: Path) -> None:
    config = sandbox.config(start_date="2026-01-15", extraction="pages", page_size=10)
    with watched(tmp_path, config, "order_items") as run:
        # nobody reads the output, so the tap soon stands still, within a window
        run.terminal.wait_for("0 rows, 00:0[1-9]")
        assert run.end() == 0
    form = r"order_items: \|.{20}\| \d/[23] windows, [1-9]\d*0 rows, 00:0[1-9]"
    assert any(re.fullmatch(form, each) for each in run.terminal.frames)


def test_what_is_seen_at_the_end_are_whole_log_lines(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    with waiting(sandbox, tmp_path) as run:
        go_on(sandbox)
        assert run.end() == 0
    assert "bills: complete" in "\n".join(lines_of_log(run.terminal))


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
    with watched(
        tmp_path, exports_of(sandbox), "bills", output=pty.STDERR_FILENO
    ) as run:
        run.terminal.wait_for('"SCHEMA"')
        while len(sandbox.journal.requests("exports/getAll")) < LOOKS:
            assert run.process.poll() is None
            time.sleep(0.01)
        go_on(sandbox)
        assert run.end() == 0
    assert "windows," not in run.terminal.written


def test_a_pipe_gets_whole_log_lines_alone(sandbox: Sandbox, tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(select("bills")), "utf-8")
    config = sandbox.config()
    done = run_process(*OPTIONS[2:], folder=tmp_path, config=config)
    assert done.returncode == 0
    assert all(map(LINE.fullmatch, done.stderr.split("\n")[:-1]))


def test_a_run_without_a_terminal_does_not_load_what_shows_it(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    for name, content in (("config", sandbox.config()), ("catalog", select("bills"))):
        (tmp_path / f"{name}.json").write_text(json.dumps(content), "utf-8")
    program = "import atexit, sys; from tap_mews.tap import TapMews as tap; "
    program += (
        "atexit.register(lambda: print(*sys.modules, file=sys.stderr)); tap.cli()"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *OPTIONS],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = done.stderr.splitlines()[-1].split()
    assert "tap_mews.run" in loaded
    assert "tqdm" not in loaded
