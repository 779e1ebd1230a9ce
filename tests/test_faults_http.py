"""Answers that are broken as HTTP, of the API and of the file host: one clear line."""

from __future__ import annotations

import socket
import threading
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from sandbox import Sandbox
from sandbox.faults import FILES, Status
from tap_mews.errors import DownloadError, MewsError, RefusedError, UnavailableError
from tests.harness import FastClock, Json, select, sync
from tests.pages_harness import Spoiled

if TYPE_CHECKING:
    from collections.abc import Iterator

BILLS = select("bills")
OK = b"HTTP/1.1 200 OK\r\n"

ANSWERS = {
    "nothing": b"",
    "another protocol": b"SSH-2.0-OpenSSH_9\r\n",
    "an alert of TLS": b"\x15\x03\x01\x00\x02\x02\x28",
    "a status that is no number": b"HTTP/1.1 abc\r\n\r\n",
    "a status that is none": b"HTTP/1.1 999 X\r\nContent-Length: 0\r\n\r\n",
    "a switch of protocols": b"HTTP/1.1 101 X\r\n\r\n",
    "too many headers": OK + b"X: y\r\n" * 200 + b"\r\n",
    "too long a header": OK + b"X: " + b"y" * 70_000 + b"\r\n\r\n",
    "a length that is no number": OK + b"Content-Length: abc\r\n\r\n{}",
    "two lengths": OK + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}",
    "chunks that are none": OK + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    "gzip that is none": OK + b"Content-Encoding: gzip\r\nContent-Length: 2\r\n\r\n{}",
    "headers beyond ASCII": b"HTTP/1.1 400 X\r\nRequest-Id: \xff\r\nDate: \xff\r\n\r\n",
}

LOCATIONS = {
    "half an address": "http://[",
    "no host": "http://",
    "a port beyond all": "http://127.0.0.1:99999/",
    "a space in the host": "http://a b/",
    "beyond ASCII": "http://h\xe4/",
    "another scheme": "javascript:alert(1)",
    "nothing": "",
}


@pytest.fixture
def hotel() -> Iterator[Sandbox]:
    """A hotel with a short history."""
    with Sandbox(properties=1, days=2) as sandbox:
        sandbox.limits.requests = 1_000_000
        yield sandbox
        assert sandbox.journal.breaches == []


@pytest.fixture(params=[*ANSWERS.values()], ids=[*ANSWERS])
def broken_host(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a host that answers everything with the same bytes."""

    def answer(listening: socket.socket) -> None:
        with suppress(OSError):
            while True:
                connection, _ = listening.accept()
                with closing(connection), suppress(OSError):
                    connection.recv(1 << 16)
                    connection.sendall(request.param)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=answer, args=(listening,), daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)


def test_a_broken_answer_of_the_api_is_told_in_one_line(
    hotel: Sandbox, broken_host: str
) -> None:
    config = hotel.config(api_url=broken_host)
    result = sync(config, catalog=BILLS, clock=FastClock())
    assert isinstance(result.error, MewsError)
    # the properties are listed before any stream is read, unless that is refused
    assert str(result.error).startswith(("enterprises/getAll: ", "bills: "))
    assert "\n" not in str(result.error)
    assert hotel.journal.requests() == []


def test_a_broken_answer_of_the_file_host_is_told_in_one_line(
    hotel: Sandbox, broken_host: str
) -> None:
    def edit(body: Json) -> None:
        for file in body["Exports"][0]["Files"]:
            file["Url"] = f"{broken_host}/f?sig=s3cr3t"

    hotel.faults.add("exports/getAll", Spoiled(edit), times=None)
    result = sync(hotel.config(), catalog=BILLS, clock=FastClock(hotel))
    assert isinstance(result.error, DownloadError)
    assert str(result.error).startswith("bills: export ")
    assert "s3cr3t" not in str(result.error) + result.log


@pytest.mark.parametrize("operation", ["exports/add", FILES])
@pytest.mark.parametrize("location", LOCATIONS.values(), ids=LOCATIONS)
def test_a_redirect_to_nowhere_is_told_in_one_line(
    hotel: Sandbox, operation: str, location: str
) -> None:
    fault = Status(302, "", {"Location": location})
    hotel.faults.add(operation, fault, times=None)
    result = sync(hotel.config(), catalog=BILLS, clock=FastClock(hotel))
    # a host that sends an address that nobody can read is as good as in trouble
    wanted = (
        (DownloadError,) if operation == FILES else (RefusedError, UnavailableError)
    )
    assert isinstance(result.error, wanted)
    assert str(result.error).startswith("bills: ")
    assert "\n" not in str(result.error)
