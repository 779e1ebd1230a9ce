"""The entry for Meltano Hub is a definition that Meltano itself takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

from tests.e2e.project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.project import Project


def test_meltano_adds_the_extractor_from_the_entry(
    project: Project, tmp_path: Path
) -> None:
    home = tmp_path / "meltano.yml"
    home.write_text("send_anonymous_usage_stats: false\n", "utf-8")
    project.meltano(
        *("--cwd", str(tmp_path), "add", "--no-install", "--plugin-type", "extractor"),
        *("--from-ref", str(CHECKOUT / "hub" / "tap-mews.yml"), "tap-mews"),
    )
    (added,) = yaml.safe_load(home.read_text("utf-8"))["plugins"]["extractors"]
    (ours,) = project.definition["plugins"]["extractors"]
    assert {**added, **ours, "pip_url": added["pip_url"]} == added
