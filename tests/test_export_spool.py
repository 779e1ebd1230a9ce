"""Exported files on their way through the disk: private, and gone afterwards."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING

import pytest

from sandbox.faults import FILES, Call, Cut
from tap_mews.errors import SpoolError
from tap_mews.exports.spool import Spool
from tests.harness import run_process, select, sync

if TYPE_CHECKING:
    from pathlib import Path

    from sandbox import Sandbox
    from sandbox.answers import Reply

BILLS = select("bills")


def spooled(folder: Path) -> list[Path]:
    """The files in the spool."""
    return sorted(folder.rglob("*.jsonl"))


def test_a_spooled_file_can_be_read_by_nobody_else(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    modes: list[int] = []

    def looking(call: Call) -> Reply:
        (file,) = spooled(tmp_path)
        modes.extend(path.stat().st_mode & 0o777 for path in (file, file.parent))
        return call.carry_out()

    sandbox.faults.add(FILES, Cut(1000))
    sandbox.faults.add(FILES, looking)
    old = os.umask(0)
    try:
        sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS).ok()
    finally:
        os.umask(old)
    assert modes == [0o600, 0o700]


def test_spooled_files_are_removed_when_they_are_read(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.exports.rows_per_file = 20
    config = sandbox.config(spool_directory=str(tmp_path))
    sync(config, catalog=BILLS).ok()
    assert len(sandbox.journal.downloads) > 2
    assert spooled(tmp_path) == []


def test_a_file_is_removed_before_the_one_after_the_next_comes(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.exports.rows_per_file = 5
    counts: list[int] = []

    def looking(call: Call) -> Reply:
        counts.append(len(spooled(tmp_path)))
        return call.carry_out()

    sandbox.faults.add(FILES, looking, times=None)
    sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS).ok()
    assert len(counts) > 3
    assert max(counts) <= 1


def test_spooled_files_are_removed_after_an_error(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    sandbox.exports.lines["Bill"] = [b"no json"]
    config = sandbox.config(spool_directory=str(tmp_path))
    assert sync(config, catalog=BILLS).error
    assert spooled(tmp_path) == []


@pytest.mark.parametrize("lines", [[], [b"no json"]], ids=["success", "error"])
def test_a_process_leaves_no_spool(
    sandbox: Sandbox, tmp_path: Path, lines: list[bytes]
) -> None:
    folder = tmp_path / "spool"
    folder.mkdir()
    if lines:
        sandbox.exports.lines["Bill"] = lines
    config = sandbox.config(spool_directory=str(folder))
    done = run_process(folder=tmp_path, config=config)
    assert done.returncode == (1 if lines else 0)
    assert sandbox.journal.downloads
    assert list(folder.iterdir()) == []


def test_what_a_killed_run_left_is_removed(sandbox: Sandbox, tmp_path: Path) -> None:
    script = (
        "import os, pathlib, signal, sys\n"
        "from tap_mews.exports.spool import Spool\n"
        "spool = Spool(pathlib.Path(sys.argv[1]))\n"
        "spool.path('left.jsonl').write_text('{}')\n"
        "os.kill(os.getpid(), signal.SIGKILL)\n"
    )
    killed = subprocess.run([sys.executable, "-c", script, tmp_path], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert len(spooled(tmp_path)) == 1
    sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS).ok()
    assert spooled(tmp_path) == []


def test_what_another_run_has_in_use_is_left_alone(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    other = Spool(tmp_path)
    path = other.path("in-use.jsonl")
    path.write_text("{}")
    sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS).ok()
    assert path.read_text() == "{}"
    other.close()


def test_a_full_disk_is_an_error_before_a_file_is_asked_for(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    result = sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS)
    assert isinstance(result.error, SpoolError)
    assert str(tmp_path) in str(result.error)
    assert sandbox.journal.downloads == []
