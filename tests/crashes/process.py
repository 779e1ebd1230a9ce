"""The tap as a process, which gets real signals while its output is read."""

from __future__ import annotations

import fcntl
import json
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import IO, TYPE_CHECKING

from sandbox.answers import Reply
from sandbox.processes import running
from tests.crashes.readable import Readable
from tests.harness import select

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.faults import Call
    from tests.crashes.target import Target
    from tests.harness import Json

KILL, TERM, INT = signal.SIGKILL, signal.SIGTERM, signal.SIGINT

EXIT_CODES = {KILL: -KILL, TERM: 128 + TERM, INT: 128 + INT}
"""What a process gives that was ended by a signal: not its own code, and its own."""

PIPE_BYTES = 4096
"""Little, so that the tap waits for its target and is hit in the middle of a write."""

PATIENCE = 50.0
"""Seconds until a process that does not end is a failure."""


@dataclass(frozen=True, repr=False)
class AfterLines(Readable):
    """A signal when the target has read so many lines.

    Attributes:
        number: How many.
        signal: Which one.
        reads_on: Whether the target reads what is in the pipe then.
    """

    number: int
    signal: signal.Signals = KILL
    reads_on: bool = False


@dataclass(frozen=True, repr=False)
class AtRequest(Readable):
    """A signal at a request; 1 is the first one.

    Attributes:
        operation: Of the API, or `files`.
        number: Which request.
        done: Whether it is carried out before; the answer does not arrive.
        half: Whether half of the answer arrives before.
        signal: Which one.
    """

    operation: str
    number: int = 1
    done: bool = False
    half: bool = False
    signal: signal.Signals = KILL


Shot = AfterLines | AtRequest


@dataclass
class TapProcess:
    """A run of the tap.

    Attributes:
        process: The process.
        errors: Where its standard error goes.
        lines: Lines that were read.
    """

    process: subprocess.Popen[bytes]
    errors: Path
    lines: int = 0

    @property
    def output(self) -> IO[bytes]:
        """The end of the pipe that a target reads."""
        assert self.process.stdout is not None
        return self.process.stdout

    @property
    def log(self) -> str:
        """Standard error so far."""
        return self.errors.read_text("utf-8")

    def read(self, target: Target, most: int | None = None) -> bytes:
        """Let a target read, to the end or so many lines.

        Returns:
            What follows the last whole line, at the end.
        """
        while most is None or self.lines < most:
            line = self.output.readline()
            if not line.endswith(b"\n"):
                return line
            target.take(line)
            self.lines += 1
        return b""

    def send(self, number: signal.Signals) -> None:
        """Send a signal, and see a killed process off."""
        self.process.send_signal(number)
        if number == KILL:
            self.process.wait()

    def end(self) -> int:
        """Wait until it ends, and give the exit code."""
        return self.process.wait(PATIENCE)


@contextmanager
def started(
    folder: Path, config: Json, streams: tuple[str, ...], state: Json | None
) -> Iterator[TapProcess]:
    """Start a run, and see to it that none is left behind."""
    folder.mkdir(exist_ok=True)
    files = {"config": config, "catalog": select(*streams), "state": state}
    arguments = []
    for name, content in files.items():
        if content is not None:
            path = folder / f"{name}.json"
            path.write_text(json.dumps(content), "utf-8")
            arguments += [f"--{name}", str(path)]
    errors = folder / "errors.log"
    with (
        errors.open("wb") as log,
        running(
            [sys.executable, "-m", "tap_mews", *arguments],
            end_with=KILL,
            stdout=subprocess.PIPE,
            stderr=log,
        ) as process,
    ):
        tap = TapProcess(process, errors)
        fcntl.fcntl(tap.output, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
        yield tap


@dataclass
class Hit:
    """A fault of the sandbox that sends a signal to the tap when a request comes."""

    shot: AtRequest
    victim: TapProcess
    struck: threading.Event = field(default_factory=threading.Event)

    def __call__(self, call: Call) -> Reply:
        """Answer as far as the shot says."""
        shot = self.shot
        if shot.half:
            reply = call.carry_out()
            threading.Timer(0.1, self._strike).start()
            # an eighth at once and another after each pause
            return replace(reply, drip=0.03, piece=max(1, len(reply.body) // 8))
        reply = call.carry_out() if shot.done else Reply(0)
        self._strike()
        return reply if shot.signal != KILL else Reply(0)

    def _strike(self) -> None:
        self.victim.send(self.shot.signal)
        self.struck.set()


def run_until(
    tap: TapProcess, sandbox: Sandbox, target: Target, shot: Shot | None
) -> bytes:
    """Let a target read until the tap ends, or until a shot has ended it.

    Returns:
        What follows the last whole line.
    """
    if isinstance(shot, AtRequest):
        hit = Hit(shot, tap)
        sandbox.faults.add(shot.operation, hit, after=shot.number - 1)
    elif shot is not None:
        tap.read(target, shot.number)
        tap.send(shot.signal)
        if not shot.reads_on:
            return b""
    return tap.read(target)
