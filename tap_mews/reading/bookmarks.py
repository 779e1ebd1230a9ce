"""What the state holds of a stream, and what it makes due.

    {"replication_key": "UpdatedUtc",
     "replication_key_value": "2026-03-01T00:00:00Z",   read whole up to here …
     "covers": ["…", "…"],                              … for these enterprises/chains
     "joining": [{"ids": ["…"],                         came later: being read from
                  "replication_key_value": "…"}],       their own beginning up to there
                                                        (`through`: only by a token)
     "left": [{"ids": ["…"], "since": "…",              not reached any more; if they
               "replication_key_value": "…"}],          come back, they go on here
     "exports": [{"id": "…", …}],                       added, not yet read
     "start_date": "2025-01-01T00:00:00Z"}              where its history begins, or
                                                        later that of what joined

The SDK's two keys are what other tools look at; the rest is bounded by the number of
enterprises. Orchestrators merge states key by key, and what is left out would come back
from an older one: so what does not apply is there as null or empty.
"""

from __future__ import annotations

from copy import copy
from typing import TYPE_CHECKING, Any

from tap_mews.errors import InvalidStateError
from tap_mews.reading.partitions import Partitions, merge_partitions
from tap_mews.reading.reader import Slice
from tap_mews.timestamps import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime, timedelta

    from tap_mews.reading.selection import Selection

MAIN = 0
"""The partition of all enterprises except those that join."""


EMPTY: dict[str, Any] = {
    "replication_key": None,
    "replication_key_value": None,
    "covers": None,
    "joining": [],
    "left": [],
    "exports": [],
    "start_date": None,
}
"""A stream's part of the state before anything is read."""


class Bookmarks:
    """The bookmarks of one stream, kept in the dictionary that the SDK emits."""

    def __init__(
        self,
        stream: str,
        state: dict[str, Any],
        key: str | None,
        write: Callable[[datetime], str],
        start_date: datetime | None = None,
    ) -> None:
        """Look at the state.

        Args:
            stream: Its name, for errors.
            state: The stream's part of a state that `read_state` has let in; it is
                changed in place.
            key: The replication key; None if rows have no date.
            write: Gives a bookmark its form.
            start_date: The setting, to be noted when the bookmark begins.
        """
        self._stream = stream
        self._state = state
        self._key = key
        self._write = write
        self._start_date = start_date
        self._ids: tuple[str, ...] | None = None
        self._held_back: set[str] = set()
        self._stays = False
        self._by_partition: dict[int, dict[str, Any]] = {}
        if state.get("partitions"):
            self._complete()
            merge_partitions(state)
        self._partitions = Partitions(stream, state)

    @property
    def value(self) -> datetime | None:
        """The bookmark: everything up to here has been delivered."""
        return _moment_of(self._state)

    @property
    def was_read(self) -> bool:
        """Whether a run has read the stream to its end, or moved its bookmark."""
        is_noted = "start_date" in self._state and "covers" not in self._state
        return is_noted or self.value is not None

    def begin(self) -> None:
        """Let the state say that nothing has been read, if that is so.

        A state that a run emits before the stream's turn can be merged over an older
        one, whose bookmark would count again.
        """
        if self.value is None and "start_date" not in self._state:
            self._complete()

    def note_read(self) -> None:
        """Note that a run has read a stream that has no bookmark."""
        is_noted = self.value is not None or self._state.get("covers") is not None
        if not (is_noted or self._stays):
            for key in EMPTY:
                self._state.pop(key, None)
            self._state["start_date"] = None

    @property
    def known(self) -> tuple[str, ...] | None:
        """The enterprises or chains of earlier runs; None where none are noted."""
        return self._partitions.known

    def of(self, slice_: Slice) -> str | None:
        """The bookmark that a slice moves, as the state has it."""
        part = self._by_partition.get(slice_.partition, self._state)
        value: str | None = part.get("replication_key_value")
        return value

    def begins_late(self, assumed: datetime | None) -> bool:
        """Whether the history behind the bookmark begins later than it does by now.

        Args:
            assumed: Where a state of 0.1 began, which did not note it.
        """
        if self.value is None:
            return False
        noted = self._state.get("start_date")
        begun = parse_moment(noted) if noted else None
        if "start_date" not in self._state:
            begun = assumed
        start = self._start_date
        return begun is not None and (start is None or start < begun)

    def backfill(self) -> None:
        """Let all be read once from its beginning, as what has joined is."""
        self._complete()
        self._state["start_date"] = self._start_date and format_moment(self._start_date)
        if self._partitions.covers is None:
            # it is unknown whose rows they are, so they cannot be asked for apart
            self._state["replication_key_value"] = None
        else:
            self._partitions.restart()

    @property
    def jobs(self) -> list[dict[str, str]]:
        """Exports that were added and not read to their end."""
        return list(self._state.get("exports") or [])

    @jobs.setter
    def jobs(self, jobs: Sequence[dict[str, str]]) -> None:
        self._complete()
        self._state["exports"] = list(jobs)

    def due(
        self,
        selection: Selection,
        start: Callable[[tuple[str, ...] | None], datetime | None],
        end: datetime,
        lookback: timedelta,
        now: datetime,
        *,
        is_separate: bool = False,
    ) -> list[Slice]:
        """The pending slices, in the order in which they are to be read.

        First what joined later, from its own beginning up to the bookmark, then all
        together from the bookmark to the end. What was held back in this run is left
        out: it would be taken for read though other tokens read the rest.

        Args:
            selection: What the stream reads.
            start: Gives the beginning for some ids, or for all if None.
            end: Last moment of the run.
            lookback: What to read again before a bookmark.
            now: When the run began.
            is_separate: Whether what joins is read to the end of the run by itself, and
                so is what was held back; the rest of a ledger is read to a day after
                the bookmark that it leaves.
        """
        self._ids = chosen = selection.ids
        left_out = set() if is_separate else self._held_back
        rest = selection.without(left_out)
        slices = []
        bookmark = self.value
        if bookmark is not None and chosen is not None:
            # a run that could not list them read them together
            if self._partitions.covers is not None:
                self._complete()
                self._partitions.join(set(chosen), now)
            for group in self._partitions.joining:
                if not left_out.isdisjoint(group["ids"]):
                    continue
                number = self._numbered(group)
                ids = tuple(group["ids"])
                reached = _moment_of(group)
                begin = start(ids) if reached is None else reached - lookback
                last = max(bookmark, end) if is_separate else bookmark
                if begin is not None and begin > last:
                    self._note_start(group)
                    self._partitions.merge(group)
                else:
                    until = min(last, end)
                    slices.append(Slice(begin, until, ids, number, ids, reached))
        if bookmark is None:
            slices.append(Slice(start(rest.ids), end, rest.scope, MAIN, rest.ids))
        elif end > bookmark:
            begin = bookmark - lookback
            slices.append(Slice(begin, end, rest.scope, MAIN, rest.ids, bookmark))
        return [
            slice_
            for slice_ in slices
            if slice_.start is None or slice_.start <= slice_.end
        ]

    def _numbered(self, group: dict[str, Any]) -> int:
        """A partition for a group; its number is new, since reports tell them apart."""
        number = max(self._by_partition, default=MAIN) + 1
        self._by_partition[number] = group
        return number

    @property
    def lagging(self) -> list[dict[str, Any]]:
        """What single tokens have not read of chains that others have read."""
        return self._partitions.lagging

    def due_lagging(
        self,
        groups: Iterable[dict[str, Any]],
        start: Callable[[tuple[str, ...] | None], datetime | None],
        end: datetime,
        lookback: timedelta,
    ) -> list[Slice]:
        """The pending slices of what single tokens have not read.

        Args:
            groups: Some of `behind`.
            start: As for `due`.
            end: As for `due`.
            lookback: As for `due`.
        """
        slices = []
        for group in groups:
            number = self._numbered(group)
            ids, reached = tuple(group["ids"]), _moment_of(group)
            begin = start(ids) if reached is None else reached - lookback
            if begin is None or begin <= end:
                slices.append(Slice(begin, end, ids, number, ids, reached))
        return slices

    def check_reached(self, latest: datetime) -> None:
        """Refuse a bookmark that no run can have reached.

        What is between the end of what was read and such a bookmark would never be
        read, so it is neither taken nor guessed again.

        Args:
            latest: The latest moment at which a run can have ended.

        Raises:
            InvalidStateError: Names the bookmark and the value to set.
        """
        for part in (self._state, *self._partitions.joining, *self.lagging):
            reached = _moment_of(part)
            if reached is not None and reached > latest:
                msg = (
                    f"{self._stream}: the bookmark {self._write(reached)} is in the "
                    "future; set replication_key_value to the time up to which rows "
                    f"are complete, {self._write(latest)} at the latest"
                )
                raise InvalidStateError(msg)

    def stay(self) -> None:
        """Let no bookmark move in this run, whatever is delivered."""
        self._stays = True

    def move(self, slice_: Slice, until: datetime) -> None:
        """Note that a window of a slice has been delivered.

        Args:
            slice_: What the window was cut from.
            until: Its end.
        """
        if self._stays:
            return
        if slice_.partition == MAIN:
            self._complete()
            self._advance(self._state, until)
            if self._ids is not None:
                self._partitions.cover(self._ids)
            return
        group = self._by_partition[slice_.partition]
        self._note_start(group)
        self._advance(group, until)
        if self.value is not None and until >= self.value:
            self._partitions.merge(group)

    def hold_back(self, ids: Iterable[str]) -> None:
        """Let some that cannot be read stay where they are; the others continue.

        Args:
            ids: Enterprises, chains or parents.
        """
        self._complete()
        held_back = {*ids}
        self._held_back |= held_back
        self._partitions.hold_back(held_back)

    def hold_back_token(self, ids: Iterable[str], through: Iterable[str]) -> None:
        """Let one token stay where it is while others of its chains continue.

        Args:
            ids: Chains.
            through: The enterprises that the token reaches.
        """
        self._complete()
        self._partitions.hold_back_token(ids, through)

    def _complete(self) -> None:
        """Let the state have all of its keys; a list of partitions is merged whole."""
        if self.value is None or "start_date" not in self._state:
            begun = self._start_date
            self._state["start_date"] = begun and format_moment(begun)
        if "context" not in self._state:
            for key, empty in EMPTY.items():
                self._state.setdefault(key, copy(empty))

    def _note_start(self, group: dict[str, Any]) -> None:
        """Note where the history of what joins begins, if that is later."""
        start, noted = self._start_date, self._state.get("start_date")
        if start is None or _moment_of(group) is not None:
            return
        if noted is None or parse_moment(noted) < start:
            self._state["start_date"] = format_moment(start)

    def _advance(self, part: dict[str, Any], until: datetime) -> None:
        reached = _moment_of(part)
        if reached is None or until > reached:
            part["replication_key_value"] = self._write(until)
        if part is self._state and self._key:
            part["replication_key"] = self._key


def _moment_of(part: dict[str, Any]) -> datetime | None:
    value = part.get("replication_key_value")
    return None if value is None else parse_moment(value)
