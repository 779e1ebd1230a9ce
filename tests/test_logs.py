"""What the log is set to, and a log that cannot be written."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_mews.settings.environment import LOG_LEVELS
from tests.harness import command, run_process, select
from tests.inputs.runs import TOKENS, one_line

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

pytestmark = pytest.mark.days(8)


@pytest.mark.parametrize("variable", LOG_LEVELS)
@pytest.mark.parametrize("level", ["LOUD", "10", "info ", "verbose"])
def test_an_unknown_level_of_the_log_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str, level: str
) -> None:
    monkeypatch.setenv(variable, level)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(TOKENS), "utf-8")
    line = one_line(command("--config", path))
    assert line.startswith(f"{variable} must be one of DEBUG, INFO")


@pytest.mark.parametrize("level", ["debug", "Info", "WARNING"])
def test_levels_of_the_log_have_no_case(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, level: str
) -> None:
    monkeypatch.setenv("TAP_MEWS_LOGLEVEL", level)
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config()), "utf-8")
    assert command("--config", path, "--test=schema").code == 0


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("nowhere.yml", None),
        (".", None),
        ("log.yml", "- a: [\n"),
        ("log.yml", "version: 1\nhandlers: {a: {class: no.such.Class}}\n"),
        (
            "log.yml",
            "version: 1\nhandlers: {a: {class: logging.FileHandler, filename: /}}\n",
        ),
        ("log.yml", "loud"),
        ("log.yml", ""),
    ],
)
def test_a_log_that_cannot_be_is_one_line(
    tmp_path: Path, name: str, content: str | None
) -> None:
    path = tmp_path / name
    if content is not None:
        path.write_text(content, "utf-8")
    env = {"SINGER_SDK_LOG_CONFIG": str(path)}
    done = run_process("--version", folder=tmp_path, env=env)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("SINGER_SDK_LOG_CONFIG")


def test_a_process_with_an_unknown_level_of_the_log_is_one_line(tmp_path: Path) -> None:
    env = {"TAP_MEWS_LOGLEVEL": "LOUD"}
    done = run_process("--discover", folder=tmp_path, env=env)
    assert done.returncode == 1
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("TAP_MEWS_LOGLEVEL must be one of")


def test_a_log_on_a_full_disk_is_one_line_and_stops_nothing(
    sandbox_today: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "log.yml"
    file = "{class: logging.FileHandler, filename: /dev/full}"
    path.write_text(
        f"version: 1\nhandlers: {{f: {file}}}\nroot: {{level: INFO, handlers: [f]}}\n",
        "utf-8",
    )
    catalog = tmp_path / "catalog.json"
    catalog.write_text(json.dumps(select("enterprises")), "utf-8")
    done = run_process(
        *("--catalog", catalog),
        folder=tmp_path,
        config=sandbox_today.config(),
        env={"SINGER_SDK_LOG_CONFIG": str(path)},
    )
    assert (done.returncode, done.stdout.count('"RECORD"')) == (0, 2)
    assert done.stderr == "The log cannot be written: No space left on device\n"
