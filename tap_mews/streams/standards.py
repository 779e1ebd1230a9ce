"""What is the same for every property: countries, currencies, languages, taxes."""

from __future__ import annotations

from tap_mews.api.operations import GLOBAL, Operation
from tap_mews.streams.bases import Whole


def _list(path: str, rows: str) -> Operation:
    """An operation without parameters, which answers with everything at once."""
    return Operation(
        path, rows, GLOBAL, time_filter=None, most_rows=None, is_paged=False
    )


class _Standard(Whole):
    """Rows that are found by their code, and carry no date."""

    primary_keys = ("Code",)
    replication_key = None


class Countries(_Standard):
    """Countries."""

    name = "countries"
    operation = _list("countries/getAll", "Countries")


class CountrySubdivisions(_Standard):
    """States and provinces."""

    name = "country_subdivisions"
    operation = _list("countries/getAll", "CountrySubdivisions")


class Currencies(_Standard):
    """Currencies."""

    name = "currencies"
    operation = _list("currencies/getAll", "Currencies")


class Languages(_Standard):
    """Languages."""

    name = "languages"
    operation = _list("languages/getAll", "Languages")


class TaxEnvironments(_Standard):
    """Which taxes a country has, and since when."""

    name = "tax_environments"
    operation = _list("taxEnvironments/getAll", "TaxEnvironments")


class Taxations(_Standard):
    """Taxes."""

    name = "taxations"
    operation = _list("taxations/getAll", "Taxations")


class TaxRates(_Standard):
    """Rates of taxes."""

    name = "tax_rates"
    operation = _list("taxations/getAll", "TaxRates")
