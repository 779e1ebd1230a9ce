"""Runs functions beside the one that needs what they give."""

from __future__ import annotations

import threading
from concurrent.futures import Future
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

T = TypeVar("T")


def in_background(function: Callable[[], T], name: str) -> Future[T]:
    """Run a function in a thread that does not outlive the process.

    The executors of the standard library wait for their threads when the process ends,
    and a request under way must not hold that up.

    Args:
        function: What to run.
        name: Of the thread.

    Returns:
        What the function returns or raises.
    """
    future: Future[T] = Future()

    def run() -> None:
        try:
            future.set_result(function())
        except BaseException as error:  # noqa: BLE001 - raised where it is waited for
            future.set_exception(error)

    threading.Thread(target=run, name=name, daemon=True).start()
    return future
