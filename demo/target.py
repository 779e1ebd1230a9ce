"""target-duckdb 0.8.0 with the repair that its main branch has, but no release.

It does not tell DuckDB that its files have no header, and since 1.3 DuckDB takes the
first row of nearly every load for one (jwills/target-duckdb, pull request 58).
"""

from __future__ import annotations

from typing import Any

import duckdb
import target_duckdb  # type: ignore[import-not-found] # has an environment of its own

_connect = duckdb.connect


class _Connection:
    def __init__(self, path: str) -> None:
        self._connection = _connect(path)

    def execute(self, query: str, *parameters: object) -> object:
        query = query.replace("WITH (new_line", "WITH (header false, new_line")
        return self._connection.execute(query, *parameters)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever there is
        return getattr(self._connection, name)


duckdb.connect = _Connection  # type: ignore[assignment]
target_duckdb.main()
