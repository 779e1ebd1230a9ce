"""The workflows run what they promise, by commands that exist."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

import pytest
import yaml

from live.__main__ import TOKENS

Json: TypeAlias = dict[str, Any]

CHECKOUT = Path(__file__).parents[1]
WORKFLOWS: dict[str, Json] = {
    path.stem: yaml.safe_load(path.read_text("utf-8"))
    for path in (CHECKOUT / ".github" / "workflows").glob("*.yml")
}
CI = (CHECKOUT / ".ci" / "run").read_text("utf-8")
PROJECT = (CHECKOUT / "pyproject.toml").read_text("utf-8")


def commands(job: Json) -> list[str]:
    """The commands of one line that a job runs."""
    texts = [step["run"] for step in job["steps"] if "run" in step]
    return [text for text in texts if "\n" not in text]


def all_commands() -> dict[str, str]:
    """Each command of a workflow, with a name for it."""
    return {
        f"{name} {job}: {command}": command
        for name, workflow in WORKFLOWS.items()
        for job, each in workflow["jobs"].items()
        for command in commands(each)
    }


@cache
def dry(command: str) -> str:
    """What `make` would do."""
    done = subprocess.run(
        [*shlex.split(command), "--dry-run", "--always-make"],
        cwd=CHECKOUT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("command", all_commands().values(), ids=all_commands())
def test_each_command_exists(command: str) -> None:
    """A name that changes in the Makefile alone would be noticed by nobody."""
    if command.startswith("make "):
        assert dry(command)
    else:
        assert os.access(CHECKOUT / command, os.X_OK)


def test_each_supported_python_runs_the_tests_and_the_crashes() -> None:
    job = WORKFLOWS["test"]["jobs"]["test"]
    supported = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PROJECT)
    assert job["strategy"]["matrix"]["python-version"] == supported
    assert {"make test", "make crashes"} <= {*commands(job)}
    assert "make coverage" in commands(WORKFLOWS["test"]["jobs"]["coverage"])


def test_the_lower_bounds_are_tested_on_the_lowest_python() -> None:
    job = WORKFLOWS["test"]["jobs"]["lowest"]
    (python,) = (
        step["with"]["python-version"]
        for step in job["steps"]
        if "python-version" in step.get("with", {})
    )
    assert f'requires-python = ">={python}"' in PROJECT
    assert commands(job) == ["make lowest"]


def test_the_examples_are_checked_and_run() -> None:
    assert "make examples" in commands(WORKFLOWS["test"]["jobs"]["e2e"])
    done = dry("make examples")
    assert "mypy" in done
    assert "examples/dagster/mews_properties.py" in done
    (tests,) = re.findall(r"-m pytest (tests/e2e\S*)$", done, re.MULTILINE)
    # what `make e2e` leaves out, which runs all the rest
    (rest,) = re.findall(r"-m pytest .*--ignore (.*)$", dry("make e2e"), re.MULTILINE)
    assert rest == f"{tests} tests/e2e"


def test_what_ci_runs_is_in_the_workflow() -> None:
    lines = [line for line in CI.splitlines() if re.match(r"make |\.ci/", line)]
    assert lines
    jobs = WORKFLOWS["test"]["jobs"].values()
    assert {*lines} <= {command for job in jobs for command in commands(job)}


def test_pull_requests_and_main_are_tested_and_dependencies_weekly() -> None:
    # YAML takes `on` for a truth value
    starts: Json = WORKFLOWS["test"][True]  # type: ignore[index]
    assert starts["push"] == {"branches": ["main"]}
    assert {"pull_request", "schedule"} <= starts.keys()


def test_every_week_more_examples_and_histories_are_tried() -> None:
    env = WORKFLOWS["test"]["env"]
    for name in ("EXAMPLES", "HISTORIES"):
        assert env[name].startswith("${{ github.event_name == 'schedule' && '")
    # for a change, all cases of all tests
    assert env["EXAMPLES"].endswith("|| '1' }}")
    assert 'environ.get("EXAMPLES")' in (CHECKOUT / "tests/examples.py").read_text()
    assert "CRASH_HISTORIES=$(HISTORIES)" in (CHECKOUT / "Makefile").read_text()


def test_the_real_service_is_asked_weekly_and_by_no_test() -> None:
    starts: Json = WORKFLOWS["live"][True]  # type: ignore[index]
    assert starts.keys() == {"workflow_dispatch", "schedule"}
    ((minute, _, _, _, weekday),) = (
        each["cron"].split() for each in starts["schedule"]
    )
    assert minute.isdecimal()
    assert weekday.isdecimal()
    assert "make live" in commands(WORKFLOWS["live"]["jobs"]["live"])
    assert "-m live" not in dry("make test") + dry("make crashes") + dry("make e2e")
    assert "live" not in CI


def test_the_real_service_is_asked_only_with_tokens() -> None:
    job = WORKFLOWS["live"]["jobs"]["live"]
    assert {*TOKENS} <= job["env"].keys()
    for step in job["steps"]:
        assert step["if"].endswith("env.TAP_MEWS_ACCESS_TOKEN != ''")
    for name in TOKENS:
        assert job["env"][name].startswith("${{ secrets.")


def test_the_variables_of_the_live_check_are_those_that_it_reads() -> None:
    read = {
        name
        for file in (CHECKOUT / "live").glob("*.py")
        for name in re.findall(r'"((?:LIVE|TAP_MEWS)_\w+)"', file.read_text("utf-8"))
    }
    assert {*WORKFLOWS["live"]["jobs"]["live"]["env"]} <= read
