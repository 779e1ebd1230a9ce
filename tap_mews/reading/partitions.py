"""Which properties or chains stand at the bookmark of a stream, and which elsewhere.

Those that `covers` names stand at the bookmark. Those in `joining` came later and are
read up to there first; those in `left` are not reached any more.
"""

from __future__ import annotations

import logging
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from tap_mews.timestamps import format_moment, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

logger = logging.getLogger("tap-mews.bookmarks")

Group = dict[str, Any]
"""Identifiers with where they stand, as the state holds them."""

KEPT_AFTER_LEAVING = timedelta(days=30)
"""How long the bookmark of a property or chain is kept that is not reached any more."""

MOST_JOINING = 1000
"""Properties or chains that join together; no request may name more of them."""


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
            state["covers"] = _plain(self.covers)
        for group in (*self.joining, *self._left):
            group["ids"] = _plain(group["ids"])

    @property
    def covers(self) -> list[str] | None:
        """Those at the bookmark; None where none are noted."""
        covers: list[str] | None = self._state.get("covers")
        return covers

    @property
    def joining(self) -> list[Group]:
        """Those that are read up to the bookmark first."""
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

    def join(self, reach: set[str], now: datetime) -> None:
        """Note what has joined, left or come back since the last run.

        Args:
            reach: What the stream reads now.
            now: When the run began.
        """
        covers = self.covers or []
        joining = [
            {**group, "ids": kept}
            for group in self.joining
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
        for part in ({**self._state, "ids": covers}, *self.joining):
            gone = sorted(set(part["ids"]) - reach)
            if gone and part.get("replication_key_value"):
                value = {"replication_key_value": part["replication_key_value"]}
                left.append({"ids": gone, "since": format_moment(now), **value})
        self._state["left"] = [each for each in left if each["ids"]]
        self._state["covers"] = sorted(reach & set(covers))
        self._state["joining"] = joining

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

    def part(self, ids: Iterable[str]) -> None:
        """Let some stay where they are while the others continue.

        Args:
            ids: Properties, chains or parents.
        """
        parted = set(ids)
        together = parted - self._ids_joining()
        joining = _groups(sorted(together), self._state.get("replication_key_value"))
        if self.covers is not None:
            self._state["covers"] = sorted(set(self.covers) - together)
        for group in self.joining:
            behind = sorted(parted.intersection(group["ids"]))
            joining += _groups(behind, group.get("replication_key_value"))
            # the partition itself, which a slice of this run moves
            group["ids"] = [key for key in group["ids"] if key not in parted]
            joining += [group] if group["ids"] else []
        self._state["joining"] = joining

    def merge(self, group: Group) -> None:
        """Read what joined together with the rest from now on."""
        self._state["covers"] = sorted([*(self.covers or []), *group["ids"]])
        self._state["joining"] = [each for each in self.joining if each is not group]

    def restart(self) -> None:
        """Let all be read up to the bookmark once more, from the beginning."""
        joining = [{"ids": group["ids"]} for group in self.joining]
        self._state["joining"] = [*joining, *_groups(self.covers or [])]
        self._state["covers"] = []
        self._state["left"] = []  # what returns is new

    def _ids_joining(self) -> set[str]:
        return {key for group in self.joining for key in group["ids"]}


def _groups(ids: list[str], value: str | None = None) -> list[Group]:
    """Those who join, in groups that one request can name, and where they stand."""
    reached = {} if value is None else {"replication_key_value": value}
    return [
        {"ids": ids[first : first + MOST_JOINING], **reached}
        for first in range(0, len(ids), MOST_JOINING)
    ]


def _plain(ids: list[str]) -> list[str]:
    """Identifiers as Mews compares them, each once."""
    return list(dict.fromkeys(key.strip().lower() for key in ids))
