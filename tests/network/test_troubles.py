"""Whatever the libraries raise: one line that names it, at once or after some tries."""

from __future__ import annotations

import binascii
import builtins
import errno
import http.client
import importlib
import os
import re
import socket
import ssl
import zlib
from collections.abc import Callable
from contextlib import suppress
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
import requests.exceptions
import urllib3.exceptions
import urllib3.util.connection
from requests.adapters import HTTPAdapter

from tap_mews.api.client import TRIES
from tap_mews.api.network_errors import network_error
from tap_mews.errors import DownloadError, UnavailableError
from tap_mews.exports import downloads
from tap_mews.exports.downloads import Downloader
from tests.harness import FastClock, run_process
from tests.network.seams import OPERATION, call, client_at, fetch
from tests.network.servers import host

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from types import ModuleType

pytestmark = pytest.mark.days(8)

SECRET = "https://host.example/f?sig=s3cr3t"
"""What the libraries put into their texts."""

socks = importlib.import_module("socks")  # it has no types

SPECIAL: dict[type[BaseException], tuple[Any, ...]] = {
    requests.exceptions.JSONDecodeError: ("Expecting value", SECRET, 0),
    urllib3.exceptions.IncompleteRead: (1, 2),
    urllib3.exceptions.InvalidChunkLength: (urllib3.HTTPResponse(), b"zz"),
    urllib3.exceptions.NameResolutionError: (
        "host.example",
        None,
        socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    ),
    urllib3.exceptions.MaxRetryError: (None, SECRET, OSError("reset")),
    urllib3.exceptions.ProxyError: (SECRET, OSError("reset")),
    UnicodeDecodeError: ("ascii", b"\xff", 0, 1, SECRET),
    UnicodeEncodeError: ("ascii", "\xff", 0, 1, SECRET),
    UnicodeTranslateError: ("\xff", 0, 1, SECRET),
}


GUESSES: list[tuple[Any, ...]] = [
    (SECRET,),
    (),
    (None, SECRET),
    (None, None, SECRET),
    (None, SECRET, None),
    (SECRET, SECRET, 0),
]


def made(kind: type[BaseException]) -> BaseException:
    """One of a kind, whatever it is made from."""
    for arguments in [SPECIAL[kind]] if kind in SPECIAL else GUESSES:
        with suppress(TypeError, AttributeError):
            return kind(*arguments)
    raise TypeError(kind)


def raising(error: BaseException) -> Callable[..., None]:
    """What raises an error, however it is called."""

    def fail(*_: object, **__: object) -> None:
        raise error

    return fail


def kinds(
    module: ModuleType, *bases: type[BaseException]
) -> Iterator[type[BaseException]]:
    """The exceptions that a module has, warnings aside."""
    for found in vars(module).values():
        if (
            isinstance(found, type)
            and issubclass(found, bases or Exception)
            and not issubclass(found, Warning)
        ):
            yield found


KINDS = {
    *kinds(requests.exceptions),
    *kinds(urllib3.exceptions),
    *kinds(http.client, http.client.HTTPException),
    *kinds(builtins, OSError, ValueError),
    *kinds(ssl, OSError),
    *kinds(socket, OSError),
    *kinds(socks, OSError),
    zlib.error,
    binascii.Error,
}
"""Whatever requests, urllib3, PySocks and what is below them can raise."""

NUMBERS = [
    errno.ECONNREFUSED,
    errno.ECONNRESET,
    errno.EHOSTUNREACH,
    errno.ENETUNREACH,
    errno.ETIMEDOUT,
    errno.EACCES,
    errno.EMFILE,
    errno.EPIPE,
    errno.EADDRNOTAVAIL,
]


def assert_one_line(error: BaseException) -> None:
    """It is short, and shows nothing of what the library said."""
    line = str(error)
    assert "\n" not in line
    assert len(line) < 300
    assert "s3cr3t" not in line
    assert error.__context__ is None or "s3cr3t" not in repr(error.__context__)


def failure_of_call(clock: FastClock) -> str:
    """How a call ends that gets no answer."""
    with pytest.raises(UnavailableError) as caught:
        call(client_at("http://127.0.0.1:9", clock))
    assert_one_line(caught.value)
    assert str(caught.value).startswith(f"{OPERATION}: ")
    return str(caught.value)


def failure_of_download(clock: FastClock) -> str:
    """How a download ends that gets no answer."""
    with pytest.raises(DownloadError) as caught:
        fetch(Downloader(clock, allow_http=False), SECRET)
    assert_one_line(caught.value)
    assert str(caught.value).startswith("file 1 of 1: 0 of 1 bytes, ")
    return str(caught.value)


each_way = pytest.mark.parametrize(
    "failure", [failure_of_call, failure_of_download], ids=["API", "file host"]
)
Failure = Callable[[FastClock], str]


@each_way
def test_whatever_is_raised_for_an_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, failure: Failure
) -> None:
    for kind in KINDS:
        error = made(kind)
        monkeypatch.setattr(HTTPAdapter, "send", raising(error))
        clock = FastClock()
        line = failure(clock)
        at_once = re.search(
            "not found|not trusted|cannot be used|is invalid|PySocks", line
        )
        assert (clock.pauses == []) == bool(at_once), kind
        assert at_once or re.search(
            "failed|cannot be read|ended early|timed out", line
        ), kind


class Answer(requests.Response):
    """An answer whose body cannot be read."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.status_code = 200
        self.url = SECRET
        self.raw = SimpleNamespace(
            read1=raising(error), close=lambda: None, length_remaining=None
        )


@each_way
def test_whatever_is_raised_in_the_middle_of_an_answer_is_one_line(
    monkeypatch: pytest.MonkeyPatch, failure: Failure
) -> None:
    for kind in KINDS:
        answer = Answer(made(kind))
        monkeypatch.setattr(HTTPAdapter, "send", lambda *_, a=answer, **__: a)
        clock = FastClock()
        failure(clock)
        assert len(clock.pauses) in {TRIES - 1, downloads.TRIES - 1}, kind


REASONS = {
    **{os.strerror(number): OSError(number, os.strerror(number)) for number in NUMBERS},
    "not found": socket.gaierror(socket.EAI_NONAME, "Name or service not known"),
    "not found now": socket.gaierror(socket.EAI_AGAIN, "Temporary failure"),
    "time-out": socket.timeout("timed out"),  # noqa: UP041 - as urllib3 catches it
}


@each_way
@pytest.mark.parametrize("through_proxy", [False, True], ids=["straight", "by proxy"])
@pytest.mark.parametrize("reason", REASONS)
def test_what_keeps_a_connection_from_being_made_is_named(
    monkeypatch: pytest.MonkeyPatch,
    failure: Failure,
    reason: str,
    *,
    through_proxy: bool,
) -> None:
    connection = urllib3.util.connection
    monkeypatch.setattr(connection, "create_connection", raising(REASONS[reason]))
    if through_proxy:
        monkeypatch.setenv("ALL_PROXY", "http://me:s3cr3t@proxy.example:3128")
    clock = FastClock()
    line = failure(clock)
    words = {
        "not found": "name not found: ",
        "not found now": "name not found: ",
        "time-out": "timed out",
    }.get(reason, "the connection failed (")
    if through_proxy and reason != "time-out":
        words = f"proxy proxy.example:3128 refused: {words}"
    assert words in line or "timed out" in line
    assert (clock.pauses == []) == ("refused: " in line or reason == "not found")


@pytest.mark.parametrize("kind", ["IncompleteRead", "InvalidChunkLength"])
def test_a_response_that_ends_early_is_called_that(kind: str) -> None:
    cause = made(getattr(urllib3.exceptions, kind))
    error = urllib3.exceptions.ProtocolError("broken", cause)
    error.__cause__ = cause
    assert str(network_error(error, SECRET)) == "the response ended early"


MISTAKES = {
    "name": ({}, "https://api.mwes.invalid", "name not found: api.mwes.invalid"),
    "proxy": (
        {"HTTPS_PROXY": "http://127.0.0.1:9"},
        "https://api.mews.example",
        "proxy 127.0.0.1:9 refused: the connection failed (ConnectionRefusedError)",
    ),
    "name of a proxy": (
        {"HTTPS_PROXY": "http://proxy.invalid:3128"},
        "https://api.mews.example",
        "proxy proxy.invalid:3128 refused: name not found: proxy.invalid:3128",
    ),
    "bundle": (
        {"REQUESTS_CA_BUNDLE": "/nowhere.pem"},
        "https://api.mews.example",
        "the CA certificate file cannot be used; check REQUESTS_CA_BUNDLE",
    ),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_on_this_machine_ends_a_run_at_once_in_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mistake: str
) -> None:
    variables, url, words = MISTAKES[mistake]
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    config = {"client_token": "c" * 9, "access_token": "a" * 9, "api_url": url}
    done = run_process(folder=tmp_path, config=config)
    assert done.returncode == 1
    (line,) = (each for each in done.stderr.splitlines() if "| INFO " not in each)
    assert words in line
    assert len(line) < 400


def test_after_a_first_answer_the_same_is_tried_for_minutes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = FastClock()
    words = r"name not found: .*; check the host name"
    with host() as (port, _):
        url = f"http://127.0.0.1:{port}"
        client, downloader = client_at(url, clock), Downloader(clock, allow_http=True)
        call(client)
        fetch(downloader, f"{url}/f")
        monkeypatch.setattr(HTTPAdapter, "send", raising(REASONS["not found"]))
        with pytest.raises(UnavailableError, match=words):
            call(client)
        assert len(clock.pauses) == TRIES - 1
        with pytest.raises(DownloadError, match=words):
            fetch(downloader, f"{url}/f")
    assert len(clock.pauses) == TRIES - 1 + downloads.TRIES - 1
    assert 60 < clock.monotonic() < 1200
