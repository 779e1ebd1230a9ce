"""Answers of hosts and proxies that are odd, or none of HTTP: data or one line."""

from __future__ import annotations

import gzip
import logging
import socketserver
import threading
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

import pytest

from tap_mews.errors import DownloadError, TapMewsError
from tap_mews.exports.downloads import Downloader
from tests.harness import FastClock
from tests.network.seams import call, client_at, fetch

if TYPE_CHECKING:
    from collections.abc import Iterator

DATA = b'{"a":1}'
SECRET = "s3cr3t"
DEEP = 100_000


def answer(
    status: str = "200 OK", *headers: str, body: bytes = DATA, length: object = None
) -> bytes:
    """An answer as bytes."""
    lines = [f"HTTP/1.1 {status}", *headers]
    lines.append(f"Content-Length: {len(body) if length is None else length}")
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + body


def chunked(body: bytes) -> bytes:
    """An answer in chunks as they come."""
    return b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body


ANSWERS: dict[str, bytes] = {
    "none": b"",
    "empty lines": b"\r\n\r\n",
    "no HTTP": b"SSH-2.0-OpenSSH_9.0\r\n",
    "an alert of TLS": b"\x15\x03\x01\x00\x02\x02F",
    "HTTP of another version": b"HTTP/2 200 OK\r\n\r\n" + DATA,
    "a status in words": answer("abc X"),
    "a negative status": answer("-1 X"),
    "status 42": answer("42 X"),
    "status 999": answer("999 X"),
    **{f"status {status}": answer(f"{status} X") for status in (101, 103, 204, 206)},
    **{f"status {status}": answer(f"{status} X") for status in (300, 304, 402, 407)},
    **{f"status {status}": answer(f"{status} X") for status in (416, 421, 451, 511)},
    "a status without end": answer("200 " + "O" * 70_000),
    "a header without end": answer("200 OK", "X: " + "x" * 70_000),
    "many headers": answer("200 OK", *["X: y"] * 200),
    "a header without a colon": answer("200 OK", "nonsense"),
    "a header that begins folded": answer("200 OK", " folded"),
    "a header of NUL": answer("200 OK", "X\0: y\0"),
    "a header of another alphabet": answer("200 OK", "X-\xe9: \xff"),
    "a cookie that is none": answer("200 OK", "Set-Cookie: \xff=\0;;;"),
    "a length that is none": answer(length="abc"),
    "a negative length": answer(length=-5),
    "two lengths": answer(length="7, 8"),
    "a huge length": answer(length="9" * 30),
    "a length that is too short": answer(length=3),
    "an encoding that is none": answer("200 OK", "Content-Encoding: gzip"),
    "an unknown encoding": answer("200 OK", "Content-Encoding: br, zstd, x"),
    "many encodings": answer("200 OK", "Content-Encoding: " + ",".join(["gzip"] * 999)),
    "half of an encoding": answer(
        "200 OK", "Content-Encoding: gzip", body=gzip.compress(DATA)[:12]
    ),
    "a bomb": answer(
        "200 OK", "Content-Encoding: gzip", body=gzip.compress(bytes(1 << 24))
    ),
    "chunks that are none": chunked(b"zz\r\n"),
    "negative chunks": chunked(b"-5\r\n" + DATA),
    "chunks without end": chunked(b"7\r\n" + DATA),
    "a long size of a chunk": chunked(b"7" * 100_000),
    "another transfer": answer("200 OK", "Transfer-Encoding: foo"),
    "HTML": answer("200 OK", "Content-Type: text/html", body=b"<html>Log in</html>"),
    "UTF-16": answer(body='{"a":1}'.encode("utf-16")),
    "a BOM": answer(body=b"\xef\xbb\xbf" + DATA),
    "no UTF-8": answer(body=b'{"a":"\xff"}'),
    "half a letter": answer(body=b'{"a":"\\ud800"}'),
    "NaN": answer(body=b'{"a":NaN}'),
    "infinity": answer(body=b'{"a":1e999}'),
    "digits without end": answer(body=b'{"a":' + b"9" * DEEP + b"}"),
    "deep lists": answer(body=b"[" * DEEP + b"]" * DEEP),
    "deep objects": answer(body=b'{"a":' * DEEP + b"1" + b"}" * DEEP),
    "more than JSON": answer(body=DATA + b"x"),
    "a date that is none": answer("200 OK", "Date: Sat, 31 Feb 99999 99:99:99 GMT"),
    "a zone that is none": answer("200 OK", "Date: Thu, 01 Jan 2026 00:00:00 -999999"),
}

WHOLE = {
    "a length": answer(),
    "chunks": chunked(b"7\r\n" + DATA + b"\r\n0\r\n\r\n"),
    "no bytes": answer(body=b""),
}

PARTS = {
    "a length that is too long": answer(length=8),
    "a chunk that ends early": chunked(b"8\r\n" + DATA),
    "chunks without a last one": chunked(b"7\r\n" + DATA + b"\r\n"),
    "no length": b"HTTP/1.1 200 OK\r\n\r\n" + DATA,
    "HTTP of 1996": b"HTTP/1.0 200 OK\r\n\r\n" + DATA,
    "a length that is none": answer(length="abc"),
    "half of an encoding": ANSWERS["half of an encoding"],
    "a part": answer("206 X", "Content-Range: bytes 0-6/9"),
}
"""Of which nobody can know, without a size, that they are all there is."""

REDIRECTS = {"status 300", "status 304"}


@contextmanager
def raw_host(data: bytes) -> Iterator[str]:
    """A host that answers each connection with some bytes; gives its address."""

    class Raw(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            with suppress(OSError):
                self.request.recv(1 << 16)
                self.request.sendall(data)

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads = True

    with Server(("127.0.0.1", 0), Raw) as server:
        serve = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        serve.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


@pytest.mark.parametrize("way", ["API", "file host"])
def test_an_odd_answer_is_data_or_one_line_and_shows_no_link(
    caplog: pytest.LogCaptureFixture, way: str
) -> None:
    lines = {}
    for kind, data in ANSWERS.items():
        clock = FastClock()
        with raw_host(data) as url:
            try:
                if way == "API":
                    call(client_at(url, clock))
                else:
                    fetch(Downloader(clock, allow_http=True), f"{url}/f?sig={SECRET}")
            except TapMewsError as error:
                lines[kind] = str(error)
    assert len(lines) > len(ANSWERS) / 2
    for kind, line in lines.items():
        assert line.isprintable(), kind
        assert len(line) < 300, kind
        assert SECRET not in line, kind
        assert ("redirect" in line) == (way == "API" and kind in REDIRECTS), kind
    told = [record for record in caplog.records if record.levelno >= logging.WARNING]
    for record in told:
        assert record.name.startswith("tap-mews."), record
        assert "\n" not in caplog.handler.format(record)


@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_file_of_unknown_size_is_whole_where_its_answer_is(data: bytes) -> None:
    with raw_host(data) as url:
        found = fetch(Downloader(FastClock(), allow_http=True), f"{url}/f", None)
    assert b"".join(found) == (DATA if DATA in data else b"")


@pytest.mark.parametrize("data", PARTS.values(), ids=PARTS)
def test_what_may_be_a_part_is_never_taken_for_a_file_of_unknown_size(
    data: bytes,
) -> None:
    downloader = Downloader(FastClock(), allow_http=True)
    with raw_host(data) as url, pytest.raises(DownloadError):
        fetch(downloader, f"{url}/f", None)
