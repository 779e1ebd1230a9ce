"""A line on a terminal that shows how far a run is."""

from __future__ import annotations

import logging
import os
import sys
import threading
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, NoReturn, TextIO

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tqdm import tqdm

    from tap_mews.metrics.record import RunRecord

REFRESH_SECONDS = 0.25

PATIENCE_SECONDS = 1.0
"""How long an end waits for a terminal that takes nothing."""

FORMAT = "{desc}: |{bar}| {n_fmt}/{total_fmt} windows, {elapsed}{postfix}"
"""All but the bar fits 80 columns; the bar has the rest of the line."""


@contextmanager
def progress_bar(record: RunRecord) -> Iterator[None]:
    """Show what is read or waited for within the block, if a terminal can show it.

    A thread looks at the record some times a second, so reading pays nothing for it.
    Log lines go above the line, which goes away at the end, however that comes.
    """
    if not _can_show():
        yield
        return
    from tqdm import tqdm  # noqa: PLC0415 - few runs have a terminal
    from tqdm.contrib import DummyTqdmFile  # noqa: PLC0415

    tqdm.monitor_interval = 0  # its thread helps those who count by themselves
    tqdm.set_lock(threading.RLock())
    over = threading.Event()
    thread = threading.Thread(
        target=_refresh, args=(record, over), name="tap-mews-progress", daemon=True
    )
    handlers, above = _handlers_of(sys.stderr), DummyTqdmFile(sys.stderr)
    for handler in handlers:
        handler.setStream(above)  # type: ignore[arg-type]
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join(PATIENCE_SECONDS)
        for handler in handlers:
            handler.setStream(sys.stderr)


def _can_show() -> bool:
    """Whether standard error is a terminal that can go back to the start of a line.

    Records that go to the terminal as well would tear the line apart.
    """
    return (
        sys.stderr is not None
        and sys.stderr.isatty()
        and not (sys.stdout is not None and sys.stdout.isatty())
        and os.environ.get("TERM") != "dumb"
    )


def _refresh(record: RunRecord, over: threading.Event) -> None:
    """Keep the line current until all is over, then take it away."""
    from tqdm import tqdm  # noqa: PLC0415 - as above

    bar: tqdm[NoReturn] | None = None
    with ExitStack() as shown:
        while not over.wait(REFRESH_SECONDS):
            stream = record.reading
            if stream is None:
                continue
            if bar is None or bar.desc != stream.name:
                shown.close()
                bar = tqdm(
                    desc=stream.name,
                    file=sys.stderr,
                    bar_format=FORMAT,
                    leave=False,
                    dynamic_ncols=True,
                )
                shown.enter_context(bar)
            text = f"{stream.rows:,} rows"
            if awaited := stream.awaited:
                what, since = awaited
                text = f"waiting {record.clock.monotonic() - since:.0f} s, {what}"
            bar.n, bar.total = stream.windows_done, stream.windows_known or None
            bar.set_postfix_str(text)


def _handlers_of(stream: TextIO) -> set[logging.StreamHandler[TextIO]]:
    """The handlers that write to a stream, of whichever logger."""
    names = [None, *logging.root.manager.loggerDict]  # None is the root
    return {
        handler
        for name in names
        for handler in logging.getLogger(name).handlers
        if isinstance(handler, logging.StreamHandler) and handler.stream is stream
    }
