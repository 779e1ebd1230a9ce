"""The numbers of the dbt package are those of the hotels, in DuckDB."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e import marts
from tests.e2e.analytics import DBT, Warehouse

if TYPE_CHECKING:
    from pathlib import Path


def test_each_kpi_of_each_day_is_that_of_the_hotels_also_when_they_have_lived_on(
    tmp_path: Path,
) -> None:
    if not DBT.exists():
        pytest.fail("dbt is not installed here; run: make e2e")
    warehouse = Warehouse("duckdb", tmp_path)
    with marts.lived_on(warehouse) as sandbox:
        warehouse.sync(sandbox)
        tests = [each for each in warehouse.dbt("build") if "failures" in each]
        assert tests
        marts.compare(warehouse, sandbox)
