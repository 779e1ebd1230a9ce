"""The enterprises that tokens reach, as far as reading needs them."""

from __future__ import annotations

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Annotated, Any

import msgspec

from tap_mews.api.operations import Operation
from tap_mews.identifiers import plain_id, unnamed_chain

FOUNDED = datetime(2012, 1, 1, tzinfo=timezone.utc)
"""Nothing in Mews is older than Mews; where to start if nothing better is known."""

ENTERPRISES = Operation("enterprises/getAll", "Enterprises", time_filter=None)


_MOMENT = Annotated[datetime, msgspec.Meta(tz=True)]


class EnterpriseRow(msgspec.Struct):
    """A row of `enterprises/getAll`, as far as reading needs it.

    What only makes reading faster or its messages clearer is taken as it comes: a row
    that is invalid in that ends no run, and `on_invalid_record` says what becomes of it
    in the stream `enterprises`.
    """

    id: str = msgspec.field(name="Id")
    chain_id: str | None = msgspec.field(name="ChainId", default=None)
    name: Any = msgspec.field(name="Name", default=None)
    created: Any = msgspec.field(name="CreatedUtc", default=None)
    editable: Any = msgspec.field(
        name="AccountingEditableHistoryInterval", default=None
    )
    time_zone: Any = msgspec.field(name="TimeZoneIdentifier", default=None)


@dataclass(frozen=True)
class Enterprise:
    """An enterprise, with identifiers as Mews compares them: without case.

    Attributes:
        id: Its identifier.
        chain_id: Of its chain, or what stands for it if Mews names none.
        name: For messages.
        created: When; None if unknown.
        editable_history: The time in which it may change its books afterwards.
        time_zone: Name in the IANA database.
    """

    id: str
    chain_id: str
    name: str | None
    created: datetime | None
    editable_history: timedelta
    time_zone: str | None

    @classmethod
    def of(cls, row: EnterpriseRow) -> Enterprise:
        """What a row says."""
        key = plain_id(row.id)
        return cls(
            key,
            plain_id(row.chain_id or "") or unnamed_chain(key),
            _text(row.name),
            _moment(row.created),
            _days_of(_text(row.editable)),
            _text(row.time_zone),
        )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    """None of what is no moment: to read from the beginning is right for any."""
    with suppress(msgspec.ValidationError):
        found: datetime = msgspec.convert(value, _MOMENT)
        return found.replace(microsecond=0)
    return None


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
