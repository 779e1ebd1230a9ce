"""What is sold by time units: bookable services, and rates that set prices."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from tap_mews.identifiers import plain_id
from tap_mews.pages.time_units import Period, TimeUnits, UnknownZoneError
from tap_mews.wording import abbreviated

if TYPE_CHECKING:
    from collections.abc import Collection

    from tap_mews.api.operations import Operation
    from tap_mews.pages.allocation import Allocation

logger = logging.getLogger("tap-mews.pages")


class Sold(NamedTuple):
    """A service or rate that is sold by time units.

    Attributes:
        id: Its identifier as Mews sends it, which its rows name.
        units: The time units.
    """

    id: str
    units: TimeUnits


class _Value(msgspec.Struct, gc=False):
    period: str | None = msgspec.field(name="TimeUnitPeriod", default=None)
    # its deprecated name
    unit: str | None = msgspec.field(name="TimeUnit", default=None)


class _Data(msgspec.Struct, gc=False):
    kind: str | None = msgspec.field(name="Discriminator", default=None)
    # its form depends on the kind
    value: msgspec.Raw = msgspec.field(name="Value", default=msgspec.Raw(b"null"))


class _Service(msgspec.Struct, gc=False):
    id: str = msgspec.field(name="Id")
    enterprise_id: str | None = msgspec.field(name="EnterpriseId", default=None)
    is_active: bool | None = msgspec.field(name="IsActive", default=None)
    data: _Data | None = msgspec.field(name="Data", default=None)

    @property
    def is_sold(self) -> bool:
        """Whether it can be booked by time units now."""
        is_bookable = self.data is not None and self.data.kind == "Bookable"
        return is_bookable and self.is_active is not False

    @property
    def period(self) -> Period:
        """How long its time units are; hotels sell by day.

        Raises:
            ValueError: It is a period that the documentation does not have.
        """
        try:
            value = _value_of(self.data.value) if self.data else None
        except msgspec.ValidationError as error:
            raise ValueError from error
        return Period((value and (value.period or value.unit)) or Period.DAY)


_value_of = msgspec.json.Decoder(_Value | None).decode


class _Rate(msgspec.Struct, gc=False):
    id: str = msgspec.field(name="Id")
    service_id: str | None = msgspec.field(name="ServiceId", default=None)
    is_base: bool | None = msgspec.field(name="IsBaseRate", default=None)
    base_id: str | None = msgspec.field(name="BaseRateId", default=None)
    is_active: bool | None = msgspec.field(name="IsActive", default=None)
    is_public: bool | None = msgspec.field(name="IsPublic", default=None)
    kind: str | None = msgspec.field(name="Type", default=None)

    @property
    def is_priced(self) -> bool:
        """Whether the prices of others follow from it: a public base rate in use."""
        is_public = self.kind == "Public" if self.kind else self.is_public is True
        is_base = self.base_id is None if self.is_base is None else self.is_base
        return is_public and is_base and self.is_active is not False


def bookable_services(
    stream: str, allocation: Allocation, services: Operation
) -> dict[str, Sold]:
    """The services in use that can be booked by time units, by identifier.

    Args:
        stream: Named in warnings of what cannot be read.
        allocation: Gives the services and the time zones of their enterprises.
        services: Lists the services.

    Raises:
        MewsError: As `Allocation.ids`.
    """
    zones = {each.id: each.time_zone for each in allocation.listed or ()}
    found: dict[str, Sold] = {}
    without_property: set[str] = set()
    without_zone: set[str] = set()
    without_period: set[str] = set()
    for service in allocation.objects(services, _Service):
        if not service.is_sold:
            continue
        if not service.enterprise_id:
            without_property.add(service.id)
            continue
        enterprise = plain_id(service.enterprise_id)
        try:
            period = service.period
        except ValueError:
            without_period.add(service.id)
            continue
        try:
            units = TimeUnits(zones.get(enterprise) or "", period)
        except UnknownZoneError:
            without_zone.add(enterprise)
            continue
        found[plain_id(service.id)] = Sold(service.id, units)
    _warn_if_any(
        f"{stream}: services/getAll returned no EnterpriseId; skipping the services",
        without_property,
    )
    _warn_if_any(
        f"{stream}: enterprises/getAll returned no known TimeZoneIdentifier; skipping "
        "the properties",
        without_zone,
    )
    _warn_if_any(
        f"{stream}: services/getAll returned no known TimeUnitPeriod; skipping the "
        "services",
        without_period,
    )
    return found


def base_rates(
    stream: str, allocation: Allocation, rates: Operation, services: Operation
) -> dict[str, Sold]:
    """The public base rates in use, with the time units of their services.

    Args:
        stream: As for `bookable_services`.
        allocation: Gives the rates as well.
        rates: Lists the rates.
        services: Lists the services.

    Raises:
        MewsError: As `Allocation.ids`.
    """
    bookable = bookable_services(stream, allocation, services)
    found: dict[str, Sold] = {}
    without_service: set[str] = set()
    for rate in allocation.objects(rates, _Rate):
        if not rate.is_priced:
            continue
        if not rate.service_id:
            without_service.add(rate.id)
        elif service := bookable.get(plain_id(rate.service_id)):
            found[plain_id(rate.id)] = Sold(rate.id, service.units)
    _warn_if_any(
        f"{stream}: rates/getAll returned no ServiceId; skipping the rates",
        without_service,
    )
    return found


def _warn_if_any(what: str, ids: Collection[str]) -> None:
    if ids:
        logger.warning("%s %s", what, abbreviated(sorted(ids)))
