"""Processes that end with the block that starts them, for demo, tests, benchmarks."""

from __future__ import annotations

import os
import signal
import threading
from contextlib import ExitStack, contextmanager, suppress
from subprocess import Popen, TimeoutExpired
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from types import FrameType

PATIENCE = 20.0
"""Seconds that a process has to end after it was asked to, before it is killed."""


@contextmanager
def running(
    command: Sequence[str | os.PathLike[str]],
    *,
    end_with: signal.Signals = signal.SIGTERM,
    group: bool = False,
    **options: Any,  # noqa: ANN401 - those of Popen
) -> Iterator[Popen[Any]]:
    """Run a process, and see to it that it has ended when the block has.

    That holds however the block ends, also when an interrupt comes while the process
    is being started or ended.

    Args:
        command: What is run.
        end_with: The signal that ends it, if it still runs at the end of the block.
        group: Whether it gets a process group of its own, whose members all end.
        options: Further ones of `Popen`.

    Yields:
        The process.
    """
    with ExitStack() as stack:
        with _interrupts_held():
            process = Popen(command, start_new_session=group, **options)  # noqa: S603
            stack.enter_context(process)
            stack.callback(_end, process, end_with, group=group)
        yield process


@contextmanager
def _interrupts_held() -> Iterator[None]:
    """Hold SIGINT and SIGTERM back, and let them happen at the end of the block.

    They are recorded, not blocked: a process inherits what its parent blocks, and could
    not be terminated.
    """
    held: list[int] = []

    def hold(number: int, frame: FrameType | None) -> None:
        del frame
        held.append(number)

    try:
        with ExitStack() as handlers:
            # Python runs handlers in the main thread alone, and only there sets them.
            if threading.current_thread() is threading.main_thread():
                for number in (signal.SIGINT, signal.SIGTERM):
                    before = signal.signal(number, hold)
                    handlers.callback(signal.signal, number, before)
            yield
    finally:
        for recorded in held:
            signal.raise_signal(recorded)


def _end(process: Popen[Any], end_with: signal.Signals, *, group: bool) -> None:
    with _interrupts_held():
        _send(process, end_with, group=group)
        try:
            process.wait(PATIENCE)
        except TimeoutExpired:
            process.kill()
            process.wait()
        if group:
            _send(process, signal.SIGKILL, group=True)


def _send(process: Popen[Any], number: signal.Signals, *, group: bool) -> None:
    if not group:
        process.send_signal(number)
        return
    with suppress(ProcessLookupError):  # nobody is left
        os.killpg(process.pid, number)
