"""Runs one side of a comparison: a process that writes to a pipe that is drained."""

from __future__ import annotations

import os
import re
import select
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from sandbox.processes import running

if TYPE_CHECKING:
    from collections.abc import Sequence

CHECKOUT = Path(__file__).parents[1]
PYTHON = sys.executable

READ_BYTES = 1 << 20
LOOK_SECONDS = 0.01
"""How often the process is looked at while it writes nothing."""

ENVIRONMENT = {
    **os.environ,
    "PYTHONPATH": str(CHECKOUT),
    # a proxy could not reach servers on this machine
    "NO_PROXY": "127.0.0.1",
    "no_proxy": "127.0.0.1",
}


class BenchmarkError(Exception):
    """A side did not do what it was to do, so there is nothing to compare."""


@dataclass
class Run:
    """What was seen of a process.

    Attributes:
        seconds: From its start to its end.
        began: Seconds to the first byte, which is a SCHEMA message.
        arrived: Seconds until the watched file was on disk.
        processor: Seconds of processor time.
        peak: Largest resident size in MB.
        lines: Lines that it wrote.
        size: Bytes that it wrote.
    """

    seconds: float = 0.0
    began: float = 0.0
    arrived: float = 0.0
    processor: float = 0.0
    peak: float = 0.0
    lines: int = 0
    size: int = 0

    @property
    def emitting(self) -> float:
        """Seconds in which rows were read from disk, checked and written."""
        return self.seconds - max(self.began, self.arrived)

    @property
    def reading(self) -> float:
        """Seconds from the SCHEMA message to the end, waiting and transfer included."""
        return self.seconds - self.began


@dataclass(frozen=True)
class Side:
    """A command to measure.

    Attributes:
        command: What to run.
        folder: Where; its messages go to `<name>.log` there.
        name: For messages.
        spool: Folder in which a file arrives before its rows are written.
        spooled: Bytes of that file.
        pause: Seconds that the reader of the pipe waits after each read.
        read_bytes: Bytes that the reader takes at once.
        environment: Variables to add.
    """

    command: Sequence[str | Path]
    folder: Path
    name: str = "side"
    spool: Path | None = None
    spooled: int = 0
    pause: float = 0.0
    read_bytes: int = READ_BYTES
    environment: dict[str, str] = field(default_factory=dict)

    def run(self, least_lines: int = 0, most_lines: int = sys.maxsize) -> Run:
        """Run it once.

        Args:
            least_lines: How many lines it must write.
            most_lines: How many it may write; with more, it has read rows twice.

        Raises:
            BenchmarkError: It failed, or wrote fewer or more lines.
        """
        run = Run()
        log = self.folder / f"{self.name}.log"
        start = time.monotonic()
        with (
            log.open("wb") as messages,
            running(
                self.command,
                cwd=self.folder,
                env=ENVIRONMENT | self.environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=messages,
            ) as process,
        ):
            self._drain(process, run, start)
            _, status, usage = os.wait4(process.pid, 0)
            run.seconds = time.monotonic() - start
            process.returncode = os.waitstatus_to_exitcode(status)
        run.processor = usage.ru_utime + usage.ru_stime
        is_right = least_lines <= run.lines <= most_lines
        if process.returncode or not is_right:
            told = log.read_text("utf-8", "replace")[-2000:]
            msg = f"{self.name}: exit {process.returncode}, {run.lines} lines\n{told}"
            raise BenchmarkError(msg)
        return run

    def _drain(self, process: subprocess.Popen[bytes], run: Run, start: float) -> None:
        """Read to the end of the pipe, and look at the process now and then."""
        assert process.stdout is not None  # noqa: S101 - it is a pipe
        looked = 0.0
        with process.stdout as pipe:
            descriptor = pipe.fileno()
            while True:
                ready, _, _ = select.select([descriptor], [], [], LOOK_SECONDS)
                now = time.monotonic()
                if now - looked >= LOOK_SECONDS:
                    looked = now
                    run.peak = max(run.peak, _peak(process.pid))
                    if not run.arrived and self._has_arrived(process.pid):
                        run.arrived = now - start
                if not ready:
                    continue
                data = os.read(descriptor, self.read_bytes)
                if not data:
                    return
                run.began = run.began or now - start
                run.size += len(data)
                run.lines += data.count(b"\n")
                if self.pause:
                    time.sleep(self.pause)

    def _has_arrived(self, pid: int) -> bool:
        """Whether the file is there; it has no name, but the process has it open."""
        if not self.spool:
            return False
        with suppress(OSError):  # the process has ended, or closed a file just now
            for file in Path(f"/proc/{pid}/fd").iterdir():
                if self.spool in file.readlink().parents:
                    return file.stat().st_size >= self.spooled
        return False


def _peak(pid: int) -> float:
    """Largest resident size so far in MB.

    Not `ru_maxrss`: that one counts what the parent had before the new program began.
    """
    try:
        status = Path(f"/proc/{pid}/status").read_text("ascii", "replace")
    except OSError:
        return 0.0
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    return int(found[1]) * 1024 / 1e6 if found else 0.0
