"""What real processes show to the machine that they run on."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from sandbox import processes
from sandbox.faults import FILES, Drip
from tests.harness import run_process, select
from tests.secrecy.cases import CASES
from tests.secrecy.shown import leaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox


MUCH = 50
"""Bytes of a file that the sandbox has sent."""

LOG_CONFIG = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "own": {"format": "%(levelname)s %(name)s %(message)s %(exc_text)s"},
        "structured": {"()": "singer_sdk.logging.StructuredFormatter"},
    },
    "handlers": {
        name: {
            "class": "logging.FileHandler",
            "filename": f"{name}.log",
            "formatter": name,
        }
        for name in ("own", "structured")
    },
    "root": {"level": "DEBUG", "handlers": ["own", "structured"]},
    "loggers": {"urllib3": {"level": "DEBUG"}, "tap-mews": {"level": "DEBUG"}},
}
"""JSON is YAML, so this is a config of the user's for `SINGER_SDK_LOG_CONFIG`."""


def logging_all(folder: Path) -> dict[str, str]:
    """The environment of a process that logs all there is, to files as well."""
    path = folder / "logging.yaml"
    path.write_text(json.dumps(LOG_CONFIG), "utf-8")
    return {"LOGLEVEL": "DEBUG", "SINGER_SDK_LOG_CONFIG": str(path)}


@pytest.mark.parametrize("name", ["all goes well", "files that are refused"])
def test_a_process_shows_no_secret_to_a_logging_config(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    case = CASES[name]
    config = sandbox.config(**case.arrange(sandbox, monkeypatch))
    done = run_process(folder=tmp_path, config=config, env=logging_all(tmp_path))
    assert done.returncode == (0 if case.error is None else 1)
    texts = {each.name: each.read_text("utf-8") for each in tmp_path.glob("*.log")}
    assert texts.keys() == {"own.log", "structured.log"}
    for text in texts.values():
        assert "urllib3" in text
        assert ("Traceback:" in text) == (case.error is not None)
    assert leaks(sandbox, {**texts, "standard error": done.stderr}) == set()


def test_a_config_that_is_cut_is_told_without_its_tokens(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    path = tmp_path / "config.json"
    path.write_text(json.dumps(sandbox.config())[:-1], "utf-8")
    env = logging_all(tmp_path)
    done = run_process("--config", path, folder=tmp_path, env=env)
    assert done.returncode == 1
    texts = {each.name: each.read_text("utf-8") for each in tmp_path.glob("*.log")}
    assert "JSON" in texts["own.log"]
    assert leaks(sandbox, {**texts, "standard error": done.stderr}) == set()


@dataclass
class Running:
    """A process that reads customers, whose files come in drops."""

    process: subprocess.Popen[bytes]
    spool: Path

    def wait_for_rows(self, sandbox: Sandbox) -> None:
        """Wait until rows are on the disk."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            if any(each.sent > MUCH for each in sandbox.journal.downloads):
                return
            assert self.process.poll() is None
            threading.Event().wait(0.02)
        raise TimeoutError

    def end(self, signum: int) -> str:
        """Send a signal; give what it wrote to standard error."""
        self.process.send_signal(signum)
        return self.process.communicate(timeout=30)[1].decode()


@contextmanager
def running(sandbox: Sandbox, tmp_path: Path) -> Iterator[Running]:
    """Start a process."""
    spool = tmp_path / "spool"
    spool.mkdir()
    config, catalog = tmp_path / "config.json", tmp_path / "catalog.json"
    config.write_text(json.dumps(sandbox.config(spool_directory=str(spool))), "utf-8")
    catalog.write_text(json.dumps(select("customers")), "utf-8")
    command = [sys.executable, "-m", "tap_mews", "--config", str(config)]
    with processes.running(
        [*command, "--catalog", str(catalog)],
        end_with=signal.SIGKILL,
        cwd=tmp_path,
        env={**os.environ, **logging_all(tmp_path)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        umask=0,
    ) as process:
        yield Running(process, spool)


@pytest.fixture
def slow(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose files come in drops."""
    sandbox.faults.add(FILES, Drip(1.0, MUCH * 2), times=None)
    return sandbox


@pytest.fixture(autouse=True)
def hang_up() -> Iterator[None]:
    """A hang-up stops what these tests start, even if they run under `nohup`.

    A process begins with the signals ignored that its parent ignores.
    """
    old = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    yield
    signal.signal(signal.SIGHUP, old)


@pytest.mark.parametrize("name", ["SIGHUP", "SIGINT", "SIGTERM", "SIGKILL"])
def test_a_process_that_is_stopped_shows_and_leaves_nothing(
    slow: Sandbox, tmp_path: Path, name: str
) -> None:
    signum = signal.Signals[name]
    with running(slow, tmp_path) as run:
        run.wait_for_rows(slow)
        names = [each.name for each in run.spool.iterdir()]
        # what `ps` shows
        command = Path(f"/proc/{run.process.pid}/cmdline")
        shown = command.read_text("utf-8") if command.exists() else ""
        written = run.end(signum)
    told = signum != signal.SIGKILL
    assert run.process.returncode == (128 + signum if told else -signum)
    assert names == [] == list(run.spool.iterdir())
    logs = {each.name: each.read_text("utf-8") for each in tmp_path.glob("*.log")}
    assert "urllib3" in logs["own.log"]
    assert (f"Stopped by signal {signum}" in logs["own.log"]) == told
    texts = {"command": shown, "standard error": written}
    assert leaks(slow, {**texts, **logs}) == set()


def test_a_closed_terminal_stops_nothing_that_nohup_has_started(
    slow: Sandbox, tmp_path: Path
) -> None:
    old = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with running(slow, tmp_path) as run:
            run.wait_for_rows(slow)
            run.process.send_signal(signal.SIGHUP)
            run.end(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGHUP, old)
    assert "Stopped by signal 15" in (tmp_path / "own.log").read_text("utf-8")
