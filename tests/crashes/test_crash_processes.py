"""The tap is killed by signals of the system, and loses nothing."""

from __future__ import annotations

import signal
from typing import TYPE_CHECKING

import pytest

from tests.crashes.steps import Step
from tests.crashes.stories import STORIES, tell

if TYPE_CHECKING:
    from tests.crashes.tally import Tally

LEAST_KILLS = 30


@pytest.mark.slow
@pytest.mark.parametrize("name", STORIES)
def test_every_row_arrives_though_the_process_is_shot(name: str, tally: Tally) -> None:
    tell(STORIES[name], tally)


def test_there_are_enough_kills_to_prove_something() -> None:
    shots = [
        step
        for story in STORIES.values()
        for step in story.steps
        if not isinstance(step, Step)
    ]
    signals = [shot.signal for shot in shots]
    assert signals.count(signal.SIGKILL) >= LEAST_KILLS
