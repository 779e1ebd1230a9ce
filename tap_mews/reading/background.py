"""Runs functions beside the one that needs what they give."""

from __future__ import annotations

import threading
from concurrent.futures import Future, wait
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

T = TypeVar("T")
S = TypeVar("S")

MAX_THREADS = 64
"""For the calls of a function, however many there are."""

LOOK_SECONDS = 0.5
"""How often whoever waits looks after something else."""


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


def result_of(future: Future[T], meanwhile: Callable[[], None]) -> T:
    """What a function returns that runs in the background, once it has ended.

    Args:
        future: Of `in_background`.
        meanwhile: Called now and then until it has.

    Raises:
        BaseException: What the function raised.
    """
    while not wait([future], LOOK_SECONDS).done:
        meanwhile()
    return future.result()


def side_by_side(
    function: Callable[[S], T], arguments: Collection[S], name: str
) -> list[T]:
    """Call a function for each of some arguments, many at once.

    Args:
        function: What to call.
        arguments: One for each call; a single one is no matter for threads.
        name: Of the threads.

    Returns:
        What the calls return, in the order of the arguments.

    Raises:
        BaseException: What the first of the calls has raised that raised something,
            once all have ended.
    """
    if len(arguments) == 1:
        return [function(each) for each in arguments]
    calls = [(argument, Future[T]()) for argument in arguments]
    waiting = iter(calls)
    lock = threading.Lock()

    def work() -> None:
        while True:
            with lock:
                call = next(waiting, None)
            if call is None:
                return
            argument, future = call
            try:
                future.set_result(function(argument))
            except BaseException as error:  # noqa: BLE001 - raised below
                future.set_exception(error)

    for _ in range(min(len(calls), MAX_THREADS)):
        threading.Thread(target=work, name=name, daemon=True).start()
    wait([future for _, future in calls])
    return [future.result() for _, future in calls]
