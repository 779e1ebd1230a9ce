"""A warehouse: what the tap loads into it, and what dbt makes of that."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

import duckdb
import yaml

from benchmarks.postgres import DATABASE, LOOPBACK, USER
from tests.e2e.project import CHECKOUT
from tests.e2e.stores import exact

if TYPE_CHECKING:
    from collections.abc import Sequence

    from benchmarks.postgres import Server
    from sandbox import Sandbox

Row: TypeAlias = dict[str, Any]
Kind: TypeAlias = Literal["duckdb", "postgres"]

DBT = CHECKOUT / ".venv-dbt" / "bin" / "dbt"
TAP = Path(sys.executable).with_name("tap-mews")
TARGETS = {
    "duckdb": (
        CHECKOUT / ".venv-target" / "bin" / "python",
        CHECKOUT / "demo" / "target.py",
    ),
    "postgres": (CHECKOUT / ".venv-bench-target" / "bin" / "target-postgres",),
}
SECONDS = 240
"""Time that no command takes."""


def results(target: Path) -> list[Row]:
    """What dbt has said of each model and test: no failure, and no warning."""
    content = json.loads((target / "run_results.json").read_text("utf-8"))
    found: list[Row] = content["results"]
    assert not [
        each["unique_id"] for each in found if each["status"] not in {"success", "pass"}
    ]
    return found


class Warehouse:
    """A database of one kind, and the commands that fill it."""

    def __init__(self, kind: Kind, folder: Path, server: Server | None = None) -> None:
        """Write the settings of the target and of dbt.

        Args:
            kind: What stores the tables.
            folder: For files.
            server: The server of PostgreSQL.
        """
        self.kind = kind
        self._folder = folder
        self._server = server
        self._path = folder / "warehouse.duckdb"
        target: Row = {"default_target_schema": "mews"}
        output: Row = {"type": kind, "schema": "analytics", "threads": 4}
        if server:
            login = {"user": USER, "password": server.password, "port": server.port}
            target |= login | {"host": LOOPBACK, "database": DATABASE}
            target |= {"load_method": "upsert"}
            output |= login | {"host": LOOPBACK, "dbname": DATABASE}
        else:
            target |= {"path": str(self._path), "flush_all_streams": True}
            target |= {"batch_size_rows": 20000, "temp_dir": str(folder)}
            output |= {"path": str(self._path)}
        (folder / "target.json").write_text(json.dumps(target))
        profile = {"mews": {"target": "test", "outputs": {"test": output}}}
        (folder / "profiles.yml").write_text(yaml.safe_dump(profile))

    def sync(self, sandbox: Sandbox) -> None:
        """Load what is due, from the state that the target has printed last."""
        config = self._folder / "config.json"
        config.write_text(json.dumps(sandbox.config()))
        state = self._folder / "state.json"
        since = ("--state", state) if state.exists() else ()
        rows = self._folder / "rows.jsonl"
        with rows.open("wb") as output:
            self._run(TAP, "--config", config, *since, stdout=output)
        settings = ("--config", self._folder / "target.json")
        with rows.open("rb") as source:
            told = self._run(*TARGETS[self.kind], *settings, stdin=source)
        state.write_bytes(told.splitlines()[-1])

    def dbt(self, *command: str) -> list[Row]:
        """Run a command of dbt in the package; all must succeed without a warning.

        Returns:
            What it says of each model and test.
        """
        target = self._folder / "target"
        self._run(
            DBT, *command, "--project-dir", CHECKOUT / "dbt",
            "--profiles-dir", self._folder, "--target-path", target,
            "--log-path", self._folder / "logs", "--no-use-colors",
        )  # fmt: skip
        return results(target)

    def rows(self, query: str) -> list[Row]:
        """What a query answers."""
        if self._server:
            answer = self._server.ask(f"select json_agg(t) from ({query}) t")
            rows: list[Row] = exact(answer or "null") or []
            return rows
        with duckdb.connect(str(self._path), read_only=True) as database:
            found = database.execute(query)
            names = [each[0] for each in found.description or ()]
            return [dict(zip(names, row, strict=True)) for row in found.fetchall()]

    def table(self, name: str, keys: Sequence[str]) -> dict[tuple[str, ...], Row]:
        """A mart, its rows by their key, which is text."""
        return {
            tuple(str(row[key]) for key in keys): row
            for row in self.rows(f"select * from analytics.{name}")
        }

    def _run(self, *command: str | Path, **options: Any) -> bytes:  # noqa: ANN401
        foreign = ("DBT_", "MELTANO_", "TAP_", "TARGET_", "PYTHON", "PG", "COVERAGE_")
        env = {k: v for k, v in os.environ.items() if not k.startswith(foreign)}
        env |= {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1", "PYTHONUTF8": "1"}
        env |= {"DBT_SEND_ANONYMOUS_USAGE_STATS": "false", "TAP_MEWS_LOGLEVEL": "INFO"}
        log = self._folder / "stderr.log"
        with log.open("wb") as messages:
            done = subprocess.run(
                command,
                cwd=self._folder,
                env=env | {"PYTHONPATH": str(CHECKOUT)},
                **{"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, **options},
                stderr=messages,
                timeout=SECONDS,
                check=False,
            )
        told = (done.stdout or b"")[-6000:].decode() + log.read_text("utf-8")[-3000:]
        assert done.returncode == 0, f"{command}\n{told}"
        return done.stdout or b""


def same(one: object, other: object) -> bool:
    """Whether two numbers are the same to a billionth, or both are missing."""
    if one is None or other is None:
        return one is other
    return abs(Decimal(str(one)) - Decimal(str(other))) < Decimal("0.000000002")
