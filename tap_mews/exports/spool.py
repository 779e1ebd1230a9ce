"""Room on disk for exported files while they are read."""

from __future__ import annotations

import errno
import shutil
import tempfile
from contextlib import contextmanager
from typing import TYPE_CHECKING

from tap_mews.errors import SpoolError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from io import FileIO
    from pathlib import Path


class Spool:
    """A folder for files that have no name there, so none can stay behind.

    The system drops such a file with the process, however that ends, and nobody else
    can open it. Nothing is made, or even looked at, before a file is needed.
    """

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder

    def new_file(self, size: int) -> SpooledFile:
        """An empty file that has room for so many bytes.

        Raises:
            SpoolError: There is no room, or no file can be made.
        """
        with self.errors():
            free = shutil.disk_usage(self._folder or tempfile.gettempdir()).free
            if size > free:
                message = f"only {free:,} bytes left for {size:,}"
                raise OSError(errno.ENOSPC, message)
            # unbuffered: an error is raised by the write that it is about
            raw = tempfile.TemporaryFile(buffering=0, dir=self._folder)  # noqa: SIM115
        return SpooledFile(self, raw)

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Name the folder in what goes wrong with a file there.

        Raises:
            SpoolError: Something did.
        """
        try:
            yield
        except OSError as error:
            folder = self._folder or tempfile.tempdir or "for temporary files"
            msg = (
                f"The spool folder {folder} cannot be used: {error.strerror}; "
                "free disk space or set spool_directory"
            )
            raise SpoolError(msg) from None


class SpooledFile:
    """A file of a spool.

    Attributes:
        size: Bytes that are in it.
        etag: Of the answer that they are from; empty if it had none.
    """

    def __init__(self, spool: Spool, raw: FileIO) -> None:
        self.size = 0
        self.etag = ""
        self._spool = spool
        self._raw = raw

    def append(self, data: bytes) -> None:
        """Write all of some bytes at its end."""
        with self._spool.errors():
            while data:
                written = self._raw.write(data)
                self.size += written
                data = data[written:]

    def clear(self) -> None:
        """Make it empty again."""
        with self._spool.errors():
            self._raw.seek(0)
            self._raw.truncate()
        self.size = 0

    def blocks(self, size: int) -> Iterator[bytes]:
        """What is in it, in blocks of so many bytes."""
        with self._spool.errors():
            self._raw.seek(0)
            while block := self._raw.read(size):
                yield block

    def close(self) -> None:
        """Drop it, whatever is in it."""
        self._raw.close()
