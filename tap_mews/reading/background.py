"""Runs functions beside the one that needs what they give."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from functools import partial
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

T = TypeVar("T")
S = TypeVar("S")


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


def side_by_side(
    function: Callable[[S], T], arguments: Collection[S], name: str
) -> list[T]:
    """Call a function for each of some arguments, all at once.

    Args:
        function: What to call.
        arguments: One for each call; a single one is no matter for threads.
        name: Of the threads.

    Returns:
        What the calls return, in the order of the arguments.

    Raises:
        BaseException: What the first of them raised that did, once all have ended.
    """
    if len(arguments) == 1:
        return [function(each) for each in arguments]
    coming = [in_background(partial(function, each), name) for each in arguments]
    wait(coming)
    return [each.result() for each in coming]
