"""What the state holds of a stream, and what it makes due.

    {"replication_key": "UpdatedUtc",
     "replication_key_value": "2026-03-01T00:00:00Z",   read whole up to here …
     "covers": ["…", "…"],                              … for these properties or chains
     "joining": [{"ids": ["…"],                         came later: being read from
                  "replication_key_value": "…"}],       their own beginning up to there
     "left": [{"ids": ["…"], "since": "…",              not reached any more; if they
               "replication_key_value": "…"}],          come back, they go on here
     "exports": [{"id": "…", …}],                       added, not yet read
     "start_date": "2025-01-01T00:00:00Z"}              where its history begins

The SDK's two keys are what other tools look at; the rest is bounded by the number of
properties. Orchestrators merge states key by key, and what is left out would come back
from an older one: so what does not apply is there as null or empty.
"""

from __future__ import annotations

import logging
from copy import copy
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_mews.errors import InvalidStateError
from tap_mews.reading.reader import Slice
from tap_mews.timestamps import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

logger = logging.getLogger("tap-mews.bookmarks")

MAIN = 0
"""The partition of all properties except those that join."""


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

KEPT_AFTER_LEAVING = timedelta(days=30)
"""How long the bookmark of a property or chain is kept that is not reached any more."""

MOST_JOINING = 1000
"""Properties or chains that join together; no request may name more of them."""


@dataclass(frozen=True)
class Selection:
    """What a stream reads of all there is.

    Attributes:
        ids: The properties or chains that it reads, or None where nobody knows.
        scope: Those that requests must name; None if they name none.
        is_noted: Whether the bookmark must note what it covers; not where it belongs
            to a single property anyhow.
    """

    ids: tuple[str, ...] | None
    scope: tuple[str, ...] | None
    is_noted: bool = True


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
            key: Enterprise that the bookmark belongs to; None if rows have no date.
            write: Gives a bookmark its form.
            start_date: The setting, to be noted when the bookmark begins.
        """
        self._stream = stream
        self._state = state
        self._key = key
        self._write = write
        self._start_date = start_date
        self._ids: tuple[str, ...] | None = None
        self._by_partition: dict[int, dict[str, Any]] = {}
        self._take_partitions()
        self._make_ids_plain()

    @property
    def value(self) -> datetime | None:
        """The bookmark: everything up to here has been delivered."""
        return _moment_of(self._state)

    @property
    def known(self) -> tuple[str, ...] | None:
        """The properties or chains of earlier runs; None where none are noted."""
        covers = self._state.get("covers")
        if covers is None:
            return None
        return tuple(sorted({*covers, *self._ids_joining()}))

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
        covers = self._state.get("covers")
        self._complete()
        self._state["start_date"] = self._start_date and format_moment(self._start_date)
        if covers is None:
            # nobody knows whose rows they are, so they cannot be asked for apart
            self._state["replication_key_value"] = None
            return
        self._state["covers"] = []
        self._keep_joining([*self._joining(), *_groups(covers)])

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
        reach: Selection,
        start: Callable[[tuple[str, ...] | None], datetime | None],
        end: datetime,
        lookback: timedelta,
        now: datetime,
    ) -> list[Slice]:
        """The pending slices, in the order in which they are to be read.

        First what joined later, from its own beginning up to the bookmark, then all
        together from the bookmark to the end.

        Args:
            reach: What the stream reads.
            start: Gives the beginning for some ids, or for all if None.
            end: Last moment of the run.
            lookback: What to read again before a bookmark.
            now: When the run began.
        """
        self._ids = reach.ids if reach.is_noted else None
        slices = []
        bookmark = self.value
        if bookmark is not None and reach.ids is not None:
            self._join(set(reach.ids), now)
            for number, group in enumerate(list(self._joining()), MAIN + 1):
                self._by_partition[number] = group
                ids = tuple(group["ids"])
                reached = _moment_of(group)
                begin = start(ids) if reached is None else reached - lookback
                if begin is not None and begin >= bookmark:
                    self._merge(group)
                else:
                    until = min(bookmark, end)
                    slices.append(Slice(begin, until, ids, number, ids, reached))
        if bookmark is None:
            slices.append(Slice(start(reach.ids), end, reach.scope, MAIN, reach.ids))
        elif end > bookmark:
            begin = bookmark - lookback
            slice_ = Slice(begin, end, reach.scope, MAIN, reach.ids, bookmark)
            slices.append(slice_)
        return [
            slice_
            for slice_ in slices
            if slice_.start is None or slice_.start <= slice_.end
        ]

    def check_reached(self, latest: datetime) -> None:
        """Refuse a bookmark that no run can have reached.

        What is between the end of what was read and such a bookmark would never be
        read, so it is neither taken nor guessed anew.

        Args:
            latest: The latest moment at which a run can have ended.

        Raises:
            InvalidStateError: Names the bookmark and the value to set.
        """
        for part in (self._state, *self._joining()):
            reached = _moment_of(part)
            if reached is not None and reached > latest:
                msg = (
                    f"{self._stream}: the bookmark {self._write(reached)} is in the "
                    "future; set replication_key_value to the time up to which rows "
                    f"are complete, {self._write(latest)} at the latest"
                )
                raise InvalidStateError(msg)

    def move(self, slice_: Slice, until: datetime) -> None:
        """Note that a window of a slice has been delivered.

        Args:
            slice_: What the piece was cut from.
            until: Its end.
        """
        if slice_.partition == MAIN:
            self._complete()
            self._advance(self._state, until)
            if self._ids is not None:
                self._state["covers"] = sorted(
                    set(self._ids) - set(self._ids_joining()),
                )
            return
        group = self._by_partition[slice_.partition]
        self._advance(group, until)
        if self.value is not None and until >= self.value:
            self._merge(group)

    def part(self, ids: Iterable[str]) -> None:
        """Let some that cannot be read stay where they are; the others continue.

        Args:
            ids: Properties, chains or parents.
        """
        parted = set(ids)
        self._complete()
        covers = self._state.get("covers")
        together = parted - set(self._ids_joining())
        joining = _groups(sorted(together), self._state.get("replication_key_value"))
        if covers is not None:
            self._state["covers"] = sorted(set(covers) - together)
        for group in self._joining():
            behind = sorted(parted.intersection(group["ids"]))
            joining += _groups(behind, group.get("replication_key_value"))
            # the partition itself, which a slice of this run moves
            group["ids"] = [key for key in group["ids"] if key not in parted]
            joining += [group] if group["ids"] else []
        self._keep_joining(joining)

    def _take_partitions(self) -> None:
        """Take over a state in which each property had a bookmark of its own (0.1).

        Those that stand at the latest moment go on together; the others have joined
        later, as it were, and are read up to there first.
        """
        partitions = self._state.get("partitions") or []
        if not partitions:
            return
        standing: dict[str | None, list[str]] = {}
        for partition in partitions:
            value = partition.get("replication_key_value")
            (key,) = partition["context"].values()
            standing.setdefault(value, []).append(key)
        latest = max((value for value in standing if value), default=None)
        self._complete()
        self._state["partitions"] = []
        if latest is None:
            return
        self._state["replication_key_value"] = latest
        self._state["covers"] = standing.pop(latest)
        self._state["joining"] = [
            {"ids": ids, "replication_key_value": value}
            for value, ids in standing.items()
        ]

    def _make_ids_plain(self) -> None:
        """Let identifiers have neither case nor blanks, as Mews compares them."""
        if self._state.get("covers") is not None:
            self._state["covers"] = _plain(self._state["covers"])
        for group in (*self._joining(), *self._left()):
            group["ids"] = _plain(group["ids"])

    def _complete(self) -> None:
        """Let the state have all of its keys; a list of partitions is merged whole."""
        if self.value is None or "start_date" not in self._state:
            begun = self._start_date
            self._state["start_date"] = begun and format_moment(begun)
        if "context" not in self._state:
            for key, empty in EMPTY.items():
                self._state.setdefault(key, copy(empty))

    def _advance(self, part: dict[str, Any], until: datetime) -> None:
        reached = _moment_of(part)
        if reached is None or until > reached:
            part["replication_key_value"] = self._write(until)
        if part is self._state and self._key:
            part["replication_key"] = self._key

    def _join(self, reach: set[str], now: datetime) -> None:
        """Note what has joined, left or come back since the last run."""
        covers = self._state.get("covers")
        if covers is None:
            # a state of a run that could not list them: they were read together
            return
        joining = [
            {**group, "ids": kept}
            for group in self._joining()
            if (kept := [key for key in group["ids"] if key in reach])
        ]
        known = set(covers).union(*(group["ids"] for group in joining))
        left = self._still_left(now)
        # what returns resumes where it was
        for each in left:
            back = sorted((reach - known).intersection(each["ids"]))
            joining += _groups(back, each["replication_key_value"])
            known.update(back)
            each["ids"] = sorted(set(each["ids"]) - known)
        joining += _groups(sorted(reach - known))
        for part in ({**self._state, "ids": covers}, *self._joining()):
            gone = sorted(set(part["ids"]) - reach)
            if gone and part.get("replication_key_value"):
                value = {"replication_key_value": part["replication_key_value"]}
                left.append({"ids": gone, "since": format_moment(now), **value})
        self._complete()
        self._state["left"] = [each for each in left if each["ids"]]
        self._state["covers"] = sorted(reach & set(covers))
        self._keep_joining(joining)

    def _still_left(self, now: datetime) -> list[dict[str, Any]]:
        """What has left, without what has left long ago."""
        kept = []
        for each in self._left():
            if now - parse_moment(each["since"]) <= KEPT_AFTER_LEAVING:
                kept.append(dict(each))
            else:
                logger.info(
                    "%s: dropping the bookmarks of %d properties or chains that no "
                    "token has reached for %d days",
                    self._stream,
                    len(each["ids"]),
                    KEPT_AFTER_LEAVING.days,
                )
        return kept

    def _merge(self, group: dict[str, Any]) -> None:
        """Read what joined together with the rest from now on."""
        covers = self._state.get("covers") or []
        self._state["covers"] = sorted([*covers, *group["ids"]])
        self._keep_joining([other for other in self._joining() if other is not group])

    def _joining(self) -> list[dict[str, Any]]:
        return self._state.get("joining") or []

    def _left(self) -> list[dict[str, Any]]:
        return self._state.get("left") or []

    def _ids_joining(self) -> Iterator[str]:
        for group in self._joining():
            yield from group["ids"]

    def _keep_joining(self, joining: list[dict[str, Any]]) -> None:
        self._state["joining"] = joining


def _groups(ids: list[str], value: str | None = None) -> list[dict[str, Any]]:
    """Those who join, in groups that one request can name, and where they stand."""
    reached = {} if value is None else {"replication_key_value": value}
    return [
        {"ids": ids[first : first + MOST_JOINING], **reached}
        for first in range(0, len(ids), MOST_JOINING)
    ]


def _moment_of(part: dict[str, Any]) -> datetime | None:
    value = part.get("replication_key_value")
    return None if value is None else parse_moment(value)


def _plain(ids: list[str]) -> list[str]:
    """Identifiers as Mews compares them, each once."""
    return list(dict.fromkeys(key.strip().lower() for key in ids))
