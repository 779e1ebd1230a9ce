"""What keeps an answer from coming, in words that show no secret."""

from __future__ import annotations

import re
import socket
import ssl
import zlib
from http.client import HTTPException, IncompleteRead
from typing import TYPE_CHECKING, TypeVar
from urllib.parse import urlsplit

import requests
import urllib3.exceptions as urllib3
from requests.exceptions import InvalidSchema, InvalidURL
from requests.utils import get_environ_proxies, select_proxy

from tap_mews.api.redaction import causes_of

if TYPE_CHECKING:
    from collections.abc import Sequence

E = TypeVar("E", bound=BaseException)

NETWORK_ERRORS = (
    requests.RequestException,
    urllib3.HTTPError,
    HTTPException,
    OSError,
    ValueError,
    zlib.error,
)
"""What requests, and the libraries below it, raise where no answer can be had."""

LONGEST_HOST = 253
"""Characters of a name that can be looked up."""

_TUNNEL = re.compile(r"Tunnel connection failed: (\d{3})")

INVALID_ADDRESS = (
    "the address or the proxy address is invalid",
    "check the address, HTTPS_PROXY, HTTP_PROXY and ALL_PROXY",
)

CHECK_PROXY = "check HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY"


class SlowHeadersError(OSError):
    """The status and the headers of an answer take too long; the text says how long."""


class TransientError(Exception):
    """No answer, or one that need not be the last word.

    Attributes:
        of_request: Words that name the request, or none.
        hint: What to do where a mistake on this machine is the likely cause. Only an
            earlier success makes another try worthwhile then.
        tries: How often to try, unless that is up to the caller.
        hold: Seconds for which Mews wants no request at all (429), 0 if it does not
            say; None for trouble of one request alone.
    """

    def __init__(
        self,
        reason: str,
        *,
        of_request: str = "",
        hint: str = "",
        tries: int | None = None,
        hold: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.of_request = of_request
        self.hint = hint
        self.tries = tries
        self.hold = hold


class LongBodyError(TransientError):
    """The body of an answer has more bytes than it may have."""


def network_error(error: BaseException, url: str) -> TransientError:
    """Name what went wrong; the texts of the libraries can hold a signed URL.

    Args:
        error: One of `NETWORK_ERRORS`.
        url: What was asked for.
    """
    causes = causes_of(error)
    mistake = _mistake(causes)
    try:
        proxy = _proxy_of(url)
    except ValueError:
        mistake = INVALID_ADDRESS
    if mistake is not None:
        return TransientError(mistake[0], hint=mistake[1])
    host = (urlsplit(url).hostname or "")[:LONGEST_HOST]
    text, hint = _failure(causes, host, proxy or host)
    if proxy:
        if _find(causes, requests.exceptions.ProxyError, urllib3.NewConnectionError):
            text, hint = f"proxy {proxy} refused: {text}", CHECK_PROXY
        else:
            text += f", through proxy {proxy}"
    return TransientError(text, hint=hint)


def _mistake(causes: Sequence[BaseException]) -> tuple[str, str] | None:
    """What is wrong before anything is sent, and what to do about it."""
    texts = [str(each) for each in causes if type(each) in {OSError, InvalidSchema}]
    if any("SOCKS" in text for text in texts):
        return "a SOCKS proxy requires the package PySocks", "install tap-mews[socks]"
    tls = _find(causes, ssl.SSLError)
    if (
        any("CA certificate bundle" in text for text in texts)
        or getattr(tls, "library", None) == "X509"
        or (_find(causes, urllib3.SSLError) and _find(causes, PermissionError))
    ):
        return (
            "the CA certificate file cannot be used",
            "check REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE",
        )
    if _find(causes, InvalidURL, urllib3.LocationValueError):
        return INVALID_ADDRESS
    return None


def _failure(
    causes: Sequence[BaseException], host: str, nearest: str
) -> tuple[str, str]:
    """What went wrong on the way, and what to do where that is likely to last.

    Args:
        causes: The error and what caused it.
        host: Whom the request was for.
        nearest: The proxy, or the host itself where there is none.
    """
    inner = causes[-1]
    if slow := _find(causes, SlowHeadersError):
        return str(slow), ""
    if unknown := _find(causes, socket.gaierror):
        lasts = unknown.errno != socket.EAI_AGAIN
        hint = "check the host name and the network of this machine"
        return f"name not found: {nearest}", hint if lasts else ""
    if untrusted := _find(causes, ssl.SSLCertVerificationError):
        why = getattr(untrusted, "verify_message", "no reason given")
        hint = (
            "if your network uses its own certificates, set REQUESTS_CA_BUNDLE to a "
            "file that contains them"
        )
        return f"certificate not trusted: {why} ({host})", hint
    if status := _TUNNEL.search(str(inner)):
        return f"HTTP {status[1]}", ""
    if _find(causes, requests.Timeout, urllib3.ReadTimeoutError, TimeoutError):
        return "timed out", ""
    if _find(causes, IncompleteRead):
        return "the response ended early", ""
    is_content = _find(causes, zlib.error, urllib3.DecodeError)
    what = "the response cannot be read" if is_content else "the connection failed"
    name = isinstance(inner, ssl.SSLError) and getattr(inner, "reason", None)
    return f"{what} ({name or type(inner).__name__})", ""


def _find(causes: Sequence[BaseException], *kinds: type[E]) -> E | None:
    return next((each for each in causes if isinstance(each, kinds)), None)


def _proxy_of(url: str) -> str:
    """The proxy that the environment has for a URL, without its password.

    Raises:
        ValueError: It has something else in its place.
    """
    proxy = select_proxy(url, get_environ_proxies(url)) or ""
    parts = urlsplit(proxy if "://" in proxy else f"//{proxy}")
    return f"{parts.hostname or ''}:{parts.port or ''}".strip(":")
