"""The entry for Meltano Hub is a definition that Meltano itself takes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import yaml

from tests.e2e.project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.project import Project


def test_meltano_adds_the_extractor_from_the_entry(
    shipped: Project, tmp_path: Path
) -> None:
    home = tmp_path / "meltano.yml"
    home.write_text("send_anonymous_usage_stats: false\n", "utf-8")
    shipped.meltano(
        *("--cwd", str(tmp_path), "add", "--no-install", "--plugin-type", "extractor"),
        *("--from-ref", str(CHECKOUT / "hub" / "tap-mews.yml"), "tap-mews"),
    )
    (added,) = yaml.safe_load(home.read_text("utf-8"))["plugins"]["extractors"]
    (ours,) = shipped.definition["plugins"]["extractors"]
    # Meltano leaves it out here, and takes it of what the Hub gives
    ours.pop("select")
    assert {**added, **ours, "pip_url": added["pip_url"]} == added


def test_meltano_selects_what_the_entry_selects(
    shipped: Project, tmp_path: Path
) -> None:
    entry = yaml.safe_load((CHECKOUT / "hub" / "tap-mews.yml").read_text("utf-8"))
    (tmp_path / "meltano.yml").write_text(
        "plugins: {extractors: [{name: tap-mews, variant: original}]}\n", "utf-8"
    )
    # as `meltano add` stores what it gets from the Hub
    lock = tmp_path / "plugins" / "extractors" / f"tap-mews--{entry['variant']}.lock"
    lock.parent.mkdir(parents=True)
    lock.write_text(json.dumps(entry | {"plugin_type": "extractors"}), "utf-8")
    known = json.loads(
        shipped.meltano(
            "--cwd", str(tmp_path), "config", "print", "--extras", "tap-mews"
        )
    )
    assert known["_select"] == entry["select"]
