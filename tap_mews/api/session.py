"""HTTP as the tap uses it, for the API and for the file host alike.

The way there is that of the machine: its proxies, its certificates. Nothing else of its
user's is sent: no password from netrc or a URL, no cookie, nothing to where a redirect
leads.
"""

from __future__ import annotations

import logging
import math
from http.cookiejar import DefaultCookiePolicy
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies

import requests

from tap_mews import __version__
from tap_mews.api.adapter import HeaderTimeoutAdapter
from tap_mews.api.network_errors import (
    NETWORK_ERRORS,
    LongBodyError,
    TransientError,
    network_error,
)
from tap_mews.api.redaction import REDACTOR

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_mews.clock import Clock

CHUNK = 1 << 18
"""Most bytes to take at a time: few system calls, little memory."""

SLOWEST_BYTES, SLOWEST_SECONDS = 1 << 16, 60.0
"""A host that sends less than this in that time has stalled, in bytes and seconds."""


UNREADABLE_HEADERS = "Failed to parse headers"
"""How urllib3 begins a line, and a traceback, that show the URL and what came; such an
answer is judged by its body, as any other."""


class Session(requests.Session):
    """Sends requests, each once. Safe to be used by several threads.

    Attributes:
        has_answered: Whether any answer came.
    """

    def __init__(self, connections: int, clock: Clock) -> None:
        super().__init__()
        self.has_answered = False
        logging.getLogger("urllib3.connection").addFilter(_is_wanted)
        self._proxy_settings: dict[tuple[str, str], Any] = {}
        self.headers["User-Agent"] = f"tap-mews/{__version__}"
        # with none, requests looks for a password in netrc and in the URL
        self.auth = _add_nothing
        # threads share the session, so nothing in it may change with an answer
        self.cookies.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        for scheme in ("https://", "http://"):
            self.mount(scheme, HeaderTimeoutAdapter(connections, clock))
        passwords = [*map(_password_of, getproxies().values())]
        REDACTOR.learn([*passwords, *map(unquote, passwords)])

    def merge_environment_settings(self, url: Any, *args: Any) -> Any:  # noqa: ANN401
        """The proxy of a host, looked up once: that takes half a millisecond."""
        host = urlsplit(url)[:2]
        if host not in self._proxy_settings:
            self._proxy_settings[host] = super().merge_environment_settings(url, *args)
        return self._proxy_settings[host]

    def get_redirect_target(self, resp: requests.Response) -> None:
        """None: where a redirect leads is not followed, not even read."""

    def ask(
        self,
        method: str,
        url: str,
        timeout: tuple[float, float],
        *,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> requests.Response:
        """Send a request; `chunks` reads the body of the answer.

        Raises:
            TransientError: No answer came, or one whose headers did not end.
        """
        try:
            response = self.request(
                method, url, data=data, headers=headers, timeout=timeout, stream=True
            )
        except NETWORK_ERRORS as cause:
            error = network_error(cause, url)
        else:
            self.has_answered = True
            return response
        if error.hint and not self.has_answered:
            error.tries = 1
        # here, where it leads to no error of the library, which holds the request
        raise error


def chunks(
    response: requests.Response,
    clock: Clock,
    longest: float = math.inf,
    most: float = math.inf,
) -> Iterator[bytes]:
    """The body of an answer as it comes; `iter_content` waits for full chunks.

    Args:
        response: What `Session.ask` gave.
        clock: Time of the run.
        longest: Seconds that all of the body may take.
        most: Bytes that it may have.

    Raises:
        LongBodyError: It has more bytes.
        TransientError: The connection ended before the body did, or the body comes so
            slowly that it would never end.
    """
    began = since = clock.monotonic()
    received = total = 0
    while True:
        error = None
        try:
            chunk = response.raw.read1(CHUNK, decode_content=True)
        except NETWORK_ERRORS as cause:
            error = network_error(cause, response.url)
        if error is not None:
            raise error
        if not chunk:
            return
        yield chunk
        received += len(chunk)
        total += len(chunk)
        if total > most:
            msg = f"the response has more than {most:,} bytes"
            raise LongBodyError(msg)
        now = clock.monotonic()
        if now - since >= SLOWEST_SECONDS or now - began >= longest:
            if received < SLOWEST_BYTES or now - began >= longest:
                msg = f"only {received:,} bytes received in {now - since:.0f} s"
                raise TransientError(msg)
            since, received = now, 0


def _password_of(proxy: str) -> str:
    """What may be a password, also in an address that cannot be parsed."""
    address = proxy.partition("://")[2] or proxy
    return address.rpartition("@")[0].partition(":")[2]


def _is_wanted(record: logging.LogRecord) -> bool:
    return not str(record.msg).startswith(UNREADABLE_HEADERS)


def _add_nothing(request: requests.PreparedRequest) -> requests.PreparedRequest:
    return request
