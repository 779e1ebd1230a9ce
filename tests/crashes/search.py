"""Has hypothesis look for a history that loses a row."""

from __future__ import annotations

import warnings
from os import environ
from typing import TYPE_CHECKING, TypeVar

from hypothesis import HealthCheck, Phase, given, seed
from hypothesis import settings as sought
from hypothesis.errors import HypothesisDeprecationWarning

from tests.crashes.histories import play
from tests.crashes.strategies import histories

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from tests.crashes.histories import Setting
    from tests.crashes.tally import Tally

T = TypeVar("T")

HISTORIES = 3
"""How many of each stream a change is tried with."""

SETTING = "CRASH_HISTORIES"
"""Environment variable with another number; then each search makes up others."""


def number() -> int:
    """How many histories of each stream are wanted."""
    return int(environ.get(SETTING) or HISTORIES)


def search(stream: str, tally: Tally, *settings: Setting, apart: bool = False) -> None:
    """Play histories of a stream; a failing one is made as short as possible.

    Args:
        stream: Always selected, beside others.
        tally: Takes the numbers.
        settings: What all of them have set.
        apart: Whether each property has a token of its own.

    Raises:
        LostError: One of them loses a row, or moves a bookmark too far.
    """
    made_up = histories(stream, settings, apart=apart)
    play_all(made_up, lambda history: play(history, tally), number())


def play_all(
    made_up: SearchStrategy[T],
    play_one: Callable[[T], object],
    wanted: int,
    part: int | None = None,
) -> None:
    """Play histories; a failing one is made as short as possible.

    Args:
        made_up: Which ones there can be.
        play_one: Plays one, and judges.
        wanted: How many.
        part: Which of several searches for the same, if there are several.

    Raises:
        LostError: One of them loses a row, or moves a bookmark too far.
    """
    is_usual = number() == HISTORIES

    @sought(
        max_examples=wanted,
        # the usual ones are the same each time, so that a failure is the change's
        derandomize=is_usual,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(made_up)
    def nothing_is_lost(history: T) -> None:
        play_one(history)

    if is_usual and part is not None:
        nothing_is_lost = seed(part)(nothing_is_lost)
    with warnings.catch_warnings():
        # a thread of a run that was killed may take a number while one is made up
        of_random = "Do not use the `random` module inside strategies"
        warnings.filterwarnings("ignore", of_random, HypothesisDeprecationWarning)
        nothing_is_lost()
