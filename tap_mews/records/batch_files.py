"""BATCH files in JSON Lines, written from rows that are bytes already."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import url2pathname
from uuid import uuid4

from isal import igzip_threaded

from tap_mews.errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from singer_sdk.helpers._batch import BatchConfig

GZIP = "gzip"

GZIP_LEVEL = 1
"""A batch file is read once, and soon: time counts more than bytes."""


class BatchFiles:
    """Files of one run in the storage that the settings name."""

    def __init__(self, config: BatchConfig, name: str) -> None:
        """Prepare; nothing is written.

        Args:
            config: `batch_config`: storage, encoding and rows in one file.
            name: Begins the names of the files.
        """
        self._config = config
        self._prefix = f"{config.storage.prefix or ''}{name}-{uuid4()}"
        self._count = 0

    def write(self, chunks: Iterable[list[bytes]]) -> Iterator[list[str]]:
        """Write rows; the last file is complete with the last row.

        Args:
            chunks: Chunks of rows, each row as JSON without line breaks.

        Yields:
            The address of each file, when it is complete.

        Raises:
            BatchError: The storage does not take it.
        """
        waiting = iter(chunks)
        rest: list[bytes] = []
        while rest or (rest := next((chunk for chunk in waiting if chunk), [])):
            self._count += 1
            compressed = self._config.encoding.compression == GZIP
            name = f"{self._prefix}-{self._count}.json{'.gz' if compressed else ''}"
            with _storage_errors(name):
                with self._opened(name) as raw:
                    if compressed:
                        with _compressed(raw) as file:
                            rest = self._fill(file, rest, waiting)
                    else:
                        rest = self._fill(raw, rest, waiting)
                address = self._config.storage.get_url(name)
                _make_private(address)
            yield [address]

    @contextmanager
    def _opened(self, name: str) -> Iterator[IO[bytes]]:
        """A new file; what a storage raises of its own kind is raised as an OSError."""
        with ExitStack() as stack:
            opening = self._config.storage.open(name, "wb")
            try:
                file = stack.enter_context(opening)
            except (OSError, ImportError):
                raise
            except Exception as error:
                # fsspec has dozens of storages, each with parameters of its own
                raise OSError(type(error).__name__) from error
            yield file

    def _fill(
        self,
        file: IO[bytes],
        rest: list[bytes],
        waiting: Iterator[list[bytes]],
    ) -> list[bytes]:
        """Write rows into one file until it is full or there are no more.

        Returns:
            Rows for the next file.
        """
        room = self._config.batch_size
        while rest and room:
            part, rest = rest[:room], rest[room:]
            room -= len(part)
            part.append(b"")
            file.write(b"\n".join(part))
            if not rest and room:
                rest = next((chunk for chunk in waiting if chunk), [])
        return rest


def _make_private(address: str) -> None:
    """Let nobody else read a file on this machine: its rows are about guests."""
    link = urlsplit(address)
    if link.scheme == "file":
        Path(url2pathname(link.path)).chmod(0o600)


@contextmanager
def _storage_errors(name: str) -> Iterator[None]:
    """Make what the storage says an error that the user can act on."""
    try:
        yield
    except (OSError, ImportError) as error:
        # an ImportError names the package that the kind of storage needs
        reason = getattr(error, "strerror", None) or error
        msg = (
            f"The batch file {name} cannot be written: {reason}; check "
            "batch_config.storage, then run again to resume from the last state"
        )
        raise BatchError(msg) from error


def _compressed(raw: IO[bytes]) -> IO[bytes]:
    """A file whose rows are compressed by a thread, beside the check of the next."""
    file: IO[bytes] = igzip_threaded.open(raw, "wb", GZIP_LEVEL, threads=1)  # type: ignore[no-untyped-call]
    return file
