"""Runs with stream maps, as a user would set them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from tests.harness import Json, Result, command, select

if TYPE_CHECKING:
    from pathlib import Path


def run(folder: Path, config: Json, **settings: Any) -> Result:  # noqa: ANN401
    """Run the command line over two streams."""
    path, catalog = folder / "config.json", folder / "catalog.json"
    path.write_text(json.dumps({**config, **settings}), "utf-8")
    catalog.write_text(json.dumps(select("bills", "customers")), "utf-8")
    return command("--config", path, "--catalog", catalog)
