"""The enterprises that tokens reach, as far as reading needs them."""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Annotated

import msgspec

from tap_mews.api.operations import Operation
from tap_mews.identifiers import plain_id

FOUNDED = datetime(2012, 1, 1, tzinfo=timezone.utc)
"""Nothing in Mews is older than Mews; where to start if nothing better is known."""

ENTERPRISES = Operation("enterprises/getAll", "Enterprises", time_filter=None)


class Enterprise(msgspec.Struct, frozen=True):
    """An enterprise as `enterprises/getAll` shows it, as far as reading needs it."""

    id: str = msgspec.field(name="Id")
    name: str | None = msgspec.field(name="Name", default=None)
    chain_id: str | None = msgspec.field(name="ChainId", default=None)
    created: Annotated[datetime, msgspec.Meta(tz=True)] | None = msgspec.field(
        name="CreatedUtc",
        default=None,
    )
    editable: str | None = msgspec.field(
        name="AccountingEditableHistoryInterval", default=None
    )
    time_zone: str | None = msgspec.field(name="TimeZoneIdentifier", default=None)

    @property
    def editable_history(self) -> timedelta:
        """The time in which it may change its books afterwards."""
        return _days_of(self.editable)


_DURATION = re.compile(
    r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T[0.HMS]*([1-9])?.*)?"
)
"""A duration of ISO 8601, as far as days matter, and whether there is more."""

DAYS = (366, 31, 7, 1)
"""At most, of a year, a month, a week and a day."""

MAX_EDITABLE = timedelta(days=366)


def _days_of(duration: str | None) -> timedelta:
    """The days of a duration, a day for the hours; none of what is no duration."""
    found = _DURATION.fullmatch(duration or "")
    if found is None:
        return timedelta(0)
    *parts, has_more = found.groups()
    counted = zip(parts, DAYS, strict=True)
    days = sum(int(part or 0) * each for part, each in counted)
    return min(timedelta(days=min(days, 1000) + bool(has_more)), MAX_EDITABLE)


def plain_enterprise(found: Enterprise) -> Enterprise:
    """An enterprise with its identifiers as Mews compares them: without case."""
    chain_id = found.chain_id and plain_id(found.chain_id)
    return msgspec.structs.replace(found, id=plain_id(found.id), chain_id=chain_id)
