"""A private folder for exported files while they are read."""

from __future__ import annotations

import contextlib
import logging
import os
import shutil
import tempfile
import weakref
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tap_mews.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Iterator

fcntl: Any
try:
    import fcntl
except ImportError:  # pragma: no cover - Windows has no advisory locks like these
    fcntl = None

PREFIX = "tap-mews-spool-"
UNNAMED = ".tap-mews-new-"
LOCK = "lock"

logger = logging.getLogger("tap-mews.spool")


class Spool:
    """A folder that only this user can read and that goes with this object.

    A run that is killed cannot tidy up, so each run removes what others left. A lock
    that the system drops with its process tells what is left over from what is in use.
    """

    def __init__(self, parent: Path | None) -> None:
        """Nothing is made before the first file is needed.

        Args:
            parent: Where to make the folder; the system's temporary folder if None.
        """
        self._parent = parent or Path(tempfile.gettempdir())
        self._folder: Path | None = None
        self._finalizer: weakref.finalize[[Path, int | None], Spool] | None = None

    def path(self, name: str) -> Path:
        """Where to write a file of that name; the folder is made if needed.

        Raises:
            SpoolError: The folder cannot be made.
        """
        if self._folder is None:
            try:
                self._remove_leftovers()
                self._folder, lock = self._make()
            except OSError as error:
                raise self.error(error) from None
            # runs at the latest when the interpreter ends, however it ends
            self._finalizer = weakref.finalize(self, _remove, self._folder, lock)
        return self._folder / name

    def require(self, size: int) -> None:
        """Refuse a file for which there is no room, before any of it is written.

        Args:
            size: Bytes.

        Raises:
            SpoolError: The disk has less room than that.
        """
        free = shutil.disk_usage(self._folder or self._parent).free
        if size > free:
            msg = (
                f"The spool folder {self._parent} has {free:,} bytes left, but the "
                f"next file has {size:,}; make room or set spool_directory"
            )
            raise SpoolError(msg)

    def error(self, error: OSError) -> SpoolError:
        """The exception for a file that cannot be written here."""
        return SpoolError(
            f"The spool folder {self._parent} cannot be written to: {error.strerror}; "
            "make room or set spool_directory",
        )

    def close(self) -> None:
        """Remove the folder and all that is in it."""
        if self._finalizer is not None:
            self._finalizer()
            self._folder = None

    def _make(self) -> tuple[Path, int | None]:
        """Make the folder; it gets its name when it is locked, and is never seen open.

        Returns:
            The folder and what holds its lock.
        """
        fresh = Path(tempfile.mkdtemp(prefix=UNNAMED, dir=self._parent))
        lock = _lock(fresh / LOCK)
        folder = fresh.with_name(PREFIX + fresh.name.removeprefix(UNNAMED))
        return fresh.rename(folder), lock

    def _remove_leftovers(self) -> None:
        for folder in self._abandoned():
            logger.info("Removing %s, which a killed run left", folder.name)
            shutil.rmtree(folder, ignore_errors=True)

    def _abandoned(self) -> Iterator[Path]:
        for folder in self._parent.glob(f"{PREFIX}*"):
            with contextlib.suppress(OSError):  # in use, or another user's
                lock = _lock(folder / LOCK)
                if lock is not None:
                    os.close(lock)
                    yield folder


def _remove(folder: Path, lock: int | None) -> None:
    shutil.rmtree(folder, ignore_errors=True)
    if lock is not None:
        os.close(lock)


def _lock(path: Path) -> int | None:
    """Take the lock of a folder until the returned descriptor is closed.

    Raises:
        OSError: Another process has it.
    """
    if fcntl is None:  # pragma: no cover
        return None
    descriptor = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(descriptor)
        raise
    return descriptor
