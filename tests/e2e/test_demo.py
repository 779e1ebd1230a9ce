"""The whole of the demo, with the environments that `make demo` prepares."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from sandbox.processes import running
from tap_mews.streams import STREAMS
from tests.e2e.project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = (sys.executable, "-m", "demo")
DEFAULT = [each.name for each in STREAMS if each.selected_by_default]


def test_the_demo_accounts_for_every_row(tmp_path: Path) -> None:
    run = subprocess.run(
        (*COMMAND, "--days=31"),
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=340,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")
    assert "Every row accounted for" in run.stdout
    for stream in DEFAULT:
        assert run.stdout.count(f"\n{stream} ") == 2
    assert all(len(line) <= 88 for line in run.stdout.splitlines() if "/" not in line)
    for enterprise in ("Hotel Donaukanal", "Spreehof", "Casa do Chafariz"):
        assert f"\n{enterprise}, EUR\nDay " in run.stdout
    (charts,) = tmp_path.glob("*/key-figures.html")
    assert charts.as_uri() in run.stdout
    (config,) = tmp_path.glob("*/config.json")
    assert str(config.parent) in run.stdout
    assert config.stat().st_mode & 0o777 == 0o600


def test_the_demo_leaves_no_process_behind_when_interrupted(tmp_path: Path) -> None:
    with running(
        (*COMMAND, "--days=31"),
        group=True,
        cwd=CHECKOUT,
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    ) as demo:
        assert demo.stdout
        demo.stdout.readline()
        demo.stdout.read(len("First sync"))
        demo.send_signal(signal.SIGINT)
        assert demo.wait(30) == 130
        with pytest.raises(ProcessLookupError):
            os.killpg(demo.pid, 0)
