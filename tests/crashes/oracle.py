"""Tells whether a row was lost, or a bookmark went too far."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from typing import TYPE_CHECKING

from facts import STREAMS
from sandbox.encoding import encode
from sandbox.store import CHAIN_ENTITIES
from tap_mews.reading.state_form import expanded
from tap_mews.timestamps import at_midnight, parse_moment
from tests.crashes.due import TAP_STREAMS, WHOLE, follows, moments

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from sandbox import Sandbox
    from sandbox.store import Row
    from tests.crashes.tally import Tally
    from tests.crashes.target import Target
    from tests.harness import Json

POSTING_DATES = {"ledger_balances": "Date", "ledger_entries": "PostingDate"}
"""The streams that are read by day, and the property that has it."""

LEDGER_LOOKBACK = timedelta(days=7)
"""The default of the setting: what is posted later than that is not promised."""

STREAM_BYTES, PROPERTY_BYTES, JOB_BYTES = 900, 200, 150
"""Most bytes of state for a stream, for each property or chain it covers, and for each
export that waits: a lane that starts again tells all of one, later ones take half."""

FOREVER = datetime.max.replace(tzinfo=timezone.utc)


class LostError(AssertionError):
    """A row was lost, or a bookmark says that it came."""


@dataclass(frozen=True)
class Claim:
    """What a bookmark says: all rows of these owners up to there were emitted.

    Attributes:
        stream: Of which stream.
        owners: Of which properties or chains.
        until: Up to where.
        since: From where on; None for all.
    """

    stream: str
    owners: frozenset[str]
    until: datetime
    since: datetime | None


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
                entity = STREAMS[stream].entity
                owners = self._all_owners(entity)
                if enterprise_ids is not None and entity not in _BY_TOKEN:
                    owners &= frozenset(enterprise_ids)
                self._judge_rows(Claim(stream, owners, FOREVER, self._since(stream)))

    def _judge_rows(self, claim: Claim) -> None:
        """Check what a run has read that ended well.

        Raises:
            LostError: Something is missing.
        """
        self.tally.rows += sum(1 for _ in self._promised(claim))
        lost = self._lost(claim)
        if lost:
            self._fail("after a run that ended well,", claim.stream, lost)
        known = self.sandbox.platform.store.table(STREAMS[claim.stream].entity).rows
        strange = self.target.rows[claim.stream].keys() - known.keys()
        assert not strange, f"{claim.stream}: {strange} are no rows of the hotels"

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
        everyone = self._all_owners(STREAMS[stream].entity)
        owned = [(part, part.get("covers"))]
        for apart in ("joining", "left"):
            owned += [(each, each["ids"]) for each in part.get(apart) or ()]
        for bookmark, ids in owned:
            value = bookmark.get("replication_key_value")
            if value and self._is_noted(stream, ids):
                owners = everyone if ids is None else frozenset(ids)
                yield Claim(stream, owners, parse_moment(value), self._since(stream))

    def _is_noted(self, stream: str, ids: Collection[str] | None) -> bool:
        """Whether a bookmark says whose it is."""
        # read whole in each run, by the tokens that are there
        return ids is not None or not (self.apart and stream == "enterprises")

    def _since(self, stream: str) -> datetime | None:
        """Where a stream begins; what others refer to is read whole."""
        return self.start if TAP_STREAMS[stream].is_bounded else None

    def _promised(self, claim: Claim) -> Iterator[Row]:
        """The rows that a bookmark claims, as they are now."""
        store, until = self.sandbox.platform.store, claim.until
        of = moments(claim.stream, store)
        for row in store.table(STREAMS[claim.stream].entity).ordered():
            if row.owner not in claim.owners:
                continue
            if claim.stream in POSTING_DATES:
                due = self._is_posted(row, claim)
            elif claim.stream in WHOLE:
                due = row.updated <= until
            else:
                due = any(self._is_due(moment, claim) for moment in of(row))
                # what comes with another row is as it is then
                due &= row.updated <= until or not follows(claim.stream)
            if due:
                yield row

    def _is_due(self, moment: datetime, claim: Claim) -> bool:
        # an interval ends before its end, and the next one begins there
        return moment < claim.until and (claim.since is None or moment >= claim.since)

    def _is_posted(self, row: Row, claim: Claim) -> bool:
        """Whether a posting is of a day up to there and was made before its end.

        What is posted under an earlier day after that day was read comes with the
        lookback, and what is later than the lookback is not promised.
        """
        until, since = claim.until, claim.since
        posted = date.fromisoformat(row.data[POSTING_DATES[claim.stream]][:10])
        if until == FOREVER:
            made_in_time = row.updated.date() - posted <= LEDGER_LOOKBACK
        else:
            made_in_time = row.updated <= at_midnight(until.date()) + timedelta(days=1)
        first = since.date() if since else date.min
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
