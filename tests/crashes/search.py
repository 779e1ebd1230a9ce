"""Has hypothesis look for a history that loses a row."""

from __future__ import annotations

from os import environ
from typing import TYPE_CHECKING

from hypothesis import HealthCheck, Phase, given
from hypothesis import settings as sought

from tests.crashes.histories import History, play
from tests.crashes.strategies import histories

if TYPE_CHECKING:
    from tests.crashes.histories import Setting
    from tests.crashes.tally import Tally

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
    wanted = number()

    @sought(
        max_examples=wanted,
        # the usual ones are the same each time, so that a failure is the change's
        derandomize=wanted == HISTORIES,
        database=None,
        deadline=None,
        phases=[Phase.generate, Phase.shrink],
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(histories(stream, settings, apart=apart))
    def nothing_is_lost(history: History) -> None:
        play(history, tally)

    nothing_is_lost()
