"""Exported files on the disk: private, and gone however a run ends."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
import threading
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from sandbox.faults import FILES, Call, Cut
from tap_mews.errors import SpoolError
from tests.export_harness import truth
from tests.harness import records_by_id, select, sync

if TYPE_CHECKING:
    from sandbox import Sandbox
    from sandbox.answers import Reply

BILLS = select("bills")
OPEN_FILES = Path("/proc/self/fd")


def spooled(folder: Path) -> list[Path]:
    """What this process has open in a folder, named there or not."""
    found = []
    for each in OPEN_FILES.iterdir():
        try:
            target = each.readlink()
        except FileNotFoundError:  # that was the one of the listing itself
            continue
        if folder in target.parents:
            found.append(each)
    return found


@dataclass
class Looking:
    """Looks at the spool while a file is asked for."""

    folder: Path
    modes: list[int] = field(default_factory=list)
    names: list[str] = field(default_factory=list)
    counts: list[int] = field(default_factory=list)

    def __call__(self, call: Call) -> Reply:
        """Look, then answer as ever."""
        files = spooled(self.folder)
        self.counts.append(len(files))
        self.modes += [each.stat().st_mode & 0o777 for each in files]
        self.names += [each.name for each in self.folder.iterdir()]
        return call.carry_out()


@pytest.fixture
def looking(sandbox: Sandbox, tmp_path: Path) -> Looking:
    """Looks at a spool before each file but the first piece of the first one."""
    if not OPEN_FILES.is_dir():
        pytest.skip("this system does not show open files")
    found = Looking(tmp_path)
    sandbox.faults.add(FILES, Cut(1000))
    sandbox.faults.add(FILES, found, times=None)
    return found


def test_a_spooled_file_has_no_name_and_nobody_else_can_read_it(
    sandbox: Sandbox, tmp_path: Path, looking: Looking
) -> None:
    old = os.umask(0)
    try:
        sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS).ok()
    finally:
        os.umask(old)
    assert looking.modes == [0o600]
    assert looking.names == []


def test_a_file_is_dropped_before_the_one_after_the_next_comes(
    sandbox: Sandbox, tmp_path: Path, looking: Looking
) -> None:
    sandbox.exports.rows_per_file = 5
    sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS).ok()
    assert len(looking.counts) > 3
    assert max(looking.counts) <= 2
    assert spooled(tmp_path) == []


@pytest.mark.parametrize("place", [0, 1], ids=["first file", "second file"])
def test_nothing_stays_open_after_an_error(
    sandbox: Sandbox, tmp_path: Path, place: int
) -> None:
    sandbox.exports.rows_per_file = 1
    rows = [*sandbox.lines("Bill")][:3]
    rows[place] = b"no json"
    sandbox.exports.lines["Bill"] = rows
    result = sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS)
    assert result.error
    assert sandbox.journal.downloads
    for thread in threading.enumerate():
        if thread.name == "tap-mews-download":  # the file after it is on its way
            thread.join(20)
    assert spooled(tmp_path) == []


def test_a_full_disk_is_an_error_before_a_file_is_asked_for(
    sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=1))
    result = sync(sandbox.config(spool_directory=str(tmp_path)), catalog=BILLS)
    assert isinstance(result.error, SpoolError)
    assert str(tmp_path) in str(result.error)
    assert "only 1 bytes left for" in str(result.error)
    assert sandbox.journal.downloads == []


FAILURES = {
    "full": errno.ENOSPC,
    "over quota": errno.EDQUOT,
    "read-only": errno.EROFS,
    "not allowed": errno.EACCES,
    "gone": errno.ENOENT,
    "broken": errno.EIO,
    "too many files": errno.EMFILE,
}


def failing(number: int) -> Any:  # noqa: ANN401 - in the place of any function
    """What fails as the system does."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


class File(BytesIO):
    """A file whose methods can be made to fail."""


@pytest.mark.parametrize(
    "step",
    [
        "shutil.disk_usage",
        "tempfile.TemporaryFile",
        "write",
        "read",
    ],
)
@pytest.mark.parametrize("number", FAILURES.values(), ids=FAILURES)
def test_a_disk_that_fails_is_one_line_that_says_what_to_do(
    sandbox: Sandbox,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    number: int,
) -> None:
    if "." in step:
        monkeypatch.setattr(step, failing(number))
    else:
        file = File()
        setattr(file, step, failing(number))
        monkeypatch.setattr(tempfile, "TemporaryFile", lambda **_: file)
    config = sandbox.config(spool_directory=str(tmp_path))
    result = sync(config, catalog=BILLS)
    assert isinstance(result.error, SpoolError)
    line = str(result.error)
    for words in (str(tmp_path), os.strerror(number), "set spool_directory"):
        assert words in line
    assert "\n" not in line
    assert result.records["bills"] == []
    assert list(tmp_path.iterdir()) == []


def test_a_machine_without_a_folder_for_temporary_files_is_told(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_get_default_tempdir", failing(errno.EROFS))
    result = sync(sandbox.config(), catalog=BILLS)
    assert isinstance(result.error, SpoolError)
    assert "set spool_directory" in str(result.error)


def test_a_run_that_needs_no_file_asks_for_none(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "gettempdir", failing(errno.EROFS))
    monkeypatch.setattr(tempfile, "TemporaryFile", failing(errno.EROFS))
    monkeypatch.setattr(shutil, "disk_usage", failing(errno.EIO))
    config = sandbox.config(extraction="pages")
    result = sync(config, catalog=BILLS).ok()
    assert records_by_id("bills", result) == truth(sandbox, "bills")
    sandbox.exports.lines["Bill"] = []
    sync(sandbox.config(), catalog=BILLS).ok()
