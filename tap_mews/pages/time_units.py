"""Days, hours and months that a service is sold by, where its enterprise stands."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta, timezone
from enum import Enum
from zoneinfo import ZoneInfo

from tap_mews.timestamps import ONE_DAY

ONE_HOUR = timedelta(hours=1)


class Period(Enum):
    """How long a time unit is: `TimeUnitPeriod` of a service."""

    HOUR = "Hour"
    DAY = "Day"
    MONTH = "Month"


LONGEST = {
    Period.HOUR: 100 * ONE_HOUR,
    Period.DAY: 100 * ONE_DAY,
    Period.MONTH: 24 * 28 * ONE_DAY,
}
"""What one request asks for at most: the page of `products/getPricing` has these, and
`services/getAvailability/2024-01-22` refuses more with `must not exceed 100D`, though
its own page allows 367 days."""


class TimeUnits:
    """The time units of a service.

    A day begins at local midnight, so it has 23 or 25 hours when the clocks change;
    where they skip midnight it begins at the first moment after it.

    Attributes:
        period: How long each is.
    """

    def __init__(self, zone: str, period: Period) -> None:
        """Know them by the time zone of the enterprise.

        Args:
            zone: `TimeZoneIdentifier` of the enterprise.
            period: How long each is.

        Raises:
            UnknownZoneError: There is no such time zone.
        """
        self.period = period
        try:
            self._zone = ZoneInfo(zone)
        except (KeyError, ValueError, OSError) as error:
            # no such key, no key at all, or the name of a folder of zones
            raise UnknownZoneError from error

    def start_of(self, moment: datetime) -> datetime:
        """When the unit began that a moment lies in."""
        local = moment.astimezone(self._zone)
        if self.period is Period.HOUR:
            # some zones are half an hour apart from whole hours of UTC
            return moment - timedelta(
                minutes=local.minute,
                seconds=local.second,
                microseconds=local.microsecond,
            )
        day = local.date()
        return self._midnight(day.replace(day=1) if self._is_monthly else day)

    def after(self, start: datetime) -> datetime:
        """When the unit ends that begins then, and the next one begins."""
        if self.period is Period.HOUR:
            return start + ONE_HOUR
        day = start.astimezone(self._zone).date()
        following = day + (31 if self._is_monthly else 1) * ONE_DAY
        return self._midnight(
            following.replace(day=1) if self._is_monthly else following
        )

    @property
    def _is_monthly(self) -> bool:
        return self.period is Period.MONTH

    def _midnight(self, day: date) -> datetime:
        # of two midnights the first one; of none, the moment at which it is skipped
        local = datetime.combine(day, time(), self._zone)
        return local.astimezone(timezone.utc)


class UnknownZoneError(ValueError):
    """A text that names no time zone."""
