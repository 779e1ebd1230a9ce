"""The commands of docs/without-meltano.md that choose streams, word for word."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tap_mews.tap import TapMews

PAGE = (Path(__file__).parents[1] / "docs" / "without-meltano.md").read_text("utf-8")
SECTION = PAGE.partition("\n## Choose streams\n")[2].partition("\n## ")[0]
LEAVE_OUT, WITHOUT_JQ, ADD = re.findall(
    r"^```sh\n(.*?)^```", SECTION, re.MULTILINE | re.DOTALL
)

BASH = shutil.which("bash") or "/bin/bash"

needs_jq = pytest.mark.skipif(
    shutil.which("jq") is None, reason="no jq here: apt-get install it"
)


def chosen(command: str, folder: Path) -> set[str]:
    """The streams that are read after a command has changed the catalog."""
    catalog = TapMews(validate_config=False).catalog_dict
    (folder / "catalog.json").write_text(json.dumps(catalog), "utf-8")
    subprocess.run([BASH, "-euc", command], cwd=folder, check=True)
    changed = json.loads((folder / "chosen.json").read_text("utf-8"))
    tap = TapMews(catalog=changed, validate_config=False)
    return {each.name for each in tap.selected_streams}


DEFAULT = {each.name for each in TapMews(validate_config=False).selected_streams}


@pytest.mark.parametrize(
    "command", [pytest.param(LEAVE_OUT, marks=needs_jq), WITHOUT_JQ], ids=["jq", "py"]
)
def test_one_line_leaves_streams_out(command: str, tmp_path: Path) -> None:
    assert chosen(command, tmp_path) == DEFAULT - {"customers", "companies"}


@needs_jq
def test_the_same_line_keeps_the_named_streams_alone(tmp_path: Path) -> None:
    command = LEAVE_OUT.replace(" | not", "")
    assert chosen(command, tmp_path) == {"customers", "companies"}


@needs_jq
def test_one_line_adds_a_stream(tmp_path: Path) -> None:
    assert chosen(ADD, tmp_path) == DEFAULT | {"payouts"}
