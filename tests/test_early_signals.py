"""A signal ends the process in the same way at any moment, also while it starts."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from signal import SIGHUP, SIGINT, SIGTERM
from typing import TYPE_CHECKING

import pytest

from tests.harness import select

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox

SIGNALLED = """
import os, runpy, signal, sys
signum, module = int(sys.argv.pop(1)), sys.argv.pop(1)

class Finder:
    def find_spec(self, name, path=None, target=None):
        if name == module:
            os.kill(os.getpid(), signum)

sys.meta_path.insert(0, Finder())
runpy.run_module("tap_mews", run_name="__main__", alter_sys=True)
"""
"""Runs the tap, and gets a signal when it imports some module."""

WHEN_MODULES_GO = """
import os, sys

class Last:
    def __del__(self, kill=os.kill, process=os.getpid()):
        kill(process, 15)

sys.last = Last()
"""


def run(
    folder: Path, sandbox: Sandbox, signum: int, module: str, *, before: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the tap with a signal that arrives while it starts."""
    (folder / "config.json").write_text(json.dumps(sandbox.config()), "utf-8")
    (folder / "catalog.json").write_text(json.dumps(select("enterprises")), "utf-8")
    options = ["--config", "config.json", "--catalog", "catalog.json"]
    return subprocess.run(
        [
            sys.executable,
            "-c",
            f"{before}{SIGNALLED}",
            str(int(signum)),
            module,
            *options,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("signum", "module"),
    [
        (SIGTERM, "tap_mews.tap"),
        (SIGTERM, "jsonschema"),  # imported by imports of imports
        (SIGTERM, "tap_mews.run"),  # imported when the tap has been made
        (SIGINT, "singer_sdk"),
        (SIGHUP, "requests"),
    ],
)
def test_a_signal_while_the_tap_starts_is_one_line_and_the_usual_exit_code(
    sandbox_today: Sandbox, tmp_path: Path, signum: signal.Signals, module: str
) -> None:
    done = run(tmp_path, sandbox_today, signum, module)
    assert done.returncode == 128 + signum
    lines = [line for line in done.stderr.splitlines() if " INFO " not in line]
    assert len(lines) == 1
    assert f"Stopped by signal {int(signum)}" in lines[0]
    assert done.stdout == ""


def test_a_signal_that_is_to_be_ignored_is_ignored_while_the_tap_starts(
    sandbox_today: Sandbox, tmp_path: Path
) -> None:
    nohup = "import signal; signal.signal(signal.SIGHUP, signal.SIG_IGN)"
    done = run(tmp_path, sandbox_today, SIGHUP, "jsonschema", before=nohup)
    assert done.returncode == 0
    assert done.stdout.count('"RECORD"') == 2


def test_a_signal_after_the_end_of_a_run_does_not_change_its_exit_code(
    sandbox_today: Sandbox, tmp_path: Path
) -> None:
    done = run(tmp_path, sandbox_today, SIGTERM, "none", before=WHEN_MODULES_GO)
    assert (done.returncode, done.stdout.count('"RECORD"')) == (0, 2)
