"""Key figures of the hotels, which dbt makes of the rows."""

from __future__ import annotations

import json
from datetime import timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

import duckdb

from demo.pipeline import CHECKOUT, DemoError, last_lines, logging
from demo.warehouse import table

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import date
    from pathlib import Path

DBT = CHECKOUT / ".venv-dbt" / "bin" / "dbt"

MONTH = 31
"""Days that are shown."""

WIDTH = 20
"""Characters of a bar for an occupancy of 100 %."""

_KPIS = """
select enterprise_name, business_date, currency, occupancy, adr, revpar, trevpar
from analytics.mews__daily_kpis
join analytics_intermediate.int_mews__enterprises using (enterprise_id)
order by enterprise_name, business_date"""


class Kpis(NamedTuple):
    """The key figures of a day; a ratio is None where nothing divides."""

    hotel: str
    day: date
    currency: str
    occupancy: Decimal | None
    adr: Decimal | None
    revpar: Decimal | None
    trevpar: Decimal | None


def build(warehouse: Path) -> None:
    """Run the models that the key figures are made of."""
    dbt(warehouse, "run", "--select", "+mews__daily_kpis")


def dbt(warehouse: Path, *command: str) -> None:
    """Run a command of dbt on the tables of a warehouse.

    Raises:
        DemoError: It failed.
    """
    folder = warehouse.parent
    output = {
        "type": "duckdb",
        "path": str(warehouse),
        "schema": "analytics",
        "threads": 2,
    }
    # JSON is YAML.
    profiles = {"mews": {"target": "demo", "outputs": {"demo": output}}}
    (folder / "profiles.yml").write_text(json.dumps(profiles))
    log = folder / "dbt.log"
    options = (
        "--no-use-colors", "--no-send-anonymous-usage-stats",
        "--project-dir", CHECKOUT / "dbt", "--profiles-dir", folder,
        "--target-path", folder / "target", "--log-path", folder / "logs",
    )  # fmt: skip
    with logging(log, DBT, *command, *options) as run:
        told, _ = run.communicate()
    if run.returncode:
        with log.open("ab") as messages:
            messages.write(told)
        raise DemoError(last_lines(log))


def last_month(warehouse: Path, until: date) -> dict[str, list[Kpis]]:
    """Give the key figures of each hotel, of the month that ends with a day."""
    with duckdb.connect(str(warehouse), read_only=True) as database:
        rows = [Kpis(*row) for row in database.execute(_KPIS).fetchall()]
    first = until - timedelta(days=MONTH - 1)
    months: dict[str, list[Kpis]] = {}
    for row in rows:
        if first <= row.day <= until:
            months.setdefault(row.hotel, []).append(row)
    return months


def drawn(months: dict[str, list[Kpis]]) -> Iterator[str]:
    """Draw the month of each hotel in plain characters."""
    for hotel, days in months.items():
        head = ("Day", "Occupancy %", "", "ADR", "RevPAR", "TRevPAR")
        rows = [_row(day) for day in days]
        yield f"{hotel}, {days[0].currency}\n{table(head, *rows)}"


def _row(day: Kpis) -> Sequence[object]:
    share = day.occupancy or Decimal(0)
    bar = "#" * round(share * WIDTH)
    percent = round(100 * share, 1)
    return (str(day.day), percent, bar, day.adr, day.revpar, day.trevpar)
