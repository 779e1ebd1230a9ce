"""Tells whether a row was lost, or a bookmark went too far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.encoding import encode
from sandbox.store import CHAIN_ENTITIES
from tap_mews.reading.state_form import expanded
from tap_mews.timestamps import at_midnight, parse_moment
from tests.harness import ENTITIES, Json
from tests.pages_harness import PAGE_ENTITIES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sandbox import Sandbox
    from sandbox.store import Row
    from tests.crashes.tally import Tally
    from tests.crashes.target import Target

ALL_ENTITIES = {**ENTITIES, **PAGE_ENTITIES}
"""All streams, and what the sandbox calls their rows."""

LEDGER, COMPANIONS = "ledger_entries", "companionships"

LEDGER_LOOKBACK = timedelta(days=7)
"""The default of the setting: what is posted later than that is not promised."""

STREAM_BYTES, PROPERTY_BYTES, JOB_BYTES = 900, 200, 150
"""Most bytes of state for a stream, for each property or chain it covers, and for each
export that waits: a lane that starts anew tells all of one, later ones take half."""

FOREVER = datetime.max.replace(tzinfo=timezone.utc)


class LostError(AssertionError):
    """A row was lost, or a bookmark says that it came."""


@dataclass(frozen=True)
class Claim:
    """What a bookmark says: all rows of these owners up to there were emitted."""

    stream: str
    owners: frozenset[str]
    until: datetime


@dataclass
class Oracle:
    """Compares what a target saw with what the hotels hold.

    Attributes:
        sandbox: The hotels.
        token: Whose rows are to come.
        apart: Whether each property is read by a token of its own.
        start: The setting `start_date`.
        target: What it saw.
        tally: Takes the numbers.
    """

    sandbox: Sandbox
    token: str
    start: datetime | None
    target: Target
    tally: Tally
    apart: bool = False
    _parsed: dict[Row, Json] = field(default_factory=dict)

    def judge(self, state: Json) -> None:
        """Check a STATE at the moment at which it is emitted.

        Raises:
            LostError: A bookmark is beyond what was emitted, or the state has grown.
        """
        self.tally.states += 1
        written, state = state, expanded(state)
        with self.sandbox.platform.store.lock:
            for stream, part in state["bookmarks"].items():
                self._judge_size(stream, written["bookmarks"][stream])
                for claim in self._claims(stream, part):
                    lost = self._lost(claim)
                    if lost:
                        self._fail(f"the STATE says {_words(claim)}, but", stream, lost)
        self.tally.largest_state = max(self.tally.largest_state, _size(written))

    def judge_end(
        self, streams: Collection[str], enterprise_ids: Collection[str] | None
    ) -> None:
        """Check that everything has come, after a run that has ended well.

        Args:
            streams: Those that the run has read.
            enterprise_ids: The setting of that run.

        Raises:
            LostError: It has not.
        """
        with self.sandbox.platform.store.lock:
            for stream in streams:
                entity = ALL_ENTITIES[stream]
                owners = self._all_owners(entity)
                if enterprise_ids is not None and entity not in _BY_TOKEN:
                    owners &= frozenset(enterprise_ids)
                claim = Claim(stream, owners, FOREVER)
                self.tally.rows += sum(1 for _ in self._promised(claim))
                lost = self._lost(claim)
                if lost:
                    self._fail("after a run that ended well,", stream, lost)
                known = self.sandbox.platform.store.table(entity).rows
                strange = self.target.rows[stream].keys() - known.keys()
                assert not strange, f"{stream}: {strange} are no rows of the hotels"

    def _fail(self, when: str, stream: str, lost: list[Row]) -> None:
        self.tally.lost += len(lost)
        has = self.target.rows[stream].get(lost[0].key)
        how = "is missing" if has is None else "was emitted in another version"
        msg = (
            f"{stream}: {when} {len(lost)} rows are lost; for one, {lost[0].key} of "
            f"{lost[0].owner}, updated {lost[0].updated}, {how}"
        )
        raise LostError(msg)

    def _lost(self, claim: Claim) -> list[Row]:
        seen = self.target.rows[claim.stream]
        return [
            row for row in self._promised(claim) if seen.get(row.key) != self._json(row)
        ]

    def _json(self, row: Row) -> Json:
        """What must go out of a row: all of it but what Mews does not document."""
        parsed = self._parsed.get(row)
        if parsed is None:
            text = encode(row.data)
            parsed = self._parsed[row] = json.loads(text, parse_float=Decimal)
        return parsed

    def _all_owners(self, entity: str) -> frozenset[str]:
        access = self.sandbox.access
        return frozenset(access.owners(access.find(self.token), entity))

    def _claims(self, stream: str, part: Json) -> Iterator[Claim]:
        """What the bookmarks of a stream say."""
        everyone = self._all_owners(ALL_ENTITIES[stream])
        owned = [(part, part.get("covers"))]
        for apart in ("joining", "left"):
            owned += [(each, each["ids"]) for each in part.get(apart) or ()]
        for bookmark, ids in owned:
            value = bookmark.get("replication_key_value")
            # read whole in each run, by the tokens that are there
            is_noted = ids is not None or not (self.apart and stream == "enterprises")
            if value and is_noted:
                owners = everyone if ids is None else frozenset(ids)
                yield Claim(stream, owners, parse_moment(value))

    def _promised(self, claim: Claim) -> Iterator[Row]:
        """The rows that a bookmark claims, as they are now."""
        store, until = self.sandbox.platform.store, claim.until
        groups = {
            each.data["GroupId"]
            for each in store.table("Reservation").ordered()
            if self._is_due(each, until)
        }
        for row in store.table(ALL_ENTITIES[claim.stream]).ordered():
            if row.owner not in claim.owners:
                continue
            if claim.stream == LEDGER:
                due = self._is_posted(row, until)
            elif claim.stream == COMPANIONS:
                # it comes with its group, which comes with any of its reservations
                due = row.data["ReservationGroupId"] in groups and row.updated <= until
            elif claim.stream == "enterprises":
                due = row.updated <= until
            else:
                due = self._is_due(row, until)
            if due:
                yield row

    def _is_due(self, row: Row, until: datetime) -> bool:
        return row.updated <= until and (
            self.start is None or row.updated >= self.start
        )

    def _is_posted(self, row: Row, until: datetime) -> bool:
        """Whether a posting is of a day up to there and was made before its end.

        What is posted under an earlier day after that day was read comes with the
        lookback, and what is later than the lookback is not promised.
        """
        posted = date.fromisoformat(row.data["PostingDate"])
        if until == FOREVER:
            made_in_time = row.updated.date() - posted <= LEDGER_LOOKBACK
        else:
            made_in_time = row.updated <= at_midnight(until.date()) + timedelta(days=1)
        first = self.start.date() if self.start else date.min
        return made_in_time and first <= posted <= until.date()

    def _judge_size(self, stream: str, part: Json) -> None:
        """Check that the state of a stream does not grow with its runs."""
        places = len(self.sandbox.enterprise_ids) + len(self.sandbox.chain_ids)
        jobs = len(part.get("jobs") or ())
        most = STREAM_BYTES + PROPERTY_BYTES * places + JOB_BYTES * jobs
        assert _size(part) <= most, f"{stream}: a state of {_size(part)} bytes: {part}"


_BY_TOKEN = CHAIN_ENTITIES | {"Enterprise"}
"""What `enterprise_ids` does not narrow."""


def _size(state: Json) -> int:
    return len(json.dumps(state))


def _words(claim: Claim) -> str:
    return f"that all of {sorted(claim.owners)} has come up to {claim.until}"
