"""The two sides of a comparison: the tap, and plain SDK streams."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any

from benchmarks.runs import PYTHON, Side
from tap_mews.tap import TapMews

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path


def tap_side(
    folder: Path, config: Mapping[str, Any], *streams: str, name: str = "tap"
) -> Side:
    """The tap.

    Args:
        folder: Where its settings are written.
        config: They.
        streams: What it reads.
        name: Names the files of this side.
    """
    settings = _write(folder / f"{name}.config.json", config)
    catalog = _write(folder / f"{name}.catalog.json", _catalog(*streams))
    command: list[str | Path] = [
        PYTHON,
        "-m",
        "tap_mews",
        "--config",
        settings,
        "--catalog",
        catalog,
    ]
    return Side(command, folder, name)


def plain_side(
    folder: Path, streams: Mapping[str, Mapping[str, Any]], *, name: str = "plain"
) -> Side:
    """Plain SDK streams.

    Args:
        folder: Where their settings are written.
        streams: Where each reads from, as in `benchmarks.plain`.
        name: Names the files of this side.
    """
    settings = _write(folder / f"{name}.config.json", {"streams": streams})
    return Side([PYTHON, "-m", "benchmarks.plain", "--config", settings], folder, name)


@cache
def _catalog(*streams: str) -> dict[str, Any]:
    """The discovered catalog with some streams selected."""
    catalog: dict[str, Any] = TapMews(validate_config=False).catalog_dict
    for entry in catalog["streams"]:
        root = next(each for each in entry["metadata"] if not each["breadcrumb"])
        root["metadata"]["selected"] = entry["stream"] in streams
    return catalog


def _write(path: Path, content: object) -> Path:
    path.write_text(json.dumps(content), "utf-8")
    return path
