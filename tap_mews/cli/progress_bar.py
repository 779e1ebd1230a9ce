"""A line on a terminal that shows how far a run is."""

from __future__ import annotations

import logging
import os
import sys
import threading
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from types import TracebackType

    from tqdm import tqdm

    from tap_mews.streams.base import MewsStream
    from tap_mews.tap import TapMews

REFRESH_SECONDS = 0.25

PATIENCE_SECONDS = 1.0
"""How long an end waits for a terminal that takes nothing."""

FORMAT = "{desc}: |{bar:20}| {n_fmt}/{total_fmt} windows{postfix}, {elapsed}"


def can_show() -> bool:
    """Whether standard error is a terminal that can go back to the start of a line.

    Records that go to the terminal as well would tear the line apart.
    """
    return (
        sys.stderr is not None
        and sys.stderr.isatty()
        and not (sys.stdout is not None and sys.stdout.isatty())
        and os.environ.get("TERM") != "dumb"
    )


class Display:
    """Shows what is read or waited for, from what the run counts anyway.

    A thread looks some times a second, so reading pays nothing for it. Log lines go
    above the line, which goes away at the end, however that comes.
    """

    def __init__(self, tap: TapMews) -> None:
        """Show nothing yet.

        Args:
            tap: Whose run it is.
        """
        self._tap = tap
        self._bar: tqdm[NoReturn] | None = None
        self._over = threading.Event()
        self._thread = threading.Thread(
            target=self._refresh_on, name="tap-mews-display", daemon=True
        )
        self._handlers: list[logging.StreamHandler[TextIO]] = []

    def __enter__(self) -> None:
        """Lead log lines past the line, and begin to look."""
        from tqdm import tqdm  # noqa: PLC0415 - few runs have a terminal

        tqdm.monitor_interval = 0  # its thread helps those who count by themselves
        tqdm.set_lock(threading.RLock())
        self._handlers = _handlers_of(sys.stderr)
        above = _AboveTheLine(sys.stderr)
        for handler in self._handlers:
            handler.setStream(above)  # type: ignore[arg-type]
        self._thread.start()

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        """Leave the terminal as it was."""
        self._over.set()
        self._thread.join(PATIENCE_SECONDS)
        for handler in self._handlers:
            handler.setStream(sys.stderr)
        if self._bar is not None and not self._thread.is_alive():
            self._bar.close()

    def _refresh_on(self) -> None:
        while not self._over.wait(REFRESH_SECONDS):
            stream = self._tap.reading
            if stream is not None:
                self._show(stream)

    def _show(self, stream: MewsStream) -> None:
        from tqdm import tqdm  # noqa: PLC0415 - as above

        if self._bar is None or self._bar.desc != stream.name:
            if self._bar is not None:
                self._bar.close()
            self._bar = tqdm(
                desc=stream.name,
                file=sys.stderr,
                bar_format=FORMAT,
                leave=False,
                dynamic_ncols=True,
            )
        done, known = stream.progress.windows
        told = f"{stream.progress.records:,} rows"
        run = stream.run
        lane = run.exports.awaited
        if lane is not None:
            known = lane.cut
            now = run.clock.monotonic()
            what, since = lane.awaited(now)
            told += f", waiting {now - since:.0f} s for {what}"
        self._bar.n, self._bar.total = done, known or None
        self._bar.set_postfix_str(told, refresh=False)
        self._bar.refresh()


class _AboveTheLine:
    """What log handlers write to while the line is there."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        from tqdm import tqdm  # noqa: PLC0415 - as above

        with tqdm.external_write_mode(file=self._stream):
            self._stream.write(text)

    def flush(self) -> None:
        self._stream.flush()


def _handlers_of(stream: TextIO) -> list[logging.StreamHandler[TextIO]]:
    """The handlers that write to a stream, of whichever logger."""
    known = logging.root.manager.loggerDict.values()
    loggers = [
        logging.root,
        *(each for each in known if isinstance(each, logging.Logger)),
    ]
    handlers = {each: None for logger in loggers for each in logger.handlers}
    return [
        each
        for each in handlers
        if isinstance(each, logging.StreamHandler) and each.stream is stream
    ]
