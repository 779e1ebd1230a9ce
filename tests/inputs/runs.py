"""Runs with the files of a user, and the one line that refuses them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.harness import Json, Result, command, select

if TYPE_CHECKING:
    from pathlib import Path

SECRET = "s3cr3t-c0ffee"

TOKENS = {"client_token": f"{SECRET}-client", "access_token": f"{SECRET}-access"}

OPTIONS = ("--config", "--catalog", "--state")


def document(option: str, config: Json) -> Json:
    """What a run takes with an option."""
    catalog = select("enterprises")
    return {"--config": config, "--catalog": catalog, "--state": {}}[option]


def run(folder: Path, config: Json, option: str = "", path: str | Path = "") -> Result:
    """Run with the file of one option in another place."""
    arguments: list[str | Path] = []
    for each in OPTIONS:
        usual = folder / f"usual{each}.json"
        usual.write_text(json.dumps(document(each, config)), "utf-8")
        arguments += [each, path if each == option else usual]
    return command(*arguments)


def one_line(done: Result) -> str:
    """The line of a run that could not begin."""
    assert done.code == 1
    assert done.lines == []
    (line,) = done.errors
    assert "\n" not in line
    assert SECRET not in line
    return line
