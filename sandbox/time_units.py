"""The time units that a service is sold by, as a request asks for them."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple
from zoneinfo import ZoneInfo

from facts import OPERATIONS
from sandbox.answers import Refusal
from sandbox.clock import UTC
from sandbox.contract import Interval, Span
from sandbox.filters import check_length

if TYPE_CHECKING:
    from sandbox.encoding import Json
    from sandbox.platform import Ask

FIRST, LAST = "FirstTimeUnitStartUtc", "LastTimeUnitStartUtc"

_STEP = timedelta(minutes=30)
"""No clock of today is nearer to another one, and no time unit is shorter."""


class Units(NamedTuple):
    """What a request asks for.

    Attributes:
        zone: of the property.
        starts: when each of them begins.
    """

    zone: ZoneInfo
    starts: list[datetime]

    @property
    def days(self) -> list[date]:
        """The local day on which each of them begins."""
        return [start.astimezone(self.zone).date() for start in self.starts]


def asked_for(ask: Ask, service: Json, enterprise: Json) -> Units:
    """Take the bounds of a request.

    Raises:
        Refusal: 400, one is not where a time unit begins, or they are too far apart.
    """
    zone = ZoneInfo(enterprise["TimeZoneIdentifier"])
    period = service["Data"]["Value"]["TimeUnitPeriod"]
    first, last = ask.body.moment(FIRST), ask.body.moment(LAST)
    if first > last:
        ask.body.refuse(LAST)
    for name, moment in ((FIRST, first), (LAST, last)):
        if not _begins(moment, period, zone):
            raise Refusal(400, f"{name} is not start of TimeUnit.")
    end = last + _STEP
    while not _begins(end, period, zone):
        end += _STEP
    # as clocks show it: a day of 25 hours is one day
    shown = Interval(
        first.astimezone(zone).replace(tzinfo=UTC),
        end.astimezone(zone).replace(tzinfo=UTC),
    )
    check_length(ask, shown, _documented(ask.entry.operation, period))
    steps = range((last - first) // _STEP + 1)
    moments = (first + number * _STEP for number in steps)
    return Units(zone, [each for each in moments if _begins(each, period, zone)])


def _begins(moment: datetime, period: str, zone: ZoneInfo) -> bool:
    before = moment - timedelta(seconds=1)
    return _unit(moment, period, zone) != _unit(before, period, zone)


def _unit(moment: datetime, period: str, zone: ZoneInfo) -> object:
    local = moment.astimezone(zone)
    if period == "Month":
        return local.year, local.month
    return local.date() if period == "Day" else (local.date(), local.hour, local.fold)


def _documented(operation: str, period: str) -> Span:
    """Give the longest interval of the page; where it has two, the shorter one."""
    text = OPERATIONS[operation].interval[f"{FIRST}..{LAST}"]
    unit = f"{period.lower()}s"
    found = re.search(rf"(\d+) {unit}", text)
    if found is None:
        message = f"the facts name no longest interval in {unit}: {text}"
        raise ValueError(message)
    return Span(**{unit: int(found[1])})
