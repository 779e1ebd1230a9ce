"""What real processes show to the machine that they run on."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from sandbox import processes
from sandbox.faults import FILES, Cut, Drip
from tap_mews.exports.spool import Spool
from tests.harness import run_process, select, sync
from tests.secrecy.cases import CASES
from tests.secrecy.shown import leaks

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sandbox import Sandbox
    from sandbox.answers import Reply
    from sandbox.faults import Call


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
        assert ("Where that happened" in text) == (case.error is not None)
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
    known: set[Path]

    def folder(self) -> Path:
        """The folder of its spool, once a file is in it."""
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            for found in set(self.spool.iterdir()) - self.known:
                if any(found.glob("*.jsonl")):
                    return found
            assert self.process.poll() is None
            threading.Event().wait(0.02)
        raise TimeoutError

    def end(self, signum: int) -> str:
        """Send a signal; give what it wrote to standard error."""
        self.process.send_signal(signum)
        return self.process.communicate(timeout=30)[1].decode()


@contextmanager
def running(sandbox: Sandbox, tmp_path: Path, name: str = "run") -> Iterator[Running]:
    """Start a process."""
    spool, folder = tmp_path / "spool", tmp_path / name
    spool.mkdir(exist_ok=True)
    folder.mkdir()
    config, catalog = folder / "config.json", folder / "catalog.json"
    config.write_text(json.dumps(sandbox.config(spool_directory=str(spool))), "utf-8")
    catalog.write_text(json.dumps(select("customers")), "utf-8")
    command = [sys.executable, "-m", "tap_mews", "--config", str(config)]
    with processes.running(
        [*command, "--catalog", str(catalog)],
        end_with=signal.SIGKILL,
        cwd=folder,
        env={**os.environ, **logging_all(folder)},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        umask=0,
    ) as process:
        yield Running(process, spool, set(spool.iterdir()))


@pytest.fixture
def slow(sandbox: Sandbox) -> Sandbox:
    """A sandbox whose files come in drops."""
    sandbox.faults.add(FILES, Drip(1.0, 100), times=None)
    return sandbox


def test_a_process_that_is_terminated_shows_and_leaves_nothing(
    slow: Sandbox, tmp_path: Path
) -> None:
    with running(slow, tmp_path) as run:
        folder = run.folder()
        paths = [folder, *folder.iterdir()]
        modes = {each.name: stat.S_IMODE(each.stat().st_mode) for each in paths}
        # what `ps` shows
        command = Path(f"/proc/{run.process.pid}/cmdline")
        shown = command.read_text("utf-8") if command.exists() else ""
        written = run.end(signal.SIGTERM)
    assert run.process.returncode == 128 + signal.SIGTERM
    assert set(modes.values()) == {0o700, 0o600}
    assert modes[folder.name] == 0o700
    assert list(run.spool.iterdir()) == []
    logs = {each.name: each.read_text("utf-8") for each in tmp_path.rglob("*.log")}
    assert "urllib3" in logs["own.log"]
    texts = {"names": " ".join(modes), "command": shown, "standard error": written}
    assert leaks(slow, {**texts, **logs}) == set()


def test_what_a_killed_run_left_goes_with_the_next_run_but_not_what_is_in_use(
    slow: Sandbox, tmp_path: Path
) -> None:
    with running(slow, tmp_path, "alive") as alive:
        in_use = alive.folder()
        with running(slow, tmp_path, "killed") as killed:
            left = killed.folder()
            killed.end(signal.SIGKILL)
        slow.faults.clear()
        config = slow.config(spool_directory=str(alive.spool))
        assert any(left.iterdir())
        result = sync(config, catalog=select("customers")).ok()
        assert not left.exists()
        assert left.name in result.log
        assert any(in_use.glob("*.jsonl"))
        alive.end(signal.SIGTERM)
    assert not in_use.exists()


@pytest.mark.parametrize("step", ["mkdtemp", "open"])
def test_two_runs_that_begin_at_once_do_not_take_each_others_spool_away(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, step: str
) -> None:
    """The other one begins when the folder is made, or just before its lock is."""
    module = tempfile if step == "mkdtemp" else os
    act = getattr(module, step)
    other = Spool(tmp_path)

    def meanwhile(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        if step == "open" and not str(arguments[0]).endswith("lock"):
            return act(*arguments, **named)
        monkeypatch.setattr(module, step, act)
        done = act(*arguments, **named)
        other.path("other.jsonl").write_text("{}", "utf-8")
        return done

    monkeypatch.setattr(module, step, meanwhile)
    first = Spool(tmp_path)
    path = first.path("first.jsonl")
    path.write_text("{}", "utf-8")
    assert path.read_text("utf-8") == "{}"
    assert other.path("other.jsonl").read_text("utf-8") == "{}"
    # and a third one finds both in use
    third = Spool(tmp_path)
    third.path("third.jsonl").write_text("{}", "utf-8")
    assert len(list(tmp_path.rglob("*.jsonl"))) == 3
    for spool in (first, other, third):
        spool.close()
    assert list(tmp_path.iterdir()) == []


def test_the_spool_has_no_secret_in_its_names(sandbox: Sandbox, tmp_path: Path) -> None:
    names: set[str] = set()

    def looking(call: Call) -> Reply:
        names.update(str(each.relative_to(tmp_path)) for each in tmp_path.rglob("*"))
        return call.carry_out()

    sandbox.faults.add(FILES, Cut(100, "close"))
    sandbox.faults.add(FILES, looking)
    config = sandbox.config(spool_directory=str(tmp_path))
    sync(config, catalog=select("customers")).ok()
    assert any(name.endswith(".jsonl") for name in names)
    assert leaks(sandbox, {"names": " ".join(names)}) == set()
