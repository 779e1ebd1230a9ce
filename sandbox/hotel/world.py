"""What is the same for all hotels: countries, currencies, languages, taxes."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from sandbox.hotel.places import PEOPLE, PLACES
from sandbox.hotel.shapes import shape
from sandbox.store import EVERYBODY

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from sandbox.encoding import Json
    from sandbox.store import Store

_SINCE = "2020-01-01T00:00:00Z"
_RATES = (("L", "night_tax"), ("S", "other_tax"), ("Z", None))


def add_world(store: Store, now: datetime) -> None:
    """Enter what hotels of the places here need."""
    for entity, row in _rows():
        store.put(entity, shape(entity, row), EVERYBODY, now)


def _rows() -> Iterator[tuple[str, Json]]:
    row: Json
    # companies are in Belgium
    countries = {each.country for each in (*PLACES, *PEOPLE)} | {"BE"}
    for code in sorted(countries):
        yield "Country", {"Code": code, "EnglishName": f"Country {code}"}
    for code in ("AT-9", "DE-BE", "US-NY"):
        row = {"Code": code, "CountryCode": code[:2], "EnglishName": f"Region {code}"}
        yield "CountrySubdivision", row
    for code, precision in (("EUR", 2), ("JPY", 0), ("KWD", 3), ("USD", 2)):
        yield "Currency", {"Code": code, "Precision": precision}
    languages = {each.language for each in (*PLACES, *PEOPLE)} | {"en-US"}
    for code in sorted(languages):
        row = {"Code": code, "EnglishName": code, "LocalName": code}
        yield "Language", row | {"FallbackLanguageCode": "en-US"}
    for place in PLACES:
        environment = f"{place.country}-2020-1"
        taxation = f"{place.country}-VAT"
        valid = {"ValidityStartUtc": _SINCE, "TaxationCodes": [taxation]}
        row = {"Code": environment, "CountryCode": place.country}
        yield "TaxEnvironment", row | valid
        row = {"Code": taxation, "Name": "VAT", "LocalName": "VAT"}
        yield "Taxation", row
        for letter, attribute in _RATES:
            percent = Decimal(getattr(place, attribute) if attribute else 0)
            row = {"Code": f"{environment}-{letter}", "TaxationCode": taxation}
            strategy = {"BaseTaxationCodes": [], "Value": percent / 100}
            relative = {"Discriminator": "Relative", "Value": strategy}
            yield "TaxRate", row | {"Strategy": relative}
