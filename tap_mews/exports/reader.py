"""Reads a stream through data exports."""

from __future__ import annotations

import logging
from concurrent.futures import Future
from functools import partial
from operator import attrgetter
from typing import TYPE_CHECKING

from tap_mews.errors import DownloadError, LinkExpiredError
from tap_mews.exports.outcomes import recreate
from tap_mews.reading.background import in_background, result_of
from tap_mews.reading.reader import Slice, WindowLostError, WindowRead
from tap_mews.records.rows import Rows

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from tap_mews.clock import Clock
    from tap_mews.exports.api import ExportFile
    from tap_mews.exports.downloads import Downloader
    from tap_mews.exports.jobs import EntityExports, ExportJob
    from tap_mews.exports.orchestrator import JobOrchestrator
    from tap_mews.exports.spool import Spool, SpooledFile

OLDEST_LINK_SECONDS = 8 * 60
"""Mews lets a URL work for ten minutes; a download must begin well before."""

MAX_REFUSALS = 3
"""New URLs for one file that the host may refuse before this is an error."""

ROWS_BYTES = 1 << 18
"""Rows are passed on in chunks of this size, which the processor's cache holds."""

logger = logging.getLogger("tap-mews.exports")


class _FilesLostError(Exception):
    """The files of an export are not there any more; the text says why."""


class ExportReader:
    """Reads the exports of one entity, in order of time.

    Attributes:
        entity: The exports.
    """

    def __init__(
        self,
        entity: EntityExports,
        queue: JobOrchestrator,
        downloader: Downloader,
        spool: Spool,
        clock: Clock,
        saved: Sequence[Mapping[str, str]],
    ) -> None:
        self.entity = entity
        self._orchestrator = queue
        self._downloader = downloader
        self._spool = spool
        self._clock = clock
        self._saved = saved
        self._coming: Future[SpooledFile] = Future()
        self._ahead: tuple[ExportJob, list[ExportFile]] | None = None
        self._file: SpooledFile | None = None

    def open(self, slices: Sequence[Slice]) -> None:
        """Add the first export, or resume one of a previous run.

        Raises:
            MewsError: As `MewsClient.call`.
        """
        self._orchestrator.open(self.entity, slices, self._saved)

    def windows(self) -> Generator[WindowRead, None, None]:
        """The exports, each as one window, when it is ready.

        Raises:
            ExportFailedError: Mews cannot make an export.
            ExportTimeoutError: An export takes too long.
            DownloadError: A file cannot be had whole.
            MewsError: As `MewsClient.call`.
        """
        entity = self.entity
        while (job := self._orchestrator.wait(entity)) is not None:
            number = entity.window_count - len(entity.requests) - len(entity.jobs) + 1
            yield WindowRead(
                slice=job.request.slice,
                window=job.request.window,
                rows=self._rows(job),
                complete_until=entity.filter.complete_until(
                    job.request.window, job.added
                ),
                number=number,
                known=entity.window_count,
                method="exports",
                done=partial(self._orchestrator.finish, entity, job),
            )

    def read_ahead(self) -> None:
        """Begin to download the next export, if it is ready, ahead of its turn."""
        jobs = self.entity.jobs
        if self._ahead is None and jobs and jobs[0].is_ready:
            files = list(jobs[0].export.files or ())
            self._ahead = jobs[0], files
            self._begin(jobs[0], files, 0)

    def close(self) -> None:
        """Drop the file that is being read, and the one that is on its way."""
        if self._file is not None:
            self._file.close()
        self._coming.add_done_callback(_drop)

    def _rows(self, job: ExportJob) -> Iterator[Rows]:
        """All rows of an export; the next file comes while those of one are taken.

        Raises:
            WindowLostError: The files went away; what was taken will come again.
        """
        begun, files = self._ahead or (None, [])
        self._ahead = None
        if begun is not job:
            if begun is not None:  # it was made again
                self._coming.add_done_callback(_drop)
            files = list(job.export.files or ())
            self._begin(job, files, 0)
        for number in range(1, len(files) + 1):
            self._file = file = self._arrived(job)
            self._begin(job, files, number)
            place = f"export {job.id}, file {number} of {len(files)}"
            for rows in _rows_of(file, place):
                self._orchestrator.tick()
                yield rows
            file.close()

    def _arrived(self, job: ExportJob) -> SpooledFile:
        """Wait for the file that is on its way, while other exports go on.

        Raises:
            WindowLostError: It will not come; the export is added again.
            ExportFailedError: That happened too often.
        """
        try:
            return result_of(self._coming, self._orchestrator.tick)
        except _FilesLostError as error:
            recreate(self.entity, job, str(error))
            raise WindowLostError from None

    def _begin(self, job: ExportJob, files: list[ExportFile], index: int) -> None:
        """Have a file downloaded in the background, if there is one."""
        if index < len(files):
            download = partial(self._download, job, files, index)
            self._coming = in_background(download, "tap-mews-download")

    def _download(
        self, job: ExportJob, files: list[ExportFile], index: int
    ) -> SpooledFile:
        """Bring one file, with new URLs where the known ones are old or refused."""
        stream = self.entity.stream
        what = f"{stream}: {job}, file {index + 1} of {len(files)}"
        record = self.entity.record.of(job.request.slice)
        spooled = self._spool.new_file(files[index].size or 0)
        refusals = 0
        try:
            while True:
                age = self._clock.monotonic() - job.listed
                if refusals or age > OLDEST_LINK_SECONDS:
                    files[:] = self._refreshed(job, files)
                url, size = files[index].url, files[index].size
                try:
                    self._downloader.fetch(url, size, spooled, what, record)
                except LinkExpiredError as error:
                    refusals += 1
                    if refusals > MAX_REFUSALS:
                        msg = f"{error}, although it is new; run again later"
                        raise DownloadError(msg) from None
                    logger.info("%s; requesting a new one", error)
                else:
                    return spooled
        except DownloadError as error:
            spooled.close()
            # log lines of the download begin with the stream, and so does its text
            text = error.text.removeprefix(f"{stream}: ")
            raise error.reworded(text, stream) from None
        except BaseException:
            spooled.close()
            raise

    def _refreshed(self, job: ExportJob, files: list[ExportFile]) -> list[ExportFile]:
        """The same files with new URLs, in the same order.

        Raises:
            _FilesLostError: They are not there, or not certainly the same.
        """
        if not self._orchestrator.refresh(self.entity, job):
            msg = "expired while it was read"
            raise _FilesLostError(msg)
        found = _in_order_of(files, job.export.files or [])
        if found is None:
            msg = "changed its files"
            raise _FilesLostError(msg)
        return found


def _drop(coming: Future[SpooledFile]) -> None:
    if coming.exception() is None:
        coming.result().close()


def _in_order_of(
    known: list[ExportFile],
    found: list[ExportFile],
) -> list[ExportFile] | None:
    """Sort files that were listed again, since Mews promises no order of them.

    Returns:
        What was found in the order of what was known, or None where it is not certain
        which is which.
    """
    for key in (attrgetter("name"), attrgetter("size")):
        by_key = {key(file): file for file in found}
        keys = [key(file) for file in known]
        if None in keys:
            continue  # a size that is not known tells nothing apart
        if len(set(keys)) == len(keys) == len(found) and set(keys) == by_key.keys():
            same = [by_key[key] for key in keys]
            # a file of the same name that has another size was made again
            sizes = [file.size for file in known]
            return same if [file.size for file in same] == sizes else None
    return None


def _rows_of(file: SpooledFile, place: str) -> Iterator[Rows]:
    """The rows of a file in chunks."""
    first, rest = 1, b""
    for block in file.blocks(ROWS_BYTES):
        # splitting blocks is twice as fast as reading lines
        lines = (rest + block).split(b"\n")
        may_break = b"\r" in rest or b"\r" in block
        rest = lines.pop()
        yield Rows(lines, place, first, may_break=may_break)
        first += len(lines)
    yield Rows([rest], place, first, may_break=True)
