"""One signed file of an export: downloaded, resumed, verified."""

from __future__ import annotations

import logging
import re
from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from requests import codes

from tap_mews.api import session
from tap_mews.api.network_errors import TransientError
from tap_mews.clock import Clock, retry_pauses
from tap_mews.errors import DownloadError, LinkExpiredError
from tap_mews.metrics.record import PROGRESS_SECONDS
from tap_mews.metrics.usage import Usage, UsageRecord

if TYPE_CHECKING:
    import requests

    from tap_mews.exports.spool import SpooledFile

CONNECTIONS = 10

TIMEOUT = (10.0, 60.0)
"""Seconds to connect and to wait for more bytes."""

TRIES = 8
"""Tries without a single new byte, or with few in a long time; one that brings some
restarts the count."""

REFUSED = {401, 403, 404, 410}
"""Statuses after which the same URL will not work, but a new one can."""

AGAIN = {408, 425, 429}
"""Statuses below 500 after which the same URL can work."""

ACCEPTED = {codes.ok, codes.partial_content, codes.requested_range_not_satisfiable}
"""Statuses of a body, a part of it, and no part from there on."""

REDIRECTS = 5

_TOTAL = re.compile(r"/([0-9]{1,18})$")
_STRONG = re.compile(r'"[!#-~]*"')

LONGEST_URL = 1 << 14
"""Characters; signed URLs have some hundreds."""

logger = logging.getLogger("tap-mews.downloads")


class Downloader:
    """Brings files from the file host, which never sees a token."""

    def __init__(self, clock: Clock, *, allow_http: bool) -> None:
        self._clock = clock
        self._schemes = {"https", "http"} if allow_http else {"https"}
        self._session = session.Session(CONNECTIONS, clock)

    def fetch(
        self,
        url: str,
        size: int | None,
        file: SpooledFile,
        what: str,
        record: UsageRecord,
    ) -> None:
        """Download one file.

        Args:
            url: The signed URL.
            size: Bytes that the file must have (`SizeInBytes`); None if unknown.
            file: Where it goes; a part of it may be there already.
            what: Names the file in errors, such as `export …, file 2 of 3`.
            record: Gets bytes and what is tried again.

        Raises:
            LinkExpiredError: The host refuses the URL (403); ask for a new one.
            DownloadError: The file cannot be had, or has another size than announced.
            SpoolError: The disk is full.
        """
        pauses = retry_pauses()
        idle, most = 0, file.size
        while True:
            began = self._clock.monotonic()
            failure = None
            try:
                self._transfer(url, size, file, what, record)
            except TransientError as error:
                failure = error
            if size is None and failure is None:
                return
            # it may have failed only after the last byte, if there is one
            if file.size == size and (size or failure is None):
                return
            failure = failure or TransientError("the file ends early")
            # where the host ignores Range, the same bytes come again
            seconds, new = self._clock.monotonic() - began, file.size - most
            most = max(most, file.size)
            crawled = seconds >= session.SLOWEST_SECONDS and new < session.SLOWEST_BYTES
            idle = 0 if new > 0 and not crawled else idle + 1
            line = f"{what}: {_bytes_of(file.size, size)}, {failure}"
            if idle >= (failure.tries or TRIES):
                hint = f"no more data after {idle} tries, run again later"
                msg = f"{line}; {failure.hint or hint}"
                raise DownloadError(msg)
            pause = next(pauses)
            logger.warning("%s; trying again in %.1f s", line, pause)
            record.add(Usage(retries=1, retry_seconds=pause))
            self._clock.sleep(pause)

    def _transfer(
        self,
        url: str,
        size: int | None,
        file: SpooledFile,
        what: str,
        record: UsageRecord,
    ) -> None:
        """Append what the host sends; begin again where it ignores Range."""
        if size is None:
            file.clear()  # whether a later part is the last one could not be told
        # identity, so that the bytes can be counted against SizeInBytes
        headers = {"Accept-Encoding": "identity"}
        if file.size:
            headers["Range"] = f"bytes={file.size}-"
            if _STRONG.fullmatch(file.etag):
                headers["If-Range"] = file.etag
        with self._get(url, headers, what) as response:
            _check(response, what, needs_end=size is None)
            total = _total(response)
            if size is not None and total not in {None, size}:
                raise _other_size(total, size)
            if not _resumes(file, response):
                file.clear()
                file.etag = _etag(response)
                if response.status_code != codes.ok:
                    msg = "the file host cannot resume the download"
                    raise TransientError(msg)
            logged_at = self._clock.monotonic()
            for chunk in session.chunks(response, self._clock):
                record.add(Usage(file_bytes=len(chunk)))
                if size is not None and file.size + len(chunk) > size:
                    file.clear()
                    raise _other_size(None, size)
                file.append(chunk)
                if self._clock.monotonic() - logged_at >= PROGRESS_SECONDS:
                    logged_at = self._clock.monotonic()
                    logger.info("%s: %s so far", what, _bytes_of(file.size, size))

    def _get(self, url: str, headers: dict[str, str], what: str) -> requests.Response:
        """Ask for a file, through redirects to links that may be used."""
        for _ in range(REDIRECTS):
            if wrong := self._wrong_with(url):
                msg = f"{what}: the link from Mews {wrong}; ask Mews support"
                raise DownloadError(msg)
            response = self._session.ask("GET", url, TIMEOUT, headers=headers)
            if not response.is_redirect:
                return response
            response.close()
            with suppress(ValueError):  # then it stays, and soon is one too many
                url = urljoin(url, response.headers["Location"])
        msg = f"{what}: too many redirects by the file host"
        raise DownloadError(msg)

    def _wrong_with(self, url: str) -> str:
        """Why a link is not used; empty for a good one."""
        if len(url) > LONGEST_URL:
            return f"has {len(url):,} characters"
        try:
            link = urlsplit(url)
            port = link.port
        except ValueError:
            return "is malformed"
        if link.scheme not in self._schemes or not link.hostname or port == 0:
            return "is not an https address"
        return "contains a user name" if "@" in link.netloc else ""


def _check(response: requests.Response, what: str, *, needs_end: bool) -> None:
    """Refuse an answer that does not have what was asked for.

    Args:
        response: The answer.
        what: Names the file in errors.
        needs_end: Whether nothing else tells whether the file is whole.

    Raises:
        LinkExpiredError: Another URL can have it.
        TransientError: The same URL can have it later.
        DownloadError: It cannot be had.
    """
    status = response.status_code
    if status in REFUSED:
        msg = f"{what}: the file host refused the link (HTTP {status})"
        raise LinkExpiredError(msg)
    if status not in ACCEPTED:
        if status < codes.server_error and status not in AGAIN:
            msg = f"{what}: the file host answered HTTP {status}"
            raise DownloadError(msg)
        msg = f"HTTP {status}"
        raise TransientError(msg)
    kind = response.headers.get("Content-Type", "").strip().lower()
    if response.ok and kind.startswith("text/html"):
        msg = "the response is a web page instead of the file"
        hint = "check for a proxy or gateway that sends it, then run again"
        raise TransientError(msg, hint=hint)
    if needs_end and not _declares_its_end(response):
        msg = (
            f"{what}: Mews lists it without a size (SizeInBytes), and the file host "
            "sends it without one, so a part of it could be taken for all of it; ask "
            "Mews support about this export, then run again"
        )
        raise DownloadError(msg)


def _resumes(file: SpooledFile, response: requests.Response) -> bool:
    """Whether the body continues the file, and is not another part or of another file.

    A part of a body that is encoded is no part of the file.
    """
    part = response.headers.get("Content-Range", "").replace("bytes", "").strip()
    return (
        response.status_code == codes.partial_content
        and part.startswith(f"{file.size}-")
        # a host may ignore If-Range, and need not have any ETag
        and _etag(response) == file.etag
        and not response.headers.get("Content-Encoding")
    )


def _etag(response: requests.Response) -> str:
    """Which version of the file it is; empty if the host does not tell."""
    return response.headers.get("ETag", "")


def _total(response: requests.Response) -> int | None:
    """Bytes of the whole file at its host; None if unknown."""
    if response.headers.get("Content-Encoding"):
        return None
    if response.status_code == codes.ok:
        return response.raw.length_remaining
    total = _TOTAL.search(response.headers.get("Content-Range", ""))
    return int(total[1]) if total else None


def _other_size(found: int | None, size: int) -> TransientError:
    """What to raise for a file of so many bytes; None for more than announced."""
    has = "more" if found is None else f"{found:,}"
    return TransientError(
        f"the file has {has} bytes, Mews announced {size:,}",
        hint="run again later; if it fails again, ask Mews support about this export",
    )


def _declares_its_end(response: requests.Response) -> bool:
    """Whether a body that ends early is an error of the connection.

    A decoder may take a part of an encoded body for the whole.
    """
    transfer = response.headers.get("Transfer-Encoding", "").strip().lower()
    has_end = transfer == "chunked" or response.raw.length_remaining is not None
    is_encoded = bool(response.headers.get("Content-Encoding"))
    return response.status_code == codes.ok and has_end and not is_encoded


def _bytes_of(have: int, size: int | None) -> str:
    return f"{have:,} bytes" if size is None else f"{have:,} of {size:,} bytes"
