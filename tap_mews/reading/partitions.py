"""Which enterprises or chains stand at the bookmark of a stream, and which elsewhere.

Those that `covers` names stand at the bookmark. Those in `joining` came later and are
read up to there first; those in `left` are not reached any more. A group of `joining`
that is `through` some enterprises is what their token has not read of a chain.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_mews.identifiers import plain_ids
from tap_mews.timestamps import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

logger = logging.getLogger("tap-mews.bookmarks")

Group = dict[str, Any]
"""Identifiers with where they stand, as the state holds them."""

KEPT_AFTER_LEAVING = timedelta(days=30)
"""How long a bookmark is kept whose enterprise or chain no token reaches any more."""

MAX_JOINING_IDS = 1000
"""Enterprises or chains that join together; no request may name more of them."""


class Partitions:
    """The three lists of one stream, kept in its part of the state."""

    def __init__(self, stream: str, state: dict[str, Any]) -> None:
        """Let identifiers have neither case nor blanks, as Mews compares them.

        Args:
            stream: Its name, for messages.
            state: Its part of the state; it is changed in place.
        """
        self._stream = stream
        self._state = state
        if self.covers is not None:
            state["covers"] = [*plain_ids(self.covers)]
        for group in (*self._unmerged, *self._left):
            for name in {"ids", "through"} & group.keys():
                group[name] = [*plain_ids(group[name])]

    @property
    def covers(self) -> list[str] | None:
        """Those at the bookmark; None where none are noted."""
        covers: list[str] | None = self._state.get("covers")
        return covers

    @property
    def joining(self) -> list[Group]:
        """Those that are read up to the bookmark first."""
        return [each for each in self._unmerged if not each.get("through")]

    @joining.setter
    def joining(self, groups: list[Group]) -> None:
        self._state["joining"] = [*groups, *self.lagging]

    @property
    def lagging(self) -> list[Group]:
        """What one token has not read of a chain, while others continue."""
        return [each for each in self._unmerged if each.get("through")]

    @property
    def _unmerged(self) -> list[Group]:
        return self._state.get("joining") or []

    @property
    def _left(self) -> list[Group]:
        return self._state.get("left") or []

    @property
    def known(self) -> tuple[str, ...] | None:
        """Those of earlier runs; None where none are noted."""
        if self.covers is None:
            return None
        return tuple(sorted({*self.covers, *self._ids_joining()}))

    def cover(self, ids: Iterable[str]) -> None:
        """Note that these are read together, except those that are still joining."""
        self._state["covers"] = sorted(set(ids) - self._ids_joining())

    def join(self, present: set[str], now: datetime) -> None:
        """Note what has joined, left or come back since the last run.

        Args:
            present: What the stream reads now.
            now: When the run began.
        """
        covers = self.covers or []
        joining = [
            {**group, "ids": kept}
            for group in self.joining
            if (kept := [key for key in group["ids"] if key in present])
        ]
        known = set(covers).union(*(group["ids"] for group in joining))
        left = self._still_left(now)
        # what returns resumes where it was
        for each in left:
            back = sorted((present - known).intersection(each["ids"]))
            joining += _groups(back, each["replication_key_value"])
            known.update(back)
            each["ids"] = sorted(set(each["ids"]) - known)
        joining += _groups(sorted(present - known))
        for part in ({**self._state, "ids": covers}, *self.joining):
            gone = sorted(set(part["ids"]) - present)
            if gone and part.get("replication_key_value"):
                value = {"replication_key_value": part["replication_key_value"]}
                left.append({"ids": gone, "since": format_moment(now), **value})
        self._state["left"] = [each for each in left if each["ids"]]
        self._state["covers"] = sorted(present & set(covers))
        self.joining = joining

    def _still_left(self, now: datetime) -> list[Group]:
        """What has left, without what has left long ago."""
        kept = []
        for each in self._left:
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

    def hold_back(self, ids: Iterable[str]) -> None:
        """Let some stay where they are while the others continue.

        Args:
            ids: Enterprises, chains or parents.
        """
        held_back = set(ids)
        stands = self._standing(held_back)
        if self.covers is not None:
            self._state["covers"] = sorted(set(self.covers) - held_back)
        for group in self.joining:
            # the partition itself, which a slice of this run moves
            group["ids"] = [key for key in group["ids"] if key not in held_back]
        # all tokens read a chain from where the one is that is furthest behind
        kept = []
        for group in self.lagging:
            for key in (known := held_back.intersection(group["ids"])):
                value = group.get("replication_key_value")
                stands[key] = _earlier(stands[key], value)
            kept += [] if known else [group]
        joining = [group for group in self.joining if group["ids"]]
        for value in dict.fromkeys(stands.values()):
            joining += _groups([k for k in stands if stands[k] == value], value)
        self._state["joining"] = [*joining, *kept]

    def hold_back_token(self, ids: Iterable[str], through: Iterable[str]) -> None:
        """Let one token stay where it is while others of its chains continue.

        Args:
            ids: Chains.
            through: The enterprises that the token reaches.
        """
        stands = self._standing(ids)
        token = set(through)
        lagging: list[Group] = []
        for group in self.lagging:
            own = token.intersection(group["through"])
            if not own or stands.keys().isdisjoint(group["ids"]):
                lagging.append(group)
                continue
            # copies, since a slice of this run moves the group itself
            parts = (own, set(group["through"]) - own)
            lagging += [{**group, "through": sorted(each)} for each in parts if each]
            stands = {k: each for k, each in stands.items() if k not in group["ids"]}
        for key, value in stands.items():
            lagging += [{**e, "through": sorted(token)} for e in _groups([key], value)]
        self._state["joining"] = [*self.joining, *lagging]

    def _standing(self, ids: Iterable[str]) -> dict[str, str | None]:
        """The bookmark of each; None is the beginning, also of what was never read."""
        stands: dict[str, str | None] = dict.fromkeys(sorted(ids))
        covers = stands if self.covers is None else self.covers
        main = {**self._state, "ids": covers}
        for group in (*self._left, main, *self.joining):
            known = stands.keys() & set(group["ids"])
            stands |= dict.fromkeys(known, group.get("replication_key_value"))
        return stands

    def merge(self, group: Group) -> None:
        """Read what joined together with the rest from now on."""
        if not group.get("through"):
            self._state["covers"] = sorted([*(self.covers or []), *group["ids"]])
        self._state["joining"] = [each for each in self._unmerged if each is not group]

    def restart(self) -> None:
        """Let all be read up to the bookmark once more, from the beginning."""
        joining = [{"ids": group["ids"]} for group in self.joining]
        lagging = [{k: each[k] for k in ("ids", "through")} for each in self.lagging]
        self._state["joining"] = [*joining, *_groups(self.covers or []), *lagging]
        self._state["covers"] = []
        self._state["left"] = []  # what returns is new

    def _ids_joining(self) -> set[str]:
        return {key for group in self.joining for key in group["ids"]}


def merge_partitions(state: dict[str, Any]) -> None:
    """Take over a state in which each enterprise had a bookmark of its own (0.1).

    Those that stand at the latest moment go on together; the others have joined later,
    as it were, and are read up to there first.

    Args:
        state: A stream's part of the state; it is changed in place.
    """
    standing: dict[str | None, list[str]] = {}
    for partition in state["partitions"]:
        value = partition.get("replication_key_value")
        (key,) = partition["context"].values()
        standing.setdefault(value, []).append(key)
    state["partitions"] = []
    latest = max((value for value in standing if value), default=None)
    if latest is None:
        return
    state["replication_key_value"] = latest
    state["covers"] = standing.pop(latest)
    state["joining"] = [
        {"ids": ids, "replication_key_value": value} for value, ids in standing.items()
    ]


def _groups(ids: list[str], value: str | None = None) -> list[Group]:
    """Those who join, in groups that one request can name, and where they stand."""
    reached = {} if value is None else {"replication_key_value": value}
    return [
        {"ids": ids[first : first + MAX_JOINING_IDS], **reached}
        for first in range(0, len(ids), MAX_JOINING_IDS)
    ]


def _earlier(one: str | None, other: str | None) -> str | None:
    """The earlier one of two bookmarks; none is the beginning."""
    if one is None or other is None:
        return None
    return min(one, other, key=parse_moment)
