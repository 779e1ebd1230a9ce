"""What must have come after a run of a pipeline with any tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from facts import STREAMS
from sandbox.clock import parse_utc
from sandbox.hotel.shapes import GLOBAL
from sandbox.store import CHAIN_ENTITIES, EVERYBODY
from tests.crashes.due import TAP_STREAMS
from tests.crashes.oracle import FOREVER, POSTING_DATES, Claim, LostError, Oracle
from tests.crashes.target import key_of
from tests.series_harness import OPERATION, expected

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from tests.harness import Json

SET_ASIDE = timedelta(days=3)
"""Postings of so many last days may come with the next run."""

START_SETTINGS = {True: "start_date", False: "reference_start_date"}
"""Which of them bounds a stream, by whether it is bounded."""


@dataclass
class Expectations(Oracle):
    """Compares what a target saw with what the tokens of a run open.

    Attributes:
        config: The settings of the run.
    """

    config: Json = field(default_factory=dict)
    _starts: dict[str, list[datetime | None]] = field(default_factory=dict)
    _horizons: dict[str, set[tuple[str, ...]]] = field(default_factory=dict)

    def begin(self, config: Json) -> None:
        """Take the settings of the next run."""
        self.config = config
        for name in START_SETTINGS.values():
            start = config.get(name)
            self._starts.setdefault(name, []).append(start and parse_utc(start))
        self._horizons = {stream: self._horizon(stream) for stream in OPERATION}

    def reached(self, tokens: Iterable[str]) -> set[str]:
        """The properties that tokens open."""
        access = self.sandbox.access
        grants = [access.find(token) for token in tokens]
        return {key for grant in grants for key in access.enterprises(grant)}

    def judge_run(
        self, stream: str, tokens: Collection[str], seen: int, *, is_last: bool
    ) -> None:
        """Check that all of a stream has come, after a run that says so.

        Args:
            stream: Which one.
            tokens: Those with which the run could read.
            seen: How many messages had come before.
            is_last: Whether nothing was set aside.

        Raises:
            LostError: Something is missing.
        """
        with self.sandbox.platform.store.lock:
            owners = self._owners(stream, tokens)
            if stream in OPERATION:
                self._judge_horizon(stream, owners, seen)
                return
            until = FOREVER
            if stream in POSTING_DATES and not is_last:
                until = self.sandbox.clock.now() - SET_ASIDE
            is_bounded = TAP_STREAMS[stream].is_bounded
            since = self._since(stream)
            if not is_bounded:  # an earlier one makes the tap read all again
                since = self._starts[START_SETTINGS[False]][-1]
            self._judge_rows(Claim(stream, owners, until, since))

    def _owners(self, stream: str, tokens: Collection[str]) -> frozenset[str]:
        """Whose rows of a stream the tokens and the settings bring."""
        entity = STREAMS[stream].entity
        reached = self.reached(tokens)
        if entity in GLOBAL:
            return frozenset({EVERYBODY} if reached else ())
        if entity in CHAIN_ENTITIES:
            hotels = self.sandbox.platform.store.table("Enterprise").rows
            return frozenset(hotels[key].data["ChainId"] for key in reached)
        chosen = self.config.get("enterprise_ids")
        if chosen is None or entity == "Enterprise":
            return frozenset(reached)
        return frozenset(reached.intersection(chosen))

    def _judge_horizon(self, stream: str, owners: Collection[str], seen: int) -> None:
        """Check what each run reads whole, by what is sold."""
        store = self.sandbox.platform.store
        sold = store.table("Service").rows | store.table("Rate").rows
        # a day may have begun during the run
        horizon = self._horizons[stream] & self._horizon(stream)
        due = {key for key in horizon if sold[key[0]].owner in owners}
        self.tally.rows += len(due)
        came = {
            key_of(stream, message["record"])
            for message in self.target.messages[seen:]
            if message["type"] == "RECORD" and message["stream"] == stream
        }
        if lost := {key for key in due if "/".join(key).lower() not in came}:
            self.tally.lost += len(lost)
            msg = f"{stream}: {len(lost)} of {len(due)} are lost; for one, {min(lost)}"
            raise LostError(msg)

    def _horizon(self, stream: str) -> set[tuple[str, ...]]:
        back, ahead = (self.config[f"availability_days_{n}"] for n in ("back", "ahead"))
        return expected(self.sandbox, stream, back, ahead)

    def _claims(self, stream: str, part: Json) -> Iterator[Claim]:
        """What the bookmarks of a stream say."""
        for claim in super()._claims(stream, part):
            # who joins then is with the others, and comes with the lookback
            begins_there = claim.since and claim.since.date() >= claim.until.date()
            if stream not in POSTING_DATES or not begins_there:
                yield claim

    def _since(self, stream: str) -> datetime | None:
        """The latest start so far: nothing is promised of what is older."""
        starts = self._starts[START_SETTINGS[TAP_STREAMS[stream].is_bounded]]
        return max(filter(None, starts), default=None)

    def _is_noted(self, stream: str, ids: Collection[str] | None) -> bool:
        """Whether a bookmark says whose it is, and not which parents were there."""
        tap = TAP_STREAMS[stream]
        first = getattr(tap, "parents", (tap.operation,))[0]
        return ids is not None and first.selector.parents is None
