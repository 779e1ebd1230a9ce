"""The tap is killed at any moment, any number of times, and loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.crashes.histories import History, founded, play, world_of
from tests.crashes.mortal import (
    FILES,
    MESSAGE,
    PAUSE,
    AfterMessage,
    AtCall,
    AtPause,
    InFile,
    Kill,
)
from tests.crashes.search import HISTORIES, number, search
from tests.crashes.steps import LiveOn, Run
from tests.crashes.strategies import STREAMS
from tests.crashes.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPORTS = History(
    ("bills", "ledger_entries"), (), properties=1, days=6, start=6, window=3
)
PAGES = History(
    ("companionships", "source_assignments"),
    (),
    days=35,
    settings=(("page_size", 20), ("max_concurrency", 1)),
)
ENTITIES_BY_PAGES = History(
    ("bills", "reservations"),
    (),
    properties=1,
    days=35,
    settings=(("page_size", 9), ("max_concurrency", 1), ("extraction", "pages")),
)


PARTS = 4
"""The moments are dealt out to so many tests, which can run side by side."""

MAX_MESSAGES = 70
"""Of a run with more of them, every second or third is looked at."""


FEWER = 3
"""Every so many of the moments are looked at, unless more histories are wanted."""


def moments(history: History) -> Iterator[Kill]:
    """The moments at which a run from the beginning can be killed."""
    with founded(history) as sandbox:
        life = Run().outcome(world_of(history, sandbox, Tally())).life
    for moment, times in life.reached.items():
        numbers = range(1, times + 1)
        if moment == MESSAGE:
            yield from map(AfterMessage, range(0, times, 1 + times // MAX_MESSAGES))
        elif moment == PAUSE:
            yield from map(AtPause, numbers)
        else:
            for done in (False, True):
                yield from (AtCall(moment, number, done) for number in numbers)
        if moment == FILES:
            yield from map(InFile, numbers)


@pytest.mark.slow
@pytest.mark.parametrize("stream", STREAMS)
def test_whatever_happens_every_row_arrives(stream: str, tally: Tally) -> None:
    search(stream, tally)


@pytest.mark.slow
@pytest.mark.parametrize("stream", STREAMS)
def test_whatever_happens_to_tokens_every_row_arrives(
    stream: str, tally: Tally
) -> None:
    search(stream, tally, apart=True)


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
@pytest.mark.parametrize(
    "history",
    [EXPORTS, PAGES, ENTITIES_BY_PAGES],
    ids=["exports", "pages", "entities by pages"],
)
def test_killed_at_any_moment_of_a_run_every_row_arrives(
    history: History, part: int, tally: Tally
) -> None:
    every = 1 if number() > HISTORIES else FEWER
    for kill in list(moments(history))[::every][part::PARTS]:
        play(history.ending(Run(kill), LiveOn(9)), tally)


@pytest.mark.slow
def test_killed_ever_later_every_row_arrives(tally: Tally) -> None:
    history = History(("bills", "customers"), (), days=8, window=3, start=8)
    runs = tuple(Run(AfterMessage(number)) for number in range(0, 90, 3))
    assert not play(history.ending(*runs), tally).sandbox.journal.breaches


@pytest.mark.slow
def test_the_state_does_not_grow_with_the_runs(tally: Tally) -> None:
    history = History(("bills", "companionships", "source_assignments"), (), window=30)
    sizes = [
        len(str(play(history.ending(*steps), tally).target.state))
        for steps in ((), (Run(AfterMessage(9)), LiveOn(30), Run(), LiveOn(30)) * 8)
    ]
    assert sizes[0] == sizes[1]
