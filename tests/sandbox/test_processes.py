"""No process is left behind, whenever an interrupt comes."""

from __future__ import annotations

import os
import signal
import sys
import threading
from subprocess import PIPE, Popen
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import processes
from sandbox.processes import running

if TYPE_CHECKING:
    from collections.abc import Iterator

WAITING = "import time; print('up', flush=True); time.sleep(600)"
WAITS = [sys.executable, "-c", WAITING]
STAYS = [
    sys.executable,
    "-c",
    """
import signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("up", flush=True)
time.sleep(600)
""",
]
HAS_A_CHILD = [
    sys.executable,
    "-c",
    "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[1]])",
    WAITING,
]


@pytest.fixture(autouse=True)
def _as_python_handles_it() -> Iterator[None]:
    """Let SIGINT be what it is in a new process, whatever other tests left of it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    assert signal.signal(signal.SIGINT, before) is signal.default_int_handler


class InterruptedStart(Popen[Any]):
    """A process whose start is interrupted when it is there and nobody knows it."""

    started: list[InterruptedStart] = []  # noqa: RUF012 - emptied by the test

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401
        super().__init__(*arguments, **options)
        self.started.append(self)
        signal.raise_signal(signal.SIGINT)


class InterruptedWait(Popen[Any]):
    """A process whose end is interrupted while it is waited for."""

    def wait(self, timeout: float | None = None) -> int:
        signal.raise_signal(signal.SIGINT)
        return super().wait(timeout)


def test_an_interrupt_while_a_process_starts_ends_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(InterruptedStart, "started", [])
    monkeypatch.setattr(processes, "Popen", InterruptedStart)
    with pytest.raises(KeyboardInterrupt), running(WAITS):
        pytest.fail("the block was entered")
    (process,) = InterruptedStart.started
    assert process.returncode == -signal.SIGTERM


def test_an_interrupt_while_a_process_ends_does_not_leave_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(processes, "Popen", InterruptedWait)
    with pytest.raises(KeyboardInterrupt), running(WAITS) as process:
        pass
    assert process.returncode == -signal.SIGTERM


def test_a_process_that_does_not_end_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(processes, "PATIENCE", 0.01)
    with running(STAYS, stdout=PIPE) as process:
        assert process.stdout
        assert process.stdout.readline() == b"up\n"
    assert process.returncode == -signal.SIGKILL


def test_a_process_that_has_ended_keeps_its_exit_code() -> None:
    with running([sys.executable, "-c", "raise SystemExit(3)"]) as process:
        process.wait()
    assert process.returncode == 3


def test_a_group_ends_with_all_its_members() -> None:
    reader, writer = os.pipe()
    with os.fdopen(reader, "rb") as output:
        with running(HAS_A_CHILD, group=True, stdout=writer):
            os.close(writer)
            assert output.readline() == b"up\n"
        # a pipe ends when nobody is left who could write into it
        assert output.read() == b""


def test_other_threads_start_processes_too() -> None:
    codes: list[int | None] = []

    def run() -> None:
        with running(WAITS) as process:
            pass
        codes.append(process.returncode)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert codes == [-signal.SIGTERM]
