"""One signed file of an export: downloaded, resumed, verified."""

from __future__ import annotations

import logging
import os
from contextlib import suppress
from typing import IO, TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

import requests
from urllib3.exceptions import HTTPError

from tap_mews.clock import Clock, retry_pauses
from tap_mews.errors import DownloadError, LinkExpiredError
from tap_mews.metrics.usage import Usage, UsageRecord

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tap_mews.exports.spool import Spool

TIMEOUT = (10.0, 60.0)
"""Seconds to connect and to wait for more bytes."""

CHUNK = 1 << 18
"""Most bytes to take at a time: few system calls, little memory."""

SLOWEST_BYTES, SLOWEST_SECONDS = 1 << 16, 60.0
"""A host that sends less than this in that time has stalled, in bytes and seconds."""

TRIES = 8
"""Tries without a single new byte, or with few in a long time; one that brings some
starts the count anew."""

REFUSED = {401, 403, 404, 410}
"""Statuses after which the same URL will not work, but a new one can."""

AGAIN = {408, 425, 429}
"""Statuses below 500 after which the same URL can work."""

TAKEN = {
    requests.codes.ok,
    requests.codes.partial_content,
    requests.codes.requested_range_not_satisfiable,
}
"""Statuses of a body, a part of it, and no part from there on."""

REDIRECTS = 5

logger = logging.getLogger("tap-mews.downloads")


class _InterruptedError(Exception):
    """The transfer ended early; it can go on where it stopped."""


class Downloader:
    """Brings files from the file host, which never sees a token."""

    def __init__(self, clock: Clock, spool: Spool, *, allow_http: bool) -> None:
        """Prepare the connection; nothing is sent.

        Args:
            clock: Time and sleep of the run.
            spool: Where the files go.
            allow_http: Whether plain http will do, for a sandbox on this machine.
        """
        self._clock = clock
        self._spool = spool
        self._schemes = {"https", "http"} if allow_http else {"https"}
        self._session = requests.Session()

    def fetch(
        self,
        url: str,
        size: int,
        path: Path,
        what: str,
        record: UsageRecord,
    ) -> None:
        """Download one file.

        Args:
            url: The signed URL. Partition of the file may be at `path` already.
            size: Bytes that the file must have (`SizeInBytes`).
            path: Where to write it; readable by this user alone.
            what: Names the file in errors, such as `export …, file 2 of 3`.
            record: Gets bytes and what is tried again.

        Raises:
            LinkExpiredError: The host refuses the URL (403); ask for a new one.
            DownloadError: The file cannot be had, or has another size than announced.
            SpoolError: The disk is full.
        """
        pauses = retry_pauses()
        idle = 0
        while True:
            before, began = _size(path), self._clock.monotonic()
            self._spool.require(size - before)
            try:
                self._transfer(url, path, what, before, record)
                trouble = "the file ends early"
            except (requests.RequestException, _InterruptedError) as error:
                ours = isinstance(error, _InterruptedError)
                # the library's own text holds the URL and so the signature
                trouble = str(error) if ours else type(error).__name__
            have = _size(path)
            if have == size:
                return
            if have > size:
                path.unlink()
                trouble = f"it has more than the announced {size:,} bytes"
            seconds = self._clock.monotonic() - began
            crawled = seconds >= SLOWEST_SECONDS and have - before < SLOWEST_BYTES
            idle = 0 if size > have > before and not crawled else idle + 1
            line = f"{what}: {have:,} of {size:,} bytes, {trouble}"
            if idle >= TRIES:
                msg = f"{line}; {idle} tries brought nothing more, run again later"
                raise DownloadError(msg)
            pause = next(pauses)
            logger.warning("%s; trying again in %.1f s", line, pause)
            record.add(Usage(retries=1, retry_seconds=pause))
            self._clock.sleep(pause)

    def close(self) -> None:
        """Close the connections."""
        self._session.close()

    def _transfer(
        self,
        url: str,
        path: Path,
        what: str,
        offset: int,
        record: UsageRecord,
    ) -> None:
        """Append what the host sends, or write anew where it ignores Range."""
        # identity, so that the bytes can be counted against SizeInBytes
        headers = {"Accept-Encoding": "identity"}
        if offset:
            headers["Range"] = f"bytes={offset}-"
        with self._get(url, headers, what) as response:
            status = response.status_code
            if status in REFUSED:
                msg = f"{what}: the file host refuses the link (HTTP {status})"
                raise LinkExpiredError(msg)
            if status not in TAKEN:
                if status < requests.codes.server_error and status not in AGAIN:
                    msg = f"{what}: the file host answered HTTP {status}"
                    raise DownloadError(msg)
                msg = f"HTTP {status}"
                raise _InterruptedError(msg)
            if status == requests.codes.ok:
                mode = "wb"
            elif _goes_on_at(offset, response):
                mode = "ab"
            else:
                path.unlink(missing_ok=True)
                msg = "the host cannot go on from there"
                raise _InterruptedError(msg)
            try:
                with open(path, mode, opener=_private) as file:
                    self._copy(response, file, record)
            except OSError as error:
                if isinstance(error, requests.RequestException):
                    raise
                raise self._spool.error(error) from None

    def _get(self, url: str, headers: dict[str, str], what: str) -> requests.Response:
        """Ask for a file, through redirects that keep to the allowed schemes."""
        for _ in range(REDIRECTS):
            if _scheme(url) not in self._schemes:
                msg = f"{what}: Mews names a link that is not https; it is not used"
                raise DownloadError(msg)
            try:
                response = self._session.get(
                    url,
                    headers=headers,
                    stream=True,
                    timeout=TIMEOUT,
                    allow_redirects=False,
                )
            except ValueError:  # requests reads the address of a redirect all the same
                trouble = "the answer cannot be read"
                raise _InterruptedError(trouble) from None
            if not response.is_redirect:
                return response
            response.close()
            with suppress(ValueError):  # then it stays, and soon is one too many
                url = urljoin(url, response.headers["Location"])
        msg = f"{what}: the file host redirects without end"
        raise DownloadError(msg)

    def _copy(
        self,
        response: requests.Response,
        file: IO[bytes],
        record: UsageRecord,
    ) -> None:
        """Write the body, unless it comes so slowly that it would never end."""
        since, received = self._clock.monotonic(), 0
        for chunk in _chunks(response):
            record.add(Usage(file_bytes=len(chunk)))
            file.write(chunk)
            received += len(chunk)
            now = self._clock.monotonic()
            if now - since >= SLOWEST_SECONDS:
                if received < SLOWEST_BYTES:
                    msg = f"only {received:,} bytes came in {now - since:.0f} s"
                    raise _InterruptedError(msg)
                since, received = now, 0


def _chunks(response: requests.Response) -> Iterator[bytes]:
    """The body as it comes; `iter_content` would wait until a chunk is full.

    Raises:
        _InterruptedError: The connection ended before the body did.
    """
    try:
        while chunk := response.raw.read1(CHUNK, decode_content=True):
            yield chunk
    except HTTPError as error:
        # its text can hold the address of the host
        raise _InterruptedError(type(error).__name__) from None


def _goes_on_at(offset: int, response: requests.Response) -> bool:
    """Whether the body goes on where the file ends, rather than being another part.

    A part of a body that is encoded is no part of the file.
    """
    part = response.headers.get("Content-Range", "").replace("bytes", "").strip()
    return (
        response.status_code == requests.codes.partial_content
        and part.startswith(f"{offset}-")
        and not response.headers.get("Content-Encoding")
    )


def _scheme(url: str) -> str:
    """How a URL begins; empty for one that cannot be read."""
    try:
        return urlsplit(url).scheme if urlsplit(url).hostname else ""
    except ValueError:
        return ""


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def _private(path: str, flags: int) -> int:
    """Open a file that only this user can read."""
    return os.open(path, flags, 0o600)
