"""How hypothesis makes up histories."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import strategies as st

from tests.crashes.histories import (
    EXPIRES,
    FAULTS,
    FILE_FAULTS,
    Choose,
    Configure,
    EndAt,
    Expire,
    Fail,
    Forget,
    History,
    Join,
    LiveOn,
    Meanwhile,
    Mixed,
    Run,
    Step,
    Trouble,
)
from tests.crashes.mortal import FILES, AfterMessage, AtCall, AtPause, InFile, Kill
from tests.harness import ENTITIES
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    GROUP_ASSIGNMENTS,
    PAGE_ENTITIES,
    RESERVATIONS,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

EXPORT_STREAMS, PAGE_STREAMS = sorted(ENTITIES), sorted(PAGE_ENTITIES)
STREAMS = (*EXPORT_STREAMS, *PAGE_STREAMS)

OF_EXPORTS = ("exports/add", "exports/getAll")
OF_STREAMS = {
    "companionships": (RESERVATIONS, COMPANIONSHIPS),
    "enterprises": (ENTERPRISES,),
    "reservation_group_source_assignments": (GROUP_ASSIGNMENTS,),
    "source_assignments": (ASSIGNMENTS,),
}
"""What page streams call."""

HOTELS = ((1, 1, False), (2, 1, False), (2, 2, False), (1, 1, True))
"""Properties and chains, and whether the token opens one and may not list it."""

SETTINGS = (
    (),
    (("lookback_minutes", 0),),
    (("page_size", 3),),
    (("companionship_refresh_days", 0),),
    (("max_concurrency", 1),),
)
"""What can make a difference."""


def kills(streams: tuple[str, ...]) -> SearchStrategy[Kill]:
    """When a run that reads these streams can be killed."""
    operations = _operations(streams)
    choices: list[SearchStrategy[Kill]] = [
        st.builds(AfterMessage, st.integers(0, 30 * len(streams))),
        st.builds(
            AtCall,
            st.sampled_from(operations),
            st.integers(1, 5),
            st.booleans(),
        ),
    ]
    if set(streams) & set(EXPORT_STREAMS):
        choices += [
            st.builds(AtCall, st.just(FILES), st.integers(1, 5), st.booleans()),
            st.builds(InFile, st.integers(1, 5)),
            st.builds(AtPause, st.integers(1, 6)),
        ]
    return st.one_of(choices)


def troubles(streams: tuple[str, ...]) -> SearchStrategy[Trouble | Mixed]:
    """What can go wrong on the way."""
    operations = st.sampled_from(("*", *_operations(streams)))
    few = st.integers(0, 4)
    choices: list[SearchStrategy[Trouble | Mixed]] = [
        st.builds(Trouble, operations, st.sampled_from(sorted(FAULTS)), few),
        st.builds(Mixed, st.integers(0, 1000)),
    ]
    if set(streams) & set(EXPORT_STREAMS):
        names = st.sampled_from((EXPIRES, *sorted(FILE_FAULTS)))
        choices += [
            st.builds(Trouble, st.just(FILES), names, few),
            st.builds(Trouble, st.just("exports/add"), st.just("lost answer"), few),
        ]
    return st.one_of(choices)


def happenings(streams: tuple[str, ...]) -> SearchStrategy[Step]:
    """What can happen to the hotels, the exports and the settings."""
    choices: list[SearchStrategy[Step]] = [
        st.builds(LiveOn, st.integers(1, 300)),
        st.builds(Join, st.booleans()),
        st.builds(Choose, st.none() | _numbers()),
        st.builds(EndAt, st.none() | st.integers(0, 12)),
    ]
    if exported := sorted(set(streams) & set(EXPORT_STREAMS)):
        days = st.sampled_from((1, 2, 3, 7, 30, 180))
        choices += [
            st.builds(Fail, st.sampled_from(exported), st.integers(1, 3)),
            st.builds(Forget),
            st.builds(Expire, st.sampled_from(("Expired", "Failed"))),
            st.builds(Configure, st.just("export_window_days"), days),
        ]
    return st.one_of(choices)


def meanwhiles(streams: tuple[str, ...]) -> SearchStrategy[Meanwhile]:
    """What can happen during a run; its settings stay as they are."""
    choices: list[SearchStrategy[Step]] = [
        st.builds(LiveOn, st.integers(1, 48)),
        st.builds(Join, st.booleans()),
        st.builds(Forget),
        st.builds(Expire, st.sampled_from(("Expired", "Failed"))),
    ]
    del streams
    return st.builds(Meanwhile, st.integers(0, 60), st.one_of(choices))


def runs(streams: tuple[str, ...]) -> SearchStrategy[Run]:
    """Runs, most of them killed."""
    return st.builds(
        Run,
        kill=st.one_of(kills(streams), st.none()),
        unstored=st.one_of(st.just(0), st.integers(0, 40)),
        faults=_few(troubles(streams)),
        meanwhile=_few(meanwhiles(streams)),
        slow=st.sampled_from((0, 0, 0, 1, 30)),
    )


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Histories of any kind."""
    properties, chains, alone = draw(st.sampled_from(HOTELS))
    # who may not list the properties cannot read them either
    known = [each for each in STREAMS if not (alone and each == "enterprises")]
    chosen = st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)
    streams = tuple(sorted(draw(chosen)))
    start = draw(st.none() | st.integers(1, 20))
    # and reads from 2012 on, which takes many windows
    windows = (180,) if alone and start is None else (180, 30, 30, 7, 7, 3, 2, 1)
    return History(
        streams,
        steps=draw(st.lists(_steps(streams), min_size=2, max_size=9).map(tuple)),
        properties=properties,
        chains=chains,
        alone=alone,
        days=draw(st.integers(4, 14)),
        start=start,
        window=draw(st.sampled_from(windows)),
        seconds=draw(st.sampled_from((5, 0, 1, 60, 600))),
        rows_per_file=draw(st.sampled_from((2000, 20, 7))),
        seed=draw(st.integers(1, 9)),
        settings=draw(st.sampled_from(SETTINGS)),
    )


@st.composite
def _steps(draw: st.DrawFn, streams: tuple[str, ...]) -> Step:
    """Two of three are runs; `one_of` would choose among all kinds alike."""
    is_run = draw(st.sampled_from((True, True, False)))
    return draw(runs(streams) if is_run else happenings(streams))


def _operations(streams: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for stream in streams:
        found += OF_STREAMS.get(stream, OF_EXPORTS)
    return tuple(dict.fromkeys(found)) or OF_EXPORTS


def _numbers() -> SearchStrategy[tuple[int, ...]]:
    numbers = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)
    return numbers.map(lambda chosen: tuple(sorted(chosen)))


def _few(one: SearchStrategy[object]) -> SearchStrategy[tuple[object, ...]]:
    return st.one_of(st.just(()), st.lists(one, max_size=2).map(tuple))
