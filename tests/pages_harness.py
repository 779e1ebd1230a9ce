"""What the tests of the page streams share: windows asked for, truth, histories."""

from __future__ import annotations

from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, TypeAlias

from facts import STREAMS
from sandbox import Sandbox
from sandbox.faults import Edited
from tap_mews.api.client import MewsClient
from tap_mews.api.transport import Transport
from tap_mews.metrics.usage import UsageRecord
from tap_mews.reading.state_form import expanded
from tap_mews.settings import CONFIG, Settings
from tests.harness import FastClock, Json, Result, moment, select, sync

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import datetime

    from sandbox.answers import Reply
    from sandbox.faults import Call, Fault
    from sandbox.journal import Request
    from tap_mews.clock import Clock

Times: TypeAlias = "tuple[datetime, datetime]"

RESERVATIONS = "reservations/getAll/2023-06-06"
COMPANIONSHIPS = "companionships/getAll"
ASSIGNMENTS = "sourceAssignments/getAll/2024-09-20"
GROUP_ASSIGNMENTS = "sourceAssignments/getAll"
ENTERPRISES = "enterprises/getAll"

ENTITY_OPERATIONS = {
    "availability_adjustments": "availabilityAdjustments/getAll",
    "availability_blocks": "availabilityBlocks/getAll",
    "bills": "bills/getAll",
    "companies": "companies/getAll",
    "customers": "customers/getAll",
    "order_items": "orderItems/getAll",
    "payments": "payments/getAll",
    "reservations": RESERVATIONS,
    "resource_blocks": "resourceBlocks/getAll",
}
"""The entities that can be read page by page as well, and the operation that does."""

PAGE_ENTITIES = {
    "companionships": "Companionship",
    "enterprises": "Enterprise",
    "reservation_group_source_assignments": "SourceAssignment",
    "source_assignments": "SourceAssignment_2024_09_20",
}
"""What the sandbox calls the rows of the streams of the first release that are read
page by page alone."""

WINDOWED = {
    "companionships": RESERVATIONS,
    "reservation_group_source_assignments": GROUP_ASSIGNMENTS,
    "source_assignments": ASSIGNMENTS,
}
"""The streams that are read by windows, and the operation that filters by them."""

ADDED = "ReservationGroupUpdatedUtc"
"""The property that the tap adds to companionships."""

BEFORE_ALL = "2026-01-01"
"""A `start_date` before the first row of the sandbox of most tests.

Without one, windows of customers and companies begin in 2012, which takes time.
"""

TEN_MINUTES = timedelta(minutes=10)
LOOKBACK = timedelta(minutes=5)


class Spoiled(Edited):
    """An answer that a function has changed."""

    def __init__(self, change: Callable[[Json], object]) -> None:
        self._change = change

    def edit(self, body: Json) -> None:
        """Change the body in place."""
        self._change(body)


@dataclass(frozen=True)
class Where:
    """A fault of those requests alone that a function picks."""

    sandbox: Sandbox = field(repr=False)
    picks: Callable[[Request], bool]
    fault: Fault

    def __call__(self, call: Call) -> Reply:
        """Answer, as the fault does or as it should be."""
        (request,) = (
            each
            for each in self.sandbox.journal.requests()
            if each.request_id == call.request_id
        )
        return self.fault(call) if self.picks(request) else call.carry_out()


def within(sandbox: Sandbox, start: datetime, fault: Fault) -> Where:
    """A fault of those requests alone whose window begins at a moment."""
    return Where(sandbox, lambda request: interval(request)[0] == start, fault)


def rows_of(body: Json) -> list[Json]:
    """The rows of an answer."""
    return next(value for value in body.values() if isinstance(value, list))


def client_of(
    sandbox: Sandbox, clock: Clock | None = None, **settings: object
) -> MewsClient:
    """A client alone, without a tap around it."""
    loaded = Settings.load(sandbox.config(**settings), CONFIG)
    transport = Transport(loaded, clock or FastClock(sandbox))
    return MewsClient(transport, transport.accesses[0], UsageRecord())


@contextmanager
def settled_hotels(
    properties: int, reservations_per_day: float = 1
) -> Iterator[Sandbox]:
    """Hotels whose last rows are old enough to be read; what is asked must be allowed.

    Args:
        properties: How many.
        reservations_per_day: Of each.
    """
    with Sandbox(
        properties=properties, days=20, reservations_per_day=reservations_per_day
    ) as sandbox:
        # the budget is counted in real time, which tests do not spend
        sandbox.limits.requests = 1_000_000
        settle(sandbox)
        yield sandbox
        assert sandbox.journal.breaches == []


def settle(sandbox: Sandbox) -> None:
    """Let the last rows grow old enough to be read."""
    sandbox.clock.advance(TEN_MINUTES)


def interval(request: Request, name: str = "UpdatedUtc") -> Times:
    """The moments that a request filters by."""
    found = request.body[name]
    return moment(found["StartUtc"]), moment(found["EndUtc"])


def intervals(
    requests: Iterable[Request], name: str = "UpdatedUtc", *, taken: bool = True
) -> list[Times]:
    """The different intervals that were asked for, in order of time.

    Args:
        requests: What was asked.
        name: The filter; requests without it are left out.
        taken: Whether to leave out those that were refused.
    """
    return sorted(
        {
            interval(each, name)
            for each in requests
            if name in each.body and (not taken or each.status in {200, 204})
        }
    )


def truth(
    sandbox: Sandbox, stream: str, ids: list[str] | None = None
) -> dict[str, Json]:
    """The rows that a stream should have, by Id."""
    entity = STREAMS[stream].entity
    return {row["Id"]: row for row in sandbox.rows(entity, ids)}


def latest(records: Iterable[Json]) -> dict[str, Json]:
    """The rows as a target keeps them, by Id, without what the tap has added."""
    return {row["Id"]: {k: row[k] for k in row if k != ADDED} for row in records}


@dataclass
class History:
    """The runs of one pipeline: each goes on from the state that the last one left.

    Attributes:
        sandbox: What is read.
        streams: The selected streams.
        settings: Beside the tokens.
        state: What the target keeps of it.
        rows: What the target has of each stream, by Id.
    """

    sandbox: Sandbox
    streams: tuple[str, ...]
    settings: Json = field(default_factory=dict)
    state: Json | None = None
    rows: dict[str, dict[str, Json]] = field(default_factory=lambda: defaultdict(dict))

    def run(self, **settings: object) -> Result:
        """A run that ends well."""
        return self.attempt(**settings).ok()

    def attempt(self, **settings: object) -> Result:
        """A run that may end with an expected failure."""
        result = sync(
            self.sandbox.config(**{**self.settings, **settings}),
            state=self.state,
            catalog=select(*self.streams),
            clock=FastClock(self.sandbox),
        )
        for stream, records in result.records.items():
            self.rows[stream] |= latest(records)
        self.state = result.state or self.state
        return result

    def failing(self, **settings: object) -> Result:
        """A run that must not end well."""
        result = self.attempt(**settings)
        assert result.error is not None
        return result

    def missing(self) -> dict[str, set[str]]:
        """Ids of the rows, by stream, that the target has not as they are now.

        Of the chosen enterprises, or of all.
        """
        chosen = self.settings.get("enterprise_ids")
        return {
            stream: lost
            for stream in self.streams
            if (
                lost := {
                    key
                    for key, row in truth(self.sandbox, stream, chosen).items()
                    if self.rows[stream].get(key) != row
                }
            )
        }

    def bookmark(self, stream: str) -> Json:
        """What the state holds of a stream, as the tap works with it."""
        assert self.state is not None
        found: Json = expanded(self.state)["bookmarks"][stream]
        return found


def make_old(sandbox: Sandbox) -> None:
    """Let the hotels be there since long ago, so that windows are months."""
    for each in sandbox.rows("Enterprise"):
        sandbox.put("Enterprise", {**each, "CreatedUtc": "2012-01-01T00:00:00Z"})


def let_edit(sandbox: Sandbox, days: int) -> None:
    """Let the hotels change their books of so many days."""
    editable = {"AccountingEditableHistoryInterval": f"P0M{days}DT0H0M0S"}
    for each in sandbox.rows("Enterprise"):
        sandbox.put("Enterprise", {**each, **editable})


def one_hotel(sandbox: Sandbox, stream: str, **settings: object) -> History:
    """Reads one hotel; the refreshing of companionships has tests of its own."""
    first = {"enterprise_ids": sandbox.enterprise_ids[:1]}
    return History(
        sandbox, (stream,), {**first, "companionship_refresh_days": 0, **settings}
    )


def bookmarks(result: Result, stream: str) -> list[datetime]:
    """The bookmarks of the STATE messages, each once until it moves.

    A run that ends after rows of an unfinished window says its last state again.
    """
    parts = [state["bookmarks"].get(stream, {}) for state in result.states]
    values = [
        part["replication_key_value"]
        for part in parts
        if "replication_key_value" in part
    ]
    return [moment(value) for value, _ in groupby(values)]
