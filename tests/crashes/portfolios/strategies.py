"""How hypothesis makes up histories of a pipeline with any tokens."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from hypothesis import strategies as st

from tests.crashes.due import TAP_STREAMS
from tests.crashes.histories import History
from tests.crashes.portfolios.attempts import ALL, Attempt, Refusal
from tests.crashes.portfolios.changes import CHILDREN, Found, Touch
from tests.crashes.portfolios.histories import PortfolioHistory
from tests.crashes.portfolios.pipeline import Settings, Token, Tokens
from tests.crashes.steps import Expire, Fail, Forget, Join
from tests.crashes.strategies import LEDGER, LIVES, OF_EXPORTS, kills, troubles
from tests.export_harness import ENTITIES
from tests.pages_harness import COMPANIONSHIPS, ENTERPRISES

if TYPE_CHECKING:
    from hypothesis.strategies import SearchStrategy

    from tap_mews.api.operations import Operation
    from tests.crashes.steps import Step

T = TypeVar("T")
U = TypeVar("U")

MAX_HOTELS = 4
"""At the beginning and later."""

BEFORE_ALL = 60
"""Days before the first run at which no hotel has a row."""

NAMED = {"companionships": (COMPANIONSHIPS,), "rate_pricing": ("rates/getAll",)}
"""What streams call beside their operation and its parents."""


def _numbers(count: int, most: int = 3) -> SearchStrategy[tuple[int, ...]]:
    """Some of so many properties or tokens."""
    one = st.integers(0, count - 1)
    some = st.lists(one, min_size=1, max_size=most, unique=True)
    return some.map(lambda found: tuple(sorted(found)))


SETTINGS: dict[str, SearchStrategy[int | str | tuple[int, ...] | None]] = {
    "enterprise_ids": st.none() | _numbers(MAX_HOTELS),
    "export_window_days": st.sampled_from((180, 7, 2)),
    "extraction": st.sampled_from(("auto", "exports", "pages")),
    "on_property_failure": st.sampled_from(("fail_at_end", "warn", "warn", "stop")),
    "page_size": st.sampled_from((1000, 10)),
    "read_chains_once": st.booleans(),
    "reference_start_date": st.sampled_from((None, BEFORE_ALL, 4)),
    "skip_unauthorized_streams": st.booleans(),
    "start_date": st.sampled_from((None, BEFORE_ALL, 5, 3, 1)),
}


def operations(stream: str) -> list[str]:
    """What a stream calls, with the lists that its requests are made of."""
    tap = TAP_STREAMS[stream]
    found = {ENTERPRISES, *NAMED.get(stream, ())}
    found.update(OF_EXPORTS if stream in ENTITIES else ())
    for each in (tap.operation, *getattr(tap, "parents", ())):
        above: Operation | None = each
        while above is not None:
            found.add(above.path)
            above = above.selector.parents
    # without the list of properties, little can be expected of a run
    return [*3 * sorted(found - {ENTERPRISES}), ENTERPRISES]


@st.composite
def settings(draw: st.DrawFn, streams: tuple[str, ...], *, is_base: bool) -> Settings:
    """Settings of a pipeline, or those in which a run differs from it."""
    names = st.sampled_from(sorted(SETTINGS))
    chosen = draw(st.lists(names, max_size=6 if is_base else 2))
    found = {name: draw(SETTINGS[name]) for name in dict.fromkeys(chosen)}
    if LEDGER in streams and found.get("extraction") == "pages":
        del found["extraction"]  # they skip it
    return tuple(found.items())


@st.composite
def tokens(draw: st.DrawFn, hotels: int) -> tuple[Token, ...]:
    """The tokens of a pipeline, and those of properties that join later."""
    some = st.builds(Token, _numbers(MAX_HOTELS), st.booleans())
    if hotels == 1 or draw(st.sampled_from((True, False, False, False))):
        opened = st.none() | _numbers(hotels)
        return (draw(st.builds(Token, opened, st.booleans())),)
    apart = [Token((number,)) for number in range(MAX_HOTELS)]
    several = draw(st.lists(some | st.just(Token()), max_size=2))
    is_less = draw(st.booleans())
    if several and is_less:
        apart.pop(draw(st.integers(0, hotels - 1)))  # a portfolio alone may open it
    return (*apart, *several)


@st.composite
def uses(draw: st.DrawFn, count: int) -> Tokens:
    """How a run uses so many tokens."""
    some = _numbers(count)
    return Tokens(
        used=draw(st.none() | some),
        suffix=draw(st.sampled_from(("", " new"))),
        are_listed=draw(st.sampled_from((False, False, True))),
        are_merged=draw(st.sampled_from((False, False, False, True))),
        withdrawn=draw(_seldom(some, ())),
    )


@st.composite
def refusals(
    draw: st.DrawFn, streams: tuple[str, ...], hotels: int, count: int
) -> Refusal:
    """What Mews does not carry out, mostly for one property or some of the tokens."""
    # a list that many streams need is refused more often
    stream = draw(st.sampled_from(streams))
    operation = draw(st.sampled_from(operations(stream)))
    status = draw(st.sampled_from((*3 * (401, 403), 404, 500)))
    of = ("hotel", "hotel", "hotel", "all") + 3 * ("tokens",) * (count > 1)
    chosen = draw(st.sampled_from(of))
    if chosen == "all":
        return Refusal(operation, status)
    if chosen == "hotel":
        return Refusal(operation, status, hotels=(draw(st.integers(0, hotels - 1)),))
    return Refusal(operation, status, tokens=draw(_numbers(count, most=2)))


@st.composite
def attempts(
    draw: st.DrawFn, streams: tuple[str, ...], hotels: int, count: int
) -> Attempt:
    """Runs with so many tokens; in half of them, Mews refuses something."""
    kinds = ("none", "refusals", "refusals", "refusals", "faults", "kill")
    trouble = draw(st.sampled_from(kinds))
    refused = refusals(streams, hotels, count)
    return Attempt(
        settings=draw(_seldom(settings(streams, is_base=False), ())),
        tokens=draw(_seldom(uses(count), ALL)) if count > 1 else ALL,
        refusals=draw(_some(refused, 2)) if trouble == "refusals" else (),
        faults=draw(_some(troubles(streams), 2)) if trouble == "faults" else (),
        without=draw(_seldom(st.sampled_from(streams), None)) if streams[1:] else None,
        kill=draw(kills(streams)) if trouble == "kill" else None,
        unstored=draw(st.integers(0, 40)) if trouble == "kill" else 0,
    )


def happenings(streams: tuple[str, ...]) -> SearchStrategy[Step]:
    """What can happen between runs."""
    choices: list[SearchStrategy[Step]] = [
        LIVES,
        st.builds(Touch, st.integers(0, 99)),
        st.builds(Touch, st.integers(0, 99)),
        st.builds(Join, st.booleans()),
        st.builds(Found, st.sampled_from(sorted(CHILDREN)), st.integers(0, 9)),
    ]
    if exported := sorted({*streams} & {*ENTITIES}):
        choices += [
            st.builds(Fail, st.sampled_from(exported), st.integers(1, 3)),
            st.builds(Forget),
            st.builds(Expire, st.sampled_from(("Expired", "Failed"))),
        ]
    return st.one_of(choices)


@st.composite
def portfolios(draw: st.DrawFn) -> PortfolioHistory:
    """Histories of any kind of a pipeline with any tokens."""
    hotels = draw(st.sampled_from((2, 3, 1, 3, 4)))
    names = st.sampled_from(sorted(TAP_STREAMS))
    streams = tuple(sorted({*draw(st.lists(names, min_size=1, max_size=12))}))
    owned = draw(tokens(hotels))
    turn = st.tuples(
        st.lists(happenings(streams), max_size=2), attempts(streams, hotels, len(owned))
    )
    turns = draw(st.lists(turn, min_size=2, max_size=5))
    return PortfolioHistory(
        History(
            streams,
            (),
            properties=hotels,
            chains=draw(st.integers(1, min(hotels, 3))),
            days=8,
            seconds=draw(st.sampled_from((0, 5, 600))),
            rows_per_file=draw(st.sampled_from((2000, 20))),
        ),
        owned,
        draw(settings(streams, is_base=True)),
        tuple(step for before, run in turns for step in (*before, run)),
    )


def _seldom(one: SearchStrategy[T], usual: U) -> SearchStrategy[T | U]:
    return st.one_of(st.just(usual), st.just(usual), one)


def _some(one: SearchStrategy[T], most: int) -> SearchStrategy[tuple[T, ...]]:
    return st.lists(one, min_size=1, max_size=most).map(tuple)
