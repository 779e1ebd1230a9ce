"""Bookmarks hold through any history: nothing before them is left unread.

Time is counted in days. Properties come, go and come back; a run may end after any
piece, and the next one goes on from the last state that was emitted.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from itertools import count
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tap_mews.reading.bookmarks import Bookmarks
from tap_mews.reading.selection import Selection
from tap_mews.timestamps import format_moment, parse_moment
from tests.examples import examples

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from tap_mews.reading.reader import Slice

ZERO = datetime(2024, 1, 1, tzinfo=timezone.utc)
PROPERTIES = "abcd"
BEGINNINGS = {"a": 0, "b": 40, "c": 5, "d": 90}
"""The day on which each property was created."""


def on(day: int) -> datetime:
    return ZERO + timedelta(days=day)


def day_of(moment: datetime) -> int:
    return (moment - ZERO).days


@dataclass(frozen=True)
class Run:
    """A run of the tap.

    Attributes:
        days: Since the last one.
        ids: What it reaches.
        pieces: After how many it is killed; None if it comes to its end.
        chosen: Whether the properties are those of the settings.
        listed: Whether they can be listed.
        early: Whether another stream emits the state before anything is read.
        end_date: The last day that it is to read, if it is told one.
        failing: Properties that cannot be read any more at some piece, …
        fails_at: … which has this number.
        falls_back: Whether what is left is cut again then.
    """

    days: int
    ids: frozenset[str]
    pieces: int | None = None
    chosen: bool = False
    listed: bool = True
    early: bool = False
    end_date: int | None = None
    failing: frozenset[str] = frozenset()
    fails_at: int = 1
    falls_back: bool = False


@dataclass
class Pipeline:
    """Plays runs, and keeps account of what has been read.

    Attributes:
        state: As the target has it.
        read: The days of each property that were read.
        whole: Whether a stream can be read without a start, as exports can.
        piece: Days of a piece.
    """

    lookback: int = 0
    whole: bool = False
    piece: int = 30
    today: int = 0
    state: dict[str, Any] = field(default_factory=dict)
    read: dict[str, set[int]] = field(
        default_factory=lambda: {key: set() for key in PROPERTIES}
    )

    def play(self, run: Run) -> None:
        """Read what is due, piece by piece, up to where the run is killed."""
        self.today += run.days
        emitted = json.loads(json.dumps(self.state))
        bookmarks = Bookmarks("stream", emitted, "UpdatedUtc", format_moment)
        ids = tuple(sorted(run.ids))
        known = run.chosen or run.listed
        reach = Selection(ids if known else None, ids if run.chosen else None)
        end = self.today if run.end_date is None else min(self.today, run.end_date)
        lookback = timedelta(days=self.lookback)
        now = on(self.today)
        spans = bookmarks.due(reach, self._start, on(end), lookback, now)
        if run.early:
            self.state = json.loads(json.dumps(emitted))
        pieces = deque(piece for span in spans for piece in self._cut(span))
        failing: frozenset[str] = frozenset()
        for number in count(1):
            if not pieces:
                return
            if number == run.fails_at and known:
                failing = run.failing & run.ids
                if failing == run.ids:
                    return  # there is nothing to go on with
                bookmarks.hold_back(failing)
                if run.falls_back:
                    left = bookmarks.due(reach, self._start, on(end), lookback, now)
                    pieces = deque(piece for span in left for piece in self._cut(span))
                    if not pieces:
                        return
            span, first, last = pieces.popleft()
            for key in {*(run.ids if span.scope is None else span.scope)} - failing:
                self.read[key] |= {*range(first, last + 1)}
            bookmarks.move(span, on(last))
            self.state = json.loads(json.dumps(emitted))
            if number == run.pieces:
                return

    def unread(self, ids: Iterable[str], until: int) -> dict[str, set[int]]:
        """The days of some properties before a day that were not read."""
        return {
            key: left
            for key in ids
            if (left := {*range(BEGINNINGS[key], until + 1)} - self.read[key])
        }

    def beyond(self) -> dict[str, set[int]]:
        """The days that the state says are read, and that are not."""
        parts = [(self.state.get("covers", ()), self.state)]
        for apart in ("joining", "left"):
            parts += [(each["ids"], each) for each in self.state.get(apart, ())]
        found: dict[str, set[int]] = {}
        for ids, part in parts:
            value = part.get("replication_key_value")
            if value is not None:
                found |= self.unread(ids, day_of(parse_moment(value)))
        return found

    def _start(self, ids: tuple[str, ...] | None) -> datetime | None:
        if self.whole:
            return None
        return on(min(BEGINNINGS[key] for key in ids or PROPERTIES))

    def _cut(self, span: Slice) -> Iterable[tuple[Slice, int, int]]:
        last = day_of(span.end)
        if span.start is None:
            yield span, min(BEGINNINGS.values()), last
            return
        begin = day_of(span.start)
        for first in range(begin, max(last, begin + 1), self.piece):
            yield span, first, min(first + self.piece, last)


RUNS = st.builds(
    Run,
    days=st.integers(0, 100),
    ids=st.frozensets(st.sampled_from(PROPERTIES), min_size=1),
    pieces=st.none() | st.integers(0, 9),
    chosen=st.booleans(),
    early=st.booleans(),
    end_date=st.none() | st.integers(0, 400),
    failing=st.frozensets(st.sampled_from(PROPERTIES)),
    fails_at=st.integers(1, 9),
    falls_back=st.booleans(),
)
HISTORIES = st.lists(RUNS, min_size=1, max_size=8)
PIPELINES = st.builds(
    Pipeline,
    lookback=st.sampled_from([0, 1, 7]),
    whole=st.booleans(),
    piece=st.sampled_from([3, 30]),
)

C_JOINS_AND_IS_KILLED = [
    Run(100, frozenset("ab")),
    Run(10, frozenset("abc"), pieces=1),
    Run(10, frozenset("ac"), pieces=1),
    Run(10, frozenset("abc")),
]


D_BEGINS_WHERE_THE_BOOKMARK_IS = [
    Run(90, frozenset("ab"), failing=frozenset("a")),
    Run(0, frozenset("ad")),
]


A_FAILS_AND_THE_REST_IS_READ_IN_ANOTHER_WAY = [
    Run(100, frozenset("ab")),
    Run(70, frozenset("ab"), failing=frozenset("a"), fails_at=2, falls_back=True),
]


@examples(60)
@given(PIPELINES, HISTORIES)
@example(Pipeline(), C_JOINS_AND_IS_KILLED)
@example(Pipeline(), D_BEGINS_WHERE_THE_BOOKMARK_IS)
@example(Pipeline(), A_FAILS_AND_THE_REST_IS_READ_IN_ANOTHER_WAY)
def test_all_before_a_bookmark_is_read_whatever_happens(
    pipeline: Pipeline, runs: list[Run]
) -> None:
    for run in runs:
        pipeline.play(run)
        assert pipeline.beyond() == {}


@examples(60)
@given(PIPELINES, HISTORIES, RUNS)
@example(Pipeline(), C_JOINS_AND_IS_KILLED, Run(0, frozenset("abcd")))
def test_a_run_that_comes_to_its_end_leaves_nothing_unread(
    pipeline: Pipeline, runs: list[Run], last: Run
) -> None:
    for run in runs:
        pipeline.play(run)
    pipeline.play(Run(last.days, last.ids, chosen=last.chosen))
    assert pipeline.unread(last.ids, pipeline.today) == {}


@examples(40)
@given(PIPELINES, HISTORIES)
def test_a_bookmark_never_goes_back(pipeline: Pipeline, runs: list[Run]) -> None:
    values = [""]
    for run in runs:
        pipeline.play(run)
        values.append(pipeline.state.get("replication_key_value", ""))
    assert values == sorted(values)


@examples(40)
@given(PIPELINES, HISTORIES)
def test_the_state_names_each_property_once(
    pipeline: Pipeline, runs: list[Run]
) -> None:
    for run in runs:
        pipeline.play(run)
    named = [*pipeline.state.get("covers", ())]
    for apart in ("joining", "left"):
        for group in pipeline.state.get(apart, ()):
            assert group["ids"]
            named += group["ids"]
    assert len(named) == len(set(named)) <= len(PROPERTIES)


def growing(runs: Sequence[Run]) -> list[Run]:
    """The same runs, where no property leaves and the first one can list them."""
    reached: frozenset[str] = frozenset()
    found = []
    for run in runs:
        reached |= run.ids
        found.append(Run(run.days, reached, run.pieces, listed=run.listed))
    return found


@examples(60)
@given(
    PIPELINES,
    RUNS,
    st.lists(
        st.builds(
            Run,
            days=st.integers(0, 100),
            ids=st.frozensets(st.sampled_from(PROPERTIES)),
            pieces=st.none() | st.integers(0, 9),
            listed=st.booleans(),
        ),
        max_size=7,
    ),
)
def test_runs_that_cannot_list_the_properties_lose_none_that_join(
    pipeline: Pipeline, first: Run, runs: list[Run]
) -> None:
    for run in growing([Run(100, first.ids), *runs, Run(10, frozenset("a"))]):
        pipeline.play(run)
    assert pipeline.unread(pipeline.state["covers"], pipeline.today) == {}
    assert pipeline.state["joining"] == []


def test_a_property_that_joins_is_read_alone_before_all_go_on_together() -> None:
    state = {"replication_key_value": format_moment(on(100)), "covers": ["a"]}
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    reach = Selection(("a", "b"), None)
    spans = bookmarks.due(reach, lambda _: on(40), on(110), timedelta(0), on(110))
    assert [(each.start, each.end, each.scope) for each in spans] == [
        (on(40), on(100), ("b",)),
        (on(100), on(110), None),
    ]


def test_no_more_than_a_thousand_properties_join_together() -> None:
    late = [f"late {number:04}" for number in range(2500)]
    state: dict[str, Any] = {
        "replication_key_value": format_moment(on(100)),
        "covers": ["a"],
    }
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    reach = Selection(("a", *late), None)
    spans = bookmarks.due(reach, lambda _: ZERO, on(110), timedelta(0), on(110))
    scopes = [span.scope for span in spans if span.scope]
    assert [len(scope) for scope in scopes] == [1000, 1000, 500]
    for span in spans:
        bookmarks.move(span, span.end)
    assert state["covers"] == sorted(["a", *late])
    assert state["joining"] == []


def test_a_property_without_a_past_joins_at_once() -> None:
    state: dict[str, Any] = {
        "replication_key_value": format_moment(on(100)),
        "covers": ["a"],
    }
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    reach = Selection(("a", "b"), ("a", "b"))
    start, now = (lambda _: on(101)), on(110)
    (span,) = bookmarks.due(reach, start, on(110), timedelta(0), now)
    assert (span.start, span.end, span.scope) == (on(100), on(110), ("a", "b"))
    assert state["covers"] == ["a", "b"]
    assert state["joining"] == []


def test_what_joined_goes_on_where_it_was_interrupted() -> None:
    state = {
        "replication_key_value": format_moment(on(100)),
        "covers": ["a"],
        "joining": [{"ids": ["b"], "replication_key_value": format_moment(on(70))}],
    }
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    spans = bookmarks.due(
        Selection(("a", "b"), None),
        lambda _: on(0),
        on(110),
        timedelta(days=1),
        on(110),
    )
    assert (spans[0].start, spans[0].end) == (on(69), on(100))


def test_what_comes_back_goes_on_where_it_was() -> None:
    state: dict[str, Any] = {
        "replication_key_value": format_moment(on(100)),
        "covers": ["a", "b"],
    }
    start = on(0)
    for day, ids in ((110, "a"), (120, "ab")):
        bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
        spans = bookmarks.due(
            Selection((*ids,), None), lambda _: start, on(day), timedelta(0), on(day)
        )
        for span in spans:
            bookmarks.move(span, span.end)
    assert [(each.start, each.end, each.scope) for each in spans] == [
        (on(100), on(110), ("b",)),
        (on(110), on(120), None),
    ]
    assert (state["covers"], state["joining"], state["left"]) == (["a", "b"], [], [])


def test_what_has_been_away_for_long_is_read_from_its_beginning() -> None:
    state: dict[str, Any] = {
        "replication_key_value": format_moment(on(100)),
        "covers": ["a", "b"],
    }
    for day, ids in ((110, "a"), (140, "a"), (141, "a"), (142, "ab")):
        bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
        spans = bookmarks.due(
            Selection((*ids,), None), lambda _: on(7), on(day), timedelta(0), on(day)
        )
        bookmarks.move(spans[-1], spans[-1].end)
        assert bool(state["left"]) is (day in {110, 140})
    assert (spans[0].start, spans[0].end, spans[0].scope) == (on(7), on(141), ("b",))


def test_what_cannot_be_read_stays_behind_and_the_others_go_on() -> None:
    state: dict[str, Any] = {
        "replication_key_value": format_moment(on(100)),
        "covers": ["a", "b"],
    }
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    reach = Selection(("a", "b"), None)
    (span,) = bookmarks.due(reach, lambda _: on(0), on(110), timedelta(0), on(110))
    bookmarks.hold_back(["b"])
    bookmarks.move(span, span.end)
    assert state["replication_key_value"] == format_moment(on(110))
    assert state["covers"] == ["a"]
    assert state["joining"] == [
        {"ids": ["b"], "replication_key_value": format_moment(on(100))}
    ]


def test_what_is_held_back_is_not_due_again_in_the_same_run() -> None:
    """Also where it joined or only came back with this run."""
    earlier = [{"ids": ["c"], "replication_key_value": format_moment(on(70))}]
    state: dict[str, Any] = {
        "replication_key_value": format_moment(on(100)),
        "covers": ["a", "b"],
        "joining": earlier,
    }
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    reach = Selection(("a", "b", "c"), None)
    (_, main) = bookmarks.due(reach, lambda _: on(0), on(110), timedelta(0), on(110))
    bookmarks.hold_back(["b", "c"])
    bookmarks.move(main, on(105))
    (rest,) = bookmarks.due(reach, lambda _: on(0), on(110), timedelta(0), on(110))
    assert (rest.start, rest.end) == (on(105), on(110))
    assert rest.scope == rest.ids == ("a",)
    bookmarks.move(rest, rest.end)
    assert state["covers"] == ["a"]
    assert state["joining"] == [
        {"ids": ["b"], "replication_key_value": format_moment(on(100))},
        *earlier,
    ]


@pytest.mark.parametrize("through", [[], ["an enterprise"]])
def test_what_is_not_at_the_bookmark_is_not_held_back_there(through: list[str]) -> None:
    there, before = format_moment(on(110)), format_moment(on(100))
    state: dict[str, Any] = {
        "replication_key_value": there,
        "covers": ["a"],
        "joining": [],
        "left": [{"ids": ["b"], "since": there, "replication_key_value": before}],
    }
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    if through:
        bookmarks.hold_back_token("abc", through)
    else:
        bookmarks.hold_back("abc")
    stands = {
        key: group.get("replication_key_value")
        for group in state["joining"]
        for key in group["ids"]
    }
    assert stands == {"a": there, "b": before, "c": None}


@pytest.mark.parametrize("day", [None, 100], ids=["at first", "later"])
def test_in_a_run_without_some_tokens_the_state_stays_as_it_was(
    day: int | None,
) -> None:
    """With all of its keys, so that no older bookmark comes back by a merge."""
    state: dict[str, Any] = {}
    if day:
        bookmark = format_moment(on(day))
        state = {"replication_key_value": bookmark, "covers": ["a", "b"]}
    bookmarks = Bookmarks("stream", state, "UpdatedUtc", format_moment)
    reach = Selection(("a", "b"), None)
    bookmarks.begin()
    spans = bookmarks.due(reach, lambda _: on(0), on(110), timedelta(0), on(110))
    before = json.dumps(state)
    bookmarks.stay()
    for span in spans:
        bookmarks.move(span, span.end)
    bookmarks.note_read()
    assert json.dumps(state) == before
    assert {"replication_key_value", "covers", "joining", "left"} <= state.keys()
