"""How hypothesis makes up histories."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from tests.crashes.histories import History, Setting
from tests.crashes.mortal import FILES, AfterMessage, AtCall, AtPause, InFile, Kill
from tests.crashes.steps import (
    Choose,
    Configure,
    EndAt,
    Expire,
    Fail,
    Forget,
    Join,
    LiveOn,
    Meanwhile,
    Merge,
    Renew,
    Run,
    Step,
    TakeAway,
    Withdraw,
)
from tests.crashes.troubles import EXPIRES, FAULTS, FILE_FAULTS, Mixed, Trouble
from tests.export_harness import ENTITIES
from tests.pages_harness import (
    ASSIGNMENTS,
    COMPANIONSHIPS,
    ENTERPRISES,
    ENTITY_OPERATIONS,
    GROUP_ASSIGNMENTS,
    PAGE_ENTITIES,
    RESERVATIONS,
)

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

T = TypeVar("T")

LEDGER = "ledger_entries"
EXPORT_STREAMS, PAGE_STREAMS = sorted(ENTITIES), sorted(PAGE_ENTITIES)
STREAMS = (*EXPORT_STREAMS, *PAGE_STREAMS)

OF_EXPORTS = ("exports/add", "exports/getAll")
OF_STREAMS = {
    **{
        stream: (*OF_EXPORTS, operation)
        for stream, operation in ENTITY_OPERATIONS.items()
    },
    "companionships": (RESERVATIONS, COMPANIONSHIPS),
    "enterprises": (ENTERPRISES,),
    "reservation_group_source_assignments": (GROUP_ASSIGNMENTS,),
    "source_assignments": (ASSIGNMENTS,),
}
"""What streams call; the ledger has exports alone."""

WAYS = ("auto", "exports", "pages")

HOTELS = ((1, 1, False), (2, 1, False), (2, 2, False), (1, 1, True))
"""Properties and chains, and whether the token opens one and may not list it."""

SETTINGS = (
    (),
    (("lookback_minutes", 0),),
    (("page_size", 3),),
    (("companionship_refresh_days", 0),),
    (("max_concurrency", 1),),
    (("extraction", "exports"),),
    *2 * ((("extraction", "pages"),),),
)
"""What can make a difference."""

LIVES = st.builds(LiveOn, st.integers(1, 300))


@st.composite
def kills(draw: st.DrawFn, streams: tuple[str, ...]) -> Kill:
    """When a run that reads these streams can be killed."""
    kinds = ["message", "call"]
    if set(streams) & set(EXPORT_STREAMS):
        kinds += ["in file", "at file", "pause"]
    kind = draw(st.sampled_from(kinds))
    if kind == "message":
        return AfterMessage(draw(st.integers(0, 50 * len(streams))))
    number = draw(st.integers(1, 5))
    if kind == "in file":
        return InFile(number)
    if kind == "pause":
        return AtPause(number)
    operations = (FILES,) if kind == "at file" else _operations(streams)
    return AtCall(draw(st.sampled_from(operations)), number, draw(st.booleans()))


@st.composite
def troubles(draw: st.DrawFn, streams: tuple[str, ...]) -> Trouble | Mixed:
    """What can go wrong on the way."""
    kinds = ["call", "mixed"]
    if set(streams) & set(EXPORT_STREAMS):
        kinds += ["file", "file", "expired", "lost"]
    kind = draw(st.sampled_from(kinds))
    if kind == "mixed":
        return Mixed(draw(st.integers(0, 1000)))
    after = draw(st.integers(0, 4))
    if kind == "expired":
        return Trouble(FILES, EXPIRES, after)
    if kind == "file":
        return Trouble(FILES, draw(st.sampled_from(sorted(FILE_FAULTS))), after)
    if kind == "lost":
        return Trouble("exports/add", "lost answer", after)
    operation = draw(st.sampled_from(("*", *_operations(streams))))
    return Trouble(operation, draw(st.sampled_from(sorted(FAULTS))), after)


def exchanges() -> SearchStrategy[Step]:
    """What can happen to the tokens of properties."""
    return st.one_of(
        st.builds(Renew),
        st.builds(Merge, st.booleans()),
        st.builds(TakeAway, st.integers(0, 3)),
        st.builds(Withdraw, st.integers(0, 3)),
    )


def happenings(streams: tuple[str, ...]) -> SearchStrategy[Step]:
    """What can happen to the hotels, the exports and the settings."""
    choices: list[SearchStrategy[Step]] = [
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
    if set(streams) & set(ENTITY_OPERATIONS) and LEDGER not in streams:
        ways = st.sampled_from(WAYS)
        choices += 2 * [st.builds(Configure, st.just("extraction"), ways)]
    return st.one_of(choices)


def meanwhiles() -> SearchStrategy[Meanwhile]:
    """What can happen during a run; its settings stay as they are."""
    choices: list[SearchStrategy[Step]] = [
        st.builds(LiveOn, st.integers(1, 48)),
        st.builds(Join, st.booleans()),
        st.builds(Forget),
        st.builds(Expire, st.sampled_from(("Expired", "Failed"))),
        st.builds(Withdraw, st.integers(0, 3)),
    ]
    return st.builds(Meanwhile, st.integers(0, 60), st.one_of(choices))


@st.composite
def runs(draw: st.DrawFn, streams: tuple[str, ...]) -> Run:
    """Runs; two of three are to be killed, though some end before."""
    is_killed = draw(st.sampled_from((True, True, False)))
    is_odd = draw(st.booleans())
    return Run(
        kill=draw(kills(streams)) if is_killed else None,
        unstored=draw(st.integers(0, 40)) if is_killed and is_odd else 0,
        faults=draw(_few(troubles(streams))) if is_odd else (),
        meanwhile=draw(_few(meanwhiles())) if is_odd else (),
        slow=draw(st.sampled_from((0, 0, 1, 30))) if is_odd else 0,
    )


@st.composite
def histories(
    draw: st.DrawFn,
    stream: str,
    fixed: tuple[Setting, ...] = (),
    *,
    apart: bool = False,
) -> History:
    """Histories of any kind of a pipeline that reads one stream, or more.

    Args:
        draw: Given by hypothesis.
        stream: Always selected.
        fixed: What all of them have set.
        apart: Whether each property has a token of its own.
    """
    known = [
        each
        for each in HOTELS
        if not (each[2] and (apart or stream == "enterprises"))
        and not (apart and each[0] == 1)
    ]
    properties, chains, alone = draw(st.sampled_from(known))
    others = [each for each in STREAMS if not (alone and each == "enterprises")]
    beside = draw(st.lists(st.sampled_from(others), max_size=2))
    streams = tuple(sorted({stream, *beside}))
    start = draw(st.none() | st.integers(1, 20))
    # who may not list the properties reads from 2012 on, which takes many windows
    # pages skip the ledger, or refuse to read it alone
    settings = [
        each
        for each in SETTINGS
        if not (LEDGER in streams and ("extraction", "pages") in each)
    ]
    windows = (180,) if alone and start is None else (180, 30, 7, 4, 2, 1)
    return History(
        streams,
        steps=draw(
            st.lists(_steps(streams, apart=apart), min_size=2, max_size=9).map(tuple)
        ),
        apart=apart,
        properties=properties,
        chains=chains,
        alone=alone,
        days=draw(st.integers(4, 14)),
        start=start,
        window=draw(st.sampled_from(windows)),
        seconds=draw(st.sampled_from((5, 0, 1, 60, 600))),
        rows_per_file=draw(st.sampled_from((2000, 20, 7))),
        seed=draw(st.integers(1, 9)),
        settings=(*draw(st.sampled_from(settings)), *fixed),
    )


@st.composite
def _steps(draw: st.DrawFn, streams: tuple[str, ...], *, apart: bool) -> Step:
    """Half of them are runs; `one_of` would choose among all kinds alike."""
    kinds = ("run", "run", "run", "time", "other", *(("tokens",) if apart else ()))
    kind = draw(st.sampled_from(kinds))
    if kind == "tokens":
        return draw(exchanges())
    if kind == "run":
        return draw(runs(streams))
    return draw(LIVES if kind == "time" else happenings(streams))


def _operations(streams: tuple[str, ...]) -> tuple[str, ...]:
    found: list[str] = []
    for stream in streams:
        found += OF_STREAMS.get(stream, OF_EXPORTS)
    return tuple(dict.fromkeys(found)) or OF_EXPORTS


def _numbers() -> SearchStrategy[tuple[int, ...]]:
    numbers = st.lists(st.integers(0, 3), min_size=1, max_size=3, unique=True)
    return numbers.map(lambda chosen: tuple(sorted(chosen)))


def _few(one: SearchStrategy[T]) -> SearchStrategy[tuple[T, ...]]:
    return st.lists(one, max_size=2).map(tuple)
